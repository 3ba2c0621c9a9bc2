/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-3 and SHAKE for the lattice algorithms: one sponge, and four sponges side by side.
 *
 * The algorithms hash all the time, mostly short seeds into long streams, and mostly several of them at once. So there
 * are two forms. qk_keccak absorbs and squeezes in pieces of any length. qk_keccak4 takes four inputs of equal length
 * at once and gives whole blocks; with wide registers it costs little more than one. What is absorbed may be secret:
 * time depends on lengths alone, and both forms are wiped by their owner (QK_OWNED(qk_keccak_done)).
 * Source: FIPS 202. */
#ifndef QK_CRYPTO_LATTICE_KECCAK_H
#define QK_CRYPTO_LATTICE_KECCAK_H

#include <stddef.h>
#include <stdint.h>

enum {
    QK_SHAKE128_RATE = 168,
    QK_SHAKE256_RATE = 136,
    QK_SHA3_256_RATE = 136,
    QK_SHA3_512_RATE = 72,
    QK_SHAKE_DOMAIN = 0x1f,
    QK_SHA3_DOMAIN = 0x06,
};

typedef struct qk_keccak {
    uint64_t lanes[25];
    uint8_t rate, place; /* bytes of a block; how many of it are used up */
} qk_keccak;

/* Lane i of sponge j is lanes[i][j]. */
typedef struct qk_keccak4 {
    _Alignas(32) uint64_t lanes[25][4];
    uint8_t rate;
} qk_keccak4;

/* The permutation Keccak-f[1600], and four of them. Members of the dispatch table (backend.h). */
typedef void qk_keccak_permute_fn(uint64_t lanes[25]);
typedef void qk_keccak_permute4_fn(uint64_t lanes[25][4]);

void qk_keccak_begin(qk_keccak *sponge, uint8_t rate);
void qk_keccak_absorb(qk_keccak *sponge, const void *bytes, size_t len);
/* Ends the input; from here on it is squeezed. `domain`: QK_SHAKE_DOMAIN or QK_SHA3_DOMAIN. */
void qk_keccak_finish(qk_keccak *sponge, uint8_t domain);
/* The next `len` bytes of output. */
void qk_keccak_squeeze(qk_keccak *sponge, uint8_t *out, size_t len);
void qk_keccak_done(qk_keccak *sponge);

/* Two pieces in, `out_len` bytes out. */
void qk_shake256(const void *a, size_t a_len, const void *b, size_t b_len, uint8_t *out, size_t out_len);
void qk_sha3_256(const void *bytes, size_t len, uint8_t out[32]);
void qk_sha3_512(const void *a, size_t a_len, const void *b, size_t b_len, uint8_t out[64]);

/* Four inputs `prefix || LE16(nonces[j])`, complete and padded for SHAKE; prefix_len + 2 must be below `rate`.
 * With nonce_len 1, only the low byte follows the prefix. */
void qk_keccak4_begin(qk_keccak4 *sponges, uint8_t rate, const uint8_t *prefix, size_t prefix_len,
                      const uint16_t nonces[4], size_t nonce_len);
/* `blocks` times `rate` bytes for each of the four. */
void qk_keccak4_squeeze(qk_keccak4 *sponges, uint8_t *const out[4], size_t blocks);
void qk_keccak4_done(qk_keccak4 *sponges);

extern qk_keccak_permute_fn qk_keccak_permute_portable;
extern qk_keccak_permute4_fn qk_keccak_permute4_portable;
#ifdef QK_LATTICE_X86
extern qk_keccak_permute_fn qk_keccak_permute_avx2; /* for its BMI instructions */
extern qk_keccak_permute4_fn qk_keccak_permute4_avx2, qk_keccak_permute4_avx512;
#endif

#endif
