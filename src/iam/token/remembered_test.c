/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/iam_fixture.h"

#include <pthread.h>

static qk_remembered_entry entry_of(int64_t number)
{
    qk_remembered_entry entry = { .expires_unix_s = number };

    snprintf(entry.caller.identity, sizeof entry.caller.identity, "id-%lld", (long long)number);
    return entry;
}

static qk_view token_of(int number, char out[64])
{
    int len = snprintf(out, 64, "a token with some text and the number %d", number);
    return qk_view_of(out, (size_t)len);
}

static qk_remembered *make(void)
{
    qk_remembered *remembered = NULL;

    assert_ok(qk_remembered_new(&remembered));
    return remembered;
}

static void what_was_put_is_found_until_it_is_dropped(void **state)
{
    qk_remembered *remembered = make();
    qk_remembered_entry entry = entry_of(5), found;
    char text[64];

    (void)state;
    assert_false(qk_remembered_find(remembered, token_of(1, text), &found));
    qk_remembered_put(remembered, token_of(1, text), &entry);
    assert_true(qk_remembered_find(remembered, token_of(1, text), &found));
    assert_string_equal(found.caller.identity, "id-5");
    assert_false(qk_remembered_find(remembered, token_of(2, text), &found));
    qk_remembered_drop(remembered, token_of(1, text));
    assert_false(qk_remembered_find(remembered, token_of(1, text), &found));
    qk_remembered_drop(remembered, token_of(1, text));
    qk_remembered_free(&remembered);
}

/* The hash sees the end alone; the comparison sees all. */
static void tokens_with_the_same_end_are_told_apart(void **state)
{
    qk_remembered *remembered = make();
    qk_remembered_entry entry = entry_of(5), found;
    char a[200], b[200];

    (void)state;
    memset(a, 'x', sizeof a);
    memcpy(b, a, sizeof b);
    b[3] = 'y';
    qk_remembered_put(remembered, qk_view_of(a, sizeof a), &entry);
    assert_false(qk_remembered_find(remembered, qk_view_of(b, sizeof b), &found));
    assert_false(qk_remembered_find(remembered, qk_view_of(a, sizeof a - 1), &found));
    assert_true(qk_remembered_find(remembered, qk_view_of(a, sizeof a), &found));
    qk_remembered_free(&remembered);
}

static void putting_again_replaces(void **state)
{
    qk_remembered *remembered = make();
    qk_remembered_entry entry = entry_of(5), found;
    char text[64];

    (void)state;
    qk_remembered_put(remembered, token_of(1, text), &entry);
    entry = entry_of(6);
    qk_remembered_put(remembered, token_of(1, text), &entry);
    assert_true(qk_remembered_find(remembered, token_of(1, text), &found));
    assert_int_equal(found.expires_unix_s, 6);
    qk_remembered_drop(remembered, token_of(1, text));
    assert_false(qk_remembered_find(remembered, token_of(1, text), &found));
    qk_remembered_free(&remembered);
}

static void the_table_is_bounded_and_never_mixes_entries_up(void **state)
{
    enum { MANY = 5000 };
    qk_remembered *remembered = make();
    int kept = 0;
    char text[64];

    (void)state;
    for (int i = 0; i < MANY; i++) {
        qk_remembered_entry entry = entry_of(i);
        qk_remembered_put(remembered, token_of(i, text), &entry);
    }
    for (int i = 0; i < MANY; i++) {
        qk_remembered_entry found;
        if (!qk_remembered_find(remembered, token_of(i, text), &found))
            continue;
        kept++;
        assert_int_equal(found.expires_unix_s, i);
    }
    assert_true(kept > 900 && kept <= 1024);
    qk_remembered_free(&remembered);
}

static void *churn(void *context)
{
    qk_remembered *remembered = context;
    char text[64];

    for (int i = 0; i < 3000; i++) {
        qk_remembered_entry entry = entry_of(i % 300), found;
        qk_view token = token_of(i % 300, text);
        if (i % 7 == 0)
            qk_remembered_drop(remembered, token);
        else if (i % 3 == 0)
            qk_remembered_put(remembered, token, &entry);
        else if (qk_remembered_find(remembered, token, &found) && found.expires_unix_s != i % 300)
            return (void *)1;
    }
    return NULL;
}

static void threads_share_the_table(void **state)
{
    qk_remembered *remembered = make();
    pthread_t threads[4];
    void *wrong;

    (void)state;
    for (int i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, churn, remembered);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &wrong);
        assert_null(wrong);
    }
    qk_remembered_free(&remembered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_put_is_found_until_it_is_dropped),
        cmocka_unit_test(tokens_with_the_same_end_are_told_apart),
        cmocka_unit_test(putting_again_replaces),
        cmocka_unit_test(the_table_is_bounded_and_never_mixes_entries_up),
        cmocka_unit_test(threads_share_the_table),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
