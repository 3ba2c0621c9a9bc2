/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: the memory of one request, released in one call.
 *
 * 1. Everything made for a request lies in its arena: decoded messages, answers, results of the crypto room.
 * 2. Nothing that outlives the request does.
 * 3. qk_arena_done wipes every byte it handed out, since plaintext passes through, then frees.
 * 4. An arena has a limit, so that a small hostile message cannot unpack to a huge tree.
 * The struct carries its first block, so that a small request needs no heap at all; it must not be moved or copied. */
#ifndef QK_BASE_ARENA_H
#define QK_BASE_ARENA_H

#include "base/bytes.h"

typedef struct qk_arena_block qk_arena_block;

typedef struct qk_arena {
    uint8_t *place, *end;
    qk_arena_block *blocks;
    size_t used, limit; /* bytes handed out; the most that may be */
    _Alignas(16) uint8_t first[2048];
} qk_arena;

/* `limit` in bytes; 0 means no limit. */
void qk_arena_init(qk_arena *arena, size_t limit);
void qk_arena_done(qk_arena *arena);
/* Empties it for the next request; keeps nothing but the struct. */
void qk_arena_reset(qk_arena *arena);

/* Aligned to 16 bytes, not zeroed. NULL if memory or the limit is out. */
void *qk_arena_alloc(qk_arena *arena, size_t len);
/* Zeroed. */
void *qk_arena_zalloc(qk_arena *arena, size_t len);
/* Copies; `out` is written on success. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_arena_copy(qk_arena *arena, qk_view bytes, qk_view *out);
/* A zero-terminated copy, or NULL. */
char *qk_arena_text(qk_arena *arena, qk_view text);
/* A place for `len` bytes of output, for filling. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_arena_bytes(qk_arena *arena, size_t len, uint8_t **out);

#endif
