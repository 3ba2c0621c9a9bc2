/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/refiller.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/own_thread.h"
#include "wrapper/wrapper.h"

enum { FIRST_PAUSE_S = 1, LONGEST_PAUSE_S = 60 };

struct qk_refiller {
    sem_t wake;
    atomic_bool stop;
    bool started;
    pthread_t thread;
    qk_pool_of_random *pool;
    int64_t attempt_ms;
};

qk_err qk_refiller_new(qk_refiller **out_refiller)
{
    qk_refiller *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "background thread");
    sem_init(&it->wake, 0, 0);
    *out_refiller = it;
    return QK_OK;
}

void qk_refiller_wake(void *refiller)
{
    sem_post(&((qk_refiller *)refiller)->wake);
}

static qk_deadline_ms sooner(qk_deadline_ms a, qk_deadline_ms b)
{
    return a == QK_DEADLINE_NEVER || (b != QK_DEADLINE_NEVER && b < a) ? b : a;
}

/* True if somebody woke us until then. */
static bool is_woken(qk_refiller *it, qk_deadline_ms end)
{
    const struct timespec at = { .tv_sec = end / 1000, .tv_nsec = end % 1000 * 1000000 };
    int failed;

    qk_own_thread_waits();
    do
        failed = end == QK_DEADLINE_NEVER ? sem_wait(&it->wake) : sem_clockwait(&it->wake, CLOCK_MONOTONIC, &at);
    while (failed && errno == EINTR);
    qk_own_thread_works();
    return !failed;
}

/* Until the pool is low, or, after a failure, for so long whoever wakes us. What gets too old is wiped meanwhile, which
 * may be what makes the pool low. */
static void rest(qk_refiller *it, int64_t pause_s)
{
    const qk_deadline_ms end = pause_s == 0 ? QK_DEADLINE_NEVER : qk_deadline_in(pause_s * 1000);
    bool woken = false;

    while (!atomic_load(&it->stop) && !(woken && pause_s == 0) && qk_deadline_left(end) != 0) {
        qk_deadline_ms expiry = QK_DEADLINE_NEVER;
        (void)qk_wrapper_leave("refill", qk_pool_of_random_expire(it->pool, &expiry));
        woken = is_woken(it, sooner(end, expiry));
    }
    while (sem_trywait(&it->wake) == 0) /* one filling serves all calls that woke us */
        continue;
}

static void *run(void *arg)
{
    qk_refiller *it = arg;
    int64_t pause_s = 0;

    qk_own_thread_begin();
    while (!atomic_load(&it->stop)) {
        qk_err err = qk_pool_of_random_refill(it->pool, it->attempt_ms);
        if (err == QK_OK)
            pause_s = 0;
        else
            pause_s = pause_s == 0 ? FIRST_PAUSE_S : pause_s * 2 < LONGEST_PAUSE_S ? pause_s * 2 : LONGEST_PAUSE_S;
        (void)qk_wrapper_leave("refill", err);
        rest(it, pause_s);
    }
    qk_own_thread_end();
    return NULL;
}

/* Signals are for the application's threads. */
qk_err qk_refiller_start(qk_refiller *refiller, qk_pool_of_random *pool, int64_t attempt_ms)
{
    sigset_t all, before;
    int failed;

    refiller->pool = pool;
    refiller->attempt_ms = attempt_ms;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&refiller->thread, NULL, run, refiller);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    refiller->started = failed == 0;
    return failed ? qk_fail(QK_E_NO_MEMORY, "the system gives no thread for the background") : QK_OK;
}

void qk_refiller_free(qk_refiller **refiller)
{
    qk_refiller *it = *refiller;

    *refiller = NULL;
    if (!it)
        return;
    if (it->started) {
        atomic_store(&it->stop, true);
        sem_post(&it->wake);
        pthread_join(it->thread, NULL);
    }
    sem_destroy(&it->wake);
    free(it);
}
