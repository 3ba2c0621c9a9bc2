/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/prime/ffc_key.h"

#include <openssl/core_names.h>

/* In the order of the QK_FFC_... numbers. */
static const char *const part_names[QK_FFC_PARTS] = { OSSL_PKEY_PARAM_FFC_P, OSSL_PKEY_PARAM_FFC_Q,
                                                      OSSL_PKEY_PARAM_FFC_G, OSSL_PKEY_PARAM_PUB_KEY,
                                                      OSSL_PKEY_PARAM_PRIV_KEY };

void qk_ffc_done(qk_ffc *ffc)
{
    for (unsigned i = 0; i < QK_FFC_PARTS; i++)
        BN_clear_free(ffc->part[i]);
    *ffc = QK_FFC_NONE;
}

qk_err qk_ffc_set(qk_ffc *ffc, unsigned which, qk_view magnitude)
{
    while (magnitude.len > 0 && magnitude.data[0] == 0)
        magnitude = qk_view_slice(magnitude, 1, magnitude.len);
    BN_clear_free(ffc->part[which]);
    ffc->part[which] = NULL;
    if (magnitude.len == 0)
        return QK_OK;
    if (magnitude.len > QK_DH_MAX_BITS / 8)
        return qk_fail(QK_E_KEY_SIZE, "a number of %zu bytes; at most %d", magnitude.len, QK_DH_MAX_BITS / 8);
    ffc->part[which] = BN_bin2bn(magnitude.data, (int)magnitude.len, NULL);
    if (!ffc->part[which])
        return qk_bn_no_memory();
    if (which == QK_FFC_X)
        BN_set_flags(ffc->part[which], BN_FLG_CONSTTIME);
    return QK_OK;
}

qk_err qk_ffc_of(const qk_key *key, bool secret, qk_ffc *out)
{
    for (unsigned i = 0; i < QK_FFC_PARTS; i++) {
        bool there = i == QK_FFC_Q   ? key->type == CKK_DSA
                     : i == QK_FFC_Y ? key->class != CKO_DOMAIN_PARAMETERS
                     : i == QK_FFC_X ? secret && key->class == CKO_PRIVATE_KEY
                                     : true;
        if (there && EVP_PKEY_get_bn_param(key->pkey, part_names[i], &out->part[i]) <= 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, part_names[i]);
    }
    if (out->part[QK_FFC_X])
        BN_set_flags(out->part[QK_FFC_X], BN_FLG_CONSTTIME);
    return QK_OK;
}

/* ---- checks ---- */

static qk_err wrong(CK_KEY_TYPE type, const char *what)
{
    qk_openssl_forget();
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s: %s", qk_name_of_key_type(type), what);
}

/* 1 < number < p - 1 */
static bool is_inside(const BIGNUM *number, const BIGNUM *p, BN_CTX *context)
{
    BIGNUM *last = BN_CTX_get(context);

    return last && BN_sub(last, p, BN_value_one()) && BN_cmp(number, BN_value_one()) > 0 && BN_cmp(number, last) < 0;
}

/* Is base^q = 1 mod p: is it of the group of order q? All public. */
static bool is_of_order(const qk_ffc *ffc, const BIGNUM *base, BN_CTX *context)
{
    BIGNUM *power = BN_CTX_get(context);

    return power && BN_mod_exp_mont(power, base, ffc->part[QK_FFC_Q], ffc->part[QK_FFC_P], context, NULL) &&
           BN_is_one(power);
}

bool qk_dsa_lengths_fit(size_t p_bits, size_t q_bits)
{
    static const size_t pairs[][2] = { { 1024, 160 }, { 2048, 224 }, { 2048, 256 }, { 3072, 256 } };

    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
        if (pairs[i][0] == p_bits && pairs[i][1] == q_bits)
            return true;
    return false;
}

static qk_err check_sizes(CK_KEY_TYPE type, const qk_ffc *ffc)
{
    const BIGNUM *p = ffc->part[QK_FFC_P], *q = ffc->part[QK_FFC_Q];
    int bits = BN_num_bits(p);

    if (type == CKK_DSA && !qk_dsa_lengths_fit((size_t)bits, (size_t)BN_num_bits(q)))
        return qk_fail(QK_E_KEY_SIZE, "DSA with primes of %d and %d bits", bits, BN_num_bits(q));
    if (type == CKK_DH && (bits < QK_DH_MIN_BITS || bits > QK_DH_MAX_BITS))
        return qk_fail(QK_E_KEY_SIZE, "a Diffie-Hellman prime of %d bits; %d to %d are allowed", bits, QK_DH_MIN_BITS,
                       QK_DH_MAX_BITS);
    return QK_OK;
}

static qk_err check_dsa(const qk_ffc *ffc, BN_CTX *context)
{
    BIGNUM *rest = BN_CTX_get(context), *one_less = BN_CTX_get(context);

    if (!one_less || !BN_sub(one_less, ffc->part[QK_FFC_P], BN_value_one()) ||
        !BN_mod(rest, one_less, ffc->part[QK_FFC_Q], context))
        return qk_bn_no_memory();
    if (!BN_is_odd(ffc->part[QK_FFC_Q]) || !BN_is_zero(rest))
        return wrong(CKK_DSA, "the subprime does not divide the prime less one");
    if (!is_of_order(ffc, ffc->part[QK_FFC_G], context))
        return wrong(CKK_DSA, "the base does not have the subprime's order");
    if (ffc->part[QK_FFC_Y] && !is_of_order(ffc, ffc->part[QK_FFC_Y], context))
        return wrong(CKK_DSA, "the public value does not have the subprime's order");
    return QK_OK;
}

/* Miller and Rabin, 64 rounds. */
static qk_err check_primes(CK_KEY_TYPE type, const qk_ffc *ffc)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_new_ex(qk_openssl());

    for (unsigned i = QK_FFC_P; i <= QK_FFC_Q; i++) {
        int is_prime = ffc->part[i] ? BN_check_prime(ffc->part[i], context, NULL) : 1;
        if (is_prime < 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "test for a prime");
        if (is_prime == 0)
            return wrong(type, i == QK_FFC_P ? "CKA_PRIME is no prime" : "CKA_SUBPRIME is no prime");
    }
    return QK_OK;
}

static qk_err check_parameters(CK_KEY_TYPE type, const qk_ffc *ffc, BN_CTX *context)
{
    const BIGNUM *p = ffc->part[QK_FFC_P], *g = ffc->part[QK_FFC_G];

    if (!p || !g || (type == CKK_DSA && !ffc->part[QK_FFC_Q]))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s needs its domain parameters", qk_name_of_key_type(type));
    QK_TRY(check_sizes(type, ffc));
    if (!BN_is_odd(p))
        return wrong(type, "the prime is even");
    if (!is_inside(g, p, context))
        return wrong(type, "the base is not between 2 and the prime less two");
    if (ffc->part[QK_FFC_Y] && !is_inside(ffc->part[QK_FFC_Y], p, context))
        return wrong(type, "the public value is not between 2 and the prime less two");
    return type == CKK_DSA ? check_dsa(ffc, context) : QK_OK;
}

/* 0 < x < q, or for Diffie-Hellman p - 1; then y = g^x mod p, given or computed. */
static qk_err complete_private(CK_KEY_TYPE type, qk_ffc *ffc, BN_CTX *context)
{
    const BIGNUM *x = ffc->part[QK_FFC_X], *p = ffc->part[QK_FFC_P];
    QK_OWNED(qk_bn_wipe) BIGNUM *y = BN_new();
    BIGNUM *limit = BN_CTX_get(context);

    if (!x)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s private key: CKA_VALUE is missing", qk_name_of_key_type(type));
    if (!limit || !y ||
        !(type == CKK_DSA ? BN_copy(limit, ffc->part[QK_FFC_Q]) != NULL : BN_sub(limit, p, BN_value_one())))
        return qk_bn_no_memory();
    if (BN_is_zero(x) || BN_cmp(x, limit) >= 0)
        return wrong(type, "the private value is out of range");
    if (!BN_mod_exp_mont_consttime(y, ffc->part[QK_FFC_G], x, p, context, NULL))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "modular exponentiation");
    if (ffc->part[QK_FFC_Y] && BN_cmp(ffc->part[QK_FFC_Y], y) != 0)
        return wrong(type, "the public value is not that of the private value");
    if (!ffc->part[QK_FFC_Y]) {
        ffc->part[QK_FFC_Y] = y;
        y = NULL;
    }
    return QK_OK;
}

/* ---- keys ---- */

bool qk_ffc_is_known_group(const qk_key *key)
{
    char name[32];
    bool known = EVP_PKEY_get_utf8_string_param(key->pkey, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof(name), NULL) > 0;

    qk_openssl_forget();
    return known;
}

static qk_err check_and_complete(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_ffc *ffc)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());
    qk_err err;

    if (!context)
        return qk_bn_no_memory();
    BN_CTX_start(context);
    err = check_parameters(type, ffc, context);
    if (err == QK_OK && class == CKO_PRIVATE_KEY)
        err = complete_private(type, ffc, context);
    BN_CTX_end(context);
    return err;
}

static int selection_of(CK_OBJECT_CLASS class)
{
    return class == CKO_PRIVATE_KEY  ? EVP_PKEY_KEYPAIR
           : class == CKO_PUBLIC_KEY ? EVP_PKEY_PUBLIC_KEY
                                     : EVP_PKEY_KEY_PARAMETERS;
}

qk_err qk_ffc_make(CK_OBJECT_CLASS class, CK_KEY_TYPE type, bool foreign, qk_ffc *ffc, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    unsigned count = class == CKO_PRIVATE_KEY ? QK_FFC_X + 1 : class == CKO_PUBLIC_KEY ? QK_FFC_Y + 1 : QK_FFC_G + 1;

    QK_TRY(check_and_complete(class, type, ffc));
    if (class == CKO_PUBLIC_KEY && !ffc->part[QK_FFC_Y])
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s public key: CKA_VALUE is missing", qk_name_of_key_type(type));
    QK_TRY(qk_key_new(class, type, &key));
    QK_TRY(
        qk_bn_build_key(type == CKK_DSA ? "DSA" : "DH", selection_of(class), part_names, ffc->part, count, &key->pkey));
    if (foreign && !qk_ffc_is_known_group(key))
        QK_TRY(check_primes(type, ffc));
    key->bits = (unsigned)BN_num_bits(ffc->part[QK_FFC_P]);
    if (type == CKK_DSA)
        key->order_len = (size_t)BN_num_bytes(ffc->part[QK_FFC_Q]);
    *out_key = key;
    key = NULL;
    return QK_OK;
}
