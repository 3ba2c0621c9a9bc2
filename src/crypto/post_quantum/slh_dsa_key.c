/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of SLH-DSA: the parameter sets, bytes, attributes and DER.
 *
 * As DER they have no algorithm parameters and no structure inside: the BIT STRING and the OCTET STRING hold the bare
 * bytes. There is no seed beside a private key (no CKA_SEED), since it is the first three quarters of the key.
 * Sources: FIPS 205, section 11, table 2; PKCS #11 3.2, SLH-DSA key objects; RFC 9909, sections 3, 5 and 6. */
#include "crypto/key/key_family.h"
#include "crypto/post_quantum/provided.h"
#include "crypto/post_quantum/slh_dsa.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

#define OID(last) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03" last

/* clang-format off */
static const qk_slh_dsa_set sets[] = {
    { CKP_SLH_DSA_SHA2_128S,  "SLH-DSA-SHA2-128s",  16, 7856,  OID("\x14") },
    { CKP_SLH_DSA_SHAKE_128S, "SLH-DSA-SHAKE-128s", 16, 7856,  OID("\x1a") },
    { CKP_SLH_DSA_SHA2_128F,  "SLH-DSA-SHA2-128f",  16, 17088, OID("\x15") },
    { CKP_SLH_DSA_SHAKE_128F, "SLH-DSA-SHAKE-128f", 16, 17088, OID("\x1b") },
    { CKP_SLH_DSA_SHA2_192S,  "SLH-DSA-SHA2-192s",  24, 16224, OID("\x16") },
    { CKP_SLH_DSA_SHAKE_192S, "SLH-DSA-SHAKE-192s", 24, 16224, OID("\x1c") },
    { CKP_SLH_DSA_SHA2_192F,  "SLH-DSA-SHA2-192f",  24, 35664, OID("\x17") },
    { CKP_SLH_DSA_SHAKE_192F, "SLH-DSA-SHAKE-192f", 24, 35664, OID("\x1d") },
    { CKP_SLH_DSA_SHA2_256S,  "SLH-DSA-SHA2-256s",  32, 29792, OID("\x18") },
    { CKP_SLH_DSA_SHAKE_256S, "SLH-DSA-SHAKE-256s", 32, 29792, OID("\x1e") },
    { CKP_SLH_DSA_SHA2_256F,  "SLH-DSA-SHA2-256f",  32, 49856, OID("\x19") },
    { CKP_SLH_DSA_SHAKE_256F, "SLH-DSA-SHAKE-256f", 32, 49856, OID("\x1f") },
};
/* clang-format on */

const qk_slh_dsa_set *qk_slh_dsa_by_number(CK_ULONG number)
{
    for (size_t i = 0; i < COUNT(sets); i++)
        if (sets[i].number == number)
            return &sets[i];
    return NULL;
}

const qk_slh_dsa_set *qk_slh_dsa_by_oid(qk_view oid)
{
    for (size_t i = 0; i < COUNT(sets); i++)
        if (qk_view_equal(qk_slh_dsa_oid(&sets[i]), oid))
            return &sets[i];
    return NULL;
}

qk_view qk_slh_dsa_oid(const qk_slh_dsa_set *set)
{
    return qk_view_of(set->oid, QK_SLH_DSA_OID_LEN);
}

/* ---- making ---- */

static qk_err start(const qk_slh_dsa_set *set, CK_OBJECT_CLASS class, qk_key **out_key)
{
    QK_TRY(qk_key_new(class, CKK_SLH_DSA, out_key));
    (*out_key)->slh_dsa = set;
    (*out_key)->bits = (unsigned)(8 * set->n);
    return QK_OK;
}

static qk_err keep_public(qk_key *key, qk_view bytes)
{
    qk_buf_put(&key->open, bytes);
    return qk_buf_check(&key->open);
}

qk_err qk_slh_dsa_public(const qk_slh_dsa_set *set, qk_view bytes, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    if (bytes.len != 2 * set->n)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a public key of %zu bytes; %s has %zu", bytes.len, set->name, 2 * set->n);
    QK_TRY(start(set, CKO_PUBLIC_KEY, &key));
    QK_TRY(qk_provided_key(set->name, false, bytes, &key->pkey));
    QK_TRY(keep_public(key, bytes));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

qk_err qk_slh_dsa_private(const qk_slh_dsa_set *set, qk_view bytes, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    uint8_t public_key[2 * QK_SLH_DSA_N_MAX];
    size_t n = set->n;

    if (bytes.len != 3 * n && bytes.len != 4 * n)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %zu bytes; %s has %zu", bytes.len, set->name, 4 * n);
    QK_TRY(start(set, CKO_PRIVATE_KEY, &key));
    QK_TRY(qk_provided_pair(set->name, qk_view_slice(bytes, 0, 3 * n), &key->pkey));
    QK_TRY(qk_provided_bytes(key->pkey, false, public_key, 2 * n));
    QK_TRY(qk_secret_new(4 * n, &key->value));
    memcpy(qk_secret_fill(&key->value), bytes.data, 3 * n);
    memcpy(qk_secret_fill(&key->value) + 3 * n, public_key + n, n);
    if (bytes.len == 4 * n && !qk_ct_equal(bytes, qk_secret_reveal(&key->value)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the private key's PK.root is not that of its seeds");
    QK_TRY(keep_public(key, qk_view_of(public_key, 2 * n)));
    *out_key = key;
    key = NULL;
    return QK_OK;
}

/* ---- attributes ---- */

static qk_err from_attrs(CK_OBJECT_CLASS class, CK_KEY_TYPE type, const qk_attrs *attrs, qk_key **out_key)
{
    qk_view value = qk_attrs_view(attrs, CKA_VALUE);
    const qk_slh_dsa_set *set;

    if (class == CKO_DOMAIN_PARAMETERS)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "keys of type %s have no domain parameters", qk_name_of_key_type(type));
    QK_TRY(qk_slh_dsa_template_set(attrs, &set));
    if (value.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "an SLH-DSA key needs CKA_VALUE");
    if (class == CKO_PUBLIC_KEY)
        return qk_slh_dsa_public(set, value, out_key);
    if (value.len != 4 * set->n)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %zu bytes; %s has %zu", value.len, set->name,
                       4 * set->n);
    return qk_slh_dsa_private(set, value, out_key);
}

qk_err qk_slh_dsa_template_set(const qk_attrs *attrs, const qk_slh_dsa_set **out_set)
{
    if (!qk_attrs_find(attrs, CKA_PARAMETER_SET))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "an SLH-DSA key needs its parameter set (CKA_PARAMETER_SET)");
    *out_set = qk_slh_dsa_by_number(qk_attrs_ulong(attrs, CKA_PARAMETER_SET, 0));
    if (!*out_set)
        return qk_fail(QK_E_SET_NOT_SUPPORTED, "CKA_PARAMETER_SET names no parameter set of a CKK_SLH_DSA");
    return qk_provided((*out_set)->name)
               ? QK_OK
               : qk_fail(QK_E_SET_NOT_SUPPORTED, "%s needs OpenSSL 3.5 or newer", (*out_set)->name);
}

static qk_err describe(const qk_key *key, qk_attrs *attrs)
{
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_PARAMETER_SET, key->slh_dsa->number));
    return key->class == CKO_PUBLIC_KEY ? qk_attrs_set(attrs, CKA_VALUE, qk_buf_view(&key->open)) : QK_OK;
}

static qk_err reveal(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    if (type == CKA_VALUE)
        return qk_secret_copy(qk_secret_reveal(&key->value), out_value);
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "this %s has no secret attribute 0x%lx", qk_name_of_key_type(key->type), type);
}

/* ---- DER ---- */

static qk_err find_set(const qk_algorithm *algorithm, qk_err code, const qk_slh_dsa_set **out_set)
{
    *out_set = qk_slh_dsa_by_oid(algorithm->oid);
    if (!*out_set)
        return qk_fail(code, "the algorithm is none of a %s", qk_name_of_key_type(algorithm->type));
    if (algorithm->parameters.len > 0)
        return qk_fail(code, "SLH-DSA has no algorithm parameters");
    return QK_OK;
}

static qk_err read_private(const qk_algorithm *algorithm, qk_view octets, qk_view outer_public, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    const qk_slh_dsa_set *set;

    QK_TRY(find_set(algorithm, QK_E_WRAPPED_KEY, &set));
    if (octets.len != 4 * set->n)
        return qk_fail(QK_E_WRAPPED_KEY, "a private key of %zu bytes; %s has %zu", octets.len, set->name, 4 * set->n);
    QK_TRY(qk_slh_dsa_private(set, octets, &key));
    if (outer_public.len > 0 && !qk_view_equal(outer_public, qk_buf_view(&key->open)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "the public key beside is not that of the private key");
    *out_key = key;
    key = NULL;
    return QK_OK;
}

static qk_err read_public(const qk_algorithm *algorithm, qk_view bits, qk_key **out_key)
{
    const qk_slh_dsa_set *set;

    QK_TRY(find_set(algorithm, QK_E_PUBLIC_KEY_INVALID, &set));
    return qk_slh_dsa_public(set, bits, out_key);
}

static qk_err write_private(const qk_key *key, qk_der_writer *writer)
{
    qk_der_put(writer, qk_secret_reveal(&key->value));
    return QK_OK;
}

static qk_err write_public(const qk_key *key, qk_der_writer *writer)
{
    qk_der_put(writer, qk_buf_view(&key->open));
    return QK_OK;
}

static qk_err write_algorithm(const qk_key *key, qk_der_writer *writer)
{
    qk_der_put(writer, qk_slh_dsa_oid(key->slh_dsa));
    return QK_OK;
}

const qk_key_family qk_family_slh_dsa = {
    .from_attrs = from_attrs,
    .describe = describe,
    .reveal = reveal,
    .read_private = read_private,
    .read_public = read_public,
    .write_private = write_private,
    .write_public = write_public,
    .write_parameters = write_algorithm,
};
