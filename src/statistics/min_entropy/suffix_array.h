/* SPDX-License-Identifier: Apache-2.0 */
/* Suffixes of a text in order, and what neighbours have in common: every repeated substring is a run of neighbours. */
#ifndef QK_STATISTICS_SUFFIX_ARRAY_H
#define QK_STATISTICS_SUFFIX_ARRAY_H

#include "base/bytes.h"

typedef struct qk_suffixes {
    int32_t *order; /* n positions, rising suffixes */
    int32_t
        *common; /* common[i]: length of the common beginning of suffixes order[i - 1] and order[i]; common[0] = 0 */
    size_t n;
} qk_suffixes;

/* Up to 2^30 bytes of text. QK_E_NO_MEMORY. Time grows as n. */
QK_MUST_CHECK qk_err qk_suffixes_init(qk_suffixes *suffixes, qk_view text);
void qk_suffixes_done(qk_suffixes *suffixes);

#endif
