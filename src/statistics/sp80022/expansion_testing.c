/* SPDX-License-Identifier: Apache-2.0 */
/* e by its series and pi by Chudnovsky's, both by binary splitting; the roots by GMP. */
#include <gmp.h>

#include "statistics/sp80022/expansion_testing.h"

enum { GUARD_BITS = 128, SCALE_BITS = EXPANSION_BITS + GUARD_BITS };

/* Sum over (from, to] of from!/k! as p/q. */
static void split_e(unsigned long from, unsigned long to, mpz_t p, mpz_t q)
{
    unsigned long middle = from + (to - from) / 2;
    mpz_t right_p, right_q;

    if (to - from == 1) {
        mpz_set_ui(p, 1);
        mpz_set_ui(q, to);
        return;
    }
    mpz_inits(right_p, right_q, NULL);
    split_e(from, middle, p, q);
    split_e(middle, to, right_p, right_q);
    mpz_mul(p, p, right_q);
    mpz_add(p, p, right_p);
    mpz_mul(q, q, right_q);
    mpz_clears(right_p, right_q, NULL);
}

/* 90,000! has more than 1,000,128 bits. */
static void scaled_e(mpz_t out)
{
    mpz_t q;

    mpz_init(q);
    split_e(0, 90000, out, q);
    mpz_add(out, out, q);
    mpz_mul_2exp(out, out, SCALE_BITS);
    mpz_tdiv_q(out, out, q);
    mpz_clear(q);
}

static void pi_term(unsigned long k, mpz_t p, mpz_t q, mpz_t t)
{
    const unsigned long long cubed = 640320ull * 640320 * 640320 / 24;

    mpz_set_ui(p, 6 * k - 5);
    mpz_mul_ui(p, p, 2 * k - 1);
    mpz_mul_ui(p, p, 6 * k - 1);
    mpz_set_ui(q, k);
    mpz_mul_ui(q, q, k);
    mpz_mul_ui(q, q, k);
    mpz_mul_ui(q, q, cubed);
    mpz_set_ui(t, 545140134);
    mpz_mul_ui(t, t, k);
    mpz_add_ui(t, t, 13591409);
    mpz_mul(t, t, p);
    if (k % 2)
        mpz_neg(t, t);
}

static void split_pi(unsigned long from, unsigned long to, mpz_t p, mpz_t q, mpz_t t)
{
    unsigned long middle = from + (to - from) / 2;
    mpz_t right_p, right_q, right_t;

    if (to - from == 1) {
        pi_term(to, p, q, t);
        return;
    }
    mpz_inits(right_p, right_q, right_t, NULL);
    split_pi(from, middle, p, q, t);
    split_pi(middle, to, right_p, right_q, right_t);
    mpz_mul(t, t, right_q);
    mpz_addmul(t, p, right_t);
    mpz_mul(p, p, right_p);
    mpz_mul(q, q, right_q);
    mpz_clears(right_p, right_q, right_t, NULL);
}

/* pi = 426880 sqrt(10005) q / (13591409 q + t); each term gives 47 bits. */
static void scaled_pi(mpz_t out)
{
    mpz_t p, q, t;

    mpz_inits(p, q, t, NULL);
    split_pi(0, SCALE_BITS / 47 + 2, p, q, t);
    mpz_addmul_ui(t, q, 13591409);
    mpz_set_ui(out, 10005);
    mpz_mul_2exp(out, out, 2ul * SCALE_BITS);
    mpz_sqrt(out, out);
    mpz_mul_ui(out, out, 426880);
    mpz_mul(out, out, q);
    mpz_tdiv_q(out, out, t);
    mpz_clears(p, q, t, NULL);
}

static void scaled_root(unsigned long of, mpz_t out)
{
    mpz_set_ui(out, of);
    mpz_mul_2exp(out, out, 2ul * SCALE_BITS);
    mpz_sqrt(out, out);
}

void expansion_bits(expansion which, uint8_t out[EXPANSION_BITS / 8])
{
    mpz_t number;

    mpz_init(number);
    if (which == EXPANSION_E)
        scaled_e(number);
    else if (which == EXPANSION_PI)
        scaled_pi(number);
    else
        scaled_root(which == EXPANSION_SQRT2 ? 2 : 3, number);
    mpz_tdiv_q_2exp(number, number, mpz_sizeinbase(number, 2) - EXPANSION_BITS);
    mpz_export(out, NULL, 1, 1, 1, 0, number);
    mpz_clear(number);
}
