/* SPDX-License-Identifier: Apache-2.0 */
/* Packing (bits.h) with AVX2: eight numbers of up to 20 bits at a time, in eight lanes of 32. */
#ifndef QK_CRYPTO_LATTICE_BITS_AVX2_H
#define QK_CRYPTO_LATTICE_BITS_AVX2_H

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

enum { QK_BITS_OVERRUN = 16 }; /* unpacking reads, packing writes, up to so many bytes beyond the eight numbers */

static inline __attribute__((always_inline)) void qk_bits_store(uint8_t *out, uint64_t word)
{
    memcpy(out, &word, 8);
}

/* Number i begins in byte i * width / 8: bring four bytes from there into lane i, and shift the rest away. */
static inline __attribute__((always_inline)) __m256i qk_bits_unpack8_avx2(const uint8_t *bytes, unsigned width)
{
    const char high = (char)(4 * width / 8); /* the upper half of the register loads from here */
#define AT(i, from, k) (char)((unsigned)(i)*width / 8 - (unsigned)(from) + (unsigned)(k))
#define LANE4(i, from) AT(i, from, 0), AT(i, from, 1), AT(i, from, 2), AT(i, from, 3)
    const __m256i places = _mm256_setr_epi8(LANE4(0, 0), LANE4(1, 0), LANE4(2, 0), LANE4(3, 0), LANE4(4, high),
                                            LANE4(5, high), LANE4(6, high), LANE4(7, high));
#undef LANE4
#undef AT
#define BIT(i) (int)((unsigned)(i)*width % 8)
    const __m256i shifts = _mm256_setr_epi32(BIT(0), BIT(1), BIT(2), BIT(3), BIT(4), BIT(5), BIT(6), BIT(7));
#undef BIT
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)bytes);
    __m128i up = _mm_loadu_si128((const __m128i *)(const void *)(bytes + high));
    __m256i v = _mm256_shuffle_epi8(_mm256_inserti128_si256(_mm256_castsi128_si256(low), up, 1), places);

    return _mm256_and_si256(_mm256_srlv_epi32(v, shifts), _mm256_set1_epi32((int)((1u << width) - 1)));
}

/* Pairs of numbers share a lane of 64 bits first; then pairs of pairs, if they fit. */
static inline __attribute__((always_inline)) void qk_bits_pack8_avx2(uint8_t *out, __m256i numbers, unsigned width)
{
    const __m256i even = _mm256_set1_epi64x(0xffffffff);
    __m256i pairs =
        _mm256_or_si256(_mm256_and_si256(numbers, even), _mm256_slli_epi64(_mm256_srli_epi64(numbers, 32), (int)width));
    uint64_t a, b;

    if (width <= 16) {
        __m256i fours = _mm256_or_si256(pairs, _mm256_slli_epi64(_mm256_srli_si256(pairs, 8), 2 * (int)width));

        a = (uint64_t)_mm256_extract_epi64(fours, 0);
        b = (uint64_t)_mm256_extract_epi64(fours, 2);
        if (width % 2 == 0) {
            qk_bits_store(out, a);
            qk_bits_store(out + width / 2, b);
            return;
        }
        qk_bits_store(out, a | b << (4 * width));
        if (width > 8)
            qk_bits_store(out + 8, b >> ((64 - 4 * width) & 63));
        return;
    }
    for (unsigned half = 0; half < 2; half++) { /* 18 and 20: two pairs are 9 and 10 bytes */
        __m128i two = half ? _mm256_extracti128_si256(pairs, 1) : _mm256_castsi256_si128(pairs);

        a = (uint64_t)_mm_extract_epi64(two, 0);
        b = (uint64_t)_mm_extract_epi64(two, 1);
        qk_bits_store(out + half * width / 2, a | b << (2 * width));
        qk_bits_store(out + half * width / 2 + 8, b >> (64 - 2 * width));
    }
}

#endif
