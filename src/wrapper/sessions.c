/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/sessions.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

enum { PARTS = 16, SMALLEST = 16 };

/* Open addressing; a place is free, taken, or was taken (and is passed over in searches). */
typedef enum place_state { FREE, TAKEN, GONE } place_state;

typedef struct place {
    CK_SESSION_HANDLE handle;
    CK_SLOT_ID slot;
    uint64_t added; /* when */
    place_state state;
} place;

typedef struct part {
    pthread_rwlock_t lock;
    place *places;
    size_t room, used, alive; /* room: a power of two; used counts what was taken, too */
} part;

struct qk_sessions {
    part parts[PARTS];
};

atomic_uint_fast64_t qk_sessions_added;

static uint64_t mix(CK_SESSION_HANDLE handle)
{
    return (uint64_t)handle * UINT64_C(0x9E3779B97F4A7C15);
}

static part *part_of(qk_sessions *sessions, CK_SESSION_HANDLE handle)
{
    return &sessions->parts[mix(handle) >> 60];
}

/* The handle's place, or NULL. */
static place *find(const part *it, CK_SESSION_HANDLE handle)
{
    if (it->room == 0)
        return NULL;
    for (size_t at = (mix(handle) >> 20) & (it->room - 1);; at = (at + 1) & (it->room - 1)) {
        place *seen = &it->places[at];
        if (seen->state == FREE)
            return NULL;
        if (seen->state == TAKEN && seen->handle == handle)
            return seen;
    }
}

static void insert(part *it, place wanted)
{
    size_t at = (mix(wanted.handle) >> 20) & (it->room - 1);

    while (it->places[at].state == TAKEN)
        at = (at + 1) & (it->room - 1);
    it->used += it->places[at].state == FREE;
    it->alive++;
    it->places[at] = wanted;
}

/* At most half full, so that every search meets a free place. */
static bool make_room(part *it)
{
    size_t room = it->alive * 4 < SMALLEST ? SMALLEST : it->room;
    part bigger = *it;

    if (it->room && (it->used + 1) * 2 <= it->room)
        return true;
    while ((it->alive + 1) * 4 > room)
        room *= 2;
    bigger.places = calloc(room, sizeof *bigger.places);
    if (!bigger.places)
        return false;
    bigger.room = room;
    bigger.used = bigger.alive = 0;
    for (size_t i = 0; i < it->room; i++)
        if (it->places[i].state == TAKEN)
            insert(&bigger, it->places[i]);
    free(it->places);
    it->places = bigger.places;
    it->room = bigger.room;
    it->used = bigger.used;
    it->alive = bigger.alive;
    return true;
}

qk_err qk_sessions_new(qk_sessions **out_sessions)
{
    qk_sessions *sessions = calloc(1, sizeof *sessions);

    if (!sessions)
        return qk_fail(QK_E_NO_MEMORY, "session table");
    for (size_t i = 0; i < PARTS; i++)
        pthread_rwlock_init(&sessions->parts[i].lock, NULL);
    *out_sessions = sessions;
    return QK_OK;
}

void qk_sessions_free(qk_sessions **sessions)
{
    if (!*sessions)
        return;
    for (size_t i = 0; i < PARTS; i++) {
        pthread_rwlock_destroy(&(*sessions)->parts[i].lock);
        free((*sessions)->parts[i].places);
    }
    free(*sessions);
    *sessions = NULL;
}

qk_err qk_sessions_add(qk_sessions *sessions, CK_SESSION_HANDLE handle, CK_SLOT_ID slot)
{
    const place wanted = { handle, slot, atomic_fetch_add(&qk_sessions_added, 1) + 1, TAKEN };
    part *it = part_of(sessions, handle);
    place *there;
    bool ok = true;

    pthread_rwlock_wrlock(&it->lock);
    there = find(it, handle);
    if (there)
        *there = wanted;
    else if ((ok = make_room(it)))
        insert(it, wanted);
    pthread_rwlock_unlock(&it->lock);
    return ok ? QK_OK : qk_fail(QK_E_NO_MEMORY, "session table");
}

static void forget(part *it, place *there)
{
    there->state = GONE;
    it->alive--;
}

void qk_sessions_remove(qk_sessions *sessions, CK_SESSION_HANDLE handle, uint64_t asked)
{
    part *it = part_of(sessions, handle);
    place *there;

    pthread_rwlock_wrlock(&it->lock);
    there = find(it, handle);
    if (there && there->added <= asked)
        forget(it, there);
    pthread_rwlock_unlock(&it->lock);
}

void qk_sessions_remove_slot(qk_sessions *sessions, CK_SLOT_ID slot, uint64_t asked)
{
    for (size_t i = 0; i < PARTS; i++) {
        part *it = &sessions->parts[i];
        pthread_rwlock_wrlock(&it->lock);
        for (size_t at = 0; at < it->room; at++) {
            place *seen = &it->places[at];
            if (seen->state == TAKEN && seen->slot == slot && seen->added <= asked)
                forget(it, seen);
        }
        pthread_rwlock_unlock(&it->lock);
    }
}

bool qk_sessions_has(qk_sessions *sessions, CK_SESSION_HANDLE handle)
{
    part *it = part_of(sessions, handle);
    bool there;

    pthread_rwlock_rdlock(&it->lock);
    there = find(it, handle) != NULL;
    pthread_rwlock_unlock(&it->lock);
    return there;
}
