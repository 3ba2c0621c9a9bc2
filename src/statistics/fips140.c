/* SPDX-License-Identifier: Apache-2.0 */
/* The block test of FIPS 140-2, section 4.9.1, with the limits of change notice 1 (10 October 2001). A perfect source
 * fails about 8 of 10,000 blocks. */
#include "statistics/bits.h"
#include "statistics/statistics.h"

enum { BLOCK_BITS = QK_FIPS140_BLOCK * 8, LONG_RUN = 26, RUN_CLASSES = 6 };

typedef struct limits {
    uint32_t least, most;
} limits;

static const limits monobit = { 9726, 10274 };

/* 2.16 < 16/5000 * sum - 5000 < 46.17, for the sum of squares in whole numbers. */
static const limits poker = { 1563176, 1576928 };

/* Runs of 1, 2, 3, 4, 5, and 6 or more bits. */
static const limits runs[RUN_CLASSES] = {
    { 2315, 2685 }, { 1114, 1386 }, { 527, 723 }, { 240, 384 }, { 103, 209 }, { 103, 209 },
};

static bool within(uint32_t value, limits allowed)
{
    return value >= allowed.least && value <= allowed.most;
}

static bool poker_fails(const uint8_t *block)
{
    uint32_t counts[16] = { 0 }, squares = 0;

    for (unsigned i = 0; i < QK_FIPS140_BLOCK; i++) {
        counts[block[i] >> 4]++;
        counts[block[i] & 15]++;
    }
    for (unsigned i = 0; i < 16; i++)
        squares += counts[i] * counts[i];
    return !within(squares, poker);
}

typedef struct run_counts {
    uint32_t of[2][RUN_CLASSES]; /* by bit and length */
    unsigned longest;
} run_counts;

static void end_run(run_counts *counts, unsigned bit, unsigned length)
{
    counts->of[bit][length < RUN_CLASSES ? length - 1 : RUN_CLASSES - 1]++;
    counts->longest = length > counts->longest ? length : counts->longest;
}

static unsigned runs_failed(const qk_bits *bits)
{
    run_counts counts = { 0 };
    unsigned length = 1, failed = 0;

    for (unsigned i = 1; i < BLOCK_BITS; i++) {
        if (qk_bit(bits, i) == qk_bit(bits, i - 1)) {
            length++;
            continue;
        }
        end_run(&counts, qk_bit(bits, i - 1), length);
        length = 1;
    }
    end_run(&counts, qk_bit(bits, BLOCK_BITS - 1), length);
    for (unsigned i = 0; i < RUN_CLASSES; i++)
        if (!within(counts.of[0][i], runs[i]) || !within(counts.of[1][i], runs[i]))
            failed = QK_FIPS140_RUNS;
    return counts.longest >= LONG_RUN ? failed | QK_FIPS140_LONG_RUN : failed;
}

/* Section 4.9.2 (1): no 32-bit word repeats the one before. */
static bool continuous_fails(const uint8_t *block, uint32_t *last_word)
{
    uint32_t last = 0, word;
    bool failed = false;

    for (unsigned i = 0; i < QK_FIPS140_BLOCK; i += sizeof word) {
        memcpy(&word, block + i, sizeof word);
        if ((i > 0 && word == last) || (i == 0 && last_word && word == *last_word))
            failed = true;
        last = word;
    }
    if (last_word)
        *last_word = last;
    return failed;
}

unsigned qk_fips140_test(const uint8_t block[QK_FIPS140_BLOCK], uint32_t *last_word)
{
    qk_bits bits = { block, BLOCK_BITS };
    unsigned failed = runs_failed(&bits);

    if (!within((uint32_t)qk_bits_ones(&bits, 0, BLOCK_BITS), monobit))
        failed |= QK_FIPS140_MONOBIT;
    if (poker_fails(block))
        failed |= QK_FIPS140_POKER;
    if (continuous_fails(block, last_word))
        failed |= QK_FIPS140_CONTINUOUS;
    return failed;
}
