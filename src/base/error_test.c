/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <pthread.h>

#include <quantoki/pkcs11.h>
#include <quantoki/pkcs11-ibm.h>

#include "base/testing.h"

static void every_row_has_a_name_words_and_translations(void **state)
{
    (void)state;
    for (qk_err code = QK_OK + 1; code < QK_ERROR_COUNT; code++) {
        assert_true(qk_err_name(code)[0] != 0);
        assert_true(qk_err_words(code)[0] != 0);
        assert_int_not_equal(qk_err_to_ckr(code), CKR_OK);
        assert_int_not_equal(qk_err_to_grep11(code), CKR_OK);
        assert_in_range(qk_err_to_grpc(code), QK_GRPC_CANCELLED, QK_GRPC_UNAUTHENTICATED);
        assert_in_range(qk_err_to_http(code), 400, 599);
    }
    assert_int_equal(qk_err_to_ckr(QK_OK), CKR_OK);
    assert_int_equal(qk_err_to_grpc(QK_OK), QK_GRPC_OK);
    assert_int_equal(qk_err_to_http(QK_OK), 200);
}

/* The application sees one CK_RV, whether the error crossed the wire (as Grep11Error.Code) or not. */
static void a_code_that_crosses_the_wire_stays_what_it_is_for_applications(void **state)
{
    (void)state;
    for (qk_err code = QK_OK; code < QK_ERROR_COUNT; code++) {
        qk_err back = qk_err_from_grep11(qk_err_to_grep11(code));
        if (qk_err_to_ckr(back) != qk_err_to_ckr(code))
            fail_msg("%s comes back as %s", qk_err_name(code), qk_err_name(back));
        assert_int_equal(qk_err_to_grep11(back), qk_err_to_grep11(code));
    }
    assert_int_equal(qk_err_from_grep11(0x0123456789abcdef), QK_E_GENERAL);
}

static void a_number_that_is_no_code_reads_as_general(void **state)
{
    (void)state;
    assert_string_equal(qk_err_name(QK_ERROR_COUNT), "GENERAL");
    assert_int_equal(qk_err_to_ckr((qk_err)9999), CKR_GENERAL_ERROR);
}

static void a_failure_keeps_words_and_place(void **state)
{
    (void)state;
    assert_int_equal(qk_fail(QK_E_BAD_LENGTH, "ciphertext of %d bytes", 7), QK_E_BAD_LENGTH);
    assert_string_equal(qk_err_words(QK_E_BAD_LENGTH), "ciphertext of 7 bytes");
    assert_int_equal(qk_failure_last()->code, QK_E_BAD_LENGTH);
    assert_non_null(strstr(qk_failure_last()->file, "error_test.c"));
    assert_true(qk_failure_last()->line > 0);
}

static void words_of_another_failure_are_not_taken(void **state)
{
    (void)state;
    qk_fail_at("x.c", 1, QK_E_BAD_LENGTH, "ciphertext of 7 bytes");
    assert_string_equal(qk_err_words(QK_E_NO_SESSION), "no such session");
}

static void context_goes_in_front_and_the_place_stays(void **state)
{
    (void)state;
    qk_fail_at("deep.c", 12, QK_E_BAD_LENGTH, "too short");
    assert_int_equal(qk_fail_context(QK_E_BAD_LENGTH, "blob %d: ", 3), QK_E_BAD_LENGTH);
    assert_int_equal(qk_fail_context(QK_E_BAD_LENGTH, "keystore: "), QK_E_BAD_LENGTH);
    assert_string_equal(qk_err_words(QK_E_BAD_LENGTH), "keystore: blob 3: too short");
    assert_string_equal(qk_failure_last()->file, "deep.c");
    assert_int_equal(qk_failure_last()->line, 12);
}

static void context_of_an_error_without_words_uses_the_tables(void **state)
{
    (void)state;
    qk_fail_at("deep.c", 12, QK_E_BAD_LENGTH, "too short");
    assert_int_equal(qk_fail_context(QK_E_NO_SESSION, "slot 1: "), QK_E_NO_SESSION);
    assert_string_equal(qk_err_words(QK_E_NO_SESSION), "slot 1: no such session");
    assert_null(qk_failure_last()->file);
}

static void the_old_words_may_be_part_of_the_new(void **state)
{
    (void)state;
    qk_fail_at("x.c", 1, QK_E_BAD_LENGTH, "too short");
    qk_fail_at("x.c", 2, QK_E_CONFIG, "key file: %s", qk_err_words(QK_E_BAD_LENGTH));
    assert_string_equal(qk_err_words(QK_E_CONFIG), "key file: too short");
}

static void long_words_are_cut_and_do_no_harm(void **state)
{
    char text[2000];

    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = 0;
    qk_fail_at("x.c", 1, QK_E_CONFIG, "%s", text);
    for (int i = 0; i < 3; i++)
        qk_fail_context_at(QK_E_CONFIG, "%s", text);
    assert_int_equal(strlen(qk_failure_last()->words), sizeof qk_failure_last()->words - 1);
}

static void *fail_elsewhere(void *argument)
{
    qk_fail_at("thread.c", 1, QK_E_CONFIG, "elsewhere");
    return argument;
}

static void each_thread_has_its_own_failure(void **state)
{
    pthread_t thread;

    (void)state;
    qk_fail_at("x.c", 1, QK_E_CONFIG, "here");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, NULL), 0);
    pthread_join(thread, NULL);
    assert_string_equal(qk_err_words(QK_E_CONFIG), "here");
}

static void what_may_pass_later_is_retryable_and_nothing_else(void **state)
{
    static const qk_err yes[] = { QK_E_SERVER_AWAY, QK_E_TIMEOUT, QK_E_STORE_BUSY, QK_E_NO_MEMORY };
    static const qk_err no[] = { QK_OK,           QK_E_BAD_LENGTH,     QK_E_SERVER_UNTRUSTED, QK_E_PIN_INCORRECT,
                                 QK_E_CONFIG,     QK_E_MESSAGE_SIZE,   QK_E_KEY_HANDLE,       QK_E_BLOB_DAMAGED,
                                 QK_E_PIN_LOCKED, QK_E_OBJECT_CONFLICT };

    (void)state;
    for (size_t i = 0; i < sizeof yes / sizeof yes[0]; i++)
        if (!qk_err_retryable(yes[i]))
            fail_msg("%s", qk_err_name(yes[i]));
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (qk_err_retryable(no[i]))
            fail_msg("%s", qk_err_name(no[i]));
}

static qk_err step(qk_err answer, int *count)
{
    (*count)++;
    return answer;
}

static void set_to_nine(int *number)
{
    *number = 9;
}

static int freed;
static void note_free(const int *number)
{
    freed = *number;
}

static qk_err two_steps(qk_err first, int *count)
{
    QK_OWNED(note_free) int owned = 5;

    QK_TRY(step(first, count));
    set_to_nine(&owned);
    return step(QK_OK, count);
}

static void try_passes_the_first_error_on_and_owned_locals_are_freed(void **state)
{
    int count = 0;

    (void)state;
    assert_qk_err(two_steps(QK_E_CONFIG, &count), QK_E_CONFIG);
    assert_int_equal(count, 1);
    assert_int_equal(freed, 5);
    assert_qk_ok(two_steps(QK_OK, &count));
    assert_int_equal(count, 3);
    assert_int_equal(freed, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_has_a_name_words_and_translations),
        cmocka_unit_test(a_code_that_crosses_the_wire_stays_what_it_is_for_applications),
        cmocka_unit_test(a_number_that_is_no_code_reads_as_general),
        cmocka_unit_test(a_failure_keeps_words_and_place),
        cmocka_unit_test(words_of_another_failure_are_not_taken),
        cmocka_unit_test(context_goes_in_front_and_the_place_stays),
        cmocka_unit_test(context_of_an_error_without_words_uses_the_tables),
        cmocka_unit_test(the_old_words_may_be_part_of_the_new),
        cmocka_unit_test(long_words_are_cut_and_do_no_harm),
        cmocka_unit_test(each_thread_has_its_own_failure),
        cmocka_unit_test(what_may_pass_later_is_retryable_and_nothing_else),
        cmocka_unit_test(try_passes_the_first_error_on_and_owned_locals_are_freed),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
