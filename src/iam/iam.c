/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/iam.h"

#include <stdlib.h>

#include "base/clock.h"
#include "iam/core.h"
#include "iam/record/legacy.h"

enum {
    TOKEN_SECONDS = 3600,
    API_KEY_MOST = 256, /* longer texts are no API keys of ours */
    CLOCK_SKEW_S = 300, /* between replicas */
};

/* ---- life ---- */

qk_err qk_iam_open(qk_database *database, qk_ring *ring, qk_iam **out_iam)
{
    QK_OWNED(qk_iam_close) qk_iam *iam = calloc(1, sizeof *iam);

    if (!iam)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the IAM");
    iam->database = database;
    iam->unix_s = qk_clock_unix_s;
    iam->monotonic_ms = qk_clock_monotonic_ms;
    atomic_init(&iam->token_seconds, TOKEN_SECONDS);
    QK_TRY(qk_database_migrate(database, "iam", qk_iam_migrations, qk_iam_migration_count));
    QK_TRY(qk_iam_secrets_load(database, ring, &iam->secrets));
    QK_TRY(qk_iam_legacy_move(database, &iam->secrets));
    QK_TRY(qk_rights_new(database, &iam->secrets, &iam->rights));
    QK_TRY(qk_remembered_new(&iam->remembered));
    *out_iam = iam;
    iam = NULL;
    return QK_OK;
}

void qk_iam_close(qk_iam **iam)
{
    qk_iam *it = *iam;

    *iam = NULL;
    if (!it)
        return;
    qk_remembered_free(&it->remembered);
    qk_rights_free(&it->rights);
    qk_iam_secrets_done(&it->secrets);
    free(it);
}

void qk_iam_set_token_seconds(qk_iam *iam, int64_t seconds)
{
    atomic_store(&iam->token_seconds, seconds);
}

/* ---- login ---- */

static qk_err wrong_key(void)
{
    return qk_fail(QK_E_PIN_INCORRECT, "the API key is unknown, revoked or expired");
}

static qk_err find_key(qk_iam *iam, qk_view text, qk_iam_api_key *out_key, qk_iam_identity *out_owner)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    bool found;
    qk_err err;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    QK_TRY(qk_api_key_find(transaction, &iam->secrets, text, out_key, &found));
    if (!found || (out_key->expires_unix_s && out_key->expires_unix_s <= iam->unix_s()))
        return wrong_key();
    err = qk_identity_get(transaction, &iam->secrets, out_key->identity, out_owner);
    return err == QK_E_OBJECT_MISSING ? wrong_key() : err;
}

/* A token does not outlive its API key. */
static int64_t end_of_token(qk_iam *iam, const qk_iam_api_key *key, int64_t now)
{
    int64_t ends = now + atomic_load(&iam->token_seconds);

    return key->expires_unix_s && key->expires_unix_s < ends ? key->expires_unix_s : ends;
}

qk_err qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out)
{
    int64_t now = iam->unix_s();
    qk_token_claims claims = { .issued_unix_s = now };
    qk_iam_identity owner;
    qk_iam_api_key key;
    qk_view token;

    if (api_key.len == 0 || api_key.len > API_KEY_MOST)
        return wrong_key();
    QK_TRY(find_key(iam, api_key, &key, &owner));
    strcpy(claims.identity, owner.name);
    claims.epoch = owner.epoch;
    claims.key = key.number;
    claims.expires_unix_s = end_of_token(iam, &key, now);
    QK_TRY(qk_token_write(&iam->secrets, &claims, arena, &token));
    *out = (qk_token_answer){ token, claims.expires_unix_s - now, claims.expires_unix_s };
    return QK_OK;
}

/* ---- verification ---- */

static qk_err refuse(const char *why)
{
    return qk_fail(QK_E_NOT_AUTHENTICATED, "the token %s", why);
}

static qk_err read_token(qk_iam *iam, qk_view token, int64_t now, qk_remembered_entry *out)
{
    qk_token_claims claims;

    QK_TRY(qk_token_read(&iam->secrets, token, &claims));
    if (claims.issued_unix_s > now + CLOCK_SKEW_S)
        return refuse("is from the future: check the clocks");
    *out = (qk_remembered_entry){ .expires_unix_s = claims.expires_unix_s, .epoch = claims.epoch, .key = claims.key };
    strcpy(out->caller.identity, claims.identity);
    return QK_OK;
}

bool qk_iam_issued(qk_iam *iam, qk_view token)
{
    qk_token_claims claims;

    return qk_token_read(&iam->secrets, token, &claims) == QK_OK;
}

/* An API key that was made a moment ago, by the command line or another replica, counts at once. */
static bool find_rights(qk_iam *iam, qk_remembered_entry *entry)
{
    int64_t number = entry->key > entry->epoch ? entry->key : entry->epoch;
    char identity[QK_IAM_NAME];

    strcpy(identity, entry->caller.identity);
    if (qk_rights_are_older(iam->rights, number) && qk_rights_refresh(iam->rights, iam->monotonic_ms()) != QK_OK)
        return false;
    return qk_rights_of(iam->rights, identity, entry->epoch, entry->key, &entry->caller, &entry->generation);
}

qk_err qk_iam_verify(qk_iam *iam, qk_view token, qk_caller *out_caller)
{
    int64_t now = iam->unix_s();
    qk_remembered_entry entry;
    bool known;

    QK_TRY(qk_rights_keep_fresh(iam->rights, iam->monotonic_ms()));
    known = qk_remembered_find(iam->remembered, token, &entry);
    if (!known)
        QK_TRY(read_token(iam, token, now, &entry));
    if (entry.expires_unix_s <= now) {
        qk_remembered_drop(iam->remembered, token);
        return refuse("has expired");
    }
    if (entry.generation != qk_rights_generation(iam->rights)) {
        if (!find_rights(iam, &entry)) {
            qk_remembered_drop(iam->remembered, token);
            return refuse("has been revoked");
        }
        qk_remembered_put(iam->remembered, token, &entry);
    }
    *out_caller = entry.caller;
    return QK_OK;
}
