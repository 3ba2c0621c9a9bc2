/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/frame.h"

#include <zlib.h>

/* Up to this size a message is placed in the arena at once: the peer's headers cost us as much. */
enum { SMALL = 64 * 1024 };

qk_err qk_frame_put_prefix(uint8_t place[QK_FRAME_PREFIX_LEN], size_t len)
{
    if (len > UINT32_MAX)
        return qk_fail(QK_E_MESSAGE_SIZE, "a message of %zu bytes does not fit gRPC", len);
    place[0] = 0;
    for (int i = 0; i < 4; i++)
        place[1 + i] = (uint8_t)(len >> (24 - 8 * i));
    return QK_OK;
}

static qk_err ask(qk_frame_reader *reader, size_t more)
{
    if (reader->grant && !reader->grant(reader->context, reader->granted, more))
        return qk_fail(QK_E_RATE, "too many bytes of messages are in work; try again later");
    reader->granted += more;
    return QK_OK;
}

static qk_err too_long(const qk_frame_reader *reader, const char *what)
{
    return qk_fail(QK_E_MESSAGE_SIZE, "%s is longer than the %zu bytes that are accepted", what, reader->max_message);
}

static qk_err begin_message(qk_frame_reader *reader)
{
    reader->len = (size_t)reader->prefix[1] << 24 | (size_t)reader->prefix[2] << 16 | (size_t)reader->prefix[3] << 8 |
                  reader->prefix[4];
    if (reader->prefix[0] > 1)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "a message starts with flag %u", reader->prefix[0]);
    if (reader->prefix[0] == 1 && !reader->gzip)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "a message is compressed, but grpc-encoding names no compression");
    if (reader->max_message && reader->len > reader->max_message)
        return too_long(reader, "the message");
    if (reader->len > SMALL)
        return QK_OK;
    QK_TRY(ask(reader, reader->len));
    return qk_arena_bytes(reader->arena, reader->len, &reader->place);
}

/* Keeps the granted bytes ahead of those that came, by doubling. */
static qk_err keep_large(qk_frame_reader *reader, qk_view bytes)
{
    size_t need = reader->got + bytes.len;
    size_t step = reader->granted < SMALL ? SMALL : reader->granted;

    if (need > reader->granted) {
        if (step < need - reader->granted)
            step = need - reader->granted;
        if (step > reader->len - reader->granted)
            step = reader->len - reader->granted;
        QK_TRY(ask(reader, step));
    }
    qk_buf_put(&reader->large, bytes);
    return qk_buf_check(&reader->large);
}

static qk_err keep(qk_frame_reader *reader, qk_view bytes)
{
    if (reader->place && bytes.len)
        memcpy(reader->place + reader->got, bytes.data, bytes.len);
    else if (bytes.len)
        QK_TRY(keep_large(reader, bytes));
    reader->got += bytes.len;
    return QK_OK;
}

qk_err qk_frame_take(qk_frame_reader *reader, qk_view *bytes, bool *out_whole)
{
    qk_view part;

    *out_whole = false;
    while (reader->prefix_len < QK_FRAME_PREFIX_LEN) {
        if (!bytes->len)
            return QK_OK;
        reader->prefix[reader->prefix_len++] = *bytes->data;
        *bytes = qk_view_slice(*bytes, 1, SIZE_MAX);
        if (reader->prefix_len == QK_FRAME_PREFIX_LEN)
            QK_TRY(begin_message(reader));
    }
    part = qk_view_slice(*bytes, 0, reader->len - reader->got);
    *bytes = qk_view_slice(*bytes, part.len, SIZE_MAX);
    QK_TRY(keep(reader, part));
    *out_whole = reader->got == reader->len;
    return QK_OK;
}

qk_err qk_frame_feed(qk_frame_reader *reader, qk_view bytes)
{
    bool whole;

    QK_TRY(qk_frame_take(reader, &bytes, &whole));
    if (bytes.len)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "a call carries more than one message");
    return QK_OK;
}

/* zlib's window sees plaintext, so it lies in the arena, which is wiped. */
static void *zlib_take(void *context, unsigned count, unsigned size)
{
    return qk_arena_alloc(context, (size_t)count * size);
}

static void zlib_give_back(void *context, void *place)
{
    (void)context;
    (void)place;
}

/* Runs zlib until the stream has ended, giving it as much room again each time. */
static qk_err inflate_all(qk_frame_reader *reader, z_stream *zip)
{
    qk_buf *out = &reader->inflated;
    int result = Z_OK;

    while (result != Z_STREAM_END) {
        size_t room = out->len < SMALL ? SMALL : out->len;

        if (reader->max_message && room > reader->max_message - out->len)
            room = reader->max_message - out->len;
        if (room == 0)
            return too_long(reader, "the decompressed message");
        QK_TRY(ask(reader, room));
        zip->next_out = qk_buf_grow(out, room);
        QK_TRY(qk_buf_check(out));
        zip->avail_out = (uInt)room;
        result = inflate(zip, Z_NO_FLUSH);
        out->len -= zip->avail_out;
        if (result != Z_STREAM_END && (result != Z_OK || zip->avail_out))
            return qk_fail(QK_E_MESSAGE_MALFORMED, "a compressed message is not whole gzip data");
    }
    if (zip->avail_in)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "gzip data is followed by %u other bytes", zip->avail_in);
    return QK_OK;
}

static qk_err decompress(qk_frame_reader *reader, qk_view packed, qk_view *out_message)
{
    z_stream zip = { .zalloc = zlib_take, .zfree = zlib_give_back, .opaque = reader->arena };
    qk_err err;

    zip.next_in = (Bytef *)(uintptr_t)packed.data;
    zip.avail_in = (uInt)packed.len;
    if (inflateInit2(&zip, 16 + MAX_WBITS) != Z_OK) /* 16: gzip alone */
        return qk_fail(QK_E_NO_MEMORY, "no memory to decompress a message");
    err = inflate_all(reader, &zip);
    inflateEnd(&zip);
    QK_TRY(err);
    *out_message = qk_buf_view(&reader->inflated);
    return QK_OK;
}

qk_err qk_frame_finish(qk_frame_reader *reader, qk_view *out_message)
{
    qk_view message;

    if (reader->prefix_len == 0)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "a call carries no message");
    if (reader->prefix_len < QK_FRAME_PREFIX_LEN || reader->got < reader->len)
        return qk_fail(QK_E_MESSAGE_MALFORMED, "a message ends after %zu of %zu bytes", reader->got, reader->len);
    message = reader->place ? qk_view_of(reader->place, reader->len) : qk_buf_view(&reader->large);
    if (reader->prefix[0] == 1)
        return decompress(reader, message, out_message);
    *out_message = message;
    return QK_OK;
}

void qk_frame_done(qk_frame_reader *reader)
{
    qk_buf_done(&reader->large);
    qk_buf_done(&reader->inflated);
}

void qk_frame_restart(qk_frame_reader *reader)
{
    qk_frame_done(reader);
    *reader = (qk_frame_reader){ .arena = reader->arena,
                                 .max_message = reader->max_message,
                                 .gzip = reader->gzip,
                                 .grant = reader->grant,
                                 .context = reader->context };
}
