/* SPDX-License-Identifier: Apache-2.0 */
/* GCM (SP 800-38D). OpenSSL takes IVs of 1 to 128 bytes, PKCS #11 of 1 to 256; gcm_iv.c bridges the gap. */
#include <openssl/core_names.h>

#include "crypto/aes.h"
#include "crypto/gcm_iv.h"

enum { MAX_TAG = 16, MIN_TAG = 4, OPENSSL_MAX_IV = 128 };

/* A longer IV as the 16-byte IV that leads to the same first counter block. */
static qk_err shorten_iv(const qk_key *key, qk_view iv, uint8_t out[QK_AES_BLOCK])
{
    static const uint8_t zero[QK_AES_BLOCK];
    uint8_t hash_key[QK_AES_BLOCK];

    QK_TRY(qk_aes_blocks(key, QK_AES_ECB, true, NULL, qk_view_of(zero, sizeof zero), hash_key));
    qk_gcm_equal_iv(hash_key, iv, out);
    explicit_bzero(hash_key, sizeof hash_key);
    return QK_OK;
}

/* Sets direction and IV, then hashes the additional data. */
static bool begin(qk_aes_ready *ready, bool encrypt, qk_view iv, qk_view aad)
{
    if (iv.len != ready->iv_len) {
        if (EVP_CIPHER_CTX_ctrl(ready->context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.len, NULL) != 1)
            return false;
        ready->iv_len = iv.len;
    }
    return EVP_CipherInit_ex2(ready->context, NULL, NULL, iv.data, encrypt, NULL) == 1 &&
           qk_cipher_bind(ready->context, aad);
}

static qk_err take(const qk_key *key, const qk_mech_use *use, bool encrypt, qk_aes_ready **out_ready)
{
    uint8_t short_iv[QK_AES_BLOCK];
    qk_view iv = use->gcm.iv;
    qk_aes_ready *ready;

    if (iv.len == 0 || use->gcm.tag_bits % 8 != 0 || use->gcm.tag_bits < 8 * MIN_TAG || use->gcm.tag_bits > 8 * MAX_TAG)
        return qk_fail(QK_E_MECHANISM_PARAM, "GCM with an IV of %zu bytes and a tag of %u bits", iv.len,
                       use->gcm.tag_bits);
    if (iv.len > OPENSSL_MAX_IV) {
        QK_TRY(shorten_iv(key, iv, short_iv));
        iv = qk_view_of(short_iv, sizeof short_iv);
    }
    QK_TRY(qk_aes_take(key, QK_AES_GCM, encrypt, &ready));
    if (!begin(ready, encrypt, iv, use->gcm.aad))
        return qk_aes_put(key, ready, false);
    *out_ready = ready;
    return QK_OK;
}

/* Straight for the parameter: EVP_CIPHER_CTX_ctrl looks through many commands first. */
static bool read_tag(qk_aes_ready *ready, uint8_t *out, size_t tag_len)
{
    OSSL_PARAM wanted[] = { OSSL_PARAM_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, out, tag_len), OSSL_PARAM_END };

    return EVP_CIPHER_CTX_get_params(ready->context, wanted) == 1;
}

qk_err qk_aes_gcm_encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena,
                          qk_view *out_cipher)
{
    size_t tag_len = use->gcm.tag_bits / 8;
    qk_aes_ready *ready;
    uint8_t *place;
    bool well;
    int none;

    if (plain.len > SIZE_MAX - tag_len)
        return qk_fail(QK_E_BAD_LENGTH, "a message of %zu bytes", plain.len);
    QK_TRY(qk_arena_bytes(arena, plain.len + tag_len, &place));
    QK_TRY(take(key, use, true, &ready));
    well = qk_cipher_update(ready->context, plain, place) &&
           EVP_CipherFinal_ex(ready->context, place + plain.len, &none) == 1 &&
           read_tag(ready, place + plain.len, tag_len);
    QK_TRY(qk_aes_put(key, ready, well));
    *out_cipher = qk_view_of(place, plain.len + tag_len);
    return QK_OK;
}

/* 1: the tag fits; 0: it does not; -1: OpenSSL refused something else. */
static int open_message(qk_aes_ready *ready, qk_view cipher, const uint8_t *tag, size_t tag_len, uint8_t *out)
{
    uint8_t expected[MAX_TAG], last[QK_AES_BLOCK];
    int none;

    memcpy(expected, tag, tag_len); /* OpenSSL wants to be able to write to it */
    if (!qk_cipher_update(ready->context, cipher, out) ||
        EVP_CIPHER_CTX_ctrl(ready->context, EVP_CTRL_AEAD_SET_TAG, (int)tag_len, expected) != 1)
        return -1;
    return EVP_CipherFinal_ex(ready->context, last, &none) == 1;
}

qk_err qk_aes_gcm_decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena,
                          qk_view *out_plain)
{
    size_t tag_len = use->gcm.tag_bits / 8, len;
    qk_aes_ready *ready;
    uint8_t *place;
    int opened;

    if (cipher.len < tag_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a GCM ciphertext of %zu bytes is shorter than its tag", cipher.len);
    len = cipher.len - tag_len;
    QK_TRY(qk_arena_bytes(arena, len, &place));
    QK_TRY(take(key, use, false, &ready));
    opened = open_message(ready, qk_view_of(cipher.data, len), cipher.data + len, tag_len, place);
    if (opened != 1)
        explicit_bzero(place, len);
    QK_TRY(qk_aes_put(key, ready, opened >= 0));
    if (opened == 0) {
        qk_openssl_forget();
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext, its tag, IV or additional data were changed");
    }
    *out_plain = qk_view_of(place, len);
    return QK_OK;
}
