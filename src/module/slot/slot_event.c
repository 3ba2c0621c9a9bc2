/* SPDX-License-Identifier: Apache-2.0 */
#include "module/slot/slot_event.h"

#include <pthread.h>
#include <string.h>

#include "base/life.h"

/* Outlives the module, so that a waiter may wake when the module is gone. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static unsigned ends; /* how often C_Finalize was called */

static qk_err not_initialised(const char *words)
{
    return qk_fail(QK_E_NOT_INITIALIZED, "%s", words);
}

/* That the library lives is asked with the lock held: an end that comes later cannot be missed. */
static qk_err wait_locked(void)
{
    unsigned seen = ends;

    if (!qk_life_live())
        return not_initialised("C_Initialize was not called in this process");
    while (ends == seen)
        pthread_cond_wait(&ended, &lock);
    return not_initialised("C_Finalize was called meanwhile");
}

qk_err qk_slot_event_wait(CK_FLAGS flags, const CK_SLOT_ID *out_slot, const void *reserved)
{
    qk_err err;

    if (!qk_life_live())
        return not_initialised("C_Initialize was not called in this process");
    if (!out_slot || reserved || (flags & ~CKF_DONT_BLOCK))
        return qk_fail(QK_E_BAD_ARGUMENT, "no place for the slot, flags that are unknown, or pReserved is not NULL");
    if (flags & CKF_DONT_BLOCK)
        return qk_fail(QK_E_NO_EVENT, "slots never change");
    pthread_mutex_lock(&lock);
    err = wait_locked();
    pthread_mutex_unlock(&lock);
    return err;
}

void qk_slot_event_end(void)
{
    pthread_mutex_lock(&lock);
    ends++;
    pthread_cond_broadcast(&ended);
    pthread_mutex_unlock(&lock);
}

void qk_slot_event_abandon(void)
{
    static const pthread_mutex_t fresh_lock = PTHREAD_MUTEX_INITIALIZER;
    static const pthread_cond_t fresh_cond = PTHREAD_COND_INITIALIZER;

    memcpy(&lock, &fresh_lock, sizeof lock);
    memcpy(&ended, &fresh_cond, sizeof ended);
}
