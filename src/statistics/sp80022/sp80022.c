/* SPDX-License-Identifier: Apache-2.0 */
/* The fifteen tests with their default parameters, each where the sequence is long enough for it. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

enum { FEWEST_BYTES = 128, MOST_BYTES = 1 << 21 };

typedef qk_err test_fn(const qk_bits *bits, double *out_p);

static qk_err frequency(const qk_bits *bits, double *out_p)
{
    *out_p = qk_frequency(bits);
    return QK_OK;
}

static qk_err block_frequency(const qk_bits *bits, double *out_p)
{
    *out_p = qk_block_frequency(bits, 128);
    return QK_OK;
}

static qk_err runs(const qk_bits *bits, double *out_p)
{
    *out_p = qk_runs(bits);
    return QK_OK;
}

static qk_err longest_run(const qk_bits *bits, double *out_p)
{
    *out_p = qk_longest_run(bits, QK_CONSTANTS_EXACT, NULL);
    return QK_OK;
}

static qk_err rank(const qk_bits *bits, double *out_p)
{
    *out_p = qk_rank(bits, NULL);
    return QK_OK;
}

static qk_err spectral(const qk_bits *bits, double *out_p)
{
    return qk_spectral(bits, out_p, NULL);
}

static qk_err non_overlapping(const qk_bits *bits, double *out_p)
{
    uint16_t templates[QK_TEMPLATES];
    unsigned count = qk_templates(QK_TEMPLATE_LEN, templates);

    qk_non_overlapping(bits, QK_TEMPLATE_LEN, templates, count, QK_TEMPLATE_BLOCKS, out_p);
    return QK_OK;
}

static qk_err overlapping(const qk_bits *bits, double *out_p)
{
    *out_p = qk_overlapping(bits, QK_CONSTANTS_EXACT, NULL);
    return QK_OK;
}

static qk_err universal(const qk_bits *bits, double *out_p)
{
    *out_p = qk_universal(bits);
    return QK_OK;
}

static qk_err approximate_entropy(const qk_bits *bits, double *out_p)
{
    return qk_approximate_entropy(bits, 10, out_p);
}

/* SP 800-22, 2.14.4 (4): too few cycles say nothing about the states. */
static bool enough_cycles(const qk_bits *bits, qk_walk *out)
{
    qk_walk_of(bits, out);
    return out->cycles >= fmax(0.005 * sqrt((double)bits->n), 500);
}

static qk_err excursions(const qk_bits *bits, double *out_p)
{
    qk_walk walk;

    if (enough_cycles(bits, &walk))
        qk_excursions(&walk, out_p);
    return QK_OK;
}

static qk_err excursions_variant(const qk_bits *bits, double *out_p)
{
    qk_walk walk;

    if (enough_cycles(bits, &walk))
        qk_excursions_variant(&walk, out_p);
    return QK_OK;
}

static qk_err serial(const qk_bits *bits, double *out_p)
{
    return qk_serial(bits, 16, out_p);
}

static qk_err cumulative_sums(const qk_bits *bits, double *out_p)
{
    qk_cumulative_sums(bits, &out_p[0], &out_p[1]);
    return QK_OK;
}

static qk_err linear_complexity(const qk_bits *bits, double *out_p)
{
    *out_p = qk_linear_complexity(bits, 500, QK_CONSTANTS_EXACT, NULL);
    return QK_OK;
}

/* Least lengths: "input size recommendation" of each section of chapter 2. */
/* clang-format off */
static const struct {
    const char *name;
    size_t least_n;
    test_fn *run;
} tests[QK_SP80022_TESTS] = {
    { "frequency",                     100, frequency },
    { "block_frequency",               100, block_frequency },
    { "runs",                          100, runs },
    { "longest_run",                   128, longest_run },
    { "rank",                        38912, rank },
    { "spectral",                     1000, spectral },
    { "non_overlapping_template",  1000000, non_overlapping },
    { "overlapping_template",      1000000, overlapping },
    { "universal",                  387840, universal },
    { "approximate_entropy",         65536, approximate_entropy },
    { "random_excursions",         1000000, excursions },
    { "random_excursions_variant", 1000000, excursions_variant },
    { "serial",                     524288, serial },
    { "cumulative_sums",               100, cumulative_sums },
    { "linear_complexity",         1000000, linear_complexity },
};

const uint16_t qk_sp80022_first[QK_SP80022_TESTS + 1] = {
    0, 1, 2, 3, 4, 5, 6, 154, 155, 156, 157, 165, 183, 185, 187, 188,
};
/* clang-format on */

const char *qk_sp80022_name(unsigned test)
{
    return tests[test].name;
}

qk_err qk_sp80022_run(qk_view bytes, qk_sp80022_result *out)
{
    qk_bits bits = qk_bits_of(bytes);
    qk_sp80022_result result = { .applied = 0 };

    if (bytes.len < FEWEST_BYTES || bytes.len > MOST_BYTES)
        return qk_fail(QK_E_BAD_LENGTH, "a sequence of %zu bytes to test; %d to %d are possible", bytes.len,
                       (int)FEWEST_BYTES, (int)MOST_BYTES);
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        result.p[i] = NAN;
    for (unsigned i = 0; i < QK_SP80022_TESTS; i++)
        if (bits.n >= tests[i].least_n)
            QK_TRY(tests[i].run(&bits, &result.p[qk_sp80022_first[i]]));
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        result.applied += isnan(result.p[i]) ? 0 : 1;
    *out = result;
    return QK_OK;
}
