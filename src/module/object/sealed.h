/* SPDX-License-Identifier: Apache-2.0 */
/* Values that are not keys: CKA_VALUE of certificates and data objects. Public ones stand among the attributes; private
 * ones are sealed by the HSM, bound to the object's id. */
#ifndef QK_MODULE_SEALED_H
#define QK_MODULE_SEALED_H

#include "module/object/slot_objects.h"

/* Seals `value` for an object with that id. */
QK_MUST_CHECK qk_err qk_value_seal(qk_session *session, const qk_uuid *id, qk_view value, qk_buf *out_blob);
/* The value of a private certificate or data object, in the session's arena. */
QK_MUST_CHECK qk_err qk_value_open(qk_session *session, const qk_object *object, qk_view *out_value);
/* True if the object's CKA_VALUE is in its blob. */
bool qk_value_is_sealed(const qk_object *object);
/* Makes an object of all its attributes (taken), CKA_VALUE among them. */
QK_MUST_CHECK qk_err qk_value_object(qk_session *session, const qk_place *place, qk_attrs *attrs,
                                     qk_object **out_object);

#endif
