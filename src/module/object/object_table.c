/* SPDX-License-Identifier: Apache-2.0 */
/* Two hash tables over the same entries. The one by handle is cut into shards with a lock each, since every ...Init
 * looks there; the one by id serves searches. Both double when they are full. Session objects also hang on a list, so
 * that a search among ten thousand known token objects does not walk over them. */
#include "module/object/object_table.h"

#include <pthread.h>
#include <stdlib.h>

enum { SHARDS = 16, FIRST_BUCKETS = 16 };

typedef struct entry {
    qk_object *object;
    struct entry *next_by_handle, *next_by_id;
    struct entry *before, *after; /* list of session objects */
} entry;

typedef struct shard {
    pthread_rwlock_t lock;
    entry **buckets;
    size_t bucket_count, count;
} shard;

struct qk_object_table {
    shard shards[SHARDS];
    pthread_mutex_t lock; /* guards what follows; taken before a shard's lock */
    entry **by_id;
    size_t by_id_count, id_count;
    entry *session_objects;
};

static _Atomic(CK_OBJECT_HANDLE) last_handle;

/* --- the two tables --- */

static shard *shard_of(qk_object_table *table, CK_OBJECT_HANDLE handle)
{
    return &table->shards[handle % SHARDS];
}

static entry **handle_bucket(shard *s, CK_OBJECT_HANDLE handle)
{
    return &s->buckets[handle / SHARDS & (s->bucket_count - 1)];
}

/* Ids are random, so their first bytes are as good as any hash. */
static entry **id_bucket(qk_object_table *table, const qk_uuid *id)
{
    uint64_t hash;
    memcpy(&hash, id->bytes + 8, sizeof hash);
    return &table->by_id[hash & (table->by_id_count - 1)];
}

/* Growing may fail for want of memory: the chains then get longer, nothing else. */
static void grow_shard(shard *s)
{
    shard bigger = { .bucket_count = 2 * s->bucket_count, .buckets = NULL };

    bigger.buckets = calloc(bigger.bucket_count, sizeof *bigger.buckets);
    if (!bigger.buckets)
        return;
    for (size_t i = 0; i < s->bucket_count; i++)
        for (entry *e = s->buckets[i], *next; e; e = next) {
            entry **bucket = handle_bucket(&bigger, e->object->handle);
            next = e->next_by_handle;
            e->next_by_handle = *bucket;
            *bucket = e;
        }
    free(s->buckets);
    s->buckets = bigger.buckets;
    s->bucket_count = bigger.bucket_count;
}

static void grow_ids(qk_object_table *table)
{
    size_t old_count = table->by_id_count;
    entry **old = table->by_id, **bigger = calloc(2 * old_count, sizeof(entry *));

    if (!bigger)
        return;
    table->by_id = bigger;
    table->by_id_count = 2 * old_count;
    for (size_t i = 0; i < old_count; i++)
        for (entry *e = old[i], *next; e; e = next) {
            entry **bucket = id_bucket(table, &e->object->id);
            next = e->next_by_id;
            e->next_by_id = *bucket;
            *bucket = e;
        }
    free(old);
}

static void insert_by_handle(qk_object_table *table, entry *e)
{
    shard *s = shard_of(table, e->object->handle);
    entry **bucket;

    pthread_rwlock_wrlock(&s->lock);
    if (s->count >= 2 * s->bucket_count)
        grow_shard(s);
    bucket = handle_bucket(s, e->object->handle);
    e->next_by_handle = *bucket;
    *bucket = e;
    s->count++;
    pthread_rwlock_unlock(&s->lock);
}

static void insert_by_id(qk_object_table *table, entry *e)
{
    entry **bucket;

    if (table->id_count >= 2 * table->by_id_count)
        grow_ids(table);
    bucket = id_bucket(table, &e->object->id);
    e->next_by_id = *bucket;
    *bucket = e;
    table->id_count++;
}

static entry *find_by_id(qk_object_table *table, const qk_uuid *id)
{
    for (entry *e = *id_bucket(table, id); e; e = e->next_by_id)
        if (qk_uuid_equal(&e->object->id, id))
            return e;
    return NULL;
}

static entry *find_in_shard(shard *s, CK_OBJECT_HANDLE handle)
{
    for (entry *e = *handle_bucket(s, handle); e; e = e->next_by_handle)
        if (e->object->handle == handle)
            return e;
    return NULL;
}

static void link_session_object(qk_object_table *table, entry *e)
{
    e->before = NULL;
    e->after = table->session_objects;
    if (e->after)
        e->after->before = e;
    table->session_objects = e;
}

static void unlink_session_object(qk_object_table *table, entry *e)
{
    if (e->before)
        e->before->after = e->after;
    else
        table->session_objects = e->after;
    if (e->after)
        e->after->before = e->before;
}

/* --- life --- */

qk_err qk_object_table_new(qk_object_table **out_table)
{
    QK_OWNED(qk_object_table_free) qk_object_table *table = calloc(1, sizeof *table);

    if (!table)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the table of objects");
    pthread_mutex_init(&table->lock, NULL);
    for (size_t i = 0; i < SHARDS; i++)
        pthread_rwlock_init(&table->shards[i].lock, NULL);
    table->by_id_count = FIRST_BUCKETS;
    table->by_id = calloc(FIRST_BUCKETS, sizeof(entry *));
    for (size_t i = 0; i < SHARDS; i++) {
        table->shards[i].bucket_count = FIRST_BUCKETS;
        table->shards[i].buckets = calloc(FIRST_BUCKETS, sizeof(entry *));
        if (!table->shards[i].buckets || !table->by_id)
            return qk_fail(QK_E_NO_MEMORY, "no memory for the table of objects");
    }
    *out_table = table;
    table = NULL;
    return QK_OK;
}

void qk_object_table_free(qk_object_table **table)
{
    qk_object_table *gone = *table;

    *table = NULL;
    if (!gone)
        return;
    for (size_t i = 0; i < SHARDS; i++) {
        shard *s = &gone->shards[i];
        for (size_t k = 0; s->buckets && k < s->bucket_count; k++)
            for (entry *e = s->buckets[k], *next; e; e = next) {
                next = e->next_by_handle;
                qk_object_unref(&e->object);
                free(e);
            }
        free(s->buckets);
        pthread_rwlock_destroy(&s->lock);
    }
    free(gone->by_id);
    pthread_mutex_destroy(&gone->lock);
    free(gone);
}

/* --- adding --- */

static qk_err add_locked(qk_object_table *table, qk_object *object)
{
    entry *e = calloc(1, sizeof *e);

    if (!e)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a handle");
    object->handle = atomic_fetch_add(&last_handle, 1) + 1;
    e->object = qk_object_ref(object);
    insert_by_id(table, e);
    if (!object->token)
        link_session_object(table, e);
    insert_by_handle(table, e);
    return QK_OK;
}

qk_err qk_object_table_add(qk_object_table *table, qk_object *object)
{
    qk_err err;

    pthread_mutex_lock(&table->lock);
    err = add_locked(table, object);
    pthread_mutex_unlock(&table->lock);
    return err;
}

static void swap_object(qk_object_table *table, entry *e, qk_object *changed)
{
    shard *s = shard_of(table, e->object->handle);
    qk_object *old = e->object;

    changed->handle = old->handle;
    pthread_rwlock_wrlock(&s->lock);
    e->object = qk_object_ref(changed);
    pthread_rwlock_unlock(&s->lock);
    qk_object_unref(&old);
}

static qk_err meet_locked(qk_object_table *table, qk_object *object, qk_object **out_known)
{
    entry *e = find_by_id(table, &object->id);

    if (!e) {
        QK_TRY(add_locked(table, object));
        *out_known = qk_object_ref(object);
        return QK_OK;
    }
    if (e->object->version < object->version)
        swap_object(table, e, object);
    else
        atomic_store_explicit(&e->object->checked_ms, atomic_load(&object->checked_ms), memory_order_relaxed);
    *out_known = qk_object_ref(e->object);
    return QK_OK;
}

qk_err qk_object_table_meet(qk_object_table *table, qk_object *object, qk_object **out_known)
{
    qk_err err;

    pthread_mutex_lock(&table->lock);
    err = meet_locked(table, object, out_known);
    pthread_mutex_unlock(&table->lock);
    return err;
}

void qk_object_table_replace(qk_object_table *table, CK_OBJECT_HANDLE handle, qk_object *changed)
{
    entry *e;

    pthread_mutex_lock(&table->lock);
    e = find_in_shard(shard_of(table, handle), handle); /* no writer is about: they all hold the table's lock */
    if (e && e->object->version <= changed->version)
        swap_object(table, e, changed);
    pthread_mutex_unlock(&table->lock);
}

/* --- looking --- */

qk_err qk_object_table_get(qk_object_table *table, CK_OBJECT_HANDLE handle, qk_object **out_object)
{
    shard *s = shard_of(table, handle);
    entry *e;

    pthread_rwlock_rdlock(&s->lock);
    e = find_in_shard(s, handle);
    if (e)
        *out_object = qk_object_ref(e->object);
    pthread_rwlock_unlock(&s->lock);
    return e ? QK_OK : qk_fail(QK_E_OBJECT_HANDLE, "no object has the handle %lu", handle);
}

qk_err qk_object_table_each_session_object(qk_object_table *table, qk_object_visitor see, void *context)
{
    qk_err err = QK_OK;

    pthread_mutex_lock(&table->lock);
    for (entry *e = table->session_objects; e && err == QK_OK; e = e->after)
        err = see(e->object, context);
    pthread_mutex_unlock(&table->lock);
    return err;
}

/* --- removing --- */

static void remove_entry(qk_object_table *table, entry *gone)
{
    shard *s = shard_of(table, gone->object->handle);
    entry **place;

    pthread_rwlock_wrlock(&s->lock);
    for (place = handle_bucket(s, gone->object->handle); *place != gone;)
        place = &(*place)->next_by_handle;
    *place = gone->next_by_handle;
    s->count--;
    pthread_rwlock_unlock(&s->lock);
    for (place = id_bucket(table, &gone->object->id); *place != gone;)
        place = &(*place)->next_by_id;
    *place = gone->next_by_id;
    table->id_count--;
    if (!gone->object->token)
        unlink_session_object(table, gone);
    qk_object_unref(&gone->object);
    free(gone);
}

void qk_object_table_remove(qk_object_table *table, CK_OBJECT_HANDLE handle)
{
    entry *e;

    pthread_mutex_lock(&table->lock);
    e = find_in_shard(shard_of(table, handle), handle);
    if (e)
        remove_entry(table, e);
    pthread_mutex_unlock(&table->lock);
}

void qk_object_table_remove_if(qk_object_table *table, qk_object_test gone, const void *context)
{
    pthread_mutex_lock(&table->lock);
    for (size_t i = 0; i < table->by_id_count; i++)
        for (entry *e = table->by_id[i], *next; e; e = next) {
            next = e->next_by_id;
            if (gone(e->object, context))
                remove_entry(table, e);
        }
    pthread_mutex_unlock(&table->lock);
}

void qk_object_table_remove_owned(qk_object_table *table, CK_SESSION_HANDLE owner)
{
    pthread_mutex_lock(&table->lock);
    for (entry *e = table->session_objects, *next; e; e = next) {
        next = e->after;
        if (e->object->owner == owner)
            remove_entry(table, e);
    }
    pthread_mutex_unlock(&table->lock);
}
