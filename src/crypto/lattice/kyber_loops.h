/* SPDX-License-Identifier: Apache-2.0 */
/* What is done to each coefficient alone, for each instruction set to include (see dilithium_loops.h). Branch-free, and
 * without division, which would take a time that depends on the number. */
#include "crypto/lattice/kyber_poly.h"

static void add(qk_kyber_poly *f, const qk_kyber_poly *g)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = (int16_t)(f->c[i] + g->c[i]);
}

static void subtract(qk_kyber_poly *f, const qk_kyber_poly *g)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = (int16_t)(f->c[i] - g->c[i]);
}

static void unproduct(qk_kyber_poly *f)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = qk_kyber_montgomery(f->c[i] * QK_KYBER_R2);
}

static void canonical(qk_kyber_poly *f)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++) {
        int16_t r = (int16_t)(qk_kyber_barrett(f->c[i]) - QK_KYBER_Q); /* -q .. 0 */

        f->c[i] = (int16_t)(r + ((r >> 15) & QK_KYBER_Q));
    }
}

/* 2^d x / q, rounded: a multiplication by 2^43 / q in two parts, so that 32 bits hold all. Proved for all x by the
 * test. */
static void compress(qk_kyber_poly *f, unsigned d)
{
    enum { HIGH = 40317, LOW = 47936 };

    for (unsigned i = 0; i < QK_KYBER_N; i++) {
        uint32_t x = (uint16_t)f->c[i], scaled = x * HIGH + ((x * LOW) >> 16);

        f->c[i] = (int16_t)(((scaled + (1u << (26 - d))) >> (27 - d)) & ((1u << d) - 1));
    }
}

static void decompress(qk_kyber_poly *f, unsigned d)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = (int16_t)((f->c[i] * QK_KYBER_Q + (1 << (d - 1))) >> d);
}

/* Six bits a coefficient: three and three. Sums of bits are made for a whole word at once. */
static void noise3(qk_kyber_poly *f, const uint8_t *bytes)
{
    for (unsigned i = 0; i < QK_KYBER_N / 4; i++) {
        uint32_t word = bytes[3 * i] | (uint32_t)bytes[3 * i + 1] << 8 | (uint32_t)bytes[3 * i + 2] << 16;
        uint32_t sums = (word & 0x249249) + ((word >> 1) & 0x249249) + ((word >> 2) & 0x249249);

        for (unsigned j = 0; j < 4; j++)
            f->c[4 * i + j] = (int16_t)((int)(sums >> (6 * j) & 7) - (int)(sums >> (6 * j + 3) & 7));
    }
}

/* Their places in the table. */
#define KYBER_LOOPS                                                                                                    \
    .add = add, .subtract = subtract, .unproduct = unproduct, .canonical = canonical, .compress = compress,            \
    .decompress = decompress
