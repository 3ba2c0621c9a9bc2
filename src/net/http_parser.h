/* SPDX-License-Identifier: Apache-2.0 */
/* The reading side of HTTP/1.1: bytes in, however they come cut, an answer out. Knows no sockets. For http.c. */
#ifndef QK_NET_HTTP_PARSER_H
#define QK_NET_HTTP_PARSER_H

#include "base/bytes.h"

enum { QK_HTTP_MAX_HEAD = 16 * 1024 };

typedef struct qk_http_parser {
    size_t max_body;
    bool no_body; /* the answer to HEAD */
    int state;    /* of http_parser.c */
    qk_buf line, body;
    size_t
        head_len;  /* status line, headers, trailers, chunk lines: together at most QK_HTTP_MAX_HEAD, per chunk anew */
    uint64_t left; /* of the body or the chunk */
    bool has_length, chunked;
    bool closes;  /* the server says that the connection ends with this answer */
    bool surplus; /* bytes came after its end */
    int status;
    uint64_t retry_after_s;
    char content_type[128];
    qk_buf fields; /* the answer's headers, each "name:value" and a line feed; no trailers */
} qk_http_parser;

void qk_http_parser_init(qk_http_parser *parser, size_t max_body, bool no_body);
void qk_http_parser_done(qk_http_parser *parser);
/* QK_E_PROTOCOL (says what is not HTTP), QK_E_MESSAGE_SIZE (body), QK_E_NO_MEMORY. Bytes after the end are ignored. */
QK_MUST_CHECK qk_err qk_http_parser_feed(qk_http_parser *parser, qk_view bytes);
/* The peer has closed: QK_E_SERVER_AWAY unless that is where the answer ends. */
QK_MUST_CHECK qk_err qk_http_parser_end(qk_http_parser *parser);
/* True once the answer is complete. */
bool qk_http_parser_complete(const qk_http_parser *parser);
/* True if it is complete and another may follow on the same connection. Source: RFC 9112, section 9.3. */
bool qk_http_parser_reusable(const qk_http_parser *parser);

#endif
