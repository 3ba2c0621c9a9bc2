/* SPDX-License-Identifier: Apache-2.0 */
/* Suffixes are in order, and have in common what is said: checked from the definition. */
#include "statistics/min_entropy/suffix_array.h"

#include "base/testing.h"

static size_t common_of(qk_view text, int32_t a, int32_t b)
{
    size_t common = 0;

    while ((size_t)a + common < text.len && (size_t)b + common < text.len &&
           text.data[(size_t)a + common] == text.data[(size_t)b + common])
        common++;
    return common;
}

static bool less(qk_view text, int32_t a, int32_t b)
{
    size_t common = common_of(text, a, b);

    if ((size_t)a + common == text.len || (size_t)b + common == text.len)
        return a > b;
    return text.data[(size_t)a + common] < text.data[(size_t)b + common];
}

static void assert_sorted(qk_view text)
{
    QK_OWNED(qk_suffixes_done) qk_suffixes suffixes = { 0 };

    assert_qk_ok(qk_suffixes_init(&suffixes, text));
    assert_int_equal(suffixes.n, text.len);
    assert_int_equal(suffixes.common[0], 0);
    for (size_t i = 1; i < text.len; i++) {
        assert_true(less(text, suffixes.order[i - 1], suffixes.order[i]));
        assert_int_equal(suffixes.common[i], common_of(text, suffixes.order[i - 1], suffixes.order[i]));
    }
}

static void known_words(void **state)
{
    (void)state;
    assert_sorted(QK_VIEW_LITERAL("banana"));
    assert_sorted(QK_VIEW_LITERAL("mississippi"));
    assert_sorted(QK_VIEW_LITERAL("abracadabra"));
    assert_sorted(QK_VIEW_LITERAL("a"));
    assert_sorted(QK_VIEW_LITERAL("zyx"));
    assert_sorted(QK_VIEW_LITERAL("\0\377\0\377"));
}

static void random_texts_of_all_alphabets(void **state)
{
    uint64_t noise = 17;
    uint8_t text[700];

    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        size_t len = 1 + test_noise(&noise) % sizeof text;
        unsigned k = 1 + (unsigned)(test_noise(&noise) % (round % 2 ? 3 : 256));

        for (size_t i = 0; i < len; i++)
            text[i] = (uint8_t)((test_noise(&noise) >> 16) % k);
        assert_sorted(qk_view_of(text, len));
    }
}

static void periodic_texts(void **state)
{
    uint64_t noise = 19;
    uint8_t text[600];

    (void)state;
    for (size_t period = 1; period < 40; period++) {
        for (size_t i = 0; i < sizeof text; i++)
            text[i] = i < period ? (uint8_t)(test_noise(&noise) >> 16) : text[i - period];
        assert_sorted(qk_view_of(text, sizeof text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_words),
        cmocka_unit_test(random_texts_of_all_alphabets),
        cmocka_unit_test(periodic_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
