/* SPDX-License-Identifier: Apache-2.0 */
#include "server/protocol/service.h"

#include <stdio.h>

#include "server/server.h"

enum { LONGEST_ONE = 1024 }; /* a service's name is all that is asked about */

const qk_service_method *qk_service_find(const qk_server *server, const char *path)
{
    static const qk_service_method *const methods[] = { &qk_health_check, &qk_health_watch, &qk_reflection_v1,
                                                        &qk_reflection_v1alpha };

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i]->path, path) == 0)
            return methods[i]->for_anybody || server->config.reflection ? methods[i] : NULL;
    return NULL;
}

qk_err qk_service_begin(qk_connection *connection, qk_rpc_call *call, const qk_service_method *method)
{
    qk_service_call *it = qk_arena_zalloc(&call->arena, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "call");
    *it = (qk_service_call){ .method = method, .connection = connection, .rpc = call };
    call->user = it;
    call->is_stream = true;
    call->for_anybody = method->for_anybody;
    call->longest = method->one_message ? LONGEST_ONE : 0;
    return QK_OK;
}

/* A second message where there is to be one, and a stream without any. */
static void refuse(qk_service_call *it, const char *what)
{
    qk_err err = qk_fail(QK_E_MESSAGE_MALFORMED, "%s takes one message, not %s", it->method->path, what);
    qk_rpc_stream_end(it->rpc, err, qk_err_words(err));
}

void qk_service_on_message(void *connection, qk_rpc_call *call)
{
    qk_service_call *it = call->user;
    qk_err err;

    (void)connection;
    if (it->method->one_message && it->messages++ > 0) {
        refuse(it, "two");
        return;
    }
    err = it->method->on_message(it, call->body);
    if (err != QK_OK)
        qk_rpc_stream_end(call, err, qk_err_words(err));
    else if (it->method->one_message && !it->method->stays)
        qk_rpc_stream_end(call, QK_OK, NULL);
}

void qk_service_on_end(void *connection, qk_rpc_call *call)
{
    qk_service_call *it = call->user;

    (void)connection;
    if (it->method->one_message && it->messages == 0)
        refuse(it, "none");
    else if (!it->method->stays)
        qk_rpc_stream_end(call, QK_OK, NULL);
}

void qk_service_on_gone(void *connection, qk_rpc_call *call)
{
    qk_service_call *it = call->user;

    (void)connection;
    if (it->method->on_gone)
        it->method->on_gone(it);
}

static void free_arena(qk_arena *arena)
{
    qk_arena_done(arena);
}

qk_err qk_service_send(qk_service_call *call, const ProtobufCMessage *message)
{
    QK_OWNED(free_arena) qk_arena arena;
    qk_view bytes;

    qk_arena_init(&arena, 0);
    QK_TRY(qk_message_write(message, 0, &arena, &bytes));
    qk_rpc_stream_send(call->rpc, bytes);
    return QK_OK;
}
