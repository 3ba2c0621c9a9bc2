/* SPDX-License-Identifier: Apache-2.0 */
/* How an error travels: grpc-status, grpc-message and grpc-status-details-bin, the last a google.rpc.Status with
 * exactly one Grep11Error. Clients of GREP11 make up a general error when they do not find exactly one, so every failed
 * call carries it, failed authentication included. Source: GREP11 protocol, section 4. */
#ifndef QK_RPC_ERROR_DETAIL_H
#define QK_RPC_ERROR_DETAIL_H

#include "base/arena.h"

typedef struct qk_error_trailers {
    qk_view status;  /* "3" */
    qk_view message; /* percent-encoded */
    qk_view details; /* base64 without padding */
} qk_error_trailers;

/* Header values for an error; `words` NULL gives the table's. Words that are not UTF-8 are made so, and cut to what
 * qk_failure holds. The values lie in the arena. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_error_detail_write(qk_err code, const char *words, qk_arena *arena, qk_error_trailers *out);

/* The error that a peer's trailers stand for, with its words recorded: the row with both Grep11Error.Code and gRPC
 * status, else the first row with the Code; without a detail of ours, the row nearest to the gRPC status. QK_OK for
 * status 0, QK_E_PROTOCOL for a status that is no number. */
QK_MUST_CHECK qk_err qk_error_detail_read(const qk_error_trailers *trailers, qk_arena *arena);

#endif
