/* SPDX-License-Identifier: Apache-2.0 */
/* What a key may do. */
#include "hsm/policy/key_policy.h"
#include "p11/key_type.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static const struct {
    CK_ATTRIBUTE_TYPE attribute;
    unsigned function;
} usages[] = {
    { CKA_ENCRYPT, QK_ENCRYPT },
    { CKA_DECRYPT, QK_DECRYPT },
    { CKA_SIGN, QK_SIGN },
    { CKA_VERIFY, QK_VERIFY },
    { CKA_WRAP, QK_WRAP },
    { CKA_UNWRAP, QK_UNWRAP },
    { CKA_DERIVE, QK_DERIVE },
    { CKA_SIGN_RECOVER, QK_SIGN_RECOVER },
    { CKA_VERIFY_RECOVER, QK_VERIFY_RECOVER },
    { CKA_ENCAPSULATE, QK_ENCAPSULATE },
    { CKA_DECAPSULATE, QK_DECAPSULATE },
};

unsigned qk_policy_function_of(CK_ATTRIBUTE_TYPE usage)
{
    for (size_t i = 0; i < COUNT(usages); i++)
        if (usages[i].attribute == usage)
            return usages[i].function;
    return 0;
}

unsigned qk_policy_functions(CK_OBJECT_CLASS class, const qk_attrs *attrs)
{
    unsigned kind = qk_attribute_kind_of(class), functions = 0;

    for (size_t i = 0; i < COUNT(usages); i++)
        if ((qk_attribute_find(usages[i].attribute)->of & kind) && qk_attrs_bool(attrs, usages[i].attribute, false))
            functions |= usages[i].function;
    return functions;
}

static qk_err unfit(const qk_held_key *key, const qk_mech *mech, unsigned function)
{
    qk_err err = function == QK_WRAP     ? QK_E_WRAPPING_TYPE
                 : function == QK_UNWRAP ? QK_E_UNWRAPPING_TYPE
                                         : QK_E_KEY_TYPE;

    return qk_fail(err, "a %s of type %s does not fit %s here", qk_name_of_class(key->class),
                   qk_name_of_key_type(key->type), mech->name);
}

bool qk_policy_lists(const qk_attrs *attrs, const qk_mech *mech)
{
    qk_view allowed = qk_attrs_view(attrs, CKA_ALLOWED_MECHANISMS);
    CK_MECHANISM_TYPE type;

    for (size_t at = 0; at + sizeof type <= allowed.len; at += sizeof type) {
        memcpy(&type, allowed.data + at, sizeof type);
        if (type == mech->type)
            return true;
    }
    return false;
}

static qk_err not_permitted(const qk_held_key *key, unsigned function)
{
    const char *attribute = "its usage attribute";

    for (size_t i = 0; i < COUNT(usages); i++)
        if (usages[i].function == function)
            attribute = qk_attribute_find(usages[i].attribute)->name;
    if (!key->vouched)
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "a plain SubjectPublicKeyInfo can only verify; import it first");
    return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s of the key is false", attribute);
}

/* The digest of a key is what key derivation by hashing makes of it, in clear. */
qk_err qk_policy_digest(const qk_held_key *key, const qk_mech *mech)
{
    if (key->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_KEY_INDIGESTIBLE, "only secret keys can be digested");
    if (key->limited && !qk_policy_lists(&key->attrs, mech))
        return qk_fail(QK_E_KEY_INDIGESTIBLE, "%s is not among the key's CKA_ALLOWED_MECHANISMS", mech->name);
    if (!qk_policy_readable(key) && qk_attrs_view(&key->attrs, CKA_DERIVE_TEMPLATE).len > 0)
        return qk_fail(QK_E_KEY_INDIGESTIBLE, "a key with CKA_DERIVE_TEMPLATE gives keys only");
    return QK_OK;
}

/* Raw RSA, whatever the padding inside was meant for. */
static bool opens_raw(const qk_attrs *attrs)
{
    bool limited = qk_attrs_find(attrs, CKA_ALLOWED_MECHANISMS) != NULL;
    bool named = limited && qk_policy_lists(attrs, qk_mech_find(CKM_RSA_X_509));

    if (qk_attrs_bool(attrs, CKA_SIGN, false) || qk_attrs_bool(attrs, CKA_SIGN_RECOVER, false))
        return !limited || named;
    return named && qk_attrs_bool(attrs, CKA_UNWRAP, false);
}

bool qk_policy_opens(CK_KEY_TYPE type, const qk_attrs *attrs)
{
    return qk_attrs_bool(attrs, CKA_DECRYPT, false) || qk_attrs_bool(attrs, CKA_EXTRACTABLE, false) ||
           (type == CKK_RSA && opens_raw(attrs));
}

bool qk_policy_opens_whole(const qk_attrs *attrs)
{
    qk_view allowed = qk_attrs_view(attrs, CKA_ALLOWED_MECHANISMS);
    CK_MECHANISM_TYPE type;
    const qk_mech *mech;

    for (size_t at = 0; at + sizeof type <= allowed.len; at += sizeof type) {
        memcpy(&type, allowed.data + at, sizeof type);
        mech = qk_mech_find(type);
        if (!mech)
            return false; /* another version may know it */
        if (type != CKM_RSA_AES_KEY_WRAP && (mech->does & (QK_UNWRAP | QK_DECAPSULATE | QK_DECRYPT)))
            return false;
    }
    return qk_attrs_find(attrs, CKA_ALLOWED_MECHANISMS) != NULL;
}

/* What raw RSA unwraps is cut off where who asks says, and RSA multiplies: byte by byte it decrypts. */
static bool unwraps_raw(const qk_held_key *key, const qk_mech *mech, unsigned function)
{
    return mech->type == CKM_RSA_X_509 && function == QK_UNWRAP && !key->limited && !qk_policy_is_lax(key);
}

/* The head of a bound key is a temporary key as any other wraps it: unwrapped by itself it opens the rest. */
static bool unbinds(const qk_held_key *key, const qk_mech *mech, unsigned function)
{
    return (function == QK_UNWRAP || function == QK_DECAPSULATE) && mech->type != CKM_IBM_ATTRIBUTEBOUND_WRAP &&
           qk_attrs_bool(&key->attrs, CKA_IBM_ATTRBOUND, false);
}

qk_err qk_policy_use(const qk_held_key *key, const qk_mech *mech, unsigned function)
{
    if (!qk_key_type_fits(mech, function, key->class, key->type))
        return unfit(key, mech, function);
    if (!(key->may & function))
        return not_permitted(key, function);
    if (key->limited && !qk_policy_lists(&key->attrs, mech))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s is not among the key's CKA_ALLOWED_MECHANISMS", mech->name);
    if (unbinds(key, mech, function))
        return qk_fail(QK_E_KEY_NOT_PERMITTED,
                       "a key with CKA_IBM_ATTRBOUND unwraps by CKM_IBM_ATTRIBUTEBOUND_WRAP, not by %s", mech->name);
    if (unwraps_raw(key, mech, function))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s unwraps only where the key's CKA_ALLOWED_MECHANISMS name it",
                       mech->name);
    return QK_OK;
}
