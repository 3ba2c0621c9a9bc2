/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to each coefficient alone. Plain loops, that a compiler turns into whatever vectors the including file
 * is compiled for: so each instruction set includes them and has its own. What needs more thought than that
 * (transforms, products, rejection, packing) is written out in the including files. All branch-free. Source: FIPS 204,
 * section 7.4, and lattice algorithms of rounds 2 and 3, which share it. */
#include "crypto/lattice/dilithium_poly.h"

static void add(qk_dilithium_poly *f, const qk_dilithium_poly *g)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] += g->c[i];
}

static void subtract(qk_dilithium_poly *f, const qk_dilithium_poly *g)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] -= g->c[i];
}

static void flip(qk_dilithium_poly *f, int32_t from)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] = from - f->c[i];
}

static void shift(qk_dilithium_poly *f, unsigned bits)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] = (int32_t)((uint32_t)f->c[i] << bits);
}

static void reduce(qk_dilithium_poly *f)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] -= ((f->c[i] + (1 << 22)) >> 23) * QK_DILITHIUM_Q;
}

static void positive(qk_dilithium_poly *f)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        f->c[i] += (f->c[i] >> 31) & QK_DILITHIUM_Q;
}

/* The sign of a coefficient must not show: its size is taken without a branch, and all are looked at. */
static uint32_t exceeds(const qk_dilithium_poly *f, int32_t bound)
{
    uint32_t any = 0;

    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int32_t sign = f->c[i] >> 31;
        int32_t size = (f->c[i] ^ sign) - sign;

        any |= (uint32_t)(bound - 1 - size);
    }
    return any >> 31;
}

static void round_power(qk_dilithium_poly *high, qk_dilithium_poly *low, unsigned d)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int32_t r = high->c[i], r1 = (r + (1 << (d - 1)) - 1) >> d;

        high->c[i] = r1;
        low->c[i] = r - (int32_t)((uint32_t)r1 << d);
    }
}

/* Divides by 2 * gamma2 = (q - 1) / 16 or (q - 1) / 44 by multiplying; proved for all r by the test. */
static inline int32_t high_of_16(int32_t r)
{
    return ((((r + 127) >> 7) * 1025 + (1 << 21)) >> 22) & 15;
}

static inline int32_t high_of_44(int32_t r)
{
    int32_t r1 = (((r + 127) >> 7) * 11275 + (1 << 23)) >> 24;

    return r1 & ~((43 - r1) >> 31);
}

static inline int32_t low_of(int32_t r, int32_t r1, int32_t gamma2)
{
    int32_t r0 = r - r1 * 2 * gamma2;

    return r0 - ((((QK_DILITHIUM_Q - 1) / 2 - r0) >> 31) & QK_DILITHIUM_Q);
}

enum { GAMMA2_OF_44 = (QK_DILITHIUM_Q - 1) / 88, GAMMA2_OF_16 = (QK_DILITHIUM_Q - 1) / 32 };

static void decompose(qk_dilithium_poly *high, qk_dilithium_poly *low, int32_t gamma2)
{
    if (gamma2 == GAMMA2_OF_44) {
        for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
            int32_t r = high->c[i];

            high->c[i] = high_of_44(r);
            low->c[i] = low_of(r, high->c[i], GAMMA2_OF_44);
        }
        return;
    }
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int32_t r = high->c[i];

        high->c[i] = high_of_16(r);
        low->c[i] = low_of(r, high->c[i], GAMMA2_OF_16);
    }
}

static uint32_t make_hint(uint8_t ones[QK_DILITHIUM_N], const qk_dilithium_poly *low, const qk_dilithium_poly *high,
                          int32_t gamma2)
{
    uint32_t count = 0;

    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int32_t v = low->c[i], w1 = high->c[i];
        uint32_t above = (uint32_t)(gamma2 - v) >> 31, below = (uint32_t)(v + gamma2) >> 31;
        uint32_t edge = (uint32_t)((v + gamma2) | -(v + gamma2)) >> 31; /* 0 if v = -gamma2 */
        uint32_t one = above | below | ((edge ^ 1) & ((uint32_t)-w1 >> 31));

        ones[i] = (uint8_t)one;
        count += one;
    }
    return count;
}

static void use_hint(qk_dilithium_poly *f, const uint8_t ones[QK_DILITHIUM_N], int32_t gamma2)
{
    if (gamma2 == GAMMA2_OF_44) {
        for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
            int32_t r1 = high_of_44(f->c[i]), r0 = low_of(f->c[i], r1, GAMMA2_OF_44);
            int32_t step = r0 > 0 ? 1 : -1, to = r1 + step * ones[i];

            to += (to >> 31) & 44;
            f->c[i] = to & ~((43 - to) >> 31);
        }
        return;
    }
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int32_t r1 = high_of_16(f->c[i]), r0 = low_of(f->c[i], r1, GAMMA2_OF_16);
        int32_t step = r0 > 0 ? 1 : -1;

        f->c[i] = (r1 + step * ones[i]) & 15;
    }
}

/* Low bits first. For nibbles and eta 2 the number is taken modulo 5 without dividing: v - 5 * floor(205 v / 1024). */
static inline __attribute__((always_inline)) void candidates_of(int8_t *out, uint8_t *kept, const uint8_t *bytes,
                                                                size_t len, unsigned high_shift, unsigned mask,
                                                                unsigned limit, bool modulo, int eta)
{
    for (size_t i = 0; i < len; i++) {
        uint16_t v[2] = { (uint16_t)(bytes[i] & mask), (uint16_t)(bytes[i] >> high_shift) };

        for (unsigned j = 0; j < 2; j++) {
            kept[2 * i + j] = (uint8_t)((uint16_t)(v[j] - limit) >> 15);
            if (modulo)
                v[j] = (uint16_t)(v[j] - 5 * ((205 * v[j]) >> 10));
            out[2 * i + j] = (int8_t)(eta - v[j]);
        }
    }
}

static void candidates(int8_t *out, uint8_t *kept, const uint8_t *bytes, size_t len, qk_dilithium_rule rule, int eta)
{
    if (rule == QK_DILITHIUM_THREE_BITS)
        candidates_of(out, kept, bytes, len, 5, 7, (unsigned)(2 * eta + 1), false, eta);
    else if (rule == QK_DILITHIUM_NIBBLES)
        candidates_of(out, kept, bytes, len, 4, 15, (unsigned)(2 * eta + 1), false, eta);
    else
        candidates_of(out, kept, bytes, len, 4, 15, 15, true, eta);
}

/* Their places in the table. */
#define DILITHIUM_LOOPS                                                                                                \
    .add = add, .subtract = subtract, .flip = flip, .shift = shift, .reduce = reduce, .positive = positive,            \
    .exceeds = exceeds, .round = round_power, .decompose = decompose, .make_hint = make_hint, .use_hint = use_hint,    \
    .candidates = candidates
