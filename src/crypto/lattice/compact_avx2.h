/* SPDX-License-Identifier: Apache-2.0 */
/* For rejection sampling: row m lists the places of the ones in m, from the lowest bit up. Made once, at start. */
#ifndef QK_CRYPTO_LATTICE_COMPACT_AVX2_H
#define QK_CRYPTO_LATTICE_COMPACT_AVX2_H

#include <stdint.h>

extern uint8_t qk_compact_bytes[256][8];  /* for bytes, or widened, for lanes */
extern uint8_t qk_compact_words[256][16]; /* the bytes of 16-bit words */
void qk_compact_init(void);

#endif
