/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/profile.h"

/* The functions and objects that these three ask for are there; the others speak of tokens without login
 * (CKP_PUBLIC_CERTIFICATES_TOKEN) or of every function of the standard, asynchronous ones too (CKP_COMPLETE_PROVIDER).
 * Source: PKCS #11 Profiles 3.1, sections 3 and 4. */
static const CK_PROFILE_ID profiles[] = { CKP_BASELINE_PROVIDER, CKP_EXTENDED_PROVIDER, CKP_AUTHENTICATION_TOKEN };

/* The same id for the same profile at any time. */
static qk_uuid id_of(CK_PROFILE_ID profile)
{
    qk_uuid id = { .bytes = "qk-profile" };

    id.bytes[6] = 0x80 | 6; /* version 8 (RFC 9562): a form of our own */
    id.bytes[8] = 0x80;
    id.bytes[15] = (uint8_t)profile;
    return id;
}

static qk_err fill(CK_PROFILE_ID profile, qk_attrs *attrs)
{
    static const CK_ATTRIBUTE_TYPE never[] = { CKA_MODIFIABLE, CKA_COPYABLE, CKA_DESTROYABLE };

    QK_TRY(qk_attrs_set_ulong(attrs, CKA_CLASS, CKO_PROFILE));
    QK_TRY(qk_attrs_set_ulong(attrs, CKA_PROFILE_ID, profile));
    QK_TRY(qk_attrs_set(attrs, CKA_LABEL, QK_VIEW_NONE));
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++)
        QK_TRY(qk_attrs_set_bool(attrs, never[i], false));
    return QK_OK;
}

static qk_err meet(qk_slot *slot, CK_PROFILE_ID profile, qk_object **out_object)
{
    QK_OWNED(qk_object_parts_done) qk_object_parts parts = { .id = id_of(profile), .token = true, .version = 1 };
    QK_OWNED(qk_object_unref) qk_object *object = NULL;

    QK_TRY(fill(profile, &parts.attrs));
    QK_TRY(qk_object_new(&parts, &object));
    return qk_object_table_meet(slot->objects, object, out_object);
}

qk_err qk_profiles_find(qk_slot *slot, const qk_attrs *wanted, qk_object_visitor see, void *context)
{
    for (size_t i = 0; i < sizeof profiles / sizeof profiles[0]; i++) {
        QK_OWNED(qk_object_unref) qk_object *object = NULL;
        QK_TRY(meet(slot, profiles[i], &object));
        if (qk_object_matches(object, wanted))
            QK_TRY(see(object, context));
    }
    return QK_OK;
}
