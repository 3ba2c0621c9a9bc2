/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the iam room: what a qk_iam holds. The clocks are fields so that tests can move them. */
#ifndef QK_IAM_CORE_H
#define QK_IAM_CORE_H

#include <stdatomic.h>

#include "iam/rights.h"
#include "iam/token/remembered.h"

struct qk_iam {
    qk_database *database;
    qk_iam_secrets secrets;
    qk_rights *rights;
    qk_remembered *remembered;
    atomic_llong token_seconds;
    int64_t (*unix_s)(void);
    int64_t (*monotonic_ms)(void);
};

#endif
