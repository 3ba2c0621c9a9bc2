/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in prime fields as DER and as attributes.
 *
 * Domain parameters are SEQUENCE { P, G } for Diffie-Hellman (PKCS #3, 9; a length of private values may follow and
 * says nothing about the key) and SEQUENCE { P, Q, G } for DSA (RFC 3279, 2.3.2). Private and public values are
 * INTEGERs. CKA_IBM_STRUCT_PARAMS is the same SEQUENCE. */
#include "crypto/prime/ffc_codec.h"

#include "crypto/key/key_family.h"

/* clang-format off */
/* In the order of the QK_FFC_... numbers; the values of a pair's halves have one name. */
static const CK_ATTRIBUTE_TYPE part_attributes[QK_FFC_PARTS] = { CKA_PRIME, CKA_SUBPRIME, CKA_BASE, CKA_VALUE, CKA_VALUE };
/* clang-format on */

static bool has_part(CK_KEY_TYPE type, unsigned which)
{
    return which != QK_FFC_Q || type == CKK_DSA;
}

/* ---- DER ---- */

qk_err qk_ffc_read_parameters(CK_KEY_TYPE type, qk_view der, qk_ffc *ffc)
{
    qk_view numbers, magnitude, length;

    if (!qk_der_take(&der, QK_DER_SEQUENCE, &numbers) || der.len != 0)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s: the domain parameters are malformed", qk_name_of_key_type(type));
    for (unsigned i = QK_FFC_P; i <= QK_FFC_G; i++) {
        if (!has_part(type, i))
            continue;
        if (!qk_der_take_uint(&numbers, &magnitude) || magnitude.len == 0)
            return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s: the domain parameters are malformed", qk_name_of_key_type(type));
        QK_TRY(qk_ffc_set(ffc, i, magnitude));
    }
    if (numbers.len > 0 && !(type == CKK_DH && qk_der_take_uint(&numbers, &length) && numbers.len == 0))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s: bytes follow the domain parameters", qk_name_of_key_type(type));
    return QK_OK;
}

static qk_err put_number(const BIGNUM *number, qk_der_writer *writer)
{
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;

    QK_TRY(qk_bn_bytes(number, &bytes));
    qk_der_put_uint(writer, qk_secret_reveal(&bytes));
    return QK_OK;
}

qk_err qk_ffc_write_parameters(const qk_key *key, qk_der_writer *writer)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;
    const uint8_t *end = writer->place;

    QK_TRY(qk_ffc_of(key, false, &ffc));
    for (unsigned i = QK_FFC_G + 1; i-- > QK_FFC_P;)
        if (has_part(key->type, i))
            QK_TRY(put_number(ffc.part[i], writer));
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

static qk_err write_value(const qk_key *key, unsigned which, qk_der_writer *writer)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;

    QK_TRY(qk_ffc_of(key, which == QK_FFC_X, &ffc));
    return put_number(ffc.part[which], writer);
}

static qk_err write_private(const qk_key *key, qk_der_writer *writer)
{
    return write_value(key, QK_FFC_X, writer);
}

static qk_err write_public(const qk_key *key, qk_der_writer *writer)
{
    return write_value(key, QK_FFC_Y, writer);
}

static qk_err read_half(CK_OBJECT_CLASS class, const qk_algorithm *algorithm, qk_view bytes, qk_err malformed,
                        qk_key **out_key)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;
    qk_view magnitude;

    if (!qk_der_take_uint(&bytes, &magnitude) || bytes.len != 0 || magnitude.len == 0)
        return qk_fail(malformed, "the value of a %s is malformed", qk_name_of_key_type(algorithm->type));
    QK_TRY(qk_ffc_read_parameters(algorithm->type, algorithm->parameters, &ffc));
    QK_TRY(qk_ffc_set(&ffc, class == CKO_PRIVATE_KEY ? QK_FFC_X : QK_FFC_Y, magnitude));
    return qk_ffc_make(class, algorithm->type, false, &ffc, out_key);
}

static qk_err read_private(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public, qk_key **out_key)
{
    (void)outer_public;
    return read_half(CKO_PRIVATE_KEY, algorithm, octets, QK_E_WRAPPED_KEY, out_key);
}

static qk_err read_public(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key)
{
    return read_half(CKO_PUBLIC_KEY, algorithm, bits, QK_E_PUBLIC_KEY_INVALID, out_key);
}

/* ---- attributes ---- */

qk_err qk_ffc_template_parameters(CK_KEY_TYPE type, const qk_attrs *attrs, qk_ffc *ffc)
{
    qk_view structure = qk_attrs_view(attrs, CKA_IBM_STRUCT_PARAMS);

    if (structure.len == 0) {
        for (unsigned i = QK_FFC_P; i <= QK_FFC_G; i++)
            if (has_part(type, i))
                QK_TRY(qk_ffc_set(ffc, i, qk_attrs_view(attrs, part_attributes[i])));
        return QK_OK;
    }
    for (unsigned i = QK_FFC_P; i <= QK_FFC_G; i++)
        if (qk_attrs_find(attrs, part_attributes[i]))
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_IBM_STRUCT_PARAMS and separate numbers exclude each other");
    return qk_ffc_read_parameters(type, structure, ffc);
}

/* The length of a private value follows from it. */
static qk_err check_value_bits(const qk_attrs *attrs, const qk_ffc *ffc)
{
    CK_ULONG bits = qk_attrs_ulong(attrs, CKA_VALUE_BITS, 0);

    if (bits != 0 && ffc->part[QK_FFC_X] && bits != (CK_ULONG)BN_num_bits(ffc->part[QK_FFC_X]))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_VALUE_BITS says %lu, CKA_VALUE has another length", bits);
    return QK_OK;
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;

    QK_TRY(qk_ffc_template_parameters(type, attrs, &ffc));
    if (class != CKO_DOMAIN_PARAMETERS)
        QK_TRY(qk_ffc_set(&ffc, class == CKO_PRIVATE_KEY ? QK_FFC_X : QK_FFC_Y, qk_attrs_view(attrs, CKA_VALUE)));
    QK_TRY(check_value_bits(attrs, &ffc));
    return qk_ffc_make(class, type, true, &ffc, out_key);
}

static qk_err describe_parameters(const qk_key *key, const qk_ffc *ffc, qk_attrs *attrs)
{
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;

    for (unsigned i = QK_FFC_P; i <= QK_FFC_G; i++) {
        if (!has_part(key->type, i))
            continue;
        QK_TRY(qk_bn_bytes(ffc->part[i], &number));
        QK_TRY(qk_attrs_set(attrs, part_attributes[i], qk_secret_reveal(&number)));
    }
    if (key->class != CKO_DOMAIN_PARAMETERS)
        return QK_OK;
    if (key->type == CKK_DSA)
        QK_TRY(qk_attrs_set_ulong(attrs, CKA_SUBPRIME_BITS, (CK_ULONG)BN_num_bits(ffc->part[QK_FFC_Q])));
    return qk_attrs_set_ulong(attrs, CKA_PRIME_BITS, key->bits);
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;
    QK_OWNED(qk_secret_free) qk_secret number = QK_SECRET_NONE;
    bool is_dh_private = key->type == CKK_DH && key->class == CKO_PRIVATE_KEY;

    QK_TRY(qk_ffc_of(key, is_dh_private, &ffc));
    QK_TRY(describe_parameters(key, &ffc, attrs));
    if (is_dh_private) /* its length is no secret */
        QK_TRY(qk_attrs_set_ulong(attrs, CKA_VALUE_BITS, (CK_ULONG)BN_num_bits(ffc.part[QK_FFC_X])));
    if (key->class != CKO_PUBLIC_KEY)
        return QK_OK;
    QK_TRY(qk_bn_bytes(ffc.part[QK_FFC_Y], &number));
    return qk_attrs_set(attrs, CKA_VALUE, qk_secret_reveal(&number));
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;

    if (type != CKA_VALUE)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "a %s private key has no secret attribute 0x%lx",
                       qk_name_of_key_type(key->type), type);
    QK_TRY(qk_ffc_of(key, true, &ffc));
    return qk_bn_bytes(ffc.part[QK_FFC_X], out_value);
}

/* ---- the two families ---- */

/* dhKeyAgreement (PKCS #3), id-dsa (RFC 3279) */
static const uint8_t dh_oid[] = { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01 };
static const uint8_t dsa_oid[] = { 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x01 };

#define FFC_FAMILY(its_oid)                                                                                            \
    {                                                                                                                  \
        .oid = { its_oid, sizeof(its_oid) }, .from_attrs = from_attrs, .describe = describe, .reveal = reveal,         \
        .read_private = read_private, .read_public = read_public, .write_private = write_private,                      \
        .write_public = write_public, .write_parameters = qk_ffc_write_parameters,                                     \
    }

const qk_key_family qk_family_dh = FFC_FAMILY(dh_oid);
const qk_key_family qk_family_dsa = FFC_FAMILY(dsa_oid);
