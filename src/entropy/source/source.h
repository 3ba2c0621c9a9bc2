/* SPDX-License-Identifier: Apache-2.0 */
/* A noise source: a driver that reads raw samples, the health tests of SP 800-90B on every one of them, and a state.
 *
 * 1. A source is turned (qk_source_turn) by one thread at a time: in quantokid by a thread of its own, in an
 *    application's process inside the call that needs entropy. Taking bytes and asking for the status may happen on any
 *    thread at the same time.
 * 2. Samples go: driver -> tests -> delay line -> queue. The delay line holds back the newest 2 x W samples (W: window
 *    of the adaptive proportion test), so that what came between a fault and its detection never reaches anybody: on a
 *    failure delay line and queue are wiped.
 * 3. Nothing comes out before the start-up test (4096 samples, thrown away) has passed; after an intermittent failure
 *    three start-up tests in a row must pass, the first after 1, 2, 4 ... 60 s; a permanent failure ends only by
 *    qk_source_restart. Source: SP 800-90B, 4.3 and 4.4; the project's entropy rules, sections 3 to 5.
 * 4. Cut-offs follow from the claimed min-entropy and the claimed rate: false alarms once in ten years (health.h).
 * Memory with samples is locked and wiped. */
#ifndef QK_ENTROPY_SOURCE_H
#define QK_ENTROPY_SOURCE_H

#include "base/clock.h"
#include "base/config.h"
#include "base/secret.h"

typedef struct qk_source qk_source;

/* What an operator says of a source: the order is that of the texts in the configuration. Only a healthy source of kind
 * quantum makes answers of type `quantum` possible. */
typedef enum qk_source_kind {
    QK_SOURCE_QUANTUM,  /* quantum hardware */
    QK_SOURCE_PHYSICAL, /* other physical noise: ring oscillators, avalanche diodes, CPU instructions */
    QK_SOURCE_OTHER,    /* the kernel, services, files */
} qk_source_kind;

/* One entry of `entropy.sources`; the rows that read it are in source_config.c. Texts live in the document. */
typedef struct qk_source_config {
    const char *name;     /* letters, digits, "-_."; unique */
    int driver;           /* row of the drivers' table: device, hwrng, kernel, cpu, upstream, file */
    int kind;             /* qk_source_kind; each driver has a default */
    bool enabled;         /* default true */
    const char *path;     /* device, file */
    uint64_t baud;        /* a serial device is set to raw mode at this speed; 0: not serial */
    uint64_t sample_bits; /* 1..8 bits of each byte read are one sample; default 8 */
    double min_entropy;   /* claimed bits per sample; default of the driver, at most sample_bits - 0.2 for 8-bit samples
                             of finished bits */
    uint64_t rate;        /* claimed samples per second, for the false-alarm rate of the tests */
    uint64_t priority;    /* 1 is asked first */
    bool credited;        /* counts towards full entropy; false for what an attacker may see or choose */
    uint64_t timeout_ms;  /* no sample for so long is a failure; default 10000 */
    int statistics;       /* SP 800-22 tap: raw, conditioned, off */
    bool loop;            /* file: starts again at its end, for tests; else the end is a permanent failure */
    /* upstream: an entropy service */
    const char *url, *token_file, *cacert, *signer_key;
    int api; /* qk_entropy_api: how it is asked */
} qk_source_config;

typedef enum qk_source_state {
    QK_SOURCE_OFF,
    QK_SOURCE_STARTING, /* badge Pending */
    QK_SOURCE_ACTIVE,
    QK_SOURCE_SUSPECT, /* serves; one statistical run failed. Badge Active, with a message */
    QK_SOURCE_ERROR,   /* intermittent; comes back by itself. Badge Error */
    QK_SOURCE_FAILED,  /* permanent: operator or restart. Badge Error */
} qk_source_state;

const char *qk_source_state_name(qk_source_state state);  /* "active" */
const char *qk_source_state_badge(qk_source_state state); /* "Active", "Pending", "Error"; "Off" */

enum { QK_SOURCE_MESSAGES = 8 };

typedef struct qk_source_message {
    int64_t unix_s;
    char words[200];
} qk_source_message;

/* A copy of everything one may know of a source. Holds no samples. */
typedef struct qk_source_status {
    char name[64], path[256]; /* path: device, or URL without credentials */
    const char *driver;
    qk_source_kind kind;
    qk_source_state state;
    bool credited;
    double min_entropy; /* claimed, per sample */
    unsigned sample_bits, priority;
    uint64_t samples;          /* tested since start */
    uint64_t bits_per_second;  /* raw, over the last seconds */
    size_t queued;             /* bytes ready to be taken */
    bool overflows;            /* the queue is full and goes on being read: what is taken for tests costs nobody */
    uint64_t errors, startups; /* failures of any kind; start-up tests passed */
    uint32_t rct_cutoff, apt_cutoff, rct_cutoff_permanent, apt_cutoff_permanent, window;
    uint64_t rct_failures, apt_failures;
    size_t message_count; /* newest first */
    qk_source_message messages[QK_SOURCE_MESSAGES];
} qk_source_status;

/* Does not open the device yet. QK_E_CONFIG names what is wrong with the description; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_source_new(const qk_source_config *config, qk_source **out_source);
/* Closes, wipes, frees. Not while another thread is in a turn. */
void qk_source_free(qk_source **source);
/* For the child after fork(): closes descriptors, touches no lock, frees nothing. Leaves NULL. */
void qk_source_abandon(qk_source **source);
/* Stay pending after the start-up test until qk_source_judge has been told of a passed run. Before the first turn. */
void qk_source_set_strict(qk_source *source, bool strict);
/* Called inside qk_source_judge, with no lock held, when a verdict cut off a source that had been serving: what was
 * made from its samples deserves no more trust than they do. Before the first turn. */
typedef void qk_source_cut_off(void *context);
void qk_source_on_cut_off(qk_source *source, qk_source_cut_off *call, void *context);

/* One turn: opens or re-opens the device if it is time, reads what there is (waiting for at most until `deadline`),
 * tests it and queues it. Failures end in the state, never in a return value. Returns the milliseconds after which
 * another turn makes sense (0: at once), for a thread to wait; -1: nothing to do before a restart. */
int qk_source_turn(qk_source *source, qk_deadline_ms deadline);
/* For a thread between turns: sleeps that long (-1: without end), but no longer than until somebody has taken half of
 * the queue, a restart, or qk_source_interrupt:
 *     while (!stopping)
 *         qk_source_wait(source, qk_source_turn(source, qk_deadline_in(1000)));
 * A full queue is no reason not to turn: a few samples are read and tested then, without waiting for them. */
void qk_source_wait(qk_source *source, int ms);
/* Ends a turn or wait under way, or the next one if there is none: for stopping, from another thread. A driver inside
 * the system that cannot be woken (a device that ignores poll) ends when the system lets it. */
void qk_source_interrupt(qk_source *source);

/* True in the states active and suspect. One atomic load. */
bool qk_source_healthy(const qk_source *source);
/* Moves up to `len` bytes of tested samples out of the queue, each once; 0 if the source is not healthy. */
size_t qk_source_take(qk_source *source, uint8_t *out, size_t len);
/* The same for the statistical tests, which under qk_source_set_strict must see samples before the source serves. */
size_t qk_source_tap(qk_source *source, uint8_t *out, size_t len);
/* Min-entropy of that many bytes in thousandths of a bit, as claimed. */
uint64_t qk_source_millibits(const qk_source *source, size_t len);
const qk_source_config *qk_source_config_of(const qk_source *source);
void qk_source_status_get(qk_source *source, qk_source_status *out_status);

/* A statistical run over this source ended. One verdict missed: suspect; in two runs in a row, or both at once: error.
 * Both passed: a suspect source is active again. Cut off, its device is closed and opened anew. `words` say what
 * failed. Source: the project's entropy rules, section 10.5. */
void qk_source_judge(qk_source *source, bool proportion_passed, bool uniformity_passed, const char *words);
/* The operator's command, also for a running one: start-up test on demand. */
void qk_source_restart(qk_source *source);

/* ---- configuration ---- */

/* Reads a list of sources. `list` NULL: the default, kernel and CPU instructions as far as there are any.
 * QK_E_CONFIG with file, line, key. The array is freed by the caller. */
QK_MUST_CHECK qk_err qk_source_configs_read(const qk_config *config, const qk_config_node *list,
                                            qk_source_config **out_configs, size_t *out_count);
extern const qk_config_row qk_source_config_rows[];
extern const size_t qk_source_config_row_count;

#endif
