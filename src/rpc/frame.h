/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC's framing of one message: a byte (1: compressed), a 32-bit length, the message. Unary calls carry exactly one.
 *
 * A reader collects one message from chunks as HTTP/2 delivers them. What the prefix announces is not believed: memory
 * grows with the bytes that came, and `grant` is asked before it grows. Small messages lie in the arena, larger ones in
 * buffers of the reader; both are valid until qk_frame_done. Source: gRPC, "gRPC over HTTP2", Length-Prefixed-Message.
 */
#ifndef QK_RPC_FRAME_H
#define QK_RPC_FRAME_H

#include "base/arena.h"

enum { QK_FRAME_PREFIX_LEN = 5 };

/* Writes the prefix of an uncompressed message of `len` bytes. QK_E_MESSAGE_SIZE beyond 32 bits. */
QK_MUST_CHECK qk_err qk_frame_put_prefix(uint8_t place[QK_FRAME_PREFIX_LEN], size_t len);

typedef struct qk_frame_reader {
    qk_arena *arena;
    size_t max_message; /* bytes, also after decompression; 0: no limit */
    bool gzip;          /* compressed messages are gzip; false: they are refused */
    /* May `more` bytes be kept beyond `so_far`? NULL: always. */
    bool (*grant)(void *context, size_t so_far, size_t more);
    void *context;
    size_t granted; /* bytes granted until now */
    /* private */
    uint8_t prefix[QK_FRAME_PREFIX_LEN];
    uint8_t prefix_len;
    size_t len, got;
    uint8_t *place;
    qk_buf large, inflated;
} qk_frame_reader;

/* Takes a chunk. QK_E_MESSAGE_SIZE; QK_E_RATE if not granted; QK_E_MESSAGE_MALFORMED for a second message or a wrong
 * prefix; QK_E_NO_MEMORY. After an error the reader is good for qk_frame_done alone. */
QK_MUST_CHECK qk_err qk_frame_feed(qk_frame_reader *reader, qk_view bytes);
/* For streams of messages: takes no more from the front of `bytes` than belongs to the message. The same errors. */
QK_MUST_CHECK qk_err qk_frame_take(qk_frame_reader *reader, qk_view *bytes, bool *out_whole);
/* Ready for the next message: what was read is wiped. What was granted is the owner's to give back. */
void qk_frame_restart(qk_frame_reader *reader);
/* The message, once the stream has ended. The same errors; QK_E_MESSAGE_MALFORMED if it is not whole. */
QK_MUST_CHECK qk_err qk_frame_finish(qk_frame_reader *reader, qk_view *out_message);
void qk_frame_done(qk_frame_reader *reader); /* wipes */

#endif
