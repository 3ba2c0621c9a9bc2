/* SPDX-License-Identifier: Apache-2.0 */
/* CMAC (SP 800-38B) with AES or DES of two and three keys, on ready contexts. */
#ifndef QK_CRYPTO_CMAC_H
#define QK_CRYPTO_CMAC_H

#include "crypto/cipher/cipher.h"

/* Where a message stands: all that a later part needs. The last block waits, since the end treats it differently. */
typedef struct qk_cmac {
    uint8_t chain[QK_MAX_CIPHER_BLOCK];
    uint8_t rest[QK_MAX_CIPHER_BLOCK];
    size_t rest_len; /* 0 only before the first byte */
} qk_cmac;

/* CKM_IBM_CMAC takes keys of several types. QK_E_KEY_TYPE for those of no block cipher. */
QK_MUST_CHECK qk_err qk_cmac_check(const qk_key *key);
/* A zeroed qk_cmac is ready for a message. */
QK_MUST_CHECK qk_err qk_cmac_update(qk_cmac *cmac, const qk_key *key, qk_view data);
/* Writes qk_cipher_block_len(key) bytes. */
QK_MUST_CHECK qk_err qk_cmac_end(qk_cmac *cmac, const qk_key *key, uint8_t out[QK_MAX_CIPHER_BLOCK]);
void qk_cmac_save(const qk_cmac *cmac, qk_buf *out);
/* QK_E_STATE_INVALID. */
QK_MUST_CHECK qk_err qk_cmac_load(qk_cmac *cmac, const qk_key *key, qk_reader *reader);

/* A message of at most four pieces in one call, for derivations. */
QK_MUST_CHECK qk_err qk_cmac_pieces(const qk_key *key, const qk_view *pieces, size_t count,
                                    uint8_t out[QK_MAX_CIPHER_BLOCK]);

#endif
