/* SPDX-License-Identifier: Apache-2.0 */
/* Time: a monotonic clock for waiting, the calendar for expiry. */
#ifndef QK_BASE_CLOCK_H
#define QK_BASE_CLOCK_H

#include <stdint.h>

int64_t qk_clock_monotonic_ms(void);
int64_t qk_clock_monotonic_ns(void);
/* Cheaper, and late by up to 10 ms: for ages. */
int64_t qk_clock_coarse_ms(void);
/* Seconds since 1970, UTC. */
int64_t qk_clock_unix_s(void);
/* "2026-11-21T10:33:10.123Z" */
void qk_clock_iso8601(char out[25]);

/* A point of the monotonic clock. -1 means never. */
typedef int64_t qk_deadline_ms;
#define QK_DEADLINE_NEVER ((qk_deadline_ms)-1)
qk_deadline_ms qk_deadline_in(int64_t ms);
/* Milliseconds left, for poll(): 0 if it has passed, -1 if it never does. */
int qk_deadline_left(qk_deadline_ms deadline);

#endif
