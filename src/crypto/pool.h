/* SPDX-License-Identifier: Apache-2.0 */
/* Pools of ready contexts, so that an operation neither allocates one nor waits for another thread.
 *
 * 1. A pool is an array of places; taking and putting are one atomic exchange each. Nobody ever blocks.
 * 2. A thread looks first where it put its last context, so threads do not touch each other's cache lines.
 * 3. More threads than places: the surplus makes contexts of its own and frees what finds no place.
 * 4. A zeroed pool is empty and ready. It knows nothing of what it holds. */
#ifndef QK_CRYPTO_POOL_H
#define QK_CRYPTO_POOL_H

#include <stdatomic.h>
#include <stdbool.h>

enum { QK_POOL_PLACES = 16, QK_CACHE_LINE = 64 };

typedef struct qk_pool {
    struct {
        _Alignas(QK_CACHE_LINE) _Atomic(void *) item;
    } places[QK_POOL_PLACES];
} qk_pool;

/* A context that is now the caller's; NULL if none is ready. */
void *qk_pool_take(qk_pool *pool);
/* False if every place is taken: the item is still the caller's, who frees it. */
bool qk_pool_put(qk_pool *pool, void *item);
/* Frees every item. Nobody else may use the pool meanwhile. */
void qk_pool_drain(qk_pool *pool, void (*free_item)(void *item));
/* Forgets every item without freeing: after fork(). */
void qk_pool_forget(qk_pool *pool);

#endif
