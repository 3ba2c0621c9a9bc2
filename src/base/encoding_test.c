/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoding.h"

#include "base/testing.h"

#define TEXT(literal) QK_VIEW_LITERAL(literal)

static void hexadecimal_goes_both_ways(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
    char text[9];

    (void)state;
    qk_hex_write(TEXT("\x00\x7f\xab\xff"), text);
    assert_string_equal(text, "007fabff");
    assert_qk_ok(qk_hex_read("007FaBfF", &back));
    assert_true(qk_view_equal(qk_buf_view(&back), TEXT("\x00\x7f\xab\xff")));
    assert_qk_ok(qk_hex_read("", &back));
    assert_int_equal(back.len, 4);
}

static void what_is_not_hexadecimal_is_refused_and_nothing_appended(void **state)
{
    static const char *const texts[] = { "0", "abc", "0g", "0x12", "12 3", "12-3", "\xff\xff", "120/", "12:0", "12@0" };
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&back, "kept");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_qk_err(qk_hex_read(texts[i], &back), QK_E_DATA_INVALID);
        assert_string_equal(qk_buf_text(&back), "kept");
    }
}

/* RFC 4648, section 10. */
static const char *const base64_rows[][2] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
};

static void base64_matches_the_standards_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof base64_rows / sizeof base64_rows[0]; i++) {
        QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf url = QK_BUF_NONE;
        char bare[16];

        qk_base64_write(qk_view_text(base64_rows[i][0]), &text);
        assert_string_equal(qk_buf_text(&text), base64_rows[i][1]);
        assert_qk_ok(qk_base64_read(qk_buf_view(&text), &back));
        assert_string_equal(qk_buf_text(&back), base64_rows[i][0]);
        qk_base64url_write(qk_view_text(base64_rows[i][0]), &url);
        snprintf(bare, sizeof bare, "%.*s", (int)strcspn(base64_rows[i][1], "="), base64_rows[i][1]);
        assert_string_equal(qk_buf_text(&url), bare);
    }
}

static void both_alphabets_are_read(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;

    (void)state;
    qk_base64_write(TEXT("\xfb\xff\xfe"), &text);
    assert_string_equal(qk_buf_text(&text), "+//+");
    qk_buf_clear(&text);
    qk_base64url_write(TEXT("\xfb\xff\xfe"), &text);
    assert_string_equal(qk_buf_text(&text), "-__-");
    assert_qk_ok(qk_base64_read(TEXT("+//+"), &back));
    assert_qk_ok(qk_base64_read(TEXT("-__-"), &back));
    assert_true(qk_view_equal(qk_buf_view(&back), TEXT("\xfb\xff\xfe\xfb\xff\xfe")));
}

static void random_bytes_survive_base64(void **state)
{
    uint64_t noise = 17;

    (void)state;
    for (size_t len = 0; len < 100; len++) {
        QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
        QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;
        uint8_t bytes[100];

        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)test_noise(&noise);
        qk_base64url_write(qk_view_of(bytes, len), &text);
        assert_qk_ok(qk_base64_read(qk_buf_view(&text), &back));
        assert_true(qk_view_equal(qk_buf_view(&back), qk_view_of(bytes, len)));
    }
}

static void what_is_not_base64_is_refused_and_nothing_appended(void **state)
{
    static const char *const texts[] = { "A",    "AAAAA", "A===",  "AA===", "====",
                                         "A=AA", "AA A",  "AAA\n", "AA.A",  "\xff\xff" };
    QK_OWNED(qk_buf_done) qk_buf back = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&back, "kept");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        if (qk_base64_read(qk_view_text(texts[i]), &back) != QK_E_DATA_INVALID)
            fail_msg("%s was taken", texts[i]);
        assert_string_equal(qk_buf_text(&back), "kept");
    }
    assert_qk_err(qk_base64_read(qk_view_of("AA\0A", 4), &back), QK_E_DATA_INVALID);
}

static void uuids_go_both_ways(void **state)
{
    static const char text[] = "00112233-4455-6677-8899-aabbccddeeff";
    char back[QK_UUID_TEXT];
    qk_uuid uuid, other;

    (void)state;
    assert_qk_ok(qk_uuid_read(text, &uuid));
    qk_uuid_write(&uuid, back);
    assert_string_equal(back, text);
    assert_qk_ok(qk_uuid_read("00112233-4455-6677-8899-AABBCCDDEEFF", &other));
    assert_true(qk_uuid_equal(&uuid, &other));
    other.bytes[15] ^= 1;
    assert_false(qk_uuid_equal(&uuid, &other));
}

static void malformed_uuids_are_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "00112233-4455-6677-8899-aabbccddeef",
        "00112233-4455-6677-8899-aabbccddeeff0",
        "001122334455-6677-8899-aabb-ccddeeff",
        "00112233445566778899aabbccddeeff",
        "0011223g-4455-6677-8899-aabbccddeeff",
        "{0112233-4455-6677-8899-aabbccddeef}",
        "00112233-4455-6677-8899-aabbccddee-f",
    };
    qk_uuid uuid;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        assert_qk_err(qk_uuid_read(texts[i], &uuid), QK_E_DATA_INVALID);
}

/* RFC 9562, section 5.4: version 4, variant 10. */
static void a_random_uuid_says_its_version_and_variant(void **state)
{
    uint8_t ones[16];
    char text[QK_UUID_TEXT];
    qk_uuid uuid;

    (void)state;
    memset(ones, 0xff, sizeof ones);
    uuid = qk_uuid_from_random(ones);
    qk_uuid_write(&uuid, text);
    assert_string_equal(text, "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(ones, 0, sizeof ones);
    uuid = qk_uuid_from_random(ones);
    qk_uuid_write(&uuid, text);
    assert_string_equal(text, "00000000-0000-4000-8000-000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_goes_both_ways),
        cmocka_unit_test(what_is_not_hexadecimal_is_refused_and_nothing_appended),
        cmocka_unit_test(base64_matches_the_standards_examples),
        cmocka_unit_test(both_alphabets_are_read),
        cmocka_unit_test(random_bytes_survive_base64),
        cmocka_unit_test(what_is_not_base64_is_refused_and_nothing_appended),
        cmocka_unit_test(uuids_go_both_ways),
        cmocka_unit_test(malformed_uuids_are_refused),
        cmocka_unit_test(a_random_uuid_says_its_version_and_variant),
    };
    return cmocka_run_group_tests_name("encoding", tests, NULL, NULL);
}
