/* SPDX-License-Identifier: Apache-2.0 */
/* What followed which context: a dictionary from up to 16 samples in a row to counts of the next sample. Counts never
 * fall, so the commonest follower of each context is kept up to date. */
#ifndef QK_STATISTICS_CONTEXTS_H
#define QK_STATISTICS_CONTEXTS_H

#include "base/bytes.h"

enum { QK_CONTEXT_LONGEST = 16 };

/* The last 16 samples, the newest in the lowest byte of `low`. */
typedef struct qk_recent {
    uint64_t low, high;
} qk_recent;

static inline void qk_recent_push(qk_recent *recent, uint8_t sample)
{
    recent->high = recent->high << 8 | recent->low >> 56;
    recent->low = recent->low << 8 | sample;
}

typedef struct qk_context {
    qk_recent samples;
    uint32_t count;   /* of the commonest follower */
    uint8_t len;      /* 0: free */
    uint8_t follower; /* the commonest, the greatest one of equals */
} qk_context;

typedef struct qk_follower {
    uint64_t key; /* 0: free */
    uint32_t count;
} qk_follower;

typedef struct qk_contexts {
    qk_context *contexts; /* open addressing, both */
    qk_follower *followers;
    size_t context_slots, follower_slots; /* powers of two */
    size_t context_count, follower_count;
} qk_contexts;

/* For up to `contexts` contexts; followers grow as needed. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_contexts_init(qk_contexts *contexts, size_t most);
void qk_contexts_done(qk_contexts *contexts);
void qk_contexts_clear(qk_contexts *contexts);

/* The context of the last `len` samples, or NULL. Pointers stay valid until `clear`. */
qk_context *qk_contexts_find(const qk_contexts *contexts, const qk_recent *recent, unsigned len);
/* Makes one that is not there; fewer than `most` must be. */
qk_context *qk_contexts_add(qk_contexts *contexts, const qk_recent *recent, unsigned len);
/* Counts a follower; a new one is left out if there are `most_followers`. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_contexts_count(qk_contexts *contexts, qk_context *context, uint8_t follower,
                                       size_t most_followers);

#endif
