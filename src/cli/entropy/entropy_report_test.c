/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/entropy/entropy_report.h"

#include "base/testing.h"

static const char document[] =
    "{\"version\":\"0.1.0\",\"time\":\"2026-11-21T14:00:00Z\",\"state\":\"ready\",\"entropy_types\":[\"quantum\","
    "\"mixed\"],"
    "\"uptime_seconds\":7384,\"sources\":[{\"name\":\"quantis0\",\"kind\":\"quantum\",\"driver\":\"device\","
    "\"path\":\"/dev/qrandom0\",\"state\":\"active\",\"badge\":\"Active\",\"credited\":true,\"priority\":1,"
    "\"sample_bits\":8,\"min_entropy\":7.8,\"bits_per_second\":4000000,\"samples\":123456,\"queued_bytes\":65536,"
    "\"errors\":2,\"startups\":1,\"rct\":{\"cutoff\":7,\"permanent_cutoff\":11,\"failures\":1},"
    "\"apt\":{\"window\":512,\"cutoff\":27,\"permanent_cutoff\":40,\"failures\":1},"
    "\"messages\":[{\"time\":\"2026-11-21T13:59:00Z\",\"text\":\"re\\u001b[31md\"},{\"time\":\"T\",\"text\":\"older\"}]"
    ","
    "\"last_run\":{\"time\":\"2026-11-21T13:50:00Z\",\"tests_passed\":true,\"nist_success_rate\":0.99,"
    "\"uniformity_success_rate\":1.0}},{\"name\":\"kernel\",\"kind\":\"other\",\"driver\":\"kernel\",\"state\":\"off\","
    "\"badge\":\"Off\",\"credited\":false,\"last_run\":null}],"
    "\"reserve\":{\"memory\":{\"bytes\":1048576,\"capacity\":4194304},\"disk\":{\"bytes\":0,\"capacity\":0,\"message\":"
    "\"\"}},"
    "\"served\":{\"quantum_bytes\":1536,\"mixed_bytes\":0,\"requests\":3},"
    "\"generators\":{\"conditioned_bytes\":64,\"reseeds\":1},\"last_run\":null}";

static void the_status_is_a_page_for_people(void **state)
{
    static const char expected[] = "server         https://h:9443, version 0.1.0, up 2 h 3 min\n"
                                   "state          ready\n"
                                   "entropy types  quantum, mixed\n"
                                   "reserve        1 MiB of 4 MiB in memory\n"
                                   "served         1.5 KiB quantum, 0 B mixed, in 3 requests\n"
                                   "generators     64 B of conditioned bits, 1 reseeds\n"
                                   "last test run  none yet\n"
                                   "\n"
                                   "SOURCE    KIND     DRIVER  STATE   CREDITED  RATE      ERRORS\n"
                                   "quantis0  quantum  device  active  yes       4.0 Mb/s  2\n"
                                   "kernel    other    kernel  off     no        0 b/s     0\n";
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;

    (void)state;
    assert_qk_ok(qk_entropy_report_status(qk_view_text(document), "https://h:9443", &out));
    assert_string_equal(qk_buf_text(&out), expected);
}

static void a_source_is_told_in_full_and_without_what_terminals_obey(void **state)
{
    static const char expected[] = "quantis0\n"
                                   "  state        active (Active)\n"
                                   "  kind         quantum, driver device, /dev/qrandom0\n"
                                   "  credit       counts, priority 1, 7.80 of 8 bits per sample claimed\n"
                                   "  samples      123456 tested, 4.0 Mb/s, 64 KiB queued\n"
                                   "  failures     2; 1 start-up tests passed\n"
                                   "  repetition   cut-off 7, permanent 11; 1 failures\n"
                                   "  proportion   cut-off 27 of 512, permanent 40; 1 failures\n"
                                   "  last run     passed at 2026-11-21T13:50:00Z (tests 99.0 %, uniformity 100.0 %)\n"
                                   "  messages     2026-11-21T13:59:00Z re?[31md\n"
                                   "               T older\n"
                                   "\nkernel\n";
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;

    (void)state;
    assert_qk_ok(qk_entropy_report_sources(qk_view_text(document), &out));
    assert_int_equal(strncmp(qk_buf_text(&out), expected, sizeof expected - 1), 0);
    assert_non_null(strstr(qk_buf_text(&out), "does not count"));
}

static void documents_with_holes_are_printed_and_others_refused(void **state)
{
    static const char *const poor[] = { "{\"sources\":[]}", "{\"sources\":[{}]}", "{\"sources\":[5,null,\"x\"]}",
                                        ("{\"sources\":[{\"name\":5,\"messages\":{},\"last_run\":[]}],\"reserve\":7,"
                                         "\"entropy_types\":[1,null]}") };
    static const char *const wrong[] = { "", "x", "[]", "{}", "{\"sources\":{}}", "<html>", "{\"sources\":[]" };

    (void)state;
    for (size_t i = 0; i < sizeof poor / sizeof poor[0]; i++) {
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        assert_qk_ok(qk_entropy_report_status(qk_view_text(poor[i]), "a", &out));
        assert_qk_ok(qk_entropy_report_sources(qk_view_text(poor[i]), &out));
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        assert_qk_err(qk_entropy_report_status(qk_view_text(wrong[i]), "a", &out), QK_E_PROTOCOL);
        assert_qk_err(qk_entropy_report_sources(qk_view_text(wrong[i]), &out), QK_E_PROTOCOL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_status_is_a_page_for_people),
        cmocka_unit_test(a_source_is_told_in_full_and_without_what_terminals_obey),
        cmocka_unit_test(documents_with_holes_are_printed_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
