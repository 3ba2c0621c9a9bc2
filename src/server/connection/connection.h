/* SPDX-License-Identifier: Apache-2.0 */
/* Connections of all listeners: a socket, perhaps TLS, and a session of the listener's protocol on one worker's loop.
 *
 * What is the same for every protocol lives here: handshake, reading, writing, patience, the end, counting. A protocol
 * is a table of functions on its session.
 *
 * Lifetimes:
 * 1. A connection belongs to one worker and is touched by its thread alone; pools may read what is in qk_connection.
 * 2. It lives until its socket is closed and every hold on it was let go. Whoever may have closed it
 *    (qk_connection_flush, qk_connection_let_go) touches it no more.
 * 3. It is the context of its session's callbacks, also for calls and exchanges that outlive the session; these need a
 *    hold. */
#ifndef QK_SERVER_CONNECTION_H
#define QK_SERVER_CONNECTION_H

#include <event2/listener.h>
#include <stdatomic.h>

#include "base/bytes.h"
#include "server/config.h"
#include "server/tls/tls.h"
#include "server/connection/worker.h"

struct qk_server;

typedef struct qk_connection {
    struct qk_server *server;
    qk_worker *worker;
    atomic_bool gone;     /* nobody waits for what pools do for it */
    atomic_bool outdated; /* it was let in by rules on client certificates that have changed */
    char peer[64];        /* address:port */
} qk_connection;

typedef struct qk_protocol {
    const char *name; /* of its listener, for the log */
    qk_err (*session_new)(qk_connection *connection, void **out_session);
    void (*session_free)(void *session);
    /* Bytes from the peer. After an error what the session still has to say is written, and the connection ends. */
    qk_err (*feed)(void *session, qk_view bytes);
    /* The peer has closed its side and may still read. NULL: such a connection ends. */
    void (*end)(void *session);
    /* Appends pending bytes for the peer, about `max_len` of them. */
    qk_err (*drain)(void *session, size_t max_len, qk_buf *out);
    bool (*finished)(const void *session);
    /* It ends although the peer may be about to send more: the socket is kept for a moment, so that the last answer is
     * not lost in the reset that unread bytes cause. NULL: never. */
    bool (*cuts_short)(const void *session);
    /* The peer is to know that the end is near, and begin nothing more. NULL: it need not, and is shut down at once. */
    void (*announce_end)(void *session);
    void (*shutdown)(void *session);
    /* Words for the log if the peer has been given time enough; NULL: it goes on. May leave a last word to drain. */
    const char *(*overdue)(void *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms);
    /* NULL: always. */
    bool (*wants_input)(const void *session);
    /* Since when it has nothing to do; negative: it has. The one that rests longest is closed for a newcomer if the
     * listener is full. NULL: none is. */
    int64_t (*idle_since)(const void *session);
} qk_protocol;

/* A listening socket on the main loop and what its connections share. Outlives them. */
typedef struct qk_listener {
    struct qk_server *server;
    const qk_protocol *protocol;
    qk_server_tls *tls; /* NULL: off */
    int64_t idle_ms;    /* how long a connection may do nothing */
    struct evconnlistener *socket;
    atomic_size_t connections;
    unsigned next_worker;
    unsigned refused; /* since it was logged last */
    int64_t logged_ms;
} qk_listener;

/* Connections are shared out to the server's workers in turn; beyond limits.connections they are closed at once, or
 * another one is (listen.c). QK_E_CONFIG names address and port. */
QK_MUST_CHECK qk_err qk_listener_open(qk_listener *listener, struct qk_server *server, const qk_protocol *protocol,
                                      const qk_listen_config *config, qk_server_tls *tls);
void qk_listener_pause(qk_listener *listener); /* accepts no more */
void qk_listener_close(qk_listener *listener); /* connections stay */

/* Gives a new socket to a worker, which owns it from here. */
void qk_connection_accept(qk_listener *listener, qk_worker *worker, int fd, const char *peer);
/* Something was answered: writes it. Not from within the session's own callbacks, after which it happens by itself. */
void qk_connection_flush(qk_connection *connection);
/* Keeps the connection alive for a task on a pool; it is let go on the worker's thread when the task has come back,
 * which also writes what it answered. */
void qk_connection_hold(qk_connection *connection);
void qk_connection_let_go(qk_connection *connection);
/* How connections of a worker end: those whose protocol can are told that it is near; asked to end gracefully. */
typedef enum qk_ending { QK_END_IS_NEAR, QK_END_GRACEFULLY } qk_ending;
void qk_connections_end(qk_worker *worker, qk_ending how);
/* Closes all of a worker, and returns when that is done: it posts to no pool any more, and what pools have not begun
 * for it is not wanted. Not from a worker. */
void qk_connections_close(qk_worker *worker);
/* Asks those of one listener to end gracefully: they were let in under rules that hold no longer. */
void qk_connections_renew(qk_worker *worker, const qk_listener *listener);

/* The budget for bodies, limits.bodies: for the callbacks of that name of all sessions. */
bool qk_connection_take_budget(void *connection, size_t more);
void qk_connection_give_budget(void *connection, size_t bytes);

#endif
