/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of a gRPC client, from its first byte. Input: options, size of the pieces, the bytes. */
#include "rpc_peer.h"

enum { ANSWER_LAST = 1 };

void fuzz(qk_view input)
{
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    size_t piece = qk_read_u8(&from);

    fuzz_connection(fuzz_rest(&from), piece, options & ANSWER_LAST);
}
