/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-3 (FIPS 202, sections 4 and 6.1) as a function that compresses blocks: its chaining value is the whole state of
 * Keccak, a block is what is absorbed between two permutations. */
#include "crypto/hash/keccak.h"
#include "crypto/hash/sha.h"

static uint64_t load_little(const uint8_t *p)
{
    uint64_t lane = 0;

    for (unsigned i = 8; i-- > 0;)
        lane = lane << 8 | p[i];
    return lane;
}

static void absorb(qk_sha_chain *chain, const uint8_t *data, size_t blocks, size_t block_len)
{
    for (; blocks > 0; blocks--, data += block_len) {
        for (size_t i = 0; i < block_len / 8; i++)
            chain->w64[i] ^= load_little(data + 8 * i);
        qk_keccak_f1600(chain->w64);
    }
}

void qk_sha3_224_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    absorb(chain, data, blocks, 144);
}

void qk_sha3_256_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    absorb(chain, data, blocks, 136);
}

void qk_sha3_384_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    absorb(chain, data, blocks, 104);
}

void qk_sha3_512_compress(qk_sha_chain *chain, const uint8_t *data, size_t blocks)
{
    absorb(chain, data, blocks, 72);
}
