/* SPDX-License-Identifier: Apache-2.0 */
/* Threads of the pipeline (quantokid): one turns each source, one keeps the seeds' pool, the reserve and the taps full.
 * They take no signals. */
#include <signal.h>
#include <time.h>

#include "entropy/pipeline.h"

enum { TURN_MS = 1000, PAUSE_MS = 1, RESTART_LOOK_MS = 200, IDLE_MS = 20 };
enum { COSTLY_US = 500, SPARE = 20, SPARE_MOST_MS = 1000 };

static void wait_on(pthread_cond_t *condition, pthread_mutex_t *mutex, int ms)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ms / 1000;
    until.tv_nsec += ms % 1000 * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(condition, mutex, &until);
}

/* Somebody may be waiting for what this turn brought; so may the filler. */
static void tell_progress(qk_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->wake);
    pthread_cond_broadcast(&pipeline->progress);
    pthread_cond_signal(&pipeline->filling);
    pthread_mutex_unlock(&pipeline->wake);
}

/* A short pause always, so that demand cannot make a source spin that has nothing. */
static void rest(qk_inlet *inlet, int ms)
{
    qk_pipeline *pipeline = inlet->pipeline;

    pthread_mutex_lock(&pipeline->wake);
    if (!atomic_load(&pipeline->stopping))
        wait_on(&pipeline->stop, &pipeline->wake, PAUSE_MS);
    if (!atomic_load(&pipeline->stopping) && !atomic_load(&inlet->wanting) && ms > PAUSE_MS)
        wait_on(&pipeline->demand, &pipeline->wake, ms - PAUSE_MS);
    pthread_mutex_unlock(&pipeline->wake);
}

static int64_t thread_cpu_us(void)
{
    struct timespec used;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* A source that costs much processor time, such as RDSEED where machines share it, must not take that from those who
 * answer: it gets a twentieth, whatever is wanted, as long as another source carries what it cannot deliver then. That
 * a reader of quantum hardware is busy is what the hardware is for. */
static int spare_ms(const qk_inlet *inlet, int64_t used_us)
{
    const qk_pipeline *pipeline = inlet->pipeline;
    uint32_t bit = UINT32_C(1) << (inlet - pipeline->inlets);
    int64_t ms = used_us * (SPARE - 1) / 1000;

    if (used_us <= COSTLY_US || (pipeline->quantum & bit) ||
        !(qk_pipeline_healthy(pipeline) & pipeline->credited & ~bit))
        return 0;
    return ms > SPARE_MOST_MS ? SPARE_MOST_MS : (int)ms;
}

static void pause_unless_stopping(qk_pipeline *pipeline, int ms)
{
    pthread_mutex_lock(&pipeline->wake);
    if (!atomic_load(&pipeline->stopping))
        wait_on(&pipeline->stop, &pipeline->wake, ms);
    pthread_mutex_unlock(&pipeline->wake);
}

/* One turn. Milliseconds until the next, -1: not before a restart. */
static int turn_once(qk_inlet *inlet)
{
    int64_t before = thread_cpu_us();
    int wait, spare;

    atomic_store(&inlet->wanting, false);
    wait = qk_source_turn(inlet->source, qk_deadline_in(TURN_MS));
    spare = spare_ms(inlet, thread_cpu_us() - before);
    qk_pipeline_observe(inlet->pipeline);
    qk_tap_fill(inlet);
    tell_progress(inlet->pipeline);
    if (spare > 0)
        pause_unless_stopping(inlet->pipeline, spare);
    return wait;
}

static void *turn_source(void *argument)
{
    qk_inlet *inlet = argument;

    while (!atomic_load(&inlet->pipeline->stopping)) {
        int ms = turn_once(inlet);
        if (ms != 0)
            rest(inlet, ms < 0 || ms > RESTART_LOOK_MS ? RESTART_LOOK_MS : ms);
    }
    return NULL;
}

/* ---- the filler ---- */

/* Memory first: what is on disk comes back before it runs low. */
static bool fill_from_disk(qk_pipeline *pipeline)
{
    qk_block_ring *ring = &pipeline->reserve;
    QK_OWNED(qk_secret_free) qk_secret slot = QK_SECRET_NONE;

    if (qk_block_ring_count(ring) + QK_SLOT_BLOCKS > ring->capacity / 2 || atomic_load(&pipeline->disk.count) == 0 ||
        qk_secret_new(QK_SLOT_LEN, &slot) != QK_OK || !qk_disk_reserve_take(&pipeline->disk, qk_secret_fill(&slot)))
        return false;
    pthread_mutex_lock(&pipeline->gather);
    for (size_t i = 0; i < QK_SLOT_BLOCKS && atomic_load(&pipeline->discards) == pipeline->discarded; i++)
        if (!qk_block_ring_put(ring, qk_secret_fill(&slot) + i * QK_BLOCK_LEN))
            break;
    pthread_mutex_unlock(&pipeline->gather);
    return true;
}

static void forget_slot(qk_pipeline *pipeline)
{
    explicit_bzero(qk_secret_fill(&pipeline->slot), QK_SLOT_LEN);
    pipeline->slot_have = 0;
}

/* What a source that was cut off is in, also on its way to the disk and there. */
static void drop_discarded(qk_pipeline *pipeline)
{
    uint64_t discards = atomic_load(&pipeline->discards);

    if (discards == pipeline->discarded)
        return;
    forget_slot(pipeline);
    qk_disk_reserve_empty(&pipeline->disk);
    pipeline->discarded = discards;
}

static bool make_disk_key(qk_pipeline *pipeline)
{
    uint8_t block[QK_BLOCK_LEN];
    bool made = qk_supply_try(pipeline, pipeline->credited, "disk key", block) &&
                qk_disk_reserve_set_key(&pipeline->disk, block) == QK_OK;

    explicit_bzero(block, sizeof block);
    return made;
}

/* A slot is gathered block by block, and written once it is whole. */
static bool fill_disk(qk_pipeline *pipeline)
{
    if (!qk_disk_reserve_has_room(&pipeline->disk))
        return false;
    if (!qk_disk_reserve_has_key(&pipeline->disk))
        return make_disk_key(pipeline);
    if (pipeline->slot_have < QK_SLOT_BLOCKS) {
        if (!qk_supply_try(pipeline, pipeline->quantum, "reserve",
                           qk_secret_fill(&pipeline->slot) + pipeline->slot_have * QK_BLOCK_LEN))
            return false;
        pipeline->slot_have++;
        return true;
    }
    if (!qk_disk_reserve_put(&pipeline->disk, qk_secret_fill(&pipeline->slot)))
        return false;
    forget_slot(pipeline);
    return true;
}

/* With nothing else to do, the output's tap still fills, slowly. */
static bool fill_tap(qk_pipeline *pipeline)
{
    uint8_t block[QK_BLOCK_LEN];

    if (pipeline->config.tap_every == 0 || !qk_tap_wants_output(pipeline))
        return false;
    return qk_supply_try(pipeline, pipeline->credited, "tap", block) && (qk_tap_put_output(pipeline, block), true);
}

/* One round; false if there was nothing to do. */
static bool fill_all(qk_pipeline *pipeline)
{
    bool seeded, reserved, stored;

    drop_discarded(pipeline);
    seeded = qk_supply_store(pipeline, pipeline->credited, "seed", &pipeline->seeds);
    reserved = pipeline->quantum && (qk_supply_store(pipeline, pipeline->quantum, "reserve", &pipeline->reserve) ||
                                     fill_from_disk(pipeline));
    stored = pipeline->quantum && !reserved && fill_disk(pipeline);

    if (reserved)
        tell_progress(pipeline);
    return seeded || reserved || stored;
}

static void idle(qk_pipeline *pipeline)
{
    for (size_t i = 0; i < QK_TAP_BURST && fill_tap(pipeline); i++)
        ;
    pthread_mutex_lock(&pipeline->wake);
    if (!atomic_load(&pipeline->stopping))
        wait_on(&pipeline->filling, &pipeline->wake, IDLE_MS);
    pthread_mutex_unlock(&pipeline->wake);
}

static void *fill_always(void *argument)
{
    qk_pipeline *pipeline = argument;

    while (!atomic_load(&pipeline->stopping))
        if (!fill_all(pipeline))
            idle(pipeline);
    return NULL;
}

/* ---- starting and stopping ---- */

static qk_err start_thread(pthread_t *thread, bool *out_started, void *(*run)(void *), void *argument)
{
    int failure = pthread_create(thread, NULL, run, argument);

    if (failure != 0)
        return qk_fail(QK_E_SYSTEM, "a thread for randomness cannot be started: %s", strerror(failure));
    *out_started = true;
    return QK_OK;
}

static qk_err start_all(qk_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->inlet_count; i++)
        QK_TRY(start_thread(&pipeline->inlets[i].thread, &pipeline->inlets[i].has_thread, turn_source,
                            &pipeline->inlets[i]));
    return start_thread(&pipeline->filler, &pipeline->has_filler, fill_always, pipeline);
}

qk_err qk_pipeline_start_threads(qk_pipeline *pipeline)
{
    sigset_t all, before;
    qk_err err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* they inherit it; a full disk must not end the process (SIGXFSZ) */
    err = start_all(pipeline);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}

void qk_pipeline_stop_threads(qk_pipeline *pipeline)
{
    pthread_mutex_lock(&pipeline->wake);
    atomic_store(&pipeline->stopping, true);
    pthread_cond_broadcast(&pipeline->demand);
    pthread_cond_broadcast(&pipeline->progress);
    pthread_cond_broadcast(&pipeline->filling);
    pthread_cond_broadcast(&pipeline->stop);
    pthread_mutex_unlock(&pipeline->wake);
    for (size_t i = 0; i < pipeline->inlet_count; i++)
        if (pipeline->inlets[i].has_thread) {
            qk_source_interrupt(pipeline->inlets[i].source);
            pthread_join(pipeline->inlets[i].thread, NULL);
        }
    if (pipeline->has_filler)
        pthread_join(pipeline->filler, NULL);
}
