/* SPDX-License-Identifier: Apache-2.0 */
/* Calls with bad tokens: each failure counts for the address it came from, and is answered later and later, beyond a
 * rate with RESOURCE_EXHAUSTED (iam/attempts.h). No thread waits; good tokens from the same address are not delayed.
 * Tokens that were good once are told nothing else than that they are not any more, however many come: their clients
 * would not renew them for another error. */
#ifndef QK_SERVER_HELD_BACK_H
#define QK_SERVER_HELD_BACK_H

#include "rpc/server.h"
#include "server/connection/connection.h"

/* From on_headers, for a call whose token was refused with `err` a moment ago. The error to return there: perhaps
 * another one, and perhaps the call has been made one that is answered later. */
QK_MUST_CHECK qk_err qk_hold_back(qk_connection *connection, qk_rpc_call *call, qk_err err);

/* Writes the refusal of on_headers to the log; of those that anybody can provoke, so many in a second. */
void qk_log_refusal(const qk_rpc_call *call, const char *peer, qk_err err);

/* What stands behind "Bearer" in the call's authorization; empty if that is not there. */
qk_view qk_bearer_of(const qk_rpc_call *call);

#endif
