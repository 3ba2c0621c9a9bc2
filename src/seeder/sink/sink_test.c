/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses, and what all kinds of sink answer alike. What each does is in tests/integration/seeder_sinks.py. */
#include "seeder/sink/sink.h"

#include "base/testing.h"
#include "seeder/worker/answers.h"

static const struct {
    const char *address, *label;
} sinks[] = {
    { "kernel:/dev/urandom", "kernel" },
    { "tpm:/nowhere/tpm", "tpm" },
    { "file:/nowhere/file", "file" },
    { "esxi:u@x@https://127.0.0.1:1#", "esxi" },
};

static void serve(const char *address, qk_seed_ask ask, qk_seed_report *out)
{
    QK_OWNED(qk_seed_sink_leave) qk_seed_sink *sink = qk_seed_sink_open(address);
    const qk_seed_order order = { .ask = (uint8_t)ask, .name = "host-1", .seed = QK_VIEW_LITERAL("seed") };

    assert_non_null(sink);
    *out = (qk_seed_report){ .ask = (uint8_t)ask };
    qk_seed_sink_do(sink, &order, out);
}

static void each_kind_is_opened_by_its_address(void **state)
{
    static qk_seed_report report;

    (void)state;
    for (size_t i = 0; i < sizeof sinks / sizeof sinks[0]; i++) {
        serve(sinks[i].address, QK_SEED_ASK_FORGET, &report);
        assert_int_equal(report.rv, CKR_OK);
        assert_string_equal(report.token.label, sinks[i].label);
    }
}

static void what_is_no_token_has_no_list_of_them(void **state)
{
    static qk_seed_report report;

    (void)state;
    for (size_t i = 0; i < sizeof sinks / sizeof sinks[0]; i++) {
        serve(sinks[i].address, QK_SEED_ASK_LIST, &report);
        assert_int_equal(report.rv, CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(report.token_count, 0);
    }
}

static void a_library_that_is_none_answers_with_the_reason(void **state)
{
    static qk_seed_report report;

    (void)state;
    serve("/nowhere/library.so", QK_SEED_ASK_FIND, &report);
    assert_int_equal(report.rv, CKR_GENERAL_ERROR);
    assert_string_equal(report.token.label, "");
}

static void what_is_not_there_is_missing_and_takes_nothing(void **state)
{
    static const char *const addresses[] = { "kernel:/nowhere/random", "tpm:/nowhere/tpm", "file:/nowhere/file" };
    static qk_seed_report report;

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        for (qk_seed_ask ask = QK_SEED_ASK_FIND; ask <= QK_SEED_ASK_SEED; ask++) {
            serve(addresses[i], ask, &report);
            assert_string_equal(qk_seed_code_name(report.rv), "SINK_MISSING");
            assert_int_equal(report.taken, 0);
        }
}

static void a_vcenter_without_a_password_wants_one(void **state)
{
    static qk_seed_report report;

    (void)state;
    serve("esxi:u@x@https://127.0.0.1:1#", QK_SEED_ASK_SEED, &report);
    assert_string_equal(qk_seed_code_name(report.rv), "PIN_WANTED");
    assert_false(report.login_held);
}

static void what_is_no_address_opens_nothing(void **state)
{
    static const char *const addresses[] = { "",
                                             "printer:/x",
                                             "kernel",
                                             "tokens:/x",
                                             "esxi:",
                                             "esxi:u@https#",
                                             "esxi:https://x#",
                                             "esxi:u@ftp://x#",
                                             "esxi:u@https://x" };

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++)
        assert_null(qk_seed_sink_open(addresses[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_opened_by_its_address),
        cmocka_unit_test(what_is_no_token_has_no_list_of_them),
        cmocka_unit_test(a_library_that_is_none_answers_with_the_reason),
        cmocka_unit_test(what_is_not_there_is_missing_and_takes_nothing),
        cmocka_unit_test(a_vcenter_without_a_password_wants_one),
        cmocka_unit_test(what_is_no_address_opens_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
