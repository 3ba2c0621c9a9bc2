/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the pipeline: what entropy.h's functions share.
 *
 * One pipeline lives at a time. Locks, in the order they may be taken: `settle` (the first start-up tests), an inlet's
 * `turn` (without threads: held while the source reads), `gather` (what was collected, and the conditioner; never held
 * while a source reads), a ring's own. `wake` guards nothing but the conditions. Health is read without any lock.
 *
 * A source may itself need random bytes during its turn (an upstream service's TLS), on the same thread and without
 * threads in the middle of somebody else's draw: `settle` is recursive, a source in its turn is passed over, who is in
 * a turn waits for nobody else's, and a generator is touched only after its seed is in hand. */
#ifndef QK_ENTROPY_PIPELINE_H
#define QK_ENTROPY_PIPELINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/secret.h"
#include "entropy/block_ring.h"
#include "entropy/conditioner.h"
#include "entropy/disk_reserve.h"
#include "entropy/entropy.h"

enum {
    QK_MAX_SOURCES = 32,
    QK_RESEED_AFTER = (1 << 17) / 8, /* bytes. Source: SP 800-90C 5.2.3 */
    QK_SEED_WAIT_MS = 1000,          /* if nothing carries a seed at the moment */
    QK_SEED_POOL = 256,              /* blocks, with threads */
    QK_LEAST_RESERVE = 64 * 1024,    /* bytes, with threads: one answer of `quantum` */
};

/* A source and what was taken from it for the next block. */
typedef struct qk_inlet {
    struct qk_pipeline *pipeline;
    qk_source *source;
    const qk_source_config *config;
    size_t need; /* bytes that carry QK_BLOCK_CREDIT bits as claimed */
    /* under `gather` */
    qk_secret collected;
    size_t have;
    atomic_bool wanting;           /* its queue was found empty: a turn makes sense, whatever the last one said */
    atomic_bool tainted;           /* it failed since the last look: what was collected is thrown away */
    pthread_mutex_t turn;          /* without threads */
    _Atomic(int64_t) next_turn_ms; /* what the last turn said */
    _Atomic(int64_t) spared_ns;    /* it was slow: not asked again before, if others are healthy */
    pthread_t thread;
    bool has_thread;
    /* tap: under `gather` */
    qk_secret tap, tap_input;
    size_t tap_have, tap_input_have;
    uint64_t tapped, tap_stream; /* the stream is another one after a failure or a start-up test */
} qk_inlet;

typedef struct qk_pipeline {
    qk_entropy_config config;
    qk_source_config *default_sources; /* ours to free, if nobody gave any */
    uint64_t instance;                 /* tells this start from an earlier one */
    volatile uint32_t *alive;          /* on a page that a forked child finds empty */
    pid_t owner;
    qk_inlet inlets[QK_MAX_SOURCES]; /* by priority */
    size_t inlet_count;
    uint8_t index_of[QK_MAX_SOURCES]; /* place in inlets of the configuration's nth source */
    uint32_t credited, quantum;       /* masks over inlets */
    atomic_bool settled;              /* the first start-up tests were waited for */
    bool settling;
    int64_t started_ms;
    _Atomic(uint32_t) seen; /* the healthy ones when somebody last looked */
    _Atomic(uint64_t) epoch;
    pthread_mutex_t settle, gather;
    qk_conditioner conditioner;
    uint64_t serial;
    bool spare_quantum; /* the next seed leaves quantum sources to the reserve */
    qk_secret mixed;    /* digest of what callers mixed in; empty: nothing yet */
    int64_t mixed_ms;   /* when generators were last told to reseed for it */
    qk_block_ring seeds, reserve;
    qk_disk_reserve disk;
    qk_secret slot; /* the filler's: a slot for the disk while it is gathered */
    size_t slot_have;
    _Atomic(uint64_t) discards; /* times when everything stored was thrown away */
    uint64_t discarded;         /* the filler's: those it has done its part of */
    qk_secret output_tap;
    size_t output_tap_have;
    uint64_t tap_countdown;
    pthread_mutex_t wake;
    pthread_cond_t progress, demand, filling, stop; /* samples or blocks came; sources shall read; ... blocks be made */
    atomic_bool stopping;
    pthread_t filler;
    bool has_filler;
    _Atomic(uint64_t) conditioned_bytes, reseeds, drawn_bytes[QK_ENTROPY_TYPES];
} qk_pipeline;

/* ---- entropy.c ---- */

/* The pipeline of this process; a forked child that did not start anew has none. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_pipeline_get(qk_pipeline **out_pipeline);

/* ---- inlet.c: health and turns ---- */

/* A bit for each inlet that may give. */
uint32_t qk_pipeline_healthy(const qk_pipeline *pipeline);
/* Is any of these inlets still in its start-up test? */
bool qk_pipeline_starting(const qk_pipeline *pipeline, uint32_t inlets);
/* The source's queue ran empty: its thread reads again. Under `gather`. */
void qk_inlet_want(qk_inlet *inlet);
/* Looks whether a source failed or came back since the last look: then generators reseed. */
void qk_pipeline_observe(qk_pipeline *pipeline);
/* QK_E_NO_RANDOM in words an operator can use. */
qk_err qk_pipeline_no_random(qk_pipeline *pipeline);
/* Without threads: turns every source that is due; waits in each until `deadline` at most. A source whose turns are
 * slow (an instruction that other machines on this processor drain) gets a twentieth of the time. */
void qk_pipeline_turn(qk_pipeline *pipeline, qk_deadline_ms deadline);
/* Without threads: the first start-up tests, waited for. */
void qk_pipeline_settle(qk_pipeline *pipeline);
/* Are they over, or have they taken too long? From then on what is not there is not waited for. */
bool qk_pipeline_settled(qk_pipeline *pipeline);
/* For when no credited source is healthy: waits for the first start-up tests, later looks once more. QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_pipeline_await(qk_pipeline *pipeline);
/* Waits for samples until `deadline`, at most a few milliseconds. */
void qk_pipeline_wait(qk_pipeline *pipeline, qk_deadline_ms deadline);

/* ---- supply.c: conditioned blocks ---- */

/* A fresh block now, or false. `carriers`: mask of inlets of which one must carry it alone. */
bool qk_supply_try(qk_pipeline *pipeline, uint32_t carriers, const char *use, uint8_t out[QK_BLOCK_LEN]);
/* The same, into a ring; false also if that is full. */
bool qk_supply_store(qk_pipeline *pipeline, uint32_t carriers, const char *use, qk_block_ring *ring);
/* A qk_source_cut_off of an inlet: all that is stored goes, and generators reseed. */
void qk_supply_discard(void *inlet);
/* A block now, waiting until `deadline`; QK_E_NO_RANDOM. */
QK_MUST_CHECK qk_err qk_supply_block(qk_pipeline *pipeline, uint32_t carriers, const char *use, qk_deadline_ms deadline,
                                     uint8_t out[QK_BLOCK_LEN]);
/* A block for a generator: from the pool, or made now. */
QK_MUST_CHECK qk_err qk_supply_seed(qk_pipeline *pipeline, uint8_t out[QK_BLOCK_LEN]);
/* What callers mixed in, as additional input for a reseed: 0 or QK_BLOCK_LEN bytes. */
size_t qk_supply_mixed(qk_pipeline *pipeline, uint8_t out[QK_BLOCK_LEN]);
QK_MUST_CHECK qk_err qk_supply_mix(qk_pipeline *pipeline, qk_view seed);

/* ---- tap.c ---- */

enum { QK_TAP_LEN = 64 * 1024, QK_TAP_BURST = 64 };

QK_MUST_CHECK qk_err qk_tap_init(qk_inlet *inlet);
/* Fills the inlet's tap with its share. */
void qk_tap_fill(qk_inlet *inlet);
/* Takes a finished block away for the output's tap, if it is that one's turn: true, and the block is wiped.
 * Under `gather`. */
bool qk_tap_divert(qk_pipeline *pipeline, uint8_t block[QK_BLOCK_LEN]);
bool qk_tap_wants_output(qk_pipeline *pipeline);
/* Puts a block that was made for it, and wipes it. */
void qk_tap_put_output(qk_pipeline *pipeline, uint8_t block[QK_BLOCK_LEN]);

/* ---- threads.c ---- */

QK_MUST_CHECK qk_err qk_pipeline_start_threads(qk_pipeline *pipeline);
void qk_pipeline_stop_threads(qk_pipeline *pipeline);

#endif
