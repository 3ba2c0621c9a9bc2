/* SPDX-License-Identifier: Apache-2.0 */
/* EdDSA: Ed25519 and Ed448. Source: RFC 8032, 5.1.6, 5.1.7, 5.2.6, 5.2.7.
 *
 * Contexts and prehashing (Ed25519ctx, Ed25519ph, Ed448 with a context, Ed448ph) are instances that OpenSSL has
 * from 3.2 on. Older ones ignore the wish and would sign in the pure form, so each use asks first whether it can be
 * set, and is refused if not. Ed448 with an empty context and Ed25519 without a parameter are the pure forms. */
#include <openssl/err.h>
#include <openssl/params.h>

#include <stdlib.h>

#include "crypto/engine.h"
#include "crypto/key/key.h"

/* EVP signs whole messages through an EVP_MD_CTX alone; initialising it again without a key keeps what it has fetched.
 */
typedef struct eddsa_ready {
    qk_ready head;
    EVP_MD_CTX *context;
} eddsa_ready;

/* OpenSSL 3.2's names of parameters, which the headers of older ones lack. */
#define PARAM_INSTANCE "instance"
#define PARAM_CONTEXT  "context-string"

typedef struct eddsa_purpose {
    const char *name;
    int (*init)(EVP_MD_CTX *context, EVP_PKEY_CTX **pkey_context, const char *md, OSSL_LIB_CTX *library,
                const char *properties, EVP_PKEY *pkey, const OSSL_PARAM *params);
} eddsa_purpose;

static const eddsa_purpose to_sign = { "EdDSA signature", EVP_DigestSignInit_ex };
static const eddsa_purpose to_verify = { "EdDSA verification", EVP_DigestVerifyInit_ex };

static const uint8_t *not_null(qk_view data)
{
    static const uint8_t none;

    return data.len == 0 ? &none : data.data;
}

static void md_context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

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

/* By PKCS #11 a parameter without prehash on Ed25519 asks for Ed25519ctx, whose context is not empty; an empty one is
 * what applications pass that mean the pure form. */
static bool is_pure(const qk_mech_use *use)
{
    return use->mech->param != QK_PARAM_EDDSA || !use->eddsa.given ||
           (!use->eddsa.prehash && use->eddsa.context.len == 0);
}

static qk_err check(const qk_key *key, const qk_mech_use *use)
{
    static const struct {
        CK_MECHANISM_TYPE type;
        unsigned bits;
    } fixed[] = { { CKM_IBM_ED25519_SHA512, 255 }, { CKM_IBM_ED448_SHA3, 448 } };

    if (!key->curve || key->curve->kind != QK_CURVE_EDWARDS)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a key on an Edwards curve", use->mech->name);
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
        if (fixed[i].type == use->mech->type && fixed[i].bits != key->bits)
            return qk_fail(QK_E_KEY_TYPE, "%s does not work with a key on %s", use->mech->name, key->curve->name);
    return QK_OK;
}

/* Makes a context for an instance, by settable parameters. */
static qk_err make_instance(const qk_key *key, const qk_mech_use *use, const eddsa_purpose *purpose,
                            EVP_MD_CTX **out_context)
{
    static char names[2][2][16] = { { "Ed25519ctx", "Ed25519ph" }, { "Ed448", "Ed448ph" } };
    char *name = names[key->bits == 448][use->eddsa.prehash];
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(PARAM_INSTANCE, name, 0),
                            OSSL_PARAM_construct_octet_string(
                                PARAM_CONTEXT, (void *)(uintptr_t)not_null(use->eddsa.context), use->eddsa.context.len),
                            OSSL_PARAM_construct_end() };
    QK_OWNED(md_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *inner = NULL;

    if (!context || purpose->init(context, &inner, NULL, qk_openssl(), NULL, key->pkey, NULL) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, purpose->name);
    const OSSL_PARAM *settable = EVP_PKEY_CTX_settable_params(inner);
    if (!settable || !OSSL_PARAM_locate_const(settable, PARAM_INSTANCE) ||
        !OSSL_PARAM_locate_const(settable, PARAM_CONTEXT))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: contexts and prehashing need OpenSSL 3.2", use->mech->name);
    if (EVP_PKEY_CTX_set_params(inner, params) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, purpose->name);
    *out_context = context;
    context = NULL;
    return QK_OK;
}

/* Two encodings, of a point and of a scalar. */
static size_t signature_len(const qk_key *key)
{
    return 2 * key->curve->field_len;
}

/* `room` is the signature's place in the arena. */
static qk_err sign_instance(const qk_key *key, const qk_mech_use *use, qk_view data, uint8_t *room, size_t len)
{
    QK_OWNED(md_context_free) EVP_MD_CTX *context = NULL;

    QK_TRY(make_instance(key, use, &to_sign, &context));
    if (EVP_DigestSign(context, room, &len, not_null(data), data.len) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, to_sign.name);
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    eddsa_ready *ready = NULL;
    uint8_t *signature;
    size_t len;

    QK_TRY(check(key, use));
    len = signature_len(key);
    QK_TRY(qk_arena_bytes(arena, len, &signature));
    if (!is_pure(use)) {
        QK_TRY(sign_instance(key, use, data, signature, len));
        *out_signature = qk_view_of(signature, len);
        return QK_OK;
    }
    QK_TRY(take(key, &to_sign, &ready));
    if (EVP_DigestSign(ready->context, signature, &len, not_null(data), data.len) <= 0) {
        ready_free(&ready->head);
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, to_sign.name);
    }
    qk_key_put(key, &ready->head);
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err judge(int result)
{
    if (result == 1)
        return QK_OK;
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return qk_openssl_fail(QK_E_NO_MEMORY, to_verify.name);
    qk_openssl_forget();
    return qk_fail(QK_E_SIGNATURE_INVALID, "the EdDSA signature does not belong to this message and key");
}

static qk_err verify_instance(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    QK_OWNED(md_context_free) EVP_MD_CTX *context = NULL;

    QK_TRY(make_instance(key, use, &to_verify, &context));
    return judge(EVP_DigestVerify(context, signature.data, signature.len, not_null(data), data.len));
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    eddsa_ready *ready = NULL;
    int result;

    QK_TRY(check(key, use));
    if (signature.len != signature_len(key))
        return qk_fail(QK_E_SIGNATURE_LENGTH, "an EdDSA signature of %zu bytes; the curve's have %zu", signature.len,
                       signature_len(key));
    if (!is_pure(use))
        return verify_instance(key, use, data, signature);
    QK_TRY(take(key, &to_verify, &ready));
    result = EVP_DigestVerify(ready->context, signature.data, signature.len, not_null(data), data.len);
    qk_key_put(key, &ready->head);
    return judge(result);
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
