/* SPDX-License-Identifier: Apache-2.0 */
/* Primes as ANSI X9.31 wants them: p - 1 and p + 1 each have a large prime factor. */
#ifndef QK_CRYPTO_RSA_X931_GEN_H
#define QK_CRYPTO_RSA_X931_GEN_H

#include "crypto/bn.h"

/* Two secret primes whose product has `bits` bits, prime to e. `out_p` and `out_q` are the caller's to wipe.
 * Source: FIPS 186-4, B.3.6 and C.9. */
QK_MUST_CHECK qk_err qk_x931_primes(int bits, const BIGNUM *e, BIGNUM **out_p, BIGNUM **out_q);

#endif
