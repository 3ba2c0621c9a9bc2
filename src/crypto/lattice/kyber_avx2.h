/* SPDX-License-Identifier: Apache-2.0 */
/* The transforms and products with AVX2, for the table in kyber_avx2.c. */
#ifndef QK_CRYPTO_LATTICE_KYBER_AVX2_H
#define QK_CRYPTO_LATTICE_KYBER_AVX2_H

#include "crypto/lattice/kyber_poly.h"

void qk_kyber_avx2_zetas_init(void);
void qk_kyber_avx2_ntt(qk_kyber_poly *f);
void qk_kyber_avx2_inverse(qk_kyber_poly *f);
void qk_kyber_avx2_order(qk_kyber_poly *f);
void qk_kyber_avx2_unorder(qk_kyber_poly *f);
void qk_kyber_avx2_factor(qk_kyber_factor *out, const qk_kyber_poly *g);
void qk_kyber_avx2_row(qk_kyber_poly *out, const qk_kyber_poly *f, const qk_kyber_factor *g, size_t count);

#endif
