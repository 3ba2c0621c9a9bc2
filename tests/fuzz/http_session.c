/* SPDX-License-Identifier: Apache-2.0 */
/* An HTTP/1.1 connection, the server's side. Input: options, size of the pieces, what the peer sends. However it comes
 * cut and whenever its requests are answered, the answers are the same, and everything granted is given back. */
#include "fuzz.h"

#include <stdio.h>

#include "http/server.h"

enum { LATE = 1, EARLY = 2, IN_PLACE = 4, CLOSES = 8, ENDS = 16, NO_BUDGET = 32 };

typedef struct peer {
    unsigned options;
    qk_http_session *session;
    qk_http_exchange *owed;
    size_t held, requests;
    qk_buf said;
} peer;

static void look_at(qk_http_exchange *exchange, qk_buf *out)
{
    qk_view value = QK_VIEW_NONE;
    unsigned count = 0;

    promise(exchange->path[0] == '/' || strcmp(exchange->path, "*") == 0);
    promise(strlen(exchange->path) < 4096);
    qk_buf_printf(out, "%d %s %d|", (int)exchange->method, exchange->path, exchange->has_query);
    qk_buf_put(out, exchange->query);
    qk_buf_put(out, exchange->body);
    if (qk_http_header(exchange, "Authorization", &value))
        qk_buf_put(out, value);
    if (qk_http_query(exchange, "size", &value, &count) == QK_OK)
        qk_buf_put(out, value);
    if (qk_http_form(&exchange->arena, exchange->body, "grant_type", &value, &count) == QK_OK)
        qk_buf_put(out, value);
}

static void answer(const peer *it, qk_http_exchange *exchange)
{
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    uint8_t *place;

    look_at(exchange, &body);
    if (it->options & CLOSES)
        qk_http_answer_close(exchange);
    qk_http_answer_header(exchange, "X-Path", exchange->path);
    if (!(it->options & IN_PLACE)) {
        qk_http_answer(exchange, 200, "text/plain", qk_buf_view(&body));
        return;
    }
    place = qk_http_answer_begin(exchange, 200, NULL, body.len);
    if (!place)
        return;
    memcpy(place, body.data, body.len);
    qk_http_answer_end(exchange);
}

static bool on_headers(void *context, qk_http_exchange *exchange)
{
    const peer *it = context;

    if (!(it->options & EARLY))
        return true;
    answer(it, exchange);
    return false;
}

static void on_request(void *context, qk_http_exchange *exchange)
{
    peer *it = context;

    it->requests++;
    fuzz_touch(exchange->body);
    promise(!it->owed && exchange->body.len <= 1000);
    if (it->options & LATE)
        it->owed = exchange;
    else
        answer(it, exchange);
}

static bool on_body(void *context, size_t more)
{
    peer *it = context;

    if (it->options & NO_BUDGET)
        return false;
    it->held += more;
    return true;
}

static void on_body_released(void *context, size_t bytes)
{
    peer *it = context;

    promise(it->held >= bytes);
    it->held -= bytes;
}

static const qk_http_callbacks callbacks = {
    .on_headers = on_headers,
    .on_request = on_request,
    .on_body = on_body,
    .on_body_released = on_body_released,
};

/* Answers what is owed and takes what is said, until there is no more of either. */
static void listen(peer *it)
{
    size_t len;

    do {
        QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
        qk_http_exchange *owed = it->owed;
        it->owed = NULL;
        if (owed)
            answer(it, owed);
        must(qk_http_session_drain(it->session, 4096, &out));
        len = out.len;
        qk_buf_put(&it->said, qk_buf_view(&out));
    } while (len > 0 || it->owed);
}

static void talk(peer *it, qk_view input, size_t piece)
{
    const qk_http_limits limits = { .max_headers = 4096, .max_body = 1000, .max_requests = 50 };

    must(qk_http_session_new(&callbacks, it, &limits, "peer", &it->session));
    while (input.len > 0) {
        must(qk_http_session_feed(it->session, fuzz_piece(&input, piece)));
        listen(it);
    }
    if (it->options & ENDS) {
        qk_http_session_end(it->session);
        listen(it);
        promise(qk_http_session_finished(it->session));
    }
    (void)qk_http_session_overdue(it->session, INT64_MAX / 2, 1, 1);
    listen(it);
    qk_http_session_shutdown(it->session);
    promise(qk_http_session_finished(it->session) && it->requests <= 50);
    qk_http_session_free(&it->session);
    promise(it->held == 0);
}

/* Instead of the clock (see meson.build): the second must not change between two answers. */
int64_t __wrap_qk_clock_unix_s(void);

int64_t __wrap_qk_clock_unix_s(void)
{
    return 1793610840;
}

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    size_t piece = qk_read_u8(&from);
    peer whole = { .options = options }, cut = { .options = options ^ LATE };

    talk(&whole, fuzz_rest(&from), 0);
    talk(&cut, fuzz_rest(&from), piece);
    promise(whole.requests == cut.requests && qk_view_equal(qk_buf_view(&whole.said), qk_buf_view(&cut.said)));
    qk_buf_done(&whole.said);
    qk_buf_done(&cut.said);
}
