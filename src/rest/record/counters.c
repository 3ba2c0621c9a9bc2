/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/record/counters.h"

#include <pthread.h>
#include <stdlib.h>

const uint64_t qk_latency_bounds_us[QK_LATENCY_BUCKETS] = { 50,   100,   250,   500,    1000,   2500,
                                                            5000, 10000, 50000, 100000, 500000, 2500000 };

const int qk_counted_statuses[QK_COUNTED_STATUSES] = { 200, 204, 304, 400, 401, 403, 404, 405, 408, 413, 414,
                                                       415, 422, 429, 431, 500, 501, 502, 503, 504, 505, 507 };

qk_err qk_counters_new(size_t route_count, qk_rest_counters **out_counters)
{
    qk_rest_counters *counters = calloc(1, sizeof *counters + (route_count + 1) * sizeof counters->routes[0]);

    if (!counters)
        return qk_fail(QK_E_NO_MEMORY, "counters of the REST API");
    counters->route_count = route_count;
    *out_counters = counters;
    return QK_OK;
}

static void add(atomic_uint_fast64_t *to, uint64_t more)
{
    atomic_fetch_add_explicit(to, more, memory_order_relaxed);
}

void qk_counters_request(qk_rest_counters *counters, size_t route, int status, int64_t took_ns)
{
    qk_counted_route *row = &counters->routes[route < counters->route_count ? route : counters->route_count];
    uint64_t took_us = took_ns > 0 ? (uint64_t)took_ns / 1000 : 0;
    size_t column = 0, bucket = 0;

    while (column < QK_COUNTED_STATUSES - 1 && qk_counted_statuses[column] && qk_counted_statuses[column] != status)
        column++;
    while (bucket < QK_LATENCY_BUCKETS && took_us > qk_latency_bounds_us[bucket])
        bucket++;
    add(&row->requests[column], 1);
    add(&row->latency[bucket], 1);
    add(&row->latency_us, took_us);
}

/* FNV-1a: names are the operator's own. */
static size_t place_of(size_t route, const char *name)
{
    uint32_t hash = 2166136261u ^ (uint32_t)route;

    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return hash % (QK_COUNTED_NAMES - 1);
}

static bool is(const qk_counted_name *series, size_t route, const char *name)
{
    return series->route == route && strcmp(series->name, name) == 0;
}

/* The last place of the table is what all share for whom there is none. */
static qk_counted_name *take_name(qk_rest_counters *counters, size_t route, const char *name)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    qk_counted_name *series = NULL;
    size_t place = place_of(route, name);

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < QK_COUNTED_NAMES - 1; i++) {
        series = &counters->names[(place + i) % (QK_COUNTED_NAMES - 1)];
        if (!atomic_load_explicit(&series->taken, memory_order_relaxed) || is(series, route, name))
            break;
        series = NULL;
    }
    if (!series) {
        series = &counters->names[QK_COUNTED_NAMES - 1];
        route = counters->route_count;
        name = "(others)";
    }
    if (!atomic_load_explicit(&series->taken, memory_order_relaxed)) {
        series->route = (uint32_t)route;
        strncpy(series->name, name, sizeof series->name - 1);
        atomic_store_explicit(&series->taken, true, memory_order_release);
    }
    pthread_mutex_unlock(&lock);
    return series;
}

static qk_counted_name *find_name(qk_rest_counters *counters, size_t route, const char *name)
{
    size_t place = place_of(route, name);

    for (size_t i = 0; i < QK_COUNTED_NAMES - 1; i++) {
        qk_counted_name *series = &counters->names[(place + i) % (QK_COUNTED_NAMES - 1)];
        if (!atomic_load_explicit(&series->taken, memory_order_acquire))
            break;
        if (is(series, route, name))
            return series;
    }
    return take_name(counters, route, name);
}

void qk_counters_bytes(qk_rest_counters *counters, size_t route, const char *name, qk_entropy_type type, size_t bytes)
{
    add(&find_name(counters, route, name)->bytes, bytes);
    add(&counters->served[type], bytes);
    add(&counters->draws, 1);
}

uint64_t qk_counters_served(const qk_rest_counters *counters)
{
    uint64_t bytes = 0;

    for (unsigned type = 0; type < QK_ENTROPY_TYPES; type++)
        bytes += atomic_load_explicit(&counters->served[type], memory_order_relaxed);
    return bytes;
}
