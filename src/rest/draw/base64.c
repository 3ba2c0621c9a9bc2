/* SPDX-License-Identifier: Apache-2.0 */
/* With AVX2, 24 bytes become 32 characters in a dozen instructions: the bytes of each group of three are spread over a
 * 32-bit lane, multiplications shift the four 6-bit values into place, and a 16-entry look-up adds what lies between a
 * value and its character in each range of the alphabet. Source: Mula and Lemire, "Faster Base64 Encoding and Decoding
 * using AVX2 Instructions", ACM TWEB 12(3), 2018, section 3. */
#include "rest/draw/base64.h"

#include <stdbool.h>

static const uint8_t alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

uint8_t *qk_fast_base64_portable(const uint8_t *in, size_t len, uint8_t *out)
{
    for (; len >= 3; in += 3, len -= 3, out += 4) {
        uint32_t group = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        out[0] = alphabet[group >> 18];
        out[1] = alphabet[group >> 12 & 63];
        out[2] = alphabet[group >> 6 & 63];
        out[3] = alphabet[group & 63];
    }
    if (!len)
        return out;
    out[0] = alphabet[in[0] >> 2];
    out[1] = alphabet[(in[0] & 3) << 4 | (len == 2 ? in[1] >> 4 : 0)];
    out[2] = len == 2 ? alphabet[(in[1] & 15) << 2] : '=';
    out[3] = '=';
    return out + 4;
}

#ifdef __x86_64__
#include <immintrin.h>

/* The upper half of the lanes is loaded from byte 8, so that 24 bytes are read and none beyond. */
__attribute__((target("avx2"))) static __m256i encode_24(const uint8_t *in)
{
    const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 5, 4, 6, 5, 8, 7, 9, 8,
                                            11, 10, 12, 11, 14, 13, 15, 14);
    /* What to add to a value: entry 13 for A to Z, 0 for a to z, 1 to 10 for the digits, 11 for +, 12 for /. */
    const __m256i shifts = _mm256_setr_epi8(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0, 71, -4, -4,
                                            -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(in + 8));
    __m256i bytes = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
    __m256i odd =
        _mm256_mulhi_epu16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    __m256i even =
        _mm256_mullo_epi16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(odd, even);
    __m256i range = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);

    range = _mm256_or_si256(range, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(shifts, range));
}

/* The last step may overlap the one before it: it writes the same characters again. */
__attribute__((target("avx2"))) static uint8_t *encode_avx2(const uint8_t *in, size_t len, uint8_t *out)
{
    size_t whole = len - len % 3, at = 0;

    while (at < whole && whole >= 24) {
        if (at > whole - 24)
            at = whole - 24;
        _mm256_storeu_si256((__m256i *)(void *)(out + at / 3 * 4), encode_24(in + at));
        at += 24;
    }
    return qk_fast_base64_portable(in + at, len - at, out + at / 3 * 4);
}

uint8_t *qk_fast_base64(const uint8_t *in, size_t len, uint8_t *out)
{
    return __builtin_cpu_supports("avx2") ? encode_avx2(in, len, out) : qk_fast_base64_portable(in, len, out);
}
#else
uint8_t *qk_fast_base64(const uint8_t *in, size_t len, uint8_t *out)
{
    return qk_fast_base64_portable(in, len, out);
}
#endif
