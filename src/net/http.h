/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP/1.1 client for what runs inside other processes: one request, one answer, bounded. */
#ifndef QK_NET_HTTP_H
#define QK_NET_HTTP_H

#include "base/arena.h"
#include "net/tls.h"

typedef struct qk_url {
    bool tls;
    char host[256];
    uint16_t port;
    char path[1024]; /* with query; "/" at least */
} qk_url;

/* http:// and https:// only. QK_E_CONFIG says what is wrong. */
QK_MUST_CHECK qk_err qk_url_read(const char *text, qk_url *out);
/* Plain http is for loopback alone. */
bool qk_url_is_loopback(const qk_url *url);

typedef struct qk_http_answer {
    int status;
    qk_view body; /* in the arena */
    char content_type[128];
    int64_t retry_after_s; /* as the server asks for, at most an hour; 0: it does not, or gives a date */
    qk_view fields;        /* its headers, in the arena: for qk_http_answer_field */
} qk_http_answer;

/* Appends the value of a header, any case of its name; of several lines the values, a comma and a space between them
 * (RFC 9110, section 5.2). False: there is none. */
bool qk_http_answer_field(const qk_http_answer *answer, const char *name, qk_buf *out_value);

/* `headers`: lines each ended by CRLF, or "". Answers over max_body bytes: QK_E_MESSAGE_SIZE. Understands
 * Content-Length and chunked; no redirects. */
QK_MUST_CHECK qk_err qk_http_request(qk_tls_client *client, const qk_url *url, const char *method, const char *headers,
                                     qk_view body, size_t max_body, qk_deadline_ms deadline, qk_arena *arena,
                                     qk_http_answer *out);

/* ---- a kept connection ---- */

/* Requests one after the other to one host. It connects with the first request, keeps the connection while the server
 * does, and connects anew when it has gone. Used by one thread at a time. */
typedef struct qk_http_connection qk_http_connection;
/* The client is borrowed and must outlive it. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_http_connection_new(qk_tls_client *client, qk_http_connection **out_connection);
void qk_http_connection_free(qk_http_connection **connection);
/* In a forked child, instead of qk_http_connection_free. */
void qk_http_connection_abandon(qk_http_connection **connection);
/* As qk_http_request. A server may close a kept connection at any moment, also while a request is on its way. If that
 * happens before any byte of an answer, a `repeatable` request is sent once more on a new connection; another fails
 * with QK_E_SERVER_AWAY, since the server may have acted on it. */
QK_MUST_CHECK qk_err qk_http_connection_request(qk_http_connection *connection, const qk_url *url, const char *method,
                                                const char *headers, qk_view body, bool repeatable, size_t max_body,
                                                qk_deadline_ms deadline, qk_arena *arena, qk_http_answer *out);

#endif
