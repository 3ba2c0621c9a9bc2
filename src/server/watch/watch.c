/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watch/watch.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "entropy/entropy.h"
#include "server/watch/watch_stream.h"

enum { SEQUENCE_LEN = 1 << 17, NICE_BY = 15, LOOK_AGAIN_MS = 250 };

typedef struct watched {
    qk_watch_stream stream;
    qk_watch *watch;
    size_t source; /* index, or QK_ENTROPY_TAP_OUTPUT */
} watched;

struct qk_watch {
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool stopping;
    qk_test_log *log;
    size_t count;
    watched watched[];
};

/* ---- what a stream needs ---- */

static size_t tap(void *context, uint8_t *out, size_t len)
{
    const watched *it = context;
    return qk_entropy_tap(it->source, out, len);
}

static bool source_is_usable(const watched *it, uint64_t *out_failures)
{
    qk_source_status status;

    qk_source_status_get(qk_entropy_source(it->source), &status);
    *out_failures = status.errors + status.startups; /* a restart begins another stream too */
    return status.state != QK_SOURCE_OFF && status.state != QK_SOURCE_ERROR && status.state != QK_SOURCE_FAILED;
}

static bool usable(void *context, uint64_t *out_failures)
{
    const watched *it = context;
    return it->source == QK_ENTROPY_TAP_OUTPUT || source_is_usable(it, out_failures);
}

static void say_what_failed(const qk_test_run *run, char *out, size_t room)
{
    const qk_sp80022_verdict *verdict = &run->verdict;
    size_t len = (size_t)snprintf(out, room, "%u of %u single tests failed%s", verdict->nist_fails,
                                  verdict->nist_passes + verdict->nist_fails,
                                  verdict->uniformity_all_passed ? "" : "; not uniform:");

    for (unsigned i = 0; i < QK_SP80022_TESTS && len < room; i++)
        if (verdict->test_uniformity[i] < 0.0001)
            len += (size_t)snprintf(out + len, room - len, " %s", qk_sp80022_name(i));
}

static void ended(void *context, const qk_test_run *run, qk_view bits)
{
    const watched *it = context;
    const qk_sp80022_verdict *verdict = &run->verdict;
    bool passed = verdict->nist_all_passed && verdict->uniformity_all_passed;
    char words[160];
    qk_err err = qk_test_log_add(it->watch->log, run, bits);

    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=statistics stream=%s", run->source);
    say_what_failed(run, words, sizeof words);
    qk_log(passed ? QK_LOG_INFO : QK_LOG_WARNING,
           "op=statistics stream=%s sequences=%u proportion=%s uniformity=%s words=\"%s\"", run->source, run->sequences,
           verdict->nist_all_passed ? "passed" : "missed", verdict->uniformity_all_passed ? "passed" : "missed", words);
    /* The log has the three standard deviations of the publication, which a perfect source misses in 1 run of 70; twice
     * in a row would cut one off every month. What cuts off is a miss that chance does not explain. */
    if (it->source != QK_ENTROPY_TAP_OUTPUT)
        qk_source_judge(qk_entropy_source(it->source), qk_sp80022_proportions_sound(verdict),
                        verdict->uniformity_all_passed, words);
}

static const qk_watch_stream_ops ops = { .tap = tap, .usable = usable, .test = qk_sp80022_run, .ended = ended };

/* ---- the thread ---- */

/* Not the idle class: on a machine under full load that gets nothing at all, and then nobody would notice a source that
 * has become worse. At this value a run over three streams takes its part of ten minutes beside busy workers. */
static void yield_to_everybody(void)
{
    (void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), NICE_BY);
}

static void rest_a_while(qk_watch *watch)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += LOOK_AGAIN_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&watch->lock);
    while (!atomic_load(&watch->stopping) && pthread_cond_timedwait(&watch->changed, &watch->lock, &until) != ETIMEDOUT)
        ;
    pthread_mutex_unlock(&watch->lock);
}

static void *run_thread(void *arg)
{
    qk_watch *watch = arg;

    yield_to_everybody();
    while (!atomic_load(&watch->stopping)) {
        bool moved = false;
        for (size_t i = 0; i < watch->count && !atomic_load(&watch->stopping); i++)
            moved |= qk_watch_stream_turn(&watch->watched[i].stream, qk_clock_monotonic_ms());
        if (!moved)
            rest_a_while(watch);
    }
    return NULL;
}

/* ---- starting and stopping ---- */

static qk_err add_stream(qk_watch *watch, const qk_watch_config *config, size_t source)
{
    watched *it = &watch->watched[watch->count];
    const char *name = "output";

    if (source != QK_ENTROPY_TAP_OUTPUT)
        name = qk_source_config_of(qk_entropy_source(source))->name;
    it->watch = watch;
    it->source = source;
    it->stream.ops = &ops;
    it->stream.context = it;
    snprintf(it->stream.name, sizeof it->stream.name, "%s", name);
    it->stream.sequence_len = SEQUENCE_LEN;
    it->stream.sequences = config->sequences;
    it->stream.interval_ms = (int64_t)config->interval_seconds * 1000;
    it->stream.pace_ms = it->stream.interval_ms * 3 / 4 / (int64_t)config->sequences;
    watch->count++;
    return qk_watch_stream_init(&it->stream, qk_clock_monotonic_ms());
}

static void init_waiting(qk_watch *watch)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_mutex_init(&watch->lock, NULL);
    pthread_cond_init(&watch->changed, &attributes);
    pthread_condattr_destroy(&attributes);
}

qk_err qk_watch_start(const qk_watch_config *config, qk_test_log *log, qk_watch **out_watch)
{
    size_t sources = qk_entropy_source_count();
    QK_OWNED(qk_watch_stop) qk_watch *watch = NULL;

    if (!config->enabled)
        return QK_OK;
    watch = calloc(1, sizeof *watch + (sources + 1) * sizeof watch->watched[0]);
    if (!watch)
        return qk_fail(QK_E_NO_MEMORY, "watch over %zu sources", sources);
    init_waiting(watch);
    watch->log = log;
    for (size_t i = 0; i < sources; i++)
        QK_TRY(add_stream(watch, config, i));
    QK_TRY(add_stream(watch, config, QK_ENTROPY_TAP_OUTPUT));
    if (pthread_create(&watch->thread, NULL, run_thread, watch) != 0)
        return qk_fail(QK_E_SYSTEM, "watch over randomness: no thread");
    pthread_setname_np(watch->thread, "statistics");
    watch->running = true;
    *out_watch = watch;
    watch = NULL;
    return QK_OK;
}

void qk_watch_stop(qk_watch **watch)
{
    qk_watch *it = *watch;

    *watch = NULL;
    if (!it)
        return;
    pthread_mutex_lock(&it->lock);
    atomic_store(&it->stopping, true);
    pthread_cond_signal(&it->changed);
    pthread_mutex_unlock(&it->lock);
    if (it->running)
        pthread_join(it->thread, NULL);
    for (size_t i = 0; i < it->count; i++)
        qk_watch_stream_done(&it->watched[i].stream);
    pthread_cond_destroy(&it->changed);
    pthread_mutex_destroy(&it->lock);
    free(it);
}
