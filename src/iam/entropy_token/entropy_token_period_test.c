/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token_period.h"

#include <time.h>

#include "base/testing.h"

/* "2026-01-31 13:00:00" in UTC. */
static int64_t at(const char *text)
{
    struct tm date = { 0 };

    assert_non_null(strptime(text, "%Y-%m-%d %H:%M:%S", &date));
    return timegm(&date);
}

static void assert_period(qk_period period, const char *starts, const char *ends)
{
    assert_int_equal(period.starts, at(starts));
    assert_int_equal(period.ends, at(ends));
}

static void a_period_begins_on_the_day_of_creation(void **state)
{
    int64_t created = at("2026-11-21 13:55:00");

    (void)state;
    assert_period(qk_period_of(created, created), "2026-11-21 00:00:00", "2026-12-21 00:00:00");
    assert_period(qk_period_of(created, at("2026-12-20 23:59:59")), "2026-11-21 00:00:00", "2026-12-21 00:00:00");
    assert_period(qk_period_of(created, at("2026-12-21 00:00:00")), "2026-12-21 00:00:00", "2027-01-21 00:00:00");
    assert_period(qk_period_of(created, at("2027-01-03 00:00:00")), "2026-12-21 00:00:00", "2027-01-21 00:00:00");
}

static void short_months_take_their_last_day(void **state)
{
    int64_t created = at("2026-01-31 08:00:00");

    (void)state;
    assert_period(qk_period_of(created, created), "2026-01-31 00:00:00", "2026-02-28 00:00:00");
    assert_period(qk_period_of(created, at("2026-02-28 00:00:00")), "2026-02-28 00:00:00", "2026-03-31 00:00:00");
    assert_period(qk_period_of(created, at("2026-03-30 23:59:59")), "2026-02-28 00:00:00", "2026-03-31 00:00:00");
    assert_period(qk_period_of(created, at("2026-04-30 00:00:00")), "2026-04-30 00:00:00", "2026-05-31 00:00:00");
    assert_period(qk_period_of(created, at("2028-02-29 12:00:00")), "2028-02-29 00:00:00", "2028-03-31 00:00:00");
    assert_period(qk_period_of(at("2026-01-30 00:00:00"), at("2026-02-28 12:00:00")), "2026-02-28 00:00:00",
                  "2026-03-30 00:00:00");
    assert_period(qk_period_of(at("2028-02-29 00:00:00"), at("2029-03-01 00:00:00")), "2029-02-28 00:00:00",
                  "2029-03-29 00:00:00");
}

static void a_hundred_years_of_periods_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    for (int day = 1; day <= 31; day++) {
        int64_t created = at("2027-12-31 12:00:00") - 86400 * (31 - day);
        qk_period period = qk_period_of(created, created);
        for (int month = 0; month < 1200; month++) {
            qk_period next = qk_period_of(created, period.ends);
            assert_int_equal(next.starts, period.ends);
            assert_true(next.ends - next.starts >= 28 * 86400 && next.ends - next.starts <= 31 * 86400);
            period = next;
        }
    }
}

static void at_its_end_the_count_begins_anew(void **state)
{
    int64_t created = at("2026-11-21 13:55:00");
    qk_period period = qk_period_of(created, created);

    (void)state;
    assert_false(qk_period_move(&period, created, at("2026-12-20 23:59:59")));
    assert_period(period, "2026-11-21 00:00:00", "2026-12-21 00:00:00");
    assert_true(qk_period_move(&period, created, at("2026-12-21 00:00:00")));
    assert_period(period, "2026-12-21 00:00:00", "2027-01-21 00:00:00");
    assert_true(qk_period_move(&period, created, at("2027-08-01 00:00:00")));
    assert_period(period, "2027-07-21 00:00:00", "2027-08-21 00:00:00");
}

static void a_step_back_over_the_boundary_grants_nothing(void **state)
{
    int64_t created = at("2026-11-21 13:55:00"), boundary = at("2026-12-21 00:00:00");
    qk_period period = qk_period_of(created, created);

    (void)state;
    assert_true(qk_period_move(&period, created, boundary + 5));
    for (int64_t back = 0; back < 30; back++) {
        assert_false(qk_period_move(&period, created, boundary - back * 86400));
        assert_period(period, "2026-12-21 00:00:00", "2027-01-21 00:00:00");
    }
    assert_false(qk_period_move(&period, created, boundary + 5));
}

static void a_clock_that_was_years_ahead_does_not_hold_the_period_there(void **state)
{
    int64_t created = at("2026-11-21 13:55:00");
    qk_period period = qk_period_of(created, created);

    (void)state;
    assert_true(qk_period_move(&period, created, at("2031-01-01 00:00:00")));
    assert_false(qk_period_move(&period, created, at("2026-11-25 00:00:00"))); /* what was used stays used */
    assert_period(period, "2026-11-21 00:00:00", "2026-12-21 00:00:00");
    assert_true(qk_period_move(&period, created, at("2026-12-21 00:00:00")));
}

static void clocks_without_sense_give_periods_all_the_same(void **state)
{
    static const int64_t clocks[] = { INT64_MIN, -1, 0, INT64_MAX };

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        qk_period period = qk_period_of(clocks[i], clocks[3 - i]);
        assert_true(period.starts < period.ends);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_period_begins_on_the_day_of_creation),
        cmocka_unit_test(short_months_take_their_last_day),
        cmocka_unit_test(a_hundred_years_of_periods_follow_each_other_without_a_gap),
        cmocka_unit_test(at_its_end_the_count_begins_anew),
        cmocka_unit_test(a_step_back_over_the_boundary_grants_nothing),
        cmocka_unit_test(a_clock_that_was_years_ahead_does_not_hold_the_period_there),
        cmocka_unit_test(clocks_without_sense_give_periods_all_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
