/* SPDX-License-Identifier: Apache-2.0 */
/* One permutation again, compiled for processors that have and-not and three-operand rotations for it. */
#include "crypto/lattice/keccak.h"

#define LANE uint64_t
#include "crypto/hash/keccak_round.h"

void qk_keccak_permute_avx2(uint64_t lanes[25])
{
    keccak_rounds(lanes);
}
