/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

#include "base/testing.h"

#define assert_near(value, wanted, within)                                                                             \
    do {                                                                                                               \
        if (!(fabs((value) - (wanted)) <= (within)))                                                                   \
            fail_msg("%.9f instead of %.9f", (double)(value), (double)(wanted));                                       \
    } while (0)

/* Least number of m P-values that must pass. */
static uint32_t least_passes(uint32_t m)
{
    return (uint32_t)ceil(qk_sp80022_proportion_bound(m) * m);
}

static void proportion_bounds_as_published(void **state)
{
    static const struct {
        uint32_t m, passes;
        double bound;
    } rows[] = {
        { 100, 97, 0.960150 },  { 128, 124, 0.963616 },  { 200, 194, 0.968893 },   { 300, 292, 0.972766 },
        { 500, 489, 0.976651 }, { 1000, 981, 0.980561 }, { 8828, 8712, 0.986823 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_near(qk_sp80022_proportion_bound(rows[i].m), rows[i].bound, 5e-7);
        assert_int_equal(least_passes(rows[i].m), rows[i].passes);
    }
}

static void uniformity_of_ten_bins(void **state)
{
    static const uint32_t even[10] = { 8, 11, 9, 12, 10, 10, 9, 11, 10, 10 };
    static const uint32_t twenty[10] = { 20, 5, 9, 9, 9, 9, 9, 10, 10, 10 };
    static const uint32_t twenty_five[10] = { 25, 8, 8, 8, 8, 8, 9, 9, 9, 8 };
    static const uint32_t twenty_eight[10] = { 28, 8, 8, 8, 8, 8, 8, 8, 8, 8 };

    (void)state;
    assert_near(qk_sp80022_uniformity(even), 0.998821, 1e-6);
    assert_near(qk_sp80022_uniformity(twenty), 0.162606, 1e-6);
    assert_near(qk_sp80022_uniformity(twenty_five), 0.002758, 1e-6);
    assert_near(qk_sp80022_uniformity(twenty_eight), 0.0000396, 5e-8);
}

static void fewer_than_55_values_cannot_be_judged_for_uniformity(void **state)
{
    const uint32_t few[10] = { 6, 6, 6, 6, 5, 5, 5, 5, 5, 5 }, enough[10] = { 6, 6, 6, 6, 6, 5, 5, 5, 5, 5 };

    (void)state;
    assert_true(isnan(qk_sp80022_uniformity(few)));
    assert_true(qk_sp80022_uniformity(enough) > 0.99);
}

/* A judge whose test t saw `passes` of `total`, spread evenly. */
static qk_sp80022_judge judge_of(uint32_t passes, uint32_t total)
{
    qk_sp80022_judge judge = { .sequences = total };

    for (unsigned test = 0; test < QK_SP80022_TESTS; test++) {
        judge.passes[test] = passes;
        judge.total[test] = total;
        for (unsigned i = 0; i < 10; i++)
            judge.bins[test][i] = total / 10;
    }
    return judge;
}

static void results_are_added_by_test(void **state)
{
    qk_sp80022_judge judge = { 0 };
    qk_sp80022_result result;

    (void)state;
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        result.p[i] = 0.5;
    result.p[0] = 0.01;     /* just passes */
    result.p[1] = 0.009999; /* just fails */
    result.p[2] = 1;
    result.p[3] = NAN;
    result.p[6] = 0;
    qk_sp80022_judge_add(&judge, &result);
    assert_int_equal(judge.sequences, 1);
    assert_int_equal(judge.passes[0], 1);
    assert_int_equal(judge.bins[0][0], 1);
    assert_int_equal(judge.passes[1], 0);
    assert_int_equal(judge.total[1], 1);
    assert_int_equal(judge.bins[2][9], 1);
    assert_int_equal(judge.total[3], 0);
    assert_int_equal(judge.total[6], 148);
    assert_int_equal(judge.passes[6], 147);
    assert_int_equal(judge.bins[6][0], 1);
    assert_int_equal(judge.bins[6][5], 147);
}

static uint32_t binned(const qk_sp80022_judge *judge, unsigned test)
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < 10; i++)
        sum += judge->bins[test][i];
    return sum;
}

static void values_that_depend_on_each_other_count_once_for_uniformity(void **state)
{
    qk_sp80022_judge judge = { 0 };
    qk_sp80022_result result;

    (void)state;
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        result.p[i] = 0.5;
    for (unsigned i = 0; i < 9; i++) {
        memset(judge.bins, 0, sizeof judge.bins);
        for (unsigned j = 0; j < 18; j++)
            result.p[165 + j] = j == 8 - i || j == 9 + i ? 0.75 : 0.25; /* the pair whose turn it is */
        qk_sp80022_judge_add(&judge, &result);
        assert_int_equal(binned(&judge, QK_SP80022_VARIANT), 2);
        assert_int_equal(judge.bins[QK_SP80022_VARIANT][7], 2);
        assert_int_equal(binned(&judge, QK_SP80022_EXCURSIONS), 2);
        assert_int_equal(binned(&judge, QK_SP80022_SERIAL), 1);
        assert_int_equal(binned(&judge, QK_SP80022_CUMULATIVE_SUMS), 1);
        assert_int_equal(binned(&judge, 6), 148);
    }
    assert_int_equal(judge.total[QK_SP80022_VARIANT], 9 * 18);
    assert_int_equal(judge.total[QK_SP80022_EXCURSIONS], 9 * 8);
}

/* 0.99 - 6 * sqrt(0.0099 / 10000) = 0.98403 */
static void proportions_are_sound_up_to_six_standard_deviations(void **state)
{
    qk_sp80022_verdict verdict = { .nist_passes = 9841, .nist_fails = 159 };

    (void)state;
    assert_true(qk_sp80022_proportions_sound(&verdict));
    verdict = (qk_sp80022_verdict){ .nist_passes = 9840, .nist_fails = 160 };
    assert_false(qk_sp80022_proportions_sound(&verdict));
    verdict = (qk_sp80022_verdict){ 0 };
    assert_false(qk_sp80022_proportions_sound(&verdict));
}

static void a_good_run_passes_both(void **state)
{
    qk_sp80022_judge judge = judge_of(99, 100);
    qk_sp80022_verdict verdict;

    (void)state;
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_true(verdict.tests_passed && verdict.nist_all_passed && verdict.uniformity_all_passed);
    assert_int_equal(verdict.nist_passes, 1485);
    assert_int_equal(verdict.nist_fails, 15);
    assert_int_equal(verdict.uniformity_passes, 15);
    assert_int_equal(verdict.uniformity_fails, 0);
    assert_near(verdict.nist_success_rate, 0.99, 1e-12);
    assert_near(verdict.uniformity_success_rate, 1, 0);
}

/* As published for another service: the pass decision and the rate differ. */
static void the_rate_is_the_mean_of_the_tests_and_decides_nothing(void **state)
{
    qk_sp80022_judge judge = { .sequences = 50 };
    qk_sp80022_verdict verdict;

    (void)state;
    judge.total[6] = 8128;
    judge.passes[6] = 8128;
    for (unsigned test = 0; test < QK_SP80022_TESTS; test++)
        if (test != 6) {
            judge.total[test] = 50;
            judge.passes[test] = test < 3 ? 21 : 50;
        }
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_int_equal(verdict.nist_passes + verdict.nist_fails, 8828);
    assert_int_equal(verdict.nist_fails, 87);
    assert_near(verdict.nist_success_rate, (12 + 3 * 0.42) / 15, 1e-12);
    assert_true(verdict.nist_success_rate < 0.986823);
    assert_true(verdict.nist_all_passed);
}

static void one_pass_too_few_fails_proportions(void **state)
{
    qk_sp80022_judge judge = { .sequences = 8828 };
    qk_sp80022_verdict verdict;

    (void)state;
    judge.total[0] = 8828;
    judge.passes[0] = 8712;
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_true(verdict.nist_all_passed);
    judge.passes[0] = 8711;
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_false(verdict.nist_all_passed);
    assert_false(verdict.tests_passed);
}

static void one_uneven_test_fails_uniformity_alone(void **state)
{
    static const uint32_t uneven[10] = { 28, 8, 8, 8, 8, 8, 8, 8, 8, 8 };
    qk_sp80022_judge judge = judge_of(99, 100);
    qk_sp80022_verdict verdict;

    (void)state;
    memcpy(judge.bins[7], uneven, sizeof uneven);
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_false(verdict.uniformity_all_passed);
    assert_int_equal(verdict.uniformity_fails, 1);
    assert_true(verdict.tests_passed && verdict.nist_all_passed);
    assert_near(verdict.uniformity_success_rate, 14.0 / 15, 1e-12);
}

static void nothing_tested_passes_nothing(void **state)
{
    qk_sp80022_judge judge = { 0 };
    qk_sp80022_verdict verdict;

    (void)state;
    qk_sp80022_judge_verdict(&judge, &verdict);
    assert_false(verdict.tests_passed || verdict.nist_all_passed || verdict.uniformity_all_passed);
    assert_int_equal(verdict.uniformity_fails, 15);
    assert_near(verdict.nist_success_rate, 0, 0);
    assert_true(isnan(verdict.test_rate[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proportion_bounds_as_published),
        cmocka_unit_test(uniformity_of_ten_bins),
        cmocka_unit_test(fewer_than_55_values_cannot_be_judged_for_uniformity),
        cmocka_unit_test(results_are_added_by_test),
        cmocka_unit_test(values_that_depend_on_each_other_count_once_for_uniformity),
        cmocka_unit_test(proportions_are_sound_up_to_six_standard_deviations),
        cmocka_unit_test(a_good_run_passes_both),
        cmocka_unit_test(the_rate_is_the_mean_of_the_tests_and_decides_nothing),
        cmocka_unit_test(one_pass_too_few_fails_proportions),
        cmocka_unit_test(one_uneven_test_fails_uniformity_alone),
        cmocka_unit_test(nothing_tested_passes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
