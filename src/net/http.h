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
} qk_http_answer;

/* `headers`: lines each ended by CRLF, or "". Answers over max_body bytes: QK_E_MESSAGE_SIZE. Understands
 * Content-Length and chunked; no redirects. */
QK_MUST_CHECK qk_err qk_http_request(qk_tls_client *client, const qk_url *url, const char *method, const char *headers,
                                     qk_view body, size_t max_body, qk_deadline_ms deadline, qk_arena *arena,
                                     qk_http_answer *out);

#endif
