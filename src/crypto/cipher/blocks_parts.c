/* SPDX-License-Identifier: Apache-2.0 */
/* ECB, CBC and CBC_PAD in parts. Whole blocks go through a ready context of the key as they come; what does not fill a
 * block waits in `rest`. To take padding off, the last block must wait too, because only the end knows that it was the
 * last. */
#include <assert.h>

#include "crypto/cipher/blocks.h"

void qk_blocks_init(qk_blocks *parts, const qk_mech_use *use, bool encrypt)
{
    *parts = (qk_blocks){ .mech = qk_blocks_mech_find(use->mech->type), .encrypt = encrypt };
    assert(parts->mech);
    if (parts->mech->mode == QK_MODE_CBC)
        memcpy(parts->chain, use->iv.data, parts->mech->block_len);
}

static bool keeps_last(const qk_blocks_mech *mech, bool encrypt)
{
    return mech->padded && !encrypt;
}

/* Of `len` bytes at hand, those that can go through now. */
static size_t ready_len(const qk_blocks_mech *mech, bool encrypt, size_t len)
{
    if (keeps_last(mech, encrypt) && len > 0)
        len--;
    return len / mech->block_len * mech->block_len;
}

/* Puts whole blocks through and remembers what the next one is chained to: the last block of ciphertext. */
static qk_err through(qk_blocks *parts, const qk_key *key, qk_view in, uint8_t *out)
{
    bool cbc = parts->mech->mode == QK_MODE_CBC;

    if (in.len == 0)
        return QK_OK;
    QK_TRY(qk_cipher_whole(key, parts->mech->mode, parts->encrypt, cbc ? parts->chain : NULL, in, out));
    if (cbc)
        memcpy(parts->chain, (parts->encrypt ? out : in.data) + in.len - parts->mech->block_len,
               parts->mech->block_len);
    return QK_OK;
}

/* The block that was waiting for bytes goes through first. */
static qk_err complete_rest(qk_blocks *parts, const qk_key *key, qk_view *in, uint8_t *out)
{
    size_t missing = parts->mech->block_len - parts->rest_len;

    if (parts->rest_len == 0)
        return QK_OK;
    memcpy(parts->rest + parts->rest_len, in->data, missing);
    QK_TRY(through(parts, key, qk_view_of(parts->rest, parts->mech->block_len), out));
    parts->rest_len = 0;
    *in = qk_view_slice(*in, missing, in->len);
    return QK_OK;
}

qk_err qk_blocks_update(qk_blocks *parts, const qk_key *key, qk_view in, qk_arena *arena, qk_view *out)
{
    size_t first = parts->rest_len > 0 ? parts->mech->block_len : 0, len;
    uint8_t *place;

    if (in.len > SIZE_MAX - QK_MAX_CIPHER_BLOCK)
        return qk_fail(QK_E_BAD_LENGTH, "a part of %zu bytes", in.len);
    len = ready_len(parts->mech, parts->encrypt, parts->rest_len + in.len);
    QK_TRY(qk_arena_bytes(arena, len, &place));
    if (len > 0) {
        QK_TRY(complete_rest(parts, key, &in, place));
        QK_TRY(through(parts, key, qk_view_slice(in, 0, len - first), place + first));
        in = qk_view_slice(in, len - first, in.len);
    }
    if (in.len > 0)
        memcpy(parts->rest + parts->rest_len, in.data, in.len);
    parts->rest_len += in.len;
    *out = qk_view_of(place, len);
    return QK_OK;
}

static qk_err finish_padding(qk_blocks *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, parts->mech->block_len, &place));
    qk_blocks_pad(parts->rest, parts->rest_len, parts->mech->block_len);
    QK_TRY(through(parts, key, qk_view_of(parts->rest, parts->mech->block_len), place));
    *out = qk_view_of(place, parts->mech->block_len);
    return QK_OK;
}

static qk_err finish_unpadding(qk_blocks *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    uint8_t *place;
    size_t padding;

    if (parts->rest_len != parts->mech->block_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "the ciphertext ends with %zu bytes of a block", parts->rest_len);
    QK_TRY(qk_arena_bytes(arena, parts->mech->block_len, &place));
    QK_TRY(through(parts, key, qk_view_of(parts->rest, parts->mech->block_len), place));
    qk_ct_poison(place, parts->mech->block_len);
    padding = qk_blocks_padding(place, parts->mech->block_len);
    qk_ct_declassify(place, parts->mech->block_len);
    if (padding == 0) {
        explicit_bzero(place, parts->mech->block_len);
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext does not decrypt");
    }
    *out = qk_view_of(place, parts->mech->block_len - padding);
    return QK_OK;
}

qk_err qk_blocks_finish(qk_blocks *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    if (parts->mech->padded)
        return (parts->encrypt ? finish_padding : finish_unpadding)(parts, key, arena, out);
    if (parts->rest_len > 0)
        return qk_fail(parts->encrypt ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH,
                       "the message ends with %zu bytes of a block", parts->rest_len);
    *out = QK_VIEW_NONE;
    return QK_OK;
}

size_t qk_blocks_output_len(const qk_blocks_mech *mech, bool encrypt, size_t waiting, size_t in_len, bool final)
{
    if (!final)
        return ready_len(mech, encrypt, waiting + in_len);
    return mech->padded ? mech->block_len : 0;
}

void qk_blocks_save(const qk_blocks *parts, qk_buf *out)
{
    bool chained = parts->mech->mode == QK_MODE_CBC;

    qk_buf_put_counted(out, qk_view_of(parts->chain, chained ? parts->mech->block_len : 0));
    qk_buf_put_counted(out, qk_view_of(parts->rest, parts->rest_len));
}

qk_err qk_blocks_load(qk_blocks *parts, qk_reader *reader)
{
    qk_view chain = qk_read_counted(reader), rest = qk_read_counted(reader);
    size_t chain_len = parts->mech->mode == QK_MODE_CBC ? parts->mech->block_len : 0;

    if (reader->failed || chain.len != chain_len ||
        rest.len >= parts->mech->block_len + (size_t)keeps_last(parts->mech, parts->encrypt))
        return qk_fail(QK_E_STATE_INVALID, "the state of a block cipher is malformed");
    if (chain.len > 0)
        memcpy(parts->chain, chain.data, chain.len);
    if (rest.len > 0)
        memcpy(parts->rest, rest.data, rest.len);
    parts->rest_len = rest.len;
    return QK_OK;
}
