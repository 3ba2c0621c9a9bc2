/* SPDX-License-Identifier: Apache-2.0 */
/* All estimators with the standard's parameters, on samples and on their bits. */
#include <math.h>
#include <stdlib.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/statistics.h"

enum { FEWEST_SAMPLES = 1000, MOST_SAMPLES = 1 << 24, MOST_BITS = 1000000 };

static void free_bytes(uint8_t **bytes)
{
    free(*bytes);
}

/* Numbers the values that occur, keeping their order: estimators ask for the size of the alphabet seen. */
static qk_err number_values(qk_view bytes, uint8_t **out_values, qk_samples *out)
{
    bool occurs[256] = { false };
    uint8_t number[256] = { 0 };
    unsigned k = 0;

    *out_values = malloc(bytes.len);
    if (!*out_values)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu samples", bytes.len);
    for (size_t i = 0; i < bytes.len; i++)
        occurs[bytes.data[i]] = true;
    for (unsigned i = 0; i < 256; i++)
        if (occurs[i])
            number[i] = (uint8_t)k++;
    for (size_t i = 0; i < bytes.len; i++)
        (*out_values)[i] = number[bytes.data[i]];
    *out = (qk_samples){ *out_values, bytes.len, k };
    return QK_OK;
}

static double lower(double a, double b)
{
    return fmin(a, b); /* fmin passes over NaN */
}

static qk_err estimate(const qk_samples *samples, bool binary, qk_min_entropy *out)
{
    static const unsigned windows[4] = { 63, 255, 1023, 4095 };

    out->most_common = qk_estimate_most_common(samples);
    out->collision = binary ? qk_estimate_collision(samples) : NAN;
    out->markov = binary ? qk_estimate_markov(samples) : NAN;
    out->compression = NAN;
    if (binary)
        QK_TRY(qk_estimate_compression(samples, 6, 1000, &out->compression));
    QK_TRY(qk_estimate_substrings(samples, 35, &out->t_tuple, &out->longest_repeat));
    QK_TRY(qk_estimate_multi_mcw(samples, windows, &out->multi_mcw));
    out->lag = qk_estimate_lag(samples, 128);
    QK_TRY(qk_estimate_multi_mmc(samples, 16, 100000, &out->multi_mmc));
    QK_TRY(qk_estimate_lz78y(samples, 16, 65536, &out->lz78y));
    out->lowest = lower(lower(lower(out->most_common, out->collision), lower(out->markov, out->compression)),
                        lower(lower(out->t_tuple, out->longest_repeat), lower(out->multi_mcw, out->lag)));
    out->lowest = lower(out->lowest, lower(out->multi_mmc, out->lz78y));
    return QK_OK;
}

/* SP 800-90B, 3.1.3: the samples as a string of bits, the most significant bit of each first. A million bits are
 * what the estimators ask for, and what can be searched in seconds. */
static qk_err estimate_bits(qk_view samples, unsigned sample_bits, double *out_lowest)
{
    size_t n = samples.len < MOST_BITS / sample_bits ? samples.len * sample_bits : MOST_BITS;
    QK_OWNED(free_bytes) uint8_t *bits = malloc(n);
    QK_OWNED(free_bytes) uint8_t *values = NULL;
    qk_samples numbered;
    qk_min_entropy each;

    if (!bits)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu bits", n);
    for (size_t i = 0; i < n; i++)
        bits[i] = samples.data[i / sample_bits] >> (sample_bits - 1 - i % sample_bits) & 1;
    QK_TRY(number_values(qk_view_of(bits, n), &values, &numbered));
    QK_TRY(estimate(&numbered, true, &each));
    *out_lowest = each.lowest * sample_bits;
    return QK_OK;
}

static qk_err check(qk_view samples, unsigned sample_bits)
{
    if (samples.len < FEWEST_SAMPLES || samples.len > MOST_SAMPLES)
        return qk_fail(QK_E_BAD_LENGTH, "min-entropy of %zu samples; %d to %d are possible", samples.len,
                       (int)FEWEST_SAMPLES, (int)MOST_SAMPLES);
    if (sample_bits < 1 || sample_bits > 8)
        return qk_fail(QK_E_BAD_ARGUMENT, "samples of %u bits; 1 to 8 are possible", sample_bits);
    for (size_t i = 0; i < samples.len; i++)
        if (samples.data[i] >> sample_bits)
            return qk_fail(QK_E_BAD_ARGUMENT, "sample %zu does not fit into %u bits", i, sample_bits);
    return QK_OK;
}

qk_err qk_min_entropy_estimate(qk_view samples, unsigned sample_bits, qk_min_entropy *out)
{
    QK_OWNED(free_bytes) uint8_t *values = NULL;
    qk_samples numbered;
    qk_min_entropy each = { .bitstring_lowest = NAN };

    QK_TRY(check(samples, sample_bits));
    QK_TRY(number_values(samples, &values, &numbered));
    QK_TRY(estimate(&numbered, sample_bits == 1, &each));
    if (sample_bits > 1)
        QK_TRY(estimate_bits(samples, sample_bits, &each.bitstring_lowest));
    each.assessed = lower(each.lowest, each.bitstring_lowest);
    *out = each;
    return QK_OK;
}
