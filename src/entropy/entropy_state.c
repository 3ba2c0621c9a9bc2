/* SPDX-License-Identifier: Apache-2.0 */
/* What can be had now, and what one may know of it. */
#include "entropy/entropy.h"
#include "entropy/pipeline.h"

static const char *const type_names[] = { "quantum", "mixed" };
static const char *const state_names[] = { "ready", "starting", "failed", "away" };

const char *qk_entropy_type_name(qk_entropy_type type)
{
    return type_names[type];
}

const char *qk_entropy_state_name(qk_entropy_state state)
{
    return state_names[state];
}

static qk_entropy_state state_of(qk_pipeline *pipeline)
{
    bool starting = false, failed = false;
    qk_source_status status;

    if (qk_pipeline_healthy(pipeline) & pipeline->credited)
        return QK_ENTROPY_READY;
    for (size_t i = 0; i < pipeline->inlet_count; i++) {
        if (!(pipeline->credited >> i & 1))
            continue;
        qk_source_status_get(pipeline->inlets[i].source, &status);
        starting |= status.state == QK_SOURCE_STARTING;
        failed |= status.rct_failures + status.apt_failures > 0;
    }
    if (failed)
        return QK_ENTROPY_FAILED;
    return starting ? QK_ENTROPY_STARTING : QK_ENTROPY_AWAY;
}

qk_entropy_state qk_entropy_state_get(void)
{
    qk_pipeline *pipeline;
    return qk_pipeline_get(&pipeline) == QK_OK ? state_of(pipeline) : QK_ENTROPY_AWAY;
}

static bool reserve_is_open(qk_pipeline *pipeline)
{
    return pipeline->config.serve_reserve_when_down && qk_block_ring_count(&pipeline->reserve) > 0;
}

unsigned qk_entropy_types(void)
{
    qk_pipeline *pipeline;
    uint32_t healthy;
    unsigned types = 0;

    if (qk_pipeline_get(&pipeline) != QK_OK)
        return 0;
    if (!pipeline->config.threads)
        qk_pipeline_settle(pipeline);
    healthy = qk_pipeline_healthy(pipeline) & pipeline->credited;
    if (healthy)
        types |= 1u << QK_ENTROPY_MIXED;
    if ((healthy & pipeline->quantum) || reserve_is_open(pipeline))
        types |= 1u << QK_ENTROPY_QUANTUM;
    return types;
}

qk_err qk_entropy_check(void)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    if (!pipeline->config.threads) {
        qk_pipeline_settle(pipeline);
        qk_pipeline_turn(pipeline, qk_deadline_in(0));
    }
    return qk_pipeline_healthy(pipeline) & pipeline->credited ? QK_OK : qk_pipeline_await(pipeline);
}

void qk_entropy_status_get(qk_entropy_status *out_status)
{
    qk_pipeline *pipeline;

    *out_status = (qk_entropy_status){ .state = qk_entropy_state_get(), .types = qk_entropy_types() };
    if (qk_pipeline_get(&pipeline) != QK_OK)
        return;
    out_status->reserve_bytes = qk_block_ring_count(&pipeline->reserve) * QK_BLOCK_LEN;
    out_status->reserve_capacity = pipeline->reserve.capacity * QK_BLOCK_LEN;
    out_status->disk_bytes = atomic_load(&pipeline->disk.count) * QK_SLOT_LEN;
    out_status->disk_capacity = pipeline->disk.slots * QK_SLOT_LEN;
    qk_disk_reserve_message(&pipeline->disk, out_status->disk_message, sizeof out_status->disk_message);
    out_status->conditioned_bytes = atomic_load(&pipeline->conditioned_bytes);
    out_status->reseeds = atomic_load(&pipeline->reseeds);
    for (size_t i = 0; i < QK_ENTROPY_TYPES; i++)
        out_status->drawn_bytes[i] = atomic_load(&pipeline->drawn_bytes[i]);
}

size_t qk_entropy_source_count(void)
{
    qk_pipeline *pipeline;
    return qk_pipeline_get(&pipeline) == QK_OK ? pipeline->inlet_count : 0;
}

qk_source *qk_entropy_source(size_t index)
{
    qk_pipeline *pipeline;

    if (qk_pipeline_get(&pipeline) != QK_OK || index >= pipeline->inlet_count)
        return NULL;
    return pipeline->inlets[pipeline->index_of[index]].source;
}
