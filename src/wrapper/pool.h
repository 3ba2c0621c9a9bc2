/* SPDX-License-Identifier: Apache-2.0 */
/* The pool: random of the service that waits to be served, each byte once.
 *
 * Locked, guarded memory (qk_secret: outside core files, wiped in a forked child); the log warns once if it cannot be
 * locked. Taken bytes are wiped; content older than max_age_s is wiped unserved. A request is served whole or not at
 * all, so nothing is lost or half given when the service fails. Downloads are whole KiB; what a request leaves of one
 * stays for the next.
 * Two locks: `content` for copying, `filling` for the one download that all who wait then share. */
#ifndef QK_WRAPPER_POOL_H
#define QK_WRAPPER_POOL_H

#include "base/clock.h"
#include "base/secret.h"
#include "wrapper/lock.h"

typedef struct qk_pool_of_random qk_pool_of_random;

/* Fills `out` with `len` fresh bytes or fails; called by one thread at a time. */
typedef qk_err (*qk_pool_fetch)(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline);

typedef struct qk_pool_config {
    size_t bytes;      /* in stock after a filling; 0: nothing beyond the rest of a download */
    int64_t max_age_s; /* 0: none */
    bool mix;          /* XOR with local random (entropy/random.h) */
    const qk_locking *locking;
    qk_pool_fetch fetch;
    void *fetch_context;
    /* How long a service that failed is left alone, by all but one caller and qk_pool_of_random_refill: requests that
     * the stock cannot serve fail at once. For who has other random then. 0: each call asks it. */
    int64_t rest_ms;
    /* Called (under the lock: it must not wait) when fewer than low_water bytes are left, once until the next filling;
     * NULL: nobody cares */
    void (*on_low_water)(void *context);
    void *low_water_context;
    size_t low_water;
} qk_pool_config;

/* An empty pool. The configuration is copied; what it points to stays the caller's. */
QK_MUST_CHECK qk_err qk_pool_of_random_new(const qk_pool_config *config, qk_pool_of_random **out_pool);
/* Wipes what is left. Nobody may be in it. */
void qk_pool_of_random_free(qk_pool_of_random **pool);

/* Fills `out` whole or leaves it untouched, in at most timeout_ms (negative: as long as it takes). Errors of the
 * fetch; QK_E_TIMEOUT if others were fetching until then; QK_E_CANT_LOCK. */
QK_MUST_CHECK qk_err qk_pool_of_random_take(qk_pool_of_random *pool, uint8_t *out, size_t len, int64_t timeout_ms);
/* The same from stock, without waiting: false if that is not enough. No cancellation point. */
bool qk_pool_of_random_take_stock(qk_pool_of_random *pool, uint8_t *out, size_t len);
/* Fills the pool if fewer than low_water bytes are left. */
QK_MUST_CHECK qk_err qk_pool_of_random_refill(qk_pool_of_random *pool, int64_t timeout_ms);
/* Wipes what is too old, which happens with every other call, too. `out_next` is when something will be. */
QK_MUST_CHECK qk_err qk_pool_of_random_expire(qk_pool_of_random *pool, qk_deadline_ms *out_next);

/* Fillings so far, for tests. */
uint64_t qk_pool_of_random_fillings(const qk_pool_of_random *pool);

#endif
