/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa/rsa_op.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

/* Decryption and signing are the same operation with the private key, encryption and verification with the public. */
typedef struct rsa_half {
    qk_pkey_purpose purpose;
    int (*run)(EVP_PKEY_CTX *context, unsigned char *out, size_t *out_len, const unsigned char *in, size_t in_len);
} rsa_half;

static int pad_nothing(EVP_PKEY_CTX *context)
{
    char none[] = OSSL_PKEY_RSA_PAD_MODE_NONE;
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_ASYM_CIPHER_PARAM_PAD_MODE, none, 0),
                            OSSL_PARAM_construct_end() };

    return EVP_PKEY_CTX_set_params(context, params);
}

static int init_private(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_decrypt_init(context) > 0 && pad_nothing(context) > 0;
}

static int init_public(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_encrypt_init(context) > 0 && pad_nothing(context) > 0;
}

static const rsa_half private_half = { { "RSA with the private key", init_private }, EVP_PKEY_decrypt };
static const rsa_half public_half = { { "RSA with the public key", init_public }, EVP_PKEY_encrypt };

static qk_err exponentiate(const qk_key *key, const rsa_half *half, qk_err too_large, const uint8_t *in, uint8_t *out)
{
    size_t len = qk_rsa_len(key), out_len = len;
    qk_pkey_ready *ready = NULL;

    QK_TRY(qk_pkey_take(key, &half->purpose, &ready));
    if (half->run(ready->context, out, &out_len, in, len) <= 0 || out_len != len) {
        qk_pkey_drop(ready);
        if (ERR_GET_REASON(ERR_peek_last_error()) != RSA_R_DATA_TOO_LARGE_FOR_MODULUS)
            too_large = QK_E_FUNCTION_FAILED;
        return qk_openssl_fail(too_large, half->purpose.name);
    }
    qk_pkey_put(key, ready);
    return QK_OK;
}

qk_err qk_rsa_private(const qk_key *key, qk_err too_large, const uint8_t *in, uint8_t *out)
{
    return exponentiate(key, &private_half, too_large, in, out);
}

qk_err qk_rsa_public(const qk_key *key, qk_err too_large, const uint8_t *in, uint8_t *out)
{
    return exponentiate(key, &public_half, too_large, in, out);
}

qk_err qk_rsa_sign_encoded(const qk_key *key, qk_em em, qk_arena *arena, qk_view *out_signature)
{
    uint8_t *signature;

    QK_TRY(qk_arena_bytes(arena, em.len, &signature));
    QK_TRY(qk_rsa_private(key, QK_E_DATA_INVALID, em.data, signature));
    *out_signature = qk_view_of(signature, em.len);
    return QK_OK;
}

qk_err qk_rsa_open_signature(const qk_key *key, qk_view signature, qk_em em)
{
    if (signature.len != em.len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "an RSA signature of %zu bytes; the key's have %zu", signature.len,
                       em.len);
    return qk_rsa_public(key, QK_E_SIGNATURE_INVALID, signature.data, em.data);
}

qk_err qk_rsa_match(const uint8_t *expected, const uint8_t *given, size_t len)
{
    if (!qk_view_equal(qk_view_of(expected, len), qk_view_of(given, len)))
        return qk_fail(QK_E_SIGNATURE_INVALID, "the RSA signature does not belong to this message and key");
    return QK_OK;
}
