/* SPDX-License-Identifier: Apache-2.0 */
/* Entropy: every edge case of the parameters, exact lengths, types, supply. */
#include <jansson.h>

#include "base/encoding.h"
#include "rest/draw/base64.h"
#include "rest/rest_fixture.h"

#define ENTROPY "/api/v1/entropy"
#define QUANTUM "/api/v1/quantum-entropy"
#define RAW     "/api/v1/random/raw"

/* An array of `count` strings of standard base64 that each decode to `len` bytes, all different from one another. */
static void assert_blocks(const reply *answer, const char *member, size_t count, size_t len)
{
    json_t *root = json_loadb(answer->body, answer->len, 0, NULL);
    json_t *array = json_object_get(root, member);
    uint8_t next = (uint8_t)(world.next - count * len);

    assert_int_equal(answer->status, 200);
    assert_int_equal(json_array_size(array), count);
    for (size_t i = 0; i < count; i++) {
        QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
        const char *text = json_string_value(json_array_get(array, i));
        assert_int_equal(strlen(text), qk_fast_base64_len(len));
        assert_qk_ok(qk_base64_read(qk_view_text(text), &bytes));
        assert_int_equal(bytes.len, len);
        for (size_t at = 0; at < len; at++)
            assert_int_equal(bytes.data[at], next++);
    }
    json_decref(root);
}

static void assert_member(const reply *answer, const char *name, const char *as_json)
{
    json_t *root = json_loadb(answer->body, answer->len, 0, NULL);
    char *text = json_dumps(json_object_get(root, name), JSON_ENCODE_ANY | JSON_COMPACT);

    assert_string_equal(text, as_json);
    free(text);
    json_decref(root);
}

static void each_size_gives_that_many_kibibytes(void **state)
{
    (void)state;
    assert_blocks(get(QUANTUM), "random", 1, 1024);
    assert_member(get(QUANTUM), "size", "1");
    assert_blocks(get(QUANTUM "?size=1"), "random", 1, 1024);
    assert_blocks(get(QUANTUM "?size=512"), "random", 512, 1024);
    assert_member(get(QUANTUM "?size=512"), "size", "512");
    assert_blocks(get(QUANTUM "?size=003"), "random", 3, 1024);
    assert_blocks(get(QUANTUM "?other=0&x"), "random", 1, 1024);
    assert_blocks(get(QUANTUM "?"), "random", 1, 1024);
    assert_blocks(get(QUANTUM "?size=%32"), "random", 2, 1024);
    assert_string_equal(header(get(QUANTUM), "Content-Type"), "application/json");
}

static void sizes_that_are_no_small_integer_are_refused(void **state)
{
    static const char *const sizes[] = { "0",        "513",      "-1",   "1.5", "1e2",        "0x10",       "+1",
                                         "%2b1",     "%201",     "1%20", "",    "1234567890", "0000000001", "one",
                                         "1&size=1", "1&size=2", "%",    "%zz", "1,2" };
    char target[128];

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(target, sizeof target, QUANTUM "?size=%s", sizes[i]);
        assert_refused(get(target), 400, "parameter");
    }
    assert_refused(get(QUANTUM "?size"), 400, "parameter");
    assert_int_equal(world.drawn, 0);
}

static void blocks_have_the_number_and_length_asked_for(void **state)
{
    static const size_t cases[][2] = { { 1, 1 },    { 1, 512 },  { 2, 3 },    { 3, 2 },     { 16, 2 },
                                       { 32, 512 }, { 1000, 7 }, { 1024, 1 }, { 1024, 512 } };
    char body[80];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(body, sizeof body, "{\"block_size\":%zu,\"block_count\":%zu}", cases[i][0], cases[i][1]);
        assert_blocks(post(ENTROPY, body), "entropy", cases[i][1], cases[i][0]);
    }
    assert_blocks(post(ENTROPY, "{\"block_size\": 1024}"), "entropy", 1, 1024);
    assert_member(post(ENTROPY, "{\"block_size\": 1024}"), "extensions", "[]");
}

static void all_three_names_serve_blocks(void **state)
{
    (void)state;
    assert_blocks(post("/api/v1/get_entropy", "{\"block_size\":5}"), "entropy", 1, 5);
    assert_blocks(post("/v1/entropy", "{\"block_size\":5}"), "entropy", 1, 5);
}

static const char *const good_bodies[] = {
    "{\"block_size\":16}",
    " {\r\n\t\"block_count\" : 1 , \"block_size\" : 16 } \n",
    "{\"block_size\":16,\"block_count\":1,\"entropy_type\":\"quantum\"}",
    "{\"block_size\":1,\"block_size\":16}",
    "{\"block_size\":16,\"unknown\":[{\"a\":[[[[[1]]]]]},null,1.5,\"\\u0000\"]}",
    "{\"block\\u005fsize\":16}",
    "{\"block_size\":16,\"entropy_type\":\"mi\\u0078ed\"}",
};

static const char *const bad_bodies[] = {
    "",
    " ",
    "block_size=16",
    "{",
    "{}",
    "[]",
    "16",
    "null",
    "\"block_size\"",
    "{\"block_size\":0}",
    "{\"block_size\":1025}",
    "{\"block_size\":-1}",
    "{\"block_size\":1.0}",
    "{\"block_size\":1e2}",
    "{\"block_size\":\"16\"}",
    "{\"block_size\":null}",
    "{\"block_size\":true}",
    "{\"block_size\":[16]}",
    "{\"block_size\":016}",
    "{\"block_size\":+16}",
    "{\"block_size\":99999999999999999999}",
    "{\"block_size\":16,}",
    "{\"block_size\":16}x",
    "{\"block_size\":16}{}",
    "{'block_size':16}",
    "{\"block_size\":16,\"block_count\":0}",
    "{\"block_size\":16,\"block_count\":513}",
    "{\"block_size\":16,\"block_count\":\"1\"}",
    "{\"block_size\":16,\"block_count\":null}",
    "{\"block_count\":1}",
    "{\"block_size\":16,\"entropy_type\":\"other\"}",
    "{\"block_size\":16,\"entropy_type\":\"\"}",
    "{\"block_size\":16,\"entropy_type\":1}",
    "{\"block_size\":16,\"entropy_type\":null}",
    "{\"block_size\":16,\"deep\":[[[[[[[[1]]]]]]]]}",
    "{\"block_size\":16,\"text\":\"\xff\"}",
    "\xef\xbb\xbf{\"block_size\":16}",
};

static void any_json_object_with_good_members_is_understood(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good_bodies / sizeof good_bodies[0]; i++)
        assert_blocks(post(ENTROPY, good_bodies[i]), "entropy", 1, 16);
}

static void bad_bodies_are_400_here_and_422_in_the_open_api(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad_bodies / sizeof bad_bodies[0]; i++) {
        assert_refused(post(ENTROPY, bad_bodies[i]), 400, "parameter");
        assert_refused(post("/api/v1/get_entropy", bad_bodies[i]), 400, "parameter");
        assert_refused(post("/v1/entropy", bad_bodies[i]), 422, "parameter");
    }
    assert_refused(ask("POST", ENTROPY, GOOD, NULL), 400, "parameter");
    assert_int_equal(world.drawn, 0);
}

static void a_body_over_64_kib_is_413(void **state)
{
    static char body[65538];

    (void)state;
    memset(body, ' ', 65537);
    memcpy(body, "{\"block_size\":1}", 16);
    assert_int_equal(post(ENTROPY, body)->status, 413);
    assert_int_equal(world.drawn, 0);
    body[65536] = '\0';
    assert_blocks(post(ENTROPY, body), "entropy", 1, 1);
}

static void any_content_type_will_do_unless_told_otherwise(void **state)
{
    static const char *const types[] = { "", "Content-Type: application/x-www-form-urlencoded\r\n",
                                         "Content-Type: text/plain\r\n", "Content-Type: \r\n" };
    char headers[128];

    (void)state;
    for (unsigned strict = 0; strict < 2; strict++) {
        fixture_new(&(qk_rest_config){ .strict_types = strict });
        for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
            snprintf(headers, sizeof headers, GOOD "%s", types[i]);
            assert_int_equal(ask("POST", ENTROPY, headers, "{\"block_size\":1}")->status, strict ? 415 : 200);
        }
        assert_int_equal(
            ask("POST", ENTROPY, GOOD "Content-Type: Application/JSON; charset=utf-8\r\n", "{\"block_size\":1}")
                ->status,
            200);
        assert_int_equal(ask("GET", QUANTUM, GOOD "Content-Type: application/json\r\n", NULL)->status, 200);
    }
}

static void bytes_come_to_whoever_asks_for_bytes(void **state)
{
    static const char bytes[] = GOOD "Accept: application/octet-stream\r\n";
    const reply *answer = ask("GET", QUANTUM "?size=2", bytes, NULL);

    (void)state;
    assert_string_equal(header(answer, "Content-Type"), "application/octet-stream");
    assert_int_equal(answer->len, 2048);
    for (size_t i = 0; i < answer->len; i++)
        assert_int_equal((uint8_t)answer->body[i], (uint8_t)i);
    assert_int_equal(ask("GET", QUANTUM, GOOD "Accept: text/x, application/octet-stream;q=0.1\r\n", NULL)->len, 1024);
    assert_int_equal(ask("POST", ENTROPY, bytes, "{\"block_size\":3,\"block_count\":5}")->len, 15);
}

static void every_other_accept_means_json(void **state)
{
    static const char *const accepts[] = { "*/*",
                                           "application/*",
                                           "application/json",
                                           "text/html",
                                           "",
                                           "application/json, application/octet-stream",
                                           "application/octet-stream;q=0",
                                           "application/octet-stream ; q=0.000",
                                           "application/octet-streams" };
    char headers[160];

    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof accepts[0]; i++) {
        snprintf(headers, sizeof headers, GOOD "Accept: %s\r\n", accepts[i]);
        assert_string_equal(header(ask("GET", QUANTUM, headers, NULL), "Content-Type"), "application/json");
    }
}

static void raw_gives_up_to_a_mebibyte(void **state)
{
    const reply *answer = get(RAW "?bytes=1048576");

    (void)state;
    assert_int_equal(answer->status, 200);
    assert_int_equal(answer->len, 1048576);
    assert_string_equal(header(answer, "Content-Type"), "application/octet-stream");
    assert_string_equal(header(answer, "Cache-Control"), "no-store");
    assert_int_equal(get(RAW "?bytes=1")->len, 1);
    assert_int_equal(ask("HEAD", RAW "?bytes=1048576", GOOD, NULL)->len, 0);
    assert_refused(get(RAW), 400, "parameter");
    assert_refused(get(RAW "?bytes=0"), 400, "parameter");
    assert_refused(get(RAW "?bytes=1048577"), 400, "parameter");
    assert_refused(get(RAW "?bytes=1&bytes=1"), 400, "parameter");
}

static void the_answer_says_which_entropy_it_holds(void **state)
{
    (void)state;
    assert_string_equal(header(post(ENTROPY, "{\"block_size\":1}"), "Quantoki-Entropy-Type"), "quantum");
    assert_string_equal(header(post(ENTROPY, "{\"block_size\":1,\"entropy_type\":\"mixed\"}"), "Quantoki-Entropy-Type"),
                        "mixed");
    world.dry[QK_ENTROPY_QUANTUM] = true;
    assert_string_equal(header(get(QUANTUM), "Quantoki-Entropy-Type"), "mixed");
    world.types = 1u << QK_ENTROPY_MIXED;
    assert_string_equal(header(get(QUANTUM), "Quantoki-Entropy-Type"), "mixed");
    assert_string_equal(header(ask("HEAD", QUANTUM, GOOD, NULL), "Quantoki-Entropy-Type"), "mixed");
}

static void quantum_that_is_asked_for_and_not_there_is_503(void **state)
{
    static const char body[] = "{\"block_size\":1,\"entropy_type\":\"quantum\"}";

    (void)state;
    world.dry[QK_ENTROPY_QUANTUM] = true;
    assert_refused(post(ENTROPY, body), 503, "source_unavailable");
    world.types = 1u << QK_ENTROPY_MIXED;
    assert_refused(post("/v1/entropy", body), 503, "source_unavailable");
    assert_int_equal(post(ENTROPY, "{\"block_size\":1}")->status, 200);
}

static void without_a_healthy_source_all_paths_are_503_until_one_comes_back(void **state)
{
    static const char *const codes[] = { "source_unavailable", "starting_up", "health_test_failed",
                                         "source_unavailable" };

    (void)state;
    world.types = 0;
    for (unsigned is = QK_ENTROPY_STARTING; is <= QK_ENTROPY_AWAY; is++) {
        world.state = (qk_entropy_state)is;
        assert_refused(get(QUANTUM), 503, codes[is]);
        assert_refused(get(RAW "?bytes=1"), 503, codes[is]);
        assert_refused(post(ENTROPY, "{\"block_size\":1}"), 503, codes[is]);
        assert_refused(post("/v1/entropy", "{\"block_size\":1}"), 503, codes[is]);
        assert_refused(get("/api/v1/capabilities"), 503, codes[is]);
        assert_int_equal(ask("HEAD", QUANTUM, GOOD, NULL)->status, 503);
    }
    world.types = 3;
    assert_int_equal(get(QUANTUM)->status, 200);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_size_gives_that_many_kibibytes),
        TEST(sizes_that_are_no_small_integer_are_refused),
        TEST(blocks_have_the_number_and_length_asked_for),
        TEST(all_three_names_serve_blocks),
        TEST(any_json_object_with_good_members_is_understood),
        TEST(bad_bodies_are_400_here_and_422_in_the_open_api),
        TEST(a_body_over_64_kib_is_413),
        TEST(any_content_type_will_do_unless_told_otherwise),
        TEST(bytes_come_to_whoever_asks_for_bytes),
        TEST(every_other_accept_means_json),
        TEST(raw_gives_up_to_a_mebibyte),
        TEST(the_answer_says_which_entropy_it_holds),
        TEST(quantum_that_is_asked_for_and_not_there_is_503),
        TEST(without_a_healthy_source_all_paths_are_503_until_one_comes_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
