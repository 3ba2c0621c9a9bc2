/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/sp80022/special.h"

#include "base/testing.h"

static void assert_q(double a, double x, double wanted)
{
    double found = qk_igamc(a, x);

    if (!(fabs(found - wanted) < 1e-10))
        fail_msg("Q(%g, %g) = %.15g instead of %.15g", a, x, found, wanted);
}

/* For whole a, Q(a, x) is a sum of a Poisson distribution; summed with sixty digits elsewhere. */
static void whole_parameters_give_poisson_sums(void **state)
{
    static const struct {
        double a, x, q;
    } rows[] = {
        { 1, 0.5, 0.606530659712633 },          { 3, 2.5, 0.543813115883329 },
        { 3, 20, 4.55514950558921e-07 },        { 4, 3.7, 0.494153244150418 },
        { 64, 64, 0.483376012496174 },          { 512, 500, 0.698387989392998 },
        { 512, 600, 0.00010746762608383 },      { 4096, 4000, 0.934051471777978 },
        { 4096, 4300, 0.000841125462548076 },   { 8192, 8192, 0.498530755296721 },
        { 16384, 16300, 0.74369194765043 },     { 16384, 16800, 0.000628780561832509 },
        { 16384, 17500, 7.26122237668977e-18 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_q(rows[i].a, rows[i].x, rows[i].q);
}

static void a_half_gives_the_error_function(void **state)
{
    (void)state;
    for (double x = 0.01; x < 30; x *= 1.3)
        assert_q(0.5, x, erfc(sqrt(x)));
}

static void series_and_fraction_meet(void **state)
{
    (void)state;
    for (double a = 0.5; a < 1e6; a *= 3) {
        double below = qk_igamc(a, (a + 1) * (1 - 1e-12)), above = qk_igamc(a, (a + 1) * (1 + 1e-12));

        assert_true(fabs(below - above) < 1e-8);
    }
}

static void the_ends_are_one_and_zero(void **state)
{
    (void)state;
    assert_q(4.5, 0, 1);
    assert_q(4.5, -1, 1);
    assert_q(4.5, 1e6, 0);
    assert_q(4.5, INFINITY, 0);
    assert_true(isnan(qk_igamc(4.5, NAN)));
}

static void the_normal_distribution(void **state)
{
    (void)state;
    assert_true(fabs(qk_normal_cdf(0) - 0.5) < 1e-15);
    assert_true(fabs(qk_normal_cdf(1.959963984540054) - 0.975) < 1e-12);
    assert_true(fabs(qk_normal_cdf(-1.959963984540054) - 0.025) < 1e-12);
}

/* Two classes of equal probability, 60 against 40: chi-square 4 with one degree of freedom. */
static void a_chi_square_of_two_classes(void **state)
{
    const uint32_t observed[2] = { 60, 40 };
    const double probability[2] = { 0.5, 0.5 };

    (void)state;
    assert_true(fabs(qk_chi_square_p(observed, probability, 2, 100) - erfc(sqrt(2))) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_parameters_give_poisson_sums),
        cmocka_unit_test(a_half_gives_the_error_function),
        cmocka_unit_test(series_and_fraction_meet),
        cmocka_unit_test(the_ends_are_one_and_zero),
        cmocka_unit_test(the_normal_distribution),
        cmocka_unit_test(a_chi_square_of_two_classes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
