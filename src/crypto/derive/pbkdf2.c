/* SPDX-License-Identifier: Apache-2.0 */
/* Keys from passwords. Source: RFC 8018, 5.2. */
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "crypto/derive/derive.h"

/* clang-format off */
static const struct {
    CK_ULONG prf;
    CK_MECHANISM_TYPE hash;
} hashes[] = {
    { CKP_PKCS5_PBKD2_HMAC_SHA1,       CKM_SHA_1 },
    { CKP_PKCS5_PBKD2_HMAC_SHA224,     CKM_SHA224 },
    { CKP_PKCS5_PBKD2_HMAC_SHA256,     CKM_SHA256 },
    { CKP_PKCS5_PBKD2_HMAC_SHA384,     CKM_SHA384 },
    { CKP_PKCS5_PBKD2_HMAC_SHA512,     CKM_SHA512 },
    { CKP_PKCS5_PBKD2_HMAC_SHA512_224, CKM_SHA512_224 },
    { CKP_PKCS5_PBKD2_HMAC_SHA512_256, CKM_SHA512_256 },
};
/* clang-format on */

static const EVP_MD *md_of(CK_ULONG prf)
{
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
        if (hashes[i].prf == prf)
            return qk_digest_of(hashes[i].hash);
    return NULL;
}

static void context_free(EVP_KDF_CTX **context)
{
    EVP_KDF_CTX_free(*context);
}

static OSSL_PARAM bytes_param(const char *name, qk_view bytes)
{
    static uint8_t none;

    return OSSL_PARAM_construct_octet_string(name, bytes.len > 0 ? (void *)(uintptr_t)bytes.data : &none, bytes.len);
}

static qk_err stretch(const qk_mech_use *use, qk_secret *value)
{
    EVP_KDF *kdf = EVP_KDF_fetch(qk_openssl(), "PBKDF2", NULL);
    QK_OWNED(context_free) EVP_KDF_CTX *context = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
    const EVP_MD *md = md_of(use->pbkdf2.prf);
    uint64_t iterations = use->pbkdf2.iterations;
    int no_limits = 1; /* of SP 800-132: old passwords and salts are shorter */
    OSSL_PARAM params[6];

    EVP_KDF_free(kdf);
    if (!context || !md)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "PBKDF2");
    params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)(uintptr_t)EVP_MD_get0_name(md), 0);
    params[1] = bytes_param(OSSL_KDF_PARAM_PASSWORD, use->pbkdf2.password);
    params[2] = bytes_param(OSSL_KDF_PARAM_SALT, use->pbkdf2.salt);
    params[3] = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations);
    params[4] = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &no_limits);
    params[5] = OSSL_PARAM_construct_end();
    if (EVP_KDF_derive(context, qk_secret_fill(value), value->len, params) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "PBKDF2");
    return QK_OK;
}

static qk_err generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_key_wanted wanted = { CKO_SECRET_KEY, qk_attrs_ulong(template_, CKA_KEY_TYPE, CKK_GENERIC_SECRET),
                             qk_attrs_ulong(template_, CKA_VALUE_LEN, 0), template_ };
    size_t len;

    QK_TRY(qk_derive_len(use, &wanted, 0, SIZE_MAX, &len));
    QK_TRY(qk_secret_new(len, &value));
    QK_TRY(stretch(use, &value));
    return qk_derive_key(&wanted, &value, out_key);
}

const qk_engine qk_engine_pbkdf2 = { .generate = generate };
