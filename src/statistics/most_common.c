/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "statistics/statistics.h"

/* SP 800-90B, 6.3.1: the upper end of a 99 % confidence interval of the commonest value's share. */
double qk_min_entropy_most_common(uint64_t samples, uint64_t largest_count)
{
    const double z = 2.576;
    double share, bound;

    if (samples < 2)
        return 0;
    share = (double)largest_count / (double)samples;
    bound = share + z * sqrt(share * (1 - share) / (double)(samples - 1));
    return bound >= 1 ? 0 : -log2(bound);
}
