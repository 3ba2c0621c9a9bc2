/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/source/source_ring.h"

#include <assert.h>

qk_err qk_source_ring_init(qk_source_ring *ring, size_t room, size_t delay)
{
    *ring = (qk_source_ring){ .delay = delay };
    return qk_secret_new(room + delay, &ring->memory);
}

void qk_source_ring_done(qk_source_ring *ring)
{
    qk_secret_free(&ring->memory);
    *ring = (qk_source_ring){ 0 };
}

/* Removes the oldest bytes, into `out` if there is one. */
static void drop(qk_source_ring *ring, uint8_t *out, size_t len)
{
    size_t size = ring->memory.len;

    while (len > 0) {
        uint8_t *place = qk_secret_fill(&ring->memory) + ring->oldest;
        size_t piece = size - ring->oldest < len ? size - ring->oldest : len;

        if (out) {
            memcpy(out, place, piece);
            out += piece;
        }
        explicit_bzero(place, piece);
        ring->oldest = (ring->oldest + piece) % size;
        ring->filled -= piece;
        len -= piece;
    }
}

void qk_source_ring_empty(qk_source_ring *ring)
{
    drop(ring, NULL, ring->filled);
    ring->oldest = 0;
}

size_t qk_source_ring_free(const qk_source_ring *ring)
{
    return ring->memory.len - ring->filled;
}

size_t qk_source_ring_ready(const qk_source_ring *ring)
{
    return ring->filled > ring->delay ? ring->filled - ring->delay : 0;
}

void qk_source_ring_push(qk_source_ring *ring, const uint8_t *data, size_t len)
{
    size_t size = ring->memory.len;

    assert(len <= size);
    if (len > qk_source_ring_free(ring))
        drop(ring, NULL, len - qk_source_ring_free(ring));
    while (len > 0) {
        size_t at = (ring->oldest + ring->filled) % size;
        size_t piece = size - at < len ? size - at : len;

        memcpy(qk_secret_fill(&ring->memory) + at, data, piece);
        ring->filled += piece;
        data += piece;
        len -= piece;
    }
}

size_t qk_source_ring_take(qk_source_ring *ring, uint8_t *out, size_t len)
{
    size_t ready = qk_source_ring_ready(ring);

    if (len > ready)
        len = ready;
    drop(ring, out, len);
    return len;
}
