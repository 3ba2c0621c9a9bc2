/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "http/session.h"

enum { ARENA_LIMIT = 64 << 20 };

static qk_http_work *refuse(qk_http_work *work, qk_http_refusal *out, int status, const char *words)
{
    if (!out->status)
        *out = (qk_http_refusal){ status, words };
    if (work)
        qk_http_work_free(work);
    return NULL;
}

static void fill_public(qk_http_work *work)
{
    work->public.method = work->head.method;
    work->public.path = work->head.path;
    work->public.query = work->head.query;
    work->public.has_query = work->head.has_query;
    work->public.body = QK_VIEW_NONE;
    work->public.user = NULL;
    memcpy(work->public.peer, work->session->peer, sizeof work->public.peer);
}

/* Not zeroed as a whole: it is 3 KB, most of which a small request never touches. */
qk_http_work *qk_http_work_new(qk_http_session *session, qk_view head, qk_http_refusal *out_refusal)
{
    qk_http_work *work = malloc(sizeof *work);
    char *text;

    if (!work)
        return refuse(NULL, out_refusal, 503, "out of memory");
    qk_arena_init(&work->public.arena, ARENA_LIMIT);
    work->session = session;
    work->callbacks = session->callbacks;
    work->context = session->context;
    work->body = QK_BUF_NONE;
    work->body_granted = work->answer_at = 0;
    work->added = NULL;
    work->last_added = &work->added;
    text = qk_arena_text(&work->public.arena, head);
    if (!text)
        return refuse(work, out_refusal, 503, "out of memory");
    if (!qk_http_head_read(text, head.len, &work->head, out_refusal))
        return refuse(work, out_refusal, 0, NULL);
    work->old = work->head.old;
    work->keep_alive = work->head.keep_alive;
    fill_public(work);
    return work;
}

void qk_http_work_free(qk_http_work *work)
{
    qk_arena_done(&work->public.arena);
    qk_buf_done(&work->body);
    if (work->body_granted)
        work->callbacks->on_body_released(work->context, work->body_granted);
    free(work);
}

bool qk_http_work_add_body(qk_http_work *work, qk_view data)
{
    if (work->callbacks->on_body) {
        if (!work->callbacks->on_body(work->context, data.len))
            return false;
        work->body_granted += data.len;
    }
    qk_buf_put(&work->body, data);
    return !work->body.failed;
}

bool qk_http_header(const qk_http_exchange *exchange, const char *name, qk_view *out_value)
{
    const qk_http_work *work = (const qk_http_work *)(const void *)exchange;

    return qk_http_head_find(&work->head, name, out_value);
}
