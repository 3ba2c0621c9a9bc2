/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "statistics/min_entropy/contexts.h"

static size_t mix(uint64_t value)
{
    value *= 0x9e3779b97f4a7c15;
    value ^= value >> 32;
    value *= 0xd6e8feb86659fd93;
    return (size_t)(value ^ value >> 32);
}

static qk_recent cut(const qk_recent *recent, unsigned len)
{
    qk_recent cut = *recent;

    if (len < 8)
        cut.low &= (1ull << 8 * len) - 1;
    if (len <= 8)
        cut.high = 0;
    else if (len < 16)
        cut.high &= (1ull << 8 * (len - 8)) - 1;
    return cut;
}

static size_t power_of_two_above(size_t n)
{
    size_t power = 64;

    while (power < n)
        power *= 2;
    return power;
}

qk_err qk_contexts_init(qk_contexts *contexts, size_t most)
{
    size_t slots = power_of_two_above(2 * most);

    *contexts = (qk_contexts){ .context_slots = slots, .follower_slots = slots };
    contexts->contexts = calloc(slots, sizeof *contexts->contexts);
    contexts->followers = calloc(slots, sizeof *contexts->followers);
    if (contexts->contexts && contexts->followers)
        return QK_OK;
    qk_contexts_done(contexts);
    return qk_fail(QK_E_NO_MEMORY, "no memory for %zu contexts", most);
}

void qk_contexts_done(qk_contexts *contexts)
{
    free(contexts->contexts);
    free(contexts->followers);
    *contexts = (qk_contexts){ 0 };
}

void qk_contexts_clear(qk_contexts *contexts)
{
    memset(contexts->contexts, 0, contexts->context_slots * sizeof *contexts->contexts);
    memset(contexts->followers, 0, contexts->follower_slots * sizeof *contexts->followers);
    contexts->context_count = contexts->follower_count = 0;
}

/* The slot of the context, or the free one where it belongs. */
static qk_context *slot_of(const qk_contexts *contexts, qk_recent samples, unsigned len)
{
    size_t at = mix(samples.low ^ mix(samples.high + len));

    for (;; at++) {
        qk_context *slot = &contexts->contexts[at & (contexts->context_slots - 1)];

        if (!slot->len || (slot->len == len && slot->samples.low == samples.low && slot->samples.high == samples.high))
            return slot;
    }
}

qk_context *qk_contexts_find(const qk_contexts *contexts, const qk_recent *recent, unsigned len)
{
    qk_context *slot = slot_of(contexts, cut(recent, len), len);

    return slot->len ? slot : NULL;
}

qk_context *qk_contexts_add(qk_contexts *contexts, const qk_recent *recent, unsigned len)
{
    qk_recent samples = cut(recent, len);
    qk_context *slot = slot_of(contexts, samples, len);

    slot->samples = samples;
    slot->len = (uint8_t)len;
    contexts->context_count++;
    return slot;
}

static qk_follower *follower_slot(qk_follower *followers, size_t slots, uint64_t key)
{
    size_t at = mix(key);

    while (followers[at & (slots - 1)].key && followers[at & (slots - 1)].key != key)
        at++;
    return &followers[at & (slots - 1)];
}

static qk_err make_room(qk_contexts *contexts)
{
    size_t slots = contexts->follower_slots * 2;
    qk_follower *larger;

    if (contexts->follower_count * 2 < contexts->follower_slots)
        return QK_OK;
    larger = calloc(slots, sizeof *larger);
    if (!larger)
        return qk_fail(QK_E_NO_MEMORY, "no memory for more than %zu followers", contexts->follower_count);
    for (size_t i = 0; i < contexts->follower_slots; i++)
        if (contexts->followers[i].key)
            *follower_slot(larger, slots, contexts->followers[i].key) = contexts->followers[i];
    free(contexts->followers);
    contexts->followers = larger;
    contexts->follower_slots = slots;
    return QK_OK;
}

qk_err qk_contexts_count(qk_contexts *contexts, qk_context *context, uint8_t follower, size_t most_followers)
{
    uint64_t key = ((uint64_t)(context - contexts->contexts) + 1) << 8 | follower;
    qk_follower *slot = follower_slot(contexts->followers, contexts->follower_slots, key);

    if (!slot->key) {
        if (contexts->follower_count >= most_followers)
            return QK_OK;
        QK_TRY(make_room(contexts));
        slot = follower_slot(contexts->followers, contexts->follower_slots, key);
        slot->key = key;
        contexts->follower_count++;
    }
    slot->count++;
    if (slot->count > context->count || (slot->count == context->count && follower > context->follower)) {
        context->count = slot->count;
        context->follower = follower;
    }
    return QK_OK;
}
