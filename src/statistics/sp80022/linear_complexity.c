/* SPDX-License-Identifier: Apache-2.0 */
/* The length of the shortest shift register that makes a block. Berlekamp and Massey's algorithm, 64 bits at a time:
 * the recent bits are kept newest first, so a discrepancy is the parity of one AND, and the older polynomial is kept
 * shifted, so a correction is one XOR. */
#include <math.h>

#include "statistics/sp80022/sp80022.h"
#include "statistics/sp80022/special.h"

enum { LONGEST_BLOCK = 5000, WORDS = LONGEST_BLOCK / 64 + 1 };

typedef struct register_state {
    uint64_t connection[WORDS]; /* C(x), coefficient i in bit i */
    uint64_t older[WORDS];      /* x^k B(x) */
    uint64_t recent[WORDS];     /* the newest bit is bit 0 */
    unsigned words, span;
} register_state;

static void shift_in(uint64_t *words, unsigned count, uint64_t carry)
{
    for (unsigned i = 0; i < count; i++) {
        uint64_t out = words[i] >> 63;

        words[i] = words[i] << 1 | carry;
        carry = out;
    }
}

static unsigned discrepancy(const register_state *state)
{
    uint64_t all = 0;

    for (unsigned i = 0; i < state->words; i++)
        all ^= state->connection[i] & state->recent[i];
    return (unsigned)__builtin_parityll(all);
}

static void correct(register_state *state)
{
    for (unsigned i = 0; i < state->words; i++)
        state->connection[i] ^= state->older[i];
}

static void correct_and_grow(register_state *state, unsigned at)
{
    for (unsigned i = 0; i < state->words; i++) {
        uint64_t before = state->connection[i];

        state->connection[i] ^= state->older[i];
        state->older[i] = before;
    }
    state->span = at + 1 - state->span;
}

/* SP 800-22, 2.10.4 (2), 3.10. */
unsigned qk_linear_span(const qk_bits *bits, size_t from, unsigned n)
{
    register_state state = { .connection = { 1 }, .older = { 1 }, .words = n / 64 + 1 };

    for (unsigned i = 0; i < n; i++) {
        shift_in(state.recent, state.words, qk_bit(bits, from + i));
        shift_in(state.older, state.words, 0);
        if (!discrepancy(&state))
            continue;
        if (2 * state.span <= i)
            correct_and_grow(&state, i);
        else
            correct(&state);
    }
    return state.span;
}

/* SP 800-22, 2.10.4 (3) to (5): the class of a block by its distance from the mean. */
static unsigned class_of(unsigned span, unsigned block)
{
    double sign = block % 2 ? -1 : 1;
    double mean = block / 2.0 + (9 - sign) / 36 - (block / 3.0 + 2.0 / 9) * exp2(-(double)block);
    double t = sign * (span - mean) + 2.0 / 9;
    unsigned class = 0;

    while (class < 6 && t > class - 2.5)
        class ++;
    return class;
}

double qk_linear_complexity(const qk_bits *bits, unsigned block, qk_constants constants, uint32_t classes[7])
{
    double probability[7] = { 1.0 / 96, 1.0 / 32, 1.0 / 8, 1.0 / 2, 1.0 / 4, 1.0 / 16, 1.0 / 48 };
    size_t blocks = bits->n / block;
    uint32_t counts[7] = { 0 };

    if (constants == QK_CONSTANTS_PRINTED) {
        probability[0] = 0.01047;
        probability[6] = 0.020833;
    }
    for (size_t i = 0; i < blocks; i++)
        counts[class_of(qk_linear_span(bits, i * block, block), block)]++;
    if (classes)
        memcpy(classes, counts, sizeof counts);
    return qk_chi_square_p(counts, probability, 7, (double)blocks);
}
