/* SPDX-License-Identifier: Apache-2.0 */
/* Which key may do what: decided here for the application's sake, without the network, and once more by the HSM. */
#include "module/work.h"

#include "p11/attribute.h"

static bool class_fits(CK_OBJECT_CLASS class, unsigned function)
{
    if (class == CKO_SECRET_KEY)
        return true;
    if (class == CKO_PUBLIC_KEY)
        return (function & (QK_ENCRYPT | QK_VERIFY | QK_WRAP | QK_VERIFY_RECOVER | QK_ENCAPSULATE | QK_DERIVE)) != 0;
    return (function & (QK_DECRYPT | QK_SIGN | QK_UNWRAP | QK_SIGN_RECOVER | QK_DECAPSULATE | QK_DERIVE)) != 0;
}

static bool type_fits(const qk_object *key, const qk_mech *mech)
{
    if (mech->key == QK_ANY_SECRET)
        return key->class == CKO_SECRET_KEY;
    return key->key_type == mech->key;
}

/* By CKA_ALLOWED_MECHANISMS, which is there. */
static bool is_allowed(const qk_object *key, const qk_mech *mech)
{
    qk_view allowed = qk_attrs_view(&key->attrs, CKA_ALLOWED_MECHANISMS);
    CK_MECHANISM_TYPE type;

    for (size_t at = 0; at + sizeof type <= allowed.len; at += sizeof type) {
        memcpy(&type, allowed.data + at, sizeof type);
        if (type == mech->type)
            return true;
    }
    return false;
}

qk_err qk_work_check_key(const qk_object *key, const qk_mech *mech, unsigned function)
{
    if (!qk_object_is_key(key))
        return qk_fail(QK_E_KEY_HANDLE, "the object is a %s, not a key", qk_name_of_class(key->class));
    if (!class_fits(key->class, function) || !type_fits(key, mech))
        return qk_fail(QK_E_KEY_TYPE, "%s does not work this way with a %s of type %s", mech->name,
                       qk_name_of_class(key->class), qk_name_of_key_type(key->key_type));
    if (!(key->may & function))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "the key's usage attributes do not allow this");
    if (key->limited && !is_allowed(key, mech))
        return qk_fail(QK_E_MECHANISM_INVALID, "the key's CKA_ALLOWED_MECHANISMS lacks %s", mech->name);
    return QK_OK;
}
