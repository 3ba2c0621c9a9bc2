/* SPDX-License-Identifier: Apache-2.0 */
/* ECB, CBC and CBC_PAD in parts. Whole blocks go through a ready context of the key as they come; what does not fill a
 * block waits in `rest`. To take padding off, the last block must wait too, because only the end knows that it was the
 * last. */
#include "crypto/aes.h"

void qk_aes_parts_init(qk_aes_parts *parts, const qk_mech_use *use, bool encrypt)
{
    *parts = (qk_aes_parts){ .mech = qk_aes_mech_of(use->mech), .encrypt = encrypt };
    if (parts->mech->mode == QK_AES_CBC)
        memcpy(parts->chain, use->iv.data, QK_AES_BLOCK);
}

static bool keeps_last(const qk_aes_parts *parts)
{
    return parts->mech->padded && !parts->encrypt;
}

/* Of `len` bytes at hand, those that can go through now. */
static size_t ready_len(const qk_aes_parts *parts, size_t len)
{
    if (keeps_last(parts) && len > 0)
        len--;
    return len / QK_AES_BLOCK * QK_AES_BLOCK;
}

/* Puts whole blocks through and remembers what the next one is chained to: the last block of ciphertext. */
static qk_err through(qk_aes_parts *parts, const qk_key *key, qk_view in, uint8_t *out)
{
    bool cbc = parts->mech->mode == QK_AES_CBC;

    if (in.len == 0)
        return QK_OK;
    QK_TRY(qk_aes_blocks(key, parts->mech->mode, parts->encrypt, cbc ? parts->chain : NULL, in, out));
    if (cbc)
        memcpy(parts->chain, (parts->encrypt ? out : in.data) + in.len - QK_AES_BLOCK, QK_AES_BLOCK);
    return QK_OK;
}

/* The block that was waiting for bytes goes through first. */
static qk_err complete_rest(qk_aes_parts *parts, const qk_key *key, qk_view *in, uint8_t *out)
{
    size_t missing = QK_AES_BLOCK - parts->rest_len;

    if (parts->rest_len == 0)
        return QK_OK;
    memcpy(parts->rest + parts->rest_len, in->data, missing);
    QK_TRY(through(parts, key, qk_view_of(parts->rest, QK_AES_BLOCK), out));
    parts->rest_len = 0;
    *in = qk_view_slice(*in, missing, in->len);
    return QK_OK;
}

qk_err qk_aes_parts_update(qk_aes_parts *parts, const qk_key *key, qk_view in, qk_arena *arena, qk_view *out)
{
    size_t first = parts->rest_len > 0 ? QK_AES_BLOCK : 0, len;
    uint8_t *place;

    if (in.len > SIZE_MAX - QK_AES_BLOCK)
        return qk_fail(QK_E_BAD_LENGTH, "a part of %zu bytes", in.len);
    len = ready_len(parts, parts->rest_len + in.len);
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

static qk_err finish_padding(qk_aes_parts *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    uint8_t *place;

    QK_TRY(qk_arena_bytes(arena, QK_AES_BLOCK, &place));
    qk_aes_pad(parts->rest, parts->rest_len);
    QK_TRY(through(parts, key, qk_view_of(parts->rest, QK_AES_BLOCK), place));
    *out = qk_view_of(place, QK_AES_BLOCK);
    return QK_OK;
}

static qk_err finish_unpadding(qk_aes_parts *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    uint8_t *place;
    size_t padding;

    if (parts->rest_len != QK_AES_BLOCK)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "the ciphertext ends with %zu bytes of a block", parts->rest_len);
    QK_TRY(qk_arena_bytes(arena, QK_AES_BLOCK, &place));
    QK_TRY(through(parts, key, qk_view_of(parts->rest, QK_AES_BLOCK), place));
    padding = qk_aes_padding(place);
    if (padding == 0) {
        explicit_bzero(place, QK_AES_BLOCK);
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext does not decrypt");
    }
    *out = qk_view_of(place, QK_AES_BLOCK - padding);
    return QK_OK;
}

qk_err qk_aes_parts_finish(qk_aes_parts *parts, const qk_key *key, qk_arena *arena, qk_view *out)
{
    if (parts->mech->padded)
        return (parts->encrypt ? finish_padding : finish_unpadding)(parts, key, arena, out);
    if (parts->rest_len > 0)
        return qk_fail(parts->encrypt ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH,
                       "the message ends with %zu bytes of a block", parts->rest_len);
    *out = QK_VIEW_NONE;
    return QK_OK;
}

size_t qk_aes_parts_output_len(const qk_aes_parts *parts, size_t in_len, bool final)
{
    if (!final)
        return ready_len(parts, parts->rest_len + in_len);
    return parts->mech->padded ? QK_AES_BLOCK : 0;
}

void qk_aes_parts_save(const qk_aes_parts *parts, qk_buf *out)
{
    bool chained = parts->mech->mode == QK_AES_CBC;

    qk_buf_put_counted(out, qk_view_of(parts->chain, chained ? QK_AES_BLOCK : 0));
    qk_buf_put_counted(out, qk_view_of(parts->rest, parts->rest_len));
}

qk_err qk_aes_parts_load(qk_aes_parts *parts, qk_reader *reader)
{
    qk_view chain = qk_read_counted(reader), rest = qk_read_counted(reader);
    size_t chain_len = parts->mech->mode == QK_AES_CBC ? QK_AES_BLOCK : 0;

    if (reader->failed || chain.len != chain_len || rest.len >= QK_AES_BLOCK + (size_t)keeps_last(parts))
        return qk_fail(QK_E_STATE_INVALID, "the state of a block cipher is malformed");
    if (chain.len > 0)
        memcpy(parts->chain, chain.data, chain.len);
    if (rest.len > 0)
        memcpy(parts->rest, rest.data, rest.len);
    parts->rest_len = rest.len;
    return QK_OK;
}
