/* SPDX-License-Identifier: Apache-2.0 */
/* Session handles: handle → session without a lock.
 *
 * 1. Sessions lie in chunks that are freed by C_Finalize alone, so a stale handle never points to freed memory. A
 *    closed session's place is used again, under another handle.
 * 2. A handle is (number << 20 | place); the number only grows, also across C_Finalize, so handles are never reused.
 * 3. Whoever uses a session holds its lock (qk_session_enter … qk_session_leave): calls on one session take turns,
 *    calls on different sessions do not meet. */
#ifndef QK_MODULE_SESSION_TABLE_H
#define QK_MODULE_SESSION_TABLE_H

#include "p11/attribute.h"

typedef struct qk_session qk_session;
typedef struct qk_slot qk_slot;
typedef struct qk_session_table qk_session_table;

QK_MUST_CHECK qk_err qk_session_table_new(qk_session_table **out_table);
void qk_session_table_free(qk_session_table **table);

/* A free place with its new handle, locked, the rest of it zero. QK_E_SESSION_COUNT, QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_session_table_take(qk_session_table *table, qk_session **out_session);
/* Gives a locked session's place back; its handle is invalid from now on. Unlocks. */
void qk_session_table_give_back(qk_session_table *table, qk_session *session);
/* Finds and locks. QK_E_NO_SESSION. */
QK_MUST_CHECK qk_err qk_session_table_lock(qk_session_table *table, CK_SESSION_HANDLE handle, qk_session **out_session);
/* Returns when every call that was under way in a session has ended, or after `patience_ms`. */
void qk_session_table_await(qk_session_table *table, int patience_ms);
/* Handles of all places, for walking: 0 where no session of the slot is; false past the end. Without locks, so what it
 * says may be over by the time it is read, and nobody waits for other slots' sessions. */
bool qk_session_table_at(qk_session_table *table, size_t place, const qk_slot *slot, CK_SESSION_HANDLE *out_handle);

#endif
