/* SPDX-License-Identifier: Apache-2.0 */
/* A sequence of bits over borrowed bytes, the most significant bit of a byte first. */
#ifndef QK_STATISTICS_BITS_H
#define QK_STATISTICS_BITS_H

#include "base/bytes.h"

typedef struct qk_bits {
    const uint8_t *bytes;
    size_t n; /* bits; need not fill the last byte */
} qk_bits;

static inline qk_bits qk_bits_of(qk_view bytes)
{
    return (qk_bits){ bytes.data, bytes.len * 8 };
}

static inline unsigned qk_bit(const qk_bits *bits, size_t at)
{
    return ((unsigned)bits->bytes[at >> 3] >> (7 - (at & 7))) & 1u;
}

/* `count` bits (1 to 56) from `from` on, the first one as the most significant; all must lie in the sequence. */
static inline uint64_t qk_bits_take(const qk_bits *bits, size_t from, unsigned count)
{
    const uint8_t *at = bits->bytes + (from >> 3);
    size_t left = (bits->n + 7) / 8 - (from >> 3);
    uint64_t word = 0;

    if (left >= 8) {
        memcpy(&word, at, 8);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
        word = __builtin_bswap64(word);
#endif
    } else {
        for (size_t i = 0; i < left; i++)
            word |= (uint64_t)at[i] << (56 - 8 * i);
    }
    return (word << (from & 7)) >> (64 - count);
}

/* Ones among `count` bits from `from` on. */
static inline size_t qk_bits_ones(const qk_bits *bits, size_t from, size_t count)
{
    size_t ones = 0;

    for (; count >= 56; count -= 56, from += 56)
        ones += (size_t)__builtin_popcountll(qk_bits_take(bits, from, 56));
    return count ? ones + (size_t)__builtin_popcountll(qk_bits_take(bits, from, (unsigned)count)) : ones;
}

#endif
