/* SPDX-License-Identifier: Apache-2.0 */
#include "http/testing.h"

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
static const char post[] = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";

static bool finished(const http_owner *owner)
{
    return qk_http_session_finished(owner->session);
}

static void requests_follow_each_other(void **state)
{
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    owner_hear(&it, get);
    said = owner_said(&it);
    assert_int_equal(strncmp(said, "HTTP/1.1 200 OK\r\nDate: ", 23), 0);
    assert_says(said, " GMT\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\n1 /a ");
    assert_null(strstr(said, "Connection:"));
    owner_hear(&it, post);
    assert_says(owner_said(&it), "\r\n\r\n4 /b hello");
    assert_false(finished(&it));
    assert_int_equal(it.requests, 2);
    owner_stop(&it);
}

static void bytes_may_come_one_by_one(void **state)
{
    static const char chunked[] =
        "PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\nde\r\n"
        "0\r\nT: u\r\n\r\n";
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    owner_hear_bytewise(&it, get);
    owner_hear_bytewise(&it, post);
    owner_hear_bytewise(&it, chunked);
    owner_hear_bytewise(&it, get);
    said = owner_said(&it);
    assert_int_equal(count_of(said, "HTTP/1.1 200 OK"), 4);
    assert_says(said, "8 /c abcde");
    owner_stop(&it);
}

static void a_pipeline_is_answered_in_order(void **state)
{
    http_owner it;
    char text[8000] = "";
    const char *said, *at;

    (void)state;
    owner_start(&it);
    for (unsigned i = 0; i < 100; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "GET /%u HTTP/1.1\r\nHost: x\r\n\r\n%s", i,
                 i % 3 ? "" : "\r\n");
    owner_hear(&it, text);
    at = said = owner_said(&it);
    assert_int_equal(count_of(said, "HTTP/1.1 200 OK"), 100);
    for (unsigned i = 0; i < 100; i++) {
        char body[16];
        snprintf(body, sizeof body, "1 /%u ", i);
        at = strstr(at, body);
        assert_non_null(at);
    }
    owner_stop(&it);
}

static void while_an_answer_is_owed_the_next_request_waits(void **state)
{
    http_owner it;
    qk_http_exchange *first;

    (void)state;
    owner_start(&it);
    it.waits = true;
    owner_hear(&it, get);
    first = it.waiting;
    assert_non_null(first);
    owner_hear(&it, post);
    owner_hear_bytewise(&it, get);
    assert_int_equal(it.headers, 1);
    assert_int_equal(it.said.len, 0);
    assert_true(qk_http_session_wants_input(it.session));
    assert_null(qk_http_session_overdue(it.session, INT64_MAX / 2, 1, 1)); /* it is not the peer who is late */
    it.waits = false;
    owner_answer(&it, first);
    owner_listen(&it);
    assert_int_equal(it.headers, 3);
    assert_int_equal(count_of(owner_said(&it), "HTTP/1.1 200 OK"), 3);
    owner_stop(&it);
}

static void who_sends_on_while_an_answer_is_owed_is_not_read(void **state)
{
    http_owner it;
    char noise[1000];
    unsigned fed = 0;

    (void)state;
    owner_start(&it);
    it.waits = true;
    owner_hear(&it, get);
    memset(noise, 'x', sizeof noise);
    while (qk_http_session_wants_input(it.session) && fed++ < 100)
        owner_feed(&it, noise, sizeof noise);
    assert_in_range(fed, 10, 20);
    owner_answer(&it, it.waiting);
    owner_listen(&it);
    assert_says(owner_said(&it), "HTTP/1.1 414 ");
    assert_true(finished(&it));
    owner_stop(&it);
}

static void who_does_not_read_is_not_answered_on(void **state)
{
    http_owner it;
    unsigned fed = 0;

    (void)state;
    owner_start(&it);
    while (qk_http_session_wants_input(it.session) && fed++ < 10000)
        assert_qk_ok(qk_http_session_feed(it.session, qk_view_text(get)));
    assert_in_range(it.requests, 300, 700); /* 64 KiB of answers */
    assert_in_range(fed, it.requests + 400, it.requests + 900);
    owner_listen(&it); /* in turns */
    assert_int_equal(it.requests, fed);
    assert_true(qk_http_session_wants_input(it.session));
    qk_buf_done(&it.said);
    owner_stop(&it);
}

static void an_exchange_may_outlive_its_session(void **state)
{
    http_owner it;
    uint8_t *place;

    (void)state;
    owner_start(&it);
    it.waits = true;
    owner_hear(&it, post);
    qk_http_session_free(&it.session);
    assert_true(qk_view_equal(it.waiting->body, QK_VIEW_LITERAL("hello")));
    assert_true(it.granted > it.released);
    qk_http_answer_header(it.waiting, "X", "y");
    qk_http_answer(it.waiting, 200, "text/plain", QK_VIEW_LITERAL("late"));
    assert_int_equal(it.granted, it.released);
    owner_start(&it);
    it.waits = true;
    owner_hear(&it, post);
    qk_http_session_free(&it.session);
    place = qk_http_answer_begin(it.waiting, 200, "text/plain", 1000);
    assert_null(place);
    owner_stop(&it);
}

static void a_session_may_go_in_the_middle_of_anything(void **state)
{
    http_owner it;

    (void)state;
    for (size_t len = 0; len < sizeof post - 1; len++) {
        owner_start(&it);
        owner_feed(&it, post, len);
        assert_int_equal(it.said.len, 0);
        owner_stop(&it);
    }
}

static void an_expectation_is_met(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    owner_hear(&it, "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n");
    assert_string_equal(owner_said(&it), "HTTP/1.1 100 Continue\r\n\r\n");
    owner_hear(&it, "hello");
    assert_says(owner_said(&it), "4 /b hello");
    owner_hear(&it, "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n");
    assert_null(strstr(owner_said(&it), "100 Continue")); /* there is no body to wait for */
    owner_hear(&it, "POST /b HTTP/1.0\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    assert_int_equal(it.said.len, 0);
    owner_stop(&it);
}

static void refusals_end_the_connection(void **state)
{
    static const struct {
        const char *text;
        const char *line;
    } rows[] = {
        { "GET /\r\n\r\n", "HTTP/1.1 400 Bad Request" },
        { "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request" },
        { "\rGET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 400 Bad Request" },
        { "GET / HTTP/1.1\nHost: x\n\n", "HTTP/1.1 400 Bad Request" },
        { "GET / HTTP/3.0\r\nHost: x\r\n\r\n", "HTTP/1.1 505 HTTP Version Not Supported" },
        { "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", "HTTP/1.1 413 Content Too Large" },
        { "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551621\r\n\r\n", "HTTP/1.1 413 " },
        { "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 501 Not Implemented" },
        { "POST / HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n\r\n", "HTTP/1.1 417 Expectation Failed" },
        { "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "HTTP/1.1 400 Bad Request" },
    };
    http_owner it;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *said;
        owner_start(&it);
        owner_hear(&it, rows[i].text);
        owner_hear(&it, get); /* nothing that follows counts */
        said = owner_said(&it);
        if (strncmp(said, rows[i].line, strlen(rows[i].line)) != 0)
            fail_msg("%s: %s", rows[i].text, said);
        assert_says(said, "Connection: close\r\n\r\n{\"status\":");
        assert_int_equal(count_of(said, "HTTP/1.1"), 1);
        assert_true(finished(&it) && it.requests == 0 && !qk_http_session_wants_input(it.session));
        owner_stop(&it);
    }
}

static void a_chunked_body_is_bounded(void **state)
{
    http_owner it;
    char chunk[600];

    (void)state;
    owner_start(&it);
    owner_hear(&it, "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    snprintf(chunk, sizeof chunk, "1f4\r\n%0500d\r\n", 0);
    owner_hear(&it, chunk);
    owner_hear(&it, chunk);
    assert_int_equal(it.said.len, 0);
    owner_hear(&it, chunk);
    assert_says(owner_said(&it), "HTTP/1.1 413 ");
    assert_true(finished(&it));
    owner_stop(&it);
}

static void long_heads_are_refused(void **state)
{
    http_owner it;
    char noise[5000];

    (void)state;
    memset(noise, 'a', sizeof noise);
    owner_start(&it);
    owner_hear(&it, "GET /");
    owner_feed(&it, noise, 2100);
    assert_says(owner_said(&it), "HTTP/1.1 414 URI Too Long");
    owner_stop(&it);
    owner_start(&it);
    owner_hear(&it, "GET / HTTP/1.1\r\nHost: x\r\nX: ");
    owner_feed(&it, noise, 4100);
    assert_says(owner_said(&it), "HTTP/1.1 431 Request Header Fields Too Large");
    owner_stop(&it);
}

static void without_room_for_a_body_503_is_said(void **state)
{
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    it.has_no_room = true;
    owner_hear(&it, post);
    said = owner_said(&it);
    assert_says(said, "HTTP/1.1 503 Service Unavailable");
    assert_says(said, "Retry-After: ");
    assert_true(finished(&it));
    owner_stop(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_follow_each_other),
        cmocka_unit_test(bytes_may_come_one_by_one),
        cmocka_unit_test(a_pipeline_is_answered_in_order),
        cmocka_unit_test(while_an_answer_is_owed_the_next_request_waits),
        cmocka_unit_test(who_sends_on_while_an_answer_is_owed_is_not_read),
        cmocka_unit_test(who_does_not_read_is_not_answered_on),
        cmocka_unit_test(an_exchange_may_outlive_its_session),
        cmocka_unit_test(a_session_may_go_in_the_middle_of_anything),
        cmocka_unit_test(an_expectation_is_met),
        cmocka_unit_test(refusals_end_the_connection),
        cmocka_unit_test(a_chunked_body_is_bounded),
        cmocka_unit_test(long_heads_are_refused),
        cmocka_unit_test(without_room_for_a_body_503_is_said),
    };

    return cmocka_run_group_tests_name("http session", tests, NULL, NULL);
}
