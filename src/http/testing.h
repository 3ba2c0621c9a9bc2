/* SPDX-License-Identifier: Apache-2.0 */
/* For this room's tests: a session whose owner answers "METHOD path body", now or later, and what it saw. */
#ifndef QK_HTTP_TESTING_H
#define QK_HTTP_TESTING_H

#include "base/testing.h"
#include "http/server.h"

typedef struct http_owner {
    qk_http_session *session;
    qk_buf said; /* by the session, so far */
    bool refuses_at_headers, closes, waits, has_no_room;
    qk_http_exchange *waiting; /* if it waits */
    unsigned headers, requests, refusals;
    size_t granted, released;
    char last_path[128];
} http_owner;

static inline void owner_answer(http_owner *owner, qk_http_exchange *exchange)
{
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;

    qk_buf_printf(&body, "%d %s ", (int)exchange->method, exchange->path);
    qk_buf_put(&body, exchange->body);
    if (owner->closes)
        qk_http_answer_close(exchange);
    qk_http_answer(exchange, 200, "text/plain", qk_buf_view(&body));
}

static inline bool owner_on_headers(void *context, qk_http_exchange *exchange)
{
    http_owner *owner = context;

    owner->headers++;
    snprintf(owner->last_path, sizeof owner->last_path, "%s", exchange->path);
    if (!owner->refuses_at_headers)
        return true;
    qk_http_answer_header(exchange, "WWW-Authenticate", "Bearer");
    qk_http_answer(exchange, 401, "text/plain", QK_VIEW_LITERAL("no"));
    return false;
}

static inline void owner_on_request(void *context, qk_http_exchange *exchange)
{
    http_owner *owner = context;

    owner->requests++;
    if (owner->waits)
        owner->waiting = exchange;
    else
        owner_answer(owner, exchange);
}

static inline void owner_on_refusal(void *context, int status, const char *words, qk_buf *out_json)
{
    http_owner *owner = context;

    owner->refusals++;
    qk_buf_printf(out_json, "{\"status\":%d,\"words\":\"%s\"}", status, words);
}

static inline bool owner_on_body(void *context, size_t more)
{
    http_owner *owner = context;

    if (owner->has_no_room)
        return false;
    owner->granted += more;
    return true;
}

static inline void owner_on_body_released(void *context, size_t bytes)
{
    http_owner *owner = context;

    owner->released += bytes;
}

static const qk_http_callbacks owner_callbacks __attribute__((unused)) = {
    .on_headers = owner_on_headers,
    .on_request = owner_on_request,
    .on_refusal = owner_on_refusal,
    .on_body = owner_on_body,
    .on_body_released = owner_on_body_released,
};

static inline void owner_start_with(http_owner *owner, const qk_http_limits *limits)
{
    memset(owner, 0, sizeof *owner);
    assert_qk_ok(qk_http_session_new(&owner_callbacks, owner, limits, "[::1]:5", &owner->session));
}

static inline void owner_start(http_owner *owner)
{
    const qk_http_limits limits = { .max_headers = 4096, .max_body = 1000 };

    owner_start_with(owner, &limits);
}

/* Takes what the session has to say, as a connection does. */
static inline void owner_listen(http_owner *owner)
{
    size_t before;

    do {
        QK_OWNED(qk_buf_done) qk_buf piece = QK_BUF_NONE;
        before = owner->said.len;
        assert_qk_ok(qk_http_session_drain(owner->session, 1000, &piece));
        qk_buf_put(&owner->said, qk_buf_view(&piece));
    } while (owner->said.len > before);
}

static inline void owner_feed(http_owner *owner, const char *bytes, size_t len)
{
    assert_qk_ok(qk_http_session_feed(owner->session, qk_view_of(bytes, len)));
    owner_listen(owner);
}

static inline void owner_hear(http_owner *owner, const char *text)
{
    owner_feed(owner, text, strlen(text));
}

static inline void owner_hear_bytewise(http_owner *owner, const char *text)
{
    for (; *text; text++)
        owner_feed(owner, text, 1);
}

/* Everything said so far, forgotten with the next call. */
static inline const char *owner_said(http_owner *owner)
{
    static char text[16384];

    assert_true(owner->said.len < sizeof text);
    memcpy(text, owner->said.data ? owner->said.data : (const uint8_t *)"", owner->said.len);
    text[owner->said.len] = 0;
    qk_buf_done(&owner->said);
    return text;
}

static inline unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

static inline void assert_says(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* Ends the session; every byte that was granted has been given back. */
static inline void owner_stop(http_owner *owner)
{
    qk_http_session_free(&owner->session);
    assert_int_equal(owner->granted, owner->released);
    qk_buf_done(&owner->said);
}

#endif
