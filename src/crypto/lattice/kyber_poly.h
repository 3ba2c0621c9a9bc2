/* SPDX-License-Identifier: Apache-2.0 */
/* Polynomials of the Kyber family: 256 coefficients modulo q = 3329 and modulo X^256 + 1, and the table of what is done
 * with them, one per instruction set (backend.h). None branches or addresses memory by a coefficient, but for the two
 * `uniform`, which are for public streams. Montgomery form has the factor 2^16. */
#ifndef QK_CRYPTO_LATTICE_KYBER_POLY_H
#define QK_CRYPTO_LATTICE_KYBER_POLY_H

#include <stddef.h>
#include <stdint.h>

enum {
    QK_KYBER_N = 256,
    QK_KYBER_Q = 3329,
    QK_KYBER_Q_INVERSE = -3327,     /* of q modulo 2^16 */
    QK_KYBER_INVERSE_FACTOR = 1441, /* 2^32 / 128 mod q */
    QK_KYBER_R2 = 1353,             /* 2^32 mod q */
    QK_KYBER_BARRETT = 20159,       /* 2^26 / q */
    QK_KYBER_SLACK = 32,            /* readable bytes behind what is unpacked or sampled from */
};

typedef struct qk_kyber_poly {
    _Alignas(32) int16_t c[QK_KYBER_N];
} qk_kyber_poly;

/* A transformed polynomial made ready to be multiplied with: products of transforms go by pairs of coefficients,
 * (f0, f1) * (g0, g1) = (f0 g0 + f1 g1 w, f0 g1 + f1 g0), with a w for each pair; here are (g0, g1 w) and (g1, g0). */
typedef struct qk_kyber_factor {
    qk_kyber_poly straight, crossed;
} qk_kyber_factor;

typedef struct qk_kyber_ops {
    /* Below q in size -> 0 .. q, in the table's order. */
    void (*ntt)(qk_kyber_poly *f);
    /* Up to q in size -> below q: undoes ntt, and the factor 2^-16 of a product. */
    void (*inverse)(qk_kyber_poly *f);
    /* The standard's order of a transform -> the table's, and back. */
    void (*order)(qk_kyber_poly *f);
    void (*unorder)(qk_kyber_poly *f);
    /* From a transform, 0 .. q. */
    void (*factor)(qk_kyber_factor *out, const qk_kyber_poly *g);
    /* The sum of up to 4 products, times 2^-16. Below q in size. */
    void (*row)(qk_kyber_poly *out, const qk_kyber_poly *f, const qk_kyber_factor *g, size_t count);

    void (*add)(qk_kyber_poly *f, const qk_kyber_poly *g);
    void (*subtract)(qk_kyber_poly *f, const qk_kyber_poly *g);
    void (*unproduct)(qk_kyber_poly *f); /* takes the factor 2^-16 away */
    void (*canonical)(qk_kyber_poly *f); /* any -> 0 .. q-1 */

    /* 0 .. q-1 -> 0 .. 2^d - 1, and back to 0 .. q; d = 1, 3, 4, 5, 10, 11. Source: FIPS 203, section 4.2.1. */
    void (*compress)(qk_kyber_poly *f, unsigned d);
    void (*decompress)(qk_kyber_poly *f, unsigned d);
    /* 32 * width bytes; width 1, 3, 4, 5, 10, 11 or 12. */
    void (*pack)(uint8_t *out, const qk_kyber_poly *f, unsigned width);
    void (*unpack)(qk_kyber_poly *f, const uint8_t *bytes, unsigned width);
    /* Each bit of 32 secret bytes to 0 or 1665. */
    void (*message)(qk_kyber_poly *f, const uint8_t bytes[32]);

    /* The centred binomial distribution, from 128 (eta 2) or 192 (eta 3) bytes. Source: FIPS 203, algorithm 8. */
    void (*noise)(qk_kyber_poly *f, const uint8_t *bytes, unsigned eta);
    /* Two candidates of 12 bits from 3 bytes, kept below q; in round 2 one of 16 bits from 2, kept below 19 q and taken
     * modulo q. Return how many are there now, `have` before. */
    size_t (*uniform)(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len);
    size_t (*uniform_round2)(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len);
} qk_kyber_ops;

/* 17^(bit-reversed i) * 2^16, and 17^(2 * bit-reversed i + 1) * 2^16 mod q, centred. */
extern const int16_t qk_kyber_zetas[QK_KYBER_N / 2], qk_kyber_pair_zetas[QK_KYBER_N / 2];

/* What pack and unpack know, for widths.h. */
#define QK_KYBER_WIDTHS(CASE) CASE(1) CASE(3) CASE(4) CASE(5) CASE(10) CASE(11) CASE(12)

extern const qk_kyber_ops qk_kyber_portable;
#ifdef QK_LATTICE_X86
extern const qk_kyber_ops qk_kyber_avx2;
void qk_kyber_avx2_init(void); /* lays out its zetas; once */
#endif

/* a * 2^-16 mod q, below q in size, for a below 2^15 * q in size. */
static inline int16_t qk_kyber_montgomery(int32_t a)
{
    int16_t t = (int16_t)((uint32_t)a * (uint32_t)QK_KYBER_Q_INVERSE);

    return (int16_t)((a - t * QK_KYBER_Q) >> 16);
}

/* 0 .. q, for any 16-bit number. */
static inline int16_t qk_kyber_barrett(int16_t a)
{
    return (int16_t)(a - ((a * QK_KYBER_BARRETT) >> 26) * QK_KYBER_Q);
}

#endif
