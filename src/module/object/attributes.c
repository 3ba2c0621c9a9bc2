/* SPDX-License-Identifier: Apache-2.0 */
/* C_GetAttributeValue, C_SetAttributeValue, C_GetObjectSize, C_DestroyObject. */
#include "hsm/codec/attribute_codec.h"
#include "module/object/sealed.h"
#include "module/slot/session.h"
#include "module/object/template.h"
#include "p11/nested.h"

/* --- reading --- */

/* Puts a value where the application wants it. */
static qk_err fill(CK_ATTRIBUTE *item, qk_view value)
{
    CK_ULONG room = item->ulValueLen;

    item->ulValueLen = value.len;
    if (!item->pValue)
        return QK_OK;
    if (room < value.len) {
        item->ulValueLen = CK_UNAVAILABLE_INFORMATION;
        return qk_fail(QK_E_BUFFER_SMALL, "an attribute has %zu bytes", value.len);
    }
    if (value.len)
        memcpy(item->pValue, value.data, value.len);
    return QK_OK;
}

static qk_err not_here(CK_ATTRIBUTE *item, qk_err err, const char *name)
{
    item->ulValueLen = CK_UNAVAILABLE_INFORMATION;
    if (err == QK_E_ATTRIBUTE_SENSITIVE)
        return qk_fail(err, "%s is sensitive", name);
    return err == QK_E_ATTRIBUTE_TYPE ? qk_fail(err, "the object has no %s", name) : err;
}

/* Whether keys of this type have the secret attribute at all: RSA has its own, all others CKA_VALUE; ML-DSA and ML-KEM
 * keys CKA_SEED besides, IBM's lattice keys their parts, as the HSM then says. */
static bool has_secret(const qk_object *object, CK_ATTRIBUTE_TYPE type)
{
    const qk_attribute *row = qk_attribute_find(type);

    if (!row || !(row->flags & QK_ATTRIBUTE_SECRET) || !(row->of & qk_attribute_kind_of(object->class)))
        return false;
    if (object->class == CKO_PUBLIC_KEY || !qk_object_is_key(object))
        return false;
    if (object->key_type != CKK_RSA)
        return type == CKA_VALUE || type == CKA_SEED ||
               (type >= CKA_IBM_DILITHIUM_SEED && type <= CKA_IBM_ML_DSA_PRIVATE_SEED);
    return type == CKA_PRIVATE_EXPONENT || type == CKA_PRIME_1 || type == CKA_PRIME_2 || type == CKA_EXPONENT_1 ||
           type == CKA_EXPONENT_2 || type == CKA_COEFFICIENT;
}

static qk_err ask_secret(qk_session *session, const qk_object *object, CK_ATTRIBUTE_TYPE type, qk_attrs *out)
{
    Grep11__GetAttributeValueRequest request = GREP11__GET_ATTRIBUTE_VALUE_REQUEST__INIT;
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE;
    Grep11__GetAttributeValueResponse *response;
    qk_call call = qk_session_call(session, object->is_private);
    void *answer;

    QK_TRY(qk_attrs_set(&wanted, type, QK_VIEW_NONE));
    QK_TRY(qk_attrs_to_map(&wanted, &grep11__get_attribute_value_request__attributes_entry__descriptor, &session->arena,
                           &request.attributes, &request.n_attributes));
    request.object = qk_message_bytes(qk_buf_view(&object->blob));
    QK_TRY(qk_session_hsm(session, &call, QK_GET_ATTRIBUTE_VALUE, &request.base, &answer));
    response = answer;
    return qk_attrs_from_map(response->attributes, response->n_attributes, out);
}

/* A secret part of a key, which only the HSM can give, and only of keys that are neither sensitive nor bound to it. */
static qk_err read_secret(qk_session *session, const qk_object *object, CK_ATTRIBUTE *item)
{
    QK_OWNED(qk_attrs_done) qk_attrs got = QK_ATTRS_NONE;
    const char *name = qk_attribute_find(item->type)->name;

    if (qk_attrs_bool(&object->attrs, CKA_SENSITIVE, true) || !qk_attrs_bool(&object->attrs, CKA_EXTRACTABLE, false))
        return not_here(item, QK_E_ATTRIBUTE_SENSITIVE, name);
    QK_TRY(ask_secret(session, object, item->type, &got));
    if (!qk_attrs_find(&got, item->type))
        return not_here(item, QK_E_ATTRIBUTE_TYPE, name);
    return fill(item, qk_attrs_view(&got, item->type));
}

static qk_err read_sealed(qk_session *session, const qk_object *object, CK_ATTRIBUTE *item)
{
    qk_view value;

    QK_TRY(qk_value_open(session, object, &value));
    return fill(item, value);
}

static qk_err read_one(qk_session *session, const qk_object *object, CK_ATTRIBUTE *item)
{
    const qk_attr *have = qk_attrs_find(&object->attrs, item->type);
    const qk_attribute *row = qk_attribute_find(item->type);
    uint8_t place[QK_UUID_TEXT];
    size_t len;

    if (row && row->form == QK_FORM_TEMPLATE && (row->of & qk_attribute_kind_of(object->class)))
        return qk_nested_give(have ? have->value : QK_VIEW_NONE, item);
    if (have)
        return fill(item, have->value);
    if (item->type == CKA_ALLOWED_MECHANISMS && qk_object_is_key(object))
        return fill(item, QK_VIEW_NONE); /* none is named: all are allowed */
    if (qk_object_place_attribute(object, item->type, place, &len))
        return fill(item, qk_view_of(place, len));
    if (item->type == CKA_IBM_MACED_PUBLIC_KEY_INFO && object->class == CKO_PUBLIC_KEY)
        return fill(item, qk_buf_view(&object->blob));
    if (item->type == CKA_VALUE && qk_value_is_sealed(object))
        return read_sealed(session, object, item);
    if (has_secret(object, item->type))
        return read_secret(session, object, item);
    return not_here(item, QK_E_ATTRIBUTE_TYPE, row ? row->name : "such attribute");
}

/* Failures that concern one attribute; the rest of the template is still filled. */
static bool is_of_one(qk_err err)
{
    return err == QK_E_ATTRIBUTE_SENSITIVE || err == QK_E_ATTRIBUTE_TYPE || err == QK_E_BUFFER_SMALL;
}

qk_err qk_object_read(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle, CK_ATTRIBUTE *template_, CK_ULONG count)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    qk_err first = QK_OK;

    QK_TRY(qk_session_enter(handle, &session));
    if ((!template_ && count) || count > PTRDIFF_MAX / sizeof *template_)
        return qk_fail(QK_E_BAD_ARGUMENT, "the template is NULL, or larger than anything");
    QK_TRY(qk_slot_objects_use(session, object_handle, &object));
    for (CK_ULONG i = 0; i < count; i++) {
        qk_err err = read_one(session, object, &template_[i]);
        if (err != QK_OK && !is_of_one(err))
            return err;
        if (first == QK_OK)
            first = err;
    }
    return first;
}

qk_err qk_object_size(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle, CK_ULONG *out_size)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    CK_ULONG size;

    QK_TRY(qk_session_enter(handle, &session));
    if (!out_size)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the size is NULL");
    QK_TRY(qk_slot_objects_use(session, object_handle, &object));
    size = object->blob.len;
    for (size_t i = 0; i < object->attrs.count; i++)
        size += sizeof(CK_ATTRIBUTE_TYPE) + object->attrs.items[i].value.len;
    *out_size = size;
    return QK_OK;
}

qk_err qk_object_destroy(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_object_unref) qk_object *object = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_slot_objects_use(session, object_handle, &object));
    QK_TRY(qk_slot_objects_may_write(session, object->token));
    if (!qk_attrs_bool(&object->attrs, CKA_DESTROYABLE, true))
        return qk_fail(QK_E_ACTION_PROHIBITED, "the object's CKA_DESTROYABLE is false");
    return qk_slot_objects_delete(session, object);
}

/* --- writing --- */

/* The changes of a template, parted by who judges them. */
typedef struct change {
    qk_attrs of_key; /* the HSM judges */
    qk_attrs of_row;
    bool has_value; /* CKA_VALUE of a data object is among of_row */
} change;

static void change_done(change *it)
{
    qk_attrs_done(&it->of_key);
    qk_attrs_done(&it->of_row);
}

static bool is_data_value(const qk_object *object, const qk_attribute *row)
{
    return object->class == CKO_DATA && row->type == CKA_VALUE;
}

static qk_err check_direction(const qk_attribute *row, bool from, bool to)
{
    if (from && !to && (row->flags & QK_ATTRIBUTE_ONLY_TO_TRUE))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s can only become true", row->name);
    if (!from && to && (row->flags & QK_ATTRIBUTE_ONLY_TO_FALSE))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s can only become false", row->name);
    return QK_OK;
}

static qk_err check_settable(const qk_object *object, const qk_attribute *row, const qk_attr *wanted, qk_user user)
{
    bool to = wanted->value.len == 1 && wanted->value.data[0] != CK_FALSE;

    if (!(row->flags & QK_ATTRIBUTE_SETTABLE) && !is_data_value(object, row))
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "%s cannot be changed", row->name);
    if (row->type == CKA_TRUSTED && to && user != QK_SO)
        return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "only the security officer may set CKA_TRUSTED");
    if (row->form != QK_FORM_BOOL)
        return qk_date_check(wanted);
    return check_direction(row, qk_attrs_bool(&object->attrs, row->type, false), to);
}

qk_err qk_object_check_change(const qk_object *object, const qk_attr *wanted, qk_user user)
{
    const qk_attribute *row = qk_attribute_find(wanted->type);

    if (!row || !(row->of & qk_attribute_kind_of(object->class)))
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "the object has no %s", row ? row->name : "such attribute");
    return check_settable(object, row, wanted, user);
}

/* An attribute set to the value it has is no change, so that an application may pass a whole template back. */
static qk_err take_change(const qk_object *object, const qk_attr *wanted, qk_user user, change *out)
{
    const qk_attribute *row = qk_attribute_find(wanted->type);
    const qk_attr *now = qk_attrs_find(&object->attrs, wanted->type);
    uint8_t place[QK_UUID_TEXT];
    size_t len;

    if (!row || !(row->of & qk_attribute_kind_of(object->class)))
        return qk_fail(QK_E_ATTRIBUTE_TYPE, "the object has no %s", row ? row->name : "such attribute");
    if (now && qk_view_equal(now->value, wanted->value))
        return QK_OK;
    if (qk_object_place_attribute(object, wanted->type, place, &len) &&
        qk_view_equal(qk_view_of(place, len), wanted->value))
        return QK_OK;
    QK_TRY(check_settable(object, row, wanted, user));
    out->has_value |= is_data_value(object, row);
    if (qk_object_is_key(object) && row->home == QK_HOME_KEY)
        return qk_attrs_set(&out->of_key, wanted->type, wanted->value);
    return qk_attrs_set(&out->of_row, wanted->type, wanted->value);
}

static qk_err take_changes(const qk_object *object, const qk_attrs *wanted, qk_user user, change *out)
{
    for (size_t i = 0; i < wanted->count; i++)
        QK_TRY(take_change(object, &wanted->items[i], user, out));
    if ((out->of_key.count || out->of_row.count) && !qk_attrs_bool(&object->attrs, CKA_MODIFIABLE, true))
        return qk_fail(QK_E_ACTION_PROHIBITED, "the object's CKA_MODIFIABLE is false");
    return QK_OK;
}

static qk_err ask_change(qk_session *session, const qk_object *object, const qk_attrs *of_key, qk_buf *out_blob)
{
    Grep11__SetAttributeValueRequest request = GREP11__SET_ATTRIBUTE_VALUE_REQUEST__INIT;
    qk_call call = qk_session_call(session, object->is_private);
    void *answer;

    request.object = qk_message_bytes(qk_buf_view(&object->blob));
    QK_TRY(qk_attrs_to_map(of_key, &grep11__set_attribute_value_request__attributes_entry__descriptor, &session->arena,
                           &request.attributes, &request.n_attributes));
    QK_TRY(qk_session_hsm(session, &call, QK_SET_ATTRIBUTE_VALUE, &request.base, &answer));
    qk_buf_put(out_blob, qk_message_view(((Grep11__SetAttributeValueResponse *)answer)->object));
    return qk_buf_check(out_blob);
}

static qk_err new_blob(qk_session *session, const qk_object *object, const change *it, qk_attrs *attrs,
                       qk_buf *out_blob)
{
    if (it->of_key.count)
        return ask_change(session, object, &it->of_key, out_blob);
    if (it->has_value && qk_value_is_sealed(object)) {
        QK_TRY(qk_value_seal(session, &object->id, qk_attrs_view(&it->of_row, CKA_VALUE), out_blob));
        qk_attrs_remove(attrs, CKA_VALUE);
        return QK_OK;
    }
    qk_buf_put(out_blob, qk_buf_view(&object->blob));
    return qk_buf_check(out_blob);
}

static qk_err apply(qk_session *session, qk_object *object, const qk_attrs *wanted)
{
    QK_OWNED(change_done) change it = { .has_value = false };
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;

    QK_TRY(take_changes(object, wanted, qk_slot_user(session->slot), &it));
    if (!it.of_key.count && !it.of_row.count)
        return QK_OK;
    QK_TRY(qk_attrs_merge(&attrs, &object->attrs));
    QK_TRY(qk_attrs_merge(&attrs, &it.of_key));
    QK_TRY(qk_attrs_merge(&attrs, &it.of_row));
    QK_TRY(new_blob(session, object, &it, &attrs, &blob));
    return qk_slot_objects_change(session, object, &attrs, &blob);
}

static qk_err write_locked(qk_session *session, CK_OBJECT_HANDLE handle, const qk_attrs *wanted)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;
    qk_err err;

    QK_TRY(qk_slot_objects_use(session, handle, &object));
    QK_TRY(qk_slot_objects_may_write(session, object->token));
    err = apply(session, object, wanted);
    if (err != QK_E_OBJECT_CONFLICT)
        return err;
    QK_TRY(qk_slot_objects_refresh(session, &object)); /* another client was faster; on its result once more */
    return apply(session, object, wanted);
}

/* Two changes of one object that began on the same version would undo each other, down to a usage that was taken away.
 */
qk_err qk_object_write(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE object_handle, qk_template template_)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs wanted = QK_ATTRS_NONE;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &wanted));
    pthread_mutex_lock(&session->slot->change_lock);
    err = write_locked(session, object_handle, &wanted);
    pthread_mutex_unlock(&session->slot->change_lock);
    return err;
}
