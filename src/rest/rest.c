/* SPDX-License-Identifier: Apache-2.0 */
/* The life of a request: admitted at its headers, served when it is whole.
 *
 * A handler either makes an answer in the call, on any thread, or gives it itself on the loop's thread (entropy, the
 * page: written in place, without a copy). An exchange whose session goes while its body is still on the way ends
 * without a word to us, so until the request is whole the call holds nothing but memory of the exchange's arena. */
#include "rest/parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"

static qk_err load_signing_key(qk_rest *rest)
{
    if (rest->config.signing_key)
        return qk_signing_key_load(rest->config.signing_key, &rest->signing_key);
    return rest->config.sign == QK_REST_SIGN_ALWAYS ? qk_fail(QK_E_CONFIG, "rest.sign: always needs rest.signing_key")
                                                    : QK_OK;
}

qk_err qk_rest_new(const qk_rest_config *config, qk_iam *iam, qk_tokens *tokens, qk_test_log *log,
                   const qk_rest_host *host, qk_rest **out_rest)
{
    QK_OWNED(qk_rest_free) qk_rest *rest = calloc(1, sizeof *rest);

    if (!rest)
        return qk_fail(QK_E_NO_MEMORY, "REST API");
    rest->config = *config;
    rest->iam = iam;
    rest->tokens = tokens;
    rest->log = log;
    rest->host = host ? *host : (qk_rest_host){ NULL };
    rest->started_ms = qk_clock_monotonic_ms();
    qk_history_init(&rest->history);
    pthread_mutex_init(&rest->bundle_lock, NULL);
    QK_TRY(load_signing_key(rest));
    QK_TRY(qk_attempts_new(&rest->attempts));
    QK_TRY(qk_counters_new(qk_rest_route_count, &rest->counters));
    *out_rest = rest;
    rest = NULL;
    return QK_OK;
}

void qk_rest_free(qk_rest **rest)
{
    if (!*rest)
        return;
    qk_history_done(&(*rest)->history);
    for (size_t i = 0; i < sizeof(*rest)->bundles / sizeof(*rest)->bundles[0]; i++)
        qk_buf_done(&(*rest)->bundles[i].document);
    pthread_mutex_destroy(&(*rest)->bundle_lock);
    qk_attempts_free(&(*rest)->attempts);
    qk_signing_key_free(&(*rest)->signing_key);
    free((*rest)->counters);
    free(*rest);
    *rest = NULL;
}

void qk_rest_sample(qk_rest *rest)
{
    qk_history_sample(&rest->history, rest->counters, qk_clock_unix_s());
}

/* ---- answers ---- */

void qk_rest_header(qk_rest_call *call, const char *name, const char *value)
{
    char *copy = qk_arena_text(&call->exchange->arena, qk_view_text(value));

    if (!copy || call->header_count == QK_REST_HEADERS)
        return;
    call->headers[call->header_count].name = name;
    call->headers[call->header_count++].value = copy;
}

void qk_rest_reply(qk_rest_call *call, int status, const char *content_type)
{
    call->status = status;
    call->content_type = content_type;
}

void qk_rest_reply_json(qk_rest_call *call)
{
    if (qk_buf_check(&call->body) == QK_OK)
        qk_rest_reply(call, 200, "application/json");
    else
        qk_rest_refuse_failure(call, QK_E_NO_MEMORY);
}

static void put_number_header(qk_http_exchange *exchange, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    qk_http_answer_header(exchange, name, text);
}

void qk_rest_close(qk_rest *rest, qk_rest_call *call, int status)
{
    qk_http_exchange *exchange = call->exchange;
    size_t row = call->route ? (size_t)(call->route - qk_rest_routes) : qk_rest_route_count;

    if (!call->route || call->route->give != qk_rest_give_page)
        qk_http_answer_header(exchange, "Cache-Control", "no-store");
    for (unsigned i = 0; i < call->header_count; i++)
        qk_http_answer_header(exchange, call->headers[i].name, call->headers[i].value);
    if (call->rate.limited) {
        put_number_header(exchange, "RateLimit-Limit", call->rate.limit);
        put_number_header(exchange, "RateLimit-Remaining", call->rate.remaining);
        put_number_header(exchange, "RateLimit-Reset", call->rate.reset_s);
    }
    qk_token_use_unref(&call->use);
    qk_counters_request(rest->counters, row, status, qk_clock_monotonic_ns() - call->started_ns);
}

/* The answer that stands in the call. The call goes with its exchange, so the body is taken out before. */
static void send_answer(qk_rest *rest, qk_rest_call *call)
{
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    qk_http_exchange *exchange = call->exchange;
    const char *content_type = call->content_type;
    int status = call->status;

    qk_buf_give(&call->body, &body);
    qk_rest_close(rest, call, status);
    qk_http_answer(exchange, status, content_type, qk_buf_view(&body));
}

/* ---- admission ---- */

static bool has_body_to_come(const qk_http_exchange *exchange)
{
    qk_view value;

    return qk_http_header(exchange, "Transfer-Encoding", &value) || qk_http_header(exchange, "Content-Length", &value);
}

static void admit_path(qk_rest_call *call)
{
    char allow[64];

    call->route = qk_rest_route_find(call->exchange->path, call->name);
    if (!call->route) {
        qk_rest_refuse(call, QK_REFUSE_PATH, "there is nothing at this path");
    } else if (!(call->exchange->method & call->route->methods)) {
        qk_rest_route_allow(call->route, allow);
        qk_rest_header(call, "Allow", allow);
        qk_rest_refuse(call, QK_REFUSE_METHOD, "this path takes another method");
    }
}

bool qk_rest_admit(qk_rest *rest, qk_http_exchange *exchange)
{
    qk_rest_call *call = qk_arena_zalloc(&exchange->arena, sizeof *call);

    if (!call) {
        qk_http_answer(exchange, 503, "text/plain", QK_VIEW_LITERAL("out of memory\n"));
        return false;
    }
    exchange->user = call;
    call->exchange = exchange;
    call->started_ns = qk_clock_monotonic_ns();
    admit_path(call);
    if (!call->status)
        qk_rest_admit_caller(rest, call, false);
    if (call->status) {
        send_answer(rest, call);
        return false;
    }
    if (call->use && has_body_to_come(exchange))
        qk_token_use_unref(&call->use);
    return true;
}

/* ---- serving ---- */

bool qk_rest_is_slow(const qk_http_exchange *exchange)
{
    const qk_rest_call *call = exchange->user;

    return call->ask || call->route->slow;
}

void qk_rest_compute(qk_rest *rest, qk_http_exchange *exchange)
{
    qk_rest_call *call = exchange->user;

    qk_rest_admit_caller(rest, call, true);
    if (!call->status && call->route->make)
        call->route->make(rest, call);
}

void qk_rest_answer(qk_rest *rest, qk_http_exchange *exchange)
{
    qk_rest_call *call = exchange->user;

    if (!call->status && call->route->give && call->route->give(rest, call))
        return;
    if (!call->status)
        qk_rest_refuse_failure(call, QK_E_GENERAL);
    send_answer(rest, call);
}

int64_t qk_rest_hold_back_ms(const qk_http_exchange *exchange)
{
    const qk_rest_call *call = exchange->user;

    return call->hold_back_ms;
}

void qk_rest_turn_away(qk_http_exchange *exchange)
{
    qk_rest_refuse_for(exchange->user, QK_REFUSE_UNAVAILABLE, 1, "too many requests wait already");
}

void qk_rest_serve(qk_rest *rest, qk_http_exchange *exchange)
{
    qk_rest_compute(rest, exchange);
    qk_rest_answer(rest, exchange);
}
