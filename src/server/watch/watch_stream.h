/* SPDX-License-Identifier: Apache-2.0 */
/* One watched stream of bytes (watch.h): gathers sequences from a tap, tests each, and ends a run with a verdict. Knows
 * neither threads nor the pipeline: the watch gives it the functions below and turns to it again and again. */
#ifndef QK_SERVER_WATCH_STREAM_H
#define QK_SERVER_WATCH_STREAM_H

#include "base/secret.h"
#include "rest/record/test_log.h"

typedef struct qk_watch_stream_ops {
    /* Up to `len` fresh bytes, which nobody else gets; 0: none now. */
    size_t (*tap)(void *context, uint8_t *out, size_t len);
    /* False: the stream has failed or is off. *out_failures counts its failures so far: one more means that what was
     * gathered before it does not count. */
    bool (*usable)(void *context, uint64_t *out_failures);
    /* qk_sp80022_run. */
    qk_err (*test)(qk_view bytes, qk_sp80022_result *out);
    /* A run ended; `bits` are the first of its bytes. */
    void (*ended)(void *context, const qk_test_run *run, qk_view bits);
} qk_watch_stream_ops;

typedef struct qk_watch_stream {
    const qk_watch_stream_ops *ops;
    void *context;
    char name[64];
    size_t sequence_len; /* bytes */
    uint64_t sequences;  /* of a run */
    int64_t interval_ms;
    int64_t pace_ms;          /* between two sequences, apart from the first run and from one after a single miss */
    qk_secret sequence, kept; /* what is being filled; the first bytes of the run */
    size_t filled, kept_len;
    qk_sp80022_judge judge;
    int64_t started_ms, due_ms, next_ms; /* of the run; of its next sequence */
    uint64_t failures;
    bool second; /* this run follows a single miss */
    bool ran;    /* a run has ended */
} qk_watch_stream;

/* Fills in what the caller left: ops, context, name, sequence_len, sequences,
 * interval_ms and pace_ms are set. QK_E_NO_MEMORY.
 */
QK_MUST_CHECK qk_err qk_watch_stream_init(qk_watch_stream *stream, int64_t now_ms);
void qk_watch_stream_done(qk_watch_stream *stream);
/* Takes what there is, and tests at most one sequence. True if something moved, so that another turn makes sense. */
bool qk_watch_stream_turn(qk_watch_stream *stream, int64_t now_ms);

#endif
