/* SPDX-License-Identifier: Apache-2.0 */
/* Choices without branches, for secrets that must not steer time. A mask is all ones (yes) or zero (no). */
#ifndef QK_CRYPTO_CT_H
#define QK_CRYPTO_CT_H

#include <stddef.h>
#include <stdint.h>

typedef size_t qk_mask;

/* Hides where a value comes from, so that the compiler cannot turn a mask back into a branch. */
static inline size_t qk_ct_hide(size_t value)
{
    __asm__("" : "+r"(value));
    return value;
}

static inline qk_mask qk_ct_is_zero(size_t value)
{
    value = qk_ct_hide(value);
    return (qk_mask)0 - ((~value & (value - 1)) >> (sizeof(size_t) * 8 - 1));
}

static inline qk_mask qk_ct_is(size_t a, size_t b)
{
    return qk_ct_is_zero(a ^ b);
}

/* a < b, for values below 2^63. */
static inline qk_mask qk_ct_below(size_t a, size_t b)
{
    return (qk_mask)0 - (qk_ct_hide(a - b) >> (sizeof(size_t) * 8 - 1));
}

static inline size_t qk_ct_select(qk_mask mask, size_t yes, size_t no)
{
    return (qk_ct_hide(mask) & yes) | (~qk_ct_hide(mask) & no);
}

#endif
