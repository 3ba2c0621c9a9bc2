/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/field.h"

#include "base/testing.h"

static qk_field of(const char *text)
{
    return qk_field_of(qk_view_text(text));
}

static void assert_view(qk_view is, const char *wanted)
{
    if (!qk_view_equal(is, qk_view_text(wanted)))
        fail_msg("'%.*s' instead of '%s'", (int)is.len, (const char *)is.data, wanted);
}

static void spaces_around_a_field_do_not_belong_to_it(void **state)
{
    qk_field field = of("  a=1 ");

    (void)state;
    assert_view(qk_field_key(&field), "a");
    qk_field_expect(&field, '=');
    assert_int_equal(qk_field_integer(&field), 1);
    assert_true(qk_field_ended(&field));
    assert_true(qk_field_ended(&(qk_field){ QK_VIEW_NONE, false }));
}

static void keys_begin_with_a_letter_or_a_star(void **state)
{
    static const char *const good[] = { "a", "*a", "sig-b26", "a_.*-9" }, *const bad[] = { "", "A", "9a", "-a", "=" };

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        qk_field field = of(good[i]);
        assert_view(qk_field_key(&field), good[i]);
        assert_true(qk_field_ended(&field));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        qk_field field = of(bad[i]);
        qk_field_key(&field);
        assert_true(field.failed);
    }
}

static void strings_are_given_as_they_stand(void **state)
{
    static const struct {
        const char *text, *inside; /* NULL: refused */
    } cases[] = {
        { "\"\"", "" },
        { "\"@path\"", "@path" },
        { "\"a b ~!\"", "a b ~!" },
        { "\"say \\\"x\\\" \\\\\"", "say \\\"x\\\" \\\\" },
        { "", NULL },
        { "a", NULL },
        { "\"", NULL },
        { "\"a", NULL },
        { "\"a\\\"", NULL },
        { "\"a\\", NULL },
        { "\"a\\b\"", NULL },
        { "\"tab\t\"", NULL },
        { "\"\x7f\"", NULL },
        { "\"\xc3\xa9\"", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_field field = of(cases[i].text);
        qk_view inside = qk_field_string(&field);
        if (field.failed != !cases[i].inside)
            fail_msg("%s: %s", cases[i].text, field.failed ? "refused" : "taken");
        if (cases[i].inside) {
            assert_view(inside, cases[i].inside);
            assert_true(qk_field_ended(&field));
        }
    }
}

static void integers_have_fifteen_digits_at_most(void **state)
{
    static const char *const bad[] = { "", "-1", "+1", "a", "1000000000000000", "\"1\"" };
    qk_field field = of("999999999999999");

    (void)state;
    assert_int_equal(qk_field_integer(&field), 999999999999999);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        field = of(bad[i]);
        qk_field_integer(&field);
        assert_true(field.failed);
    }
}

static void byte_sequences_are_base64_between_colons(void **state)
{
    static const char *const good[] = { ":aGk=:", ":aGk:" }, *const bad[] = {
        "", ":", "aGk=", ":aGk=", ":a:", ":aG-_:", ":a Gk=:", ":=aGk:", ":aGk===:"
    };
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    qk_field field;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        qk_buf_clear(&bytes);
        field = of(good[i]);
        qk_field_bytes(&field, &bytes);
        assert_true(qk_field_ended(&field));
        assert_view(qk_buf_view(&bytes), "hi");
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        field = of(bad[i]);
        qk_field_bytes(&field, &bytes);
        if (!field.failed)
            fail_msg("%s was taken", bad[i]);
    }
    field = of("::");
    qk_buf_clear(&bytes);
    qk_field_bytes(&field, &bytes);
    assert_true(qk_field_ended(&field));
    assert_int_equal(bytes.len, 0);
}

static void members_stand_between_commas(void **state)
{
    qk_field field = of("a , \tb,c");

    (void)state;
    for (const char *key = "a"; *key <= 'c'; key = *key == 'a' ? "b" : *key == 'b' ? "c" : "d") {
        assert_view(qk_field_key(&field), key);
        assert_int_equal(qk_field_more(&field), *key < 'c');
    }
    assert_true(qk_field_ended(&field));
    field = of("a;b");
    qk_field_key(&field);
    assert_false(qk_field_more(&field));
    assert_true(field.failed);
}

static void what_failed_once_takes_nothing_more(void **state)
{
    qk_field field = of("\"a\"");

    (void)state;
    qk_field_expect(&field, 'x');
    assert_false(qk_field_take(&field, '"'));
    assert_int_equal(qk_field_string(&field).len, 0);
    assert_false(qk_field_more(&field));
    assert_false(qk_field_ended(&field));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spaces_around_a_field_do_not_belong_to_it),
        cmocka_unit_test(keys_begin_with_a_letter_or_a_star),
        cmocka_unit_test(strings_are_given_as_they_stand),
        cmocka_unit_test(integers_have_fifteen_digits_at_most),
        cmocka_unit_test(byte_sequences_are_base64_between_colons),
        cmocka_unit_test(members_stand_between_commas),
        cmocka_unit_test(what_failed_once_takes_nothing_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
