/* SPDX-License-Identifier: Apache-2.0 */
/* Block modes: ECB, CBC and CBC with padding, of AES and of DES with two and three keys. In one call they are an engine
 * (blocks.c); here is what the files of this room need of them besides. */
#ifndef QK_CRYPTO_BLOCKS_H
#define QK_CRYPTO_BLOCKS_H

#include "crypto/cipher/cipher.h"

/* What a mechanism is here: CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_DES3_ECB, ... */
typedef struct qk_blocks_mech {
    CK_MECHANISM_TYPE type;
    qk_cipher_mode mode;
    bool padded;
    size_t block_len;
} qk_blocks_mech;

/* NULL if it is no block mode. */
const qk_blocks_mech *qk_blocks_mech_find(CK_MECHANISM_TYPE type);

/* Fills the rest of the last block with PKCS #7 padding: `rest` holds rest_len < block_len bytes. */
void qk_blocks_pad(uint8_t *rest, size_t rest_len, size_t block_len);
/* Bytes of padding in the last block of a plaintext, 1 to block_len; 0 if it is malformed. Constant time. */
size_t qk_blocks_padding(const uint8_t *last, size_t block_len);

/* ---- in parts: blocks_parts.c ---- */

/* Where a message stands. No context stays: the chaining value says all, so every such operation can be saved. */
typedef struct qk_blocks {
    const qk_blocks_mech *mech;
    bool encrypt;
    uint8_t chain[QK_MAX_CIPHER_BLOCK]; /* CBC: what the next block is chained to */
    uint8_t rest[QK_MAX_CIPHER_BLOCK];  /* bytes that wait for their block to fill, or (unpadding) for the end */
    size_t rest_len;
} qk_blocks;

void qk_blocks_init(qk_blocks *parts, const qk_mech_use *use, bool encrypt);
QK_MUST_CHECK qk_err qk_blocks_update(qk_blocks *parts, const qk_key *key, qk_view in, qk_arena *arena, qk_view *out);
/* QK_E_BAD_LENGTH (encryption), QK_E_CIPHERTEXT_LENGTH (decryption), QK_E_CIPHERTEXT_INVALID (padding). */
QK_MUST_CHECK qk_err qk_blocks_finish(qk_blocks *parts, const qk_key *key, qk_arena *arena, qk_view *out);
/* The most that update of in_len bytes, or finish, can give while `waiting` bytes wait. */
size_t qk_blocks_output_len(const qk_blocks_mech *mech, bool encrypt, size_t waiting, size_t in_len, bool final);
void qk_blocks_save(const qk_blocks *parts, qk_buf *out);
/* After qk_blocks_init. QK_E_STATE_INVALID. */
QK_MUST_CHECK qk_err qk_blocks_load(qk_blocks *parts, qk_reader *reader);

#endif
