/* SPDX-License-Identifier: Apache-2.0 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

qk_view qk_view_slice(qk_view view, size_t offset, size_t len)
{
    if (offset >= view.len)
        return QK_VIEW_NONE;
    if (len > view.len - offset)
        len = view.len - offset;
    return qk_view_of(view.data + offset, len);
}

bool qk_view_equal(qk_view a, qk_view b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool qk_view_is_zero(qk_view view)
{
    uint8_t any = 0;
    for (size_t i = 0; i < view.len; i++)
        any |= view.data[i];
    return any == 0;
}

qk_view qk_view_first_line(qk_view text)
{
    size_t len = 0;

    while (len < text.len && text.data[len] != '\r' && text.data[len] != '\n')
        len++;
    return qk_view_slice(text, 0, len);
}

void qk_buf_done(qk_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->cap);
    free(buf->data);
    *buf = QK_BUF_NONE;
}

void qk_buf_clear(qk_buf *buf)
{
    if (buf->data)
        explicit_bzero(buf->data, buf->len);
    buf->len = 0;
    buf->failed = false;
}

/* Growth copies by hand instead of realloc, which would leave the old content behind unwiped. */
static bool make_room(qk_buf *buf, size_t len)
{
    size_t cap = buf->cap ? buf->cap : 64;
    uint8_t *bigger;

    if (buf->failed || len > SIZE_MAX / 2 - buf->len) {
        buf->failed = true;
        return false;
    }
    if (buf->data && buf->len + len <= buf->cap) /* without memory even nothing needs a place to point at */
        return true;
    while (cap < buf->len + len)
        cap *= 2;
    bigger = malloc(cap);
    if (!bigger) {
        buf->failed = true;
        return false;
    }
    if (buf->data) {
        memcpy(bigger, buf->data, buf->len);
        explicit_bzero(buf->data, buf->cap);
        free(buf->data);
    }
    buf->data = bigger;
    buf->cap = cap;
    return true;
}

uint8_t *qk_buf_grow(qk_buf *buf, size_t len)
{
    uint8_t *place;

    if (!make_room(buf, len))
        return NULL;
    place = buf->data + buf->len;
    buf->len += len;
    return place;
}

void qk_buf_put(qk_buf *buf, qk_view bytes)
{
    uint8_t *place = bytes.len ? qk_buf_grow(buf, bytes.len) : NULL;
    if (place)
        memcpy(place, bytes.data, bytes.len);
}

void qk_buf_put_text(qk_buf *buf, const char *text)
{
    qk_buf_put(buf, qk_view_text(text));
}

static void put_big_endian(qk_buf *buf, uint64_t value, size_t len)
{
    uint8_t *place = qk_buf_grow(buf, len);
    for (size_t i = 0; place && i < len; i++)
        place[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
}

void qk_buf_put_u8(qk_buf *buf, uint8_t value)
{
    put_big_endian(buf, value, 1);
}

void qk_buf_put_u16(qk_buf *buf, uint16_t value)
{
    put_big_endian(buf, value, 2);
}

void qk_buf_put_u32(qk_buf *buf, uint32_t value)
{
    put_big_endian(buf, value, 4);
}

void qk_buf_put_u64(qk_buf *buf, uint64_t value)
{
    put_big_endian(buf, value, 8);
}

void qk_buf_put_counted(qk_buf *buf, qk_view bytes)
{
    if (bytes.len > UINT32_MAX) {
        buf->failed = true;
        return;
    }
    qk_buf_put_u32(buf, (uint32_t)bytes.len);
    qk_buf_put(buf, bytes);
}

void qk_buf_printf(qk_buf *buf, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !make_room(buf, (size_t)len + 1)) {
        buf->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf((char *)buf->data + buf->len, (size_t)len + 1, format, args);
    va_end(args);
    buf->len += (size_t)len;
}

qk_err qk_buf_check(const qk_buf *buf)
{
    return buf->failed ? qk_fail(QK_E_NO_MEMORY, "a buffer could not grow beyond %zu bytes", buf->len) : QK_OK;
}

const char *qk_buf_text(qk_buf *buf)
{
    if (!make_room(buf, 1))
        return NULL;
    buf->data[buf->len] = 0;
    return (const char *)buf->data;
}

void qk_buf_give(qk_buf *from, qk_buf *out)
{
    qk_buf_done(out);
    *out = *from;
    *from = QK_BUF_NONE;
}

qk_view qk_read(qk_reader *reader, size_t len)
{
    qk_view taken;

    if (reader->failed || len > reader->rest.len) {
        reader->failed = true;
        return QK_VIEW_NONE;
    }
    taken = qk_view_of(reader->rest.data, len);
    reader->rest.data += len;
    reader->rest.len -= len;
    return taken;
}

static uint64_t read_big_endian(qk_reader *reader, size_t len)
{
    qk_view bytes = qk_read(reader, len);
    uint64_t value = 0;

    for (size_t i = 0; i < bytes.len; i++)
        value = value << 8 | bytes.data[i];
    return value;
}

uint8_t qk_read_u8(qk_reader *reader)
{
    return (uint8_t)read_big_endian(reader, 1);
}

uint16_t qk_read_u16(qk_reader *reader)
{
    return (uint16_t)read_big_endian(reader, 2);
}

uint32_t qk_read_u32(qk_reader *reader)
{
    return (uint32_t)read_big_endian(reader, 4);
}

uint64_t qk_read_u64(qk_reader *reader)
{
    return read_big_endian(reader, 8);
}

qk_view qk_read_counted(qk_reader *reader)
{
    return qk_read(reader, qk_read_u32(reader));
}

bool qk_reader_ended(const qk_reader *reader)
{
    return !reader->failed && reader->rest.len == 0;
}
