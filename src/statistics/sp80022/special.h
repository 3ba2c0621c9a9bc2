/* SPDX-License-Identifier: Apache-2.0 */
/* The two special functions of the tests that the C library does not have. */
#ifndef QK_STATISTICS_SPECIAL_H
#define QK_STATISTICS_SPECIAL_H

#include <stdint.h>

/* Upper regularised incomplete gamma function Q(a, x), a > 0. SP 800-22, 5.5.3. 1 for x <= 0. Absolute error below
 * 1e-9 for a up to 10^6. */
double qk_igamc(double a, double x);
/* Standard normal distribution function. SP 800-22, 5.5.3. */
double qk_normal_cdf(double x);
/* P-value of a chi-square statistic: `observed` counts of `classes` classes against `probability` each, out of
 * `total`. SP 800-22, 4.2.2 and the tests that use it. */
double qk_chi_square_p(const uint32_t *observed, const double *probability, unsigned classes, double total);

#endif
