/* SPDX-License-Identifier: Apache-2.0 */
/* Instances of versions that had roles in the identity and no policies. */
#ifndef QK_IAM_LEGACY_H
#define QK_IAM_LEGACY_H

#include "database/database.h"
#include "iam/record/secrets.h"

/* Turns identities and API keys of the old tables into records and policies, in one transaction; does nothing if there
 * are none. Old tokens end: clients log in again. QK_E_STORE_BROKEN if a row was changed by other hands. */
QK_MUST_CHECK qk_err qk_iam_legacy_move(qk_database *database, const qk_iam_secrets *secrets);

#endif
