/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Kyber family share. */
#ifndef QK_CRYPTO_LATTICE_KYBER_INSIDE_H
#define QK_CRYPTO_LATTICE_KYBER_INSIDE_H

#include "base/secret.h"
#include "crypto/lattice/kyber.h"
#include "crypto/lattice/kyber_poly.h"

enum { QK_KYBER_K_MAX = 4, QK_KYBER_VECTOR_BYTES = 384 /* of a polynomial at 12 bits */ };

/* k rows of k, transformed. */
typedef struct qk_kyber_matrix {
    qk_kyber_poly rows[QK_KYBER_K_MAX][QK_KYBER_K_MAX];
} qk_kyber_matrix;

struct qk_kyber_sealer {
    qk_kyber_matrix transposed;
    qk_kyber_poly t[QK_KYBER_K_MAX]; /* transformed */
    const qk_kyber_set *set;
    const qk_kyber_ops *ops;
    uint8_t hash[32]; /* H(public key) */
};

/* In the secret memory of an opener. */
typedef struct qk_kyber_private {
    qk_kyber_poly s[QK_KYBER_K_MAX]; /* transformed */
    uint8_t z[32];
} qk_kyber_private;

struct qk_kyber_opener {
    qk_kyber_sealer *sealer;
    qk_secret secrets; /* a qk_kyber_private */
};

/* The matrix A from rho, or its transpose. Source: FIPS 203, algorithm 7; round 2 takes 16 bits a candidate. */
void qk_kyber_sample_matrix(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t rho[32], bool transposed,
                            qk_kyber_matrix *out);
/* Noise polynomials from a seed with the nonces 0, 1, ...: the first k with eta1, the others with 2. */
void qk_kyber_sample_noise(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t seed[32],
                           qk_kyber_poly *const polys[], unsigned count, unsigned eta1_count);

/* Source: FIPS 203, algorithms 13, 14 and 15 (K-PKE). */
void qk_kyber_inner_generate(const qk_kyber_set *set, const uint8_t d[32], uint8_t *out_public, uint8_t *out_private);
void qk_kyber_inner_seal(const qk_kyber_sealer *sealer, const uint8_t message[32], const uint8_t coins[32],
                         uint8_t *out_ciphertext);
void qk_kyber_inner_open(const qk_kyber_opener *opener, const uint8_t *ciphertext, uint8_t out_message[32]);

/* A vector of k transformed polynomials, 12 bits a coefficient, in the table's order. */
void qk_kyber_unpack_vector(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t *bytes, qk_kyber_poly *out);

#endif
