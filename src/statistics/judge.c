/* SPDX-License-Identifier: Apache-2.0 */
/* Judging many sequences together: the share of P-values that pass, and whether P-values are spread evenly. */
#include <math.h>

#include "statistics/sp80022.h"
#include "statistics/special.h"

/* SP 800-22, 4: the level of significance, the least P_T, and how many P-values make P_T meaningful (4.2.2). */
#define ALPHA            0.01
#define LEAST_UNIFORMITY 0.0001
enum { LEAST_VALUES = 55, BINS = 10 };

/* Neighbouring states of one walk are visited about equally often, so their 18 P-values nearly repeat each other, and
 * pooled they look uneven for a perfect source too (7 % of runs measured). The two sides of the walk are different
 * stories: of each sequence the states -x and x count, x going round from 1 to 9. */
static bool counts_for_uniformity(unsigned test, unsigned i, unsigned sequence)
{
    unsigned x = sequence % 9;

    return test != QK_SP80022_VARIANT || i == 8 - x || i == 9 + x;
}

void qk_sp80022_judge_add(qk_sp80022_judge *judge, const qk_sp80022_result *result)
{
    for (unsigned test = 0; test < QK_SP80022_TESTS; test++)
        for (unsigned i = qk_sp80022_first[test]; i < qk_sp80022_first[test + 1]; i++) {
            double p = result->p[i];

            if (isnan(p))
                continue;
            judge->total[test]++;
            judge->passes[test] += p >= ALPHA ? 1 : 0;
            if (counts_for_uniformity(test, i - qk_sp80022_first[test], judge->sequences))
                judge->bins[test][p < 1 ? (unsigned)(p * BINS) : BINS - 1]++;
        }
    judge->sequences++;
}

double qk_sp80022_proportion_bound(uint32_t m)
{
    return 1 - ALPHA - 3 * sqrt(ALPHA * (1 - ALPHA) / m);
}

/* SP 800-22, 4.2.2. */
double qk_sp80022_uniformity(const uint32_t bins[10])
{
    static const double even[BINS] = { 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1 };
    uint32_t total = 0;

    for (unsigned i = 0; i < BINS; i++)
        total += bins[i];
    return total < LEAST_VALUES ? NAN : qk_chi_square_p(bins, even, BINS, total);
}

static void judge_proportions(const qk_sp80022_judge *judge, qk_sp80022_verdict *out)
{
    double rates = 0;
    unsigned judged = 0;

    for (unsigned test = 0; test < QK_SP80022_TESTS; test++) {
        uint32_t total = judge->total[test];

        out->nist_passes += judge->passes[test];
        out->nist_fails += total - judge->passes[test];
        out->test_rate[test] = total ? (double)judge->passes[test] / total : NAN;
        rates += total ? out->test_rate[test] : 0;
        judged += total ? 1 : 0;
    }
    if (!judged)
        return;
    out->nist_success_rate = rates / judged;
    out->nist_all_passed = (double)out->nist_passes / (out->nist_passes + out->nist_fails) >=
                           qk_sp80022_proportion_bound(out->nist_passes + out->nist_fails);
}

static void judge_uniformity(const qk_sp80022_judge *judge, qk_sp80022_verdict *out)
{
    for (unsigned test = 0; test < QK_SP80022_TESTS; test++) {
        double p = qk_sp80022_uniformity(judge->bins[test]);

        out->test_uniformity[test] = p;
        if (p >= LEAST_UNIFORMITY)
            out->uniformity_passes++;
        else
            out->uniformity_fails++;
    }
    out->uniformity_all_passed = out->uniformity_fails == 0;
    out->uniformity_success_rate = (double)out->uniformity_passes / QK_SP80022_TESTS;
}

void qk_sp80022_judge_verdict(const qk_sp80022_judge *judge, qk_sp80022_verdict *out)
{
    memset(out, 0, sizeof *out);
    judge_proportions(judge, out);
    judge_uniformity(judge, out);
    out->tests_passed = out->nist_all_passed || out->uniformity_all_passed;
}
