/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of opened keys: so that a key used often is opened once.
 *
 * Bounded: sets of at most eight places, each set with its own short lock, so threads that use different keys do not
 * meet. A key is found by a fingerprint of its blob and then by comparing the whole blob, which is cheaper than any
 * digest and cannot be fooled: equal bytes were opened before, and opening checked them. A key of an older epoch of the
 * ring is never returned. Evicted keys are wiped once their last user lets go. */
#ifndef QK_HSM_CACHE_H
#define QK_HSM_CACHE_H

#include "hsm/blob/held_key.h"

typedef struct qk_cache qk_cache;

/* `keys` 0: keeps nothing. */
QK_MUST_CHECK qk_err qk_cache_new(qk_ring *ring, size_t keys, qk_cache **out_cache);
void qk_cache_free(qk_cache **cache);

/* A reference for the caller, or NULL. */
qk_held_key *qk_cache_find(qk_cache *cache, qk_view blob);
/* Keeps a reference of its own. The one of its set used longest ago makes room. */
void qk_cache_keep(qk_cache *cache, qk_held_key *held);
/* Drops everything. */
void qk_cache_flush(qk_cache *cache);
size_t qk_cache_count(qk_cache *cache);

#endif
