/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/block_ring.h"

qk_err qk_block_ring_init(qk_block_ring *ring, size_t blocks)
{
    *ring = (qk_block_ring){ .lock_ = PTHREAD_MUTEX_INITIALIZER };
    if (blocks > SIZE_MAX / QK_BLOCK_LEN)
        return qk_fail(QK_E_NO_MEMORY, "a reserve of %zu blocks is larger than memory", blocks);
    QK_TRY(qk_secret_new(blocks * QK_BLOCK_LEN, &ring->memory_));
    ring->capacity = blocks;
    return QK_OK;
}

void qk_block_ring_done(qk_block_ring *ring)
{
    qk_secret_free(&ring->memory_);
    ring->capacity = ring->first_ = ring->count_ = 0;
}

static uint8_t *place(qk_block_ring *ring, size_t index)
{
    return qk_secret_fill(&ring->memory_) + (ring->first_ + index) % ring->capacity * QK_BLOCK_LEN;
}

bool qk_block_ring_put(qk_block_ring *ring, const uint8_t block[QK_BLOCK_LEN])
{
    bool room;

    pthread_mutex_lock(&ring->lock_);
    room = ring->count_ < ring->capacity;
    if (room)
        memcpy(place(ring, ring->count_++), block, QK_BLOCK_LEN);
    pthread_mutex_unlock(&ring->lock_);
    return room;
}

static void take_one(qk_block_ring *ring, uint8_t *out)
{
    uint8_t *block = place(ring, 0);

    memcpy(out, block, QK_BLOCK_LEN);
    explicit_bzero(block, QK_BLOCK_LEN);
    ring->first_ = (ring->first_ + 1) % ring->capacity;
    ring->count_--;
}

bool qk_block_ring_take(qk_block_ring *ring, uint8_t *out, size_t blocks)
{
    bool enough;

    pthread_mutex_lock(&ring->lock_);
    enough = blocks <= ring->count_;
    for (size_t i = 0; enough && i < blocks; i++)
        take_one(ring, out + i * QK_BLOCK_LEN);
    pthread_mutex_unlock(&ring->lock_);
    return enough;
}

void qk_block_ring_empty(qk_block_ring *ring)
{
    pthread_mutex_lock(&ring->lock_);
    if (ring->count_ > 0)
        explicit_bzero(qk_secret_fill(&ring->memory_), ring->capacity * QK_BLOCK_LEN);
    ring->first_ = ring->count_ = 0;
    pthread_mutex_unlock(&ring->lock_);
}

size_t qk_block_ring_count(qk_block_ring *ring)
{
    size_t count;

    pthread_mutex_lock(&ring->lock_);
    count = ring->count_;
    pthread_mutex_unlock(&ring->lock_);
    return count;
}
