/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of keys on elliptic curves. */
#include "crypto/curve/bls.h"
#include "crypto/curve/ec_key.h"

#include <openssl/core_names.h>

#include "crypto/bn.h"
#include "crypto/engine.h"
#include "crypto/own_names.h"

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static qk_err generate_pkey(const qk_curve *curve, EVP_PKEY **out_pkey)
{
    bool weierstrass = qk_curve_is_weierstrass(curve);
    QK_OWNED(context_free)
    EVP_PKEY_CTX *context =
        EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name(weierstrass ? "EC" : curve->openssl_name), NULL);

    if (!context || EVP_PKEY_keygen_init(context) <= 0 ||
        (weierstrass && EVP_PKEY_CTX_set_group_name(context, curve->openssl_name) <= 0) ||
        EVP_PKEY_generate(context, out_pkey) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve key generation");
    return QK_OK;
}

/* FIPS 186-5, A.2.1: a number with 64 bits more than the order, modulo order - 1, and 1. */
static qk_err draw_scalar(const qk_curve *curve, qk_secret *out_scalar)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());
    QK_OWNED(qk_bn_wipe) BIGNUM *scalar = BN_new(), *limit = BN_new();
    const EC_GROUP *group = qk_curve_group(curve);

    if (!context || !scalar || !limit || !BN_sub(limit, EC_GROUP_get0_order(group), BN_value_one()))
        return qk_bn_no_memory();
    BN_set_flags(scalar, BN_FLG_CONSTTIME);
    if (!BN_priv_rand_ex(scalar, EC_GROUP_order_bits(group) + 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY, 0, context))
        return qk_openssl_fail(QK_E_NO_RANDOM, "elliptic curve key generation");
    if (!BN_nnmod(scalar, scalar, limit, context) || !BN_add_word(scalar, 1))
        return qk_bn_no_memory();
    return qk_bn_bytes(scalar, out_scalar);
}

static qk_err generate_with_extra_bits(CK_KEY_TYPE type, const qk_curve *curve, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret scalar = QK_SECRET_NONE;

    QK_TRY(qk_ec_check_curve(type, curve));
    if (!qk_curve_is_weierstrass(curve))
        return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "keys on curve %s are not drawn with extra bits", curve->name);
    QK_TRY(draw_scalar(curve, &scalar));
    return qk_ec_make_private(type, curve, qk_secret_reveal(&scalar), QK_VIEW_NONE, out_key);
}

static qk_err generate_usual(CK_KEY_TYPE type, const qk_curve *curve, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    QK_TRY(qk_ec_key_new(CKO_PRIVATE_KEY, type, curve, &key));
    if (curve->kind == QK_CURVE_PAIRING) {
        QK_TRY(qk_bls_generate(key));
    } else {
        QK_TRY(generate_pkey(curve, &key->pkey));
        QK_TRY(qk_ec_read_point(key));
    }
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    const qk_curve *curve = qk_curve_find(qk_attrs_view(public_template, CKA_EC_PARAMS));

    if (!qk_attrs_find(public_template, CKA_EC_PARAMS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "elliptic curve key generation: CKA_EC_PARAMS is missing");
    QK_TRY(use->mech->type == CKM_EC_KEY_PAIR_GEN_W_EXTRA_BITS ? generate_with_extra_bits(use->mech->key, curve, &key)
                                                               : generate_usual(use->mech->key, curve, &key));
    QK_TRY(qk_ec_make_public(use->mech->key, curve, qk_view_of(key->point, key->point_len), out_public));
    *out_private = key;
    key = NULL;
    return QK_OK;
}

const qk_engine qk_engine_ec_key_gen = { .generate_pair = generate_pair };
