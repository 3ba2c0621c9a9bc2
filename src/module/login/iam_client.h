/* SPDX-License-Identifier: Apache-2.0 */
/* An API key exchanged for a bearer token: POST <endpoint>/identity/token, request form A.
 * Source: spec of the service's IAM, section 1.1. */
#ifndef QK_MODULE_IAM_CLIENT_H
#define QK_MODULE_IAM_CLIENT_H

#include "base/secret.h"
#include "net/http.h"

typedef struct qk_iam_client qk_iam_client;

typedef struct qk_iam_options {
    const char *endpoint; /* URL; plain http to a loopback address only */
    const char *ca_file;  /* trusted beside the system's store; may be NULL */
    int64_t connect_timeout_ms, timeout_ms;
} qk_iam_options;

/* Checks the URL; connects to nothing. QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_iam_client_new(const qk_iam_options *options, qk_iam_client **out_client);
void qk_iam_client_free(qk_iam_client **client);

/* *out_life_s: seconds that the token is good for.
 * QK_E_PIN_INCORRECT if the service refuses the key; QK_E_SERVER_AWAY and the like if it gives no answer. */
QK_MUST_CHECK qk_err qk_iam_client_exchange(qk_iam_client *client, qk_view api_key, qk_secret *out_token,
                                            int64_t *out_life_s);

/* Reads an answer's body. For tests. QK_E_PROTOCOL. */
QK_MUST_CHECK qk_err qk_iam_answer_read(qk_view body, qk_secret *out_token, int64_t *out_life_s);

#endif
