/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/rsa/rsa_parts.h"

#include "crypto/bn.h"

enum {
    MIN_BITS = 1024,
    MAX_BITS = 16384,
    LARGE_BITS = 3072, /* above it OpenSSL takes short public exponents only */
    MAX_E_BITS = 256,
    MAX_E_BITS_LARGE = 64,
    FACTOR_ATTEMPTS = 100,
};

/* A BN_CTX with an open frame, so that a function's temporaries end with it. */
static BN_CTX *frame_open(void)
{
    BN_CTX *context = BN_CTX_secure_new_ex(qk_openssl());

    if (context)
        BN_CTX_start(context);
    return context;
}

static void frame_close(BN_CTX **context)
{
    if (*context)
        BN_CTX_end(*context);
    BN_CTX_free(*context);
}

void qk_rsa_parts_done(qk_rsa_parts *parts)
{
    for (unsigned i = 0; i < QK_RSA_PARTS; i++)
        BN_clear_free(parts->part[i]);
    memset(parts, 0, sizeof(*parts));
}

static qk_err contradiction(const char *what)
{
    qk_openssl_forget();
    return qk_fail(QK_E_ATTRIBUTE_VALUE, "RSA key: %s", what);
}

qk_err qk_rsa_parts_set(qk_rsa_parts *parts, unsigned which, qk_view magnitude)
{
    while (magnitude.len > 0 && magnitude.data[0] == 0)
        magnitude = qk_view_slice(magnitude, 1, magnitude.len);
    BN_clear_free(parts->part[which]);
    parts->part[which] = NULL;
    if (magnitude.len == 0)
        return QK_OK;
    if (magnitude.len > MAX_BITS / 8)
        return qk_fail(QK_E_KEY_SIZE, "RSA key: an integer of %zu bytes; at most %d", magnitude.len, MAX_BITS / 8);
    parts->part[which] = BN_bin2bn(magnitude.data, (int)magnitude.len, NULL);
    if (!parts->part[which])
        return qk_bn_no_memory();
    if (which >= QK_RSA_D)
        BN_set_flags(parts->part[which], BN_FLG_CONSTTIME);
    return QK_OK;
}

qk_err qk_rsa_parts_check_public(const qk_rsa_parts *parts)
{
    const BIGNUM *n = parts->part[QK_RSA_N], *e = parts->part[QK_RSA_E];

    if (!n || !e)
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "RSA key: modulus and public exponent are needed");
    int n_bits = BN_num_bits(n), e_bits = BN_num_bits(e);
    if (n_bits < MIN_BITS || n_bits > MAX_BITS)
        return qk_fail(QK_E_KEY_SIZE, "RSA key of %d bits; %d to %d are allowed", n_bits, MIN_BITS, MAX_BITS);
    if (!BN_is_odd(n))
        return contradiction("the modulus is even");
    if (!BN_is_odd(e) || BN_is_one(e))
        return contradiction("the public exponent is not an odd number above 1");
    if (e_bits > (n_bits > LARGE_BITS ? MAX_E_BITS_LARGE : MAX_E_BITS))
        return contradiction("the public exponent is too long");
    return QK_OK;
}

/* Euler's counterpart for two primes: least common multiple of p - 1 and q - 1. */
static bool carmichael(BIGNUM *out, const qk_rsa_parts *parts, BN_CTX *context)
{
    BIGNUM *p1 = BN_CTX_get(context), *q1 = BN_CTX_get(context), *gcd = BN_CTX_get(context);
    BIGNUM *product = BN_CTX_get(context);

    return product && BN_sub(p1, parts->part[QK_RSA_P], BN_value_one()) &&
           BN_sub(q1, parts->part[QK_RSA_Q], BN_value_one()) && BN_gcd(gcd, p1, q1, context) &&
           BN_mul(product, p1, q1, context) && BN_div(out, NULL, product, gcd, context);
}

/* part[which] = part[of]^-1 modulo the least common multiple. */
static qk_err set_inverse(qk_rsa_parts *parts, unsigned which, unsigned of)
{
    QK_OWNED(frame_close) BN_CTX *context = frame_open();
    QK_OWNED(qk_bn_wipe) BIGNUM *inverse = BN_new();
    BIGNUM *modulus = context ? BN_CTX_get(context) : NULL;

    if (!modulus || !inverse)
        return qk_bn_no_memory();
    BN_set_flags(inverse, BN_FLG_CONSTTIME);
    if (!carmichael(modulus, parts, context))
        return qk_bn_no_memory();
    if (!BN_mod_inverse(inverse, parts->part[of], modulus, context))
        return contradiction("the exponent has no inverse");
    parts->part[which] = inverse;
    inverse = NULL;
    return QK_OK;
}

/* True if 2^(e d) = 2 mod n. */
static bool exponent_fits(const qk_rsa_parts *parts, BN_ULONG e, BN_CTX *context)
{
    BIGNUM *two = BN_CTX_get(context), *once = BN_CTX_get(context), *twice = BN_CTX_get(context);
    BIGNUM *exponent = BN_CTX_get(context);

    return exponent && BN_set_word(two, 2) && BN_set_word(exponent, e) &&
           BN_mod_exp_mont_consttime(once, two, parts->part[QK_RSA_D], parts->part[QK_RSA_N], context, NULL) &&
           BN_mod_exp_mont(twice, once, exponent, parts->part[QK_RSA_N], context, NULL) && BN_cmp(twice, two) == 0;
}

/* A key of n and d alone: the exponents that keys are made with are tried. */
static qk_err guess_exponent(qk_rsa_parts *parts)
{
    static const BN_ULONG usual[] = { 65537, 3, 17, 5, 7, 257, 35, 37, 131073 };
    QK_OWNED(frame_close) BN_CTX *context = frame_open();

    if (!context)
        return qk_bn_no_memory();
    for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
        if (exponent_fits(parts, usual[i], context)) {
            parts->part[QK_RSA_E] = BN_new();
            return parts->part[QK_RSA_E] && BN_set_word(parts->part[QK_RSA_E], usual[i]) ? QK_OK : qk_bn_no_memory();
        }
    return qk_fail(QK_E_TEMPLATE_INCOMPLETE,
                   "RSA private key without primes and with an unusual public exponent: give CKA_PUBLIC_EXPONENT");
}

/* SP 800-56B revision 2, C.1, step 4: one attempt with a random g. Sets *out to a factor's multiple if it worked. */
static bool split_attempt(const qk_rsa_parts *parts, const BIGNUM *odd, int twos, BIGNUM *out, BN_CTX *context)
{
    const BIGNUM *n = parts->part[QK_RSA_N];
    BIGNUM *minus_one = BN_CTX_get(context), *g = BN_CTX_get(context);
    BIGNUM *x = BN_CTX_get(context), *y = BN_CTX_get(context);

    if (!y || !BN_sub(minus_one, n, BN_value_one()))
        return false;
    if (!BN_priv_rand_range_ex(g, n, 0, context) || BN_is_zero(g))
        return false;
    if (!BN_mod_exp_mont_consttime(y, g, odd, n, context, NULL) || BN_is_one(y) || BN_cmp(y, minus_one) == 0)
        return false;
    for (int j = 1; j <= twos; j++) {
        if (!BN_mod_sqr(x, y, n, context))
            return false;
        if (BN_is_one(x))
            return BN_sub(out, y, BN_value_one()) == 1; /* y is a square root of 1 other than 1 and -1 */
        if (BN_cmp(x, minus_one) == 0 || !BN_copy(y, x))
            return false;
    }
    return false;
}

/* SP 800-56B revision 2, C.1: the primes from n, e and d. */
static qk_err factor(qk_rsa_parts *parts)
{
    QK_OWNED(frame_close) BN_CTX *context = frame_open();
    QK_OWNED(qk_bn_wipe) BIGNUM *p = BN_new(), *q = BN_new();
    BIGNUM *odd = context ? BN_CTX_get(context) : NULL, *root = context ? BN_CTX_get(context) : NULL;
    int twos = 0;

    if (!root || !p || !q || !BN_mul(odd, parts->part[QK_RSA_D], parts->part[QK_RSA_E], context) ||
        !BN_sub_word(odd, 1))
        return qk_bn_no_memory();
    while (!BN_is_zero(odd) && !BN_is_odd(odd) && BN_rshift1(odd, odd))
        twos++;
    if (twos == 0)
        return contradiction("the exponents do not belong together");
    for (int attempt = 0; attempt < FACTOR_ATTEMPTS; attempt++) {
        BN_CTX_start(context);
        bool split = split_attempt(parts, odd, twos, root, context);
        BN_CTX_end(context);
        if (!split)
            continue;
        if (!BN_gcd(p, root, parts->part[QK_RSA_N], context) || !BN_div(q, NULL, parts->part[QK_RSA_N], p, context))
            return qk_bn_no_memory();
        BN_set_flags(p, BN_FLG_CONSTTIME);
        BN_set_flags(q, BN_FLG_CONSTTIME);
        bool p_first = BN_cmp(p, q) > 0; /* the larger first, as everyone writes it */
        parts->part[QK_RSA_P] = p_first ? p : q;
        parts->part[QK_RSA_Q] = p_first ? q : p;
        p = q = NULL;
        return QK_OK;
    }
    return contradiction("the exponents do not fit the modulus");
}

/* n = p q, given or computed. */
static qk_err join_primes(qk_rsa_parts *parts)
{
    const BIGNUM *p = parts->part[QK_RSA_P], *q = parts->part[QK_RSA_Q];
    QK_OWNED(frame_close) BN_CTX *context = frame_open();
    QK_OWNED(qk_bn_wipe) BIGNUM *product = BN_new();

    if (!BN_is_odd(p) || !BN_is_odd(q) || BN_is_one(p) || BN_is_one(q) || BN_cmp(p, q) == 0)
        return contradiction("the primes are no two odd primes");
    if (!context || !product || !BN_mul(product, p, q, context))
        return qk_bn_no_memory();
    if (parts->part[QK_RSA_N] && BN_cmp(parts->part[QK_RSA_N], product) != 0)
        return contradiction("the modulus is not the product of the primes");
    if (!parts->part[QK_RSA_N]) {
        parts->part[QK_RSA_N] = product;
        product = NULL;
    }
    return QK_OK;
}

/* d mod (prime - 1), given or computed; checks that e belongs to it. */
static qk_err reduce_exponent(qk_rsa_parts *parts, unsigned which, unsigned prime)
{
    QK_OWNED(frame_close) BN_CTX *context = frame_open();
    QK_OWNED(qk_bn_wipe) BIGNUM *reduced = BN_new();
    BIGNUM *order = context ? BN_CTX_get(context) : NULL, *one = context ? BN_CTX_get(context) : NULL;

    if (!one || !reduced || !BN_sub(order, parts->part[prime], BN_value_one()))
        return qk_bn_no_memory();
    BN_set_flags(order, BN_FLG_CONSTTIME);
    BN_set_flags(reduced, BN_FLG_CONSTTIME);
    if (!BN_div(NULL, reduced, parts->part[QK_RSA_D], order, context) ||
        !BN_mod_mul(one, reduced, parts->part[QK_RSA_E], order, context))
        return qk_bn_no_memory();
    if (!BN_is_one(one))
        return contradiction("the exponents do not belong together");
    if (parts->part[which] && BN_cmp(parts->part[which], reduced) != 0)
        return contradiction("a CRT exponent is wrong");
    if (!parts->part[which]) {
        parts->part[which] = reduced;
        reduced = NULL;
    }
    return QK_OK;
}

/* q^-1 mod p, given or computed. */
static qk_err set_coefficient(qk_rsa_parts *parts)
{
    QK_OWNED(frame_close) BN_CTX *context = frame_open();
    QK_OWNED(qk_bn_wipe) BIGNUM *inverse = BN_new();

    if (!context || !inverse)
        return qk_bn_no_memory();
    BN_set_flags(inverse, BN_FLG_CONSTTIME);
    if (!BN_mod_inverse(inverse, parts->part[QK_RSA_Q], parts->part[QK_RSA_P], context))
        return contradiction("the primes have a common factor");
    if (parts->part[QK_RSA_QINV] && BN_cmp(parts->part[QK_RSA_QINV], inverse) != 0)
        return contradiction("the CRT coefficient is wrong");
    if (!parts->part[QK_RSA_QINV]) {
        parts->part[QK_RSA_QINV] = inverse;
        inverse = NULL;
    }
    return QK_OK;
}

qk_err qk_rsa_parts_complete(qk_rsa_parts *parts)
{
    bool primes = parts->part[QK_RSA_P] && parts->part[QK_RSA_Q];

    if (!primes && !(parts->part[QK_RSA_N] && parts->part[QK_RSA_D]))
        return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "RSA private key: give modulus and private exponent, or the primes");
    if (primes) {
        QK_TRY(join_primes(parts));
        if (!parts->part[QK_RSA_D] && !parts->part[QK_RSA_E])
            return qk_fail(QK_E_TEMPLATE_INCOMPLETE, "RSA private key: an exponent is needed");
        if (!parts->part[QK_RSA_E])
            QK_TRY(set_inverse(parts, QK_RSA_E, QK_RSA_D));
        QK_TRY(qk_rsa_parts_check_public(parts));
        if (!parts->part[QK_RSA_D])
            QK_TRY(set_inverse(parts, QK_RSA_D, QK_RSA_E));
    } else {
        if (!BN_is_odd(parts->part[QK_RSA_N]))
            return contradiction("the modulus is even");
        if (BN_num_bits(parts->part[QK_RSA_N]) < MIN_BITS)
            return qk_fail(QK_E_KEY_SIZE, "RSA key of fewer than %d bits", MIN_BITS);
        if (BN_cmp(parts->part[QK_RSA_D], parts->part[QK_RSA_N]) >= 0)
            return contradiction("the private exponent is not below the modulus");
        if (!parts->part[QK_RSA_E])
            QK_TRY(guess_exponent(parts));
        QK_TRY(qk_rsa_parts_check_public(parts));
        BN_clear_free(parts->part[QK_RSA_P]);
        BN_clear_free(parts->part[QK_RSA_Q]);
        parts->part[QK_RSA_P] = parts->part[QK_RSA_Q] = NULL;
        QK_TRY(factor(parts));
        QK_TRY(join_primes(parts));
    }
    QK_TRY(reduce_exponent(parts, QK_RSA_DP, QK_RSA_P));
    QK_TRY(reduce_exponent(parts, QK_RSA_DQ, QK_RSA_Q));
    return set_coefficient(parts);
}
