/* SPDX-License-Identifier: Apache-2.0 */
/* Which of several services is asked when. Times are of the monotonic clock and come from the caller.
 *
 * Who failed rests, which means that it is asked after all the others. A rest ends after a while, so that the order of
 * the list counts again and a preferred service that came back is found; it grows each time that this was in vain.
 * Who asks to be left alone (Retry-After) is not asked at all, also by later calls; but for a minute at most, since it
 * may be back sooner than it thought. */
#ifndef QK_ENTROPY_SERVICE_TURN_H
#define QK_ENTROPY_SERVICE_TURN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { QK_TURNS_MOST = 8 };

/* All zeros: never failed. */
typedef struct qk_service_turn {
    int64_t rest_ms;       /* 0: it answered last */
    int64_t rest_until_ms; /* asked last until then */
    int64_t told_until_ms; /* it asked to be left alone until then */
    int64_t ask_from_ms;   /* of the call that is under way: not before; QK_TURN_NEVER: not again */
} qk_service_turn;

#define QK_TURN_NEVER INT64_MAX

/* For a new call. */
void qk_service_turn_begin(qk_service_turn *turn, int64_t now_ms);
void qk_service_turn_succeed(qk_service_turn *turn);
/*   may_pass         asking again in this call may help
 *   retry_after_ms   0 to an hour
 *   first_rest_ms    of the first of several failures; it grows to sixteen times as much */
void qk_service_turn_fail(qk_service_turn *turn, bool may_pass, int64_t retry_after_ms, int64_t first_rest_ms,
                          int64_t now_ms);
/* The numbers of those that may be asked now: as the list has them, and then those that rest, the soonest rested first.
 * At most QK_TURNS_MOST turns. */
size_t qk_service_turns_order(const qk_service_turn *turns, size_t count, int64_t now_ms,
                              size_t out_order[QK_TURNS_MOST]);
/* When the next may be asked; QK_TURN_NEVER. */
int64_t qk_service_turns_next_ms(const qk_service_turn *turns, size_t count);

#endif
