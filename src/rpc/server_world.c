/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/server_world.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"

#include "errors.pb-c.h"
#include "status.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- the server room ---- */

static qk_err on_headers(void *context, qk_rpc_call *call)
{
    world *w = context;

    w->headers++;
    snprintf(w->path, sizeof w->path, "%s", call->path);
    snprintf(w->authorization, sizeof w->authorization, "%.*s", (int)call->authorization.len,
             call->authorization.len ? (const char *)call->authorization.data : "");
    w->strict = call->strict;
    snprintf(w->login, sizeof w->login, "%.*s", (int)call->login.len,
             call->login.len ? (const char *)call->login.data : "");
    w->deadline_left = qk_deadline_left(call->deadline);
    if (strncmp(call->path, "/t.", 3) != 0)
        return qk_fail(QK_E_METHOD_UNKNOWN, "no method %s", call->path);
    if (strcmp(call->path, "/t.T/Secret") == 0 && !call->authorization.len)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "no token");
    call->for_anybody = strcmp(call->path, "/t.T/Silent") == 0 || strcmp(call->path, "/t.T/Anybody") == 0;
    call->is_stream = strcmp(call->path, "/t.T/Silent") == 0 || strcmp(call->path, "/t.T/Stream") == 0;
    if (call->is_stream)
        w->stream = call;
    if (strcmp(call->path, "/t.T/Late") != 0)
        return QK_OK;
    call->later = true;
    w->held[w->held_count++] = call;
    return qk_fail(QK_E_NOT_AUTHENTICATED, "later");
}

static bool on_body(void *context, qk_rpc_call *call, size_t so_far, size_t more)
{
    world *w = context;

    (void)call;
    (void)so_far;
    if (w->in_use + more > w->budget)
        return false;
    w->in_use += more;
    return true;
}

static void on_body_released(void *context, size_t bytes)
{
    world *w = context;

    assert_true(bytes <= w->in_use);
    w->in_use -= bytes;
}

static void on_call(void *context, qk_rpc_call *call)
{
    world *w = context;

    w->calls++;
    if (w->hold && w->held_count < HELD)
        w->held[w->held_count++] = call;
    else if (w->answer_with != QK_OK)
        qk_rpc_call_fail(call, w->answer_with, "these words");
    else
        qk_rpc_call_answer(call, call->body);
}

static void on_message(void *context, qk_rpc_call *call)
{
    world *w = context;

    w->messages++;
    if (strcmp(call->path, "/t.T/Stream") == 0)
        qk_rpc_stream_send(call, call->body);
    if (w->end_with != QK_OK)
        qk_rpc_stream_end(call, w->end_with, "these words");
}

static void on_messages_end(void *context, qk_rpc_call *call)
{
    world *w = context;

    w->ends++;
    if (!w->hold)
        qk_rpc_stream_end(call, QK_OK, NULL);
}

static void on_stream_gone(void *context, qk_rpc_call *call)
{
    world *w = context;

    w->gone++;
    if (w->stream == call)
        w->stream = NULL;
}

/* ---- the client ---- */

static reply *reply_of(world *w, int32_t id)
{
    for (size_t i = 0; i < w->reply_count; i++)
        if (w->replies[i].id == id)
            return &w->replies[i];
    return NULL;
}

static void keep(const char *name, char *place, size_t room, const uint8_t *got_name, size_t name_len,
                 const uint8_t *value, size_t value_len)
{
    if (strlen(name) == name_len && memcmp(name, got_name, name_len) == 0)
        snprintf(place, room, "%.*s", (int)value_len, (const char *)value);
}

static int client_header(nghttp2_session *http2, const nghttp2_frame *frame, const uint8_t *name, size_t name_len,
                         const uint8_t *value, size_t value_len, uint8_t flags, void *user)
{
    reply *r = reply_of(user, frame->hd.stream_id);

    (void)http2;
    (void)flags;
    if (!r)
        return 0;
    keep(":status", r->http_status, sizeof r->http_status, name, name_len, value, value_len);
    keep("grpc-status", r->grpc_status, sizeof r->grpc_status, name, name_len, value, value_len);
    keep("grpc-accept-encoding", r->accept_encoding, sizeof r->accept_encoding, name, name_len, value, value_len);
    keep("grpc-status-details-bin", r->details, sizeof r->details, name, name_len, value, value_len);
    return 0;
}

static int client_data(nghttp2_session *http2, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
    reply *r = reply_of(user, id);

    (void)http2;
    (void)flags;
    if (r)
        qk_buf_put(&r->body, qk_view_of(data, len));
    return 0;
}

static int client_frame(nghttp2_session *http2, const nghttp2_frame *frame, void *user)
{
    world *w = user;

    (void)http2;
    if (frame->hd.type == NGHTTP2_GOAWAY)
        w->goaway = frame->goaway.error_code;
    return 0;
}

static int client_close(nghttp2_session *http2, int32_t id, uint32_t code, void *user)
{
    reply *r = reply_of(user, id);

    (void)http2;
    if (r) {
        r->closed = true;
        r->close_code = code;
    }
    return 0;
}

static ssize_t client_read(nghttp2_session *http2, int32_t id, uint8_t *place, size_t room, uint32_t *flags,
                           nghttp2_data_source *source, void *user)
{
    reply *r = reply_of(user, id);
    qk_view part;

    (void)http2;
    (void)source;
    if (!r)
        return NGHTTP2_ERR_CALLBACK_FAILURE;
    part = qk_view_slice(r->request, r->sent, room);
    if (part.len)
        memcpy(place, part.data, part.len);
    r->sent += part.len;
    if (r->sent < r->request.len)
        return (ssize_t)part.len;
    if (r->stays_open && part.len == 0)
        return NGHTTP2_ERR_DEFERRED;
    if (!r->stays_open)
        *flags |= NGHTTP2_DATA_FLAG_EOF;
    return (ssize_t)part.len;
}

int start(void **state)
{
    static const qk_rpc_callbacks server = { on_headers, on_body,         on_body_released, on_call,
                                             on_message, on_messages_end, on_stream_gone };
    static const qk_rpc_limits limits = { MAX_MESSAGE, MAX_STREAMS, MAX_UNREAD };
    static const nghttp2_settings_entry settings[] = { { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20 } };
    nghttp2_session_callbacks *client;
    world *w = calloc(1, sizeof *w);

    w->goaway = UINT32_MAX;
    w->budget = 512 << 20;
    assert_int_equal(qk_rpc_session_new(&server, w, &limits, &w->server), QK_OK);
    nghttp2_session_callbacks_new(&client);
    nghttp2_session_callbacks_set_on_header_callback(client, client_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(client, client_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(client, client_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(client, client_close);
    nghttp2_session_client_new(&w->client, client, w);
    nghttp2_session_callbacks_del(client);
    nghttp2_submit_settings(w->client, 0, settings, 1);
    nghttp2_session_set_local_window_size(w->client, 0, 0, 4 << 20);
    *state = w;
    return 0;
}

int stop(void **state)
{
    world *w = *state;
    size_t in_use;

    nghttp2_session_del(w->client);
    qk_rpc_session_free(&w->server);
    for (size_t i = 0; i < w->held_count; i++)
        if (w->held[i])
            qk_rpc_call_answer(w->held[i], QK_VIEW_NONE);
    for (size_t i = 0; i < w->reply_count; i++)
        qk_buf_done(&w->replies[i].body);
    in_use = w->in_use;
    free(w);
    assert_int_equal(in_use, 0); /* every test gives back the whole body budget */
    return 0;
}

void pump(world *w)
{
    QK_OWNED(qk_buf_done) qk_buf down = QK_BUF_NONE;
    const uint8_t *bytes;
    bool moved = true;

    while (moved) {
        ssize_t len;

        moved = false;
        while (!w->feed_failed && (len = nghttp2_session_mem_send(w->client, &bytes)) > 0) {
            w->feed_failed = qk_rpc_session_feed(w->server, qk_view_of(bytes, (size_t)len)) != QK_OK;
            moved = true;
        }
        qk_buf_clear(&down);
        if (qk_rpc_session_drain(w->server, DRAIN, &down) == QK_OK && down.len) {
            nghttp2_session_mem_recv(w->client, down.data, down.len);
            moved = true;
        }
    }
}

nghttp2_nv field(const char *name, const char *value)
{
    return (nghttp2_nv){ (uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), strlen(value), 0 };
}

reply *send_request(world *w, const char *path, qk_view body, bool stays_open, const char *const *more)
{
    nghttp2_data_provider provider = { .read_callback = client_read };
    nghttp2_nv headers[16] = { field(":method", "POST"), field(":scheme", "https"), field(":path", path),
                               field(":authority", "test"), field("content-type", "application/grpc") };
    size_t count = 5;
    reply *r = &w->replies[w->reply_count];

    for (; more && *more; more += 2) {
        size_t at = 0;

        while (at < 5 && strcmp((const char *)headers[at].name, more[0]) != 0)
            at++;
        headers[at < 5 ? at : count++] = field(more[0], more[1]);
    }
    assert_true(w->reply_count < STREAMS);
    *r = (reply){ .request = body, .stays_open = stays_open };
    w->reply_count++;
    r->id = nghttp2_submit_request(w->client, NULL, headers, count, body.data || stays_open ? &provider : NULL, NULL);
    assert_true(r->id > 0);
    return r;
}

reply *call_with(world *w, const char *path, qk_view body, const char *const *more)
{
    reply *r = send_request(w, path, body, false, more);

    pump(w);
    return r;
}

reply *call(world *w, const char *path, qk_view body)
{
    return call_with(w, path, body, NULL);
}

void assert_failure(const reply *r, qk_err code)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    Quantoki__Rpc__Status *status;
    Grep11__Grep11Error *detail;

    assert_true(r->closed);
    assert_int_equal(atoi(r->grpc_status), qk_err_to_grpc(code));
    assert_int_equal(qk_base64_read(qk_view_text(r->details), &bytes), QK_OK);
    status = quantoki__rpc__status__unpack(NULL, bytes.len, bytes.data);
    assert_non_null(status);
    assert_int_equal(status->code, qk_err_to_grpc(code));
    assert_int_equal(status->n_details, 1);
    detail = grep11__grep11_error__unpack(NULL, status->details[0]->value.len, status->details[0]->value.data);
    assert_non_null(detail);
    assert_int_equal(detail->code, qk_err_to_grep11(code));
    grep11__grep11_error__free_unpacked(detail, NULL);
    quantoki__rpc__status__free_unpacked(status, NULL);
}

void assert_echo(const reply *r, qk_view framed)
{
    assert_true(r->closed);
    assert_int_equal(r->close_code, 0);
    assert_string_equal(r->http_status, "200");
    assert_string_equal(r->grpc_status, "0");
    assert_true(qk_view_equal(qk_buf_view(&r->body), framed));
}

void put_framed(qk_buf *out, uint8_t flag, size_t len)
{
    uint8_t *place;

    qk_buf_put_u8(out, flag);
    qk_buf_put_u32(out, (uint32_t)len);
    place = qk_buf_grow(out, len);
    for (size_t i = 0; i < len; i++)
        place[i] = (uint8_t)(i ^ i >> 8 ^ i >> 16);
}
