/* SPDX-License-Identifier: Apache-2.0 */
/* Admission: who may ask for what, and which of several faults is told. */
#include "rest/rest_fixture.h"

#define ENTROPY "/api/v1/entropy"
#define QUANTUM "/api/v1/quantum-entropy"

static void a_good_token_gets_entropy(void **state)
{
    const reply *answer = get(QUANTUM);

    (void)state;
    assert_int_equal(answer->status, 200);
    assert_string_equal(header(answer, "Cache-Control"), "no-store");
    assert_string_equal(header(answer, "Quantoki-Entropy-Type"), "quantum");
    assert_null(header(answer, "RateLimit-Limit"));
}

static void bearer_in_any_case_and_the_other_header_are_tokens(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", QUANTUM, "authorization: bearer good\r\n", NULL)->status, 200);
    assert_int_equal(ask("GET", QUANTUM, "Authorization: BEARER   good\r\n", NULL)->status, 200);
    assert_int_equal(ask("GET", QUANTUM, "X-API-KEY: good\r\n", NULL)->status, 200);
    assert_int_equal(ask("GET", QUANTUM, "Authorization: Basic eDp5\r\nx-api-key: good\r\n", NULL)->status, 200);
}

static void other_credentials_are_no_token(void **state)
{
    static const char *const headers[] = { "",
                                           "Authorization: Basic Z29vZA==\r\n",
                                           "Authorization: good\r\n",
                                           "Authorization: Bearer \r\n",
                                           "Authorization: Bearer\r\n",
                                           "X-API-KEY: \r\n" };

    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        assert_refused(ask("GET", QUANTUM, headers[i], NULL), 401, "token_missing");
}

static void each_fault_of_a_token_has_its_code(void **state)
{
    (void)state;
    assert_refused(ask("GET", QUANTUM, "Authorization: Bearer nobody\r\n", NULL), 401, "token_invalid");
    assert_refused(ask("GET", QUANTUM, "Authorization: Bearer expired\r\n", NULL), 401, "token_expired");
    assert_refused(ask("GET", QUANTUM, "Authorization: Bearer revoked\r\n", NULL), 401, "token_revoked");
    assert_refused(ask("GET", QUANTUM, "Authorization: Bearer keys\r\n", NULL), 403, "scope_missing");
}

static void a_store_of_tokens_that_is_away_gives_503(void **state)
{
    (void)state;
    assert_refused(ask("GET", QUANTUM, "Authorization: Bearer unknowable\r\n", NULL), 503, "source_unavailable");
}

static void a_token_that_only_the_database_knows_is_looked_up_on_a_pool(void **state)
{
    (void)state;
    world.tokens[0].asks = true;
    assert_int_equal(get(QUANTUM)->status, 200);
    assert_false(world.answered_on_loop);
    assert_int_equal(world.looked_up, 1);
    assert_int_equal(post(ENTROPY, "{\"block_size\":1}")->status, 200);
    assert_refused(post(ENTROPY, "{}"), 400, "parameter");
    world.tokens[0].verdict = QK_TOKEN_REVOKED;
    assert_refused(get(QUANTUM), 401, "token_revoked");
    world.tokens[0].asks = false;
    world.tokens[0].verdict = QK_TOKEN_GOOD;
    assert_int_equal(get(QUANTUM)->status, 200);
    assert_true(world.answered_on_loop);
}

static void a_request_is_counted_once(void **state)
{
    (void)state;
    world.tokens[7].left = 1 << 20;
    ask("POST", ENTROPY, "X-API-KEY: limited\r\n", "{\"block_size\":1}");
    assert_int_equal(world.tokens[7].rate_left, 29);
    world.tokens[7].asks = true;
    ask("POST", ENTROPY, "X-API-KEY: limited\r\n", "{\"block_size\":1}");
    assert_int_equal(world.tokens[7].rate_left, 28);
}

static void the_thirty_first_request_is_too_many(void **state)
{
    const reply *answer;

    (void)state;
    world.tokens[7].left = 1 << 20;
    for (unsigned i = 0; i < 30; i++) {
        answer = ask("GET", QUANTUM, "X-API-KEY: limited\r\n", NULL);
        assert_int_equal(answer->status, 200);
        assert_int_equal(atoi(header(answer, "RateLimit-Remaining")), 29 - i);
    }
    answer = ask("GET", QUANTUM, "X-API-KEY: limited\r\n", NULL);
    assert_refused(answer, 429, "rate_limited");
    assert_string_equal(header(answer, "Retry-After"), "4");
    assert_string_equal(header(answer, "RateLimit-Limit"), "30");
    assert_string_equal(header(answer, "RateLimit-Remaining"), "0");
    assert_string_equal(header(answer, "RateLimit-Reset"), "10");
    assert_non_null(strstr(answer->body, "\"retry_after\":4"));
    assert_int_equal(get(QUANTUM)->status, 200);
}

static void requests_that_are_refused_count_for_the_rate(void **state)
{
    (void)state;
    ask("GET", QUANTUM "?size=0", "X-API-KEY: limited\r\n", NULL);
    assert_int_equal(world.tokens[7].rate_left, 29);
}

static void an_allotment_is_used_up_to_its_last_byte(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", QUANTUM "?size=2", "X-API-KEY: limited\r\n", NULL)->status, 200);
    assert_refused(ask("GET", QUANTUM "?size=2", "X-API-KEY: limited\r\n", NULL), 403, "allotment_used");
    assert_int_equal(ask("GET", QUANTUM "?size=1", "X-API-KEY: limited\r\n", NULL)->status, 200);
    assert_refused(ask("POST", ENTROPY, "X-API-KEY: limited\r\n", "{\"block_size\":1}"), 403, "allotment_used");
}

static void what_is_not_served_costs_no_allotment(void **state)
{
    (void)state;
    world.types = 0;
    world.state = QK_ENTROPY_AWAY;
    assert_refused(ask("GET", QUANTUM "?size=3", "X-API-KEY: limited\r\n", NULL), 503, "source_unavailable");
    assert_refused(ask("GET", QUANTUM "?size=0", "X-API-KEY: limited\r\n", NULL), 400, "parameter");
    assert_int_equal(ask("HEAD", QUANTUM "?size=3", "X-API-KEY: limited\r\n", NULL)->status, 503);
    assert_int_equal(world.tokens[7].left, 3072);
}

static void an_answer_that_finds_no_room_costs_no_allotment(void **state)
{
    (void)state;
    world.full = true;
    world.tokens[7].left = 1 << 20;
    assert_int_equal(ask("GET", QUANTUM "?size=512", "X-API-KEY: limited\r\n", NULL)->status, 503);
    assert_int_equal(world.tokens[7].left, 1 << 20);
    assert_int_equal(qk_counters_served(fixture_rest()->counters), 0);
    assert_int_equal(ask("GET", QUANTUM, "X-API-KEY: limited\r\n", NULL)->status, 200);
    assert_int_equal(world.tokens[7].left, (1 << 20) - 1024);
}

static void paths_that_do_not_exist_are_404(void **state)
{
    static const char *const paths[] = {
        "/api/v1/quantum-entropy/",     "/api", "/api/v1/Entropy", "//", "/v1", "/api/v1/sources//restart",
        "/api/v1/sources/a%2fb/restart"
    };

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_refused(get(paths[i]), 404, "bad_request");
}

static void a_wrong_method_is_told_the_right_ones(void **state)
{
    const reply *answer;

    (void)state;
    answer = ask("POST", QUANTUM, GOOD, "");
    assert_refused(answer, 405, "bad_request");
    assert_string_equal(header(answer, "Allow"), "GET, HEAD");
    assert_refused(ask("PUT", QUANTUM, GOOD, "x"), 405, "bad_request");
    answer = get(ENTROPY);
    assert_refused(answer, 405, "bad_request");
    assert_string_equal(header(answer, "Allow"), "POST");
}

static void head_is_get_without_body_and_without_cost(void **state)
{
    const reply *answer = ask("HEAD", QUANTUM "?size=2", "X-API-KEY: limited\r\n", NULL);

    (void)state;
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->len, 0);
    assert_string_equal(header(answer, "Content-Type"), "application/json");
    assert_string_equal(header(answer, "Content-Length"), "2763");
    assert_int_equal(world.drawn, 0);
    assert_int_equal(world.tokens[7].left, 3072);
    assert_int_equal(world.tokens[7].takes, 0);
    assert_int_equal(ask("HEAD", QUANTUM "?size=4", "X-API-KEY: limited\r\n", NULL)->status, 403);
    assert_int_equal(ask("HEAD", QUANTUM "?size=0", GOOD, NULL)->status, 400);
    assert_int_equal(get(QUANTUM "?size=2")->len, 2763);
}

static void who_is_turned_away_gets_nothing_and_may_come_again(void **state)
{
    static const char *const paths[] = { "/api/v1/status", "/api/v1/logs/bundle", "/v1/capabilities" };

    (void)state;
    world.busy = true;
    world.tokens[0].asks = true;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        assert_refused(get(paths[i]), 503, "source_unavailable");
        assert_string_equal(header(get(paths[i]), "Retry-After"), "1");
    }
    assert_refused(get(QUANTUM), 503, "source_unavailable"); /* its token would have been looked up */
    assert_int_equal(world.drawn, 0);
    assert_int_equal(world.looked_up, 0);
    assert_int_equal(get("/healthz")->status, 200);
    world.busy = false;
    assert_int_equal(get(QUANTUM)->status, 200);
}

/* Each request is wrong in two neighbouring ways; the earlier one is told. */
static void the_first_of_two_faults_is_told(void **state)
{
    (void)state;
    assert_refused(ask("PUT", "/nothing", "", NULL), 404, "bad_request");                      /* path, method */
    assert_refused(ask("PUT", QUANTUM, "", NULL), 405, "bad_request");                         /* method, token */
    assert_refused(ask("GET", QUANTUM, "X-API-KEY: revoked\r\n", NULL), 401, "token_revoked"); /* token, scope: none */
    world.tokens[3].limited = true;                                                            /* scope, rate */
    assert_refused(ask("GET", QUANTUM, "X-API-KEY: keys\r\n", NULL), 403, "scope_missing");
    world.tokens[7].rate_left = 0; /* rate, parameters */
    assert_refused(ask("GET", QUANTUM "?size=0", "X-API-KEY: limited\r\n", NULL), 429, "rate_limited");
    world.tokens[7].rate_left = 9;
    world.tokens[7].left = 0; /* parameters, allotment */
    assert_refused(ask("GET", QUANTUM "?size=0", "X-API-KEY: limited\r\n", NULL), 400, "parameter");
    world.types = 0; /* allotment, supply */
    assert_refused(ask("GET", QUANTUM "?size=1", "X-API-KEY: limited\r\n", NULL), 403, "allotment_used");
}

static void on_an_open_network_entropy_needs_no_token(void **state)
{
    (void)state;
    fixture_new(&(qk_rest_config){ .open = true });
    assert_int_equal(ask("GET", QUANTUM, "", NULL)->status, 200);
    assert_int_equal(ask("GET", QUANTUM, "Authorization: Bearer nobody\r\n", NULL)->status, 200);
    assert_int_equal(ask("POST", ENTROPY, "", "{\"block_size\":4}")->status, 200);
    assert_int_equal(world.verified, 0);
}

static void health_needs_no_token_and_no_source(void **state)
{
    (void)state;
    world.types = 0;
    assert_int_equal(ask("GET", "/healthz", "", NULL)->status, 200);
    assert_true(world.answered_on_loop);
    assert_int_equal(ask("HEAD", "/healthz", "", NULL)->status, 200);
}

static void readiness_needs_a_source_and_the_database(void **state)
{
    (void)state;
    assert_int_equal(ask("GET", "/readyz", "", NULL)->status, 200);
    assert_false(world.answered_on_loop);
    world.database_away = true;
    assert_refused(ask("GET", "/readyz", "", NULL), 503, "source_unavailable");
    world.database_away = false;
    world.types = 0;
    world.state = QK_ENTROPY_STARTING;
    assert_refused(ask("GET", "/readyz", "", NULL), 503, "starting_up");
    world.state = QK_ENTROPY_FAILED;
    assert_refused(ask("GET", "/readyz", "", NULL), 503, "health_test_failed");
}

static void a_body_that_never_comes_leaves_no_token_in_use(void **state)
{
    (void)state;
    send_part("POST /api/v1/entropy HTTP/1.1\r\nHost: x\r\nX-API-KEY: good\r\nContent-Length: 9\r\n\r\n{");
    assert_int_equal(world.verified, 1);
    assert_int_equal(world.tokens[0].uses, 0);
}

/* Memory may forget a token while its body is on the way: then it is not known to be bad. */
static void a_token_forgotten_meanwhile_is_not_called_invalid(void **state)
{
    (void)state;
    world.forgets = true;
    assert_refused(post(ENTROPY, "{\"block_size\":1}"), 503, "source_unavailable");
    assert_int_equal(world.looked_up, 0);
    assert_true(world.answered_on_loop);
    assert_int_equal(post(ENTROPY, "{\"block_size\":1}")->status, 200);
    assert_false(world.answered_on_loop);
}

static void an_error_of_the_session_has_our_shape(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf json = QK_BUF_NONE;

    (void)state;
    qk_rest_refusal(fixture_rest(), 431, "too \"long\"", &json);
    assert_string_equal(qk_buf_text(&json),
                        "{\"error\":{\"status\":431,\"code\":\"bad_request\",\"message\":\"too \\\"long\\\"\"}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_good_token_gets_entropy),
        TEST(bearer_in_any_case_and_the_other_header_are_tokens),
        TEST(other_credentials_are_no_token),
        TEST(each_fault_of_a_token_has_its_code),
        TEST(a_store_of_tokens_that_is_away_gives_503),
        TEST(a_token_that_only_the_database_knows_is_looked_up_on_a_pool),
        TEST(a_request_is_counted_once),
        TEST(the_thirty_first_request_is_too_many),
        TEST(requests_that_are_refused_count_for_the_rate),
        TEST(an_allotment_is_used_up_to_its_last_byte),
        TEST(what_is_not_served_costs_no_allotment),
        TEST(an_answer_that_finds_no_room_costs_no_allotment),
        TEST(paths_that_do_not_exist_are_404),
        TEST(a_wrong_method_is_told_the_right_ones),
        TEST(head_is_get_without_body_and_without_cost),
        TEST(who_is_turned_away_gets_nothing_and_may_come_again),
        TEST(the_first_of_two_faults_is_told),
        TEST(on_an_open_network_entropy_needs_no_token),
        TEST(health_needs_no_token_and_no_source),
        TEST(readiness_needs_a_source_and_the_database),
        TEST(a_body_that_never_comes_leaves_no_token_in_use),
        TEST(a_token_forgotten_meanwhile_is_not_called_invalid),
        TEST(an_error_of_the_session_has_our_shape),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
