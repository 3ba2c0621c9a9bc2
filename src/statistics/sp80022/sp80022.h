/* SPDX-License-Identifier: Apache-2.0 */
/* The fifteen tests of SP 800-22 Rev. 1a one by one, with all their parameters: for statistics.h, which runs them with
 * the default ones, and for the publication's short examples. Sections are those of chapter 2 (how to compute) and 3
 * (where the numbers come from). Nothing is checked but what is said here: minimal lengths are the caller's matter. */
#ifndef QK_STATISTICS_SP80022_H
#define QK_STATISTICS_SP80022_H

#include "statistics/bits.h"
#include "statistics/statistics.h"

/* Some class probabilities are printed rounded, or are an approximation, in the publication; its examples use those.
 * Exact ones are right for deciding. */
typedef enum qk_constants { QK_CONSTANTS_EXACT, QK_CONSTANTS_PRINTED } qk_constants;

double qk_frequency(const qk_bits *bits);                                                /* 2.1 */
double qk_block_frequency(const qk_bits *bits, size_t block);                            /* 2.2 */
double qk_runs(const qk_bits *bits);                                                     /* 2.3 */
void qk_cumulative_sums(const qk_bits *bits, double *out_forward, double *out_backward); /* 2.13 */

/* 2.4. The block length follows from n (128 bits or more). `classes` receives the counts, unless NULL. */
double qk_longest_run(const qk_bits *bits, qk_constants constants, uint32_t classes[7]);

/* 2.5. Matrices of 32 by 32 bits; ranks 32, 31 and less are counted in `classes`, unless NULL. */
double qk_rank(const qk_bits *bits, uint32_t classes[3]);

/* 2.6. `out_below` receives N1, the number of magnitudes below the threshold, unless NULL. Uses the longest prefix
 * whose length is even and has no prime factor above 13. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_spectral(const qk_bits *bits, double *out_p, size_t *out_below);

enum { QK_TEMPLATE_LEN = 9, QK_TEMPLATES = 148, QK_TEMPLATE_BLOCKS = 8 };
/* All aperiodic templates of `len` (up to 10) bits in rising order; returns their number. 2.7, appendix. */
unsigned qk_templates(unsigned len, uint16_t *out);
/* 2.7. P-value of each of `count` aperiodic templates of `len` bits in `blocks` blocks. */
void qk_non_overlapping(const qk_bits *bits, unsigned len, const uint16_t *templates, unsigned count, unsigned blocks,
                        double *out_p);
/* 2.8. Nine ones in blocks of 1032; printed constants are the asymptotic ones. */
double qk_overlapping(const qk_bits *bits, qk_constants constants, uint32_t classes[6]);

/* 2.9. Mean of log2 of distances for blocks of `len` (up to 10) bits after `initial` of them. */
double qk_universal_mean(const qk_bits *bits, unsigned len, size_t initial);
/* P-value, `len` chosen by n; NaN if n < 387,840. */
double qk_universal(const qk_bits *bits);

/* 2.12, 2.11: m up to 16. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_approximate_entropy(const qk_bits *bits, unsigned m, double *out_p);
QK_MUST_CHECK qk_err qk_serial(const qk_bits *bits, unsigned m, double out_p[2]);

/* 2.14, 2.15: the random walk. States of the first are -4..-1, 1..4, of the variant -9..-1, 1..9. */
enum { QK_EXCURSION_STATES = 8, QK_VARIANT_STATES = 18 };
typedef struct qk_walk {
    uint32_t cycles;                          /* J */
    uint32_t visited[QK_EXCURSION_STATES][6]; /* cycles by number of visits: 0 to 4, 5 and more */
    uint32_t visits[QK_VARIANT_STATES];       /* in all */
} qk_walk;
void qk_walk_of(const qk_bits *bits, qk_walk *out);
void qk_excursions(const qk_walk *walk, double out_p[QK_EXCURSION_STATES]);
void qk_excursions_variant(const qk_walk *walk, double out_p[QK_VARIANT_STATES]);

/* Length of the shortest linear feedback shift register for `n` (up to 5000) bits from `from` on. */
unsigned qk_linear_span(const qk_bits *bits, size_t from, unsigned n);
/* 2.10. Blocks of `block` bits; printed are 0.01047 for 1/96 and 0.020833 for 1/48, as in NIST's program. */
double qk_linear_complexity(const qk_bits *bits, unsigned block, qk_constants constants, uint32_t classes[7]);

/* Places among the tests. */
enum { QK_SP80022_EXCURSIONS = 10, QK_SP80022_VARIANT = 11, QK_SP80022_SERIAL = 12, QK_SP80022_CUMULATIVE_SUMS = 13 };
/* P_T of ten bins of P-values (4.2.2); NaN for fewer than 55 values. */
double qk_sp80022_uniformity(const uint32_t bins[10]);

#endif
