/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are streams: messages in any number, both ways. Health and reflection need them; GREP11 has none, so they
 * are kept small: a request message has 64 KiB at most, and what waits for the peer lies in one queue with a bound. */
#include "rpc/server_call.h"

#include <stdlib.h>

#include "rpc/error_detail.h"

enum { LONGEST_REQUEST = 64 * 1024, LEAST_BYTES_PER_MS = 16, ARENA = 128 * 1024 };

struct call_stream {
    qk_arena arena; /* of the message that is coming */
    int64_t message_since_ms;
    qk_buf queue; /* framed messages, from `sent` on still to go */
    size_t sent;  /* of the queue */
    int64_t queue_since_ms;
    bool begun;                 /* headers went out */
    bool ended;                 /* nothing more will be queued */
    bool waits;                 /* nghttp2 is to be told of more */
    qk_error_trailers trailers; /* in the call's arena */
};

qk_err stream_begin(call_state *state)
{
    call_stream *stream = calloc(1, sizeof *stream);

    if (!stream)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a stream");
    qk_arena_init(&stream->arena, ARENA);
    state->stream = stream;
    state->phase = STREAMING;
    state->reader.arena = &stream->arena;
    state->reader.max_message = state->call.longest ? state->call.longest : LONGEST_REQUEST;
    return QK_OK;
}

/* ---- in ---- */

/* Makes room for the next message. */
static void forget_message(call_state *state)
{
    if (state->reader.granted && state->on_body_released)
        state->on_body_released(state->context, state->reader.granted);
    qk_frame_restart(&state->reader);
    qk_arena_reset(&state->stream->arena);
    state->call.body = QK_VIEW_NONE;
}

static qk_err take_message(call_state *state)
{
    qk_rpc_session *session = state->session;

    QK_TRY(qk_frame_finish(&state->reader, &state->call.body));
    session->served = session->served || !state->call.for_anybody;
    session->callbacks.on_message(session->context, &state->call);
    forget_message(state);
    return QK_OK;
}

qk_err stream_feed(call_state *state, qk_view bytes)
{
    call_stream *stream = state->stream;
    bool whole = true;

    while (bytes.len && !stream->ended) {
        if (state->reader.prefix_len == 0)
            stream->message_since_ms = qk_clock_monotonic_ms();
        QK_TRY(qk_frame_take(&state->reader, &bytes, &whole));
        if (whole)
            QK_TRY(take_message(state));
    }
    return QK_OK;
}

void stream_finish(call_state *state)
{
    if (state->stream->ended)
        return;
    if (state->reader.prefix_len > 0) {
        qk_err err = qk_fail(QK_E_MESSAGE_MALFORMED, "a stream ends within a message");
        qk_rpc_stream_end(&state->call, err, qk_err_words(err));
        return;
    }
    state->session->callbacks.on_messages_end(state->session->context, &state->call);
}

/* ---- out ---- */

static void reset(const call_state *state)
{
    nghttp2_submit_rst_stream(state->session->http2, NGHTTP2_FLAG_NONE, state->stream_id, NGHTTP2_INTERNAL_ERROR);
}

static int submit_trailers(const call_state *state)
{
    const qk_error_trailers *trailers = &state->stream->trailers;
    const nghttp2_nv fields[] = {
        call_field("grpc-status", trailers->status, 0),
        call_field("grpc-message", trailers->message, NGHTTP2_NV_FLAG_NO_INDEX),
        call_field("grpc-status-details-bin", trailers->details, NGHTTP2_NV_FLAG_NO_INDEX),
    };
    size_t count = trailers->details.len ? sizeof fields / sizeof fields[0] : 1;

    return nghttp2_submit_trailer(state->session->http2, state->stream_id, fields, count);
}

static ssize_t read_queue(nghttp2_session *http2, int32_t stream_id, uint8_t *place, size_t room, uint32_t *flags,
                          nghttp2_data_source *source, void *user)
{
    const call_state *state = source->ptr;
    call_stream *stream = state->stream;
    qk_view part = qk_view_slice(qk_buf_view(&stream->queue), stream->sent, room);

    (void)http2;
    (void)stream_id;
    (void)user;
    if (part.len)
        memcpy(place, part.data, part.len);
    stream->sent += part.len;
    state->session->unread -= part.len;
    if (stream->sent < stream->queue.len)
        return (ssize_t)part.len;
    qk_buf_clear(&stream->queue);
    stream->sent = 0;
    if (stream->ended) {
        *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        return submit_trailers(state) == 0 ? (ssize_t)part.len : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    if (part.len)
        return (ssize_t)part.len;
    stream->waits = true;
    return NGHTTP2_ERR_DEFERRED;
}

/* There is something to say: headers first. */
static void speak(call_state *state)
{
    nghttp2_data_provider body = { .source.ptr = state, .read_callback = read_queue };
    const nghttp2_nv headers[] = { call_field(":status", QK_VIEW_LITERAL("200"), 0),
                                   call_field("content-type", QK_VIEW_LITERAL("application/grpc"), 0) };
    nghttp2_session *http2 = state->session->http2;
    call_stream *stream = state->stream;
    int result = 0;

    if (!stream->begun)
        result = nghttp2_submit_response(http2, state->stream_id, headers, 2, &body);
    else if (stream->waits)
        result = nghttp2_session_resume_data(http2, state->stream_id);
    stream->begun = true;
    stream->waits = false;
    if (result != 0)
        reset(state);
}

/* What was read goes, once it is half: a queue that never runs dry would grow for ever, and with it the peer's time. */
static void compact(call_stream *stream)
{
    qk_buf *queue = &stream->queue;
    size_t waiting = queue->len - stream->sent;

    if (waiting == 0 || stream->sent < waiting)
        return;
    memmove(queue->data, queue->data + stream->sent, waiting);
    explicit_bzero(queue->data + waiting, stream->sent);
    queue->len = waiting;
    stream->sent = 0;
    stream->queue_since_ms = qk_clock_monotonic_ms();
}

void qk_rpc_stream_send(qk_rpc_call *call, qk_view message)
{
    call_state *state = (call_state *)call;
    call_stream *stream = state->stream;
    uint8_t prefix[QK_FRAME_PREFIX_LEN];
    size_t before, waiting = stream->queue.len - stream->sent;

    if (stream->ended)
        return;
    compact(stream);
    before = stream->queue.len;
    if (waiting > QK_RPC_STREAM_UNREAD || too_much_unread(state->session, message.len)) {
        qk_rpc_stream_end(call, qk_fail(QK_E_RATE, "%zu bytes of answers wait to be read", waiting), NULL);
        return;
    }
    if (qk_frame_put_prefix(prefix, message.len) != QK_OK) {
        reset(state);
        return;
    }
    if (waiting == 0)
        stream->queue_since_ms = qk_clock_monotonic_ms();
    qk_buf_put(&stream->queue, qk_view_of(prefix, sizeof prefix));
    qk_buf_put(&stream->queue, message);
    if (stream->queue.failed) {
        stream->queue.len = before; /* what is counted in session->unread */
        reset(state);
        return;
    }
    state->session->unread += stream->queue.len - before;
    speak(state);
}

void qk_rpc_stream_end(qk_rpc_call *call, qk_err code, const char *words)
{
    call_state *state = (call_state *)call;
    call_stream *stream = state->stream;

    if (stream->ended)
        return;
    stream->ended = true;
    if (code != QK_OK && !stream->begun) {
        call_submit_failure(state, code, words);
        state->phase = STREAMING;
        return;
    }
    state->call.arena.limit = 0;
    stream->trailers = (qk_error_trailers){ .status = QK_VIEW_LITERAL("0") };
    if (code != QK_OK && qk_error_detail_write(code, words, &state->call.arena, &stream->trailers) != QK_OK)
        reset(state);
    else
        speak(state);
}

/* ---- ends ---- */

void stream_stop(call_state *state)
{
    if (state->stream)
        qk_rpc_stream_end(&state->call, QK_E_SERVER_AWAY, "the server stops; call another, or again");
}

void stream_free(call_state *state)
{
    call_stream *stream = state->stream;

    if (!stream)
        return;
    state->session->callbacks.on_stream_gone(state->session->context, &state->call);
    state->session->unread -= stream->queue.len - stream->sent;
    if (!state->call.for_anybody)
        state->session->idle_since_ms = qk_clock_monotonic_ms();
    state->stream = NULL;
    qk_frame_done(&state->reader);
    qk_arena_done(&stream->arena);
    qk_buf_done(&stream->queue);
    free(stream);
}

const char *stream_overdue(const call_state *state, int64_t now_ms, int64_t stall_ms)
{
    const call_stream *stream = state->stream;
    bool stranger = state->call.for_anybody && !state->call.kept;

    if (stranger && !stream->ended && now_ms - state->since_ms > stall_ms)
        return "no message comes";
    if (state->reader.prefix_len > 0 && !stream->ended &&
        now_ms - stream->message_since_ms > stall_ms + (int64_t)(state->reader.got / LEAST_BYTES_PER_MS))
        return "a message does not come to its end";
    if (stream->sent < stream->queue.len &&
        now_ms - stream->queue_since_ms > stall_ms + (int64_t)(stream->sent / LEAST_BYTES_PER_MS))
        return "messages are not read";
    return NULL;
}
