/* SPDX-License-Identifier: Apache-2.0 */
/* Transforms of sixteen lanes of 16 bits. A polynomial is 16 registers. The four widest layers join registers 8, 4, 2
 * and 1 apart. The last three work inside registers: two neighbours swap halves, so that one holds all lower and the
 * other all upper members of a layer's groups; then quarters, then eighths. There they stay: pairs of coefficients lie
 * side by side, as products want them, in an order that is this table's own. Each swap undoes itself.
 *
 * To know which zeta belongs to which lane, the start-up sends the numbers 0 to 255 through the same swaps. */
#include "crypto/lattice/kyber_avx2.h"

#include <immintrin.h>
#include <stdbool.h>

/* Factors for the sixteen lanes, and the same times q^-1 mod 2^16. */
typedef struct zeta16 {
    _Alignas(32) int16_t z[16], zq[16];
} zeta16;

typedef struct zeta_tables {
    int16_t wide[16], wide_q[16]; /* of the four wide layers, as they are numbered in the standard */
    zeta16 narrow[3][8];          /* of the last three, for each pair of registers */
} zeta_tables;

static zeta_tables forward, backward;
static zeta16 pair_zetas[16]; /* of each register, in odd lanes */

static int16_t times_q_inverse(int16_t a)
{
    return (int16_t)((uint32_t)a * (uint32_t)QK_KYBER_Q_INVERSE);
}

static inline __attribute__((always_inline)) __m256i load1(const int16_t *from)
{
    return _mm256_load_si256((const __m256i *)(const void *)from);
}

static inline __attribute__((always_inline)) void store1(int16_t *to, __m256i v)
{
    _mm256_store_si256((__m256i *)(void *)to, v);
}

static inline __attribute__((always_inline)) void swap_halves(__m256i *a, __m256i *b)
{
    __m256i low = _mm256_permute2x128_si256(*a, *b, 0x20);

    *b = _mm256_permute2x128_si256(*a, *b, 0x31);
    *a = low;
}

static inline __attribute__((always_inline)) void swap_quarters(__m256i *a, __m256i *b)
{
    __m256i low = _mm256_unpacklo_epi64(*a, *b);

    *b = _mm256_unpackhi_epi64(*a, *b);
    *a = low;
}

static inline __attribute__((always_inline)) void swap_eighths(__m256i *a, __m256i *b)
{
    __m256i low = _mm256_blend_epi32(*a, _mm256_slli_epi64(*b, 32), 0xaa);

    *b = _mm256_blend_epi32(_mm256_srli_epi64(*a, 32), *b, 0xaa);
    *a = low;
}

static int16_t zeta_of(bool back, unsigned groups, unsigned group)
{
    return qk_kyber_zetas[back ? 2 * groups - 1 - group : groups + group];
}

/* `lower` holds, in each lane, the number of the coefficient there. */
static void lay_out_narrow(zeta16 *out, bool back, unsigned groups, __m256i lower)
{
    _Alignas(32) int16_t numbers[16];

    store1(numbers, lower);
    for (unsigned lane = 0; lane < 16; lane++) {
        out->z[lane] = zeta_of(back, groups, (uint16_t)numbers[lane] * groups / QK_KYBER_N);
        out->zq[lane] = times_q_inverse(out->z[lane]);
    }
}

static void lay_out_pairs(zeta16 *out, __m256i v)
{
    _Alignas(32) int16_t numbers[16];

    store1(numbers, v);
    for (unsigned lane = 1; lane < 16; lane += 2) {
        out->z[lane] = qk_kyber_pair_zetas[numbers[lane] / 2];
        out->zq[lane] = times_q_inverse(out->z[lane]);
    }
}

static void lay_out(zeta_tables *out, bool back)
{
    for (unsigned groups = 1; groups < 16; groups *= 2) {
        for (unsigned group = 0; group < groups; group++) {
            out->wide[groups + group] = zeta_of(back, groups, group);
            out->wide_q[groups + group] = times_q_inverse(out->wide[groups + group]);
        }
    }
    for (unsigned pair = 0; pair < 8; pair++) {
        _Alignas(32) int16_t numbers[32];
        __m256i a, b;

        for (unsigned i = 0; i < 32; i++)
            numbers[i] = (int16_t)(32 * pair + i);
        a = load1(numbers);
        b = load1(numbers + 16);
        swap_halves(&a, &b);
        lay_out_narrow(&out->narrow[0][pair], back, 16, a);
        swap_quarters(&a, &b);
        lay_out_narrow(&out->narrow[1][pair], back, 32, a);
        swap_eighths(&a, &b);
        lay_out_narrow(&out->narrow[2][pair], back, 64, a);
        lay_out_pairs(&pair_zetas[2 * pair], a);
        lay_out_pairs(&pair_zetas[2 * pair + 1], b);
    }
}

void qk_kyber_avx2_zetas_init(void)
{
    lay_out(&forward, false);
    lay_out(&backward, true);
}

/* a * z * 2^-16 mod q. */
static inline __attribute__((always_inline)) __m256i times(__m256i a, __m256i z, __m256i zq)
{
    const __m256i q = _mm256_set1_epi16(QK_KYBER_Q);

    return _mm256_sub_epi16(_mm256_mulhi_epi16(a, z), _mm256_mulhi_epi16(_mm256_mullo_epi16(a, zq), q));
}

static inline __attribute__((always_inline)) __m256i reduced(__m256i a)
{
    const __m256i q = _mm256_set1_epi16(QK_KYBER_Q), barrett = _mm256_set1_epi16(QK_KYBER_BARRETT);
    __m256i t = _mm256_srai_epi16(_mm256_mulhi_epi16(a, barrett), 10);

    return _mm256_sub_epi16(a, _mm256_mullo_epi16(t, q));
}

static inline __attribute__((always_inline)) void down(__m256i *a, __m256i *b, __m256i z, __m256i zq)
{
    __m256i t = times(*b, z, zq);

    *b = _mm256_sub_epi16(*a, t);
    *a = _mm256_add_epi16(*a, t);
}

static inline __attribute__((always_inline)) void up(__m256i *a, __m256i *b, __m256i z, __m256i zq)
{
    __m256i t = _mm256_sub_epi16(*b, *a);

    *a = _mm256_add_epi16(*a, *b);
    *b = times(t, z, zq);
}

#define WIDE(tables, number)        _mm256_set1_epi16((tables).wide[number]), _mm256_set1_epi16((tables).wide_q[number])
#define NARROW(tables, layer, pair) load1((tables).narrow[layer][pair].z), load1((tables).narrow[layer][pair].zq)

/* The widest three layers: registers `first`, first + 2, ... first + 14. */
static inline __attribute__((always_inline)) void wide_down(qk_kyber_poly *f, unsigned first)
{
    __m256i v[8];

#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        v[i] = load1(&f->c[16 * (first + 2 * i)]);
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++)
        down(&v[i], &v[i + 4], WIDE(forward, 1));
#pragma GCC unroll 2
    for (unsigned i = 0; i < 2; i++) {
        down(&v[i], &v[i + 2], WIDE(forward, 2));
        down(&v[i + 4], &v[i + 6], WIDE(forward, 3));
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++)
        down(&v[2 * i], &v[2 * i + 1], WIDE(forward, 4 + i));
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        store1(&f->c[16 * (first + 2 * i)], v[i]);
}

void qk_kyber_avx2_ntt(qk_kyber_poly *f)
{
    wide_down(f, 0);
    wide_down(f, 1);
    for (unsigned pair = 0; pair < 8; pair++) {
        __m256i a = load1(&f->c[32 * pair]), b = load1(&f->c[32 * pair + 16]);

        down(&a, &b, WIDE(forward, 8 + pair));
        swap_halves(&a, &b);
        down(&a, &b, NARROW(forward, 0, pair));
        swap_quarters(&a, &b);
        down(&a, &b, NARROW(forward, 1, pair));
        swap_eighths(&a, &b);
        down(&a, &b, NARROW(forward, 2, pair));
        store1(&f->c[32 * pair], reduced(a));
        store1(&f->c[32 * pair + 16], reduced(b));
    }
}

/* The sums of three layers are reduced, then those of three more. */
static inline __attribute__((always_inline)) void wide_up(qk_kyber_poly *f, unsigned first)
{
    const __m256i last = _mm256_set1_epi16(QK_KYBER_INVERSE_FACTOR);
    const __m256i last_q = _mm256_set1_epi16((int16_t)(QK_KYBER_INVERSE_FACTOR * QK_KYBER_Q_INVERSE));
    __m256i v[8];

#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        v[i] = load1(&f->c[16 * (first + 2 * i)]);
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++)
        up(&v[2 * i], &v[2 * i + 1], WIDE(backward, 4 + i));
#pragma GCC unroll 2
    for (unsigned i = 0; i < 2; i++) {
        up(&v[i], &v[i + 2], WIDE(backward, 2));
        up(&v[i + 4], &v[i + 6], WIDE(backward, 3));
    }
#pragma GCC unroll 4
    for (unsigned i = 0; i < 8; i++)
        v[i] = reduced(v[i]);
#pragma GCC unroll 4
    for (unsigned i = 0; i < 4; i++)
        up(&v[i], &v[i + 4], WIDE(backward, 1));
#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++)
        store1(&f->c[16 * (first + 2 * i)], times(v[i], last, last_q));
}

void qk_kyber_avx2_inverse(qk_kyber_poly *f)
{
    for (unsigned pair = 0; pair < 8; pair++) {
        __m256i a = load1(&f->c[32 * pair]), b = load1(&f->c[32 * pair + 16]);

        up(&a, &b, NARROW(backward, 2, pair));
        swap_eighths(&a, &b);
        up(&a, &b, NARROW(backward, 1, pair));
        swap_quarters(&a, &b);
        up(&a, &b, NARROW(backward, 0, pair));
        swap_halves(&a, &b);
        a = reduced(a);
        b = reduced(b);
        up(&a, &b, WIDE(backward, 8 + pair));
        store1(&f->c[32 * pair], a);
        store1(&f->c[32 * pair + 16], b);
    }
    wide_up(f, 0);
    wide_up(f, 1);
}

static inline __attribute__((always_inline)) void reorder(qk_kyber_poly *f, bool back)
{
    for (unsigned pair = 0; pair < 8; pair++) {
        __m256i a = load1(&f->c[32 * pair]), b = load1(&f->c[32 * pair + 16]);

        if (back)
            swap_eighths(&a, &b);
        else
            swap_halves(&a, &b);
        swap_quarters(&a, &b);
        if (back)
            swap_halves(&a, &b);
        else
            swap_eighths(&a, &b);
        store1(&f->c[32 * pair], a);
        store1(&f->c[32 * pair + 16], b);
    }
}

void qk_kyber_avx2_order(qk_kyber_poly *f)
{
    reorder(f, false);
}

void qk_kyber_avx2_unorder(qk_kyber_poly *f)
{
    reorder(f, true);
}

void qk_kyber_avx2_factor(qk_kyber_factor *out, const qk_kyber_poly *g)
{
    for (unsigned i = 0; i < 16; i++) {
        __m256i v = load1(&g->c[16 * i]), product = times(v, load1(pair_zetas[i].z), load1(pair_zetas[i].zq));

        store1(&out->straight.c[16 * i], _mm256_blend_epi16(v, product, 0xaa));
        store1(&out->crossed.c[16 * i], _mm256_or_si256(_mm256_slli_epi32(v, 16), _mm256_srli_epi32(v, 16)));
    }
}

/* Sums of 32 bits; then the reduction of both at once: low words of `straight` sums beside those of `crossed` ones. */
void qk_kyber_avx2_row(qk_kyber_poly *out, const qk_kyber_poly *f, const qk_kyber_factor *g, size_t count)
{
    const __m256i q = _mm256_set1_epi16(QK_KYBER_Q), q_inverse = _mm256_set1_epi16(QK_KYBER_Q_INVERSE);

    for (unsigned i = 0; i < QK_KYBER_N; i += 16) {
        __m256i straight = _mm256_setzero_si256(), crossed = straight, low, high;

        for (size_t j = 0; j < count; j++) {
            __m256i v = load1(&f[j].c[i]);

            straight = _mm256_add_epi32(straight, _mm256_madd_epi16(v, load1(&g[j].straight.c[i])));
            crossed = _mm256_add_epi32(crossed, _mm256_madd_epi16(v, load1(&g[j].crossed.c[i])));
        }
        low = _mm256_blend_epi16(straight, _mm256_slli_epi32(crossed, 16), 0xaa);
        high = _mm256_blend_epi16(_mm256_srli_epi32(straight, 16), crossed, 0xaa);
        low = _mm256_mulhi_epi16(_mm256_mullo_epi16(low, q_inverse), q);
        store1(&out->c[i], _mm256_sub_epi16(high, low));
    }
}
