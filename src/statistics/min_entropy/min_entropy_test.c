/* SPDX-License-Identifier: Apache-2.0 */
/* Estimators against a plain program that follows the publication's steps word by word, against its own examples, and
 * against figures that NIST's program prints. */
#include <math.h>

#include "statistics/min_entropy/min_entropy.h"
#include "statistics/min_entropy/predictions.h"
#include "statistics/statistics.h"

#include "base/testing.h"

enum { MOST = 5000, ESTIMATES = 16 };

#define assert_near(value, wanted, within)                                                                             \
    do {                                                                                                               \
        if (!(fabs((value) - (wanted)) <= (within)))                                                                   \
            fail_msg("%s = %.12f instead of %.12f", #value, (double)(value), (double)(wanted));                        \
    } while (0)

typedef enum shape { EVEN, LOW, STICKY, REGULAR } shape;

/* Samples of k values: even, low ones likelier, often repeating the one before, or mostly a sequence of squares. */
static void make_samples(shape kind, unsigned k, size_t n, uint64_t seed, uint8_t *out)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t a = test_noise(&seed) >> 20, b = test_noise(&seed) >> 20;

        if (kind == LOW)
            out[i] = (uint8_t)(a % k < b % k ? a % k : b % k);
        else if (kind == STICKY && i > 0 && b % 4)
            out[i] = out[i - 1];
        else if (kind == REGULAR && b % 8)
            out[i] = (uint8_t)(i * i / 3 % k);
        else
            out[i] = (uint8_t)(a % k);
    }
}

/* Numbers the values that occur, as estimators expect. */
static qk_samples numbered(uint8_t *bytes, size_t n)
{
    uint8_t number[256];
    unsigned k = 0;

    for (unsigned value = 0; value < 256; value++)
        if (memchr(bytes, (int)value, n))
            number[value] = (uint8_t)k++;
    for (size_t i = 0; i < n; i++)
        bytes[i] = number[bytes[i]];
    return (qk_samples){ bytes, n, k };
}

static void estimate_all(const qk_samples *samples, bool binary, double *out)
{
    static const unsigned usual[4] = { 63, 255, 1023, 4095 }, small[4] = { 3, 5, 7, 9 };

    out[0] = qk_estimate_most_common(samples);
    out[1] = out[2] = out[3] = NAN;
    if (binary) {
        out[1] = qk_estimate_collision(samples);
        out[2] = qk_estimate_markov(samples);
        assert_qk_ok(qk_estimate_compression(samples, 6, 100, &out[3]));
    }
    assert_qk_ok(qk_estimate_substrings(samples, 35, &out[4], &out[5]));
    assert_qk_ok(qk_estimate_substrings(samples, 5, &out[6], &out[7]));
    assert_qk_ok(qk_estimate_multi_mcw(samples, usual, &out[8]));
    assert_qk_ok(qk_estimate_multi_mcw(samples, small, &out[9]));
    out[10] = qk_estimate_lag(samples, 128);
    out[11] = qk_estimate_lag(samples, 5);
    assert_qk_ok(qk_estimate_multi_mmc(samples, 16, 100000, &out[12]));
    assert_qk_ok(qk_estimate_multi_mmc(samples, 3, 20, &out[13]));
    assert_qk_ok(qk_estimate_lz78y(samples, 16, 65536, &out[14]));
    assert_qk_ok(qk_estimate_lz78y(samples, 4, 30, &out[15]));
}

/* clang-format off */
static const struct {
    shape kind;
    unsigned k;
    size_t n;
    uint64_t seed;
    double wanted[ESTIMATES];
} rows[] = {
    { EVEN, 2, 3000, 1,
      { 0.921794818, 0.657236375, 0.991413214, 0.592501755, 0.848818832, 0.921707222, 0.656367340, 0.921707222,
        0.953306310, 0.929520972, 0.924972252, 0.907732159, 0.939189473, 0.939189473, 0.926590030, 0.927663200 } },
    { LOW, 2, 3000, 2,
      { 0.349337518, 0.334893054, 0.385579545, 0.209155023, 0.347824395, 0.520209816, 0.336706994, 0.520209816,
        0.349435126, 0.390264215, 0.615745504, 0.608486866, 0.350200278, 0.350200278, 0.350426619, 0.350006951 } },
    { STICKY, 2, 3000, 3,
      { 0.866462625, 0.075876134, 0.173928836, 0.118518768, 0.177495439, 0.297103436, 0.174701611, 0.297103436,
        0.315757630, 0.281924343, 0.152551015, 0.152551015, 0.153109947, 0.153109947, 0.153422802, 0.153273336 } },
    { REGULAR, 2, 3000, 4,
      { 0.931848939, 1.000000000, 0.693976688, 0.045195488, 0.119714260, 0.174006933, 0.110567824, 0.174006933,
        1.000000000, 0.722320643, 0.153560347, 0.702147945, 0.148576004, 0.157663395, 0.642898325, 0.642563241 } },
    { EVEN, 3, 2000, 5,
      { 1.431052418, NAN, NAN, NAN, 1.307172052, 1.291693948, 1.140649013, 1.291693948,
        1.482189017, 1.401457268, 1.357018238, 1.507798283, 1.406056424, 1.425678618, 1.434921593, 1.423552776 } },
    { LOW, 5, 2000, 6,
      { 1.407471591, NAN, NAN, NAN, 1.380615700, 1.634528234, 1.105122994, 1.634528234,
        1.507924697, 1.654541303, 1.819351893, 1.725382809, 1.433606499, 1.429636851, 1.449027276, 1.429494252 } },
    { STICKY, 16, 2000, 7,
      { 3.202208325, NAN, NAN, NAN, 0.566424771, 0.768201751, 0.380619531, 0.798404077,
        1.109909686, 0.655005603, 0.357282225, 0.357282225, 0.374578616, 0.819067454, 0.376050249, 1.197402614 } },
    { REGULAR, 7, 2000, 8,
      { 1.773547382, NAN, NAN, NAN, 0.578200451, 0.483336410, 0.315914432, 0.483336410,
        1.785162532, 2.125826800, 0.323810315, 2.757754784, 0.548909430, 0.815347837, 1.349422445, 1.517599187 } },
    { EVEN, 256, 3000, 9,
      { 6.574214905, NAN, NAN, NAN, NAN, 7.191390879, 6.574214905, 7.205014219,
        7.586806326, 7.761805353, 7.486962868, 7.486962868, 7.072801203, 8.000000000, 7.065570869, 8.000000000 } },
    { LOW, 256, 3000, 10,
      { 6.011695115, NAN, NAN, NAN, NAN, 6.803484962, 6.011695115, 6.803484962,
        7.043169164, 6.515208847, 7.164341990, 6.461101605, 7.369176346, 7.930737338, 7.479250104, 7.930737338 } },
    { STICKY, 256, 3000, 11,
      { 5.320016618, NAN, NAN, NAN, 1.982515720, 0.909699401, 0.442984063, 0.909699401,
        1.152551945, 0.663721573, 0.377740663, 0.377740663, 0.554099299, 1.342911249, 0.553364660, 1.460719979 } },
    { REGULAR, 40, 5000, 12,
      { 2.788381440, NAN, NAN, NAN, 0.841737553, 0.384333971, 0.328114655, 0.384333971,
        2.972750564, 4.867672706, 0.378469607, 3.995946234, 0.364068627, 2.325085317, 2.233658873, 3.698318821 } },
};
/* clang-format on */

static void every_estimator_agrees_with_the_plain_program(void **state)
{
    uint8_t bytes[MOST];
    double found[ESTIMATES];

    (void)state;
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        qk_samples samples;

        make_samples(rows[row].kind, rows[row].k, rows[row].n, rows[row].seed, bytes);
        samples = numbered(bytes, rows[row].n);
        estimate_all(&samples, rows[row].k == 2, found);
        for (unsigned i = 0; i < ESTIMATES; i++) {
            double wanted = rows[row].wanted[i];

            if (isnan(wanted) ? !isnan(found[i]) : !(fabs(found[i] - wanted) < 2e-9))
                fail_msg("row %zu, estimate %u: %.9f instead of %.9f", row, i, found[i], wanted);
        }
    }
}

static void examples_of_the_publication(void **state)
{
    uint8_t values[] = { 0, 1, 1, 2, 0, 1, 2, 2, 0, 1, 0, 1, 1, 0, 2, 2, 1, 0, 2, 1 };
    uint8_t bits[] = { 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0,
                       1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0 };
    uint8_t windowed[] = { 1, 2, 1, 0, 2, 1, 1, 2, 2, 0, 0, 0 };
    qk_samples ternary = { values, sizeof values, 3 }, binary = { bits, sizeof bits, 2 };
    qk_samples short_one = { windowed, sizeof windowed, 3 };
    const unsigned windows[4] = { 3, 5, 7, 9 };
    double entropy;

    (void)state;
    assert_near(qk_estimate_most_common(&ternary), 0.5363, 5e-5);
    assert_near(qk_estimate_collision(&binary), 0.4483, 5e-5);
    assert_near(qk_estimate_markov(&binary), 0.761, 5e-4);
    assert_qk_ok(qk_estimate_multi_mcw(&short_one, windows, &entropy));
    assert_near(entropy, 0.3909, 5e-5);
}

/* Means, trials and runs that NIST's program prints for its own data, with what it makes of them. */
static void solutions_as_nists_program_has_them(void **state)
{
    double p;

    (void)state;
    assert_near(qk_collision_probability(2.4995722134095013), 0.51462509129032696, 1e-9);
    assert_near(qk_collision_probability(2.1537456028181117), 0.91608556642948002, 1e-9);
    assert_qk_ok(qk_compression_probability(5.2154460395011881, 8000000 / 6, 6, 1000, &p));
    assert_near(p, 0.023269820763614391, 1e-9);
    assert_qk_ok(qk_compression_probability(1.8863089398618362, 8000000 / 6, 6, 1000, &p));
    assert_near(p, 0.76907011660379809, 1e-9);
    assert_qk_ok(qk_compression_probability(3.3730929939843661, 1000000 / 6, 6, 1000, &p));
    assert_near(p, 0.51550696093402992, 1e-9);
    assert_near(qk_predictions_local(583, 7999937), 0.9713579012997926, 1e-8);
    assert_near(qk_predictions_local(83, 999937), 0.81760774776600598, 1e-8);
    assert_near(qk_predictions_local(53, 999999), 0.72383949597417785, 1e-8);
    assert_near(qk_share_upper(0.88983823622977953, 7999999), 0.89012336635998612, 2e-8);
}

static void most_common_value_of_large_samples(void **state)
{
    (void)state;
    assert_near(qk_share_upper(4124 / 1e6, 1000000), 0.00428908, 1e-8);
    assert_near(qk_min_entropy_most_common(1000000, 4124), 7.8651, 5e-5);
    assert_near(qk_share_upper(662972 / 1165666.0, 1165666), 0.569931, 5e-7);
    assert_near(qk_min_entropy_most_common(1165666, 662972), 0.811141, 1e-6);
    assert_near(qk_min_entropy_most_common(1000, 1000), 0, 0);
    assert_near(qk_min_entropy_most_common(1, 1), 0, 0);
    assert_near(qk_min_entropy_most_common(0, 0), 0, 0);
}

static void equations_without_a_solution_end_at_the_border(void **state)
{
    double p;

    (void)state;
    assert_near(qk_collision_probability(2.6), 0.5, 0);
    assert_near(qk_collision_probability(1.9), 1, 0);
    assert_qk_ok(qk_compression_probability(9, 2000, 6, 1000, &p));
    assert_near(p, 1.0 / 64, 1e-12);
    assert_qk_ok(qk_compression_probability(-1, 2000, 6, 1000, &p));
    assert_near(p, 1, 1e-12);
}

static uint8_t many[40000];

static qk_min_entropy estimate(unsigned sample_bits)
{
    qk_min_entropy entropy;

    assert_qk_ok(qk_min_entropy_estimate(qk_view_of(many, sizeof many), sample_bits, &entropy));
    return entropy;
}

static void even_bytes_have_nearly_eight_bits(void **state)
{
    qk_min_entropy entropy;

    (void)state;
    make_samples(EVEN, 256, sizeof many, 21, many);
    entropy = estimate(8);
    assert_true(entropy.most_common > 7.4 && entropy.most_common < 8);
    assert_true(entropy.lag > 7.2 && entropy.multi_mmc > 7.2 && entropy.lz78y > 7.2 && entropy.multi_mcw > 7.2);
    assert_true(entropy.longest_repeat > 7 && entropy.t_tuple > 7);
    assert_true(isnan(entropy.collision) && isnan(entropy.markov) && isnan(entropy.compression));
    assert_true(entropy.bitstring_lowest > 5.5 && entropy.bitstring_lowest < 8);
    assert_near(entropy.assessed, fmin(entropy.lowest, entropy.bitstring_lowest), 0);
}

/* Ones in three of four: 0.415 bits each. */
static void biased_bits_come_near_the_truth_from_below(void **state)
{
    qk_min_entropy entropy;

    (void)state;
    make_samples(LOW, 2, sizeof many, 22, many);
    entropy = estimate(1);
    assert_true(entropy.most_common > 0.40 && entropy.most_common < 0.42);
    assert_true(entropy.collision > 0.38 && entropy.collision < 0.43);
    assert_true(entropy.markov > 0.38 && entropy.markov < 0.43);
    assert_true(entropy.assessed > 0.2 && entropy.assessed < 0.415);
    assert_true(isnan(entropy.bitstring_lowest));
    assert_near(entropy.assessed, entropy.lowest, 0);
}

static void a_constant_has_nothing(void **state)
{
    qk_min_entropy entropy;

    (void)state;
    for (unsigned sample_bits = 1; sample_bits <= 8; sample_bits += 7)
        for (unsigned value = 0; value < 2; value++) {
            memset(many, (int)value, sizeof many);
            entropy = estimate(sample_bits);
            assert_near(entropy.most_common, 0, 0);
            assert_near(entropy.lag, 0, 0);
            assert_near(entropy.multi_mmc, 0, 0);
            assert_near(entropy.lz78y, 0, 0);
            assert_near(entropy.assessed, 0, 1e-9);
        }
}

static void a_period_has_next_to_nothing(void **state)
{
    static const size_t periods[] = { 2, 3, 100, 512 };
    qk_min_entropy entropy;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        make_samples(EVEN, 256, sizeof many, 23 + i, many);
        for (size_t at = periods[i]; at < sizeof many; at++)
            many[at] = many[at - periods[i]];
        entropy = estimate(8);
        assert_true(entropy.lowest < 0.02);
        assert_true(entropy.assessed < 0.02);
    }
}

static void half_the_bits_of_a_byte_have_half_its_entropy(void **state)
{
    qk_min_entropy entropy;

    (void)state;
    make_samples(EVEN, 16, sizeof many, 29, many);
    entropy = estimate(4);
    assert_true(entropy.most_common > 3.8 && entropy.most_common < 4);
    assert_true(entropy.bitstring_lowest > 2.8 && entropy.bitstring_lowest < 4);
}

static void wrong_samples_are_refused(void **state)
{
    qk_min_entropy entropy;

    (void)state;
    memset(many, 0, sizeof many);
    assert_qk_err(qk_min_entropy_estimate(qk_view_of(many, 999), 8, &entropy), QK_E_BAD_LENGTH);
    assert_words("999 samples");
    assert_qk_err(qk_min_entropy_estimate(QK_VIEW_NONE, 8, &entropy), QK_E_BAD_LENGTH);
    assert_qk_err(qk_min_entropy_estimate(qk_view_of(many, 1000), 0, &entropy), QK_E_BAD_ARGUMENT);
    assert_qk_err(qk_min_entropy_estimate(qk_view_of(many, 1000), 9, &entropy), QK_E_BAD_ARGUMENT);
    many[500] = 2;
    assert_qk_err(qk_min_entropy_estimate(qk_view_of(many, 1000), 1, &entropy), QK_E_BAD_ARGUMENT);
    assert_words("sample 500");
    assert_qk_ok(qk_min_entropy_estimate(qk_view_of(many, 1000), 2, &entropy));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_estimator_agrees_with_the_plain_program),
        cmocka_unit_test(examples_of_the_publication),
        cmocka_unit_test(solutions_as_nists_program_has_them),
        cmocka_unit_test(most_common_value_of_large_samples),
        cmocka_unit_test(equations_without_a_solution_end_at_the_border),
        cmocka_unit_test(even_bytes_have_nearly_eight_bits),
        cmocka_unit_test(biased_bits_come_near_the_truth_from_below),
        cmocka_unit_test(a_constant_has_nothing),
        cmocka_unit_test(a_period_has_next_to_nothing),
        cmocka_unit_test(half_the_bits_of_a_byte_have_half_its_entropy),
        cmocka_unit_test(wrong_samples_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
