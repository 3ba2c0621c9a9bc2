/* SPDX-License-Identifier: Apache-2.0 */
/* Who asks: token, scope, rate, in this order. */
#include <ctype.h>
#include <strings.h>

#include "rest/parts.h"

enum { METRICS_LOOPBACK, METRICS_TOKEN, METRICS_OPEN }; /* as in rest_config.c */
enum { LOGS_OPEN, LOGS_TOKEN };

/* "127.0.0.1:4711", "::1:4711", "[::1]:4711". */
static bool is_loopback(const char *peer)
{
    const char *port = strrchr(peer, ':');
    size_t len = port ? (size_t)(port - peer) : strlen(peer);

    if (len >= 2 && peer[0] == '[' && peer[len - 1] == ']') {
        peer++;
        len -= 2;
    }
    if (len > 7 && strncasecmp(peer, "::ffff:", 7) == 0) {
        peer += 7;
        len -= 7;
    }
    return (len == 3 && memcmp(peer, "::1", 3) == 0) || (len > 4 && memcmp(peer, "127.", 4) == 0);
}

/* The scope that this request needs; 0: none. */
static unsigned scope_needed(const qk_rest *rest, const qk_rest_call *call)
{
    const qk_rest_config *config = &rest->config;

    switch (call->route->access) {
    case QK_ACCESS_ENTROPY:
        return config->open ? 0 : QK_SCOPE_ENTROPY;
    case QK_ACCESS_LOGS:
        return config->logs == LOGS_OPEN ? 0 : QK_SCOPE_METRICS;
    case QK_ACCESS_METRICS:
        if (config->metrics == METRICS_OPEN ||
            (config->metrics == METRICS_LOOPBACK && is_loopback(call->exchange->peer)))
            return 0;
        return QK_SCOPE_METRICS;
    case QK_ACCESS_ADMIN:
        return QK_SCOPE_ADMIN;
    case QK_ACCESS_NONE:
        break;
    }
    return 0;
}

/* Authorization: Bearer, else X-API-KEY. */
static bool find_token(const qk_http_exchange *exchange, qk_view *out_token)
{
    qk_view value;

    if (qk_http_header(exchange, "Authorization", &value) && value.len > 7 &&
        strncasecmp((const char *)value.data, "Bearer ", 7) == 0) {
        size_t at = 7;
        while (at < value.len && value.data[at] == ' ')
            at++;
        *out_token = qk_view_slice(value, at, value.len);
        return out_token->len > 0;
    }
    return qk_http_header(exchange, "X-API-KEY", out_token) && out_token->len > 0;
}

/* clang-format off */
static const struct {
    qk_refusal refusal;
    const char *words;
} verdicts[] = {
    [QK_TOKEN_INVALID]    = { QK_REFUSE_TOKEN_INVALID, "this token is not known here, or not valid yet" },
    [QK_TOKEN_EXPIRED]    = { QK_REFUSE_TOKEN_EXPIRED, "this token has expired" },
    [QK_TOKEN_REVOKED]    = { QK_REFUSE_TOKEN_REVOKED, "this token was revoked" },
    [QK_TOKEN_UNKNOWABLE] = { QK_REFUSE_UNAVAILABLE, "the token cannot be checked: the database does not answer" },
};
/* clang-format on */

static void admit_rate(qk_rest_call *call)
{
    if (call->rated)
        return;
    call->rated = true;
    qk_token_use_rate(call->use, &call->rate);
    if (!call->rate.allowed)
        qk_rest_refuse_for(call, QK_REFUSE_RATE, call->rate.retry_after_s ? call->rate.retry_after_s : 1,
                           "%llu requests at once are too many for this token", (unsigned long long)call->rate.limit);
}

/* A token that memory knew at the headers and does not know any more when the body is there: on a loop that cannot be
 * looked into, so the caller may come again. It is never told that its token is bad. */
static qk_token_verdict verify(qk_rest *rest, qk_rest_call *call, qk_view token, bool may_wait)
{
    qk_token_verdict verdict = QK_TOKEN_UNKNOWABLE;
    bool ask = call->ask;

    if (!ask)
        verdict = qk_tokens_verify(rest->tokens, token, &call->use, &ask);
    if (!ask)
        return verdict;
    if (may_wait && (call->ask || call->route->slow))
        return qk_tokens_look_up(rest->tokens, token, &call->use);
    call->ask = !may_wait;
    return QK_TOKEN_UNKNOWABLE;
}

bool qk_rest_caller_has(qk_rest *rest, qk_rest_call *call, qk_scope scope)
{
    qk_view token;

    if (!call->use && (!find_token(call->exchange, &token) || verify(rest, call, token, true) != QK_TOKEN_GOOD))
        return false;
    return qk_token_use_scopes(call->use) & scope;
}

void qk_rest_admit_caller(qk_rest *rest, qk_rest_call *call, bool may_wait)
{
    unsigned scope = scope_needed(rest, call);
    qk_token_verdict verdict;
    qk_view token;

    if (!scope || call->use)
        return;
    if (!find_token(call->exchange, &token)) {
        qk_rest_refuse(call, QK_REFUSE_TOKEN_MISSING, "a token is needed: Authorization: Bearer, or X-API-KEY");
        return;
    }
    verdict = verify(rest, call, token, may_wait);
    if (call->ask && !may_wait)
        return;
    if (verdict != QK_TOKEN_GOOD)
        qk_rest_refuse(call, verdicts[verdict].refusal, "%s", verdicts[verdict].words);
    else if (!(qk_token_use_scopes(call->use) & scope))
        qk_rest_refuse(call, QK_REFUSE_SCOPE, "this token lacks the scope %s", qk_scope_name((qk_scope)scope));
    else
        admit_rate(call);
}
