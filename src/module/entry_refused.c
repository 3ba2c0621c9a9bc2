/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions that every function list has and this module refuses: a row each, with the error they end in. That
 * C_Initialize was not called, or that there is no such session, is said first, as everywhere. */
#include "module/entry.h"
#include "module/module.h"
#include "module/session.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static qk_err refuse(CK_SESSION_HANDLE handle, qk_err err, const char *name, const char *words)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    return qk_fail(err, "%s %s", name, words);
}

static qk_err refuse_events(void)
{
    qk_module *module;

    QK_TRY(qk_module_get(&module));
    return qk_fail(QK_E_NOT_SUPPORTED, "C_WaitForSlotEvent is not supported: slots never change");
}

/* clang-format off */
#define REFUSED(name, parameters, error, words) \
    QK_ENTRY(name, parameters, refuse(session, QK_E_##error, #name, words))

REFUSED(C_GetOperationState, (CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG_PTR state_len),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_SetOperationState, (CK_SESSION_HANDLE session, CK_BYTE_PTR state, CK_ULONG state_len,
                              CK_OBJECT_HANDLE encryption_key, CK_OBJECT_HANDLE authentication_key),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_DigestKey, (CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_SignRecoverInit, (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_SignRecover, (CK_SESSION_HANDLE session, CK_BYTE_PTR data, CK_ULONG data_len, CK_BYTE_PTR signature,
                        CK_ULONG_PTR signature_len),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_VerifyRecoverInit, (CK_SESSION_HANDLE session, CK_MECHANISM_PTR mechanism, CK_OBJECT_HANDLE key),
        NOT_SUPPORTED, "is not supported")
REFUSED(C_VerifyRecover, (CK_SESSION_HANDLE session, CK_BYTE_PTR signature, CK_ULONG signature_len, CK_BYTE_PTR data,
                          CK_ULONG_PTR data_len),
        NOT_SUPPORTED, "is not supported")
QK_ENTRY(C_WaitForSlotEvent, (CK_FLAGS flags, CK_SLOT_ID_PTR slot, CK_VOID_PTR reserved), refuse_events())
REFUSED(C_GetFunctionStatus, (CK_SESSION_HANDLE session), NOT_PARALLEL, "is a relic")
REFUSED(C_CancelFunction, (CK_SESSION_HANDLE session), NOT_PARALLEL, "is a relic")
/* clang-format on */
