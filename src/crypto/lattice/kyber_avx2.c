/* SPDX-License-Identifier: Apache-2.0 */
/* The table for AVX2: the plain loops compiled for wide registers, transforms from kyber_ntt_avx2.c, and here what
 * moves numbers about: rejection sampling, noise and packing. */
#include "crypto/lattice/kyber_avx2.h"

#include "crypto/lattice/bits_avx2.h"
#include "crypto/lattice/compact_avx2.h"
#include "crypto/lattice/kyber_loops.h"

/* Room for sixteen more, which is what a step may write. */
enum { LAST_STEP = QK_KYBER_N - 16 };

void qk_kyber_avx2_init(void)
{
    qk_compact_init();
    qk_kyber_avx2_zetas_init();
}

/* Keeps the words of `v` where `kept` is all ones; returns how many are there now. */
static inline __attribute__((always_inline)) size_t keep(qk_kyber_poly *f, size_t have, __m256i v, __m256i kept)
{
    unsigned m = (unsigned)_mm256_movemask_epi8(_mm256_packs_epi16(kept, kept));
    unsigned halves[2] = { m & 0xff, m >> 16 & 0xff };

    for (unsigned i = 0; i < 2; i++) {
        __m128i words = i ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v);
        __m128i order = _mm_loadu_si128((const __m128i *)(const void *)qk_compact_words[halves[i]]);

        _mm_storeu_si128((__m128i *)(void *)&f->c[have], _mm_shuffle_epi8(words, order));
        have += (unsigned)__builtin_popcount(halves[i]);
    }
    return have;
}

static size_t uniform(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    const __m256i places = _mm256_setr_epi8(0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11, /* from byte 0 */
                                            4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11, 12, 13, 14, 14, 15 /* from byte 8 */);
    const __m256i mask = _mm256_set1_epi16(0xfff), q = _mm256_set1_epi16(QK_KYBER_Q);

    for (; len >= 24 && have <= LAST_STEP; bytes += 24, len -= 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)bytes);

        v = _mm256_shuffle_epi8(_mm256_permute4x64_epi64(v, 0x94), places);
        v = _mm256_blend_epi16(_mm256_and_si256(v, mask), _mm256_srli_epi16(v, 4), 0xaa);
        have = keep(f, have, v, _mm256_cmpgt_epi16(q, v));
    }
    return qk_kyber_portable.uniform(f, have, bytes, len);
}

static size_t uniform_round2(qk_kyber_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    const __m256i most = _mm256_set1_epi16((int16_t)(19 * QK_KYBER_Q - 1)), q = _mm256_set1_epi16(QK_KYBER_Q);
    const __m256i barrett = _mm256_set1_epi16(QK_KYBER_BARRETT);

    for (; len >= 32 && have <= LAST_STEP; bytes += 32, len -= 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)bytes);
        __m256i kept = _mm256_cmpeq_epi16(_mm256_min_epu16(v, most), v);
        __m256i t = _mm256_srli_epi16(_mm256_mulhi_epu16(v, barrett), 10); /* exact below 19 q */

        have = keep(f, have, _mm256_sub_epi16(v, _mm256_mullo_epi16(t, q)), kept);
    }
    return qk_kyber_portable.uniform_round2(f, have, bytes, len);
}

/* Sixteen signed bytes to words. */
static inline __attribute__((always_inline)) void store_words(int16_t *to, __m128i v)
{
    _mm256_store_si256((__m256i *)(void *)to, _mm256_cvtepi8_epi16(v));
}

/* Sums of two bits, then 3 plus their difference, in nibbles: no nibble overflows. */
static void wide_noise2(qk_kyber_poly *f, const uint8_t *bytes)
{
    const __m256i ones = _mm256_set1_epi8(0x55), twos = _mm256_set1_epi8(0x33), nibbles = _mm256_set1_epi8(15);
    const __m256i three = _mm256_set1_epi8(3);

    for (unsigned i = 0; i < 4; i++) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32 * i)), low, high;

        v = _mm256_add_epi8(_mm256_and_si256(v, ones), _mm256_and_si256(_mm256_srli_epi16(v, 1), ones));
        v = _mm256_sub_epi8(_mm256_add_epi8(_mm256_and_si256(v, twos), twos),
                            _mm256_and_si256(_mm256_srli_epi16(v, 2), twos));
        low = _mm256_sub_epi8(_mm256_and_si256(v, nibbles), three);
        high = _mm256_sub_epi8(_mm256_and_si256(_mm256_srli_epi16(v, 4), nibbles), three);
        v = _mm256_unpacklo_epi8(low, high);
        low = _mm256_unpackhi_epi8(low, high);
        store_words(&f->c[64 * i], _mm256_castsi256_si128(v));
        store_words(&f->c[64 * i + 16], _mm256_castsi256_si128(low));
        store_words(&f->c[64 * i + 32], _mm256_extracti128_si256(v, 1));
        store_words(&f->c[64 * i + 48], _mm256_extracti128_si256(low, 1));
    }
}

static void wide_noise(qk_kyber_poly *f, const uint8_t *bytes, unsigned eta)
{
    if (eta == 2)
        wide_noise2(f, bytes);
    else
        noise3(f, bytes);
}

static void message(qk_kyber_poly *f, const uint8_t bytes[32])
{
    const __m256i bits =
        _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, (int16_t)0x8000);
    const __m256i half = _mm256_set1_epi16((QK_KYBER_Q + 1) / 2);

    for (unsigned i = 0; i < 16; i++) {
        __m256i v = _mm256_set1_epi16((int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));

        v = _mm256_cmpeq_epi16(_mm256_and_si256(v, bits), bits);
        _mm256_store_si256((__m256i *)(void *)&f->c[16 * i], _mm256_and_si256(v, half));
    }
}

static inline __attribute__((always_inline)) void pack_all(uint8_t *out, const qk_kyber_poly *f, unsigned width)
{
    uint8_t room[32 * 12 + QK_BITS_OVERRUN];

    for (unsigned i = 0; i < QK_KYBER_N; i += 8) {
        __m128i v = _mm_load_si128((const __m128i *)(const void *)&f->c[i]);

        qk_bits_pack8_avx2(room + i / 8 * width, _mm256_cvtepu16_epi32(v), width);
    }
    memcpy(out, room, (size_t)32 * width);
    explicit_bzero(room, (size_t)32 * width);
}

static inline __attribute__((always_inline)) void unpack_all(qk_kyber_poly *f, const uint8_t *bytes, unsigned width)
{
    for (unsigned i = 0; i < QK_KYBER_N; i += 8) {
        __m256i v = qk_bits_unpack8_avx2(bytes + i / 8 * width, width);
        __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

        _mm_store_si128((__m128i *)(void *)&f->c[i], words);
    }
}

#define POLY   qk_kyber_poly
#define WIDTHS QK_KYBER_WIDTHS
#include "crypto/lattice/widths.h"

const qk_kyber_ops qk_kyber_avx2 = {
    .ntt = qk_kyber_avx2_ntt,
    .inverse = qk_kyber_avx2_inverse,
    .order = qk_kyber_avx2_order,
    .unorder = qk_kyber_avx2_unorder,
    .factor = qk_kyber_avx2_factor,
    .row = qk_kyber_avx2_row,
    KYBER_LOOPS,
    .pack = pack,
    .unpack = unpack,
    .message = message,
    .noise = wide_noise,
    .uniform = uniform,
    .uniform_round2 = uniform_round2,
};
