/* SPDX-License-Identifier: Apache-2.0 */
/* Log of the statistical tests: runs, failing runs, and the bits that failed. Those were drawn for the tests alone,
 * kept by the log because they failed, and never given to anybody; nothing here draws any. Source: the project's facts
 * on the entropy REST API, section 7. */
#include <stdlib.h>

#include "rest/text/parameters.h"
#include "rest/record/runs.h"

enum {
    MOST_RUNS = 100,
    RUNS = 5,
    MOST_BITS = 5242880,
    BITS = 1024,
    MOST_BITS_ALL = 64 * 1024 * 1024, /* a character each, in one answer */
};

typedef struct log_query {
    uint64_t num, bits;
    bool simple, strict, with_bits;
    qk_test_filter filter;
} log_query;

static void finish(qk_rest_call *call, qk_err err)
{
    if (err == QK_OK)
        qk_rest_reply_json(call);
    else
        qk_rest_refuse_failure(call, err);
}

void qk_rest_make_logs(qk_rest *rest, qk_rest_call *call)
{
    log_query query;

    if (qk_parameter_uint(call, "num", 1, MOST_RUNS, RUNS, &query.num) &&
        qk_parameter_bool(call, "simple", false, &query.simple))
        finish(call, qk_runs_write(rest, QK_TEST_ALL, query.num, query.simple, &call->body));
}

/* ---- runs that failed ---- */

/* The first `count` bits as characters; fewer if fewer were kept. */
static qk_err write_bits(qk_rest *rest, qk_json *json, qk_test_filter filter, size_t index, uint64_t count)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    uint8_t *text;

    QK_TRY(qk_test_log_bits(rest->log, filter, index, (count + 7) / 8, &bytes));
    if (count > bytes.len * 8)
        count = bytes.len * 8;
    qk_json_raw(json, "random", QK_VIEW_LITERAL("\""));
    text = qk_buf_grow(json->out, count);
    if (!text && count)
        return qk_fail(QK_E_NO_MEMORY, "bits of a failing run");
    for (size_t i = 0; i < count; i++)
        text[i] = (uint8_t)('0' + (bytes.data[i / 8] >> (7 - i % 8) & 1));
    qk_buf_put_u8(json->out, '"');
    return QK_OK;
}

static void write_bare(qk_json *json, const qk_test_run *run)
{
    char date[40];

    qk_run_http_date(run->unix_s, date);
    qk_json_text(json, "createdAt", date);
    qk_json_real(json, "time_of_completion", run->unix_s);
}

static qk_err write_failing(qk_rest *rest, const log_query *query, bool bare, qk_buf *out)
{
    qk_json json = qk_json_to(out);
    qk_test_run *runs = NULL;
    size_t count = 0;
    qk_err err = QK_OK;

    QK_TRY(qk_test_log_read(rest->log, query->filter, NULL, query->num, &runs, &count));
    qk_json_open(&json, NULL, '[');
    for (size_t i = 0; i < count && err == QK_OK; i++) {
        qk_json_open(&json, NULL, '{');
        if (bare)
            write_bare(&json, &runs[i]);
        else
            qk_run_write(&json, &runs[i], query->simple);
        if (query->with_bits)
            err = write_bits(rest, &json, query->filter, i, query->bits);
        qk_json_close(&json, '}');
    }
    qk_json_close(&json, ']');
    free(runs);
    return err;
}

static bool bits_fit(qk_rest_call *call, const log_query *query)
{
    if (query->num * query->bits <= MOST_BITS_ALL)
        return true;
    qk_rest_refuse(call, QK_REFUSE_PARAMETER, "num times randsize is over %d: ask for fewer at once", MOST_BITS_ALL);
    return false;
}

/* What must go together does. */
static bool agree(qk_rest_call *call, const log_query *query)
{
    if (query->with_bits && !query->strict)
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "include_random goes with strict=true only");
    else if (!query->with_bits && qk_parameter_given(call, "randsize"))
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "randsize goes with include_random=true only");
    return !call->status && (!query->with_bits || bits_fit(call, query));
}

void qk_rest_make_failing_logs(qk_rest *rest, qk_rest_call *call)
{
    log_query query;

    if (!qk_parameter_uint(call, "num", 1, MOST_RUNS, RUNS, &query.num) ||
        !qk_parameter_bool(call, "simple", false, &query.simple) ||
        !qk_parameter_bool(call, "strict", true, &query.strict) ||
        !qk_parameter_bool(call, "include_random", false, &query.with_bits) ||
        !qk_parameter_uint(call, "randsize", 1, MOST_BITS, BITS, &query.bits) || !agree(call, &query))
        return;
    query.filter = query.strict ? QK_TEST_FAILED_BOTH : QK_TEST_FAILED_EITHER;
    finish(call, write_failing(rest, &query, false, &call->body));
}

void qk_rest_make_failing_random(qk_rest *rest, qk_rest_call *call)
{
    log_query query = { .with_bits = true, .filter = QK_TEST_FAILED_BOTH };

    if (qk_parameter_uint(call, "num", 1, MOST_RUNS, RUNS, &query.num) &&
        qk_parameter_uint(call, "randsize", 1, MOST_BITS, BITS, &query.bits) && bits_fit(call, &query))
        finish(call, write_failing(rest, &query, true, &call->body));
}
