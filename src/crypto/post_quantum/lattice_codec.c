/* SPDX-License-Identifier: Apache-2.0 */
/* The lattice families of keys: attributes, and the record of all.
 *
 * Keys of the standards have CKA_PARAMETER_SET, CKA_VALUE and CKA_SEED. Of IBM's keys CKA_VALUE is DER (the
 * SubjectPublicKeyInfo, the PrivateKeyInfo); they can also be given as parts (lattice_parts.c), as openCryptoki does.
 * Sources: PKCS #11 3.2, ML-DSA and ML-KEM key objects; openCryptoki's attributes of Dilithium and Kyber keys. */
#include "crypto/post_quantum/lattice_codec.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
/* How templates name the set: by its OID, or by its number in the type's own list. The first name of a type is what
 * errors ask for. */
static const struct set_name {
    CK_KEY_TYPE type;
    CK_ATTRIBUTE_TYPE name;
    bool is_oid;
} set_names[] = {
    { CKK_ML_DSA,            CKA_PARAMETER_SET,         false },
    { CKK_ML_KEM,            CKA_PARAMETER_SET,         false },
    { CKK_IBM_ML_DSA,        CKA_IBM_PARAMETER_SET,     false },
    { CKK_IBM_ML_DSA,        CKA_PARAMETER_SET,         false },
    { CKK_IBM_ML_DSA,        CKA_IBM_PQC_PARAMS,        true },
    { CKK_IBM_ML_KEM,        CKA_IBM_PARAMETER_SET,     false },
    { CKK_IBM_ML_KEM,        CKA_PARAMETER_SET,         false },
    { CKK_IBM_ML_KEM,        CKA_IBM_PQC_PARAMS,        true },
    { CKK_IBM_PQC_DILITHIUM, CKA_IBM_PQC_PARAMS,        true },
    { CKK_IBM_PQC_DILITHIUM, CKA_IBM_DILITHIUM_MODE,    true },
    { CKK_IBM_PQC_DILITHIUM, CKA_IBM_DILITHIUM_KEYFORM, false },
    { CKK_IBM_PQC_KYBER,     CKA_IBM_PQC_PARAMS,        true },
    { CKK_IBM_PQC_KYBER,     CKA_IBM_KYBER_MODE,        true },
    { CKK_IBM_PQC_KYBER,     CKA_IBM_KYBER_KEYFORM,     false },
};
/* clang-format on */

/* Those of CKK_ML_DSA and CKK_ML_KEM are the standard's. */
static bool has_ibms_attributes(CK_KEY_TYPE type)
{
    return type != CKK_ML_DSA && type != CKK_ML_KEM;
}

/* ---- which set ---- */

static qk_err ask_for_set(CK_KEY_TYPE type)
{
    const struct set_name *first = set_names;

    while (first->type != type)
        first++;
    return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a %s needs its parameter set (%s)", qk_name_of_key_type(type),
                   qk_attribute_find(first->name)->name);
}

qk_err qk_lattice_template_set(CK_KEY_TYPE type, const qk_attrs *attrs, qk_err unknown, const qk_lattice_set **out_set)
{
    const qk_lattice_set *found = NULL;

    for (size_t i = 0; i < COUNT(set_names); i++) {
        const struct set_name *row = &set_names[i];
        const qk_lattice_set *set;
        if (row->type != type || !qk_attrs_find(attrs, row->name))
            continue;
        set = row->is_oid ? qk_lattice_by_oid(type, qk_attrs_view(attrs, row->name))
                          : qk_lattice_by_number(type, qk_attrs_ulong(attrs, row->name, 0));
        if (!set)
            return qk_fail(unknown, "%s names no parameter set of a %s", qk_attribute_find(row->name)->name,
                           qk_name_of_key_type(type));
        if (found && found != set)
            return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "two names of different parameter sets");
        found = set;
    }
    if (!found)
        return ask_for_set(type);
    *out_set = found;
    return QK_OK;
}

size_t qk_lattice_signature_len(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    const qk_lattice_set *set;

    if (type != CKK_ML_DSA && type != CKK_IBM_ML_DSA && type != CKK_IBM_PQC_DILITHIUM)
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

    QK_TRY(qk_lattice_template_set(type, attrs, QK_E_SET_NOT_SUPPORTED, &set));
    if (class == CKO_PUBLIC_KEY && value.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a public key needs CKA_VALUE");
    if (class == CKO_PUBLIC_KEY)
        return qk_lattice_public(set, value, out_key);
    if (value.len == 0 && seed.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a private key needs CKA_SEED or CKA_VALUE");
    return qk_lattice_private(set, seed, value, out_key);
}

/* DER of a private key may lack the seed that stands beside it. */
static qk_err from_der(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    qk_view seed = qk_attrs_view(attrs, qk_lattice_seed_name(type));
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_err err = qk_key_read(class, type, qk_attrs_view(attrs, CKA_VALUE), &key);

    if (err != QK_OK)
        return err == QK_E_WRAPPED_KEY ? qk_key_recode(QK_E_ATTRIBUTE_VALUE) : err;
    if (class == CKO_PRIVATE_KEY && qk_lattice_is_standard(type) && key->seed.len == 0 && seed.len > 0)
        return qk_lattice_private(key->lattice, seed, qk_secret_reveal(&key->value), out_key);
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err from_ibm(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    const qk_lattice_set *set;

    if (qk_attrs_view(attrs, CKA_VALUE).len > 0)
        return from_der(class, type, attrs, out_key);
    QK_TRY(qk_lattice_template_set(type, attrs, QK_E_ATTRIBUTE_VALUE, &set));
    return qk_lattice_from_parts(set, class, attrs, out_key);
}

/* What names the set beside a value that names it too must name the same; if not, `code`. */
static qk_err check_names(const qk_key *key, const qk_attrs *attrs, qk_err code)
{
    const qk_lattice_set *named;
    qk_err err = qk_lattice_template_set(key->type, attrs, code, &named);

    if (err == QK_E_TEMPLATE_INCOMPLETE)
        return QK_OK;
    QK_TRY(err);
    return named == key->lattice ? QK_OK : qk_fail(code, "the key is one of another parameter set");
}

qk_err qk_lattice_set_agrees(const qk_key *key, const qk_attrs *attrs)
{
    return key->lattice ? check_names(key, attrs, QK_E_TEMPLATE_INCONSISTENT) : QK_OK;
}

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (class == CKO_DOMAIN_PARAMETERS)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "keys of type %s have no domain parameters", qk_name_of_key_type(type));
    if (!has_ibms_attributes(type))
        return from_standard(class, type, attrs, out_key);
    QK_TRY(from_ibm(class, type, attrs, &key));
    QK_TRY(check_names(key, attrs, QK_E_ATTRIBUTE_VALUE));
    QK_TRY(qk_lattice_check_parts(key, attrs));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* ---- to attributes ---- */

static qk_err describe_ibm(const qk_key *key, qk_attrs *attrs)
{
    QK_OWNED(qk_buf_done) qk_buf spki = QK_BUF_NONE;

    for (size_t i = 0; i < COUNT(set_names); i++) {
        if (set_names[i].type != key->type)
            continue;
        if (set_names[i].is_oid)
            QK_TRY(qk_attrs_set(attrs, set_names[i].name, qk_lattice_oid(key->lattice)));
        else if (key->lattice->number != 0)
            QK_TRY(qk_attrs_set_ulong(attrs, set_names[i].name, key->lattice->number));
    }
    QK_TRY(qk_lattice_describe_parts(key, attrs));
    if (key->class != CKO_PUBLIC_KEY)
        return QK_OK;
    QK_TRY(qk_key_write_spki(key, true, &spki));
    return qk_attrs_set(attrs, CKA_VALUE, qk_buf_view(&spki));
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    if (has_ibms_attributes(key->type))
        return describe_ibm(key, attrs);
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_PARAMETER_SET, key->lattice->number));
    return key->class == CKO_PUBLIC_KEY ? qk_attrs_set(attrs, CKA_VALUE, qk_buf_view(&key->open)) : QK_OK;
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type == CKA_VALUE)
        return has_ibms_attributes(key->type) ? qk_key_write(key, out_value)
                                              : qk_secret_copy(qk_secret_reveal(&key->value), out_value);
    if (type == qk_lattice_seed_name(key->type) && key->seed.len > 0)
        return qk_secret_copy(qk_secret_reveal(&key->seed), out_value);
    if (has_ibms_attributes(key->type))
        return qk_lattice_reveal_part(key, type, out_value);
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "this %s has no secret attribute 0x%lx", qk_name_of_key_type(key->type), type);
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
