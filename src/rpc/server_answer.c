/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: headers, one message and the trailer, or trailers alone for a failure. The message is copied once, from the
 * call's arena into the caller's output buffer (NGHTTP2_DATA_FLAG_NO_COPY). */
#include "rpc/server_call.h"

#include <assert.h>
#include <stdlib.h>

#include "rpc/error_detail.h"

enum { STATIC = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE, FRAME_HEAD_LEN = 9 };

/* Answers up to this size are not asked for: what they take is bounded by the calls that may be open at once. */
enum { SMALL = 64 * 1024 };

/* nghttp2 asks for non-const pointers that it does not write through. */
nghttp2_nv call_field(const char *name, qk_view value, int flags)
{
    return (nghttp2_nv){ .name = (uint8_t *)(uintptr_t)name,
                         .namelen = strlen(name),
                         .value = (uint8_t *)(uintptr_t)value.data,
                         .valuelen = value.len,
                         .flags = (uint8_t)(STATIC | flags) };
}

static void reset(const call_state *state, uint32_t reason)
{
    nghttp2_submit_rst_stream(state->session->http2, NGHTTP2_FLAG_NONE, state->stream_id, reason);
}

static ssize_t read_answer(nghttp2_session *http2, int32_t stream_id, uint8_t *place, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user)
{
    const call_state *state = source->ptr;
    size_t left = QK_FRAME_PREFIX_LEN + state->answer.len - state->sent;
    nghttp2_nv trailer = call_field("grpc-status", QK_VIEW_LITERAL("0"), 0);

    (void)place;
    (void)user;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left > room)
        return (ssize_t)room;
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    if (nghttp2_submit_trailer(http2, stream_id, &trailer, 1) != 0)
        return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return (ssize_t)left;
}

int call_send_data(nghttp2_session *http2, nghttp2_frame *frame, const uint8_t *head, size_t len,
                   nghttp2_data_source *source, void *user)
{
    qk_rpc_session *session = user;
    call_state *state = source->ptr;
    qk_view prefix, message;

    (void)http2;
    (void)frame;
    if (session->out->len >= session->out_end)
        return NGHTTP2_ERR_WOULDBLOCK;
    prefix = qk_view_slice(qk_view_of(state->prefix, sizeof state->prefix), state->sent, len);
    message = qk_view_slice(state->answer, state->sent + prefix.len - QK_FRAME_PREFIX_LEN, len - prefix.len);
    qk_buf_put(session->out, qk_view_of(head, FRAME_HEAD_LEN));
    qk_buf_put(session->out, prefix);
    qk_buf_put(session->out, message);
    state->sent += len;
    return session->out->failed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
}

bool too_much_unread(const qk_rpc_session *session, size_t more)
{
    size_t most = session->limits.max_unread;

    return most && session->unread && (session->unread >= most || more > most - session->unread);
}

/* Answers are held until the peer reads them: for as long as it likes, if nobody counted. */
static qk_err hold_answer(call_state *state, qk_view message)
{
    qk_rpc_session *session = state->session;

    if (too_much_unread(session, message.len))
        return qk_fail(QK_E_RATE, "%zu bytes of answers wait to be read on this connection", session->unread);
    if (message.len > SMALL && session->callbacks.on_body) {
        if (!session->callbacks.on_body(session->context, &state->call, state->reader.granted, message.len))
            return qk_fail(QK_E_RATE, "too many bytes of messages are in work; try again later");
        state->reader.granted += message.len;
    }
    session->unread += message.len;
    state->answer = message;
    return QK_OK;
}

void call_submit_answer(call_state *state, qk_view message)
{
    nghttp2_data_provider body = { .source.ptr = state, .read_callback = read_answer };
    nghttp2_nv headers[] = { call_field(":status", QK_VIEW_LITERAL("200"), 0),
                             call_field("content-type", QK_VIEW_LITERAL("application/grpc"), 0) };
    qk_err err = qk_frame_put_prefix(state->prefix, message.len);

    if (err != QK_OK) {
        call_submit_failure(state, err, qk_err_words(err));
        return;
    }
    err = hold_answer(state, message);
    if (err != QK_OK) {
        call_submit_failure(state, err, qk_err_words(err));
        return;
    }
    state->phase = ANSWERED;
    if (nghttp2_submit_response(state->session->http2, state->stream_id, headers, 2, &body) != 0)
        reset(state, NGHTTP2_INTERNAL_ERROR);
}

void call_submit_failure(call_state *state, qk_err code, const char *words)
{
    qk_error_trailers trailers;
    nghttp2_nv headers[6];
    size_t count = 0;

    state->phase = ANSWERED;
    state->call.arena.limit = 0; /* an error must fit, above all the one that says that memory is out */
    if (qk_error_detail_write(code, words, &state->call.arena, &trailers) != QK_OK) {
        reset(state, NGHTTP2_INTERNAL_ERROR);
        return;
    }
    headers[count++] = call_field(":status", qk_view_text(state->http_status), 0);
    headers[count++] = call_field("content-type", QK_VIEW_LITERAL("application/grpc"), 0);
    headers[count++] = call_field("grpc-status", trailers.status, 0);
    headers[count++] = call_field("grpc-message", trailers.message, NGHTTP2_NV_FLAG_NO_INDEX);
    headers[count++] = call_field("grpc-status-details-bin", trailers.details, NGHTTP2_NV_FLAG_NO_INDEX);
    if (state->bad_encoding)
        headers[count++] = call_field("grpc-accept-encoding", QK_VIEW_LITERAL("identity,gzip"), 0);
    if (nghttp2_submit_response(state->session->http2, state->stream_id, headers, count, NULL) != 0)
        reset(state, NGHTTP2_INTERNAL_ERROR);
}

void call_free(call_state *state)
{
    if (state->link) {
        *state->link = state->next;
        if (state->next)
            state->next->link = state->link;
    }
    stream_free(state);
    if (state->session && state->answer.len) {
        state->session->unread -= state->answer.len;
        if (!state->call.for_anybody)
            state->session->idle_since_ms = qk_clock_monotonic_ms();
    }
    if (state->reader.granted && state->on_body_released)
        state->on_body_released(state->context, state->reader.granted);
    qk_frame_done(&state->reader);
    qk_arena_done(&state->call.arena);
    free(state);
}

qk_err qk_rpc_call_read(qk_rpc_call *call, const ProtobufCMessageDescriptor *descriptor, void **out_request)
{
    size_t limit = call->arena.limit, tight = call->arena.used + 4 * call->body.len + (1 << 20);
    qk_err err;

    if (limit == 0 || tight < limit)
        call->arena.limit = tight;
    err = qk_message_read(descriptor, call->body, &call->arena, out_request);
    call->arena.limit = limit;
    return err;
}

/* An owner is done with a call: true if there is still a stream to answer on. */
static bool take_back(call_state *state)
{
    if (state->session) {
        state->session->open_calls--;
        state->since_ms = qk_clock_monotonic_ms();
        if (!state->call.later && !state->call.for_anybody)
            state->session->idle_since_ms = state->since_ms;
    }
    if (state->session && !state->stream_gone)
        return true;
    call_free(state);
    return false;
}

void qk_rpc_call_answer(qk_rpc_call *call, qk_view message)
{
    call_state *state = (call_state *)call;

    assert(state->phase == HANDED_OVER);
    if (take_back(state))
        call_submit_answer(state, message);
}

void qk_rpc_call_fail(qk_rpc_call *call, qk_err code, const char *words)
{
    call_state *state = (call_state *)call;

    assert(state->phase == HANDED_OVER);
    if (take_back(state))
        call_submit_failure(state, code, words);
}
