/* SPDX-License-Identifier: Apache-2.0 */
/* Which sessions are open, without asking the base: handle -> slot. A hash table in parts with a lock each, so that
 * threads that draw random in their own sessions seldom meet. Any thread.
 *
 * A base may give a handle that it has just closed to another thread's new session before we hear of the closing. So
 * whoever asks the base takes the time first (qk_sessions_now), and what was added later is not removed for it. */
#ifndef QK_WRAPPER_SESSIONS_H
#define QK_WRAPPER_SESSIONS_H

#include <quantoki/pkcs11.h>
#include <stdatomic.h>

#include "base/error.h"

typedef struct qk_sessions qk_sessions;

QK_MUST_CHECK qk_err qk_sessions_new(qk_sessions **out_sessions);
void qk_sessions_free(qk_sessions **sessions);

/* A count of what was ever added, to any table: it goes on when the library is initialised again. */
extern atomic_uint_fast64_t qk_sessions_added;
static inline uint64_t qk_sessions_now(void)
{
    return atomic_load_explicit(&qk_sessions_added, memory_order_acquire);
}

/* QK_E_NO_MEMORY; a handle that is there already is a new session, too. */
QK_MUST_CHECK qk_err qk_sessions_add(qk_sessions *sessions, CK_SESSION_HANDLE handle, CK_SLOT_ID slot);
/* `asked`: the time when the base was asked; newer sessions stay. */
void qk_sessions_remove(qk_sessions *sessions, CK_SESSION_HANDLE handle, uint64_t asked);
void qk_sessions_remove_slot(qk_sessions *sessions, CK_SLOT_ID slot, uint64_t asked);
/* Was it opened, and not closed since? */
bool qk_sessions_has(qk_sessions *sessions, CK_SESSION_HANDLE handle);

#endif
