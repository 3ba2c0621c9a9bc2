/* SPDX-License-Identifier: Apache-2.0 */
/* Ciphers on ready contexts, for the files of this room: fetched once, with a key's schedule kept in the key's slots,
 * since expanding a key and filling a fresh context cost as much as some hundred bytes of AES. */
#ifndef QK_CRYPTO_CIPHER_H
#define QK_CRYPTO_CIPHER_H

#include "crypto/key/key.h"

enum { QK_AES_BLOCK = 16, QK_DES_BLOCK = 8, QK_MAX_CIPHER_BLOCK = 16 };

typedef enum qk_cipher_mode {
    QK_MODE_ECB,
    QK_MODE_CBC,
    QK_MODE_CTR,
    QK_MODE_OFB,
    QK_MODE_CFB8,
    QK_MODE_CFB128,
    QK_MODE_CTS,
    QK_MODE_XTS,
    QK_MODE_GCM,
    QK_MODE_CCM,
    QK_MODE_CHACHA20,
    QK_MODE_CHACHA20_POLY1305,
    QK_MODES
} qk_cipher_mode;

/* The fetched cipher of a mode for keys of this type and length; NULL if there is none. */
const EVP_CIPHER *qk_cipher_of(CK_KEY_TYPE type, qk_cipher_mode mode, size_t key_len);
/* Does this OpenSSL have the mode for keys of some length? */
bool qk_cipher_offered(CK_KEY_TYPE type, qk_cipher_mode mode);

/* Bytes of the blocks of a key's cipher: 8 for DES, 16 for AES. */
size_t qk_cipher_block_len(const qk_key *key);

/* A context whose key is expanded; without padding of OpenSSL's own. */
typedef struct qk_cipher_ready {
    qk_ready head;
    EVP_CIPHER_CTX *context;
    size_t iv_len; /* AEAD: what the context is set to */
} qk_cipher_ready;

/* Takes one out of the key's slots or makes it. GCM's serve both directions. QK_E_KEY_SIZE, QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_cipher_take(const qk_key *key, qk_cipher_mode mode, bool encrypt, qk_cipher_ready **out_ready);
/* Puts it back if it did well; else frees it and reports OpenSSL's words. */
QK_MUST_CHECK qk_err qk_cipher_put(const qk_key *key, qk_cipher_ready *ready, bool well);
/* Puts `in` through; false if OpenSSL refused. out has in.len bytes; whole blocks where the mode has blocks. EVP counts
 * in int; these take any length. */
bool qk_cipher_update(EVP_CIPHER_CTX *context, qk_view in, uint8_t *out);
/* Additional data of an AEAD. */
bool qk_cipher_bind(EVP_CIPHER_CTX *context, qk_view aad);
/* The tag of an AEAD after the last byte, and the tag to be compared with before it. */
bool qk_cipher_read_tag(EVP_CIPHER_CTX *context, uint8_t *out, size_t tag_len);
bool qk_cipher_expect_tag(EVP_CIPHER_CTX *context, const uint8_t *tag, size_t tag_len);

/* A whole message: sets the IV (NULL: none) and puts `in` through. in.len is a multiple of the block where the mode has
 * blocks; out has as many bytes and may be in.data. */
QK_MUST_CHECK qk_err qk_cipher_whole(const qk_key *key, qk_cipher_mode mode, bool encrypt, const uint8_t *iv,
                                     qk_view in, uint8_t *out);

/* An engine's output_len for ciphers that give as many bytes as they take. */
size_t qk_cipher_same_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len);

#endif
