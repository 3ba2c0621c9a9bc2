/* SPDX-License-Identifier: Apache-2.0 */
/* The reader is strict; what the writer writes, the reader reads. */
#include "crypto/der.h"
#include "crypto/key/pair_testing.h"

static bool takes(const char *hex, uint8_t tag)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex(hex);
    qk_view from = qk_buf_view(&bytes), content;
    bool taken = qk_der_take(&from, tag, &content);

    assert_true(taken || from.len == bytes.len); /* a refusal takes nothing */
    return taken;
}

static void an_element_has_tag_length_and_content(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex("0403aabbcc0500");
    qk_view from = qk_buf_view(&bytes), content;

    (void)state;
    assert_false(qk_der_take(&from, QK_DER_NULL, &content));
    assert_true(qk_der_take(&from, QK_DER_OCTET_STRING, &content));
    assert_hex(content, "aabbcc");
    assert_true(qk_der_take_whole(&from, QK_DER_NULL, &content));
    assert_hex(content, "0500");
    assert_int_equal(from.len, 0);
    assert_false(qk_der_take(&from, QK_DER_NULL, &content));
}

static void lengths_are_definite_and_shortest(void **state)
{
    (void)state;
    assert_true(takes("0401aa", QK_DER_OCTET_STRING));
    assert_false(takes("", QK_DER_OCTET_STRING));
    assert_false(takes("04", QK_DER_OCTET_STRING));
    assert_false(takes("0402aa", QK_DER_OCTET_STRING));     /* content ends early */
    assert_false(takes("048101aa", QK_DER_OCTET_STRING));   /* one byte would do */
    assert_false(takes("04820001aa", QK_DER_OCTET_STRING)); /* leading zero */
    assert_false(takes("04820080"
                       "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                       "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
                       "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000",
                       QK_DER_OCTET_STRING));               /* the same before a length that needs a byte */
    assert_false(takes("0480aa0000", QK_DER_OCTET_STRING)); /* indefinite */
    assert_false(takes("0481", QK_DER_OCTET_STRING));
    assert_false(takes("0484ffffffff", QK_DER_OCTET_STRING));
    assert_false(takes("0485010000000000", QK_DER_OCTET_STRING));
    assert_false(takes("04ff", QK_DER_OCTET_STRING));
}

static void integers_are_shortest_and_not_negative(void **state)
{
    static const struct {
        const char *der, *magnitude; /* NULL: refused */
    } rows[] = {
        { "020100", "" },   { "02017f", "7f" },   { "02020080", "80" }, { "0203010001", "010001" }, { "0200", NULL },
        { "020180", NULL }, { "0202007f", NULL }, { "02020000", NULL }, { "0301aa", NULL },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        QK_OWNED(qk_buf_done) qk_buf bytes = unhex(rows[i].der);
        qk_view from = qk_buf_view(&bytes), magnitude;
        assert_int_equal(qk_der_take_uint(&from, &magnitude), rows[i].magnitude != NULL);
        if (rows[i].magnitude)
            assert_hex(magnitude, rows[i].magnitude);
        else
            assert_int_equal(from.len, bytes.len);
    }
}

static void a_version_is_exactly_the_one_asked_for(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = unhex("020101");
    qk_view from = qk_buf_view(&bytes);

    (void)state;
    assert_false(qk_der_take_small(&from, 0));
    assert_true(qk_der_take_small(&from, 1));
    assert_int_equal(from.len, 0);
}

static void bit_strings_hold_whole_bytes(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf good = unhex("030300aabb"), odd = unhex("030301aabb"), empty = unhex("0300");
    qk_view from = qk_buf_view(&good), content;

    (void)state;
    assert_true(qk_der_take_bits(&from, QK_DER_BIT_STRING, &content));
    assert_hex(content, "aabb");
    from = qk_buf_view(&odd);
    assert_false(qk_der_take_bits(&from, QK_DER_BIT_STRING, &content));
    from = qk_buf_view(&empty);
    assert_false(qk_der_take_bits(&from, QK_DER_BIT_STRING, &content));
}

static void what_is_written_is_read(void **state)
{
    static uint8_t memory[70000], value[66000];
    size_t lengths[] = { 0, 1, 127, 128, 255, 256, 65535, 65536 };

    (void)state;
    memset(value, 0x99, sizeof(value));
    for (size_t i = 0; i < COUNT(lengths); i++) {
        qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));
        qk_view from, content, number = QK_VIEW_NONE, bits;
        qk_der_put_element(&writer, QK_DER_OCTET_STRING, qk_view_of(value, lengths[i]));
        qk_der_put_uint(&writer, qk_view_of("\0\0\x80", 3));
        qk_der_put_small(&writer, 5);
        qk_der_wrap_bits(&writer, QK_DER_BIT_STRING, writer.end);
        qk_der_wrap(&writer, QK_DER_SEQUENCE, writer.end);
        assert_false(writer.failed);
        from = qk_der_written(&writer);
        assert_true(qk_der_take(&from, QK_DER_SEQUENCE, &content) && from.len == 0);
        assert_true(qk_der_take_bits(&content, QK_DER_BIT_STRING, &bits) && content.len == 0);
        assert_true(qk_der_take_small(&bits, 5) && qk_der_take_uint(&bits, &number));
        assert_hex(number, "80");
        assert_true(qk_der_take(&bits, QK_DER_OCTET_STRING, &content) && bits.len == 0);
        assert_bytes(content, qk_view_of(value, lengths[i]));
    }
}

static void a_full_writer_remembers_that_it_failed(void **state)
{
    uint8_t memory[6];
    qk_der_writer writer = qk_der_writer_of(memory, sizeof(memory));

    (void)state;
    qk_der_put_element(&writer, QK_DER_OCTET_STRING, QK_VIEW_LITERAL("abcd"));
    assert_false(writer.failed);
    qk_der_put(&writer, QK_VIEW_LITERAL("x"));
    assert_true(writer.failed);
    qk_der_put(&writer, QK_VIEW_NONE);
    assert_true(writer.failed);
    assert_memory_equal(memory,
                        "\x04\x04"
                        "abcd",
                        6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_element_has_tag_length_and_content),
        cmocka_unit_test(lengths_are_definite_and_shortest),
        cmocka_unit_test(integers_are_shortest_and_not_negative),
        cmocka_unit_test(a_version_is_exactly_the_one_asked_for),
        cmocka_unit_test(bit_strings_hold_whole_bytes),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(a_full_writer_remembers_that_it_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
