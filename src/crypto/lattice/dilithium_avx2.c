/* SPDX-License-Identifier: Apache-2.0 */
/* The table for AVX2: the plain loops compiled for wide registers, transforms from dilithium_ntt_avx2.c, and here what
 * moves numbers about: rejection sampling and packing. */
#include "crypto/lattice/dilithium_avx2.h"

#include "crypto/lattice/bits_avx2.h"
#include "crypto/lattice/compact_avx2.h"
#include "crypto/lattice/dilithium_loops.h"

/* Room for eight more, which is what a step may write. */
enum { LAST_STEP = QK_DILITHIUM_N - 8 };

static size_t uniform(qk_dilithium_poly *f, size_t have, const uint8_t *bytes, size_t len)
{
    const __m256i places = _mm256_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1, /* from byte 0 */
                                            4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15, -1 /* from byte 8 */);
    const __m256i mask = _mm256_set1_epi32(0x7fffff), q = _mm256_set1_epi32(QK_DILITHIUM_Q);

    for (; len >= 24 && have <= LAST_STEP; bytes += 24, len -= 24) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)bytes), order;
        unsigned kept;

        v = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_permute4x64_epi64(v, 0x94), places), mask);
        kept = (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(q, v)));
        order = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)qk_compact_bytes[kept]));
        _mm256_storeu_si256((__m256i *)(void *)&f->c[have], _mm256_permutevar8x32_epi32(v, order));
        have += (unsigned)__builtin_popcount(kept);
    }
    return qk_dilithium_portable.uniform(f, have, bytes, len);
}

static size_t keep(qk_dilithium_poly *f, size_t have, const int8_t *candidates, const uint8_t *kept, size_t count)
{
    size_t i = 0;

    for (; i + 8 <= count && have <= LAST_STEP; i += 8) {
        __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)&candidates[i]);
        __m128i flags = _mm_loadl_epi64((const __m128i *)(const void *)&kept[i]);
        unsigned m = (unsigned)_mm_movemask_epi8(_mm_slli_epi16(flags, 7)) & 0xff;

        v = _mm_shuffle_epi8(v, _mm_loadl_epi64((const __m128i *)(const void *)qk_compact_bytes[m]));
        _mm256_storeu_si256((__m256i *)(void *)&f->c[have], _mm256_cvtepi8_epi32(v));
        have += (unsigned)__builtin_popcount(m);
    }
    return qk_dilithium_portable.keep(f, have, candidates + i, kept + i, count - i);
}

static inline __attribute__((always_inline)) void pack_all(uint8_t *out, const qk_dilithium_poly *f, unsigned width)
{
    uint8_t room[32 * 20 + QK_BITS_OVERRUN];

    for (unsigned i = 0; i < QK_DILITHIUM_N; i += 8)
        qk_bits_pack8_avx2(room + i / 8 * width, _mm256_load_si256((const __m256i *)(const void *)&f->c[i]), width);
    memcpy(out, room, (size_t)32 * width);
    explicit_bzero(room, (size_t)32 * width);
}

static inline __attribute__((always_inline)) void unpack_all(qk_dilithium_poly *f, const uint8_t *bytes, unsigned width)
{
    for (unsigned i = 0; i < QK_DILITHIUM_N; i += 8)
        _mm256_store_si256((__m256i *)(void *)&f->c[i], qk_bits_unpack8_avx2(bytes + i / 8 * width, width));
}

#define POLY   qk_dilithium_poly
#define WIDTHS QK_DILITHIUM_WIDTHS
#include "crypto/lattice/widths.h"

const qk_dilithium_ops qk_dilithium_avx2 = {
    .ntt = qk_dilithium_avx2_ntt,
    .inverse = qk_dilithium_avx2_inverse,
    .order = qk_dilithium_avx2_order,
    .multiply = qk_dilithium_avx2_multiply,
    .row = qk_dilithium_avx2_row,
    DILITHIUM_LOOPS,
    .uniform = uniform,
    .keep = keep,
    .pack = pack,
    .unpack = unpack,
};
