/* SPDX-License-Identifier: Apache-2.0 */
/* Identities and API keys as records. An identity's record has its name; an API key's has the keyed hash of its text.
 */
#ifndef QK_IAM_IDENTITY_H
#define QK_IAM_IDENTITY_H

#include "iam/iam.h"
#include "iam/record/record.h"

enum { QK_HASH_TEXT = 2 * QK_IAM_MAC_LEN + 1 };

/* A new identity with an epoch that nobody has had. Errors of qk_iam_identity_create. */
QK_MUST_CHECK qk_err qk_identity_add(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                     const qk_iam_identity *identity);
/* QK_E_OBJECT_MISSING. */
QK_MUST_CHECK qk_err qk_identity_get(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name,
                                     qk_iam_identity *out);
/* Gives it another epoch, so that its tokens are void. */
QK_MUST_CHECK qk_err qk_identity_renew(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name);
QK_MUST_CHECK qk_err qk_identities_read(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                        qk_iam_identity **out, size_t *out_count);

/* Adds the key with this hash, under a number that nobody has had. Errors of qk_iam_api_key_create. */
QK_MUST_CHECK qk_err qk_api_key_add(qk_transaction *transaction, const qk_iam_secrets *secrets,
                                    const char hash[QK_HASH_TEXT], const qk_iam_api_key *key);
QK_MUST_CHECK qk_err qk_api_key_hash(const qk_iam_secrets *secrets, qk_view text, char out[QK_HASH_TEXT]);
/* *out_found false for unknown and revoked keys; expiry is the caller's to check. */
QK_MUST_CHECK qk_err qk_api_key_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view text,
                                     qk_iam_api_key *out, bool *out_found);
QK_MUST_CHECK qk_err qk_api_keys_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_api_key **out,
                                      size_t *out_count);
/* Those of an identity, or the one with this name if it is not NULL; `forget` takes the records out altogether.
 * *out_count: how many. */
QK_MUST_CHECK qk_err qk_api_keys_end(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity,
                                     const char *name, bool forget, size_t *out_count);

/* Whether a text is printable, not empty and short enough to be somebody's name. */
bool qk_name_is_printable(const char *name);
/* Lists show descriptions, a line for each thing, on terminals. QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_description_check(const char *description);

#endif
