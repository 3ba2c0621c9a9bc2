/* SPDX-License-Identifier: Apache-2.0 */
/* Identity and access: service IDs, API keys, roles, policies, tokens.
 *
 * Everything is a record of the database under a MAC (record.h). An API key is exchanged for a bearer token: a JWT
 * (ES256) signed by a key that lies in the database, sealed under the master key, so that every replica verifies every
 * token without a look-up. A token names its identity, not its rights: who may what stands in a table in memory
 * (rights.h) that is read anew within a second after a change. So a policy that is added counts for tokens that are out
 * already, and so does one that is deleted, and the end of a service ID or an API key.
 * Verified tokens are remembered until they expire, so a call costs a comparison.
 * Functions may be called from any thread. Lists are freed by the caller. */
#ifndef QK_IAM_IAM_H
#define QK_IAM_IAM_H

#include "database/database.h"
#include "hsm/hsm.h"

typedef struct qk_iam qk_iam;

/* Descriptions are one line, without control characters. */
enum { QK_IAM_NAME = 64, QK_IAM_DESCRIPTION = 256, QK_API_KEY_LEN = 44, QK_POLICY_ROLES = 8 };

/* Database and ring are borrowed. Migrates its tables; makes the signing key if there is none. Needs the instance's
 * master key in the ring only while it opens. */
QK_MUST_CHECK qk_err qk_iam_open(qk_database *database, qk_ring *ring, qk_iam **out_iam);
void qk_iam_close(qk_iam **iam);

/* ---- roles: named sets of actions ---- */

typedef struct qk_iam_role {
    char id[QK_IAM_NAME];   /* a capital letter, then letters and digits */
    char name[QK_IAM_NAME]; /* for people; also unique */
    char description[QK_IAM_DESCRIPTION];
    uint64_t actions; /* QK_ACTION_BIT */
    bool predefined;
    int64_t created_unix_s;
} qk_iam_role;

/* QK_E_BAD_ARGUMENT for a bad id or name, or no actions; QK_E_OBJECT_CONFLICT if id or name is taken. */
QK_MUST_CHECK qk_err qk_iam_role_create(qk_iam *iam, const qk_iam_role *role);
/* By id or name. QK_E_OBJECT_MISSING; QK_E_OBJECT_CONFLICT if a policy uses it; QK_E_BAD_ARGUMENT if predefined. */
QK_MUST_CHECK qk_err qk_iam_role_delete(qk_iam *iam, const char *id);
/* The predefined ones first. */
QK_MUST_CHECK qk_err qk_iam_role_list(qk_iam *iam, qk_iam_role **out_roles, size_t *out_count);
/* "hs-crypto.crypto.sign, keystore.*": with or without "hs-crypto.", a * at the end stands for the rest.
 * QK_E_BAD_ARGUMENT names what fits no action. */
QK_MUST_CHECK qk_err qk_iam_actions_parse(const char *text, uint64_t *out_actions);

/* ---- identities: service IDs and users ---- */

typedef enum qk_identity_kind { QK_SERVICE_ID, QK_USER } qk_identity_kind;

typedef struct qk_iam_identity {
    char name[QK_IAM_NAME]; /* 1 to 63 letters, digits and "-_.@+:", the first a letter or digit */
    char description[QK_IAM_DESCRIPTION];
    qk_identity_kind kind;
    int64_t created_unix_s;
    int64_t epoch; /* tokens carry it; never the same again */
} qk_iam_identity;

/* Name, description and kind count. QK_E_BAD_ARGUMENT, QK_E_OBJECT_CONFLICT. */
QK_MUST_CHECK qk_err qk_iam_identity_create(qk_iam *iam, const qk_iam_identity *identity);
/* With its API keys and policies; its tokens end. QK_E_OBJECT_MISSING. */
QK_MUST_CHECK qk_err qk_iam_identity_delete(qk_iam *iam, const char *name);
QK_MUST_CHECK qk_err qk_iam_identity_list(qk_iam *iam, qk_iam_identity **out_identities, size_t *out_count);
/* Ends all its keys and tokens: here at once, in other replicas within a second. Policies stay, and new API keys may be
 * made for it. QK_E_OBJECT_MISSING. */
QK_MUST_CHECK qk_err qk_iam_revoke(qk_iam *iam, const char *identity);

/* ---- API keys ---- */

typedef struct qk_iam_api_key {
    char identity[QK_IAM_NAME];
    char name[QK_IAM_NAME]; /* unique among the identity's keys that are not revoked; printable */
    char description[QK_IAM_DESCRIPTION];
    int64_t created_unix_s, expires_unix_s; /* expires 0: never */
    int64_t number;                         /* tokens carry it; never the same again */
    bool revoked;
} qk_iam_api_key;

/* Identity, name, description and expiry count. `out_text`: 44 characters, shown once; only a keyed hash is stored.
 * QK_E_OBJECT_MISSING if there is no such identity, QK_E_OBJECT_CONFLICT if the name is in use, QK_E_BAD_ARGUMENT. */
QK_MUST_CHECK qk_err qk_iam_api_key_create(qk_iam *iam, const qk_iam_api_key *key, qk_secret *out_text);
/* And the tokens that were given for it. QK_E_OBJECT_MISSING. */
QK_MUST_CHECK qk_err qk_iam_api_key_revoke(qk_iam *iam, const char *identity, const char *name);
/* In the order in which they were made; identity NULL: of all. */
QK_MUST_CHECK qk_err qk_iam_api_key_list(qk_iam *iam, const char *identity, qk_iam_api_key **out_keys,
                                         size_t *out_count);

/* ---- policies: an identity has roles on a resource ---- */

typedef enum qk_resource_type {
    QK_RESOURCE_INSTANCE,
    QK_RESOURCE_KEYSTORES, /* all of them: the roles' actions on keystores and their keys, no others */
    QK_RESOURCE_KEYSTORE,  /* the same in one keystore */
} qk_resource_type;

typedef struct qk_iam_policy {
    qk_uuid id;
    char identity[QK_IAM_NAME];
    char roles[QK_POLICY_ROLES][QK_IAM_NAME]; /* ids; names are taken too */
    size_t role_count;
    qk_resource_type resource;
    qk_uuid keystore;
    int64_t created_unix_s;
} qk_iam_policy;

/* The id is drawn. QK_E_OBJECT_MISSING if there is no such identity or role; QK_E_BAD_ARGUMENT without roles, for a
 * role that has no action on such a resource, or for more than QK_CALLER_KEYSTORES keystores of one identity. The
 * keystore need not exist yet. */
QK_MUST_CHECK qk_err qk_iam_policy_create(qk_iam *iam, const qk_iam_policy *policy, qk_uuid *out_id);
QK_MUST_CHECK qk_err qk_iam_policy_delete(qk_iam *iam, const qk_uuid *id); /* QK_E_OBJECT_MISSING */
/* identity NULL: of all. */
QK_MUST_CHECK qk_err qk_iam_policy_list(qk_iam *iam, const char *identity, qk_iam_policy **out_policies,
                                        size_t *out_count);

/* ---- tokens ---- */

typedef struct qk_token_answer {
    qk_view access_token; /* in the arena */
    int64_t expires_in_s; /* 3600, or the iam.token_seconds setting; less if the API key ends before */
    int64_t expiration_unix_s;
} qk_token_answer;

void qk_iam_set_token_seconds(qk_iam *iam, int64_t seconds);
/* QK_E_PIN_INCORRECT for a key that is unknown, revoked or expired: nobody is told which. */
QK_MUST_CHECK qk_err qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out);
/* Verifies a bearer token. QK_E_NOT_AUTHENTICATED with words (expired, revoked, bad signature, malformed). The errors
 * of the database if the table of rights could not be read for ten seconds. */
QK_MUST_CHECK qk_err qk_iam_verify(qk_iam *iam, qk_view token, qk_caller *out_caller);
/* Was it made by this instance, even if it has expired or was revoked? */
bool qk_iam_issued(qk_iam *iam, qk_view token);

#endif
