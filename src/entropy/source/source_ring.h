/* SPDX-License-Identifier: Apache-2.0 */
/* Tested samples that wait to be taken, in locked memory: a ring whose newest `delay` bytes cannot be taken yet. What
 * comes between a fault and its detection is among these, and goes when the ring is emptied. Bytes are wiped when they
 * are taken or pushed out by newer ones. No lock of its own. */
#ifndef QK_ENTROPY_SOURCE_RING_H
#define QK_ENTROPY_SOURCE_RING_H

#include "base/secret.h"

typedef struct qk_source_ring {
    qk_secret memory;
    size_t delay, oldest, filled;
} qk_source_ring;

/* Room for `room` bytes to be taken and `delay` bytes held back. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_source_ring_init(qk_source_ring *ring, size_t room, size_t delay);
void qk_source_ring_done(qk_source_ring *ring);
/* Wipes what is there. */
void qk_source_ring_empty(qk_source_ring *ring);
/* Bytes that can be pushed without losing older ones. */
size_t qk_source_ring_free(const qk_source_ring *ring);
/* Bytes that can be taken. */
size_t qk_source_ring_ready(const qk_source_ring *ring);
/* At most as many bytes as the ring holds; the oldest give way. */
void qk_source_ring_push(qk_source_ring *ring, const uint8_t *data, size_t len);
size_t qk_source_ring_take(qk_source_ring *ring, uint8_t *out, size_t len);

#endif
