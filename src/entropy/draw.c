/* SPDX-License-Identifier: Apache-2.0 */
/* Answers. `mixed` is this thread's public generator; `quantum` is RBG3(XOR): conditioned blocks whose carrier is a
 * quantum source, XOR the generator's output, so it stays safe if the source is weaker than claimed.
 * Source: SP 800-90C 6.4. */
#include "entropy/pipeline.h"
#include "entropy/generator/provider.h"

enum { PIECE_BLOCKS = 64 };

static qk_err too_little(qk_pipeline *pipeline, size_t len)
{
    if (!pipeline->quantum)
        return qk_fail(QK_E_NO_RANDOM, "there is no quantum source here");
    if (!(qk_pipeline_healthy(pipeline) & pipeline->quantum) && !pipeline->config.serve_reserve_when_down)
        return qk_fail(QK_E_NO_RANDOM, "no quantum source is healthy");
    return qk_fail(QK_E_NO_RANDOM, "%zu bytes of quantum random are not there at the moment; ask again", len);
}

static void whiten(uint8_t *out, const uint8_t *blocks, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] ^= blocks[i];
}

/* Without threads a block is made now; with them it comes from the reserve, `blocks` at once. */
static bool take_blocks(qk_pipeline *pipeline, uint8_t *blocks, size_t count, qk_deadline_ms deadline)
{
    if (pipeline->config.threads)
        return qk_block_ring_take(&pipeline->reserve, blocks, count);
    for (size_t i = 0; i < count; i++)
        if (qk_supply_block(pipeline, pipeline->quantum, "quantum", deadline, blocks + i * QK_BLOCK_LEN) != QK_OK)
            return false;
    return true;
}

/* What a source has made is served only while one of its kind is healthy, unless the operator wants otherwise. */
static bool may_serve(qk_pipeline *pipeline)
{
    return (qk_pipeline_healthy(pipeline) & pipeline->quantum) || pipeline->config.serve_reserve_when_down ||
           !pipeline->config.threads;
}

/* A start-up test is worth waiting for, and no more. If it ends between the first two looks, the third one sees that.
 */
static bool may_wait(qk_pipeline *pipeline)
{
    return may_serve(pipeline) || qk_pipeline_starting(pipeline, pipeline->quantum) || may_serve(pipeline);
}

static qk_err wait_for_blocks(qk_pipeline *pipeline, uint8_t *blocks, size_t count, qk_deadline_ms deadline)
{
    for (;;) {
        if (!pipeline->quantum || !may_wait(pipeline))
            return too_little(pipeline, count * QK_BLOCK_LEN);
        if (may_serve(pipeline) && take_blocks(pipeline, blocks, count, deadline))
            return QK_OK;
        if (qk_deadline_left(deadline) == 0)
            return too_little(pipeline, count * QK_BLOCK_LEN);
        qk_pipeline_wait(pipeline, deadline);
    }
}

/* The generator needs a healthy source. While none is, the conditioned bits alone are served, if the operator wants
 * that: they have full entropy by themselves. Whatever else a generator fails for is a failure. */
static qk_err draw_mask(qk_pipeline *pipeline, uint8_t *out, size_t len)
{
    qk_err err = qk_provider_draw(false, out, len);

    if (err != QK_E_NO_RANDOM || !pipeline->config.serve_reserve_when_down ||
        (qk_pipeline_healthy(pipeline) & pipeline->credited))
        return err;
    memset(out, 0, len);
    return QK_OK;
}

static qk_err draw_piece(qk_pipeline *pipeline, uint8_t *out, size_t len, qk_secret *blocks, qk_deadline_ms deadline)
{
    QK_TRY(draw_mask(pipeline, out, len));
    QK_TRY(wait_for_blocks(pipeline, qk_secret_fill(blocks), (len + QK_BLOCK_LEN - 1) / QK_BLOCK_LEN, deadline));
    whiten(out, qk_secret_reveal(blocks).data, len);
    explicit_bzero(qk_secret_fill(blocks), blocks->len);
    return QK_OK;
}

static qk_err draw_quantum(qk_pipeline *pipeline, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    QK_OWNED(qk_secret_free) qk_secret blocks = QK_SECRET_NONE;
    size_t piece = PIECE_BLOCKS * QK_BLOCK_LEN;

    QK_TRY(qk_secret_new(piece, &blocks));
    for (size_t done = 0; done < len; done += piece) {
        piece = len - done < piece ? len - done : piece;
        qk_err err = draw_piece(pipeline, out + done, piece, &blocks, deadline);
        if (err != QK_OK) {
            explicit_bzero(out, done + piece);
            return err;
        }
    }
    return QK_OK;
}

qk_err qk_entropy_draw_by(qk_entropy_type type, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    if (type == QK_ENTROPY_QUANTUM)
        QK_TRY(draw_quantum(pipeline, out, len, deadline));
    else
        QK_TRY(qk_provider_draw(false, out, len));
    atomic_fetch_add_explicit(&pipeline->drawn_bytes[type], len, memory_order_relaxed);
    return QK_OK;
}

/* Looks first whether it is all there, so that nothing is taken and thrown away. */
static qk_err check_reserve(qk_pipeline *pipeline, size_t len)
{
    if (pipeline->config.threads && qk_block_ring_count(&pipeline->reserve) < (len + QK_BLOCK_LEN - 1) / QK_BLOCK_LEN)
        return too_little(pipeline, len);
    return QK_OK;
}

qk_err qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len)
{
    qk_pipeline *pipeline;

    QK_TRY(qk_pipeline_get(&pipeline));
    if (type == QK_ENTROPY_QUANTUM)
        QK_TRY(check_reserve(pipeline, len));
    return qk_entropy_draw_by(type, out, len, qk_deadline_in(pipeline->config.threads ? 0 : QK_SEED_WAIT_MS));
}
