/* SPDX-License-Identifier: Apache-2.0 */
/* For the pool's tests: a service of their own. Its bytes count upwards, so that what was served can be recognised. */
#ifndef QK_WRAPPER_POOL_TESTING_H
#define QK_WRAPPER_POOL_TESTING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/testing.h"
#include "wrapper/pool.h"

typedef struct service {
    size_t asked[64], count;
    uint64_t next; /* 64-bit words, none twice */
    qk_err answer;
    atomic_int inside, most_inside;
} service;

static inline qk_err fetch(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    service *it = context;
    int inside = atomic_fetch_add(&it->inside, 1) + 1;

    (void)deadline;
    if (inside > atomic_load(&it->most_inside))
        atomic_store(&it->most_inside, inside);
    if (it->count < 64)
        it->asked[it->count] = len;
    it->count++;
    for (size_t at = 0; it->answer == QK_OK && at + 8 <= len; at += 8) {
        it->next++;
        memcpy(out + at, &it->next, 8);
    }
    atomic_fetch_sub(&it->inside, 1);
    return it->answer == QK_OK ? QK_OK : qk_fail(it->answer, "the test says so");
}

static qk_locking locking;

static inline qk_pool_of_random *new_pool(service *it, size_t bytes, int64_t max_age_s)
{
    const qk_pool_config config = {
        .bytes = bytes, .max_age_s = max_age_s, .locking = &locking, .fetch = fetch, .fetch_context = it
    };
    qk_pool_of_random *pool = NULL;

    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    return pool;
}

static inline void take(qk_pool_of_random *pool, uint8_t *out, size_t len)
{
    assert_int_equal(qk_pool_of_random_take(pool, out, len, -1), QK_OK);
}

static inline void note(void *context)
{
    ++*(int *)context;
}

static inline qk_err fetch_ones(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    (void)context;
    (void)deadline;
    memset(out, 1, len);
    return QK_OK;
}

static inline qk_pool_of_random *new_pool_that_tells(int *told, int64_t max_age_s)
{
    const qk_pool_config config = { .bytes = 4096,
                                    .max_age_s = max_age_s,
                                    .low_water = 1024,
                                    .on_low_water = note,
                                    .locking = &locking,
                                    .fetch = fetch_ones,
                                    .low_water_context = told };
    qk_pool_of_random *pool = NULL;

    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    return pool;
}

#endif
