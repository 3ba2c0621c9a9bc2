/* SPDX-License-Identifier: Apache-2.0 */
/* Wrapping and unwrapping, once the mechanism and its parameter are read. */
#ifndef QK_MODULE_WRAP_H
#define QK_MODULE_WRAP_H

#include "module/object/slot_objects.h"
#include "module/work/message_param.h"

/* The nonce of a key that is wrapped, as qk_message_nonce makes it. There is no Init that counting could begin at, and
 * other sessions wrap with the same key: all counting generators of a slot go on from one number, chance at first. */
QK_MUST_CHECK qk_err qk_wrap_nonce(qk_session *session, const qk_mech *mech, const qk_message_param *param,
                                   uint8_t out[QK_NONCE_MOST]);
/* The wrapped key lies in the session's arena. QK_E_WRAPPING_HANDLE, QK_E_WRAPPING_TYPE, QK_E_KEY_HANDLE,
 * QK_E_KEY_NOT_WRAPPABLE, QK_E_KEY_UNEXTRACTABLE. */
QK_MUST_CHECK qk_err qk_wrap_bytes(qk_session *session, const qk_mech_use *use, CK_OBJECT_HANDLE wrapping,
                                   CK_OBJECT_HANDLE key, qk_view *out_wrapped);
/* QK_E_UNWRAPPING_HANDLE, QK_E_UNWRAPPING_TYPE, QK_E_WRAPPED_KEY, QK_E_WRAPPED_LENGTH. */
QK_MUST_CHECK qk_err qk_unwrap_object(qk_session *session, const qk_mech_use *use, CK_OBJECT_HANDLE unwrapping,
                                      qk_view wrapped, qk_template template_, CK_OBJECT_HANDLE *out_key);

#endif
