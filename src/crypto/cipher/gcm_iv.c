/* SPDX-License-Identifier: Apache-2.0 */
/* The first counter block of an IV that has not 12 bytes is J = GHASH(IV || 0… || len). For 16 bytes that is
 * J = (IV·H + L)·H in GF(2^128), with L = the length block, so IV = (J/H + L)/H gives any J one wants. */
#include "crypto/cipher/gcm_iv.h"

#include "crypto/hash/sha_word.h"

/* A field element in GCM's order: bit 0 of the standard is the highest bit of `high`. */
typedef struct element {
    uint64_t high, low;
} element;

static element element_load(const uint8_t bytes[16])
{
    return (element){ load_be64(bytes), load_be64(bytes + 8) };
}

static void element_store(element e, uint8_t out[16])
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(e.high >> (56 - 8 * i));
        out[8 + i] = (uint8_t)(e.low >> (56 - 8 * i));
    }
}

static element add(element a, element b)
{
    return (element){ a.high ^ b.high, a.low ^ b.low };
}

/* SP 800-38D, algorithm 1, without branches. */
static element multiply(element x, element y)
{
    element z = { 0, 0 }, v = y;

    for (unsigned i = 0; i < 128; i++) {
        uint64_t bit = (i < 64 ? x.high >> (63 - i) : x.low >> (127 - i)) & 1;
        uint64_t carry = v.low & 1;

        z.high ^= v.high & (0 - bit);
        z.low ^= v.low & (0 - bit);
        v.low = v.low >> 1 | v.high << 63;
        v.high = v.high >> 1 ^ (0xe100000000000000 & (0 - carry));
    }
    return z;
}

/* x^(2^128 - 2): the product of x^2, x^4, ... x^(2^127). */
static element invert(element x)
{
    element square = multiply(x, x), product = square;

    for (unsigned i = 2; i < 128; i++) {
        square = multiply(square, square);
        product = multiply(product, square);
    }
    return product;
}

/* Section 6.4: GHASH of the IV, zeros up to a block, and a block with its length in bits. */
static element hash_iv(element h, qk_view iv)
{
    element y = { 0, 0 };
    uint64_t bits = (uint64_t)iv.len * 8;

    while (iv.len > 0) {
        uint8_t block[16] = { 0 };
        size_t take = iv.len < sizeof block ? iv.len : sizeof block;

        memcpy(block, iv.data, take);
        y = multiply(add(y, element_load(block)), h);
        iv = qk_view_slice(iv, take, iv.len);
    }
    return multiply(add(y, (element){ 0, bits }), h);
}

void qk_gcm_equal_iv(const uint8_t hash_key[16], qk_view iv, uint8_t out_iv[16])
{
    element h = element_load(hash_key), inverse = invert(h);
    element j = hash_iv(h, iv), length = { 0, 128 };

    element_store(multiply(add(multiply(j, inverse), length), inverse), out_iv);
}
