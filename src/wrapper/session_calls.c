/* SPDX-License-Identifier: Apache-2.0 */
/* The base's sessions' functions that we look at on their way, to know which sessions are open. */
#include "wrapper/wrapper.h"

#define ENTRY __attribute__((visibility("default")))

ENTRY CK_RV C_OpenSession(CK_SLOT_ID slot, CK_FLAGS flags, CK_VOID_PTR application, CK_NOTIFY notify,
                          CK_SESSION_HANDLE_PTR session)
{
    CK_RV rv;
    qk_err err;

    if (!qk_life_live())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!qk_wrapper.base.functions.C_OpenSession)
        return CKR_FUNCTION_NOT_SUPPORTED;
    rv = qk_wrapper.base.functions.C_OpenSession(slot, flags, application, notify, session);
    if (rv != CKR_OK || !session) /* without a place for the handle there is nothing to know, whatever the base says */
        return rv;
    if (!qk_visit_begin())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    err = qk_sessions_add(qk_wrapper.sessions, *session, slot);
    qk_visit_end();
    if (err != QK_OK && qk_wrapper.base.functions.C_CloseSession)
        qk_wrapper.base.functions.C_CloseSession(*session);
    return qk_wrapper_leave("C_OpenSession", err);
}

/* Does this answer mean that the session is no more? If the closing failed otherwise, it is open still. */
static bool means_gone(CK_RV rv)
{
    return rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_SESSION_CLOSED || rv == CKR_DEVICE_REMOVED ||
           rv == CKR_TOKEN_NOT_PRESENT;
}

static void forget(CK_SESSION_HANDLE session, uint64_t asked)
{
    if (qk_visit_begin()) {
        qk_sessions_remove(qk_wrapper.sessions, session, asked);
        qk_visit_end();
    }
}

ENTRY CK_RV C_CloseSession(CK_SESSION_HANDLE session)
{
    uint64_t asked = qk_sessions_now();
    CK_RV rv;

    if (!qk_life_live())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!qk_wrapper.base.functions.C_CloseSession)
        return CKR_FUNCTION_NOT_SUPPORTED;
    rv = qk_wrapper.base.functions.C_CloseSession(session);
    if (rv == CKR_OK || means_gone(rv))
        forget(session, asked);
    return rv;
}

ENTRY CK_RV C_CloseAllSessions(CK_SLOT_ID slot)
{
    uint64_t asked = qk_sessions_now();
    CK_RV rv;

    if (!qk_life_live())
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    if (!qk_wrapper.base.functions.C_CloseAllSessions)
        return CKR_FUNCTION_NOT_SUPPORTED;
    rv = qk_wrapper.base.functions.C_CloseAllSessions(slot);
    if ((rv == CKR_OK || rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT) && qk_visit_begin()) {
        qk_sessions_remove_slot(qk_wrapper.sessions, slot, asked);
        qk_visit_end();
    }
    return rv;
}

void qk_sessions_note(CK_SESSION_HANDLE session, CK_RV rv, uint64_t asked)
{
    if (means_gone(rv))
        forget(session, asked);
}
