/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms and products with AVX2, for the table in dilithium_avx2.c. */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_AVX2_H
#define QK_CRYPTO_LATTICE_DILITHIUM_AVX2_H

#include "crypto/lattice/dilithium_poly.h"

void qk_dilithium_avx2_ntt(qk_dilithium_poly *f);
void qk_dilithium_avx2_inverse(qk_dilithium_poly *f);
void qk_dilithium_avx2_order(qk_dilithium_poly *f);
void qk_dilithium_avx2_multiply(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g);
void qk_dilithium_avx2_row(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g,
                           size_t count);

#endif
