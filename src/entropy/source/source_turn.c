/* SPDX-License-Identifier: Apache-2.0 */
/* A turn: what the state asks for, one read, the tests, and the result. The lock is held at its ends only, so that
 * nobody who takes samples waits for a device. */
#include "entropy/source/source_inside.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"

enum {
    PROOF = 64,         /* samples read while the queue is full, to see that the source is still there and good */
    FULL_WAIT_MS = 500, /* until the next such */
};

typedef struct turn {
    qk_source *source;
    qk_driver_read read;
    int64_t began_ms;
    unsigned generation;
    bool new_test, full, reopen;
} turn;

/* ---- equal blocks ---- */

static bool equal_blocks(const uint8_t *a, const uint8_t *b)
{
    uint64_t difference = 0, x, y;

    for (size_t i = 0; i < SOURCE_BLOCK; i += sizeof x) {
        memcpy(&x, a + i, sizeof x);
        memcpy(&y, b + i, sizeof y);
        difference |= x ^ y;
    }
    return difference == 0;
}

/* True if a block came twice. Only the bits that are the sample count: `mask`. */
static bool repeats(source_repeat *repeat, const uint8_t *samples, size_t len, uint8_t mask)
{
    uint8_t *blocks = qk_secret_fill(&repeat->blocks);

    while (len > 0) {
        uint8_t *current = blocks + repeat->current * SOURCE_BLOCK;
        size_t left = SOURCE_BLOCK - repeat->filled, piece = left < len ? left : len;

        for (size_t i = 0; i < piece; i++)
            current[repeat->filled + i] = samples[i] & mask;
        repeat->filled += piece;
        samples += piece;
        len -= piece;
        if (repeat->filled < SOURCE_BLOCK)
            break;
        if (repeat->comparable && equal_blocks(blocks, blocks + SOURCE_BLOCK))
            return true;
        repeat->filled = 0;
        repeat->current ^= 1;
        repeat->comparable = true;
    }
    return false;
}

static void forget_stream(qk_source *source)
{
    qk_health_reset(&source->health);
    source->repeat.filled = 0;
    source->repeat.comparable = false;
}

/* ---- the device ---- */

static void close_device(qk_source *source)
{
    if (!source->handle)
        return;
    source->driver->close(source->handle);
    source->handle = NULL;
}

static qk_err open_device(qk_source *source, qk_deadline_ms deadline)
{
    if (source->handle)
        return QK_OK;
    forget_stream(source);
    return source->driver->open(&source->config, &source->position, deadline, &source->handle);
}

/* ---- before and after ---- */

/* A quarter of a second's, for devices that come back only with everything that was asked for. */
static size_t chunk_of(const qk_source *source)
{
    uint64_t quarter = source->config.rate / 4;

    if (quarter < source->driver->least_read)
        return source->driver->least_read;
    return quarter < PROOF ? PROOF : quarter > SOURCE_CHUNK ? SOURCE_CHUNK : (size_t)quarter;
}

/* How many samples this turn should read; 0: none. */
static size_t room_for(qk_source *source, turn *t)
{
    const qk_source_machine *machine = &source->machine;
    size_t chunk = chunk_of(source), room = chunk;

    if (machine->state == QK_SOURCE_STARTING && machine->startups_left > 0) {
        t->new_test = machine->startup_samples == 0;
        room = QK_SOURCE_STARTUP_SAMPLES - (size_t)machine->startup_samples;
    } else if (qk_source_is_full(source)) {
        t->full = true;
        return source->driver->costly ? 0 : PROOF;
    } else if (qk_source_ring_free(&source->ring) < room) {
        room = qk_source_ring_free(&source->ring);
    }
    return room < chunk ? room : chunk;
}

/* The turn's, but not beyond the time after which silence is a failure; for a look in passing, now. */
static qk_deadline_ms read_deadline(const qk_source *source, const turn *t, qk_deadline_ms deadline)
{
    qk_deadline_ms latest = qk_deadline_in(t->full ? 0 : (int64_t)source->config.timeout_ms);

    return deadline == QK_DEADLINE_NEVER || deadline > latest ? latest : deadline;
}

/* What qk_source_machine_due says; with 0 the turn is laid out. */
static int plan(qk_source *source, turn *t, qk_deadline_ms deadline)
{
    int due;

    *t = (turn){ .source = source, .began_ms = source->clock_ms() };
    pthread_mutex_lock(&source->lock);
    if (source->first_turn_ms == 0)
        source->first_turn_ms = t->began_ms;
    due = qk_source_machine_due(&source->machine, t->began_ms);
    qk_source_settle(source);
    t->generation = source->generation;
    t->reopen = source->reopen;
    source->reopen = false;
    t->read = (qk_driver_read){ .out = qk_secret_fill(&source->chunk),
                                .room = due == 0 ? room_for(source, t) : 0,
                                .wake_fd = source->wake_fd };
    pthread_mutex_unlock(&source->lock);
    t->read.deadline = read_deadline(source, t, deadline);
    return due;
}

static void count_samples(qk_source *source, uint64_t count)
{
    int64_t second = source->clock_ms() / 1000;
    source_rate_slot *slot = &source->rate[second % SOURCE_RATE_SLOTS];

    if (slot->second != second)
        *slot = (source_rate_slot){ .second = second };
    slot->samples += count;
    source->samples += count;
}

/* A failure of the read that this turn made, unless somebody has restarted or failed the source meanwhile. */
static int fail(turn *t, qk_source_fault fault, int64_t not_before_ms, const char *words)
{
    qk_source *source = t->source;
    int due;

    close_device(source);
    pthread_mutex_lock(&source->lock);
    if (t->generation == source->generation) {
        qk_source_machine *machine = &source->machine;
        qk_source_fail_locked(source, fault, words);
        if (machine->state == QK_SOURCE_ERROR && machine->retry_at < source->clock_ms() + not_before_ms)
            machine->retry_at = source->clock_ms() + not_before_ms;
    }
    due = qk_source_machine_due(&source->machine, source->clock_ms());
    pthread_mutex_unlock(&source->lock);
    return due;
}

static int fail_read(turn *t, qk_err err)
{
    return fail(t, t->read.for_good ? QK_FAULT_PERMANENT : QK_FAULT_AWAY, t->read.retry_after_ms, qk_err_words(err));
}

static int nothing_came(turn *t)
{
    qk_source *source = t->source;
    char words[100];
    bool late = false;

    qk_source_drain_wake(source); /* or the next turn would not wait either */
    pthread_mutex_lock(&source->lock);
    if (t->generation == source->generation)
        late = qk_source_machine_silent(&source->machine, t->began_ms, source->clock_ms(), source->config.timeout_ms);
    pthread_mutex_unlock(&source->lock);
    if (late) {
        snprintf(words, sizeof words, "no samples for %" PRIu64 " ms: is it there, and sending?",
                 source->config.timeout_ms);
        return fail(t, QK_FAULT_AWAY, 0, words);
    }
    return t->full ? FULL_WAIT_MS : 0;
}

static int fail_health(turn *t, const qk_health_finding *finding)
{
    qk_source *source = t->source;
    bool rct = finding->test == QK_HEALTH_RCT;
    const qk_health_limits *limits = &source->limits;
    uint32_t cutoff = rct                  ? finding->permanent ? limits->rct_permanent : limits->rct
                      : finding->permanent ? limits->apt_permanent
                                           : limits->apt;
    char words[160];

    pthread_mutex_lock(&source->lock);
    *(rct ? &source->rct_failures : &source->apt_failures) += 1;
    pthread_mutex_unlock(&source->lock);
    if (rct)
        snprintf(words, sizeof words, "repetition count test failed: one value %u times in a row%s", cutoff,
                 finding->permanent ? ", beyond doubt" : "");
    else
        snprintf(words, sizeof words, "adaptive proportion test failed: one value %u times in %u samples%s", cutoff,
                 limits->window, finding->permanent ? ", beyond doubt" : "");
    return fail(t, finding->permanent ? QK_FAULT_PERMANENT : QK_FAULT_WEAK, 0, words);
}

static int test_and_queue(turn *t)
{
    qk_source *source = t->source;
    qk_driver_read *read = &t->read;
    qk_health_finding finding;

    if (!qk_health_run(&source->health, read->out, read->len, &finding))
        return fail_health(t, &finding);
    if (repeats(&source->repeat, read->out, read->len, (uint8_t)source->health.mask))
        return fail(t, QK_FAULT_WEAK, 0, "the same 512 samples came twice in a row");
    pthread_mutex_lock(&source->lock);
    if (t->generation == source->generation) {
        count_samples(source, read->len);
        if (qk_source_machine_good(&source->machine, read->len, source->clock_ms()))
            qk_source_ring_push(&source->ring, read->out, read->len);
        qk_source_settle(source);
        t->full = qk_source_is_full(source);
    }
    pthread_mutex_unlock(&source->lock);
    return t->full ? FULL_WAIT_MS : 0;
}

int qk_source_turn(qk_source *source, qk_deadline_ms deadline)
{
    turn t;
    int due = plan(source, &t, deadline);
    qk_err err;

    if (due < 0 || t.reopen)
        close_device(source); /* what a bad one has left in the system's buffer goes with it */
    if (due != 0)
        return due;
    if (t.read.room == 0)
        return FULL_WAIT_MS;
    if (t.new_test)
        forget_stream(source);
    err = open_device(source, deadline);
    if (err != QK_OK)
        return fail_read(&t, err);
    atomic_store(&source->reading_since, t.began_ms);
    err = source->driver->read(source->handle, &t.read);
    atomic_store(&source->reading_since, 0);
    due = err != QK_OK ? fail_read(&t, err) : t.read.len == 0 ? nothing_came(&t) : test_and_queue(&t);
    explicit_bzero(t.read.out, t.read.len);
    return due;
}
