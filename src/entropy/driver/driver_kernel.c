/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's generator, through getrandom(2): there on every machine, good for what it is, and not physical noise. */
#include <errno.h>
#include <sys/random.h>

#include "entropy/driver/driver.h"

enum { NOT_SEEDED_WAIT_MS = 100 };

static char nothing_to_hold;

static qk_err kernel_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline,
                          void **out_handle)
{
    (void)config;
    (void)position;
    (void)deadline;
    *out_handle = &nothing_to_hold;
    return QK_OK;
}

/* Early at boot the kernel is not seeded yet; this must wait in poll, where it can be woken, and not in the call. */
static qk_err kernel_read(void *handle, qk_driver_read *read)
{
    (void)handle;
    for (;;) {
        ssize_t len = getrandom(read->out, read->room, GRND_NONBLOCK);
        qk_driver_read pause = *read;

        if (len > 0) {
            read->len = (size_t)len;
            return QK_OK;
        }
        if (len < 0 && errno != EAGAIN && errno != EINTR)
            return qk_fail(QK_E_SYSTEM, "getrandom: %s", strerror(errno));
        if (qk_deadline_left(read->deadline) == 0)
            return QK_OK;
        pause.deadline = qk_deadline_in(NOT_SEEDED_WAIT_MS);
        qk_driver_wait(-1, &pause);
        if (read->deadline == QK_DEADLINE_NEVER)
            return QK_OK; /* the caller looks whether it was woken */
    }
}

static void kernel_close(void *handle)
{
    (void)handle;
}

const qk_driver qk_driver_kernel = {
    .name = "kernel",
    .kind = QK_SOURCE_OTHER,
    .min_entropy = 7.8,
    .rate = 400000000,
    .credited = true,
    .queue = 64 * 1024,
    .no_path = "getrandom",
    .open = kernel_open,
    .read = kernel_read,
    .close = kernel_close,
    .abandon = kernel_close,
};
