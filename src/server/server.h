/* SPDX-License-Identifier: Apache-2.0 */
/* The running server: what main, the listeners and the connections share.
 *
 * Threads: the main thread accepts connections and takes signals; each worker thread runs one event loop with its share
 * of the connections of both listeners; three pools do slow work. */
#ifndef QK_SERVER_SERVER_H
#define QK_SERVER_SERVER_H

#include <stdatomic.h>

#include "iam/attempts.h"
#include "rest/rest.h"
#include "server/config.h"
#include "server/connection/connection.h"
#include "server/protocol/health.h"
#include "server/instance.h"
#include "server/connection/pool.h"
#include "server/tls/tls.h"
#include "server/connection/worker.h"

typedef struct qk_server {
    qk_server_config config;
    qk_instance instance;
    qk_rest *rest;                       /* the REST API, for the HTTPS listener */
    qk_server_tls *grpc_tls, *https_tls; /* NULL: TLS off */
    qk_listener grpc, https;
    qk_worker **workers;
    unsigned worker_count;
    qk_pool *keys;                              /* key generation: yields to everything else */
    qk_pool *disk;                              /* of gRPC: database and large messages; also tokens' counts */
    qk_pool *web;                               /* slow requests of the REST API: anybody may send some */
    struct event_base *base;                    /* the main thread's */
    atomic_size_t body_bytes;                   /* held by all requests under way */
    atomic_size_t open_connections, open_calls; /* of both listeners */
    atomic_int database_result;                 /* qk_err, of the last look; see host.c */
    _Atomic(int64_t) database_checked_ms;
    qk_client_ca *client_cas; /* as they were read last (client_cas.c) */
    size_t client_ca_count;
    int64_t client_cas_changes;    /* the database's count at that time */
    atomic_bool asks_certificates; /* there are some */
    qk_health health;
    struct qk_reflection *reflection; /* NULL: off */
    qk_attempts *attempts;            /* bad tokens of gRPC */
    atomic_size_t held_back;          /* calls with such, to be answered later */
    atomic_bool stopping;
} qk_server;

/* What the REST API may ask the process (host.c). */
void qk_server_host(qk_server *server, qk_rest_host *out_host);
/* Does the database answer? Asked at most once a second. Any thread that may wait for it. */
QK_MUST_CHECK qk_err qk_server_check_database(void *server);

/* Runs until SIGTERM or SIGINT. */
QK_MUST_CHECK qk_err qk_server_run(const qk_server_config *config);

/* What the listeners speak (grpc.c, https.c). */
extern const qk_protocol qk_grpc_protocol, qk_https_protocol;

#endif
