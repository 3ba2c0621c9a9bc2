/* SPDX-License-Identifier: Apache-2.0 */
#include "server/watch/watch_stream.h"

#include <math.h>
#include <time.h>

#include "base/log.h"

enum { KEPT_MOST = 640 * 1024 };

qk_err qk_watch_stream_init(qk_watch_stream *stream, int64_t now_ms)
{
    stream->due_ms = stream->started_ms = now_ms;
    QK_TRY(qk_secret_new(stream->sequence_len, &stream->sequence));
    return qk_secret_new(KEPT_MOST, &stream->kept);
}

void qk_watch_stream_done(qk_watch_stream *stream)
{
    qk_secret_free(&stream->sequence);
    qk_secret_free(&stream->kept);
}

static void forget(qk_watch_stream *stream)
{
    explicit_bzero(qk_secret_fill(&stream->sequence), stream->filled);
    explicit_bzero(qk_secret_fill(&stream->kept), stream->kept_len);
    stream->filled = stream->kept_len = 0;
    stream->judge = (qk_sp80022_judge){ 0 };
}

/* ---- a sequence ---- */

static bool gather(qk_watch_stream *stream)
{
    size_t got = stream->ops->tap(stream->context, qk_secret_fill(&stream->sequence) + stream->filled,
                                  stream->sequence_len - stream->filled);

    stream->filled += got;
    return got > 0;
}

static void keep(qk_watch_stream *stream)
{
    size_t room = KEPT_MOST - stream->kept_len;
    size_t len = stream->filled < room ? stream->filled : room;

    memcpy(qk_secret_fill(&stream->kept) + stream->kept_len, qk_secret_fill(&stream->sequence), len);
    stream->kept_len += len;
}

static void test_sequence(qk_watch_stream *stream)
{
    qk_sp80022_result result;
    qk_err err = stream->ops->test(qk_secret_reveal(&stream->sequence), &result);

    if (err == QK_OK) {
        qk_sp80022_judge_add(&stream->judge, &result);
        keep(stream);
    } else {
        qk_log_failure(QK_LOG_WARNING, err, "op=statistics stream=%s", stream->name);
    }
    explicit_bzero(qk_secret_fill(&stream->sequence), stream->filled);
    explicit_bzero(&result, sizeof result);
    stream->filled = 0;
}

/* ---- a run ---- */

static double unix_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double least_of(const double values[QK_SP80022_TESTS])
{
    double least = 1;

    for (size_t i = 0; i < QK_SP80022_TESTS; i++)
        least = fmin(least, values[i]); /* fmin passes NaN over */
    return least;
}

/* A single miss is followed by a second run at once, which decides. Source: the project's entropy rules, 10.5. */
static void plan_next(qk_watch_stream *stream, const qk_sp80022_verdict *verdict, int64_t now_ms)
{
    bool single_miss = verdict->nist_all_passed != verdict->uniformity_all_passed;

    stream->second = single_miss && !stream->second;
    stream->due_ms = stream->second ? now_ms : stream->started_ms + stream->interval_ms;
    stream->ran = true;
}

static void end_run(qk_watch_stream *stream, int64_t now_ms)
{
    qk_test_run run;

    memset(&run, 0, sizeof run);
    memcpy(run.source, stream->name, sizeof run.source);
    run.unix_s = unix_now();
    run.sequences = stream->judge.sequences;
    qk_sp80022_judge_verdict(&stream->judge, &run.verdict);
    run.least_uniformity = least_of(run.verdict.test_uniformity);
    stream->ops->ended(stream->context, &run, qk_view_slice(qk_secret_reveal(&stream->kept), 0, stream->kept_len));
    plan_next(stream, &run.verdict, now_ms);
    forget(stream);
}

static bool may_go_on(qk_watch_stream *stream)
{
    uint64_t failures = stream->failures;
    bool usable = stream->ops->usable(stream->context, &failures);

    if (!usable || failures != stream->failures) {
        forget(stream);
        stream->second = false;
    }
    stream->failures = failures;
    return usable;
}

bool qk_watch_stream_turn(qk_watch_stream *stream, int64_t now_ms)
{
    if (now_ms < stream->due_ms || now_ms < stream->next_ms || !may_go_on(stream))
        return false;
    if (stream->judge.sequences == 0 && stream->filled == 0)
        stream->started_ms = now_ms;
    if (!gather(stream))
        return false;
    if (stream->filled == stream->sequence_len) {
        test_sequence(stream);
        stream->next_ms = now_ms + (stream->ran && !stream->second ? stream->pace_ms : 0);
    }
    if (stream->judge.sequences == stream->sequences)
        end_run(stream, now_ms);
    return true;
}
