/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/sealed.h"

#include "entropy/random.h"
#include "module/slot/session.h"

bool qk_value_is_sealed(const qk_object *object)
{
    return !qk_object_is_key(object) && object->blob.len > 0;
}

qk_err qk_value_seal(qk_session *session, const qk_uuid *id, qk_view value, qk_buf *out_blob)
{
    Quantoki__V1__SealDataRequest request = QUANTOKI__V1__SEAL_DATA_REQUEST__INIT;
    qk_call call = qk_session_call(session, true);
    void *answer;

    request.data = qk_message_bytes(value);
    request.bound = qk_message_bytes(qk_view_of(id->bytes, sizeof id->bytes));
    QK_TRY(qk_session_hsm(session, &call, QK_SEAL_DATA, &request.base, &answer));
    qk_buf_put(out_blob, qk_message_view(((Quantoki__V1__SealDataResponse *)answer)->sealed));
    return qk_buf_check(out_blob);
}

qk_err qk_value_open(qk_session *session, const qk_object *object, qk_view *out_value)
{
    Quantoki__V1__OpenDataRequest request = QUANTOKI__V1__OPEN_DATA_REQUEST__INIT;
    qk_call call = qk_session_call(session, object->is_private);
    void *answer;

    request.sealed = qk_message_bytes(qk_buf_view(&object->blob));
    request.bound = qk_message_bytes(qk_view_of(object->id.bytes, sizeof object->id.bytes));
    QK_TRY(qk_session_hsm(session, &call, QK_OPEN_DATA, &request.base, &answer));
    *out_value = qk_message_view(((Quantoki__V1__OpenDataResponse *)answer)->data);
    return QK_OK;
}

/* The value leaves the attributes before the object is made, so that no copy of it stays in clear. */
qk_err qk_value_object(qk_session *session, const qk_place *place, qk_attrs *attrs, qk_object **out_object)
{
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    QK_OWNED(qk_object_parts_done)
    qk_object_parts parts = {
        .token = place->token, .is_private = place->is_private, .keystore = place->keystore, .attrs = *attrs
    };

    *attrs = QK_ATTRS_NONE;
    parts.owner = place->token ? 0 : atomic_load(&session->handle);
    QK_TRY(qk_random_uuid(&parts.id));
    if (place->is_private) {
        QK_TRY(qk_value_seal(session, &parts.id, qk_attrs_view(&parts.attrs, CKA_VALUE), &blob));
        qk_attrs_remove(&parts.attrs, CKA_VALUE);
        qk_buf_give(&blob, &parts.blob);
    }
    return qk_object_new(&parts, out_object);
}
