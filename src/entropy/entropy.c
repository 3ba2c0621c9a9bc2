/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline's life: who is alive, building, starting and stopping. */
#include "entropy/entropy.h"

#include <stdlib.h>
#include <strings.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/log.h"
#include "entropy/driver/driver.h"
#include "entropy/pipeline.h"
#include "entropy/generator/provider.h"

#define ALIVE UINT32_C(0x71656e74)

static _Atomic(qk_pipeline *) current;
static _Atomic(uint64_t) instances;

/* What a forked child leaks on purpose, kept in sight of leak checkers. */
static qk_pipeline *abandoned __attribute__((used));

/* ---- who is alive ---- */

/* A page that is empty in a forked child; without it (old kernel) the process id tells. */
static void make_page(qk_pipeline *pipeline)
{
    size_t len = (size_t)sysconf(_SC_PAGESIZE);
    void *page = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    pipeline->owner = getpid();
    if (page == MAP_FAILED)
        return;
    if (madvise(page, len, MADV_WIPEONFORK) != 0) {
        munmap(page, len);
        return;
    }
    pipeline->alive = page;
    *pipeline->alive = ALIVE;
}

static bool is_alive(const qk_pipeline *pipeline)
{
    return pipeline->alive ? *pipeline->alive == ALIVE : pipeline->owner == getpid();
}

/* In a child the queues of the sources are wiped and their threads do not exist: nothing of it may be used. */
qk_err qk_pipeline_get(qk_pipeline **out_pipeline)
{
    qk_pipeline *pipeline = atomic_load_explicit(&current, memory_order_acquire);

    if (!pipeline)
        return qk_fail(QK_E_NO_RANDOM, "randomness was asked for before it was started");
    if (!is_alive(pipeline))
        return qk_fail(QK_E_NO_RANDOM, "this process was forked and has not started anew");
    *out_pipeline = pipeline;
    return QK_OK;
}

bool qk_entropy_started(void)
{
    qk_pipeline *pipeline = atomic_load(&current);
    return pipeline && is_alive(pipeline);
}

/* ---- building ---- */

static void init_locks(qk_pipeline *pipeline)
{
    pthread_mutexattr_t recursive;
    pthread_condattr_t monotonic;
    pthread_cond_t *conditions[] = { &pipeline->progress, &pipeline->demand, &pipeline->filling, &pipeline->stop };

    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&pipeline->settle, &recursive);
    pthread_mutexattr_destroy(&recursive);
    for (size_t i = 0; i < QK_MAX_SOURCES; i++)
        pthread_mutex_init(&pipeline->inlets[i].turn, NULL);
    pthread_mutex_init(&pipeline->gather, NULL);
    pthread_mutex_init(&pipeline->wake, NULL);
    pthread_condattr_init(&monotonic); /* the calendar may jump */
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    for (size_t i = 0; i < sizeof conditions / sizeof conditions[0]; i++)
        pthread_cond_init(conditions[i], &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void done_locks(qk_pipeline *pipeline)
{
    pthread_mutex_destroy(&pipeline->settle);
    for (size_t i = 0; i < QK_MAX_SOURCES; i++)
        pthread_mutex_destroy(&pipeline->inlets[i].turn);
    pthread_mutex_destroy(&pipeline->gather);
    pthread_mutex_destroy(&pipeline->wake);
    pthread_cond_destroy(&pipeline->progress);
    pthread_cond_destroy(&pipeline->demand);
    pthread_cond_destroy(&pipeline->filling);
    pthread_cond_destroy(&pipeline->stop);
}

static void free_pipeline(qk_pipeline **pipeline)
{
    qk_pipeline *gone = *pipeline;

    *pipeline = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < gone->inlet_count; i++) {
        qk_source_free(&gone->inlets[i].source);
        qk_secret_free(&gone->inlets[i].collected);
        qk_secret_free(&gone->inlets[i].tap);
        qk_secret_free(&gone->inlets[i].tap_input);
    }
    qk_block_ring_done(&gone->seeds);
    qk_block_ring_done(&gone->reserve);
    qk_disk_reserve_done(&gone->disk);
    qk_secret_free(&gone->slot);
    qk_secret_free(&gone->mixed);
    qk_secret_free(&gone->output_tap);
    qk_conditioner_done(&gone->conditioner);
    done_locks(gone);
    if (gone->alive)
        munmap((void *)(uintptr_t)gone->alive, (size_t)sysconf(_SC_PAGESIZE));
    free(gone->default_sources);
    free(gone);
}

/* Bytes of a source that carry a block as claimed, and no more than its queue can be expected to hold. */
static qk_err needed_bytes(const qk_source *source, const char *name, size_t *out)
{
    enum { MANY = 4096, MOST = 16 * 1024 };
    uint64_t millibits = qk_source_millibits(source, MANY);
    uint64_t need;

    if (millibits == 0)
        return qk_fail(QK_E_CONFIG, "source %s: a min_entropy of nothing makes no source", name);
    need = (UINT64_C(1000) * QK_BLOCK_CREDIT * MANY + millibits - 1) / millibits;
    if (need > MOST)
        return qk_fail(QK_E_CONFIG, "source %s: min_entropy is too small; %d bytes must carry %d bits", name, MOST,
                       QK_BLOCK_CREDIT);
    *out = (size_t)need;
    return QK_OK;
}

enum { STATISTICS_OFF = 2 };

/* A source that waits for a run nobody makes would stay pending for ever. */
static qk_err check_strict(const qk_entropy_config *config, const qk_source_config *source)
{
    if (!config->strict_start || !source->enabled)
        return QK_OK;
    if (!config->threads)
        return qk_fail(QK_E_CONFIG, "entropy.strict_start: statistical runs are made by the server alone; remove it");
    if (!config->judged)
        return qk_fail(QK_E_CONFIG, "entropy.strict_start: no source would ever start while statistics.enabled is off");
    if (source->statistics == STATISTICS_OFF)
        return qk_fail(QK_E_CONFIG,
                       "entropy.strict_start: source %s would never start; set its `statistics` to raw or "
                       "conditioned",
                       source->name);
    return QK_OK;
}

static qk_err open_inlet(qk_pipeline *pipeline, const qk_source_config *config, bool taps)
{
    qk_inlet *inlet = &pipeline->inlets[pipeline->inlet_count++];
    uint32_t bit = UINT32_C(1) << (inlet - pipeline->inlets);

    inlet->pipeline = pipeline;
    QK_TRY(check_strict(&pipeline->config, config));
    QK_TRY(qk_source_new(config, &inlet->source));
    qk_source_set_strict(inlet->source, pipeline->config.strict_start);
    qk_source_on_cut_off(inlet->source, qk_supply_discard, inlet);
    inlet->config = qk_source_config_of(inlet->source);
    QK_TRY(needed_bytes(inlet->source, inlet->config->name, &inlet->need));
    QK_TRY(qk_secret_new(inlet->need, &inlet->collected));
    if (taps)
        QK_TRY(qk_tap_init(inlet));
    if (inlet->config->credited && inlet->config->enabled)
        pipeline->credited |= bit;
    if (inlet->config->kind == QK_SOURCE_QUANTUM && inlet->config->enabled && inlet->config->credited)
        pipeline->quantum |= bit;
    return QK_OK;
}

/* TLS draws from here: a service behind it cannot be what the first draw waits for. */
static qk_err check_first_seed(const qk_pipeline *pipeline)
{
    const char *name = NULL;

    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        const qk_source_config *config = pipeline->inlets[i].config;
        if (!(pipeline->credited >> i & 1))
            continue;
        if (config->driver != QK_DRIVER_UPSTREAM || strncasecmp(config->url, "https:", 6) != 0)
            return QK_OK;
        name = config->name;
    }
    if (!name)
        return QK_OK;
    return qk_fail(QK_E_CONFIG,
                   "source %s cannot be the only credited one: to ask over https takes random already; add a source of "
                   "this machine, such as the kernel",
                   name);
}

/* Inlets lie in order of priority, and of the configuration where that is equal. */
static qk_err open_inlets(qk_pipeline *pipeline)
{
    const qk_entropy_config *config = &pipeline->config;
    bool opened[QK_MAX_SOURCES] = { false };

    if (config->source_count > QK_MAX_SOURCES)
        return qk_fail(QK_E_CONFIG, "%zu sources of randomness; at most %d can be had", config->source_count,
                       QK_MAX_SOURCES);
    for (size_t place = 0; place < config->source_count; place++) {
        size_t first = config->source_count;
        for (size_t i = 0; i < config->source_count; i++)
            if (!opened[i] &&
                (first == config->source_count || config->sources[i].priority < config->sources[first].priority))
                first = i;
        opened[first] = true;
        pipeline->index_of[first] = (uint8_t)place;
        QK_TRY(open_inlet(pipeline, &config->sources[first], config->threads));
    }
    return check_first_seed(pipeline);
}

static qk_err make_stores(qk_pipeline *pipeline)
{
    const qk_entropy_config *config = &pipeline->config;
    uint64_t reserve = config->reserve > QK_LEAST_RESERVE ? config->reserve : QK_LEAST_RESERVE;

    QK_TRY(qk_block_ring_init(&pipeline->seeds, config->threads ? QK_SEED_POOL : 0));
    QK_TRY(qk_block_ring_init(&pipeline->reserve,
                              config->threads && pipeline->quantum ? (size_t)reserve / QK_BLOCK_LEN : 0));
    qk_disk_reserve_init(&pipeline->disk, config->threads && pipeline->quantum ? config->reserve_file : NULL,
                         config->reserve_file_size);
    if (!config->threads)
        return QK_OK;
    QK_TRY(qk_secret_new(QK_SLOT_LEN, &pipeline->slot));
    return qk_secret_new(QK_TAP_LEN, &pipeline->output_tap);
}

static qk_err make_pipeline(const qk_entropy_config *config, qk_pipeline **out_pipeline)
{
    QK_OWNED(free_pipeline) qk_pipeline *pipeline = calloc(1, sizeof *pipeline);

    if (!pipeline)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the sources of randomness");
    init_locks(pipeline);
    pipeline->started_ms = qk_clock_monotonic_ms();
    pipeline->instance = atomic_fetch_add(&instances, 1) + 1;
    if (config)
        pipeline->config = *config;
    if (!config || config->source_count == 0) {
        QK_TRY(qk_source_configs_read(NULL, NULL, &pipeline->default_sources, &pipeline->config.source_count));
        pipeline->config.sources = pipeline->default_sources;
    }
    if (!pipeline->config.threads)
        pipeline->config.tap_every = 0; /* nobody runs tests there */
    pipeline->tap_countdown = pipeline->config.tap_every;
    make_page(pipeline);
    QK_TRY(qk_conditioner_init(&pipeline->conditioner));
    QK_TRY(open_inlets(pipeline));
    pipeline->config.sources = NULL; /* the caller's; each source has its own copy */
    QK_TRY(make_stores(pipeline));
    *out_pipeline = pipeline;
    pipeline = NULL;
    return QK_OK;
}

/* ---- starting and stopping ---- */

static qk_err run(qk_pipeline *pipeline)
{
    QK_TRY(qk_provider_install());
    return pipeline->config.threads ? qk_pipeline_start_threads(pipeline) : QK_OK;
}

qk_err qk_entropy_start(const qk_entropy_config *config)
{
    qk_pipeline *pipeline;
    qk_err err;

    if (qk_entropy_started())
        return QK_OK;
    QK_TRY(make_pipeline(config, &pipeline));
    atomic_store(&current, pipeline);
    err = run(pipeline);
    if (err != QK_OK)
        qk_entropy_stop();
    return err;
}

void qk_entropy_stop(void)
{
    qk_pipeline *pipeline = atomic_load(&current);

    if (!pipeline)
        return;
    qk_pipeline_stop_threads(pipeline); /* while it is still there: a source may be drawing */
    atomic_store(&current, NULL);
    free_pipeline(&pipeline);
    qk_provider_release();
}

void qk_entropy_abandon(void)
{
    abandoned = atomic_exchange(&current, NULL);
    for (size_t i = 0; abandoned && i < abandoned->inlet_count; i++)
        qk_source_abandon(&abandoned->inlets[i].source);
    if (abandoned)
        qk_disk_reserve_abandon(&abandoned->disk);
    qk_provider_abandon();
}
