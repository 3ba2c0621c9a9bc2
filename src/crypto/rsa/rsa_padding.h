/* SPDX-License-Identifier: Apache-2.0 */
/* The encodings of RFC 8017 around raw RSA. They are ours, so that they are the same on every version of OpenSSL, and
 * so that one ready context per key serves every mechanism.
 *
 * `em` is the encoded message as long as the modulus (`k` bytes in the RFC). Encoders fill it. */
#ifndef QK_CRYPTO_RSA_PADDING_H
#define QK_CRYPTO_RSA_PADDING_H

#include "p11/mechanism.h"

enum { QK_RSA_MAX_LEN = 16384 / 8, QK_PKCS1_OVERHEAD = 11 };

typedef struct qk_em {
    uint8_t *data;
    size_t len;
} qk_em;

/* EMSA-PKCS1-v1_5 (section 9.2, steps 3 to 5): 00 01 FF.. 00 and `prefix`, `data`. QK_E_BAD_LENGTH if they do not fit.
 */
QK_MUST_CHECK qk_err qk_pkcs1_sign_encode(qk_view prefix, qk_view data, qk_em em);
/* Finds where the data starts in such an encoding: 00 01, eight FF or more, 00. QK_E_SIGNATURE_INVALID. What is in a
 * signature is public, so this may branch. */
QK_MUST_CHECK qk_err qk_pkcs1_sign_decode(qk_em em, size_t *out_start);
/* The bytes of DigestInfo before the digest (section 9.2, note 1); empty if the hash has none. */
qk_view qk_pkcs1_digest_info(CK_MECHANISM_TYPE hash);

/* RSAES-PKCS1-v1_5 (section 7.2.1). QK_E_BAD_LENGTH if the message has more than k - 11 bytes. */
QK_MUST_CHECK qk_err qk_pkcs1_encrypt_encode(qk_view message, qk_em em);
/* Section 7.2.2, step 3. Writes where the message starts in `em`. QK_E_CIPHERTEXT_INVALID, whatever is wrong, in time
 * that depends on the length of `em` alone. */
QK_MUST_CHECK qk_err qk_pkcs1_decrypt_decode(qk_em em, size_t *out_start);

/* RSAES-OAEP (section 7.1.1). QK_E_BAD_LENGTH; QK_E_KEY_SIZE if the modulus is too short for the hash. */
QK_MUST_CHECK qk_err qk_oaep_encode(const qk_mech_use *use, qk_view message, qk_em em);
/* Section 7.1.2, step 3. As qk_pkcs1_decrypt_decode. Unmasks `em` in place. */
QK_MUST_CHECK qk_err qk_oaep_decode(const qk_mech_use *use, qk_em em, size_t *out_start);
/* The longest message; 0 also if none fits. */
size_t qk_oaep_capacity(const qk_mech_use *use, size_t modulus_len);

/* EMSA-PSS (section 9.1.1). `modulus_bits` tells how many bits of `em` may be used. QK_E_BAD_LENGTH if the digest has
 * not the hash's length; QK_E_KEY_SIZE if hash and salt do not fit the modulus. */
QK_MUST_CHECK qk_err qk_pss_encode(const qk_mech_use *use, qk_view digest, unsigned modulus_bits, qk_em em);
/* Section 9.1.2. Unmasks `em` in place. QK_E_SIGNATURE_INVALID and the errors of encoding. */
QK_MUST_CHECK qk_err qk_pss_verify(const qk_mech_use *use, qk_view digest, unsigned modulus_bits, qk_em em);

#endif
