/* SPDX-License-Identifier: Apache-2.0 */
/* C_DeriveKey. */
#include "hsm/attribute_codec.h"
#include "hsm/mechanism_codec.h"
#include "module/keys.h"
#include "module/session.h"

typedef struct deriving {
    qk_mech_use use;
    qk_object *base, *second; /* `second` NULL: the parameter names none */
    qk_new_object it;
} deriving;

static void deriving_done(deriving *d)
{
    qk_object_unref(&d->base);
    qk_object_unref(&d->second);
    qk_new_object_done(&d->it);
}

/* A key that the mechanism's parameter names by its handle. */
static qk_err find_second(qk_session *session, deriving *d)
{
    if (d->use.second.handle == CK_INVALID_HANDLE)
        return QK_OK;
    QK_TRY(qk_slot_objects_use_key(session, d->use.second.handle, &d->second));
    if (d->second->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s: the second key must be a secret key", d->use.mech->name);
    if (!(d->second->may & QK_DERIVE))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s: CKA_DERIVE of the second key is false", d->use.mech->name);
    d->use.second.blob = qk_buf_view(&d->second->blob);
    return QK_OK;
}

static qk_err ask_derive(qk_session *session, const deriving *d, Grep11__KeyBlob **out_key)
{
    Grep11__DeriveKeyRequest request = GREP11__DERIVE_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, d->it.place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(&d->use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&d->it.template_.key, &grep11__derive_key_request__template_entry__descriptor,
                           &session->arena, &request.template_, &request.n_template_));
    request.basekey = &d->base->message;
    QK_TRY(qk_hsm_call(session->slot->token->hsm, &call, QK_DERIVE_KEY, &request.base, &answer));
    *out_key = ((Grep11__DeriveKeyResponse *)answer)->newkey;
    return QK_OK;
}

qk_err qk_key_derive(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
                     qk_template template_, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(deriving_done) deriving d = { .it = QK_NEW_OBJECT_NONE };
    Grep11__KeyBlob *key;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(qk_mech_use_read(mechanism, QK_DERIVE, &d.use));
    QK_TRY(qk_slot_objects_use_key(session, base, &d.base));
    QK_TRY(qk_work_check_key(d.base, d.use.mech, QK_DERIVE));
    QK_TRY(find_second(session, &d));
    QK_TRY(qk_new_object_read(session, template_, CKO_SECRET_KEY, &d.it));
    QK_TRY(ask_derive(session, &d, &key));
    QK_TRY(qk_new_object_take(session, key, &d.it));
    return qk_new_object_store(session, &d.it, out_key);
}
