/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/draw/base64.h"

#include "base/encoding.h"
#include "base/testing.h"

/* Source: RFC 4648, section 10. */
static void the_vectors_of_the_standard_come_out(void **state)
{
    static const char *const vectors[][2] = { { "", "" },
                                              { "f", "Zg==" },
                                              { "fo", "Zm8=" },
                                              { "foo", "Zm9v" },
                                              { "foob", "Zm9vYg==" },
                                              { "fooba", "Zm9vYmE=" },
                                              { "foobar", "Zm9vYmFy" } };

    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        uint8_t out[16];
        size_t len = strlen(vectors[i][0]);
        assert_int_equal(qk_fast_base64((const uint8_t *)vectors[i][0], len, out) - out, qk_fast_base64_len(len));
        assert_memory_equal(out, vectors[i][1], strlen(vectors[i][1]));
    }
}

/* Buffers of exactly the right size, so that a sanitizer sees a byte too many. */
static void every_length_is_as_the_slow_way_has_it(void **state)
{
    uint64_t noise = 4648;

    (void)state;
    for (size_t len = 0; len <= 300; len++) {
        QK_OWNED(qk_buf_done) qk_buf slow = QK_BUF_NONE;
        uint8_t *in = malloc(len + !len), *fast = malloc(qk_fast_base64_len(len) + !len);
        uint8_t *portable = malloc(qk_fast_base64_len(len) + !len);
        for (size_t i = 0; i < len; i++)
            in[i] = (uint8_t)test_noise(&noise);
        qk_base64_write(qk_view_of(in, len), &slow);
        assert_int_equal(qk_fast_base64(in, len, fast) - fast, slow.len);
        assert_int_equal(qk_fast_base64_portable(in, len, portable) - portable, slow.len);
        if (len) {
            assert_memory_equal(fast, slow.data, slow.len);
            assert_memory_equal(portable, slow.data, slow.len);
        }
        free(in);
        free(fast);
        free(portable);
    }
}

/* All 64 characters at all places of a step. */
static void every_character_comes_at_every_place(void **state)
{
    uint8_t in[48], out[64], portable[64];

    (void)state;
    for (unsigned value = 0; value < 256; value++) {
        memset(in, (int)value, sizeof in);
        in[value % sizeof in] = (uint8_t)~value;
        qk_fast_base64(in, sizeof in, out);
        qk_fast_base64_portable(in, sizeof in, portable);
        assert_memory_equal(out, portable, sizeof out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vectors_of_the_standard_come_out),
        cmocka_unit_test(every_length_is_as_the_slow_way_has_it),
        cmocka_unit_test(every_character_comes_at_every_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
