/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

enum {
    MOST_OVERHEAD = 16 * 1024, /* beyond what chunks of 16 bytes need, see spend() */
    MOST_DIGITS = 12,          /* of a chunk's size */
};

void qk_http_body_begin(const qk_http_head *head, qk_http_body_reader *out)
{
    out->state = head->chunked                      ? QK_HTTP_BODY_SIZE
                 : head->has_length && head->length ? QK_HTTP_BODY_COUNTED
                                                    : QK_HTTP_BODY_END;
    out->left = head->length;
    out->taken = 0;
    out->overhead = out->line_len = 0;
}

static void refuse(qk_http_refusal *out, const char *words)
{
    *out = (qk_http_refusal){ 400, words };
}

/* Chunks of one byte each cost the server much more than they carry. */
static bool spend(qk_http_body_reader *reader, size_t bytes)
{
    reader->overhead += bytes;
    return reader->overhead <= MOST_OVERHEAD + 4 * reader->taken;
}

/* Size in hexadecimal digits, then perhaps an extension, which nobody here knows. */
static bool read_size(qk_http_body_reader *reader)
{
    size_t digits = 0;
    uint64_t size = 0;

    for (; digits < reader->line_len; digits++) {
        char c = reader->line[digits];
        unsigned value = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (value == 16)
            break;
        size = size << 4 | value;
    }
    if (digits == 0 || digits > MOST_DIGITS || (digits < reader->line_len && reader->line[digits] != ';'))
        return false;
    for (size_t i = digits; i < reader->line_len; i++)
        if ((uint8_t)reader->line[i] < ' ' || reader->line[i] == 0x7f)
            return false;
    reader->left = size;
    reader->state = size ? QK_HTTP_BODY_CHUNK : QK_HTTP_BODY_TRAILER;
    return true;
}

static bool read_trailer(qk_http_body_reader *reader)
{
    qk_http_field field;

    if (reader->line_len == 0)
        reader->state = QK_HTTP_BODY_END;
    return reader->line_len == 0 || qk_http_field_read(reader->line, 0, reader->line_len, &field);
}

static bool read_line(qk_http_body_reader *reader)
{
    bool good = reader->state == QK_HTTP_BODY_SIZE      ? read_size(reader)
                : reader->state == QK_HTTP_BODY_TRAILER ? read_trailer(reader)
                                                        : reader->line_len == 0;

    if (reader->state == QK_HTTP_BODY_CHUNK_END)
        reader->state = QK_HTTP_BODY_SIZE;
    reader->line_len = 0;
    return good;
}

/* A byte of a line. CR stays in it until LF has come. */
static void take_of_line(qk_http_body_reader *reader, char c, qk_http_refusal *out)
{
    bool after_cr = reader->line_len > 0 && reader->line[reader->line_len - 1] == '\r';

    if (!spend(reader, 1)) {
        refuse(out, "the chunks say too little");
    } else if (c == '\n' || after_cr) {
        reader->line_len -= after_cr;
        if (c != '\n' || !after_cr || !read_line(reader))
            refuse(out, "a chunk is broken");
    } else if (reader->line_len == sizeof reader->line) {
        refuse(out, "a chunk's line is too long");
    } else {
        reader->line[reader->line_len++] = c;
    }
}

static size_t take_data(qk_http_body_reader *reader, qk_view bytes, qk_view *out_data)
{
    *out_data = qk_view_slice(bytes, 0, reader->left < bytes.len ? (size_t)reader->left : bytes.len);
    reader->left -= out_data->len;
    reader->taken += out_data->len;
    if (reader->left == 0)
        reader->state = reader->state == QK_HTTP_BODY_CHUNK ? QK_HTTP_BODY_CHUNK_END : QK_HTTP_BODY_END;
    return out_data->len;
}

size_t qk_http_body_take(qk_http_body_reader *reader, qk_view bytes, qk_view *out_data, qk_http_refusal *out_refusal)
{
    size_t taken = 0;

    *out_data = QK_VIEW_NONE;
    if (reader->state == QK_HTTP_BODY_COUNTED || reader->state == QK_HTTP_BODY_CHUNK)
        return take_data(reader, bytes, out_data);
    while (taken < bytes.len && reader->state != QK_HTTP_BODY_CHUNK && reader->state != QK_HTTP_BODY_END &&
           !out_refusal->status)
        take_of_line(reader, (char)bytes.data[taken++], out_refusal);
    return taken;
}
