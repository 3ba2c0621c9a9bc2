/* SPDX-License-Identifier: Apache-2.0 */
/* The ten estimators of SP 800-90B, 6.3, one by one, with their parameters: for statistics.h, which runs them with the
 * standard's, and for small examples. Each gives bits of min-entropy per sample; NaN where it cannot say anything. */
#ifndef QK_STATISTICS_MIN_ENTROPY_H
#define QK_STATISTICS_MIN_ENTROPY_H

#include "base/bytes.h"

/* Values are 0 to k - 1, and each occurs: k is the size of the alphabet that was seen. */
typedef struct qk_samples {
    const uint8_t *at;
    size_t n;
    unsigned k;
} qk_samples;

/* Half width of a 99 % confidence interval, in standard deviations, as the publication rounds it. */
#define QK_Z_99 2.576

/* Upper end of the 99 % confidence interval of a share found in n trials; at most 1. */
double qk_share_upper(double share, size_t n);

double qk_estimate_most_common(const qk_samples *samples); /* 6.3.1 */

/* 6.3.2 to 6.3.4: for binary samples. */
double qk_estimate_collision(const qk_samples *samples);
double qk_estimate_markov(const qk_samples *samples);
/* Blocks of `block` bits, the first `dictionary` of them to begin with. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_estimate_compression(const qk_samples *samples, unsigned block, size_t dictionary,
                                             double *out_entropy);
/* Probability of the likelier value if the lower bound of the mean collision time is `mean`. 6.3.2 (7). */
double qk_collision_probability(double mean);
/* Probability of the likeliest block if the lower bound of the mean is `mean`, 2^-block if none fits. 6.3.4 (7).
 * QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_compression_probability(double mean, size_t blocks, unsigned block, size_t dictionary,
                                                double *out_p);

/* 6.3.5 and 6.3.6 in one: tuples that occur at least `cutoff` times, and longer repeated ones. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_estimate_substrings(const qk_samples *samples, uint32_t cutoff, double *out_t_tuple,
                                            double *out_longest_repeat);

/* 6.3.7: four windows, rising. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_estimate_multi_mcw(const qk_samples *samples, const unsigned windows[4], double *out_entropy);
double qk_estimate_lag(const qk_samples *samples, unsigned lags); /* 6.3.8: up to 128 */
/* 6.3.9: orders 1 to `orders` (up to 16), each with at most `entries` transitions. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_estimate_multi_mmc(const qk_samples *samples, unsigned orders, size_t entries,
                                           double *out_entropy);
/* 6.3.10: contexts of 1 to `longest` (up to 16) samples, at most `contexts` of them. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_estimate_lz78y(const qk_samples *samples, unsigned longest, size_t contexts,
                                       double *out_entropy);

#endif
