/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the server side: a session and its calls. For server*.c alone.
 *
 * A call goes through phases: its headers arrive (HEADERS), its body is collected (BODY), the server room has it
 * (HANDED_OVER), its answer or refusal is with nghttp2 (ANSWERED). It is freed when its stream closes, or, if that
 * happens while it is handed over, when its owner answers. A call that is a stream of messages is in one phase from its
 * headers on (STREAMING, server_stream.c). */
#ifndef QK_RPC_SERVER_CALL_H
#define QK_RPC_SERVER_CALL_H

#include <nghttp2/nghttp2.h>

#include "rpc/frame.h"
#include "rpc/server.h"

typedef enum call_phase { HEADERS, BODY, HANDED_OVER, ANSWERED, STREAMING } call_phase;

typedef struct call_stream call_stream;

typedef struct call_state call_state;
struct call_state {
    qk_rpc_call call;         /* first: the server room's pointer is ours */
    qk_rpc_session *session;  /* NULL once it is gone */
    call_state *next, **link; /* in the session's list */
    void (*on_body_released)(void *context, size_t bytes);
    void *context;
    int32_t stream_id;
    call_phase phase;
    bool stream_gone;
    bool reset_by_peer;
    bool request_ended; /* the peer has sent END_STREAM */
    bool admitted;      /* on_headers has taken it */
    int64_t since_ms;   /* the request or the answer is under way since then */

    /* headers; the first fault is kept and answered when they are complete */
    size_t header_bytes;
    bool is_post, has_content_type, bad_encoding;
    qk_err fault;
    const char *fault_words; /* in the arena, or NULL */
    const char *http_status; /* "200" unless HTTP itself is wrong */

    qk_frame_reader reader;
    uint8_t prefix[QK_FRAME_PREFIX_LEN];
    qk_view answer;
    size_t sent;         /* of prefix and answer together */
    call_stream *stream; /* NULL: a unary call */
};

struct qk_rpc_session {
    nghttp2_session *http2;
    qk_rpc_callbacks callbacks;
    void *context;
    qk_rpc_limits limits;
    call_state *calls;
    size_t open_calls;
    bool ending; /* announced */
    bool shutting_down;
    bool lost;             /* the peer was told to go */
    bool served;           /* there was a call */
    int64_t idle_since_ms; /* since the last call, or since it began */
    size_t unread;         /* bytes of answers in `calls` */

    /* drain */
    qk_buf *out;
    size_t out_end;

    /* floods, see server_flood.c */
    int64_t window_start_ms, refill_ms;
    uint32_t resets, answered;
    uint32_t credit;
};

/* server_headers.c: one header field; a field that is refused sets the call's fault. */
void call_take_header(call_state *state, qk_view name, qk_view value);
/* What can be judged once all headers are there: QK_OK or the fault. */
qk_err call_check_headers(call_state *state);

/* server_answer.c: submits the answer or the refusal; the call stays until its stream closes. */
nghttp2_nv call_field(const char *name, qk_view value, int flags); /* borrows both */
void call_submit_answer(call_state *state, qk_view message);
void call_submit_failure(call_state *state, qk_err code, const char *words);
int call_send_data(nghttp2_session *http2, nghttp2_frame *frame, const uint8_t *head, size_t len,
                   nghttp2_data_source *source, void *user);
void call_free(call_state *state);
/* `more` bytes of answers would be too many beside those that the peer has not read. One answer always goes. */
bool too_much_unread(const qk_rpc_session *session, size_t more);

/* server_stream.c: a call becomes a stream; bytes of its messages; no more of them; it goes with its call; the server
 * stops. */
QK_MUST_CHECK qk_err stream_begin(call_state *state);
QK_MUST_CHECK qk_err stream_feed(call_state *state, qk_view bytes);
void stream_finish(call_state *state);
void stream_free(call_state *state);
void stream_stop(call_state *state);
/* Words if the peer is late with a message, or does not read. */
const char *stream_overdue(const call_state *state, int64_t now_ms, int64_t stall_ms);

/* server_flood.c: false if the peer does too much of it and was told to go. */
bool flood_allows_control(qk_rpc_session *session);
void flood_count_request(qk_rpc_session *session);
void flood_count_close(qk_rpc_session *session, bool answered);

#endif
