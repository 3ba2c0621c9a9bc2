/* SPDX-License-Identifier: Apache-2.0 */
/* The objects of a session's slot: in memory and in the keystore.
 *
 * A token object that was read is believed for cache_max_age_ms; then its version is checked where it is used. */
#ifndef QK_MODULE_SLOT_OBJECTS_H
#define QK_MODULE_SLOT_OBJECTS_H

#include "module/entry/entry.h"
#include "module/object/object.h"
#include "module/login/token.h"
#include "quantoki.pb-c.h"

typedef struct qk_session qk_session;

/* ---- finding ---- */

/* The object of a handle, as far as this session's user may see it, in its newest version. Referenced.
 * QK_E_OBJECT_HANDLE, also for private objects while the user is not logged in; QK_E_OBJECT_MISSING if another client
 * has deleted it. */
QK_MUST_CHECK qk_err qk_slot_objects_use(qk_session *session, CK_OBJECT_HANDLE handle, qk_object **out_object);
/* The same, with QK_E_KEY_HANDLE. */
QK_MUST_CHECK qk_err qk_slot_objects_use_key(qk_session *session, CK_OBJECT_HANDLE handle, qk_object **out_key);
/* An object of a keystore's answer: known and given a handle from now on. Referenced. */
QK_MUST_CHECK qk_err qk_slot_objects_meet(qk_session *session, const Quantoki__V1__Object *message,
                                          qk_object **out_object);

/* ---- changing ---- */

/* Where a new object goes. */
typedef struct qk_place {
    bool token, is_private;
    qk_uuid keystore; /* if `token` */
} qk_place;

/* Reads CKA_TOKEN and CKA_PRIVATE; the defaults are FALSE, and TRUE if the user is logged in. QK_E_SESSION_READ_ONLY,
 * QK_E_NOT_LOGGED_IN, QK_E_TOKEN_READ_ONLY if no keystore is configured. Source: spec of the module, section 4.2. */
QK_MUST_CHECK qk_err qk_slot_objects_place(const qk_session *session, const qk_attrs *template_, qk_place *out_place);
/* An object with a new id at that place, not stored yet. `attrs` and `blob` are taken. */
QK_MUST_CHECK qk_err qk_slot_objects_make(const qk_session *session, const qk_place *place, qk_attrs *attrs,
                                          qk_buf *blob, qk_object **out_object);
/* Stores all token objects among them, all or none, then gives all of them handles. */
QK_MUST_CHECK qk_err qk_slot_objects_store(qk_session *session, qk_object *const *objects, size_t count);
/* Puts new attributes and a new blob (taken) in an object's place, in the keystore too. QK_E_OBJECT_CONFLICT if another
 * client was faster. */
QK_MUST_CHECK qk_err qk_slot_objects_change(qk_session *session, qk_object *object, qk_attrs *attrs, qk_buf *blob);
QK_MUST_CHECK qk_err qk_slot_objects_delete(qk_session *session, qk_object *object);
/* Reads a token object anew, whatever its age. The object in hand is exchanged. */
QK_MUST_CHECK qk_err qk_slot_objects_refresh(qk_session *session, qk_object **object);
/* A session that may not write to the token, or a user who may not see the object, may not change it. */
QK_MUST_CHECK qk_err qk_slot_objects_may_write(const qk_session *session, bool token);

/* ---- what C_ functions call ---- */

/* An application's template. */
typedef struct qk_template {
    const CK_ATTRIBUTE *items;
    CK_ULONG count;
} qk_template;

static inline qk_template qk_template_of(const CK_ATTRIBUTE *items, CK_ULONG count)
{
    return (qk_template){ items, count };
}

QK_MUST_CHECK qk_err qk_object_create(CK_SESSION_HANDLE session, qk_template template_, CK_OBJECT_HANDLE *out_handle);
QK_MUST_CHECK qk_err qk_object_copy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, qk_template template_,
                                    CK_OBJECT_HANDLE *out_handle);
QK_MUST_CHECK qk_err qk_object_destroy(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object);
QK_MUST_CHECK qk_err qk_object_size(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ULONG *out_size);
/* Fills what can be filled. QK_E_ATTRIBUTE_SENSITIVE, QK_E_ATTRIBUTE_TYPE, QK_E_BUFFER_SMALL if some could not. */
QK_MUST_CHECK qk_err qk_object_read(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, CK_ATTRIBUTE *template_,
                                    CK_ULONG count);
/* Could C_SetAttributeValue set this attribute of the object? What may not be changed may not differ in a copy either.
 * QK_E_ATTRIBUTE_TYPE, QK_E_ATTRIBUTE_READ_ONLY. */
QK_MUST_CHECK qk_err qk_object_check_change(const qk_object *object, const qk_attr *wanted, qk_user user);
QK_MUST_CHECK qk_err qk_object_write(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, qk_template template_);

QK_MUST_CHECK qk_err qk_key_create(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism, qk_template template_,
                                   CK_OBJECT_HANDLE *out_key);
QK_MUST_CHECK qk_err qk_key_create_pair(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                        qk_template public_template, qk_template private_template,
                                        CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private);
QK_MUST_CHECK qk_err qk_key_wrap(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
                                 CK_OBJECT_HANDLE key, qk_out out);
QK_MUST_CHECK qk_err qk_key_unwrap(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                   CK_OBJECT_HANDLE unwrapping, qk_view wrapped, qk_template template_,
                                   CK_OBJECT_HANDLE *out_key);
/* With AEAD: the parameter is one of a message, and takes the tag (wrap_authenticated.c). */
QK_MUST_CHECK qk_err qk_key_wrap_authenticated(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                               CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, qk_view aad,
                                               qk_out out);
QK_MUST_CHECK qk_err qk_key_unwrap_authenticated(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                                 CK_OBJECT_HANDLE unwrapping, qk_view wrapped, qk_template template_,
                                                 qk_view aad, CK_OBJECT_HANDLE *out_key);
QK_MUST_CHECK qk_err qk_key_encapsulate(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                        CK_OBJECT_HANDLE public_key, qk_template template_, qk_out cipher,
                                        CK_OBJECT_HANDLE *out_key);
QK_MUST_CHECK qk_err qk_key_decapsulate(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism,
                                        CK_OBJECT_HANDLE private_key, qk_template template_, qk_view cipher,
                                        CK_OBJECT_HANDLE *out_key);
QK_MUST_CHECK qk_err qk_key_derive(CK_SESSION_HANDLE session, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
                                   qk_template template_, CK_OBJECT_HANDLE *out_key);

#endif
