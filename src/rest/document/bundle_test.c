/* SPDX-License-Identifier: Apache-2.0 */
/* The log bundle: what is in it, for whom, and how often it is made. */
#include <unistd.h>
#include <zlib.h>

#include "rest/rest_fixture.h"

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
        TEST(the_bundle_is_an_archive_of_documents),
        TEST(the_log_is_for_tokens_of_scope_metrics_alone),
        TEST(the_bundle_is_made_once_in_ten_seconds),
        TEST(nobody_waits_while_another_thread_makes_the_bundle),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
