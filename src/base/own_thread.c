/* SPDX-License-Identifier: Apache-2.0 */
/* `at_work` and `ends` are each written before the other is read: either the handler sees a thread at work and waits
 * for it, or the thread sees the end and stays where it is. */
#include "base/own_thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 5000 /* for computing alone: a busy machine, a debugger */ };

static atomic_int at_work;
static atomic_bool ends;
static _Atomic(pid_t) owner; /* who asked: a child has none of its parent's threads */
static _Thread_local bool is_ours;

static void process_ends(void)
{
    if (atomic_load(&owner) != getpid())
        return;
    atomic_store(&ends, true);
    for (int waited_ms = 0; atomic_load(&at_work) > 0 && waited_ms < PATIENCE_MS; waited_ms++)
        nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

static void watch_once(void)
{
    (void)atexit(process_ends); /* cannot help it if there is no memory for it */
}

void qk_own_threads_watch(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, watch_once);
    atomic_store(&owner, getpid()); /* here, for a thread that has not begun when the process ends */
}

bool qk_process_ends(void)
{
    return atomic_load(&ends);
}

void qk_own_thread_begin(void)
{
    is_ours = true;
    qk_own_thread_works();
}

void qk_own_thread_end(void)
{
    qk_own_thread_waits();
    is_ours = false;
}

void qk_own_thread_waits(void)
{
    if (is_ours)
        atomic_fetch_sub(&at_work, 1);
}

void qk_own_thread_works(void)
{
    if (!is_ours)
        return;
    atomic_fetch_add(&at_work, 1);
    if (!atomic_load(&ends))
        return;
    atomic_fetch_sub(&at_work, 1);
    for (;;)
        pause();
}

void qk_own_threads_forget(void)
{
    atomic_store(&at_work, 0);
    atomic_store(&ends, false);
}
