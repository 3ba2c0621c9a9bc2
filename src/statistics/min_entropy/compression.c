/* SPDX-License-Identifier: Apache-2.0 */
/* Compression estimate: Maurer's statistic of short blocks, turned into the probability of the likeliest one. */
#include <math.h>
#include <stdlib.h>

#include "statistics/min_entropy/min_entropy.h"

enum { LONGEST_BLOCK = 8 };

static void free_doubles(double **values)
{
    free(*values);
}

/* SP 800-90B, 6.3.4 (7): the function G of one probability z, for `blocks` blocks of which `dictionary` only fill the
 * dictionary. `logs` holds log2 of 1 to `blocks`. The inner sum of one t is that of the t before plus a term. */
static double expected_log(double z, size_t blocks, size_t dictionary, const double *logs)
{
    double inner = 0, total = 0, power = 1; /* (1 - z)^(t - 1) */

    for (size_t t = 1; t <= blocks; t++) {
        if (t > dictionary)
            total += z * z * inner + z * logs[t] * power;
        inner += logs[t] * power;
        power *= 1 - z;
        if (power < 1e-30 && t > dictionary) {
            total += z * z * inner * (double)(blocks - t);
            break;
        }
    }
    return total / (double)(blocks - dictionary);
}

qk_err qk_compression_probability(double mean, size_t blocks, unsigned block, size_t dictionary, double *out_p)
{
    QK_OWNED(free_doubles) double *logs = malloc((blocks + 1) * sizeof *logs);
    double others = exp2(block) - 1, low = exp2(-(double)block), high = 1;

    if (!logs)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the logarithms of %zu numbers", blocks);
    for (size_t i = 1; i <= blocks; i++)
        logs[i] = log2((double)i);
    for (int i = 0; i < 60; i++) {
        double p = (low + high) / 2, q = (1 - p) / others;
        double expected =
            expected_log(p, blocks, dictionary, logs) + others * expected_log(q, blocks, dictionary, logs);

        if (expected > mean)
            low = p;
        else
            high = p;
    }
    *out_p = low;
    return QK_OK;
}

/* SP 800-90B, 6.3.4, steps 1 to 6; blocks that did not occur before have their own number as distance. */
qk_err qk_estimate_compression(const qk_samples *samples, unsigned block, size_t dictionary, double *out_entropy)
{
    size_t blocks = samples->n / block, last[1 << LONGEST_BLOCK] = { 0 };
    double sum = 0, squares = 0, count, mean, deviation, p;

    if (blocks < dictionary + 2) {
        *out_entropy = NAN;
        return QK_OK;
    }
    count = (double)(blocks - dictionary);
    for (size_t i = 1; i <= blocks; i++) {
        unsigned value = 0;

        for (unsigned j = 0; j < block; j++)
            value = value << 1 | samples->at[(i - 1) * block + j];
        if (i > dictionary) {
            double distance = log2((double)(i - last[value]));

            sum += distance;
            squares += distance * distance;
        }
        last[value] = i;
    }
    mean = sum / count;
    deviation = 0.5907 * sqrt(fmax(squares / (count - 1) - mean * mean, 0));
    QK_TRY(qk_compression_probability(mean - QK_Z_99 * deviation / sqrt(count), blocks, block, dictionary, &p));
    *out_entropy = fabs(log2(p)) / block;
    return QK_OK;
}
