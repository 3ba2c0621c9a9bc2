/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/token/token_text.h"

#include "base/testing.h"

static const int64_t now = 1800000000; /* 2027-01-15 08:00:00 */

static void rates_are_read(void **state)
{
    uint64_t requests = 1, seconds = 1;

    (void)state;
    assert_qk_ok(qk_token_rate_read("30/10s", &requests, &seconds));
    assert_int_equal(requests, 30);
    assert_int_equal(seconds, 10);
    assert_qk_ok(qk_token_rate_read("5/2m", &requests, &seconds));
    assert_int_equal(requests, 5);
    assert_int_equal(seconds, 120);
    assert_qk_ok(qk_token_rate_read("100/1", &requests, &seconds));
    assert_int_equal(seconds, 1);
    assert_qk_ok(qk_token_rate_read("unlimited", &requests, &seconds));
    assert_int_equal(requests, 0);
}

static void what_is_no_rate_is_refused(void **state)
{
    static const char *const texts[] = { "",        "30",     "/10s",  "30/",    "0/10s",   "30/0s", "-1/10s", "30/10x",
                                         "30/10s ", "3s/10s", "30/2d", "1.5/1s", "30//10s", "no",    "+3/1s" };
    uint64_t requests = 7, seconds = 7;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (qk_token_rate_read(texts[i], &requests, &seconds) != QK_E_BAD_ARGUMENT)
            fail_msg("'%s' was taken", texts[i]);
    assert_int_equal(requests, 7);
    assert_int_equal(seconds, 7);
}

static void allotments_are_read(void **state)
{
    static const struct {
        const char *text;
        uint64_t bytes;
    } cases[] = { { "unlimited", 0 },
                  { "1", 1 },
                  { "500k", 512000 },
                  { "100M", 104857600 },
                  { "5G", 5368709120 },
                  { "2T", 2199023255552 },
                  { "9223372036854775807", INT64_MAX } };
    static const char *const wrong[] = { "",        "0", "0M", "M", "1.5M", "-1", "100MB", "1 G", "9223372036854775808",
                                         "8388608T" };
    uint64_t bytes;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_qk_ok(qk_token_bytes_read(cases[i].text, &bytes));
        assert_int_equal(bytes, cases[i].bytes);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (qk_token_bytes_read(wrong[i], &bytes) != QK_E_BAD_ARGUMENT)
            fail_msg("'%s' was taken", wrong[i]);
}

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t unix_s;
    } cases[] = { { "never", 0 },
                  { "365d", 1800000000 + 365 * 86400 },
                  { "90s", 1800000090 },
                  { "12h", 1800043200 },
                  { "2027-01-15", 1799971200 },
                  { "2027-01-15T08:00:00Z", 1800000000 },
                  { "2028-02-29T23:59:00Z", 1835481540 } };
    static const char *const wrong[] = { "",
                                         "0d",
                                         "-1d",
                                         "tomorrow",
                                         "2027-02-30",
                                         "2027-13-01",
                                         "2027-1-1",
                                         "2027-01-15 08:00:00",
                                         "2027-01-15T08:00:00",
                                         "365 d",
                                         "9999999999999d" };
    int64_t unix_s;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_qk_ok(qk_token_time_read(cases[i].text, now, &unix_s));
        assert_int_equal(unix_s, cases[i].unix_s);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (qk_token_time_read(wrong[i], now, &unix_s) != QK_E_BAD_ARGUMENT)
            fail_msg("'%s' was taken", wrong[i]);
}

static void all_is_written_for_people(void **state)
{
    qk_token_record record = { .rate_requests = 30, .rate_seconds = 10 };
    char text[QK_TOKEN_TEXT];

    (void)state;
    qk_token_rate_write(&record, text);
    assert_string_equal(text, "30 in 10 s");
    record.rate_requests = 0;
    qk_token_rate_write(&record, text);
    assert_string_equal(text, "unlimited");
    qk_token_bytes_write(0, text);
    assert_string_equal(text, "0 B");
    qk_token_bytes_write(1536, text);
    assert_string_equal(text, "1.5 KiB");
    qk_token_bytes_write(104857600, text);
    assert_string_equal(text, "100 MiB");
    qk_token_bytes_write(UINT64_MAX, text);
    assert_string_equal(text, "16 EiB");
    qk_token_time_write(now, text);
    assert_string_equal(text, "2027-01-15 08:00 UTC");
    qk_token_time_write(0, text);
    assert_string_equal(text, "never");
    qk_token_scopes_write(15, text);
    assert_string_equal(text, "entropy,keygen,metrics,admin");
    qk_token_scopes_write(QK_SCOPE_METRICS, text);
    assert_string_equal(text, "metrics");
}

static void states_have_words(void **state)
{
    qk_token_record record = { .not_before_unix_s = now - 10, .expires_unix_s = now + 10 };

    (void)state;
    assert_string_equal(qk_token_state(&record, now - 11), "not yet valid");
    assert_string_equal(qk_token_state(&record, now), "valid");
    assert_string_equal(qk_token_state(&record, now + 10), "expired");
    record.revoked = true;
    assert_string_equal(qk_token_state(&record, now), "revoked");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_are_read),
        cmocka_unit_test(what_is_no_rate_is_refused),
        cmocka_unit_test(allotments_are_read),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(all_is_written_for_people),
        cmocka_unit_test(states_have_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
