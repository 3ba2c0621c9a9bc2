/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts that hash: digests, HMAC, and signatures of a digest. */
#include "crypto/hash/hmac.h"
#include "crypto/hash/mac.h"
#include "crypto/operation/operation_kind.h"

/* ---- what the three hashing kinds share ---- */

static qk_err hash_begin(qk_operation *op)
{
    return qk_hash_begin(&op->hash, op->use.mech->hash, op->portable, false);
}

static qk_err hash_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    (void)arena;
    *out_bytes = QK_VIEW_NONE;
    return qk_hash_update(&op->hash, in);
}

static size_t hash_output_len(const qk_operation *op, size_t in_len, bool final)
{
    (void)in_len;
    if (!final || op->function == QK_VERIFY)
        return 0;
    return op->engine->output_len(op->key, &op->use, op->function, 0);
}

static void hash_save(const qk_operation *op, qk_buf *out)
{
    QK_OWNED(qk_buf_done) qk_buf state = QK_BUF_NONE;

    qk_sha_save(&op->hash.ours, &state);
    out->failed |= state.failed;
    qk_buf_put_counted(out, qk_buf_view(&state));
}

static qk_err hash_load(qk_operation *op, qk_reader *reader)
{
    qk_reader state = qk_reader_of(qk_read_counted(reader));

    QK_TRY(qk_sha_load(op->hash.ours.kind, &state, &op->hash.ours));
    return qk_reader_ended(&state) ? QK_OK : qk_fail(QK_E_STATE_INVALID, "a digest state is too long");
}

static void hash_done(qk_operation *op)
{
    qk_hash_done(&op->hash);
}

/* ---- digests ---- */

static qk_err digest_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    uint8_t *place;
    size_t len;

    QK_TRY(qk_arena_bytes(arena, EVP_MAX_MD_SIZE, &place));
    QK_TRY(qk_hash_end(&op->hash, place, &len));
    *out_bytes = qk_view_of(place, len);
    return QK_OK;
}

const qk_operation_kind qk_operation_digest = {
    .begin = hash_begin,
    .update = hash_update,
    .finish = digest_finish,
    .output_len = hash_output_len,
    .save = hash_save,
    .load = hash_load,
    .done = hash_done,
};

/* ---- HMAC ---- */

static qk_err hmac_begin(qk_operation *op)
{
    return qk_hmac_begin(&op->hash, op->use.mech->hash, qk_secret_reveal(&op->key->value), op->portable);
}

static qk_err hmac_end(qk_operation *op, uint8_t out[QK_MAX_MAC], size_t *out_len)
{
    QK_TRY(qk_hmac_end(&op->hash, op->use.mech->hash, qk_secret_reveal(&op->key->value), out, out_len));
    *out_len = qk_mac_len(&op->use, *out_len);
    return QK_OK;
}

static qk_err hmac_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    uint8_t *place;
    size_t len;

    QK_TRY(qk_arena_bytes(arena, QK_MAX_MAC, &place));
    QK_TRY(hmac_end(op, place, &len));
    *out_bytes = qk_view_of(place, len);
    return QK_OK;
}

static qk_err hmac_finish_verify(qk_operation *op, qk_view signature)
{
    uint8_t mac[QK_MAX_MAC];
    size_t len;
    qk_err err;

    QK_TRY(hmac_end(op, mac, &len));
    err = qk_mac_compare(qk_view_of(mac, len), signature);
    explicit_bzero(mac, sizeof mac);
    return err;
}

/* The inner hash has always taken in the key's block; the outer one starts from the key again. */
static qk_err hmac_load(qk_operation *op, qk_reader *reader)
{
    QK_TRY(hash_load(op, reader));
    if (op->hash.ours.len < op->hash.ours.kind->block_len)
        return qk_fail(QK_E_STATE_INVALID, "an HMAC state without its key's block");
    return QK_OK;
}

const qk_operation_kind qk_operation_hmac = {
    .begin = hmac_begin,
    .update = hash_update,
    .finish = hmac_finish,
    .finish_verify = hmac_finish_verify,
    .output_len = hash_output_len,
    .save = hash_save,
    .load = hmac_load,
    .done = hash_done,
};

/* ---- signatures that hash first ---- */

static qk_err hashed_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    QK_TRY(qk_hash_end(&op->hash, digest, &len));
    return op->engine->sign_digest(op->key, &op->use, qk_view_of(digest, len), arena, out_bytes);
}

static qk_err hashed_finish_verify(qk_operation *op, qk_view signature)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    size_t len;

    QK_TRY(qk_hash_end(&op->hash, digest, &len));
    return op->engine->verify_digest(op->key, &op->use, qk_view_of(digest, len), signature);
}

const qk_operation_kind qk_operation_hashed = {
    .begin = hash_begin,
    .update = hash_update,
    .finish = hashed_finish,
    .finish_verify = hashed_finish_verify,
    .output_len = hash_output_len,
    .save = hash_save,
    .load = hash_load,
    .done = hash_done,
};
