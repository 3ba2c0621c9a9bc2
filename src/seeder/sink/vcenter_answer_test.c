/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/sink/vcenter_answer.h"

#include "base/testing.h"

static void a_session_is_a_text(void **state)
{
    QK_OWNED(qk_secret_free) qk_secret session = QK_SECRET_NONE;

    (void)state;
    assert_qk_ok(qk_vcenter_session_read(qk_view_text(" \"b0dd2e53-\\u0041\" \n"), &session));
    assert_true(qk_view_equal(qk_secret_reveal(&session), qk_view_text("b0dd2e53-A")));
}

static void what_cannot_be_a_session_is_refused(void **state)
{
    static const char *const cases[] = {
        "",  "\"\"",          "7",           "null",  "{\"value\":\"x\"}", "[\"x\"]", "\"a b\"", "\"a\\r\\nb: c\"",
        "x", "\"a\\u0000b\"", "\"\\u00e9\"", "\"x\"y"
    };
    QK_OWNED(qk_secret_free) qk_secret session = QK_SECRET_NONE;
    char large[1100];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_qk_err(qk_vcenter_session_read(qk_view_text(cases[i]), &session), QK_E_PROTOCOL);
    memset(large, 'x', sizeof large);
    large[0] = large[sizeof large - 1] = '"';
    assert_qk_err(qk_vcenter_session_read(qk_view_of(large, sizeof large), &session), QK_E_PROTOCOL);
}

static void a_pool_says_what_it_lacks(void **state)
{
    static const struct {
        const char *json;
        bool enabled;
        uint64_t missing;
    } cases[] = {
        { "{\"status\":\"ENABLED\",\"capacity\":4096,\"currently_available\":4000,\"low_watermark\":9}", true, 96 },
        { "{\"status\":\"ENABLED\",\"capacity\":4096,\"currently_available\":4096,\"more\":{}}", true, 0 },
        { "{\"status\":\"ENABLED\",\"capacity\":4096,\"currently_available\":5000}", true, 0 },
        { "{\"status\":\"ENABLED\",\"capacity\":9223372036854775807,\"currently_available\":0}", true, INT64_MAX },
        { "{\"status\":\"DISABLED\"}", false, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_vcenter_pool pool = { .missing = 77 };
        assert_qk_ok(qk_vcenter_pool_read(qk_view_text(cases[i].json), &pool));
        assert_int_equal(pool.enabled, cases[i].enabled);
        assert_int_equal(pool.missing, cases[i].missing);
    }
}

static void what_is_no_pool_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "[]",
        "{}",
        "{\"status\":\"ENABLED\"}",
        "{\"status\":\"PERHAPS\",\"capacity\":1,\"currently_available\":0}",
        "{\"capacity\":1,\"currently_available\":0}",
        "{\"status\":\"ENABLED\",\"capacity\":\"1\",\"currently_available\":0}",
        "{\"status\":\"ENABLED\",\"capacity\":1.5,\"currently_available\":0}",
        "{\"status\":\"ENABLED\",\"capacity\":1,\"currently_available\":-1}",
        "{\"status\":\"ENABLED\",\"capacity\":-1,\"currently_available\":-2}",
        "{\"status\":\"ENABLED\",\"capacity\":99999999999999999999,\"currently_available\":0}",
        ("{\"status\":\"ENABLED\",\"capacity\":1,\"capacity\":2,\"currently_available\":0}"),
    };
    qk_vcenter_pool pool = { .missing = 77 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_qk_err(qk_vcenter_pool_read(qk_view_text(cases[i]), &pool), QK_E_PROTOCOL);
    assert_int_equal(pool.missing, 77);
}

static void a_host_is_found_by_name_if_there_is_one(void **state)
{
    char id[QK_VCENTER_MOST_ID] = "";

    (void)state;
    assert_qk_ok(qk_vcenter_host_read(qk_view_text("[{\"host\":\"host-21\",\"name\":\"esx1\"}]"), id));
    assert_string_equal(id, "host-21");
    assert_qk_err(qk_vcenter_host_read(qk_view_text("[]"), id), QK_E_OBJECT_MISSING);
    assert_qk_err(qk_vcenter_host_read(qk_view_text("[{\"host\":\"a\"},{\"host\":\"b\"}]"), id), QK_E_OBJECT_MISSING);
    assert_string_equal(id, "host-21");
}

static void an_identifier_that_would_change_the_path_is_refused(void **state)
{
    static const char *const cases[] = { "{}",
                                         "[7]",
                                         "[{}]",
                                         "[{\"host\":21}]",
                                         "[{\"host\":\"\"}]",
                                         "[{\"host\":\"a/b\"}]",
                                         "[{\"host\":\"a?b\"}]",
                                         "[{\"host\":\"a\\r\\nb\"}]",
                                         "[{\"host\":\"a%2fb\"}]" };
    char id[QK_VCENTER_MOST_ID], large[100];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_qk_err(qk_vcenter_host_read(qk_view_text(cases[i]), id), QK_E_PROTOCOL);
    memset(large, 'x', sizeof large);
    large[QK_VCENTER_MOST_ID] = 0;
    assert_false(qk_vcenter_is_id(large));
    large[QK_VCENTER_MOST_ID - 1] = 0;
    assert_true(qk_vcenter_is_id(large));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session_is_a_text),
        cmocka_unit_test(what_cannot_be_a_session_is_refused),
        cmocka_unit_test(a_pool_says_what_it_lacks),
        cmocka_unit_test(what_is_no_pool_is_refused),
        cmocka_unit_test(a_host_is_found_by_name_if_there_is_one),
        cmocka_unit_test(an_identifier_that_would_change_the_path_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
