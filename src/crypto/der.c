/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/der.h"

/* Reads the head of the element at the front. */
static bool read_head(qk_view from, uint8_t tag, size_t *out_head_len, size_t *out_content_len)
{
    size_t head = 2, content = 0;

    if (from.len < 2 || from.data[0] != tag)
        return false;
    if (from.data[1] < 0x80) {
        content = from.data[1];
    } else {
        size_t digits = from.data[1] & 0x7fu;
        if (digits < 1 || digits > 4 || from.len < 2 + digits || from.data[2] == 0)
            return false;
        for (size_t i = 0; i < digits; i++)
            content = content << 8 | from.data[2 + i];
        if (content < 0x80)
            return false;
        head += digits;
    }
    if (content > from.len - head)
        return false;
    *out_head_len = head;
    *out_content_len = content;
    return true;
}

bool qk_der_take(qk_view *from, uint8_t tag, qk_view *out_content)
{
    size_t head, len;

    if (!read_head(*from, tag, &head, &len))
        return false;
    *out_content = qk_view_of(from->data + head, len);
    *from = qk_view_of(from->data + head + len, from->len - head - len);
    return true;
}

bool qk_der_take_whole(qk_view *from, uint8_t tag, qk_view *out_element)
{
    const uint8_t *start = from->data;
    qk_view content;

    if (!qk_der_take(from, tag, &content))
        return false;
    *out_element = qk_view_of(start, (size_t)(from->data - start));
    return true;
}

bool qk_der_take_uint(qk_view *from, qk_view *out_magnitude)
{
    qk_view rest = *from, content;

    if (!qk_der_take(&rest, QK_DER_INTEGER, &content) || content.len == 0 || content.data[0] >= 0x80)
        return false;
    if (content.data[0] == 0) {
        if (content.len > 1 && content.data[1] < 0x80)
            return false;
        content = qk_view_of(content.data + 1, content.len - 1);
    }
    *out_magnitude = content;
    *from = rest;
    return true;
}

bool qk_der_take_small(qk_view *from, uint8_t value)
{
    qk_view rest = *from, content;

    if (!qk_der_take(&rest, QK_DER_INTEGER, &content) || content.len != 1 || content.data[0] != value)
        return false;
    *from = rest;
    return true;
}

bool qk_der_take_bits(qk_view *from, uint8_t tag, qk_view *out_bytes)
{
    qk_view rest = *from, content;

    if (!qk_der_take(&rest, tag, &content) || content.len < 1 || content.data[0] != 0)
        return false;
    *out_bytes = qk_view_of(content.data + 1, content.len - 1);
    *from = rest;
    return true;
}

uint8_t *qk_der_room(qk_der_writer *writer, size_t len)
{
    if (writer->failed || (size_t)(writer->place - writer->start) < len) {
        writer->failed = true;
        return NULL;
    }
    writer->place -= len;
    return writer->place;
}

void qk_der_put(qk_der_writer *writer, qk_view bytes)
{
    uint8_t *room = qk_der_room(writer, bytes.len);

    if (room && bytes.len)
        memcpy(room, bytes.data, bytes.len);
}

static void put_byte(qk_der_writer *writer, size_t byte)
{
    uint8_t *room = qk_der_room(writer, 1);

    if (room)
        *room = (uint8_t)byte;
}

void qk_der_wrap(qk_der_writer *writer, uint8_t tag, const uint8_t *content_end)
{
    size_t len = (size_t)(content_end - writer->place), digits = 0;

    if (len < 0x80) {
        put_byte(writer, len);
    } else {
        for (size_t rest = len; rest > 0; rest >>= 8, digits++)
            put_byte(writer, rest & 0xff);
        put_byte(writer, 0x80 | digits);
    }
    put_byte(writer, tag);
}

void qk_der_put_element(qk_der_writer *writer, uint8_t tag, qk_view content)
{
    const uint8_t *end = writer->place;

    qk_der_put(writer, content);
    qk_der_wrap(writer, tag, end);
}

void qk_der_put_uint(qk_der_writer *writer, qk_view magnitude)
{
    const uint8_t *end = writer->place;

    while (magnitude.len > 0 && magnitude.data[0] == 0)
        magnitude = qk_view_of(magnitude.data + 1, magnitude.len - 1);
    qk_der_put(writer, magnitude);
    if (magnitude.len == 0 || magnitude.data[0] >= 0x80)
        put_byte(writer, 0);
    qk_der_wrap(writer, QK_DER_INTEGER, end);
}

void qk_der_put_small(qk_der_writer *writer, uint8_t value)
{
    qk_der_put_element(writer, QK_DER_INTEGER, qk_view_of(&value, 1));
}

void qk_der_wrap_bits(qk_der_writer *writer, uint8_t tag, const uint8_t *content_end)
{
    put_byte(writer, 0);
    qk_der_wrap(writer, tag, content_end);
}

qk_view qk_der_written(const qk_der_writer *writer)
{
    return qk_view_of(writer->place, (size_t)(writer->end - writer->place));
}
