/* SPDX-License-Identifier: Apache-2.0 */
/* Integers modulo the order of a curve of 256 bits, for signatures and derivations that OpenSSL has not. Time depends
 * on no value. The modulus n has its highest bit set, as the orders of secp256k1, P-256 and Brainpool's 256-bit curves
 * have; so a number of 256 bits is below 2n. */
#ifndef QK_CRYPTO_SCALAR256_H
#define QK_CRYPTO_SCALAR256_H

#include <stdint.h>

#include "crypto/ct.h"

enum { QK_SCALAR_LEN = 32 };

typedef struct qk_scalar {
    uint64_t limb[4]; /* the least significant first */
} qk_scalar;

/* From and to 32 bytes, big endian. Reading does not reduce. */
void qk_scalar_read(qk_scalar *out, const uint8_t bytes[QK_SCALAR_LEN]);
void qk_scalar_write(const qk_scalar *a, uint8_t out[QK_SCALAR_LEN]);

qk_mask qk_scalar_is_zero(const qk_scalar *a);
/* a < b */
qk_mask qk_scalar_below(const qk_scalar *a, const qk_scalar *b);

/* a mod n, for any a. */
void qk_scalar_reduce(qk_scalar *a, const qk_scalar *n);
/* a + b, a - b and a b mod n, for a and b below n. `out` may be one of them. */
void qk_scalar_add(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n);
void qk_scalar_sub(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n);
void qk_scalar_mul(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n);

#endif
