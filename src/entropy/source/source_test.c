/* SPDX-License-Identifier: Apache-2.0 */
/* A source's life with a scripted device: start, samples, orders, status. Faults are in source_fault_test.c. */
#include "entropy/source/source.h"

#include "entropy/source/source_inside.h"
#include "entropy/source/source_script.h"

static uint8_t bytes[64 * 1024];

static void nothing_comes_out_before_the_startup_test_has_passed(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    the_script.most = 1000;
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(qk_source_turn(source, 0), 0);
        assert_int_equal(state_of(source), QK_SOURCE_STARTING);
        assert_int_equal(qk_source_take(source, bytes, 1), 0);
        assert_int_equal(qk_source_tap(source, bytes, 1), 0);
    }
    assert_int_equal(qk_source_turn(source, 0), 0);
    assert_int_equal(state_of(source), QK_SOURCE_ACTIVE);
}

static void samples_of_the_startup_test_are_thrown_away(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    uint64_t noise = 88172645463325252u;

    (void)state;
    turn_to_active(source);
    assert_int_equal(the_script.given, 4096);
    qk_source_turn(source, 0);
    assert_int_equal(qk_source_take(source, bytes, 4), 4);
    for (unsigned i = 0; i < 4096; i++)
        test_noise(&noise);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(bytes[i], (test_noise(&noise) * UINT64_C(0x2545f4914f6cdd1d)) >> 56);
}

static void the_newest_two_windows_are_held_back(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    the_script.most = 1024;
    qk_source_turn(source, 0);
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 0);
    the_script.most = 10;
    qk_source_turn(source, 0);
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 10);
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 0);
}

static void a_turn_leaves_no_samples_where_it_read_them(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    qk_source_turn(source, 0);
    assert_true(qk_view_is_zero(qk_secret_reveal(&source->chunk)));
}

static void a_full_queue_is_still_tested_with_a_few_samples_a_turn(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    uint64_t given;

    (void)state;
    turn_to_active(source);
    while (qk_source_turn(source, 0) == 0)
        ;
    given = the_script.given;
    assert_int_equal(qk_source_turn(source, 0), 500);
    assert_int_equal(the_script.given, given + 64);
    script_driver.costly = true; /* what costs is not read in vain */
    assert_int_equal(qk_source_turn(source, 0), 500);
    assert_int_equal(the_script.given, given + 64);
}

static void a_slow_source_is_read_in_small_pieces(void **state)
{
    qk_source_config config = script_config(8, 7.8);
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    the_script = (script){ .noise = 1 };
    config.rate = 1000;
    assert_qk_ok(qk_source_new_with_driver(&config, &script_driver, script_clock, &source));
    qk_source_turn(source, 0);
    assert_int_equal(the_script.given, 250);
}

static void the_place_in_the_status_holds_no_credentials(void **state)
{
    static const char *const urls[][2] = {
        { "https://user:word@host:9/api?token=1", "https://host:9/api" },
        { "https://host/a@b", "https://host/a@b" },
        { "https://host#x", "https://host" },
    };
    qk_source_config config = script_config(8, 7.8);
    qk_driver driver = script_driver;
    qk_source_status status;

    (void)state;
    driver.url = true;
    for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
        QK_OWNED(qk_source_free) qk_source *source = NULL;

        config.url = urls[i][0];
        assert_qk_ok(qk_source_new_with_driver(&config, &driver, script_clock, &source));
        qk_source_status_get(source, &status);
        assert_string_equal(status.path, urls[i][1]);
    }
}

static void millibits_are_the_claim(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    assert_int_equal(qk_source_millibits(source, 0), 0);
    assert_int_equal(qk_source_millibits(source, 1), 7800);
    assert_int_equal(qk_source_millibits(source, 10), 78000);
}

static void the_status_tells_cutoffs_counts_and_rate(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    qk_source_status status;

    (void)state;
    turn_to_active(source);
    the_script.most = 2000;
    qk_source_turn(source, 0);
    script_now_ms += 2000;
    qk_source_status_get(source, &status);
    assert_string_equal(status.name, "script");
    assert_string_equal(status.driver, "script");
    assert_int_equal(status.kind, QK_SOURCE_QUANTUM);
    assert_int_equal(status.samples, 6096);
    assert_int_equal(status.queued, 2000 - 1024);
    assert_int_equal(status.startups, 1);
    assert_int_equal(status.errors, 0);
    assert_int_equal(status.bits_per_second, 6096 / 2 * 8);
    assert_int_equal(status.window, 512);
    assert_int_equal(status.rct_cutoff, 8);
    assert_int_equal(status.apt_cutoff, 21);
    assert_int_equal(status.rct_cutoff_permanent, 10);
    assert_int_equal(status.apt_cutoff_permanent, 27);
    assert_int_equal(status.message_count, 0);
}

static void a_disabled_source_is_off_for_ever(void **state)
{
    qk_source_config config = script_config(8, 7.8);
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    config.enabled = false;
    assert_qk_ok(qk_source_new_with_driver(&config, &script_driver, script_clock, &source));
    assert_int_equal(qk_source_turn(source, 0), -1);
    qk_source_restart(source);
    assert_int_equal(qk_source_turn(source, 0), -1);
    assert_int_equal(state_of(source), QK_SOURCE_OFF);
}

static void a_restart_tests_a_running_source_again(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    qk_source_turn(source, 0);
    qk_source_restart(source);
    assert_false(qk_source_healthy(source));
    assert_int_equal(qk_source_tap(source, bytes, sizeof bytes), 0); /* what was queued is gone */
    qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_ACTIVE);
}

static void with_strict_start_it_stays_pending_until_a_run_has_passed(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    qk_source_set_strict(source, true);
    qk_source_turn(source, 0);
    qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_STARTING);
    assert_int_equal(qk_source_take(source, bytes, 8), 0);
    assert_int_equal(qk_source_tap(source, bytes, 8), 8);
    qk_source_judge(source, false, true, "proportion of the runs test");
    assert_int_equal(state_of(source), QK_SOURCE_STARTING);
    qk_source_judge(source, true, true, "");
    assert_int_equal(state_of(source), QK_SOURCE_ACTIVE);
    assert_int_equal(qk_source_take(source, bytes, 8), 8);
}

static void one_missed_verdict_makes_suspect_and_a_second_fails(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    qk_source_judge(source, false, true, "proportion");
    assert_int_equal(state_of(source), QK_SOURCE_SUSPECT);
    assert_true(qk_source_healthy(source));
    qk_source_judge(source, true, true, "");
    assert_int_equal(state_of(source), QK_SOURCE_ACTIVE);
    qk_source_judge(source, true, false, "uniformity");
    qk_source_judge(source, true, false, "uniformity");
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
    assert_int_equal(qk_source_tap(source, bytes, sizeof bytes), 0);
}

static void both_verdicts_missed_at_once_fail(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    qk_source_status status;

    (void)state;
    turn_to_active(source);
    qk_source_judge(source, false, false, "nothing is right");
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_ERROR);
    assert_string_equal(status.messages[0].words, "nothing is right");
}

static void count_call(void *calls)
{
    ++*(unsigned *)calls;
}

/* What a bad device has left in the system's buffer goes with it, and what was made of it is somebody else's to drop.
 */
static void a_source_that_was_cut_off_opens_its_device_anew(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    unsigned calls = 0;

    (void)state;
    qk_source_on_cut_off(source, count_call, &calls);
    turn_to_active(source);
    qk_source_judge(source, false, true, "proportion");
    qk_source_turn(source, 0);
    assert_int_equal(the_script.closes, 0);
    assert_int_equal(calls, 0);
    qk_source_judge(source, false, true, "proportion");
    assert_int_equal(calls, 1);
    qk_source_turn(source, 0);
    assert_int_equal(the_script.closes, 1);
    assert_int_equal(the_script.opens, 1);
    qk_source_judge(source, false, false, "from before it was cut off");
    assert_int_equal(calls, 1);
    script_now_ms += 1000;
    turn_to_active(source);
    assert_int_equal(the_script.opens, 2);
}

static void an_interrupt_ends_a_wait_before_it_begins(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    while (qk_source_turn(source, 0) == 0)
        ;
    qk_source_interrupt(source);
    qk_source_wait(source, -1); /* would never end */
}

static void a_low_queue_is_no_time_to_sleep(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    while (qk_source_turn(source, 0) == 0)
        ;
    assert_int_equal(qk_source_take(source, bytes, 12 * 1024), 12 * 1024);
    qk_source_wait(source, -1);
}

static void an_abandoned_source_is_gone_without_being_freed(void **state)
{
    qk_source *source = script_source(8, 7.8), *child = source;

    (void)state;
    turn_to_active(source);
    qk_source_abandon(&child);
    assert_null(child);
    assert_int_equal(the_script.closes, 1);
    qk_source_free(&source);
}

static void the_kernel_is_a_source(void **state)
{
    qk_source_config *configs = NULL;
    size_t count = 0;
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    assert_qk_ok(qk_source_configs_read(NULL, NULL, &configs, &count));
    assert_string_equal(configs[0].name, "kernel");
    assert_qk_ok(qk_source_new(&configs[0], &source));
    free(configs); /* the source does not need it any more */
    turn_to_active(source);
    while (qk_source_turn(source, 0) == 0)
        ;
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 64 * 1024);
    assert_string_equal(qk_source_config_of(source)->name, "kernel");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_comes_out_before_the_startup_test_has_passed),
        cmocka_unit_test(samples_of_the_startup_test_are_thrown_away),
        cmocka_unit_test(the_newest_two_windows_are_held_back),
        cmocka_unit_test(a_turn_leaves_no_samples_where_it_read_them),
        cmocka_unit_test(a_full_queue_is_still_tested_with_a_few_samples_a_turn),
        cmocka_unit_test(a_slow_source_is_read_in_small_pieces),
        cmocka_unit_test(the_place_in_the_status_holds_no_credentials),
        cmocka_unit_test(millibits_are_the_claim),
        cmocka_unit_test(the_status_tells_cutoffs_counts_and_rate),
        cmocka_unit_test(a_disabled_source_is_off_for_ever),
        cmocka_unit_test(a_restart_tests_a_running_source_again),
        cmocka_unit_test(with_strict_start_it_stays_pending_until_a_run_has_passed),
        cmocka_unit_test(one_missed_verdict_makes_suspect_and_a_second_fails),
        cmocka_unit_test(both_verdicts_missed_at_once_fail),
        cmocka_unit_test(a_source_that_was_cut_off_opens_its_device_anew),
        cmocka_unit_test(an_interrupt_ends_a_wait_before_it_begins),
        cmocka_unit_test(a_low_queue_is_no_time_to_sleep),
        cmocka_unit_test(an_abandoned_source_is_gone_without_being_freed),
        cmocka_unit_test(the_kernel_is_a_source),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
