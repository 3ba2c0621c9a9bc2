/* SPDX-License-Identifier: Apache-2.0 */
/* Maurer's universal test: how far back the same block was last seen, as a measure of compressibility. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

enum { LONGEST_BLOCK = 10 };

/* SP 800-22, 2.9.4 and 2.9.7. Longer blocks need sequences beyond what statistics.h accepts. */
static const struct {
    size_t least_n;
    unsigned len;
    double mean, variance;
} table[] = {
    { 10342400, 10, 9.1723243, 3.356 }, { 4654080, 9, 8.1764248, 3.311 }, { 2068480, 8, 7.1836656, 3.238 },
    { 904960, 7, 6.1962507, 3.125 },    { 387840, 6, 5.2177052, 2.954 },
};

double qk_universal_mean(const qk_bits *bits, unsigned len, size_t initial)
{
    size_t last[1 << LONGEST_BLOCK] = { 0 }, blocks = bits->n / len;
    double sum = 0;

    for (size_t i = 1; i <= blocks; i++) {
        size_t block = (size_t)qk_bits_take(bits, (i - 1) * len, len);

        if (i > initial)
            sum += log2((double)(i - last[block]));
        last[block] = i;
    }
    return sum / (double)(blocks - initial);
}

double qk_universal(const qk_bits *bits)
{
    size_t row = 0, initial;
    double len, count, c, deviation;

    while (row < sizeof table / sizeof table[0] && bits->n < table[row].least_n)
        row++;
    if (row == sizeof table / sizeof table[0])
        return NAN;
    len = table[row].len;
    initial = (size_t)10 << table[row].len;
    count = (double)(bits->n / table[row].len - initial);
    c = 0.7 - 0.8 / len + (4 + 32 / len) * pow(count, -3 / len) / 15;
    deviation = c * sqrt(table[row].variance / count);
    return erfc(fabs(qk_universal_mean(bits, table[row].len, initial) - table[row].mean) / (M_SQRT2 * deviation));
}
