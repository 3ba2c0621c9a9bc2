/* SPDX-License-Identifier: Apache-2.0 */
/* Domain parameters and pairs of keys in prime fields, made.
 *
 * Parameters of Diffie-Hellman are always a group of RFC 7919: making new ones takes minutes and gains nothing. Private
 * values are drawn here and not by OpenSSL, so that CKA_VALUE_BITS means the same on every version of it. */
#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/engine.h"
#include "crypto/prime/ffc_codec.h"
#include "crypto/own_names.h"

/* clang-format off */
/* RFC 7919, appendix A: the groups and the length that private values should at least have. */
static const struct group_row {
    CK_ULONG bits;
    const char *name;
    int value_bits;
} group_rows[] = {
    { 2048, "ffdhe2048", 225 },
    { 3072, "ffdhe3072", 275 },
    { 4096, "ffdhe4096", 325 },
    { 6144, "ffdhe6144", 375 },
    { 8192, "ffdhe8192", 400 },
};
/* clang-format on */

enum { GROUPS = sizeof(group_rows) / sizeof(group_rows[0]), VALUE_BITS_LEAST = 160, VALUE_BITS_USUAL = 256 };

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void pkey_free(EVP_PKEY **pkey)
{
    EVP_PKEY_free(*pkey);
}

static qk_err paramgen(const char *type, const OSSL_PARAM *params, EVP_PKEY **out_pkey)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name(type), NULL);

    if (!context || EVP_PKEY_paramgen_init(context) <= 0 || EVP_PKEY_CTX_set_params(context, params) <= 0 ||
        EVP_PKEY_generate(context, out_pkey) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "generation of domain parameters");
    return QK_OK;
}

/* The parameters of OpenSSL's object as a key of ours. */
static qk_err parameters_of(CK_KEY_TYPE type, const EVP_PKEY *pkey, qk_key **out_key)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;

    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_P, &ffc.part[QK_FFC_P]) <= 0 ||
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_G, &ffc.part[QK_FFC_G]) <= 0 ||
        (type == CKK_DSA && EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_FFC_Q, &ffc.part[QK_FFC_Q]) <= 0))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "domain parameters");
    return qk_ffc_make(CKO_DOMAIN_PARAMETERS, type, false, &ffc, out_key);
}

static qk_err dh_parameters(CK_ULONG bits, qk_key **out_key)
{
    QK_OWNED(pkey_free) EVP_PKEY *pkey = NULL;
    char name[16] = "";

    for (size_t i = 0; i < GROUPS; i++)
        if (group_rows[i].bits == bits)
            strncpy(name, group_rows[i].name, sizeof(name) - 1);
    if (name[0] == '\0')
        return qk_fail(QK_E_KEY_SIZE, "RFC 7919 has no group of %lu bits; 2048, 3072, 4096, 6144 and 8192 are there",
                       bits);
    OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                            OSSL_PARAM_construct_end() };
    QK_TRY(paramgen("DH", params, &pkey));
    return parameters_of(CKK_DH, pkey, out_key);
}

/* FIPS 186-4, A.1.1.2 and A.2.3 (OpenSSL's default type). */
static qk_err dsa_parameters(CK_ULONG bits, CK_ULONG subprime_bits, qk_key **out_key)
{
    QK_OWNED(pkey_free) EVP_PKEY *pkey = NULL;
    size_t p_bits = bits, q_bits = subprime_bits ? subprime_bits : bits == 1024 ? 160 : 256;
    char type[] = "fips186_4";
    OSSL_PARAM params[] = { OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_FFC_PBITS, &p_bits),
                            OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_FFC_QBITS, &q_bits),
                            OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_FFC_TYPE, type, 0),
                            OSSL_PARAM_construct_end() };

    if (!qk_dsa_lengths_fit(bits, q_bits))
        return qk_fail(QK_E_KEY_SIZE,
                       "DSA with primes of %lu and %zu bits; FIPS 186-4 has 1024 with 160, 2048 with "
                       "224 or 256, 3072 with 256",
                       bits, q_bits);
    QK_TRY(paramgen("DSA", params, &pkey));
    return parameters_of(CKK_DSA, pkey, out_key);
}

static qk_err generate(const qk_mech_use *use, const qk_attrs *template_, qk_key **out_key)
{
    CK_ULONG bits = qk_attrs_ulong(template_, CKA_PRIME_BITS, 0);

    if (!qk_attrs_find(template_, CKA_PRIME_BITS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s: CKA_PRIME_BITS is missing", use->mech->name);
    return use->mech->key == CKK_DH ? dh_parameters(bits, out_key)
                                    : dsa_parameters(bits, qk_attrs_ulong(template_, CKA_SUBPRIME_BITS, 0), out_key);
}

/* ---- pairs ---- */

/* In a group of a known order short values do, as RFC 7919 says; else, as PKCS #3 has it, any length is taken. */
static int usual_value_bits(const qk_key *parameters)
{
    int least = VALUE_BITS_USUAL;

    if (!qk_ffc_is_known_group(parameters))
        return (int)parameters->bits - 1;
    for (size_t i = 0; i < GROUPS; i++)
        if (parameters->bits >= group_rows[i].bits && group_rows[i].value_bits > least)
            least = group_rows[i].value_bits;
    return least;
}

static qk_err draw_dh(const qk_key *parameters, CK_ULONG value_bits, BIGNUM *x, BN_CTX *context)
{
    int bits = value_bits ? (int)value_bits : usual_value_bits(parameters);

    if (value_bits != 0 && (value_bits < VALUE_BITS_LEAST || value_bits >= parameters->bits))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_VALUE_BITS %lu: %d to %u are allowed", value_bits, VALUE_BITS_LEAST,
                       parameters->bits - 1);
    if (!BN_priv_rand_ex(x, bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY, 0, context))
        return qk_openssl_fail(QK_E_NO_RANDOM, "private value");
    return QK_OK;
}

/* FIPS 186-4, B.1.2: testing candidates. */
static qk_err draw_dsa(const BIGNUM *q, BIGNUM *x, BN_CTX *context)
{
    do {
        if (!BN_priv_rand_range_ex(x, q, 0, context))
            return qk_openssl_fail(QK_E_NO_RANDOM, "private value");
    } while (BN_is_zero(x));
    return QK_OK;
}

static qk_err draw(const qk_key *parameters, const qk_attrs *template_, qk_ffc *ffc)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());

    ffc->part[QK_FFC_X] = BN_new();
    if (!context || !ffc->part[QK_FFC_X])
        return qk_bn_no_memory();
    BN_set_flags(ffc->part[QK_FFC_X], BN_FLG_CONSTTIME);
    return parameters->type == CKK_DSA
               ? draw_dsa(ffc->part[QK_FFC_Q], ffc->part[QK_FFC_X], context)
               : draw_dh(parameters, qk_attrs_ulong(template_, CKA_VALUE_BITS, 0), ffc->part[QK_FFC_X], context);
}

static qk_err generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;
    QK_OWNED(qk_key_unref) qk_key *parameters = NULL, *private_key = NULL;

    QK_TRY(qk_ffc_template_parameters(use->mech->key, public_template, &ffc));
    QK_TRY(qk_ffc_make(CKO_DOMAIN_PARAMETERS, use->mech->key, true, &ffc, &parameters));
    QK_TRY(draw(parameters, public_template, &ffc));
    QK_TRY(qk_ffc_make(CKO_PRIVATE_KEY, use->mech->key, false, &ffc, &private_key));
    QK_TRY(qk_ffc_make(CKO_PUBLIC_KEY, use->mech->key, false, &ffc, out_public));
    *out_private = private_key;
    private_key = NULL;
    return QK_OK;
}

const qk_engine qk_engine_ffc_gen = { .generate = generate, .generate_pair = generate_pair };
