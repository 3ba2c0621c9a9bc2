/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic: against definitions where they can be computed, and every table of functions against the portable
 * one, on the same numbers. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/kyber_poly.h"

enum { N = QK_KYBER_N, Q = QK_KYBER_Q };

static uint64_t noise = 1;

static void fill(qk_kyber_poly *f, int low, int high)
{
    for (unsigned i = 0; i < N; i++)
        f->c[i] = (int16_t)(low + (int)(test_noise(&noise) % (uint64_t)(high - low + 1)));
}

static int modulo(int64_t a)
{
    return (int)((a % Q + Q) % Q);
}

static void the_zetas_are_powers_of_17(void **state)
{
    int power = 65536 % Q;

    (void)state;
    for (unsigned i = 0; i < N / 2; i++) {
        unsigned reversed = 0;

        for (unsigned bit = 0; bit < 7; bit++)
            reversed |= (i >> bit & 1) << (6 - bit);
        assert_int_equal(modulo(qk_kyber_zetas[reversed]), power);
        assert_int_equal(modulo((int64_t)qk_kyber_pair_zetas[reversed] * 65536), modulo((int64_t)power * power * 17));
        power = power * 17 % Q;
    }
}

static void products_are_those_of_polynomials(void **state)
{
    qk_kyber_poly f, g, product;
    qk_kyber_factor factor;
    int wanted[N];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        fill(&f, -(Q - 1), Q - 1);
        fill(&g, -(Q - 1), Q - 1);
        memset(wanted, 0, sizeof wanted);
        for (unsigned i = 0; i < N; i++)
            for (unsigned j = 0; j < N; j++)
                wanted[(i + j) % N] = modulo(wanted[(i + j) % N] + (i + j < N ? 1 : -1) * f.c[i] * g.c[j]);
        table->kyber->ntt(&f);
        table->kyber->ntt(&g);
        table->kyber->factor(&factor, &g);
        table->kyber->row(&product, &f, &factor, 1);
        table->kyber->inverse(&product);
        for (unsigned i = 0; i < N; i++) {
            assert_in_range(product.c[i] + Q, 1, 2 * Q - 1);
            assert_int_equal(modulo(product.c[i]), wanted[i]);
        }
    }
}

static void a_row_is_a_sum_of_products(void **state)
{
    qk_kyber_poly f[4], sum, one, total;
    qk_kyber_factor g[4];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned i = 0; i < 4; i++) {
            fill(&f[i], Q, Q); /* the largest there are */
            fill(&one, i % 2 ? Q : 0, Q);
            table->kyber->factor(&g[i], &one);
        }
        for (size_t count = 1; count <= 4; count++) {
            memset(&total, 0, sizeof total);
            for (size_t i = 0; i < count; i++) {
                table->kyber->row(&one, &f[i], &g[i], 1);
                table->kyber->add(&total, &one);
            }
            table->kyber->row(&sum, f, g, count);
            for (unsigned i = 0; i < N; i++) {
                assert_int_equal(modulo(sum.c[i]), modulo(total.c[i]));
                assert_in_range(sum.c[i] + Q, 1, 2 * Q - 1);
            }
        }
    }
}

static void transforms_go_into_order_and_back(void **state)
{
    qk_kyber_poly f, standard;

    (void)state;
    fill(&f, -1000, 1000);
    standard = f;
    qk_kyber_portable.ntt(&standard);
    FOR_EACH_BACKEND(table)
    {
        qk_kyber_poly own = f, sampled = standard;

        table->kyber->ntt(&own);
        table->kyber->order(&sampled);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(modulo(own.c[i]), modulo(sampled.c[i]));
        table->kyber->unorder(&sampled);
        assert_memory_equal(&sampled, &standard, sizeof standard);
    }
}

static void every_number_has_one_canonical_form(void **state)
{
    qk_kyber_poly f;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (int start = -32768; start < 32768; start += N) {
            for (int i = 0; i < N; i++)
                f.c[i] = (int16_t)(start + i);
            table->kyber->canonical(&f);
            for (int i = 0; i < N; i++)
                assert_int_equal(f.c[i], modulo(start + i));
        }
    }
}

static void every_number_is_compressed_as_defined(void **state)
{
    static const unsigned ds[] = { 1, 3, 4, 5, 10, 11 };
    qk_kyber_poly f;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned n = 0; n < sizeof ds / sizeof *ds; n++) {
            unsigned d = ds[n];

            for (int start = 0; start < Q; start += N) {
                for (int i = 0; i < N; i++)
                    f.c[i] = (int16_t)((start + i) % Q);
                table->kyber->compress(&f, d);
                for (int i = 0; i < N; i++)
                    assert_int_equal(f.c[i], ((((start + i) % Q) << d) + 1664) / Q % (1 << d));
            }
            for (int start = 0; start < 1 << d; start += N) {
                for (int i = 0; i < N; i++)
                    f.c[i] = (int16_t)((start + i) % (1 << d));
                table->kyber->decompress(&f, d);
                for (int i = 0; i < N; i++)
                    assert_int_equal(f.c[i], (((start + i) % (1 << d)) * Q + (1 << (d - 1))) >> d);
            }
        }
    }
}

static void packing_is_the_rule_for_each_width(void **state)
{
    static const unsigned widths[] = { 1, 3, 4, 5, 10, 11, 12 };
    uint8_t packed[32 * 12 + QK_KYBER_SLACK], wanted[32 * 12];
    qk_kyber_poly f, back;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned w = 0; w < sizeof widths / sizeof *widths; w++) {
            unsigned width = widths[w];

            fill(&f, 0, (1 << width) - 1);
            memset(wanted, 0, sizeof wanted);
            memset(packed, 0xee, sizeof packed);
            for (unsigned bit = 0; bit < N * width; bit++)
                wanted[bit / 8] |= (uint8_t)((f.c[bit / width] >> bit % width & 1) << bit % 8);
            table->kyber->pack(packed, &f, width);
            assert_memory_equal(packed, wanted, 32 * width);
            assert_int_equal(packed[32 * width], 0xee);
            table->kyber->unpack(&back, packed, width);
            assert_memory_equal(&back, &f, sizeof f);
        }
    }
}

static int ones_of(const uint8_t *bytes, unsigned first, unsigned count)
{
    int ones = 0;

    for (unsigned bit = first; bit < first + count; bit++)
        ones += bytes[bit / 8] >> bit % 8 & 1;
    return ones;
}

static void noise_and_messages_are_counted_bits(void **state)
{
    uint8_t bytes[192];
    qk_kyber_poly f;

    (void)state;
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)test_noise(&noise);
    FOR_EACH_BACKEND(table)
    {
        for (unsigned eta = 2; eta <= 3; eta++) {
            table->kyber->noise(&f, bytes, eta);
            for (unsigned i = 0; i < N; i++)
                assert_int_equal(f.c[i], ones_of(bytes, 2 * eta * i, eta) - ones_of(bytes, 2 * eta * i + eta, eta));
        }
        table->kyber->message(&f, bytes);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(f.c[i], 1665 * ones_of(bytes, i, 1));
    }
}

static void tables_reject_alike(void **state)
{
    static uint8_t bytes[672 + QK_KYBER_SLACK];
    qk_kyber_poly f, wanted;

    (void)state;
    for (unsigned round = 0; round < 100; round++) {
        for (unsigned i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)test_noise(&noise);
        FOR_EACH_BACKEND(table)
        {
            for (size_t have = 0; have < N; have += 17) {
                size_t len = 504 - 3 * round, even = 672 - 2 * round, count;

                count = table->kyber->uniform(&f, have, bytes, len);
                assert_int_equal(count, qk_kyber_portable.uniform(&wanted, have, bytes, len));
                assert_memory_equal(f.c + have, wanted.c + have, (count - have) * sizeof f.c[0]);
                count = table->kyber->uniform_round2(&f, have, bytes, even);
                assert_int_equal(count, qk_kyber_portable.uniform_round2(&wanted, have, bytes, even));
                assert_memory_equal(f.c + have, wanted.c + have, (count - have) * sizeof f.c[0]);
            }
        }
    }
}

/* Round 2 takes 16 bits modulo q: each value, once. */
static void every_candidate_of_round_2_is_taken_modulo_q(void **state)
{
    static uint8_t bytes[2 * N + QK_KYBER_SLACK];
    qk_kyber_poly f;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned start = 0; start < 65536; start += N) {
            size_t count = 0;

            for (unsigned i = 0; i < N; i++) {
                bytes[2 * i] = (uint8_t)(start + i);
                bytes[2 * i + 1] = (uint8_t)((start + i) >> 8);
            }
            assert_int_equal(table->kyber->uniform_round2(&f, 0, bytes, 2 * N), start + N <= 19 * Q ? N
                                                                                : start < 19 * Q    ? 19 * Q - start
                                                                                                    : 0);
            for (unsigned i = 0; i < N && start + i < 19 * Q; i++)
                assert_int_equal(f.c[count++], (start + i) % Q);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_zetas_are_powers_of_17),
        cmocka_unit_test(products_are_those_of_polynomials),
        cmocka_unit_test(a_row_is_a_sum_of_products),
        cmocka_unit_test(transforms_go_into_order_and_back),
        cmocka_unit_test(every_number_has_one_canonical_form),
        cmocka_unit_test(every_number_is_compressed_as_defined),
        cmocka_unit_test(packing_is_the_rule_for_each_width),
        cmocka_unit_test(noise_and_messages_are_counted_bits),
        cmocka_unit_test(tables_reject_alike),
        cmocka_unit_test(every_candidate_of_round_2_is_taken_modulo_q),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
