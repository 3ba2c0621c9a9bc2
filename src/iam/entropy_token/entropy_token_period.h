/* SPDX-License-Identifier: Apache-2.0 */
/* The months of an allotment.
 *
 * A period begins at midnight UTC on the day of the month on which the token was made; where a month is shorter, on its
 * last day (made on the 31st: 31 January, 28 or 29 February, 31 March, 30 April). Source: the allotment of the cloud
 * service, which "resets monthly on the day of the month on which the account was opened". */
#ifndef QK_IAM_ENTROPY_TOKEN_PERIOD_H
#define QK_IAM_ENTROPY_TOKEN_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/* All in seconds since 1970. A period holds its start and ends just before its end. */
typedef struct qk_period {
    int64_t starts, ends;
} qk_period;

/* The period that holds `now`, for a token made at `created`. */
qk_period qk_period_of(int64_t created, int64_t now);

/* Moves on if it is time, and says whether the count begins anew.
 *
 * 1. At its end a period gives way to the one that holds `now`: true.
 * 2. A clock that is set back, by up to a month before the period's start, changes nothing: what was granted stays
 *    counted, and the end comes when the clock reaches it again. So a step over the boundary and back, as time services
 *    make it, never grants twice.
 * 3. A clock that goes back further had been far ahead. The period becomes the one that holds `now`, or its end might
 *    not come for years; what was used stays used: false. */
bool qk_period_move(qk_period *period, int64_t created, int64_t now);

#endif
