/* SPDX-License-Identifier: Apache-2.0 */
/* Little-endian words, on any machine. */
#ifndef QK_CRYPTO_LATTICE_BYTES_LE_H
#define QK_CRYPTO_LATTICE_BYTES_LE_H

#include <stdint.h>
#include <string.h>

static inline uint64_t qk_load64_le(const uint8_t *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, 8);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap64(word) : word;
}

static inline uint32_t qk_load32_le(const uint8_t *bytes)
{
    uint32_t word;

    memcpy(&word, bytes, 4);
    return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? __builtin_bswap32(word) : word;
}

static inline void qk_store64_le(uint8_t *bytes, uint64_t word)
{
    if (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__)
        word = __builtin_bswap64(word);
    memcpy(bytes, &word, 8);
}

#endif
