/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts. There are five kinds, each a record of functions: digests, HMAC, signatures that hash first,
 * block modes, and gathered ones, which collect their input and are one-call operations in truth.
 *
 * A saved state: version (1 byte), function (1 byte), then counted parts: the hash's state (sha.c), or chaining value
 * and waiting bytes of a block mode. Key and mechanism are not in it; whoever seals it binds them. */
#include <assert.h>
#include <stdlib.h>

#include "crypto/aes.h"
#include "crypto/engine.h"
#include "crypto/hmac.h"

enum { STATE_VERSION = 1, MAX_GATHERED = 64 << 20, MAX_TAG = 16 };

typedef struct operation_kind {
    qk_err (*begin)(qk_operation *operation);
    qk_err (*update)(qk_operation *operation, qk_view in, qk_arena *arena, qk_view *out_bytes);
    qk_err (*finish)(qk_operation *operation, qk_arena *arena, qk_view *out_bytes);
    qk_err (*finish_verify)(qk_operation *operation, qk_view signature); /* NULL: does not verify */
    size_t (*output_len)(const qk_operation *operation, size_t in_len, bool final);
    void (*save)(const qk_operation *operation, qk_buf *out);   /* NULL: cannot be saved */
    qk_err (*load)(qk_operation *operation, qk_reader *reader); /* over a begun one */
    void (*done)(qk_operation *operation);
} operation_kind;

struct qk_operation {
    const operation_kind *kind;
    const qk_engine *engine;
    qk_key *key; /* NULL for digests */
    qk_mech_use use;
    qk_buf parameter; /* what `use` points to */
    unsigned function;
    bool portable, finished;
    union {
        qk_hash hash;
        qk_aes_parts parts;
        qk_buf gathered;
    };
};

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

static const operation_kind kind_digest = {
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

static qk_err hmac_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    qk_view key = qk_secret_reveal(&op->key->value);
    uint8_t *place;
    size_t len;

    QK_TRY(qk_arena_bytes(arena, EVP_MAX_MD_SIZE, &place));
    QK_TRY(qk_hmac_end(&op->hash, op->use.mech->hash, key, place, &len));
    *out_bytes = qk_view_of(place, len);
    return QK_OK;
}

static qk_err hmac_finish_verify(qk_operation *op, qk_view signature)
{
    qk_view key = qk_secret_reveal(&op->key->value);
    uint8_t mac[EVP_MAX_MD_SIZE];
    size_t len;
    qk_err err;

    QK_TRY(qk_hmac_end(&op->hash, op->use.mech->hash, key, mac, &len));
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

static const operation_kind kind_hmac = {
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

static const operation_kind kind_hashed = {
    .begin = hash_begin,
    .update = hash_update,
    .finish = hashed_finish,
    .finish_verify = hashed_finish_verify,
    .output_len = hash_output_len,
    .save = hash_save,
    .load = hash_load,
    .done = hash_done,
};

/* ---- block modes ---- */

static qk_err blocks_begin(qk_operation *op)
{
    if (!qk_aes_cipher(QK_AES_ECB, op->key->value.len))
        return qk_fail(QK_E_KEY_SIZE, "an AES key of %zu bytes", op->key->value.len);
    qk_aes_parts_init(&op->parts, &op->use, op->function == QK_ENCRYPT);
    return QK_OK;
}

static qk_err blocks_update(qk_operation *op, qk_view in, qk_arena *arena, qk_view *out_bytes)
{
    return qk_aes_parts_update(&op->parts, op->key, in, arena, out_bytes);
}

static qk_err blocks_finish(qk_operation *op, qk_arena *arena, qk_view *out_bytes)
{
    return qk_aes_parts_finish(&op->parts, op->key, arena, out_bytes);
}

static size_t blocks_output_len(const qk_operation *op, size_t in_len, bool final)
{
    return qk_aes_parts_output_len(&op->parts, in_len, final);
}

static void blocks_save(const qk_operation *op, qk_buf *out)
{
    qk_aes_parts_save(&op->parts, out);
}

static qk_err blocks_load(qk_operation *op, qk_reader *reader)
{
    return qk_aes_parts_load(&op->parts, reader);
}

static void blocks_done(qk_operation *op)
{
    explicit_bzero(&op->parts, sizeof op->parts);
}

static const operation_kind kind_blocks = {
    .begin = blocks_begin,
    .update = blocks_update,
    .finish = blocks_finish,
    .output_len = blocks_output_len,
    .save = blocks_save,
    .load = blocks_load,
    .done = blocks_done,
};

/* ---- gathered ---- */

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
        op->function == QK_ENCRYPT ? op->engine->encrypt : op->engine->decrypt;

    return whole(op->key, &op->use, qk_buf_view(&op->gathered), arena, out_bytes);
}

static size_t gathered_output_len(const qk_operation *op, size_t in_len, bool final)
{
    (void)in_len;
    return final ? op->engine->output_len(op->key, &op->use, op->function, op->gathered.len) : 0;
}

static void gathered_done(qk_operation *op)
{
    qk_buf_done(&op->gathered);
}

static const operation_kind kind_gathered = {
    .begin = gathered_begin,
    .update = gathered_update,
    .finish = gathered_finish,
    .output_len = gathered_output_len,
    .done = gathered_done,
};

/* ---- every kind ---- */

static const operation_kind *kind_of(unsigned function, const qk_mech *mech, const qk_engine *engine)
{
    if (mech->flags & QK_MECH_SINGLE_PART)
        return NULL;
    if (mech->flags & QK_MECH_GATHERED)
        return &kind_gathered;
    if (function == QK_DIGEST)
        return &kind_digest;
    if (engine == &qk_engine_hmac)
        return &kind_hmac;
    if (engine == &qk_engine_aes)
        return &kind_blocks;
    return engine->sign_digest && mech->hash != QK_NO_HASH ? &kind_hashed : NULL;
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
    const operation_kind *kind;
    const qk_engine *engine;

    QK_TRY(qk_engine_check(key, use, function, &engine));
    kind = kind_of(function, use->mech, engine);
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
