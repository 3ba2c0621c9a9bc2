/* SPDX-License-Identifier: Apache-2.0 */
/* Step numbers are those of FIPS 186-4, B.3.6 and C.9. */
#include "crypto/rsa/rsa_x931_gen.h"

enum { APART_BITS = 100, ATTEMPTS = 100 };

/* Table B.1: bits of the auxiliary primes. */
static int auxiliary_bits(int modulus_bits)
{
    return modulus_bits < 2048 ? 101 : modulus_bits < 3072 ? 141 : 171;
}

typedef struct search {
    BN_CTX *context;
    const BIGNUM *e;
    int bits; /* of the prime */
} search;

/* C.9, steps 1 and 2: the number that is 1 mod 2 p1 and -1 mod p2, and the step 2 p1 p2 between such numbers. */
static qk_err start(const search *it, const BIGNUM *p1, const BIGNUM *p2, BIGNUM *r, BIGNUM *step)
{
    BIGNUM *twice = BN_CTX_get(it->context), *a = BN_CTX_get(it->context), *b = BN_CTX_get(it->context);

    if (!b || !BN_lshift1(twice, p1) || !BN_mul(step, twice, p2, it->context) ||
        !BN_mod_inverse(a, p2, twice, it->context) || !BN_mod_inverse(b, twice, p2, it->context) ||
        !BN_mul(a, a, p2, it->context) || !BN_mul(b, b, twice, it->context) || !BN_sub(r, a, b))
        return qk_openssl_fail(QK_E_FUNCTION_FAILED, "X9.31 primes");
    return QK_OK;
}

/* C.9, step 3: at least sqrt(2) 2^(bits - 1), that is, both top bits set. */
static qk_err draw_start(const search *it, BIGNUM *x)
{
    if (!BN_priv_rand_ex(x, it->bits, BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY, 0, it->context))
        return qk_openssl_fail(QK_E_NO_RANDOM, "X9.31 primes");
    return QK_OK;
}

/* C.9, step 6: 1 if y is such a prime, 0 if not, -1 on failure. */
static int is_wanted(const search *it, const BIGNUM *y)
{
    BIGNUM *less = BN_CTX_get(it->context), *gcd = BN_CTX_get(it->context);

    if (!gcd || !BN_sub(less, y, BN_value_one()) || !BN_gcd(gcd, less, it->e, it->context))
        return -1;
    return BN_is_one(gcd) ? BN_check_prime(y, it->context, NULL) : 0;
}

/* C.9, steps 4 to 10, from x upwards; *out_found is false if the numbers of this length end first. */
static qk_err climb(const search *it, const BIGNUM *r, const BIGNUM *step, const BIGNUM *x, BIGNUM *y, bool *out_found)
{
    if (!BN_sub(y, r, x) || !BN_nnmod(y, y, step, it->context) || !BN_add(y, y, x))
        return qk_bn_no_memory();
    while (BN_num_bits(y) <= it->bits) {
        BN_CTX_start(it->context);
        int wanted = is_wanted(it, y);
        BN_CTX_end(it->context);
        if (wanted < 0)
            return qk_openssl_fail(QK_E_FUNCTION_FAILED, "X9.31 primes");
        *out_found = wanted == 1;
        if (*out_found)
            return QK_OK;
        if (!BN_add(y, y, step))
            return qk_bn_no_memory();
    }
    *out_found = false;
    return QK_OK;
}

static qk_err find_prime_in_frame(const search *it, int auxiliary, BIGNUM *x, BIGNUM *out)
{
    BIGNUM *p1 = BN_CTX_get(it->context), *p2 = BN_CTX_get(it->context), *r = BN_CTX_get(it->context);
    BIGNUM *step = BN_CTX_get(it->context);
    bool found = false;

    if (!step)
        return qk_bn_no_memory();
    if (!BN_generate_prime_ex2(p1, auxiliary, 0, NULL, NULL, NULL, it->context) ||
        !BN_generate_prime_ex2(p2, auxiliary, 0, NULL, NULL, NULL, it->context))
        return qk_openssl_fail(QK_E_NO_RANDOM, "X9.31 primes");
    QK_TRY(start(it, p1, p2, r, step));
    while (!found) {
        QK_TRY(draw_start(it, x));
        QK_TRY(climb(it, r, step, x, out, &found));
    }
    return QK_OK;
}

static qk_err find_prime(const search *it, int auxiliary, BIGNUM *x, BIGNUM *out)
{
    BN_CTX_start(it->context);
    qk_err err = find_prime_in_frame(it, auxiliary, x, out);
    BN_CTX_end(it->context);
    return err;
}

/* B.3.6, step 5: |a - b| > 2^(bits - 100). */
static bool are_apart(const BIGNUM *a, const BIGNUM *b, int bits)
{
    QK_OWNED(qk_bn_wipe) BIGNUM *difference = BN_new();

    return difference && BN_sub(difference, a, b) && BN_num_bits(difference) > bits - APART_BITS;
}

qk_err qk_x931_primes(int bits, const BIGNUM *e, BIGNUM **out_p, BIGNUM **out_q)
{
    QK_OWNED(qk_bn_context_free) BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());
    QK_OWNED(qk_bn_wipe) BIGNUM *xp = BN_new(), *xq = BN_new();
    QK_OWNED(qk_bn_wipe) BIGNUM *p = BN_new(), *q = BN_new();
    search it = { context, e, bits / 2 };

    if (!context || !xp || !xq || !p || !q)
        return qk_bn_no_memory();
    QK_TRY(find_prime(&it, auxiliary_bits(bits), xp, p));
    for (int i = 0; i < ATTEMPTS; i++) {
        QK_TRY(find_prime(&it, auxiliary_bits(bits), xq, q));
        if (!are_apart(xp, xq, it.bits) || !are_apart(p, q, it.bits))
            continue;
        *out_p = p;
        *out_q = q;
        p = q = NULL;
        return QK_OK;
    }
    return qk_fail(QK_E_NO_RANDOM, "the random numbers for X9.31 primes are too much alike");
}
