/* SPDX-License-Identifier: Apache-2.0 */
#include "server/connection/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "server/connection/connection_parts.h"
#include "server/server.h"

typedef qk_connection_parts inner;

static _Thread_local inner *connections; /* this worker's */

static inner *inside(qk_connection *public)
{
    return (inner *)(void *)public;
}

/* ---- the end ---- */

/* Frees a closed connection once nothing of it is on a pool. */
static void release(inner *it)
{
    if (it->session || it->holds > 0)
        return;
    atomic_fetch_sub(&it->listener->connections, 1);
    atomic_fetch_sub(&it->public.server->open_connections, 1);
    free(it);
}

void qk_connection_close(inner *it, const char *why)
{
    if (!it->session)
        return;
    qk_log(QK_LOG_DEBUG, "op=close peer=%s why=\"%s\"", it->public.peer, why);
    qk_connection_free_events(it);
    atomic_store(&it->public.gone, true);
    it->protocol->session_free(it->session);
    it->session = NULL;
    qk_transport_done(&it->transport, it->written == it->out.len && !it->lingering);
    qk_buf_done(&it->out);
    *it->link = it->next;
    if (it->next)
        it->next->link = it->link;
    release(it);
}

/* ---- the beginning ---- */

/* If the newcomer is one too many, this worker's connection that rests longest goes. Strangers who open connections
 * and say nothing then cost others a new connection, and do not lock them out. */
static bool find_room(const inner *newcomer)
{
    const qk_listener *listener = newcomer->listener;
    inner *longest = NULL;
    int64_t since_ms, longest_ms = 0;

    if (atomic_load(&listener->connections) <= newcomer->public.server->config.max_connections)
        return true;
    for (inner *it = connections; it; it = it->next) {
        if (it->listener != listener || !it->transport.handshaken || it->lingering || it->written < it->out.len)
            continue;
        since_ms = it->protocol->idle_since(it->session);
        if (since_ms < 0 || (longest && since_ms >= longest_ms))
            continue;
        longest = it;
        longest_ms = since_ms;
    }
    if (longest)
        qk_connection_close(longest, "makes room");
    return longest;
}

/* Its socket is closed. */
static void turn_away(inner *newcomer)
{
    qk_transport_done(&newcomer->transport, false);
    release(newcomer);
}

/* On the worker's thread. */
static void start(qk_task *task)
{
    inner *it = (inner *)(void *)((char *)task - offsetof(inner, start));

    if (it->protocol->idle_since && !find_room(it)) {
        qk_log(QK_LOG_INFO, "op=refuse listener=%s peer=%s limit=limits.connections", it->protocol->name,
               it->public.peer);
        turn_away(it);
        return;
    }
    if (qk_transport_init(&it->transport, it->transport.fd, it->listener->tls) != QK_OK ||
        it->protocol->session_new(&it->public, &it->session) != QK_OK) {
        qk_log_failure(QK_LOG_WARNING, qk_failure_last()->code, "op=accept peer=%s", it->public.peer);
        turn_away(it);
        return;
    }
    it->next = connections;
    it->link = &connections;
    if (connections)
        connections->link = &it->next;
    connections = it;
    if (!qk_connection_add_events(it))
        qk_connection_close(it, "out of memory");
}

void qk_connection_accept(qk_listener *listener, qk_worker *worker, int fd, const char *peer)
{
    const int one = 1;
    inner *fresh = calloc(1, sizeof *fresh);

    if (!fresh) {
        evutil_closesocket(fd);
        return;
    }
    atomic_fetch_add(&listener->connections, 1);
    atomic_fetch_add(&listener->server->open_connections, 1);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
    fresh->public.server = listener->server;
    fresh->public.worker = worker;
    snprintf(fresh->public.peer, sizeof fresh->public.peer, "%s", peer);
    fresh->listener = listener;
    fresh->protocol = listener->protocol;
    fresh->transport.fd = fd;
    fresh->start.run = start;
    qk_worker_post(worker, &fresh->start);
}

/* ---- for the protocols ---- */

void qk_connection_flush(qk_connection *connection)
{
    if (inside(connection)->session)
        qk_connection_go_on(inside(connection));
}

void qk_connection_hold(qk_connection *connection)
{
    inside(connection)->holds++;
}

void qk_connection_let_go(qk_connection *connection)
{
    inside(connection)->holds--;
    if (inside(connection)->session)
        qk_connection_go_on(inside(connection));
    else
        release(inside(connection));
}

bool qk_connection_take_budget(void *connection, size_t more)
{
    qk_server *server = ((qk_connection *)connection)->server;

    if (atomic_fetch_add(&server->body_bytes, more) + more <= server->config.max_bodies)
        return true;
    atomic_fetch_sub(&server->body_bytes, more);
    return false;
}

void qk_connection_give_budget(void *connection, size_t bytes)
{
    atomic_fetch_sub(&((qk_connection *)connection)->server->body_bytes, bytes);
}

/* ---- stopping ---- */

static void shut_down_those_of(const qk_listener *listener, const char *why)
{
    for (inner *it = connections, *next; it; it = next) {
        next = it->next;
        if (listener && it->listener != listener)
            continue;
        if (listener)
            atomic_store(&it->public.outdated, true);
        it->protocol->shutdown(it->session);
        if (it->transport.handshaken)
            qk_connection_go_on(it);
        else
            qk_connection_close(it, why);
    }
}

typedef struct renewal {
    qk_task task;
    const qk_listener *listener;
} renewal;

static void shut_down_listeners(qk_task *task)
{
    renewal *it = (renewal *)(void *)task;

    shut_down_those_of(it->listener, "client certificates changed");
    free(it);
}

void qk_connections_renew(qk_worker *worker, const qk_listener *listener)
{
    renewal *it = calloc(1, sizeof *it);

    if (!it)
        return;
    it->task.run = shut_down_listeners;
    it->listener = listener;
    qk_worker_post(worker, &it->task);
}

static void announce_end(void)
{
    for (inner *it = connections, *next; it; it = next) {
        next = it->next;
        if (!it->transport.handshaken)
            continue;
        if (it->protocol->announce_end)
            it->protocol->announce_end(it->session);
        else
            it->protocol->shutdown(it->session);
        qk_connection_go_on(it);
    }
}

typedef struct ending {
    qk_task task;
    qk_ending how;
} ending;

static void end_all(qk_task *task)
{
    qk_ending how = ((ending *)(void *)task)->how;

    free(task);
    if (how == QK_END_IS_NEAR)
        announce_end();
    if (how == QK_END_GRACEFULLY)
        shut_down_those_of(NULL, "server stops");
}

void qk_connections_end(qk_worker *worker, qk_ending how)
{
    ending *it = calloc(1, sizeof *it);

    if (!it)
        return;
    it->task.run = end_all;
    it->how = how;
    qk_worker_post(worker, &it->task);
}

typedef struct closing {
    qk_task task;
    sem_t done;
} closing;

static void close_all(qk_task *task)
{
    while (connections)
        qk_connection_close(connections, "server stops");
    sem_post(&((closing *)(void *)task)->done);
}

void qk_connections_close(qk_worker *worker)
{
    closing it = { .task.run = close_all };

    sem_init(&it.done, 0, 0);
    qk_worker_post(worker, &it.task);
    while (sem_wait(&it.done) != 0) {
        /* a signal came */
    }
    sem_destroy(&it.done);
}
