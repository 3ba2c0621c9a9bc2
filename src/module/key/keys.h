/* SPDX-License-Identifier: Apache-2.0 */
/* What making keys has in common: templates on their way to the HSM, answers on their way to objects. */
#ifndef QK_MODULE_KEYS_H
#define QK_MODULE_KEYS_H

#include "module/object/slot_objects.h"
#include "module/object/template.h"

/* A key that is being made. */
typedef struct qk_new_object {
    qk_place place;
    qk_key_template template_;
    qk_object *object; /* once the HSM has answered */
} qk_new_object;

#define QK_NEW_OBJECT_NONE ((qk_new_object){ .object = NULL })

void qk_new_object_done(qk_new_object *it);

/* Reads and checks an application's template for a key of this class. */
QK_MUST_CHECK qk_err qk_new_object_read(const qk_session *session, qk_template from, CK_OBJECT_CLASS class,
                                        qk_new_object *out);
QK_MUST_CHECK qk_err qk_new_object_from_attrs(const qk_session *session, const qk_attrs *given, CK_OBJECT_CLASS class,
                                              qk_new_object *out);
/* The same for a key that comes of another, whose `nested` template (CKA_DERIVE_TEMPLATE, ...) is added to what the
 * application gives: the HSM does so too, but knows nothing of CKA_LABEL, CKA_TOKEN and the like. `class` holds if
 * neither says. QK_E_TEMPLATE_INCONSISTENT. */
QK_MUST_CHECK qk_err qk_new_object_read_from(const qk_session *session, qk_template from, CK_OBJECT_CLASS class,
                                             const qk_object *by, CK_ATTRIBUTE_TYPE nested, qk_new_object *out);
/* CKA_WRAP_TEMPLATE of the wrapping key, as far as the HSM cannot judge it. QK_E_KEY_HANDLE. */
QK_MUST_CHECK qk_err qk_check_wrap_template(const qk_object *key, const qk_object *kek);
/* Makes the object of the HSM's answer. */
QK_MUST_CHECK qk_err qk_new_object_take(const qk_session *session, const Grep11__KeyBlob *key, qk_new_object *it);
/* Stores it and tells its handle. */
QK_MUST_CHECK qk_err qk_new_object_store(qk_session *session, qk_new_object *it, CK_OBJECT_HANDLE *out_handle);

/* QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_check_handle_place(const CK_OBJECT_HANDLE *out_handle);

#endif
