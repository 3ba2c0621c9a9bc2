/* SPDX-License-Identifier: Apache-2.0 */
/* Message-based operations: one C_Message...Init, then any number of messages under the same key and mechanism.
 *
 * Encryption is authenticated encryption, with a nonce and a tag of each message's own. A message in parts is gathered
 * and comes out with its last part: no plaintext leaves before its tag was checked, and a message costs one call to the
 * HSM, however it is cut. Signatures and MACs go the way of C_Sign and C_SignUpdate; none of our mechanisms has a
 * parameter per message. A failed message leaves the process ready for the next one. */
#ifndef QK_MODULE_MESSAGE_H
#define QK_MODULE_MESSAGE_H

#include "module/work/message_param.h"
#include "module/work/work.h"

struct qk_message {
    qk_nonces nonces;
    qk_buf nonce, aad; /* of the message that goes in parts */
};

void qk_message_free(qk_message **message); /* accepts a pointer to NULL; leaves NULL */

/* Begins a process in `work`: reads the mechanism, whose parameter may be absent. */
QK_MUST_CHECK qk_err qk_message_init(const CK_MECHANISM *mechanism, qk_work *work);

/* ---- what C_ functions call; `kind` is a QK_WORK_MESSAGE_... ---- */

/* C_EncryptMessage, C_DecryptMessage. QK_E_AEAD_FAILED. */
QK_MUST_CHECK qk_err qk_message_whole(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view parameter, qk_view aad,
                                      qk_view in, qk_out out);
QK_MUST_CHECK qk_err qk_message_begin(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view parameter, qk_view aad);
QK_MUST_CHECK qk_err qk_message_next(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view parameter, qk_view in,
                                     qk_out out, CK_FLAGS flags);
/* C_Message...Final, of all four kinds. QK_E_OPERATION_ACTIVE in the middle of a message. */
QK_MUST_CHECK qk_err qk_message_final(CK_SESSION_HANDLE session, qk_work_kind kind);

/* C_SignMessage and C_VerifyMessage, whole and in parts (message_sign.c). */
QK_MUST_CHECK qk_err qk_message_sign(CK_SESSION_HANDLE session, qk_view parameter, qk_view data, qk_out signature);
QK_MUST_CHECK qk_err qk_message_verify(CK_SESSION_HANDLE session, qk_view parameter, qk_view data, qk_view signature);
QK_MUST_CHECK qk_err qk_message_begin_signature(CK_SESSION_HANDLE session, qk_work_kind kind, qk_view parameter);
/* No place for the signature's length, or no signature: more parts follow. */
QK_MUST_CHECK qk_err qk_message_sign_next(CK_SESSION_HANDLE session, qk_view parameter, qk_view part, qk_out signature);
QK_MUST_CHECK qk_err qk_message_verify_next(CK_SESSION_HANDLE session, qk_view parameter, qk_view part,
                                            qk_view signature);

#endif
