/* SPDX-License-Identifier: Apache-2.0 */
/* The publication's short examples, recomputed where it prints another number, and what a run does with odd input. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

#include "base/testing.h"

/* The first 100 bits of pi. */
#define PI_100                                                                                                         \
    "1100100100001111110110101010001000100001011010001100"                                                             \
    "001000110100110001001100011001100010100010111000"

/* Bits of a text of zeros and ones; other characters are skipped. Four live at a time. */
static qk_bits bits_of(const char *text)
{
    static uint8_t packed[4][64];
    static unsigned next;
    uint8_t *bytes = packed[next++ % 4];
    qk_bits bits = { bytes, 0 };

    memset(bytes, 0, sizeof packed[0]);
    for (; *text; text++)
        if (*text == '0' || *text == '1') {
            if (*text == '1')
                bytes[bits.n / 8] |= (uint8_t)(0x80 >> bits.n % 8);
            bits.n++;
        }
    return bits;
}

static void assert_p(double p, double wanted)
{
    if (!(fabs(p - wanted) < 1e-6))
        fail_msg("P = %.7f instead of %.6f", p, wanted);
}

static void frequency_of_the_example(void **state)
{
    qk_bits bits = bits_of("1011010101"), pi = bits_of(PI_100);

    (void)state;
    assert_p(qk_frequency(&bits), 0.527089);
    assert_p(qk_frequency(&pi), 0.109599);
}

static void block_frequency_of_the_example(void **state)
{
    qk_bits bits = bits_of("0110011010"), pi = bits_of(PI_100);

    (void)state;
    assert_p(qk_block_frequency(&bits, 3), 0.801252);
    assert_p(qk_block_frequency(&pi, 10), 0.706438);
}

static void runs_of_the_example(void **state)
{
    qk_bits bits = bits_of("1001101011"), pi = bits_of(PI_100), biased = bits_of("1111111111111111111111110");

    (void)state;
    assert_p(qk_runs(&bits), 0.147232);
    assert_p(qk_runs(&pi), 0.500798);
    assert_p(qk_runs(&biased), 0);
}

static void longest_run_of_the_example(void **state)
{
    static const uint32_t wanted[4] = { 4, 9, 3, 0 };
    qk_bits bits = bits_of("11001100000101010110110001001100 11100000000000100100110101010001"
                           "00010011110101101000000011010111 11001100111001101101100010110010");
    uint32_t classes[7];

    (void)state;
    assert_int_equal(bits.n, 128);
    assert_p(qk_longest_run(&bits, QK_CONSTANTS_PRINTED, classes), 0.180598);
    assert_memory_equal(classes, wanted, sizeof wanted);
    assert_p(qk_longest_run(&bits, QK_CONSTANTS_EXACT, NULL), 0.180609);
}

static void spectrum_of_the_example(void **state)
{
    qk_bits bits = bits_of("1001010011"), pi = bits_of(PI_100);
    size_t below;
    double p;

    (void)state;
    assert_qk_ok(qk_spectral(&bits, &p, &below));
    assert_int_equal(below, 5);
    assert_p(p, 0.468160);
    assert_qk_ok(qk_spectral(&pi, &p, NULL));
    assert_p(p, 0.646355);
}

static void templates_of_the_example(void **state)
{
    const uint16_t template = 1;
    qk_bits bits = bits_of("10100100101110010110");
    double p;

    (void)state;
    qk_non_overlapping(&bits, 3, &template, 1, 2, &p);
    assert_p(p, 0.344154);
}

static void aperiodic_templates_are_as_many_as_published(void **state)
{
    static const unsigned counts[] = { 2, 4, 6, 12, 20, 40, 74, 148, 284 };
    uint16_t templates[1024];

    (void)state;
    for (unsigned len = 2; len <= 10; len++)
        assert_int_equal(qk_templates(len, templates), counts[len - 2]);
    assert_int_equal(qk_templates(9, templates), QK_TEMPLATES);
    assert_int_equal(templates[0], 1);
    assert_int_equal(templates[1], 3);
    assert_int_equal(templates[147], 0x1fe);
}

static void universal_mean_of_the_example(void **state)
{
    qk_bits bits = bits_of("01011010011101010111");
    double mean = qk_universal_mean(&bits, 2, 4);

    (void)state;
    assert_p(mean, 1.1949875);
    assert_p(erfc(fabs(mean - 1.5374383) / (M_SQRT2 * sqrt(1.338))), 0.767189);
}

static void pattern_tests_of_the_examples(void **state)
{
    qk_bits serial = bits_of("0011011101"), entropy = bits_of("0100110101"), pi = bits_of(PI_100);
    double p[2];

    (void)state;
    assert_qk_ok(qk_serial(&serial, 3, p));
    assert_p(p[0], 0.808792);
    assert_p(p[1], 0.670320);
    assert_qk_ok(qk_approximate_entropy(&entropy, 3, p));
    assert_p(p[0], 0.261961);
    assert_qk_ok(qk_approximate_entropy(&pi, 2, p));
    assert_p(p[0], 0.235301);
}

static void cumulative_sums_of_the_example(void **state)
{
    qk_bits bits = bits_of("1011010111"), pi = bits_of(PI_100);
    double forward, backward;

    (void)state;
    qk_cumulative_sums(&bits, &forward, &backward);
    assert_p(forward, 0.411659);
    qk_cumulative_sums(&pi, &forward, &backward);
    assert_p(forward, 0.219194);
    assert_p(backward, 0.114866);
}

static void excursions_of_the_example(void **state)
{
    qk_bits bits = bits_of("0110110101");
    double p[QK_VARIANT_STATES];
    qk_walk walk;

    (void)state;
    qk_walk_of(&bits, &walk);
    assert_int_equal(walk.cycles, 3);
    qk_excursions(&walk, p);
    assert_p(p[4], 0.502488);
    assert_int_equal(walk.visits[9], 4);
    qk_excursions_variant(&walk, p);
    assert_p(p[9], 0.683091);
}

static void the_last_cycle_is_counted_once_whether_it_closes_or_not(void **state)
{
    qk_bits open = bits_of("10110"), closed = bits_of("1010");
    qk_walk walk;

    (void)state;
    qk_walk_of(&open, &walk);
    assert_int_equal(walk.cycles, 2);
    qk_walk_of(&closed, &walk);
    assert_int_equal(walk.cycles, 2);
}

static void linear_span_of_the_example(void **state)
{
    qk_bits bits = bits_of("1101011110001"), zeros = bits_of("00000000"), last = bits_of("00000001");

    (void)state;
    assert_int_equal(qk_linear_span(&bits, 0, 13), 4);
    assert_int_equal(qk_linear_span(&zeros, 0, 8), 0);
    assert_int_equal(qk_linear_span(&last, 0, 8), 8);
}

/* Bit by bit, as the textbook has it. */
static unsigned plain_span(const qk_bits *bits, unsigned n)
{
    uint8_t c[512] = { 1 }, b[512] = { 1 }, before[512];
    unsigned span = 0, since = 1;

    for (unsigned i = 0; i < n; i++, since++) {
        unsigned d = qk_bit(bits, i);

        for (unsigned j = 1; j <= span; j++)
            d ^= c[j] & qk_bit(bits, i - j);
        if (!d)
            continue;
        memcpy(before, c, sizeof c);
        for (unsigned j = 0; j + since < sizeof c; j++)
            c[j + since] ^= b[j];
        if (2 * span <= i) {
            span = i + 1 - span;
            memcpy(b, before, sizeof b);
            since = 0;
        }
    }
    return span;
}

static void linear_span_by_words_is_that_by_bits(void **state)
{
    uint64_t noise = 7, words[8];

    (void)state;
    for (unsigned round = 0; round < 200; round++) {
        unsigned n = 1 + (unsigned)(test_noise(&noise) % 500);
        qk_bits bits = { (const uint8_t *)words, sizeof words * 8 };

        for (unsigned i = 0; i < 8; i++)
            words[i] = round % 3 ? test_noise(&noise) : 0x8888888888888888;
        assert_int_equal(qk_linear_span(&bits, 0, n), plain_span(&bits, n));
    }
}

static void a_sequence_too_short_or_too_long_is_refused(void **state)
{
    static uint8_t bytes[(1 << 21) + 1];
    qk_sp80022_result result;

    (void)state;
    assert_qk_err(qk_sp80022_run(qk_view_of(bytes, 127), &result), QK_E_BAD_LENGTH);
    assert_words("127 bytes");
    assert_qk_err(qk_sp80022_run(QK_VIEW_NONE, &result), QK_E_BAD_LENGTH);
    assert_qk_err(qk_sp80022_run(qk_view_of(bytes, sizeof bytes), &result), QK_E_BAD_LENGTH);
}

static void tests_that_need_more_bits_do_not_apply(void **state)
{
    uint8_t bytes[128];
    uint64_t noise = 1;
    qk_sp80022_result result;

    (void)state;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(test_noise(&noise) >> 32);
    assert_qk_ok(qk_sp80022_run(qk_view_of(bytes, sizeof bytes), &result));
    assert_int_equal(result.applied, 7); /* frequency, block, runs, longest run, spectral, two cumulative sums */
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        assert_int_equal(isnan(result.p[i]), !(i < 4 || i == 5 || i == 185 || i == 186));
}

/* Exactly as much memory as there is sequence, so that a byte read beyond is seen by the tools. */
static void lengths_around_every_limit_are_read_to_their_end_and_no_further(void **state)
{
    static const size_t lengths[] = { 128,   129,   135,   783,   784,   785,   4863,   4864,   8191,   8192,
                                      48479, 48480, 65535, 65537, 93749, 93750, 124999, 125000, 125001, 131071 };
    uint64_t noise = 13;
    qk_sp80022_result result;

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        uint8_t *bytes = malloc(lengths[i]);

        assert_non_null(bytes);
        for (size_t at = 0; at < lengths[i]; at++)
            bytes[at] = (uint8_t)(test_noise(&noise) >> 32);
        assert_qk_ok(qk_sp80022_run(qk_view_of(bytes, lengths[i]), &result));
        assert_true(result.p[0] >= 0 && result.p[5] >= 0);
        assert_int_equal(isnan(result.p[4]), lengths[i] * 8 < 38912);
        assert_int_equal(isnan(result.p[6]), lengths[i] < 125000);
        assert_int_equal(isnan(result.p[155]), lengths[i] * 8 < 387840);
        assert_int_equal(isnan(result.p[183]), lengths[i] * 8 < 524288);
        free(bytes);
    }
}

static void zeros_fail_whatever_applies(void **state)
{
    static const uint8_t zeros[131072];
    qk_sp80022_result result;

    (void)state;
    assert_qk_ok(qk_sp80022_run(qk_view_of(zeros, sizeof zeros), &result));
    assert_int_equal(result.applied, 162);
    for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
        assert_false(result.p[i] >= 0.01);
}

static void every_value_is_a_probability(void **state)
{
    static uint8_t bytes[131072];
    qk_sp80022_result result;
    uint64_t noise = 3;

    (void)state;
    for (unsigned pattern = 0; pattern < 4; pattern++) {
        for (size_t i = 0; i < sizeof bytes; i++) {
            uint8_t random = (uint8_t)(test_noise(&noise) >> 40);

            bytes[i] = pattern == 0 ? random : pattern == 1 ? 0x55 : pattern == 2 ? 0xff : random & 0x7f;
        }
        assert_qk_ok(qk_sp80022_run(qk_view_of(bytes, sizeof bytes), &result));
        for (unsigned i = 0; i < QK_SP80022_VALUES; i++)
            assert_true(isnan(result.p[i]) || (result.p[i] >= 0 && result.p[i] <= 1));
    }
}

static void tests_have_names_and_places(void **state)
{
    (void)state;
    assert_string_equal(qk_sp80022_name(0), "frequency");
    assert_string_equal(qk_sp80022_name(14), "linear_complexity");
    assert_int_equal(qk_sp80022_first[0], 0);
    assert_int_equal(qk_sp80022_first[QK_SP80022_TESTS], QK_SP80022_VALUES);
    for (unsigned i = 0; i < QK_SP80022_TESTS; i++)
        assert_true(qk_sp80022_first[i] < qk_sp80022_first[i + 1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frequency_of_the_example),
        cmocka_unit_test(block_frequency_of_the_example),
        cmocka_unit_test(runs_of_the_example),
        cmocka_unit_test(longest_run_of_the_example),
        cmocka_unit_test(spectrum_of_the_example),
        cmocka_unit_test(templates_of_the_example),
        cmocka_unit_test(aperiodic_templates_are_as_many_as_published),
        cmocka_unit_test(universal_mean_of_the_example),
        cmocka_unit_test(pattern_tests_of_the_examples),
        cmocka_unit_test(cumulative_sums_of_the_example),
        cmocka_unit_test(excursions_of_the_example),
        cmocka_unit_test(the_last_cycle_is_counted_once_whether_it_closes_or_not),
        cmocka_unit_test(linear_span_of_the_example),
        cmocka_unit_test(linear_span_by_words_is_that_by_bits),
        cmocka_unit_test(a_sequence_too_short_or_too_long_is_refused),
        cmocka_unit_test(tests_that_need_more_bits_do_not_apply),
        cmocka_unit_test(lengths_around_every_limit_are_read_to_their_end_and_no_further),
        cmocka_unit_test(zeros_fail_whatever_applies),
        cmocka_unit_test(every_value_is_a_probability),
        cmocka_unit_test(tests_have_names_and_places),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
