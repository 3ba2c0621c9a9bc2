/* SPDX-License-Identifier: Apache-2.0 */
/* Linear dependence: the rank of matrices made of consecutive bits. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

enum { ORDER = 32 };

/* Rank over the field of two elements: each row is reduced by those kept, by their leading bit. */
static unsigned rank_of(const qk_bits *bits, size_t from)
{
    uint32_t kept[ORDER] = { 0 };
    unsigned rank = 0;

    for (size_t i = 0; i < ORDER; i++) {
        uint32_t row = (uint32_t)qk_bits_take(bits, from + i * ORDER, ORDER);

        while (row && kept[__builtin_clz(row)])
            row ^= kept[__builtin_clz(row)];
        if (row) {
            kept[__builtin_clz(row)] = row;
            rank++;
        }
    }
    return rank;
}

/* SP 800-22, 3.5: probability that a random matrix has rank r. */
static double probability(int r)
{
    double product = 1;

    for (int i = 0; i < r; i++)
        product *= pow(1 - exp2(i - ORDER), 2) / (1 - exp2(i - r));
    return exp2(r * (2 * ORDER - r) - ORDER * ORDER) * product;
}

/* SP 800-22, 2.5.4. Two degrees of freedom: igamc(1, x) = exp(-x). */
double qk_rank(const qk_bits *bits, uint32_t classes[3])
{
    size_t matrices = bits->n / (ORDER * ORDER);
    double full = probability(ORDER), less = probability(ORDER - 1), chi2 = 0;
    const double expected[3] = { full, less, 1 - full - less };
    uint32_t counts[3] = { 0 };

    for (size_t i = 0; i < matrices; i++) {
        unsigned missing = ORDER - rank_of(bits, i * ORDER * ORDER);

        counts[missing < 2 ? missing : 2]++;
    }
    for (int i = 0; i < 3; i++)
        chi2 += pow(counts[i] - expected[i] * (double)matrices, 2) / (expected[i] * (double)matrices);
    if (classes)
        memcpy(classes, counts, sizeof counts);
    return exp(-chi2 / 2);
}
