/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a source, shared by source_turn.c (the thread that turns it) and source.c (everybody else). */
#ifndef QK_ENTROPY_SOURCE_INSIDE_H
#define QK_ENTROPY_SOURCE_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "entropy/driver/driver.h"
#include "entropy/source/health.h"
#include "entropy/source/source_ring.h"
#include "entropy/source/source_state.h"

enum {
    SOURCE_CHUNK = 16 * 1024, /* most bytes of one read */
    SOURCE_BLOCK = 512,       /* two equal ones in a row are a failure */
    SOURCE_RATE_SLOTS = 8,    /* seconds of which the rate is the mean, with the current one */
    SOURCE_TEXTS = 6,
};

typedef struct source_rate_slot {
    int64_t second;
    uint64_t samples;
} source_rate_slot;

/* Equal consecutive blocks: a device that hands out its buffer again, or a pattern whose period divides a block. */
typedef struct source_repeat {
    qk_secret blocks; /* two: the one before and the one being filled */
    size_t filled;
    unsigned current; /* which of the two is being filled */
    bool comparable;  /* there is one before */
} source_repeat;

struct qk_source {
    /* never change after qk_source_new */
    qk_source_config config;
    char *texts[SOURCE_TEXTS]; /* owned copies of those in `config` */
    const qk_driver *driver;
    qk_health_limits limits;
    int64_t (*clock_ms)(void);
    int wake_fd;
    qk_source_cut_off *cut_off; /* set before the first turn */
    void *cut_off_context;

    /* of the turning thread */
    void *handle; /* of the driver; NULL: closed */
    uint64_t position;
    qk_secret chunk;
    qk_health health;
    source_repeat repeat;

    /* under the lock */
    pthread_mutex_t lock;
    qk_source_machine machine;
    qk_source_ring ring;
    unsigned generation; /* counts what makes a read under way worthless: failures, restarts */
    bool reopen;         /* what the device has handed out is not trusted: closed at the next turn */
    bool sleeping;       /* somebody is in qk_source_wait */
    uint64_t samples, rct_failures, apt_failures;
    int64_t first_turn_ms;
    source_rate_slot rate[SOURCE_RATE_SLOTS];

    /* read by anybody */
    atomic_int state;                   /* copy of machine.state */
    atomic_int_least64_t reading_since; /* when the driver's read under way began; 0: none is */
};

/* Takes back what was written to wake it. */
void qk_source_drain_wake(const qk_source *source);

/* All with the lock held. */
/* After every call that may have changed the machine's state: publishes and logs it; wipes what is queued unless the
 * state serves or waits to. */
void qk_source_settle(qk_source *source);
void qk_source_fail_locked(qk_source *source, qk_source_fault fault, const char *words);
bool qk_source_is_full(const qk_source *source);
/* A read that never comes back (a device that ignores poll) must not leave the source healthy. */
void qk_source_notice_stuck_read(qk_source *source);

#endif
