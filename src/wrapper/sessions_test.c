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
    qk_sessions_remove(sessions, 1);
    qk_sessions_remove(sessions, 1);
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
    qk_sessions_remove_slot(sessions, 1);
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
        qk_sessions_remove(sessions, handle);
        assert_false(qk_sessions_has(sessions, handle));
    }
    assert_true(qk_sessions_has(sessions, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_opened_is_known_until_it_is_closed),
        cmocka_unit_test(all_sessions_of_a_slot_go_together),
        cmocka_unit_test(opening_and_closing_for_ever_needs_no_more_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
