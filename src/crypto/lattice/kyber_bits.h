/* SPDX-License-Identifier: Apache-2.0 */
/* Packing for Kyber polynomials, for each instruction set to include. */
#include "crypto/lattice/bits.h"
#include "crypto/lattice/kyber_poly.h"

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

#define WIDTHS(CASE) CASE(1) CASE(3) CASE(4) CASE(5) CASE(10) CASE(11) CASE(12)

static void pack(uint8_t *out, const qk_kyber_poly *f, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        pack_all(out, f, w);
    WIDTHS(CASE)
#undef CASE
}

static void unpack(qk_kyber_poly *f, const uint8_t *bytes, unsigned width)
{
#define CASE(w)                                                                                                        \
    if (width == w)                                                                                                    \
        unpack_all(f, bytes, w);
    WIDTHS(CASE)
#undef CASE
}
