/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc_peer.h"

#include "hsm/hsm.h"

enum { HELD = 64, BUDGET = 1 << 20, DRAIN = 64 * 1024 };

typedef struct room {
    qk_rpc_call *held[HELD];
    size_t held_count, in_use;
} room;

static qk_err on_headers(void *context, qk_rpc_call *call)
{
    room *it = context;

    fuzz_touch(call->authorization);
    fuzz_touch(call->instance);
    fuzz_touch(call->login);
    promise(memchr(call->path, 0, sizeof call->path));
    call->is_stream = strstr(call->path, "Stream");
    if (!strstr(call->path, "Refuse"))
        return QK_OK;
    call->later = strstr(call->path, "Later") && it->held_count < HELD;
    if (call->later)
        it->held[it->held_count++] = call;
    return qk_fail(QK_E_NOT_AUTHORIZED, "refused: %s", call->path);
}

static bool on_body(void *context, qk_rpc_call *call, size_t so_far, size_t more)
{
    room *it = context;

    (void)call;
    (void)so_far;
    if (more > BUDGET - it->in_use)
        return false;
    it->in_use += more;
    return true;
}

static void on_body_released(void *context, size_t bytes)
{
    room *it = context;

    promise(bytes <= it->in_use);
    it->in_use -= bytes;
}

static void answer(qk_rpc_call *call)
{
    void *request;

    if (call->later)
        qk_rpc_call_fail(call, QK_E_NOT_AUTHORIZED, NULL);
    else if (qk_rpc_call_read(call, &grep11__sign_single_request__descriptor, &request) == QK_OK)
        qk_rpc_call_answer(call, call->body);
    else
        qk_rpc_call_fail(call, QK_E_MESSAGE_MALFORMED, strstr(call->path, "Words") ? call->path : NULL);
}

static void on_call(void *context, qk_rpc_call *call)
{
    room *it = context;

    fuzz_touch(call->body);
    if (strstr(call->path, "Hold") && it->held_count < HELD)
        it->held[it->held_count++] = call;
    else
        answer(call);
}

static void on_message(void *context, qk_rpc_call *call)
{
    (void)context;
    fuzz_touch(call->body);
    qk_rpc_stream_send(call, call->body);
    if (strstr(call->path, "Words"))
        qk_rpc_stream_end(call, QK_E_MESSAGE_MALFORMED, call->path);
}

static void on_messages_end(void *context, qk_rpc_call *call)
{
    (void)context;
    if (!strstr(call->path, "Hold"))
        qk_rpc_stream_end(call, QK_OK, NULL);
}

static void on_stream_gone(void *context, qk_rpc_call *call)
{
    (void)context;
    promise(call->is_stream);
}

static void answer_held(room *it)
{
    while (it->held_count > 0)
        answer(it->held[--it->held_count]);
}

static void drain(qk_rpc_session *session)
{
    QK_OWNED(qk_buf_done) qk_buf out = QK_BUF_NONE;
    size_t before;

    do {
        before = out.len;
        if (qk_rpc_session_drain(session, out.len + DRAIN, &out) != QK_OK)
            return;
    } while (out.len > before);
}

void fuzz_connection(qk_view bytes, size_t piece, bool answer_last)
{
    static const qk_rpc_callbacks callbacks = { on_headers, on_body,         on_body_released, on_call,
                                                on_message, on_messages_end, on_stream_gone };
    static const qk_rpc_limits limits = { .max_message = 256 * 1024, .max_streams = 8 };
    qk_rpc_session *session;
    room it = { .held_count = 0 };
    qk_err err = QK_OK;

    must(qk_rpc_session_new(&callbacks, &it, &limits, &session));
    while (bytes.len && err == QK_OK) {
        err = qk_rpc_session_feed(session, fuzz_piece(&bytes, piece));
        drain(session);
    }
    qk_rpc_session_shutdown(session);
    drain(session);
    if (!answer_last)
        answer_held(&it);
    drain(session);
    qk_rpc_session_free(&session);
    answer_held(&it);
    promise(it.in_use == 0);
}

/* ---- writing ---- */

void fuzz_put_preface(qk_buf *out)
{
    qk_buf_put_text(out, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    fuzz_put_frame(4, 0, 0, QK_VIEW_NONE, out); /* SETTINGS */
}

void fuzz_put_frame(uint8_t type, uint8_t flags, uint32_t stream, qk_view payload, qk_buf *out)
{
    qk_buf_put_u8(out, (uint8_t)(payload.len >> 16));
    qk_buf_put_u16(out, (uint16_t)payload.len);
    qk_buf_put_u8(out, type);
    qk_buf_put_u8(out, flags);
    qk_buf_put_u32(out, stream);
    qk_buf_put(out, payload);
}

/* RFC 7541, 5.1: an integer with seven bits of the first byte. */
static void put_text(qk_view text, qk_buf *out)
{
    size_t left = text.len;

    qk_buf_put_u8(out, (uint8_t)(left < 0x7f ? left : 0x7f));
    if (left >= 0x7f) {
        for (left -= 0x7f; left >= 0x80; left >>= 7)
            qk_buf_put_u8(out, (uint8_t)(left | 0x80));
        qk_buf_put_u8(out, (uint8_t)left);
    }
    qk_buf_put(out, text);
}

void fuzz_put_header(qk_view name, qk_view value, qk_buf *out)
{
    qk_buf_put_u8(out, 0);
    put_text(name, out);
    put_text(value, out);
}

void fuzz_put_usual_headers(qk_buf *out)
{
    fuzz_put_header(QK_VIEW_LITERAL(":method"), QK_VIEW_LITERAL("POST"), out);
    fuzz_put_header(QK_VIEW_LITERAL(":scheme"), QK_VIEW_LITERAL("https"), out);
    fuzz_put_header(QK_VIEW_LITERAL(":authority"), QK_VIEW_LITERAL("localhost"), out);
}
