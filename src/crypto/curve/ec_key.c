/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve/ec_key.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "crypto/bn.h"
#include "crypto/curve/bls.h"
#include "crypto/own_names.h"

enum { UNCOMPRESSED = 4 };

static void context_free(EVP_PKEY_CTX **context)
{
    EVP_PKEY_CTX_free(*context);
}

static void point_free(EC_POINT **point)
{
    EC_POINT_free(*point);
}

/* CKK_EC holds every curve. */
static bool type_holds(CK_KEY_TYPE type, const qk_curve *curve)
{
    if (type == CKK_EC_EDWARDS)
        return curve->kind == QK_CURVE_EDWARDS;
    return type != CKK_EC_MONTGOMERY || curve->kind == QK_CURVE_MONTGOMERY;
}

qk_err qk_ec_check_curve(CK_KEY_TYPE type, const qk_curve *curve)
{
    if (!curve)
        return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "CKA_EC_PARAMS names no curve that is known here");
    if (!qk_curve_supported(curve))
        return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "curve %s is not available", curve->name);
    if (!type_holds(type, curve))
        return qk_fail(QK_E_CURVE_NOT_SUPPORTED, "keys of type %s are not on curve %s", qk_name_of_key_type(type),
                       curve->name);
    return QK_OK;
}

qk_err qk_ec_key_new(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_curve *curve, qk_key **out_key)
{
    QK_TRY(qk_ec_check_curve(type, curve));
    QK_TRY(qk_key_new(class, type, out_key));
    (*out_key)->curve = curve;
    (*out_key)->bits = curve->bits;
    if (qk_curve_is_weierstrass(curve))
        (*out_key)->order_len = ((size_t)EC_GROUP_order_bits(qk_curve_group(curve)) + 7) / 8;
    return QK_OK;
}

/* ---- Weierstrass curves ---- */

bool qk_ec_point_form_fits(const qk_curve *curve, qk_view point)
{
    if (curve->kind == QK_CURVE_PAIRING)
        return qk_bls_point_form_fits(point);
    if (!qk_curve_is_weierstrass(curve))
        return point.len == curve->field_len;
    if (point.len == 1 + 2 * curve->field_len)
        return point.data[0] == UNCOMPRESSED;
    return point.len == 1 + curve->field_len && (point.data[0] == 2 || point.data[0] == 3);
}

static qk_err write_point(const EC_GROUP *group, const EC_POINT *point, BN_CTX *context, qk_key *key)
{
    key->point_len =
        EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, key->point, sizeof(key->point), context);
    return key->point_len == 1 + 2 * key->curve->field_len ? QK_OK
                                                           : qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
}

/* A compressed point, made uncompressed. */
static qk_err expand_point(qk_key *key, qk_view compressed)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_new_ex(qk_openssl());
    const EC_GROUP *group = qk_curve_group(key->curve);
    QK_OWNED(point_free) EC_POINT *point = group ? EC_POINT_new(group) : NULL;

    if (!context || !point)
        return qk_openssl_fail(QK_E_NO_MEMORY, "elliptic curve");
    if (!EC_POINT_oct2point(group, point, compressed.data, compressed.len, context))
        return qk_openssl_fail(QK_E_PUBLIC_KEY_INVALID, "the point is not on the curve");
    return write_point(group, point, context, key);
}

/* Keeps a point in its uncompressed form; build_weierstrass finds out whether it is on the curve. */
static qk_err set_point(qk_key *key, qk_view point)
{
    if (point.data[0] != UNCOMPRESSED)
        return expand_point(key, point);
    memcpy(key->point, point.data, point.len);
    key->point_len = point.len;
    return QK_OK;
}

/* Computes the point of a private scalar; refuses a scalar outside 1 .. order - 1. */
static qk_err compute_point(qk_key *key, const BIGNUM *scalar)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());
    const EC_GROUP *group = qk_curve_group(key->curve);
    QK_OWNED(point_free) EC_POINT *point = group ? EC_POINT_new(group) : NULL;

    if (!context || !point)
        return qk_openssl_fail(QK_E_NO_MEMORY, "elliptic curve");
    if (BN_is_zero(scalar) || BN_cmp(scalar, EC_GROUP_get0_order(group)) >= 0)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the private value is not between 1 and the order of %s",
                       key->curve->name);
    if (!EC_POINT_mul(group, point, scalar, NULL, NULL, context))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
    return write_point(group, point, context, key);
}

/* The EVP_PKEY of a point and, for private keys, the scalar in the host's byte order. */
static qk_err build_weierstrass(qk_key *key, uint8_t *scalar, size_t scalar_len)
{
    QK_OWNED(context_free) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(qk_openssl(), qk_own_name("EC"), NULL);
    char group[32];
    OSSL_PARAM params[4], *param = params;

    strncpy(group, key->curve->openssl_name, sizeof(group) - 1);
    group[sizeof(group) - 1] = '\0';
    *param++ = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0);
    *param++ = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, key->point, key->point_len);
    if (scalar)
        *param++ = OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, scalar, scalar_len);
    *param = OSSL_PARAM_construct_end();
    if (!context || EVP_PKEY_fromdata_init(context) <= 0 ||
        EVP_PKEY_fromdata(context, &key->pkey, scalar ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) <= 0)
        return qk_openssl_fail(scalar ? QK_E_FUNCTION_FAILED : QK_E_PUBLIC_KEY_INVALID, "elliptic curve key");
    return QK_OK;
}

static qk_err set_scalar(qk_key *key, qk_view value)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *scalar = NULL;
    QK_OWNED(qk_secret_free) qk_secret native = QK_SECRET_NONE;
    size_t len = key->order_len;

    while (value.len > len && value.data[0] == 0)
        value = qk_view_slice(value, 1, value.len);
    if (value.len == 0 || value.len > len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private value of %zu bytes for curve %s", value.len, key->curve->name);
    scalar = BN_bin2bn(value.data, (int)value.len, NULL);
    if (!scalar)
        return qk_openssl_fail(QK_E_NO_MEMORY, "elliptic curve");
    QK_TRY(compute_point(key, scalar));
    QK_TRY(qk_secret_new(len, &native));
    if (BN_bn2nativepad(scalar, qk_secret_fill(&native), (int)len) < 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
    return build_weierstrass(key, qk_secret_fill(&native), len);
}

/* ---- Edwards and Montgomery curves ---- */

qk_err qk_ec_read_point(qk_key *key)
{
    bool well;

    key->point_len = sizeof(key->point);
    if (qk_curve_is_weierstrass(key->curve))
        well = EVP_PKEY_get_octet_string_param(key->pkey, OSSL_PKEY_PARAM_PUB_KEY, key->point, sizeof(key->point),
                                               &key->point_len) > 0;
    else
        well = EVP_PKEY_get_raw_public_key(key->pkey, key->point, &key->point_len) > 0;
    return well ? QK_OK : qk_openssl_fail(QK_E_FUNCTION_FAILED, key->curve->name);
}

/* PKCS #11 gives the seed; IBM's samples give seed and public key in one. */
static qk_err set_seed(qk_key *key, qk_view value)
{
    size_t len = key->curve->field_len;

    if (value.len != len && value.len != 2 * len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private value of %zu bytes for curve %s", value.len, key->curve->name);
    key->pkey =
        EVP_PKEY_new_raw_private_key_ex(qk_openssl(), qk_own_name(key->curve->openssl_name), NULL, value.data, len);
    if (!key->pkey)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, key->curve->name);
    QK_TRY(qk_ec_read_point(key));
    qk_view given = qk_view_slice(value, len, len);
    if (given.len > 0 && !qk_view_equal(given, qk_view_of(key->point, key->point_len)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the second half of CKA_VALUE is not the seed's public key");
    return QK_OK;
}

/* ---- all ---- */

static qk_err set_private(qk_key *key, qk_view value)
{
    if (key->curve->kind == QK_CURVE_PAIRING)
        return qk_bls_set_private(key, value);
    return qk_curve_is_weierstrass(key->curve) ? set_scalar(key, value) : set_seed(key, value);
}

/* A compressed point is compared in its uncompressed form. */
static qk_err check_point(const qk_key *key, qk_view expected)
{
    QK_OWNED(qk_key_unref) qk_key *other = NULL;

    if (expected.len != key->point_len) {
        QK_TRY(qk_ec_make_public(key->type, key->curve, expected, &other));
        expected = qk_view_of(other->point, other->point_len);
    }
    if (!qk_view_equal(expected, qk_view_of(key->point, key->point_len)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the public key is not that of the private key");
    return QK_OK;
}

qk_err qk_ec_make_private(CK_KEY_TYPE type, const qk_curve *curve, qk_view value, qk_view expected_point,
                          qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    QK_TRY(qk_ec_key_new(CKO_PRIVATE_KEY, type, curve, &key));
    QK_TRY(set_private(key, value));
    if (expected_point.len > 0)
        QK_TRY(check_point(key, expected_point));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err set_public(qk_key *key, qk_view point)
{
    const qk_curve *curve = key->curve;

    if (curve->kind == QK_CURVE_PAIRING)
        return qk_bls_set_public(key, point);
    if (qk_curve_is_weierstrass(curve)) {
        QK_TRY(set_point(key, point));
        return build_weierstrass(key, NULL, 0);
    }
    key->pkey =
        EVP_PKEY_new_raw_public_key_ex(qk_openssl(), qk_own_name(curve->openssl_name), NULL, point.data, point.len);
    if (!key->pkey)
        return qk_openssl_fail(QK_E_PUBLIC_KEY_INVALID, curve->name);
    return qk_ec_read_point(key);
}

qk_err qk_ec_make_public(CK_KEY_TYPE type, const qk_curve *curve, qk_view point, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    QK_TRY(qk_ec_key_new(CKO_PUBLIC_KEY, type, curve, &key));
    if (!qk_ec_point_form_fits(curve, point))
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "a public key of %zu bytes for curve %s", point.len, curve->name);
    QK_TRY(set_public(key, point));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

qk_err qk_ec_private_value(const qk_key *key, qk_secret *out_value)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *scalar = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    size_t len = key->order_len ? key->order_len : key->curve->field_len;
    bool well;

    if (key->curve->kind == QK_CURVE_PAIRING)
        return qk_secret_copy(qk_secret_reveal(&key->value), out_value);
    QK_TRY(qk_secret_new(len, &value));
    if (qk_curve_is_weierstrass(key->curve))
        well = EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &scalar) > 0 &&
               BN_bn2binpad(scalar, qk_secret_fill(&value), (int)len) > 0;
    else
        well = EVP_PKEY_get_raw_private_key(key->pkey, qk_secret_fill(&value), &len) > 0;
    if (!well)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve key");
    qk_secret_give(&value, out_value);
    return QK_OK;
}
