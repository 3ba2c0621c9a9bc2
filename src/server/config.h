/* SPDX-License-Identifier: Apache-2.0 */
/* quantokid.yaml: every key, its default and its meaning, as rows (config.c). */
#ifndef QK_SERVER_CONFIG_H
#define QK_SERVER_CONFIG_H

#include "base/config.h"
#include "base/log.h"
#include "entropy/entropy.h"
#include "rest/rest.h"
#include "server/watch/watch.h"

typedef struct qk_listen_config {
    const char *address;
    uint64_t port;
    bool tls;
    const char *certificate, *key; /* PEM files */
    const char *client_ca;         /* PEM; set: clients must show a certificate of these authorities */
    uint64_t idle_seconds;         /* of a connection without calls */
} qk_listen_config;

typedef struct qk_server_config {
    qk_listen_config grpc, https;
    bool reflection;
    const char *database;   /* SQLite file */
    const char *master_key; /* file, mode 0600 */
    bool iam_enabled;
    uint64_t token_seconds;
    uint64_t workers;      /* event loops; 0: one per core */
    uint64_t slow_threads; /* for key generation, and as many again for the database; 0: one per core */
    uint64_t max_message, max_bodies, max_streams, max_unread;
    uint64_t max_connections; /* on each listener */
    uint64_t stall_seconds;
    uint64_t cache_keys;
    bool lax_keys, weak_wrapping, legacy, values_hidden; /* policy of the HSM: qk_hsm_options */
    int lattice;                                         /* not 0: ML-DSA and ML-KEM by OpenSSL */
    uint64_t stop_seconds;                               /* open calls may finish for so long after SIGTERM */
    qk_watch_config statistics;
    const qk_config_node *entropy_map, *rest_map; /* as they stand in the file; NULL: absent */
    qk_entropy_config entropy;
    qk_rest_config rest;
    int log_level;
    const char *log_path; /* NULL: stderr */
} qk_server_config;

extern const qk_config_row qk_server_config_rows[];
extern const size_t qk_server_config_row_count;

/* Every key of the file, also of the maps whose rows other rooms own, as a Markdown table, as it stands in
 * docs/configuration.md (config_describe.c). QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_server_config_describe(qk_buf *out);

/* Reads the file into `out`, whose texts live in *out_file: give it up (qk_server_config_done) before that.
 * QK_E_CONFIG with file, line and key. */
QK_MUST_CHECK qk_err qk_server_config_load(const char *path, qk_config **out_file, qk_server_config *out);
void qk_server_config_done(qk_server_config *config);

#endif
