/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/curve/scalar256.h"

#include <openssl/crypto.h>

__extension__ typedef unsigned __int128 wide;

enum { LIMBS = 4, LIMB_BITS = 64 };

void qk_scalar_read(qk_scalar *out, const uint8_t bytes[QK_SCALAR_LEN])
{
    for (int i = 0; i < LIMBS; i++) {
        uint64_t limb = 0;
        for (int j = 0; j < 8; j++)
            limb = limb << 8 | bytes[8 * (LIMBS - 1 - i) + j];
        out->limb[i] = limb;
    }
}

void qk_scalar_write(const qk_scalar *a, uint8_t out[QK_SCALAR_LEN])
{
    for (int i = 0; i < QK_SCALAR_LEN; i++)
        out[QK_SCALAR_LEN - 1 - i] = (uint8_t)(a->limb[i / 8] >> (8 * (i % 8)));
}

/* out = a + b; the carry is returned. */
static uint64_t plus(qk_scalar *out, const qk_scalar *a, const qk_scalar *b)
{
    wide sum = 0;

    for (int i = 0; i < LIMBS; i++) {
        sum += (wide)a->limb[i] + b->limb[i];
        out->limb[i] = (uint64_t)sum;
        sum >>= LIMB_BITS;
    }
    return (uint64_t)sum;
}

/* out = a - b; the borrow is returned. */
static uint64_t minus(qk_scalar *out, const qk_scalar *a, const qk_scalar *b)
{
    uint64_t borrow = 0;

    for (int i = 0; i < LIMBS; i++) {
        wide difference = (wide)a->limb[i] - b->limb[i] - borrow;
        out->limb[i] = (uint64_t)difference;
        borrow = (uint64_t)(difference >> LIMB_BITS) & 1;
    }
    return borrow;
}

static void choose(qk_scalar *out, qk_mask mask, const qk_scalar *yes, const qk_scalar *no)
{
    for (int i = 0; i < LIMBS; i++)
        out->limb[i] = qk_ct_select(mask, yes->limb[i], no->limb[i]);
}

/* A number of 257 bits below 2n, made less than n. */
static void take_once(qk_scalar *a, uint64_t carry, const qk_scalar *n)
{
    qk_scalar less;
    uint64_t borrow = minus(&less, a, n);

    choose(a, ~qk_ct_is_zero(carry) | qk_ct_is_zero(borrow), &less, a);
}

qk_mask qk_scalar_is_zero(const qk_scalar *a)
{
    return qk_ct_is_zero(a->limb[0] | a->limb[1] | a->limb[2] | a->limb[3]);
}

qk_mask qk_scalar_below(const qk_scalar *a, const qk_scalar *b)
{
    qk_scalar unused;

    return ~qk_ct_is_zero(minus(&unused, a, b));
}

void qk_scalar_reduce(qk_scalar *a, const qk_scalar *n)
{
    take_once(a, 0, n);
}

void qk_scalar_add(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n)
{
    uint64_t carry = plus(out, a, b);

    take_once(out, carry, n);
}

void qk_scalar_sub(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n)
{
    qk_scalar more;
    uint64_t borrow = minus(out, a, b);

    (void)plus(&more, out, n);
    choose(out, qk_ct_is_zero(borrow), out, &more);
}

/* Double and add, from the highest bit of b: 256 rounds, a few microseconds. */
void qk_scalar_mul(qk_scalar *out, const qk_scalar *a, const qk_scalar *b, const qk_scalar *n)
{
    qk_scalar sum = { { 0 } }, with;

    for (int bit = LIMBS * LIMB_BITS - 1; bit >= 0; bit--) {
        uint64_t set = b->limb[bit / LIMB_BITS] >> (bit % LIMB_BITS) & 1;
        qk_scalar_add(&sum, &sum, &sum, n);
        qk_scalar_add(&with, &sum, a, n);
        choose(&sum, ~qk_ct_is_zero(set), &with, &sum);
    }
    *out = sum;
    OPENSSL_cleanse(&sum, sizeof sum);
    OPENSSL_cleanse(&with, sizeof with);
}
