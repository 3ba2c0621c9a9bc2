/* SPDX-License-Identifier: Apache-2.0 */
/* AES on ready contexts, for the files of this room: whole blocks, GCM, and block modes in parts. */
#ifndef QK_CRYPTO_AES_H
#define QK_CRYPTO_AES_H

#include "crypto/key.h"

enum { QK_AES_BLOCK = 16 };

typedef enum qk_aes_mode { QK_AES_ECB, QK_AES_CBC, QK_AES_GCM, QK_AES_MODES } qk_aes_mode;

/* The fetched cipher for a key of 16, 24 or 32 bytes; NULL for other lengths. */
const EVP_CIPHER *qk_aes_cipher(qk_aes_mode mode, size_t key_len);

/* A context whose key is expanded; without padding of OpenSSL's own. */
typedef struct qk_aes_ready {
    qk_ready head;
    EVP_CIPHER_CTX *context;
    size_t iv_len; /* GCM: what the context is set to */
} qk_aes_ready;

/* Takes one out of the key's slots or makes it. GCM's serve both directions. QK_E_KEY_SIZE, QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_aes_take(const qk_key *key, qk_aes_mode mode, bool encrypt, qk_aes_ready **out_ready);
/* Puts it back if it did well; else frees it and reports OpenSSL's words. */
QK_MUST_CHECK qk_err qk_aes_put(const qk_key *key, qk_aes_ready *ready, bool well);
/* Puts `in` through; false if OpenSSL refused. out has in.len bytes; whole blocks where the mode has blocks. EVP counts
 * in int; these take any length. */
bool qk_cipher_update(EVP_CIPHER_CTX *context, qk_view in, uint8_t *out);
/* Additional data of an AEAD. */
bool qk_cipher_bind(EVP_CIPHER_CTX *context, qk_view aad);

/* ECB or CBC over whole blocks; `iv` NULL for ECB. in.len is a multiple of 16, out has as many bytes. */
QK_MUST_CHECK qk_err qk_aes_blocks(const qk_key *key, qk_aes_mode mode, bool encrypt, const uint8_t *iv, qk_view in,
                                   uint8_t *out);

/* What a mechanism is here: CKM_AES_ECB, CKM_AES_CBC, CKM_AES_CBC_PAD, CKM_AES_GCM. */
typedef struct qk_aes_mech {
    CK_MECHANISM_TYPE type;
    qk_aes_mode mode;
    bool padded;
} qk_aes_mech;

const qk_aes_mech *qk_aes_mech_of(const qk_mech *mech);

/* GCM (SP 800-38D): aes_gcm.c. The tag follows the ciphertext. QK_E_CIPHERTEXT_INVALID if the tag does not fit. */
QK_MUST_CHECK qk_err qk_aes_gcm_encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena,
                                        qk_view *out_cipher);
QK_MUST_CHECK qk_err qk_aes_gcm_decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena,
                                        qk_view *out_plain);

/* Fills the rest of the last block with PKCS #7 padding: `rest` holds rest_len < 16 bytes. */
void qk_aes_pad(uint8_t rest[QK_AES_BLOCK], size_t rest_len);
/* Bytes of padding in the last block of a plaintext, 1 to 16; 0 if it is malformed. Constant time. */
size_t qk_aes_padding(const uint8_t last[QK_AES_BLOCK]);

/* ---- block modes in parts: aes_parts.c ---- */

/* Where a message stands. No context stays: the chaining value says all, so every such operation can be saved. */
typedef struct qk_aes_parts {
    const qk_aes_mech *mech;
    bool encrypt;
    uint8_t chain[QK_AES_BLOCK]; /* CBC: what the next block is chained to */
    uint8_t rest[QK_AES_BLOCK];  /* bytes that wait for their block to fill, or (unpadding) for the end */
    size_t rest_len;
} qk_aes_parts;

void qk_aes_parts_init(qk_aes_parts *parts, const qk_mech_use *use, bool encrypt);
QK_MUST_CHECK qk_err qk_aes_parts_update(qk_aes_parts *parts, const qk_key *key, qk_view in, qk_arena *arena,
                                         qk_view *out);
/* QK_E_BAD_LENGTH (encryption), QK_E_CIPHERTEXT_LENGTH (decryption), QK_E_CIPHERTEXT_INVALID (padding). */
QK_MUST_CHECK qk_err qk_aes_parts_finish(qk_aes_parts *parts, const qk_key *key, qk_arena *arena, qk_view *out);
/* The most that update of in_len bytes, or finish, can give now. */
size_t qk_aes_parts_output_len(const qk_aes_parts *parts, size_t in_len, bool final);
void qk_aes_parts_save(const qk_aes_parts *parts, qk_buf *out);
/* After qk_aes_parts_init. QK_E_STATE_INVALID. */
QK_MUST_CHECK qk_err qk_aes_parts_load(qk_aes_parts *parts, qk_reader *reader);

#endif
