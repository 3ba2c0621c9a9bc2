/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC client: a pool of connections, one call at a time on each, no thread.
 *
 * Lazy: making a client connects to nothing. A call takes an idle connection or opens one; a connection that turned
 * out dead before the server can have seen the request is replaced and the call tried once more (a restarted server
 * is invisible to applications); after that the caller decides. Safe from any number of threads. */
#ifndef QK_RPC_CLIENT_H
#define QK_RPC_CLIENT_H

#include "net/tls.h"
#include "rpc/method.h"

typedef struct qk_rpc_client qk_rpc_client;

typedef struct qk_rpc_options {
    qk_tls_options peer;     /* alpn is set by the client */
    int64_t call_timeout_ms; /* for calls whose deadline is QK_DEADLINE_NEVER or 0; 0: one minute */
    size_t max_idle;         /* connections kept; 0: 16 */
    size_t max_answer;       /* bytes; 0: no limit */
} qk_rpc_options;

QK_MUST_CHECK qk_err qk_rpc_client_new(const qk_rpc_options *options, qk_rpc_client **out_client);
void qk_rpc_client_free(qk_rpc_client **client);
/* In a forked child: closes descriptors, forgets everything, touches no inherited lock. */
void qk_rpc_client_abandon(qk_rpc_client **client);

/* Gives the bearer token for a call (and again, with `renew`, once the server refused it). Empty: no authorization. */
typedef qk_err (*qk_token_source)(void *context, bool renew, qk_arena *arena, qk_view *out_token);

/* A remote endpoint over the client (borrowed). Errors of the server come back as the qk_err of Grep11Error.Code with
 * its Detail as words. */
QK_MUST_CHECK qk_err qk_endpoint_remote_new(qk_rpc_client *client, qk_token_source token, void *token_context,
                                            qk_endpoint **out_endpoint);

#endif
