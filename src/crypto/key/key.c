/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key/key.h"

#include <stdlib.h>
#include <unistd.h>

enum { MAX_SLOTS = 64 };

/* Threads are numbered as they come, so that as many threads as there are cores have a slot each. */
static atomic_uint next_thread;
static _Thread_local unsigned this_thread;

/* The number of this thread, from 1. */
static unsigned thread_number(void)
{
    if (this_thread == 0)
        this_thread = atomic_fetch_add_explicit(&next_thread, 1, memory_order_relaxed) + 1;
    return this_thread;
}

/* One slot per core, rounded up to a power of two. */
static unsigned slots_wanted(void)
{
    static atomic_uint wanted;
    unsigned count = atomic_load_explicit(&wanted, memory_order_relaxed);

    if (count == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        for (count = 1; (long)count < cores && count < MAX_SLOTS;)
            count *= 2;
        atomic_store_explicit(&wanted, count, memory_order_relaxed);
    }
    return count;
}

qk_err qk_key_new(CK_OBJECT_CLASS class, CK_KEY_TYPE type, qk_key **out_key)
{
    unsigned slots = slots_wanted();
    size_t size = sizeof(qk_key) + slots * sizeof(qk_slot);
    qk_key *key = aligned_alloc(_Alignof(qk_key), size);

    if (!key)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a key");
    memset(key, 0, size);
    atomic_init(&key->refs, 1);
    key->class = class;
    key->type = type;
    key->slot_count = slots;
    *out_key = key;
    return QK_OK;
}

qk_err qk_key_new_secret(CK_KEY_TYPE type, qk_secret *value, qk_key **out_key)
{
    QK_TRY(qk_key_new(CKO_SECRET_KEY, type, out_key));
    qk_secret_give(value, &(*out_key)->value);
    (*out_key)->bits = (unsigned)((*out_key)->value.len * 8);
    return QK_OK;
}

qk_err qk_key_recode(qk_err code)
{
    char words[sizeof(qk_failure_last()->words)];

    memcpy(words, qk_failure_last()->words, sizeof(words));
    return qk_fail(code, "%s", words);
}

qk_key *qk_key_ref(qk_key *key)
{
    atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
    return key;
}

static void key_free(qk_key *key)
{
    qk_ready *shared;

    for (unsigned i = 0; i < key->slot_count; i++)
        for (unsigned way = 0; way < QK_SLOT_WAYS; way++) {
            qk_ready *ready = atomic_load_explicit(&key->slots[i].ways[way], memory_order_relaxed);
            if (ready)
                ready->free(ready);
        }
    shared = atomic_load_explicit(&key->shared, memory_order_relaxed);
    if (shared)
        shared->free(shared);
    EVP_PKEY_free(key->pkey);
    qk_secret_free(&key->value);
    qk_secret_free(&key->seed);
    qk_buf_done(&key->open);
    free(key);
}

void qk_key_unref(qk_key **key)
{
    qk_key *old = *key;

    *key = NULL;
    if (old && atomic_fetch_sub_explicit(&old->refs, 1, memory_order_acq_rel) == 1)
        key_free(old);
}

CK_OBJECT_CLASS qk_key_class(const qk_key *key)
{
    return key->class;
}

CK_KEY_TYPE qk_key_type(const qk_key *key)
{
    return key->type;
}

unsigned qk_key_bits(const qk_key *key)
{
    return key->bits;
}

const qk_curve *qk_key_curve(const qk_key *key)
{
    return key->curve;
}

/* Slots change although the key is constant to everyone else: they hold no part of it. */
static qk_slot *slot_of_thread(const qk_key *key)
{
    return (qk_slot *)(uintptr_t)&key->slots[thread_number() & (key->slot_count - 1)];
}

static void put(qk_slot *slot, qk_ready *ready, unsigned last_way)
{
    for (unsigned way = 0; way < QK_SLOT_WAYS; way++) {
        qk_ready *empty = NULL;
        if (atomic_compare_exchange_strong_explicit(&slot->ways[way], &empty, ready, memory_order_acq_rel,
                                                    memory_order_relaxed))
            return;
    }
    ready = atomic_exchange_explicit(&slot->ways[last_way], ready, memory_order_acq_rel);
    if (ready)
        ready->free(ready);
}

qk_ready *qk_key_take(const qk_key *key, const void *purpose)
{
    qk_slot *slot = slot_of_thread(key);

    for (unsigned way = 0; way < QK_SLOT_WAYS; way++) {
        if (!atomic_load_explicit(&slot->ways[way], memory_order_relaxed))
            continue;
        qk_ready *ready = atomic_exchange_explicit(&slot->ways[way], NULL, memory_order_acq_rel);
        if (ready && ready->purpose == purpose)
            return ready;
        if (ready)
            put(slot, ready, way);
    }
    return NULL;
}

void qk_key_put(const qk_key *key, qk_ready *ready)
{
    if (ready)
        put(slot_of_thread(key), ready, thread_number() % QK_SLOT_WAYS);
}

/* Two threads may both make one at first; one of the two stays. */
qk_err qk_key_share(const qk_key *key, qk_err (*make)(const qk_key *key, qk_ready **out_ready), qk_ready **out_ready)
{
    _Atomic(qk_ready *) *place = (_Atomic(qk_ready *) *)(uintptr_t)&key->shared;
    qk_ready *there = atomic_load_explicit(place, memory_order_acquire), *made = NULL;

    if (!there) {
        QK_TRY(make(key, &made));
        if (atomic_compare_exchange_strong_explicit(place, &there, made, memory_order_acq_rel, memory_order_acquire))
            there = made;
        else
            made->free(made);
    }
    *out_ready = there;
    return QK_OK;
}

qk_view qk_key_chain_code(const qk_key *key)
{
    return key->has_chain_code ? qk_view_of(key->chain_code, sizeof key->chain_code) : QK_VIEW_NONE;
}
