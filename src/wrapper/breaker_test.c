/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/breaker.h"

#include "base/testing.h"

enum { HOUR_MS = 3600 * 1000 };

static bool may_ask(qk_breaker *it, qk_deadline_ms deadline)
{
    int64_t probe;

    return qk_breaker_may_ask(it, deadline, &probe);
}

static void a_service_that_works_is_asked(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };

    (void)state;
    assert_true(may_ask(&it, QK_DEADLINE_NEVER));
    qk_breaker_note(&it, QK_OK);
    assert_true(may_ask(&it, QK_DEADLINE_NEVER));
}

static void a_service_that_failed_is_left_alone(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };

    (void)state;
    qk_breaker_note(&it, QK_E_SERVER_AWAY);
    assert_false(may_ask(&it, QK_DEADLINE_NEVER));
    assert_qk_err(qk_breaker_fail(&it), QK_E_SERVER_AWAY);
    assert_words("left alone for 3600 s");
    assert_int_equal(qk_breaker_failures(&it), 1);
}

static void success_ends_the_rest(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };

    (void)state;
    qk_breaker_note(&it, QK_E_TIMEOUT);
    qk_breaker_note(&it, QK_OK);
    assert_true(may_ask(&it, QK_DEADLINE_NEVER));
}

static void after_the_rest_one_caller_asks(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };

    (void)state;
    qk_breaker_note(&it, QK_E_SERVER_AWAY);
    atomic_store(&it.rests_until_ms, qk_clock_monotonic_ms()); /* as if it were over */
    assert_true(may_ask(&it, qk_deadline_in(HOUR_MS)));
    assert_false(may_ask(&it, qk_deadline_in(HOUR_MS)));
    assert_true(atomic_load(&it.rests_until_ms) > qk_clock_monotonic_ms() + HOUR_MS); /* until he must know */
    qk_breaker_note(&it, QK_E_TIMEOUT);
    assert_false(may_ask(&it, QK_DEADLINE_NEVER));
    assert_qk_err(qk_breaker_fail(&it), QK_E_TIMEOUT);
}

static void who_forgoes_his_turn_leaves_it_to_another(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };
    uint64_t failures;
    int64_t probe = -1;

    (void)state;
    assert_true(qk_breaker_may_ask(&it, QK_DEADLINE_NEVER, &probe));
    assert_int_equal(probe, 0); /* no rest was ended */
    qk_breaker_note(&it, QK_E_SERVER_AWAY);
    qk_breaker_forgo(&it, probe, qk_breaker_failures(&it));
    assert_false(may_ask(&it, QK_DEADLINE_NEVER));
    atomic_store(&it.rests_until_ms, qk_clock_monotonic_ms());
    failures = qk_breaker_failures(&it);
    assert_true(qk_breaker_may_ask(&it, qk_deadline_in(HOUR_MS), &probe));
    assert_false(may_ask(&it, QK_DEADLINE_NEVER));
    qk_breaker_forgo(&it, probe, failures);
    assert_true(qk_breaker_may_ask(&it, qk_deadline_in(HOUR_MS), &probe));
    qk_breaker_note(&it, QK_E_TIMEOUT); /* who asked does not take the rest back */
    qk_breaker_forgo(&it, atomic_load(&it.rests_until_ms), failures);
    assert_false(may_ask(&it, QK_DEADLINE_NEVER));
}

static void memory_that_is_out_says_nothing_about_the_service(void **state)
{
    qk_breaker it = { .rest_ms = HOUR_MS };

    (void)state;
    qk_breaker_note(&it, QK_E_NO_MEMORY);
    assert_true(may_ask(&it, QK_DEADLINE_NEVER));
}

static void without_a_rest_each_call_asks(void **state)
{
    qk_breaker it = { 0 };

    (void)state;
    qk_breaker_note(&it, QK_E_SERVER_AWAY);
    assert_true(may_ask(&it, QK_DEADLINE_NEVER));
    assert_int_equal(qk_breaker_failures(&it), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_that_works_is_asked),
        cmocka_unit_test(a_service_that_failed_is_left_alone),
        cmocka_unit_test(success_ends_the_rest),
        cmocka_unit_test(after_the_rest_one_caller_asks),
        cmocka_unit_test(who_forgoes_his_turn_leaves_it_to_another),
        cmocka_unit_test(memory_that_is_out_says_nothing_about_the_service),
        cmocka_unit_test(without_a_rest_each_call_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
