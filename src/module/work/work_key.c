/* SPDX-License-Identifier: Apache-2.0 */
/* Which key may do what: decided here for the application's sake, without the network, and once more by the HSM. */
#include "module/work/work.h"

#include "hsm/policy/key_policy.h"
#include "p11/attribute.h"
#include "p11/key_type.h"

qk_err qk_work_check_key(const qk_object *key, const qk_mech *mech, unsigned function)
{
    if (!qk_object_is_key(key))
        return qk_fail(QK_E_KEY_HANDLE, "the object is a %s, not a key", qk_name_of_class(key->class));
    if (!qk_key_type_fits(mech, function, key->class, key->key_type))
        return qk_fail(QK_E_KEY_TYPE, "%s does not work this way with a %s of type %s", mech->name,
                       qk_name_of_class(key->class), qk_name_of_key_type(key->key_type));
    if (!(key->may & function))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "the key's usage attributes do not allow this");
    if (key->limited && !qk_policy_lists(&key->attrs, mech))
        return qk_fail(QK_E_MECHANISM_INVALID, "the key's CKA_ALLOWED_MECHANISMS lacks %s", mech->name);
    return QK_OK;
}
