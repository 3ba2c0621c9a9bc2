/* SPDX-License-Identifier: Apache-2.0 */
/* The states alone: every arrow, and the times on them. */
#include "entropy/source/source_state.h"

#include "base/testing.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE };

static qk_source_machine active(void)
{
    qk_source_machine machine;

    qk_source_machine_init(&machine, true);
    assert_false(qk_source_machine_good(&machine, QK_SOURCE_STARTUP_SAMPLES, 0));
    assert_int_equal(machine.state, QK_SOURCE_ACTIVE);
    return machine;
}

/* Lets the time of the back-off go by and passes the three start-up tests. Returns the new time. */
static int64_t recover(qk_source_machine *machine, int64_t now)
{
    now += qk_source_machine_due(machine, now);
    assert_int_equal(qk_source_machine_due(machine, now), 0);
    assert_int_equal(machine->state, QK_SOURCE_STARTING);
    for (unsigned i = 0; i < 3; i++)
        qk_source_machine_good(machine, QK_SOURCE_STARTUP_SAMPLES, now);
    assert_int_equal(machine->state, QK_SOURCE_ACTIVE);
    return now;
}

static void the_first_start_needs_one_startup_test(void **state)
{
    qk_source_machine machine;

    (void)state;
    qk_source_machine_init(&machine, true);
    assert_int_equal(machine.state, QK_SOURCE_STARTING);
    assert_false(qk_source_machine_good(&machine, QK_SOURCE_STARTUP_SAMPLES - 1, 0));
    assert_int_equal(machine.state, QK_SOURCE_STARTING);
    assert_false(qk_source_machine_good(&machine, 1, 0));
    assert_int_equal(machine.state, QK_SOURCE_ACTIVE);
    assert_true(qk_source_machine_good(&machine, 1, 0));
}

static void waits_between_attempts_double_up_to_a_minute(void **state)
{
    static const int waits[] = { 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000 };
    qk_source_machine machine = active();
    int64_t now = 5000;

    (void)state;
    machine.patient = true;
    for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
        qk_source_machine_fail(&machine, QK_FAULT_AWAY, now, "gone");
        assert_int_equal(qk_source_machine_due(&machine, now), waits[i]);
        now += waits[i];
        assert_int_equal(qk_source_machine_due(&machine, now), 0);
    }
}

static void a_recovery_sets_the_wait_back(void **state)
{
    qk_source_machine machine = active();
    int64_t now = 0;

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        qk_source_machine_fail(&machine, QK_FAULT_WEAK, now, "bad");
        assert_int_equal(qk_source_machine_due(&machine, now), 1000);
        now = recover(&machine, now);
    }
}

static void a_failure_within_the_three_tests_begins_anew(void **state)
{
    qk_source_machine machine = active();

    (void)state;
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, 0, "bad");
    qk_source_machine_due(&machine, 1000);
    qk_source_machine_good(&machine, QK_SOURCE_STARTUP_SAMPLES, 1000);
    qk_source_machine_good(&machine, QK_SOURCE_STARTUP_SAMPLES, 1000);
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, 1000, "bad again");
    assert_int_equal(qk_source_machine_due(&machine, 1000), 2000);
    recover(&machine, 1000);
    assert_int_equal(machine.startups, 1 + 2 + 3);
}

static void the_fifth_failure_within_an_hour_is_permanent(void **state)
{
    qk_source_machine machine = active();
    int64_t now = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        qk_source_machine_fail(&machine, QK_FAULT_WEAK, now, "bad");
        assert_int_equal(machine.state, QK_SOURCE_ERROR);
        now = recover(&machine, now) + 10 * MINUTE;
    }
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, now, "bad");
    assert_int_equal(machine.state, QK_SOURCE_FAILED);
    assert_string_equal(machine.messages[0].words, "5 failures within an hour: bad");
    assert_int_equal(qk_source_machine_due(&machine, now + 100 * HOUR), -1);
}

static void failures_further_apart_are_not(void **state)
{
    qk_source_machine machine = active();
    int64_t now = 0;

    (void)state;
    for (unsigned i = 0; i < 40; i++) {
        qk_source_machine_fail(&machine, i % 2 ? QK_FAULT_WEAK : QK_FAULT_AWAY, now, "bad");
        assert_int_equal(machine.state, QK_SOURCE_ERROR);
        now = recover(&machine, now) + 15 * MINUTE;
    }
    assert_int_equal(machine.errors, 40);
    assert_int_equal(machine.message_count, QK_SOURCE_MESSAGES);
}

static void attempts_that_find_it_still_missing_are_one_failure(void **state)
{
    qk_source_machine machine = active();

    (void)state;
    for (unsigned i = 0; i < 10; i++)
        qk_source_machine_fail(&machine, QK_FAULT_AWAY, i, "gone");
    assert_int_equal(machine.state, QK_SOURCE_ERROR);
    assert_int_equal(machine.errors, 1);
    assert_int_equal(machine.message_count, 1);
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, 10, "bad");
    assert_int_equal(machine.errors, 2);
}

static void a_restart_forgets_old_failures(void **state)
{
    qk_source_machine machine = active();

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        qk_source_machine_fail(&machine, QK_FAULT_WEAK, i, "bad");
    assert_int_equal(machine.state, QK_SOURCE_FAILED);
    qk_source_machine_restart(&machine);
    assert_int_equal(machine.state, QK_SOURCE_STARTING);
    qk_source_machine_good(&machine, QK_SOURCE_STARTUP_SAMPLES, 10);
    assert_int_equal(machine.state, QK_SOURCE_ACTIVE);
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, 11, "bad");
    assert_int_equal(machine.state, QK_SOURCE_ERROR);
}

static void a_verdict_on_old_samples_changes_nothing(void **state)
{
    qk_source_machine machine = active();

    (void)state;
    qk_source_machine_fail(&machine, QK_FAULT_WEAK, 0, "bad");
    assert_false(qk_source_machine_judge(&machine, false, false, 1, "late"));
    assert_false(qk_source_machine_judge(&machine, true, true, 1, ""));
    assert_int_equal(machine.state, QK_SOURCE_ERROR);
    assert_int_equal(machine.errors, 1);
}

static void two_runs_in_a_row_that_miss_different_verdicts_fail_too(void **state)
{
    qk_source_machine machine = active();

    (void)state;
    assert_false(qk_source_machine_judge(&machine, false, true, 1, "proportion"));
    assert_int_equal(machine.state, QK_SOURCE_SUSPECT);
    assert_true(qk_source_machine_judge(&machine, true, false, 2, "uniformity"));
    assert_int_equal(machine.state, QK_SOURCE_ERROR);
}

static void messages_are_newest_first_and_cut_to_size(void **state)
{
    qk_source_machine machine = active();
    char long_words[400];

    (void)state;
    memset(long_words, 'x', sizeof long_words - 1);
    long_words[sizeof long_words - 1] = 0;
    for (unsigned i = 0; i < 10; i++)
        qk_source_machine_say(&machine, "number %u", i);
    qk_source_machine_say(&machine, "%s", long_words);
    assert_int_equal(machine.message_count, 8);
    assert_int_equal(strlen(machine.messages[0].words), 199);
    assert_string_equal(machine.messages[1].words, "number 9");
    assert_string_equal(machine.messages[7].words, "number 3");
}

static void states_have_their_names_and_badges(void **state)
{
    static const char *const names[] = { "off", "starting", "active", "suspect", "error", "failed" };
    static const char *const badges[] = { "Off", "Pending", "Active", "Active", "Error", "Error" };

    (void)state;
    for (unsigned i = 0; i < 6; i++) {
        assert_string_equal(qk_source_state_name((qk_source_state)i), names[i]);
        assert_string_equal(qk_source_state_badge((qk_source_state)i), badges[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_start_needs_one_startup_test),
        cmocka_unit_test(waits_between_attempts_double_up_to_a_minute),
        cmocka_unit_test(a_recovery_sets_the_wait_back),
        cmocka_unit_test(a_failure_within_the_three_tests_begins_anew),
        cmocka_unit_test(the_fifth_failure_within_an_hour_is_permanent),
        cmocka_unit_test(failures_further_apart_are_not),
        cmocka_unit_test(attempts_that_find_it_still_missing_are_one_failure),
        cmocka_unit_test(a_restart_forgets_old_failures),
        cmocka_unit_test(a_verdict_on_old_samples_changes_nothing),
        cmocka_unit_test(two_runs_in_a_row_that_miss_different_verdicts_fail_too),
        cmocka_unit_test(messages_are_newest_first_and_cut_to_size),
        cmocka_unit_test(states_have_their_names_and_badges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
