/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_RSA_AES_KEY_WRAP (PKCS #11 3.2): a key of any length under an RSA key. A temporary AES key wraps it with KWP, and
 * goes in front of it under OAEP. So private keys fit, too. */
#include <openssl/rand.h>

#include "crypto/engine.h"
#include "crypto/cipher/key_wrap.h"

static qk_mech_use oaep_use(const qk_mech_use *use)
{
    return (qk_mech_use){ .mech = qk_mech_find(CKM_RSA_PKCS_OAEP), .oaep = use->rsa_aes.oaep };
}

static qk_err random_key(size_t len, qk_secret *out)
{
    QK_TRY(qk_secret_new(len, out));
    if (RAND_priv_bytes_ex(qk_openssl(), qk_secret_fill(out), len, 0) <= 0)
        return qk_openssl_fail(QK_E_NO_RANDOM, "a temporary AES key");
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *aes = NULL;
    qk_mech_use oaep = oaep_use(use);
    qk_view head, tail;
    uint8_t *place;

    QK_TRY(random_key(use->rsa_aes.aes_bits / 8, &value));
    QK_TRY(qk_engine_rsa_oaep.encrypt(key, &oaep, qk_secret_reveal(&value), arena, &head));
    QK_TRY(qk_key_new_secret(CKK_AES, &value, &aes));
    QK_TRY(qk_kwp_wrap(aes, plain, arena, &tail));
    QK_TRY(qk_arena_bytes(arena, head.len + tail.len, &place));
    memcpy(place, head.data, head.len);
    memcpy(place + head.len, tail.data, tail.len);
    *out_cipher = qk_view_of(place, head.len + tail.len);
    return QK_OK;
}

/* What OAEP refuses, and a key of another length, becomes a random key, which opens nothing: so there is one refusal,
 * after the same work, whatever was wrong. */
static qk_err open_head(const qk_key *key, const qk_mech_use *use, qk_view head, qk_arena *arena, qk_secret *out)
{
    qk_mech_use oaep = oaep_use(use);
    size_t len = use->rsa_aes.aes_bits / 8;
    qk_view value;
    qk_err err;

    QK_TRY(random_key(len, out));
    err = qk_engine_rsa_oaep.decrypt(key, &oaep, head, arena, &value);
    if (err == QK_OK && value.len == len)
        memcpy(qk_secret_fill(out), value.data, len);
    return err == QK_E_CIPHERTEXT_INVALID ? QK_OK : err;
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *aes = NULL;
    size_t head = (qk_key_bits(key) + 7) / 8;

    if (cipher.len <= head)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "%zu wrapped bytes are not longer than the modulus", cipher.len);
    QK_TRY(open_head(key, use, qk_view_slice(cipher, 0, head), arena, &value));
    QK_TRY(qk_key_new_secret(CKK_AES, &value, &aes));
    return qk_kwp_unwrap(aes, qk_view_slice(cipher, head, cipher.len), arena, out_plain);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t head = key ? (qk_key_bits(key) + 7) / 8 : 0;

    (void)use;
    if (function & (QK_DECRYPT | QK_UNWRAP))
        return input_len > head + 8 ? input_len - head - 8 : 0;
    return head + (input_len + 7) / 8 * 8 + 8;
}

const qk_engine qk_engine_rsa_aes_wrap = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};
