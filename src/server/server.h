/* SPDX-License-Identifier: Apache-2.0 */
/* The running server: what main, the listeners and the connections share.
 *
 * Threads: the main thread accepts connections, takes signals and serves HTTPS; each worker thread runs one event loop
 * with its share of the gRPC connections; two pools do slow work. */
#ifndef QK_SERVER_SERVER_H
#define QK_SERVER_SERVER_H

#include <event2/listener.h>
#include <stdatomic.h>

#include "rest/rest.h"
#include "server/config.h"
#include "server/instance.h"
#include "server/pool.h"
#include "server/tls.h"
#include "server/worker.h"

typedef struct qk_server {
    qk_server_config config;
    qk_instance instance;
    qk_rest *rest;                       /* the REST API, for the HTTPS listener */
    qk_server_tls *grpc_tls, *https_tls; /* NULL: TLS off */
    qk_worker **workers;
    unsigned worker_count;
    qk_pool *keys;            /* key generation: yields to everything else */
    qk_pool *disk;            /* database and large messages */
    struct event_base *base;  /* the main thread's */
    atomic_size_t body_bytes; /* held by all requests under way */
    atomic_size_t open_connections, open_calls;
    atomic_bool stopping;
} qk_server;

/* Runs until SIGTERM or SIGINT. */
QK_MUST_CHECK qk_err qk_server_run(const qk_server_config *config);

/* Gives a new gRPC connection to a worker; owns `fd` from here (grpc.c). */
void qk_grpc_accept(qk_server *server, qk_worker *worker, int fd, const char *peer);
/* Asks every gRPC connection of the worker to end gracefully, or closes them `now`. */
void qk_grpc_shutdown(qk_worker *worker, bool now);

/* The HTTPS listener on the main loop (https.c). */
typedef struct qk_https qk_https;
QK_MUST_CHECK qk_err qk_https_start(qk_server *server, qk_https **out_https);
void qk_https_stop(qk_https **https);

/* For when the process has no descriptor left: the connections that wait are closed instead of waking the loop for
 * ever. The listener is borrowed (listen.c). */
void qk_listen_guard(struct evconnlistener *listener);
/* A listening socket, non-blocking; QK_E_CONFIG names address and port (listen.c). */
QK_MUST_CHECK qk_err qk_listen_socket(const char *name, const qk_listen_config *listen, int *out_fd);

#endif
