/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals: one table of statuses and codes, two shapes of body.
 * Source: the project's facts on the entropy REST API, section 8; IBM's codes for /identity/token. */
#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"
#include "entropy/entropy.h"
#include "rest/parts.h"

/* clang-format off */
static const struct {
    int status;
    const char *code;
    const char *ibm; /* errorCode on /identity/token */
} refusals[] = {
    [QK_REFUSE_REQUEST]       = { 400, "bad_request",        "BXNIM0109E" },
    [QK_REFUSE_PARAMETER]     = { 400, "parameter",          "BXNIM0109E" },
    [QK_REFUSE_TOKEN_MISSING] = { 401, "token_missing",      "BXNIM0109E" },
    [QK_REFUSE_TOKEN_INVALID] = { 401, "token_invalid",      "BXNIM0109E" },
    [QK_REFUSE_TOKEN_EXPIRED] = { 401, "token_expired",      "BXNIM0109E" },
    [QK_REFUSE_TOKEN_REVOKED] = { 401, "token_revoked",      "BXNIM0109E" },
    [QK_REFUSE_SCOPE]         = { 403, "scope_missing",      "BXNIM0109E" },
    [QK_REFUSE_ALLOTMENT]     = { 403, "allotment_used",     "BXNIM0109E" },
    [QK_REFUSE_PATH]          = { 404, "bad_request",        "NOT_FOUND" },
    [QK_REFUSE_METHOD]        = { 405, "bad_request",        "METHOD" },
    [QK_REFUSE_TYPE]          = { 415, "bad_request",        "BXNIM0109E" },
    [QK_REFUSE_RATE]          = { 429, "rate_limited",       "BXNIM0109E" },
    [QK_REFUSE_INTERNAL]      = { 500, "internal",           "BXNIM0109E" },
    [QK_REFUSE_UNAVAILABLE]   = { 503, "source_unavailable", "BXNIM0109E" },
    [QK_REFUSE_STARTING]      = { 503, "starting_up",        "BXNIM0109E" },
    [QK_REFUSE_UNHEALTHY]     = { 503, "health_test_failed", "BXNIM0109E" },
};
/* clang-format on */

enum { OPEN_API_PARAMETER = 422, RETRY_AFTER_S = 5 };

static void write_refusal(qk_buf *out, int status, const char *code, const char *words, uint64_t retry_after_s)
{
    qk_json json = qk_json_to(out);

    qk_json_open(&json, NULL, '{');
    qk_json_open(&json, "error", '{');
    qk_json_int(&json, "status", status);
    qk_json_text(&json, "code", code);
    qk_json_text(&json, "message", words);
    if (retry_after_s)
        qk_json_uint(&json, "retry_after", retry_after_s);
    qk_json_close(&json, '}');
    qk_json_close(&json, '}');
}

static void write_ibm_refusal(qk_buf *out, const char *code, const char *words)
{
    qk_json json = qk_json_to(out);

    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "errorCode", code);
    qk_json_text(&json, "errorMessage", words);
    qk_json_close(&json, '}');
}

static void refuse(qk_rest_call *call, qk_refusal refusal, uint64_t retry_after_s, const char *words)
{
    qk_rest_style style = call->route ? call->route->style : QK_STYLE_OURS;
    int status = refusals[refusal].status;
    char text[24];

    if (refusal == QK_REFUSE_PARAMETER && style == QK_STYLE_OPEN_API)
        status = OPEN_API_PARAMETER;
    qk_buf_clear(&call->body);
    if (style == QK_STYLE_IBM)
        write_ibm_refusal(&call->body, refusals[refusal].ibm, words);
    else
        write_refusal(&call->body, status, refusals[refusal].code, words, retry_after_s);
    if (status == 401)
        qk_rest_header(call, "WWW-Authenticate", "Bearer");
    if (retry_after_s) {
        snprintf(text, sizeof text, "%llu", (unsigned long long)retry_after_s);
        qk_rest_header(call, "Retry-After", text);
    }
    qk_rest_reply(call, status, "application/json");
}

void qk_rest_refuse_for(qk_rest_call *call, qk_refusal refusal, uint64_t retry_after_s, const char *format, ...)
{
    char words[200];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    refuse(call, refusal, retry_after_s, words);
}

void qk_rest_refuse(qk_rest_call *call, qk_refusal refusal, const char *format, ...)
{
    char words[200];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    refuse(call, refusal, refusals[refusal].status == 503 ? RETRY_AFTER_S : 0, words);
}

void qk_rest_refuse_supply(qk_rest_call *call)
{
    switch (qk_entropy_state_get()) {
    case QK_ENTROPY_STARTING:
        qk_rest_refuse(call, QK_REFUSE_STARTING, "the sources' start-up tests are under way");
        return;
    case QK_ENTROPY_FAILED:
        qk_rest_refuse(call, QK_REFUSE_UNHEALTHY, "no source is healthy: health tests failed");
        return;
    case QK_ENTROPY_AWAY:
        qk_rest_refuse(call, QK_REFUSE_UNAVAILABLE, "no source can be read");
        return;
    case QK_ENTROPY_READY:
        break;
    }
    qk_rest_refuse(call, QK_REFUSE_UNAVAILABLE, "not enough of this entropy at the moment");
}

void qk_rest_refuse_failure(qk_rest_call *call, qk_err err)
{
    qk_log_failure(QK_LOG_WARNING, err, "op=rest path=%s peer=%s", call->route ? call->route->path : "-",
                   call->exchange->peer);
    if (qk_err_to_http(err) == 503)
        qk_rest_refuse(call, QK_REFUSE_UNAVAILABLE, "the service is not available at the moment");
    else
        qk_rest_refuse(call, QK_REFUSE_INTERNAL, "internal error; the server's log says more");
}

void qk_rest_refusal(qk_rest *rest, int status, const char *words, qk_buf *out_json)
{
    qk_counters_request(rest->counters, qk_rest_route_count, status, 0);
    write_refusal(out_json, status, status >= 500 ? "internal" : "bad_request", words, 0);
}
