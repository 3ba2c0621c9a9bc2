/* SPDX-License-Identifier: Apache-2.0 */
/* C_ functions that every function list has and this module refuses: a row each, with the error they end in. That
 * C_Initialize was not called, or that there is no such session, is said first, as everywhere. */
#include "module/entry/entry.h"
#include "module/slot/session.h"

#pragma GCC diagnostic ignored "-Wunused-parameter"

static qk_err refuse(CK_SESSION_HANDLE handle, qk_err err, const char *name, const char *words)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    return qk_fail(err, "%s %s", name, words);
}

/* clang-format off */
#define REFUSED(name, parameters, error, words) \
    QK_ENTRY(name, parameters, refuse(session, QK_E_##error, #name, words))

REFUSED(C_GetFunctionStatus, (CK_SESSION_HANDLE session), NOT_PARALLEL, "is a relic")
REFUSED(C_CancelFunction, (CK_SESSION_HANDLE session), NOT_PARALLEL, "is a relic")

/* The token's flags lack CKF_ASYNC_SESSION_SUPPORTED, and no asynchronous session can be opened. */
#define ASYNC(name, parameters) REFUSED(name, parameters, NOT_SUPPORTED, "needs asynchronous operations")

ASYNC(C_AsyncComplete, (CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ASYNC_DATA_PTR result))
ASYNC(C_AsyncGetID, (CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG_PTR id))
ASYNC(C_AsyncJoin, (CK_SESSION_HANDLE session, CK_UTF8CHAR_PTR function, CK_ULONG id, CK_BYTE_PTR data,
                    CK_ULONG data_len))
/* clang-format on */
