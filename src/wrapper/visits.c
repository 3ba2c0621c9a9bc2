/* SPDX-License-Identifier: Apache-2.0 */
/* Counters, a cache line each, dealt out to threads in turn: threads that draw random seldom share one. */
#include "wrapper/visits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "base/life.h"

enum { COUNTERS = 16, CACHE_LINE = 64 };

static struct counter {
    _Alignas(CACHE_LINE) atomic_uint visits;
} counters[COUNTERS];

static atomic_uint threads_seen;
static _Thread_local struct counter *own;

static struct counter *counter_of_thread(void)
{
    if (__builtin_expect(!own, 0))
        own = &counters[atomic_fetch_add(&threads_seen, 1) % COUNTERS];
    return own;
}

/* First counted, then asked: whoever ends the library's life and sees no visits after that will see none. */
bool qk_visit_begin(void)
{
    if (__builtin_expect(!qk_life_live(), 0)) /* a page of zeros in a child: nothing else is touched */
        return false;
    atomic_fetch_add(&counter_of_thread()->visits, 1);
    atomic_thread_fence(memory_order_seq_cst);
    if (__builtin_expect(qk_life_live(), 1))
        return true;
    qk_visit_end();
    return false;
}

void qk_visit_end(void)
{
    atomic_fetch_sub_explicit(&own->visits, 1, memory_order_release);
}

int qk_visit_hold(void)
{
    int before;

    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

void qk_visit_release(int before)
{
    pthread_setcancelstate(before, NULL);
}

void qk_visits_await_end(void)
{
    atomic_thread_fence(memory_order_seq_cst);
    for (int i = 0; i < COUNTERS; i++)
        while (atomic_load_explicit(&counters[i].visits, memory_order_acquire) != 0)
            nanosleep(&(struct timespec){ .tv_nsec = 1000 * 1000 }, NULL);
}

void qk_visits_forget(void)
{
    for (int i = 0; i < COUNTERS; i++)
        atomic_store(&counters[i].visits, 0);
}
