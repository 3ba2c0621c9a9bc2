/* SPDX-License-Identifier: Apache-2.0 */
/* A source for everybody but the thread that turns it (source_turn.c): life, samples, orders.
 * What it tells of itself is in source_status.c. */
#include "entropy/source/source.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "entropy/source/source_config.h"
#include "entropy/source/source_inside.h"
#include "entropy/source/source_testing.h"

enum {
    QUEUE_LEAST = 16 * 1024,
    QUEUE_MOST = 1024 * 1024,
    READ_GRACE_MS = 1000, /* a driver may come back a little after the time in which a sample was due */
};

/* ---- life ---- */

static size_t queue_size(const qk_source_config *config, const qk_driver *driver)
{
    if (driver->queue)
        return driver->queue;
    return config->rate < QUEUE_LEAST ? QUEUE_LEAST : config->rate > QUEUE_MOST ? QUEUE_MOST : (size_t)config->rate;
}

/* The texts of the configuration live as long as the source, whatever becomes of the document. */
static qk_err own_texts(qk_source *source)
{
    qk_source_config *config = &source->config;
    const char **texts[SOURCE_TEXTS] = { &config->name,       &config->path,   &config->url,
                                         &config->token_file, &config->cacert, &config->signer_key };

    for (size_t i = 0; i < SOURCE_TEXTS; i++) {
        if (!*texts[i])
            continue;
        source->texts[i] = strdup(*texts[i]);
        if (!source->texts[i])
            return qk_fail(QK_E_NO_MEMORY, "entropy source: no memory");
        *texts[i] = source->texts[i];
    }
    return QK_OK;
}

static qk_err make_parts(qk_source *source)
{
    const qk_source_config *config = &source->config;

    QK_TRY(own_texts(source));
    qk_health_limits_for(config->min_entropy, (unsigned)config->sample_bits, config->rate, &source->limits);
    qk_health_init(&source->health, &source->limits, (unsigned)config->sample_bits);
    QK_TRY(qk_secret_new(SOURCE_CHUNK, &source->chunk));
    QK_TRY(qk_secret_new(2 * SOURCE_BLOCK, &source->repeat.blocks));
    QK_TRY(qk_source_ring_init(&source->ring, queue_size(config, source->driver), 2 * source->limits.window));
    source->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (source->wake_fd < 0)
        return qk_fail(QK_E_SYSTEM, "entropy source %s: eventfd: %s", config->name, strerror(errno));
    return QK_OK;
}

qk_err qk_source_new_with_driver(const qk_source_config *config, const qk_driver *driver, int64_t (*clock_ms)(void),
                                 qk_source **out_source)
{
    QK_OWNED(qk_source_free) qk_source *source = calloc(1, sizeof *source);

    if (!source)
        return qk_fail(QK_E_NO_MEMORY, "entropy source: no memory");
    source->wake_fd = -1;
    pthread_mutex_init(&source->lock, NULL);
    source->config = *config;
    source->driver = driver;
    source->clock_ms = clock_ms;
    qk_source_machine_init(&source->machine, config->enabled);
    source->machine.patient = driver->patient;
    atomic_store(&source->state, (int)source->machine.state);
    QK_TRY(make_parts(source));
    *out_source = source;
    source = NULL;
    return QK_OK;
}

qk_err qk_source_new(const qk_source_config *config, qk_source **out_source)
{
    QK_TRY(qk_source_config_check(config));
    return qk_source_new_with_driver(config, qk_drivers[config->driver], qk_clock_monotonic_ms, out_source);
}

void qk_source_free(qk_source **out_source)
{
    qk_source *source = *out_source;

    *out_source = NULL;
    if (!source)
        return;
    if (source->handle)
        source->driver->close(source->handle);
    if (source->wake_fd >= 0)
        close(source->wake_fd);
    qk_secret_free(&source->chunk);
    qk_secret_free(&source->repeat.blocks);
    qk_source_ring_done(&source->ring);
    pthread_mutex_destroy(&source->lock);
    for (size_t i = 0; i < SOURCE_TEXTS; i++)
        free(source->texts[i]);
    explicit_bzero(&source->health, sizeof source->health);
    free(source);
}

void qk_source_abandon(qk_source **out_source)
{
    qk_source *source = *out_source;

    *out_source = NULL;
    if (!source)
        return;
    if (source->handle)
        source->driver->abandon(source->handle);
    source->handle = NULL;
    if (source->wake_fd >= 0)
        close(source->wake_fd);
    source->wake_fd = -1;
}

void qk_source_set_strict(qk_source *source, bool strict)
{
    pthread_mutex_lock(&source->lock);
    source->machine.strict = strict;
    pthread_mutex_unlock(&source->lock);
}

void qk_source_on_cut_off(qk_source *source, qk_source_cut_off *call, void *context)
{
    source->cut_off = call;
    source->cut_off_context = context;
}

/* ---- shared with the turns ---- */

static bool serves(qk_source_state state)
{
    return state == QK_SOURCE_ACTIVE || state == QK_SOURCE_SUSPECT;
}

void qk_source_settle(qk_source *source)
{
    qk_source_state state = source->machine.state;
    bool better = state == QK_SOURCE_STARTING || state == QK_SOURCE_ACTIVE;
    const qk_source_message *newest = &source->machine.messages[0];

    if ((qk_source_state)atomic_load(&source->state) == state)
        return;
    atomic_store(&source->state, (int)state);
    if (state == QK_SOURCE_ERROR || state == QK_SOURCE_FAILED)
        qk_source_ring_empty(&source->ring);
    qk_log(better ? QK_LOG_INFO : QK_LOG_WARNING, "op=source name=%s state=%s%s%s%s", source->config.name,
           qk_source_state_name(state), better ? "" : " words=\"", better ? "" : newest->words, better ? "" : "\"");
}

void qk_source_fail_locked(qk_source *source, qk_source_fault fault, const char *words)
{
    source->generation++;
    qk_source_ring_empty(&source->ring);
    qk_source_machine_fail(&source->machine, fault, source->clock_ms(), words);
    qk_source_settle(source);
}

bool qk_source_is_full(const qk_source *source)
{
    size_t least = source->driver->least_read;

    return qk_source_ring_free(&source->ring) < (least ? least : 1);
}

void qk_source_notice_stuck_read(qk_source *source)
{
    int64_t since = atomic_load(&source->reading_since);
    qk_source_state state = source->machine.state;

    if (since == 0 || state == QK_SOURCE_ERROR || state == QK_SOURCE_FAILED || state == QK_SOURCE_OFF)
        return;
    if (source->clock_ms() - since > (int64_t)source->config.timeout_ms + READ_GRACE_MS)
        qk_source_fail_locked(source, QK_FAULT_AWAY, "a read does not come back: the device is stuck");
}

/* ---- samples ---- */

bool qk_source_healthy(const qk_source *source)
{
    return serves((qk_source_state)atomic_load(&source->state));
}

static void wake(qk_source *source)
{
    uint64_t one = 1;

    if (write(source->wake_fd, &one, sizeof one) != sizeof one)
        return; /* the counter is full: it is awake */
}

/* Has so much been taken that a thread should fill up again? */
static bool is_low(const qk_source *source)
{
    return source->ring.filled < source->ring.memory.len / 2 && !qk_source_is_full(source);
}

static size_t take(qk_source *source, uint8_t *out, size_t len, bool also_pending)
{
    size_t taken = 0;

    pthread_mutex_lock(&source->lock);
    qk_source_notice_stuck_read(source);
    if (serves(source->machine.state) || (also_pending && source->machine.state == QK_SOURCE_STARTING))
        taken = qk_source_ring_take(&source->ring, out, len);
    if (source->sleeping && is_low(source)) {
        source->sleeping = false;
        wake(source);
    }
    pthread_mutex_unlock(&source->lock);
    return taken;
}

size_t qk_source_take(qk_source *source, uint8_t *out, size_t len)
{
    return qk_source_healthy(source) ? take(source, out, len, false) : 0;
}

size_t qk_source_tap(qk_source *source, uint8_t *out, size_t len)
{
    return take(source, out, len, true);
}

uint64_t qk_source_millibits(const qk_source *source, size_t len)
{
    return (uint64_t)len * (uint64_t)floor(source->config.min_entropy * 1000 + 1e-6);
}

const qk_source_config *qk_source_config_of(const qk_source *source)
{
    return &source->config;
}

/* ---- waiting ---- */

void qk_source_drain_wake(const qk_source *source)
{
    uint64_t count;

    if (read(source->wake_fd, &count, sizeof count) < 0)
        return; /* nobody woke it */
}

void qk_source_wait(qk_source *source, int ms)
{
    struct pollfd event = { .fd = source->wake_fd, .events = POLLIN };
    bool low;

    if (ms == 0)
        return;
    pthread_mutex_lock(&source->lock);
    low = (serves(source->machine.state) || source->machine.state == QK_SOURCE_STARTING) && is_low(source);
    source->sleeping = !low;
    pthread_mutex_unlock(&source->lock);
    if (!low)
        poll(&event, 1, ms);
    qk_source_drain_wake(source);
}

void qk_source_interrupt(qk_source *source)
{
    wake(source);
}

/* ---- orders ---- */

void qk_source_judge(qk_source *source, bool proportion_passed, bool uniformity_passed, const char *words)
{
    bool cut_off;

    pthread_mutex_lock(&source->lock);
    cut_off = serves(source->machine.state);
    if (qk_source_machine_judge(&source->machine, proportion_passed, uniformity_passed, source->clock_ms(), words)) {
        source->generation++;
        source->reopen = true;
        qk_source_ring_empty(&source->ring);
    } else {
        cut_off = false;
    }
    qk_source_settle(source);
    pthread_mutex_unlock(&source->lock);
    if (cut_off && source->cut_off)
        source->cut_off(source->cut_off_context);
}

void qk_source_restart(qk_source *source)
{
    pthread_mutex_lock(&source->lock);
    source->generation++;
    qk_source_ring_empty(&source->ring);
    qk_source_machine_restart(&source->machine);
    qk_source_settle(source);
    pthread_mutex_unlock(&source->lock);
    wake(source);
}
