/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what stands before a body: the request line and the headers.
 *
 * Strict, because two programs that read the same bytes differently are how a request is smuggled past one of them.
 * Source: RFC 9112, sections 2 to 7 and 9.3; RFC 9110, sections 5, 7.2, 8.6 and 10.1.1. */
#ifndef QK_HTTP_READER_H
#define QK_HTTP_READER_H

#include "http/server.h"

enum {
    QK_HTTP_MOST_FIELDS = 100,
    QK_HTTP_LONGEST_HEAD = UINT16_MAX, /* what a field's offsets can say */
};

/* Why a request is refused. */
typedef struct qk_http_refusal {
    int status; /* 0: it is not */
    const char *words;
} qk_http_refusal;

/* One header: offsets into the head's text. */
typedef struct qk_http_field {
    uint16_t name, name_len, value, value_len;
} qk_http_field;

typedef struct qk_http_head {
    char *text; /* all of it, as it came, but for zero bytes after the path */
    qk_http_method method;
    const char *path;
    qk_view query;
    bool has_query;
    bool old;        /* HTTP/1.0 */
    bool keep_alive; /* the peer would like to go on */
    bool expects;    /* 100-continue */
    bool chunked;
    bool has_length;
    uint64_t length; /* Content-Length; UINT64_MAX if it is beyond that */
    unsigned hosts;
    size_t field_count;
    qk_http_field fields[QK_HTTP_MOST_FIELDS];
} qk_http_head;

/* Bytes up to and including the empty line that ends the head; 0 if it has not come. `*seen` is how far it was looked
 * before, for bytes that come one by one; 0 at first. A line feed without its carriage return, and a head that grows
 * beyond `max_len` (or a line beyond half of it), is a refusal. */
size_t qk_http_head_len(qk_view bytes, size_t max_len, size_t *seen, qk_http_refusal *out_refusal);

/* Reads a whole head of `len` bytes; `text` is the caller's own copy with a zero byte after it, is written to, and
 * stays. True, or false and the refusal. Writes all of *out but unused fields. */
bool qk_http_head_read(char *text, size_t len, qk_http_head *out, qk_http_refusal *out_refusal);

/* A line of "name: value" without its end, as headers and trailers are. */
bool qk_http_field_read(const char *text, size_t line, size_t len, qk_http_field *out);

/* The value of the first header of that name. */
bool qk_http_head_find(const qk_http_head *head, const char *name, qk_view *out_value);

#endif
