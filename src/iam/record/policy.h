/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as records under their ids, and what they add up to. */
#ifndef QK_IAM_POLICY_H
#define QK_IAM_POLICY_H

#include "iam/iam.h"
#include "iam/record/record.h"

/* Errors of qk_iam_policy_create. Names of roles become ids. */
QK_MUST_CHECK qk_err qk_policy_add(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                   const qk_iam_policy *policy, qk_uuid *out_id);
QK_MUST_CHECK qk_err qk_policies_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_policy **out,
                                      size_t *out_count);
QK_MUST_CHECK qk_err qk_policy_drop(qk_transaction *transaction, const qk_uuid *id, bool *out_found);

/* Adds what the policy grants to the rights of its identity. False if that are too many keystores. */
bool qk_policy_apply(const qk_iam_policy *policy, const qk_iam_role *roles, size_t role_count, qk_caller *caller);

#endif
