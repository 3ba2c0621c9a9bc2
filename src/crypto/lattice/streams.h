/* SPDX-License-Identifier: Apache-2.0 */
/* Four streams at a time, and room for their blocks; what lies behind the blocks may be read, so that wide loads can
 * reach beyond the last byte they use. */
#ifndef QK_CRYPTO_LATTICE_STREAMS_H
#define QK_CRYPTO_LATTICE_STREAMS_H

#include <string.h>

#include "crypto/lattice/keccak.h"

enum { QK_LANES = 4, QK_STREAM_BLOCKS = 5, QK_STREAM_SLACK = 32 };

typedef struct qk_streams {
    qk_keccak4 sponges;
    uint8_t bytes[QK_LANES][QK_SHAKE128_RATE * QK_STREAM_BLOCKS + QK_STREAM_SLACK];
} qk_streams;

/* The next blocks of each, at most QK_STREAM_BLOCKS. */
static inline void qk_streams_squeeze(qk_streams *streams, size_t blocks)
{
    uint8_t *const out[QK_LANES] = { streams->bytes[0], streams->bytes[1], streams->bytes[2], streams->bytes[3] };

    qk_keccak4_squeeze(&streams->sponges, out, blocks);
}

static inline void qk_streams_done(qk_streams *streams)
{
    explicit_bzero(streams, sizeof *streams);
}

#endif
