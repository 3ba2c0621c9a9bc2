/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks: bytes are collected from each source until one credited source alone carries n_out + 64 bits; then all that
 * is there goes into one hash. Source: SP 800-90C 3.2.2.2; the project's entropy rules, sections 7 and 8. */
#include "entropy/pipeline.h"

enum { MIX_PAUSE_MS = 1000 };

static void forget_collected(qk_inlet *inlet)
{
    if (inlet->have > 0)
        explicit_bzero(qk_secret_fill(&inlet->collected), inlet->have);
    inlet->have = 0;
}

/* True if this source alone carries a block. */
static bool collect(qk_inlet *inlet, bool healthy)
{
    if (atomic_exchange(&inlet->tainted, false) || !healthy)
        forget_collected(inlet);
    if (healthy && inlet->have < inlet->need)
        inlet->have +=
            qk_source_take(inlet->source, qk_secret_fill(&inlet->collected) + inlet->have, inlet->need - inlet->have);
    if (healthy && inlet->have < inlet->need)
        qk_inlet_want(inlet);
    return inlet->have == inlet->need;
}

static uint32_t collect_all(qk_pipeline *pipeline)
{
    uint32_t healthy = qk_pipeline_healthy(pipeline), full = 0;

    for (size_t i = 0; i < pipeline->inlet_count; i++)
        if (collect(&pipeline->inlets[i], healthy >> i & 1))
            full |= UINT32_C(1) << i;
    return full;
}

/* Everybody adds what is there. But while the reserve has room, every other seed leaves quantum sources alone if others
 * carry it: else many seeds would leave nothing of a slow quantum source for the answers that need it. */
static uint32_t contributors(qk_pipeline *pipeline, uint32_t full, uint32_t carriers)
{
    uint32_t others = ~pipeline->quantum;
    bool for_reserve = !(carriers & others);

    if (for_reserve || qk_block_ring_count(&pipeline->reserve) == pipeline->reserve.capacity)
        return UINT32_MAX;
    pipeline->spare_quantum = !pipeline->spare_quantum;
    return pipeline->spare_quantum && (full & carriers & others) ? others : UINT32_MAX;
}

/* One look at health decides both, whose bytes go in and whether one of them carries the block: `full` are those that
 * could, before one of them may have failed. */
static bool condition(qk_pipeline *pipeline, uint32_t full, uint32_t inlets, const char *use, uint8_t out[QK_BLOCK_LEN])
{
    uint32_t healthy = qk_pipeline_healthy(pipeline);

    if (!(healthy & full & inlets))
        return false;
    qk_conditioner_begin(&pipeline->conditioner, use, pipeline->serial++);
    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        qk_inlet *inlet = &pipeline->inlets[i];
        if (!(inlets >> i & 1))
            continue;
        if (healthy >> i & 1)
            qk_conditioner_add(&pipeline->conditioner, inlet->config->name,
                               qk_view_slice(qk_secret_reveal(&inlet->collected), 0, inlet->have));
        forget_collected(inlet);
    }
    return qk_conditioner_finish(&pipeline->conditioner, out) == QK_OK;
}

static bool make(qk_pipeline *pipeline, uint32_t carriers, const char *use, uint8_t out[QK_BLOCK_LEN])
{
    uint32_t full = collect_all(pipeline) & (carriers &= pipeline->credited);

    return full && condition(pipeline, full, contributors(pipeline, full, carriers), use, out);
}

/* Under `gather`. */
static bool make_untapped(qk_pipeline *pipeline, uint32_t carriers, const char *use, uint8_t out[QK_BLOCK_LEN])
{
    bool made;

    do {
        made = make(pipeline, carriers, use, out);
    } while (made && qk_tap_divert(pipeline, out));
    if (made)
        atomic_fetch_add(&pipeline->conditioned_bytes, QK_BLOCK_LEN);
    return made;
}

bool qk_supply_try(qk_pipeline *pipeline, uint32_t carriers, const char *use, uint8_t out[QK_BLOCK_LEN])
{
    bool made;

    pthread_mutex_lock(&pipeline->gather);
    made = make_untapped(pipeline, carriers, use, out);
    pthread_mutex_unlock(&pipeline->gather);
    return made;
}

bool qk_supply_store(qk_pipeline *pipeline, uint32_t carriers, const char *use, qk_block_ring *ring)
{
    uint8_t block[QK_BLOCK_LEN];
    bool stored;

    pthread_mutex_lock(&pipeline->gather);
    stored = qk_block_ring_count(ring) < ring->capacity && make_untapped(pipeline, carriers, use, block) &&
             qk_block_ring_put(ring, block);
    pthread_mutex_unlock(&pipeline->gather);
    explicit_bzero(block, sizeof block);
    return stored;
}

/* Every healthy source is in nearly every block, so all of them go. A block is made and stored under one lock: none
 * comes after. */
void qk_supply_discard(void *context)
{
    qk_inlet *inlet = context;
    qk_pipeline *pipeline = inlet->pipeline;

    pthread_mutex_lock(&pipeline->gather);
    atomic_store(&inlet->tainted, true);
    qk_block_ring_empty(&pipeline->seeds);
    qk_block_ring_empty(&pipeline->reserve);
    atomic_fetch_add(&pipeline->discards, 1);
    atomic_fetch_add(&pipeline->epoch, 1);
    pthread_mutex_unlock(&pipeline->gather);
}

qk_err qk_supply_block(qk_pipeline *pipeline, uint32_t carriers, const char *use, qk_deadline_ms deadline,
                       uint8_t out[QK_BLOCK_LEN])
{
    if (!pipeline->config.threads) {
        qk_pipeline_settle(pipeline);
        qk_pipeline_turn(pipeline, qk_deadline_in(0));
    }
    for (bool last = false; !last;) {
        if (qk_supply_try(pipeline, carriers, use, out))
            return QK_OK;
        /* waiting for what has failed would only make every call slow */
        if (qk_pipeline_settled(pipeline) && !(qk_pipeline_healthy(pipeline) & carriers & pipeline->credited))
            return qk_pipeline_no_random(pipeline);
        last = qk_deadline_left(deadline) == 0; /* one slow source may have taken all the time, and others be ready */
        qk_pipeline_wait(pipeline, deadline);
    }
    return qk_supply_try(pipeline, carriers, use, out) ? QK_OK : qk_pipeline_no_random(pipeline);
}

qk_err qk_supply_seed(qk_pipeline *pipeline, uint8_t out[QK_BLOCK_LEN])
{
    if (qk_block_ring_take(&pipeline->seeds, out, 1)) {
        if (qk_block_ring_count(&pipeline->seeds) <= QK_SEED_POOL / 2)
            pthread_cond_signal(&pipeline->filling);
        return QK_OK;
    }
    return qk_supply_block(pipeline, pipeline->credited, "seed", qk_deadline_in(QK_SEED_WAIT_MS), out);
}

size_t qk_supply_mixed(qk_pipeline *pipeline, uint8_t out[QK_BLOCK_LEN])
{
    size_t len;

    pthread_mutex_lock(&pipeline->gather);
    len = pipeline->mixed.len;
    if (len > 0)
        memcpy(out, qk_secret_reveal(&pipeline->mixed).data, len);
    pthread_mutex_unlock(&pipeline->gather);
    return len;
}

static qk_err mix(qk_pipeline *pipeline, qk_view seed)
{
    QK_OWNED(qk_secret_free) qk_secret digest = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(QK_BLOCK_LEN, &digest));
    qk_conditioner_begin(&pipeline->conditioner, "mix", pipeline->serial++);
    qk_conditioner_add(&pipeline->conditioner, "before", qk_secret_reveal(&pipeline->mixed));
    qk_conditioner_add(&pipeline->conditioner, "seed", seed);
    QK_TRY(qk_conditioner_finish(&pipeline->conditioner, qk_secret_fill(&digest)));
    qk_secret_give(&digest, &pipeline->mixed);
    return QK_OK;
}

/* Generators reseed for it once a second at most: whoever mixes in all the time must not use up a slow source. What
 * came in between goes in with the next seed. Under `gather`. */
static bool may_reseed(qk_pipeline *pipeline)
{
    int64_t now = qk_clock_monotonic_ms();

    if (pipeline->mixed_ms != 0 && now - pipeline->mixed_ms < MIX_PAUSE_MS)
        return false;
    pipeline->mixed_ms = now;
    return true;
}

qk_err qk_supply_mix(qk_pipeline *pipeline, qk_view seed)
{
    qk_err err;

    pthread_mutex_lock(&pipeline->gather);
    err = mix(pipeline, seed);
    if (may_reseed(pipeline))
        atomic_fetch_add(&pipeline->epoch, 1);
    pthread_mutex_unlock(&pipeline->gather);
    return err;
}
