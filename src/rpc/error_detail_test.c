/* SPDX-License-Identifier: Apache-2.0 */
#include "rpc/error_detail.h"

#include <stdlib.h>

#include "base/encoding.h"
#include "rpc/message.h"

#include "errors.pb-c.h"
#include "status.pb-c.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static int start(void **state)
{
    qk_arena *arena = malloc(sizeof *arena);

    qk_arena_init(arena, 0);
    *state = arena;
    return 0;
}

static int stop(void **state)
{
    qk_arena_done(*state);
    free(*state);
    return 0;
}

static bool grep11_is_unique(qk_err code)
{
    for (qk_err other = QK_OK + 1; other < QK_ERROR_COUNT; other++)
        if (other != code && qk_err_to_grep11(other) == qk_err_to_grep11(code))
            return false;
    return true;
}

static void every_row_keeps_its_return_value_over_the_wire(void **state)
{
    unsigned unique = 0;

    for (qk_err code = QK_OK + 1; code < QK_ERROR_COUNT; code++) {
        qk_error_trailers trailers;
        qk_err back;

        assert_int_equal(qk_error_detail_write(code, NULL, *state, &trailers), QK_OK);
        back = qk_error_detail_read(&trailers, *state);
        assert_int_equal(qk_err_to_grep11(back), qk_err_to_grep11(code));
        if (!grep11_is_unique(code))
            continue;
        unique++;
        assert_int_equal(back, code);
        assert_int_equal(qk_err_to_ckr(back), qk_err_to_ckr(code));
    }
    assert_true(unique > 80);
}

static void the_status_tells_rows_of_one_code_apart(void **state)
{
    static const qk_err codes[] = { QK_E_NOT_AUTHENTICATED, QK_E_NOT_AUTHORIZED, QK_E_DEVICE,
                                    QK_E_STORE_BUSY,        QK_E_GENERAL,        QK_E_CONFIG };
    qk_error_trailers trailers;

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        assert_int_equal(qk_error_detail_write(codes[i], NULL, *state, &trailers), QK_OK);
        assert_int_equal(qk_error_detail_read(&trailers, *state), codes[i]);
    }
}

static void words_travel(void **state)
{
    qk_error_trailers trailers;

    assert_int_equal(qk_error_detail_write(QK_E_KEY_SIZE, "100 % of 7 bits, ünd \xe2\x82\xac", *state, &trailers),
                     QK_OK);
    assert_true(qk_view_equal(trailers.status, QK_VIEW_LITERAL("3")));
    assert_true(qk_view_equal(trailers.message, QK_VIEW_LITERAL("100 %25 of 7 bits, %C3%BCnd %E2%82%AC")));
    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_KEY_SIZE);
    assert_string_equal(qk_err_words(QK_E_KEY_SIZE), "100 % of 7 bits, ünd \xe2\x82\xac");
}

static void another_calls_words_do_not_leak(void **state)
{
    qk_error_trailers trailers;

    qk_fail_at(__FILE__, __LINE__, QK_E_KEY_SIZE, "somebody else's key has 7 bits");
    assert_int_equal(qk_error_detail_write(QK_E_KEY_SIZE, NULL, *state, &trailers), QK_OK);
    assert_true(qk_view_equal(trailers.message, QK_VIEW_LITERAL("key size out of range")));
}

static void words_become_clean_utf8(void **state)
{
    qk_error_trailers trailers;

    assert_int_equal(
        qk_error_detail_write(QK_E_CONFIG, "a\xff\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe2\x82z\n", *state, &trailers),
        QK_OK);
    assert_true(qk_view_equal(trailers.message, QK_VIEW_LITERAL("a????????????z?")));
}

static void long_words_are_cut(void **state)
{
    qk_error_trailers trailers;
    char words[5000];

    memset(words, 'w', sizeof words - 1);
    words[sizeof words - 1] = 0;
    assert_int_equal(qk_error_detail_write(QK_E_CONFIG, words, *state, &trailers), QK_OK);
    assert_true(trailers.message.len < 400);
}

static Quantoki__Rpc__Status *read_details(qk_view base64, qk_arena *arena)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    void *status;

    assert_int_equal(qk_base64_read(base64, &bytes), QK_OK);
    assert_int_equal(qk_message_read(&quantoki__rpc__status__descriptor, qk_buf_view(&bytes), arena, &status), QK_OK);
    return status;
}

static void there_is_exactly_one_detail_of_the_right_type(void **state)
{
    qk_error_trailers trailers;
    Quantoki__Rpc__Status *status;
    Grep11__Grep11Error *detail;

    assert_int_equal(qk_error_detail_write(QK_E_STORE_BUSY, "busy", *state, &trailers), QK_OK);
    status = read_details(trailers.details, *state);
    assert_int_equal(status->code, 14);
    assert_string_equal(status->message, "busy");
    assert_int_equal(status->n_details, 1);
    assert_string_equal(status->details[0]->type_url, "type.googleapis.com/grep11.Grep11Error");
    assert_int_equal(qk_message_read(&grep11__grep11_error__descriptor, qk_message_view(status->details[0]->value),
                                     *state, (void **)&detail),
                     QK_OK);
    assert_int_equal(detail->code, qk_err_to_grep11(QK_E_STORE_BUSY));
    assert_string_equal(detail->detail, "busy");
    assert_true(detail->retry);
}

static void an_answer_without_our_detail_is_judged_by_its_status(void **state)
{
    qk_error_trailers trailers = { .status = QK_VIEW_LITERAL("14"), .message = QK_VIEW_LITERAL("no%20backend %zz%4") };

    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_SERVER_AWAY);
    assert_non_null(strstr(qk_err_words(QK_E_SERVER_AWAY), "no backend %zz%4"));
    trailers.details = QK_VIEW_LITERAL("this is not base64!");
    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_SERVER_AWAY);
    trailers.details = QK_VIEW_LITERAL("AAAA");
    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_SERVER_AWAY);
    trailers.status = QK_VIEW_LITERAL("99");
    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_GENERAL);
}

static void a_code_no_row_has_is_a_general_error(void **state)
{
    qk_error_trailers trailers;
    Grep11__Grep11Error detail;
    Quantoki__Rpc__Any any, *details[] = { &any };
    Quantoki__Rpc__Status status;
    QK_OWNED(qk_buf_done) qk_buf base64 = QK_BUF_NONE;
    qk_view bytes;

    /* The ...__INIT macros cast away const, which clang reports. */
    grep11__grep11_error__init(&detail);
    quantoki__rpc__any__init(&any);
    quantoki__rpc__status__init(&status);
    detail.code = 0x7fffffff12345678;
    assert_int_equal(qk_message_write(&detail.base, 0, *state, &bytes), QK_OK);
    any.type_url = (char *)(uintptr_t) "x/grep11.Grep11Error";
    any.value = qk_message_bytes(bytes);
    status.n_details = 1;
    status.details = details;
    assert_int_equal(qk_message_write(&status.base, 0, *state, &bytes), QK_OK);
    qk_base64_write(bytes, &base64);
    trailers = (qk_error_trailers){ .status = QK_VIEW_LITERAL("2"), .details = qk_buf_view(&base64) };
    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_GENERAL);
}

static void success_is_success_and_garbage_is_not(void **state)
{
    static const char *const bad[] = { "", "-1", "1x", "1000", " 0" };
    qk_error_trailers trailers = { .status = QK_VIEW_LITERAL("0") };

    assert_int_equal(qk_error_detail_read(&trailers, *state), QK_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        trailers.status = qk_view_text(bad[i]);
        assert_int_equal(qk_error_detail_read(&trailers, *state), QK_E_PROTOCOL);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(every_row_keeps_its_return_value_over_the_wire),
        TEST(the_status_tells_rows_of_one_code_apart),
        TEST(words_travel),
        TEST(another_calls_words_do_not_leak),
        TEST(words_become_clean_utf8),
        TEST(long_words_are_cut),
        TEST(there_is_exactly_one_detail_of_the_right_type),
        TEST(an_answer_without_our_detail_is_judged_by_its_status),
        TEST(a_code_no_row_has_is_a_general_error),
        TEST(success_is_success_and_garbage_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
