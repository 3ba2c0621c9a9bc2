/* SPDX-License-Identifier: Apache-2.0 */
#include "module/object/find.h"

#include <stdlib.h>

#include "hsm/codec/attribute_codec.h"
#include "module/object/profile.h"
#include "module/object/sealed.h"
#include "module/slot/session.h"
#include "module/object/slot_objects.h"

void qk_find_done(qk_find *find)
{
    free(find->handles);
    qk_attrs_done(&find->wanted);
    qk_buf_done(&find->page_token);
    qk_buf_done(&find->value);
    memset(find, 0, sizeof *find);
}

static qk_err add(qk_find *find, CK_OBJECT_HANDLE handle)
{
    if (find->count == find->cap) {
        size_t cap = find->cap ? 2 * find->cap : 16;
        CK_OBJECT_HANDLE *more = realloc(find->handles, cap * sizeof *more);
        if (!more)
            return qk_fail(QK_E_NO_MEMORY, "no memory for what was found");
        find->handles = more;
        find->cap = cap;
    }
    find->handles[find->count++] = handle;
    return QK_OK;
}

/* --- values --- */

static qk_err take_value_out(qk_find *find)
{
    find->wants_value = qk_attrs_find(&find->wanted, CKA_VALUE) != NULL;
    qk_buf_put(&find->value, qk_attrs_view(&find->wanted, CKA_VALUE));
    qk_attrs_remove(&find->wanted, CKA_VALUE);
    return qk_buf_check(&find->value);
}

/* Values of keys match nothing: a search is no way to guess them. */
static qk_err has_value(qk_session *session, const qk_object *object, bool *out)
{
    const qk_attr *plain = qk_attrs_find(&object->attrs, CKA_VALUE);
    qk_view value = plain ? plain->value : QK_VIEW_NONE;

    *out = false;
    if (!plain && !qk_value_is_sealed(object))
        return QK_OK;
    if (!plain)
        QK_TRY(qk_value_open(session, object, &value));
    *out = qk_ct_equal(value, qk_buf_view(&session->find.value));
    return QK_OK;
}

/* Drops what was found from `from` on and has another value. */
static qk_err drop_other_values(qk_session *session, size_t from)
{
    qk_find *find = &session->find;
    size_t kept = from;

    for (size_t i = from; find->wants_value && i < find->count; i++) {
        QK_OWNED(qk_object_unref) qk_object *object = NULL;
        bool fits;
        if (qk_object_table_get(session->slot->objects, find->handles[i], &object) != QK_OK)
            continue; /* gone meanwhile */
        QK_TRY(has_value(session, object, &fits));
        if (fits)
            find->handles[kept++] = find->handles[i];
    }
    if (find->wants_value)
        find->count = kept;
    return QK_OK;
}

/* --- session objects --- */

typedef struct visit {
    qk_find *find;
    bool sees_private;
} visit;

static qk_err see(qk_object *object, void *context)
{
    visit *v = context;

    if ((object->is_private && !v->sees_private) || !qk_object_matches(object, &v->find->wanted))
        return QK_OK;
    return add(v->find, object->handle);
}

/* Profiles are there for who asks for them; in a listing of everything they would only puzzle. */
static qk_err see_profile(qk_object *object, void *context)
{
    return add(context, object->handle);
}

/* --- token objects --- */

static size_t name_stores(const qk_find *find, const qk_token *token, ProtobufCBinaryData out[2])
{
    size_t count = 0;

    if (find->public_store)
        out[count++] = qk_message_bytes(qk_view_of(token->public_store.bytes, 16));
    if (find->private_store)
        out[count++] = qk_message_bytes(qk_view_of(token->private_store.bytes, 16));
    return count;
}

static qk_err take_page(qk_session *session, const Quantoki__V1__FindObjectsResponse *page)
{
    for (size_t i = 0; i < page->n_objects; i++) {
        QK_OWNED(qk_object_unref) qk_object *object = NULL;
        QK_TRY(qk_slot_objects_meet(session, page->objects[i], &object));
        QK_TRY(add(&session->find, object->handle));
    }
    qk_buf_clear(&session->find.page_token);
    qk_buf_put(&session->find.page_token, qk_message_view(page->nextpagetoken));
    return qk_buf_check(&session->find.page_token);
}

static qk_err ask_page(qk_session *session)
{
    Quantoki__V1__FindObjectsRequest request = QUANTOKI__V1__FIND_OBJECTS_REQUEST__INIT;
    qk_find *find = &session->find;
    ProtobufCBinaryData stores[2];
    qk_call call = qk_session_call(session, find->private_store);
    size_t before = find->count;
    void *answer;

    if (find->private_store && qk_slot_user(session->slot) != QK_USER)
        find->private_store = false; /* somebody has logged out since the search began */
    request.keystores = stores;
    request.n_keystores = name_stores(find, session->slot->token, stores);
    request.pagetoken = qk_message_bytes(qk_buf_view(&find->page_token));
    if (!request.n_keystores) {
        qk_buf_clear(&find->page_token);
        return QK_OK;
    }
    QK_TRY(qk_attrs_to_map(&find->wanted, &quantoki__v1__find_objects_request__template_entry__descriptor,
                           &session->arena, &request.template_, &request.n_template_));
    QK_TRY(qk_session_keystore(session, &call, QK_FIND_OBJECTS, &request.base, &answer));
    QK_TRY(take_page(session, answer));
    return drop_other_values(session, before);
}

/* CKA_TOKEN and CKA_PRIVATE say where to look; they are no attributes of what lies there. */
static void choose_stores(qk_session *session)
{
    qk_find *find = &session->find;
    const qk_token *token = session->slot->token;
    bool any = token->keystore && qk_attrs_bool(&find->wanted, CKA_TOKEN, true);
    bool wants_private = qk_attrs_bool(&find->wanted, CKA_PRIVATE, true);
    bool wants_public = !qk_attrs_bool(&find->wanted, CKA_PRIVATE, false);

    find->public_store = any && wants_public && token->has_public_store;
    find->private_store = any && wants_private && token->has_private_store && qk_slot_user(session->slot) == QK_USER;
    qk_attrs_remove(&find->wanted, CKA_TOKEN);
    qk_attrs_remove(&find->wanted, CKA_PRIVATE);
}

/* Attributes that are unknown here (other vendors') are no fault of a search: nothing has them. */
static qk_err read_wanted(qk_session *session, const CK_ATTRIBUTE *template_, CK_ULONG count)
{
    qk_find *find = &session->find;

    if (count > PTRDIFF_MAX / sizeof *template_)
        return qk_fail(QK_E_BAD_ARGUMENT, "no template has %lu attributes", count);
    for (CK_ULONG i = 0; template_ && i < count && !find->nothing; i++)
        find->nothing = !qk_attribute_find(template_[i].type);
    return find->nothing ? QK_OK : qk_attrs_from_template(template_, count, &find->wanted);
}

static qk_err search(qk_session *session, const CK_ATTRIBUTE *template_, CK_ULONG count)
{
    visit v = { .find = &session->find, .sees_private = qk_slot_user(session->slot) == QK_USER };

    QK_TRY(read_wanted(session, template_, count));
    if (session->find.nothing)
        return QK_OK;
    if (qk_attrs_ulong(&session->find.wanted, CKA_CLASS, CK_UNAVAILABLE_INFORMATION) == CKO_PROFILE)
        return qk_profiles_find(session->slot, &session->find.wanted, see_profile, &session->find);
    QK_TRY(take_value_out(&session->find));
    if (!qk_attrs_bool(&session->find.wanted, CKA_TOKEN, false))
        QK_TRY(qk_object_table_each_session_object(session->slot->objects, see, &v));
    QK_TRY(drop_other_values(session, 0));
    choose_stores(session);
    return ask_page(session);
}

/* --- what C_ functions call --- */

qk_err qk_find_init(CK_SESSION_HANDLE handle, const CK_ATTRIBUTE *template_, CK_ULONG count)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    if (session->find.active)
        return qk_fail(QK_E_OPERATION_ACTIVE, "a search is under way in this session");
    err = search(session, template_, count);
    if (err != QK_OK)
        qk_find_done(&session->find);
    session->find.active = err == QK_OK;
    return err;
}

/* Objects may be destroyed, and their user may log out, between what was found and what is given. */
static bool is_there(const qk_session *session, CK_OBJECT_HANDLE handle)
{
    QK_OWNED(qk_object_unref) qk_object *object = NULL;

    return qk_object_table_get(session->slot->objects, handle, &object) == QK_OK;
}

static CK_ULONG give(qk_session *session, CK_OBJECT_HANDLE *out_handles, CK_ULONG most)
{
    qk_find *find = &session->find;
    CK_ULONG given = 0;

    for (; given < most && find->next < find->count; find->next++)
        if (is_there(session, find->handles[find->next]))
            out_handles[given++] = find->handles[find->next];
    if (find->next == find->count)
        find->next = find->count = 0;
    return given;
}

qk_err qk_find_next(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE *out_handles, CK_ULONG most, CK_ULONG *out_count)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    CK_ULONG given;

    QK_TRY(qk_session_enter(handle, &session));
    if (!session->find.active)
        return qk_fail(QK_E_OPERATION_NONE, "no search is under way");
    if (!out_count || (!out_handles && most))
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for handles or for their number is NULL");
    given = give(session, out_handles, most);
    while (given < most && session->find.page_token.len) {
        QK_TRY(ask_page(session));
        given += give(session, out_handles + given, most - given);
    }
    *out_count = given;
    return QK_OK;
}

qk_err qk_find_final(CK_SESSION_HANDLE handle)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    if (!session->find.active)
        return qk_fail(QK_E_OPERATION_NONE, "no search is under way");
    qk_find_done(&session->find);
    return QK_OK;
}
