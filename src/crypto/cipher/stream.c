/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/cipher/stream.h"

#include <assert.h>

#include "crypto/engine.h"

static const struct {
    CK_MECHANISM_TYPE type;
    qk_cipher_mode mode;
} mechs[] = {
    { CKM_AES_CTR, QK_MODE_CTR },       { CKM_AES_OFB, QK_MODE_OFB },       { CKM_AES_CFB8, QK_MODE_CFB8 },
    { CKM_AES_CFB128, QK_MODE_CFB128 }, { CKM_CHACHA20, QK_MODE_CHACHA20 },
};

static qk_cipher_mode mode_of(const qk_mech *mech)
{
    size_t i = 0;

    while (i + 1 < sizeof mechs / sizeof mechs[0] && mechs[i].type != mech->type)
        i++;
    assert(mechs[i].type == mech->type);
    return mechs[i].mode;
}

static size_t block_len(const qk_stream *stream)
{
    return stream->mode == QK_MODE_CHACHA20 ? QK_STREAM_BLOCK : QK_AES_BLOCK;
}

/* ---- counters ---- */

/* Bytes from the counter's first value to its last: PKCS #11 wants an error before it starts again. Counters that
 * outlast 2^56 blocks have no end here. `counter` is big endian; its lowest `bits` bits count. */
static uint64_t bytes_left(const uint8_t counter[16], unsigned bits, size_t block)
{
    uint64_t blocks = 0;

    for (unsigned i = 0; i < 16; i++) {
        unsigned below = 8 * (15 - i); /* bits of lower bytes */
        unsigned here = bits <= below ? 0 : bits - below < 8 ? bits - below : 8;
        unsigned rest = ~(unsigned)counter[i] & ((1U << here) - 1);

        if (below >= 56 && rest != 0)
            return UINT64_MAX;
        blocks = blocks << 8 | rest;
    }
    return blocks < UINT64_C(1) << 56 ? (blocks + 1) * block : UINT64_MAX;
}

static void add_big_endian(uint8_t counter[16], uint64_t blocks)
{
    for (unsigned i = 16; i-- > 0 && blocks > 0; blocks >>= 8) {
        blocks += counter[i];
        counter[i] = (uint8_t)blocks;
    }
}

/* ChaCha20's counter stands in front and is little endian; `left` sees to it that it never grows into the nonce. */
static void add_little_endian(uint8_t counter[8], uint64_t blocks)
{
    for (unsigned i = 0; i < 8 && blocks > 0; i++, blocks >>= 8) {
        blocks += counter[i];
        counter[i] = (uint8_t)blocks;
    }
}

static void init_chacha(qk_stream *stream, const qk_mech_use *use)
{
    size_t counter_len = use->chacha.counter_bits / 8;
    uint8_t counter[16] = { 0 };

    assert(counter_len + use->chacha.nonce.len == sizeof stream->chain);
    for (size_t i = 0; i < counter_len; i++) {
        stream->chain[i] = (uint8_t)(use->chacha.counter >> (8 * i));
        counter[15 - i] = stream->chain[i];
    }
    memcpy(stream->chain + counter_len, use->chacha.nonce.data, use->chacha.nonce.len);
    stream->left = bytes_left(counter, use->chacha.counter_bits, QK_STREAM_BLOCK);
}

void qk_stream_init(qk_stream *stream, const qk_mech_use *use, bool encrypt)
{
    *stream = (qk_stream){ .mode = mode_of(use->mech), .encrypt = encrypt, .left = UINT64_MAX };
    if (stream->mode == QK_MODE_CHACHA20) {
        init_chacha(stream, use);
    } else if (stream->mode == QK_MODE_CTR) {
        memcpy(stream->chain, use->ctr.block, QK_AES_BLOCK);
        stream->left = bytes_left(stream->chain, use->ctr.bits, QK_AES_BLOCK);
    } else {
        memcpy(stream->chain, use->iv.data, QK_AES_BLOCK);
    }
}

/* ---- through ---- */

/* CFB is told its direction; the others are the same both ways. */
static bool direction(const qk_stream *stream)
{
    return stream->encrypt || (stream->mode != QK_MODE_CFB8 && stream->mode != QK_MODE_CFB128);
}

/* The key stream of the current block. */
static qk_err key_stream(const qk_stream *stream, const qk_key *key, uint8_t out[QK_STREAM_BLOCK])
{
    static const uint8_t zeros[QK_STREAM_BLOCK];

    if (stream->mode == QK_MODE_CHACHA20)
        return qk_cipher_whole(key, QK_MODE_CHACHA20, true, stream->chain, qk_view_of(zeros, sizeof zeros), out);
    return qk_cipher_whole(key, QK_MODE_ECB, true, NULL, qk_view_of(stream->chain, QK_AES_BLOCK), out);
}

/* The current block is used up. `last` is its key stream. */
static void next_block(qk_stream *stream, const uint8_t *last)
{
    if (stream->mode == QK_MODE_CHACHA20)
        add_little_endian(stream->chain, 1);
    else if (stream->mode == QK_MODE_CTR)
        add_big_endian(stream->chain, 1);
    else
        memcpy(stream->chain, stream->mode == QK_MODE_OFB ? last : stream->fed, QK_AES_BLOCK);
    stream->used = 0;
}

/* Some bytes of the current block. */
static qk_err through_block(qk_stream *stream, const qk_key *key, qk_view in, uint8_t *out)
{
    uint8_t stream_bytes[QK_STREAM_BLOCK];
    size_t block = block_len(stream);

    QK_TRY(key_stream(stream, key, stream_bytes));
    for (size_t i = 0; i < in.len; i++, stream->used++) {
        uint8_t from = in.data[i], to = from ^ stream_bytes[stream->used];
        if (stream->mode == QK_MODE_CFB128)
            stream->fed[stream->used] = stream->encrypt ? to : from;
        out[i] = to;
    }
    if (stream->used == block)
        next_block(stream, stream_bytes);
    explicit_bzero(stream_bytes, sizeof stream_bytes);
    return QK_OK;
}

/* What follows the whole blocks that went through; the last 16 bytes of input and output are given. */
static void advance(qk_stream *stream, size_t blocks, const uint8_t in[QK_AES_BLOCK], const uint8_t out[QK_AES_BLOCK])
{
    if (stream->mode == QK_MODE_CHACHA20)
        add_little_endian(stream->chain, blocks);
    else if (stream->mode == QK_MODE_CTR)
        add_big_endian(stream->chain, blocks);
    else if (stream->mode == QK_MODE_OFB)
        for (size_t i = 0; i < QK_AES_BLOCK; i++)
            stream->chain[i] = in[i] ^ out[i];
    else
        memcpy(stream->chain, stream->encrypt ? out : in, QK_AES_BLOCK);
}

static qk_err through_blocks(qk_stream *stream, const qk_key *key, qk_view in, uint8_t *out)
{
    uint8_t last[QK_AES_BLOCK]; /* out may be in */

    if (in.len == 0)
        return QK_OK;
    memcpy(last, in.data + in.len - sizeof last, sizeof last);
    QK_TRY(qk_cipher_whole(key, stream->mode, direction(stream), stream->chain, in, out));
    advance(stream, in.len / block_len(stream), last, out + in.len - sizeof last);
    explicit_bzero(last, sizeof last);
    return QK_OK;
}

/* CFB8 shifts byte by byte, so that it has no unfinished blocks: what is fed back is the last 16 bytes of ciphertext.
 */
static qk_err through_cfb8(qk_stream *stream, const qk_key *key, qk_view in, uint8_t *out)
{
    size_t kept = in.len < QK_AES_BLOCK ? QK_AES_BLOCK - in.len : 0, fresh = QK_AES_BLOCK - kept;
    uint8_t next[QK_AES_BLOCK];

    if (in.len == 0)
        return QK_OK;
    memcpy(next, stream->chain + fresh, kept);
    memcpy(next + kept, in.data + in.len - fresh, fresh);
    QK_TRY(qk_cipher_whole(key, QK_MODE_CFB8, stream->encrypt, stream->chain, in, out));
    if (stream->encrypt)
        memcpy(next + kept, out + in.len - fresh, fresh);
    memcpy(stream->chain, next, sizeof next);
    explicit_bzero(next, sizeof next);
    return QK_OK;
}

static qk_err take_bytes(qk_stream *stream, size_t len)
{
    if (len > stream->left)
        return qk_fail(stream->encrypt ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH,
                       "the counter would start again after %llu more bytes", (unsigned long long)stream->left);
    if (stream->left != UINT64_MAX)
        stream->left -= len;
    return QK_OK;
}

qk_err qk_stream_through(qk_stream *stream, const qk_key *key, qk_view in, uint8_t *out)
{
    size_t block = block_len(stream), first, whole;

    QK_TRY(take_bytes(stream, in.len));
    if (stream->mode == QK_MODE_CFB8)
        return through_cfb8(stream, key, in, out);
    first = stream->used == 0 ? 0 : block - stream->used;
    first = in.len < first ? in.len : first;
    if (first > 0)
        QK_TRY(through_block(stream, key, qk_view_slice(in, 0, first), out));
    in = qk_view_slice(in, first, in.len);
    whole = in.len / block * block;
    QK_TRY(through_blocks(stream, key, qk_view_slice(in, 0, whole), out + first));
    in = qk_view_slice(in, whole, in.len);
    return in.len > 0 ? through_block(stream, key, in, out + first + whole) : QK_OK;
}

/* ---- states ---- */

void qk_stream_save(const qk_stream *stream, qk_buf *out)
{
    qk_buf_put(out, qk_view_of(stream->chain, sizeof stream->chain));
    qk_buf_put_u8(out, (uint8_t)stream->used);
    qk_buf_put_u64(out, stream->left);
    if (stream->mode == QK_MODE_CFB128)
        qk_buf_put(out, qk_view_of(stream->fed, stream->used));
}

qk_err qk_stream_load(qk_stream *stream, qk_reader *reader)
{
    qk_view chain = qk_read(reader, sizeof stream->chain), fed;
    uint8_t used = qk_read_u8(reader);
    uint64_t left = qk_read_u64(reader);

    if (reader->failed || used >= block_len(stream) || left > stream->left ||
        (stream->left == UINT64_MAX && left != UINT64_MAX) || (stream->mode == QK_MODE_CFB8 && used > 0))
        return qk_fail(QK_E_STATE_INVALID, "the state of a stream cipher is malformed");
    fed = qk_read(reader, stream->mode == QK_MODE_CFB128 ? used : 0);
    if (reader->failed)
        return qk_fail(QK_E_STATE_INVALID, "the state of a stream cipher is cut short");
    memcpy(stream->chain, chain.data, chain.len);
    if (fed.len > 0)
        memcpy(stream->fed, fed.data, fed.len);
    stream->used = used;
    stream->left = left;
    return QK_OK;
}

/* ---- the engine ---- */

static qk_err whole(const qk_key *key, const qk_mech_use *use, bool encrypting, qk_view in, qk_arena *arena,
                    qk_view *out)
{
    qk_stream stream;
    uint8_t *place;
    qk_err err;

    QK_TRY(qk_arena_bytes(arena, in.len, &place));
    qk_stream_init(&stream, use, encrypting);
    err = qk_stream_through(&stream, key, in, place);
    explicit_bzero(&stream, sizeof stream);
    if (err == QK_OK)
        *out = qk_view_of(place, in.len);
    return err;
}

static qk_err encrypt(const qk_key *key, const qk_mech_use *use, qk_view plain, qk_arena *arena, qk_view *out_cipher)
{
    return whole(key, use, true, plain, arena, out_cipher);
}

static qk_err decrypt(const qk_key *key, const qk_mech_use *use, qk_view cipher, qk_arena *arena, qk_view *out_plain)
{
    return whole(key, use, false, cipher, arena, out_plain);
}

static bool available(const qk_mech *mech)
{
    return qk_cipher_offered(mech->key, mode_of(mech));
}

const qk_engine qk_engine_stream = {
    .encrypt = encrypt,
    .decrypt = decrypt,
    .available = available,
    .output_len = qk_cipher_same_len,
};
