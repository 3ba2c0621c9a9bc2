/* SPDX-License-Identifier: Apache-2.0 */
/* HTTPS: what a listener's connections do with requests of the REST API.
 *
 * A request's way: headers arrive -> path, method, token and rate are looked at (nothing of the body is kept yet) ->
 * the body is whole -> it is served right here, or, where that may wait for a file or the database, on a pool, which
 * posts it back. The pool is HTTPS's own, and what may wait for it is bounded: since anybody may ask, neither calls of
 * gRPC nor the server's own work stand in that queue. */
#include "server/server.h"

#include "base/log.h"
#include "http/server.h"

enum { MAX_HEADERS = 32 * 1024, MAX_BODY = 64 * 1024, MOST_WAITING = 256 };

/* A request on a pool, in the exchange's arena. */
typedef struct pool_record {
    qk_task task; /* first on a pool, then back on the worker */
    qk_connection *connection;
    qk_http_exchange *exchange;
} pool_record;

static bool on_headers(void *context, qk_http_exchange *exchange)
{
    return qk_rest_admit(((qk_connection *)context)->server->rest, exchange);
}

static void answer(pool_record *record)
{
    qk_connection *connection = record->connection;

    atomic_fetch_sub(&connection->server->open_calls, 1);
    qk_rest_answer(connection->server->rest, record->exchange); /* the record goes with it */
    qk_connection_let_go(connection);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    answer(arg);
}

/* What is held back waits without a thread. */
static void come_back(qk_task *task)
{
    pool_record *record = (pool_record *)(void *)task;
    int64_t ms = qk_rest_hold_back_ms(record->exchange);
    const struct timeval wait = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

    if (ms == 0 ||
        event_base_once(qk_worker_base(record->connection->worker), -1, EV_TIMEOUT, on_time, record, &wait) != 0)
        answer(record);
}

/* What waited for a thread in vain is not done. */
static void run_on_pool(qk_task *task)
{
    pool_record *record = (pool_record *)(void *)task;

    if (atomic_load(&record->connection->gone))
        qk_rest_turn_away(record->exchange);
    else
        qk_rest_compute(record->connection->server->rest, record->exchange);
    record->task.run = come_back;
    qk_worker_post(record->connection->worker, &record->task);
}

static void on_request(void *context, qk_http_exchange *exchange)
{
    qk_connection *connection = context;
    pool_record *record = NULL;

    if (qk_rest_is_slow(exchange))
        record = qk_arena_zalloc(&exchange->arena, sizeof *record);
    if (!record) { /* quick; or without memory, when to wait is better than not to answer */
        qk_rest_serve(connection->server->rest, exchange);
        return;
    }
    record->task.run = run_on_pool;
    record->connection = connection;
    record->exchange = exchange;
    if (!qk_pool_try_post(connection->server->web, &record->task, MOST_WAITING)) {
        qk_rest_turn_away(exchange);
        qk_rest_answer(connection->server->rest, exchange);
        return;
    }
    /* Not too late: it comes back to this thread, and this thread is here. */
    atomic_fetch_add(&connection->server->open_calls, 1);
    qk_connection_hold(connection);
}

static void on_refusal(void *context, int status, const char *words, qk_buf *out_json)
{
    const qk_connection *connection = context;

    qk_log(QK_LOG_INFO, "op=refuse listener=https peer=%s status=%d words=\"%s\"", connection->peer, status, words);
    qk_rest_refusal(connection->server->rest, status, words, out_json);
}

static const qk_http_callbacks callbacks = {
    .on_headers = on_headers,
    .on_request = on_request,
    .on_refusal = on_refusal,
    .on_body = qk_connection_take_budget,
    .on_body_released = qk_connection_give_budget,
};

/* ---- the protocol's table ---- */

static qk_err session_new(qk_connection *connection, void **out_session)
{
    static const qk_http_limits limits = { .max_headers = MAX_HEADERS, .max_body = MAX_BODY };
    qk_http_session *session;

    QK_TRY(qk_http_session_new(&callbacks, connection, &limits, connection->peer, &session));
    *out_session = session;
    return QK_OK;
}

static void session_free(void *session)
{
    qk_http_session *it = session;

    qk_http_session_free(&it);
}

static qk_err feed(void *session, qk_view bytes)
{
    return qk_http_session_feed(session, bytes);
}

static void end(void *session)
{
    qk_http_session_end(session);
}

static qk_err drain(void *session, size_t max_len, qk_buf *out)
{
    return qk_http_session_drain(session, max_len, out);
}

static bool finished(const void *session)
{
    return qk_http_session_finished(session);
}

static bool cuts_short(const void *session)
{
    return qk_http_session_cuts_short(session);
}

static void shut_down(void *session)
{
    qk_http_session_shutdown(session);
}

static const char *overdue(void *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms)
{
    return qk_http_session_overdue(session, now_ms, stall_ms, idle_ms);
}

static bool wants_input(const void *session)
{
    return qk_http_session_wants_input(session);
}

static int64_t idle_since(const void *session)
{
    return qk_http_session_idle_since(session);
}

const qk_protocol qk_https_protocol = {
    .name = "https",
    .session_new = session_new,
    .session_free = session_free,
    .feed = feed,
    .end = end,
    .drain = drain,
    .finished = finished,
    .cuts_short = cuts_short,
    .shutdown = shut_down,
    .overdue = overdue,
    .wants_input = wants_input,
    .idle_since = idle_since,
};
