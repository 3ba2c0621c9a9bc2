/* SPDX-License-Identifier: Apache-2.0 */
/* Estimators of binary samples from how soon a value repeats and from which value follows which. */
#include <math.h>

#include "statistics/min_entropy/min_entropy.h"

/* The standard's equation, with its incomplete gamma function written out for two values, is mean = 2 + 2 p (1 - p):
 * a collision takes two samples or three. */
double qk_collision_probability(double mean)
{
    double square = 1 - 2 * (mean - 2);

    if (square <= 0)
        return 0.5;
    return square < 1 ? (1 + sqrt(square)) / 2 : 1;
}

/* SP 800-90B, 6.3.2. Steps 1 to 4 cut the samples where a value of the current part returns. */
double qk_estimate_collision(const qk_samples *samples)
{
    double parts = 0, sum = 0, squares = 0, mean, deviation;

    for (size_t i = 0; i + 1 < samples->n;) {
        unsigned length = samples->at[i] == samples->at[i + 1] ? 2 : 3;

        if (i + length > samples->n)
            break;
        parts++;
        sum += length;
        squares += length * length;
        i += length;
    }
    if (parts < 2)
        return NAN;
    mean = sum / parts;
    deviation = sqrt(fmax(squares - parts * mean * mean, 0) / (parts - 1));
    return fabs(log2(qk_collision_probability(mean - QK_Z_99 * deviation / sqrt(parts))));
}

static double log_share(double part, double whole)
{
    return part > 0 ? log2(part / whole) : -INFINITY;
}

/* SP 800-90B, 6.3.3: the likeliest sequence of 128 bits is one of six. */
double qk_estimate_markov(const qk_samples *samples)
{
    double follows[2][2] = { { 0 } }, ones = 0, log_first[2], log_next[2][2], best;

    for (size_t i = 0; i < samples->n; i++) {
        ones += samples->at[i];
        if (i > 0)
            follows[samples->at[i - 1]][samples->at[i]]++;
    }
    log_first[0] = log_share((double)samples->n - ones, (double)samples->n);
    log_first[1] = log_share(ones, (double)samples->n);
    for (unsigned i = 0; i < 4; i++)
        log_next[i / 2][i % 2] = log_share(follows[i / 2][i % 2], follows[i / 2][0] + follows[i / 2][1]);
    best = log_first[0] + 127 * log_next[0][0];                                  /* 00...0 */
    best = fmax(best, log_first[0] + 64 * log_next[0][1] + 63 * log_next[1][0]); /* 0101...01 */
    best = fmax(best, log_first[0] + log_next[0][1] + 126 * log_next[1][1]);     /* 011...1 */
    best = fmax(best, log_first[1] + log_next[1][0] + 126 * log_next[0][0]);     /* 100...0 */
    best = fmax(best, log_first[1] + 64 * log_next[1][0] + 63 * log_next[0][1]); /* 1010...10 */
    best = fmax(best, log_first[1] + 127 * log_next[1][1]);                      /* 11...1 */
    return fmin(fabs(best) / 128, 1);
}
