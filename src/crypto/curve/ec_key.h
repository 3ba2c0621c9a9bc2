/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on elliptic curves, Weierstrass, Edwards, Montgomery and BLS12-381: made of their numbers.
 *
 * CKK_EC holds every curve (IBM's form puts Edwards and Montgomery curves there too), CKK_EC_EDWARDS Edwards curves
 * alone, CKK_EC_MONTGOMERY Montgomery curves alone.
 * Sources: SEC 1, 2.3 and 3.2; RFC 5915; RFC 7748; RFC 8032, 5.1.5; RFC 8410; for BLS12-381 bls.h. */
#ifndef QK_CRYPTO_EC_KEY_H
#define QK_CRYPTO_EC_KEY_H

#include "crypto/der.h"
#include "crypto/key/key.h"

static inline bool qk_curve_is_weierstrass(const qk_curve *curve)
{
    return curve->kind == QK_CURVE_WEIERSTRASS;
}

/* Does its OID also name an algorithm, as RFC 8410 has it? Then keys are strings of bytes; those of the others are
 * uncompressed points and RFC 5915's structure. */
static inline bool qk_curve_is_algorithm(const qk_curve *curve)
{
    return curve->kind == QK_CURVE_EDWARDS || curve->kind == QK_CURVE_MONTGOMERY;
}

/* QK_E_CURVE_NOT_SUPPORTED if the curve is unknown (NULL), this OpenSSL lacks it, or the type does not hold it. */
QK_MUST_CHECK qk_err qk_ec_check_curve(CK_KEY_TYPE type, const qk_curve *curve);
/* An empty key on a curve. Errors of qk_ec_check_curve. */
QK_MUST_CHECK qk_err qk_ec_key_new(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_curve *curve, qk_key **out_key);
/* The point of an EVP_PKEY that was generated or read. */
QK_MUST_CHECK qk_err qk_ec_read_point(qk_key *key);
/* Has `point` the length and first byte of an encoded point? */
bool qk_ec_point_form_fits(const qk_curve *curve, qk_view point);

/* A public key of its point, uncompressed or compressed; Edwards, Montgomery: the encoded point.
 * QK_E_PUBLIC_KEY_INVALID, QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_ec_make_public(CK_KEY_TYPE type, const qk_curve *curve, qk_view point, qk_key **out_key);
/* A private key of its scalar or seed. `expected_point`: empty, or the public key that came with it.
 * QK_E_ATTRIBUTE_VALUE if out of range or if its public key is another's; QK_E_CURVE_NOT_SUPPORTED. */
QK_MUST_CHECK qk_err qk_ec_make_private(CK_KEY_TYPE type, const qk_curve *curve, qk_view value, qk_view expected_point,
                                        qk_key **out_key);
/* The scalar, padded to the field's length, or the seed. */
QK_MUST_CHECK qk_err qk_ec_private_value(const qk_key *key, qk_secret *out_value);

#endif
