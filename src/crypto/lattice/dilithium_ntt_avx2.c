/* SPDX-License-Identifier: Apache-2.0 */
/* Transforms of eight lanes of 32 bits. A polynomial is 32 registers. The three widest layers join registers 16, 8 and
 * 4 apart; what is left are four blocks of eight registers (64 coefficients) each: two layers join registers 2 and 1
 * apart, then the block is transposed as an 8 x 8 square, and the last three layers join registers again, with a zeta
 * for each lane. The square stays transposed: that is this table's order of transformed polynomials.
 *
 * Sizes grow as in dilithium_poly.c. The zetas are laid out once, from where each coefficient of a block goes. */
#include "crypto/lattice/dilithium_avx2.h"

#include <immintrin.h>

/* A factor and the same times q^-1 mod 2^32. */
typedef struct zeta8 {
    _Alignas(32) int32_t z[8], zq[8];
} zeta8;

typedef struct zeta_tables {
    int32_t wide[32], wide_q[32]; /* of the five wide layers, as they are numbered in the standard */
    zeta8 narrow[4][7];           /* of a block's last three layers: one, two and four of them */
} zeta_tables;

static zeta_tables forward, backward;

static int32_t times_q_inverse(int32_t a)
{
    return (int32_t)((uint32_t)a * (uint32_t)QK_DILITHIUM_Q_INVERSE);
}

/* The zeta of a group in the layer of `groups` groups; the inverse transform takes them from the other end. */
static int32_t zeta_of(bool back, unsigned groups, unsigned group)
{
    return back ? -qk_dilithium_zetas[2 * groups - 1 - group] : qk_dilithium_zetas[groups + group];
}

static void lay_out(zeta_tables *out, bool back)
{
    for (unsigned groups = 1; groups < 32; groups *= 2) {
        for (unsigned group = 0; group < groups; group++) {
            out->wide[groups + group] = zeta_of(back, groups, group);
            out->wide_q[groups + group] = times_q_inverse(out->wide[groups + group]);
        }
    }
    for (unsigned block = 0; block < 4; block++) {
        for (unsigned lane = 0; lane < 8; lane++) {
            unsigned eights = block * 8 + lane, row = 0; /* after transposing, a lane is eight neighbours */

            for (unsigned parts = 1; parts < 8; parts *= 2) {
                for (unsigned part = 0; part < parts; part++, row++) {
                    int32_t zeta = zeta_of(back, 32 * parts, eights * parts + part);

                    out->narrow[block][row].z[lane] = zeta;
                    out->narrow[block][row].zq[lane] = times_q_inverse(zeta);
                }
            }
        }
    }
}

void qk_dilithium_avx2_init(void)
{
    lay_out(&forward, false);
    lay_out(&backward, true);
}

/* A factor in registers, for even and odd lanes. */
typedef struct factor {
    __m256i even, even_q, odd, odd_q;
} factor;

static inline __attribute__((always_inline)) __m256i odd_lanes(__m256i a)
{
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(a)));
}

static inline __attribute__((always_inline)) factor factor_of(const zeta8 *zeta)
{
    __m256i z = _mm256_load_si256((const __m256i *)(const void *)zeta->z);
    __m256i zq = _mm256_load_si256((const __m256i *)(const void *)zeta->zq);

    return (factor){ z, zq, odd_lanes(z), odd_lanes(zq) };
}

static inline __attribute__((always_inline)) factor same_factor(int32_t z, int32_t zq)
{
    __m256i all = _mm256_set1_epi32(z), all_q = _mm256_set1_epi32(zq);

    return (factor){ all, all_q, all, all_q };
}

static inline __attribute__((always_inline)) factor wide_factor(const zeta_tables *tables, unsigned number)
{
    return same_factor(tables->wide[number], tables->wide_q[number]);
}

/* The high halves of even - odd lanes' 64-bit results, side by side. */
static inline __attribute__((always_inline)) __m256i high_halves(__m256i even, __m256i odd)
{
    return _mm256_blend_epi32(odd_lanes(even), odd, 0xaa);
}

/* a * factor * 2^-32 mod q. */
static inline __attribute__((always_inline)) __m256i times(__m256i a, factor by)
{
    const __m256i q = _mm256_set1_epi32(QK_DILITHIUM_Q);
    __m256i a_odd = odd_lanes(a);
    __m256i even = _mm256_mul_epi32(_mm256_mul_epi32(a, by.even_q), q);
    __m256i odd = _mm256_mul_epi32(_mm256_mul_epi32(a_odd, by.odd_q), q);

    even = _mm256_sub_epi64(_mm256_mul_epi32(a, by.even), even);
    odd = _mm256_sub_epi64(_mm256_mul_epi32(a_odd, by.odd), odd);
    return high_halves(even, odd);
}

static inline __attribute__((always_inline)) void down(__m256i *a, __m256i *b, factor zeta)
{
    __m256i t = times(*b, zeta);

    *b = _mm256_sub_epi32(*a, t);
    *a = _mm256_add_epi32(*a, t);
}

static inline __attribute__((always_inline)) void up(__m256i *a, __m256i *b, factor zeta)
{
    __m256i t = _mm256_sub_epi32(*a, *b);

    *a = _mm256_add_epi32(*a, *b);
    *b = times(t, zeta);
}

static inline __attribute__((always_inline)) void transpose(__m256i v[8])
{
    __m256i t[8], u[8];

#pragma GCC unroll 4
    for (unsigned i = 0; i < 8; i += 2) {
        t[i] = _mm256_unpacklo_epi32(v[i], v[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(v[i], v[i + 1]);
    }
#pragma GCC unroll 2
    for (unsigned i = 0; i < 8; i += 4) {
        u[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        u[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        u[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        u[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++) {
        v[i] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x20);
        v[i + 4] = _mm256_permute2x128_si256(u[i], u[i + 4], 0x31);
    }
}

static inline __attribute__((always_inline)) void load(__m256i v[8], const qk_dilithium_poly *f, unsigned first,
                                                       unsigned step)
{
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        v[i] = _mm256_load_si256((const __m256i *)(const void *)&f->c[8 * (first + step * i)]);
}

static inline __attribute__((always_inline)) void store(const __m256i v[8], qk_dilithium_poly *f, unsigned first,
                                                        unsigned step)
{
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        _mm256_store_si256((__m256i *)(void *)&f->c[8 * (first + step * i)], v[i]);
}

/* Three layers over eight registers: joined 4, 2 and 1 apart. FACTOR(layer, i): of the i-th group of a layer. */
#define THREE_DOWN(v, FACTOR)                                                                                          \
    do {                                                                                                               \
        _Pragma("GCC unroll 4") for (unsigned i = 0; i < 4; i++) down(&v[i], &v[i + 4], FACTOR(1, 0));                 \
        _Pragma("GCC unroll 2") for (unsigned i = 0; i < 2; i++)                                                       \
        {                                                                                                              \
            down(&v[i], &v[i + 2], FACTOR(2, 0));                                                                      \
            down(&v[i + 4], &v[i + 6], FACTOR(2, 1));                                                                  \
        }                                                                                                              \
        _Pragma("GCC unroll 4") for (unsigned i = 0; i < 4; i++) down(&v[2 * i], &v[2 * i + 1], FACTOR(4, i));         \
    } while (0)

#define THREE_UP(v, FACTOR)                                                                                            \
    do {                                                                                                               \
        _Pragma("GCC unroll 4") for (unsigned i = 0; i < 4; i++) up(&v[2 * i], &v[2 * i + 1], FACTOR(4, i));           \
        _Pragma("GCC unroll 2") for (unsigned i = 0; i < 2; i++)                                                       \
        {                                                                                                              \
            up(&v[i], &v[i + 2], FACTOR(2, 0));                                                                        \
            up(&v[i + 4], &v[i + 6], FACTOR(2, 1));                                                                    \
        }                                                                                                              \
        _Pragma("GCC unroll 4") for (unsigned i = 0; i < 4; i++) up(&v[i], &v[i + 4], FACTOR(1, 0));                   \
    } while (0)

void qk_dilithium_avx2_ntt(qk_dilithium_poly *f)
{
    __m256i v[8];

    for (unsigned first = 0; first < 4; first++) {
#define WIDE(layer, i) wide_factor(&forward, (layer) + (i))
        load(v, f, first, 4);
        THREE_DOWN(v, WIDE);
        store(v, f, first, 4);
#undef WIDE
    }
    for (unsigned block = 0; block < 4; block++) {
        load(v, f, 8 * block, 1);
#pragma GCC unroll 2
        for (unsigned i = 0; i < 2; i++) {
            down(&v[4 * i], &v[4 * i + 2], wide_factor(&forward, 8 + 2 * block + i));
            down(&v[4 * i + 1], &v[4 * i + 3], wide_factor(&forward, 8 + 2 * block + i));
            down(&v[4 * i], &v[4 * i + 1], wide_factor(&forward, 16 + 4 * block + 2 * i));
            down(&v[4 * i + 2], &v[4 * i + 3], wide_factor(&forward, 17 + 4 * block + 2 * i));
        }
        transpose(v);
#define NARROW(layer, i) factor_of(&forward.narrow[block][(layer)-1 + (i)])
        THREE_DOWN(v, NARROW);
#undef NARROW
        store(v, f, 8 * block, 1);
    }
}

void qk_dilithium_avx2_inverse(qk_dilithium_poly *f)
{
    const factor last = same_factor(QK_DILITHIUM_INVERSE_FACTOR, times_q_inverse(QK_DILITHIUM_INVERSE_FACTOR));
    __m256i v[8];

    for (unsigned block = 0; block < 4; block++) {
        load(v, f, 8 * block, 1);
#define NARROW(layer, i) factor_of(&backward.narrow[block][(layer)-1 + (i)])
        THREE_UP(v, NARROW);
#undef NARROW
        transpose(v);
#pragma GCC unroll 2
        for (unsigned i = 0; i < 2; i++) {
            up(&v[4 * i], &v[4 * i + 1], wide_factor(&backward, 16 + 4 * block + 2 * i));
            up(&v[4 * i + 2], &v[4 * i + 3], wide_factor(&backward, 17 + 4 * block + 2 * i));
            up(&v[4 * i], &v[4 * i + 2], wide_factor(&backward, 8 + 2 * block + i));
            up(&v[4 * i + 1], &v[4 * i + 3], wide_factor(&backward, 8 + 2 * block + i));
        }
        store(v, f, 8 * block, 1);
    }
    for (unsigned first = 0; first < 4; first++) {
#define WIDE(layer, i) wide_factor(&backward, (layer) + (i))
        load(v, f, first, 4);
        THREE_UP(v, WIDE);
#undef WIDE
#pragma GCC unroll 8
        for (unsigned i = 0; i < 8; i++)
            v[i] = times(v[i], last);
        store(v, f, first, 4);
    }
}

void qk_dilithium_avx2_order(qk_dilithium_poly *f)
{
    __m256i v[8];

    for (unsigned block = 0; block < 4; block++) {
        load(v, f, 8 * block, 1);
        transpose(v);
        store(v, f, 8 * block, 1);
    }
}

void qk_dilithium_avx2_multiply(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g)
{
    qk_dilithium_avx2_row(out, f, g, 1);
}

/* A 64-bit sum -> its 2^-32-fold modulo q, in the high half. */
static inline __attribute__((always_inline)) __m256i montgomery(__m256i sum)
{
    const __m256i q = _mm256_set1_epi32(QK_DILITHIUM_Q), q_inverse = _mm256_set1_epi32(QK_DILITHIUM_Q_INVERSE);

    return _mm256_sub_epi64(sum, _mm256_mul_epi32(_mm256_mul_epi32(sum, q_inverse), q));
}

void qk_dilithium_avx2_row(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g, size_t count)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i += 8) {
        __m256i even = _mm256_setzero_si256(), odd = even;

        for (size_t j = 0; j < count; j++) {
            __m256i a = _mm256_load_si256((const __m256i *)(const void *)&f[j].c[i]);
            __m256i b = _mm256_load_si256((const __m256i *)(const void *)&g[j].c[i]);

            even = _mm256_add_epi64(even, _mm256_mul_epi32(a, b));
            odd = _mm256_add_epi64(odd, _mm256_mul_epi32(odd_lanes(a), odd_lanes(b)));
        }
        _mm256_store_si256((__m256i *)(void *)&out->c[i], high_halves(montgomery(even), montgomery(odd)));
    }
}
