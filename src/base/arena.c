/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdlib.h>

struct qk_arena_block {
    qk_arena_block *next;
    size_t len;
    _Alignas(16) uint8_t data[];
};

enum { ALIGNMENT = 16, BLOCK = 16 * 1024 };

void qk_arena_init(qk_arena *arena, size_t limit)
{
    arena->place = arena->first;
    arena->end = arena->first + sizeof arena->first;
    arena->blocks = NULL;
    arena->used = 0;
    arena->limit = limit;
}

void qk_arena_done(qk_arena *arena)
{
    if (!arena->used) /* handed out nothing since it was emptied: half of all calls */
        return;
    /* Before the first extra block all that was used lies at the start of `first`. */
    explicit_bzero(arena->first, arena->blocks ? sizeof arena->first : (size_t)(arena->place - arena->first));
    for (qk_arena_block *block = arena->blocks, *next; block; block = next) {
        next = block->next;
        explicit_bzero(block->data, block->len);
        free(block);
    }
    qk_arena_init(arena, arena->limit);
}

void qk_arena_reset(qk_arena *arena)
{
    qk_arena_done(arena);
}

static bool add_block(qk_arena *arena, size_t len)
{
    size_t want = len > BLOCK ? len : BLOCK;
    qk_arena_block *block = malloc(sizeof *block + want);

    if (!block)
        return false;
    block->len = want;
    block->next = arena->blocks;
    arena->blocks = block;
    arena->place = block->data;
    arena->end = block->data + want;
    return true;
}

void *qk_arena_alloc(qk_arena *arena, size_t len)
{
    size_t rounded = (len + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    void *place;

    if (len > SIZE_MAX / 2 || (arena->limit && rounded > arena->limit - arena->used))
        return NULL;
    if (rounded > (size_t)(arena->end - arena->place) && !add_block(arena, rounded))
        return NULL;
    place = arena->place;
    arena->place += rounded;
    arena->used += rounded;
    return place;
}

void *qk_arena_zalloc(qk_arena *arena, size_t len)
{
    void *place = qk_arena_alloc(arena, len);
    if (place)
        memset(place, 0, len);
    return place;
}

qk_err qk_arena_bytes(qk_arena *arena, size_t len, uint8_t **out)
{
    uint8_t *place = qk_arena_alloc(arena, len ? len : 1);

    if (!place)
        return qk_fail(QK_E_NO_MEMORY, "a request needs %zu bytes beyond its %zu", len, arena->used);
    *out = place;
    return QK_OK;
}

qk_err qk_arena_copy(qk_arena *arena, qk_view bytes, qk_view *out)
{
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, bytes.len, &place));
    if (bytes.len)
        memcpy(place, bytes.data, bytes.len);
    *out = qk_view_of(place, bytes.len);
    return QK_OK;
}

char *qk_arena_text(qk_arena *arena, qk_view text)
{
    char *place = qk_arena_alloc(arena, text.len + 1);

    if (!place)
        return NULL;
    if (text.len)
        memcpy(place, text.data, text.len);
    place[text.len] = 0;
    return place;
}
