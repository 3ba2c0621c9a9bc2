/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/keccak.h"

#include <string.h>

#include "crypto/lattice/backend.h"
#include "crypto/lattice/bytes_le.h"

#define LANE uint64_t
#include "crypto/hash/keccak_round.h"

void qk_keccak_permute_portable(uint64_t lanes[25])
{
    keccak_rounds(lanes);
}

void qk_keccak_permute4_portable(uint64_t lanes[25][4])
{
    uint64_t one[25];

    for (unsigned j = 0; j < 4; j++) {
        for (unsigned i = 0; i < 25; i++)
            one[i] = lanes[i][j];
        keccak_rounds(one);
        for (unsigned i = 0; i < 25; i++)
            lanes[i][j] = one[i];
    }
    explicit_bzero(one, sizeof one);
}

void qk_keccak_begin(qk_keccak *sponge, uint8_t rate)
{
    memset(sponge->lanes, 0, sizeof sponge->lanes);
    sponge->rate = rate;
    sponge->place = 0;
}

static void mix_byte(qk_keccak *sponge, size_t place, uint8_t byte)
{
    sponge->lanes[place / 8] ^= (uint64_t)byte << (8 * (place % 8));
}

/* Whole lanes while the place allows, single bytes at both ends. */
static void mix(qk_keccak *sponge, const uint8_t *bytes, size_t len)
{
    size_t place = sponge->place;

    for (; len > 0 && place % 8 != 0; len--)
        mix_byte(sponge, place++, *bytes++);
    for (; len >= 8; len -= 8, bytes += 8, place += 8)
        sponge->lanes[place / 8] ^= qk_load64_le(bytes);
    for (; len > 0; len--)
        mix_byte(sponge, place++, *bytes++);
    sponge->place = (uint8_t)place;
}

void qk_keccak_absorb(qk_keccak *sponge, const void *bytes, size_t len)
{
    qk_keccak_permute_fn *permute = qk_lattice_backend()->permute;
    const uint8_t *from = bytes;

    while (len > 0) {
        size_t room = (size_t)(sponge->rate - sponge->place), take = len < room ? len : room;

        mix(sponge, from, take);
        from += take;
        len -= take;
        if (sponge->place == sponge->rate) {
            permute(sponge->lanes);
            sponge->place = 0;
        }
    }
}

void qk_keccak_finish(qk_keccak *sponge, uint8_t domain)
{
    mix_byte(sponge, sponge->place, domain);
    mix_byte(sponge, sponge->rate - 1u, 0x80);
    sponge->place = sponge->rate; /* the first squeeze permutes */
}

void qk_keccak_squeeze(qk_keccak *sponge, uint8_t *out, size_t len)
{
    qk_keccak_permute_fn *permute = qk_lattice_backend()->permute;

    for (; len > 0; len--) {
        if (sponge->place == sponge->rate) {
            permute(sponge->lanes);
            sponge->place = 0;
        }
        if (sponge->place % 8 == 0 && len >= 8) {
            qk_store64_le(out, sponge->lanes[sponge->place / 8]);
            out += 8;
            len -= 7;
            sponge->place = (uint8_t)(sponge->place + 8);
            continue;
        }
        *out++ = (uint8_t)(sponge->lanes[sponge->place / 8] >> (8 * (sponge->place % 8)));
        sponge->place++;
    }
}

void qk_keccak_done(qk_keccak *sponge)
{
    explicit_bzero(sponge, sizeof *sponge);
}

static void once(uint8_t rate, uint8_t domain, const void *a, size_t a_len, const void *b, size_t b_len, uint8_t *out,
                 size_t out_len)
{
    qk_keccak sponge;

    qk_keccak_begin(&sponge, rate);
    qk_keccak_absorb(&sponge, a, a_len);
    qk_keccak_absorb(&sponge, b, b_len);
    qk_keccak_finish(&sponge, domain);
    qk_keccak_squeeze(&sponge, out, out_len);
    qk_keccak_done(&sponge);
}

void qk_shake256(const void *a, size_t a_len, const void *b, size_t b_len, uint8_t *out, size_t out_len)
{
    once(QK_SHAKE256_RATE, QK_SHAKE_DOMAIN, a, a_len, b, b_len, out, out_len);
}

void qk_sha3_256(const void *bytes, size_t len, uint8_t out[32])
{
    once(QK_SHA3_256_RATE, QK_SHA3_DOMAIN, bytes, len, NULL, 0, out, 32);
}

void qk_sha3_512(const void *a, size_t a_len, const void *b, size_t b_len, uint8_t out[64])
{
    once(QK_SHA3_512_RATE, QK_SHA3_DOMAIN, a, a_len, b, b_len, out, 64);
}

void qk_keccak4_begin(qk_keccak4 *sponges, uint8_t rate, const uint8_t *prefix, size_t prefix_len,
                      const uint16_t nonces[4], size_t nonce_len)
{
    qk_keccak one;

    qk_keccak_begin(&one, rate);
    mix(&one, prefix, prefix_len);
    for (unsigned i = 0; i < 25; i++)
        for (unsigned j = 0; j < 4; j++)
            sponges->lanes[i][j] = one.lanes[i];
    for (unsigned j = 0; j < 4; j++) {
        size_t place = prefix_len;

        for (size_t i = 0; i < nonce_len; i++, place++)
            sponges->lanes[place / 8][j] ^= (uint64_t)(uint8_t)(nonces[j] >> (8 * i)) << (8 * (place % 8));
        sponges->lanes[place / 8][j] ^= (uint64_t)QK_SHAKE_DOMAIN << (8 * (place % 8));
        sponges->lanes[rate / 8 - 1][j] ^= (uint64_t)0x80 << 56;
    }
    sponges->rate = rate;
    qk_keccak_done(&one);
}

void qk_keccak4_squeeze(qk_keccak4 *sponges, uint8_t *const out[4], size_t blocks)
{
    qk_keccak_permute4_fn *permute4 = qk_lattice_backend()->permute4;

    for (size_t block = 0; block < blocks; block++) {
        permute4(sponges->lanes);
        for (size_t i = 0; i < sponges->rate / 8u; i++)
            for (unsigned j = 0; j < 4; j++)
                qk_store64_le(out[j] + block * sponges->rate + 8 * i, sponges->lanes[i][j]);
    }
}

void qk_keccak4_done(qk_keccak4 *sponges)
{
    explicit_bzero(sponges, sizeof *sponges);
}
