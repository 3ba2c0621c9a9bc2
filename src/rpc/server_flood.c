/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that keep the server busy without asking for anything.
 *
 * Resets ("rapid reset", CVE-2023-44487): opening and cancelling streams costs the peer two small frames and us a call.
 * Within ten seconds a peer may reset 200 streams more than it let us answer; that leaves room for a client that
 * cancels everything it has under way, and for deadlines. Control frames (SETTINGS, PING, PRIORITY, empty DATA, frames
 * in error): each takes one from a credit of at most 500, which requests and time fill up again; so the pings that
 * gRPC libraries send to measure bandwidth never run it dry. */
#include "rpc/server_call.h"

enum {
    WINDOW_MS = 10 * 1000,
    RESETS_BEYOND_ANSWERS = 200,
    CREDIT = 500, /* below nghttp2's own limit of 1000 unsent acknowledgements, which ends without a GOAWAY */
    CREDIT_PER_REQUEST = 4,
    CREDIT_PER_SECOND = 100,
};

static void send_away(qk_rpc_session *session)
{
    session->lost = true;
    nghttp2_session_terminate_session(session->http2, NGHTTP2_ENHANCE_YOUR_CALM);
}

static void refill(qk_rpc_session *session)
{
    int64_t now = qk_clock_monotonic_ms();
    int64_t more = session->refill_ms ? (now - session->refill_ms) * CREDIT_PER_SECOND / 1000 : CREDIT;

    if (more == 0)
        return;
    session->refill_ms = now;
    session->credit = more > CREDIT - session->credit ? CREDIT : session->credit + (uint32_t)more;
}

bool flood_allows_control(qk_rpc_session *session)
{
    refill(session);
    if (session->credit == 0) {
        send_away(session);
        return false;
    }
    session->credit--;
    return true;
}

void flood_count_request(qk_rpc_session *session)
{
    if (session->credit <= CREDIT - CREDIT_PER_REQUEST)
        session->credit += CREDIT_PER_REQUEST;
}

void flood_count_close(qk_rpc_session *session, bool answered)
{
    int64_t now;

    if (answered) {
        session->answered++;
        return;
    }
    now = qk_clock_monotonic_ms();
    if (now - session->window_start_ms > WINDOW_MS) {
        session->window_start_ms = now;
        session->resets = 0;
        session->answered = 0;
    }
    if (++session->resets > session->answered + RESETS_BEYOND_ANSWERS && !session->lost)
        send_away(session);
}
