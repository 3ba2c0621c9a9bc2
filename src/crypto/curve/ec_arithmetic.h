/* SPDX-License-Identifier: Apache-2.0 */
/* Points of curves with 256-bit orders, for what EVP does not offer: EC-SDSA, BIP-32. */
#ifndef QK_CRYPTO_EC_ARITHMETIC_H
#define QK_CRYPTO_EC_ARITHMETIC_H

#include "crypto/key/key.h"
#include "crypto/curve/scalar256.h"

enum { QK_POINT256_LEN = 65, QK_COMPRESSED256_LEN = 33 };

/* Weierstrass, 256 bits, and here. */
bool qk_curve_is_256(const qk_curve *curve);
QK_MUST_CHECK qk_err qk_curve_order(const qk_curve *curve, qk_scalar *out_order);
/* A random number between 1 and n - 1. */
QK_MUST_CHECK qk_err qk_scalar_draw(const qk_scalar *n, qk_scalar *out);
/* The private value of a key on such a curve. */
QK_MUST_CHECK qk_err qk_scalar_of_key(const qk_key *key, qk_scalar *out);

/* kG, uncompressed. k is secret, between 1 and n - 1; time does not depend on it. */
QK_MUST_CHECK qk_err qk_curve_base_times(const qk_curve *curve, const qk_scalar *k, uint8_t out[QK_POINT256_LEN]);
/* aG + bP for public numbers. QK_E_SIGNATURE_INVALID if that is the point at infinity. */
QK_MUST_CHECK qk_err qk_curve_combine(const qk_curve *curve, const qk_scalar *a, const qk_scalar *b,
                                      const uint8_t point[QK_POINT256_LEN], uint8_t out[QK_POINT256_LEN]);
/* SEC 1, 2.3.3. */
void qk_point_compress(const uint8_t point[QK_POINT256_LEN], uint8_t out[QK_COMPRESSED256_LEN]);

#endif
