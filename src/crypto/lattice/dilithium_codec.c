/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a signature that are not plain packed numbers. Everything here is public: hints and challenge of a
 * finished signature. Unpacking is the attacker's entrance: whatever packing would not have written is refused, so that
 * nobody turns one signature into another. */
#include "crypto/lattice/dilithium_inside.h"

#include "crypto/lattice/bytes_le.h"

/* Source: FIPS 204, algorithm 20. */
void qk_dilithium_pack_hints(const qk_dilithium_set *set, uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N],
                             uint8_t *out)
{
    unsigned count = 0;

    memset(out, 0, set->omega + set->k);
    for (unsigned i = 0; i < set->k; i++) {
        for (unsigned j = 0; j < QK_DILITHIUM_N; j++)
            if (ones[i][j])
                out[count++] = (uint8_t)j;
        out[set->omega + i] = (uint8_t)count;
    }
}

/* Source: FIPS 204, algorithm 21. */
bool qk_dilithium_unpack_hints(const qk_dilithium_set *set, const uint8_t *bytes,
                               uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N])
{
    unsigned count = 0;

    for (unsigned i = 0; i < set->k; i++) {
        unsigned end = bytes[set->omega + i], start = count;

        memset(ones[i], 0, QK_DILITHIUM_N);
        if (end < count || end > set->omega)
            return false;
        for (; count < end; count++) {
            if (count > start && bytes[count] <= bytes[count - 1])
                return false;
            ones[i][bytes[count]] = 1;
        }
    }
    for (; count < set->omega; count++)
        if (bytes[count] != 0)
            return false;
    return true;
}

/* A bitmap of the coefficients that are not zero, then a bit for each of those, 1 for -1. */
void qk_dilithium_pack_challenge(const qk_dilithium_poly *c, uint8_t out[40])
{
    uint64_t signs = 0;
    unsigned count = 0;

    memset(out, 0, 40);
    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        if (c->c[i] == 0)
            continue;
        out[i / 8] = (uint8_t)(out[i / 8] | 1 << i % 8);
        signs |= (uint64_t)(c->c[i] < 0) << count++;
    }
    qk_store64_le(out + 32, signs);
}

bool qk_dilithium_unpack_challenge(const uint8_t bytes[40], qk_dilithium_poly *c)
{
    uint64_t signs = qk_load64_le(bytes + 32);
    unsigned count = 0;

    for (unsigned i = 0; i < QK_DILITHIUM_N; i++) {
        c->c[i] = bytes[i / 8] >> i % 8 & 1;
        if (c->c[i] && count++ < 60) {
            c->c[i] -= 2 * (int32_t)(signs & 1);
            signs >>= 1;
        }
    }
    return count == 60 && signs == 0;
}

void qk_dilithium_challenge(const qk_dilithium_set *set, const uint8_t *mu, const uint8_t *w1, uint8_t *bytes,
                            qk_dilithium_poly *c)
{
    QK_OWNED(qk_keccak_done) qk_keccak sponge;

    qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
    qk_keccak_absorb(&sponge, mu, set->mu_len);
    qk_keccak_absorb(&sponge, w1, (size_t)32 * set->w1_bits * set->k);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    if (set->generation != QK_DILITHIUM_ROUND2) { /* the polynomial comes from the bytes that travel */
        qk_keccak_squeeze(&sponge, bytes, set->challenge_len);
        qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
        qk_keccak_absorb(&sponge, bytes, set->challenge_len);
        qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    }
    qk_dilithium_sample_ball(set, &sponge, c);
}
