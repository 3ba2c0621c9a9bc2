/* SPDX-License-Identifier: Apache-2.0 */
/* Faults put into a perfect source: each is found within so many samples, and from then on nothing comes out.
 * Source: the project's entropy rules, section 15. */
#include <pthread.h>
#include <unistd.h>

#include "entropy/source/source_script.h"

enum { FAULT_AT = 4096 + 5000, WITHIN_APT = 50000 /* SP 800-90B, 4.5, (b) */ };

static uint8_t constant(uint64_t at, uint8_t noise)
{
    (void)at;
    (void)noise;
    return 0xa5;
}

static uint8_t zeros(uint64_t at, uint8_t noise)
{
    (void)at;
    (void)noise;
    return 0;
}

static uint8_t alternating(uint64_t at, uint8_t noise)
{
    (void)noise;
    return (uint8_t)(at % 2);
}

static uint8_t period_3(uint64_t at, uint8_t noise)
{
    (void)noise;
    return (uint8_t)(at % 3 == 0);
}

static uint8_t three_bytes(uint64_t at, uint8_t noise)
{
    (void)noise;
    return (uint8_t)(50 + at % 3);
}

static uint8_t sixty_percent_ones(uint64_t at, uint8_t noise)
{
    (void)at;
    return (uint8_t)(noise < 154);
}

/* Never in neighbours, so that the repetition count has nothing to see. */
static uint8_t a_quarter_is_one_value(uint64_t at, uint8_t noise)
{
    if (at % 2 == 0)
        return noise % 2 ? 7 : (uint8_t)(8 + noise / 2 % 64);
    return (uint8_t)(80 + noise % 64);
}

static uint8_t the_same_block(uint64_t at, uint8_t noise)
{
    uint64_t mixed = (at % 512 + 1) * UINT64_C(0x9e3779b97f4a7c15);

    (void)noise;
    mixed ^= mixed >> 29;
    return (uint8_t)((mixed * UINT64_C(0xbf58476d1ce4e5b9)) >> 56);
}

typedef struct fault_case {
    const char *name;
    script_sample sample;
    unsigned bits;
    double min_entropy;
    uint64_t fault_at, within; /* samples from the fault to its detection, at most */
    const char *words;
} fault_case;

/* clang-format off */
static const fault_case cases[] = {
    { "constant", constant, 8, 7.8, FAULT_AT, 9, "repetition count" },
    { "zeros", zeros, 8, 7.8, FAULT_AT, 9, "repetition count" },
    { "stuck after a million samples", constant, 8, 7.8, 1000000, 9, "repetition count" },
    { "bytes 0 and 1 in turn", alternating, 8, 7.8, FAULT_AT, 1024, "adaptive proportion" },
    { "three bytes in turn", three_bytes, 8, 7.8, FAULT_AT, 1024, "adaptive proportion" },
    { "the same 512 bytes", the_same_block, 8, 7.8, FAULT_AT, 1536, "same 512 samples" },
    { "constant bits", zeros, 1, 1, FAULT_AT, 80, "repetition count" },
    { "bits 0 and 1 in turn", alternating, 1, 1, FAULT_AT, 1536, "same 512 samples" },
    /* These may take longer than what is held back: a source that is weak, not broken. */
    { "bits of period 3", period_3, 1, 1, FAULT_AT, 4 * 1024, "adaptive proportion" },
    { "60 % ones", sixty_percent_ones, 1, 1, FAULT_AT, WITHIN_APT, "adaptive proportion" },
    { "one value 25 % of the time at H = 4", a_quarter_is_one_value, 8, 4, FAULT_AT, WITHIN_APT, "adaptive proportion" },
};
/* clang-format on */

static uint8_t bytes[64 * 1024];

/* Turns and takes until the state is no longer good. Returns how many samples came out. */
static uint64_t drain_until_failure(qk_source *source)
{
    uint64_t taken = 0;

    while (qk_source_healthy(source) && the_script.given < 2000000) {
        taken += qk_source_take(source, bytes, sizeof bytes);
        qk_source_turn(source, 0);
    }
    return taken;
}

static void check_case(const fault_case *c)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(c->bits, c->min_entropy);
    qk_source_status status;
    uint64_t taken;

    the_script.sample = c->sample;
    the_script.fault_at = c->fault_at;
    the_script.most = 100;
    turn_to_active(source);
    uint64_t started = the_script.given;
    taken = drain_until_failure(source);
    qk_source_status_get(source, &status);
    if (the_script.given < c->fault_at || the_script.given > c->fault_at + c->within + the_script.most)
        fail_msg("%s: found at %lld", c->name, (long long)(the_script.given - c->fault_at));
    assert_true(status.state == QK_SOURCE_ERROR || status.state == QK_SOURCE_FAILED);
    if (!strstr(status.messages[0].words, c->words))
        fail_msg("%s: %s", c->name, status.messages[0].words);
    assert_int_equal(status.queued, 0);
    assert_int_equal(qk_source_take(source, bytes, sizeof bytes), 0);
    assert_int_equal(qk_source_tap(source, bytes, sizeof bytes), 0);
    if (c->within <= 2 * status.window && started + taken > c->fault_at)
        fail_msg("%s: %llu tainted samples came out", c->name, (unsigned long long)(started + taken - c->fault_at));
}

static void faults_are_found_and_nothing_comes_out_afterwards(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_case(&cases[i]);
}

static void a_fault_from_the_start_never_serves(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        QK_OWNED(qk_source_free) qk_source *source = script_source(cases[i].bits, cases[i].min_entropy);

        if (cases[i].within > 4096) /* what a start-up test is too short for */
            continue;
        the_script.sample = cases[i].sample;
        for (unsigned turns = 0; turns < 50; turns++) {
            qk_source_turn(source, 0);
            script_now_ms += 100;
            if (qk_source_healthy(source))
                fail_msg("%s: serves", cases[i].name);
        }
    }
}

static void a_constant_source_is_failed_beyond_doubt(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    qk_source_status status;

    (void)state;
    the_script.sample = constant;
    assert_int_equal(qk_source_turn(source, 0), -1);
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_FAILED);
    assert_int_equal(status.rct_failures, 1);
    assert_int_equal(status.apt_failures, 0);
    script_now_ms += 24 * 3600 * 1000; /* it does not get better by itself */
    the_script.sample = NULL;
    assert_int_equal(qk_source_turn(source, 0), -1);
    assert_int_equal(state_of(source), QK_SOURCE_FAILED);
}

static void an_operator_brings_a_failed_source_back(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    the_script.sample = constant;
    qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_FAILED);
    the_script.sample = NULL;
    qk_source_restart(source);
    assert_int_equal(state_of(source), QK_SOURCE_STARTING);
    turn_to_active(source);
}

static void three_startup_tests_in_a_row_bring_a_source_back(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    qk_source_status status;
    uint64_t given;

    (void)state;
    turn_to_active(source);
    the_script.sample = the_same_block;
    while (qk_source_healthy(source))
        qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
    the_script.sample = NULL;
    given = the_script.given;
    assert_int_equal(qk_source_turn(source, 0), 1000);
    script_now_ms += 999;
    assert_int_equal(qk_source_turn(source, 0), 1);
    assert_int_equal(the_script.given, given); /* nothing is read before its time */
    script_now_ms += 1;
    for (unsigned i = 1; i <= 3; i++) {
        assert_false(qk_source_healthy(source));
        qk_source_turn(source, 0);
        assert_int_equal(the_script.given, given + i * 4096);
    }
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_ACTIVE);
    assert_int_equal(status.startups, 4);
    assert_int_equal(status.errors, 1);
}

/* ---- no samples ---- */

static void an_unplugged_device_is_an_error_and_comes_back(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    qk_source_turn(source, 0);
    the_script.gone = true;
    assert_int_equal(qk_source_turn(source, 0), 1000);
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
    assert_int_equal(the_script.closes, 1);
    assert_int_equal(qk_source_tap(source, bytes, sizeof bytes), 0);
    script_now_ms += 1000;
    assert_int_equal(qk_source_turn(source, 0), 2000); /* still gone */
    script_now_ms += 2000;
    the_script.gone = false;
    turn_to_active(source);
    assert_int_equal(the_script.opens, 2);
}

static void a_device_gone_for_more_than_five_minutes_is_failed(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    int64_t gone_at;
    int wait;

    (void)state;
    turn_to_active(source);
    the_script.gone = true;
    gone_at = script_now_ms;
    while ((wait = qk_source_turn(source, 0)) >= 0)
        script_now_ms += wait;
    assert_int_equal(state_of(source), QK_SOURCE_FAILED);
    assert_in_range(script_now_ms - gone_at, 300001, 360001);
}

static void the_network_may_be_away_for_days(void **state)
{
    qk_driver driver = script_driver;
    qk_source_config config = script_config(8, 7.8);
    QK_OWNED(qk_source_free) qk_source *source = NULL;

    (void)state;
    driver.patient = true;
    assert_qk_ok(qk_source_new_with_driver(&config, &driver, script_clock, &source));
    the_script = (script){ .noise = 1, .gone = true };
    for (unsigned i = 0; i < 3000; i++) {
        int wait = qk_source_turn(source, 0);
        assert_in_range(wait, 1, 60000);
        script_now_ms += wait;
    }
    the_script.gone = false;
    turn_to_active(source);
}

static void a_server_that_asks_for_patience_gets_it(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    the_script.gone = true;
    the_script.retry_after_ms = 45000;
    assert_int_equal(qk_source_turn(source, 0), 45000);
}

static void what_cannot_be_mended_fails_at_once(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    turn_to_active(source);
    the_script.gone = the_script.for_good = true;
    assert_int_equal(qk_source_turn(source, 0), -1);
    assert_int_equal(state_of(source), QK_SOURCE_FAILED);
}

static void a_silent_device_is_an_error_after_its_timeout(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);
    qk_source_status status;

    (void)state;
    turn_to_active(source);
    the_script.silent = true;
    assert_int_equal(qk_source_turn(source, 0), 0);
    script_now_ms += 9999;
    assert_int_equal(qk_source_turn(source, 0), 0);
    assert_true(qk_source_healthy(source));
    script_now_ms += 1;
    assert_int_equal(qk_source_turn(source, 0), 1000);
    qk_source_status_get(source, &status);
    assert_int_equal(status.state, QK_SOURCE_ERROR);
    assert_non_null(strstr(status.messages[0].words, "no samples for 10000 ms"));
}

static void a_silent_device_never_starts(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    the_script.silent = true;
    qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_STARTING);
    script_now_ms += 10000;
    qk_source_turn(source, 0);
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
}

static void a_slow_device_is_no_fault(void **state)
{
    QK_OWNED(qk_source_free) qk_source *source = script_source(8, 7.8);

    (void)state;
    the_script.most = 1;
    for (unsigned i = 0; i < 4096; i++) {
        assert_int_equal(qk_source_turn(source, 0), 0);
        the_script.silent = true;
        assert_int_equal(qk_source_turn(source, 0), 0);
        the_script.silent = false;
        script_now_ms += 9000;
    }
    assert_true(qk_source_healthy(source));
}

/* ---- a read that does not come back ---- */

static int stuck_pipe[2];

static qk_err stuck_read(void *handle, qk_driver_read *read_)
{
    char byte;

    (void)handle;
    if (read(stuck_pipe[0], &byte, 1) != 1)
        return qk_fail(QK_E_SYSTEM, "pipe");
    memset(read_->out, 1, read_->len = read_->room);
    return QK_OK;
}

static void *turn_once(void *source)
{
    qk_source_turn((qk_source *)source, 0);
    return NULL;
}

static void a_read_that_blocks_for_ever_is_seen_from_outside(void **state)
{
    qk_driver driver = script_driver;
    qk_source_config config = script_config(8, 7.8);
    QK_OWNED(qk_source_free) qk_source *source = NULL;
    pthread_t thread;

    (void)state;
    driver.read = stuck_read;
    script_now_ms = 1000;
    assert_int_equal(pipe(stuck_pipe), 0);
    assert_qk_ok(qk_source_new_with_driver(&config, &driver, script_clock, &source));
    assert_int_equal(pthread_create(&thread, NULL, turn_once, source), 0);
    while (state_of(source) == QK_SOURCE_STARTING) {
        __atomic_fetch_add(&script_now_ms, 1000, __ATOMIC_SEQ_CST);
        usleep(100);
    }
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
    assert_int_equal(write(stuck_pipe[1], "x", 1), 1); /* what it brings now is worth nothing */
    pthread_join(thread, NULL);
    assert_int_equal(state_of(source), QK_SOURCE_ERROR);
    assert_int_equal(qk_source_tap(source, bytes, sizeof bytes), 0);
    close(stuck_pipe[0]);
    close(stuck_pipe[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faults_are_found_and_nothing_comes_out_afterwards),
        cmocka_unit_test(a_fault_from_the_start_never_serves),
        cmocka_unit_test(a_constant_source_is_failed_beyond_doubt),
        cmocka_unit_test(an_operator_brings_a_failed_source_back),
        cmocka_unit_test(three_startup_tests_in_a_row_bring_a_source_back),
        cmocka_unit_test(an_unplugged_device_is_an_error_and_comes_back),
        cmocka_unit_test(a_device_gone_for_more_than_five_minutes_is_failed),
        cmocka_unit_test(the_network_may_be_away_for_days),
        cmocka_unit_test(a_server_that_asks_for_patience_gets_it),
        cmocka_unit_test(what_cannot_be_mended_fails_at_once),
        cmocka_unit_test(a_silent_device_is_an_error_after_its_timeout),
        cmocka_unit_test(a_silent_device_never_starts),
        cmocka_unit_test(a_slow_device_is_no_fault),
        cmocka_unit_test(a_read_that_blocks_for_ever_is_seen_from_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
