/* SPDX-License-Identifier: Apache-2.0 */
/* The server's session with a server room that answers, refuses or holds calls by their path, and counts what it has
 * granted. For targets that play a client. */
#ifndef QK_FUZZ_RPC_PEER_H
#define QK_FUZZ_RPC_PEER_H

#include "fuzz.h"
#include "rpc/server.h"

/* Feeds a whole connection in pieces (0: at once), then ends it in one of two ways: with calls still held, or with
 * everything answered. */
void fuzz_connection(qk_view bytes, size_t piece, bool answer_last);

/* For those who write connections: preface and settings of a client; a frame; a header that enters no table. */
void fuzz_put_preface(qk_buf *out);
void fuzz_put_frame(uint8_t type, uint8_t flags, uint32_t stream, qk_view payload, qk_buf *out);
void fuzz_put_header(qk_view name, qk_view value, qk_buf *out);
/* The headers that every call has, but for the path. */
void fuzz_put_usual_headers(qk_buf *out);

#endif
