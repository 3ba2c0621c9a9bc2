/* SPDX-License-Identifier: Apache-2.0 */
/* Cut-offs against published and recomputed tables; faults against the tests. Source: SP 800-90B, 4.4. */
#include "entropy/source/health.h"

#include <math.h>

#include "base/testing.h"

typedef struct cutoff_row {
    double min_entropy;
    uint32_t rct[4];     /* alpha 2^-20, 2^-30, 2^-40, 2^-60 */
    uint32_t printed[3]; /* APT as the standard prints it: 2^-20, 2^-30, 2^-40 */
    uint32_t apt[4];     /* with the reference sample counted right */
} cutoff_row;

static const unsigned alphas[4] = { 20, 30, 40, 60 };

/* clang-format off */
static const cutoff_row binary_rows[] = {
    { 0.1, { 201, 301, 401, 601 }, { 991, 999, 1005 }, { 991, 999, 1005, 1014 } },
    { 0.2, { 101, 151, 201, 301 }, { 941, 952, 961 },  { 941, 952, 962, 976 } },
    { 0.3, { 68, 101, 135, 201 },  { 890, 904, 915 },  { 890, 904, 915, 934 } },
    { 0.4, { 51, 76, 101, 151 },   { 840, 856, 869 },  { 841, 856, 869, 890 } },
    { 0.5, { 41, 61, 81, 121 },    { 793, 810, 824 },  { 793, 810, 824, 847 } },
    { 0.6, { 35, 51, 68, 101 },    { 748, 766, 780 },  { 748, 766, 781, 805 } },
    { 0.7, { 30, 44, 59, 87 },     { 705, 723, 739 },  { 705, 724, 739, 764 } },
    { 0.8, { 26, 39, 51, 76 },     { 664, 683, 699 },  { 664, 683, 699, 726 } },
    { 0.9, { 24, 35, 46, 68 },     { 625, 645, 661 },  { 626, 645, 662, 688 } },
    { 1,   { 21, 31, 41, 61 },     { 589, 609, 625 },  { 590, 609, 626, 653 } },
};

static const cutoff_row byte_rows[] = {
    { 0.5, { 41, 61, 81, 121 }, { 410, 422, 432 }, { 411, 422, 432, 447 } },
    { 1,   { 21, 31, 41, 61 },  { 311, 325, 336 }, { 311, 325, 337, 355 } },
    { 1.5, { 15, 21, 28, 41 },  { 234, 248, 260 }, { 235, 249, 261, 280 } },
    { 2,   { 11, 16, 21, 31 },  { 177, 190, 201 }, { 178, 191, 202, 221 } },
    { 2.5, { 9, 13, 17, 25 },   { 135, 147, 157 }, { 136, 148, 158, 175 } },
    { 3,   { 8, 11, 15, 21 },   { 103, 114, 123 }, { 104, 115, 124, 140 } },
    { 4,   { 6, 9, 11, 16 },    { 62, 71, 78 },    { 63, 71, 79, 92 } },
    { 5,   { 5, 7, 9, 13 },     { 39, 46, 51 },    { 40, 46, 52, 63 } },
    { 6,   { 5, 6, 8, 11 },     { 25, 31, 35 },    { 26, 32, 36, 45 } },
    { 7,   { 4, 6, 7, 10 },     { 18, 22, 26 },    { 18, 23, 27, 33 } },
    { 7.5, { 4, 5, 7, 9 },      { 15, 19, 22 },    { 16, 20, 23, 29 } },
    { 7.8, { 4, 5, 7, 9 },      { 13, 17, 20 },    { 14, 18, 21, 27 } },
    { 8,   { 4, 5, 6, 9 },      { 13, 16, 19 },    { 14, 17, 20, 26 } },
};
/* clang-format on */

/* As SP 800-90B prints it, which counts W random samples: for comparison with what others publish. */
static uint32_t printed_apt_cutoff(uint32_t window, double min_entropy, unsigned alpha_bits)
{
    return 1 + qk_health_critical(window, min_entropy, alpha_bits);
}

static void check_rows(const cutoff_row *rows, size_t count, uint32_t window)
{
    for (size_t i = 0; i < count; i++)
        for (size_t a = 0; a < 4; a++) {
            double h = rows[i].min_entropy;

            assert_int_equal(qk_health_rct_cutoff(h, alphas[a]), rows[i].rct[a]);
            assert_int_equal(qk_health_apt_cutoff(window, h, alphas[a]), rows[i].apt[a]);
            if (a < 3)
                assert_int_equal(printed_apt_cutoff(window, h, alphas[a]), rows[i].printed[a]);
        }
}

static void cutoffs_of_binary_samples_are_those_of_the_table(void **state)
{
    (void)state;
    check_rows(binary_rows, sizeof binary_rows / sizeof *binary_rows, 1024);
}

static void cutoffs_of_bytes_are_those_of_the_table(void **state)
{
    (void)state;
    check_rows(byte_rows, sizeof byte_rows / sizeof *byte_rows, 512);
}

static void the_worked_examples_of_the_repetition_count_hold(void **state)
{
    (void)state;
    assert_int_equal(qk_health_rct_cutoff(1, 30), 31);
    assert_int_equal(qk_health_rct_cutoff(2, 20), 11);
    assert_int_equal(qk_health_rct_cutoff(8, 20), 4);
    assert_int_equal(qk_health_rct_cutoff(0.5, 30), 61);
    assert_int_equal(printed_apt_cutoff(512, 4, 20), 62); /* the standard's own example */
}

static void cutoffs_agree_with_the_jitter_generator_s_tables(void **state)
{
    static const uint32_t once[] = { 325, 422, 459, 477, 488, 494, 499, 502, 505, 507, 508, 509, 510, 511, 512 };
    static const uint32_t for_good[] = { 355, 447, 479, 494, 502, 507, 510, 512 };

    (void)state;
    for (unsigned i = 0; i < sizeof once / sizeof *once; i++)
        assert_int_equal(qk_health_apt_cutoff(512, 1.0 / (i + 1), 30), once[i]);
    for (unsigned i = 0; i < sizeof for_good / sizeof *for_good; i++)
        assert_int_equal(qk_health_apt_cutoff(512, 1.0 / (i + 1), 60), for_good[i]);
    assert_int_equal(printed_apt_cutoff(512, 1.0 / 3, 30), 458);
    assert_int_equal(printed_apt_cutoff(512, 1.0 / 5, 30), 487);
}

static void no_cutoff_is_above_the_window(void **state)
{
    (void)state;
    for (double h = 0.01; h < 1; h += 0.01)
        for (unsigned bits = 20; bits < 120; bits += 10)
            assert_in_range(qk_health_apt_cutoff(512, h, bits), 2, 512);
}

static void alpha_follows_the_rate(void **state)
{
    (void)state;
    assert_int_equal(qk_health_alpha_bits(1000), 39); /* one in 3.16e11 samples is 2^-38.2 */
    assert_int_equal(qk_health_alpha_bits(1000000), 49);
    assert_int_equal(qk_health_alpha_bits(187500000), 56);
    assert_int_equal(qk_health_alpha_bits(0), qk_health_alpha_bits(1));
}

static void limits_have_two_thresholds_and_the_right_window(void **state)
{
    qk_health_limits limits;

    (void)state;
    qk_health_limits_for(7.8, 8, 1000000, &limits); /* 2^-49 and 2^-40; permanent 2^-69 and 2^-60 */
    assert_int_equal(limits.window, 512);
    assert_int_equal(limits.rct, 8);
    assert_int_equal(limits.apt, 21);
    assert_int_equal(limits.rct_permanent, 10);
    assert_int_equal(limits.apt_permanent, 27);
    qk_health_limits_for(1, 1, 1, &limits); /* 2^-29; for APT 2^-20 although 2^-19 would do */
    assert_int_equal(limits.window, 1024);
    assert_int_equal(limits.rct, 30);
    assert_int_equal(limits.apt, 590);
}

/* ---- faults ---- */

static qk_health make(double min_entropy, unsigned bits, uint64_t rate)
{
    qk_health_limits limits;
    qk_health health;

    qk_health_limits_for(min_entropy, bits, rate, &limits);
    qk_health_init(&health, &limits, bits);
    return health;
}

static void one_value_too_often_in_a_row_is_seen_at_the_cutoff(void **state)
{
    qk_health health = make(7.8, 8, 1000000);
    uint8_t samples[64];
    qk_health_finding finding;

    (void)state;
    for (unsigned i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)(i < 20 ? i : 77);
    assert_true(qk_health_run(&health, samples, 20 + health.limits.rct - 1, &finding));
    assert_false(qk_health_run(&health, samples + 27, 1, &finding));
    assert_int_equal(finding.test, QK_HEALTH_RCT);
    assert_int_equal(finding.at, 1);
    assert_false(finding.permanent);
}

static void the_rest_of_the_samples_tells_a_permanent_failure(void **state)
{
    qk_health health = make(7.8, 8, 1000000);
    uint8_t samples[64] = { 0 };
    qk_health_finding finding;

    (void)state;
    assert_false(qk_health_run(&health, samples, 9, &finding));
    assert_int_equal(finding.at, 8);
    assert_false(finding.permanent);
    qk_health_reset(&health);
    assert_false(qk_health_run(&health, samples, 10, &finding));
    assert_int_equal(finding.at, 8);
    assert_true(finding.permanent);
}

static void one_run_short_of_the_cutoff_is_good(void **state)
{
    qk_health health = make(7.8, 8, 1000000);
    uint8_t samples[700];
    qk_health_finding finding;

    (void)state;
    for (unsigned i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)(i / (health.limits.rct - 1));
    assert_true(qk_health_run(&health, samples, sizeof samples, &finding));
}

static void only_the_low_bits_are_the_sample(void **state)
{
    qk_health health = make(1, 1, 1000000);
    uint8_t samples[256];
    qk_health_finding finding;

    (void)state;
    for (unsigned i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)(2 * i); /* every byte differs, bit 0 never does */
    assert_false(qk_health_run(&health, samples, sizeof samples, &finding));
    assert_int_equal(finding.at, health.limits.rct);
}

/* One value a quarter of the time, never twice in a row: expected 128 in a window. */
static void a_value_that_comes_too_often_is_the_proportion_tests_to_find(void **state)
{
    qk_health health = make(4, 8, 1000000);
    uint64_t noise = 99, seen = 0;
    qk_health_finding finding;
    uint8_t sample, last = 0;
    bool good = true;

    (void)state;
    while (good && seen < 50000) {
        uint64_t draw = test_noise(&noise) >> 20;
        sample = draw % 3 == 0 && last != 1 ? 1 : (uint8_t)(2 + (draw >> 8) % 48);
        last = sample;
        seen++;
        good = qk_health_run(&health, &sample, 1, &finding);
    }
    assert_false(good);
    assert_int_equal(finding.test, QK_HEALTH_APT);
    assert_in_range(seen, 79, 50000); /* SP 800-90B, 4.5, (b) */
}

static void cutting_a_stream_into_pieces_changes_nothing(void **state)
{
    static uint8_t samples[4096];
    uint64_t noise = 5;
    qk_health_finding whole, piece;

    (void)state;
    for (unsigned i = 0; i < sizeof samples; i++)
        samples[i] = (uint8_t)(i < 2500 ? test_noise(&noise) >> 24 : i % 5);
    qk_health one = make(7.8, 8, 1000000), other = one;
    assert_false(qk_health_run(&one, samples, sizeof samples, &whole));
    for (size_t at = 0, len = 1; at < sizeof samples; at += len, len = 1 + at % 700) {
        if (qk_health_run(&other, samples + at, len < sizeof samples - at ? len : sizeof samples - at, &piece))
            continue;
        assert_int_equal(at + piece.at, whole.at);
        assert_int_equal(piece.test, QK_HEALTH_APT);
        return;
    }
    fail_msg("the pieces passed");
}

static void a_perfect_source_raises_no_alarm_in_1e8_samples(void **state)
{
    static uint64_t words[2048];
    qk_health health = make(7.8, 8, 1000); /* 2^-39 and 2^-30: far stricter than for such a rate */
    qk_health_finding finding;
    uint64_t noise = 1;

    (void)state;
    for (unsigned block = 0; block < 100000000 / sizeof words; block++) {
        for (unsigned i = 0; i < 2048; i++)
            words[i] = test_noise(&noise) * UINT64_C(0x2545f4914f6cdd1d);
        assert_true(qk_health_run(&health, (const uint8_t *)words, sizeof words, &finding));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutoffs_of_binary_samples_are_those_of_the_table),
        cmocka_unit_test(cutoffs_of_bytes_are_those_of_the_table),
        cmocka_unit_test(the_worked_examples_of_the_repetition_count_hold),
        cmocka_unit_test(cutoffs_agree_with_the_jitter_generator_s_tables),
        cmocka_unit_test(no_cutoff_is_above_the_window),
        cmocka_unit_test(alpha_follows_the_rate),
        cmocka_unit_test(limits_have_two_thresholds_and_the_right_window),
        cmocka_unit_test(one_value_too_often_in_a_row_is_seen_at_the_cutoff),
        cmocka_unit_test(the_rest_of_the_samples_tells_a_permanent_failure),
        cmocka_unit_test(one_run_short_of_the_cutoff_is_good),
        cmocka_unit_test(only_the_low_bits_are_the_sample),
        cmocka_unit_test(a_value_that_comes_too_often_is_the_proportion_tests_to_find),
        cmocka_unit_test(cutting_a_stream_into_pieces_changes_nothing),
        cmocka_unit_test(a_perfect_source_raises_no_alarm_in_1e8_samples),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
