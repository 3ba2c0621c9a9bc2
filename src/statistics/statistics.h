/* SPDX-License-Identifier: Apache-2.0 */
/* Statistical tests on bytes: SP 800-22 Rev. 1a (fifteen tests), its judgement over many sequences, the FIPS 140-2
 * block test, and the min-entropy estimators of SP 800-90B. Pure computation: no sources, no threads, no files. Bits of
 * a byte count from the most significant one. */
#ifndef QK_STATISTICS_STATISTICS_H
#define QK_STATISTICS_STATISTICS_H

#include "base/bytes.h"

/* The fifteen, in the order of the publication's table; names as in reports ("frequency", "block_frequency", ...). */
enum { QK_SP80022_TESTS = 15, QK_SP80022_VALUES = 188 };

/* One sequence. P-values in the tests' order; NaN where a test did not apply (excursions with too few cycles, or a
 * sequence too short). first[t]..first[t+1] are the values of test t. */
typedef struct qk_sp80022_result {
    double p[QK_SP80022_VALUES];
    unsigned applied; /* values that are not NaN: 188, or 162 without the excursion tests */
} qk_sp80022_result;

extern const uint16_t qk_sp80022_first[QK_SP80022_TESTS + 1];
const char *qk_sp80022_name(unsigned test);

/* All fifteen with the default parameters and exact constants on bytes.len * 8 bits (2^20 bits in continuous use).
 * QK_E_BAD_LENGTH under 128 bytes or over 2 MiB; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_sp80022_run(qk_view bytes, qk_sp80022_result *out);

/* Judging sequences of one run together: begin with zeros, add each result, then ask. A perfect source gives fewer than
 * 55 values of some test, too few to judge uniformity, if there are fewer than 55 sequences; that counts as not
 * uniform. */
typedef struct qk_sp80022_judge {
    unsigned sequences;
    uint32_t passes[QK_SP80022_TESTS], total[QK_SP80022_TESTS]; /* P >= 0.01 */
    uint32_t bins[QK_SP80022_TESTS]
                 [10]; /* pooled over templates; of values that depend on each other one or two of each sequence */
} qk_sp80022_judge;

typedef struct qk_sp80022_verdict {
    bool tests_passed; /* either of the two */
    bool nist_all_passed;
    uint32_t nist_passes, nist_fails;
    double nist_success_rate; /* mean of the 15 pass rates */
    bool uniformity_all_passed;
    uint32_t uniformity_passes, uniformity_fails; /* of 15 */
    double uniformity_success_rate;
    double test_rate[QK_SP80022_TESTS];       /* pass rate of each; NaN if it never applied */
    double test_uniformity[QK_SP80022_TESTS]; /* P_T of each */
} qk_sp80022_verdict;

void qk_sp80022_judge_add(qk_sp80022_judge *judge, const qk_sp80022_result *result);
void qk_sp80022_judge_verdict(const qk_sp80022_judge *judge, qk_sp80022_verdict *out);
/* Whether proportions are no worse than a perfect source explains. nist_all_passed asks for three standard deviations,
 * as the publication does; a perfect source misses that in 1 to 3 of 100 runs. This asks for six: the rule to cut a
 * source off by, where a false alarm has a price. */
bool qk_sp80022_proportions_sound(const qk_sp80022_verdict *verdict);
/* Least share of P-values >= 0.01 that m of them must have. SP 800-22, 4.2.1. */
double qk_sp80022_proportion_bound(uint32_t m);

/* FIPS 140-2 (change notice of 2001-10-10), 2500 bytes. A bit of the enum is set for each test that failed. */
enum { QK_FIPS140_BLOCK = 2500 };
enum {
    QK_FIPS140_MONOBIT = 1,
    QK_FIPS140_POKER = 2,
    QK_FIPS140_RUNS = 4,
    QK_FIPS140_LONG_RUN = 8,
    QK_FIPS140_CONTINUOUS = 16
};
/* `last_word` carries the continuous test from block to block; NULL: within the block only. */
unsigned qk_fips140_test(const uint8_t block[QK_FIPS140_BLOCK], uint32_t *last_word);

/* Min-entropy estimates, SP 800-90B section 6.3, in bits per sample. `samples` one per byte, values below
 * 2^sample_bits. Estimators for binary data alone are NaN for others. */
typedef struct qk_min_entropy {
    double most_common, collision, markov, compression, t_tuple, longest_repeat, multi_mcw, lag, multi_mmc, lz78y;
    double lowest;           /* of those that apply */
    double bitstring_lowest; /* the same on the first 1,000,000 bits of the samples, times sample_bits; NaN for binary
                              * data */
    double assessed;         /* min of the two */
} qk_min_entropy;

/* QK_E_BAD_LENGTH under 1000 samples or over 16 Mi; QK_E_BAD_ARGUMENT if a value does not fit; QK_E_NO_MEMORY. Meant
 * for 1,000,000 samples (seconds of work). */
QK_MUST_CHECK qk_err qk_min_entropy_estimate(qk_view samples, unsigned sample_bits, qk_min_entropy *out);
/* The one that is cheap enough to run online. */
double qk_min_entropy_most_common(uint64_t samples, uint64_t largest_count);

#endif
