/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that take their time. Holding a call costs the peer nothing and us memory, so it must move: a byte now and then
 * is not enough. Calls that are being performed are ours to finish and have all the time they need. */
#include "rpc/server_call.h"

enum { LEAST_BYTES_PER_MS = 16 };

static bool is_late(const call_state *state, size_t moved, int64_t now_ms, int64_t stall_ms)
{
    return now_ms - state->since_ms > stall_ms + (int64_t)(moved / LEAST_BYTES_PER_MS);
}

const char *qk_rpc_session_overdue(const qk_rpc_session *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms)
{
    int64_t patience_ms = session->served ? idle_ms : stall_ms;
    const char *why;
    bool busy = false;

    for (const call_state *state = session->calls; state; state = state->next) {
        busy = busy || !state->call.later; /* who is refused late is not waiting for anything */
        if (state->phase == STREAMING) {
            why = stream_overdue(state, now_ms, stall_ms);
            if (why)
                return why;
            continue;
        }
        if (state->phase < HANDED_OVER && is_late(state, state->reader.got, now_ms, stall_ms))
            return "a request does not come to its end";
        if (state->phase == ANSWERED && is_late(state, state->sent, now_ms, stall_ms))
            return "an answer is not read";
    }
    if (!busy && now_ms - session->idle_since_ms > patience_ms)
        return session->served ? "idle" : "there is no call";
    return NULL;
}
