/* SPDX-License-Identifier: Apache-2.0 */
/* A state per kind of thing that comes next: a line (status, header, chunk size, trailer) or counted bytes of a body.
 * Source: RFC 9112, sections 2.2 (lines), 4 (status), 6 (length of the body), 7.1 (chunks). */
#include "net/http_parser.h"

#include <stdlib.h>
#include <strings.h>

enum {
    STATUS_LINE,
    HEADER,
    CHUNK_SIZE,
    CHUNK_END, /* the empty line after a chunk's data */
    TRAILER,
    BODY_COUNTED,
    BODY_CHUNK,
    BODY_TO_END,
    COMPLETE,
};

enum { MOST_RETRY_AFTER_S = 3600 };

void qk_http_parser_init(qk_http_parser *parser, size_t max_body, bool no_body)
{
    *parser = (qk_http_parser){ .max_body = max_body, .no_body = no_body, .state = STATUS_LINE };
}

void qk_http_parser_done(qk_http_parser *parser)
{
    qk_buf_done(&parser->line);
    qk_buf_done(&parser->body);
    qk_buf_done(&parser->fields);
}

bool qk_http_parser_complete(const qk_http_parser *parser)
{
    return parser->state == COMPLETE;
}

bool qk_http_parser_reusable(const qk_http_parser *parser)
{
    return parser->state == COMPLETE && !parser->closes && !parser->surplus;
}

/* --- numbers --- */

static bool read_digits(const char *text, unsigned base, uint64_t *out, const char **end)
{
    uint64_t value = 0;
    const char *at = text;

    for (;; at++) {
        unsigned digit = *at >= '0' && *at <= '9'   ? (unsigned)(*at - '0')
                         : *at >= 'a' && *at <= 'f' ? (unsigned)(*at - 'a' + 10)
                         : *at >= 'A' && *at <= 'F' ? (unsigned)(*at - 'A' + 10)
                                                    : 99;
        if (digit >= base)
            break;
        if (value > (UINT64_MAX - digit) / base)
            return false;
        value = value * base + digit;
    }
    *out = value;
    *end = at;
    return at != text;
}

static qk_err check_size(const qk_http_parser *parser, uint64_t more)
{
    if (more > parser->max_body || parser->body.len > parser->max_body - more)
        return qk_fail(QK_E_MESSAGE_SIZE, "the answer is larger than %zu bytes", parser->max_body);
    return QK_OK;
}

/* --- lines --- */

/* "HTTP/1.1 200 OK"; the words after the number may be missing. */
static qk_err on_status(qk_http_parser *parser, const char *line)
{
    const char *end = line;
    uint64_t status = 0;

    if (strncmp(line, "HTTP/1.", 7) != 0 || (line[7] != '0' && line[7] != '1') || line[8] != ' ' ||
        !read_digits(line + 9, 10, &status, &end) || end != line + 12 || (*end && *end != ' ') || status < 100)
        return qk_fail(QK_E_PROTOCOL, "not an HTTP/1.1 answer");
    parser->status = (int)status;
    parser->closes = line[7] == '0';
    parser->state = HEADER;
    return QK_OK;
}

static qk_err on_length(qk_http_parser *parser, const char *value)
{
    uint64_t length = 0;
    const char *end = value;

    if (!read_digits(value, 10, &length, &end) || *end)
        return qk_fail(QK_E_PROTOCOL, "Content-Length is not a number");
    if (parser->has_length && parser->left != length)
        return qk_fail(QK_E_PROTOCOL, "two lengths in one answer");
    parser->has_length = true;
    parser->left = length;
    return QK_OK;
}

static qk_err on_encoding(qk_http_parser *parser, const char *value)
{
    if (strcasecmp(value, "chunked") != 0 || parser->chunked)
        return qk_fail(QK_E_PROTOCOL, "a transfer encoding other than chunked");
    parser->chunked = true;
    return QK_OK;
}

static qk_err on_type(qk_http_parser *parser, const char *value)
{
    size_t len = strlen(value);

    if (len < sizeof parser->content_type)
        memcpy(parser->content_type, value, len + 1);
    return QK_OK;
}

/* A list of words, of which one matters. */
static qk_err on_connection(qk_http_parser *parser, const char *value)
{
    for (const char *word = value; *word; word += strcspn(word, ",")) {
        word += strspn(word, ", \t");
        if (strncasecmp(word, "close", 5) == 0 && strchr(", \t", word[5]) != NULL) /* also at the end */
            parser->closes = true;
    }
    return QK_OK;
}

/* Seconds; the other form, a date, would need the server's clock to be ours. Nobody is to stay away for longer than an
 * hour because of a number that a server made up. */
static qk_err on_retry_after(qk_http_parser *parser, const char *value)
{
    size_t digits = strspn(value, "0123456789");
    uint64_t seconds = 0;
    const char *end;

    if (digits == 0 || value[digits])
        return QK_OK;
    if (!read_digits(value, 10, &seconds, &end) || seconds > MOST_RETRY_AFTER_S)
        seconds = MOST_RETRY_AFTER_S;
    parser->retry_after_s = seconds;
    return QK_OK;
}

/* The headers that say something to us. */
static const struct header_row {
    const char *name;
    qk_err (*use)(qk_http_parser *parser, const char *value);
} header_rows[] = {
    { "Content-Length", on_length }, { "Transfer-Encoding", on_encoding }, { "Content-Type", on_type },
    { "Connection", on_connection }, { "Retry-After", on_retry_after },
};

static qk_err on_header(qk_http_parser *parser, char *line)
{
    char *colon = strchr(line, ':'), *value;
    size_t len;

    if (!colon || colon == line || strcspn(line, " \t") < (size_t)(colon - line)) /* folded lines are obsolete */
        return qk_fail(QK_E_PROTOCOL, "a malformed header");
    *colon = 0;
    value = colon + 1 + strspn(colon + 1, " \t");
    for (len = strlen(value); len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t'); len--)
        value[len - 1] = 0;
    qk_buf_printf(&parser->fields, "%s:%s\n", line, value);
    QK_TRY(qk_buf_check(&parser->fields));
    for (size_t i = 0; i < sizeof header_rows / sizeof header_rows[0]; i++)
        if (strcasecmp(header_rows[i].name, line) == 0)
            return header_rows[i].use(parser, value);
    return QK_OK;
}

/* The empty line: what kind of body follows. Source: RFC 9112, section 6.3, in its order. */
static qk_err on_headers_end(qk_http_parser *parser)
{
    if (parser->status < 200) { /* "100 Continue": the real answer follows */
        if (parser->status == 101)
            return qk_fail(QK_E_PROTOCOL, "a protocol switch nobody asked for");
        parser->has_length = parser->chunked = false;
        qk_buf_clear(&parser->fields);
        parser->state = STATUS_LINE;
        return QK_OK;
    }
    parser->head_len = 0;
    if (parser->chunked && parser->has_length)
        return qk_fail(QK_E_PROTOCOL, "both a length and chunks");
    if (parser->no_body || parser->status == 204 || parser->status == 304) {
        parser->state = COMPLETE;
        return QK_OK;
    }
    if (parser->has_length)
        QK_TRY(check_size(parser, parser->left));
    parser->state = parser->chunked       ? CHUNK_SIZE
                    : !parser->has_length ? BODY_TO_END
                    : parser->left == 0   ? COMPLETE
                                          : BODY_COUNTED;
    return QK_OK;
}

static qk_err on_chunk_size(qk_http_parser *parser, const char *line)
{
    const char *end = line;

    if (!read_digits(line, 16, &parser->left, &end) || (*end && *end != ';' && *end != ' ' && *end != '\t'))
        return qk_fail(QK_E_PROTOCOL, "a malformed chunk");
    QK_TRY(check_size(parser, parser->left));
    parser->head_len = 0;
    parser->state = parser->left ? BODY_CHUNK : TRAILER;
    return QK_OK;
}

static qk_err on_line(qk_http_parser *parser, char *line)
{
    switch (parser->state) {
    case STATUS_LINE:
        return on_status(parser, line);
    case HEADER:
        return *line ? on_header(parser, line) : on_headers_end(parser);
    case CHUNK_SIZE:
        return on_chunk_size(parser, line);
    case CHUNK_END:
        parser->state = CHUNK_SIZE;
        return *line ? qk_fail(QK_E_PROTOCOL, "a chunk longer than its size") : QK_OK;
    case TRAILER:
    default:
        if (!*line)
            parser->state = COMPLETE;
        return QK_OK;
    }
}

/* --- bytes --- */

/* Takes bytes up to the end of the line; a bare LF ends one too (RFC 9112, section 2.2). */
static qk_err feed_line(qk_http_parser *parser, qk_reader *reader)
{
    const uint8_t *lf = memchr(reader->rest.data, '\n', reader->rest.len);
    size_t len = lf ? (size_t)(lf - reader->rest.data) + 1 : reader->rest.len;
    char *line;

    if (parser->head_len + len > QK_HTTP_MAX_HEAD)
        return qk_fail(QK_E_PROTOCOL, "headers larger than %d bytes", QK_HTTP_MAX_HEAD);
    parser->head_len += len;
    qk_buf_put(&parser->line, qk_read(reader, len));
    QK_TRY(qk_buf_check(&parser->line));
    if (!lf)
        return QK_OK;
    if (memchr(parser->line.data, 0, parser->line.len))
        return qk_fail(QK_E_PROTOCOL, "a zero byte in a header");
    line = (char *)parser->line.data;
    len = parser->line.len - 1;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    line[len] = 0;
    QK_TRY(on_line(parser, line));
    qk_buf_clear(&parser->line);
    return QK_OK;
}

static qk_err feed_body(qk_http_parser *parser, qk_reader *reader)
{
    bool to_end = parser->state == BODY_TO_END;
    size_t len = to_end || reader->rest.len < parser->left ? reader->rest.len : (size_t)parser->left;

    QK_TRY(check_size(parser, len));
    qk_buf_put(&parser->body, qk_read(reader, len));
    QK_TRY(qk_buf_check(&parser->body));
    if (to_end)
        return QK_OK;
    parser->left -= len;
    if (parser->left == 0)
        parser->state = parser->state == BODY_CHUNK ? CHUNK_END : COMPLETE;
    return QK_OK;
}

qk_err qk_http_parser_feed(qk_http_parser *parser, qk_view bytes)
{
    qk_reader reader = qk_reader_of(bytes);

    while (reader.rest.len > 0 && parser->state != COMPLETE) {
        bool in_body = parser->state == BODY_COUNTED || parser->state == BODY_CHUNK || parser->state == BODY_TO_END;
        QK_TRY(in_body ? feed_body(parser, &reader) : feed_line(parser, &reader));
    }
    parser->surplus = reader.rest.len > 0;
    return QK_OK;
}

qk_err qk_http_parser_end(qk_http_parser *parser)
{
    parser->closes = true;
    if (parser->state == BODY_TO_END)
        parser->state = COMPLETE;
    return parser->state == COMPLETE
               ? QK_OK
               : qk_fail(QK_E_SERVER_AWAY, "the server closed the connection before its answer ended");
}
