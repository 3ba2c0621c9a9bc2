/* SPDX-License-Identifier: Apache-2.0 */
/* Identity and access: service IDs, API keys, roles, tokens.
 *
 * Identities and the hashes of their API keys are rows of the database. An API key is exchanged for a bearer token: a
 * JWT (ES256) signed by a key that lies in the database, sealed under the master key, so that every replica verifies
 * every token without a look-up. Revocation: each identity has an epoch that tokens carry; the table of epochs is
 * re-read once a second. Verified tokens are remembered until they expire, so a call costs a comparison.
 * Functions may be called from any thread. */
#ifndef QK_IAM_IAM_H
#define QK_IAM_IAM_H

#include "database/database.h"
#include "hsm/hsm.h"

typedef struct qk_iam qk_iam;

/* Database and ring are borrowed. Migrates its tables; makes the signing key if there is none. Needs the instance's
 * master key in the ring only while it opens. */
QK_MUST_CHECK qk_err qk_iam_open(qk_database *database, qk_ring *ring, qk_iam **out_iam);
void qk_iam_close(qk_iam **iam);

/* Roles of spec section 2.1. */
typedef enum qk_role {
    QK_ROLE_CRYPTO_OPERATOR = 1 << 0,
    QK_ROLE_KEY_OPERATOR = 1 << 1,
    QK_ROLE_KEYSTORE_OPERATOR = 1 << 2,
} qk_role;
uint64_t qk_role_actions(unsigned roles); /* union of QK_ACTION_BIT */
const char *qk_role_name(qk_role role);   /* "Crypto operator" */

/* A new service ID: 1 to 63 letters, digits and "-_.@+:", the first a letter or digit. Roles in `instance_roles` hold
 * on the instance, those in `keystore_roles` for the keystores listed only (at most 8). QK_E_BAD_ARGUMENT for a bad
 * name or roles without keystores, QK_E_OBJECT_CONFLICT if it exists. */
QK_MUST_CHECK qk_err qk_iam_create_identity(qk_iam *iam, const char *name, unsigned instance_roles,
                                            unsigned keystore_roles, const qk_uuid *keystores, size_t keystore_count);
/* A new API key for it: 44 characters, shown once. Only its hash is stored. `out_key` receives the text.
 * QK_E_OBJECT_MISSING if there is no such identity; QK_E_BAD_ARGUMENT for a description over 255 bytes. */
QK_MUST_CHECK qk_err qk_iam_create_api_key(qk_iam *iam, const char *identity, const char *description,
                                           qk_secret *out_key);
/* All its keys and tokens: here at once, in other replicas within a second. New API keys may be made for it later.
 * QK_E_OBJECT_MISSING. */
QK_MUST_CHECK qk_err qk_iam_revoke(qk_iam *iam, const char *identity);

typedef struct qk_token_answer {
    qk_view access_token; /* in the arena */
    int64_t expires_in_s; /* 3600, or the iam.token_seconds setting */
    int64_t expiration_unix_s;
} qk_token_answer;

void qk_iam_set_token_seconds(qk_iam *iam, int64_t seconds);
/* QK_E_PIN_INCORRECT for an unknown or revoked key; takes the same time either way. */
QK_MUST_CHECK qk_err qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out);
/* Verifies a bearer token. QK_E_NOT_AUTHENTICATED with words (expired, revoked, bad signature, malformed). The errors
 * of the database if epochs could not be read for ten seconds. */
QK_MUST_CHECK qk_err qk_iam_verify(qk_iam *iam, qk_view token, qk_caller *out_caller);

#endif
