/* SPDX-License-Identifier: Apache-2.0 */
/* What the four predictors of SP 800-90B share: choosing among sub-predictors, and what right guesses say. */
#ifndef QK_STATISTICS_PREDICTIONS_H
#define QK_STATISTICS_PREDICTIONS_H

#include "base/bytes.h"

typedef struct qk_predictions {
    size_t made, correct;
    size_t run, longest; /* right guesses in a row: now, and at most */
} qk_predictions;

void qk_predictions_add(qk_predictions *predictions, bool correct);
/* Bits per sample over an alphabet of k values. 6.3.7 (4) to (6), the same in all four; NaN if none was made. */
double qk_predictions_entropy(const qk_predictions *predictions, unsigned k);
/* Probability of a right guess that makes a run of `length` among `made` guesses as rare as 1 %. 6.3.7 (5). */
double qk_predictions_local(size_t length, size_t made);

/* Up to 16 sub-predictors. Bit j of hits[i], for `from` <= i < n, says that the j-th would be right about sample i;
 * guesses follow the one that has been right most often so far, the later one of equals. */
void qk_predictions_follow_best(const uint16_t *hits, size_t from, size_t n, qk_predictions *out);

#endif
