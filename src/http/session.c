/* SPDX-License-Identifier: Apache-2.0 */
/* The way of a connection's bytes: head, body, request, and again. Bytes are read where they lie; only what cannot be
 * used yet is kept, so a session between requests holds nothing. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "http/session.h"

enum {
    DEFAULT_HEADERS = 32 * 1024,
    DEFAULT_BODY = 64 * 1024,
    MOST_DROPPED = 64 * 1024, /* of a chunked body that nobody wants */
    MOST_UNREAD = 64 * 1024,  /* of answers, before further requests wait */
    MOST_WAITING = 16 * 1024, /* of requests that wait, before the peer is not read any more */
    BYTES_PER_SECOND = 16 * 1024,
};

qk_err qk_http_session_new(const qk_http_callbacks *callbacks, void *context, const qk_http_limits *limits,
                           const char *peer, qk_http_session **out_session)
{
    qk_http_session *session = calloc(1, sizeof *session);

    if (!session)
        return qk_fail(QK_E_NO_MEMORY, "HTTP session");
    session->callbacks = callbacks;
    session->context = context;
    session->limits = *limits;
    if (!session->limits.max_headers)
        session->limits.max_headers = DEFAULT_HEADERS;
    if (session->limits.max_headers > QK_HTTP_LONGEST_HEAD)
        session->limits.max_headers = QK_HTTP_LONGEST_HEAD;
    if (!session->limits.max_body)
        session->limits.max_body = DEFAULT_BODY;
    snprintf(session->peer, sizeof session->peer, "%s", peer);
    session->since_ms = qk_clock_monotonic_ms();
    *out_session = session;
    return QK_OK;
}

/* What the connection had of the last drain is written. */
static void release_lent(qk_http_session *session)
{
    if (session->lent)
        session->callbacks->on_body_released(session->context, session->lent);
    session->lent = 0;
}

void qk_http_session_free(qk_http_session **session)
{
    qk_http_session *it = *session;

    if (!it)
        return;
    if (it->current)
        qk_http_work_free(it->current);
    if (it->owed)
        it->owed->session = NULL;
    release_lent(it);
    it->lent = it->granted;
    release_lent(it);
    qk_buf_done(&it->in);
    qk_buf_done(&it->out);
    free(it);
    *session = NULL;
}

/* ---- bytes in ---- */

static void deliver(qk_http_session *session)
{
    qk_http_work *work = session->current;

    work->public.body = qk_buf_view(&work->body);
    session->current = NULL;
    session->owed = work;
    session->callbacks->on_request(session->context, &work->public);
}

static void refuse(qk_http_session *session, int status, const char *words)
{
    qk_http_refuse(session, &(qk_http_refusal){ status, words });
}

static void begin_request(qk_http_session *session, qk_http_work *work)
{
    bool wanted;

    session->requests++;
    session->since_ms = qk_clock_monotonic_ms();
    session->current = work;
    qk_http_body_begin(&work->head, &session->body);
    wanted = session->callbacks->on_headers(session->context, &work->public);
    assert(wanted == (session->current == work)); /* answered, or not */
    if (!wanted)
        return;
    if (session->body.state == QK_HTTP_BODY_END)
        deliver(session);
    else if (work->head.has_length && work->head.length > session->limits.max_body)
        refuse(session, 413, "the body is too long");
    else if (work->head.expects)
        qk_http_continue(session);
}

/* Takes nothing as long as the head is not whole. */
static size_t read_head(qk_http_session *session, qk_view bytes)
{
    qk_http_refusal refusal = { 0 };
    qk_http_work *work = NULL;
    size_t len;

    if (!session->began)
        session->since_ms = qk_clock_monotonic_ms();
    session->began = true;
    if (!session->skipped && bytes.data[0] == '\r' && (bytes.len == 1 || bytes.data[1] == '\n')) {
        if (bytes.len == 1)
            return 0;
        session->skipped = true; /* RFC 9112, section 2.2: one empty line may come before */
        session->began = false;
        return 2;
    }
    len = qk_http_head_len(bytes, session->limits.max_headers, &session->seen, &refusal);
    if (len)
        work = qk_http_work_new(session, qk_view_slice(bytes, 0, len), &refusal);
    if (refusal.status)
        qk_http_refuse(session, &refusal);
    if (!work)
        return 0;
    session->seen = 0;
    session->began = session->skipped = false;
    begin_request(session, work);
    return len;
}

static size_t read_body(qk_http_session *session, qk_view bytes)
{
    qk_http_refusal refusal = { 0 };
    qk_view data;
    size_t taken = qk_http_body_take(&session->body, bytes, &data, &refusal);

    if (!session->current) { /* it was answered before: nobody listens */
        session->closing = refusal.status || session->body.taken > MOST_DROPPED;
        return taken;
    }
    if (!refusal.status && session->body.taken > session->limits.max_body)
        refusal = (qk_http_refusal){ 413, "the body is too long" };
    if (!refusal.status && data.len > 0 && !qk_http_work_add_body(session->current, data))
        refusal = (qk_http_refusal){ 503, "the server holds too much already" };
    if (refusal.status)
        qk_http_refuse(session, &refusal);
    else if (session->body.state == QK_HTTP_BODY_END)
        deliver(session);
    return taken;
}

static bool may_read(const qk_http_session *session)
{
    return !session->closing && !session->owed && session->out.len < MOST_UNREAD;
}

/* Returns what could not be used yet. */
static qk_view consume(qk_http_session *session, qk_view bytes)
{
    size_t taken = 1;

    while (bytes.len > 0 && taken > 0 && may_read(session)) {
        taken = session->body.state == QK_HTTP_BODY_END ? read_head(session, bytes) : read_body(session, bytes);
        bytes = qk_view_of(bytes.data + taken, bytes.len - taken);
    }
    if (!session->closing)
        return bytes;
    session->cut = session->cut || bytes.len > 0 || session->body.state != QK_HTTP_BODY_END;
    return QK_VIEW_NONE;
}

static qk_view waiting(const qk_http_session *session)
{
    return qk_view_slice(qk_buf_view(&session->in), session->in_at, session->in.len);
}

static void resume(qk_http_session *session)
{
    qk_view rest = consume(session, waiting(session));

    session->in_at = session->in.len - rest.len;
    if (rest.len > 0)
        return;
    qk_buf_done(&session->in);
    session->in_at = 0;
}

static void keep(qk_http_session *session, qk_view bytes)
{
    if (session->in_at > 0) { /* what was taken goes */
        qk_buf shorter = QK_BUF_NONE;
        qk_buf_put(&shorter, waiting(session));
        qk_buf_give(&shorter, &session->in);
        session->in_at = 0;
    }
    qk_buf_put(&session->in, bytes);
}

qk_err qk_http_session_feed(qk_http_session *session, qk_view bytes)
{
    if (session->closing) {
        session->cut = true;
        return QK_OK;
    }
    if (session->in.len == session->in_at) {
        keep(session, consume(session, bytes));
    } else {
        keep(session, bytes);
        resume(session);
    }
    return qk_buf_check(&session->in);
}

void qk_http_session_end(qk_http_session *session)
{
    session->ended = true;
}

/* ---- bytes out ---- */

qk_err qk_http_session_drain(qk_http_session *session, size_t max_len, qk_buf *out)
{
    (void)max_len;
    release_lent(session);
    if (session->in.len > session->in_at)
        resume(session);
    if (session->ended && may_read(session)) /* nothing more can become whole */
        session->closing = true;
    session->lent = session->granted;
    session->granted = 0;
    if (session->out.len == 0)
        return qk_buf_check(&session->out);
    if (out->len == 0) {
        qk_buf_give(&session->out, out);
    } else {
        qk_buf_put(out, qk_buf_view(&session->out));
        qk_buf_done(&session->out);
    }
    return qk_buf_check(out);
}

bool qk_http_session_finished(const qk_http_session *session)
{
    return session->closing && session->out.len == 0;
}

bool qk_http_session_cuts_short(const qk_http_session *session)
{
    return session->cut;
}

void qk_http_session_shutdown(qk_http_session *session)
{
    session->ending = true;
    if (!session->current && !session->owed && !session->began)
        session->closing = true;
}

bool qk_http_session_wants_input(const qk_http_session *session)
{
    return !session->closing && !session->ended && (may_read(session) || waiting(session).len < MOST_WAITING);
}

/* ---- patience ---- */

int64_t qk_http_session_idle_since(const qk_http_session *session)
{
    bool busy = session->current || session->owed || session->began || session->closing || session->out.len > 0 ||
                session->body.state != QK_HTTP_BODY_END;

    return busy ? -1 : session->since_ms;
}

const char *qk_http_session_overdue(qk_http_session *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms)
{
    int64_t waited_ms = now_ms - session->since_ms;
    bool in_body = session->body.state != QK_HTTP_BODY_END;

    if (!may_read(session)) /* it is we who are waited for, or the reading of answers, which the connection sees to */
        return NULL;
    if (in_body)
        stall_ms += (int64_t)(session->body.taken / BYTES_PER_SECOND) * 1000;
    if (in_body || session->began) {
        if (waited_ms <= stall_ms)
            return NULL;
        if (session->current || session->began)
            refuse(session, 408, "the request did not come in time");
        session->closing = true;
        return "the request takes too long";
    }
    if (session->requests == 0)
        return waited_ms > stall_ms ? "no request came" : NULL;
    return waited_ms > idle_ms ? "idle" : NULL;
}
