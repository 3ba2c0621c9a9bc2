/* SPDX-License-Identifier: Apache-2.0 */
#include "base/testing.h"

#include <math.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "entropy/conditioner.h"

static int start(void **state)
{
    (void)state;
    return qk_crypto_start() == QK_OK ? 0 : -1;
}

static int stop(void **state)
{
    (void)state;
    qk_crypto_stop();
    return 0;
}

/* ---- the formula ---- */

/* clang-format off */
static const struct credit_row {
    double n_in, n_out, n_w, h_in, h_out, shortfall, tolerance;
} credit_rows[] = {
    {  512, 256, 256, 256, 255.000,  1.0,     1e-9  },
    {  512, 256, 256, 288, 256,      3.4e-10, 5e-12 },
    {  512, 256, 256, 320, 256,      7.8e-20, 5e-22 },
    { 1024, 256, 256, 320, 256,      7.8e-20, 5e-22 },
    { 1024, 512, 512, 576, 512,      7.8e-20, 5e-22 },
    {  512, 128, 128, 192, 128,      7.8e-20, 5e-22 },
    {  512, 512, 512, 500, 499.9996, 12,      5e-4  },
    {  256, 128, 128, 128, 127.000,  1.0,     1e-9  },
};
/* clang-format on */

/* SP 800-90B, 3.1.5.1.2; values computed apart from this code. */
static void the_credit_of_an_output_is_what_the_standard_computes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof credit_rows / sizeof credit_rows[0]; i++) {
        const struct credit_row *row = &credit_rows[i];
        assert_true(fabs(qk_conditioner_credit(row->n_in, row->n_out, row->n_w, row->h_in) - row->h_out) < 5e-4);
        assert_true(fabs(qk_conditioner_shortfall(row->n_in, row->n_out, row->n_w, row->h_in) - row->shortfall) <
                    row->tolerance + row->shortfall * 0.01);
    }
}

static void a_block_of_ours_has_full_entropy_and_less_input_has_not(void **state)
{
    (void)state;
    assert_true(qk_conditioner_shortfall(72 * 8, 512, 512, QK_BLOCK_CREDIT) < 1e-8);
    assert_true(qk_conditioner_shortfall(4096, 512, 512, QK_BLOCK_CREDIT) < 1e-18);
    assert_true(qk_conditioner_shortfall(1024, 512, 512, 512) > 0.9);
    assert_true(qk_conditioner_credit(64 * 8, 512, 512, 64 * 8) < 508);
}

static void a_narrow_function_is_credited_by_its_width(void **state)
{
    (void)state;
    assert_true(fabs(qk_conditioner_credit(1024, 512, 256, 576) - 256) < 1e-9);
}

/* ---- the function ---- */

static void condition(const char *use, uint64_t serial, const char *label, const char *text, uint8_t out[QK_BLOCK_LEN])
{
    QK_OWNED(qk_conditioner_done) qk_conditioner conditioner;

    assert_qk_ok(qk_conditioner_init(&conditioner));
    qk_conditioner_begin(&conditioner, use, serial);
    qk_conditioner_add(&conditioner, label, qk_view_text(text));
    assert_qk_ok(qk_conditioner_finish(&conditioner, out));
}

/* Computed with Python's hashlib over the same layout. */
static void a_block_is_sha_512_of_labelled_and_counted_contributions(void **state)
{
    QK_OWNED(qk_buf_done) qk_buf wanted = QK_BUF_NONE;
    uint8_t out[QK_BLOCK_LEN];

    (void)state;
    assert_qk_ok(qk_hex_read("c5c3c96ec030480fbb684f1492cebb2e6594795c805f0375a3cf4c07347f666b5881264fe4c4040b3f6f343c6"
                             "9c129dc339a2864ccd87d083d8a276b14ce36b4",
                             &wanted));
    condition("seed", 7, "quantis0", "noise", out);
    assert_memory_equal(out, wanted.data, sizeof out);
}

static void each_part_changes_the_block(void **state)
{
    uint8_t first[QK_BLOCK_LEN], other[QK_BLOCK_LEN];

    (void)state;
    condition("seed", 1, "a", "bc", first);
    condition("seed", 1, "ab", "c", other);
    assert_memory_not_equal(first, other, sizeof first);
    condition("seed", 2, "a", "bc", other);
    assert_memory_not_equal(first, other, sizeof first);
    condition("tap", 1, "a", "bc", other);
    assert_memory_not_equal(first, other, sizeof first);
    condition("seed", 1, "a", "bc", other);
    assert_memory_equal(first, other, sizeof first);
}

/* ---- refusals ---- */

static void a_block_that_was_not_begun_is_not_finished(void **state)
{
    QK_OWNED(qk_conditioner_done) qk_conditioner conditioner;
    uint8_t out[QK_BLOCK_LEN] = { 42 };

    (void)state;
    assert_qk_ok(qk_conditioner_init(&conditioner));
    assert_qk_err(qk_conditioner_finish(&conditioner, out), QK_E_FUNCTION_FAILED);
    qk_conditioner_begin(&conditioner, "seed", 1);
    assert_qk_ok(qk_conditioner_finish(&conditioner, out));
    out[0] = 42;
    assert_qk_err(qk_conditioner_finish(&conditioner, out), QK_E_FUNCTION_FAILED);
    assert_int_equal(out[0], 42);
}

static void without_crypto_there_is_no_conditioner(void **state)
{
    qk_conditioner conditioner;

    (void)state;
    qk_crypto_stop();
    assert_qk_err(qk_conditioner_init(&conditioner), QK_E_GENERAL);
    assert_qk_ok(qk_crypto_start());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_credit_of_an_output_is_what_the_standard_computes),
        cmocka_unit_test(a_block_of_ours_has_full_entropy_and_less_input_has_not),
        cmocka_unit_test(a_narrow_function_is_credited_by_its_width),
        cmocka_unit_test(a_block_is_sha_512_of_labelled_and_counted_contributions),
        cmocka_unit_test(each_part_changes_the_block),
        cmocka_unit_test(a_block_that_was_not_begun_is_not_finished),
        cmocka_unit_test(without_crypto_there_is_no_conditioner),
    };
    return cmocka_run_group_tests_name("conditioner", tests, start, stop);
}
