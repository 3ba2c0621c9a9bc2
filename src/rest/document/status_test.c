/* SPDX-License-Identifier: Apache-2.0 */
/* Status, history, metrics; and who is told. */
#include "rest/rest_fixture.h"

/* ---- status ---- */

static void the_status_tells_sources_reserve_and_what_was_served(void **state)
{
    (void)state;
    add_runs();
    get("/api/v1/quantum-entropy?size=2");
    world.sources[1].state = QK_SOURCE_FAILED;
    fetch("/api/v1/status");
    assert_string_equal(at(document, "version"), "\"" QK_VERSION "\"");
    assert_string_equal(at(document, "state"), "\"ready\"");
    assert_string_equal(at(document, "sources.0.name"), "\"quantis0\"");
    assert_string_equal(at(document, "sources.0.kind"), "\"quantum\"");
    assert_string_equal(at(document, "sources.0.badge"), "\"Active\"");
    assert_string_equal(at(document, "sources.0.rct"), "{\"cutoff\":7,\"permanent_cutoff\":0,\"failures\":0}");
    assert_string_equal(at(document, "sources.0.messages.0.text"), "\"says \\\"quantis0\\\"\"");
    assert_string_equal(at(document, "sources.0.last_run.uniformity_success_rate"), "0.8666666666666667");
    assert_string_equal(at(document, "sources.1.state"), "\"failed\"");
    assert_string_equal(at(document, "sources.1.badge"), "\"Error\"");
    assert_string_equal(at(document, "sources.1.last_run"), "null");
    assert_string_equal(at(document, "reserve.memory"), "{\"bytes\":1000,\"capacity\":4000}");
    assert_string_equal(at(document, "served"), "{\"quantum_bytes\":2048,\"mixed_bytes\":0,\"requests\":1}");
    assert_string_equal(at(document, "last_run.time"), "\"2026-11-02T09:14:00Z\"");
}

static void the_status_is_there_also_when_nothing_else_is(void **state)
{
    (void)state;
    world.types = 0;
    world.state = QK_ENTROPY_STARTING;
    world.log_err = QK_E_STORE_BUSY;
    assert_string_equal(at(fetch("/api/v1/status"), "state"), "\"starting\"");
    assert_string_equal(at(document, "entropy_types"), "[]");
    assert_string_equal(at(document, "last_run"), "null");
}

static void the_history_keeps_a_day_and_no_more(void **state)
{
    (void)state;
    assert_string_equal(at(fetch("/api/v1/history"), "time"), "[]");
    get("/api/v1/quantum-entropy?size=3");
    qk_rest_sample(fixture_rest());
    qk_rest_sample(fixture_rest());
    assert_string_equal(at(fetch("/api/v1/history"), "served_bytes"), "[3072,0]");
    assert_string_equal(at(document, "requests"), "[1,0]");
    assert_string_equal(at(document, "reserve_bytes"), "[1000,1000]");
    assert_string_equal(at(document, "sources.quantis0"), "[4000000,4000000]");
    assert_string_equal(at(document, "interval_seconds"), "10");
    for (unsigned i = 0; i < QK_HISTORY_POINTS; i++) {
        world.sources[1].bits_per_second = i;
        qk_rest_sample(fixture_rest());
    }
    assert_int_equal(json_array_size(json_object_get(fetch("/api/v1/history"), "time")), QK_HISTORY_POINTS);
    assert_string_equal(at(document, "sources.kernel.0"), "0");
    assert_string_equal(at(document, "sources.kernel.8639"), "8639");
}

static void a_source_is_restarted_by_an_administrator_alone(void **state)
{
    const reply *answer = ask("POST", "/api/v1/sources/kernel/restart", "X-API-KEY: admin\r\n", "");

    (void)state;
    assert_int_equal(answer->status, 204);
    assert_int_equal(answer->len, 0);
    assert_int_equal(world.restarts, 1);
    assert_refused(ask("POST", "/api/v1/sources/none/restart", "X-API-KEY: admin\r\n", ""), 404, "bad_request");
    assert_refused(post("/api/v1/sources/kernel/restart", ""), 403, "scope_missing");
    assert_refused(ask("POST", "/api/v1/sources/kernel/restart", "", ""), 401, "token_missing");
    assert_refused(get("/api/v1/sources/kernel/restart"), 405, "bad_request");
    fixture_new(&(qk_rest_config){ .open = true });
    assert_refused(ask("POST", "/api/v1/sources/kernel/restart", "", ""), 401, "token_missing");
    assert_int_equal(world.restarts, 0);
}

/* ---- metrics ---- */

static void metrics_count_requests_and_bytes(void **state)
{
    const reply *answer;

    (void)state;
    get("/api/v1/quantum-entropy?size=2");
    get("/api/v1/quantum-entropy?size=0");
    get("/nothing");
    ask("POST", "/identity/token", "Content-Length: 70000\r\n", NULL);
    answer = ask("GET", "/metrics", "X-API-KEY: metrics\r\n", NULL);
    assert_int_equal(answer->status, 200);
    assert_string_equal(header(answer, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"/api/v1/quantum-entropy\","
                                         "status=\"200\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"/api/v1/quantum-entropy\","
                                         "status=\"400\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"(none)\",status=\"404\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"(none)\",status=\"413\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_entropy_served_bytes_total{endpoint=\"/api/v1/quantum-entropy\","
                                         "token=\"good\"} 2048\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_entropy_type_bytes_total{type=\"quantum\"} 2048\n"));
    assert_non_null(strstr(answer->body, "{route=\"/api/v1/quantum-entropy\",le=\"+Inf\"} 2\n"));
    assert_non_null(
        strstr(answer->body, "\nquantoki_http_request_seconds_count{route=\"/api/v1/quantum-entropy\"} 2\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_source_state{source=\"kernel\",state=\"active\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_source_bits_per_second{source=\"quantis0\"} 4000000\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_open_connections 5\n"));
}

/* Each line is a comment or `name{labels} number`; each name has its type before its first sample. */
static void metrics_are_well_formed(void **state)
{
    char *save = NULL, *text, name[128];

    (void)state;
    get("/api/v1/quantum-entropy");
    text = strdup(ask("GET", "/metrics", "X-API-KEY: metrics\r\n", NULL)->body);
    assert_int_equal(text[strlen(text) - 1], '\n');
    name[0] = '\0';
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        char *value = strrchr(line, ' '), *end;
        if (sscanf(line, "# TYPE %127s", name) == 1 || line[0] == '#')
            continue;
        assert_non_null(value);
        strtod(value + 1, &end);
        assert_int_equal(*end, '\0');
        assert_int_equal(strncmp(line, name, strlen(name)), 0);
    }
    free(text);
}

static void names_of_tokens_beyond_all_bounds_share_a_series(void **state)
{
    qk_rest_counters *counters;
    uint64_t shared, all = 0;
    char name[64];

    (void)state;
    assert_qk_ok(qk_counters_new(3, &counters));
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 0; i < 2 * QK_COUNTED_NAMES; i++) {
            snprintf(name, sizeof name, "token %u", i);
            qk_counters_bytes(counters, i % 3, name, QK_ENTROPY_MIXED, 2);
        }
    shared = counters->names[QK_COUNTED_NAMES - 1].bytes;
    for (size_t i = 0; i < QK_COUNTED_NAMES; i++)
        all += counters->names[i].bytes;
    assert_int_equal(all, 8 * QK_COUNTED_NAMES);
    assert_int_equal(shared, 4 * (QK_COUNTED_NAMES + 1));
    assert_int_equal(qk_counters_served(counters), all);
    free(counters);
}

/* ---- who is told ---- */

static void metrics_follow_their_rule(void **state)
{
    static const char *const near[] = { "127.0.0.1:1", "127.9.9.9:65535", "::1:4711", "[::1]:4711",
                                        "::ffff:127.0.0.1:80" };
    static const char *const far[] = { "192.0.2.7:1", "1.127.0.0:1", "::1:2:4711", "fe80::1:4711", "12.7.0.0:1", "" };

    (void)state;
    for (int rule = 0; rule < 3; rule++) {
        fixture_new(&(qk_rest_config){ .metrics = rule });
        for (size_t i = 0; i < sizeof near / sizeof near[0]; i++) {
            fixture_set_peer(near[i]);
            assert_int_equal(ask("GET", "/metrics", "", NULL)->status, rule == 1 ? 401 : 200);
        }
        for (size_t i = 0; i < sizeof far / sizeof far[0]; i++) {
            fixture_set_peer(far[i]);
            assert_int_equal(ask("GET", "/metrics", "", NULL)->status, rule == 2 ? 200 : 401);
        }
        assert_int_equal(ask("GET", "/metrics", "X-API-KEY: metrics\r\n", NULL)->status, 200);
        assert_int_equal(ask("GET", "/metrics", GOOD, NULL)->status, rule == 2 ? 200 : 403);
    }
}

static void logs_and_status_are_open_unless_they_need_a_token(void **state)
{
    static const char *const paths[] = { "/api/v1/logs",   "/api/v1/failing_logs", "/api/v1/failing_random",
                                         "/api/v1/status", "/api/v1/history",      "/api/v1/logs/bundle" };

    (void)state;
    for (int rule = 0; rule < 2; rule++) {
        fixture_new(&(qk_rest_config){ .logs = rule });
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
            assert_int_equal(ask("GET", paths[i], "", NULL)->status, rule ? 401 : 200);
            assert_int_equal(ask("GET", paths[i], "X-API-KEY: metrics\r\n", NULL)->status, 200);
            assert_int_equal(ask("GET", paths[i], GOOD, NULL)->status, rule ? 403 : 200);
            assert_false(world.answered_on_loop && !rule);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_status_tells_sources_reserve_and_what_was_served),
        TEST(the_status_is_there_also_when_nothing_else_is),
        TEST(the_history_keeps_a_day_and_no_more),
        TEST(a_source_is_restarted_by_an_administrator_alone),
        TEST(metrics_count_requests_and_bytes),
        TEST(metrics_are_well_formed),
        TEST(names_of_tokens_beyond_all_bounds_share_a_series),
        TEST(metrics_follow_their_rule),
        TEST(logs_and_status_are_open_unless_they_need_a_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
