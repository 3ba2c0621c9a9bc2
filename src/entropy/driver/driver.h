/* SPDX-License-Identifier: Apache-2.0 */
/* What a source needs of the thing it reads: a row of functions, and defaults for what the operator does not say.
 *
 * Drivers bring bytes and errors; they know nothing of tests and states. An error's words name the device and what can
 * be done. All functions are called by the thread that turns the source, but `abandon`. */
#ifndef QK_ENTROPY_DRIVER_H
#define QK_ENTROPY_DRIVER_H

#include "entropy/source/source.h"

/* One read. */
typedef struct qk_driver_read {
    uint8_t *out;
    size_t room;
    qk_deadline_ms deadline;
    int wake_fd;            /* readable: give up waiting; -1: none */
    size_t len;             /* result: bytes written; 0: none came in time */
    int64_t retry_after_ms; /* result with an error: not before; 0: as usual */
    bool for_good;          /* result with an error: no attempt will mend it */
} qk_driver_read;

typedef struct qk_driver {
    const char *name;
    qk_source_kind kind;
    double min_entropy;
    uint64_t rate; /* samples per second */
    bool credited;
    bool patient;        /* being away is never permanent: the network */
    bool costly;         /* read only what is needed: no samples for the tests alone while the queue is full */
    bool path, url;      /* needs this key */
    const char *no_path; /* where it is if no path is given */
    size_t queue;        /* most bytes queued; 0: by the rate */
    size_t least_read;   /* bytes for which a read is worth it; 0: any */
    /* QK_E_CONFIG if a source described so can never work here. May be NULL. */
    qk_err (*check)(const qk_source_config *config);
    /* *position survives close and open, for what must not be read twice. */
    qk_err (*open)(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline, void **out_handle);
    qk_err (*read)(void *handle, qk_driver_read *read);
    void (*close)(void *handle);
    void (*abandon)(void *handle); /* in a forked child: closes descriptors, frees nothing */
} qk_driver;

/* In the order of qk_driver_names. */
extern const qk_driver *const qk_drivers[];
extern const size_t qk_driver_count;
extern const char *const qk_driver_names[]; /* NULL-terminated: choices of the key `driver` */

enum { QK_DRIVER_DEVICE, QK_DRIVER_HWRNG, QK_DRIVER_KERNEL, QK_DRIVER_CPU, QK_DRIVER_UPSTREAM, QK_DRIVER_FILE };

extern const qk_driver qk_driver_device, qk_driver_hwrng, qk_driver_kernel, qk_driver_cpu, qk_driver_upstream,
    qk_driver_file;

/* Does this processor have the instruction? */
bool qk_driver_cpu_present(void);
/* Waits for `fd` (-1: for the time alone) until the deadline. True if it is readable or broken; false: time is up, or
 * the wake descriptor spoke. */
bool qk_driver_wait(int fd, const qk_driver_read *read);

#endif
