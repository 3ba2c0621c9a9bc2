/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/statistics.h"

double qk_share_upper(double share, size_t n)
{
    double bound = share + QK_Z_99 * sqrt(share * (1 - share) / (double)(n - 1));

    return bound < 1 ? bound : 1;
}

/* SP 800-90B, 6.3.1. */
double qk_min_entropy_most_common(uint64_t samples, uint64_t largest_count)
{
    if (samples < 2)
        return 0;
    return fabs(log2(qk_share_upper((double)largest_count / (double)samples, samples))); /* no minus zero */
}

double qk_estimate_most_common(const qk_samples *samples)
{
    uint64_t counts[256] = { 0 }, largest = 0;

    for (size_t i = 0; i < samples->n; i++)
        counts[samples->at[i]]++;
    for (unsigned i = 0; i < 256; i++)
        largest = counts[i] > largest ? counts[i] : largest;
    return qk_min_entropy_most_common(samples->n, largest);
}
