/* SPDX-License-Identifier: Apache-2.0 */
/* POST /identity/token: an API key in exchange for a bearer token, as IBM's clients ask for it. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "rest/parts.h"

enum { MAX_API_KEY = 1024 };

static int hex_digit(uint8_t character)
{
    if (character >= '0' && character <= '9')
        return character - '0';
    character = (uint8_t)(character | 0x20);
    return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* '+' and %XX are decoded; other characters, also unescaped colons and stray percent signs, count as they are, since
 * one of the known clients sends them so. */
static qk_err decode(qk_view form, qk_arena *arena, qk_view *out)
{
    uint8_t *text;
    size_t len = 0;

    QK_TRY(qk_arena_bytes(arena, form.len ? form.len : 1, &text));
    for (size_t i = 0; i < form.len; i++) {
        int high = form.data[i] == '%' && i + 2 < form.len ? hex_digit(form.data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(form.data[i + 2]) : -1;
        text[len++] = form.data[i] == '+' ? (uint8_t)' ' : form.data[i];
        if (low < 0)
            continue;
        text[len - 1] = (uint8_t)(high << 4 | low);
        i += 2;
    }
    *out = qk_view_of(text, len);
    return QK_OK;
}

static qk_err find_parameter(qk_view form, const char *name, qk_arena *arena, qk_view *out)
{
    size_t name_len = strlen(name);

    for (size_t at = 0; at < form.len;) {
        const uint8_t *end = memchr(form.data + at, '&', form.len - at);
        size_t len = (end ? (size_t)(end - form.data) : form.len) - at;
        qk_view part = qk_view_slice(form, at, len);
        if (len > name_len && memcmp(part.data, name, name_len) == 0 && part.data[name_len] == '=')
            return decode(qk_view_slice(part, name_len + 1, len), arena, out);
        at += len + 1;
    }
    return qk_fail(QK_E_BAD_ARGUMENT, "parameter %s is missing", name);
}

/* Both forms in use: parameters in the body, or in the query string. */
static qk_err read_parameters(qk_http_exchange *exchange, qk_view *out_api_key)
{
    qk_view form = exchange->body.len ? exchange->body : exchange->query;
    qk_view grant;

    QK_TRY(find_parameter(form, "grant_type", &exchange->arena, &grant));
    QK_TRY(find_parameter(form, "apikey", &exchange->arena, out_api_key));
    if (!qk_view_equal(grant, QK_VIEW_LITERAL("urn:ibm:params:oauth:grant-type:apikey")))
        return qk_fail(QK_E_BAD_ARGUMENT, "grant_type must be urn:ibm:params:oauth:grant-type:apikey");
    if (out_api_key->len > MAX_API_KEY)
        return qk_fail(QK_E_BAD_ARGUMENT, "apikey is longer than %d characters", MAX_API_KEY);
    return QK_OK;
}

static qk_err too_many(qk_rest_call *call)
{
    qk_rest_header(call, "Retry-After", "1");
    return qk_fail(QK_E_RATE, "too many failed log-ins: come again more slowly, with a good API key");
}

/* A failure is answered late, and beyond a rate with 429. */
static qk_err log_in(qk_rest *rest, qk_rest_call *call, qk_view api_key, qk_token_answer *out)
{
    qk_attempts_verdict verdict;
    int64_t now = qk_clock_monotonic_ms();
    qk_err err = QK_E_RATE;

    if (qk_attempts_may_try(rest->attempts, api_key, now))
        err = qk_iam_login(rest->iam, api_key, &call->exchange->arena, out);
    if (err != QK_E_RATE && err != QK_E_PIN_INCORRECT)
        return err;
    verdict = qk_attempts_failed(rest->attempts, call->exchange->peer, api_key, now);
    call->hold_back_ms = verdict.hold_back_ms;
    return err == QK_E_RATE || verdict.too_many ? too_many(call) : err;
}

static qk_err write_token(qk_rest *rest, qk_rest_call *call)
{
    qk_json json = qk_json_to(&call->body);
    qk_arena *arena = &call->exchange->arena;
    qk_token_answer token;
    qk_view api_key;
    char *text;

    QK_TRY(read_parameters(call->exchange, &api_key));
    QK_TRY(log_in(rest, call, api_key, &token));
    text = qk_arena_text(arena, token.access_token);
    if (!text)
        return qk_fail(QK_E_NO_MEMORY, "token answer");
    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "access_token", text);
    qk_json_text(&json, "refresh_token", "not_supported");
    qk_json_text(&json, "token_type", "Bearer");
    qk_json_int(&json, "expires_in", token.expires_in_s);
    qk_json_int(&json, "expiration", token.expiration_unix_s);
    qk_json_text(&json, "scope", "ibm openid");
    qk_json_close(&json, '}');
    return qk_buf_check(&call->body);
}

/* IBM's error codes, which clients show: an unknown API key, and everything else that is wrong with a request. */
static void refuse(qk_rest_call *call, qk_err err)
{
    bool unknown = err == QK_E_PIN_INCORRECT;
    qk_json json = qk_json_to(&call->body);

    qk_buf_clear(&call->body);
    qk_json_open(&json, NULL, '{');
    qk_json_text(&json, "errorCode", unknown ? "BXNIM0415E" : "BXNIM0109E");
    qk_json_text(&json, "errorMessage", unknown ? "Provided API key could not be found." : qk_err_words(err));
    qk_json_close(&json, '}');
    qk_rest_reply(call, unknown ? 400 : qk_err_to_http(err), "application/json");
}

void qk_rest_make_token(qk_rest *rest, qk_rest_call *call)
{
    qk_err err = write_token(rest, call);

    if (err == QK_OK) {
        qk_rest_reply(call, 200, "application/json");
        return;
    }
    qk_log_failure(QK_LOG_WARNING, err, "op=token peer=%s", call->exchange->peer);
    refuse(call, err);
}
