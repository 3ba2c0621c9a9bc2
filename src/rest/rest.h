/* SPDX-License-Identifier: Apache-2.0 */
/* The REST API: entropy, capabilities, status, test logs, metrics, tokens for API keys, the status page.
 *
 * A table of routes (routes.c) drives everything: path, methods, who may ask, handler, flags, and the OpenAPI document.
 * Knows no sockets: the server room hands exchanges in. Decision order of every request: path, method, token, scope,
 * rate, parameters, allotment, supply. Functions may be called from any thread. */
#ifndef QK_REST_REST_H
#define QK_REST_REST_H

#include "base/config.h"
#include "http/server.h"
#include "iam/entropy_token/entropy_token.h"
#include "iam/iam.h"
#include "rest/record/test_log.h"

typedef struct qk_rest qk_rest;
typedef struct qk_rest_route qk_rest_route;

typedef enum qk_rest_sign { QK_REST_SIGN_ASKED, QK_REST_SIGN_ALWAYS } qk_rest_sign;

/* Map `rest` of quantokid.yaml; rows in rest_config.c. */
typedef struct qk_rest_config {
    bool open;               /* entropy and capabilities without a token, as an appliance on its own network */
    bool strict_types;       /* 415 unless a POST says application/json */
    int metrics;             /* /metrics: loopback (peers on this machine need no token), token, open */
    int logs;                /* test logs, status, page: open or token */
    const char *public_url;  /* for report links; NULL: the request's Host */
    const char *signing_key; /* PEM file; NULL: answers are not signed */
    int sign;                /* qk_rest_sign */
} qk_rest_config;

extern const qk_config_row qk_rest_config_rows[];
extern const size_t qk_rest_config_row_count;

/* What else the process can tell: filled by the server room, read for status, metrics and readiness. */
typedef struct qk_rest_host {
    void *context;
    /* QK_OK if the database answers; may be kept for a second. */
    qk_err (*check_database)(void *context);
    size_t (*open_connections)(void *context);
    const char *log_path; /* for the bundle; NULL: none */
} qk_rest_host;

/* All borrowed. QK_E_CONFIG if the signing key cannot be read. */
QK_MUST_CHECK qk_err qk_rest_new(const qk_rest_config *config, qk_iam *iam, qk_tokens *tokens, qk_test_log *log,
                                 const qk_rest_host *host, qk_rest **out_rest);
void qk_rest_free(qk_rest **rest);

/* At the headers: path, method, token, scope, rate. True: the exchange's `user` is set, go on when its body is there.
 * False: it was answered. */
bool qk_rest_admit(qk_rest *rest, qk_http_exchange *exchange);
/* True if serving may wait (database, files): then on a pool. */
bool qk_rest_is_slow(const qk_http_exchange *exchange);
/* Serves and answers on this thread, if it is the loop's. */
void qk_rest_serve(qk_rest *rest, qk_http_exchange *exchange);
/* The same in two halves for a pool: compute there, answer on the loop. The exchange's arena carries the answer. */
void qk_rest_compute(qk_rest *rest, qk_http_exchange *exchange);
void qk_rest_answer(qk_rest *rest, qk_http_exchange *exchange);
/* How long to wait between the two, without holding a thread up: failed log-ins are answered late. 0: not at all. */
int64_t qk_rest_hold_back_ms(const qk_http_exchange *exchange);
/* Instead of qk_rest_compute, when there is no thread for it, or nobody waits any more: 503. */
void qk_rest_turn_away(qk_http_exchange *exchange);
/* Counts an error that the HTTP session answers by itself, and writes its body, which is JSON. */
void qk_rest_refusal(qk_rest *rest, int status, const char *words, qk_buf *out_json);
/* Every ten seconds, for the page's charts: keeps rates and reserve of the last day in memory. */
void qk_rest_sample(qk_rest *rest);

#endif
