/* SPDX-License-Identifier: Apache-2.0 */
/* Judging many sequences together: the share of P-values that pass, and whether P-values are spread evenly. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

/* SP 800-22, 4: the level of significance, the least P_T, and how many P-values make P_T meaningful (4.2.2). */
#define ALPHA            0.01
#define LEAST_UNIFORMITY 0.0001
enum { LEAST_VALUES = 55, BINS = 10 };

/* Some tests give values that nearly repeat each other: states of one walk, the two ends of it, the two of serial.
 * Pooled, they look uneven for a perfect source too: in 5 % of runs of 100 sequences (variant), 0.2 % (excursions),
 * some 0.1 % (cumulative sums), instead of 0.01 %. So each sequence adds one of them, or the states -x and x (the two
 * sides of a walk are different stories), going round from one sequence to the next. */
static bool counts_for_uniformity(unsigned test, unsigned i, unsigned sequence)
{
    switch (test) {
    case QK_SP80022_EXCURSIONS:
        return i == 3 - sequence % 4 || i == 4 + sequence % 4;
    case QK_SP80022_VARIANT:
        return i == 8 - sequence % 9 || i == 9 + sequence % 9;
    case QK_SP80022_SERIAL:
    case QK_SP80022_CUMULATIVE_SUMS:
        return i == sequence % 2;
    default:
        return true;
    }
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

/* The bound's three standard deviations suppose independent values and exact tests. Neither holds: P-values of one
 * sequence depend on each other, and approximations make a perfect source fail 1.03 % of all values. So it misses
 * the bound in 1.4 % of runs of 100 sequences and in 3 % of single ones (instead of 0.13 %), but not six standard
 * deviations: none of 3000 runs. Measured on 1000 sequences of the kernel's random bytes. */
bool qk_sp80022_proportions_sound(const qk_sp80022_verdict *verdict)
{
    uint32_t total = verdict->nist_passes + verdict->nist_fails;

    return total > 0 && (double)verdict->nist_passes / total >= 2 * qk_sp80022_proportion_bound(total) - (1 - ALPHA);
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
