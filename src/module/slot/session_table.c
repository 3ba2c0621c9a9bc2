/* SPDX-License-Identifier: Apache-2.0 */
#include "module/slot/session_table.h"

#include <stdlib.h>
#include <time.h>

#include "module/slot/session.h"

enum { PLACE_BITS = 20, CHUNK = 16, CHUNKS = (1 << PLACE_BITS) / CHUNK };

struct qk_session_table {
    pthread_mutex_t lock; /* guards making chunks and the list of free places */
    qk_session *free_list;
    _Atomic uint32_t place_count;
    _Atomic(qk_session *) chunks[CHUNKS];
};

static _Atomic(CK_ULONG) last_number;

qk_err qk_session_table_new(qk_session_table **out_table)
{
    qk_session_table *table = calloc(1, sizeof *table); /* mostly untouched zero pages */

    if (!table)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the table of sessions");
    pthread_mutex_init(&table->lock, NULL);
    *out_table = table;
    return QK_OK;
}

static qk_session *session_at(qk_session_table *table, size_t place)
{
    qk_session *chunk = atomic_load_explicit(&table->chunks[place / CHUNK], memory_order_acquire);
    return chunk ? &chunk[place % CHUNK] : NULL;
}

void qk_session_table_free(qk_session_table **table)
{
    qk_session_table *gone = *table;

    *table = NULL;
    if (!gone)
        return;
    for (size_t place = 0; place < gone->place_count; place++) {
        qk_session *session = session_at(gone, place);
        qk_session_clear(session);
        pthread_mutex_destroy(&session->lock);
    }
    for (size_t i = 0; i < gone->place_count / CHUNK; i++)
        free(atomic_load(&gone->chunks[i]));
    pthread_mutex_destroy(&gone->lock);
    free(gone);
}

static qk_err add_chunk(qk_session_table *table)
{
    uint32_t first = table->place_count;
    qk_session *chunk;

    if (first / CHUNK == CHUNKS)
        return qk_fail(QK_E_SESSION_COUNT, "%u sessions are open", first);
    chunk = calloc(CHUNK, sizeof *chunk);
    if (!chunk)
        return qk_fail(QK_E_NO_MEMORY, "no memory for sessions");
    for (uint32_t i = 0; i < CHUNK; i++) {
        pthread_mutex_init(&chunk[i].lock, NULL);
        qk_arena_init(&chunk[i].arena, 0);
        chunk[i].place = first + i;
    }
    for (uint32_t i = CHUNK; i-- > 0;) {
        chunk[i].next_free = table->free_list;
        table->free_list = &chunk[i];
    }
    atomic_store_explicit(&table->chunks[first / CHUNK], chunk, memory_order_release);
    table->place_count = first + CHUNK;
    return QK_OK;
}

static qk_err pop_free(qk_session_table *table, qk_session **out_session)
{
    if (!table->free_list)
        QK_TRY(add_chunk(table));
    *out_session = table->free_list;
    table->free_list = table->free_list->next_free;
    return QK_OK;
}

qk_err qk_session_table_take(qk_session_table *table, qk_session **out_session)
{
    qk_session *session = NULL;
    qk_err err;

    pthread_mutex_lock(&table->lock);
    err = pop_free(table, &session);
    pthread_mutex_unlock(&table->lock);
    QK_TRY(err);
    pthread_mutex_lock(&session->lock);
    atomic_store(&session->handle, (atomic_fetch_add(&last_number, 1) + 1) << PLACE_BITS | session->place);
    *out_session = session;
    return QK_OK;
}

void qk_session_table_give_back(qk_session_table *table, qk_session *session)
{
    atomic_store(&session->handle, 0);
    pthread_mutex_unlock(&session->lock);
    pthread_mutex_lock(&table->lock);
    session->next_free = table->free_list;
    table->free_list = session;
    pthread_mutex_unlock(&table->lock);
}

static qk_err fail_handle(CK_SESSION_HANDLE handle)
{
    return qk_fail(QK_E_NO_SESSION, "no session has the handle %lu", handle);
}

qk_err qk_session_table_lock(qk_session_table *table, CK_SESSION_HANDLE handle, qk_session **out_session)
{
    qk_session *session = session_at(table, handle & ((1 << PLACE_BITS) - 1));

    if (!session || !handle)
        return fail_handle(handle);
    pthread_mutex_lock(&session->lock);
    if (atomic_load_explicit(&session->handle, memory_order_relaxed) != handle) {
        pthread_mutex_unlock(&session->lock);
        return fail_handle(handle);
    }
    *out_session = session;
    return QK_OK;
}

/* Whoever holds a session's lock is at work in it. */
void qk_session_table_await(qk_session_table *table, int patience_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += patience_ms / 1000;
    for (size_t place = 0; place < atomic_load(&table->place_count); place++) {
        qk_session *session = session_at(table, place);
        if (session && pthread_mutex_timedlock(&session->lock, &until) == 0)
            pthread_mutex_unlock(&session->lock);
    }
}

bool qk_session_table_at(qk_session_table *table, size_t place, const qk_slot *slot, CK_SESSION_HANDLE *out_handle)
{
    qk_session *session;

    if (place >= atomic_load(&table->place_count))
        return false;
    session = session_at(table, place);
    *out_handle = atomic_load(&session->handle);
    if (atomic_load(&session->slot) != slot)
        *out_handle = 0;
    return true;
}
