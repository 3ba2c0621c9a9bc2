/* SPDX-License-Identifier: Apache-2.0 */
/* EdDSA, pure: Ed25519 and Ed448. Source: RFC 8032, 5.1.6, 5.1.7, 5.2.6, 5.2.7.
 *
 * Contexts and prehashing (Ed25519ctx, Ed25519ph) need OpenSSL 3.2, and OpenSSL 3.0 is what many have: such parameters
 * are refused the same way everywhere. Ed448 with an empty context and Ed25519 without a parameter are the pure forms.
 */
#include <openssl/err.h>

#include <stdlib.h>

#include "crypto/engine.h"
#include "crypto/key.h"

/* EVP signs whole messages through an EVP_MD_CTX alone; initialising it again without a key keeps what it has fetched.
 */
typedef struct eddsa_ready {
    qk_ready head;
    EVP_MD_CTX *context;
} eddsa_ready;

typedef struct eddsa_purpose {
    const char *name;
    int (*init)(EVP_MD_CTX *context, EVP_PKEY_CTX **pkey_context, const char *md, OSSL_LIB_CTX *library,
                const char *properties, EVP_PKEY *pkey, const OSSL_PARAM *params);
} eddsa_purpose;

static const eddsa_purpose to_sign = { "EdDSA signature", EVP_DigestSignInit_ex };
static const eddsa_purpose to_verify = { "EdDSA verification", EVP_DigestVerifyInit_ex };

static void ready_free(qk_ready *head)
{
    eddsa_ready *ready = (eddsa_ready *)head;

    EVP_MD_CTX_free(ready->context);
    free(ready);
}

static bool init(eddsa_ready *ready, const eddsa_purpose *purpose, EVP_PKEY *pkey)
{
    return ready->context && purpose->init(ready->context, NULL, NULL, qk_openssl(), NULL, pkey, NULL) > 0;
}

static qk_err take(const qk_key *key, const eddsa_purpose *purpose, eddsa_ready **out_ready)
{
    eddsa_ready *ready = (eddsa_ready *)qk_key_take(key, purpose);

    if (ready && init(ready, purpose, NULL)) {
        *out_ready = ready;
        return QK_OK;
    }
    if (ready)
        ready_free(&ready->head);
    ready = calloc(1, sizeof(*ready));
    if (!ready)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a context: %s", purpose->name);
    ready->head = (qk_ready){ purpose, ready_free };
    ready->context = EVP_MD_CTX_new();
    if (!init(ready, purpose, key->pkey)) {
        ready_free(&ready->head);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, purpose->name);
    }
    *out_ready = ready;
    return QK_OK;
}

static qk_err check(const qk_key *key, const qk_mech_use *use)
{
    if (!key->curve || key->curve->kind != QK_CURVE_EDWARDS)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a key on an Edwards curve", use->mech->name);
    if (use->mech->type == CKM_IBM_ED25519_SHA512 && key->bits > 256)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a key on Ed25519", use->mech->name);
    if (use->mech->param != QK_PARAM_EDDSA || !use->eddsa.given)
        return QK_OK;
    if (use->eddsa.prehash)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: prehashing is not available", use->mech->name);
    /* By PKCS #11 a parameter without prehash on Ed25519 asks for Ed25519ctx, whose context is not empty; an empty one
     * is what applications pass that mean the pure form. */
    if (use->eddsa.context.len > 0)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: contexts are not available", use->mech->name);
    return QK_OK;
}

/* Two encodings, of a point and of a scalar. */
static size_t signature_len(const qk_key *key)
{
    return 2 * key->curve->field_len;
}

static const uint8_t *not_null(qk_view data)
{
    static const uint8_t none;

    return data.len == 0 ? &none : data.data;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    eddsa_ready *ready = NULL;
    uint8_t *signature;
    size_t len;

    QK_TRY(check(key, use));
    len = signature_len(key);
    QK_TRY(qk_arena_bytes(arena, len, &signature));
    QK_TRY(take(key, &to_sign, &ready));
    if (EVP_DigestSign(ready->context, signature, &len, not_null(data), data.len) <= 0) {
        ready_free(&ready->head);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, to_sign.name);
    }
    qk_key_put(key, &ready->head);
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    eddsa_ready *ready = NULL;
    int result;

    QK_TRY(check(key, use));
    if (signature.len != signature_len(key))
        return qk_fail(QK_E_SIGNATURE_LENGTH, "an EdDSA signature of %zu bytes; the curve's have %zu", signature.len,
                       signature_len(key));
    QK_TRY(take(key, &to_verify, &ready));
    result = EVP_DigestVerify(ready->context, signature.data, signature.len, not_null(data), data.len);
    qk_key_put(key, &ready->head);
    if (result == 1)
        return QK_OK;
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return qk_openssl_fail(QK_E_NO_MEMORY, to_verify.name);
    qk_openssl_forget();
    return qk_fail(QK_E_SIGNATURE_INVALID, "the EdDSA signature does not belong to this message and key");
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_SIGN && key->curve ? signature_len(key) : 0;
}

const qk_engine qk_engine_eddsa = {
    .sign = sign,
    .verify = verify,
    .output_len = output_len,
};
