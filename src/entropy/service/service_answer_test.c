/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_answer.h"

#include "base/encoding.h"
#include "base/testing.h"

static qk_err read_small(const char *json, const char *member, size_t count, size_t block_len, uint8_t *out, size_t len)
{
    qk_service_blocks wanted = { member, "size", count, block_len };

    return qk_service_answer_read(qk_view_text(json), &wanted, out, len);
}

static void blocks_are_read_in_order(void **state)
{
    static const uint8_t expected[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 };
    uint8_t out[20];

    (void)state;
    assert_qk_ok(read_small("{\"entropy\":[\"AAECAwQFBgcICQ==\",\"CgsMDQ4PEBESEw==\"],\"extensions\":[]}", "entropy", 2,
                            10, out, 20));
    assert_memory_equal(out, expected, 20);
    memset(out, 0xee, sizeof out);
    assert_qk_ok(read_small(" { \"size\" : 2 ,\r\n\t\"random\" : [ \"AAECAwQFBgcICQ==\" , \"CgsMDQ4PEBESEw==\" ] } ",
                            "random", 2, 10, out, 13));
    assert_memory_equal(out, expected, 13);
    for (size_t i = 13; i < 20; i++)
        assert_int_equal(out[i], 0xee); /* not a byte beyond */
}

static void escapes_that_encoders_write_are_undone(void **state)
{
    uint8_t out[3];

    (void)state;
    assert_qk_ok(read_small("{\"random\":[\"\\u002b\\u002B\\/\\/\"]}", "random", 1, 3, out, 3));
    assert_memory_equal(out, ((const uint8_t[]){ 0xfb, 0xef, 0xff }), 3);
}

static void what_is_not_asked_for_is_stepped_over(void **state)
{
    uint8_t out[3];

    (void)state;
    assert_qk_ok(
        read_small("{\"a\":{\"random\":[\"BBBB\"],\"b\":[1,-2.5e+3,true,false,null,\"]}\\\"\"]},\"random\":[\"AAEC\"],"
                   "\"x\":[[[[{}]]]]}",
                   "random", 1, 3, out, 3));
    assert_memory_equal(out, ((const uint8_t[]){ 0, 1, 2 }), 3);
}

static void all_lengths_of_blocks_come_back(void **state)
{
    uint64_t noise = 7;

    (void)state;
    for (size_t block_len = 1; block_len <= QK_SERVICE_MAX_BLOCK; block_len++) {
        QK_OWNED(qk_buf_done) qk_buf json = QK_BUF_NONE;
        uint8_t block[QK_SERVICE_MAX_BLOCK], out[QK_SERVICE_MAX_BLOCK];
        qk_service_blocks wanted = { "entropy", NULL, 1, block_len };
        for (size_t i = 0; i < block_len; i++)
            block[i] = (uint8_t)test_noise(&noise);
        qk_buf_put_text(&json, "{\"entropy\":[\"");
        qk_base64_write(qk_view_of(block, block_len), &json);
        qk_buf_put_text(&json, "\"]}");
        assert_qk_ok(qk_service_answer_read(qk_buf_view(&json), &wanted, out, block_len));
        assert_memory_equal(out, block, block_len);
    }
}

static void answers_that_do_not_hold_what_was_asked_for_are_refused_whole(void **state)
{
    static const char *const answers[] = {
        "",
        "x",
        "[]",
        "{}",
        "null",
        "{\"random\":[\"AAEC\",\"AwQF\"]",
        "{\"random\":[\"AAEC\",\"AwQF\"]}}",
        "{\"random\":[\"AAEC\",\"AwQF\"]} x",
        "{\"random\":[\"AAEC\"]}",
        "{\"random\":[]}",
        "{\"random\":[\"AAEC\",\"AwQF\",\"BgcI\"]}",
        "{\"random\":[\"AAEC\",\"AwQ=\"]}",
        "{\"random\":[\"AAEC\",\"AwQFAA==\"]}",
        "{\"random\":[\"AAEC\",\"AwQFAwQF\"]}",
        "{\"random\":[\"AAEC\",\"AwQ\"]}",
        "{\"random\":[\"AAEC\",\"Aw-F\"]}",
        "{\"random\":[\"AAEC\",\"Aw F\"]}",
        "{\"random\":[\"AAEC\",\"=wQF\"]}",
        "{\"random\":[\"AAEC\",\"\"]}",
        "{\"random\":[\"AAEC\",5]}",
        "{\"random\":[\"AAEC\",null]}",
        "{\"random\":\"AAECAwQF\"}",
        "{\"random\":{\"0\":\"AAEC\"}}",
        "{\"random\":[\"AAEC\",\"AwQF\"],\"random\":[\"AAEC\",\"AwQF\"]}",
        "{\"random\":[\"AAEC\",\"AwQF\"],\"size\":3}",
        "{\"random\":[\"AAEC\",\"AwQF\"],\"size\":\"2\"}",
        "{\"random\":[\"AAEC\",\"AwQF\"],\"size\":2.0}",
        "{\"random\":[\"AAEC\" \"AwQF\"]}",
        "{\"random\":[\"AAEC\",\"AwQ\\u0\"]}",
        "{\"random\":[\"AAEC\",\"AwQ\\u0141\"]}",
        "{\"random\":[\"AAEC\",\"AwQ\\n\"]}",
        "{\"random\":[\"AAEC\",\"AwQF",
        "{\"random\":[\"AAEC\",\"AwQF\\",
        "{\"entropy\":[\"AAEC\",\"AwQF\"]}",
        "{random:[\"AAEC\",\"AwQF\"]}",
        "{\"random\":[\"AAEC\",\"AwQF\"],}",
        "<html>503</html>",
    };
    uint8_t out[6];

    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
        memset(out, 0xee, sizeof out);
        if (read_small(answers[i], "random", 2, 3, out, 6) != QK_E_PROTOCOL)
            fail_msg("%s was taken", answers[i]);
        assert_true(qk_view_is_zero(qk_view_of(out, 6))); /* nothing of it is used */
    }
    assert_qk_ok(read_small("{\"random\":[\"AAEC\",\"AwQF\"],\"size\":2}", "random", 2, 3, out, 6));
}

static void unused_bits_must_be_zero(void **state)
{
    uint8_t out[2];

    (void)state;
    assert_qk_ok(read_small("{\"r\":[\"AAE=\"]}", "r", 1, 2, out, 2));
    assert_qk_err(read_small("{\"r\":[\"AAF=\"]}", "r", 1, 2, out, 2), QK_E_PROTOCOL);
    assert_qk_err(read_small("{\"r\":[\"AB==\"]}", "r", 1, 1, out, 1), QK_E_PROTOCOL);
}

static void deep_nesting_ends_soon(void **state)
{
    static char deep[100000];
    uint8_t out[3];

    (void)state;
    memset(deep, '[', sizeof deep - 1);
    memcpy(deep, "{\"a\":", 5);
    assert_qk_err(read_small(deep, "random", 1, 3, out, 3), QK_E_PROTOCOL);
    assert_words("deep");
}

static void every_cut_and_many_changes_do_no_harm(void **state)
{
    static const char sample[] = "{\"x\":[{\"y\":-1e9}],\"random\":[\"AAEC\",\"Aw\\/\\u002b\"],\"size\":2}";
    char text[sizeof sample];
    uint64_t noise = 99;
    uint8_t out[6];

    (void)state;
    assert_qk_ok(read_small(sample, "random", 2, 3, out, 6));
    for (size_t len = 0; len + 1 < sizeof sample; len++) {
        qk_service_blocks wanted = { "random", "size", 2, 3 };
        QK_OWNED(qk_buf_done) qk_buf exact = QK_BUF_NONE; /* on the heap, so that tools see reads beyond it */
        qk_buf_put(&exact, qk_view_of(sample, len));
        assert_qk_err(qk_service_answer_read(qk_buf_view(&exact), &wanted, out, 6), QK_E_PROTOCOL);
    }
    for (int i = 0; i < 20000; i++) {
        memcpy(text, sample, sizeof sample);
        for (int k = 0; k < 3; k++)
            text[test_noise(&noise) % (sizeof sample - 1)] = (char)test_noise(&noise);
        text[sizeof sample - 1] = 0;
        (void)!read_small(text, "random", 2, 3, out, 6);
    }
}

static void the_services_words_are_found_and_made_harmless(void **state)
{
    static const struct {
        const char *json, *message;
    } cases[] = {
        { "{\"error\":{\"status\":429,\"code\":\"rate_limited\",\"message\":\"30 requests per 10 seconds\"}}",
          "30 requests per 10 seconds" },
        { "{\"a\":[{\"message\":\"no\"}],\"error\":{\"message\":\"bad\\nline\x1b\xc3\xa9\"}}", "" },
        { "{\"error\":{\"message\":\"a\\\"b\xc3\xa9\"}}", "a\"b" },
        { "{\"error\":{\"message\":5}}", "" },
        { "{\"error\":\"text\"}", "" },
        { "", "" },
        { "oops", "" },
        { "{\"error\":{\"message\":\"cut", "" },
    };
    char message[40];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        qk_service_answer_message(qk_view_text(cases[i].json), message, sizeof message);
        assert_string_equal(message, cases[i].message);
    }
    qk_service_answer_message(qk_view_text(cases[0].json), message, 6);
    assert_string_equal(message, "30 re");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_read_in_order),
        cmocka_unit_test(escapes_that_encoders_write_are_undone),
        cmocka_unit_test(what_is_not_asked_for_is_stepped_over),
        cmocka_unit_test(all_lengths_of_blocks_come_back),
        cmocka_unit_test(answers_that_do_not_hold_what_was_asked_for_are_refused_whole),
        cmocka_unit_test(unused_bits_must_be_zero),
        cmocka_unit_test(deep_nesting_ends_soon),
        cmocka_unit_test(every_cut_and_many_changes_do_no_harm),
        cmocka_unit_test(the_services_words_are_found_and_made_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
