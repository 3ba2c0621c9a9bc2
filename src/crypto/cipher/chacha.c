/* SPDX-License-Identifier: Apache-2.0 */
/* ChaCha20-Poly1305 and Poly1305 (RFC 8439, 2.8 and 2.5). The stream cipher alone is in stream.c. */
#include <openssl/core_names.h>

#include "crypto/cipher/aead.h"
#include "crypto/engine.h"
#include "crypto/library.h"
#include "crypto/hash/mac.h"

enum { TAG = 16 };

static qk_err begin(const qk_key *key, const qk_mech_use *use, bool encrypt, qk_cipher_ready **out_ready)
{
    qk_cipher_ready *ready;

    QK_TRY(qk_cipher_take(key, QK_MODE_CHACHA20_POLY1305, encrypt, &ready));
    if (EVP_CipherInit_ex2(ready->context, NULL, NULL, use->chacha.nonce.data, encrypt, NULL) != 1 ||
        !qk_cipher_bind(ready->context, use->chacha.aad))
        return qk_cipher_put(key, ready, false);
    *out_ready = ready;
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    return qk_aead_encrypt(begin, key, use, TAG, plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    return qk_aead_decrypt(begin, key, use, TAG, cipher, arena, out_plain);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    return qk_aead_output_len(TAG, function, input_len);
}

static bool available(const qk_mech *mech)
{
    return qk_cipher_offered(mech->key, QK_MODE_CHACHA20_POLY1305);
}

const qk_engine qk_engine_chacha20_poly1305 = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .available = available,
    .output_len = output_len,
};

/* ---- Poly1305 alone ---- */

static EVP_MAC *poly1305;

void qk_poly1305_start(void)
{
    poly1305 = EVP_MAC_fetch(qk_openssl(), "POLY1305", NULL);
}

void qk_poly1305_stop(void)
{
    EVP_MAC_free(poly1305);
    poly1305 = NULL;
}

void qk_poly1305_abandon(void)
{
    poly1305 = NULL;
}

static qk_err poly1305_whole(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t out[QK_MAX_MAC],
                             size_t *out_len)
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_new(poly1305);
    qk_view value = qk_secret_reveal(&key->value);
    bool well;

    (void)use;
    well = context && EVP_MAC_init(context, value.data, value.len, NULL) == 1 &&
           (data.len == 0 || EVP_MAC_update(context, data.data, data.len) == 1) &&
           EVP_MAC_final(context, out, out_len, QK_MAX_MAC) == 1;
    EVP_MAC_CTX_free(context);
    return well ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, "Poly1305");
}

static qk_err poly1305_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                            qk_view *out_signature)
{
    return qk_mac_sign(poly1305_whole, key, use, data, arena, out_signature);
}

static qk_err poly1305_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    return qk_mac_verify(poly1305_whole, key, use, data, signature);
}

static size_t poly1305_output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    (void)function;
    (void)input_len;
    return TAG;
}

static bool poly1305_available(const qk_mech *mech)
{
    (void)mech;
    return poly1305 != NULL;
}

const qk_engine qk_engine_poly1305 = {
    .sign = poly1305_sign,
    .verify = poly1305_verify,
    .available = poly1305_available,
    .output_len = poly1305_output_len,
};
