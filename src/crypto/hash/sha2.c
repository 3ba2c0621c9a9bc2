/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-2's two compression functions: FIPS 180-4, sections 6.2.2 (32-bit words) and 6.4.2 (64-bit words). They differ in
 * word size, rotations and number of rounds only; written out twice, each reads like its section. */
#include "crypto/hash/sha.h"
#include "crypto/hash/sha_word.h"

/* Section 4.2.2: the first 32 fraction bits of the cube roots of the first 64 primes. */
static const uint32_t k32[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* Section 4.2.3: the first 64 fraction bits of the cube roots of the first 80 primes. */
static const uint64_t k64[80] = {
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

typedef struct working32 {
    uint32_t a, b, c, d, e, f, g, h;
} working32;

/* Section 4.1.2: one round. */
static inline void step32(working32 *v, uint32_t k_and_w)
{
    uint32_t sum1 = rotate_right32(v->e, 6) ^ rotate_right32(v->e, 11) ^ rotate_right32(v->e, 25);
    uint32_t sum0 = rotate_right32(v->a, 2) ^ rotate_right32(v->a, 13) ^ rotate_right32(v->a, 22);
    uint32_t t1 = v->h + sum1 + ((v->e & v->f) ^ (~v->e & v->g)) + k_and_w;
    uint32_t t2 = sum0 + ((v->a & v->b) ^ (v->a & v->c) ^ (v->b & v->c));

    v->h = v->g;
    v->g = v->f;
    v->f = v->e;
    v->e = v->d + t1;
    v->d = v->c;
    v->c = v->b;
    v->b = v->a;
    v->a = t1 + t2;
}

static inline uint32_t schedule32(const uint32_t *w)
{
    uint32_t s0 = rotate_right32(w[-15], 7) ^ rotate_right32(w[-15], 18) ^ w[-15] >> 3;
    uint32_t s1 = rotate_right32(w[-2], 17) ^ rotate_right32(w[-2], 19) ^ w[-2] >> 10;

    return s1 + w[-7] + s0 + w[-16];
}

/* Section 6.2.2. */
static void compress_block32(uint32_t h[8], const uint8_t *block)
{
    working32 v = { h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7] };
    uint32_t w[64];

    /* 1. The message schedule. */
    for (unsigned t = 0; t < 16; t++)
        w[t] = load_be32(block + 4 * t);
    for (unsigned t = 16; t < 64; t++)
        w[t] = schedule32(w + t);

    /* 3. The rounds. */
    for (unsigned t = 0; t < 64; t++)
        step32(&v, k32[t] + w[t]);

    /* 4. The next chaining value. */
    h[0] += v.a;
    h[1] += v.b;
    h[2] += v.c;
    h[3] += v.d;
    h[4] += v.e;
    h[5] += v.f;
    h[6] += v.g;
    h[7] += v.h;
    explicit_bzero(w, sizeof w);
}

void qk_sha256_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    for (; blocks > 0; blocks--, data += 64)
        compress_block32(chain->w32, data);
}

typedef struct working64 {
    uint64_t a, b, c, d, e, f, g, h;
} working64;

/* Section 4.1.3: one round. */
static inline void step64(working64 *v, uint64_t k_and_w)
{
    uint64_t sum1 = rotate_right64(v->e, 14) ^ rotate_right64(v->e, 18) ^ rotate_right64(v->e, 41);
    uint64_t sum0 = rotate_right64(v->a, 28) ^ rotate_right64(v->a, 34) ^ rotate_right64(v->a, 39);
    uint64_t t1 = v->h + sum1 + ((v->e & v->f) ^ (~v->e & v->g)) + k_and_w;
    uint64_t t2 = sum0 + ((v->a & v->b) ^ (v->a & v->c) ^ (v->b & v->c));

    v->h = v->g;
    v->g = v->f;
    v->f = v->e;
    v->e = v->d + t1;
    v->d = v->c;
    v->c = v->b;
    v->b = v->a;
    v->a = t1 + t2;
}

static inline uint64_t schedule64(const uint64_t *w)
{
    uint64_t s0 = rotate_right64(w[-15], 1) ^ rotate_right64(w[-15], 8) ^ w[-15] >> 7;
    uint64_t s1 = rotate_right64(w[-2], 19) ^ rotate_right64(w[-2], 61) ^ w[-2] >> 6;

    return s1 + w[-7] + s0 + w[-16];
}

/* Section 6.4.2. */
static void compress_block64(uint64_t h[8], const uint8_t *block)
{
    working64 v = { h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7] };
    uint64_t w[80];

    /* 1. The message schedule. */
    for (unsigned t = 0; t < 16; t++)
        w[t] = load_be64(block + 8 * t);
    for (unsigned t = 16; t < 80; t++)
        w[t] = schedule64(w + t);

    /* 3. The rounds. */
    for (unsigned t = 0; t < 80; t++)
        step64(&v, k64[t] + w[t]);

    /* 4. The next chaining value. */
    h[0] += v.a;
    h[1] += v.b;
    h[2] += v.c;
    h[3] += v.d;
    h[4] += v.e;
    h[5] += v.f;
    h[6] += v.g;
    h[7] += v.h;
    explicit_bzero(w, sizeof w);
}

void qk_sha512_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    for (; blocks > 0; blocks--, data += 128)
        compress_block64(chain->w64, data);
}
