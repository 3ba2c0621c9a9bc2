/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.1 server side of one connection: bytes in, requests out, answers in, bytes out. No sockets, no threads, no
 * routes: the server room feeds it from its event loop, as it does rpc sessions.
 *
 * Lifetimes:
 * 1. A session belongs to one event loop and is touched by its thread alone.
 * 2. A qk_http_exchange (a request and its answer) lives from on_headers until its answer has been given.
 * 3. on_headers sees line and headers, before any of the body is kept. It may answer at once (then the body is read and
 *    dropped up to a bound, or the connection closes after the answer). Otherwise on_request follows when the body is
 *    whole and hands the exchange over: the owner answers it exactly once, on the loop's thread, also after its session
 *    has gone (it is then only freed).
 * 4. Pipelined requests wait: the next one is looked at when the answer before it was given (at the next feed or
 * drain), and read from the peer only within the bounds.
 * 5. `context` outlives the session and every exchange handed over.
 * Strict where leniency has led to request smuggling (RFC 9112): bare CR, obsolete folding, Transfer-Encoding together
 * with Content-Length, several differing lengths, spaces before a colon: 400 and the connection closes. Answers of the
 * session itself: 400, 408, 413, 414, 417, 431, 501 (coding of the body), 505. Every answer has Content-Length. HEAD
 * gets headers alone. Date is sent. Whatever was in an answer's buffer is wiped once written. */
#ifndef QK_HTTP_SERVER_H
#define QK_HTTP_SERVER_H

#include "base/arena.h"
#include "base/clock.h"

typedef struct qk_http_session qk_http_session;

/* Bits, so that a route can name several. */
typedef enum qk_http_method {
    QK_HTTP_GET = 1,
    QK_HTTP_HEAD = 2,
    QK_HTTP_POST = 4,
    QK_HTTP_PUT = 8,
    QK_HTTP_DELETE = 16,
    QK_HTTP_PATCH = 32,
    QK_HTTP_OPTIONS = 64,
    QK_HTTP_OTHER = 128,
} qk_http_method;

typedef struct qk_http_exchange {
    qk_arena arena; /* for whoever serves it; wiped at the end */
    qk_http_method method;
    const char *path; /* as sent, up to '?'; not decoded (a route's path has nothing to decode) */
    qk_view query;    /* after '?'; has_query tells "?" from nothing */
    bool has_query;
    qk_view body;
    void *user; /* the server room's */
    char peer[64];
} qk_http_exchange;

/* Value of a request header, without surrounding spaces; false if it is absent. Several of one name: the first. */
bool qk_http_header(const qk_http_exchange *exchange, const char *name, qk_view *out_value);
/* Value of a query parameter, percent-decoded ('+' stays '+' only if encoded; else it is a space), into the arena.
 * *out_count says how often the name occurs (0: absent). QK_E_BAD_ARGUMENT for a broken escape. */
QK_MUST_CHECK qk_err qk_http_query(qk_http_exchange *exchange, const char *name, qk_view *out_value,
                                   unsigned *out_count);
/* The same for any text in the encoding of forms, such as a body. A value without escapes is a view of `form`. */
QK_MUST_CHECK qk_err qk_http_form(qk_arena *arena, qk_view form, const char *name, qk_view *out_value,
                                  unsigned *out_count);

/* Adds a header to the answer: copied; what could end the line becomes a space. Before the body. Date, Content-Length
 * and Connection are the session's. */
void qk_http_answer_header(qk_http_exchange *exchange, const char *name, const char *value);
/* The whole answer. The body is copied. Takes the exchange. */
void qk_http_answer(qk_http_exchange *exchange, int status, const char *content_type, qk_view body);
/* For long answers without a copy: writes line and headers and gives the place of exactly `len` bytes of body, to be
 * filled at once, before anything else is done with the session, and before qk_http_answer_end, which takes the
 * exchange. NULL if memory or the budget is out (the peer was told so with a 503) or nobody waits for the answer any
 * more: then there is nothing to end, the exchange is gone. */
uint8_t *qk_http_answer_begin(qk_http_exchange *exchange, int status, const char *content_type, size_t len);
void qk_http_answer_end(qk_http_exchange *exchange);
/* The connection closes after this answer. */
void qk_http_answer_close(qk_http_exchange *exchange);
const char *qk_http_reason(int status); /* "Not Found" */

typedef struct qk_http_callbacks {
    /* Line and headers are there. May answer at once, with the functions above. Returns false if it did. */
    bool (*on_headers)(void *context, qk_http_exchange *exchange);
    /* The request is whole; takes the exchange. */
    void (*on_request)(void *context, qk_http_exchange *exchange);
    /* Body of an error that the session itself answers with; NULL: a line of text. */
    void (*on_refusal)(void *context, int status, const char *words, qk_buf *out_json);
    /* Asks to hold so many bytes more, of a body or of a large answer; false: the global budget is out (503). NULL: no
     * budget. What was granted is given back through the other, also after the session has gone. */
    bool (*on_body)(void *context, size_t more);
    void (*on_body_released)(void *context, size_t bytes);
} qk_http_callbacks;

typedef struct qk_http_limits {
    size_t max_headers;    /* line and headers: 32 KiB, 63 KiB at most; a line alone over half of it: 414 */
    size_t max_body;       /* 64 KiB */
    uint64_t max_requests; /* on one connection; 0: no limit */
} qk_http_limits;

QK_MUST_CHECK qk_err qk_http_session_new(const qk_http_callbacks *callbacks, void *context,
                                         const qk_http_limits *limits, const char *peer, qk_http_session **out_session);
void qk_http_session_free(qk_http_session **session);

/* Bytes from the peer. QK_E_NO_MEMORY; whatever else is wrong with them becomes an answer, after which the session is
 * finished. */
QK_MUST_CHECK qk_err qk_http_session_feed(qk_http_session *session, qk_view bytes);
/* The peer sends no more: what is whole is still answered. */
void qk_http_session_end(qk_http_session *session);
/* Pending bytes for the peer. An empty `out` receives the session's own buffer, without a copy, however long it is. To
 * be asked again when they are written, until nothing comes: requests that waited have their turn here. */
QK_MUST_CHECK qk_err qk_http_session_drain(qk_http_session *session, size_t max_len, qk_buf *out);
/* Nothing is left to say: close. */
bool qk_http_session_finished(const qk_http_session *session);
/* It ends in the middle of what the peer sends: close gently, or the reset takes the last answer with it. */
bool qk_http_session_cuts_short(const qk_http_session *session);
/* Graceful end: a request that has begun is still answered. */
void qk_http_session_shutdown(qk_http_session *session);
/* Why this peer has been given time enough, in words for the log; NULL: it goes on. */
/* Headers must be whole within `stall_ms` of the first byte, a body within that and a second more for each 16 KiB, the
 * first request within stall_ms, the next within idle_ms. A late request gets 408, which this call puts into `out`. */
const char *qk_http_session_overdue(qk_http_session *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms);
/* Since when it has nothing to do, on the monotonic clock; negative: it is in the middle of something. */
int64_t qk_http_session_idle_since(const qk_http_session *session);
/* False while an answer is owed and enough is buffered: the peer is not read. */
bool qk_http_session_wants_input(const qk_http_session *session);

#endif
