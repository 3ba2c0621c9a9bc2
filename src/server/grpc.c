/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC connections: a socket, TLS, and an rpc session on one worker's loop.
 *
 * A call's way: headers arrive -> its row is found, token and actions are checked (nothing of the body is kept yet)
 * -> the body is whole -> a quick method runs right here; a slow one, or a large message, on a pool, which posts the
 * call back. A connection lives until its socket is closed and its last call on a pool has come back: whoever may have
 * closed it (flush, close_connection) touches it no more. */
#include "server/server.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "rpc/server.h"

enum {
    READ_SIZE = 64 * 1024,
    WRITE_SIZE = 256 * 1024, /* drained at once */
    LARGE_BODY = 1 << 20,
    HANDSHAKE_SECONDS = 10,
    ROUNDS = 16,         /* of reading, before other connections have their turn */
    LOOKS_PER_STALL = 4, /* how often a connection is looked at */
};

typedef struct grpc_connection {
    qk_server *server;
    qk_worker *worker;
    int fd;
    SSL *ssl; /* NULL: plain */
    bool handshaken;
    qk_rpc_session *session; /* NULL once closed */
    struct event *readable, *writable, *patience;
    qk_buf out;
    size_t written;    /* of out */
    int64_t moved_ms;  /* the socket took some of `out` */
    atomic_bool gone;  /* nobody waits for the calls on pools */
    size_t pool_calls; /* on pools now */
    char peer[64];
    struct grpc_connection *next, **link; /* of the worker's list */
    qk_task start;
} grpc_connection;

/* The server's own part of a call, in the call's arena. */
typedef struct call_record {
    qk_task task; /* first on a pool, then back on the worker */
    grpc_connection *connection;
    qk_rpc_call *call;
    const qk_method *method;
    qk_endpoint *endpoint;
    qk_caller caller;
    bool has_caller;
    qk_err result;
    char words[sizeof((qk_failure *)0)->words];
    qk_view answer;
} call_record;

static _Thread_local grpc_connection *connections; /* this worker's */

/* ---- calls ---- */

static qk_err authenticate(qk_server *server, const qk_rpc_call *call, call_record *record)
{
    static const char scheme[] = "Bearer ";
    qk_view header = call->authorization;

    if (!server->config.iam_enabled)
        return QK_OK;
    if (header.len < sizeof scheme - 1 || strncasecmp((const char *)header.data, scheme, sizeof scheme - 1) != 0)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "metadata 'authorization: Bearer <token>' is missing");
    QK_TRY(qk_iam_verify(server->instance.iam, qk_view_slice(header, sizeof scheme - 1, header.len), &record->caller));
    record->has_caller = true;
    QK_TRY(qk_caller_may(&record->caller, QK_ACTION_EP11_USE));
    return QK_OK;
}

static qk_err admit(grpc_connection *connection, qk_rpc_call *call)
{
    qk_server *server = connection->server;
    call_record *record = qk_arena_zalloc(&call->arena, sizeof *record);

    if (!record)
        return qk_fail(QK_E_NO_MEMORY, "call");
    call->user = record;
    record->connection = connection;
    record->call = call;
    if (!qk_instance_find(&server->instance, call->path, &record->method, &record->endpoint))
        return qk_fail(QK_E_METHOD_UNKNOWN, "no method %s", call->path);
    QK_TRY(authenticate(server, call, record));
    QK_TRY(qk_caller_may(record->has_caller ? &record->caller : NULL, record->method->action));
    return QK_OK;
}

/* The method is whatever the peer sent; a quotation mark in it must not end the words early. */
static void log_refusal(const qk_rpc_call *call, const char *peer, qk_err err)
{
    char path[sizeof call->path];

    snprintf(path, sizeof path, "%s", call->path);
    for (char *quote = path; (quote = strchr(quote, '"')) != NULL;)
        *quote = '\'';
    qk_log_failure(QK_LOG_WARNING, err, "op=refuse method=%s peer=%s", path, peer);
}

static qk_err on_headers(void *context, qk_rpc_call *call)
{
    grpc_connection *connection = context;
    qk_err err = admit(connection, call);

    if (err != QK_OK)
        log_refusal(call, connection->peer, err);
    return err;
}

static bool on_body(void *context, qk_rpc_call *call, size_t so_far, size_t more)
{
    qk_server *server = ((grpc_connection *)context)->server;

    (void)call;
    (void)so_far;
    if (atomic_fetch_add(&server->body_bytes, more) + more <= server->config.max_bodies)
        return true;
    atomic_fetch_sub(&server->body_bytes, more);
    return false;
}

static void on_body_released(void *context, size_t bytes)
{
    atomic_fetch_sub(&((grpc_connection *)context)->server->body_bytes, bytes);
}

/* Decodes, runs, encodes. On whichever thread. */
static qk_err perform(call_record *record)
{
    qk_rpc_call *call = record->call;
    qk_call context = { .arena = &call->arena,
                        .caller = record->has_caller ? &record->caller : NULL,
                        .deadline = call->deadline };
    void *request, *response;

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

static void flush(grpc_connection *connection);
static void release(grpc_connection *connection);

static void come_back(qk_task *task)
{
    call_record *record = (call_record *)(void *)task;
    grpc_connection *connection = record->connection;

    answer(record);
    connection->pool_calls--;
    if (connection->session)
        flush(connection);
    else
        release(connection);
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

static void on_call(void *context, qk_rpc_call *call)
{
    grpc_connection *connection = context;
    call_record *record = call->user;
    qk_pool *pool = pool_for(connection->server, record);

    atomic_fetch_add(&connection->server->open_calls, 1);
    if (pool) {
        connection->pool_calls++;
        record->task.run = run_on_pool;
        qk_pool_post(pool, &record->task);
        return;
    }
    perform_and_keep(record);
    answer(record);
}

static const qk_rpc_callbacks callbacks = {
    .on_headers = on_headers,
    .on_body = on_body,
    .on_body_released = on_body_released,
    .on_call = on_call,
};

/* ---- connections ---- */

static void free_event(struct event **event)
{
    if (*event)
        event_free(*event);
    *event = NULL;
}

/* Frees a closed connection once no call of it is on a pool. */
static void release(grpc_connection *connection)
{
    if (connection->session || connection->pool_calls > 0)
        return;
    atomic_fetch_sub(&connection->server->open_connections, 1);
    free(connection);
}

/* Afterwards the connection may be freed. */
static void close_connection(grpc_connection *connection, const char *why)
{
    if (!connection->session)
        return;
    qk_log(QK_LOG_DEBUG, "op=close peer=%s why=\"%s\"", connection->peer, why);
    free_event(&connection->readable);
    free_event(&connection->writable);
    free_event(&connection->patience);
    atomic_store(&connection->gone, true);
    qk_rpc_session_free(&connection->session);
    if (connection->ssl && connection->handshaken && connection->written == connection->out.len)
        SSL_shutdown(connection->ssl);
    ERR_clear_error();
    SSL_free(connection->ssl);
    connection->ssl = NULL;
    close(connection->fd);
    qk_buf_done(&connection->out);
    *connection->link = connection->next;
    if (connection->next)
        connection->next->link = connection->link;
    release(connection);
}

typedef enum progress { MOVED, WANTS_READ, WANTS_WRITE, ENDED } progress;

static progress tls_progress(grpc_connection *connection, int result)
{
    int code = SSL_get_error(connection->ssl, result);

    ERR_clear_error();
    return code == SSL_ERROR_WANT_READ ? WANTS_READ : code == SSL_ERROR_WANT_WRITE ? WANTS_WRITE : ENDED;
}

static progress plain_progress(void)
{
    return errno == EAGAIN || errno == EINTR ? WANTS_READ : ENDED;
}

static progress read_some(grpc_connection *connection, uint8_t *place, size_t room, size_t *out_len)
{
    ssize_t got;
    int result;

    if (connection->ssl) {
        result = SSL_read_ex(connection->ssl, place, room, out_len);
        return result == 1 ? MOVED : tls_progress(connection, result);
    }
    got = recv(connection->fd, place, room, 0);
    *out_len = got > 0 ? (size_t)got : 0;
    return got > 0 ? MOVED : got == 0 ? ENDED : plain_progress();
}

static progress write_some(grpc_connection *connection, const uint8_t *bytes, size_t len, size_t *out_len)
{
    ssize_t put;
    int result;

    if (connection->ssl) {
        result = SSL_write_ex(connection->ssl, bytes, len, out_len);
        return result == 1 ? MOVED : tls_progress(connection, result);
    }
    put = send(connection->fd, bytes, len, MSG_NOSIGNAL);
    *out_len = put > 0 ? (size_t)put : 0;
    return put >= 0 ? MOVED : errno == EAGAIN || errno == EINTR ? WANTS_WRITE : ENDED;
}

/* Writes all that the session has to say; waits for the socket where it must. False: the connection is closed, and may
 * be freed. */
static bool write_out(grpc_connection *connection)
{
    progress step = MOVED;

    while (step == MOVED) {
        size_t len = 0;
        if (connection->written == connection->out.len) {
            connection->out.len = connection->written = 0;
            if (qk_rpc_session_drain(connection->session, WRITE_SIZE, &connection->out) != QK_OK) {
                close_connection(connection, "session failed");
                return false;
            }
            connection->moved_ms = qk_clock_monotonic_ms();
            if (connection->out.len == 0)
                break;
        }
        step = write_some(connection, connection->out.data + connection->written,
                          connection->out.len - connection->written, &len);
        connection->written += len;
        if (len > 0)
            connection->moved_ms = qk_clock_monotonic_ms();
    }
    if (step == WANTS_WRITE)
        event_add(connection->writable, NULL);
    if (step != ENDED && (step != MOVED || !qk_rpc_session_finished(connection->session)))
        return true;
    close_connection(connection, step == ENDED ? "peer is gone" : "finished");
    return false;
}

static void flush(grpc_connection *connection)
{
    (void)write_out(connection);
}

/* Ends it from our side: GOAWAY says so, as far as the socket takes it at once. */
static void send_away(grpc_connection *connection, const char *why)
{
    qk_rpc_session_shutdown(connection->session);
    if (write_out(connection))
        close_connection(connection, why);
}

static void on_patience(evutil_socket_t fd, short what, void *arg)
{
    grpc_connection *connection = arg;
    const qk_server_config *config = &connection->server->config;
    int64_t now_ms = qk_clock_monotonic_ms(), stall_ms = (int64_t)config->stall_seconds * 1000;
    const char *why = "the handshake took too long";

    (void)fd;
    (void)what;
    if (connection->handshaken) {
        why = qk_rpc_session_overdue(connection->session, now_ms, stall_ms, (int64_t)config->idle_seconds * 1000);
        if (!why && connection->written < connection->out.len && now_ms - connection->moved_ms > stall_ms)
            why = "nothing is read";
    }
    if (!why)
        return;
    qk_log(QK_LOG_INFO, "op=end peer=%s why=\"%s\"", connection->peer, why);
    if (connection->handshaken)
        send_away(connection, why);
    else
        close_connection(connection, why);
}

/* From the handshake on it is the session that must not be kept waiting. */
static void begin_patience(grpc_connection *connection)
{
    uint64_t ms = connection->server->config.stall_seconds * 1000 / LOOKS_PER_STALL;
    const struct timeval look = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

    event_add(connection->patience, &look);
}

/* False once the connection is closed or must wait. */
static bool shake_hands(grpc_connection *connection)
{
    int result = SSL_accept(connection->ssl);
    unsigned long error = ERR_peek_last_error();
    progress step = result == 1 ? MOVED : tls_progress(connection, result);

    if (step == WANTS_WRITE)
        event_add(connection->writable, NULL);
    if (step == ENDED) {
        qk_log(QK_LOG_INFO, "op=handshake peer=%s err=\"%s\"", connection->peer,
               error ? ERR_reason_error_string(error) : "connection lost");
        close_connection(connection, "handshake failed");
    }
    if (step != MOVED)
        return false;
    connection->handshaken = true;
    begin_patience(connection);
    return true;
}

/* One round of reading: what TLS has buffered is taken at once, a socket that has more raises the event again. */
static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    static _Thread_local uint8_t place[READ_SIZE];
    grpc_connection *connection = arg;
    int rounds = ROUNDS;
    progress step;
    size_t len = 0;

    (void)fd;
    (void)what;
    if (!connection->handshaken && !shake_hands(connection))
        return;
    do {
        step = read_some(connection, place, sizeof place, &len);
        if (step == MOVED && qk_rpc_session_feed(connection->session, qk_view_of(place, len)) != QK_OK) {
            qk_log_failure(QK_LOG_INFO, qk_failure_last()->code, "op=feed peer=%s", connection->peer);
            if (write_out(connection)) /* GOAWAY says why */
                close_connection(connection, "protocol broken");
            return;
        }
    } while (step == MOVED && connection->ssl && SSL_has_pending(connection->ssl) && --rounds > 0);
    if (rounds == 0)
        event_active(connection->readable, EV_READ, 0); /* what TLS has buffered raises no event */
    if (step == ENDED)
        close_connection(connection, "peer closed");
    else
        flush(connection);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    grpc_connection *connection = arg;

    if (connection->handshaken)
        flush(connection);
    else
        on_readable(fd, what, connection);
}

static bool add_events(grpc_connection *connection)
{
    struct event_base *base = qk_worker_base(connection->worker);
    const struct timeval handshake = { .tv_sec = HANDSHAKE_SECONDS };

    connection->readable = event_new(base, connection->fd, EV_READ | EV_PERSIST, on_readable, connection);
    connection->writable = event_new(base, connection->fd, EV_WRITE, on_writable, connection);
    connection->patience = event_new(base, -1, EV_PERSIST, on_patience, connection);
    if (!connection->readable || !connection->writable || !connection->patience ||
        event_add(connection->readable, NULL) != 0 || event_add(connection->patience, &handshake) != 0)
        return false;
    if (connection->handshaken)
        begin_patience(connection);
    return true;
}

/* On the worker's thread. */
static void start(qk_task *task)
{
    grpc_connection *connection = (grpc_connection *)(void *)((char *)task - offsetof(grpc_connection, start));
    qk_server *server = connection->server;
    const qk_rpc_limits limits = { .max_message = server->config.max_message,
                                   .max_streams = (uint32_t)server->config.max_streams,
                                   .max_unread = server->config.max_unread };

    if (qk_rpc_session_new(&callbacks, connection, &limits, &connection->session) != QK_OK) {
        close(connection->fd);
        release(connection);
        return;
    }
    connection->next = connections;
    connection->link = &connections;
    if (connections)
        connections->link = &connection->next;
    connections = connection;
    if (server->grpc_tls)
        connection->ssl = qk_server_tls_accept(server->grpc_tls, true);
    connection->handshaken = !server->grpc_tls;
    if ((server->grpc_tls && (!connection->ssl || SSL_set_fd(connection->ssl, connection->fd) != 1)) ||
        !add_events(connection))
        close_connection(connection, "out of memory");
}

void qk_grpc_accept(qk_server *server, qk_worker *worker, int fd, const char *peer)
{
    const int one = 1;
    grpc_connection *fresh = calloc(1, sizeof *fresh);

    if (!fresh) {
        close(fd);
        return;
    }
    atomic_fetch_add(&server->open_connections, 1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    fresh->server = server;
    fresh->worker = worker;
    fresh->fd = fd;
    snprintf(fresh->peer, sizeof fresh->peer, "%s", peer);
    fresh->start.run = start;
    qk_worker_post(worker, &fresh->start);
}

static void shut_down_all(qk_task *task)
{
    for (grpc_connection *connection = connections, *next; connection; connection = next) {
        next = connection->next;
        qk_rpc_session_shutdown(connection->session);
        flush(connection);
    }
    free(task);
}

static void close_all(qk_task *task)
{
    while (connections)
        close_connection(connections, "server stops");
    free(task);
}

void qk_grpc_shutdown(qk_worker *worker, bool now)
{
    qk_task *task = calloc(1, sizeof *task);

    if (!task)
        return;
    task->run = now ? close_all : shut_down_all;
    qk_worker_post(worker, task);
}
