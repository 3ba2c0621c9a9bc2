/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/slot_objects.h"

#include "base/clock.h"
#include "entropy/random.h"
#include "hsm/codec/attribute_codec.h"
#include "module/slot/session.h"

/* --- from the keystore --- */

static qk_err read_id(ProtobufCBinaryData bytes, qk_uuid *out)
{
    if (bytes.len != sizeof out->bytes)
        return qk_fail(QK_E_PROTOCOL, "the keystore's answer has an id of %zu bytes", bytes.len);
    memcpy(out->bytes, bytes.data, bytes.len);
    return QK_OK;
}

static qk_err read_message(const qk_session *session, const Quantoki__V1__Object *message, qk_object **out_object)
{
    const qk_token *token = session->slot->token;
    QK_OWNED(qk_object_parts_done) qk_object_parts parts = { .token = true, .version = message->version };

    QK_TRY(read_id(message->id, &parts.id));
    QK_TRY(read_id(message->keystore, &parts.keystore));
    parts.is_private = token->has_private_store && qk_uuid_equal(&parts.keystore, &token->private_store);
    QK_TRY(qk_attrs_from_map(message->attributes, message->n_attributes, &parts.attrs));
    qk_buf_put(&parts.blob, qk_message_view(message->blob));
    QK_TRY(qk_buf_check(&parts.blob));
    return qk_object_new(&parts, out_object);
}

/* Somebody may log out while a call is under way that makes or meets a private object. C_Logout counts first and
 * empties the table then: either it still finds what was put there, or the count has changed by now. */
static qk_err check_still_in(const qk_session *session, const qk_object *object)
{
    if (!object->is_private || atomic_load(&session->slot->log_outs) == session->log_outs)
        return QK_OK;
    qk_object_table_remove(session->slot->objects, object->handle);
    return qk_fail(QK_E_NOT_LOGGED_IN, "the user has logged out while the call was under way");
}

qk_err qk_slot_objects_meet(qk_session *session, const Quantoki__V1__Object *message, qk_object **out_object)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL, *known = NULL;

    QK_TRY(read_message(session, message, &object));
    QK_TRY(qk_object_table_meet(session->slot->objects, object, &known));
    QK_TRY(check_still_in(session, known));
    *out_object = known;
    known = NULL;
    return QK_OK;
}

/* --- newest versions --- */

static qk_err ask_version(qk_session *session, const qk_object *object, Quantoki__V1__GetObjectsResponse **out)
{
    Quantoki__V1__GetObjectsRequest request = QUANTOKI__V1__GET_OBJECTS_REQUEST__INIT;
    Quantoki__V1__GetObjectsRequest__Known known = QUANTOKI__V1__GET_OBJECTS_REQUEST__KNOWN__INIT;
    Quantoki__V1__GetObjectsRequest__Known *list = &known;
    qk_call call = qk_session_call(session, object->is_private);
    void *answer;

    known.id = qk_message_bytes(qk_view_of(object->id.bytes, 16));
    known.version = object->version;
    request.keystore = qk_message_bytes(qk_view_of(object->keystore.bytes, 16));
    request.objects = &list;
    request.n_objects = 1;
    QK_TRY(qk_session_keystore(session, &call, QK_GET_OBJECTS, &request.base, &answer));
    *out = answer;
    return QK_OK;
}

qk_err qk_slot_objects_refresh(qk_session *session, qk_object **object)
{
    Quantoki__V1__GetObjectsResponse *answer;
    qk_object *newest;

    QK_TRY(ask_version(session, *object, &answer));
    if (answer->n_objects != 1) {
        qk_object_table_remove(session->slot->objects, (*object)->handle);
        return qk_fail(QK_E_OBJECT_MISSING, "another client has deleted the object");
    }
    if (answer->objects[0]->version == (*object)->version) {
        atomic_store_explicit(&(*object)->checked_ms, qk_clock_monotonic_ms(), memory_order_relaxed);
        return QK_OK;
    }
    QK_TRY(qk_slot_objects_meet(session, answer->objects[0], &newest));
    qk_object_unref(object);
    *object = newest;
    return QK_OK;
}

static bool is_stale(const qk_session *session, const qk_object *object)
{
    return object->token && object->class != CKO_PROFILE &&
           qk_clock_monotonic_ms() - atomic_load_explicit(&object->checked_ms, memory_order_relaxed) >
               session->slot->token->cache_max_age_ms;
}

qk_err qk_slot_objects_use(qk_session *session, CK_OBJECT_HANDLE handle, qk_object **out_object)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;

    QK_TRY(qk_object_table_get(session->slot->objects, handle, &object));
    if (object->is_private && qk_slot_user(session->slot) != QK_USER)
        return qk_fail(QK_E_OBJECT_HANDLE, "the object is private and the user is not logged in");
    if (is_stale(session, object))
        QK_TRY(qk_slot_objects_refresh(session, &object));
    *out_object = object;
    object = NULL;
    return QK_OK;
}

qk_err qk_slot_objects_use_key(qk_session *session, CK_OBJECT_HANDLE handle, qk_object **out_key)
{
    qk_err err = qk_slot_objects_use(session, handle, out_key);

    if (err == QK_E_OBJECT_HANDLE || err == QK_E_OBJECT_MISSING)
        return qk_fail_context(QK_E_KEY_HANDLE, "key: ");
    return err;
}

/* --- places --- */

qk_err qk_slot_objects_may_write(const qk_session *session, bool token)
{
    if (token && !session->rw)
        return qk_fail(QK_E_SESSION_READ_ONLY, "the session is read-only; open it with CKF_RW_SESSION");
    return QK_OK;
}

static qk_err choose_keystore(const qk_token *token, qk_place *place)
{
    bool has = place->is_private ? token->has_private_store : token->has_public_store;

    if (!has || !token->keystore)
        return qk_fail(QK_E_TOKEN_READ_ONLY, "the configuration names no %s keystore for token objects",
                       place->is_private ? "private" : "public");
    place->keystore = place->is_private ? token->private_store : token->public_store;
    return QK_OK;
}

qk_err qk_slot_objects_place(const qk_session *session, const qk_attrs *template_, qk_place *out_place)
{
    bool logged_in = qk_slot_user(session->slot) == QK_USER;
    /* The default is the token's to choose (PKCS #11 3.2, 4.4). Certificates are no secret, and NSS looks for them
     * before it logs in. */
    bool hidden = logged_in && qk_attrs_ulong(template_, CKA_CLASS, CKO_DATA) != CKO_CERTIFICATE;
    qk_place place = { .token = qk_attrs_bool(template_, CKA_TOKEN, false),
                       .is_private = qk_attrs_bool(template_, CKA_PRIVATE, hidden) };

    QK_TRY(qk_slot_objects_may_write(session, place.token));
    if (place.is_private && !logged_in)
        return qk_fail(QK_E_NOT_LOGGED_IN, "private objects need the user to be logged in");
    if (place.token)
        QK_TRY(choose_keystore(session->slot->token, &place));
    *out_place = place;
    return QK_OK;
}

qk_err qk_slot_objects_make(const qk_session *session, const qk_place *place, qk_attrs *attrs, qk_buf *blob,
                            qk_object **out_object)
{
    QK_OWNED(qk_object_parts_done)
    qk_object_parts parts = { .token = place->token,
                              .is_private = place->is_private,
                              .keystore = place->keystore,
                              .attrs = *attrs,
                              .blob = *blob };

    *attrs = QK_ATTRS_NONE;
    *blob = QK_BUF_NONE;
    parts.owner = place->token ? 0 : atomic_load(&session->handle);
    QK_TRY(qk_random_uuid(&parts.id));
    return qk_object_new(&parts, out_object);
}

/* --- to the keystore --- */

/* CKA_PRIVATE goes along, since it decides under which master key an embedded token seals the row. */
static qk_err write_attrs(qk_session *session, const qk_object *object, Quantoki__V1__Object *message)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_merge(&attrs, &object->attrs));
    QK_TRY(qk_attrs_set_bool(&attrs, CKA_PRIVATE, object->is_private));
    return qk_attrs_to_map(&attrs, &quantoki__v1__object__attributes_entry__descriptor, &session->arena,
                           &message->attributes, &message->n_attributes);
}

static qk_err write_message(qk_session *session, const qk_object *object, Quantoki__V1__Object *message)
{
    qk_uuid txid; /* sixteen random bytes */
    qk_view copy;

    QK_TRY(qk_random_uuid(&txid));
    QK_TRY(qk_arena_copy(&session->arena, qk_view_of(txid.bytes, 16), &copy));
    quantoki__v1__object__init(message);
    message->id = qk_message_bytes(qk_view_of(object->id.bytes, 16));
    message->keystore = qk_message_bytes(qk_view_of(object->keystore.bytes, 16));
    message->version = object->version;
    message->txid = qk_message_bytes(copy);
    message->blob = qk_message_bytes(qk_buf_view(&object->blob));
    return write_attrs(session, object, message);
}

enum { STORE_MOST = 2 }; /* a pair */

static qk_err send_store(qk_session *session, qk_object *const *objects, size_t count)
{
    Quantoki__V1__StoreObjectsRequest request = QUANTOKI__V1__STORE_OBJECTS_REQUEST__INIT;
    Quantoki__V1__Object messages[STORE_MOST], *list[STORE_MOST];
    bool any_private = false;
    qk_call call;
    void *answer;

    for (size_t i = 0; i < count; i++) {
        if (!objects[i]->token)
            continue;
        list[request.n_objects] = &messages[request.n_objects];
        QK_TRY(write_message(session, objects[i], list[request.n_objects++]));
        any_private |= objects[i]->is_private;
    }
    if (!request.n_objects)
        return QK_OK;
    request.objects = list;
    call = qk_session_call(session, any_private);
    return qk_session_keystore(session, &call, QK_STORE_OBJECTS, &request.base, &answer);
}

qk_err qk_slot_objects_store(qk_session *session, qk_object *const *objects, size_t count)
{
    QK_TRY(send_store(session, objects, count));
    for (size_t i = 0; i < count; i++) {
        QK_TRY(qk_object_table_add(session->slot->objects, objects[i]));
        QK_TRY(check_still_in(session, objects[i]));
        session->owns_objects |= !objects[i]->token;
    }
    return QK_OK;
}

static qk_err send_update(qk_session *session, const qk_object *changed, int64_t *out_version)
{
    Quantoki__V1__UpdateObjectRequest request = QUANTOKI__V1__UPDATE_OBJECT_REQUEST__INIT;
    Quantoki__V1__Object message;
    qk_call call = qk_session_call(session, changed->is_private);
    void *answer;

    QK_TRY(write_message(session, changed, &message)); /* with the version that is expected */
    request.object = &message;
    QK_TRY(qk_session_keystore(session, &call, QK_UPDATE_OBJECT, &request.base, &answer));
    *out_version = ((Quantoki__V1__UpdateObjectResponse *)answer)->version;
    return QK_OK;
}

qk_err qk_slot_objects_change(qk_session *session, qk_object *object, qk_attrs *attrs, qk_buf *blob)
{
    QK_OWNED(qk_object_unref) qk_object *changed = NULL;

    QK_TRY(qk_object_changed(object, attrs, blob, object->version, &changed));
    if (object->token)
        QK_TRY(send_update(session, changed, &changed->version));
    qk_object_table_replace(session->slot->objects, object->handle, changed);
    return QK_OK;
}

qk_err qk_slot_objects_delete(qk_session *session, qk_object *object)
{
    Quantoki__V1__DeleteObjectsRequest request = QUANTOKI__V1__DELETE_OBJECTS_REQUEST__INIT;
    ProtobufCBinaryData id = qk_message_bytes(qk_view_of(object->id.bytes, 16));
    qk_call call = qk_session_call(session, object->is_private);
    void *answer;

    if (object->token) {
        request.keystore = qk_message_bytes(qk_view_of(object->keystore.bytes, 16));
        request.ids = &id;
        request.n_ids = 1;
        QK_TRY(qk_session_keystore(session, &call, QK_DELETE_OBJECTS, &request.base, &answer));
    }
    qk_object_table_remove(session->slot->objects, object->handle);
    return QK_OK;
}
