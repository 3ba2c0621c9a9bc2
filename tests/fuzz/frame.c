/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's framing, in pieces. Input: options, size of the pieces, the stream. */
#include "fuzz.h"

#include "rpc/frame.h"

enum { MOST = 256 * 1024, BUDGET = 1024 * 1024 };
enum { GZIP = 1, NO_LIMIT = 2 };

static bool grant(void *context, size_t so_far, size_t more)
{
    size_t *granted = context;

    promise(so_far == *granted);
    if (more > BUDGET - *granted)
        return false;
    *granted += more;
    return true;
}

/* Framed anew, a message reads the same. */
static void both_ways(qk_view message, qk_arena *arena)
{
    qk_frame_reader reader = { .arena = arena };
    uint8_t prefix[QK_FRAME_PREFIX_LEN];
    qk_view again;

    must(qk_frame_put_prefix(prefix, message.len));
    must(qk_frame_feed(&reader, qk_view_of(prefix, sizeof prefix)));
    must(qk_frame_feed(&reader, message));
    must(qk_frame_finish(&reader, &again));
    promise(qk_view_equal(message, again));
    qk_frame_done(&reader);
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_reader from = qk_reader_of(input);
    unsigned options = qk_read_u8(&from);
    size_t granted = 0, piece = qk_read_u8(&from);
    qk_view rest = fuzz_rest(&from), message;
    qk_frame_reader reader = { .arena = &arena,
                               .max_message = options & NO_LIMIT ? 0 : MOST,
                               .gzip = options & GZIP,
                               .grant = grant,
                               .context = &granted };
    qk_err err = QK_OK;

    qk_arena_init(&arena, 4 * BUDGET);
    while (rest.len && err == QK_OK)
        err = qk_frame_feed(&reader, fuzz_piece(&rest, piece));
    if (err == QK_OK && qk_frame_finish(&reader, &message) == QK_OK) {
        promise(message.len <= granted && ((options & NO_LIMIT) || message.len <= MOST));
        both_ways(message, &arena);
    }
    promise(reader.granted == granted);
    qk_frame_done(&reader);
}
