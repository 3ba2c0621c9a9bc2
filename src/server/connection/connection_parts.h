/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a connection: for connection.c (beginning, end, stopping) and connection_events.c (what happens between).
 */
#ifndef QK_SERVER_CONNECTION_PARTS_H
#define QK_SERVER_CONNECTION_PARTS_H

#include "server/connection/connection.h"
#include "server/connection/transport.h"

typedef struct qk_connection_parts {
    qk_connection public;
    qk_listener *listener;
    const qk_protocol *protocol;
    qk_transport transport;
    void *session; /* NULL once closed */
    struct event *readable, *writable, *patience;
    bool reading;   /* `readable` is waited for */
    bool ended;     /* the peer sends no more */
    bool lingering; /* all is said; what still comes is thrown away */
    qk_buf out;
    size_t written;       /* of out */
    int64_t out_since_ms; /* it has been the peer's to read */
    size_t holds;
    struct qk_connection_parts *next, **link; /* of the worker's list */
    qk_task start;
} qk_connection_parts;

/* Afterwards it may be freed. */
void qk_connection_close(qk_connection_parts *connection, const char *why);
/* Writes what the session has to say, then sees whether the peer is read on. Afterwards it may be closed and freed. */
void qk_connection_go_on(qk_connection_parts *connection);

/* The events (connection_events.c). False if memory is out. */
QK_MUST_CHECK bool qk_connection_add_events(qk_connection_parts *connection);
void qk_connection_free_events(qk_connection_parts *connection);

#endif
