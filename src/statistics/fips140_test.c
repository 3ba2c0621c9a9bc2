/* SPDX-License-Identifier: Apache-2.0 */
/* Limits of the block test, met and missed by one. Blocks are made from a good one by changes that touch one figure. */
#include "statistics/bits.h"
#include "statistics/statistics.h"

#include "base/testing.h"

static uint8_t block[QK_FIPS140_BLOCK];

static void fill(uint64_t seed)
{
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (uint8_t)(test_noise(&seed) >> 32);
}

static int good_block(void **state)
{
    (void)state;
    fill(42);
    return 0;
}

static unsigned bit_at(size_t at)
{
    return block[at / 8] >> (7 - at % 8) & 1;
}

static void set_bit(size_t at, unsigned bit)
{
    block[at / 8] = (uint8_t)((block[at / 8] & ~(0x80 >> at % 8)) | (bit ? 0x80 >> at % 8 : 0));
}

static size_t ones(void)
{
    qk_bits bits = { block, sizeof block * 8 };

    return qk_bits_ones(&bits, 0, bits.n);
}

/* Turns bits from the front until the block has `wanted` ones. */
static void make_ones(size_t wanted)
{
    size_t have = ones();

    for (size_t i = 0; have != wanted; i += 3) {
        unsigned bit = have < wanted;

        if (bit_at(i) == bit)
            continue;
        set_bit(i, bit);
        have = bit ? have + 1 : have - 1;
    }
}

static uint32_t squares_of(const uint32_t counts[16])
{
    uint32_t sum = 0;

    for (unsigned i = 0; i < 16; i++)
        sum += counts[i] * counts[i];
    return sum;
}

static void a_good_block_passes(void **state)
{
    (void)state;
    assert_int_equal(qk_fips140_test(block, NULL), 0);
}

static void monobit_limits(void **state)
{
    (void)state;
    make_ones(9726);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_MONOBIT, 0);
    make_ones(9725);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_MONOBIT, QK_FIPS140_MONOBIT);
    good_block(state);
    make_ones(10274);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_MONOBIT, 0);
    make_ones(10275);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_MONOBIT, QK_FIPS140_MONOBIT);
}

static void write_counts(const uint32_t counts[16])
{
    size_t at = 0;

    for (unsigned value = 0; value < 16; value++)
        for (uint32_t i = 0; i < counts[value]; i++, at++)
            block[at / 2] = (uint8_t)(at % 2 ? block[at / 2] | value : value << 4);
}

/* A block whose nibble counts have this sum of squares; the counts are found by trying. */
static void make_squares(uint32_t wanted)
{
    uint32_t counts[16];

    for (uint32_t a = 0; a < 90; a++)
        for (uint32_t b = 0; b <= a; b++)
            for (uint32_t c = 0; c < 90; c++) {
                for (unsigned i = 0; i < 16; i++)
                    counts[i] = i % 2 ? 312 : 313;
                counts[0] += a;
                counts[1] -= a;
                counts[2] += b;
                counts[3] -= b;
                counts[4] += c;
                counts[6] -= c;
                if (squares_of(counts) == wanted) {
                    write_counts(counts);
                    return;
                }
            }
    fail_msg("no block with a sum of %u", wanted);
}

static void poker_limits(void **state)
{
    (void)state;
    make_squares(1563176);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_POKER, 0);
    make_squares(1563174);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_POKER, QK_FIPS140_POKER);
    make_squares(1576928);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_POKER, 0);
    make_squares(1576930);
    assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_POKER, QK_FIPS140_POKER);
}

static const uint32_t middle[6] = { 2500, 1250, 625, 312, 156, 156 };
static const uint32_t least[6] = { 2315, 1114, 527, 240, 103, 103 }, most[6] = { 2685, 1386, 723, 384, 209, 209 };

/* Bits left for the runs of six and more when all others have their length. */
static uint32_t bits_left(uint32_t counts[2][6])
{
    uint32_t left = sizeof block * 8;

    for (unsigned i = 0; i < 5; i++)
        left -= (counts[0][i] + counts[1][i]) * (i + 1);
    return left;
}

/* Lays runs of zeros and ones alternately; those of six and more share the bits that are left. */
static void lay_runs(uint32_t counts[2][6])
{
    uint32_t left = bits_left(counts), longs = counts[0][5] + counts[1][5];
    unsigned length[2] = { 0, 0 };
    size_t at = 0;

    for (unsigned bit = 0; at < sizeof block * 8; bit ^= 1) {
        uint32_t run;

        while (!counts[bit][length[bit]])
            length[bit]++;
        counts[bit][length[bit]]--;
        run = length[bit] + 1;
        if (length[bit] == 5) {
            run = left / longs--;
            left -= run;
        }
        while (run--)
            set_bit(at++, bit);
    }
}

/* A block with `count` runs of `bit` in class `class`, all other classes within their limits. */
static void make_runs(unsigned bit, unsigned class, uint32_t count)
{
    uint32_t counts[2][6], more = count - middle[class]; /* may wrap: so do the sums below, back again */
    uint32_t half = (uint32_t)((int32_t)more / 2);

    memcpy(counts[0], middle, sizeof middle);
    memcpy(counts[1], middle, sizeof middle);
    counts[bit][class] += more;
    counts[bit ^ 1][0] += half; /* as many runs of the other bit */
    counts[bit ^ 1][1] += more - half;
    while (bits_left(counts) < 6 * (counts[0][5] + counts[1][5])) {
        counts[bit ^ 1][5]--;
        counts[bit ^ 1][0]++;
    }
    for (unsigned i = 0; i < 12; i++)
        if (i != bit * 6 + class)
            assert_in_range(counts[i / 6][i % 6], least[i % 6], most[i % 6]);
    lay_runs(counts);
}

static void run_limits(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 2; bit++)
        for (unsigned class = 0; class < 6; class ++) {
            make_runs(bit, class, least[class]);
            assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_RUNS, 0);
            make_runs(bit, class, least[class] - 1);
            assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_RUNS, QK_FIPS140_RUNS);
            make_runs(bit, class, most[class]);
            assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_RUNS, 0);
            make_runs(bit, class, most[class] + 1);
            assert_int_equal(qk_fips140_test(block, NULL) & QK_FIPS140_RUNS, QK_FIPS140_RUNS);
        }
}

static void a_run_of_26_is_too_long(void **state)
{
    (void)state;
    for (size_t i = 0; i < 25; i++)
        set_bit(8000 + i, 1);
    set_bit(7999, 0);
    set_bit(8025, 0);
    assert_int_equal(qk_fips140_test(block, NULL), 0);
    set_bit(8025, 1);
    set_bit(8026, 0);
    assert_int_equal(qk_fips140_test(block, NULL), QK_FIPS140_LONG_RUN);
}

static void a_long_run_of_zeros_at_the_end_counts(void **state)
{
    (void)state;
    for (size_t i = sizeof block * 8 - 26; i < sizeof block * 8; i++)
        set_bit(i, 0);
    set_bit(sizeof block * 8 - 27, 1);
    assert_int_equal(qk_fips140_test(block, NULL), QK_FIPS140_LONG_RUN);
}

static void a_repeated_word_fails(void **state)
{
    (void)state;
    memcpy(block + 1004, block + 1000, 4);
    assert_int_equal(qk_fips140_test(block, NULL), QK_FIPS140_CONTINUOUS);
}

static void words_that_match_across_a_boundary_of_four_do_not_count(void **state)
{
    (void)state;
    memcpy(block + 1006, block + 1002, 4);
    assert_int_equal(qk_fips140_test(block, NULL), 0);
}

static void the_last_word_is_carried_to_the_next_block(void **state)
{
    uint32_t last = 0;

    (void)state;
    assert_int_equal(qk_fips140_test(block, &last), 0);
    assert_memory_equal(&last, block + QK_FIPS140_BLOCK - 4, 4);
    memcpy(block, &last, 4);
    assert_int_equal(qk_fips140_test(block, &last), QK_FIPS140_CONTINUOUS);
    assert_int_equal(qk_fips140_test(block, NULL), 0);
}

static void a_constant_block_fails_everything(void **state)
{
    (void)state;
    memset(block, 0, sizeof block);
    assert_int_equal(qk_fips140_test(block, NULL), 31);
    memset(block, 0xff, sizeof block);
    assert_int_equal(qk_fips140_test(block, NULL), 31);
}

/* Expected about 1.6 of 2000 for a perfect source. */
static void good_blocks_rarely_fail(void **state)
{
    unsigned failed = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        fill(seed * 0x9e3779b97f4a7c15);
        failed += qk_fips140_test(block, NULL) != 0;
    }
    assert_in_range(failed, 0, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_good_block_passes, good_block),
        cmocka_unit_test_setup(monobit_limits, good_block),
        cmocka_unit_test_setup(poker_limits, good_block),
        cmocka_unit_test_setup(run_limits, good_block),
        cmocka_unit_test_setup(a_run_of_26_is_too_long, good_block),
        cmocka_unit_test_setup(a_long_run_of_zeros_at_the_end_counts, good_block),
        cmocka_unit_test_setup(a_repeated_word_fails, good_block),
        cmocka_unit_test_setup(words_that_match_across_a_boundary_of_four_do_not_count, good_block),
        cmocka_unit_test_setup(the_last_word_is_carried_to_the_next_block, good_block),
        cmocka_unit_test_setup(a_constant_block_fails_everything, good_block),
        cmocka_unit_test_setup(good_blocks_rarely_fail, good_block),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
