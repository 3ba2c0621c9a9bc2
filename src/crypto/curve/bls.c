/* SPDX-License-Identifier: Apache-2.0 */
/* BLS12-381 by blst.
 *
 * Private keys: blst's multiplications and inversions of secret numbers take the same time for all of them (its
 * authors' promise, watched over by bls_time_test). What is drawn or copied here is wiped.
 *
 * Points that come from outside are on the curve, in the right group and not at infinity, or they are refused; blst's
 * readers of bytes look at the first alone. Where it reads a point uncompressed it would also take a compressed one and
 * leave the rest of the bytes unread, so that the three flags in the first byte are looked at first. */
#include "crypto/curve/bls.h"

#include <blst.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

enum { FIELD_LEN = 48, AFFINE_LEN = 2 * FIELD_LEN, UNCOMPRESSED = 4, FLAGS = 0xe0, IS_COMPRESSED = 0x80 };

static const char suite_name[] = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_";
const qk_view qk_bls_suite = { (const uint8_t *)suite_name, sizeof suite_name - 1 };

bool qk_bls_is_here(void)
{
    return true;
}

/* ---- public keys ---- */

static void write_point(const blst_p1_affine *point, uint8_t out[QK_BLS_POINT_LEN])
{
    out[0] = UNCOMPRESSED;
    blst_p1_affine_serialize(out + 1, point);
}

static void keep_point(qk_key *key, const blst_p1 *point)
{
    blst_p1_affine affine;

    blst_p1_to_affine(&affine, point);
    write_point(&affine, key->point);
    key->point_len = QK_BLS_POINT_LEN;
}

bool qk_bls_point_form_fits(qk_view point)
{
    if (point.len == QK_BLS_POINT_LEN)
        return point.data[0] == UNCOMPRESSED && !(point.data[1] & FLAGS);
    if (point.len == AFFINE_LEN)
        return !(point.data[0] & FLAGS);
    return point.len == FIELD_LEN && (point.data[0] & IS_COMPRESSED);
}

qk_err qk_bls_set_public(qk_key *key, qk_view point)
{
    blst_p1_affine affine;
    BLST_ERROR read;

    if (!qk_bls_point_form_fits(point))
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "%zu bytes are no point of %s", point.len, key->curve->name);
    if (point.len == FIELD_LEN)
        read = blst_p1_uncompress(&affine, point.data);
    else
        read = blst_p1_deserialize(&affine, point.data + point.len - AFFINE_LEN);
    if (read != BLST_SUCCESS || blst_p1_affine_is_inf(&affine) || !blst_p1_affine_in_g1(&affine))
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "the point is not in the group of public keys of %s", key->curve->name);
    write_point(&affine, key->point);
    key->point_len = QK_BLS_POINT_LEN;
    return QK_OK;
}

/* The point of a key that was made; it needs no check but that of its bytes. */
static void point_of(const uint8_t point[QK_BLS_POINT_LEN], blst_p1_affine *out)
{
    (void)blst_p1_deserialize(out, point + 1);
}

/* ---- private keys ---- */

static qk_err keep_scalar(qk_key *key, const blst_scalar *scalar)
{
    blst_p1 point;

    QK_TRY(qk_secret_new(QK_BLS_SCALAR_LEN, &key->value));
    blst_bendian_from_scalar(qk_secret_fill(&key->value), scalar);
    blst_sk_to_pk_in_g1(&point, scalar);
    keep_point(key, &point);
    return QK_OK;
}

qk_err qk_bls_generate(qk_key *key)
{
    uint8_t material[QK_BLS_SCALAR_LEN];
    blst_scalar scalar;
    qk_err err;

    if (RAND_priv_bytes_ex(qk_openssl(), material, sizeof material, 0) <= 0)
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "elliptic curve key generation");
    blst_keygen(&scalar, material, sizeof material, NULL, 0);
    OPENSSL_cleanse(material, sizeof material);
    err = keep_scalar(key, &scalar);
    OPENSSL_cleanse(&scalar, sizeof scalar);
    return err;
}

qk_err qk_bls_set_private(qk_key *key, qk_view value)
{
    blst_scalar scalar;
    qk_err err;

    while (value.len > QK_BLS_SCALAR_LEN && value.data[0] == 0)
        value = qk_view_slice(value, 1, value.len);
    if (value.len != QK_BLS_SCALAR_LEN)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private value of %zu bytes for curve %s", value.len, key->curve->name);
    blst_scalar_from_bendian(&scalar, value.data);
    err = blst_sk_check(&scalar) ? keep_scalar(key, &scalar)
                                 : qk_fail(QK_E_ATTRIBUTE_VALUE,
                                           "the private value is not between 1 and the order of %s", key->curve->name);
    OPENSSL_cleanse(&scalar, sizeof scalar);
    return err;
}

/* ---- signatures ---- */

static const uint8_t *not_null(qk_view bytes)
{
    static const uint8_t nothing;

    return bytes.len ? bytes.data : &nothing;
}

qk_err qk_bls_sign(const qk_key *key, qk_view suite, qk_view message, uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    blst_scalar scalar;
    blst_p2 hashed, signature;

    blst_scalar_from_bendian(&scalar, qk_secret_reveal(&key->value).data);
    blst_hash_to_g2(&hashed, not_null(message), message.len, suite.data, suite.len, NULL, 0);
    blst_sign_pk_in_g1(&signature, &hashed, &scalar);
    OPENSSL_cleanse(&scalar, sizeof scalar);
    qk_ct_declassify(&signature, sizeof signature);
    blst_p2_serialize(out, &signature);
    return QK_OK;
}

static bool read_signature(const uint8_t bytes[QK_BLS_SIGNATURE_LEN], blst_p2_affine *out)
{
    return !(bytes[0] & FLAGS) && blst_p2_deserialize(out, bytes) == BLST_SUCCESS;
}

/* blst's verification looks whether the signature is in its group. */
qk_err qk_bls_verify(const qk_key *key, qk_view suite, qk_view message, qk_view signature)
{
    blst_p1_affine point;
    blst_p2_affine given;

    if (signature.len != QK_BLS_SIGNATURE_LEN)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a BLS signature of %zu bytes; they have %d", signature.len,
                       QK_BLS_SIGNATURE_LEN);
    point_of(key->point, &point);
    if (!read_signature(signature.data, &given) ||
        blst_core_verify_pk_in_g1(&point, &given, true, not_null(message), message.len, suite.data, suite.len, NULL,
                                  0) != BLST_SUCCESS)
        return qk_fail(QK_E_SIGNATURE_INVALID, "the BLS signature does not belong to this message and key");
    return QK_OK;
}

/* ---- sums ---- */

qk_err qk_bls_add_signatures(qk_view signatures, uint8_t out[QK_BLS_SIGNATURE_LEN])
{
    blst_p2_affine one;
    blst_p2 sum = { 0 }; /* at infinity */

    for (size_t at = 0; at < signatures.len; at += QK_BLS_SIGNATURE_LEN) {
        if (!read_signature(signatures.data + at, &one) || blst_p2_affine_is_inf(&one) || !blst_p2_affine_in_g2(&one))
            return qk_fail(QK_E_MECHANISM_PARAM, "element %zu is no BLS signature", at / QK_BLS_SIGNATURE_LEN);
        blst_p2_add_or_double_affine(&sum, &sum, &one);
    }
    if (blst_p2_is_inf(&sum))
        return qk_fail(QK_E_MECHANISM_PARAM, "the BLS signatures cancel each other out");
    blst_p2_serialize(out, &sum);
    return QK_OK;
}

qk_err qk_bls_add_points(qk_view points, uint8_t out[QK_BLS_POINT_LEN])
{
    blst_p1_affine one;
    blst_p1 sum = { 0 }; /* at infinity */

    for (size_t at = 0; at < points.len; at += QK_BLS_POINT_LEN) {
        point_of(points.data + at, &one);
        blst_p1_add_or_double_affine(&sum, &sum, &one);
    }
    if (blst_p1_is_inf(&sum))
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "the public keys cancel each other out");
    blst_p1_to_affine(&one, &sum);
    write_point(&one, out);
    return QK_OK;
}
