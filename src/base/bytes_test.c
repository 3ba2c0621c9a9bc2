/* SPDX-License-Identifier: Apache-2.0 */
/* Memory runs out where the test says: malloc comes through here (--wrap). */
#include "base/bytes.h"

#include "base/testing.h"

static bool no_memory;

void *__real_malloc(size_t len);
void *__wrap_malloc(size_t len);
void *__wrap_malloc(size_t len)
{
    return no_memory ? NULL : __real_malloc(len);
}

#define TEXT(literal) QK_VIEW_LITERAL(literal)

static void a_slice_never_leaves_the_view(void **state)
{
    qk_view view = TEXT("0123456789");

    (void)state;
    assert_true(qk_view_equal(qk_view_slice(view, 2, 3), TEXT("234")));
    assert_true(qk_view_equal(qk_view_slice(view, 8, 3), TEXT("89")));
    assert_true(qk_view_equal(qk_view_slice(view, 9, SIZE_MAX), TEXT("9")));
    assert_int_equal(qk_view_slice(view, 10, 1).len, 0);
    assert_int_equal(qk_view_slice(view, SIZE_MAX, SIZE_MAX).len, 0);
    assert_int_equal(qk_view_slice(QK_VIEW_NONE, 0, 1).len, 0);
}

static void views_compare_by_content(void **state)
{
    (void)state;
    assert_true(qk_view_equal(TEXT("ab"), qk_view_text("ab")));
    assert_false(qk_view_equal(TEXT("ab"), TEXT("abc")));
    assert_false(qk_view_equal(TEXT("ab"), TEXT("aB")));
    assert_true(qk_view_equal(QK_VIEW_NONE, TEXT("")));
    assert_int_equal(qk_view_text(NULL).len, 0);
    assert_true(qk_view_is_zero(qk_view_of("\0\0\0", 3)));
    assert_false(qk_view_is_zero(qk_view_of("\0\0\1", 3)));
    assert_true(qk_view_is_zero(QK_VIEW_NONE));
}

static void integers_are_big_endian_and_read_back(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;
    qk_reader reader;

    (void)state;
    qk_buf_put_u8(&buf, 0x01);
    qk_buf_put_u16(&buf, 0x0203);
    qk_buf_put_u32(&buf, 0x04050607);
    qk_buf_put_u64(&buf, 0x08090a0b0c0d0e0f);
    qk_buf_put_counted(&buf, TEXT("xyz"));
    assert_qk_ok(qk_buf_check(&buf));
    assert_memory_equal(buf.data, "\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\0\0\0\3xyz", 22);
    reader = qk_reader_of(qk_buf_view(&buf));
    assert_int_equal(qk_read_u8(&reader), 0x01);
    assert_int_equal(qk_read_u16(&reader), 0x0203);
    assert_int_equal(qk_read_u32(&reader), 0x04050607);
    assert_int_equal(qk_read_u64(&reader), 0x08090a0b0c0d0e0f);
    assert_false(qk_reader_ended(&reader));
    assert_true(qk_view_equal(qk_read_counted(&reader), TEXT("xyz")));
    assert_true(qk_reader_ended(&reader));
}

static void a_reader_past_the_end_remembers_it(void **state)
{
    qk_reader reader = qk_reader_of(TEXT("\1\2\3"));

    (void)state;
    assert_int_equal(qk_read_u32(&reader), 0);
    assert_true(reader.failed);
    assert_int_equal(qk_read_u8(&reader), 0);
    assert_null(qk_read(&reader, 0).data);
    assert_false(qk_reader_ended(&reader));
}

static void a_count_larger_than_the_rest_fails(void **state)
{
    qk_reader large = qk_reader_of(TEXT("\377\377\377\377abc")), by_one = qk_reader_of(TEXT("\0\0\0\4abc"));

    (void)state;
    assert_int_equal(qk_read_counted(&large).len, 0);
    assert_true(large.failed);
    assert_int_equal(qk_read_counted(&by_one).len, 0);
    assert_true(by_one.failed);
}

static void a_buffer_grows_and_keeps_what_it_has(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    for (int i = 0; i < 10000; i++)
        qk_buf_put_u8(&buf, (uint8_t)i);
    qk_buf_put(&buf, QK_VIEW_NONE);
    assert_qk_ok(qk_buf_check(&buf));
    assert_int_equal(buf.len, 10000);
    for (int i = 0; i < 10000; i++)
        assert_int_equal(buf.data[i], (uint8_t)i);
}

static void text_is_terminated_and_not_counted(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    assert_string_equal(qk_buf_text(&buf), "");
    qk_buf_put_text(&buf, "a");
    qk_buf_printf(&buf, "%d-%s", 12, "b");
    assert_string_equal(qk_buf_text(&buf), "a12-b");
    assert_int_equal(buf.len, 5);
    qk_buf_printf(&buf, "%200d", 7);
    assert_int_equal(buf.len, 205);
    qk_buf_clear(&buf);
    assert_string_equal(qk_buf_text(&buf), "");
}

static void room_for_nothing_is_a_place_too(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    assert_non_null(qk_buf_grow(&buf, 0));
    assert_int_equal(buf.len, 0);
}

static void clearing_wipes(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&buf, "secret");
    qk_buf_clear(&buf);
    assert_true(qk_view_is_zero(qk_view_of(buf.data, 6)));
    assert_int_equal(buf.len, 0);
}

static void giving_moves_the_content(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf from = QK_BUF_NONE;
    QK_OWNED(qk_buf_done) qk_buf to = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&from, "new");
    qk_buf_put_text(&to, "old");
    qk_buf_give(&from, &to);
    assert_string_equal(qk_buf_text(&to), "new");
    assert_null(from.data);
}

static void a_failed_write_is_remembered_until_the_check(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&buf, "kept");
    no_memory = true;
    assert_null(qk_buf_grow(&buf, 1000));
    no_memory = false;
    qk_buf_put_text(&buf, "more");
    qk_buf_printf(&buf, "%s", "more");
    assert_null(qk_buf_text(&buf));
    assert_int_equal(buf.len, 4);
    assert_qk_err(qk_buf_check(&buf), QK_E_NO_MEMORY);
    qk_buf_clear(&buf);
    assert_qk_ok(qk_buf_check(&buf));
}

static void absurd_lengths_fail(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf buf = QK_BUF_NONE;

    (void)state;
    qk_buf_put_text(&buf, "x");
    assert_null(qk_buf_grow(&buf, SIZE_MAX));
    assert_qk_err(qk_buf_check(&buf), QK_E_NO_MEMORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slice_never_leaves_the_view),
        cmocka_unit_test(views_compare_by_content),
        cmocka_unit_test(integers_are_big_endian_and_read_back),
        cmocka_unit_test(a_reader_past_the_end_remembers_it),
        cmocka_unit_test(a_count_larger_than_the_rest_fails),
        cmocka_unit_test(a_buffer_grows_and_keeps_what_it_has),
        cmocka_unit_test(text_is_terminated_and_not_counted),
        cmocka_unit_test(room_for_nothing_is_a_place_too),
        cmocka_unit_test(clearing_wipes),
        cmocka_unit_test(giving_moves_the_content),
        cmocka_unit_test(a_failed_write_is_remembered_until_the_check),
        cmocka_unit_test(absurd_lengths_fail),
    };
    return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
