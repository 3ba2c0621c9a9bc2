/* SPDX-License-Identifier: Apache-2.0 */
#include "module/keys.h"

#include "hsm/attribute_codec.h"
#include "module/session.h"

void qk_new_object_done(qk_new_object *it)
{
    qk_key_template_done(&it->template_);
    qk_object_unref(&it->object);
}

qk_err qk_check_handle_place(const CK_OBJECT_HANDLE *out_handle)
{
    return out_handle ? QK_OK : qk_fail(QK_E_BAD_ARGUMENT, "the place for the handle is NULL");
}

qk_err qk_new_object_from_attrs(const qk_session *session, const qk_attrs *given, CK_OBJECT_CLASS class,
                                qk_new_object *out)
{
    QK_TRY(qk_slot_objects_place(session, given, &out->place));
    return qk_key_template_read(given, class, out->place.is_private, qk_slot_user(session->slot), &out->template_);
}

qk_err qk_new_object_read(const qk_session *session, qk_template from, CK_OBJECT_CLASS class, qk_new_object *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_from_template(from.items, from.count, &given));
    return qk_new_object_from_attrs(session, &given, class, out);
}

qk_err qk_new_object_take(const qk_session *session, const Grep11__KeyBlob *key, qk_new_object *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    if (!key || !key->n_keyblobs)
        return qk_fail(QK_E_PROTOCOL, "the HSM's answer has no key");
    QK_TRY(qk_attrs_from_map(key->attributes, key->n_attributes, &attrs));
    QK_TRY(qk_attrs_merge(&attrs, &it->template_.object));
    qk_buf_put(&blob, qk_message_view(key->keyblobs[0]));
    QK_TRY(qk_buf_check(&blob));
    return qk_slot_objects_make(session, &it->place, &attrs, &blob, &it->object);
}

qk_err qk_new_object_store(qk_session *session, qk_new_object *it, CK_OBJECT_HANDLE *out_handle)
{
    QK_TRY(qk_slot_objects_store(session, &it->object, 1));
    *out_handle = it->object->handle;
    return QK_OK;
}
