/* SPDX-License-Identifier: Apache-2.0 */
/* GREP11 clients often leave usages out, so a key may by default do what its type is made for: encrypt, decrypt, sign
 * and verify. Wrapping, unwrapping and derivation must be asked for. The PKCS #11 module passes every usage explicitly.
 */
#include "hsm/policy/key_policy.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ---- tables ---- */

/* Secret keys cannot have both: rule 1. */
static const struct {
    CK_ATTRIBUTE_TYPE keeps, opens;
} apart[] = {
    { CKA_WRAP, CKA_DECRYPT },
    { CKA_UNWRAP, CKA_ENCRYPT },
};

/* What a type is made for. Types without a row: what the first one says. */
static const struct {
    CK_KEY_TYPE type;
    unsigned made_for;
} types[] = {
    { CKK_GENERIC_SECRET, QK_SIGN | QK_VERIFY },
    { CKK_AES, QK_ENCRYPT | QK_DECRYPT | QK_SIGN | QK_VERIFY },
    { CKK_AES_XTS, QK_ENCRYPT | QK_DECRYPT },
    { CKK_DES2, QK_ENCRYPT | QK_DECRYPT | QK_SIGN | QK_VERIFY },
    { CKK_DES3, QK_ENCRYPT | QK_DECRYPT | QK_SIGN | QK_VERIFY },
    { CKK_CHACHA20, QK_ENCRYPT | QK_DECRYPT },
    { CKK_RSA, QK_ENCRYPT | QK_DECRYPT | QK_SIGN | QK_VERIFY },
    { CKK_EC, QK_SIGN | QK_VERIFY },
    { CKK_EC_EDWARDS, QK_SIGN | QK_VERIFY },
    { CKK_EC_MONTGOMERY, 0 }, /* derivation must be asked for */
    { CKK_DSA, QK_SIGN | QK_VERIFY },
    { CKK_DH, 0 },
    { CKK_ML_DSA, QK_SIGN | QK_VERIFY },
    { CKK_SLH_DSA, QK_SIGN | QK_VERIFY },
    { CKK_ML_KEM, QK_ENCAPSULATE | QK_DECAPSULATE },
    { CKK_IBM_ML_DSA, QK_SIGN | QK_VERIFY },
    { CKK_IBM_ML_KEM, 0 },
    { CKK_IBM_PQC_DILITHIUM, QK_SIGN | QK_VERIFY },
    { CKK_IBM_PQC_KYBER, 0 },
};

/* Booleans that are no usages, where the template does not say. */
static const struct {
    CK_ATTRIBUTE_TYPE attribute;
    bool value[QK_ORIGIN_COUNT];
} defaults[] = {
    /*                          generated, unwrapped, derived, imported */
    { CKA_SENSITIVE, { [QK_GENERATED] = true, [QK_UNWRAPPED] = true, [QK_DERIVED] = true, [QK_IMPORTED] = true } },
    { CKA_EXTRACTABLE, { [QK_UNWRAPPED] = true } },
    { CKA_MODIFIABLE, { [QK_GENERATED] = true, [QK_UNWRAPPED] = true, [QK_DERIVED] = true, [QK_IMPORTED] = true } },
    { CKA_COPYABLE, { [QK_GENERATED] = true, [QK_UNWRAPPED] = true, [QK_DERIVED] = true, [QK_IMPORTED] = true } },
    { CKA_WRAP_WITH_TRUSTED, { false } },
    { CKA_TRUSTED, { false } },
    { CKA_ALWAYS_AUTHENTICATE, { false } },
};

static unsigned made_for(CK_KEY_TYPE type)
{
    for (size_t i = 0; i < COUNT(types); i++)
        if (types[i].type == type)
            return types[i].made_for;
    return types[0].made_for;
}

/* ---- new keys ---- */

static qk_err check_given(const qk_new_key *key, const qk_attribute *attribute)
{
    if (attribute->flags & QK_ATTRIBUTE_NOT_GIVEN)
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s is set by the HSM alone", attribute->name);
    if (key->origin != QK_IMPORTED && (attribute->flags & QK_ATTRIBUTE_SECRET))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s cannot be given for a key that is made or unwrapped",
                       attribute->name);
    return QK_OK;
}

/* True if the attribute is sealed with keys of this class. CKA_EC_PARAMS is, because a client gets it back as it gave
 * it: a name or an OID. */
static bool is_sealed(const qk_new_key *key, const qk_attribute *attribute)
{
    bool lives_here = attribute->home == QK_HOME_KEY || attribute->type == CKA_EC_PARAMS;

    return lives_here && (attribute->of & qk_attribute_kind_of(key->class));
}

static qk_err take_given(const qk_new_key *key, const qk_attrs *template_, qk_attrs *attrs)
{
    for (size_t i = 0; i < template_->count; i++) {
        const qk_attr *given = &template_->items[i];
        const qk_attribute *attribute = qk_attribute_find(given->type);
        if (!attribute)
            return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%lx is unknown", given->type);
        QK_TRY(check_given(key, attribute));
        if (is_sealed(key, attribute))
            QK_TRY(qk_attrs_set(attrs, given->type, given->value));
    }
    return QK_OK;
}

static qk_err check_identity(const qk_new_key *key, const qk_attrs *attrs)
{
    CK_OBJECT_CLASS class = qk_attrs_ulong(attrs, CKA_CLASS, key->class);
    CK_KEY_TYPE type = qk_attrs_ulong(attrs, CKA_KEY_TYPE, key->type);

    if (class != key->class)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_CLASS is %s, the key will be a %s", qk_name_of_class(class),
                       qk_name_of_class(key->class));
    if (type != key->type)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_KEY_TYPE is %s, the key will be a %s",
                       qk_name_of_key_type(type), qk_name_of_key_type(key->type));
    return QK_OK;
}

static qk_err set_default(qk_attrs *attrs, const qk_attribute *attribute, unsigned kind, bool value)
{
    if (!(attribute->of & kind) || qk_attrs_find(attrs, attribute->type))
        return QK_OK;
    return qk_attrs_set_bool(attrs, attribute->type, value);
}

static bool is_any(const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    return qk_attrs_bool(attrs, type, false);
}

/* Whoever had the key made knows what it was made from: it is no secret of this HSM, whatever its attributes say. */
static bool is_known(CK_MECHANISM_TYPE generation)
{
    return generation == CKM_PKCS5_PBKD2;
}

/* What the template asks for rules out what the type could do besides. */
static qk_err rule_out_usages(const qk_new_key *key, qk_attrs *attrs)
{
    bool unwraps = key->class == CKO_PRIVATE_KEY && key->type == CKK_RSA && is_any(attrs, CKA_UNWRAP);

    if (unwraps && !key->lax && !qk_attrs_find(attrs, CKA_SIGN)) /* raw signing decrypts */
        QK_TRY(qk_attrs_set_bool(attrs, CKA_SIGN, false));
    for (size_t i = 0; key->class == CKO_SECRET_KEY && !key->lax && i < COUNT(apart); i++)
        if (is_any(attrs, apart[i].keeps) && !qk_attrs_find(attrs, apart[i].opens))
            QK_TRY(qk_attrs_set_bool(attrs, apart[i].opens, false));
    return QK_OK;
}

static qk_err fill_defaults(const qk_new_key *key, qk_attrs *attrs)
{
    unsigned kind = qk_attribute_kind_of(key->class), usual = made_for(key->type);

    QK_TRY(rule_out_usages(key, attrs));
    for (size_t i = 0; i < qk_attribute_count; i++)
        if (qk_attributes[i].flags & QK_ATTRIBUTE_USAGE)
            QK_TRY(set_default(attrs, &qk_attributes[i], kind, usual & qk_policy_function_of(qk_attributes[i].type)));
    for (size_t i = 0; i < COUNT(defaults); i++)
        QK_TRY(set_default(attrs, qk_attribute_find(defaults[i].attribute), kind, defaults[i].value[key->origin]));
    return QK_OK;
}

/* What the HSM knows of the key's history and an application could not be believed. */
static qk_err fill_history(const qk_new_key *key, qk_attrs *attrs)
{
    bool made_here = key->origin == QK_GENERATED, has_secret = key->class != CKO_PUBLIC_KEY;
    bool never_seen = made_here && !is_known(key->mechanism);

    QK_TRY(qk_attrs_set_ulong(attrs, CKA_CLASS, key->class));
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_KEY_TYPE, key->type));
    QK_TRY(qk_attrs_set_bool(attrs, CKA_LOCAL, made_here));
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_KEY_GEN_MECHANISM, made_here ? key->mechanism : CK_UNAVAILABLE_INFORMATION));
    if (key->lax)
        QK_TRY(qk_attrs_set_bool(attrs, QK_MARK_LAX, true));
    if (key->class == CKO_SECRET_KEY && is_any(attrs, CKA_WRAP) &&
        (is_any(attrs, CKA_DECRYPT) || qk_policy_has_twins(attrs)))
        QK_TRY(qk_attrs_set_bool(attrs, QK_MARK_DECRYPTS, true)); /* either may fall, in one of two copies */
    if (has_secret) {
        QK_TRY(
            qk_attrs_set_bool(attrs, CKA_ALWAYS_SENSITIVE, never_seen && qk_attrs_bool(attrs, CKA_SENSITIVE, false)));
        QK_TRY(qk_attrs_set_bool(attrs, CKA_NEVER_EXTRACTABLE,
                                 never_seen && !qk_attrs_bool(attrs, CKA_EXTRACTABLE, true)));
    }
    return QK_OK;
}

static qk_err check_new(const qk_new_key *key, const qk_attrs *attrs)
{
    if (key->origin == QK_UNWRAPPED && key->class != CKO_PUBLIC_KEY && !is_any(attrs, CKA_SENSITIVE))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT,
                       "an unwrapped key is sensitive; else wrapping and unwrapping would open any key");
    return QK_OK;
}

qk_err qk_policy_new(const qk_new_key *key, const qk_attrs *template_, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    QK_TRY(take_given(key, template_, &attrs));
    QK_TRY(check_identity(key, &attrs));
    QK_TRY(fill_defaults(key, &attrs));
    QK_TRY(key->lax ? QK_OK : check_new(key, &attrs));
    QK_TRY(fill_history(key, &attrs));
    qk_attrs_done(out_attrs);
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}

/* ---- changes ---- */

static qk_err check_change(const qk_held_key *key, const qk_attribute *attribute, bool from, bool to)
{
    bool belongs = attribute->home == QK_HOME_KEY && (attribute->of & qk_attribute_kind_of(key->class));

    if (!belongs || attribute->form != QK_FORM_BOOL || !(attribute->flags & QK_ATTRIBUTE_SETTABLE))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s of this key cannot be changed", attribute->name);
    if (from && !to && (attribute->flags & QK_ATTRIBUTE_ONLY_TO_TRUE))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s can only become true", attribute->name);
    if (!from && to && (attribute->flags & QK_ATTRIBUTE_ONLY_TO_FALSE))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s can only become false", attribute->name);
    return QK_OK;
}

/* Rule 1 over time. Copies of a key are the key, so it does not help to look at this one's history. */
static qk_err check_rise(const qk_held_key *key, const qk_attribute *attribute, bool to)
{
    bool signs = attribute->type == CKA_SIGN || attribute->type == CKA_SIGN_RECOVER;
    bool decrypts = (attribute->type == CKA_DECRYPT && key->class != CKO_PUBLIC_KEY) ||
                    (attribute->type == CKA_DERIVE && key->class == CKO_SECRET_KEY) ||
                    (signs && key->class == CKO_PRIVATE_KEY && key->type == CKK_RSA);

    if (!to)
        return QK_OK;
    for (size_t i = 0; key->class == CKO_SECRET_KEY && i < COUNT(apart); i++)
        decrypts |= attribute->type == apart[i].keeps || attribute->type == apart[i].opens;
    return decrypts ? qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s is decided when the key is made", attribute->name) : QK_OK;
}

/* An attribute set to the value it has is no change, so an application may pass a whole template back. */
static qk_err apply(const qk_held_key *key, const qk_attr *wanted, bool lax, qk_attrs *attrs)
{
    bool to = wanted->value.len == 1 && wanted->value.data[0] != CK_FALSE;
    const qk_attribute *attribute = qk_attribute_find(wanted->type);
    const qk_attr *now = qk_attrs_find(&key->attrs, wanted->type);

    if (!attribute)
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "attribute 0x%lx is unknown", wanted->type);
    if (now && qk_view_equal(now->value, wanted->value))
        return QK_OK;
    QK_TRY(check_change(key, attribute, qk_attrs_bool(&key->attrs, wanted->type, false), to));
    if (!lax || !qk_policy_is_lax(key))
        QK_TRY(check_rise(key, attribute, to));
    if (!qk_attrs_bool(&key->attrs, CKA_MODIFIABLE, true))
        return qk_fail(QK_E_ACTION_PROHIBITED, "the key is not modifiable (CKA_MODIFIABLE is false)");
    return qk_attrs_set(attrs, wanted->type, wanted->value);
}

qk_err qk_policy_change(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    if (!key->vouched)
        return qk_fail(QK_E_ACTION_PROHIBITED, "a plain SubjectPublicKeyInfo has no attributes to change");
    QK_TRY(qk_attrs_merge(&attrs, &key->attrs));
    for (size_t i = 0; i < wanted->count; i++)
        QK_TRY(apply(key, &wanted->items[i], lax, &attrs));
    qk_attrs_done(out_attrs);
    *out_attrs = attrs;
    attrs = QK_ATTRS_NONE;
    return QK_OK;
}

qk_err qk_policy_copy(const qk_held_key *key, const qk_attrs *wanted, bool lax, qk_attrs *out_attrs)
{
    QK_OWNED(qk_attrs_done) qk_attrs own = QK_ATTRS_NONE;

    if (!qk_attrs_bool(&key->attrs, CKA_COPYABLE, true))
        return qk_fail(QK_E_ACTION_PROHIBITED, "the key may not be copied (CKA_COPYABLE is false)");
    /* A copy's template also names where and under which label it will live; that is the keystore's business. */
    for (size_t i = 0; i < wanted->count; i++) {
        const qk_attribute *attribute = qk_attribute_find(wanted->items[i].type);
        if (!attribute || (attribute->home != QK_HOME_OBJECT && attribute->home != QK_HOME_PLACE))
            QK_TRY(qk_attrs_set(&own, wanted->items[i].type, wanted->items[i].value));
    }
    return qk_policy_change(key, &own, lax, out_attrs);
}
