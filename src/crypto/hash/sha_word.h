/* SPDX-License-Identifier: Apache-2.0 */
/* Words in big-endian bytes and their rotations. Compilers turn each into one instruction. */
#ifndef QK_CRYPTO_SHA_WORD_H
#define QK_CRYPTO_SHA_WORD_H

#include <stdint.h>

static inline uint32_t load_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint64_t load_be64(const uint8_t *p)
{
    return (uint64_t)load_be32(p) << 32 | load_be32(p + 4);
}

static inline uint32_t rotate_left32(uint32_t x, unsigned n)
{
    return x << n | x >> (32 - n);
}

static inline uint32_t rotate_right32(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static inline uint64_t rotate_right64(uint64_t x, unsigned n)
{
    return x >> n | x << (64 - n);
}

#endif
