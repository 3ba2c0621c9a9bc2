/* SPDX-License-Identifier: Apache-2.0 */
/* SP 800-22 on a million bits of e, pi, sqrt 2 and sqrt 3. The figures were computed by an independent program; most
 * are also in the publication's appendix B. */
#include <math.h>

#include "statistics/sp80022/expansion_testing.h"
#include "statistics/sp80022/sp80022.h"

#include "base/testing.h"

static uint8_t numbers[EXPANSIONS][EXPANSION_BITS / 8];

static int compute_expansions(void **state)
{
    (void)state;
    for (unsigned i = 0; i < EXPANSIONS; i++)
        expansion_bits((expansion)i, numbers[i]);
    return 0;
}

static qk_bits number(unsigned which)
{
    return (qk_bits){ numbers[which], EXPANSION_BITS };
}

/* The figures have six decimals. */
static void assert_p(double p, double wanted)
{
    if (!(fabs(p - wanted) < 1e-6))
        fail_msg("P = %.7f instead of %.6f", p, wanted);
}

static void assert_classes(const uint32_t *classes, const uint32_t *wanted, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(classes[i], wanted[i]);
}

static void the_expansions_begin_as_they_should(void **state)
{
    static const uint32_t begin[EXPANSIONS] = { 0xadf85458, 0xc90fdaa2, 0xb504f333, 0xddb3d742 };
    static const size_t ones[EXPANSIONS] = { 500029, 499722, 499881, 499745 };

    (void)state;
    for (unsigned i = 0; i < EXPANSIONS; i++) {
        qk_bits bits = number(i);

        assert_int_equal(qk_bits_take(&bits, 0, 32), begin[i]);
        assert_int_equal(qk_bits_ones(&bits, 0, bits.n), ones[i]);
    }
}

static double block_frequency_128(const qk_bits *bits)
{
    return qk_block_frequency(bits, 128);
}

static double block_frequency_1024(const qk_bits *bits)
{
    return qk_block_frequency(bits, 1024);
}

static double forward(const qk_bits *bits)
{
    double p, other;

    qk_cumulative_sums(bits, &p, &other);
    return p;
}

static double backward(const qk_bits *bits)
{
    double p, other;

    qk_cumulative_sums(bits, &other, &p);
    return p;
}

static double longest_run_printed(const qk_bits *bits)
{
    return qk_longest_run(bits, QK_CONSTANTS_PRINTED, NULL);
}

static double longest_run_exact(const qk_bits *bits)
{
    return qk_longest_run(bits, QK_CONSTANTS_EXACT, NULL);
}

static double rank(const qk_bits *bits)
{
    return qk_rank(bits, NULL);
}

static double spectral(const qk_bits *bits)
{
    double p;

    assert_qk_ok(qk_spectral(bits, &p, NULL));
    return p;
}

static double template_000000001(const qk_bits *bits)
{
    const uint16_t template = 1;
    double p;

    qk_non_overlapping(bits, QK_TEMPLATE_LEN, &template, 1, QK_TEMPLATE_BLOCKS, &p);
    return p;
}

static double overlapping_asymptotic(const qk_bits *bits)
{
    return qk_overlapping(bits, QK_CONSTANTS_PRINTED, NULL);
}

static double overlapping_exact(const qk_bits *bits)
{
    return qk_overlapping(bits, QK_CONSTANTS_EXACT, NULL);
}

static double approximate_entropy(const qk_bits *bits)
{
    double p;

    assert_qk_ok(qk_approximate_entropy(bits, 10, &p));
    return p;
}

static double serial(const qk_bits *bits, unsigned m, unsigned which)
{
    double p[2];

    assert_qk_ok(qk_serial(bits, m, p));
    return p[which];
}

static double serial_16_first(const qk_bits *bits)
{
    return serial(bits, 16, 0);
}

static double serial_16_second(const qk_bits *bits)
{
    return serial(bits, 16, 1);
}

static double serial_5_first(const qk_bits *bits)
{
    return serial(bits, 5, 0);
}

static double serial_5_second(const qk_bits *bits)
{
    return serial(bits, 5, 1);
}

static double linear_complexity_exact(const qk_bits *bits)
{
    return qk_linear_complexity(bits, 500, QK_CONSTANTS_EXACT, NULL);
}

static double linear_complexity_printed(const qk_bits *bits)
{
    return qk_linear_complexity(bits, 500, QK_CONSTANTS_PRINTED, NULL);
}

/* clang-format off */
static const struct {
    const char *name;
    double (*run)(const qk_bits *bits);
    double e, pi, sqrt2, sqrt3;
} figures[] = {
    { "frequency",                  qk_frequency,              0.953749, 0.578211, 0.811881, 0.610051 },
    { "block frequency, 128",       block_frequency_128,       0.211072, 0.380615, 0.833222, 0.473961 },
    { "block frequency, 1024",      block_frequency_1024,      0.384850, 0.903995, 0.245476, 0.297107 },
    { "cumulative sums, forward",   forward,                   0.669886, 0.628308, 0.879009, 0.917121 },
    { "cumulative sums, backward",  backward,                  0.724265, 0.663369, 0.957206, 0.689519 },
    { "runs",                       qk_runs,                   0.561917, 0.419268, 0.313427, 0.261123 },
    { "longest run, printed",       longest_run_printed,       0.718945, 0.024390, 0.012117, 0.446726 },
    { "longest run, exact",         longest_run_exact,         0.718366, 0.027295, 0.013472, 0.464612 },
    { "rank",                       rank,                      0.306156, 0.083553, 0.823810, 0.314498 },
    { "spectral",                   spectral,                  0.847187, 0.010186, 0.581909, 0.776046 },
    { "template 000000001",         template_000000001,        0.078790, 0.165757, 0.569461, 0.532235 },
    { "overlapping, asymptotic",    overlapping_asymptotic,    0.110434, 0.296897, 0.791982, 0.082716 },
    { "overlapping, exact",         overlapping_exact,         0.159037, 0.260718, 0.828877, 0.080773 },
    { "universal",                  qk_universal,              0.282568, 0.669012, 0.130805, 0.165981 },
    { "approximate entropy",        approximate_entropy,       0.700073, 0.361595, 0.884740, 0.180481 },
    { "serial, 16, first",          serial_16_first,           0.766182, 0.143005, 0.861925, 0.157500 },
    { "serial, 16, second",         serial_16_second,          0.462921, 0.034354, 0.629225, 0.171100 },
    { "serial, 5, first",           serial_5_first,            0.225783, 0.583812, 0.873914, 0.100780 },
    { "serial, 5, second",          serial_5_second,           0.057499, 0.476652, 0.808844, 0.303853 },
    { "linear complexity, exact",   linear_complexity_exact,   0.826202, 0.246801, 0.321866, 0.338199 },
    { "linear complexity, printed", linear_complexity_printed, 0.826335, 0.255475, 0.317127, 0.346469 },
};
/* clang-format on */

static void every_figure_of_the_table_is_met(void **state)
{
    (void)state;
    for (size_t row = 0; row < sizeof figures / sizeof figures[0]; row++) {
        const double wanted[EXPANSIONS] = { figures[row].e, figures[row].pi, figures[row].sqrt2, figures[row].sqrt3 };

        for (unsigned i = 0; i < EXPANSIONS; i++) {
            qk_bits bits = number(i);
            double p = figures[row].run(&bits);

            if (!(fabs(p - wanted[i]) < 1e-6))
                fail_msg("%s, number %u: P = %.7f instead of %.6f", figures[row].name, i, p, wanted[i]);
        }
    }
}

static void classes_are_counted_exactly(void **state)
{
    static const struct {
        uint32_t longest_run[7], rank[3], overlapping[6], span[7];
        size_t below;
    } wanted[EXPANSIONS] = {
        { { 11, 18, 23, 16, 16, 9, 7 },
          { 280, 581, 115 },
          { 329, 164, 150, 111, 78, 136 },
          { 21, 52, 250, 1006, 492, 135, 44 },
          475021 },
        { { 8, 12, 25, 20, 14, 15, 6 },
          { 312, 546, 118 },
          { 348, 158, 136, 96, 73, 157 },
          { 30, 64, 254, 955, 529, 127, 41 },
          475280 },
        { { 6, 16, 33, 18, 4, 10, 13 },
          { 274, 573, 129 },
          { 349, 182, 133, 92, 79, 133 },
          { 15, 70, 269, 1013, 478, 122, 33 },
          475060 },
        { { 7, 19, 22, 25, 10, 11, 6 },
          { 266, 566, 144 },
          { 345, 173, 145, 75, 79, 151 },
          { 28, 66, 240, 1032, 480, 121, 33 },
          475031 },
    };
    uint32_t classes[7];
    size_t below;
    double p;

    (void)state;
    for (unsigned i = 0; i < EXPANSIONS; i++) {
        qk_bits bits = number(i);

        qk_longest_run(&bits, QK_CONSTANTS_EXACT, classes);
        assert_classes(classes, wanted[i].longest_run, 7);
        qk_rank(&bits, classes);
        assert_classes(classes, wanted[i].rank, 3);
        qk_overlapping(&bits, QK_CONSTANTS_EXACT, classes);
        assert_classes(classes, wanted[i].overlapping, 6);
        qk_linear_complexity(&bits, 500, QK_CONSTANTS_EXACT, classes);
        assert_classes(classes, wanted[i].span, 7);
        assert_qk_ok(qk_spectral(&bits, &p, &below));
        assert_int_equal(below, wanted[i].below);
    }
}

static void walks_and_their_excursions(void **state)
{
    static const struct {
        uint32_t cycles;
        double p[8];
        uint32_t visits[2];
        double variant[2];
    } wanted[EXPANSIONS] = {
        { 1490,
          { 0.573306, 0.197996, 0.164011, 0.007779, 0.786868, 0.440912, 0.797854, 0.778186 },
          { 1502, 1409 },
          { 0.826009, 0.137861 } },
        { 778,
          { 0.279235, 0.639439, 0.268428, 0.613106, 0.844143, 0.794540, 0.790685, 0.627278 },
          { 766, 752 },
          { 0.760966, 0.509815 } },
        { 2310,
          { 0.650667, 0.525084, 0.462831, 0.579449, 0.216235, 0.278867, 0.649018, 0.429218 },
          { 2271, 2438 },
          { 0.566118, 0.059678 } },
        { 1959,
          { 0.140338, 0.464827, 0.095758, 0.372229, 0.783283, 0.380383, 0.616285, 0.586895 },
          { 1870, 1975 },
          { 0.155066, 0.798247 } },
    };
    double p[QK_VARIANT_STATES];
    qk_walk walk;

    (void)state;
    for (unsigned i = 0; i < EXPANSIONS; i++) {
        qk_bits bits = number(i);

        qk_walk_of(&bits, &walk);
        assert_int_equal(walk.cycles, wanted[i].cycles);
        qk_excursions(&walk, p);
        for (unsigned j = 0; j < QK_EXCURSION_STATES; j++)
            assert_p(p[j], wanted[i].p[j]);
        qk_excursions_variant(&walk, p);
        for (unsigned j = 0; j < 2; j++) {
            assert_int_equal(walk.visits[8 + j], wanted[i].visits[j]);
            assert_p(p[8 + j], wanted[i].variant[j]);
        }
    }
}

static void more_figures_of_e(void **state)
{
    static const uint32_t spans[7] = { 11, 31, 116, 501, 258, 57, 26 }, ranks[3] = { 23, 60, 14 };
    static const uint32_t visits[QK_VARIANT_STATES] = { 1450, 1435, 1380, 1366, 1412, 1475, 1480, 1468, 1502,
                                                        1409, 1369, 1396, 1479, 1599, 1628, 1619, 1620, 1610 };
    qk_bits e = number(EXPANSION_E), begin = { e.bytes, 100000 };
    uint32_t classes[7];
    qk_walk walk;

    (void)state;
    assert_p(qk_linear_complexity(&e, 1000, QK_CONSTANTS_EXACT, classes), 0.844738);
    assert_classes(classes, spans, 7);
    assert_p(qk_linear_complexity(&e, 1000, QK_CONSTANTS_PRINTED, NULL), 0.845406);
    assert_p(serial(&e, 2, 0), 0.843764);
    assert_p(serial(&e, 2, 1), 0.561915);
    assert_p(qk_rank(&begin, classes), 0.532069);
    assert_classes(classes, ranks, 3);
    qk_walk_of(&e, &walk);
    assert_classes(walk.visits, visits, QK_VARIANT_STATES);
}

static void one_run_gives_all_values_in_their_places(void **state)
{
    qk_bits bits = number(EXPANSION_E);
    qk_sp80022_result result;

    (void)state;
    assert_qk_ok(qk_sp80022_run(qk_view_of(bits.bytes, EXPANSION_BITS / 8), &result));
    assert_int_equal(result.applied, 188);
    assert_p(result.p[0], 0.953749);
    assert_p(result.p[1], 0.211072);
    assert_p(result.p[2], 0.561917);
    assert_p(result.p[3], 0.718366);
    assert_p(result.p[4], 0.306156);
    assert_p(result.p[5], 0.847187);
    assert_p(result.p[6], 0.078790);
    assert_p(result.p[154], 0.159037);
    assert_p(result.p[155], 0.282568);
    assert_p(result.p[156], 0.700073);
    assert_p(result.p[157], 0.573306);
    assert_p(result.p[164], 0.778186);
    assert_p(result.p[165 + 8], 0.826009);
    assert_p(result.p[165 + 9], 0.137861);
    assert_p(result.p[183], 0.766182);
    assert_p(result.p[184], 0.462921);
    assert_p(result.p[185], 0.669886);
    assert_p(result.p[186], 0.724265);
    assert_p(result.p[187], 0.826202);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_expansions_begin_as_they_should),
        cmocka_unit_test(every_figure_of_the_table_is_met),
        cmocka_unit_test(classes_are_counted_exactly),
        cmocka_unit_test(walks_and_their_excursions),
        cmocka_unit_test(more_figures_of_e),
        cmocka_unit_test(one_run_gives_all_values_in_their_places),
    };

    return cmocka_run_group_tests(tests, compute_expansions, NULL);
}
