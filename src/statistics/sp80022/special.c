/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/sp80022/special.h"

/* x^a e^-x / Gamma(a), in logarithms: a reaches thousands here. lgamma_r, since lgamma writes a global. */
static double gamma_density(double a, double x)
{
    int sign;

    return exp(a * log(x) - x - lgamma_r(a, &sign));
}

/* P(a, x) by its power series; converges fast for x < a + 1. Abramowitz and Stegun 6.5.29. */
static double lower_by_series(double a, double x)
{
    double term = 1 / a, sum = term;

    for (double k = a + 1; term > sum * 1e-17; k++) {
        term *= x / k;
        sum += term;
    }
    return sum * gamma_density(a, x);
}

/* Q(a, x) by Legendre's continued fraction, for x >= a + 1, evaluated by Lentz's method. Abramowitz and Stegun
 * 6.5.31. */
static double upper_by_fraction(double a, double x)
{
    const double tiny = 1e-300;
    double b = x + 1 - a, c = 1 / tiny, d = 1 / b, product = d, step = 0;

    for (int i = 1; i < 1000000 && fabs(step - 1) > 1e-15; i++) {
        double numerator = -i * (i - a);

        b += 2;
        d = numerator * d + b;
        c = b + numerator / c;
        d = 1 / (fabs(d) < tiny ? tiny : d);
        c = fabs(c) < tiny ? tiny : c;
        step = c * d;
        product *= step;
    }
    return product * gamma_density(a, x);
}

double qk_igamc(double a, double x)
{
    if (x <= 0)
        return 1;
    if (isinf(x))
        return 0;
    return x < a + 1 ? 1 - lower_by_series(a, x) : upper_by_fraction(a, x);
}

double qk_normal_cdf(double x)
{
    return erfc(-x / M_SQRT2) / 2;
}

double qk_chi_square_p(const uint32_t *observed, const double *probability, unsigned classes, double total)
{
    double chi2 = 0;

    for (unsigned i = 0; i < classes; i++) {
        double expected = total * probability[i], off = observed[i] - expected;

        chi2 += off * off / expected;
    }
    return qk_igamc((classes - 1) / 2.0, chi2 / 2);
}
