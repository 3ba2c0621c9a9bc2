/* SPDX-License-Identifier: Apache-2.0 */
/* A session: whose it is, and the operations under way in it. */
#ifndef QK_MODULE_SESSION_H
#define QK_MODULE_SESSION_H

#include <pthread.h>

#include "module/object/find.h"
#include "module/slot/session_table.h"
#include "module/slot/slot.h"
#include "module/work/work.h"

struct qk_session {
    pthread_mutex_t lock;
    _Atomic(CK_SESSION_HANDLE) handle; /* 0: the place is free */
    uint32_t place;
    qk_session *next_free;
    _Atomic(qk_slot *) slot; /* changes under the lock; C_CloseAllSessions looks without it */
    unsigned log_outs;       /* of the slot, when the call under way began */
    bool rw, owns_objects;
    qk_arena arena; /* of the call under way */
    qk_work works[QK_WORK_COUNT];
    qk_find find;
};

/* Finds a session for the call that begins; qk_session_leave ends it and empties the arena. QK_E_NOT_INITIALIZED,
 * QK_E_NO_SESSION. */
QK_MUST_CHECK qk_err qk_session_enter(CK_SESSION_HANDLE handle, qk_session **out_session);
void qk_session_leave(qk_session **session); /* accepts a pointer to NULL; fits QK_OWNED */

/* A call to HSM or keystore in the name of this session, for an object that is private or not. */
qk_call qk_session_call(qk_session *session, bool is_private);
/* The slot's HSM and keystore. QK_E_NOT_LOGGED_IN if the call failed because the user has logged out meanwhile. */
QK_MUST_CHECK qk_err qk_session_hsm(qk_session *session, const qk_call *call, qk_hsm_method method,
                                    const ProtobufCMessage *request, void **out_response);
QK_MUST_CHECK qk_err qk_session_keystore(qk_session *session, const qk_call *call, qk_keystore_method method,
                                         const ProtobufCMessage *request, void **out_response);

QK_MUST_CHECK qk_err qk_session_open(CK_SLOT_ID slot, CK_FLAGS flags, CK_SESSION_HANDLE *out_handle);
QK_MUST_CHECK qk_err qk_session_close(CK_SESSION_HANDLE handle);
QK_MUST_CHECK qk_err qk_session_close_all(CK_SLOT_ID slot);
QK_MUST_CHECK qk_err qk_session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO *out_info);

CK_STATE qk_session_state(const qk_session *session);
QK_MUST_CHECK qk_err qk_session_validation(CK_SESSION_HANDLE handle, CK_SESSION_VALIDATION_FLAGS_TYPE type,
                                           CK_FLAGS *out_flags);

/* Frees what a session holds, its place apart. Its objects are the caller's matter. */
void qk_session_clear(qk_session *session);

#endif
