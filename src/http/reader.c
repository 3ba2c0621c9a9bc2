/* SPDX-License-Identifier: Apache-2.0 */
#include "http/reader.h"

#include <strings.h>

static bool refuse(qk_http_refusal *out, int status, const char *words)
{
    *out = (qk_http_refusal){ status, words };
    return false;
}

/* ---- characters ---- */

enum { TOKEN = 1, TARGET = 2, VALUE = 4, HOST = 8 };

/* clang-format off */
/* Which kinds each of the 256 characters belongs to; all from 0x80 on are values.
 * Source: RFC 9110, sections 5.5 (values), 5.6.2 (tokens); RFC 3986, section 3.2.2 (hosts). A target is read leniently:
 * every visible character but '#'; clients send more unescaped than they should. */
static const uint8_t kinds[256] = {
     0,  0,  0,  0,  0,  0,  0,  0,  0,  4,  0,  0,  0,  0,  0,  0,
     0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
     4, 15,  6,  5, 15, 15, 15, 15, 14, 14, 15, 15, 14, 15, 15,  6, /* ! " # $ % & ' ( ) * + , - . / */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14, 14,  6, 14,  6,  6, /* 0 to 9 : ; < = > ? */
     6, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* @ A to O */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 14,  6, 14,  7, 15, /* P to Z [ \ ] ^ _ */
     7, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, /* ` a to o */
    15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,  6,  7,  6, 15,  0, /* p to z { | } ~ */
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
     4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,  4,
};
/* clang-format on */

static bool all_are(const char *text, size_t len, unsigned kind)
{
    for (size_t i = 0; i < len; i++)
        if (!(kinds[(uint8_t)text[i]] & kind))
            return false;
    return true;
}

static bool same_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* ---- where the head ends ---- */

size_t qk_http_head_len(qk_view bytes, size_t max_len, size_t *seen, qk_http_refusal *out_refusal)
{
    const char *text = (const char *)bytes.data, *feed;
    size_t len = bytes.len < max_len ? bytes.len : max_len, half = max_len / 2;

    if (*seen < half && len >= half && !memchr(text, '\n', half)) {
        refuse(out_refusal, 414, "the request line is too long");
        return 0;
    }
    for (size_t at = *seen; at < len && (feed = memchr(text + at, '\n', len - at)) != NULL;) {
        size_t place = (size_t)(feed - text);
        if (place == 0 || text[place - 1] != '\r') {
            refuse(out_refusal, 400, "a line must end with CR and LF");
            return 0;
        }
        if (place >= 3 && text[place - 2] == '\n')
            return place + 1;
        at = place + 1;
    }
    *seen = len;
    if (len == max_len)
        refuse(out_refusal, 431, "the request's headers are too long");
    return 0;
}

/* ---- the request line ---- */

static const struct {
    const char *name;
    qk_http_method method;
} methods[] = {
    { "GET", QK_HTTP_GET },       { "POST", QK_HTTP_POST },   { "HEAD", QK_HTTP_HEAD },       { "PUT", QK_HTTP_PUT },
    { "DELETE", QK_HTTP_DELETE }, { "PATCH", QK_HTTP_PATCH }, { "OPTIONS", QK_HTTP_OPTIONS },
};

static qk_http_method method_of(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strlen(methods[i].name) == len && memcmp(name, methods[i].name, len) == 0)
            return methods[i].method;
    return QK_HTTP_OTHER;
}

/* http://host/path, which proxies are sent: what counts is the path. Source: RFC 9112, section 3.2.2. */
static const char *skip_authority(char *target)
{
    size_t scheme = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
    size_t host;

    if (!scheme)
        return NULL;
    host = strcspn(target + scheme, "/?");
    if (host == 0 || !all_are(target + scheme, host, HOST))
        return NULL;
    target += scheme + host;
    if (*target == '?') { /* an empty path is "/", and there is room for it where the host was */
        target[-1] = '/';
        return target - 1;
    }
    return *target ? target : "/";
}

static bool read_target(char *target, size_t len, qk_http_head *out)
{
    char *mark = memchr(target, '?', len);

    out->path = target[0] == '/' ? target : skip_authority(target);
    if (target[0] == '*' && len == 1 && out->method == QK_HTTP_OPTIONS)
        out->path = target;
    if (!out->path || !all_are(target, len, TARGET))
        return false;
    out->has_query = mark != NULL;
    out->query = mark ? qk_view_of(mark + 1, len - (size_t)(mark + 1 - target)) : QK_VIEW_NONE;
    if (mark)
        *mark = 0;
    return true;
}

/* HTTP/1.1 and what may come after it within 1; HTTP/1.0. Source: RFC 9110, section 2.5. */
static bool read_version(const char *text, size_t len, qk_http_head *out, qk_http_refusal *out_refusal)
{
    if (len != 8 || memcmp(text, "HTTP/", 5) != 0 || text[5] < '0' || text[5] > '9' || text[6] != '.' ||
        text[7] < '0' || text[7] > '9')
        return refuse(out_refusal, 400, "the request line is broken");
    if (text[5] != '1')
        return refuse(out_refusal, 505, "this version of HTTP is not spoken here");
    out->old = text[7] == '0';
    out->keep_alive = !out->old;
    return true;
}

/* Three words with one space each between them. */
static bool read_line(char *line, size_t len, qk_http_head *out, qk_http_refusal *out_refusal)
{
    char *target = memchr(line, ' ', len), *version;
    size_t method_len = target ? (size_t)(target - line) : 0;

    version = target ? memchr(target + 1, ' ', len - method_len - 1) : NULL;
    if (method_len == 0 || !version || !all_are(line, method_len, TOKEN))
        return refuse(out_refusal, 400, "the request line is broken");
    target++;
    *version++ = 0;
    out->method = method_of(line, method_len);
    if (!read_version(version, len - (size_t)(version - line), out, out_refusal))
        return false;
    if (!read_target(target, (size_t)(version - 1 - target), out))
        return refuse(out_refusal, 400, "the request's target is broken");
    return true;
}

/* ---- headers ---- */

bool qk_http_field_read(const char *text, size_t line, size_t len, qk_http_field *out)
{
    const char *colon = memchr(text + line, ':', len);
    size_t name_len = colon ? (size_t)(colon - text) - line : 0, from = line + name_len + 1, to = line + len;

    if (name_len == 0 || !all_are(text + line, name_len, TOKEN) || !all_are(text + from, to - from, VALUE))
        return false;
    while (from < to && (text[from] == ' ' || text[from] == '\t'))
        from++;
    while (to > from && (text[to - 1] == ' ' || text[to - 1] == '\t'))
        to--;
    *out = (qk_http_field){ (uint16_t)line, (uint16_t)name_len, (uint16_t)from, (uint16_t)(to - from) };
    return true;
}

static bool take_host(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out)
{
    if (head->hosts++ || !all_are(value, len, HOST))
        return refuse(out, 400, "one valid Host is needed");
    return true;
}

/* The same number again is harmless; a list of them is not taken. Source: RFC 9112, section 6.3. */
static bool take_length(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out)
{
    uint64_t length = 0;

    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9')
            return refuse(out, 400, "Content-Length is not a number");
        length = length > (UINT64_MAX - 9) / 10 ? UINT64_MAX : length * 10 + (uint64_t)(value[i] - '0');
    }
    if (len == 0 || (head->has_length && head->length != length))
        return refuse(out, 400, "Content-Length is not one number");
    head->has_length = true;
    head->length = length;
    return true;
}

static bool take_coding(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out)
{
    if (head->chunked || len == 0)
        return refuse(out, 400, "one Transfer-Encoding is enough");
    if (!same_word(value, len, "chunked"))
        return refuse(out, 501, "of transfer codings, only chunked is known");
    head->chunked = true;
    return true;
}

static bool take_expectation(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out)
{
    if (!same_word(value, len, "100-continue"))
        return refuse(out, 417, "of expectations, only 100-continue is known");
    head->expects = true;
    return true;
}

/* A list of words. */
static bool take_connection(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out)
{
    (void)out;
    for (size_t at = 0; at < len;) {
        const char *comma = memchr(value + at, ',', len - at);
        size_t end = comma ? (size_t)(comma - value) : len, next = end + 1;
        while (at < end && (value[at] == ' ' || value[at] == '\t'))
            at++;
        while (end > at && (value[end - 1] == ' ' || value[end - 1] == '\t'))
            end--;
        if (same_word(value + at, end - at, "close")) {
            head->keep_alive = false;
            return true;
        }
        if (head->old && same_word(value + at, end - at, "keep-alive"))
            head->keep_alive = true;
        at = next;
    }
    return true;
}

static const struct {
    const char *name;
    uint8_t len;
    bool (*take)(qk_http_head *head, const char *value, size_t len, qk_http_refusal *out);
} known[] = {
    { "Host", 4, take_host },
    { "Expect", 6, take_expectation },
    { "Connection", 10, take_connection },
    { "Content-Length", 14, take_length },
    { "Transfer-Encoding", 17, take_coding },
};

static bool take_known(qk_http_head *head, const qk_http_field *field, qk_http_refusal *out)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (known[i].len == field->name_len && strncasecmp(head->text + field->name, known[i].name, known[i].len) == 0)
            return known[i].take(head, head->text + field->value, field->value_len, out);
    return true;
}

static bool read_fields(qk_http_head *head, size_t at, size_t len, qk_http_refusal *out_refusal)
{
    while (at < len - 2) {
        const char *feed = memchr(head->text + at, '\n', len - at);
        size_t line_len = (size_t)(feed - head->text) - at - 1;
        qk_http_field *field = &head->fields[head->field_count];
        if (head->field_count == QK_HTTP_MOST_FIELDS)
            return refuse(out_refusal, 431, "too many headers");
        if (!qk_http_field_read(head->text, at, line_len, field))
            return refuse(out_refusal, 400, "a header is broken");
        if (!take_known(head, field, out_refusal))
            return false;
        head->field_count++;
        at += line_len + 2;
    }
    return true;
}

/* What the headers say together. Source: RFC 9112, sections 3.2 and 6.1. */
static bool check(qk_http_head *head, qk_http_refusal *out_refusal)
{
    if (!head->old && head->hosts == 0)
        return refuse(out_refusal, 400, "Host is missing");
    if (head->chunked && (head->has_length || head->old))
        return refuse(out_refusal, 400, "Transfer-Encoding cannot stand here");
    if (head->old)
        head->expects = false;
    return true;
}

bool qk_http_head_read(char *text, size_t len, qk_http_head *out, qk_http_refusal *out_refusal)
{
    const char *feed = memchr(text, '\n', len);

    memset(out, 0, offsetof(qk_http_head, fields));
    out->text = text;
    return read_line(text, (size_t)(feed - text) - 1, out, out_refusal) &&
           read_fields(out, (size_t)(feed - text) + 1, len, out_refusal) && check(out, out_refusal);
}

bool qk_http_head_find(const qk_http_head *head, const char *name, qk_view *out_value)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < head->field_count; i++) {
        const qk_http_field *field = &head->fields[i];
        if (field->name_len != len || strncasecmp(head->text + field->name, name, len) != 0)
            continue;
        *out_value = qk_view_of(head->text + field->value, field->value_len);
        return true;
    }
    return false;
}
