/* SPDX-License-Identifier: Apache-2.0 */
/* Points of the last 24 hours for the page's charts, one each ten seconds, in memory allocated once. Any thread. */
#ifndef QK_REST_HISTORY_H
#define QK_REST_HISTORY_H

#include <pthread.h>

#include "entropy/entropy.h"
#include "rest/record/counters.h"
#include "rest/text/json.h"

enum { QK_HISTORY_SECONDS = 10, QK_HISTORY_POINTS = 24 * 3600 / QK_HISTORY_SECONDS, QK_HISTORY_SOURCES = 32 };

typedef struct qk_history_point {
    int64_t unix_s;
    uint64_t reserve_bytes, served_bytes, requests;
} qk_history_point;

typedef struct qk_rest_history {
    pthread_mutex_t lock;
    qk_history_point *points; /* a ring; NULL until the first */
    uint64_t *rates;          /* of each source in each point, bits per second */
    size_t source_count;
    size_t next, count;
    uint64_t served_before, requests_before;
    qk_buf document; /* as it was asked for since the last sample; empty: not yet */
} qk_rest_history;

void qk_history_init(qk_rest_history *history);
void qk_history_done(qk_rest_history *history);
void qk_history_sample(qk_rest_history *history, const qk_rest_counters *counters, int64_t unix_s);
/* The document of /api/v1/history, oldest point first. */
void qk_history_write(qk_rest_history *history, qk_buf *out);

#endif
