/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/post_quantum/provided.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include "crypto/own_names.h"

/* Names of parameters that the headers of older ones lack. */
#define PARAM_SEED          "seed"
#define PARAM_CONTEXT       "context-string"
#define PARAM_ENCODING      "message-encoding"
#define PARAM_DETERMINISTIC "deterministic"
#define PARAM_MU            "mu"

static OSSL_PARAM octets(const char *name, qk_view bytes)
{
    static const uint8_t none;
    const uint8_t *data = bytes.len > 0 ? bytes.data : &none;

    return OSSL_PARAM_construct_octet_string(name, (void *)(uintptr_t)data, bytes.len);
}

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void md_context_free(EVP_MD_CTX **context)
{
    EVP_MD_CTX_free(*context);
}

bool qk_provided(const char *name)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(qk_openssl(), name, NULL);

    EVP_KEYMGMT_free(found);
    qk_openssl_forget();
    return found != NULL;
}

/* ---- keys ---- */

static qk_err open_context(const char *name, EVP_PKEY_CTX **out_context)
{
    *out_context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name(name), NULL);
    return *out_context ? QK_OK : qk_openssl_fail(QK_E_SET_NOT_SUPPORTED, name);
}

qk_err qk_provided_pair(const char *name, qk_view seed, EVP_PKEY **out_pkey)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = NULL;
    OSSL_PARAM params[] = { octets(PARAM_SEED, seed), OSSL_PARAM_construct_end() };
    EVP_PKEY *pkey = NULL;

    QK_TRY(open_context(name, &context));
    if (EVP_PKEY_keygen_init(context) <= 0 || EVP_PKEY_CTX_set_params(context, params) <= 0 ||
        EVP_PKEY_generate(context, &pkey) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, name);
    *out_pkey = pkey;
    return QK_OK;
}

qk_err qk_provided_key(const char *name, bool is_private, qk_view bytes, EVP_PKEY **out_pkey)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = NULL;
    OSSL_PARAM params[] = { octets(is_private ? OSSL_PKEY_PARAM_PRIV_KEY : OSSL_PKEY_PARAM_PUB_KEY, bytes),
                            OSSL_PARAM_construct_end() };
    EVP_PKEY *pkey = NULL;

    QK_TRY(open_context(name, &context));
    if (EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &pkey, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
        return qk_openssl_fail(QK_E_ATTRIBUTE_VALUE, name);
    *out_pkey = pkey;
    return QK_OK;
}

qk_err qk_provided_bytes(const EVP_PKEY *pkey, bool is_private, uint8_t *out, size_t len)
{
    const char *name = is_private ? OSSL_PKEY_PARAM_PRIV_KEY : OSSL_PKEY_PARAM_PUB_KEY;
    size_t got = 0;

    if (EVP_PKEY_get_octet_string_param(pkey, name, out, len, &got) <= 0 || got != len)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "the bytes of a post-quantum key");
    return QK_OK;
}

/* ---- signatures ---- */

static qk_err open_message(EVP_PKEY *pkey, const qk_provided_message *message, bool signs, EVP_MD_CTX **out_context)
{
    int raw = 0, yes = 1;
    OSSL_PARAM params[4], *next = params;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done;

    if (message->context.len > 0)
        *next++ = octets(PARAM_CONTEXT, message->context);
    if (message->is_inner)
        *next++ = OSSL_PARAM_construct_int(PARAM_ENCODING, &raw);
    if (message->is_mu)
        *next++ = OSSL_PARAM_construct_int(PARAM_MU, &yes);
    if (message->deterministic && signs)
        *next++ = OSSL_PARAM_construct_int(PARAM_DETERMINISTIC, &yes);
    *next = OSSL_PARAM_construct_end();
    *out_context = context;
    if (!context)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a signature");
    done = signs ? EVP_DigestSignInit_ex(context, NULL, NULL, qk_openssl(), NULL, pkey, params)
                 : EVP_DigestVerifyInit_ex(context, NULL, NULL, qk_openssl(), NULL, pkey, params);
    return done > 0 ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, "a post-quantum signature");
}

static const uint8_t *not_null(qk_view data)
{
    static const uint8_t none;

    return data.len == 0 ? &none : data.data;
}

qk_err qk_provided_sign(EVP_PKEY *pkey, const qk_provided_message *message, uint8_t *out, size_t len)
{
    QK_OWNED(md_context_free) EVP_MD_CTX *context = NULL;
    size_t got = len;

    QK_TRY(open_message(pkey, message, true, &context));
    if (EVP_DigestSign(context, out, &got, not_null(message->bytes), message->bytes.len) <= 0 || got != len)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "a post-quantum signature");
    return QK_OK;
}

qk_err qk_provided_verify(EVP_PKEY *pkey, const qk_provided_message *message, qk_view signature)
{
    QK_OWNED(md_context_free) EVP_MD_CTX *context = NULL;

    QK_TRY(open_message(pkey, message, false, &context));
    if (EVP_DigestVerify(context, signature.data, signature.len, not_null(message->bytes), message->bytes.len) == 1)
        return QK_OK;
    if (ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE)
        return qk_openssl_fail(QK_E_NO_MEMORY, "verification of a post-quantum signature");
    qk_openssl_forget();
    return qk_fail(QK_E_SIGNATURE_INVALID, "the signature does not belong to this message and key");
}

/* ---- key encapsulation ---- */

static qk_err open_pkey(EVP_PKEY *pkey, EVP_PKEY_CTX **out_context)
{
    *out_context = EVP_PKEY_CTX_new_from_pkey(qk_openssl(), pkey, NULL);
    return *out_context ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, "key encapsulation");
}

qk_err qk_provided_seal(EVP_PKEY *pkey, uint8_t *out_cipher, size_t cipher_len, uint8_t *out_shared, size_t shared_len)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = NULL;
    size_t got = cipher_len, got_shared = shared_len;

    QK_TRY(open_pkey(pkey, &context));
    if (EVP_PKEY_encapsulate_init(context, NULL) <= 0 ||
        EVP_PKEY_encapsulate(context, out_cipher, &got, out_shared, &got_shared) <= 0 || got != cipher_len ||
        got_shared != shared_len)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "encapsulation");
    return QK_OK;
}

qk_err qk_provided_open(EVP_PKEY *pkey, qk_view cipher, uint8_t *out_shared, size_t shared_len)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = NULL;
    size_t got = shared_len;

    QK_TRY(open_pkey(pkey, &context));
    if (EVP_PKEY_decapsulate_init(context, NULL) <= 0 ||
        EVP_PKEY_decapsulate(context, out_shared, &got, cipher.data, cipher.len) <= 0 || got != shared_len)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "decapsulation");
    return QK_OK;
}
