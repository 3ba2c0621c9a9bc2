/* SPDX-License-Identifier: Apache-2.0 */
/* Answers, and how a connection goes on or ends after them. */
#include "http/testing.h"

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

static bool finished(const http_owner *owner)
{
    return qk_http_session_finished(owner->session);
}

/* An exchange whose answer is owed. */
static qk_http_exchange *ask(http_owner *owner, const char *text)
{
    owner_start(owner);
    owner->waits = true;
    owner_hear(owner, text);
    assert_non_null(owner->waiting);
    return owner->waiting;
}

static void headers_are_added_and_cannot_break_out(void **state)
{
    http_owner it;
    qk_http_exchange *exchange = ask(&it, get);
    const char *said;

    (void)state;
    qk_http_answer_header(exchange, "Cache-Control", "no-store");
    qk_http_answer_header(exchange, "X-Host", "a\r\nSet-Cookie: b\n\tc");
    qk_http_answer(exchange, 503, NULL, QK_VIEW_NONE);
    owner_listen(&it);
    said = owner_said(&it);
    assert_says(said, "HTTP/1.1 503 Service Unavailable\r\n");
    assert_says(said, "\r\nContent-Length: 0\r\nCache-Control: no-store\r\nX-Host: a  Set-Cookie: b  c\r\n\r\n");
    assert_null(strstr(said, "Content-Type"));
    owner_stop(&it);
}

static void statuses_without_a_body_have_no_length(void **state)
{
    http_owner it;
    qk_http_exchange *exchange = ask(&it, get);

    (void)state;
    qk_http_answer(exchange, 304, NULL, QK_VIEW_NONE);
    owner_listen(&it);
    assert_null(strstr(owner_said(&it), "Content-Length"));
    assert_false(finished(&it));
    owner_stop(&it);
}

static void answers_are_written_in_place(void **state)
{
    enum { LEN = 200000 };
    http_owner it;
    qk_http_exchange *exchange = ask(&it, get);
    uint8_t *place = qk_http_answer_begin(exchange, 200, "application/octet-stream", LEN);

    (void)state;
    assert_non_null(place);
    memset(place, 'q', LEN);
    qk_http_answer_end(exchange);
    assert_int_equal(it.granted - it.released, LEN); /* a large answer counts */
    owner_listen(&it);
    assert_int_equal(it.granted, it.released);
    assert_true(it.said.len > LEN && it.said.data[it.said.len - 1] == 'q' && it.said.data[it.said.len - LEN] == 'q' &&
                it.said.data[it.said.len - LEN - 1] == '\n');
    qk_buf_done(&it.said);
    owner_stop(&it);
}

static void a_large_answer_beyond_the_budget_becomes_503(void **state)
{
    http_owner it;
    qk_http_exchange *exchange = ask(&it, get);

    (void)state;
    it.has_no_room = true;
    assert_null(qk_http_answer_begin(exchange, 200, "text/plain", 100000));
    owner_listen(&it);
    assert_says(owner_said(&it), "HTTP/1.1 503 ");
    assert_true(finished(&it));
    owner_stop(&it);
}

static void head_gets_headers_alone(void **state)
{
    static const char head[] = "HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n";
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    owner_hear(&it, head);
    owner_hear(&it, get);
    said = owner_said(&it);
    assert_says(said, "Content-Length: 5\r\n\r\nHTTP/1.1 200 OK\r\n");
    assert_int_equal(count_of(said, "/a"), 1);
    owner_hear(&it, "HEAD /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n");
    said = owner_said(&it);
    assert_says(said, "HTTP/1.1 413 ");
    assert_string_equal(strstr(said, "\r\n\r\n"), "\r\n\r\n");
    owner_stop(&it);
}

static void the_connection_ends_when_somebody_wants_it(void **state)
{
    static const struct {
        const char *text;
        bool owner_closes;
        const char *says; /* of the connection; NULL: nothing */
        bool ends;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", false, NULL, false },
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false, "Connection: close", true },
        { "GET / HTTP/1.1\r\nHost: x\r\n\r\n", true, "Connection: close", true },
        { "GET / HTTP/1.0\r\n\r\n", false, "Connection: close", true },
        { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false, "Connection: keep-alive", false },
        { "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true, "Connection: close", true },
    };
    http_owner it;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *said;
        owner_start(&it);
        it.closes = rows[i].owner_closes;
        owner_hear(&it, rows[i].text);
        said = owner_said(&it);
        assert_says(said, "200 OK");
        assert_int_equal(count_of(said, "Connection:"), rows[i].says != NULL);
        if (rows[i].says)
            assert_says(said, rows[i].says);
        assert_int_equal(finished(&it), rows[i].ends);
        owner_stop(&it);
    }
}

static void so_many_requests_and_no_more(void **state)
{
    const qk_http_limits limits = { .max_requests = 2 };
    http_owner it;
    const char *said;

    (void)state;
    owner_start_with(&it, &limits);
    owner_hear(&it, get);
    assert_null(strstr(owner_said(&it), "Connection: close"));
    owner_hear(&it, get);
    owner_hear(&it, get);
    said = owner_said(&it);
    assert_int_equal(count_of(said, "200 OK"), 1);
    assert_says(said, "Connection: close");
    assert_true(finished(&it));
    owner_stop(&it);
}

/* ---- answered at the headers ---- */

static void an_unwanted_body_is_dropped(void **state)
{
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    it.refuses_at_headers = true;
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 30\r\n\r\nGET /smuggled HT");
    said = owner_said(&it);
    assert_says(said, "HTTP/1.1 401 Unauthorized");
    assert_says(said, "WWW-Authenticate: Bearer\r\n");
    it.refuses_at_headers = false;
    owner_hear(&it, "TP/1.1\r\n\r\n....");
    assert_int_equal(it.headers, 1);
    owner_hear_bytewise(&it, "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");
    assert_says(owner_said(&it), "4 /b x");
    assert_false(finished(&it));
    owner_stop(&it);
}

static void an_unwanted_chunked_body_is_dropped_up_to_a_bound(void **state)
{
    http_owner it;
    char chunk[1100];

    (void)state;
    owner_start(&it);
    it.refuses_at_headers = true;
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    snprintf(chunk, sizeof chunk, "400\r\n%01024d\r\n", 0);
    for (unsigned i = 0; i < 64; i++) {
        assert_false(finished(&it));
        owner_hear(&it, chunk);
    }
    owner_hear(&it, chunk);
    assert_true(finished(&it));
    assert_int_equal(count_of(owner_said(&it), "HTTP/1.1"), 1);
    owner_stop(&it);
}

static void a_long_or_doubtful_unwanted_body_ends_the_connection(void **state)
{
    static const char *const texts[] = {
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
        "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
    };
    http_owner it;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        const char *said;
        owner_start(&it);
        it.refuses_at_headers = true;
        owner_hear(&it, texts[i]);
        said = owner_said(&it);
        assert_says(said, "HTTP/1.1 401 ");
        assert_says(said, "Connection: close");
        assert_null(strstr(said, "100 Continue"));
        assert_true(finished(&it));
        owner_stop(&it);
    }
}

static void broken_rest_of_an_unwanted_body_ends_the_connection(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    it.refuses_at_headers = true;
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    owner_hear(&it, "broken\r\n");
    assert_true(finished(&it));
    assert_int_equal(count_of(owner_said(&it), "HTTP/1.1"), 1); /* it had its answer */
    owner_stop(&it);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_added_and_cannot_break_out),
        cmocka_unit_test(statuses_without_a_body_have_no_length),
        cmocka_unit_test(answers_are_written_in_place),
        cmocka_unit_test(a_large_answer_beyond_the_budget_becomes_503),
        cmocka_unit_test(head_gets_headers_alone),
        cmocka_unit_test(the_connection_ends_when_somebody_wants_it),
        cmocka_unit_test(so_many_requests_and_no_more),
        cmocka_unit_test(an_unwanted_body_is_dropped),
        cmocka_unit_test(an_unwanted_chunked_body_is_dropped_up_to_a_bound),
        cmocka_unit_test(a_long_or_doubtful_unwanted_body_ends_the_connection),
        cmocka_unit_test(broken_rest_of_an_unwanted_body_ends_the_connection),
    };

    return cmocka_run_group_tests_name("http answer", tests, NULL, NULL);
}
