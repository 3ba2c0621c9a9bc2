/* SPDX-License-Identifier: Apache-2.0 */
/* Keys on elliptic curves as DER and as attributes. */
#include "crypto/curve/ec_key.h"
#include "crypto/key/key_family.h"

/* ---- PKCS #8 ---- */

/* ECPrivateKey ::= SEQUENCE { 1, OCTET STRING, [0] curve OPTIONAL, [1] BIT STRING OPTIONAL } (RFC 5915, 3) */
static bool read_ec_private(const qk_curve *curve, qk_view octets, qk_view *out_scalar, qk_view *out_point)
{
    qk_view body, inner;

    if (!qk_der_take(&octets, QK_DER_SEQUENCE, &body) || octets.len != 0 || !qk_der_take_small(&body, 1) ||
        !qk_der_take(&body, QK_DER_OCTET_STRING, out_scalar))
        return false;
    if (qk_der_take(&body, QK_DER_CONTEXT_0, &inner) &&
        !qk_view_equal(inner, qk_view_of(curve->oid_der, curve->oid_len)))
        return false;
    if (qk_der_take(&body, QK_DER_CONTEXT_1, &inner) &&
        (!qk_der_take_bits(&inner, QK_DER_BIT_STRING, out_point) || inner.len != 0))
        return false;
    return body.len == 0;
}

static qk_err read_private(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public, qk_key **out_key)
{
    const qk_curve *curve = algorithm->curve;
    qk_view value = QK_VIEW_NONE, point = outer_public;
    bool well;

    QK_TRY(qk_ec_check_curve(algorithm->type, curve));
    if (!qk_curve_is_algorithm(curve))
        well = read_ec_private(curve, octets, &value, &point);
    else
        well = qk_der_take(&octets, QK_DER_OCTET_STRING, &value) && octets.len == 0 && value.len == curve->field_len;
    if (!well)
        return qk_fail(QK_E_WRAPPED_KEY, "the private key of curve %s is malformed", curve->name);
    return qk_ec_make_private(algorithm->type, curve, value, point, out_key);
}

static qk_err read_public(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key)
{
    return qk_ec_make_public(algorithm->type, algorithm->curve, bits, out_key);
}

static qk_err write_private(const qk_key *key, qk_der_writer *writer)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    const uint8_t *end = writer->place;

    QK_TRY(qk_ec_private_value(key, &value));
    if (!qk_curve_is_algorithm(key->curve)) {
        qk_der_put(writer, qk_view_of(key->point, key->point_len));
        qk_der_wrap_bits(writer, QK_DER_BIT_STRING, end);
        qk_der_wrap(writer, QK_DER_CONTEXT_1, end);
    }
    qk_der_put_element(writer, QK_DER_OCTET_STRING, qk_secret_reveal(&value));
    if (!qk_curve_is_algorithm(key->curve)) {
        qk_der_put_small(writer, 1);
        qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    }
    return QK_OK;
}

static qk_err write_public(const qk_key *key, qk_der_writer *writer)
{
    qk_der_put(writer, qk_view_of(key->point, key->point_len));
    return QK_OK;
}

static qk_err write_parameters(const qk_key *key, qk_der_writer *writer)
{
    qk_der_put(writer, qk_view_of(key->curve->oid_der, key->curve->oid_len));
    return QK_OK;
}

/* ---- attributes ---- */

/* CKA_EC_POINT: a DER OCTET STRING, as the standard says, or the bare point, as many give it. Lengths tell them apart:
 * no point of a curve is two or three bytes shorter than another. */
static qk_view unwrap_point(const qk_curve *curve, qk_view given)
{
    qk_view rest = given, content;

    if (qk_der_take(&rest, QK_DER_OCTET_STRING, &content) && rest.len == 0 && qk_ec_point_form_fits(curve, content))
        return content;
    return given;
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    qk_view value = qk_attrs_view(attrs, CKA_VALUE), point = qk_attrs_view(attrs, CKA_EC_POINT);
    const qk_curve *curve = qk_curve_find(qk_attrs_view(attrs, CKA_EC_PARAMS));

    if (class == CKO_DOMAIN_PARAMETERS)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "domain parameters of elliptic curves are not kept: curves have names");
    if (!qk_attrs_find(attrs, CKA_EC_PARAMS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "elliptic curve key: CKA_EC_PARAMS is missing");
    QK_TRY(qk_ec_check_curve(type, curve));
    if (class == CKO_PUBLIC_KEY && point.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "elliptic curve public key: CKA_EC_POINT is missing");
    if (class == CKO_PRIVATE_KEY && value.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "elliptic curve private key: CKA_VALUE is missing");
    point = unwrap_point(curve, point);
    if (class == CKO_PRIVATE_KEY)
        return qk_ec_make_private(type, curve, value, point, out_key);
    return qk_ec_make_public(type, curve, point, out_key);
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    uint8_t memory[QK_MAX_POINT + 3];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));

    QK_TRY(qk_attrs_set(attrs, CKA_EC_PARAMS, qk_view_of(key->curve->oid_der, key->curve->oid_len)));
    qk_der_put_element(&writer, QK_DER_OCTET_STRING, qk_view_of(key->point, key->point_len));
    return qk_attrs_set(attrs, CKA_EC_POINT, qk_der_written(&writer));
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type != CKA_VALUE)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "an elliptic curve private key has no secret attribute 0x%lx", type);
    return qk_ec_private_value(key, out_value);
}

static const uint8_t oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };

const qk_key_family qk_family_ec = {
    .oid = { oid, sizeof(oid) },
    .from_attrs = from_attrs,
    .describe = describe,
    .reveal = reveal,
    .read_private = read_private,
    .read_public = read_public,
    .write_private = write_private,
    .write_public = write_public,
    .write_parameters = write_parameters,
};
