/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that collect their parts and are one call in truth: AEAD, whose plaintext must not leave before its tag is
 * checked, and what OpenSSL does in one piece only. */
#include "crypto/operation/operation_kind.h"

enum { MAX_GATHERED = 64 << 20, MAX_TAG = 16 };

static qk_err gathered_begin(qk_operation *op)
{
    op->gathered = QK_BUF_NONE;
    return QK_OK;
}

static qk_err gathered_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    bool decrypts = op->function == QK_DECRYPT;
    size_t limit = MAX_GATHERED + (decrypts ? MAX_TAG : 0);

    (void)arena;
    if (in.len > limit - op->gathered.len)
        return qk_fail(decrypts ? QK_E_CIPHERTEXT_LENGTH : QK_E_BAD_LENGTH, "%s in parts takes at most %d bytes in all",
                       op->use.mech->name, MAX_GATHERED);
    qk_buf_put(&op->gathered, in);
    *out_bytes = QK_VIEW_NONE;
    return qk_buf_check(&op->gathered);
}

static qk_err gathered_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    qk_err (*whole)(const qk_key *, const qk_mech_use *, qk_view, qk_arena *, qk_view *) =
        op->function == QK_ENCRYPT   ? op->engine->encrypt
        : op->function == QK_DECRYPT ? op->engine->decrypt
                                     : op->engine->sign;

    return whole(op->key, &op->use, qk_buf_view(&op->gathered), arena, out_bytes);
}

static qk_err gathered_finish_verify(qk_operation *op, qk_view signature)
{
    return op->engine->verify(op->key, &op->use, qk_buf_view(&op->gathered), signature);
}

static size_t gathered_output_len(const qk_operation *op, size_t in_len, bool final)
{
    (void)in_len;
    if (!final || op->function == QK_VERIFY)
        return 0;
    return op->engine->output_len(op->key, &op->use, op->function, op->gathered.len);
}

static void gathered_done(qk_operation *op)
{
    qk_buf_done(&op->gathered);
}

const qk_operation_kind qk_operation_gathered = {
    .begin = gathered_begin,
    .update = gathered_update,
    .finish = gathered_finish,
    .finish_verify = gathered_finish_verify,
    .output_len = gathered_output_len,
    .done = gathered_done,
};
