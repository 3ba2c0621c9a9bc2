/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/client_ca.h"

#include "iam/iam_fixture.h"

static size_t count_of(fixture *f)
{
    qk_client_ca *all = NULL;
    size_t count = 99;

    assert_ok(qk_client_ca_list(f->iam, &all, &count));
    free(all);
    return count;
}

static void authorities_come_and_go(void **state)
{
    fixture *f = *state;
    qk_client_ca *all;
    int64_t before, after;
    size_t count;

    assert_int_equal(count_of(f), 0);
    assert_ok(qk_iam_changes(f->iam, &before));
    assert_ok(qk_client_ca_add(f->iam, "shop", "a certificate"));
    assert_ok(qk_iam_changes(f->iam, &after));
    assert_true(after != before);
    assert_err(qk_client_ca_add(f->iam, "shop", "another"), QK_E_OBJECT_CONFLICT);
    assert_ok(qk_client_ca_add(f->iam, "a bank", "another"));
    assert_ok(qk_client_ca_list(f->iam, &all, &count));
    assert_int_equal(count, 2);
    assert_string_equal(all[0].name, "a bank");
    assert_string_equal(all[1].pem, "a certificate");
    free(all);
    assert_ok(qk_client_ca_remove(f->iam, "a bank"));
    assert_err(qk_client_ca_remove(f->iam, "a bank"), QK_E_OBJECT_MISSING);
    assert_int_equal(count_of(f), 1);
    assert_ok(qk_client_ca_remove(f->iam, "shop"));
    assert_int_equal(count_of(f), 0);
}

static void bad_names_are_refused(void **state)
{
    fixture *f = *state;
    static char large[QK_CLIENT_CA_PEM + 1];

    memset(large, 'x', sizeof large - 1);
    assert_err(qk_client_ca_add(f->iam, "", "x"), QK_E_BAD_ARGUMENT);
    assert_err(qk_client_ca_add(f->iam, "/count", "x"), QK_E_BAD_ARGUMENT);
    assert_err(qk_client_ca_add(f->iam, "a\tb", "x"), QK_E_BAD_ARGUMENT);
    assert_err(qk_client_ca_add(f->iam, "a", large), QK_E_BAD_ARGUMENT);
    assert_err(qk_client_ca_remove(f->iam, "/count"), QK_E_OBJECT_MISSING);
    assert_int_equal(count_of(f), 0);
}

/* Who could delete the last one would switch the second layer off. */
static void an_authority_cannot_be_taken_away_or_changed_in_the_database(void **state)
{
    fixture *f = *state;
    qk_client_ca *all = NULL;
    size_t count;

    assert_ok(qk_client_ca_add(f->iam, "shop", "x"));
    tamper(f, "UPDATE iam_records SET content = replace(content, 'x', 'y') WHERE name = 'shop'");
    assert_err(qk_client_ca_list(f->iam, &all, &count), QK_E_STORE_BROKEN);
    tamper(f, "DELETE FROM iam_records WHERE name = 'shop'");
    assert_err(qk_client_ca_list(f->iam, &all, &count), QK_E_STORE_BROKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IAM_TEST(authorities_come_and_go),
        IAM_TEST(bad_names_are_refused),
        IAM_TEST(an_authority_cannot_be_taken_away_or_changed_in_the_database),
    };
    return cmocka_run_group_tests(tests, start_crypto, stop_crypto);
}
