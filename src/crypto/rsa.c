/* SPDX-License-Identifier: Apache-2.0 */
/* RSA operations: an encoding of rsa_padding.h and one raw RSA operation. Every mechanism uses the same two ready
 * contexts of a key, one for each half. */
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "base/secret.h"
#include "crypto/engine.h"
#include "crypto/pkey_ready.h"
#include "crypto/rsa_padding.h"

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

static size_t modulus_len(const qk_key *key)
{
    return (key->bits + 7) / 8;
}

/* Modular exponentiation of `in` to `out`, both as long as the modulus; they may be the same. `too_large` is the error
 * for an input that is not below the modulus, which tells nothing secret. */
static qk_err exponentiate(const qk_key *key, const rsa_half *half, qk_err too_large, const uint8_t *in, uint8_t *out)
{
    size_t len = modulus_len(key), out_len = len;
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

/* Signs what is encoded in `em`. */
static qk_err sign_encoded(const qk_key *key, qk_em em, qk_arena *arena, qk_view *out_signature)
{
    uint8_t *signature;

    QK_TRY(qk_arena_bytes(arena, em.len, &signature));
    QK_TRY(exponentiate(key, &private_half, QK_E_FUNCTION_FAILED, em.data, signature));
    *out_signature = qk_view_of(signature, em.len);
    return QK_OK;
}

/* Gives the encoded message of a signature. */
static qk_err open_signature(const qk_key *key, qk_view signature, qk_em em)
{
    if (signature.len != em.len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "an RSA signature of %zu bytes; the key's have %zu", signature.len,
                       em.len);
    return exponentiate(key, &public_half, QK_E_SIGNATURE_INVALID, signature.data, em.data);
}

/* ---- PKCS #1 v1.5 signatures ---- */

/* The expected encoding is built anew and compared: nothing of the signature is parsed, so nothing can be slipped in.
 */
static qk_err verify_pkcs1(const qk_key *key, qk_view prefix, qk_view data, qk_view signature)
{
    uint8_t expected[QK_RSA_MAX_LEN], given[QK_RSA_MAX_LEN];
    size_t len = modulus_len(key);

    QK_TRY(qk_pkcs1_sign_encode(prefix, data, (qk_em){ expected, len }));
    QK_TRY(open_signature(key, signature, (qk_em){ given, len }));
    if (!qk_view_equal(qk_view_of(expected, len), qk_view_of(given, len)))
        return qk_fail(QK_E_SIGNATURE_INVALID, "the RSA signature does not belong to this message and key");
    return QK_OK;
}

static qk_err sign_pkcs1(const qk_key *key, qk_view prefix, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, modulus_len(key) };

    QK_TRY(qk_pkcs1_sign_encode(prefix, data, em));
    return sign_encoded(key, em, arena, out_signature);
}

/* The digest must be as long as DigestInfo says, or the signature would be of something else. */
static qk_err check_digest(const qk_mech_use *use, qk_view prefix, qk_view digest)
{
    if (prefix.len == 0)
        return qk_fail(QK_E_MECHANISM_INVALID, "%s has no DigestInfo", use->mech->name);
    if (digest.len != prefix.data[prefix.len - 1])
        return qk_fail(QK_E_BAD_LENGTH, "%s: a digest of %zu bytes", use->mech->name, digest.len);
    return QK_OK;
}

static qk_err pkcs_sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                               qk_view *out_signature)
{
    qk_view prefix = qk_pkcs1_digest_info(use->mech->hash);

    QK_TRY(check_digest(use, prefix, digest));
    return sign_pkcs1(key, prefix, digest, arena, out_signature);
}

static qk_err pkcs_verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    qk_view prefix = qk_pkcs1_digest_info(use->mech->hash);

    QK_TRY(check_digest(use, prefix, digest));
    return verify_pkcs1(key, prefix, digest, signature);
}

static qk_err pkcs_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                        qk_view *out_signature)
{
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return sign_pkcs1(key, QK_VIEW_NONE, data, arena, out_signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return pkcs_sign_digest(key, use, qk_view_of(digest, len), arena, out_signature);
}

static qk_err pkcs_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return verify_pkcs1(key, QK_VIEW_NONE, data, signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return pkcs_verify_digest(key, use, qk_view_of(digest, len), signature);
}

/* ---- PSS ---- */

static qk_err pss_sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                              qk_view *out_signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, modulus_len(key) };

    QK_TRY(qk_pss_encode(use, digest, key->bits, em));
    return sign_encoded(key, em, arena, out_signature);
}

static qk_err pss_verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, modulus_len(key) };

    QK_TRY(open_signature(key, signature, em));
    return qk_pss_verify(use, digest, key->bits, em);
}

/* CKM_RSA_PKCS_PSS is given the digest, the others hash. */
static qk_err pss_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return pss_sign_digest(key, use, data, arena, out_signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return pss_sign_digest(key, use, qk_view_of(digest, len), arena, out_signature);
}

static qk_err pss_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t digest[64];
    size_t len;

    if (use->mech->hash == QK_NO_HASH)
        return pss_verify_digest(key, use, data, signature);
    QK_TRY(qk_digest_once(use->mech->hash, data, digest, &len));
    return pss_verify_digest(key, use, qk_view_of(digest, len), signature);
}

/* ---- encryption ---- */

static qk_err encrypt_encoded(const qk_key *key, qk_em em, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t *cipher;

    QK_TRY(qk_arena_bytes(arena, em.len, &cipher));
    QK_TRY(exponentiate(key, &public_half, QK_E_FUNCTION_FAILED, em.data, cipher));
    *out_cipher = qk_view_of(cipher, em.len);
    return QK_OK;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, modulus_len(key) };
    qk_err err =
        use->mech->param == QK_PARAM_OAEP ? qk_oaep_encode(use, plain, em) : qk_pkcs1_encrypt_encode(plain, em);

    if (err == QK_OK)
        err = encrypt_encoded(key, em, arena, out_cipher);
    explicit_bzero(memory, em.len);
    return err;
}

static qk_err decrypt_in(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_em em, qk_arena *arena,
                         qk_view *out_plain)
{
    size_t start;

    QK_TRY(exponentiate(key, &private_half, QK_E_CIPHERTEXT_INVALID, cipher.data, em.data));
    qk_ct_poison(em.data, em.len);
    if (use->mech->param == QK_PARAM_OAEP)
        QK_TRY(qk_oaep_decode(use, em, &start));
    else
        QK_TRY(qk_pkcs1_decrypt_decode(em, &start));
    qk_ct_declassify(em.data, em.len);
    return qk_arena_copy(arena, qk_view_of(em.data + start, em.len - start), out_plain);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    uint8_t memory[QK_RSA_MAX_LEN];
    qk_em em = { memory, modulus_len(key) };

    if (cipher.len != em.len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "an RSA ciphertext of %zu bytes; the key's have %zu", cipher.len,
                       em.len);
    qk_err err = decrypt_in(key, use, cipher, em, arena, out_plain);
    explicit_bzero(memory, em.len);
    return err;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t len = modulus_len(key);

    (void)input_len;
    if (function == QK_VERIFY)
        return 0;
    if (function != QK_DECRYPT)
        return len;
    return use->mech->param == QK_PARAM_OAEP ? qk_oaep_capacity(use, len) : len - QK_PKCS1_OVERHEAD;
}

const qk_engine qk_engine_rsa_pkcs = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .sign = pkcs_sign,
    .verify = pkcs_verify,
    .sign_digest = pkcs_sign_digest,
    .verify_digest = pkcs_verify_digest,
    .output_len = output_len,
};

const qk_engine qk_engine_rsa_pss = {
    .sign = pss_sign,
    .verify = pss_verify,
    .sign_digest = pss_sign_digest,
    .verify_digest = pss_verify_digest,
    .output_len = output_len,
};

const qk_engine qk_engine_rsa_oaep = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .output_len = output_len,
};
