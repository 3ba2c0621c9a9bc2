/* SPDX-License-Identifier: Apache-2.0 */
/* The raw RSA operations under every encoding. Every mechanism uses the same two ready contexts of a key, one for each
 * half; blinding is OpenSSL's. */
#ifndef QK_CRYPTO_RSA_OP_H
#define QK_CRYPTO_RSA_OP_H

#include "crypto/key/pkey_ready.h"
#include "crypto/rsa/rsa_padding.h"

/* Bytes of the modulus. */
static inline size_t qk_rsa_len(const qk_key *key)
{
    return (key->bits + 7) / 8;
}

/* Modular exponentiation of `in` to `out`, both as long as the modulus; they may be the same. `too_large` is the error
 * for an input that is not below the modulus, which tells nothing secret. */
QK_MUST_CHECK qk_err qk_rsa_private(const qk_key *key, qk_err too_large, const uint8_t *in, uint8_t *out);
QK_MUST_CHECK qk_err qk_rsa_public(const qk_key *key, qk_err too_large, const uint8_t *in, uint8_t *out);

/* Signs what is encoded in `em`. */
QK_MUST_CHECK qk_err qk_rsa_sign_encoded(const qk_key *key, qk_em em, qk_arena *arena, qk_view *out_signature);
/* Gives the encoded message of a signature. QK_E_SIGNATURE_LENGTH, QK_E_SIGNATURE_INVALID. */
QK_MUST_CHECK qk_err qk_rsa_open_signature(const qk_key *key, qk_view signature, qk_em em);
/* QK_E_SIGNATURE_INVALID unless both are the same; `expected` was built from the message, `given` from the signature.
 */
QK_MUST_CHECK qk_err qk_rsa_match(const uint8_t *expected, const uint8_t *given, size_t len);

#endif
