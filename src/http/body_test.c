/* SPDX-License-Identifier: Apache-2.0 */
#include "http/body.h"

#include "base/testing.h"

/* Everything in pieces of `piece` bytes; returns what was left over, or -1 for a refusal. */
static long take_all(const qk_http_head *head, const char *text, size_t piece, qk_buf *out_data)
{
    qk_http_body_reader reader;
    qk_http_refusal refusal = { 0 };
    qk_view rest = qk_view_text(text), data;

    qk_http_body_begin(head, &reader);
    qk_buf_done(out_data);
    while (rest.len > 0 && reader.state != QK_HTTP_BODY_END) {
        size_t taken = qk_http_body_take(&reader, qk_view_slice(rest, 0, piece), &data, &refusal);
        if (refusal.status)
            return -1;
        assert_true(taken > 0);
        qk_buf_put(out_data, data);
        rest = qk_view_slice(rest, taken, rest.len);
    }
    return reader.state == QK_HTTP_BODY_END ? (long)rest.len : -2; /* -2: more must come */
}

static void check(bool chunked, size_t length, const char *text, long wanted_rest, const char *wanted)
{
    static qk_http_head head;
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    head = (qk_http_head){ .chunked = chunked, .has_length = !chunked, .length = length };
    for (size_t piece = 1; piece < 20; piece++) {
        long rest = take_all(&head, text, piece, &data);
        if (rest != wanted_rest || (wanted && !qk_view_equal(qk_buf_view(&data), qk_view_text(wanted))))
            fail_msg("%s: %ld, %.*s", text, rest, (int)data.len, (const char *)data.data);
    }
}

static void counted_bytes_are_taken(void **state)
{
    (void)state;
    check(false, 0, "next", 4, "");
    check(false, 5, "12345next", 4, "12345");
    check(false, 5, "1234", -2, "1234");
}

static void chunks_are_put_together(void **state)
{
    (void)state;
    check(true, 0, "0\r\n\r\nnext", 4, "");
    check(true, 0, "5\r\n12345\r\n0\r\n\r\nnext", 4, "12345");
    check(true, 0, "1\r\n1\r\n00A;name=\"v\"\r\n234567890x\r\n000\r\nTrailer: t\r\n\r\nn", 1, "1234567890x");
    check(true, 0, "2\r\n\r\n\r\n0\r\n\r\n", 0, "\r\n");
    check(true, 0, "5\r\n12345\r\n0\r\n", -2, "12345");
}

static void broken_chunks_are_refused(void **state)
{
    static const char *const texts[] = {
        "\r\n",
        "x\r\n",
        "5\n12345\r\n0\r\n\r\n",
        "5\r12345",
        "-1\r\n",
        "+5\r\n",
        " 5\r\n",
        "5 \r\n",
        "0x5\r\n",
        "5,\r\n",
        "5\r\n123456\r\n",
        "5\r\n12345\n0\r\n",
        "5\r\n12345\rX",
        "5\r\n12345 \r\n",
        "1234567890123\r\n",
        "ffffffffffffffff5\r\n",
        "5;a\x01\r\n",
        "5;a\rb\r\n",
        "0\r\nbroken\r\n\r\n",
        "0\r\n folded: x\r\n\r\n",
        "0\r\nX : y\r\n",
        "0\r\nX: a\rb\r\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        check(true, 0, texts[i], -1, NULL);
}

static void framing_is_bounded(void **state)
{
    static char text[80000];
    static qk_http_head head;
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;
    size_t len = 0;

    (void)state;
    head = (qk_http_head){ .chunked = true };
    memset(text, 'a', 300); /* a line of extensions */
    memcpy(text, "5;", 2);
    assert_int_equal(take_all(&head, text, sizeof text, &data), -1);
    for (len = 0; len < 60000;) /* many chunks of little */
        len += (size_t)snprintf(text + len, sizeof text - len, "1;aaaaaaaaaaaa\r\nx\r\n");
    assert_int_equal(take_all(&head, text, sizeof text, &data), -1);
    len = (size_t)snprintf(text, sizeof text, "0\r\n"); /* trailers without end */
    while (len < 60000)
        len += (size_t)snprintf(text + len, sizeof text - len, "X: y\r\n");
    assert_int_equal(take_all(&head, text, sizeof text, &data), -1);
}

static void chunks_of_sixteen_bytes_go_on(void **state)
{
    static char text[80000];
    static qk_http_head head;
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;
    size_t len = 0;

    (void)state;
    head = (qk_http_head){ .chunked = true };
    while (len < 60000)
        len += (size_t)snprintf(text + len, sizeof text - len, "10\r\n0123456789abcdef\r\n");
    snprintf(text + len, sizeof text - len, "0\r\n\r\n");
    assert_int_equal(take_all(&head, text, sizeof text, &data), 0);
    assert_int_equal(data.len % 16, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counted_bytes_are_taken),       cmocka_unit_test(chunks_are_put_together),
        cmocka_unit_test(broken_chunks_are_refused),     cmocka_unit_test(framing_is_bounded),
        cmocka_unit_test(chunks_of_sixteen_bytes_go_on),
    };

    return cmocka_run_group_tests_name("http body", tests, NULL, NULL);
}
