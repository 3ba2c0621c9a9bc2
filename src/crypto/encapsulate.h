/* SPDX-License-Identifier: Apache-2.0 */
/* Encapsulation by algorithms that are no KEMs of their own: for the records of the engines that encrypt with RSA and
 * agree on keys by ECDH. As the functions of crypto.h with these names.
 * Source: PKCS #11 3.2, "RSA" and "Elliptic Curve Diffie-Hellman key derivation", use in C_EncapsulateKey. */
#ifndef QK_CRYPTO_ENCAPSULATE_H
#define QK_CRYPTO_ENCAPSULATE_H

#include "crypto/crypto.h"

/* A new pair on the key's curve: its public point is the ciphertext, and ECDH between the two gives the key, by the
 * key derivation function of the parameter, whose public data must be empty. */
QK_MUST_CHECK qk_err qk_ecdh_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted,
                                         qk_arena *arena, qk_view *out_cipher, qk_key **out_key);
QK_MUST_CHECK qk_err qk_ecdh_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher,
                                         const qk_key_wanted *wanted, qk_key **out_key);

/* A random value, encrypted with the mechanism (PKCS #1 v1.5 or OAEP). */
QK_MUST_CHECK qk_err qk_rsa_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted,
                                        qk_arena *arena, qk_view *out_cipher, qk_key **out_key);
QK_MUST_CHECK qk_err qk_rsa_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher,
                                        const qk_key_wanted *wanted, qk_key **out_key);

/* Bytes of the ciphertext for this public key; 0 if neither of the two encapsulates with it. */
size_t qk_encapsulated_len(const qk_key *key);

#endif
