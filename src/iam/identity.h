/* SPDX-License-Identifier: Apache-2.0 */
/* Identities and API keys as rows. Each row carries a MAC, so that nobody with the database alone can give roles, or
 * hand the API key of one identity to another. */
#ifndef QK_IAM_IDENTITY_H
#define QK_IAM_IDENTITY_H

#include "iam/iam.h"
#include "iam/secrets.h"

enum { QK_IDENTITY_NAME = 64, QK_IDENTITY_KEYSTORES = 8, QK_API_KEY_LEN = 44 };

typedef struct qk_identity {
    char name[QK_IDENTITY_NAME];
    int64_t epoch;
    unsigned instance_roles, keystore_roles;
    qk_uuid keystores[QK_IDENTITY_KEYSTORES];
    size_t keystore_count;
} qk_identity;

extern const char *const qk_iam_migrations[];
extern const size_t qk_iam_migration_count;

/* Errors of qk_iam_create_identity. */
QK_MUST_CHECK qk_err qk_identity_check(const qk_identity *identity);
QK_MUST_CHECK qk_err qk_identity_insert(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                        const qk_identity *identity);
/* QK_E_OBJECT_MISSING; QK_E_STORE_BROKEN if the row was changed by other hands. */
QK_MUST_CHECK qk_err qk_identity_get(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name,
                                     qk_identity *out);
/* Counts the epoch up and revokes all API keys. */
QK_MUST_CHECK qk_err qk_identity_revoke(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name);

/* Stores the hash of an API key. */
QK_MUST_CHECK qk_err qk_api_key_insert(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view api_key,
                                       const char *identity, const char *description);
/* Whose key this is. *out_found false for unknown and revoked keys. */
QK_MUST_CHECK qk_err qk_api_key_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view api_key,
                                     bool *out_found, char out_identity[QK_IDENTITY_NAME]);

/* The number of changes made so far, and the epochs of all identities in the order of their names (strcmp). `each` is
 * called with NULL first and may return an error to stop. */
QK_MUST_CHECK qk_err qk_identity_changes(qk_transaction *transaction, int64_t *out_changes);
QK_MUST_CHECK qk_err qk_identity_epochs(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                        qk_err (*each)(void *context, const char *name, int64_t epoch), void *context);

#endif
