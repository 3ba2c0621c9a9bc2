/* SPDX-License-Identifier: Apache-2.0 */
/* The portable table. */
#include "crypto/lattice/dilithium_poly.h"

#include "crypto/lattice/bits.h"
#include "crypto/lattice/dilithium_loops.h"

/* No reduction between the eight layers: each adds at most q to the size of a coefficient, and 9q < 2^31. */
static void ntt(qk_dilithium_poly *f)
{
    unsigned k = 0;

    for (unsigned len = 128; len > 0; len /= 2) {
        for (unsigned start = 0; start < QK_DILITHIUM_N; start += 2 * len) {
            int64_t zeta = qk_dilithium_zetas[++k];

            for (unsigned j = start; j < start + len; j++) {
                int32_t t = qk_dilithium_montgomery(zeta * f->c[j + len]);

                f->c[j + len] = f->c[j] - t;
                f->c[j] += t;
            }
        }
    }
}

/* Sums double with each layer: 256q < 2^31, just. */
static void inverse(qk_dilithium_poly *f)
{
    unsigned k = QK_DILITHIUM_N;

    for (unsigned len = 1; len < QK_DILITHIUM_N; len *= 2) {
        for (unsigned start = 0; start < QK_DILITHIUM_N; start += 2 * len) {
            int64_t zeta = -qk_dilithium_zetas[--k];

            for (unsigned j = start; j < start + len; j++) {
                int32_t t = f->c[j];

                f->c[j] = t + f->c[j + len];
                f->c[j + len] = qk_dilithium_montgomery(zeta * (t - f->c[j + len]));
            }
        }
    }
    for (unsigned j = 0; j < QK_DILITHIUM_N; j++)
        f->c[j] = qk_dilithium_montgomery((int64_t)QK_DILITHIUM_INVERSE_FACTOR * f->c[j]);
}

/* The standard's order is the portable one. */
static void order(qk_dilithium_poly *f)
{
    (void)f;
}

static void multiply(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++)
        out->c[i] = qk_dilithium_montgomery((int64_t)f->c[i] * g->c[i]);
}

/* The sum of 7 products of 9q and q is below 2^31 * q, so one reduction serves all. */
static void row(qk_dilithium_poly *out, const qk_dilithium_poly *f, const qk_dilithium_poly *g, size_t count)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        int64_t sum = 0;

        for (size_t j = 0; j < count; j++)
            sum += (int64_t)f[j].c[i] * g[j].c[i];
        out->c[i] = qk_dilithium_montgomery(sum);
    }
}

static size_t uniform(qk_dilithium_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    for (; len >= 3 && have < QK_DILITHIUM_N; bytes += 3, len -= 3) {
        int32_t v = bytes[0] | bytes[1] << 8 | (bytes[2] & 0x7f) << 16;

        f->c[have] = v;
        have += v < QK_DILITHIUM_Q;
    }
    return have;
}

static size_t keep(qk_dilithium_poly *f, size_t have, const int8_t *candidates, const uint8_t *kept, size_t count)
{
    for (size_t i = 0; i < count && have < QK_DILITHIUM_N; i++) {
        f->c[have] = candidates[i];
        have += kept[i];
    }
    return have;
}

static inline __attribute__((always_inline)) void pack_all(uint8_t *out, const qk_dilithium_poly *f, unsigned width)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i += 8)
        qk_bits_pack8(out + i / 8 * width, (const uint32_t *)f->c + i, width);
}

static inline __attribute__((always_inline)) void unpack_all(qk_dilithium_poly *f, const uint8_t *bytes, unsigned width)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i += 8)
        qk_bits_unpack8((uint32_t *)f->c + i, bytes + i / 8 * width, width);
}

#define POLY   qk_dilithium_poly
#define WIDTHS QK_DILITHIUM_WIDTHS
#include "crypto/lattice/widths.h"

const qk_dilithium_ops qk_dilithium_portable = {
    .ntt = ntt,
    .inverse = inverse,
    .order = order,
    .multiply = multiply,
    .row = row,
    DILITHIUM_LOOPS,
    .uniform = uniform,
    .keep = keep,
    .pack = pack,
    .unpack = unpack,
};
