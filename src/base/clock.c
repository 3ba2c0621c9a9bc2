/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

int64_t qk_clock_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t qk_clock_monotonic_ms(void)
{
    return qk_clock_monotonic_ns() / 1000000;
}

int64_t qk_clock_coarse_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t qk_clock_unix_s(void)
{
    return (int64_t)time(NULL);
}

void qk_clock_iso8601(char out[25])
{
    struct timespec now;
    struct tm utc;
    char seconds[24];

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out, 25, "%.19s.%03uZ", seconds, (unsigned)(now.tv_nsec / 1000000) % 1000u);
}

qk_deadline_ms qk_deadline_in(int64_t ms)
{
    return ms < 0 ? QK_DEADLINE_NEVER : qk_clock_monotonic_ms() + ms;
}

int qk_deadline_left(qk_deadline_ms deadline)
{
    int64_t left;

    if (deadline == QK_DEADLINE_NEVER)
        return -1;
    left = deadline - qk_clock_monotonic_ms();
    return left <= 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}
