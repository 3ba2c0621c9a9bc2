/* SPDX-License-Identifier: Apache-2.0 */
/* What the listeners serve: database, master key, HSM, keystore, identities, tokens of the REST API and the log of
 * statistical runs, opened together and closed together.
 * `quantoki init` uses the same pieces to fill a new instance. */
#ifndef QK_SERVER_INSTANCE_H
#define QK_SERVER_INSTANCE_H

#include "iam/entropy_token/entropy_token.h"
#include "iam/iam.h"
#include "keystore/keystore.h"
#include "rest/record/test_log.h"

typedef struct qk_instance {
    qk_database *database;
    qk_ring *ring;
    qk_hsm *hsm;
    qk_keystore *keystore;
    qk_iam *iam;
    qk_tokens *tokens;
    qk_test_log *test_log;
} qk_instance;

#define QK_INSTANCE_NONE ((qk_instance){ NULL, NULL, NULL, NULL, NULL, NULL, NULL })

/* Opens all of it. qk_crypto_start must have run. Errors name the file. */
QK_MUST_CHECK qk_err qk_instance_open(const char *database_path, const char *master_key_path,
                                      const qk_hsm_options *options, qk_instance *out_instance);
void qk_instance_close(qk_instance *instance);

/* The row for a gRPC path and the endpoint that performs it; false if there is none. */
bool qk_instance_find(qk_instance *instance, const char *path, const qk_method **out_method,
                      qk_endpoint **out_endpoint);

#endif
