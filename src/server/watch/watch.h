/* SPDX-License-Identifier: Apache-2.0 */
/* The watch over the quality of randomness: one thread of low priority that runs SP 800-22 on taps of every
 * source and of the conditioned output, writes the results to the test log, and tells the source.
 *
 * 1. A stream (a source, or the output) is run over at most once in `interval_seconds`. A run gathers tapped bytes,
 *    which nobody else ever gets, sequence by sequence as they come; streams take turns, so none keeps another waiting.
 *    After the first run a stream's sequences are spread over most of the interval, so that the load is even. A source
 *    that is not healthy is left alone, and what was gathered of it is forgotten.
 * 2. Verdicts: a run that misses both goes to the source at once; after a miss of one, a second run on fresh bits
 *    follows immediately. Source: the project's entropy rules, section 10.5; qk_source_judge decides.
 * 3. The bytes of a failing run go to the log, up to 640 KiB of them; everything else is wiped once tested. Buffers are
 *    locked.
 * 4. Stopping waits for the sequence under test, a tenth of a second or so. */
#ifndef QK_SERVER_WATCH_H
#define QK_SERVER_WATCH_H

#include "rest/record/test_log.h"

typedef struct qk_watch qk_watch;

typedef struct qk_watch_config {
    bool enabled;
    uint64_t interval_seconds, sequences;
} qk_watch_config;

/* qk_entropy_start must have run; the log is borrowed. NULL in *out_watch if it is not enabled. */
QK_MUST_CHECK qk_err qk_watch_start(const qk_watch_config *config, qk_test_log *log, qk_watch **out_watch);
/* Stops and joins the thread. */
void qk_watch_stop(qk_watch **watch);

#endif
