/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/record/runs.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static bool split(double unix_s, struct tm *out)
{
    time_t at = (time_t)unix_s;

    return gmtime_r(&at, out) != NULL;
}

void qk_run_time(double unix_s, char out[32])
{
    struct tm parts;

    if (!split(unix_s, &parts) || strftime(out, 32, "%m/%d/%Y %H:%M", &parts) == 0)
        out[0] = '\0';
}

/* Names of days and months are English whatever the locale. Source: RFC 9110, section 5.6.7. */
void qk_run_http_date(double unix_s, char out[40])
{
    static const char days[] = "SunMonTueWedThuFriSat", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct tm parts;

    out[0] = '\0';
    if (split(unix_s, &parts))
        snprintf(out, 40, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT", days + 3 * parts.tm_wday, parts.tm_mday,
                 months + 3 * parts.tm_mon, (parts.tm_year + 1900) % 10000, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

double qk_run_share(const qk_test_run *run)
{
    uint32_t total = run->verdict.nist_passes + run->verdict.nist_fails;

    return total ? (double)run->verdict.nist_passes / total : 0;
}

void qk_run_write(qk_json *json, const qk_test_run *run, bool simple)
{
    const qk_sp80022_verdict *verdict = &run->verdict;
    char time[32];

    qk_run_time(run->unix_s, time);
    qk_json_bool(json, "tests_passed", verdict->tests_passed);
    qk_json_real(json, "time_of_completion", run->unix_s);
    qk_json_text(json, "time_of_completion_string", time);
    if (simple)
        return;
    qk_json_bool(json, "nist_all_passed", verdict->nist_all_passed);
    qk_json_uint(json, "nist_passes", verdict->nist_passes);
    qk_json_uint(json, "nist_fails", verdict->nist_fails);
    qk_json_real(json, "nist_success_rate", verdict->nist_success_rate);
    qk_json_bool(json, "uniformity_all_passed", verdict->uniformity_all_passed);
    qk_json_uint(json, "uniformity_passes", verdict->uniformity_passes);
    qk_json_uint(json, "uniformity_fails", verdict->uniformity_fails);
    qk_json_real(json, "uniformity_success_rate", verdict->uniformity_success_rate);
    qk_json_text(json, "source", run->source);
}

bool qk_run_last(qk_rest *rest, const char *source, qk_test_run *out_run)
{
    qk_test_run *runs = NULL;
    size_t count = 0;

    if (qk_test_log_read(rest->log, QK_TEST_ALL, source, 1, &runs, &count) != QK_OK)
        return false;
    if (count)
        *out_run = runs[0];
    free(runs);
    return count > 0;
}

qk_err qk_runs_write(qk_rest *rest, qk_test_filter filter, size_t most, bool simple, qk_buf *out)
{
    qk_json json = qk_json_to(out);
    qk_test_run *runs = NULL;
    size_t count = 0;

    QK_TRY(qk_test_log_read(rest->log, filter, NULL, most, &runs, &count));
    qk_json_open(&json, NULL, '[');
    for (size_t i = 0; i < count; i++) {
        qk_json_open(&json, NULL, '{');
        qk_run_write(&json, &runs[i], simple);
        qk_json_close(&json, '}');
    }
    qk_json_close(&json, ']');
    free(runs);
    return qk_buf_check(out);
}
