/* SPDX-License-Identifier: Apache-2.0 */
/* Streams of messages, calls that are refused later, and the announced end. */
#include "rpc/server_world.h"

#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { MOMENT_MS = 10 };

#define ONE   QK_VIEW_LITERAL("\0\0\0\0\3one")
#define THREE QK_VIEW_LITERAL("\0\0\0\0\3one\0\0\0\0\0\0\0\0\0\5three")

static qk_rpc_call *open_stream(world *w)
{
    send_request(w, "/t.T/Stream", QK_VIEW_NONE, true, NULL);
    pump(w);
    assert_non_null(w->stream);
    return w->stream;
}

static const char *late(world *w, int64_t after_ms)
{
    return qk_rpc_session_overdue(w->server, qk_clock_monotonic_ms() + after_ms, STALL_MS, IDLE_MS);
}

/* ---- streams ---- */

static void each_message_is_answered(void **state)
{
    world *w = *state;

    assert_echo(call(w, "/t.T/Stream", THREE), THREE);
    assert_int_equal(w->messages, 3);
    assert_int_equal(w->ends, 1);
    assert_int_equal(w->gone, 1);
    assert_int_equal(w->calls, 0);
    assert_int_equal(w->in_use, 0); /* each message was given back */
}

static void a_stream_without_messages_ends_well(void **state)
{
    world *w = *state;

    assert_echo(call(w, "/t.T/Stream", QK_VIEW_NONE), QK_VIEW_NONE);
    assert_int_equal(w->messages, 0);
    assert_int_equal(w->gone, 1);
}

static void messages_arrive_in_single_bytes(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    const uint8_t *part;
    ssize_t len;

    send_request(w, "/t.T/Stream", THREE, false, NULL);
    while ((len = nghttp2_session_mem_send(w->client, &part)) > 0)
        qk_buf_put(&bytes, qk_view_of(part, (size_t)len));
    for (size_t i = 0; i < bytes.len; i++)
        assert_int_equal(qk_rpc_session_feed(w->server, qk_view_slice(qk_buf_view(&bytes), i, 1)), QK_OK);
    pump(w);
    assert_echo(&w->replies[0], THREE);
}

static void messages_of_a_stream_may_be_compressed(void **state)
{
    static const char *const gzip[] = { "grpc-encoding", "gzip", NULL };
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    uint8_t packed[64];
    z_stream zip = { .next_in = (Bytef *)(uintptr_t) "one", .avail_in = 3, .next_out = packed, .avail_out = 64 };

    assert_int_equal(deflateInit2(&zip, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&zip, Z_FINISH), Z_STREAM_END);
    for (int i = 0; i < 3; i++) {
        qk_buf_put_u8(&framed, 1);
        qk_buf_put_u32(&framed, (uint32_t)zip.total_out);
        qk_buf_put(&framed, qk_view_of(packed, zip.total_out));
    }
    deflateEnd(&zip);
    assert_echo(call_with(w, "/t.T/Stream", qk_buf_view(&framed), gzip),
                QK_VIEW_LITERAL("\0\0\0\0\3one\0\0\0\0\3one\0\0\0\0\3one"));
}

static void a_stream_is_sent_to_at_any_time(void **state)
{
    world *w = *state;
    qk_rpc_call *stream = open_stream(w);

    for (int i = 0; i < 3; i++) {
        qk_rpc_stream_send(stream, QK_VIEW_LITERAL("one"));
        pump(w);
        assert_int_equal(w->replies[0].body.len, 8 * (i + 1));
    }
    assert_false(w->replies[0].closed);
    qk_rpc_stream_end(stream, QK_OK, NULL);
    qk_rpc_stream_send(stream, QK_VIEW_LITERAL("too late"));
    qk_rpc_stream_end(stream, QK_E_RATE, NULL);
    pump(w);
    assert_string_equal(w->replies[0].grpc_status, "0");
    assert_int_equal(w->replies[0].body.len, 24);
    assert_true(w->replies[0].closed);
    assert_null(w->stream);
}

static void a_stream_fails_before_or_after_its_messages(void **state)
{
    world *w = *state;
    qk_rpc_call *stream = open_stream(w);

    qk_rpc_stream_end(stream, QK_E_OBJECT_MISSING, "none");
    pump(w);
    assert_failure(&w->replies[0], QK_E_OBJECT_MISSING);
    w->end_with = QK_E_KEY_SIZE;
    assert_failure(call(w, "/t.T/Stream", THREE), QK_E_KEY_SIZE);
    assert_int_equal(w->messages, 1); /* what comes after the end is thrown away */
    assert_true(qk_view_equal(qk_buf_view(&w->replies[1].body), ONE));
    assert_int_equal(w->gone, 2);
}

static void broken_messages_end_a_stream(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;

    assert_failure(call(w, "/t.T/Stream", QK_VIEW_LITERAL("\0\0\0\0\3on")), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Stream", QK_VIEW_LITERAL("\0\0\0")), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Stream", QK_VIEW_LITERAL("\2\0\0\0\3one")), QK_E_MESSAGE_MALFORMED);
    assert_failure(call(w, "/t.T/Stream", QK_VIEW_LITERAL("\1\0\0\0\3one")), QK_E_MESSAGE_MALFORMED);
    put_framed(&framed, 0, 64 * 1024 + 1);
    assert_failure(call(w, "/t.T/Stream", qk_buf_view(&framed)), QK_E_MESSAGE_SIZE);
    assert_int_equal(w->messages, 0);
    assert_int_equal(w->gone, 5);
}

static void messages_of_streams_need_a_grant(void **state)
{
    world *w = *state;

    w->budget = 2;
    assert_failure(call(w, "/t.T/Stream", ONE), QK_E_RATE);
    w->budget = 5; /* for one at a time */
    assert_echo(call(w, "/t.T/Stream", THREE), THREE);
}

static void who_does_not_read_loses_the_stream(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    qk_rpc_call *stream = open_stream(w);

    put_framed(&framed, 0, 60000);
    for (int i = 0; i < 100; i++)
        qk_rpc_stream_send(stream, qk_buf_view(&framed));
    assert_in_range(QK_RPC_STREAM_UNREAD / 60000, 1, 98);
    pump(w);
    assert_failure(&w->replies[0], QK_E_RATE);
    assert_in_range(w->replies[0].body.len, QK_RPC_STREAM_UNREAD, QK_RPC_STREAM_UNREAD + 2 * 60010);
}

/* It reads on and on, and never all. */
static void a_queue_that_never_runs_dry_stays_short(void **state)
{
    enum { PART = 60000, AHEAD = 2 * PART, ROUND = 40000, ALL = 4 << 20 };
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE, down = QK_BUF_NONE;
    qk_rpc_call *stream = open_stream(w);
    const uint8_t *bytes;
    size_t sent = 0;
    ssize_t len;

    put_framed(&message, 0, PART);
    while (w->replies[0].body.len < ALL) {
        for (; sent < w->replies[0].body.len + AHEAD; sent += message.len + 5)
            qk_rpc_stream_send(stream, qk_buf_view(&message));
        qk_buf_clear(&down);
        assert_int_equal(qk_rpc_session_drain(w->server, ROUND, &down), QK_OK);
        nghttp2_session_mem_recv(w->client, down.data, down.len);
        while ((len = nghttp2_session_mem_send(w->client, &bytes)) > 0)
            assert_int_equal(qk_rpc_session_feed(w->server, qk_view_of(bytes, (size_t)len)), QK_OK);
    }
    assert_false(w->replies[0].closed);
    for (size_t at = 0; at + 5 + message.len <= ALL; at += 5 + message.len)
        assert_memory_equal(w->replies[0].body.data + at + 5, message.data, message.len);
    /* Each 16 KiB that lie there read give a second more. */
    assert_string_equal(late(w, STALL_MS + 2 * AHEAD / 16), "messages are not read");
}

static void the_peer_may_reset_a_stream_or_leave(void **state)
{
    world *w = *state;
    qk_rpc_call *stream = open_stream(w);

    qk_rpc_stream_send(stream, QK_VIEW_LITERAL("unread"));
    nghttp2_submit_rst_stream(w->client, 0, w->replies[0].id, NGHTTP2_CANCEL);
    pump(w);
    assert_int_equal(w->gone, 1);
    stream = open_stream(w);
    qk_rpc_stream_send(stream, QK_VIEW_LITERAL("unread"));
    qk_rpc_session_free(&w->server);
    assert_int_equal(w->gone, 2);
}

static void streams_end_when_the_session_shuts_down(void **state)
{
    world *w = *state;

    qk_rpc_stream_send(open_stream(w), QK_VIEW_LITERAL("one"));
    open_stream(w);
    qk_rpc_session_shutdown(w->server);
    qk_rpc_session_shutdown(w->server); /* as before */
    pump(w);
    assert_failure(&w->replies[0], QK_E_SERVER_AWAY);
    assert_true(qk_view_equal(qk_buf_view(&w->replies[0].body), ONE));
    assert_failure(&w->replies[1], QK_E_SERVER_AWAY);
    assert_true(qk_rpc_session_finished(w->server));
}

static void a_stream_that_begins_meanwhile_ends_too(void **state)
{
    world *w = *state;
    const uint8_t *bytes;
    ssize_t len;

    pump(w);
    send_request(w, "/t.T/Stream", QK_VIEW_NONE, true, NULL);
    len = nghttp2_session_mem_send(w->client, &bytes);
    assert_true(len > 20);
    assert_int_equal(qk_rpc_session_feed(w->server, qk_view_of(bytes, 20)), QK_OK);
    qk_rpc_session_shutdown(w->server);
    assert_int_equal(qk_rpc_session_feed(w->server, qk_view_of(bytes + 20, (size_t)len - 20)), QK_OK);
    pump(w);
    assert_true(w->replies[0].closed);
    assert_int_equal(w->gone, w->headers);
    assert_true(qk_rpc_session_finished(w->server));
}

/* ---- patience ---- */

static void a_stream_may_be_silent_and_a_message_may_not(void **state)
{
    world *w = *state;

    open_stream(w);
    assert_null(late(w, 1000 * IDLE_MS));
    send_request(w, "/t.T/Stream", QK_VIEW_LITERAL("\0\0\0\0\3on"), true, NULL);
    pump(w);
    assert_null(late(w, STALL_MS / 2));
    assert_string_equal(late(w, 2 * STALL_MS), "a message does not come to its end");
}

static void what_a_stream_sends_is_read(void **state)
{
    world *w = *state;

    qk_rpc_stream_send(open_stream(w), QK_VIEW_LITERAL("one"));
    assert_null(late(w, STALL_MS / 2));
    assert_string_equal(late(w, 2 * STALL_MS), "messages are not read");
    pump(w);
    assert_null(late(w, 2 * STALL_MS));
}

static void a_stranger_says_what_it_wants(void **state)
{
    world *w = *state;

    send_request(w, "/t.T/Silent", QK_VIEW_NONE, true, NULL);
    pump(w);
    assert_null(late(w, STALL_MS / 2));
    assert_string_equal(late(w, 2 * STALL_MS), "no message comes");
    w->stream->kept = true;
    assert_null(late(w, 1000 * IDLE_MS));
}

/* The clock's time at which a session is older than a moment, and what comes next is not. */
static int64_t a_moment_later(void)
{
    usleep(2 * MOMENT_MS * 1000);
    return qk_clock_monotonic_ms();
}

static void calls_of_anybody_do_not_add_up(void **state)
{
    world *w = *state;
    int64_t now_ms = a_moment_later();

    call(w, "/t.T/Silent", ONE);
    assert_true(w->replies[0].closed);
    assert_string_equal(qk_rpc_session_overdue(w->server, now_ms, MOMENT_MS, IDLE_MS), "there is no call");
}

static void unfinished_headers_do_not_add_up(void **state)
{
    world *w = *state;
    int64_t now_ms = a_moment_later();
    const uint8_t *bytes;
    ssize_t len = 0;

    pump(w);
    send_request(w, "/t.T/Echo", HELLO, false, NULL);
    len = nghttp2_session_mem_send(w->client, &bytes);
    assert_true(len > 20);
    assert_int_equal(qk_rpc_session_feed(w->server, qk_view_of(bytes, 20)), QK_OK);
    assert_string_equal(qk_rpc_session_overdue(w->server, now_ms, MOMENT_MS, IDLE_MS), "there is no call");
    assert_int_equal(qk_rpc_session_feed(w->server, qk_view_of(bytes + 20, (size_t)len - 20)), QK_OK);
    assert_null(qk_rpc_session_overdue(w->server, now_ms, MOMENT_MS, IDLE_MS)); /* it is known, and may come */
    pump(w);
    assert_echo(&w->replies[0], HELLO);
}

static void who_was_served_does_not_make_room(void **state)
{
    world *w = *state;
    int64_t since_ms = qk_rpc_session_idle_since(w->server);

    assert_true(since_ms >= 0);
    send_request(w, "/t.T/Silent", QK_VIEW_NONE, true, NULL);
    pump(w);
    assert_int_equal(qk_rpc_session_idle_since(w->server), since_ms);
    w->stream->kept = true;
    assert_true(qk_rpc_session_idle_since(w->server) < 0);
    w->stream->kept = false;
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_true(qk_rpc_session_idle_since(w->server) < 0);
}

static void calls_of_anybody_earn_no_patience(void **state)
{
    world *w = *state;

    call(w, "/t.T/Anybody", HELLO);
    call(w, "/t.T/Silent", ONE);
    assert_string_equal(late(w, 2 * STALL_MS), "there is no call");
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    assert_null(late(w, 2 * STALL_MS));
}

/* ---- refused later ---- */

static void a_refusal_may_come_later(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf framed = QK_BUF_NONE;
    reply *r;

    put_framed(&framed, 0, 1 << 20);
    r = call(w, "/t.T/Late", qk_buf_view(&framed));
    assert_int_equal(w->held_count, 1);
    assert_int_equal(w->in_use, 0); /* the body was thrown away */
    assert_false(r->closed);
    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    qk_rpc_call_fail(w->held[0], QK_E_RATE, "later");
    w->held_count = 0;
    pump(w);
    assert_failure(r, QK_E_RATE);
    assert_int_equal(qk_rpc_session_open_calls(w->server), 0);
}

static void a_late_refusal_may_find_nobody(void **state)
{
    world *w = *state;

    call(w, "/t.T/Late", HELLO);
    nghttp2_submit_rst_stream(w->client, 0, w->replies[0].id, NGHTTP2_CANCEL);
    call(w, "/t.T/Late", HELLO);
    qk_rpc_call_fail(w->held[0], QK_E_RATE, NULL);
    qk_rpc_session_free(&w->server);
    qk_rpc_call_fail(w->held[1], QK_E_RATE, NULL);
    w->held_count = 0;
}

static void late_refusals_earn_no_patience(void **state)
{
    world *w = *state;

    call(w, "/t.T/Late", HELLO);
    assert_string_equal(late(w, 2 * STALL_MS), "there is no call"); /* while it waits */
    qk_rpc_call_fail(w->held[0], QK_E_NOT_AUTHENTICATED, NULL);
    w->held_count = 0;
    pump(w);
    assert_string_equal(late(w, 2 * STALL_MS), "there is no call");
}

/* ---- the announced end ---- */

static void calls_begun_before_the_end_is_known_are_performed(void **state)
{
    world *w = *state;
    reply *r;

    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    w->hold = true;
    qk_rpc_session_announce_end(w->server);
    qk_rpc_session_announce_end(w->server);
    r = send_request(w, "/t.T/Echo", HELLO, false, NULL);
    pump(w);
    assert_int_equal(w->held_count, 1);
    assert_false(qk_rpc_session_finished(w->server));
    qk_rpc_call_answer(w->held[0], w->held[0]->body);
    w->held_count = 0;
    pump(w);
    assert_echo(r, HELLO);
    assert_int_equal(w->goaway, NGHTTP2_NO_ERROR);
    assert_true(qk_rpc_session_finished(w->server)); /* the peer has answered that it knows */
}

static void who_does_not_listen_is_shut_down_all_the_same(void **state)
{
    world *w = *state;
    QK_OWNED(qk_buf_done) qk_buf unheard = QK_BUF_NONE;

    assert_echo(call(w, "/t.T/Echo", HELLO), HELLO);
    qk_rpc_session_announce_end(w->server);
    assert_int_equal(qk_rpc_session_drain(w->server, DRAIN, &unheard), QK_OK);
    assert_false(qk_rpc_session_finished(w->server));
    qk_rpc_session_shutdown(w->server);
    assert_int_equal(qk_rpc_session_drain(w->server, DRAIN, &unheard), QK_OK);
    assert_true(qk_rpc_session_finished(w->server));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(each_message_is_answered),
        TEST(a_stream_without_messages_ends_well),
        TEST(messages_arrive_in_single_bytes),
        TEST(messages_of_a_stream_may_be_compressed),
        TEST(a_stream_is_sent_to_at_any_time),
        TEST(a_stream_fails_before_or_after_its_messages),
        TEST(broken_messages_end_a_stream),
        TEST(messages_of_streams_need_a_grant),
        TEST(who_does_not_read_loses_the_stream),
        TEST(a_queue_that_never_runs_dry_stays_short),
        TEST(the_peer_may_reset_a_stream_or_leave),
        TEST(streams_end_when_the_session_shuts_down),
        TEST(a_stream_that_begins_meanwhile_ends_too),
        TEST(a_stream_may_be_silent_and_a_message_may_not),
        TEST(what_a_stream_sends_is_read),
        TEST(a_stranger_says_what_it_wants),
        TEST(calls_of_anybody_do_not_add_up),
        TEST(unfinished_headers_do_not_add_up),
        TEST(who_was_served_does_not_make_room),
        TEST(calls_of_anybody_earn_no_patience),
        TEST(a_refusal_may_come_later),
        TEST(a_late_refusal_may_find_nobody),
        TEST(late_refusals_earn_no_patience),
        TEST(calls_begun_before_the_end_is_known_are_performed),
        TEST(who_does_not_listen_is_shut_down_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
