/* SPDX-License-Identifier: Apache-2.0 */
/* C_CreateObject and C_CopyObject. */
#include "hsm/codec/attribute_codec.h"
#include "module/key/keys.h"
#include "module/object/sealed.h"
#include "module/slot/session.h"

static qk_err ask_import(qk_session *session, const qk_new_object *it, Grep11__KeyBlob **out_key)
{
    Quantoki__V1__ImportKeyRequest request = QUANTOKI__V1__IMPORT_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, it->place.is_private);
    void *answer;

    QK_TRY(qk_attrs_to_map(&it->template_.key, &quantoki__v1__import_key_request__template_entry__descriptor,
                           &session->arena, &request.template_, &request.n_template_));
    QK_TRY(qk_session_hsm(session, &call, QK_IMPORT_KEY, &request.base, &answer));
    *out_key = ((Quantoki__V1__ImportKeyResponse *)answer)->key;
    return QK_OK;
}

static qk_err create_key(qk_session *session, const qk_attrs *given, CK_OBJECT_CLASS class,
                         CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_new_object_done) qk_new_object it = QK_NEW_OBJECT_NONE;
    Grep11__KeyBlob *key;

    if (!qk_attrs_find(given, CKA_KEY_TYPE))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "a key needs CKA_KEY_TYPE");
    QK_TRY(qk_new_object_from_attrs(session, given, class, &it));
    QK_TRY(ask_import(session, &it, &key));
    QK_TRY(qk_new_object_take(session, key, &it));
    return qk_new_object_store(session, &it, out_handle);
}

static qk_err store_one(qk_session *session, qk_object *object, CK_OBJECT_HANDLE *out_handle)
{
    QK_TRY(qk_slot_objects_store(session, &object, 1));
    *out_handle = object->handle;
    return QK_OK;
}

static qk_err create_other(qk_session *session, const qk_attrs *given, CK_OBJECT_CLASS class,
                           CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_place place;

    QK_TRY(qk_slot_objects_place(session, given, &place));
    QK_TRY(qk_other_template_read(given, class, qk_slot_user(session->slot), &attrs));
    QK_TRY(qk_value_object(session, &place, &attrs, &object));
    return store_one(session, object, out_handle);
}

qk_err qk_object_create(CK_SESSION_HANDLE handle, qk_template template_, CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;
    CK_OBJECT_CLASS class;
    unsigned kind;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_handle));
    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    if (!qk_attrs_find(&given, CKA_CLASS))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "an object needs CKA_CLASS");
    class = qk_attrs_ulong(&given, CKA_CLASS, CK_UNAVAILABLE_INFORMATION);
    kind = qk_attribute_kind_of(class);
    if (kind & QK_OF_KEYS)
        return create_key(session, &given, class, out_handle);
    if (kind & (QK_OF_CERTIFICATE | QK_OF_DATA | QK_OF_DOMAIN))
        return create_other(session, &given, class, out_handle);
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "objects of this CKA_CLASS (0x%lx) cannot be created", class);
}

/* --- copies --- */

/* Where the copy goes: where the original is, unless the template says otherwise. Nobody takes a private object out
 * from behind the PIN that way. */
static qk_err place_copy(const qk_session *session, const qk_object *original, const qk_attrs *given,
                         qk_place *out_place)
{
    QK_OWNED(qk_attrs_done) qk_attrs where = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_set_bool(&where, CKA_TOKEN, qk_attrs_bool(given, CKA_TOKEN, original->token)));
    QK_TRY(qk_attrs_set_bool(&where, CKA_PRIVATE, qk_attrs_bool(given, CKA_PRIVATE, original->is_private)));
    if (original->is_private && !qk_attrs_bool(&where, CKA_PRIVATE, true))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "the copy of a private object is private too");
    return qk_slot_objects_place(session, &where, out_place);
}

/* A copy may differ in what could be changed on the original. */
static qk_err check_copy_attr(const qk_session *session, const qk_object *original, const qk_attr *given)
{
    if (qk_attribute_find(given->type)->home == QK_HOME_PLACE)
        return QK_OK;
    return qk_object_check_change(original, given, qk_slot_user(session->slot));
}

static qk_err part_copy(const qk_session *session, const qk_object *original, const qk_attrs *given,
                        qk_key_template *out)
{
    for (size_t i = 0; i < given->count; i++) {
        const qk_attr *attr = &given->items[i];
        const qk_attribute *row = qk_attribute_find(attr->type);
        QK_TRY(check_copy_attr(session, original, attr));
        if (row->home != QK_HOME_PLACE)
            QK_TRY(qk_attrs_set(row->home == QK_HOME_OBJECT ? &out->object : &out->key, attr->type, attr->value));
    }
    for (size_t i = 0; i < original->attrs.count; i++) {
        const qk_attr *attr = &original->attrs.items[i];
        const qk_attribute *row = qk_attribute_find(attr->type);
        if (row && row->home == QK_HOME_OBJECT && !qk_attrs_find(&out->object, attr->type))
            QK_TRY(qk_attrs_set(&out->object, attr->type, attr->value));
    }
    return QK_OK;
}

static qk_err ask_copy(qk_session *session, const qk_object *original, const qk_new_object *it,
                       Grep11__KeyBlob **out_key)
{
    Quantoki__V1__CopyKeyRequest request = QUANTOKI__V1__COPY_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, it->place.is_private);
    void *answer;

    QK_TRY(qk_attrs_to_map(&it->template_.key, &quantoki__v1__copy_key_request__template_entry__descriptor,
                           &session->arena, &request.template_, &request.n_template_));
    request.key = (Grep11__KeyBlob *)(uintptr_t)&original->message;
    QK_TRY(qk_session_hsm(session, &call, QK_COPY_KEY, &request.base, &answer));
    *out_key = ((Quantoki__V1__CopyKeyResponse *)answer)->key;
    return QK_OK;
}

static qk_err copy_key(qk_session *session, const qk_object *original, const qk_attrs *given,
                       CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_new_object_done) qk_new_object it = QK_NEW_OBJECT_NONE;
    Grep11__KeyBlob *key;

    QK_TRY(place_copy(session, original, given, &it.place));
    QK_TRY(part_copy(session, original, given, &it.template_));
    QK_TRY(qk_attrs_set_bool(&it.template_.key, CKA_PRIVATE, it.place.is_private)); /* decides what seals the copy */
    QK_TRY(ask_copy(session, original, &it, &key));
    QK_TRY(qk_new_object_take(session, key, &it));
    return qk_new_object_store(session, &it, out_handle);
}

static qk_err copy_other(qk_session *session, const qk_object *original, const qk_attrs *given,
                         CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_place place;
    qk_view value;

    QK_TRY(place_copy(session, original, given, &place));
    QK_TRY(qk_attrs_merge(&attrs, &original->attrs));
    if (qk_value_is_sealed(original)) {
        QK_TRY(qk_value_open(session, original, &value));
        QK_TRY(qk_attrs_set(&attrs, CKA_VALUE, value));
    }
    for (size_t i = 0; i < given->count; i++) {
        QK_TRY(check_copy_attr(session, original, &given->items[i]));
        if (qk_attribute_find(given->items[i].type)->home != QK_HOME_PLACE)
            QK_TRY(qk_attrs_set(&attrs, given->items[i].type, given->items[i].value));
    }
    QK_TRY(qk_value_object(session, &place, &attrs, &object));
    return store_one(session, object, out_handle);
}

qk_err qk_object_copy(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE original_handle, qk_template template_,
                      CK_OBJECT_HANDLE *out_handle)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_object_unref) qk_object *original = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_handle));
    QK_TRY(qk_slot_objects_use(session, original_handle, &original));
    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    if (!qk_attrs_bool(&original->attrs, CKA_COPYABLE, true))
        return qk_fail(QK_E_ACTION_PROHIBITED, "the object's CKA_COPYABLE is false");
    return qk_object_is_key(original) ? copy_key(session, original, &given, out_handle)
                                      : copy_other(session, original, &given, out_handle);
}
