/* SPDX-License-Identifier: Apache-2.0 */
/* For unit tests alone: the binary expansions that SP 800-22, appendix B tests, computed with GMP. */
#ifndef QK_STATISTICS_EXPANSION_TESTING_H
#define QK_STATISTICS_EXPANSION_TESTING_H

#include <stdint.h>

enum { EXPANSION_BITS = 1000000 };

typedef enum expansion { EXPANSION_E, EXPANSION_PI, EXPANSION_SQRT2, EXPANSION_SQRT3, EXPANSIONS } expansion;

/* The first 1,000,000 bits of the number, its integer part included. */
void expansion_bits(expansion which, uint8_t out[EXPANSION_BITS / 8]);

#endif
