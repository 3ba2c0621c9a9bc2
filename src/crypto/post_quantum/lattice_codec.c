/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice families of keys: attributes, and the record of all.
 *
 * Keys of the standards have CKA_PARAMETER_SET, CKA_VALUE and CKA_SEED. Of IBM's keys CKA_VALUE is DER (the
 * SubjectPublicKeyInfo, the PrivateKeyInfo); they can also be given as parts, as openCryptoki does.
 * Sources: PKCS #11 3.2, ML-DSA and ML-KEM key objects; openCryptoki's attributes of Dilithium and Kyber keys. */
#include "crypto/post_quantum/lattice_codec.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
static const struct part_row {
    CK_ATTRIBUTE_TYPE attribute;
    qk_dilithium_part part;
} part_rows[] = {
    { CKA_IBM_DILITHIUM_RHO,  QK_DILITHIUM_RHO },
    { CKA_IBM_DILITHIUM_SEED, QK_DILITHIUM_KEY },
    { CKA_IBM_DILITHIUM_TR,   QK_DILITHIUM_TR },
    { CKA_IBM_DILITHIUM_S1,   QK_DILITHIUM_S1 },
    { CKA_IBM_DILITHIUM_S2,   QK_DILITHIUM_S2 },
    { CKA_IBM_DILITHIUM_T0,   QK_DILITHIUM_T0 },
    { CKA_IBM_DILITHIUM_T1,   QK_DILITHIUM_T1 },
};
/* clang-format on */

static CK_ATTRIBUTE_TYPE mode_of(CK_KEY_TYPE type)
{
    return type == CKK_IBM_PQC_KYBER ? CKA_IBM_KYBER_MODE : CKA_IBM_DILITHIUM_MODE;
}

static CK_ATTRIBUTE_TYPE keyform_of(CK_KEY_TYPE type)
{
    return type == CKK_IBM_PQC_KYBER ? CKA_IBM_KYBER_KEYFORM : CKA_IBM_DILITHIUM_KEYFORM;
}

/* ---- which set ---- */

/* One name of the set. NULL if it is not given or unknown. */
static const qk_lattice_set *named_set(CK_KEY_TYPE type, const qk_attrs *attrs, CK_ATTRIBUTE_TYPE name)
{
    if (name == CKA_PARAMETER_SET || name == keyform_of(type))
        return qk_lattice_by_number(type, qk_attrs_ulong(attrs, name, 0));
    return qk_lattice_by_oid(type, qk_attrs_view(attrs, name));
}

qk_err qk_lattice_template_set(CK_KEY_TYPE type, const qk_attrs *attrs, qk_err unknown, const qk_lattice_set **out_set)
{
    const CK_ATTRIBUTE_TYPE ibm[] = { CKA_IBM_PQC_PARAMS, mode_of(type), keyform_of(type) },
                            standard[] = { CKA_PARAMETER_SET };
    bool is_standard = qk_lattice_is_standard(type);
    const CK_ATTRIBUTE_TYPE *names = is_standard ? standard : ibm;
    const qk_lattice_set *found = NULL;

    for (size_t i = 0; i < (is_standard ? COUNT(standard) : COUNT(ibm)); i++) {
        const qk_lattice_set *set = named_set(type, attrs, names[i]);
        if (!qk_attrs_find(attrs, names[i]))
            continue;
        if (!set)
            return qk_fail(unknown, "%s names no parameter set of a %s", qk_attribute_find(names[i])->name,
                           qk_name_of_key_type(type));
        if (found && found != set)
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "two names of different parameter sets");
        found = set;
    }
    if (!found)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a %s needs its parameter set (%s)", qk_name_of_key_type(type),
                       qk_attribute_find(names[0])->name);
    *out_set = found;
    return QK_OK;
}

size_t qk_lattice_signature_len(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    const qk_lattice_set *set;

    if (type != CKK_ML_DSA && type != CKK_IBM_PQC_DILITHIUM)
        return 0;
    return qk_lattice_template_set(type, attrs, QK_E_ATTRIBUTE_VALUE, &set) == QK_OK
               ? qk_lattice_dilithium(set)->signature_len
               : 0;
}

/* ---- from attributes ---- */

static qk_err from_standard(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    qk_view value = qk_attrs_view(attrs, CKA_VALUE), seed = qk_attrs_view(attrs, CKA_SEED);
    const qk_lattice_set *set;

    QK_TRY(qk_lattice_template_set(type, attrs, QK_E_ATTRIBUTE_VALUE, &set));
    if (class == CKO_PUBLIC_KEY && value.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a public key needs CKA_VALUE");
    if (class == CKO_PUBLIC_KEY)
        return qk_lattice_public(set, value, out_key);
    if (value.len == 0 && seed.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a private key needs CKA_SEED or CKA_VALUE");
    return qk_lattice_private(set, seed, value, out_key);
}

/* A part given must have its length; `joined` is all of the key's bytes. */
static qk_err take_part(const qk_lattice_set *set, const qk_attrs *attrs, const struct part_row *row, uint8_t *joined)
{
    qk_dilithium_place place = qk_dilithium_place_of(qk_lattice_dilithium(set), row->part);
    qk_view given = qk_attrs_view(attrs, row->attribute);

    if (given.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s is missing", qk_attribute_find(row->attribute)->name);
    if (given.len != place.len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s has %zu bytes instead of %zu", qk_attribute_find(row->attribute)->name,
                       given.len, place.len);
    memcpy(joined + place.offset, given.data, given.len);
    return QK_OK;
}

static qk_err from_parts(const qk_lattice_set *set, CK_OBJECT_CLASS class, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret joined = QK_SECRET_NONE;
    bool is_public = class == CKO_PUBLIC_KEY;

    QK_TRY(qk_secret_new(is_public ? qk_lattice_public_len(set) : qk_lattice_private_len(set), &joined));
    for (size_t i = 0; i < COUNT(part_rows); i++) {
        bool open = part_rows[i].part == QK_DILITHIUM_RHO || part_rows[i].part == QK_DILITHIUM_T1;
        if (is_public ? open : part_rows[i].part != QK_DILITHIUM_T1)
            QK_TRY(take_part(set, attrs, &part_rows[i], qk_secret_fill(&joined)));
    }
    return is_public ? qk_lattice_public(set, qk_secret_reveal(&joined), out_key)
                     : qk_lattice_private(set, QK_VIEW_NONE, qk_secret_reveal(&joined), out_key);
}

static qk_err from_ibm(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    qk_view value = qk_attrs_view(attrs, CKA_VALUE);
    bool is_public = class == CKO_PUBLIC_KEY;
    const qk_lattice_set *set;
    qk_view bytes;

    if (value.len > 0) {
        qk_err err = qk_key_read(class, type, value, out_key);
        return err == QK_E_WRAPPED_KEY ? qk_key_recode(QK_E_ATTRIBUTE_VALUE) : err;
    }
    QK_TRY(qk_lattice_template_set(type, attrs, QK_E_ATTRIBUTE_VALUE, &set));
    if (type == CKK_IBM_PQC_DILITHIUM)
        return from_parts(set, class, attrs, out_key);
    bytes = qk_attrs_view(attrs, is_public ? CKA_IBM_KYBER_PK : CKA_IBM_KYBER_SK);
    if (bytes.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a Kyber key needs CKA_VALUE or its bytes");
    return is_public ? qk_lattice_public(set, bytes, out_key) : qk_lattice_private(set, QK_VIEW_NONE, bytes, out_key);
}

/* What names the set beside a value that names it too must name the same. */
static qk_err check_names(const qk_key *key, const qk_attrs *attrs)
{
    const qk_lattice_set *named;
    qk_err err = qk_lattice_template_set(key->type, attrs, QK_E_ATTRIBUTE_VALUE, &named);

    if (err == QK_E_TEMPLATE_INCOMPLETE)
        return QK_OK;
    QK_TRY(err);
    return named == key->lattice ? QK_OK : qk_fail(QK_E_ATTRIBUTE_VALUE, "the key is one of another parameter set");
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (class == CKO_DOMAIN_PARAMETERS)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "keys of type %s have no domain parameters", qk_name_of_key_type(type));
    if (qk_lattice_is_standard(type))
        return from_standard(class, type, attrs, out_key);
    QK_TRY(from_ibm(class, type, attrs, &key));
    QK_TRY(check_names(key, attrs));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* ---- to attributes ---- */

static qk_err describe_ibm(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;
    qk_view oid = qk_lattice_oid(key->lattice);

    QK_TRY(qk_attrs_set(attrs, CKA_IBM_PQC_PARAMS, oid));
    QK_TRY(qk_attrs_set(attrs, mode_of(key->type), oid));
    if (key->lattice->number != 0)
        QK_TRY(qk_attrs_set_ulong(attrs, keyform_of(key->type), key->lattice->number));
    if (key->class != CKO_PUBLIC_KEY)
        return QK_OK;
    QK_TRY(qk_key_write_spki(key, true, &spki));
    return qk_attrs_set(attrs, CKA_VALUE, qk_buf_view(&spki));
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    if (!qk_lattice_is_standard(key->type))
        return describe_ibm(key, attrs);
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_PARAMETER_SET, key->lattice->number));
    return key->class == CKO_PUBLIC_KEY ? qk_attrs_set(attrs, CKA_VALUE, qk_buf_view(&key->open)) : QK_OK;
}

static qk_err none_such(const qk_key *key, CK_ATTRIBUTE_TYPE type)
{
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "this %s has no secret attribute 0x%lx", qk_name_of_key_type(key->type), type);
}

static qk_err reveal_dilithium(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    for (size_t i = 0; i < COUNT(part_rows); i++) {
        qk_dilithium_place place = qk_dilithium_place_of(qk_lattice_dilithium(key->lattice), part_rows[i].part);
        if (part_rows[i].attribute == type && part_rows[i].part != QK_DILITHIUM_T1)
            return qk_secret_copy(qk_view_slice(qk_secret_reveal(&key->value), place.offset, place.len), out_value);
    }
    return none_such(key, type);
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type == CKA_VALUE)
        return qk_lattice_is_standard(key->type) ? qk_secret_copy(qk_secret_reveal(&key->value), out_value)
                                                 : qk_key_write(key, out_value);
    if (type == CKA_SEED && key->seed.len > 0)
        return qk_secret_copy(qk_secret_reveal(&key->seed), out_value);
    if (key->type == CKK_IBM_PQC_DILITHIUM)
        return reveal_dilithium(key, type, out_value);
    if (key->type == CKK_IBM_PQC_KYBER && type == CKA_IBM_KYBER_SK)
        return qk_secret_copy(qk_secret_reveal(&key->value), out_value);
    return none_such(key, type);
}

const qk_key_family qk_family_lattice = {
    .from_attrs = from_attrs,
    .describe = describe,
    .reveal = reveal,
    .read_private = qk_lattice_read_private,
    .read_public = qk_lattice_read_public,
    .write_private = qk_lattice_write_private,
    .write_public = qk_lattice_write_public,
    .write_parameters = qk_lattice_write_algorithm,
};
