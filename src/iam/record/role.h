/* SPDX-License-Identifier: Apache-2.0 */
/* Roles: those that everybody has, as data, and custom ones, as records under their ids. */
#ifndef QK_IAM_ROLE_H
#define QK_IAM_ROLE_H

#include "iam/iam.h"
#include "iam/record/record.h"

/* Actions that touch a keystore or its keys, and so may be granted in one keystore alone. */
uint64_t qk_actions_of_keystores(void);

/* The predefined role of this id or name; NULL if there is none. */
const qk_iam_role *qk_role_predefined(const char *id);

QK_MUST_CHECK qk_err qk_role_add(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_role *role);
/* Predefined ones first. */
QK_MUST_CHECK qk_err qk_roles_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_role **out,
                                   size_t *out_count);
/* By id or name among roles that were read; NULL if there is none. */
const qk_iam_role *qk_role_among(const qk_iam_role *roles, size_t count, const char *id);

#endif
