/* SPDX-License-Identifier: Apache-2.0 */
/* BLS12-381: keys and signatures of the IETF's draft-irtf-cfrg-bls-signature-05, with public keys in G1 and signatures
 * in G2 ("minimal-pubkey-size"). The arithmetic is blst's (src/crypto/blst). In a build without it bls_absent.c stands
 * in: the curve is then not supported, and nothing here is called but qk_bls_is_here. */
#ifndef QK_CRYPTO_BLS_H
#define QK_CRYPTO_BLS_H

#include "crypto/key/key.h"

enum {
    QK_BLS_SCALAR_LEN = 32,
    QK_BLS_POINT_LEN = 1 + 2 * 48, /* of G1: 4, x, y, as SEC 1, 2.3.3 writes points */
    QK_BLS_SIGNATURE_LEN = 4 * 48, /* of G2, uncompressed: x, y, of each the imaginary part first */
};

/* Is BLS12-381 in this build? */
bool qk_bls_is_here(void);

/* ---- keys: `key` is new, with its curve ---- */

/* Draws a private key. Source: section 2.3. QK_E_FUNCTION_FAILED if there is no random. */
QK_MUST_CHECK qk_err qk_bls_generate(qk_key *key);
/* Makes it the private key of this number, in 32 bytes or with zeros in front. QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_bls_set_private(qk_key *key, qk_view value);
/* Makes it the public key of this point: 4, x, y; x, y; or compressed (section 2.1 and the draft's appendix A).
 * QK_E_PUBLIC_KEY_INVALID unless it is in G1 and not at infinity (section 2.5). */
QK_MUST_CHECK qk_err qk_bls_set_public(qk_key *key, qk_view point);
/* Has it the length and first byte of one of these? */
bool qk_bls_point_form_fits(qk_view point);

/* ---- signatures ---- */

/* Tells what is signed from everything else that is hashed into G2: section 4.2.1, basic scheme. */
extern const qk_view qk_bls_suite;

/* Source: section 2.6. Time does not depend on the private key. */
QK_MUST_CHECK qk_err qk_bls_sign(const qk_key *key, qk_view suite, qk_view message, uint8_t out[QK_BLS_SIGNATURE_LEN]);
/* Source: section 2.7. QK_E_SIGNATURE_LENGTH, QK_E_SIGNATURE_INVALID. */
QK_MUST_CHECK qk_err qk_bls_verify(const qk_key *key, qk_view suite, qk_view message, qk_view signature);

/* ---- sums ---- */

/* Of signatures, one after another. Source: section 2.8. QK_E_MECHANISM_PARAM if one of them can be no signature, or if
 * the sum is none. */
QK_MUST_CHECK qk_err qk_bls_add_signatures(qk_view signatures, uint8_t out[QK_BLS_SIGNATURE_LEN]);
/* Of the points of public keys, QK_BLS_POINT_LEN bytes each, which were checked when those keys were made. Source:
 * section 3.3.4. QK_E_PUBLIC_KEY_INVALID if the keys cancel each other out. */
QK_MUST_CHECK qk_err qk_bls_add_points(qk_view points, uint8_t out[QK_BLS_POINT_LEN]);

#endif
