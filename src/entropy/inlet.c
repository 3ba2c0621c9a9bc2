/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "entropy/driver/driver.h"
#include "entropy/pipeline.h"

uint32_t qk_pipeline_healthy(const qk_pipeline *pipeline)
{
    uint32_t mask = 0;

    for (size_t i = 0; i < pipeline->inlet_count; i++)
        if (qk_source_healthy(pipeline->inlets[i].source))
            mask |= UINT32_C(1) << i;
    return mask;
}

void qk_pipeline_observe(qk_pipeline *pipeline)
{
    uint32_t now = qk_pipeline_healthy(pipeline), before = atomic_exchange(&pipeline->seen, now);

    if (now == before)
        return;
    for (size_t i = 0; i < pipeline->inlet_count; i++)
        if ((before & ~now) >> i & 1)
            atomic_store(&pipeline->inlets[i].tainted, true);
    atomic_fetch_add(&pipeline->epoch, 1);
}

void qk_inlet_want(qk_inlet *inlet)
{
    if (atomic_exchange(&inlet->wanting, true))
        return;
    pthread_mutex_lock(&inlet->pipeline->wake);
    pthread_cond_broadcast(&inlet->pipeline->demand);
    pthread_mutex_unlock(&inlet->pipeline->wake);
}

qk_err qk_pipeline_no_random(qk_pipeline *pipeline)
{
    qk_source_status status;

    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        if (!(pipeline->credited >> i & 1))
            continue;
        qk_source_status_get(pipeline->inlets[i].source, &status);
        if (qk_source_healthy(pipeline->inlets[i].source))
            return qk_fail(QK_E_NO_RANDOM, "source %s has given too little for a seed; is it slower than configured?",
                           status.name);
        return qk_fail(QK_E_NO_RANDOM, "no source of randomness is healthy; source %s is %s%s%s", status.name,
                       qk_source_state_name(status.state), status.message_count ? ": " : "",
                       status.message_count ? status.messages[0].words : "");
    }
    return qk_fail(QK_E_NO_RANDOM, "no source of randomness is credited; the configuration must have one");
}

enum { SLOW_NS = 100 * 1000, SPARE = 20, SPARE_MOST_NS = 1000 * 1000 * 1000, LATER_WAIT_MS = 20 };

static bool any_credited(const qk_pipeline *pipeline)
{
    return (qk_pipeline_healthy(pipeline) & pipeline->credited) != 0;
}

/* How pressing it is. */
typedef enum turn_pace {
    IN_PASSING,  /* whoever was slow is spared for a while */
    WAITED_FOR,  /* the network alone is: on a busy machine any turn may have been slow */
    LAST_CHANCE, /* not the network at all: the caller's time is over */
} turn_pace;

static bool is_spared(const qk_inlet *inlet, turn_pace pace)
{
    bool network = inlet->config->driver == QK_DRIVER_UPSTREAM;

    if (pace != IN_PASSING && !network)
        return false;
    return any_credited(inlet->pipeline) &&
           (pace == LAST_CHANCE || atomic_load(&inlet->spared_ns) > qk_clock_monotonic_ns());
}

static bool is_due(const qk_inlet *inlet, turn_pace pace)
{
    return (atomic_load(&inlet->next_turn_ms) <= qk_clock_monotonic_ms() || atomic_load(&inlet->wanting)) &&
           !is_spared(inlet, pace);
}

static _Thread_local unsigned turns_under_way;

/* While another thread is in this source's turn (a service far away may take its time), this one goes on with what
 * there is. It waits for the outcome if that decides whether there is anything, unless it is in a turn itself: two
 * would wait for each other. */
static bool get_turn(qk_inlet *inlet)
{
    const qk_pipeline *pipeline = inlet->pipeline;
    bool decides = !any_credited(pipeline) && (pipeline->credited >> (inlet - pipeline->inlets) & 1);

    if (decides && turns_under_way == 0)
        return pthread_mutex_lock(&inlet->turn) == 0;
    return pthread_mutex_trylock(&inlet->turn) == 0;
}

/* False if somebody else is in it. */
static bool turn(qk_inlet *inlet, qk_deadline_ms deadline)
{
    int64_t before, took;
    int wait;

    if (!get_turn(inlet))
        return false;
    before = qk_clock_monotonic_ns();
    turns_under_way++;
    atomic_store(&inlet->wanting, false);
    wait = qk_source_turn(inlet->source, deadline);
    turns_under_way--;
    took = qk_clock_monotonic_ns() - before;
    atomic_store(&inlet->next_turn_ms, wait < 0 ? 0 : qk_clock_monotonic_ms() + wait);
    took = took < SLOW_NS ? 0 : took > SPARE_MOST_NS / SPARE ? SPARE_MOST_NS : took * SPARE;
    atomic_store(&inlet->spared_ns, before + took);
    pthread_mutex_unlock(&inlet->turn);
    return true;
}

/* Who is due; without any healthy source each is asked at each call: an operator may have restarted it meanwhile. True
 * if one of them may have more at once. */
static bool turn_all(qk_pipeline *pipeline, qk_deadline_ms deadline, turn_pace pace)
{
    bool more = false;

    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        qk_inlet *inlet = &pipeline->inlets[i];
        if (is_due(inlet, pace) || !any_credited(pipeline))
            more |= turn(inlet, deadline) && is_due(inlet, pace);
    }
    qk_pipeline_observe(pipeline);
    return more;
}

void qk_pipeline_turn(qk_pipeline *pipeline, qk_deadline_ms deadline)
{
    (void)turn_all(pipeline, deadline, IN_PASSING);
}

static bool is_starting(const qk_inlet *inlet)
{
    qk_source_status status;

    qk_source_status_get(inlet->source, &status);
    return status.state == QK_SOURCE_STARTING;
}

bool qk_pipeline_starting(const qk_pipeline *pipeline, uint32_t inlets)
{
    for (size_t i = 0; i < pipeline->inlet_count; i++)
        if ((inlets >> i & 1) && is_starting(&pipeline->inlets[i]))
            return true;
    return false;
}

/* With threads nobody says when they are through: one is healthy, all have failed, or they had their time. */
bool qk_pipeline_settled(qk_pipeline *pipeline)
{
    if (atomic_load(&pipeline->settled) || !pipeline->config.threads)
        return atomic_load(&pipeline->settled);
    if (!any_credited(pipeline) && qk_pipeline_starting(pipeline, pipeline->credited) &&
        qk_clock_monotonic_ms() - pipeline->started_ms < QK_SEED_WAIT_MS)
        return false;
    atomic_store(&pipeline->settled, true);
    return true;
}

/* In order of priority: each is waited for until one is healthy and credited; those behind it get a moment. */
static void settle(qk_pipeline *pipeline, qk_deadline_ms deadline)
{
    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        qk_deadline_ms moment = qk_deadline_in(LATER_WAIT_MS);
        qk_inlet *inlet = &pipeline->inlets[i];
        while (turn(inlet, any_credited(pipeline) ? moment : deadline) && is_starting(inlet) &&
               qk_deadline_left(any_credited(pipeline) ? moment : deadline) > 0)
            ;
        (void)turn(inlet, qk_deadline_in(0)); /* the start-up's samples were thrown away: now some for the first seed */
    }
    qk_pipeline_observe(pipeline);
}

/* A slow source of high priority shall carry the first seed too, if it can in this time. */
void qk_pipeline_settle(qk_pipeline *pipeline)
{
    if (atomic_load(&pipeline->settled))
        return;
    pthread_mutex_lock(&pipeline->settle);
    if (!atomic_load(&pipeline->settled) && !pipeline->settling) {
        pipeline->settling = true;
        settle(pipeline, qk_deadline_in(QK_SEED_WAIT_MS));
        pipeline->settling = false;
        atomic_store(&pipeline->settled, true);
    }
    pthread_mutex_unlock(&pipeline->settle);
}

qk_err qk_pipeline_await(qk_pipeline *pipeline)
{
    qk_deadline_ms deadline = qk_deadline_in(QK_SEED_WAIT_MS);

    if (!pipeline->config.threads) {
        qk_pipeline_settle(pipeline);
        qk_pipeline_turn(pipeline, qk_deadline_in(0));
    }
    while (!any_credited(pipeline) && !qk_pipeline_settled(pipeline) && qk_deadline_left(deadline) > 0)
        qk_pipeline_wait(pipeline, deadline);
    return any_credited(pipeline) ? QK_OK : qk_pipeline_no_random(pipeline);
}

static void sleep_ms(int ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L }, NULL);
}

static void wait_for_threads(qk_pipeline *pipeline, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += ms * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_mutex_lock(&pipeline->wake);
    pthread_cond_broadcast(&pipeline->demand);
    pthread_cond_timedwait(&pipeline->progress, &pipeline->wake, &until);
    pthread_mutex_unlock(&pipeline->wake);
}

void qk_pipeline_wait(qk_pipeline *pipeline, qk_deadline_ms deadline)
{
    enum { SLICE_MS = 5 };
    int left = qk_deadline_left(deadline);
    int ms = left < 0 || left > SLICE_MS ? SLICE_MS : left;

    if (pipeline->config.threads) {
        wait_for_threads(pipeline, ms);
        return;
    }
    if (!turn_all(pipeline, qk_deadline_in(ms), left == 0 ? LAST_CHANCE : WAITED_FOR))
        sleep_ms(ms < 1 ? 1 : ms);
}
