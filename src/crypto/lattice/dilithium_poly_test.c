/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic: against definitions where they can be computed, and every table of functions against the portable
 * one, on the same numbers. */
#include "crypto/lattice/testing.h"

#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/dilithium_poly.h"

enum { N = QK_DILITHIUM_N, Q = QK_DILITHIUM_Q };

static uint64_t noise = 1;

static void fill(qk_dilithium_poly *f, int32_t low, int32_t high)
{
    for (unsigned i = 0; i < N; i++)
        f->c[i] = low + (int32_t)(test_noise(&noise) % (uint64_t)(high - low + 1));
}

static int64_t modulo(int64_t a)
{
    return (a % Q + Q) % Q;
}

static void the_zetas_are_powers_of_1753(void **state)
{
    int64_t power = ((int64_t)1 << 32) % Q;

    (void)state;
    for (unsigned i = 0; i < N; i++) {
        unsigned reversed = 0;

        for (unsigned bit = 0; bit < 8; bit++)
            reversed |= (i >> bit & 1) << (7 - bit);
        assert_int_equal(modulo(qk_dilithium_zetas[reversed]), power);
        assert_in_range(qk_dilithium_zetas[reversed] + Q / 2, 0, Q);
        power = power * 1753 % Q;
    }
}

/* Products through the transforms, and by the rule of X^256 = -1. */
static void products_are_those_of_polynomials(void **state)
{
    qk_dilithium_poly f, g, product;
    int64_t wanted[N];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        fill(&f, -(Q - 1), Q - 1);
        fill(&g, -(Q - 1), Q - 1);
        memset(wanted, 0, sizeof wanted);
        for (unsigned i = 0; i < N; i++)
            for (unsigned j = 0; j < N; j++) {
                int64_t sign = i + j < N ? 1 : -1;

                wanted[(i + j) % N] = modulo(wanted[(i + j) % N] + sign * ((int64_t)f.c[i] * g.c[j] % Q));
            }
        table->dilithium->ntt(&f);
        table->dilithium->ntt(&g);
        table->dilithium->reduce(&g);
        table->dilithium->multiply(&product, &f, &g);
        table->dilithium->inverse(&product);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(modulo(product.c[i]), wanted[i]);
    }
}

static void a_row_is_a_sum_of_products(void **state)
{
    qk_dilithium_poly f[7], g[7], sum, one, total;

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned i = 0; i < 7; i++) {
            fill(&f[i], 0, Q - 1);
            fill(&g[i], -9 * (Q - 1), 9 * (Q - 1));
        }
        for (size_t count = 1; count <= 7; count++) {
            memset(&total, 0, sizeof total);
            for (size_t i = 0; i < count; i++) {
                table->dilithium->multiply(&one, &f[i], &g[i]);
                table->dilithium->add(&total, &one);
            }
            table->dilithium->row(&sum, f, g, count);
            for (unsigned i = 0; i < N; i++) {
                assert_int_equal(modulo(sum.c[i]), modulo(total.c[i]));
                assert_in_range(sum.c[i] + Q, 1, 2 * Q - 1);
            }
        }
    }
}

static void sampled_transforms_are_put_in_order(void **state)
{
    qk_dilithium_poly standard, own, f;

    (void)state;
    fill(&f, -1000, 1000);
    standard = f;
    qk_dilithium_portable.ntt(&standard);
    FOR_EACH_BACKEND(table)
    {
        qk_dilithium_poly sampled = standard;

        own = f;
        table->dilithium->ntt(&own);
        table->dilithium->order(&sampled);
        for (unsigned i = 0; i < N; i++)
            assert_int_equal(modulo(own.c[i]), modulo(sampled.c[i]));
    }
}

/* Each r from 0 to q - 1, against the definition. */
static void assert_decomposed(const qk_dilithium_ops *ops, int32_t gamma2)
{
    qk_dilithium_poly high, low;

    for (int32_t start = 0; start < Q; start += N) {
        for (int32_t i = 0; i < N; i++)
            high.c[i] = start + i < Q ? start + i : Q - 1;
        ops->decompose(&high, &low, gamma2);
        for (int32_t i = 0; i < N; i++) {
            int32_t r = start + i < Q ? start + i : Q - 1, r0 = r % (2 * gamma2), r1;

            r0 -= r0 > gamma2 ? 2 * gamma2 : 0;
            r1 = r - r0 == Q - 1 ? 0 : (r - r0) / (2 * gamma2);
            r0 -= r - r0 == Q - 1;
            if (high.c[i] != r1 || low.c[i] != r0)
                fail_msg("%d: %d, %d instead of %d, %d", r, high.c[i], low.c[i], r1, r0);
        }
    }
}

static void every_number_decomposes_as_defined(void **state)
{
    (void)state;
    FOR_EACH_BACKEND(table)
    {
        assert_decomposed(table->dilithium, (Q - 1) / 88);
        assert_decomposed(table->dilithium, (Q - 1) / 32);
    }
}

static void every_number_rounds_as_defined(void **state)
{
    qk_dilithium_poly high, low;

    (void)state;
    for (unsigned d = 13; d <= 14; d++) {
        for (int32_t start = 0; start + N <= Q; start += N) {
            for (int32_t i = 0; i < N; i++)
                high.c[i] = start + i;
            qk_lattice_backend()->dilithium->round(&high, &low, d);
            for (int32_t i = 0; i < N; i++) {
                assert_true(low.c[i] > -(1 << (d - 1)) && low.c[i] <= 1 << (d - 1));
                assert_int_equal((high.c[i] << d) + low.c[i], start + i);
            }
        }
    }
}

static void hints_bring_the_high_parts_back(void **state)
{
    static const int32_t gamma2s[] = { (Q - 1) / 88, (Q - 1) / 32 };
    qk_dilithium_poly high, low, changed, spare;
    uint8_t ones[N];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned round = 0; round < 200; round++) {
            int32_t gamma2 = gamma2s[round % 2];
            uint32_t count = 0, wanted = 0;

            fill(&high, 0, Q - 1);
            fill(&changed, -gamma2 + 1, gamma2 - 1);
            spare = high;
            table->dilithium->decompose(&high, &low, gamma2);
            /* what the verifier has: w changed by less than gamma2 */
            table->dilithium->add(&low, &changed);
            count = table->dilithium->make_hint(ones, &low, &high, gamma2);
            table->dilithium->add(&changed, &spare);
            table->dilithium->reduce(&changed);
            table->dilithium->positive(&changed);
            table->dilithium->use_hint(&changed, ones, gamma2);
            for (unsigned i = 0; i < N; i++) {
                wanted += ones[i];
                assert_int_equal(changed.c[i], high.c[i]);
            }
            assert_int_equal(count, wanted);
        }
    }
}

/* The edge of the hint rule: -gamma2 needs a hint unless the high part is 0. */
static void minus_gamma2_is_the_edge_of_hints(void **state)
{
    qk_dilithium_poly low = { { 0 } }, high = { { 0 } };
    int32_t gamma2 = (Q - 1) / 32;
    uint8_t ones[N];

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        low.c[0] = low.c[1] = -gamma2, high.c[1] = 1;
        low.c[2] = low.c[3] = gamma2, high.c[3] = 15;
        low.c[4] = gamma2 + 1;
        low.c[5] = -gamma2 - 1;
        assert_int_equal(table->dilithium->make_hint(ones, &low, &high, gamma2), 3);
        assert_memory_equal(ones, "\0\1\0\0\1\1", 6);
    }
}

static void the_bound_holds_for_each_place_and_sign(void **state)
{
    qk_dilithium_poly f = { { 0 } };

    (void)state;
    FOR_EACH_BACKEND(table)
    {
        for (unsigned i = 0; i < N; i++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                f.c[i] = sign * 999;
                assert_int_equal(table->dilithium->exceeds(&f, 1000), 0);
                f.c[i] = sign * 1000;
                assert_int_equal(table->dilithium->exceeds(&f, 1000), 1);
            }
            f.c[i] = 0;
        }
    }
}

/* The one packing rule: number i gives bits i * width and on. */
static void packing_is_the_rule_for_each_width(void **state)
{
    static const unsigned widths[] = { 3, 4, 6, 9, 10, 13, 14, 18, 20 };
    uint8_t packed[32 * 20 + QK_DILITHIUM_SLACK], wanted[32 * 20];
    qk_dilithium_poly f, back;

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
            table->dilithium->pack(packed, &f, width);
            assert_memory_equal(packed, wanted, 32 * width);
            assert_int_equal(packed[32 * width], 0xee);
            table->dilithium->unpack(&back, packed, width);
            assert_memory_equal(&back, &f, sizeof f);
        }
    }
}

static void tables_reject_alike(void **state)
{
    static uint8_t bytes[840 + QK_DILITHIUM_SLACK], kept[1680], wanted_kept[1680];
    static int8_t candidates[1680], wanted_candidates[1680];
    qk_dilithium_poly f, wanted;

    (void)state;
    for (unsigned round = 0; round < 50; round++) {
        for (unsigned i = 0; i < sizeof bytes; i++) /* many high bytes: candidates near and above q */
            bytes[i] = (uint8_t)(round % 2 && i % 3 == 2 ? 0x7f : test_noise(&noise));
        FOR_EACH_BACKEND(table)
        {
            memset(&f, 0, sizeof f);
            memset(&wanted, 0, sizeof wanted);
            for (size_t have = 0; have < N; have += 51) {
                size_t one = table->dilithium->uniform(&f, have, bytes, 840 - 3 * round);

                assert_int_equal(one, qk_dilithium_portable.uniform(&wanted, have, bytes, 840 - 3 * round));
                assert_memory_equal(&f, &wanted, one * sizeof f.c[0]);
            }
            for (qk_dilithium_rule rule = QK_DILITHIUM_THREE_BITS; rule <= QK_DILITHIUM_MODULO; rule++) {
                int eta = rule == QK_DILITHIUM_NIBBLES ? 4 : 2;
                size_t have;

                table->dilithium->candidates(candidates, kept, bytes, 272, rule, eta);
                qk_dilithium_portable.candidates(wanted_candidates, wanted_kept, bytes, 272, rule, eta);
                assert_memory_equal(candidates, wanted_candidates, 544);
                assert_memory_equal(kept, wanted_kept, 544);
                have = table->dilithium->keep(&f, round, candidates, kept, 8 * (round + 10));
                assert_int_equal(have, qk_dilithium_portable.keep(&wanted, round, candidates, kept, 8 * (round + 10)));
                assert_memory_equal(f.c + round, wanted.c + round, (have - round) * sizeof f.c[0]);
            }
        }
    }
}

static void small_secrets_follow_the_standards_tables(void **state)
{
    int8_t candidates[512];
    uint8_t bytes[256], kept[512];

    (void)state;
    count_up(bytes, sizeof bytes, 0);
    FOR_EACH_BACKEND(table)
    {
        table->dilithium->candidates(candidates, kept, bytes, 256, QK_DILITHIUM_MODULO, 2);
        for (int i = 0; i < 256; i++) {
            assert_int_equal(kept[2 * i], (i & 15) < 15);
            assert_int_equal(kept[2 * i + 1], i >> 4 < 15);
            if (kept[2 * i])
                assert_int_equal(candidates[2 * i], 2 - (i & 15) % 5);
        }
        table->dilithium->candidates(candidates, kept, bytes, 256, QK_DILITHIUM_THREE_BITS, 3);
        for (int i = 0; i < 256; i++) {
            assert_int_equal(kept[2 * i], (i & 7) <= 6);
            assert_int_equal(kept[2 * i + 1], i >> 5 <= 6);
            assert_int_equal(candidates[2 * i + 1], 3 - (i >> 5));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_zetas_are_powers_of_1753),
        cmocka_unit_test(products_are_those_of_polynomials),
        cmocka_unit_test(a_row_is_a_sum_of_products),
        cmocka_unit_test(sampled_transforms_are_put_in_order),
        cmocka_unit_test(every_number_decomposes_as_defined),
        cmocka_unit_test(every_number_rounds_as_defined),
        cmocka_unit_test(hints_bring_the_high_parts_back),
        cmocka_unit_test(minus_gamma2_is_the_edge_of_hints),
        cmocka_unit_test(the_bound_holds_for_each_place_and_sign),
        cmocka_unit_test(packing_is_the_rule_for_each_width),
        cmocka_unit_test(tables_reject_alike),
        cmocka_unit_test(small_secrets_follow_the_standards_tables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
