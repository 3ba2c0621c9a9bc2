/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/sessions.h"

#include "base/testing.h"

static void what_was_opened_is_known_until_it_is_closed(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *sessions = NULL;

    (void)state;
    assert_int_equal(qk_sessions_new(&sessions), QK_OK);
    assert_false(qk_sessions_has(sessions, 1));
    assert_int_equal(qk_sessions_add(sessions, 1, 0), QK_OK);
    assert_int_equal(qk_sessions_add(sessions, 0, 0), QK_OK);
    assert_true(qk_sessions_has(sessions, 1));
    assert_true(qk_sessions_has(sessions, 0));
    qk_sessions_remove(sessions, 1, qk_sessions_now());
    qk_sessions_remove(sessions, 1, qk_sessions_now());
    assert_false(qk_sessions_has(sessions, 1));
    assert_true(qk_sessions_has(sessions, 0));
}

static void all_sessions_of_a_slot_go_together(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *sessions = NULL;

    (void)state;
    assert_int_equal(qk_sessions_new(&sessions), QK_OK);
    for (CK_SESSION_HANDLE handle = 1; handle <= 1000; handle++)
        assert_int_equal(qk_sessions_add(sessions, handle, handle % 3), QK_OK);
    qk_sessions_remove_slot(sessions, 1, qk_sessions_now());
    for (CK_SESSION_HANDLE handle = 1; handle <= 1000; handle++)
        assert_int_equal(qk_sessions_has(sessions, handle), handle % 3 != 1);
}

static void opening_and_closing_for_ever_needs_no_more_room(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *sessions = NULL;

    (void)state;
    assert_int_equal(qk_sessions_new(&sessions), QK_OK);
    assert_int_equal(qk_sessions_add(sessions, 7, 7), QK_OK);
    for (CK_SESSION_HANDLE handle = 100; handle < 100000; handle++) {
        assert_int_equal(qk_sessions_add(sessions, handle, 1), QK_OK);
        assert_true(qk_sessions_has(sessions, handle));
        qk_sessions_remove(sessions, handle, qk_sessions_now());
        assert_false(qk_sessions_has(sessions, handle));
    }
    assert_true(qk_sessions_has(sessions, 7));
}

static void a_handle_given_out_again_survives_the_closing_of_its_former_session(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *sessions = NULL;
    uint64_t asked;

    (void)state;
    assert_int_equal(qk_sessions_new(&sessions), QK_OK);
    assert_int_equal(qk_sessions_add(sessions, 1, 5), QK_OK);
    asked = qk_sessions_now();
    assert_int_equal(qk_sessions_add(sessions, 1, 6), QK_OK); /* another thread's, while the first one closes */
    qk_sessions_remove(sessions, 1, asked);
    assert_true(qk_sessions_has(sessions, 1));
    qk_sessions_remove_slot(sessions, 6, asked);
    assert_true(qk_sessions_has(sessions, 1));
    qk_sessions_remove_slot(sessions, 5, qk_sessions_now()); /* it is of slot 6 now */
    assert_true(qk_sessions_has(sessions, 1));
    qk_sessions_remove(sessions, 1, qk_sessions_now());
    assert_false(qk_sessions_has(sessions, 1));
}

static void a_slot_loses_what_was_open_when_the_base_was_asked(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *sessions = NULL;
    uint64_t asked;

    (void)state;
    assert_int_equal(qk_sessions_new(&sessions), QK_OK);
    for (CK_SESSION_HANDLE handle = 0; handle < 100; handle++)
        assert_int_equal(qk_sessions_add(sessions, handle, 1), QK_OK);
    asked = qk_sessions_now();
    for (CK_SESSION_HANDLE handle = 50; handle < 150; handle++)
        assert_int_equal(qk_sessions_add(sessions, handle, 1), QK_OK);
    qk_sessions_remove_slot(sessions, 1, asked);
    for (CK_SESSION_HANDLE handle = 0; handle < 150; handle++)
        assert_int_equal(qk_sessions_has(sessions, handle), handle >= 50);
}

static void time_goes_on_from_table_to_table(void **state)
{
    QK_OWNED(qk_sessions_free) qk_sessions *before = NULL, *after = NULL;
    uint64_t asked;

    (void)state;
    assert_int_equal(qk_sessions_new(&before), QK_OK);
    assert_int_equal(qk_sessions_add(before, 1, 0), QK_OK);
    asked = qk_sessions_now();
    qk_sessions_free(&before);
    assert_int_equal(qk_sessions_new(&after), QK_OK);
    assert_int_equal(qk_sessions_add(after, 1, 0), QK_OK);
    qk_sessions_remove(after, 1, asked);
    assert_true(qk_sessions_has(after, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_opened_is_known_until_it_is_closed),
        cmocka_unit_test(all_sessions_of_a_slot_go_together),
        cmocka_unit_test(opening_and_closing_for_ever_needs_no_more_room),
        cmocka_unit_test(a_handle_given_out_again_survives_the_closing_of_its_former_session),
        cmocka_unit_test(a_slot_loses_what_was_open_when_the_base_was_asked),
        cmocka_unit_test(time_goes_on_from_table_to_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
