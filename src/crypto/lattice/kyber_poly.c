/* SPDX-License-Identifier: Apache-2.0 */
/* The portable table. */
#include "crypto/lattice/kyber_poly.h"

#include "crypto/ct.h"
#include "crypto/lattice/bits.h"
#include "crypto/lattice/kyber_loops.h"

static void reduce(qk_kyber_poly *f)
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = qk_kyber_barrett(f->c[i]);
}

/* Each of the seven layers adds at most q to the size of a coefficient, and 8q < 2^15. */
static void ntt(qk_kyber_poly *f)
{
    unsigned k = 0;

    for (unsigned len = 128; len > 1; len /= 2) {
        for (unsigned start = 0; start < QK_KYBER_N; start += 2 * len) {
            int32_t zeta = qk_kyber_zetas[++k];

            for (unsigned j = start; j < start + len; j++) {
                int16_t t = qk_kyber_montgomery(zeta * f->c[j + len]);

                f->c[j + len] = (int16_t)(f->c[j] - t);
                f->c[j] = (int16_t)(f->c[j] + t);
            }
        }
    }
    reduce(f);
}

/* Sums double with each layer: from q to 8q in three, then they are reduced. */
static void inverse(qk_kyber_poly *f)
{
    unsigned k = QK_KYBER_N / 2;

    for (unsigned len = 2; len < QK_KYBER_N; len *= 2) {
        for (unsigned start = 0; start < QK_KYBER_N; start += 2 * len) {
            int32_t zeta = qk_kyber_zetas[--k];

            for (unsigned j = start; j < start + len; j++) {
                int16_t t = f->c[j];

                f->c[j] = (int16_t)(t + f->c[j + len]);
                f->c[j + len] = qk_kyber_montgomery(zeta * (f->c[j + len] - t));
            }
        }
        if (len == 8 || len == 64)
            reduce(f);
    }
    for (unsigned j = 0; j < QK_KYBER_N; j++)
        f->c[j] = qk_kyber_montgomery(f->c[j] * QK_KYBER_INVERSE_FACTOR);
}

/* The standard's order is the portable one. */
static void order(qk_kyber_poly *f)
{
    (void)f;
}

static void factor(qk_kyber_factor *out, const qk_kyber_poly *g)
{
    for (unsigned i = 0; i < QK_KYBER_N / 2; i++) {
        out->straight.c[2 * i] = out->crossed.c[2 * i + 1] = g->c[2 * i];
        out->crossed.c[2 * i] = g->c[2 * i + 1];
        out->straight.c[2 * i + 1] = qk_kyber_montgomery(g->c[2 * i + 1] * qk_kyber_pair_zetas[i]);
    }
}

/* Eight products of q and q are below 2^15 * q, so one reduction serves all. */
static void row(qk_kyber_poly *out, const qk_kyber_poly *f, const qk_kyber_factor *g, size_t count)
{
    for (unsigned i = 0; i < QK_KYBER_N; i += 2) {
        int32_t straight = 0, crossed = 0;

        for (size_t j = 0; j < count; j++) {
            straight += f[j].c[i] * g[j].straight.c[i] + f[j].c[i + 1] * g[j].straight.c[i + 1];
            crossed += f[j].c[i] * g[j].crossed.c[i] + f[j].c[i + 1] * g[j].crossed.c[i + 1];
        }
        out->c[i] = qk_kyber_montgomery(straight);
        out->c[i + 1] = qk_kyber_montgomery(crossed);
    }
}

static void message(qk_kyber_poly *f, const uint8_t bytes[32])
{
    for (unsigned i = 0; i < QK_KYBER_N; i++)
        f->c[i] = (int16_t)((0 - qk_ct_hide(bytes[i / 8] >> i % 8 & 1)) & ((QK_KYBER_Q + 1) / 2));
}

/* Four bits a coefficient: two and two. */
static void noise2(qk_kyber_poly *f, const uint8_t *bytes)
{
    for (unsigned i = 0; i < QK_KYBER_N / 2; i++) {
        unsigned sums = (bytes[i] & 0x55u) + ((bytes[i] >> 1) & 0x55u);

        f->c[2 * i] = (int16_t)((int)(sums & 3) - (int)(sums >> 2 & 3));
        f->c[2 * i + 1] = (int16_t)((int)(sums >> 4 & 3) - (int)(sums >> 6));
    }
}

static void noise(qk_kyber_poly *f, const uint8_t *bytes, unsigned eta)
{
    if (eta == 2)
        noise2(f, bytes);
    else
        noise3(f, bytes);
}

static size_t uniform(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    for (; len >= 3 && have < QK_KYBER_N; bytes += 3, len -= 3) {
        int16_t low = (int16_t)(bytes[0] | (bytes[1] & 15) << 8), high = (int16_t)(bytes[1] >> 4 | bytes[2] << 4);

        f->c[have] = low;
        have += low < QK_KYBER_Q;
        if (have == QK_KYBER_N)
            break;
        f->c[have] = high;
        have += high < QK_KYBER_Q;
    }
    return have;
}

static size_t uniform_round2(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    for (; len >= 2 && have < QK_KYBER_N; bytes += 2, len -= 2) {
        uint32_t v = bytes[0] | (uint32_t)bytes[1] << 8;

        f->c[have] = (int16_t)(v % QK_KYBER_Q);
        have += v < 19 * QK_KYBER_Q;
    }
    return have;
}

static inline __attribute__((always_inline)) void pack_all(uint8_t *out, const qk_kyber_poly *f, unsigned width)
{
    for (unsigned i = 0; i < QK_KYBER_N; i += 8) {
        uint32_t numbers[8];

        for (unsigned j = 0; j < 8; j++)
            numbers[j] = (uint16_t)f->c[i + j];
        qk_bits_pack8(out + i / 8 * width, numbers, width);
    }
}

static inline __attribute__((always_inline)) void unpack_all(qk_kyber_poly *f, const uint8_t *bytes, unsigned width)
{
    for (unsigned i = 0; i < QK_KYBER_N; i += 8) {
        uint32_t numbers[8];

        qk_bits_unpack8(numbers, bytes + i / 8 * width, width);
        for (unsigned j = 0; j < 8; j++)
            f->c[i + j] = (int16_t)numbers[j];
    }
}

#define POLY   qk_kyber_poly
#define WIDTHS QK_KYBER_WIDTHS
#include "crypto/lattice/widths.h"

const qk_kyber_ops qk_kyber_portable = {
    .ntt = ntt,
    .inverse = inverse,
    .order = order,
    .unorder = order,
    .factor = factor,
    .row = row,
    KYBER_LOOPS,
    .pack = pack,
    .unpack = unpack,
    .message = message,
    .noise = noise,
    .uniform = uniform,
    .uniform_round2 = uniform_round2,
};
