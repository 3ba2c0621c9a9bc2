/* SPDX-License-Identifier: Apache-2.0 */
/* Packing of numbers of 1 to 20 bits, the one rule of all these algorithms: each number gives `width` bits, the least
 * significant first, and bits fill bytes from bit 0 up. Eight numbers take `width` whole bytes, which is the unit here.
 * To be called with a constant width, so that the compiler lays the shifts out. */
#ifndef QK_CRYPTO_LATTICE_BITS_H
#define QK_CRYPTO_LATTICE_BITS_H

#include <stdint.h>

static inline __attribute__((always_inline)) void qk_bits_pack8(uint8_t *out, const uint32_t numbers[8], unsigned width)
{
    uint64_t held = 0;
    unsigned bits = 0;

#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++) {
        held |= (uint64_t)numbers[i] << bits;
#pragma GCC unroll 3
        for (bits += width; bits >= 8; bits -= 8, held >>= 8)
            *out++ = (uint8_t)held;
    }
}

static inline __attribute__((always_inline)) void qk_bits_unpack8(uint32_t numbers[8], const uint8_t *bytes,
                                                                  unsigned width)
{
    uint64_t held = 0;
    unsigned bits = 0;

#pragma GCC unroll 8
    for (unsigned i = 0; i < 8; i++) {
#pragma GCC unroll 3
        for (; bits < width; bits += 8)
            held |= (uint64_t)*bytes++ << bits;
        numbers[i] = (uint32_t)held & ((1u << width) - 1);
        held >>= width;
        bits -= width;
    }
}

#endif
