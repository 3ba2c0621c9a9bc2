/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a request's body off the connection: counted bytes, or chunks. Knows how much of it there was, not what becomes
 * of it. Source: RFC 9112, sections 6 and 7.1. */
#ifndef QK_HTTP_BODY_H
#define QK_HTTP_BODY_H

#include "http/reader.h"

typedef enum qk_http_body_state {
    QK_HTTP_BODY_END, /* nothing (more) of it comes */
    QK_HTTP_BODY_COUNTED,
    QK_HTTP_BODY_SIZE, /* the line before a chunk */
    QK_HTTP_BODY_CHUNK,
    QK_HTTP_BODY_CHUNK_END, /* CR LF after a chunk */
    QK_HTTP_BODY_TRAILER,
} qk_http_body_state;

typedef struct qk_http_body_reader {
    qk_http_body_state state;
    uint64_t left;   /* of the counted bytes or of the chunk */
    uint64_t taken;  /* data so far */
    size_t overhead; /* bytes of chunk lines and trailers, which are bounded too */
    size_t line_len;
    char line[256]; /* a chunk's or a trailer's */
} qk_http_body_reader;

void qk_http_body_begin(const qk_http_head *head, qk_http_body_reader *out);
/* Takes from the front of `bytes` (which are not empty) while the body lasts. What is data stands in *out_data, one
 * piece at a time. Returns how much was taken; a refusal if the framing is broken. */
size_t qk_http_body_take(qk_http_body_reader *reader, qk_view bytes, qk_view *out_data, qk_http_refusal *out_refusal);

#endif
