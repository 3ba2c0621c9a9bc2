/* SPDX-License-Identifier: Apache-2.0 */
/* What every C_ function does: gather, call, leave.
 *
 *     QK_ENTRY(C_CloseSession, (CK_SESSION_HANDLE session), qk_session_close(session))
 *
 * defines an exported C_ function from its name, its parameters and the one call that does the work. Around the call
 * errno and the OpenSSL error queue are kept as the host left them, and a failure is logged and becomes a CK_RV. This
 * is the only place where CK_RV exists. A queue that was empty is looked at again after failures only: the crypto room
 * takes out what it overlooked on the way to success (qk_openssl_forget).
 *
 * qk_in and qk_out carry buffers of the application to the inside. */
#ifndef QK_MODULE_ENTRY_H
#define QK_MODULE_ENTRY_H

#include <quantoki/pkcs11.h>

#include "base/bytes.h"

typedef struct qk_visit {
    const char *name;
    int saved_errno;
    bool marked; /* the host has OpenSSL errors */
} qk_visit;

qk_visit qk_visit_begin(const char *name);
CK_RV qk_visit_end(const qk_visit *visit, qk_err err);

#define QK_ENTRY(name, parameters, call)                                                                               \
    __attribute__((visibility("default"))) CK_RV name parameters                                                       \
    {                                                                                                                  \
        qk_visit visit = qk_visit_begin(#name);                                                                        \
        return qk_visit_end(&visit, (call));                                                                           \
    }

/* Where an application wants bytes: a NULL `place` asks for the length alone. */
typedef struct qk_out {
    uint8_t *place;
    CK_ULONG *len; /* in: room; out: bytes written or needed */
} qk_out;

static inline qk_view qk_in(const void *data, CK_ULONG len)
{
    return qk_view_of(data, len);
}

static inline qk_out qk_out_to(void *place, CK_ULONG *len)
{
    return (qk_out){ place, len };
}

/* A length without a place, or one that nothing can have: QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_in_check(qk_view in);
/* No place for the length: QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_out_check(qk_out out);
/* Copies the result out. QK_E_BUFFER_SMALL (the length needed is told) if it does not fit. */
QK_MUST_CHECK qk_err qk_out_give(qk_out out, qk_view result);

#endif
