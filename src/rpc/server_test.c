/* SPDX-License-Identifier: Apache-2.0 */
/* The server's session and an nghttp2 client session, joined in memory. */
#include "rpc/server_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/encoding.h"
#include "rpc/error_detail.h"
#include "rpc/message.h"

#include "errors.pb-c.h"
#include "status.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* ---- calls ---- */

static void a_call_is_answered(void **state)
{
    world *w = *state;

    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_string_equal(w->path, "/t.T/Echo");
    assert_int_equal(qk_rpc_session_open_calls(w->server), 0);
    assert_echo(call(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\0\0\0")), QK_VIEW_LITERAL("\0\0\0\0\0"));
}

static void many_calls_run_at_once(void **state)
{
    world *w = *state;

    w->hold = true;
    for (size_t i = 0; i < MAX_STREAMS; i++)
        send_request(w, "/t.T/Echo", HELLO, false, NULL);
    pump(w);
    assert_int_equal(w->held_count, MAX_STREAMS);
    assert_int_equal(qk_rpc_session_open_calls(w->server), MAX_STREAMS);
    for (size_t i = MAX_STREAMS; i-- > 0; w->held[i] = NULL)
        qk_rpc_call_answer(w->held[i], w->held[i]->body);
    pump(w);
    for (size_t i = 0; i < MAX_STREAMS; i++)
        assert_echo(&w->replies[i], HELLO);
}

static void a_message_of_64_mib_goes_both_ways(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    put_framed(&framed, 0, MAX_MESSAGE);
    assert_echo(call(w, "/t.T/Echo", qk_buf_view(&framed)), qk_buf_view(&framed));
}

static void a_longer_message_is_refused(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    reply *r;

    put_framed(&framed, 0, MAX_MESSAGE + (1 << 20));
    r = call(w, "/t.T/Echo", qk_buf_view(&framed));
    assert_failure(r, QK_E_MESSAGE_SIZE);
    assert_string_equal(r->grpc_status, "8");
    assert_int_equal(w->calls, 0);
    assert_true(r->sent < MAX_MESSAGE); /* it was told to stop */
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
}

static void draining_stays_near_its_limit(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf down = QK_BUF_NONE;

    w->hold = true;
    put_framed(&framed, 0, 1 << 19);
    call(w, "/t.T/Echo", qk_buf_view(&framed));
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held[0] = NULL;
    assert_int_equal(qk_rpc_session_drain(w->server, 1000, &down), QK_OK);
    assert_in_range(down.len, 1000, 1000 + 16384 + 9);
    nghttp2_session_mem_recv(w->client, down.data, down.len);
    pump(w);
    assert_echo(&w->replies[0], qk_buf_view(&framed));
}

static void a_gzip_message_is_opened(void **state)
{
    static const char *const gzip[] = { "grpc-encoding", "gzip", NULL };
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    uint8_t packed[256];
    z_stream zip = { 0 };

    assert_int_equal(deflateInit2(&zip, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    zip.next_in = (Bytef *)(uintptr_t) "hello";
    zip.avail_in = 5;
    zip.next_out = packed;
    zip.avail_out = sizeof packed;
    assert_int_equal(deflate(&zip, Z_FINISH), Z_STREAM_END);
    qk_buf_put_u8(&framed, 1);
    qk_buf_put_counted(&framed, qk_view_of(packed, zip.total_out));
    deflateEnd(&zip);
    assert_echo(call_with(w, "/t.T/Echo", qk_buf_view(&framed), gzip), HELLO);
}

static void other_compressions_are_refused_with_a_list(void **state)
{
    static const char *const snappy[] = { "grpc-encoding", "snappy", NULL };
    reply *r = call_with(*state, "/t.T/Echo", HELLO, snappy);

    assert_failure(r, QK_E_NOT_SUPPORTED);
    assert_string_equal(r->grpc_status, "12");
    assert_string_equal(r->accept_encoding, "identity,gzip");
}

static void compression_must_be_announced(void **state)
{
    assert_failure(call(*state, "/t.T/Echo", QK_VIEW_LITERAL("\1\0\0\0\1x")), QK_E_MESSAGE_MALFORMED);
}

static void exactly_one_message_is_a_call(void **state)
{
    world *w = *state;

    assert_failure(call(w, "/t.T/Echo", QK_VIEW_NONE), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\0")), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\0\0\2x")), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\0\0\1x\0\0\0\0\1y")), QK_E_MESSAGE_MALFORMED);
    assert_int_equal(w->calls, 0);
}

static void a_failure_carries_code_and_words(void **state)
{
    world *w = *state;
    qk_error_trailers trailers = { 0 };
    qk_arena arena;
    reply *r;

    w->answer_with = QK_E_SIGNATURE_INVALID;
    r = call(w, "/t.T/Echo", HELLO);
    assert_failure(r, QK_E_SIGNATURE_INVALID);
    assert_int_equal(r->body.len, 0);
    qk_arena_init(&arena, 0);
    trailers.status = qk_view_text(r->grpc_status);
    trailers.details = qk_view_text(r->details);
    assert_int_equal(qk_error_detail_read(&trailers, &arena), QK_E_SIGNATURE_INVALID);
    assert_string_equal(qk_err_words(QK_E_SIGNATURE_INVALID), "these words");
    qk_arena_done(&arena);
}

static void decoding_has_its_own_limit(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    enum { ENTRIES = 100000 };
    uint8_t *place;
    void *request;

    w->hold = true;
    qk_buf_put_u8(&framed, 0);
    qk_buf_put_u32(&framed, 2 * ENTRIES);
    place = qk_buf_grow(&framed, 2 * ENTRIES);
    for (size_t i = 0; i < ENTRIES; i++) { /* empty entries of GenerateKeyRequest.Template */
        place[2 * i] = 0x32;
        place[2 * i + 1] = 0;
    }
    call(w, "/t.T/Echo", qk_buf_view(&framed));
    assert_int_equal(qk_rpc_call_read(w->held[0], &grep11__generate_key_request__descriptor, &request), QK_E_NO_MEMORY);
    assert_non_null(qk_arena_alloc(&w->held[0]->arena, 4 << 20)); /* an answer may be larger */
}

/* ---- headers ---- */

static void an_unknown_path_is_unimplemented(void **state)
{
    reply *r = call(*state, "/x.X/None", HELLO);

    assert_failure(r, QK_E_METHOD_UNKNOWN);
    assert_string_equal(r->grpc_status, "12");
}

static void an_overlong_path_is_unimplemented(void **state)
{
    world *w = *state;
    char path[400] = "/t.T/";

    memset(path + 5, 'x', sizeof path - 6);
    assert_failure(call(w, path, HELLO), QK_E_METHOD_UNKNOWN);
    assert_int_equal(w->headers, 0);
}

static void other_content_types_are_415(void **state)
{
    static const char *const json[] = { "content-type", "application/json", NULL };
    static const char *const web[] = { "content-type", "application/grpc-web", NULL };
    static const char *const proto[] = { "content-type", "application/grpc+proto", NULL };
    world *w = *state;
    reply *r = call_with(w, "/t.T/Echo", HELLO, json);

    assert_string_equal(r->http_status, "415");
    assert_failure(r, QK_E_MESSAGE_MALFORMED);
    assert_string_equal(call_with(w, "/t.T/Echo", HELLO, web)->http_status, "415");
    assert_echo(call_with(w, "/t.T/Echo", HELLO, proto), HELLO);
}

static void other_methods_are_405(void **state)
{
    static const char *const get[] = { ":method", "GET", NULL };
    reply *r = call_with(*state, "/t.T/Echo", QK_VIEW_NONE, get);

    assert_string_equal(r->http_status, "405");
    assert_failure(r, QK_E_MESSAGE_MALFORMED);
}

static void nothing_of_a_refused_call_is_kept(void **state)
{
    world *w = *state;
    reply *r;

    w->budget = 0; /* asking for any would turn the refusal into another one */
    r = call(w, "/t.T/Secret", HELLO);
    assert_failure(r, QK_E_NOT_AUTHENTICATED);
    assert_string_equal(r->grpc_status, "16");
    assert_int_equal(w->calls, 0);
}

static void a_refused_upload_is_stopped(void **state)
{
    world *w = *state;
    reply *r = send_request(w, "/t.T/Secret", QK_VIEW_LITERAL("\0\0\1\0\0start"), true, NULL);

    pump(w);
    assert_failure(r, QK_E_NOT_AUTHENTICATED);
    assert_int_equal(r->close_code, NGHTTP2_NO_ERROR);
}

static void headers_reach_the_room_above(void **state)
{
    static const char *const headers[] = { "authorization", "Bearer abc", "quantoki-login-bin",
                                           "bG9naW4",       "te",         "trailers",
                                           "grpc-timeout",  "5000m",      NULL };
    world *w = *state;

    assert_echo(call_with(w, "/t.T/Secret", HELLO, headers), HELLO);
    assert_string_equal(w->authorization, "Bearer abc");
    assert_string_equal(w->login, "login");
    assert_in_range(w->deadline_left, 1, 5000);
}

static void a_module_asks_for_its_rules(void **state)
{
    static const char *const modules[] = { "quantoki-rules", "pkcs11", NULL };
    static const char *const nobodys[] = { "quantoki-rules", "none", NULL };
    world *w = *state;

    assert_echo(call_with(w, "/t.T/Echo", HELLO, NULL), HELLO);
    assert_false(w->strict);
    assert_echo(call_with(w, "/t.T/Echo", HELLO, modules), HELLO);
    assert_true(w->strict);
    assert_failure(call_with(w, "/t.T/Echo", HELLO, nobodys), QK_E_MESSAGE_MALFORMED);
}

static void timeouts_have_units(void **state)
{
    static const struct {
        const char *text;
        int from, to;
    } rows[] = { { "1H", 3000000, 3600000 },
                 { "2M", 100000, 120000 },
                 { "99999999n", 1, 100 },
                 { "99999999H", 1000000, INT32_MAX } };
    world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *headers[] = { "grpc-timeout", rows[i].text, NULL };

        w->deadline_left = -1;
        assert_echo(call_with(w, "/t.T/Echo", HELLO, headers), HELLO);
        if (i != 2) /* a tenth of a second may have passed on a busy machine */
            assert_in_range(w->deadline_left, rows[i].from, rows[i].to);
    }
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_int_equal(w->deadline_left, -1);
}

static void wrong_timeouts_are_refused(void **state)
{
    static const char *const bad[] = { "", "5", "m", "-5m", "5 m", "5x", "123456789m" };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *headers[] = { "grpc-timeout", bad[i], NULL };

        assert_failure(call_with(*state, "/t.T/Echo", HELLO, headers), QK_E_MESSAGE_MALFORMED);
    }
}

static void a_passed_deadline_is_answered_at_once(void **state)
{
    static const char *const headers[] = { "grpc-timeout", "0m", NULL };
    world *w = *state;

    assert_failure(call_with(w, "/t.T/Echo", HELLO, headers), QK_E_TIMEOUT);
    assert_int_equal(w->headers, 0);
}

static void a_second_token_is_refused(void **state)
{
    static const char *const headers[] = { "authorization", "Bearer a", "authorization", "Bearer b", NULL };

    assert_failure(call_with(*state, "/t.T/Secret", HELLO, headers), QK_E_MESSAGE_MALFORMED);
}

static void a_login_that_is_not_base64_is_refused(void **state)
{
    static const char *const headers[] = { "quantoki-login-bin", "*?*", NULL };

    assert_failure(call_with(*state, "/t.T/Echo", HELLO, headers), QK_E_MESSAGE_MALFORMED);
}

static void long_headers_are_refused(void **state)
{
    world *w = *state;
    char value[17000];
    const char *headers[] = { "x-long", value, NULL };

    memset(value, 'v', sizeof value - 1);
    value[sizeof value - 1] = 0;
    assert_failure(call_with(w, "/t.T/Echo", HELLO, headers), QK_E_MESSAGE_SIZE);
    assert_int_equal(w->headers, 0);
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
}

/* ---- budgets and lives ---- */

static void bodies_need_a_grant(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    w->budget = 100000;
    put_framed(&framed, 0, 200000);
    assert_failure(call(w, "/t.T/Echo", qk_buf_view(&framed)), QK_E_RATE);
    assert_int_equal(w->in_use, 0);
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_int_equal(w->in_use, 0);
}

static void an_answer_may_come_after_the_stream_is_gone(void **state)
{
    world *w = *state;
    reply *r;

    w->hold = true;
    r = call(w, "/t.T/Echo", HELLO);
    nghttp2_submit_rst_stream(w->client, 0, r->id, NGHTTP2_CANCEL);
    pump(w);
    assert_int_equal(qk_rpc_session_open_calls(w->server), 1);
    assert_true(w->in_use > 0);
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held[0] = NULL;
    assert_int_equal(qk_rpc_session_open_calls(w->server), 0);
    assert_int_equal(w->in_use, 0);
    pump(w);
    assert_int_equal(w->goaway, UINT32_MAX);
}

static void an_answer_may_come_after_the_session_is_gone(void **state)
{
    world *w = *state;

    w->hold = true;
    call(w, "/t.T/Echo", HELLO);
    call(w, "/t.T/Echo", HELLO);
    qk_rpc_session_free(&w->server);
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    qk_rpc_call_fail(w->held[1], QK_E_GENERAL, NULL);
    w->held_count = 0;
    assert_int_equal(w->in_use, 0);
}

static void a_session_may_go_in_the_middle_of_everything(void **state)
{
    world *w = *state;

    w->hold = true;
    send_request(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\1\0\0part"), true, NULL);
    send_request(w, "/t.T/Secret", QK_VIEW_LITERAL("\0\0\1\0\0part"), true, NULL);
    call(w, "/t.T/Echo", HELLO);
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held_count = 0;
    qk_rpc_session_free(&w->server);
    assert_int_equal(w->in_use, 0);
}

static void shutdown_lets_open_calls_finish(void **state)
{
    world *w = *state;
    reply *r;

    w->hold = true;
    r = call(w, "/t.T/Echo", HELLO);
    qk_rpc_session_shutdown(w->server);
    assert_false(qk_rpc_session_finished(w->server));
    pump(w);
    assert_int_equal(w->goaway, NGHTTP2_NO_ERROR);
    assert_false(qk_rpc_session_finished(w->server));
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held_count = 0;
    pump(w);
    assert_echo(r, HELLO);
    assert_true(qk_rpc_session_finished(w->server));
}

static void an_idle_session_finishes_at_once(void **state)
{
    world *w = *state;

    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    qk_rpc_session_shutdown(w->server);
    pump(w);
    assert_true(qk_rpc_session_finished(w->server));
}

static void a_call_that_crosses_the_shutdown_was_not_performed(void **state)
{
    world *w = *state;
    reply *r;

    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    qk_rpc_session_shutdown(w->server);
    r = send_request(w, "/t.T/Echo", HELLO, false, NULL);
    pump(w);
    assert_int_equal(w->calls, 1);
    assert_true(r->closed);
    assert_int_equal(r->close_code, NGHTTP2_REFUSED_STREAM);
}

/* ---- peers that take their time ---- */

/* `count` calls of half the bytes that may be unread, handed over and kept. */
static void hold_large_calls(world *w, const qk_buf *framed, size_t count)
{
    w->hold = true;
    for (size_t i = 0; i < count; i++)
        call(w, "/t.T/Echo", qk_buf_view(framed));
    assert_int_equal(w->held_count, count);
    w->held_count = 0;
}

static void unread_answers_are_bounded(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    put_framed(&framed, 0, MAX_UNREAD / 2);
    hold_large_calls(w, &framed, 3);
    for (size_t i = 0; i < 3; i++)
        qk_rpc_call_answer(w->held[i], w->held[i]->body);
    pump(w);
    assert_echo(&w->replies[0], qk_buf_view(&framed));
    assert_echo(&w->replies[1], qk_buf_view(&framed));
    assert_failure(&w->replies[2], QK_E_RATE);
    w->hold = false;
    assert_echo(call(w, "/t.T/Echo", qk_buf_view(&framed)), qk_buf_view(&framed));
}

static void nothing_is_performed_whose_answer_would_wait(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    put_framed(&framed, 0, MAX_UNREAD / 2);
    hold_large_calls(w, &framed, 2);
    for (size_t i = 0; i < 2; i++)
        qk_rpc_call_answer(w->held[i], w->held[i]->body);
    assert_failure(call(w, "/t.T/Echo", HELLO), QK_E_RATE);
    assert_int_equal(w->calls, 2);
}

static void large_answers_need_a_grant(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    put_framed(&framed, 0, 200000);
    w->budget = 300000;
    assert_failure(call(w, "/t.T/Echo", qk_buf_view(&framed)), QK_E_RATE);
    assert_int_equal(w->calls, 1);
    w->budget = 500000;
    assert_echo(call(w, "/t.T/Echo", qk_buf_view(&framed)), qk_buf_view(&framed));
}

static const char *overdue_in(const world *w, int64_t ms)
{
    return qk_rpc_session_overdue(w->server, qk_clock_monotonic_ms() + ms, STALL_MS, IDLE_MS);
}

static void a_connection_brings_its_first_call_soon(void **state)
{
    world *w = *state;

    assert_null(overdue_in(w, 0));
    assert_string_equal(overdue_in(w, STALL_MS + 1), "there is no call");
    assert_failure(call(w, "/unknown", HELLO), QK_E_METHOD_UNKNOWN);
    assert_string_equal(overdue_in(w, STALL_MS + 1), "there is no call");
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_null(overdue_in(w, STALL_MS + 1));
    assert_string_equal(overdue_in(w, IDLE_MS + 1), "idle");
}

static void a_request_comes_to_its_end(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    enum { SENT = 160000 };

    put_framed(&framed, 0, 2 * SENT);
    send_request(w, "/t.T/Echo", qk_view_slice(qk_buf_view(&framed), 0, SENT), true, NULL);
    pump(w);
    assert_null(overdue_in(w, STALL_MS + SENT / 16 - 1000)); /* 16 KiB a second */
    assert_string_equal(overdue_in(w, STALL_MS + SENT / 16 + 1), "a request does not come to its end");
}

static void an_answer_is_read(void **state)
{
    world *w = *state;

    w->hold = true;
    call(w, "/t.T/Echo", HELLO);
    assert_null(overdue_in(w, 10 * IDLE_MS)); /* it is being performed */
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held_count = 0;
    assert_null(overdue_in(w, 0));
    assert_string_equal(overdue_in(w, STALL_MS + 1), "an answer is not read");
    pump(w);
    assert_null(overdue_in(w, STALL_MS + 1));
}

/* ---- hostile peers ---- */

static void pings_without_end_are_sent_away(void **state)
{
    world *w = *state;

    for (size_t i = 0; i < 3000 && w->goaway == UINT32_MAX; i++) {
        nghttp2_submit_ping(w->client, 0, NULL);
        pump(w);
    }
    assert_int_equal(w->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
    assert_true(qk_rpc_session_finished(w->server));
}

static void a_burst_of_pings_is_sent_away(void **state)
{
    world *w = *state;

    pump(w);
    for (size_t i = 0; i < 900; i++)
        nghttp2_submit_ping(w->client, 0, NULL);
    pump(w);
    assert_int_equal(w->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void settings_without_end_are_sent_away(void **state)
{
    world *w = *state;

    for (size_t i = 0; i < 3000 && w->goaway == UINT32_MAX; i++) {
        nghttp2_submit_settings(w->client, 0, NULL, 0);
        pump(w);
    }
    assert_int_equal(w->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
}

/* What gRPC libraries do to measure bandwidth: about a ping per call. */
static void pings_between_calls_are_fine(void **state)
{
    world *w = *state;

    for (size_t i = 0; i < 2000; i++) {
        w->reply_count = 0;
        nghttp2_submit_ping(w->client, 0, NULL);
        assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
        qk_buf_done(&w->replies[0].body);
    }
    assert_int_equal(w->goaway, UINT32_MAX);
}

static void open_and_reset(world *w, uint32_t code)
{
    reply *r;

    w->reply_count = 0;
    r = send_request(w, "/t.T/Echo", QK_VIEW_LITERAL("\0\0\0\0\7part"), true, NULL);
    pump(w);
    nghttp2_submit_rst_stream(w->client, 0, r->id, code);
    pump(w);
}

static void rapid_reset_is_sent_away(void **state)
{
    static const uint32_t codes[] = { NGHTTP2_CANCEL, NGHTTP2_NO_ERROR };

    for (size_t c = 0; c < 2; c++) {
        world *w;
        size_t resets;

        stop(state);
        start(state);
        w = *state;
        for (resets = 0; resets < 1000 && w->goaway == UINT32_MAX; resets++)
            open_and_reset(w, codes[c]);
        assert_int_equal(w->goaway, NGHTTP2_ENHANCE_YOUR_CALM);
        assert_in_range(resets, 150, 250);
    }
}

static void resets_among_answers_are_fine(void **state)
{
    world *w = *state;

    for (size_t i = 0; i < 600; i++) {
        open_and_reset(w, NGHTTP2_CANCEL);
        assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
        qk_buf_done(&w->replies[1].body);
    }
    assert_int_equal(w->goaway, UINT32_MAX);
}

static void calls_in_work_are_bounded_even_if_reset(void **state)
{
    world *w = *state;

    w->hold = true;
    for (size_t i = 0; i < 3 * MAX_STREAMS; i++) {
        reply *r = call(w, "/t.T/Echo", HELLO);

        nghttp2_submit_rst_stream(w->client, 0, r->id, NGHTTP2_CANCEL);
        pump(w);
    }
    assert_int_equal(w->calls, 2 * MAX_STREAMS);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* Feeds until the session gives up; it may, but it must not crash, hang or keep the budget. */
static void feed_all(world *w, qk_view bytes)
{
    QK_OWNED(qk_buf_done) qk_buf down = QK_BUF_NONE;
    qk_err err = qk_rpc_session_feed(w->server, bytes);

    assert_true(err == QK_OK || err == QK_E_PROTOCOL);
    for (int i = 0; i < 100 && qk_rpc_session_drain(w->server, DRAIN, &down) == QK_OK && down.len; i++)
        qk_buf_clear(&down);
}

static void garbage_is_survived(void **state)
{
    uint32_t seed = 7;

    for (int round = 0; round < 300; round++) {
        uint8_t garbage[1024];
        world *w;

        stop(state);
        start(state);
        w = *state;
        for (size_t i = 0; i < sizeof garbage; i++)
            garbage[i] = (uint8_t)next_random(&seed);
        if (round % 2) /* past the magic */
            memcpy(garbage, NGHTTP2_CLIENT_MAGIC, NGHTTP2_CLIENT_MAGIC_LEN);
        feed_all(w, qk_view_of(garbage, sizeof garbage));
        assert_int_equal(w->calls, 0);
    }
}

static void a_http1_request_is_refused(void **state)
{
    world *w = *state;

    assert_int_equal(qk_rpc_session_feed(w->server, QK_VIEW_LITERAL("GET / HTTP/1.1\r\nHost: x\r\n\r\n")),
                     QK_E_PROTOCOL);
    assert_int_equal(qk_rpc_session_feed(w->server, QK_VIEW_LITERAL("more")), QK_OK); /* and nothing happens */
}

static void record_conversation(world *w, qk_buf *out)
{
    static const char *const headers[] = { "authorization", "Bearer abc", "grpc-timeout", "9S", "grpc-encoding",
                                           "gzip",          NULL };
    const uint8_t *bytes;
    ssize_t len;

    send_request(w, "/t.T/Echo", HELLO, false, headers);
    send_request(w, "/t.T/Secret", HELLO, false, NULL);
    send_request(w, "/t.T/Echo", HELLO, true, NULL);
    while ((len = nghttp2_session_mem_send(w->client, &bytes)) > 0)
        qk_buf_put(out, qk_view_of(bytes, (size_t)len));
}

static void changed_bytes_in_a_conversation_are_survived(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf good = QK_BUF_NONE;
    uint32_t seed = 11;

    record_conversation(*state, &good);
    for (int round = 0; round < 2000; round++) {
        QK_OWNED(qk_buf_done) qk_buf bad = QK_BUF_NONE;
        world *w;

        stop(state);
        start(state);
        w = *state;
        qk_buf_put(&bad, qk_buf_view(&good));
        for (uint32_t changes = 1 + next_random(&seed) % 4; changes > 0; changes--)
            bad.data[24 + next_random(&seed) % (bad.len - 24)] ^= (uint8_t)(1 << next_random(&seed) % 8);
        w->hold = round % 2;
        feed_all(w, qk_buf_view(&bad));
    }
}

static void a_conversation_arrives_in_single_bytes(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;

    record_conversation(w, &bytes);
    for (size_t i = 0; i < bytes.len; i++)
        assert_int_equal(qk_rpc_session_feed(w->server, qk_view_slice(qk_buf_view(&bytes), i, 1)), QK_OK);
    assert_int_equal(w->calls, 1);
    assert_int_equal(w->headers, 3);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_answered),
        TEST(many_calls_run_at_once),
        TEST(a_message_of_64_mib_goes_both_ways),
        TEST(a_longer_message_is_refused),
        TEST(draining_stays_near_its_limit),
        TEST(a_gzip_message_is_opened),
        TEST(other_compressions_are_refused_with_a_list),
        TEST(compression_must_be_announced),
        TEST(exactly_one_message_is_a_call),
        TEST(a_failure_carries_code_and_words),
        TEST(decoding_has_its_own_limit),
        TEST(an_unknown_path_is_unimplemented),
        TEST(an_overlong_path_is_unimplemented),
        TEST(other_content_types_are_415),
        TEST(other_methods_are_405),
        TEST(nothing_of_a_refused_call_is_kept),
        TEST(a_refused_upload_is_stopped),
        TEST(headers_reach_the_room_above),
        TEST(a_module_asks_for_its_rules),
        TEST(timeouts_have_units),
        TEST(wrong_timeouts_are_refused),
        TEST(a_passed_deadline_is_answered_at_once),
        TEST(a_second_token_is_refused),
        TEST(a_login_that_is_not_base64_is_refused),
        TEST(long_headers_are_refused),
        TEST(bodies_need_a_grant),
        TEST(an_answer_may_come_after_the_stream_is_gone),
        TEST(an_answer_may_come_after_the_session_is_gone),
        TEST(a_session_may_go_in_the_middle_of_everything),
        TEST(shutdown_lets_open_calls_finish),
        TEST(an_idle_session_finishes_at_once),
        TEST(a_call_that_crosses_the_shutdown_was_not_performed),
        TEST(unread_answers_are_bounded),
        TEST(nothing_is_performed_whose_answer_would_wait),
        TEST(large_answers_need_a_grant),
        TEST(a_connection_brings_its_first_call_soon),
        TEST(a_request_comes_to_its_end),
        TEST(an_answer_is_read),
        TEST(pings_without_end_are_sent_away),
        TEST(a_burst_of_pings_is_sent_away),
        TEST(settings_without_end_are_sent_away),
        TEST(pings_between_calls_are_fine),
        TEST(rapid_reset_is_sent_away),
        TEST(resets_among_answers_are_fine),
        TEST(calls_in_work_are_bounded_even_if_reset),
        TEST(garbage_is_survived),
        TEST(a_http1_request_is_refused),
        TEST(changed_bytes_in_a_conversation_are_survived),
        TEST(a_conversation_arrives_in_single_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
