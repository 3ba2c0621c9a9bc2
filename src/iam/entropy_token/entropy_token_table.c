/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token_table.h"

#include <stdlib.h>

enum { LOCKS = 64, BUCKETS = 1024, ABSENT = 1024, ASK_BURST = 100, ASK_PER_SECOND = 50 };

static const int64_t ask_ns = 1000000000 / ASK_PER_SECOND;

typedef struct padded_lock {
    _Alignas(64) pthread_rwlock_t lock;
} padded_lock;

struct qk_token_table {
    qk_token_clocks clocks;
    padded_lock locks[LOCKS];       /* of the buckets whose number leaves this remainder */
    qk_token_use *buckets[BUCKETS]; /* chains; a newcomer goes in front */
    _Atomic(qk_token_use *) first;  /* of all */
    pthread_mutex_t putting;        /* held by whoever adds one */

    pthread_mutex_t lock;                  /* of what follows */
    int64_t ask_full_ns;                   /* when as many as ASK_BURST questions may be asked again */
    uint8_t absent[ABSENT][QK_TOKEN_HASH]; /* each hash has one place; the last to come has it */
};

qk_err qk_token_table_new(const qk_token_clocks *clocks, qk_token_table **out_table)
{
    qk_token_table *table = NULL;

    if (posix_memalign((void **)&table, 64, sizeof *table) != 0)
        return qk_fail(QK_E_NO_MEMORY, "no memory for tokens");
    memset(table, 0, sizeof *table);
    table->clocks = *clocks;
    for (size_t i = 0; i < LOCKS; i++)
        pthread_rwlock_init(&table->locks[i].lock, NULL);
    pthread_mutex_init(&table->putting, NULL);
    pthread_mutex_init(&table->lock, NULL);
    *out_table = table;
    return QK_OK;
}

void qk_token_table_free(qk_token_table **table)
{
    qk_token_table *it = *table;
    qk_token_use *use, *next;

    *table = NULL;
    if (!it)
        return;
    for (use = atomic_load(&it->first); use; use = next) {
        next = use->next;
        qk_token_use_unref(&use);
    }
    for (size_t i = 0; i < LOCKS; i++)
        pthread_rwlock_destroy(&it->locks[i].lock);
    pthread_mutex_destroy(&it->putting);
    pthread_mutex_destroy(&it->lock);
    free(it);
}

/* The hash is one of SHA-256, so any part of it spreads well. */
static size_t place_of(const uint8_t hash[QK_TOKEN_HASH])
{
    uint16_t start;

    memcpy(&start, hash, sizeof start);
    return start;
}

static bool is_hash(const uint8_t a[QK_TOKEN_HASH], const uint8_t b[QK_TOKEN_HASH])
{
    return qk_ct_equal(qk_view_of(a, QK_TOKEN_HASH), qk_view_of(b, QK_TOKEN_HASH));
}

qk_token_use *qk_token_table_find(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH])
{
    size_t bucket = place_of(hash) % BUCKETS;
    pthread_rwlock_t *lock = &table->locks[bucket % LOCKS].lock;
    qk_token_use *use;

    pthread_rwlock_rdlock(lock);
    for (use = table->buckets[bucket]; use && !is_hash(use->hash, hash); use = use->next_in_bucket)
        ;
    if (use)
        qk_token_use_ref(use);
    pthread_rwlock_unlock(lock);
    return use;
}

static void insert(qk_token_table *table, qk_token_use *use)
{
    size_t bucket = place_of(use->hash) % BUCKETS;
    pthread_rwlock_t *lock = &table->locks[bucket % LOCKS].lock;

    pthread_rwlock_wrlock(lock);
    use->next_in_bucket = table->buckets[bucket];
    table->buckets[bucket] = use;
    pthread_rwlock_unlock(lock);
    use->next = atomic_load(&table->first);
    atomic_store(&table->first, use);
}

/* The lock `putting` is held. */
static qk_err put(qk_token_table *table, const qk_token_row *row)
{
    QK_OWNED(qk_token_use_unref) qk_token_use *there = qk_token_table_find(table, row->hash);
    qk_token_use *use;

    if (there) {
        if (row->record.revoked)
            atomic_store_explicit(&there->revoked, true, memory_order_release);
        return QK_OK;
    }
    QK_TRY(qk_token_use_new(row, &table->clocks, &use));
    insert(table, use);
    return QK_OK;
}

qk_err qk_token_table_put(qk_token_table *table, const qk_token_row *row)
{
    qk_err err;

    pthread_mutex_lock(&table->putting);
    err = put(table, row);
    pthread_mutex_unlock(&table->putting);
    return err;
}

qk_token_use *qk_token_table_first(qk_token_table *table)
{
    return atomic_load(&table->first);
}

/* ---- texts that are no tokens ---- */

bool qk_token_table_may_ask(qk_token_table *table, bool take)
{
    int64_t now = table->clocks.monotonic_ns();
    bool may;

    pthread_mutex_lock(&table->lock);
    if (table->ask_full_ns < now)
        table->ask_full_ns = now;
    may = table->ask_full_ns - now + ask_ns <= ASK_BURST * ask_ns;
    if (may && take)
        table->ask_full_ns += ask_ns;
    pthread_mutex_unlock(&table->lock);
    return may;
}

bool qk_token_table_is_absent(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH])
{
    bool is;

    pthread_mutex_lock(&table->lock);
    is = is_hash(table->absent[place_of(hash) % ABSENT], hash);
    pthread_mutex_unlock(&table->lock);
    return is;
}

void qk_token_table_note_absent(qk_token_table *table, const uint8_t hash[QK_TOKEN_HASH])
{
    pthread_mutex_lock(&table->lock);
    memcpy(table->absent[place_of(hash) % ABSENT], hash, QK_TOKEN_HASH);
    pthread_mutex_unlock(&table->lock);
}
