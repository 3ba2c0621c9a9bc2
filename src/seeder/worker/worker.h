/* SPDX-License-Identifier: Apache-2.0 */
/* The worker: one PKCS #11 library, or another sink, in a process of its own, so that a crash, a hang or an exit() in
 * it harms no other. Does what the supervisor's orders say, one after the other, and knows nothing of schedules and
 * services. */
#ifndef QK_SEEDER_WORKER_H
#define QK_SEEDER_WORKER_H

#include <signal.h>

/* Comes when the supervisor dies: a call that does not return by itself then ends with the process. */
#define QK_SEED_ORPHANED SIGUSR2

/* `address`: as sink.h has it. Serves the orders that come through `fd` until it is told to quit or the supervisor is
 * gone; then logs out, closes, finalises. Returns the exit status. */
int qk_seed_worker_run(const char *address, int fd);

#endif
