/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/text.h"

#include "base/testing.h"

static const char *json(const char *text)
{
    static qk_buf out;

    qk_buf_clear(&out);
    qk_seed_put_json(&out, text);
    return qk_buf_text(&out);
}

static const char *label(const char *text)
{
    static qk_buf out;

    qk_buf_clear(&out);
    qk_seed_put_label(&out, text);
    return qk_buf_text(&out);
}

static void plain_words_are_shown_as_they_are(void **state)
{
    (void)state;
    assert_string_equal(qk_seed_shown("signing-hsm/A1"), "signing-hsm/A1");
    assert_string_equal(qk_seed_shown("two words"), "\"two words\"");
    assert_string_equal(qk_seed_shown("a=b"), "\"a=b\"");
    assert_string_equal(qk_seed_shown(""), "\"\"");
    assert_string_equal(qk_seed_quoted("word"), "\"word\"");
}

static void nothing_in_a_name_ends_a_quote_or_a_line(void **state)
{
    (void)state;
    assert_string_equal(qk_seed_shown("a\"b\\c\nd\x7f"), "\"a\\\"b\\\\c?d?\"");
    assert_string_equal(qk_seed_shown("x\xc2\x85y\xe2\x80\xa8z"), "\"x?y?z\""); /* line ends of Unicode */
    assert_string_equal(qk_seed_shown("gr\xc3\xbcn"), "\"gr\xc3\xbcn\"");
    assert_string_equal(json("a\"b\\c\nd\x01"), "a\\\"b\\\\c\\u000ad\\u0001");
    assert_string_equal(json("x\xe2\x80\xa8"), "x\\u2028");
    assert_string_equal(label("a\"b\\c\nd\x01\r"), "a\\\"b\\\\c\\nd\xef\xbf\xbd\xef\xbf\xbd");
}

static void what_is_no_utf8_is_replaced(void **state)
{
    static const char *const broken[] = { "\xff",     "\x80",         "\xc3",         "\xc0\xaf",
                                          "\xe2\x82", "\xed\xa0\x80", "\xf0\x82\x82", "\xf5\x80\x80\x80" };

    (void)state;
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_ptr_equal(strstr(json(broken[i]), "\xef\xbf\xbd"), json(broken[i]));
        assert_ptr_equal(strstr(label(broken[i]), "\xef\xbf\xbd"), label(broken[i]));
        assert_null(strpbrk(qk_seed_shown(broken[i]), "\xff\x80\xc3\xc0\xe2\xed\xf0\xf5"));
    }
    assert_string_equal(json("\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
    assert_string_equal(json("\xc3(z"), "\xef\xbf\xbd(z"); /* what follows is not lost */
}

static void a_long_text_is_cut_inside_its_quotes(void **state)
{
    char text[2000];
    size_t len;

    (void)state;
    memset(text, '"', sizeof text);
    text[sizeof text - 1] = 0;
    len = strlen(qk_seed_quoted(text));
    assert_in_range(len, 200, 319);
    assert_string_equal(qk_seed_quoted(text) + len - 4, "...\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_words_are_shown_as_they_are),
        cmocka_unit_test(nothing_in_a_name_ends_a_quote_or_a_line),
        cmocka_unit_test(what_is_no_utf8_is_replaced),
        cmocka_unit_test(a_long_text_is_cut_inside_its_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
