/* SPDX-License-Identifier: Apache-2.0 */
/* The count below the threshold is that of a transform in double precision, for random and for very regular input. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"

#include "base/testing.h"

/* N1 from the definition. */
static size_t plain_count(const qk_bits *bits)
{
    size_t n = bits->n, below = 0;

    for (size_t k = 0; k < n / 2; k++) {
        double re = 0, im = 0;

        for (size_t i = 0; i < n; i++) {
            double angle = 2 * M_PI * (double)(k * i % n) / (double)n, sign = qk_bit(bits, i) ? 1 : -1;

            re += sign * cos(angle);
            im += sign * sin(angle);
        }
        below += hypot(re, im) < sqrt((double)n * log(20));
    }
    return below;
}

static void assert_count(const qk_bits *bits)
{
    size_t below;
    double p;

    assert_qk_ok(qk_spectral(bits, &p, &below));
    assert_int_equal(below, plain_count(bits));
}

static void counts_of_random_sequences_are_exact(void **state)
{
    static const size_t lengths[] = { 8, 10, 64, 100, 126, 130, 512, 1000, 1024, 1040 };
    uint64_t noise = 11, words[20];

    (void)state;
    for (unsigned round = 0; round < 60; round++) {
        qk_bits bits = { (const uint8_t *)words, lengths[round % 10] };

        for (size_t i = 0; i < 20; i++)
            words[i] = test_noise(&noise);
        assert_count(&bits);
    }
}

static void counts_of_regular_sequences_are_exact(void **state)
{
    static const uint8_t patterns[] = { 0x00, 0xff, 0x55, 0x33, 0x0f, 0x92, 0xe8 };
    uint8_t bytes[250];

    (void)state;
    for (size_t i = 0; i < sizeof patterns; i++) {
        qk_bits bits = { bytes, 2000 };

        memset(bytes, patterns[i], sizeof bytes);
        assert_count(&bits);
        bytes[100] ^= 0x10;
        assert_count(&bits);
    }
}

/* With 40 zeros among 16,000 bits all magnitudes but one stay far below. */
static void one_strong_line_does_not_disturb_the_rest(void **state)
{
    static uint8_t bytes[2000];
    qk_bits bits = { bytes, 16000 };
    size_t below;
    double p;

    (void)state;
    memset(bytes, 0xff, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += 50)
        bytes[i] = 0xfe;
    assert_qk_ok(qk_spectral(&bits, &p, &below));
    assert_int_equal(below, 7999);
}

static void a_length_with_a_large_prime_factor_is_cut(void **state)
{
    uint64_t noise = 5, words[20];
    qk_bits all = { (const uint8_t *)words, 1018 }, cut = { (const uint8_t *)words, 1014 }; /* 2*509, 2*3*13*13 */
    size_t of_all, of_cut;
    double p;

    (void)state;
    for (size_t i = 0; i < 20; i++)
        words[i] = test_noise(&noise);
    assert_qk_ok(qk_spectral(&all, &p, &of_all));
    assert_qk_ok(qk_spectral(&cut, &p, &of_cut));
    assert_int_equal(of_all, of_cut);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_of_random_sequences_are_exact),
        cmocka_unit_test(counts_of_regular_sequences_are_exact),
        cmocka_unit_test(one_strong_line_does_not_disturb_the_rest),
        cmocka_unit_test(a_length_with_a_large_prime_factor_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
