/* SPDX-License-Identifier: Apache-2.0 */
/* Polynomials of the Dilithium family: 256 coefficients modulo q = 8380417 and modulo X^256 + 1, and the table of what
 * is done with them, one per instruction set (backend.h). Coefficients are signed and not always reduced: each function
 * says what it takes and leaves. None branches or addresses memory by a coefficient, but for `uniform`, which is for
 * public streams. Montgomery form has the factor 2^32. */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_POLY_H
#define QK_CRYPTO_LATTICE_DILITHIUM_POLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QK_DILITHIUM_N = 256,
    QK_DILITHIUM_Q = 8380417,
    QK_DILITHIUM_Q_INVERSE = 58728449,   /* of q modulo 2^32 */
    QK_DILITHIUM_INVERSE_FACTOR = 41978, /* 2^64 / 256 mod q */
    /* Streams are given with so many readable bytes behind them: wide loads may touch these. */
    QK_DILITHIUM_SLACK = 32,
};

typedef struct qk_dilithium_poly {
    _Alignas(32) int32_t c[QK_DILITHIUM_N];
} qk_dilithium_poly;

/* How small secrets come from a stream: see FIPS 204, algorithm 15, for the last two. */
typedef enum qk_dilithium_rule {
    QK_DILITHIUM_THREE_BITS, /* the low and the high three bits of a byte, up to 2 eta */
    QK_DILITHIUM_NIBBLES,    /* up to 2 eta */
    QK_DILITHIUM_MODULO,     /* nibbles below 15, modulo 5 */
} qk_dilithium_rule;

typedef struct qk_dilithium_ops {
    /* Below q in size -> below 9q, in the table's order. */
    void (*ntt)(qk_dilithium_poly *f);
    /* Below q in size -> below q: undoes ntt, and the factor 2^-32 of a product. */
    void (*inverse)(qk_dilithium_poly *f);
    /* Coefficients in the standard's order of an NTT -> the table's. */
    void (*order)(qk_dilithium_poly *f);
    /* Products of NTTs, times 2^-32: one, and the sum of up to 7; one factor below 9q, the other below q. Below q. */
    void (*multiply)(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g);
    void (*row)(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g, size_t count);

    void (*add)(qk_dilithium_poly *f, const qk_dilithium_poly *g);
    void (*subtract)(qk_dilithium_poly *f, const qk_dilithium_poly *g);
    void (*flip)(qk_dilithium_poly *f, int32_t from); /* f = from - f */
    void (*shift)(qk_dilithium_poly *f, unsigned bits);
    /* Any -> at most 6283008 in size; exact if the centred value is below 2^20. */
    void (*reduce)(qk_dilithium_poly *f);
    /* -q.. q -> 0 .. q-1 */
    void (*positive)(qk_dilithium_poly *f);
    /* 1 if a coefficient is `bound` or more in size, else 0. */
    uint32_t (*exceeds)(const qk_dilithium_poly *f, int32_t bound);

    /* 0 .. q-1 -> high (in place) and low parts. Source: FIPS 204, algorithms 35 and 36. */
    void (*round)(qk_dilithium_poly *high, qk_dilithium_poly *low, unsigned d);
    void (*decompose)(qk_dilithium_poly *high, qk_dilithium_poly *low, int32_t gamma2);
    /* ones[i] = 1 where a hint is needed for low and high parts; their number. Source: FIPS 204, algorithm 39. */
    uint32_t (*make_hint)(uint8_t ones[QK_DILITHIUM_N], const qk_dilithium_poly *low, const qk_dilithium_poly *high,
                          int32_t gamma2);
    /* 0 .. q-1 -> its high parts, corrected. Source: FIPS 204, algorithm 40. */
    void (*use_hint)(qk_dilithium_poly *f, const uint8_t ones[QK_DILITHIUM_N], int32_t gamma2);

    /* 3 bytes give a candidate of 23 bits; those below q are kept. Returns how many are there now, `have` before. */
    size_t (*uniform)(qk_dilithium_poly *f, size_t have, const uint8_t *bytes, size_t len);
    /* Two candidates from each byte of a stream: eta minus a small number, and whether that number is in range. */
    void (*candidates)(int8_t *out, uint8_t *kept, const uint8_t *bytes, size_t len, qk_dilithium_rule rule, int eta);
    /* Keeps candidates[i] where kept[i] is 1, after the first `have`, until 256 are there. `count`: a multiple of 8. */
    size_t (*keep)(qk_dilithium_poly *f, size_t have, const int8_t *candidates, const uint8_t *kept, size_t count);

    /* 32 * width bytes of numbers 0 .. 2^width - 1; width 3, 4, 6, 9, 10, 13, 14, 18 or 20. */
    void (*pack)(uint8_t *out, const qk_dilithium_poly *f, unsigned width);
    void (*unpack)(qk_dilithium_poly *f, const uint8_t *bytes, unsigned width);
} qk_dilithium_ops;

/* 1753^(bit-reversed i) * 2^32 mod q, centred. */
extern const int32_t qk_dilithium_zetas[QK_DILITHIUM_N];

/* What pack and unpack know, for widths.h. */
#define QK_DILITHIUM_WIDTHS(CASE) CASE(3) CASE(4) CASE(6) CASE(9) CASE(10) CASE(13) CASE(14) CASE(18) CASE(20)

extern const qk_dilithium_ops qk_dilithium_portable;
#ifdef QK_LATTICE_X86
extern const qk_dilithium_ops qk_dilithium_avx2;
void qk_dilithium_avx2_init(void); /* lays out its zetas; once */
#endif

/* a * 2^-32 mod q, below q in size, for a below 2^31 * q. */
static inline int32_t qk_dilithium_montgomery(int64_t a)
{
    int32_t t = (int32_t)((uint32_t)a * (uint32_t)QK_DILITHIUM_Q_INVERSE);

    return (int32_t)((a - (int64_t)t * QK_DILITHIUM_Q) >> 32);
}

#endif
