/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded store of conditioned blocks in one locked, wiped region: the seeds' pool and the reserve.
 *
 * Each block leaves once: it is copied out and wiped under the lock. Any thread may put and take. */
#ifndef QK_ENTROPY_BLOCK_RING_H
#define QK_ENTROPY_BLOCK_RING_H

#include <pthread.h>

#include "base/secret.h"
#include "entropy/conditioner.h"

typedef struct qk_block_ring {
    pthread_mutex_t lock_;
    qk_secret memory_;
    size_t capacity, first_, count_; /* in blocks */
} qk_block_ring;

/* Room for `blocks` blocks; may be 0. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_block_ring_init(qk_block_ring *ring, size_t blocks);
/* Wipes and frees; accepts a zeroed one. */
void qk_block_ring_done(qk_block_ring *ring);

/* False if it is full: the block is still the caller's. */
bool qk_block_ring_put(qk_block_ring *ring, const uint8_t block[QK_BLOCK_LEN]);
/* Takes `blocks` blocks, the oldest first, or none: false. */
bool qk_block_ring_take(qk_block_ring *ring, uint8_t *out, size_t blocks);
/* Blocks in it at this moment. */
/* Wipes what is in it. */
void qk_block_ring_empty(qk_block_ring *ring);
size_t qk_block_ring_count(qk_block_ring *ring);

#endif
