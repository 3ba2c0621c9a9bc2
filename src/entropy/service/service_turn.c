/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/service/service_turn.h"

enum { REST_GROWS_TO = 16, LEFT_ALONE_MOST_MS = 60000 };

void qk_service_turn_begin(qk_service_turn *turn, int64_t now_ms)
{
    turn->ask_from_ms = turn->told_until_ms > now_ms ? turn->told_until_ms : 0;
}

void qk_service_turn_succeed(qk_service_turn *turn)
{
    *turn = (qk_service_turn){ 0 };
}

/* A rest grows once for each time that it had ended: not with every try in between. */
void qk_service_turn_fail(qk_service_turn *turn, bool may_pass, int64_t retry_after_ms, int64_t first_rest_ms,
                          int64_t now_ms)
{
    if (turn->rest_until_ms <= now_ms) {
        if (turn->rest_ms < first_rest_ms * REST_GROWS_TO)
            turn->rest_ms = turn->rest_ms ? turn->rest_ms * 2 : first_rest_ms;
        turn->rest_until_ms = now_ms + turn->rest_ms;
    }
    if (turn->rest_until_ms < now_ms + retry_after_ms)
        turn->rest_until_ms = now_ms + retry_after_ms;
    turn->told_until_ms = now_ms + (retry_after_ms < LEFT_ALONE_MOST_MS ? retry_after_ms : LEFT_ALONE_MOST_MS);
    turn->ask_from_ms = may_pass ? now_ms + retry_after_ms : QK_TURN_NEVER;
}

static int64_t rest_of(const qk_service_turn *turn, int64_t now_ms)
{
    return turn->rest_until_ms > now_ms ? turn->rest_until_ms : 0;
}

size_t qk_service_turns_order(const qk_service_turn *turns, size_t count, int64_t now_ms,
                              size_t out_order[QK_TURNS_MOST])
{
    size_t found = 0, at;

    for (size_t i = 0; i < count; i++) {
        if (turns[i].ask_from_ms > now_ms)
            continue;
        for (at = found++; at > 0 && rest_of(&turns[out_order[at - 1]], now_ms) > rest_of(&turns[i], now_ms); at--)
            out_order[at] = out_order[at - 1];
        out_order[at] = i;
    }
    return found;
}

int64_t qk_service_turns_next_ms(const qk_service_turn *turns, size_t count)
{
    int64_t next_ms = QK_TURN_NEVER;

    for (size_t i = 0; i < count; i++)
        if (turns[i].ask_from_ms < next_ms)
            next_ms = turns[i].ask_from_ms;
    return next_ms;
}
