/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC: what a listener's connections do with calls.
 *
 * A call's way: headers arrive -> its row is found, token and actions are checked (nothing of the body is kept yet)
 * -> the body is whole -> a quick method runs right here; a slow one, or a large message, on a pool, which posts the
 * call back. The server's own methods are streams (service.h); a refused token may be answered late (held_back.h). */
#include "server/server.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "rpc/server.h"
#include "server/protocol/held_back.h"
#include "server/protocol/service.h"

enum { LARGE_BODY = 1 << 20, BELIEVED_MS = 1000 };

/* The server's own part of a call, in the call's arena. */
typedef struct call_record {
    qk_task task; /* first on a pool, then back on the worker */
    qk_connection *connection;
    qk_rpc_call *call;
    const qk_method *method;
    qk_endpoint *endpoint;
    int64_t admitted_ms;
    qk_caller caller;
    bool has_caller;
    bool on_pool;
    qk_err result;
    char words[sizeof((qk_failure *)0)->words];
    qk_view answer;
} call_record;

/* ---- calls ---- */

static qk_err authenticate(qk_server *server, const qk_rpc_call *call, qk_caller *out_caller, bool *out_has_caller)
{
    qk_view token = qk_bearer_of(call);

    if (!server->config.iam_enabled)
        return QK_OK;
    if (!token.data)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "metadata 'authorization: Bearer <token>' is missing");
    QK_TRY(qk_iam_verify(server->instance.iam, token, out_caller));
    *out_has_caller = true;
    return QK_OK;
}

/* A row has two actions at most; the third that some need (ep11.use, a keystore's) is the handler's to ask for. */
static qk_err authorize(const call_record *record)
{
    const qk_caller *caller = record->has_caller ? &record->caller : NULL;

    QK_TRY(qk_caller_may(caller, record->method->action));
    return qk_caller_may(caller, record->method->second_action);
}

static qk_err check_listener(qk_server *server)
{
    if (!server->grpc_tls && atomic_load(&server->asks_certificates))
        return qk_fail(QK_E_NOT_AUTHENTICATED, "client certificates are asked for, and this listener has TLS off");
    return QK_OK;
}

/* A method of the server itself. It needs no action; whom it serves may serve others from its own files. */
static qk_err admit_service(qk_connection *connection, qk_rpc_call *call)
{
    const qk_service_method *method = qk_service_find(connection->server, call->path);
    qk_caller caller;
    bool has_caller;

    if (!method)
        return qk_fail(QK_E_METHOD_UNKNOWN, "no method %s", call->path);
    if (!method->for_anybody) {
        QK_TRY(check_listener(connection->server));
        QK_TRY(authenticate(connection->server, call, &caller, &has_caller));
    }
    return qk_service_begin(connection, call, method);
}

static qk_err admit(qk_connection *connection, qk_rpc_call *call)
{
    qk_server *server = connection->server;
    const qk_method *method;
    qk_endpoint *endpoint;
    call_record *record;

    if (!qk_instance_find(&server->instance, call->path, &method, &endpoint))
        return admit_service(connection, call);
    record = qk_arena_zalloc(&call->arena, sizeof *record);
    if (!record)
        return qk_fail(QK_E_NO_MEMORY, "call");
    call->user = record;
    record->connection = connection;
    record->call = call;
    record->method = method;
    record->endpoint = endpoint;
    record->admitted_ms = qk_clock_monotonic_ms();
    QK_TRY(check_listener(server));
    QK_TRY(authenticate(server, call, &record->caller, &record->has_caller));
    return authorize(record);
}

/* A body may take its time, if it keeps moving, and so may a thread of the pool: rights that ended meanwhile have
 * ended. */
static qk_err admit_again(call_record *record)
{
    qk_connection *connection = record->connection;

    if (qk_clock_monotonic_ms() - record->admitted_ms < BELIEVED_MS)
        return QK_OK;
    if (atomic_load(&connection->outdated))
        return qk_fail(QK_E_NOT_AUTHENTICATED, "whose client certificates count has changed: connect again");
    QK_TRY(authenticate(connection->server, record->call, &record->caller, &record->has_caller));
    return authorize(record);
}

static qk_err on_headers(void *context, qk_rpc_call *call)
{
    qk_connection *connection = context;
    qk_err err = admit(connection, call);

    if (err != QK_OK)
        qk_log_refusal(call, connection->peer, err);
    return err == QK_E_NOT_AUTHENTICATED ? qk_hold_back(connection, call, err) : err;
}

static bool on_body(void *context, qk_rpc_call *call, size_t so_far, size_t more)
{
    (void)call;
    (void)so_far;
    return qk_connection_take_budget(context, more);
}

/* Decodes, runs, encodes. On whichever thread. */
static qk_err perform(call_record *record)
{
    qk_rpc_call *call = record->call;
    qk_call context = { .arena = &call->arena,
                        .caller = record->has_caller ? &record->caller : NULL,
                        .strict = call->strict,
                        .login = call->login,
                        .on_event_loop = !record->on_pool,
                        .deadline = call->deadline };
    void *request, *response;

    QK_TRY(admit_again(record));
    QK_TRY(qk_rpc_call_read(call, record->method->request, &request));
    QK_TRY(qk_perform(record->endpoint, &context, record->method, request, &response));
    return qk_message_write(response, 0, &call->arena, &record->answer);
}

static void perform_and_keep(call_record *record)
{
    record->result = perform(record);
    if (record->result != QK_OK)
        snprintf(record->words, sizeof record->words, "%s", qk_err_words(record->result));
}

/* Work that waited for a thread in vain is not done: who opens connections, asks for keys and leaves would otherwise
 * keep the pool busy for hours. */
static void perform_if_wanted(call_record *record)
{
    if (!atomic_load(&record->connection->gone) && qk_deadline_left(record->call->deadline) != 0) {
        perform_and_keep(record);
        return;
    }
    record->result = QK_E_TIMEOUT;
    snprintf(record->words, sizeof record->words, "the call's time was over before its turn came");
}

static void log_result(const call_record *record)
{
    const char *identity = record->has_caller ? record->caller.identity : "-";
    char words[sizeof record->words];

    if (record->result == QK_OK) {
        qk_log(QK_LOG_DEBUG, "op=call method=%s identity=%s peer=%s", record->method->path, identity,
               record->connection->peer);
        return;
    }
    snprintf(words, sizeof words, "%s", record->words);
    for (char *quote = words; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    qk_log(QK_LOG_INFO, "op=call method=%s identity=%s peer=%s err=%s words=\"%s\"", record->method->path, identity,
           record->connection->peer, qk_err_name(record->result), words);
}

static void answer(call_record *record)
{
    qk_server *server = record->connection->server;

    log_result(record);
    atomic_fetch_sub(&server->open_calls, 1);
    if (record->result == QK_OK)
        qk_rpc_call_answer(record->call, record->answer);
    else
        qk_rpc_call_fail(record->call, record->result, record->words);
}

static void come_back(qk_task *task)
{
    call_record *record = (call_record *)(void *)task;
    qk_connection *connection = record->connection;

    answer(record);
    qk_connection_let_go(connection);
}

static void run_on_pool(qk_task *task)
{
    call_record *record = (call_record *)(void *)task;

    perform_if_wanted(record);
    record->task.run = come_back;
    qk_worker_post(record->connection->worker, &record->task);
}

static qk_pool *pool_for(qk_server *server, const call_record *record)
{
    if (record->method->flags & QK_METHOD_SLOW)
        return record->endpoint == server->instance.hsm ? server->keys : server->disk;
    return record->call->body.len > LARGE_BODY ? server->disk : NULL;
}

static void send_to(qk_pool *pool, call_record *record)
{
    qk_connection_hold(record->connection);
    record->on_pool = true;
    record->task.run = run_on_pool;
    qk_pool_post(pool, &record->task);
}

static void on_call(void *context, qk_rpc_call *call)
{
    qk_connection *connection = context;
    call_record *record = call->user;
    qk_pool *pool = pool_for(connection->server, record);

    atomic_fetch_add(&connection->server->open_calls, 1);
    if (pool) {
        send_to(pool, record);
        return;
    }
    perform_and_keep(record);
    if (record->result == QK_E_NEED_THREADS)
        send_to(connection->server->keys, record); /* its mechanism takes long */
    else
        answer(record);
}

static const qk_rpc_callbacks callbacks = {
    .on_headers = on_headers,
    .on_body = on_body,
    .on_body_released = qk_connection_give_budget,
    .on_call = on_call,
    .on_message = qk_service_on_message,
    .on_messages_end = qk_service_on_end,
    .on_stream_gone = qk_service_on_gone,
};

/* ---- the protocol's table ---- */

static qk_err session_new(qk_connection *connection, void **out_session)
{
    const qk_server_config *config = &connection->server->config;
    const qk_rpc_limits limits = { .max_message = config->max_message,
                                   .max_streams = (uint32_t)config->max_streams,
                                   .max_unread = config->max_unread };
    qk_rpc_session *session;

    QK_TRY(qk_rpc_session_new(&callbacks, connection, &limits, &session));
    *out_session = session;
    return QK_OK;
}

static void session_free(void *session)
{
    qk_rpc_session *it = session;

    qk_rpc_session_free(&it);
}

static qk_err feed(void *session, qk_view bytes)
{
    return qk_rpc_session_feed(session, bytes);
}

static qk_err drain(void *session, size_t max_len, qk_buf *out)
{
    return qk_rpc_session_drain(session, max_len, out);
}

static bool finished(const void *session)
{
    return qk_rpc_session_finished(session);
}

static void announce_end(void *session)
{
    qk_rpc_session_announce_end(session);
}

static void shut_down(void *session)
{
    qk_rpc_session_shutdown(session);
}

static const char *overdue(void *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms)
{
    return qk_rpc_session_overdue(session, now_ms, stall_ms, idle_ms);
}

static int64_t idle_since(const void *session)
{
    return qk_rpc_session_idle_since(session);
}

const qk_protocol qk_grpc_protocol = {
    .name = "grpc",
    .session_new = session_new,
    .session_free = session_free,
    .feed = feed,
    .drain = drain,
    .finished = finished,
    .announce_end = announce_end,
    .shutdown = shut_down,
    .overdue = overdue,
    .idle_since = idle_since,
};
