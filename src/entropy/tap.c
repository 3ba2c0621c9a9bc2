/* SPDX-License-Identifier: Apache-2.0 */
/* What the statistical tests get, and nobody else: taken out of the stream, never copied from it.
 *
 * A source gives its tap at most an eighth of its samples, so that a slow one still feeds the seeds; all of them while
 * a strict start waits for the first run. Nobody needs what a full queue holds: then an eighth of that at a time, and
 * the source reads on at once. What it gave so is not held against it when there is demand again. */
#include "entropy/pipeline.h"

enum { SHARE = 8, RAW = 0, CONDITIONED = 1 };

qk_err qk_tap_init(qk_inlet *inlet)
{
    QK_TRY(qk_secret_new(QK_TAP_LEN, &inlet->tap));
    return qk_secret_new(inlet->need, &inlet->tap_input);
}

static size_t take(qk_inlet *inlet, uint8_t *out, size_t len)
{
    size_t got = qk_source_tap(inlet->source, out, len);

    inlet->tapped += got;
    return got;
}

static void fill_raw(qk_inlet *inlet, size_t budget)
{
    size_t room = QK_TAP_LEN - inlet->tap_have;

    inlet->tap_have += take(inlet, qk_secret_fill(&inlet->tap) + inlet->tap_have, room < budget ? room : budget);
}

/* Blocks of this source alone. */
static void fill_conditioned(qk_inlet *inlet, size_t budget)
{
    qk_conditioner *conditioner = &inlet->pipeline->conditioner;
    uint8_t *input = qk_secret_fill(&inlet->tap_input);

    while (QK_TAP_LEN - inlet->tap_have >= QK_BLOCK_LEN && budget > 0) {
        size_t missing = inlet->need - inlet->tap_input_have;
        size_t got = take(inlet, input + inlet->tap_input_have, missing < budget ? missing : budget);
        inlet->tap_input_have += got;
        budget -= got;
        if (inlet->tap_input_have < inlet->need)
            return;
        qk_conditioner_begin(conditioner, "tap", inlet->pipeline->serial++);
        qk_conditioner_add(conditioner, inlet->config->name, qk_view_of(input, inlet->need));
        if (qk_conditioner_finish(conditioner, qk_secret_fill(&inlet->tap) + inlet->tap_have) == QK_OK)
            inlet->tap_have += QK_BLOCK_LEN;
        explicit_bzero(input, inlet->need);
        inlet->tap_input_have = 0;
    }
}

static size_t at_most(uint64_t budget)
{
    return budget < QK_TAP_LEN ? (size_t)budget : QK_TAP_LEN;
}

static size_t budget_of(qk_inlet *inlet)
{
    qk_source_status status;
    uint64_t share;

    if (!qk_source_healthy(inlet->source))
        return QK_TAP_LEN;
    qk_source_status_get(inlet->source, &status);
    share = status.samples / SHARE;
    if (status.overflows) {
        inlet->tapped = share;
        atomic_store(&inlet->wanting, true);
        return at_most(status.queued / SHARE);
    }
    return share > inlet->tapped ? at_most(share - inlet->tapped) : 0;
}

/* A run over samples from before and after a failure or a restart would judge neither. */
static void forget_former_stream(qk_inlet *inlet)
{
    qk_source_status status;

    qk_source_status_get(inlet->source, &status);
    if (inlet->tap_stream == status.errors + status.startups)
        return;
    inlet->tap_stream = status.errors + status.startups;
    explicit_bzero(qk_secret_fill(&inlet->tap), inlet->tap_have);
    explicit_bzero(qk_secret_fill(&inlet->tap_input), inlet->tap_input_have);
    inlet->tap_have = inlet->tap_input_have = 0;
}

void qk_tap_fill(qk_inlet *inlet)
{
    bool raw = inlet->config->statistics == RAW;

    if (!raw && inlet->config->statistics != CONDITIONED)
        return;
    pthread_mutex_lock(&inlet->pipeline->gather);
    forget_former_stream(inlet);
    if (inlet->tap_have < QK_TAP_LEN - QK_BLOCK_LEN) {
        if (raw)
            fill_raw(inlet, budget_of(inlet));
        else
            fill_conditioned(inlet, budget_of(inlet));
    }
    pthread_mutex_unlock(&inlet->pipeline->gather);
}

/* Under `gather`. */
static bool put_output(qk_pipeline *pipeline, uint8_t block[QK_BLOCK_LEN])
{
    if (QK_TAP_LEN - pipeline->output_tap_have < QK_BLOCK_LEN)
        return false;
    memcpy(qk_secret_fill(&pipeline->output_tap) + pipeline->output_tap_have, block, QK_BLOCK_LEN);
    pipeline->output_tap_have += QK_BLOCK_LEN;
    explicit_bzero(block, QK_BLOCK_LEN);
    return true;
}

/* If nobody takes the tapped ones away, the block may as well be used. */
bool qk_tap_divert(qk_pipeline *pipeline, uint8_t block[QK_BLOCK_LEN])
{
    if (pipeline->config.tap_every == 0 || --pipeline->tap_countdown > 0)
        return false;
    pipeline->tap_countdown = pipeline->config.tap_every;
    return put_output(pipeline, block);
}

bool qk_tap_wants_output(qk_pipeline *pipeline)
{
    bool wants;

    pthread_mutex_lock(&pipeline->gather);
    wants = QK_TAP_LEN - pipeline->output_tap_have >= QK_BLOCK_LEN;
    pthread_mutex_unlock(&pipeline->gather);
    return wants;
}

void qk_tap_put_output(qk_pipeline *pipeline, uint8_t block[QK_BLOCK_LEN])
{
    pthread_mutex_lock(&pipeline->gather);
    put_output(pipeline, block);
    pthread_mutex_unlock(&pipeline->gather);
    explicit_bzero(block, QK_BLOCK_LEN);
}

/* From the front; what stays moves up. */
static size_t give(qk_secret *tap, size_t *have, uint8_t *out, size_t len)
{
    uint8_t *bytes = qk_secret_fill(tap);
    size_t given = len < *have ? len : *have;

    if (given == 0)
        return 0;
    memcpy(out, bytes, given);
    memmove(bytes, bytes + given, *have - given);
    *have -= given;
    explicit_bzero(bytes + *have, given);
    return given;
}

size_t qk_entropy_tap(size_t source, uint8_t *out, size_t len)
{
    qk_pipeline *pipeline;
    size_t given = 0;

    if (qk_pipeline_get(&pipeline) != QK_OK)
        return 0;
    pthread_mutex_lock(&pipeline->gather);
    if (source == QK_ENTROPY_TAP_OUTPUT) {
        given = give(&pipeline->output_tap, &pipeline->output_tap_have, out, len);
    } else if (source < pipeline->inlet_count) {
        qk_inlet *inlet = &pipeline->inlets[pipeline->index_of[source]];
        given = give(&inlet->tap, &inlet->tap_have, out, len);
    }
    pthread_mutex_unlock(&pipeline->gather);
    return given;
}
