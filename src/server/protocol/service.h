/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that the server performs itself, beside those of HSM and keystores: health and reflection. They are streams
 * to the RPC room, even where one message is answered with one: that is the same on the wire. Everything happens on the
 * thread of the call's connection. */
#ifndef QK_SERVER_SERVICE_H
#define QK_SERVER_SERVICE_H

#include "rpc/server.h"
#include "server/connection/connection.h"

typedef struct qk_service_method qk_service_method;

typedef struct qk_service_call {
    const qk_service_method *method;
    qk_connection *connection;
    qk_rpc_call *rpc;
    size_t messages; /* that have come, where only one may */
    void *user;      /* the service's */
} qk_service_call;

struct qk_service_method {
    const char *path;
    bool for_anybody; /* no token is asked for */
    bool one_message; /* is what the peer sends, and the answer to it the end */
    bool stays;       /* but the stream goes on when the peer sends no more */
    /* A message has come. Answers with qk_service_send; an error ends the stream. */
    qk_err (*on_message)(qk_service_call *call, qk_view message);
    void (*on_gone)(qk_service_call *call); /* may be NULL */
};

/* NULL if there is none, or it is switched off. */
const qk_service_method *qk_service_find(const struct qk_server *server, const char *path);

/* Callbacks of the RPC session. The call's user is its qk_service_call, made by qk_service_begin from the call's arena.
 */
QK_MUST_CHECK qk_err qk_service_begin(qk_connection *connection, qk_rpc_call *call, const qk_service_method *method);
void qk_service_on_message(void *connection, qk_rpc_call *call);
void qk_service_on_end(void *connection, qk_rpc_call *call);
void qk_service_on_gone(void *connection, qk_rpc_call *call);

/* Encodes and sends. */
QK_MUST_CHECK qk_err qk_service_send(qk_service_call *call, const ProtobufCMessage *message);

/* The .proto files, read once and looked up by all workers. */
typedef struct qk_reflection qk_reflection;
QK_MUST_CHECK qk_err qk_reflection_new(qk_reflection **out_reflection);
void qk_reflection_free(qk_reflection **reflection);

extern const qk_service_method qk_health_check, qk_health_watch;        /* health.c */
extern const qk_service_method qk_reflection_v1, qk_reflection_v1alpha; /* reflection.c */

#endif
