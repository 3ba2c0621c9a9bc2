/* SPDX-License-Identifier: Apache-2.0 */
/* Discrete Fourier transform test. The transform is in single precision, the count must be exact: magnitudes within
 * the transform's error of the threshold are computed again, each alone in double precision. Some three of half a
 * million are. */
#include <math.h>
#include <stdlib.h>

#include <kiss_fftr.h>

#include "statistics/sp80022/sp80022.h"

enum { LANES = 8 };

static void free_floats(float **values)
{
    free(*values);
}

static void free_complex(kiss_fft_cpx **values)
{
    free(*values);
}

static void free_plan(kiss_fftr_cfg *plan)
{
    free(*plan);
}

static bool has_small_factors(size_t n)
{
    for (size_t factor = 2; factor <= 13; factor++)
        while (n % factor == 0)
            n /= factor;
    return n == 1;
}

/* The transform takes a time that grows with the largest prime factor, and even lengths alone. */
static size_t usable_length(size_t n)
{
    n &= ~(size_t)1;
    while (n > 2 && !has_small_factors(n))
        n -= 2;
    return n;
}

static double phase(uint64_t product, size_t n)
{
    return -2 * M_PI * (double)(product % n) / (double)n;
}

typedef struct turn {
    double re[256], im[256]; /* what a byte's eight bits add up to, the first one unturned */
} turn;

static void byte_sums(size_t k, size_t n, turn *out)
{
    memset(out, 0, sizeof *out);
    for (unsigned j = 0; j < 8; j++) {
        double re = cos(phase(k * j, n)), im = sin(phase(k * j, n));

        for (unsigned byte = 0; byte < 256; byte++) {
            double sign = byte >> (7 - j) & 1 ? 1 : -1;

            out->re[byte] += sign * re;
            out->im[byte] += sign * im;
        }
    }
}

/* |X(k)| of the bits as +-1. Whole bytes by Horner's rule, in lanes that do not wait for each other; the rest of the
 * bits from the definition. */
static double magnitude_at(const qk_bits *bits, size_t n, size_t k)
{
    double lane_re[LANES] = { 0 }, lane_im[LANES] = { 0 }, re = 0, im = 0;
    double step_re = cos(phase(k * 8 * LANES, n)), step_im = sin(phase(k * 8 * LANES, n));
    size_t rounds = n / 8 / LANES;
    turn sums;

    byte_sums(k, n, &sums);
    for (size_t round = rounds; round-- > 0;)
        for (size_t lane = 0; lane < LANES; lane++) {
            uint8_t byte = bits->bytes[round * LANES + lane];
            double turned = lane_re[lane] * step_re - lane_im[lane] * step_im;

            lane_im[lane] = lane_re[lane] * step_im + lane_im[lane] * step_re + sums.im[byte];
            lane_re[lane] = turned + sums.re[byte];
        }
    for (size_t lane = 0; lane < LANES; lane++) {
        double c = cos(phase(k * 8 * lane, n)), s = sin(phase(k * 8 * lane, n));

        re += lane_re[lane] * c - lane_im[lane] * s;
        im += lane_re[lane] * s + lane_im[lane] * c;
    }
    for (size_t i = rounds * LANES * 8; i < n; i++) {
        re += qk_bit(bits, i) ? cos(phase(k * i, n)) : -cos(phase(k * i, n));
        im += qk_bit(bits, i) ? sin(phase(k * i, n)) : -sin(phase(k * i, n));
    }
    return hypot(re, im);
}

static qk_err transform(const qk_bits *bits, size_t n, kiss_fft_cpx *out)
{
    QK_OWNED(free_floats) float *signs = malloc(n * sizeof *signs);
    QK_OWNED(free_plan) kiss_fftr_cfg plan = kiss_fftr_alloc((int)n, 0, NULL, NULL);

    if (!signs || !plan)
        return qk_fail(QK_E_NO_MEMORY, "no memory to transform %zu bits", n);
    for (size_t i = 0; i < n; i++)
        signs[i] = qk_bit(bits, i) ? 1 : -1;
    kiss_fftr(plan, signs, out);
    return QK_OK;
}

static double magnitude(kiss_fft_cpx value)
{
    return sqrt((double)value.r * value.r + (double)value.i * value.i);
}

/* How far a single-precision magnitude may be off. Rounding errors of a transform are about 2e-7 of what they come
 * from: of the typical magnitude, or of the largest one where the sequence has nearly all its power in few. */
static double uncertainty(const kiss_fft_cpx *spectrum, size_t n, double threshold)
{
    double largest = 0;

    for (size_t k = 0; k < n / 2; k++)
        largest = fmax(largest, magnitude(spectrum[k]));
    return 1e-6 * (8 * threshold + largest);
}

/* SP 800-22, 2.6.4, with the threshold and variance of Rev. 1a. */
qk_err qk_spectral(const qk_bits *bits, double *out_p, size_t *out_below)
{
    size_t n = usable_length(bits->n), below = 0;
    double threshold = sqrt((double)n * log(20)), margin, d;
    QK_OWNED(free_complex) kiss_fft_cpx *spectrum = malloc((n / 2 + 1) * sizeof *spectrum);

    if (!spectrum)
        return qk_fail(QK_E_NO_MEMORY, "no memory to transform %zu bits", n);
    QK_TRY(transform(bits, n, spectrum));
    margin = uncertainty(spectrum, n, threshold);
    for (size_t k = 0; k < n / 2; k++) {
        double value = magnitude(spectrum[k]);

        if (fabs(value - threshold) < margin)
            value = magnitude_at(bits, n, k);
        below += value < threshold;
    }
    d = ((double)below - 0.475 * (double)n) / sqrt((double)n * 0.95 * 0.05 / 4);
    *out_p = erfc(fabs(d) / M_SQRT2);
    if (out_below)
        *out_below = below;
    return QK_OK;
}
