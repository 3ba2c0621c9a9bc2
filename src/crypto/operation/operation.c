/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts: the rules that hold for every kind. The kinds are in operation_*.c.
 *
 * A saved state: version (1 byte), function (1 byte), then what the kind needs: the hash's state (sha.c), or where a
 * cipher stands (blocks_parts.c, stream.c, cmac.c). Key and mechanism are not in it; whoever seals it binds them. */
#include <assert.h>
#include <stdlib.h>

#include "crypto/operation/operation_kind.h"

enum { STATE_VERSION = 1 };

/* By engine, where an engine has a kind of its own. */
static const struct {
    const qk_engine *engine;
    const qk_operation_kind *kind;
} kinds[] = {
    { &qk_engine_digest, &qk_operation_digest }, { &qk_engine_hmac, &qk_operation_hmac },
    { &qk_engine_blocks, &qk_operation_blocks }, { &qk_engine_stream, &qk_operation_stream },
    { &qk_engine_cmac, &qk_operation_cmac },
};

static const qk_operation_kind *kind_of(const qk_mech *mech, const qk_engine *engine)
{
    if (mech->flags & QK_MECH_SINGLE_PART)
        return NULL;
    if (mech->flags & QK_MECH_GATHERED)
        return &qk_operation_gathered;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (kinds[i].engine == engine)
            return kinds[i].kind;
    return engine->sign_digest && mech->hash != QK_NO_HASH ? &qk_operation_hashed : NULL;
}

size_t qk_crypto_part_len(const qk_mech_use *use, unsigned function, size_t waiting, size_t in_len, bool final)
{
    const qk_blocks_mech *blocks = qk_blocks_mech_find(use->mech->type);

    if ((function != QK_ENCRYPT && function != QK_DECRYPT) || (use->mech->flags & QK_MECH_GATHERED))
        return final ? qk_crypto_output_len(NULL, use, function, waiting) : 0;
    if (blocks)
        return qk_blocks_output_len(blocks, function == QK_ENCRYPT, waiting, in_len, final);
    return final ? 0 : in_len; /* streams */
}

void qk_operation_free(qk_operation **operation)
{
    qk_operation *op = *operation;

    *operation = NULL;
    if (!op)
        return;
    op->kind->done(op);
    qk_key_unref(&op->key);
    qk_buf_done(&op->parameter);
    free(op);
}

qk_err qk_operation_begin(unsigned function, qk_key *key, const qk_mech_use *use, bool portable,
                          qk_operation **out_operation)
{
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    const qk_operation_kind *kind;
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, function, &engine));
    kind = kind_of(use->mech, engine);
    if (!kind || (portable && !kind->save))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s does not work in parts%s", use->mech->name,
                       kind ? " that can be saved" : "");
    op = calloc(1, sizeof *op);
    if (!op)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an operation");
    op->kind = kind;
    op->engine = engine;
    op->key = key ? qk_key_ref(key) : NULL;
    op->use = *use;
    op->function = function;
    op->portable = portable;
    QK_TRY(qk_mech_use_keep(&op->use, &op->parameter));
    QK_TRY(kind->begin(op));
    *out_operation = op;
    op = NULL;
    return QK_OK;
}

static qk_err check_under_way(const qk_operation *op)
{
    return op->finished ? qk_fail(QK_E_OPERATION_NONE, "the operation has ended") : QK_OK;
}

qk_err qk_operation_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    QK_TRY(check_under_way(op));
    return op->kind->update(op, in, arena, out_bytes);
}

qk_err qk_operation_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    assert(op->function != QK_VERIFY);
    QK_TRY(check_under_way(op));
    op->finished = true;
    return op->kind->finish(op, arena, out_bytes);
}

qk_err qk_operation_finish_verify(qk_operation *op, qk_view signature)
{
    assert(op->function == QK_VERIFY && op->kind->finish_verify);
    QK_TRY(check_under_way(op));
    op->finished = true;
    return op->kind->finish_verify(op, signature);
}

size_t qk_operation_output_len(const qk_operation *op, size_t in_len, bool final)
{
    return op->kind->output_len(op, in_len, final);
}

qk_err qk_operation_save(const qk_operation *op, qk_secret *out_progress)
{
    QK_OWNED(qk_buf_done) qk_buf state = QK_BUF_NONE;

    QK_TRY(check_under_way(op));
    if (!op->portable)
        return qk_fail(QK_E_STATE_UNSAVEABLE, "%s was not begun as a portable operation", op->use.mech->name);
    qk_buf_put_u8(&state, STATE_VERSION);
    qk_buf_put_u8(&state, (uint8_t)op->function);
    op->kind->save(op, &state);
    QK_TRY(qk_buf_check(&state));
    return qk_secret_copy(qk_buf_view(&state), out_progress);
}

qk_err qk_operation_load(unsigned function, qk_key *key, const qk_mech_use *use, qk_view progress,
                         qk_operation **out_operation)
{
    QK_OWNED(qk_operation_free) qk_operation *op = NULL;
    qk_reader reader = qk_reader_of(progress);
    uint8_t version = qk_read_u8(&reader), saved_function = qk_read_u8(&reader);

    if (reader.failed || version != STATE_VERSION)
        return qk_fail(QK_E_STATE_INVALID, "an operation's state of version %u", version);
    if (saved_function != function)
        return qk_fail(QK_E_STATE_INVALID, "the state belongs to an operation of another kind");
    QK_TRY(qk_operation_begin(function, key, use, true, &op));
    QK_TRY(op->kind->load(op, &reader));
    if (!qk_reader_ended(&reader))
        return qk_fail(QK_E_STATE_INVALID, "an operation's state is too long");
    *out_operation = op;
    op = NULL;
    return QK_OK;
}
