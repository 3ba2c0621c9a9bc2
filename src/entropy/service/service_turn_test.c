/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_turn.h"

#include "base/testing.h"

enum { COUNT = 3, REST = 60000, MINUTE = 60000, HOUR = 3600000 };

static const int64_t NOW = 1000000;

static void assert_order(const qk_service_turn turns[COUNT], int64_t now_ms, const char *wanted)
{
    size_t order[QK_TURNS_MOST], found = qk_service_turns_order(turns, COUNT, now_ms, order);
    char got[QK_TURNS_MOST + 1] = "";

    for (size_t i = 0; i < found; i++)
        got[i] = (char)('0' + order[i]);
    assert_string_equal(got, wanted);
}

static void the_lists_order_counts(void **state)
{
    qk_service_turn turns[COUNT] = { 0 };

    (void)state;
    assert_order(turns, NOW, "012");
}

static void who_failed_is_asked_last(void **state)
{
    qk_service_turn turns[COUNT] = { 0 };

    (void)state;
    qk_service_turn_fail(&turns[0], true, 0, REST, NOW);
    assert_order(turns, NOW, "120");
    qk_service_turn_fail(&turns[1], true, 0, REST, NOW + 5);
    assert_order(turns, NOW + 5, "201"); /* of two that rest the one that has rested longer */
    qk_service_turn_fail(&turns[2], true, 0, REST, NOW + 7);
    assert_order(turns, NOW + 7, "012");
}

static void after_a_minute_the_first_is_asked_first_again(void **state)
{
    qk_service_turn turns[COUNT] = { 0 };

    (void)state;
    qk_service_turn_fail(&turns[0], true, 0, REST, NOW);
    assert_order(turns, NOW + REST - 1, "120");
    assert_order(turns, NOW + REST, "012");
}

static void a_rest_grows_when_it_was_in_vain(void **state)
{
    qk_service_turn turn = { 0 };
    int64_t now = NOW;

    (void)state;
    for (int64_t times = 1; times <= 64; times *= 2) {
        qk_service_turn_fail(&turn, true, 0, REST, now);
        assert_int_equal(turn.rest_until_ms - now, REST * (times < 16 ? times : 16));
        qk_service_turn_fail(&turn, true, 0, REST, now + 1); /* a try before its end is none of these */
        assert_int_equal(turn.rest_until_ms - now, REST * (times < 16 ? times : 16));
        now = turn.rest_until_ms;
    }
    qk_service_turn_succeed(&turn);
    qk_service_turn_fail(&turn, true, 0, REST, now);
    assert_int_equal(turn.rest_until_ms - now, REST);
}

static void who_wants_to_be_left_alone_rests_as_long(void **state)
{
    qk_service_turn turns[COUNT] = { 0 };

    (void)state;
    qk_service_turn_fail(&turns[0], true, HOUR, REST, NOW);
    qk_service_turn_begin(&turns[0], NOW + 1);
    assert_order(turns, NOW + 1, "12"); /* nor does a later call ask it ... */
    assert_order(turns, NOW + MINUTE - 1, "12");
    assert_order(turns, NOW + MINUTE, "120"); /* ... for a minute, and then last */
    assert_order(turns, NOW + HOUR - 1, "120");
    assert_order(turns, NOW + HOUR, "012");
}

static void within_a_call_retry_after_is_kept_and_a_refusal_is_final(void **state)
{
    qk_service_turn turns[COUNT] = { 0 };

    (void)state;
    qk_service_turn_fail(&turns[0], true, 500, REST, NOW);
    qk_service_turn_fail(&turns[1], false, 0, REST, NOW);
    qk_service_turn_fail(&turns[2], true, 700, REST, NOW);
    assert_order(turns, NOW + 499, "");
    assert_int_equal(qk_service_turns_next_ms(turns, COUNT), NOW + 500);
    assert_order(turns, NOW + 500, "0");
    assert_order(turns, NOW + 700, "02");
    assert_int_equal(qk_service_turns_next_ms(turns + 1, 1), QK_TURN_NEVER);
    for (size_t i = 0; i < COUNT; i++)
        qk_service_turn_begin(&turns[i], NOW + 700);
    assert_order(turns, NOW + 700, "012"); /* another call asks them all, and they all rest */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_lists_order_counts),
        cmocka_unit_test(who_failed_is_asked_last),
        cmocka_unit_test(after_a_minute_the_first_is_asked_first_again),
        cmocka_unit_test(a_rest_grows_when_it_was_in_vain),
        cmocka_unit_test(who_wants_to_be_left_alone_rests_as_long),
        cmocka_unit_test(within_a_call_retry_after_is_kept_and_a_refusal_is_final),
    };
    return cmocka_run_group_tests_name("service_turn", tests, NULL, NULL);
}
