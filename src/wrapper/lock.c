/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/lock.h"

#include <string.h>
#include <time.h>

#include "base/own_thread.h"

qk_err qk_locking_read(const CK_C_INITIALIZE_ARGS *arguments, qk_locking *out)
{
    int given;

    memset(out, 0, sizeof *out);
    if (!arguments)
        return QK_OK;
    given = !!arguments->CreateMutex + !!arguments->DestroyMutex + !!arguments->LockMutex + !!arguments->UnlockMutex;
    if (given != 0 && given != 4)
        return qk_fail(QK_E_BAD_ARGUMENT, "C_Initialize has %d of the four mutex callbacks", given);
    out->callbacks = given == 4 && !(arguments->flags & CKF_OS_LOCKING_OK);
    out->own = *arguments;
    return QK_OK;
}

static qk_err fail_callback(const char *name, CK_RV rv)
{
    return qk_fail(QK_E_CANT_LOCK, "the application's %s answers 0x%lx", name, rv);
}

qk_err qk_lock_init(qk_lock *lock, const qk_locking *locking)
{
    CK_RV rv;

    memset(lock, 0, sizeof *lock);
    lock->locking = locking;
    if (!locking->callbacks) {
        pthread_mutex_init(&lock->system, NULL);
        return QK_OK;
    }
    rv = locking->own.CreateMutex(&lock->theirs);
    return rv == CKR_OK ? QK_OK : fail_callback("CreateMutex", rv);
}

void qk_lock_done(qk_lock *lock)
{
    if (!lock->locking)
        return;
    if (!lock->locking->callbacks)
        pthread_mutex_destroy(&lock->system);
    else if (lock->theirs)
        lock->locking->own.DestroyMutex(lock->theirs);
    lock->locking = NULL;
}

qk_err qk_lock_take(qk_lock *lock)
{
    CK_RV rv;

    if (!lock->locking->callbacks) {
        pthread_mutex_lock(&lock->system);
        return QK_OK;
    }
    rv = lock->locking->own.LockMutex(lock->theirs);
    return rv == CKR_OK ? QK_OK : fail_callback("LockMutex", rv);
}

/* False: not in time. */
static bool lock_until(pthread_mutex_t *mutex, qk_deadline_ms deadline)
{
#ifdef __SANITIZE_THREAD__ /* its runtime does not know pthread_mutex_clocklock (GCC 12) */
    while (pthread_mutex_trylock(mutex) != 0) {
        if (qk_deadline_left(deadline) == 0)
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
    }
    return true;
#else
    const struct timespec end = { .tv_sec = deadline / 1000, .tv_nsec = deadline % 1000 * 1000000 };

    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &end) == 0;
#endif
}

qk_err qk_lock_take_until(qk_lock *lock, qk_deadline_ms deadline)
{
    bool bounded = !lock->locking->callbacks && deadline != QK_DEADLINE_NEVER, late = false;
    qk_err err = QK_OK;

    qk_own_thread_waits();
    if (bounded)
        late = !lock_until(&lock->system, deadline);
    else
        err = qk_lock_take(lock);
    qk_own_thread_works();
    return late ? qk_fail(QK_E_TIMEOUT, "no random in time: another thread is fetching it still") : err;
}

void qk_lock_give(qk_lock *lock)
{
    if (lock->locking->callbacks)
        lock->locking->own.UnlockMutex(lock->theirs);
    else
        pthread_mutex_unlock(&lock->system);
}
