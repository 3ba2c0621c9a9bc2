/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/blob/cache.h"

#include <pthread.h>
#include <stdlib.h>

enum { WAYS = 8 };

typedef struct way {
    uint64_t fingerprint;
    uint64_t used;     /* the set's clock when it was last found */
    qk_held_key *held; /* NULL: free */
} way;

typedef struct cache_set {
    _Alignas(64) pthread_mutex_t lock;
    uint64_t clock;
    way places[WAYS];
} cache_set;

struct qk_cache {
    qk_ring *ring;
    size_t set_count; /* a power of two; 0: keeps nothing */
    size_t ways;
    cache_set *sets;
};

/* Two words of the blob and its length. Where they lie, every kind of blob is as good as random: ciphertext and tag of
 * a sealed key, key material and MAC of a public one. Nobody can make others' blobs collide, and a collision costs a
 * comparison. */
static uint64_t fingerprint_of(qk_view blob)
{
    uint64_t middle = 0, last = 0;

    if (blob.len >= 2 * sizeof middle) {
        memcpy(&middle, blob.data + blob.len / 2, sizeof middle);
        memcpy(&last, blob.data + blob.len - sizeof last, sizeof last);
    }
    return (middle ^ (last << 23 | last >> 41) ^ blob.len) * UINT64_C(0x9e3779b97f4a7c15);
}

static cache_set *set_of(const qk_cache *cache, uint64_t fingerprint)
{
    return &cache->sets[(fingerprint >> 32) & (cache->set_count - 1)];
}

qk_err qk_cache_new(qk_ring *ring, size_t keys, qk_cache **out_cache)
{
    qk_cache *cache = calloc(1, sizeof *cache);
    size_t sets = keys > 0 ? 1 : 0;

    if (!cache)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a cache of keys");
    while (sets > 0 && sets * 2 * WAYS <= keys)
        sets *= 2;
    cache->ring = ring;
    cache->set_count = sets;
    cache->ways = keys < WAYS ? keys : WAYS;
    cache->sets = sets ? aligned_alloc(_Alignof(cache_set), sets * sizeof *cache->sets) : NULL;
    if (sets && !cache->sets) {
        free(cache);
        return qk_fail(QK_E_NO_MEMORY, "no memory for a cache of %zu keys", keys);
    }
    for (size_t i = 0; i < sets; i++) {
        memset(&cache->sets[i], 0, sizeof cache->sets[i]);
        pthread_mutex_init(&cache->sets[i].lock, NULL);
    }
    *out_cache = cache;
    return QK_OK;
}

void qk_cache_free(qk_cache **cache)
{
    if (!*cache)
        return;
    qk_cache_flush(*cache);
    for (size_t i = 0; i < (*cache)->set_count; i++)
        pthread_mutex_destroy(&(*cache)->sets[i].lock);
    free((*cache)->sets);
    free(*cache);
    *cache = NULL;
}

static bool is_it(const qk_cache *cache, const way *place, uint64_t fingerprint, qk_view blob)
{
    return place->held && place->fingerprint == fingerprint && place->held->epoch == qk_ring_epoch(cache->ring) &&
           qk_view_equal(qk_held_key_blob(place->held), blob);
}

qk_held_key *qk_cache_find(qk_cache *cache, qk_view blob)
{
    uint64_t fingerprint = fingerprint_of(blob);
    qk_held_key *found = NULL;
    cache_set *set;

    if (cache->set_count == 0)
        return NULL;
    set = set_of(cache, fingerprint);
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < cache->ways && !found; i++) {
        if (is_it(cache, &set->places[i], fingerprint, blob)) {
            set->places[i].used = ++set->clock;
            found = qk_held_key_ref(set->places[i].held);
        }
    }
    pthread_mutex_unlock(&set->lock);
    return found;
}

/* The place that holds this very blob (two threads may have opened it at once), else a free one, else the one used
 * longest ago. */
static way *choose(const qk_cache *cache, cache_set *set, uint64_t fingerprint, qk_view blob)
{
    way *chosen = &set->places[0];

    for (size_t i = 0; i < cache->ways; i++) {
        way *place = &set->places[i];
        if (place->held && place->fingerprint == fingerprint && qk_view_equal(qk_held_key_blob(place->held), blob))
            return place;
        if (chosen->held && (!place->held || place->used < chosen->used))
            chosen = place;
    }
    return chosen;
}

void qk_cache_keep(qk_cache *cache, qk_held_key *held)
{
    uint64_t fingerprint = fingerprint_of(qk_held_key_blob(held));
    qk_held_key *gone = NULL;
    cache_set *set;

    if (cache->set_count == 0)
        return;
    set = set_of(cache, fingerprint);
    pthread_mutex_lock(&set->lock);
    /* Compared under the lock: the flush of a change that comes after this takes the key out again. */
    if (held->epoch == qk_ring_epoch(cache->ring)) {
        way *place = choose(cache, set, fingerprint, qk_held_key_blob(held));
        gone = place->held;
        *place = (way){ fingerprint, ++set->clock, qk_held_key_ref(held) };
    }
    pthread_mutex_unlock(&set->lock);
    qk_held_key_unref(&gone);
}

void qk_cache_flush(qk_cache *cache)
{
    for (size_t i = 0; i < cache->set_count; i++) {
        cache_set *set = &cache->sets[i];
        pthread_mutex_lock(&set->lock);
        for (size_t j = 0; j < cache->ways; j++)
            qk_held_key_unref(&set->places[j].held);
        pthread_mutex_unlock(&set->lock);
    }
}

size_t qk_cache_count(qk_cache *cache)
{
    size_t count = 0;

    for (size_t i = 0; i < cache->set_count; i++) {
        pthread_mutex_lock(&cache->sets[i].lock);
        for (size_t j = 0; j < cache->ways; j++)
            count += cache->sets[i].places[j].held != NULL;
        pthread_mutex_unlock(&cache->sets[i].lock);
    }
    return count;
}
