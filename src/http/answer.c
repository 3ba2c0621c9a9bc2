/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: line, headers and body are written once, into the session's `out`, whose buffer the connection then takes
 * over as it is. */
#include <assert.h>
#include <stdlib.h>

#include "http/session.h"

enum {
    LARGE_ANSWER = 16 * 1024, /* from here on it counts in the budget */
    MOST_DROPPED = 64 * 1024, /* of a body that nobody wants, to keep the connection */
    LINE_ROOM = 256,          /* for the status line and the session's own headers */
};

/* ---- line and headers ---- */

typedef struct answer_head {
    int status;
    const char *content_type;
    size_t len;
    bool keep_alive, old;
    const qk_http_added *added;
} answer_head;

static size_t head_room(const answer_head *head)
{
    size_t room = LINE_ROOM + (head->content_type ? strlen(head->content_type) : 0);

    for (const qk_http_added *added = head->added; added; added = added->next)
        room += strlen(added->name) + strlen(added->value) + sizeof ": \r\n";
    return room;
}

static char *put_number(char *at, uint64_t number)
{
    char digits[20];
    size_t len = 0;

    do
        digits[len++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (len > 0)
        *at++ = digits[--len];
    return at;
}

/* Source: RFC 9110, section 8.6: no Content-Length with 204 and 304 (for the latter it would be another answer's). */
static char *put_head(char *at, const answer_head *head)
{
    at = stpcpy(at, "HTTP/1.1 ");
    at = put_number(at, (uint64_t)head->status);
    *at++ = ' ';
    at = stpcpy(at, qk_http_reason(head->status));
    at = stpcpy(stpcpy(at, "\r\nDate: "), qk_http_date());
    if (head->content_type)
        at = stpcpy(stpcpy(at, "\r\nContent-Type: "), head->content_type);
    if (head->status != 204 && head->status != 304)
        at = put_number(stpcpy(at, "\r\nContent-Length: "), head->len);
    for (const qk_http_added *added = head->added; added; added = added->next)
        at = stpcpy(stpcpy(stpcpy(stpcpy(at, "\r\n"), added->name), ": "), added->value);
    if (!head->keep_alive)
        at = stpcpy(at, "\r\nConnection: close");
    else if (head->old)
        at = stpcpy(at, "\r\nConnection: keep-alive");
    return stpcpy(at, "\r\n\r\n");
}

/* Room for `len` bytes more. An empty buffer gets what is needed and not a byte more: answers have their final length
 * from the start. */
static uint8_t *reserve(qk_buf *out, size_t len)
{
    if (out->data)
        return qk_buf_grow(out, len);
    out->data = malloc(len);
    if (!out->data)
        return NULL;
    out->cap = out->len = len;
    return out->data;
}

/* Appends line and headers, and room for the body, whose place it returns. */
static uint8_t *write_head(qk_buf *out, const answer_head *head)
{
    size_t room = head_room(head), before = out->len;
    char *start = (char *)reserve(out, room + head->len), *end;

    if (!start)
        return NULL;
    end = put_head(start, head);
    assert((size_t)(end - start) < room);
    out->len = before + (size_t)(end - start) + head->len;
    return (uint8_t *)end;
}

/* ---- answers ---- */

static bool may_go_on(const qk_http_session *session, const qk_http_work *work)
{
    const qk_http_body_reader *body = &session->body;

    if (!work->keep_alive || session->ending ||
        (session->limits.max_requests && session->requests >= session->limits.max_requests))
        return false;
    /* A body that is still to come is read and dropped, unless it is long, or perhaps never sent. */
    return body->state == QK_HTTP_BODY_END ||
           (!work->head.expects && (body->state != QK_HTTP_BODY_COUNTED || body->left <= MOST_DROPPED));
}

/* The answer is there: what comes next on the connection may begin. */
static void finish(qk_http_session *session, qk_http_work *work)
{
    session->closing = !may_go_on(session, work);
    session->current = session->owed = NULL;
    session->since_ms = qk_clock_monotonic_ms();
    qk_http_work_free(work);
}

static bool grant(qk_http_session *session, size_t len)
{
    if (len < LARGE_ANSWER || !session->callbacks->on_body)
        return true;
    if (!session->callbacks->on_body(session->context, len))
        return false;
    session->granted += len;
    return true;
}

uint8_t *qk_http_answer_begin(qk_http_exchange *exchange, int status, const char *content_type, size_t len)
{
    static const qk_http_refusal no_room = { 503, "the server holds too much already" };
    qk_http_work *work = qk_http_work_of(exchange);
    qk_http_session *session = work->session;
    uint8_t *place;

    if (!session) {
        qk_http_work_free(work);
        return NULL;
    }
    if (!grant(session, len)) {
        qk_http_refuse(session, &no_room);
        return NULL;
    }
    place = write_head(&session->out,
                       &(answer_head){ status, content_type, len, may_go_on(session, work), work->old, work->added });
    if (!place) {
        qk_http_refuse(session, &no_room);
        return NULL;
    }
    work->answer_at = session->out.len - len;
    return place;
}

void qk_http_answer_end(qk_http_exchange *exchange)
{
    qk_http_work *work = qk_http_work_of(exchange);
    qk_buf *out = &work->session->out;

    if (exchange->method == QK_HTTP_HEAD) {
        explicit_bzero(out->data + work->answer_at, out->len - work->answer_at);
        out->len = work->answer_at;
    }
    finish(work->session, work);
}

void qk_http_answer(qk_http_exchange *exchange, int status, const char *content_type, qk_view body)
{
    uint8_t *place = qk_http_answer_begin(exchange, status, content_type, body.len);

    if (!place)
        return;
    if (body.len)
        memcpy(place, body.data, body.len);
    qk_http_answer_end(exchange);
}

void qk_http_answer_header(qk_http_exchange *exchange, const char *name, const char *value)
{
    qk_http_work *work = qk_http_work_of(exchange);
    qk_http_added *added = qk_arena_alloc(&exchange->arena, sizeof *added);
    char *name_copy = qk_arena_text(&exchange->arena, qk_view_text(name));
    char *value_copy = qk_arena_text(&exchange->arena, qk_view_text(value));

    if (!added || !name_copy || !value_copy)
        return;
    for (char *at = value_copy; *at; at++)
        if ((uint8_t)*at < ' ' || *at == 0x7f)
            *at = ' ';
    *added = (qk_http_added){ NULL, name_copy, value_copy };
    *work->last_added = added;
    work->last_added = &added->next;
}

void qk_http_answer_close(qk_http_exchange *exchange)
{
    qk_http_work_of(exchange)->keep_alive = false;
}

/* ---- the session's own ---- */

static const char *refusal_body(qk_http_session *session, const qk_http_refusal *refusal, qk_buf *out)
{
    if (session->callbacks->on_refusal)
        session->callbacks->on_refusal(session->context, refusal->status, refusal->words, out);
    if (out->len > 0 && !out->failed)
        return "application/json";
    qk_buf_clear(out);
    qk_buf_printf(out, "%s\n", refusal->words);
    return "text/plain";
}

void qk_http_refuse(qk_http_session *session, const qk_http_refusal *refusal)
{
    static const qk_http_added soon = { NULL, "Retry-After", "1" };
    QK_OWNED(qk_buf_done) qk_buf body = QK_BUF_NONE;
    qk_http_work *work = session->current ? session->current : session->owed;
    const char *type = refusal_body(session, refusal, &body);
    bool bodiless = body.failed || (work && work->public.method == QK_HTTP_HEAD);
    uint8_t *place;

    session->current = session->owed = NULL;
    if (work)
        qk_http_work_free(work);
    session->closing = session->cut = true;
    place = write_head(&session->out, &(answer_head){ refusal->status, type, bodiless ? 0 : body.len, false, false,
                                                      refusal->status == 503 ? &soon : NULL });
    if (place && !bodiless)
        memcpy(place, body.data, body.len);
}

void qk_http_continue(qk_http_session *session)
{
    qk_buf_put_text(&session->out, "HTTP/1.1 100 Continue\r\n\r\n");
}
