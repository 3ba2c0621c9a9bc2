/* SPDX-License-Identifier: Apache-2.0 */
/* Keccak-f[1600], portable: the permutation under SHA-3 and SHAKE. Its rounds are in keccak_round.h, for any type of
 * lane, so that wider forms need no second copy. Time does not depend on the state. Source: FIPS 202, section 3. */
#ifndef QK_CRYPTO_KECCAK_H
#define QK_CRYPTO_KECCAK_H

#include <stdint.h>

enum { QK_KECCAK_LANES = 25 };

void qk_keccak_f1600(uint64_t lanes[QK_KECCAK_LANES]);

#endif
