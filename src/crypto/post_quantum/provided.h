/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum algorithms as OpenSSL provides them, from 3.5 on: SLH-DSA, and ML-DSA and ML-KEM for those who choose
 * OpenSSL's. All are named by OpenSSL's names ("SLH-DSA-SHA2-128s", "ML-DSA-65"), keys are the standards' bytes.
 * Nothing newer than 3.0 is called, so one build serves every OpenSSL; what this one lacks is found at run time. */
#ifndef QK_CRYPTO_PROVIDED_H
#define QK_CRYPTO_PROVIDED_H

#include "crypto/key/key.h"

/* Has this OpenSSL the algorithm? A search: for the start of the room. */
bool qk_provided(const char *name);

/* The pair of a seed; secret. QK_E_SET_NOT_SUPPORTED if OpenSSL lacks the algorithm; QK_E_FUNCTION_FAILED. */
QK_MUST_CHECK qk_err qk_provided_pair(const char *name, qk_view seed, EVP_PKEY **out_pkey);
/* A key of its bytes, public or private. As qk_provided_pair; QK_E_ATTRIBUTE_VALUE for bytes that are no such key. */
QK_MUST_CHECK qk_err qk_provided_key(const char *name, bool is_private, qk_view bytes, EVP_PKEY **out_pkey);
/* The bytes of a key's half, which has `len` of them. */
QK_MUST_CHECK qk_err qk_provided_bytes(const EVP_PKEY *pkey, bool is_private, uint8_t *out, size_t len);

/* What is signed, and how. */
typedef struct qk_provided_message {
    qk_view bytes;
    qk_view context;
    bool is_inner; /* `bytes` is M', context and all */
    bool is_mu;    /* ML-DSA: `bytes` is mu */
    bool deterministic;
} qk_provided_message;

/* `out` has the `len` bytes of a signature. QK_E_FUNCTION_FAILED. */
QK_MUST_CHECK qk_err qk_provided_sign(EVP_PKEY *pkey, const qk_provided_message *message, uint8_t *out, size_t len);
/* QK_E_SIGNATURE_INVALID; lengths are the caller's to check. */
QK_MUST_CHECK qk_err qk_provided_verify(EVP_PKEY *pkey, const qk_provided_message *message, qk_view signature);

/* Key encapsulation. Both secrets have `shared_len` bytes. */
QK_MUST_CHECK qk_err qk_provided_seal(EVP_PKEY *pkey, uint8_t *out_cipher, size_t cipher_len, uint8_t *out_shared,
                                      size_t shared_len);
QK_MUST_CHECK qk_err qk_provided_open(EVP_PKEY *pkey, qk_view cipher, uint8_t *out_shared, size_t shared_len);

#endif
