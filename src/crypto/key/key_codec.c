/* SPDX-License-Identifier: Apache-2.0 */
/* Serialised keys: PKCS #8 PrivateKeyInfo (RFC 5208, RFC 5958) and SubjectPublicKeyInfo (RFC 5280) around the bodies of
 * each family. Edwards curves have two names: their OID as algorithm (RFC 8410), or as parameter of id-ecPublicKey, as
 * GREP11 has it for every curve; both are read, the second is written in SPKI unless asked otherwise. */
#include "crypto/curve/ec_key.h"
#include "crypto/prime/ffc_codec.h"
#include "crypto/key/key_family.h"
#include "crypto/key/secret_key.h"

enum {
    MAX_PUBLIC = 3 * (16384 / 8) + 96, /* an SPKI: modulus and exponent, or p, q, g and y of a shorter one; heads */
    MAX_PRIVATE = 9 * (16384 / 8) / 2 + 256 /* n, d, and five numbers half as long */
};

/* The algorithm must be one of the wanted type's family; nothing may follow it but its parameters. */
static bool read_algorithm(qk_view *from, CK_KEY_TYPE type, const qk_key_family *family, qk_algorithm *out)
{
    qk_view content, oid, parameter;

    if (!qk_der_take(from, QK_DER_SEQUENCE, &content) || !qk_der_take_whole(&content, QK_DER_OID, &oid))
        return false;
    *out = (qk_algorithm){ .type = type, .oid = oid, .parameters = content };
    if (family != &qk_family_ec)
        return family->oid.len == 0 || qk_view_equal(oid, family->oid);
    if (qk_view_equal(oid, family->oid)) {
        if (!qk_der_take_whole(&content, QK_DER_OID, &parameter) || content.len != 0)
            return false;
        out->curve = qk_curve_find(parameter);
        return out->curve != NULL;
    }
    out->curve = qk_curve_find(oid);
    return out->curve && qk_curve_is_algorithm(out->curve) && content.len == 0;
}

static qk_err write_algorithm(const qk_key *key, bool rfc8410, qk_der_writer *writer)
{
    const qk_key_family *family = qk_key_family_of(key);
    const uint8_t *end = writer->place;

    QK_TRY(family->write_parameters(key, writer));
    if (!rfc8410 || !key->curve || !qk_curve_is_algorithm(key->curve))
        qk_der_put(writer, family->oid);
    qk_der_wrap(writer, QK_DER_SEQUENCE, end);
    return QK_OK;
}

/* ---- private keys ---- */

/* PrivateKeyInfo ::= SEQUENCE { version, algorithm, OCTET STRING, [0] attributes OPTIONAL, [1] public OPTIONAL } */
static bool read_private_info(qk_view serialised, CK_KEY_TYPE type, const qk_key_family *family,
                              qk_algorithm *out_algorithm, qk_view *out_octets, qk_view *out_public)
{
    qk_view info, attributes;
    bool second;

    if (!qk_der_take(&serialised, QK_DER_SEQUENCE, &info) || serialised.len != 0)
        return false;
    second = qk_der_take_small(&info, 1);
    if (!second && !qk_der_take_small(&info, 0))
        return false;
    if (!read_algorithm(&info, type, family, out_algorithm) || !qk_der_take(&info, QK_DER_OCTET_STRING, out_octets))
        return false;
    if (qk_der_take(&info, QK_DER_CONTEXT_0, &attributes))
        attributes = QK_VIEW_NONE; /* attributes say nothing about the key itself */
    if (!qk_der_take_bits(&info, QK_DER_CONTEXT_1_PRIMITIVE, out_public))
        *out_public = QK_VIEW_NONE;
    return info.len == 0 && (second || out_public->len == 0);
}

static qk_err read_private(CK_KEY_TYPE type, const qk_key_family *family, qk_view serialised, qk_key **out_key)
{
    qk_view octets, public;
    qk_algorithm found;

    if (!read_private_info(serialised, type, family, &found, &octets, &public))
        return qk_fail(QK_E_WRAPPED_KEY, "the private key is no PKCS #8 of a %s", qk_name_of_key_type(type));
    qk_err err = family->read_private(&found, octets, public, out_key);
    return err == QK_E_ATTRIBUTE_VALUE || err == QK_E_PUBLIC_KEY_INVALID ? qk_key_recode(QK_E_WRAPPED_KEY) : err;
}

static qk_err write_private(const qk_key *key, qk_secret *out_serialised)
{
    QK_OWNED(qk_secret_free) qk_secret memory = QK_SECRET_NONE;
    QK_TRY(qk_secret_new(MAX_PRIVATE, &memory));
    qk_der_writer writer = qk_der_writer_of(qk_secret_fill(&memory), memory.len);

    QK_TRY(qk_key_family_of(key)->write_private(key, &writer));
    qk_der_wrap(&writer, QK_DER_OCTET_STRING, writer.end);
    QK_TRY(write_algorithm(key, true, &writer));
    qk_der_put_small(&writer, 0);
    qk_der_wrap(&writer, QK_DER_SEQUENCE, writer.end);
    if (writer.failed)
        return qk_fail(QK_E_GENERAL, "a private key of %u bits does not fit its buffer", key->bits);
    return qk_secret_copy(qk_der_written(&writer), out_serialised);
}

/* ---- public keys ---- */

static qk_err read_public(CK_KEY_TYPE type, const qk_key_family *family, qk_view serialised, qk_key **out_key)
{
    qk_view info, bits;
    qk_algorithm found;

    if (!qk_der_take(&serialised, QK_DER_SEQUENCE, &info) || serialised.len != 0 ||
        !read_algorithm(&info, type, family, &found) || !qk_der_take_bits(&info, QK_DER_BIT_STRING, &bits) ||
        info.len != 0)
        return qk_fail(QK_E_PUBLIC_KEY_INVALID, "no SubjectPublicKeyInfo of a %s", qk_name_of_key_type(type));
    qk_err err = family->read_public(&found, bits, out_key);
    return err == QK_E_ATTRIBUTE_VALUE ? qk_key_recode(QK_E_PUBLIC_KEY_INVALID) : err;
}

qk_err qk_key_write_spki(const qk_key *key, bool rfc8410, qk_buf *out)
{
    uint8_t memory[MAX_PUBLIC];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));

    if (key->class != CKO_PUBLIC_KEY && key->class != CKO_PRIVATE_KEY)
        return qk_fail(QK_E_KEY_TYPE, "a %s has no public key", qk_name_of_class(key->class));
    QK_TRY(qk_key_family_of(key)->write_public(key, &writer));
    qk_der_wrap_bits(&writer, QK_DER_BIT_STRING, writer.end);
    QK_TRY(write_algorithm(key, rfc8410, &writer));
    qk_der_wrap(&writer, QK_DER_SEQUENCE, writer.end);
    if (writer.failed)
        return qk_fail(QK_E_GENERAL, "a public key of %u bits does not fit its buffer", key->bits);
    qk_buf_put(out, qk_der_written(&writer));
    return qk_buf_check(out);
}

/* ---- all ---- */

static qk_err read_secret(CK_KEY_TYPE type, qk_view serialised, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;

    qk_err err = qk_secret_key_check_value(type, serialised);

    if (err != QK_OK)
        return err == QK_E_ATTRIBUTE_VALUE ? qk_key_recode(QK_E_WRAPPED_KEY) : err;
    QK_TRY(qk_secret_copy(serialised, &value));
    return qk_key_new_secret(type, &value, out_key);
}

/* Domain parameters are clear: their structure alone. */
static qk_err write_domain(const qk_key *key, qk_secret *out_serialised)
{
    uint8_t memory[MAX_PUBLIC];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));

    QK_TRY(qk_ffc_write_parameters(key, &writer));
    if (writer.failed)
        return qk_fail(QK_E_GENERAL, "domain parameters of %u bits do not fit their buffer", key->bits);
    return qk_secret_copy(qk_der_written(&writer), out_serialised);
}

static qk_err read_domain(CK_KEY_TYPE type, qk_view serialised, qk_key **out_key)
{
    QK_OWNED(qk_ffc_done) qk_ffc ffc = QK_FFC_NONE;

    if (type != CKK_DH && type != CKK_DSA)
        return qk_fail(QK_E_KEY_TYPE, "keys of type %s have no domain parameters", qk_name_of_key_type(type));
    QK_TRY(qk_ffc_read_parameters(type, serialised, &ffc));
    return qk_ffc_make(CKO_DOMAIN_PARAMETERS, type, false, &ffc, out_key);
}

qk_err qk_key_read(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_view serialised, qk_key **out_key)
{
    const qk_key_family *family = qk_key_family_find(class, type);

    if (class == CKO_SECRET_KEY)
        return read_secret(type, serialised, out_key);
    if (class == CKO_DOMAIN_PARAMETERS)
        return read_domain(type, serialised, out_key);
    if (class != CKO_PRIVATE_KEY && class != CKO_PUBLIC_KEY)
        return qk_fail(QK_E_BAD_ARGUMENT, "objects of class 0x%lx are no keys", class);
    if (!family)
        return qk_fail(class == CKO_PRIVATE_KEY ? QK_E_WRAPPED_KEY : QK_E_PUBLIC_KEY_INVALID,
                       "key pairs of type 0x%lx are not known here", type);
    return class == CKO_PRIVATE_KEY ? read_private(type, family, serialised, out_key)
                                    : read_public(type, family, serialised, out_key);
}

qk_err qk_key_write(const qk_key *key, qk_secret *out_serialised)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;

    if (key->class == CKO_SECRET_KEY)
        return qk_secret_copy(qk_secret_reveal(&key->value), out_serialised);
    if (key->class == CKO_PRIVATE_KEY)
        return write_private(key, out_serialised);
    if (key->class == CKO_DOMAIN_PARAMETERS)
        return write_domain(key, out_serialised);
    QK_TRY(qk_key_write_spki(key, false, &spki));
    return qk_secret_copy(qk_buf_view(&spki), out_serialised);
}
