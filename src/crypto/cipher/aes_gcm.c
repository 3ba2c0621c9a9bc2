/* SPDX-License-Identifier: Apache-2.0 */
/* GCM and GMAC (SP 800-38D). OpenSSL takes IVs of 1 to 128 bytes, PKCS #11 of 1 to 256; gcm_iv.c bridges the gap. */
#include "crypto/cipher/aead.h"
#include "crypto/engine.h"
#include "crypto/cipher/gcm_iv.h"
#include "crypto/hash/mac.h"

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

static qk_err gcm_begin(const qk_key *key, const qk_mech_use *use, bool encrypt, qk_cipher_ready **out_ready)
{
    unsigned bits = use->gcm.tag_bits;

    if (use->gcm.iv.len == 0 || bits % 8 != 0 || bits < 8 * MIN_TAG || bits > 8 * MAX_TAG)
        return qk_fail(QK_E_MECHANISM_PARAM, "GCM with an IV of %zu bytes and a tag of %u bits", use->gcm.iv.len, bits);
    return take(key, use->gcm.iv, use->gcm.aad, encrypt, out_ready);
}

static size_t tag_len(const qk_mech_use *use)
{
    return use->gcm.tag_bits / 8;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    return qk_aead_encrypt(gcm_begin, key, use, tag_len(use), plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    return qk_aead_decrypt(gcm_begin, key, use, tag_len(use), cipher, arena, out_plain);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    return qk_aead_output_len(tag_len(use), function, input_len);
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
