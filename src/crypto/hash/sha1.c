/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-1's compression function: FIPS 180-4, section 6.1.2. */
#include "crypto/hash/sha.h"
#include "crypto/hash/sha_word.h"

/* Section 4.1.1: one function and one constant (4.2.1) for each twenty rounds. */
static uint32_t choose(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (~x & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
    return x ^ y ^ z;
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
    return (x & y) ^ (x & z) ^ (y & z);
}

typedef struct working {
    uint32_t a, b, c, d, e;
} working;

static inline void round_step(working *v, uint32_t f, uint32_t k, uint32_t w)
{
    uint32_t t = rotate_left32(v->a, 5) + f + v->e + k + w;

    v->e = v->d;
    v->d = v->c;
    v->c = rotate_left32(v->b, 30);
    v->b = v->a;
    v->a = t;
}

static void compress_block(uint32_t h[5], const uint8_t *block)
{
    working v = { h[0], h[1], h[2], h[3], h[4] };
    uint32_t w[80];

    /* 1. The message schedule. */
    for (unsigned t = 0; t < 16; t++)
        w[t] = load_be32(block + 4 * t);
    for (unsigned t = 16; t < 80; t++)
        w[t] = rotate_left32(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 1);

    /* 3. The rounds. */
    for (unsigned t = 0; t < 20; t++)
        round_step(&v, choose(v.b, v.c, v.d), 0x5a827999, w[t]);
    for (unsigned t = 20; t < 40; t++)
        round_step(&v, parity(v.b, v.c, v.d), 0x6ed9eba1, w[t]);
    for (unsigned t = 40; t < 60; t++)
        round_step(&v, majority(v.b, v.c, v.d), 0x8f1bbcdc, w[t]);
    for (unsigned t = 60; t < 80; t++)
        round_step(&v, parity(v.b, v.c, v.d), 0xca62c1d6, w[t]);

    /* 4. The next chaining value. */
    h[0] += v.a;
    h[1] += v.b;
    h[2] += v.c;
    h[3] += v.d;
    h[4] += v.e;
    explicit_bzero(w, sizeof w);
}

void qk_sha1_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    for (; blocks > 0; blocks--, data += 64)
        compress_block(chain->w32, data);
}
