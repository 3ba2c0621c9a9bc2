/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions are open, without asking the base: handle -> slot. A hash table in parts with a lock each, so that
 * threads that draw random in their own sessions seldom meet. Any thread. */
#ifndef QK_WRAPPER_SESSIONS_H
#define QK_WRAPPER_SESSIONS_H

#include <quantoki/pkcs11.h>

#include "base/error.h"

typedef struct qk_sessions qk_sessions;

QK_MUST_CHECK qk_err qk_sessions_new(qk_sessions **out_sessions);
void qk_sessions_free(qk_sessions **sessions);

/* QK_E_NO_MEMORY; a handle that is there already gets the new slot. */
QK_MUST_CHECK qk_err qk_sessions_add(qk_sessions *sessions, CK_SESSION_HANDLE handle, CK_SLOT_ID slot);
void qk_sessions_remove(qk_sessions *sessions, CK_SESSION_HANDLE handle);
void qk_sessions_remove_slot(qk_sessions *sessions, CK_SLOT_ID slot);
bool qk_sessions_has(qk_sessions *sessions, CK_SESSION_HANDLE handle);

#endif
