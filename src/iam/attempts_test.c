/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/attempts.h"

#include "base/testing.h"

static const char here[] = "192.0.2.1:1000", there[] = "192.0.2.2:1000";

/* A seed with which none of those below share a place: one drawn at random makes two of them meet once in 100 runs. */
static int set_up(void **state)
{
    qk_attempts *attempts = NULL;
    qk_err err = qk_attempts_new_seeded(1, &attempts);

    *state = attempts;
    return err == QK_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    qk_attempts *attempts = *state;

    qk_attempts_free(&attempts);
    return 0;
}

static int64_t fail_with(qk_attempts *attempts, const char *peer, const char *key, int64_t now)
{
    return qk_attempts_failed(attempts, peer, qk_view_text(key), now).hold_back_ms;
}

static void answers_to_failures_are_held_back_longer_and_longer(void **state)
{
    static const int64_t waits[] = { 0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000 };
    char key[16];

    for (int i = 0; i < 10; i++) {
        snprintf(key, sizeof key, "key %d", i);
        assert_int_equal(fail_with(*state, here, key, 0), waits[i]);
    }
    assert_int_equal(fail_with(*state, there, "another", 0), 0);
    assert_int_equal(fail_with(*state, here, "another", 9000), 0); /* nine marks have faded */
}

static void one_key_is_counted_wherever_it_comes_from(void **state)
{
    char peer[32];
    int i;

    for (i = 0; i < 100 && qk_attempts_may_try(*state, QK_VIEW_LITERAL("stolen"), 0); i++) {
        snprintf(peer, sizeof peer, "198.51.100.%d:7", i);
        (void)fail_with(*state, peer, "stolen", 0);
    }
    assert_int_equal(i, 30);
    assert_true(qk_attempts_may_try(*state, QK_VIEW_LITERAL("good"), 0));
    assert_true(qk_attempts_may_try(*state, QK_VIEW_LITERAL("stolen"), 1000)); /* once a second */
    (void)fail_with(*state, here, "stolen", 1000);
    assert_false(qk_attempts_may_try(*state, QK_VIEW_LITERAL("stolen"), 1000));
}

static void an_address_is_told_to_slow_down_and_its_good_keys_stay_good(void **state)
{
    qk_attempts_verdict verdict = { 0, false };
    char key[16];

    for (int i = 0; i < 31; i++) {
        assert_false(verdict.too_many);
        snprintf(key, sizeof key, "key %d", i);
        verdict = qk_attempts_failed(*state, here, qk_view_text(key), 0);
    }
    assert_true(verdict.too_many);
    assert_true(qk_attempts_may_try(*state, QK_VIEW_LITERAL("good"), 0));
}

static void addresses_count_without_port_and_within_their_network(void **state)
{
    static const char *const same[] = { "2001:db8:1:2::1:1", "2001:db8:1:2::2:2", "2001:db8:1:2:ffff::3:3",
                                        "2001:db8:1:2::4:4" };
    char key[2] = "a";

    for (int i = 0; i < 4; i++, key[0]++)
        assert_int_equal(fail_with(*state, same[i], key, 0), i < 3 ? 0 : 100);
    assert_int_equal(fail_with(*state, "2001:db8:1:3::1:1", "z", 0), 0);
    for (int i = 0; i < 3; i++, key[0]++)
        assert_int_equal(fail_with(*state, i ? "192.0.2.9:1" : "::ffff:192.0.2.9:2", key, 0), 0);
    assert_int_equal(fail_with(*state, "192.0.2.9:5", "y", 0), 100);
}

static void bad_tokens_count_by_address_alone(void **state)
{
    static const int64_t waits[] = { 0, 0, 0, 100, 200, 400, 800, 1600, 2000, 2000 };

    for (int i = 0; i < 10; i++)
        assert_int_equal(qk_attempts_failed_at(*state, here, 0).hold_back_ms, waits[i]);
    assert_int_equal(qk_attempts_failed_at(*state, there, 0).hold_back_ms, 0);
    for (int i = 10; i < 30; i++)
        assert_false(qk_attempts_failed_at(*state, here, 0).too_many);
    assert_true(qk_attempts_failed_at(*state, here, 0).too_many);
    assert_int_equal(qk_attempts_failed_at(*state, here, 60 * 1000).hold_back_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_to_failures_are_held_back_longer_and_longer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_key_is_counted_wherever_it_comes_from, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_address_is_told_to_slow_down_and_its_good_keys_stay_good, set_up, tear_down),
        cmocka_unit_test_setup_teardown(addresses_count_without_port_and_within_their_network, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_tokens_count_by_address_alone, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
