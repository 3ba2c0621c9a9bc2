/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of uninterrupted runs of one value. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

/* A run begins wherever a bit differs from the one before. */
static size_t count_runs(const qk_bits *bits)
{
    size_t runs = 1;

    for (size_t i = 0; i + 1 < bits->n; i += 55) {
        unsigned count = bits->n - i < 56 ? (unsigned)(bits->n - i) : 56;
        uint64_t window = qk_bits_take(bits, i, count);

        runs += (size_t)__builtin_popcountll((window ^ (window >> 1)) & ((1ull << (count - 1)) - 1));
    }
    return runs;
}

/* SP 800-22, 2.3.4. */
double qk_runs(const qk_bits *bits)
{
    double n = (double)bits->n, share = (double)qk_bits_ones(bits, 0, bits->n) / n, product = share * (1 - share);

    if (fabs(share - 0.5) >= 2 / sqrt(n))
        return 0;
    return erfc(fabs((double)count_runs(bits) - 2 * n * product) / (2 * sqrt(2 * n) * product));
}

/* One row per block length: the classes are "at most `shortest`", then one each, then the rest. */
typedef struct run_classes {
    size_t least_n, block;
    unsigned shortest, classes;
    double exact[7], printed[7];
} run_classes;

/* SP 800-22, 2.4.2, 2.4.4 and 3.4. The printed probabilities of the longest blocks are wrong in the third digit;
 * the exact ones follow from counting strings without a longer run. */
/* clang-format off */
static const run_classes table[] = {
    { 750000, 10000, 10, 7,
      { 0.0866323111, 0.2082006484, 0.2484185819, 0.1939127867, 0.1214584851, 0.0680110893, 0.0733660975 },
      { 0.0882, 0.2092, 0.2483, 0.1933, 0.1208, 0.0675, 0.0727 } },
    { 6272, 128, 4, 6,
      { 0.1174035788, 0.2429559593, 0.2493634832, 0.1751770603, 0.1027010713, 0.1123988471 },
      { 0.1174, 0.2430, 0.2493, 0.1752, 0.1027, 0.1124 } },
    { 0, 8, 1, 4,
      { 0.21484375, 0.3671875, 0.23046875, 0.1875 },
      { 0.2148, 0.3672, 0.2305, 0.1875 } },
};
/* clang-format on */

static unsigned longest_in(const qk_bits *bits, size_t from, size_t len)
{
    unsigned run = 0, longest = 0;

    for (size_t i = from; i < from + len; i++) {
        run = (run + 1) & (0u - qk_bit(bits, i));
        longest = run > longest ? run : longest;
    }
    return longest;
}

double qk_longest_run(const qk_bits *bits, qk_constants constants, uint32_t classes[7])
{
    const run_classes *row = table;
    uint32_t counts[7] = { 0 };
    size_t blocks;

    while (bits->n < row->least_n)
        row++;
    blocks = bits->n / row->block;
    for (size_t i = 0; i < blocks; i++) {
        unsigned longest = longest_in(bits, i * row->block, row->block);
        unsigned class = longest <= row->shortest ? 0 : longest - row->shortest;

        counts[class < row->classes ? class : row->classes - 1]++;
    }
    if (classes)
        memcpy(classes, counts, sizeof counts);
    return qk_chi_square_p(counts, constants == QK_CONSTANTS_EXACT ? row->exact : row->printed, row->classes,
                           (double)blocks);
}
