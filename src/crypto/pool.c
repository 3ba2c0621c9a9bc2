/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pool.h"

#include <stddef.h>

/* Where this thread starts to look: threads are dealt out over the places as they come. */
static unsigned first_place(void)
{
    static atomic_uint threads;
    static _Thread_local unsigned first; /* plus one; 0 before the first call */

    if (first == 0)
        first = 1 + atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) % QK_POOL_PLACES;
    return first - 1;
}

void *qk_pool_take(qk_pool *pool)
{
    unsigned first = first_place();

    for (unsigned i = 0; i < QK_POOL_PLACES; i++) {
        _Atomic(void *) *place = &pool->places[(first + i) % QK_POOL_PLACES].item;
        /* The look before the exchange keeps empty places' cache lines shared. */
        if (atomic_load_explicit(place, memory_order_relaxed)) {
            void *item = atomic_exchange_explicit(place, NULL, memory_order_acquire);
            if (item)
                return item;
        }
    }
    return NULL;
}

bool qk_pool_put(qk_pool *pool, void *item)
{
    unsigned first = first_place();

    for (unsigned i = 0; i < QK_POOL_PLACES; i++) {
        void *empty = NULL;
        if (atomic_compare_exchange_strong_explicit(&pool->places[(first + i) % QK_POOL_PLACES].item, &empty, item,
                                                    memory_order_release, memory_order_relaxed))
            return true;
    }
    return false;
}

void qk_pool_drain(qk_pool *pool, void (*free_item)(void *item))
{
    for (unsigned i = 0; i < QK_POOL_PLACES; i++) {
        void *item = atomic_exchange_explicit(&pool->places[i].item, NULL, memory_order_acquire);
        if (item)
            free_item(item);
    }
}

void qk_pool_forget(qk_pool *pool)
{
    for (unsigned i = 0; i < QK_POOL_PLACES; i++)
        atomic_store_explicit(&pool->places[i].item, NULL, memory_order_relaxed);
}
