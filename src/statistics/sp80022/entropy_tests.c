/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that compare how often overlapping patterns of neighbouring lengths occur in the sequence joined end to end. */
#include <math.h>
#include <stdlib.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

static void free_counts(uint32_t **counts)
{
    free(*counts);
}

static qk_err count_patterns(const qk_bits *bits, unsigned len, uint32_t **out_counts)
{
    uint32_t *counts = calloc((size_t)1 << len, sizeof *counts);
    uint32_t pattern = 0, mask = (1u << len) - 1;

    if (!counts)
        return qk_fail(QK_E_NO_MEMORY, "no memory to count patterns of %u bits", len);
    for (size_t i = 0, at = 0; i < bits->n + len - 1; i++, at = at + 1 < bits->n ? at + 1 : 0) {
        pattern = (pattern << 1 | qk_bit(bits, at)) & mask;
        if (i + 1 >= len)
            counts[pattern]++;
    }
    *out_counts = counts;
    return QK_OK;
}

/* Counts of patterns one bit shorter: every occurrence of one is the beginning of exactly one longer pattern. */
static void shorten(uint32_t *counts, unsigned len)
{
    for (size_t i = 0; i < (size_t)1 << (len - 1); i++)
        counts[i] = counts[2 * i] + counts[2 * i + 1];
}

static double phi(const uint32_t *counts, unsigned len, double n)
{
    double sum = 0;

    for (size_t i = 0; i < (size_t)1 << len; i++)
        if (counts[i])
            sum += counts[i] / n * log(counts[i] / n);
    return sum;
}

/* SP 800-22, 2.12.4. */
qk_err qk_approximate_entropy(const qk_bits *bits, unsigned m, double *out_p)
{
    QK_OWNED(free_counts) uint32_t *counts = NULL;
    double n = (double)bits->n, longer, entropy;

    QK_TRY(count_patterns(bits, m + 1, &counts));
    longer = phi(counts, m + 1, n);
    shorten(counts, m + 1);
    entropy = phi(counts, m, n) - longer;
    *out_p = qk_igamc(exp2(m - 1.0), n * (M_LN2 - entropy));
    return QK_OK;
}

/* SP 800-22, 2.11.4 (3); zero for no bits at all. Squares are summed in integers: the result is a small difference. */
static double psi_squared(const uint32_t *counts, int len, double n)
{
    uint64_t squares = 0;

    if (len <= 0)
        return 0;
    for (size_t i = 0; i < (size_t)1 << len; i++)
        squares += (uint64_t)counts[i] * counts[i];
    return exp2(len) / n * (double)squares - n;
}

/* SP 800-22, 2.11.4. */
qk_err qk_serial(const qk_bits *bits, unsigned m, double out_p[2])
{
    QK_OWNED(free_counts) uint32_t *counts = NULL;
    double psi[3];

    QK_TRY(count_patterns(bits, m, &counts));
    for (int i = 0; i < 3; i++) {
        psi[i] = psi_squared(counts, (int)m - i, (double)bits->n);
        if ((int)m - i > 0)
            shorten(counts, m - (unsigned)i);
    }
    out_p[0] = qk_igamc(exp2(m - 2.0), (psi[0] - psi[1]) / 2);
    out_p[1] = qk_igamc(exp2(m - 3.0), (psi[0] - 2 * psi[1] + psi[2]) / 2);
    return QK_OK;
}
