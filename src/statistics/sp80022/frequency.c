/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that weigh ones against zeros: in all, by block, and along the way. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

/* SP 800-22, 2.1.4. */
double qk_frequency(const qk_bits *bits)
{
    double n = (double)bits->n, sum = 2 * (double)qk_bits_ones(bits, 0, bits->n) - n;

    return erfc(fabs(sum) / sqrt(2 * n));
}

/* SP 800-22, 2.2.4. */
double qk_block_frequency(const qk_bits *bits, size_t block)
{
    size_t blocks = bits->n / block;
    double chi2 = 0;

    for (size_t i = 0; i < blocks; i++) {
        double off = (double)qk_bits_ones(bits, i * block, block) / (double)block - 0.5;

        chi2 += off * off;
    }
    return qk_igamc((double)blocks / 2, 4 * (double)block * chi2 / 2);
}

/* SP 800-22, 2.13.4 (4), for the largest distance z from the start. The limits of both sums are computed in integers,
 * n/z first and each division toward zero: the published figures come from that. */
static double excursion_p(long n, long z)
{
    double scale = (double)z / sqrt((double)n), p = 1;

    if (z == 0)
        return 0; /* n = 0 alone */
    for (long k = (-n / z + 1) / 4; k <= (n / z - 1) / 4; k++)
        p -= qk_normal_cdf((double)(4 * k + 1) * scale) - qk_normal_cdf((double)(4 * k - 1) * scale);
    for (long k = (-n / z - 3) / 4; k <= (n / z - 1) / 4; k++)
        p += qk_normal_cdf((double)(4 * k + 3) * scale) - qk_normal_cdf((double)(4 * k + 1) * scale);
    return p < 0 ? 0 : p;
}

static long larger(long a, long b)
{
    return a > b ? a : b;
}

/* SP 800-22, 2.13.4. Backward, the sums are S(n) - S(k): one pass gives both. */
void qk_cumulative_sums(const qk_bits *bits, double *out_forward, double *out_backward)
{
    long n = (long)bits->n, sum = 0, high = 0, low = 0;

    for (size_t i = 0; i < bits->n; i++) {
        sum += 2 * (long)qk_bit(bits, i) - 1;
        high = sum > high ? sum : high;
        low = sum < low ? sum : low;
    }
    *out_forward = excursion_p(n, larger(high, -low));
    *out_backward = excursion_p(n, larger(high - sum, sum - low));
}
