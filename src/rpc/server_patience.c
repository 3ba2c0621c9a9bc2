/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that take their time. Holding a call costs the peer nothing and us memory, so it must move: a byte now and then
 * is not enough. Calls that are being performed are ours to finish and have all the time they need. What a stranger can
 * begin keeps no connection, unless its owner counts such calls and has kept this one. */
#include "rpc/server_call.h"

enum { LEAST_BYTES_PER_MS = 16 };

static bool is_late(const call_state *state, size_t moved, int64_t now_ms, int64_t stall_ms)
{
    return now_ms - state->since_ms > stall_ms + (int64_t)(moved / LEAST_BYTES_PER_MS);
}

/* Somebody who may have it waits for it. */
static bool is_wanted(const call_state *state)
{
    return state->admitted && !state->call.later && (!state->call.for_anybody || state->call.kept);
}

static bool is_busy(const qk_rpc_session *session)
{
    for (const call_state *state = session->calls; state; state = state->next)
        if (is_wanted(state))
            return true;
    return false;
}

int64_t qk_rpc_session_idle_since(const qk_rpc_session *session)
{
    return session->served || is_busy(session) ? -1 : session->idle_since_ms;
}

const char *qk_rpc_session_overdue(const qk_rpc_session *session, int64_t now_ms, int64_t stall_ms, int64_t idle_ms)
{
    int64_t patience_ms = session->served ? idle_ms : stall_ms;
    const char *why;

    for (const call_state *state = session->calls; state; state = state->next) {
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
    if (!is_busy(session) && now_ms - session->idle_since_ms > patience_ms)
        return session->served ? "idle" : "there is no call";
    return NULL;
}
