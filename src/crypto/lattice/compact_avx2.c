/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/lattice/compact_avx2.h"

uint8_t qk_compact_bytes[256][8];
uint8_t qk_compact_words[256][16];

void qk_compact_init(void)
{
    for (unsigned m = 0; m < 256; m++) {
        unsigned count = 0;

        for (unsigned i = 0; i < 8; i++) {
            if (!(m >> i & 1))
                continue;
            qk_compact_bytes[m][count] = (uint8_t)i;
            qk_compact_words[m][2 * count] = (uint8_t)(2 * i);
            qk_compact_words[m][2 * count + 1] = (uint8_t)(2 * i + 1);
            count++;
        }
    }
}
