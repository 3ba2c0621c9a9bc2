/* SPDX-License-Identifier: Apache-2.0 */
/* Tests that look for given short patterns. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

enum { LONGEST_TEMPLATE = 10 };

/* A template that overlaps itself when shifted has a period. */
static bool periodic(unsigned template, unsigned len)
{
    for (unsigned shift = 1; shift < len; shift++)
        if (template >> shift == (template & ((1u << (len - shift)) - 1)))
            return true;
    return false;
}

unsigned qk_templates(unsigned len, uint16_t *out)
{
    unsigned count = 0;

    for (unsigned template = 0; template <1u << len; template ++)
        if (!periodic(template, len))
            out[count++] = (uint16_t) template;
    return count;
}

/* How often each pattern of `len` bits begins in the block and fits into it. */
static void count_patterns(const qk_bits *bits, size_t from, size_t block, unsigned len, uint32_t *counts)
{
    unsigned pattern = 0, mask = (1u << len) - 1;

    memset(counts, 0, sizeof *counts << len);
    for (size_t i = 0; i < block; i++) {
        pattern = (pattern << 1 | qk_bit(bits, from + i)) & mask;
        if (i + 1 >= len)
            counts[pattern]++;
    }
}

/* SP 800-22, 2.7.4. An aperiodic template cannot overlap itself, so its hits are all its occurrences: one count of all
 * patterns serves every template. */
void qk_non_overlapping(const qk_bits *bits, unsigned len, const uint16_t *templates, unsigned count, unsigned blocks,
                        double *out_p)
{
    size_t block = bits->n / blocks;
    uint32_t counts[1 << LONGEST_TEMPLATE];
    double mean = (double)(block - len + 1) * exp2(-(double)len);
    double variance = (double)block * (exp2(-(double)len) - (2 * len - 1) * exp2(-2.0 * len));

    memset(out_p, 0, count * sizeof *out_p);
    for (unsigned i = 0; i < blocks; i++) {
        count_patterns(bits, i * block, block, len, counts);
        for (unsigned j = 0; j < count; j++)
            out_p[j] += pow(counts[templates[j]] - mean, 2) / variance;
    }
    for (unsigned j = 0; j < count; j++)
        out_p[j] = qk_igamc(blocks / 2.0, out_p[j] / 2);
}

enum { OVERLAPPING_BLOCK = 1032 };

/* Occurrences of nine ones in a row, overlapping ones too. */
static unsigned overlapping_hits(const qk_bits *bits, size_t from)
{
    unsigned run = 0, hits = 0;

    for (size_t i = from; i < from + OVERLAPPING_BLOCK; i++) {
        run = (run + 1) & (0u - qk_bit(bits, i));
        hits += run >= QK_TEMPLATE_LEN;
    }
    return hits;
}

/* SP 800-22, 2.8.4 and 3.8: probabilities of 0, 1, 2, 3, 4, and 5 or more hits. */
double qk_overlapping(const qk_bits *bits, qk_constants constants, uint32_t classes[6])
{
    static const double exact[6] = { 0.36409105, 0.18565890, 0.13938113, 0.10057114, 0.07043233, 0.13986545 };
    static const double asymptotic[6] = {
        0.367879441, 0.183939721, 0.137954790, 0.099634015, 0.069935415, 0.140656618
    };
    size_t blocks = bits->n / OVERLAPPING_BLOCK;
    uint32_t counts[6] = { 0 };

    for (size_t i = 0; i < blocks; i++) {
        unsigned hits = overlapping_hits(bits, i * OVERLAPPING_BLOCK);

        counts[hits < 5 ? hits : 5]++;
    }
    if (classes)
        memcpy(classes, counts, sizeof counts);
    return qk_chi_square_p(counts, constants == QK_CONSTANTS_EXACT ? exact : asymptotic, 6, (double)blocks);
}
