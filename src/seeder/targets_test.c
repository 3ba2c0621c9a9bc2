/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "seeder/supervisor.h"

static qk_seed_worker worker;
static qk_seeder seeder;

static qk_seed_target make_target(uint64_t period)
{
    return (qk_seed_target){ .name = "t", .config = { .period = period, .library = "/x.so" }, .worker = &worker };
}

static void take(qk_seed_target *target, qk_seed_ask ask, CK_RV rv)
{
    const qk_seed_report report = { .ask = (uint8_t)ask, .rv = rv };

    qk_seeder_take_report(&seeder, target, &report, 0, NULL);
}

static void what_the_flags_forbid_is_looked_at_slowly_and_is_no_wrong_pin(void **state)
{
    static const struct {
        uint64_t period;
        int64_t pause_ms;
    } rows[] = { { 1, 60000 }, { 3600, 3600000 } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        qk_seed_target target = make_target(rows[i].period);
        int64_t begin_ms = qk_clock_monotonic_ms();
        take(&target, QK_SEED_ASK_SEED, QK_SEED_PIN_NOT_TRIED);
        assert_true(target.held_back && !target.latched && !target.off);
        assert_true(target.due_ms >= begin_ms + rows[i].pause_ms);
        assert_true(target.due_ms <= qk_clock_monotonic_ms() + rows[i].pause_ms + 1000);
        assert_int_equal(target.last_code, QK_SEED_PIN_NOT_TRIED);
        assert_int_equal(target.failures, 1);
    }
}

static void it_goes_on_when_the_token_lets_it(void **state)
{
    qk_seed_target target = make_target(1);

    (void)state;
    take(&target, QK_SEED_ASK_SEED, QK_SEED_PIN_NOT_TRIED);
    target.due_ms = 0;
    take(&target, QK_SEED_ASK_LOOK, QK_SEED_PIN_NOT_TRIED); /* not yet */
    assert_true(target.held_back && target.due_ms > qk_clock_monotonic_ms());
    assert_int_equal(target.failures, 1); /* a look is no seed that failed */
    take(&target, QK_SEED_ASK_LOOK, CKR_OK);
    assert_false(target.held_back);
    assert_true(target.due_ms <= qk_clock_monotonic_ms());
    assert_int_equal(target.injections, 0);
}

static void what_is_ill_while_it_is_looked_at_backs_off(void **state)
{
    qk_seed_target target = make_target(1);

    (void)state;
    take(&target, QK_SEED_ASK_SEED, QK_SEED_PIN_NOT_TRIED);
    take(&target, QK_SEED_ASK_LOOK, CKR_DEVICE_ERROR);
    assert_true(target.held_back && target.back_off_ms > 0);
    assert_int_equal(target.last_code, CKR_DEVICE_ERROR);
}

static void pauses_grow_up_to_five_minutes(void **state)
{
    static const int64_t pauses[] = { 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000 };
    int64_t pause_ms = 0;

    (void)state;
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        pause_ms = qk_seed_back_off(pause_ms);
        assert_int_equal(pause_ms, pauses[i]);
    }
}

static void seconds_are_whole(void **state)
{
    (void)state;
    for (int64_t ms = 5001; ms < 6000; ms++) {
        assert_int_equal(qk_seed_whole_second(ms), 6000);
        assert_int_equal(qk_seed_second_of(ms), 5000);
    }
    assert_int_equal(qk_seed_whole_second(5000), 5000);
    assert_int_equal(qk_seed_second_of(5000), 5000);
}

static int start(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_flags_forbid_is_looked_at_slowly_and_is_no_wrong_pin),
        cmocka_unit_test(it_goes_on_when_the_token_lets_it),
        cmocka_unit_test(what_is_ill_while_it_is_looked_at_backs_off),
        cmocka_unit_test(pauses_grow_up_to_five_minutes),
        cmocka_unit_test(seconds_are_whole),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
