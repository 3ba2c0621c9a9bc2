/* SPDX-License-Identifier: Apache-2.0 */
/* A lock of the kind that the application asked for in C_Initialize: none, the system's, or its own callbacks.
 * Source: PKCS #11 3.2, section 5.4 (C_Initialize). */
#ifndef QK_WRAPPER_LOCK_H
#define QK_WRAPPER_LOCK_H

#include <pthread.h>
#include <quantoki/pkcs11.h>

#include "base/clock.h"
#include "base/error.h"

typedef struct qk_locking {
    bool callbacks;
    CK_C_INITIALIZE_ARGS own; /* if callbacks */
} qk_locking;

typedef struct qk_lock {
    const qk_locking *locking;
    pthread_mutex_t system;
    void *theirs;
} qk_lock;

/* What `arguments` (may be NULL) ask for. The system's locks serve where none were asked for, too: they cost little and
 * harm nobody. QK_E_BAD_ARGUMENT for one to three callbacks. */
QK_MUST_CHECK qk_err qk_locking_read(const CK_C_INITIALIZE_ARGS *arguments, qk_locking *out);

/* `locking` is borrowed. QK_E_CANT_LOCK if the application's callback fails. */
QK_MUST_CHECK qk_err qk_lock_init(qk_lock *lock, const qk_locking *locking);
void qk_lock_done(qk_lock *lock);
QK_MUST_CHECK qk_err qk_lock_take(qk_lock *lock);
/* Waits no longer than until the deadline: QK_E_TIMEOUT. But the application's callback takes as long as it takes. */
QK_MUST_CHECK qk_err qk_lock_take_until(qk_lock *lock, qk_deadline_ms deadline);
void qk_lock_give(qk_lock *lock);

#endif
