/* SPDX-License-Identifier: Apache-2.0 */
/* Ready EVP_PKEY_CTX objects in the slots of a key. Making one fetches an algorithm and copies parameters, which costs
 * a fifth of a P-256 signature; an initialised one can be used any number of times. */
#ifndef QK_CRYPTO_PKEY_READY_H
#define QK_CRYPTO_PKEY_READY_H

#include "crypto/key/key.h"

/* What a context is for. Its address is the purpose of the slot. */
typedef struct qk_pkey_purpose {
    const char *name;                   /* for errors: "ECDSA signature" */
    int (*init)(EVP_PKEY_CTX *context); /* > 0 on success */
} qk_pkey_purpose;

typedef struct qk_pkey_ready {
    qk_ready head;
    EVP_PKEY_CTX *context;
} qk_pkey_ready;

/* From the key's slots, or new. Goes back with qk_pkey_put, or after an error of OpenSSL's with qk_pkey_drop. */
QK_MUST_CHECK qk_err qk_pkey_take(const qk_key *key, const qk_pkey_purpose *purpose, qk_pkey_ready **out_ready);
void qk_pkey_put(const qk_key *key, qk_pkey_ready *ready);
void qk_pkey_drop(qk_pkey_ready *ready);

#endif
