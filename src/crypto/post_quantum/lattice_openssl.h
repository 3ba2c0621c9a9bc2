/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA and ML-KEM by OpenSSL instead of our own arithmetic, for those who choose it (qk_crypto_choose_lattice).
 * OpenSSL then makes pairs of their seeds, signs, verifies, encapsulates and decapsulates. Whether bytes are a key is
 * judged by us all the same, so that both take and refuse the same keys. The earlier rounds are always ours. */
#ifndef QK_CRYPTO_LATTICE_OPENSSL_H
#define QK_CRYPTO_LATTICE_OPENSSL_H

#include "crypto/post_quantum/lattice_key.h"

/* Is this set OpenSSL's to compute? */
bool qk_lattice_is_openssls(const qk_lattice_set *set);

/* The pair of a seed, as bytes. QK_E_BAD_LENGTH, QK_E_FUNCTION_FAILED. */
QK_MUST_CHECK qk_err qk_lattice_openssl_pair(const qk_lattice_set *set, qk_view seed, uint8_t *out_public,
                                             uint8_t *out_private);
/* OpenSSL's form of a key, for qk_lattice_ready. */
QK_MUST_CHECK qk_err qk_lattice_openssl_key(const qk_key *key, EVP_PKEY **out_pkey);

/* As qk_dilithium_sign and _verify, qk_kyber_seal and _open. Random bytes are drawn by OpenSSL from the room's context,
 * which is seeded as all else. */
QK_MUST_CHECK qk_err qk_lattice_openssl_sign(EVP_PKEY *pkey, const qk_dilithium_set *set,
                                             const qk_dilithium_message *message, bool hedged, uint8_t *out_signature);
QK_MUST_CHECK qk_err qk_lattice_openssl_verify(EVP_PKEY *pkey, const qk_dilithium_set *set,
                                               const qk_dilithium_message *message, qk_view signature);
QK_MUST_CHECK qk_err qk_lattice_openssl_seal(EVP_PKEY *pkey, const qk_kyber_set *set, uint8_t *out_cipher,
                                             uint8_t *out_shared);
QK_MUST_CHECK qk_err qk_lattice_openssl_open(EVP_PKEY *pkey, const qk_kyber_set *set, qk_view cipher,
                                             uint8_t *out_shared);

#endif
