/* SPDX-License-Identifier: Apache-2.0 */
/* The server's nghttp2 session: its settings, its callbacks, bytes in and out. A callback is an edge: it ends in an
 * answer, a reset of the stream or the end of the connection, never in a lost error. */
#include "rpc/server.h"

#include <stdlib.h>

#include "rpc/server_call.h"

enum {
    STREAM_WINDOW = 1 << 20,
    CONNECTION_WINDOW = 4 << 20,
    HEADER_LIST_MAX = 16 * 1024,
    /* Headers, a small body, zlib's window; the message's own allowance is added when it is whole. */
    ARENA_BEFORE_BODY = 256 * 1024,
    /* RFC 9218, not in older nghttp2 headers: with it, priorities cost nothing. */
    SETTINGS_NO_RFC7540_PRIORITIES = 9,
};

static call_state *state_of(nghttp2_session *http2, int32_t stream_id)
{
    return nghttp2_session_get_stream_user_data(http2, stream_id);
}

static bool grant_body(void *context, size_t so_far, size_t more)
{
    call_state *state = context;
    const qk_rpc_session *session = state->session;

    return !session->callbacks.on_body || session->callbacks.on_body(session->context, &state->call, so_far, more);
}

static call_state *new_call(qk_rpc_session *session, int32_t stream_id)
{
    call_state *state = malloc(sizeof *state);

    if (!state)
        return NULL;
    /* The arena's own block is most of the struct and needs no zeroes. */
    memset((uint8_t *)state + sizeof state->call.arena, 0, sizeof *state - sizeof state->call.arena);
    qk_arena_init(&state->call.arena, ARENA_BEFORE_BODY);
    state->call.deadline = QK_DEADLINE_NEVER;
    state->session = session;
    state->stream_id = stream_id;
    state->since_ms = qk_clock_monotonic_ms();
    state->on_body_released = session->callbacks.on_body_released;
    state->context = session->context;
    state->http_status = "200";
    state->reader = (qk_frame_reader){
        .arena = &state->call.arena, .max_message = session->limits.max_message, .grant = grant_body, .context = state
    };
    state->next = session->calls;
    state->link = &session->calls;
    if (state->next)
        state->next->link = &state->next;
    session->calls = state;
    return state;
}

/* Once a GOAWAY is on its way, what it does not cover must not be performed. Calls whose stream was reset go on until
 * their owner is done; they count too. */
static bool takes_calls(const qk_rpc_session *session)
{
    return !session->shutting_down && session->open_calls < 2 * (size_t)session->limits.max_streams;
}

/* ---- callbacks ---- */

static int on_begin_headers(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
    qk_rpc_session *session = user;
    call_state *state;

    if (frame->headers.cat != NGHTTP2_HCAT_REQUEST)
        return 0;
    state = takes_calls(session) ? new_call(session, frame->hd.stream_id) : NULL;
    if (!state)
        return nghttp2_submit_rst_stream(http2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_REFUSED_STREAM);
    flood_count_request(session);
    return nghttp2_session_set_stream_user_data(http2, frame->hd.stream_id, state);
}

static int on_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    call_state *state = state_of(http2, frame->hd.stream_id);

    (void)flags;
    (void)user;
    if (state && state->phase == HEADERS)
        call_take_header(state, qk_view_of(name, name_len), qk_view_of(value, value_len));
    return 0;
}

static void refuse(call_state *state, qk_err err)
{
    if (state->stream)
        qk_rpc_stream_end(&state->call, err, qk_err_words(err));
    else
        call_submit_failure(state, err, qk_err_words(err));
}

static void hand_over(qk_rpc_session *session, call_state *state)
{
    state->phase = HANDED_OVER;
    session->open_calls++;
}

static void headers_are_complete(qk_rpc_session *session, call_state *state)
{
    qk_err err = call_check_headers(state);

    state->phase = BODY;
    if (err == QK_OK)
        err = session->callbacks.on_headers(session->context, &state->call);
    state->admitted = err == QK_OK;
    if (err == QK_OK && state->call.is_stream)
        err = stream_begin(state);
    if (session->shutting_down)
        stream_stop(state); /* the others were stopped when these headers were half here */
    if (err != QK_OK && state->call.later)
        hand_over(session, state);
    else if (err != QK_OK)
        refuse(state, err);
}

static void request_is_complete(qk_rpc_session *session, call_state *state)
{
    qk_err err;

    state->request_ended = true;
    if (state->stream)
        stream_finish(state);
    if (state->phase != BODY)
        return;
    err = qk_frame_finish(&state->reader, &state->call.body);
    if (err != QK_OK) {
        refuse(state, err);
        return;
    }
    if (too_much_unread(session, 0)) {
        refuse(state, qk_fail(QK_E_RATE, "%zu bytes of answers wait to be read on this connection", session->unread));
        return;
    }
    state->call.arena.limit += 4 * state->call.body.len + session->limits.max_message + (1 << 20);
    session->served = session->served || !state->call.for_anybody;
    hand_over(session, state);
    session->callbacks.on_call(session->context, &state->call);
}

static bool is_control(const nghttp2_frame *frame)
{
    bool ack = (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0; /* the same bit is END_STREAM of DATA */

    switch (frame->hd.type) {
    case NGHTTP2_SETTINGS:
    case NGHTTP2_PING:
        return !ack;
    case NGHTTP2_DATA:
        return frame->hd.length == 0 && !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM);
    case NGHTTP2_PRIORITY:
        return true;
    default:
        return false;
    }
}

static const uint8_t announcement[8] = { 'q', 'u', 'a', 'n', 't', 'o', 'k', 'i' };

/* The peer has read all that went out before, the announced end as well. */
static bool is_answer_to_announcement(const nghttp2_frame *frame)
{
    return frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) &&
           memcmp(frame->ping.opaque_data, announcement, sizeof announcement) == 0;
}

static int on_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
    qk_rpc_session *session = user;
    call_state *state;

    if (is_control(frame) && !flood_allows_control(session))
        return 0;
    if (session->ending && is_answer_to_announcement(frame))
        qk_rpc_session_shutdown(session);
    state = state_of(http2, frame->hd.stream_id);
    if (!state)
        return 0;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
        state->reset_by_peer = true;
    if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)
        return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
        headers_are_complete(session, state);
    if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
        request_is_complete(session, state);
    return 0;
}

static int on_invalid_frame(nghttp2_session *http2, const nghttp2_frame *frame, int error, void *user)
{
    (void)http2;
    (void)frame;
    (void)error;
    flood_allows_control(user);
    return 0;
}

static int on_data(nghttp2_session *http2, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t len,
                   void *user)
{
    call_state *state = state_of(http2, stream_id);
    qk_err err;

    (void)flags;
    (void)user;
    if (!state || (state->phase != BODY && !state->stream))
        return 0;
    err = state->stream ? stream_feed(state, qk_view_of(data, len))
                        : qk_frame_feed(&state->reader, qk_view_of(data, len));
    if (err != QK_OK)
        refuse(state, err);
    return 0;
}

/* A refusal went out before the request has ended: the rest is not wanted. RFC 9113, section 8.1. */
static int on_frame_sent(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
    const call_state *state;

    (void)user;
    if (frame->hd.type != NGHTTP2_HEADERS || !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    state = state_of(http2, frame->hd.stream_id);
    if (state && !state->request_ended)
        nghttp2_submit_rst_stream(http2, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
}

static int on_stream_close(nghttp2_session *http2, int32_t stream_id, uint32_t error_code, void *user)
{
    call_state *state = state_of(http2, stream_id);

    flood_count_close(user, state && !state->reset_by_peer && error_code == NGHTTP2_NO_ERROR);
    if (!state)
        return 0;
    if (state->phase == HANDED_OVER)
        state->stream_gone = true;
    else
        call_free(state);
    return 0;
}

/* ---- the session ---- */

static void free_callbacks(nghttp2_session_callbacks **callbacks)
{
    nghttp2_session_callbacks_del(*callbacks);
}

static void free_option(nghttp2_option **option)
{
    nghttp2_option_del(*option);
}

static int make_session(qk_rpc_session *session, nghttp2_session_callbacks *callbacks, nghttp2_option *option)
{
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, call_send_data);
    nghttp2_option_set_no_closed_streams(option, 1);
    return nghttp2_session_server_new2(&session->http2, callbacks, session, option);
}

static int start_session(qk_rpc_session *session)
{
    const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, session->limits.max_streams },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX },
        { SETTINGS_NO_RFC7540_PRIORITIES, 1 },
    };
    QK_OWNED(free_callbacks) nghttp2_session_callbacks *callbacks = NULL;
    QK_OWNED(free_option) nghttp2_option *option = NULL;
    int result = nghttp2_session_callbacks_new(&callbacks);

    if (result == 0)
        result = nghttp2_option_new(&option);
    if (result == 0)
        result = make_session(session, callbacks, option);
    if (result == 0)
        result =
            nghttp2_submit_settings(session->http2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]);
    if (result == 0)
        result = nghttp2_session_set_local_window_size(session->http2, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
    return result;
}

qk_err qk_rpc_session_new(const qk_rpc_callbacks *callbacks, void *context, const qk_rpc_limits *limits,
                          qk_rpc_session **out_session)
{
    QK_OWNED(qk_rpc_session_free) qk_rpc_session *session = calloc(1, sizeof *session);

    if (!session)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a connection");
    session->callbacks = *callbacks;
    session->context = context;
    session->limits = *limits;
    session->idle_since_ms = qk_clock_monotonic_ms();
    if (start_session(session) != 0)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a connection");
    *out_session = session;
    session = NULL;
    return QK_OK;
}

void qk_rpc_session_free(qk_rpc_session **session)
{
    if (!*session)
        return;
    nghttp2_session_del((*session)->http2);
    for (call_state *state = (*session)->calls, *next; state; state = next) {
        next = state->next;
        state->link = NULL;
        state->next = NULL;
        if (state->phase == HANDED_OVER)
            state->session = NULL;
        else
            call_free(state);
    }
    free(*session);
    *session = NULL;
}

qk_err qk_rpc_session_feed(qk_rpc_session *session, qk_view bytes)
{
    ssize_t taken;

    if (session->lost)
        return QK_OK;
    taken = nghttp2_session_mem_recv(session->http2, bytes.data, bytes.len);
    if (taken >= 0)
        return QK_OK;
    session->lost = true;
    return qk_fail(QK_E_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)taken));
}

qk_err qk_rpc_session_drain(qk_rpc_session *session, size_t max_len, qk_buf *out)
{
    const uint8_t *bytes;
    ssize_t len = 1;

    session->out = out;
    session->out_end = out->len + max_len;
    while (len > 0 && out->len < session->out_end) {
        len = nghttp2_session_mem_send(session->http2, &bytes);
        if (len > 0)
            qk_buf_put(out, qk_view_of(bytes, (size_t)len));
    }
    session->out = NULL;
    QK_TRY(qk_buf_check(out));
    if (len < 0)
        return qk_fail(QK_E_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)len));
    return QK_OK;
}

bool qk_rpc_session_finished(const qk_rpc_session *session)
{
    return !nghttp2_session_want_read(session->http2) && !nghttp2_session_want_write(session->http2);
}

void qk_rpc_session_announce_end(qk_rpc_session *session)
{
    if (session->ending || session->shutting_down)
        return;
    session->ending = true;
    nghttp2_submit_shutdown_notice(session->http2);
    nghttp2_submit_ping(session->http2, NGHTTP2_FLAG_NONE, announcement);
}

void qk_rpc_session_shutdown(qk_rpc_session *session)
{
    if (session->shutting_down)
        return;
    session->shutting_down = true;
    for (call_state *state = session->calls; state; state = state->next)
        stream_stop(state);
    nghttp2_submit_goaway(session->http2, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(session->http2),
                          NGHTTP2_NO_ERROR, NULL, 0);
}

size_t qk_rpc_session_open_calls(const qk_rpc_session *session)
{
    return session->open_calls;
}
