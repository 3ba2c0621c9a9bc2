/* SPDX-License-Identifier: Apache-2.0 */
/* GCM and GMAC (SP 800-38D). OpenSSL takes IVs of 1 to 128 bytes, PKCS #11 of 1 to 256; gcm_iv.c bridges the gap. */
#include "crypto/cipher.h"
#include "crypto/engine.h"
#include "crypto/gcm_iv.h"
#include "crypto/mac.h"

enum { MAX_TAG = 16, MIN_TAG = 4, OPENSSL_MAX_IV = 128 };

/* A longer IV as the 16-byte IV that leads to the same first counter block. */
static qk_err shorten_iv(const qk_key *key, qk_view iv, uint8_t out[QK_AES_BLOCK])
{
    static const uint8_t zero[QK_AES_BLOCK];
    uint8_t hash_key[QK_AES_BLOCK];

    QK_TRY(qk_cipher_whole(key, QK_MODE_ECB, true, NULL, qk_view_of(zero, sizeof zero), hash_key));
    qk_gcm_equal_iv(hash_key, iv, out);
    explicit_bzero(hash_key, sizeof hash_key);
    return QK_OK;
}

/* Sets direction and IV, then hashes the additional data. */
static bool begin(qk_cipher_ready *ready, bool encrypt, qk_view iv, qk_view aad)
{
    if (iv.len != ready->iv_len) {
        if (EVP_CIPHER_CTX_ctrl(ready->context, EVP_CTRL_AEAD_SET_IVLEN, (int)iv.len, NULL) != 1)
            return false;
        ready->iv_len = iv.len;
    }
    return EVP_CipherInit_ex2(ready->context, NULL, NULL, iv.data, encrypt, NULL) == 1 &&
           qk_cipher_bind(ready->context, aad);
}

static qk_err take(const qk_key *key, qk_view iv, qk_view aad, bool encrypt, qk_cipher_ready **out_ready)
{
    uint8_t short_iv[QK_AES_BLOCK];
    qk_cipher_ready *ready;

    if (iv.len > OPENSSL_MAX_IV) {
        QK_TRY(shorten_iv(key, iv, short_iv));
        iv = qk_view_of(short_iv, sizeof short_iv);
    }
    QK_TRY(qk_cipher_take(key, QK_MODE_GCM, encrypt, &ready));
    if (!begin(ready, encrypt, iv, aad))
        return qk_cipher_put(key, ready, false);
    *out_ready = ready;
    return QK_OK;
}

static qk_err check(const qk_mech_use *use)
{
    unsigned bits = use->gcm.tag_bits;

    if (use->gcm.iv.len == 0 || bits % 8 != 0 || bits < 8 * MIN_TAG || bits > 8 * MAX_TAG)
        return qk_fail(QK_E_MECHANISM_PARAM, "GCM with an IV of %zu bytes and a tag of %u bits", use->gcm.iv.len, bits);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    size_t tag_len = use->gcm.tag_bits / 8;
    qk_cipher_ready *ready;
    uint8_t *place;
    bool well;
    int none;

    if (plain.len > SIZE_MAX - tag_len)
        return qk_fail(QK_E_BAD_LENGTH, "a message of %zu bytes", plain.len);
    QK_TRY(check(use));
    QK_TRY(qk_arena_bytes(arena, plain.len + tag_len, &place));
    QK_TRY(take(key, use->gcm.iv, use->gcm.aad, true, &ready));
    well = qk_cipher_update(ready->context, plain, place) &&
           EVP_CipherFinal_ex(ready->context, place + plain.len, &none) == 1 &&
           qk_cipher_read_tag(ready->context, place + plain.len, tag_len);
    QK_TRY(qk_cipher_put(key, ready, well));
    *out_cipher = qk_view_of(place, plain.len + tag_len);
    return QK_OK;
}

/* 1: the tag fits; 0: it does not; -1: OpenSSL refused something else. */
static int open_message(qk_cipher_ready *ready, qk_view cipher, const uint8_t *tag, size_t tag_len, uint8_t *out)
{
    uint8_t last[QK_AES_BLOCK];
    int none;

    if (!qk_cipher_update(ready->context, cipher, out) || !qk_cipher_expect_tag(ready->context, tag, tag_len))
        return -1;
    return EVP_CipherFinal_ex(ready->context, last, &none) == 1;
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    size_t tag_len = use->gcm.tag_bits / 8, len;
    qk_cipher_ready *ready;
    uint8_t *place;
    int opened;

    if (cipher.len < tag_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a GCM ciphertext of %zu bytes is shorter than its tag", cipher.len);
    len = cipher.len - tag_len;
    QK_TRY(check(use));
    QK_TRY(qk_arena_bytes(arena, len, &place));
    QK_TRY(take(key, use->gcm.iv, use->gcm.aad, false, &ready));
    opened = open_message(ready, qk_view_of(cipher.data, len), cipher.data + len, tag_len, place);
    if (opened != 1)
        explicit_bzero(place, len);
    QK_TRY(qk_cipher_put(key, ready, opened >= 0));
    if (opened == 0) {
        qk_openssl_forget();
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext, its tag, IV or additional data were changed");
    }
    *out_plain = qk_view_of(place, len);
    return QK_OK;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t tag_len = use->gcm.tag_bits / 8;

    (void)key;
    if (function == QK_DECRYPT)
        return input_len > tag_len ? input_len - tag_len : 0;
    return input_len + tag_len;
}

const qk_engine qk_engine_gcm = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};

/* ---- GMAC: nothing is encrypted, the message is additional data ---- */

static qk_err gmac(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC], size_t *out_len)
{
    qk_cipher_ready *ready;
    uint8_t last[QK_AES_BLOCK];
    int none;

    QK_TRY(take(key, use->iv, data, true, &ready));
    *out_len = MAX_TAG;
    return qk_cipher_put(key, ready,
                         EVP_CipherFinal_ex(ready->context, last, &none) == 1 &&
                             qk_cipher_read_tag(ready->context, out, MAX_TAG));
}

static qk_err gmac_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                        qk_view *out_signature)
{
    return qk_mac_sign(gmac, key, use, data, arena, out_signature);
}

static qk_err gmac_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    return qk_mac_verify(gmac, key, use, data, signature);
}

static size_t gmac_output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    (void)function;
    (void)input_len;
    return MAX_TAG;
}

const qk_engine qk_engine_gmac = {
    .sign = gmac_sign,
    .verify = gmac_verify,
    .output_len = gmac_output_len,
};
