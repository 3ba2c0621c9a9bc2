/* SPDX-License-Identifier: Apache-2.0 */
/* How long a session waits, and how it ends. The clock is the caller's: nothing here waits. */
#include "http/testing.h"

enum { STALL_MS = 1000, IDLE_MS = 5000 };

static const char get[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

static const char *overdue_after(http_owner *owner, int64_t ms)
{
    return qk_http_session_overdue(owner->session, qk_clock_monotonic_ms() + ms, STALL_MS, IDLE_MS);
}

static bool finished(const http_owner *owner)
{
    return qk_http_session_finished(owner->session);
}

static void the_first_request_must_come(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    assert_null(overdue_after(&it, STALL_MS / 2));
    assert_string_equal(overdue_after(&it, STALL_MS + 100), "no request came");
    owner_listen(&it);
    assert_int_equal(it.said.len, 0); /* there is no request that 408 could answer */
    owner_stop(&it);
}

static void a_further_request_has_more_time(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    owner_hear(&it, get);
    owner_hear(&it, "\r\n"); /* begins nothing */
    assert_null(overdue_after(&it, STALL_MS * 2));
    assert_string_equal(overdue_after(&it, IDLE_MS + 100), "idle");
    owner_stop(&it);
}

static void a_session_rests_between_requests_alone(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    assert_true(qk_http_session_idle_since(it.session) >= 0);
    owner_hear(&it, "GET /a HT");
    assert_true(qk_http_session_idle_since(it.session) < 0);
    owner_hear(&it, get + 9);
    (void)owner_said(&it);
    assert_true(qk_http_session_idle_since(it.session) >= 0);
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhell");
    assert_true(qk_http_session_idle_since(it.session) < 0);
    owner_hear(&it, "o");
    (void)owner_said(&it);
    assert_true(qk_http_session_idle_since(it.session) >= 0);
    owner_stop(&it);
}

static void a_head_must_be_whole_in_time(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    owner_hear(&it, get);
    (void)owner_said(&it);
    owner_hear(&it, "GET /a HT");
    assert_null(overdue_after(&it, STALL_MS / 2));
    assert_non_null(overdue_after(&it, STALL_MS + 100));
    owner_listen(&it);
    assert_says(owner_said(&it), "HTTP/1.1 408 Request Timeout\r\n");
    assert_true(finished(&it));
    owner_stop(&it);
}

static void a_body_has_a_second_more_for_each_16_kib(void **state)
{
    const qk_http_limits limits = { .max_body = 100000 };
    static char noise[32 * 1024];
    http_owner it;

    (void)state;
    owner_start_with(&it, &limits);
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\n");
    owner_feed(&it, noise, sizeof noise);
    assert_null(overdue_after(&it, STALL_MS + 1900));
    assert_non_null(overdue_after(&it, STALL_MS + 2100));
    owner_listen(&it);
    assert_says(owner_said(&it), "HTTP/1.1 408 ");
    owner_stop(&it);
}

static void the_rest_of_an_unwanted_body_must_come_too(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    it.refuses_at_headers = true;
    owner_hear(&it, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx");
    assert_null(overdue_after(&it, STALL_MS / 2));
    assert_non_null(overdue_after(&it, STALL_MS + 100));
    owner_listen(&it);
    assert_int_equal(count_of(owner_said(&it), "HTTP/1.1"), 1);
    assert_true(finished(&it));
    owner_stop(&it);
}

static void an_idle_session_ends_at_once(void **state)
{
    http_owner it;

    (void)state;
    owner_start(&it);
    owner_hear(&it, get);
    qk_http_session_shutdown(it.session);
    assert_true(finished(&it));
    owner_stop(&it);
}

static void what_has_begun_is_still_answered(void **state)
{
    http_owner it;
    const char *said;

    (void)state;
    owner_start(&it);
    owner_hear(&it, "GET /a HT");
    qk_http_session_shutdown(it.session);
    assert_false(finished(&it));
    owner_hear(&it, "TP/1.1\r\nHost: x\r\n\r\n");
    owner_hear(&it, get);
    said = owner_said(&it);
    assert_int_equal(count_of(said, "200 OK"), 1);
    assert_says(said, "Connection: close");
    assert_true(finished(&it));
    owner_stop(&it);
}

static void who_sends_no_more_still_gets_answers(void **state)
{
    http_owner it;
    qk_http_exchange *first;

    (void)state;
    owner_start(&it);
    it.waits = true;
    owner_hear(&it, get);
    owner_hear(&it, get);
    owner_hear(&it, "GET /incom");
    qk_http_session_end(it.session);
    owner_listen(&it);
    assert_false(finished(&it) || qk_http_session_wants_input(it.session));
    first = it.waiting;
    it.waits = false;
    owner_answer(&it, first);
    owner_listen(&it);
    assert_int_equal(count_of(owner_said(&it), "HTTP/1.1 200 OK"), 2);
    assert_true(finished(&it));
    owner_stop(&it);
}

/* The peer may still be sending: the connection closes gently. */
static void it_is_known_who_is_cut_short(void **state)
{
    static const struct {
        const char *text;
        bool refuses_at_headers, cut;
    } rows[] = {
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", false, false },
        { "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n", false, true },
        { "GET / HTTP/1.1\r\n\r\n", false, true },
        { "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", false, true },
        { "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\nConnection: close\r\n\r\n", true, true },
        { "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true, false },
    };
    http_owner it;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        owner_start(&it);
        it.refuses_at_headers = rows[i].refuses_at_headers;
        owner_hear(&it, rows[i].text);
        assert_true(finished(&it));
        if (qk_http_session_cuts_short(it.session) != rows[i].cut)
            fail_msg("%s", rows[i].text);
        owner_stop(&it);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_request_must_come),
        cmocka_unit_test(a_further_request_has_more_time),
        cmocka_unit_test(a_session_rests_between_requests_alone),
        cmocka_unit_test(a_head_must_be_whole_in_time),
        cmocka_unit_test(a_body_has_a_second_more_for_each_16_kib),
        cmocka_unit_test(the_rest_of_an_unwanted_body_must_come_too),
        cmocka_unit_test(an_idle_session_ends_at_once),
        cmocka_unit_test(what_has_begun_is_still_answered),
        cmocka_unit_test(who_sends_no_more_still_gets_answers),
        cmocka_unit_test(it_is_known_who_is_cut_short),
    };

    return cmocka_run_group_tests_name("http patience", tests, NULL, NULL);
}
