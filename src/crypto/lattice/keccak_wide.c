/* SPDX-License-Identifier: Apache-2.0 */
/* The permutations for x86-64, compiled once per instruction set: with AVX2 a vector of four lanes is one register;
 * AVX-512VL has the same registers, twice as many of them, and rotates in one instruction. QK_WIDE_NAME is the
 * function. */
#include "crypto/lattice/keccak.h"

typedef uint64_t four_lanes __attribute__((vector_size(32), may_alias));
#define LANE four_lanes
#include "crypto/hash/keccak_round.h"

void QK_WIDE_NAME(uint64_t lanes[25][4])
{
    keccak_rounds((four_lanes *)(void *)lanes);
}
