/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts of ciphers: block modes, stream modes, and the MAC made of a cipher. */
#include "crypto/hash/mac.h"
#include "crypto/operation/operation_kind.h"

/* ---- block modes ---- */

static qk_err blocks_begin(qk_operation *op)
{
    if (!qk_cipher_of(op->key->type, QK_MODE_ECB, op->key->value.len))
        return qk_fail(QK_E_KEY_SIZE, "a key of %zu bytes", op->key->value.len);
    qk_blocks_init(&op->blocks, &op->use, op->function == QK_ENCRYPT);
    return QK_OK;
}

static qk_err blocks_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    return qk_blocks_update(&op->blocks, op->key, in, arena, out_bytes);
}

static qk_err blocks_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    return qk_blocks_finish(&op->blocks, op->key, arena, out_bytes);
}

static size_t blocks_output_len(const qk_operation *op, size_t in_len, bool final)
{
    return qk_blocks_output_len(op->blocks.mech, op->blocks.encrypt, op->blocks.rest_len, in_len, final);
}

static void blocks_save(const qk_operation *op, qk_buf *out)
{
    qk_blocks_save(&op->blocks, out);
}

static qk_err blocks_load(qk_operation *op, qk_reader *reader)
{
    return qk_blocks_load(&op->blocks, reader);
}

static void blocks_done(qk_operation *op)
{
    explicit_bzero(&op->blocks, sizeof op->blocks);
}

const qk_operation_kind qk_operation_blocks = {
    .begin = blocks_begin,
    .update = blocks_update,
    .finish = blocks_finish,
    .output_len = blocks_output_len,
    .save = blocks_save,
    .load = blocks_load,
    .done = blocks_done,
};

/* ---- stream modes ---- */

static qk_err stream_begin(qk_operation *op)
{
    qk_stream_init(&op->stream, &op->use, op->function == QK_ENCRYPT);
    return QK_OK;
}

static qk_err stream_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, in.len, &place));
    QK_TRY(qk_stream_through(&op->stream, op->key, in, place));
    *out_bytes = qk_view_of(place, in.len);
    return QK_OK;
}

static qk_err stream_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    (void)op;
    (void)arena;
    *out_bytes = QK_VIEW_NONE;
    return QK_OK;
}

static size_t stream_output_len(const qk_operation *op, size_t in_len, bool final)
{
    (void)op;
    return final ? 0 : in_len;
}

static void stream_save(const qk_operation *op, qk_buf *out)
{
    qk_stream_save(&op->stream, out);
}

static qk_err stream_load(qk_operation *op, qk_reader *reader)
{
    return qk_stream_load(&op->stream, reader);
}

static void stream_done(qk_operation *op)
{
    explicit_bzero(&op->stream, sizeof op->stream);
}

const qk_operation_kind qk_operation_stream = {
    .begin = stream_begin,
    .update = stream_update,
    .finish = stream_finish,
    .output_len = stream_output_len,
    .save = stream_save,
    .load = stream_load,
    .done = stream_done,
};

/* ---- CMAC ---- */

static qk_err cmac_begin(qk_operation *op)
{
    op->cmac = (qk_cmac){ 0 };
    return qk_cmac_check(op->key);
}

static qk_err cmac_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    (void)arena;
    *out_bytes = QK_VIEW_NONE;
    return qk_cmac_update(&op->cmac, op->key, in);
}

static size_t cmac_len(const qk_operation *op)
{
    return qk_mac_len(&op->use, qk_cipher_block_len(op->key));
}

static qk_err cmac_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, QK_MAX_CIPHER_BLOCK, &place));
    QK_TRY(qk_cmac_end(&op->cmac, op->key, place));
    *out_bytes = qk_view_of(place, cmac_len(op));
    return QK_OK;
}

static qk_err cmac_finish_verify(qk_operation *op, qk_view signature)
{
    uint8_t mac[QK_MAX_CIPHER_BLOCK];
    qk_err err;

    QK_TRY(qk_cmac_end(&op->cmac, op->key, mac));
    err = qk_mac_compare(qk_view_of(mac, cmac_len(op)), signature);
    explicit_bzero(mac, sizeof mac);
    return err;
}

static size_t cmac_output_len(const qk_operation *op, size_t in_len, bool final)
{
    (void)in_len;
    return final && op->function != QK_VERIFY ? cmac_len(op) : 0;
}

static void cmac_save(const qk_operation *op, qk_buf *out)
{
    qk_cmac_save(&op->cmac, out);
}

static qk_err cmac_load(qk_operation *op, qk_reader *reader)
{
    return qk_cmac_load(&op->cmac, op->key, reader);
}

static void cmac_done(qk_operation *op)
{
    explicit_bzero(&op->cmac, sizeof op->cmac);
}

const qk_operation_kind qk_operation_cmac = {
    .begin = cmac_begin,
    .update = cmac_update,
    .finish = cmac_finish,
    .finish_verify = cmac_finish_verify,
    .output_len = cmac_output_len,
    .save = cmac_save,
    .load = cmac_load,
    .done = cmac_done,
};
