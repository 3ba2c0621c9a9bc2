/* SPDX-License-Identifier: Apache-2.0 */
/* Status, history, metrics, the bundle; and who is told. */
#include <unistd.h>
#include <zlib.h>

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

/* The end of a file's path in the archive, and what it has; NULL: not there. */
static const char *unpack(const reply *answer, const char *name, unsigned *out_files)
{
    static char tar[1 << 20];
    const char *at_file = tar, *found = NULL;

    assert_int_equal(answer->status, 200);
    memset(tar, 0, sizeof tar);
    gunzip(answer, tar, sizeof tar);
    for (*out_files = 0; *at_file; ++*out_files) {
        size_t len = strtoul(at_file + 124, NULL, 8);
        unsigned sum = 0;
        for (size_t i = 0; i < 512; i++)
            sum += i >= 148 && i < 156 ? ' ' : (uint8_t)at_file[i];
        assert_int_equal(strtoul(at_file + 148, NULL, 8), sum);
        assert_int_equal(strncmp(at_file, "quantoki-logs-2", 15), 0);
        if (strcmp(strchr(at_file, '/') + 1, name) == 0)
            found = at_file + 512;
        at_file += 512 + (len + 511) / 512 * 512;
    }
    return found;
}

static void the_bundle_is_an_archive_of_documents(void **state)
{
    const reply *answer;
    const char *tests;
    unsigned files;

    (void)state;
    add_runs();
    answer = get("/api/v1/logs/bundle");
    assert_string_equal(header(answer, "Content-Type"), "application/gzip");
    assert_int_equal(strncmp(header(answer, "Content-Disposition"), "attachment; filename=\"quantoki-logs-2", 36), 0);
    tests = unpack(answer, "tests.json", &files);
    assert_non_null(tests);
    assert_non_null(strstr(tests, "18611"));
    assert_int_equal(files, 4);
}

static void the_log_is_for_tokens_of_scope_metrics_alone(void **state)
{
    static const char *const others[] = {
        "", GOOD, "X-API-KEY: expired\r\n", "X-API-KEY: unknowable\r\n", "X-API-KEY: nobody\r\n", "X-API-KEY: admin\r\n"
    };
    char path[] = "/tmp/quantoki-log-XXXXXX";
    const char *log;
    unsigned files;
    int fd = mkstemp(path);

    (void)state;
    assert_int_equal(write(fd, "op=login identity=alice\n", 24), 24);
    close(fd);
    fixture_rest()->host.log_path = path;
    for (int known = 0; known < 2; known++) {
        world.tokens[2].asks = !known;
        log = unpack(ask("GET", "/api/v1/logs/bundle", "X-API-KEY: metrics\r\n", NULL), "quantokid.log", &files);
        assert_non_null(log);
        assert_int_equal(strncmp(log, "op=login identity=alice\n", 24), 0);
        for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
            assert_null(unpack(ask("GET", "/api/v1/logs/bundle", others[i], NULL), "quantokid.log", &files));
            log = unpack(ask("GET", "/api/v1/logs/bundle", others[i], NULL), "README.txt", &files);
            assert_non_null(log);
            assert_non_null(strstr(log, "scope metrics"));
        }
    }
    unlink(path);
}

/* Bytes of the bundle: they differ if it was made again, since the world has changed. */
static size_t bundle_len(const char *headers)
{
    const reply *answer = ask("GET", "/api/v1/logs/bundle", headers, NULL);

    assert_int_equal(answer->status, 200);
    return answer->len;
}

static void the_bundle_is_made_once_in_ten_seconds(void **state)
{
    size_t plain = bundle_len(""), with_log = bundle_len("X-API-KEY: metrics\r\n");

    (void)state;
    add_runs();
    assert_int_equal(bundle_len(""), plain);
    assert_int_equal(bundle_len("X-API-KEY: metrics\r\n"), with_log);
    fixture_rest()->bundles[0].made_ms -= 10000;
    assert_true(bundle_len("") > plain);
    assert_int_equal(bundle_len("X-API-KEY: metrics\r\n"), with_log);
}

static void nobody_waits_while_another_thread_makes_the_bundle(void **state)
{
    (void)state;
    fixture_rest()->bundles[0].making = true;
    assert_refused(ask("GET", "/api/v1/logs/bundle", "", NULL), 503, "source_unavailable");
    assert_true(bundle_len("X-API-KEY: metrics\r\n") > 0);
    fixture_rest()->bundles[0].making = false;
    assert_true(bundle_len("") > 0);
    fixture_rest()->bundles[0].making = true; /* the one that was made is given as long as it is fresh */
    assert_true(bundle_len("") > 0);
    fixture_rest()->bundles[0].making = false;
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
        TEST(the_bundle_is_an_archive_of_documents),
        TEST(the_log_is_for_tokens_of_scope_metrics_alone),
        TEST(the_bundle_is_made_once_in_ten_seconds),
        TEST(nobody_waits_while_another_thread_makes_the_bundle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
