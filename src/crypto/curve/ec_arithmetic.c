/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve/ec_arithmetic.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "crypto/curve/ec_key.h"

static void bn_wipe(BIGNUM **bn)
{
    BN_clear_free(*bn);
}

static void point_wipe(EC_POINT **point)
{
    EC_POINT_clear_free(*point);
}

static void bn_context_free(BN_CTX **context)
{
    BN_CTX_free(*context);
}

bool qk_curve_is_256(const qk_curve *curve)
{
    return curve && curve->kind == QK_CURVE_WEIERSTRASS && curve->bits == 256 && qk_curve_group(curve);
}

static qk_err no_memory(void)
{
    return qk_openssl_fail(QK_E_NO_MEMORY, "elliptic curve");
}

qk_err qk_curve_order(const qk_curve *curve, qk_scalar *out_order)
{
    uint8_t bytes[QK_SCALAR_LEN];

    if (BN_bn2binpad(EC_GROUP_get0_order(qk_curve_group(curve)), bytes, sizeof bytes) != sizeof bytes)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "order of the curve");
    qk_scalar_read(out_order, bytes);
    return QK_OK;
}

/* Numbers out of range are drawn again; that says nothing of the one that is kept. */
qk_err qk_scalar_draw(const qk_scalar *n, qk_scalar *out)
{
    uint8_t bytes[QK_SCALAR_LEN];
    qk_mask fits;

    do {
        if (RAND_priv_bytes_ex(qk_openssl(), bytes, sizeof bytes, 0) <= 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "random number");
        qk_scalar_read(out, bytes);
        fits = qk_scalar_below(out, n) & ~qk_scalar_is_zero(out);
    } while (!fits);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return QK_OK;
}

qk_err qk_scalar_of_key(const qk_key *key, qk_scalar *out)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    QK_TRY(qk_ec_private_value(key, &value));
    if (value.len != QK_SCALAR_LEN)
        return qk_fail(QK_E_KEY_TYPE, "a private value of %zu bytes", value.len);
    qk_scalar_read(out, qk_secret_reveal(&value).data);
    return QK_OK;
}

static BIGNUM *bn_of(const qk_scalar *a)
{
    uint8_t bytes[QK_SCALAR_LEN];
    BIGNUM *bn;

    qk_scalar_write(a, bytes);
    bn = BN_bin2bn(bytes, sizeof bytes, NULL);
    OPENSSL_cleanse(bytes, sizeof bytes);
    return bn;
}

static qk_err put_point(const EC_GROUP *group, const EC_POINT *point, BN_CTX *context, uint8_t out[QK_POINT256_LEN])
{
    if (EC_POINT_is_at_infinity(group, point))
        return qk_fail(QK_E_SIGNATURE_INVALID, "a sum is the point at infinity");
    if (EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out, QK_POINT256_LEN, context) !=
        QK_POINT256_LEN)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
    return QK_OK;
}

/* OpenSSL multiplies the base point by a number of its own (and nothing else) with a ladder of fixed length. */
qk_err qk_curve_base_times(const qk_curve *curve, const qk_scalar *k, uint8_t out[QK_POINT256_LEN])
{
    const EC_GROUP *group = qk_curve_group(curve);
    QK_OWNED(bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());
    QK_OWNED(point_wipe) EC_POINT *point = EC_POINT_new(group);
    QK_OWNED(bn_wipe) BIGNUM *number = bn_of(k);

    if (!context || !point || !number)
        return no_memory();
    BN_set_flags(number, BN_FLG_CONSTTIME);
    if (!EC_POINT_mul(group, point, number, NULL, NULL, context))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
    return put_point(group, point, context, out);
}

qk_err qk_curve_combine(const qk_curve *curve, const qk_scalar *a, const qk_scalar *b,
                        const uint8_t point[QK_POINT256_LEN], uint8_t out[QK_POINT256_LEN])
{
    const EC_GROUP *group = qk_curve_group(curve);
    QK_OWNED(bn_context_free) BN_CTX *context = BN_CTX_new_ex(qk_openssl());
    QK_OWNED(point_wipe) EC_POINT *other = EC_POINT_new(group), *sum = EC_POINT_new(group);
    QK_OWNED(bn_wipe) BIGNUM *of_base = bn_of(a), *of_other = bn_of(b);

    if (!context || !other || !sum || !of_base || !of_other)
        return no_memory();
    if (!EC_POINT_oct2point(group, other, point, QK_POINT256_LEN, context))
        return qk_openssl_fail(QK_E_PUBLIC_KEY_INVALID, "the point is not on the curve");
    if (!EC_POINT_mul(group, sum, of_base, other, of_other, context))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve");
    return put_point(group, sum, context, out);
}

void qk_point_compress(const uint8_t point[QK_POINT256_LEN], uint8_t out[QK_COMPRESSED256_LEN])
{
    out[0] = (uint8_t)(2 | (point[QK_POINT256_LEN - 1] & 1));
    memcpy(out + 1, point + 1, QK_SCALAR_LEN);
}
