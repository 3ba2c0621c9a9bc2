/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a lattice key as IBM's attributes have them: openCryptoki's parts of a Dilithium key, the two halves of
 * a Kyber key, and the seed of a pair. A key can be made of them, and shows them: the public ones always, also beside
 * the private key. Source: openCryptoki's attributes of Dilithium, Kyber, ML-DSA and ML-KEM keys. */
#include "crypto/post_quantum/lattice_codec.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
static const struct part {
    CK_ATTRIBUTE_TYPE attribute;
    bool is_open;
    bool of_kem;
    qk_dilithium_part part;      /* of those that sign */
} parts[] = {
    { CKA_IBM_DILITHIUM_RHO,  true,  false, QK_DILITHIUM_RHO },
    { CKA_IBM_DILITHIUM_SEED, false, false, QK_DILITHIUM_KEY },
    { CKA_IBM_DILITHIUM_TR,   false, false, QK_DILITHIUM_TR },
    { CKA_IBM_DILITHIUM_S1,   false, false, QK_DILITHIUM_S1 },
    { CKA_IBM_DILITHIUM_S2,   false, false, QK_DILITHIUM_S2 },
    { CKA_IBM_DILITHIUM_T0,   false, false, QK_DILITHIUM_T0 },
    { CKA_IBM_DILITHIUM_T1,   true,  false, QK_DILITHIUM_T1 },
    { CKA_IBM_KYBER_PK,       true,  true,  0 },
    { CKA_IBM_KYBER_SK,       false, true,  0 },
};
/* clang-format on */

static qk_dilithium_place place_of(const qk_lattice_set *set, const struct part *part)
{
    if (!part->of_kem)
        return qk_dilithium_place_of(qk_lattice_dilithium(set), part->part);
    return (qk_dilithium_place){ 0, part->is_open ? qk_lattice_public_len(set) : qk_lattice_private_len(set) };
}

static qk_view bytes_of(const qk_key *key, const struct part *part)
{
    qk_dilithium_place place = place_of(key->lattice, part);

    return qk_view_slice(part->is_open ? qk_buf_view(&key->open) : qk_secret_reveal(&key->value), place.offset,
                         place.len);
}

/* Must it be given to make a key? The seed of the matrix begins both halves of a key that signs. */
static bool is_needed(CK_OBJECT_CLASS class, const struct part *part)
{
    bool in_both = !part->of_kem && part->part == QK_DILITHIUM_RHO;

    return in_both || part->is_open == (class == CKO_PUBLIC_KEY);
}

CK_ATTRIBUTE_TYPE qk_lattice_seed_name(CK_KEY_TYPE type)
{
    if (type == CKK_IBM_ML_DSA)
        return CKA_IBM_ML_DSA_PRIVATE_SEED;
    return type == CKK_IBM_ML_KEM ? CKA_IBM_ML_KEM_PRIVATE_SEED : CKA_SEED;
}

/* ---- a key of its parts ---- */

static qk_err take(const qk_lattice_set *set, const qk_attrs *attrs, const struct part *part, uint8_t *joined)
{
    qk_dilithium_place place = place_of(set, part);
    qk_view given = qk_attrs_view(attrs, part->attribute);

    if (given.len == 0)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "%s is missing, or CKA_VALUE",
                       qk_attribute_find(part->attribute)->name);
    if (given.len != place.len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s has %zu bytes instead of %zu",
                       qk_attribute_find(part->attribute)->name, given.len, place.len);
    memcpy(joined + place.offset, given.data, given.len);
    return QK_OK;
}

qk_err qk_lattice_from_parts(const qk_lattice_set *set, CK_OBJECT_CLASS class, const qk_attrs *attrs, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret joined = QK_SECRET_NONE;
    bool is_public = class == CKO_PUBLIC_KEY;
    qk_view seed = qk_attrs_view(attrs, qk_lattice_seed_name(set->type));

    if (!is_public && seed.len > 0 && qk_lattice_is_standard(set->type))
        return qk_lattice_private(set, seed, QK_VIEW_NONE, out_key);
    QK_TRY(qk_secret_new(is_public ? qk_lattice_public_len(set) : qk_lattice_private_len(set), &joined));
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].of_kem == qk_lattice_is_kem(set->type) && is_needed(class, &parts[i]))
            QK_TRY(take(set, attrs, &parts[i], qk_secret_fill(&joined)));
    return is_public ? qk_lattice_public(set, qk_secret_reveal(&joined), out_key)
                     : qk_lattice_private(set, QK_VIEW_NONE, qk_secret_reveal(&joined), out_key);
}

/* ---- a key and parts beside it ---- */

static qk_err check(const qk_key *key, const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, qk_view wanted)
{
    const qk_attr *given = qk_attrs_find(attrs, type);

    if (!given || qk_ct_equal(given->value, wanted))
        return QK_OK;
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "%s is not that of the %s", qk_attribute_find(type)->name,
                   qk_name_of_class(key->class));
}

qk_err qk_lattice_check_parts(const qk_key *key, const qk_attrs *attrs)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].of_kem == qk_lattice_is_kem(key->type) && (parts[i].is_open || key->class == CKO_PRIVATE_KEY))
            QK_TRY(check(key, attrs, parts[i].attribute, bytes_of(key, &parts[i])));
    if (key->seed.len == 0)
        return QK_OK;
    return check(key, attrs, qk_lattice_seed_name(key->type), qk_secret_reveal(&key->seed));
}

/* ---- showing them ---- */

qk_err qk_lattice_describe_parts(const qk_key *key, qk_attrs *attrs)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].of_kem == qk_lattice_is_kem(key->type) && parts[i].is_open)
            QK_TRY(qk_attrs_set(attrs, parts[i].attribute, bytes_of(key, &parts[i])));
    return QK_OK;
}

qk_err qk_lattice_reveal_part(const qk_key *key, CK_ATTRIBUTE_TYPE type, qk_secret *out_value)
{
    for (size_t i = 0; i < COUNT(parts); i++)
        if (parts[i].attribute == type && parts[i].of_kem == qk_lattice_is_kem(key->type))
            return qk_secret_copy(bytes_of(key, &parts[i]), out_value);
    return qk_fail(QK_E_ATTRIBUTE_TYPE, "this %s has no secret attribute 0x%lx", qk_name_of_key_type(key->type), type);
}
