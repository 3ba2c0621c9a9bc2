/* SPDX-License-Identifier: Apache-2.0 */
/* An nghttp2 client session over a blocking stream, for one exchange at a time: submit, write, read until the answer
 * has ended. A small request is one write, and its answer most often one read. What HTTP/2 itself has to say meanwhile
 * (acknowledgements, windows) travels with it or right behind it. */
#include "rpc/client_connection.h"

#include <nghttp2/nghttp2.h>
#include <stdlib.h>

enum {
    STREAM_WINDOW = 4 << 20,
    CONNECTION_WINDOW = 16 << 20,
    HEADER_LIST_MAX = 64 * 1024,
    HEADER_OVERHEAD = 32,
    WRITE_AT_ONCE = 256 * 1024,
    FRAME_HEAD_LEN = 9,
    HEADER_BLOCK_MAX = 16 * 1024, /* one frame of the least size that a peer may limit frames to */
};

/* ---- exchanges ---- */

void exchange_done(exchange *x)
{
    qk_frame_done(&x->reader);
}

void exchange_again(exchange *x)
{
    exchange_done(x);
    x->reader = (qk_frame_reader){ .arena = x->arena, .max_message = x->max_answer };
    x->trailers = (qk_error_trailers){ 0 };
    x->http_status = QK_VIEW_NONE;
    x->header_bytes = 0;
    x->fault = QK_OK;
    x->ended = x->connected = x->written = x->unseen = false;
    x->close_code = NGHTTP2_NO_ERROR;
    x->stream_id = 0;
    x->sent = 0;
}

/* ---- callbacks ---- */

static exchange *current(const connection *c, int32_t stream_id)
{
    return c->current && c->current->stream_id == stream_id ? c->current : NULL;
}

/* The first fault ends the exchange; the connection is not used again. */
static void stop(connection *c, exchange *x, qk_err fault)
{
    if (fault == QK_OK || x->fault != QK_OK)
        return;
    x->fault = fault;
    c->usable = false;
}

static qk_err take_encoding(qk_view value)
{
    if (qk_view_equal(value, QK_VIEW_LITERAL("identity")))
        return QK_OK;
    return qk_fail(QK_E_PROTOCOL, "the server compresses an answer, which was not asked for");
}

static qk_err take_header(exchange *x, qk_view name, qk_view value)
{
    const struct {
        qk_view name;
        qk_view *place;
    } rows[] = {
        { QK_VIEW_LITERAL(":status"), &x->http_status },
        { QK_VIEW_LITERAL("grpc-status"), &x->trailers.status },
        { QK_VIEW_LITERAL("grpc-message"), &x->trailers.message },
        { QK_VIEW_LITERAL("grpc-status-details-bin"), &x->trailers.details },
    };

    x->header_bytes += name.len + value.len + HEADER_OVERHEAD;
    if (x->header_bytes > HEADER_LIST_MAX)
        return qk_fail(QK_E_PROTOCOL, "the server's headers are longer than %d bytes", HEADER_LIST_MAX);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (qk_view_equal(rows[i].name, name))
            return qk_arena_copy(x->arena, value, rows[i].place);
    return qk_view_equal(name, QK_VIEW_LITERAL("grpc-encoding")) ? take_encoding(value) : QK_OK;
}

static int on_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                     const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    exchange *x = current(user, frame->hd.stream_id);

    (void)http2;
    (void)flags;
    if (x && x->fault == QK_OK)
        stop(user, x, take_header(x, qk_view_of(name, name_len), qk_view_of(value, value_len)));
    return 0;
}

static int on_data(nghttp2_session *http2, uint8_t flags, int32_t stream_id, const uint8_t *data, size_t len,
                   void *user)
{
    exchange *x = current(user, stream_id);

    (void)http2;
    (void)flags;
    /* The body of a proxy's error page is nobody's message. */
    if (x && x->fault == QK_OK && qk_view_equal(x->http_status, QK_VIEW_LITERAL("200")))
        stop(user, x, qk_frame_feed(&x->reader, qk_view_of(data, len)));
    return 0;
}

static void take_settings(connection *c, const nghttp2_settings *settings)
{
    for (size_t i = 0; i < settings->niv; i++)
        if (settings->iv[i].settings_id == NGHTTP2_SETTINGS_HEADER_TABLE_SIZE)
            qk_hpack_limit(&c->hpack, settings->iv[i].value);
}

static int on_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
    connection *c = user;
    exchange *x = current(c, frame->hd.stream_id);

    (void)http2;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        c->usable = false;
    if (frame->hd.type == NGHTTP2_SETTINGS)
        take_settings(c, &frame->settings);
    if (!x || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
        !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
        return 0;
    x->ended = true;
    if (x->sent < x->framed.len) /* a refusal before the request was whole; its stream is still half open */
        c->usable = false;
    return 0;
}

static int on_stream_close(nghttp2_session *http2, int32_t stream_id, uint32_t error_code, void *user)
{
    exchange *x = current(user, stream_id);

    (void)http2;
    if (!x || x->ended)
        return 0;
    x->ended = true;
    x->close_code = error_code;
    return 0;
}

static ssize_t read_request(nghttp2_session *http2, int32_t stream_id, uint8_t *place, size_t room, uint32_t *flags,
                            nghttp2_data_source *source, void *user)
{
    const exchange *x = source->ptr;
    size_t left = x->framed.len - x->sent;

    (void)http2;
    (void)stream_id;
    (void)place;
    (void)user;
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (left > room)
        return (ssize_t)room;
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)left;
}

static int send_data(nghttp2_session *http2, nghttp2_frame *frame, const uint8_t *head, size_t len,
                     nghttp2_data_source *source, void *user)
{
    connection *c = user;
    exchange *x = source->ptr;

    (void)http2;
    (void)frame;
    if (c->out.len >= WRITE_AT_ONCE)
        return NGHTTP2_ERR_WOULDBLOCK;
    qk_buf_put(&c->out, qk_view_of(head, FRAME_HEAD_LEN));
    qk_buf_put(&c->out, qk_view_slice(x->framed, x->sent, len));
    x->sent += len;
    return c->out.failed ? NGHTTP2_ERR_CALLBACK_FAILURE : 0;
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

static int make_session(connection *c, nghttp2_session_callbacks *callbacks, nghttp2_option *option)
{
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(callbacks, send_data);
    nghttp2_option_set_no_closed_streams(option, 1);
    return nghttp2_session_client_new2(&c->http2, callbacks, c, option);
}

static qk_err start_session(connection *c)
{
    static const nghttp2_settings_entry settings[] = {
        { NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
        { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW },
        { NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, HEADER_LIST_MAX },
    };
    QK_OWNED(free_callbacks) nghttp2_session_callbacks *callbacks = NULL;
    QK_OWNED(free_option) nghttp2_option *option = NULL;
    int result = nghttp2_session_callbacks_new(&callbacks);

    if (result == 0)
        result = nghttp2_option_new(&option);
    if (result == 0)
        result = make_session(c, callbacks, option);
    if (result == 0)
        result = nghttp2_submit_settings(c->http2, NGHTTP2_FLAG_NONE, settings, sizeof settings / sizeof settings[0]);
    if (result == 0)
        result = nghttp2_session_set_local_window_size(c->http2, NGHTTP2_FLAG_NONE, 0, CONNECTION_WINDOW);
    return result == 0 ? QK_OK : qk_fail(QK_E_NO_MEMORY, "no memory for a connection");
}

qk_err connection_open(qk_tls_client *tls, qk_deadline_ms deadline, connection **out_connection)
{
    QK_OWNED(connection_free) connection *c = malloc(sizeof *c);

    if (!c)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a connection");
    memset(c, 0, offsetof(connection, in));
    qk_hpack_init(&c->hpack);
    QK_TRY(start_session(c));
    QK_TRY(qk_stream_connect(tls, deadline, &c->stream));
    c->usable = true;
    *out_connection = c;
    c = NULL;
    return QK_OK;
}

void connection_free(connection **c)
{
    if (!*c)
        return;
    nghttp2_session_del((*c)->http2);
    qk_stream_free(&(*c)->stream);
    qk_buf_done(&(*c)->out);
    qk_buf_done(&(*c)->head);
    qk_hpack_done(&(*c)->hpack);
    free(*c);
    *c = NULL;
}

void connection_abandon(connection *c)
{
    qk_stream_abandon(&c->stream);
}

/* ---- an exchange ---- */

/* The header block is ours (hpack.h). */
static void encode_headers(connection *c, const connection_peer *peer, const exchange *x)
{
    qk_buf_clear(&c->head);
    qk_hpack_begin(&c->hpack, &c->head);
    qk_hpack_put(&c->hpack, ":method", QK_VIEW_LITERAL("POST"), true, &c->head);
    qk_hpack_put(&c->hpack, ":scheme", qk_view_text(peer->scheme), true, &c->head);
    qk_hpack_put(&c->hpack, ":path", qk_view_text(x->path), true, &c->head);
    qk_hpack_put(&c->hpack, ":authority", qk_view_text(peer->authority), true, &c->head);
    qk_hpack_put(&c->hpack, "te", QK_VIEW_LITERAL("trailers"), true, &c->head);
    qk_hpack_put(&c->hpack, "content-type", QK_VIEW_LITERAL("application/grpc"), true, &c->head);
    qk_hpack_put(&c->hpack, "grpc-timeout", x->timeout, x->usual_timeout, &c->head);
    if (x->strict)
        qk_hpack_put(&c->hpack, "quantoki-rules", QK_VIEW_LITERAL("pkcs11"), true, &c->head);
    if (x->authorization.len)
        qk_hpack_put(&c->hpack, "authorization", x->authorization, true, &c->head);
    if (x->login.len)
        qk_hpack_put(&c->hpack, "quantoki-login-bin", x->login, true, &c->head);
}

/* nghttp2 opens the stream with an empty header block, which put_frame replaces. */
static qk_err submit(connection *c, const connection_peer *peer, exchange *x)
{
    nghttp2_data_provider body = { .source.ptr = x, .read_callback = read_request };

    encode_headers(c, peer, x);
    if (c->head.failed || c->head.len > HEADER_BLOCK_MAX) {
        c->usable = false;
        return qk_fail(QK_E_MESSAGE_SIZE, "the request's headers (the token, above all) exceed %d bytes",
                       HEADER_BLOCK_MAX);
    }
    x->stream_id = nghttp2_submit_request(c->http2, NULL, NULL, 0, &body, NULL);
    if (x->stream_id > 0)
        return QK_OK;
    c->usable = false;
    if (x->stream_id == NGHTTP2_ERR_NOMEM)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a request");
    return qk_fail(QK_E_SERVER_AWAY, "HTTP/2: %s", nghttp2_strerror(x->stream_id));
}

static void put_frame(connection *c, qk_view frame)
{
    uint8_t head[FRAME_HEAD_LEN];

    if (frame.len != FRAME_HEAD_LEN || frame.data[3] != NGHTTP2_HEADERS) {
        qk_buf_put(&c->out, frame);
        return;
    }
    memcpy(head, frame.data, sizeof head);
    head[0] = (uint8_t)(c->head.len >> 16);
    head[1] = (uint8_t)(c->head.len >> 8);
    head[2] = (uint8_t)c->head.len;
    qk_buf_put(&c->out, qk_view_of(head, sizeof head));
    qk_buf_put(&c->out, qk_buf_view(&c->head));
}

/* Fills the output buffer with what is due, up to WRITE_AT_ONCE. */
static qk_err collect(connection *c)
{
    const uint8_t *bytes;
    ssize_t len = 1;

    qk_buf_clear(&c->out);
    while (len > 0 && c->out.len < WRITE_AT_ONCE) {
        len = nghttp2_session_mem_send(c->http2, &bytes);
        if (len > 0)
            put_frame(c, qk_view_of(bytes, (size_t)len));
    }
    QK_TRY(qk_buf_check(&c->out));
    return len >= 0 ? QK_OK : qk_fail(QK_E_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)len));
}

static qk_err flush(connection *c, exchange *x)
{
    while (nghttp2_session_want_write(c->http2)) {
        QK_TRY(collect(c));
        if (c->out.len == 0)
            break;
        QK_TRY(qk_stream_write(c->stream, qk_buf_view(&c->out), x->deadline));
        x->written = x->sent == x->framed.len;
    }
    return QK_OK;
}

static qk_err receive(connection *c, const exchange *x)
{
    size_t len;
    ssize_t taken;

    if (!nghttp2_session_want_read(c->http2))
        return qk_fail(QK_E_PROTOCOL, "the server does not speak HTTP/2 as gRPC asks for");
    QK_TRY(qk_stream_read(c->stream, c->in, sizeof c->in, x->deadline, &len));
    if (len == 0)
        return qk_fail(QK_E_SERVER_AWAY, "the server closed the connection without an answer");
    taken = nghttp2_session_mem_recv(c->http2, c->in, len);
    explicit_bzero(c->in, len);
    return taken >= 0 ? QK_OK : qk_fail(QK_E_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)taken));
}

static qk_err converse(connection *c, const connection_peer *peer, exchange *x)
{
    QK_TRY(submit(c, peer, x));
    for (;;) {
        QK_TRY(flush(c, x));
        if (x->ended)
            return QK_OK;
        QK_TRY(receive(c, x));
        if (x->fault != QK_OK)
            return x->fault;
        if (x->ended && !c->usable) /* nothing else that we have to say is worth a write */
            return QK_OK;
    }
}

qk_err connection_perform(connection *c, const connection_peer *peer, exchange *x)
{
    qk_err err;

    c->current = x;
    err = converse(c, peer, x);
    c->current = NULL;
    if (err != QK_OK)
        c->usable = false;
    /* Performed is only what arrived whole and was not refused. Source: RFC 9113, sections 6.8 and 8.7. */
    x->unseen = !x->written || (x->ended && !x->trailers.status.data && x->close_code == NGHTTP2_REFUSED_STREAM);
    return err;
}
