/* SPDX-License-Identifier: Apache-2.0 */
#include "module/key/keys.h"

#include "hsm/codec/attribute_codec.h"
#include "module/slot/session.h"
#include "p11/nested.h"

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
    if (qk_attrs_ulong(&given, CKA_CLASS, class) != class)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "the function makes a %s", qk_name_of_class(class));
    return qk_new_object_from_attrs(session, &given, class, out);
}

qk_err qk_new_object_read_from(const qk_session *session, qk_template from, CK_OBJECT_CLASS class, const qk_object *by,
                               CK_ATTRIBUTE_TYPE nested, qk_new_object *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_from_template(from.items, from.count, &given));
    QK_TRY(qk_nested_add(nested, qk_attrs_view(&by->attrs, nested), &given));
    class = qk_attrs_ulong(&given, CKA_CLASS, class);
    if (!(qk_attribute_kind_of(class) & QK_OF_KEYS))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a %s does not come of a key", qk_name_of_class(class));
    return qk_new_object_from_attrs(session, &given, class, out);
}

qk_err qk_check_wrap_template(const qk_object *key, const qk_object *kek)
{
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE;

    QK_TRY(qk_nested_read(qk_attrs_view(&kek->attrs, CKA_WRAP_TEMPLATE), &wanted));
    if (!qk_object_matches(key, &wanted)) /* PKCS #11 3.2, C_WrapKey, names the code */
        return qk_fail(QK_E_KEY_HANDLE, "the key does not match CKA_WRAP_TEMPLATE of the wrapping key");
    return QK_OK;
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
