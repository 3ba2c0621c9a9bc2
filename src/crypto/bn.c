/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/bn.h"

#include <openssl/params.h>

#include "crypto/own_names.h"

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

qk_err qk_bn_bytes(const BIGNUM *number, qk_secret *out_bytes)
{
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;

    QK_TRY(qk_secret_new((size_t)BN_num_bytes(number), &bytes));
    if (BN_bn2binpad(number, qk_secret_fill(&bytes), (int)bytes.len) < 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "big number");
    qk_secret_give(&bytes, out_bytes);
    return QK_OK;
}

qk_err qk_bn_of_key(const EVP_PKEY *pkey, const char *parameter, qk_secret *out_bytes)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *number = NULL;

    if (EVP_PKEY_get_bn_param(pkey, parameter, &number) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, parameter);
    return qk_bn_bytes(number, out_bytes);
}

/* In the host's byte order, as OSSL_PARAM has numbers. */
static qk_err lay_out(const char *const *parameters, BIGNUM *const *numbers, unsigned count, uint8_t *place,
                      OSSL_PARAM *params)
{
    for (unsigned i = 0; i < count; i++) {
        if (!numbers[i])
            continue;
        int len = BN_num_bytes(numbers[i]);
        if (BN_bn2nativepad(numbers[i], place, len) != len)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, parameters[i]);
        *params++ = OSSL_PARAM_construct_BN(parameters[i], place, (size_t)len);
        place += len;
    }
    *params = OSSL_PARAM_construct_end();
    return QK_OK;
}

qk_err qk_bn_build_key(const char *type, int selection, const char *const *parameters, BIGNUM *const *numbers,
                       unsigned count, EVP_PKEY **out_pkey)
{
    QK_OWNED(qk_secret_free) qk_secret memory = QK_SECRET_NONE;
    QK_OWNED(context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name(type), NULL);
    OSSL_PARAM params[QK_BN_MOST + 1];
    size_t total = 0;

    for (unsigned i = 0; i < count; i++)
        total += numbers[i] ? (size_t)BN_num_bytes(numbers[i]) : 0;
    QK_TRY(qk_secret_new(total, &memory));
    QK_TRY(lay_out(parameters, numbers, count, qk_secret_fill(&memory), params));
    if (!context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, out_pkey, selection, params) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, type);
    return QK_OK;
}
