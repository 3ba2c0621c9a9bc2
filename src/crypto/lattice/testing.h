/* SPDX-License-Identifier: Apache-2.0 */
/* For the lattice tests: digests as text, counting bytes, every backend in turn, and the generator of NIST's KAT files.
 */
#ifndef QK_CRYPTO_LATTICE_TESTING_H
#define QK_CRYPTO_LATTICE_TESTING_H

#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/encoding.h"
#include "base/testing.h"
#include "crypto/lattice/backend.h"

static inline const char *sha256_text(const void *bytes, size_t len)
{
    static char text[4][65];
    static unsigned next;
    char *out = text[next++ % 4];
    uint8_t digest[32];

    SHA256(bytes, len, digest);
    qk_hex_write(qk_view_of(digest, sizeof digest), out);
    return out;
}

static inline void assert_sha256(const void *bytes, size_t len, const char *wanted)
{
    assert_string_equal(sha256_text(bytes, len), wanted);
}

/* start, start + 1, ... */
static inline void count_up(uint8_t *out, size_t len, unsigned start)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)(start + i);
}

/* Every table of functions that this machine can run; the best one again at the end. */
#define FOR_EACH_BACKEND(table)                                                                                        \
    for (const qk_lattice_backend_table *table = qk_lattice_backend_at(0), *best_ = NULL;                              \
         (best_ = backend_step(table, best_)) != NULL; table = backend_after(table))

static inline const qk_lattice_backend_table *backend_after(const qk_lattice_backend_table *table)
{
    for (size_t i = 0; qk_lattice_backend_at(i); i++)
        if (qk_lattice_backend_at(i) == table)
            return qk_lattice_backend_at(i + 1);
    return NULL;
}

static inline const qk_lattice_backend_table *backend_step(const qk_lattice_backend_table *table,
                                                           const qk_lattice_backend_table *best)
{
    if (!best)
        best = qk_lattice_backend();
    qk_lattice_backend_use(table ? table : best);
    return table ? best : NULL;
}

/* AES-256 CTR-DRBG without derivation function. Source: SP 800-90A, section 10.2.1; NIST's PQCgenKAT programs. */
typedef struct kat_drbg {
    uint8_t key[32], v[16];
} kat_drbg;

static inline void kat_drbg_block(kat_drbg *drbg, uint8_t out[16])
{
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    int len;

    for (int i = 15; i >= 0 && ++drbg->v[i] == 0; i--)
        ;
    assert_int_equal(EVP_EncryptInit_ex(context, EVP_aes_256_ecb(), NULL, drbg->key, NULL), 1);
    assert_int_equal(EVP_EncryptUpdate(context, out, &len, drbg->v, 16), 1);
    EVP_CIPHER_CTX_free(context);
}

static inline void kat_drbg_update(kat_drbg *drbg, const uint8_t *data)
{
    uint8_t temp[48];

    for (unsigned i = 0; i < 3; i++)
        kat_drbg_block(drbg, temp + 16 * i);
    for (unsigned i = 0; data && i < 48; i++)
        temp[i] ^= data[i];
    memcpy(drbg->key, temp, 32);
    memcpy(drbg->v, temp + 32, 16);
}

static inline void kat_drbg_init(kat_drbg *drbg, const uint8_t seed[48])
{
    memset(drbg, 0, sizeof *drbg);
    kat_drbg_update(drbg, seed);
}

static inline void kat_drbg_request(kat_drbg *drbg, uint8_t *out, size_t len)
{
    uint8_t block[16];

    for (; len > 0; len -= len < 16 ? len : 16, out += 16) {
        kat_drbg_block(drbg, block);
        memcpy(out, block, len < 16 ? len : 16);
    }
    kat_drbg_update(drbg, NULL);
}

#endif
