/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that is told about the service: capabilities, test logs, status, metrics, the bundle; and who is told. */
#include <jansson.h>
#include <math.h>
#include <zlib.h>

#include "rest/page.h"
#include "rest/rest_fixture.h"
#include "rest/tar.h"

static json_t *document; /* of the last fetch(), freed with the test */

static int free_document(void **state)
{
    json_decref(document);
    document = NULL;
    return fixture_teardown(state);
}

static json_t *parse(const reply *answer)
{
    json_error_t error;

    json_decref(document);
    document = json_loadb(answer->body, answer->len, JSON_REJECT_DUPLICATES, &error);
    if (!document)
        fail_msg("%d %s: %s", answer->status, error.text, answer->body);
    return document;
}

static json_t *fetch(const char *target)
{
    const reply *answer = get(target);

    if (answer->status != 200)
        fail_msg("%s: %d %s", target, answer->status, answer->body);
    assert_string_equal(header(answer, "Content-Type"), "application/json");
    return parse(answer);
}

/* "a.b.0" of a document, as JSON. */
static const char *at(json_t *value, const char *path)
{
    static char texts[4][1024];
    static unsigned next;
    char copy[128], *save = NULL, *text = texts[next++ % 4];

    snprintf(copy, sizeof copy, "%s", path);
    for (char *part = strtok_r(copy, ".", &save); part; part = strtok_r(NULL, ".", &save))
        value = json_is_array(value) ? json_array_get(value, (size_t)atoi(part)) : json_object_get(value, part);
    copy[0] = '\0';
    size_t len = value ? json_dumpb(value, text, 1023, JSON_ENCODE_ANY | JSON_COMPACT) : 0;
    text[len <= 1023 ? len : 0] = '\0';
    return text;
}

/* A run that passed at 2026-11-02 09:14:00.25 UTC, one that missed uniformity before it, and one that missed both. */
static void add_runs(void)
{
    static const qk_sp80022_verdict good = { true, true, 18611, 189, 0.98996, true, 15, 0, 1.0, { 0 }, { 0 } };
    static const qk_sp80022_verdict half = { true, true, 18600, 200, 0.9893, false, 13, 2, 13.0 / 15, { 0 }, { 0 } };
    static const qk_sp80022_verdict bad = { false, false, 9000, 9800, 0.47, false, 1, 14, 1.0 / 15, { 0 }, { 0 } };

    world.runs[0] = (qk_test_run){ "output", 1793610840.25, 100, good, 0.3 };
    world.runs[1] = (qk_test_run){ "quantis0", 1793610600, 100, half, 0.00001 };
    world.runs[2] = (qk_test_run){ "output", 1793610240, 100, bad, 0 };
    world.run_count = 3;
}

/* ---- test logs ---- */

static void a_run_has_all_fields_of_the_log(void **state)
{
    (void)state;
    add_runs();
    parse(get("/api/v1/logs?num=1"));
    assert_int_equal(json_array_size(document), 1);
    assert_string_equal(at(document, "0"),
                        "{\"tests_passed\":true,\"time_of_completion\":1793610840.25,"
                        "\"time_of_completion_string\":\"11/02/2026 09:14\",\"nist_all_passed\":true,"
                        "\"nist_passes\":18611,\"nist_fails\":189,\"nist_success_rate\":0.98995999999999995,"
                        "\"uniformity_all_passed\":true,\"uniformity_passes\":15,\"uniformity_fails\":0,"
                        "\"uniformity_success_rate\":1.0,\"source\":\"output\"}");
    parse(get("/api/v1/logs"));
    assert_int_equal(json_array_size(document), 3);
    assert_string_equal(at(document, "1.source"), "\"quantis0\"");
}

static void simple_logs_have_three_fields(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/logs?num=1&simple=true"), "0"),
                        "{\"tests_passed\":true,\"time_of_completion\":1793610840.25,"
                        "\"time_of_completion_string\":\"11/02/2026 09:14\"}");
    assert_string_equal(at(fetch("/api/v1/failing_logs?simple=true"), "0.tests_passed"), "false");
    assert_int_equal(json_object_size(json_array_get(document, 0)), 3);
}

static void failing_logs_are_strict_unless_told_otherwise(void **state)
{
    (void)state;
    add_runs();
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs")), 1);
    assert_string_equal(at(document, "0.nist_fails"), "9800");
    assert_string_equal(at(document, "0.random"), "");
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs?strict=false")), 2);
    assert_string_equal(at(document, "0.source"), "\"quantis0\"");
    assert_int_equal(json_array_size(fetch("/api/v1/failing_logs?strict=true&num=100")), 1);
}

static void failing_bits_come_from_the_log_alone(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/failing_random?num=1&randsize=10"), "0"),
                        "{\"createdAt\":\"Mon, 02 Nov 2026 09:04:00 GMT\",\"time_of_completion\":1793610240.0,"
                        "\"random\":\"1011000010\"}");
    assert_int_equal(
        strlen(json_string_value(json_object_get(json_array_get(fetch("/api/v1/failing_random"), 0), "random"))), 1024);
    fetch("/api/v1/failing_random?num=1&randsize=5242880");
    assert_int_equal(json_string_length(json_object_get(json_array_get(document, 0), "random")), 5242880);
    assert_string_equal(at(fetch("/api/v1/failing_logs?include_random=true&randsize=4"), "0.random"), "\"1011\"");
    assert_string_equal(at(document, "0.nist_passes"), "9000");
    assert_int_equal(world.drawn, 0);
}

static void bad_parameters_of_the_logs_are_400(void **state)
{
    static const char *const targets[] = {
        "logs?num=0",
        "logs?num=101",
        "logs?num=x",
        "logs?num=1&num=2",
        "logs?simple=yes",
        "logs?simple=TRUE",
        "logs?simple=",
        "failing_logs?num=0",
        "failing_logs?strict=1",
        "failing_logs?include_random=0",
        "failing_logs?strict=false&include_random=true",
        "failing_logs?randsize=8",
        "failing_logs?include_random=true&randsize=0",
        "failing_logs?include_random=true&randsize=5242881",
        "failing_random?randsize=0",
        "failing_random?randsize=5242881",
        "failing_random?num=101",
        "failing_random?num=100&randsize=5242880",
    };
    char target[128];

    (void)state;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        snprintf(target, sizeof target, "/api/v1/%s", targets[i]);
        assert_refused(get(target), 400, "parameter");
    }
    assert_int_equal(get("/api/v1/logs?strict=maybe&randsize=x")->status, 200);
}

static void an_empty_log_is_an_empty_array(void **state)
{
    (void)state;
    assert_string_equal(get("/api/v1/logs")->body, "[]");
    assert_string_equal(get("/api/v1/failing_random")->body, "[]");
}

static void a_log_that_does_not_answer_is_503_a_broken_one_500(void **state)
{
    (void)state;
    world.log_err = QK_E_STORE_BUSY;
    assert_refused(get("/api/v1/logs"), 503, "source_unavailable");
    world.log_err = QK_E_STORE_BROKEN;
    assert_refused(get("/api/v1/failing_random"), 500, "internal");
}

/* ---- capabilities and health ---- */

static void capabilities_name_bounds_types_and_tests(void **state)
{
    (void)state;
    add_runs();
    fetch("/api/v1/capabilities");
    assert_string_equal(at(document, "entropy"),
                        "{\"min_block_size\":1,\"max_block_size\":1024,\"min_block_count\":1,\"max_block_count\":512,"
                        "\"entropy_types\":[\"quantum\",\"mixed\"],\"extensions\":[]}");
    assert_string_equal(at(document, "source_count"), "2");
    assert_string_equal(at(document, "healthtest.source_count"), "2");
    assert_string_equal(at(document, "healthtest.extensions"), "[]");
    assert_string_equal(at(document, "healthtest.test_threshold.0.test_type"), "\"nist_90b\"");
    assert_string_equal(at(document, "healthtest.test_threshold.1"),
                        "{\"test_type\":\"nist_800_22\",\"good\":0.98699999999999999,\"warning\":0.98399999999999999,"
                        "\"error\":0.98099999999999998,\"time_stamp\":\"2026-11-02T09:14:00Z\","
                        "\"report_link\":\"https://qrng.example/api/v1/logs?num=1\"}");
    assert_non_null(fetch("/api/v1/get_capabilities"));
    assert_non_null(fetch("/v1/capabilities"));
}

static void without_a_quantum_source_capabilities_list_mixed_alone(void **state)
{
    (void)state;
    world.types = 1u << QK_ENTROPY_MIXED;
    assert_string_equal(at(fetch("/api/v1/capabilities"), "entropy.entropy_types"), "[\"mixed\"]");
}

static void capabilities_do_not_need_the_log(void **state)
{
    (void)state;
    world.log_err = QK_E_STORE_BUSY;
    assert_int_equal(
        json_array_size(json_object_get(json_object_get(fetch("/v1/capabilities"), "healthtest"), "test_threshold")),
        1);
}

static void links_use_the_configured_address(void **state)
{
    (void)state;
    fixture_new(&(qk_rest_config){ .public_url = "https://entropy.example:9443/" });
    add_runs();
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.1.report_link"),
                        "\"https://entropy.example:9443/api/v1/logs?num=1\"");
}

static void health_tests_tell_the_share_that_passes(void **state)
{
    (void)state;
    add_runs();
    assert_string_equal(at(fetch("/api/v1/healthtest"), "test_result.0.test_result"), "1.0");
    world.sources[1].state = QK_SOURCE_ERROR;
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.0.test_result"), "0.5");
    assert_string_equal(at(document, "test_result.1.time_stamp"), "\"2026-11-02T09:14:00Z\"");
    assert_true(json_real_value(json_object_get(json_array_get(json_object_get(document, "test_result"), 1),
                                                "test_result")) > 0.98);
    world.types = 0;
    world.sources[0].state = QK_SOURCE_FAILED;
    world.state = QK_ENTROPY_FAILED;
    assert_string_equal(at(fetch("/v1/healthtest"), "test_result.0.test_result"), "0.0");
    world.source_count = 0;
    assert_refused(get("/v1/healthtest"), 503, "health_test_failed");
}

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
    answer = ask("GET", "/metrics", "X-API-KEY: metrics\r\n", NULL);
    assert_int_equal(answer->status, 200);
    assert_string_equal(header(answer, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"/api/v1/quantum-entropy\","
                                         "status=\"200\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"/api/v1/quantum-entropy\","
                                         "status=\"400\"} 1\n"));
    assert_non_null(strstr(answer->body, "\nquantoki_http_requests_total{route=\"(none)\",status=\"404\"} 1\n"));
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

/* ---- OpenAPI ---- */

static void the_openapi_document_holds_every_route(void **state)
{
    json_t *paths = json_object_get(fetch("/api/v1/openapi.json"), "paths");

    (void)state;
    assert_string_equal(at(document, "openapi"), "\"3.0.3\"");
    assert_int_equal(json_object_size(paths), qk_rest_route_count);
    for (size_t i = 0; i < qk_rest_route_count; i++) {
        const qk_rest_route *route = &qk_rest_routes[i];
        json_t *method =
            json_object_get(json_object_get(paths, route->path), route->methods & QK_HTTP_GET ? "get" : "post");
        assert_string_equal(json_string_value(json_object_get(method, "summary")), route->summary);
        assert_non_null(json_object_get(json_object_get(method, "responses"), route->produces ? "200" : "204"));
        assert_int_equal(json_array_size(json_object_get(method, "security")), route->access ? 2 : 0);
        assert_true(!route->body == !json_object_get(method, "requestBody"));
        for (const qk_rest_parameter *query = route->query; query && query->name; query++)
            assert_string_equal(
                json_string_value(json_object_get(
                    json_array_get(json_object_get(method, "parameters"), (size_t)(query - route->query)), "name")),
                query->name);
    }
}

static void each_route_is_found_and_answers_one_way(void **state)
{
    char name[64];

    (void)state;
    for (size_t i = 0; i < qk_rest_route_count; i++) {
        const char *path = qk_rest_routes[i].path;
        if (strchr(path, '{'))
            path = "/api/v1/sources/quantis-0.1_a/restart";
        assert_ptr_equal(qk_rest_route_find(path, name), &qk_rest_routes[i]);
        assert_true(!qk_rest_routes[i].make != !qk_rest_routes[i].give);
        assert_true(!(qk_rest_routes[i].methods & QK_HTTP_GET) == !(qk_rest_routes[i].methods & QK_HTTP_HEAD));
    }
    assert_string_equal(name, "quantis-0.1_a");
}

/* ---- the bundle ---- */

static void gunzip(const reply *answer, char *out, size_t room)
{
    z_stream stream = { .next_in = (Bytef *)answer->body,
                        .avail_in = (uInt)answer->len,
                        .next_out = (Bytef *)out,
                        .avail_out = (uInt)room };

    assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
    assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
    assert_int_equal(stream.total_out % 512, 0);
    inflateEnd(&stream);
}

static void the_bundle_is_an_archive_of_documents(void **state)
{
    static char tar[1 << 20];
    const char *at_file = tar;
    const reply *answer;
    unsigned files = 0;

    (void)state;
    add_runs();
    answer = get("/api/v1/logs/bundle");
    assert_int_equal(answer->status, 200);
    assert_string_equal(header(answer, "Content-Type"), "application/gzip");
    assert_int_equal(strncmp(header(answer, "Content-Disposition"), "attachment; filename=\"quantoki-logs-2", 36), 0);
    gunzip(answer, tar, sizeof tar);
    for (; *at_file; files++) {
        size_t len = strtoul(at_file + 124, NULL, 8);
        unsigned sum = 0;
        for (size_t i = 0; i < 512; i++)
            sum += i >= 148 && i < 156 ? ' ' : (uint8_t)at_file[i];
        assert_int_equal(strtoul(at_file + 148, NULL, 8), sum);
        assert_int_equal(strncmp(at_file, "quantoki-logs-2", 15), 0);
        if (strstr(at_file, "/tests.json"))
            assert_non_null(strstr(at_file + 512, "18611"));
        at_file += 512 + (len + 511) / 512 * 512;
    }
    assert_int_equal(files, 3);
}

/* ---- tokens for API keys, and the page ---- */

#define GRANT "grant_type=urn:ibm:params:oauth:grant-type:apikey"

static void an_api_key_is_exchanged_in_both_forms(void **state)
{
    (void)state;
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", GRANT "&apikey=key%20one")), "access_token"),
                        "\"a.b.c\"");
    assert_string_equal(at(document, "expires_in"), "3600");
    assert_string_equal(at(document, "token_type"), "\"Bearer\"");
    assert_false(world.answered_on_loop);
    assert_string_equal(at(parse(ask("POST", "/identity/token?apikey=key+one&" GRANT, "", NULL)), "expiration"),
                        "1800003600");
    assert_int_equal(ask("POST", "/identity/token?" GRANT "&apikey=key+one", "", "")->status, 200);
    assert_int_equal(
        ask("POST", "/identity/token", "", "grant_type=urn%3aibm%3Aparams:oauth:grant-type:apikey&apikey=key+one")
            ->status,
        200);
}

static void refusals_of_the_exchange_have_codes_of_ibm(void **state)
{
    (void)state;
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", GRANT "&apikey=nobody")), "errorCode"),
                        "\"BXNIM0415E\"");
    assert_int_equal(ask("POST", "/identity/token", "", GRANT "&apikey=nobody")->status, 400);
    assert_string_equal(at(parse(ask("POST", "/identity/token", "", "apikey=x")), "errorCode"), "\"BXNIM0109E\"");
    assert_int_equal(ask("POST", "/identity/token", "", "")->status, 400);
    assert_int_equal(ask("POST", "/identity/token", "", "grant_type=password&apikey=key+one")->status, 400);
    assert_int_equal(ask("POST", "/identity/token", "", GRANT "&apikey=%")->status, 400);
    assert_string_equal(at(parse(get("/identity/token")), "errorCode"), "\"METHOD\"");
}

static void the_page_is_served_plain_and_compressed(void **state)
{
    const char *type;
    qk_view plain, small;
    const reply *answer = ask("GET", "/", "", NULL);

    (void)state;
    assert_true(qk_rest_page_find("/", &type, &plain, &small));
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->len, plain.len);
    assert_string_equal(header(answer, "X-Content-Type-Options"), "nosniff");
    assert_non_null(header(answer, "Content-Security-Policy"));
    assert_null(header(answer, "Content-Encoding"));
    answer = ask("GET", "/", "Accept-Encoding: deflate, gzip;q=0.5\r\n", NULL);
    assert_int_equal(answer->len, small.len);
    assert_string_equal(header(answer, "Content-Encoding"), "gzip");
    assert_int_equal(ask("HEAD", "/", "", NULL)->status, 200);
    assert_int_equal(ask("POST", "/", "", "")->status, 405);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, free_document)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_has_all_fields_of_the_log),
        TEST(simple_logs_have_three_fields),
        TEST(failing_logs_are_strict_unless_told_otherwise),
        TEST(failing_bits_come_from_the_log_alone),
        TEST(bad_parameters_of_the_logs_are_400),
        TEST(an_empty_log_is_an_empty_array),
        TEST(a_log_that_does_not_answer_is_503_a_broken_one_500),
        TEST(capabilities_name_bounds_types_and_tests),
        TEST(without_a_quantum_source_capabilities_list_mixed_alone),
        TEST(capabilities_do_not_need_the_log),
        TEST(links_use_the_configured_address),
        TEST(health_tests_tell_the_share_that_passes),
        TEST(the_status_tells_sources_reserve_and_what_was_served),
        TEST(the_status_is_there_also_when_nothing_else_is),
        TEST(the_history_keeps_a_day_and_no_more),
        TEST(a_source_is_restarted_by_an_administrator_alone),
        TEST(metrics_count_requests_and_bytes),
        TEST(metrics_are_well_formed),
        TEST(names_of_tokens_beyond_all_bounds_share_a_series),
        TEST(metrics_follow_their_rule),
        TEST(logs_and_status_are_open_unless_they_need_a_token),
        TEST(the_openapi_document_holds_every_route),
        TEST(each_route_is_found_and_answers_one_way),
        TEST(the_bundle_is_an_archive_of_documents),
        TEST(an_api_key_is_exchanged_in_both_forms),
        TEST(refusals_of_the_exchange_have_codes_of_ibm),
        TEST(the_page_is_served_plain_and_compressed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
