/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash/keccak.h"

#define LANE uint64_t
#include "crypto/hash/keccak_round.h"

void qk_keccak_f1600(uint64_t lanes[QK_KECCAK_LANES])
{
    keccak_rounds(lanes);
}
