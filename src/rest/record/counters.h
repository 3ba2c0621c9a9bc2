/* SPDX-License-Identifier: Apache-2.0 */
/* What /metrics tells of requests: counted without locks by every thread, for as long as the process lives.
 *
 * Rows of the table of routes are known by their number; one beyond the last stands for paths that do not exist. Bytes
 * are counted by row and token name; names beyond the first 500 share one series, so that memory is bounded. */
#ifndef QK_REST_COUNTERS_H
#define QK_REST_COUNTERS_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "entropy/entropy.h"

enum { QK_COUNTED_STATUSES = 24, QK_COUNTED_NAMES = 512, QK_LATENCY_BUCKETS = 12 };

/* Upper bounds in microseconds. */
extern const uint64_t qk_latency_bounds_us[QK_LATENCY_BUCKETS];
/* Status of a column; 0: any other. */
extern const int qk_counted_statuses[QK_COUNTED_STATUSES];

typedef struct qk_counted_route {
    atomic_uint_fast64_t requests[QK_COUNTED_STATUSES];
    atomic_uint_fast64_t latency[QK_LATENCY_BUCKETS + 1]; /* not cumulative; the last: slower than all bounds */
    atomic_uint_fast64_t latency_us;
} qk_counted_route;

/* A series of bytes. Taken once, under a lock; read without. */
typedef struct qk_counted_name {
    atomic_bool taken;
    uint32_t route;
    char name[64];
    atomic_uint_fast64_t bytes;
} qk_counted_name;

typedef struct qk_rest_counters {
    atomic_uint_fast64_t draws; /* requests that were answered with entropy */
    atomic_uint_fast64_t served[QK_ENTROPY_TYPES];
    qk_counted_name names[QK_COUNTED_NAMES];
    size_t route_count;
    qk_counted_route routes[]; /* one more than there are rows */
} qk_rest_counters;

/* QK_E_NO_MEMORY; freed with free(). */
QK_MUST_CHECK qk_err qk_counters_new(size_t route_count, qk_rest_counters **out_counters);
void qk_counters_request(qk_rest_counters *counters, size_t route, int status, int64_t took_ns);
/* `name` of a token; "" if there was none. */
void qk_counters_bytes(qk_rest_counters *counters, size_t route, const char *name, qk_entropy_type type, size_t bytes);
uint64_t qk_counters_served(const qk_rest_counters *counters);

#endif
