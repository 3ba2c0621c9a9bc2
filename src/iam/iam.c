/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/iam.h"

#include <stdlib.h>

#include "base/clock.h"
#include "entropy/random.h"
#include "iam/core.h"

enum {
    TOKEN_SECONDS = 3600,
    API_KEY_BYTES = 33, /* 44 characters of base64url without padding */
    API_KEY_MOST = 256, /* longer texts are no API keys of ours */
    DESCRIPTION_MOST = 255,
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
    QK_TRY(qk_epochs_new(database, &iam->secrets, &iam->epochs));
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
    qk_epochs_free(&it->epochs);
    qk_iam_secrets_done(&it->secrets);
    free(it);
}

void qk_iam_set_token_seconds(qk_iam *iam, int64_t seconds)
{
    atomic_store(&iam->token_seconds, seconds);
}

/* ---- administration ---- */

qk_err qk_iam_create_identity(qk_iam *iam, const char *name, unsigned instance_roles, unsigned keystore_roles,
                              const qk_uuid *keystores, size_t keystore_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_identity identity = { .instance_roles = instance_roles, .keystore_roles = keystore_roles };

    if (keystore_count > QK_IDENTITY_KEYSTORES)
        return qk_fail(QK_E_BAD_ARGUMENT, "identity with %zu keystores; %d are the most", keystore_count,
                       QK_IDENTITY_KEYSTORES);
    identity.keystore_count = keystore_count;
    if (keystore_count)
        memcpy(identity.keystores, keystores, keystore_count * sizeof *keystores);
    strncpy(identity.name, strlen(name) < sizeof identity.name ? name : "", sizeof identity.name - 1);
    QK_TRY(qk_identity_check(&identity));
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_insert(transaction, &iam->secrets, &identity));
    QK_TRY(qk_transaction_commit(&transaction));
    return qk_epochs_refresh(iam->epochs, iam->monotonic_ms());
}

static qk_err draw_api_key(qk_secret *out_key)
{
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    QK_TRY(qk_random_secret(API_KEY_BYTES, &bytes));
    qk_base64url_write(qk_secret_reveal(&bytes), &text);
    QK_TRY(qk_buf_check(&text));
    return qk_secret_copy(qk_buf_view(&text), out_key);
}

qk_err qk_iam_create_api_key(qk_iam *iam, const char *identity, const char *description, qk_secret *out_key)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_identity owner;

    if (strlen(description) > DESCRIPTION_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "a description has at most %d bytes", DESCRIPTION_MOST);
    QK_TRY(draw_api_key(&key));
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_get(transaction, &iam->secrets, identity, &owner));
    QK_TRY(qk_api_key_insert(transaction, &iam->secrets, qk_secret_reveal(&key), owner.name, description));
    QK_TRY(qk_transaction_commit(&transaction));
    qk_secret_give(&key, out_key);
    return QK_OK;
}

qk_err qk_iam_revoke(qk_iam *iam, const char *identity)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_revoke(transaction, &iam->secrets, identity));
    QK_TRY(qk_transaction_commit(&transaction));
    return qk_epochs_refresh(iam->epochs, iam->monotonic_ms());
}

/* ---- login ---- */

static qk_err wrong_key(void)
{
    return qk_fail(QK_E_PIN_INCORRECT, "the API key is unknown or revoked");
}

static qk_err find_owner(qk_iam *iam, qk_view api_key, qk_identity *out)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    char name[QK_IDENTITY_NAME];
    bool found;
    qk_err err;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    QK_TRY(qk_api_key_find(transaction, &iam->secrets, api_key, &found, name));
    err = qk_identity_get(transaction, &iam->secrets, name, out);
    if (!found || err == QK_E_OBJECT_MISSING)
        return wrong_key();
    return err;
}

qk_err qk_iam_login(qk_iam *iam, qk_view api_key, qk_arena *arena, qk_token_answer *out)
{
    int64_t seconds = atomic_load(&iam->token_seconds);
    qk_token_claims claims;
    qk_view token;

    if (api_key.len == 0 || api_key.len > API_KEY_MOST)
        return wrong_key();
    QK_TRY(find_owner(iam, api_key, &claims.identity));
    claims.issued_unix_s = iam->unix_s();
    claims.expires_unix_s = claims.issued_unix_s + seconds;
    QK_TRY(qk_token_write(&iam->secrets, &claims, arena, &token));
    *out = (qk_token_answer){ token, seconds, claims.expires_unix_s };
    return QK_OK;
}

/* ---- verification ---- */

static qk_err refuse(const char *why)
{
    return qk_fail(QK_E_NOT_AUTHENTICATED, "the token %s", why);
}

static void caller_of(const qk_identity *identity, qk_caller *out)
{
    memset(out, 0, sizeof *out);
    strcpy(out->identity, identity->name);
    out->actions = qk_role_actions(identity->instance_roles);
    out->keystore_actions = qk_role_actions(identity->keystore_roles);
    memcpy(out->keystores, identity->keystores, sizeof identity->keystores);
    out->keystore_count = identity->keystore_count;
}

static qk_err read_token(qk_iam *iam, qk_view token, int64_t now, qk_remembered_entry *out)
{
    qk_token_claims claims;

    QK_TRY(qk_token_read(&iam->secrets, token, &claims));
    if (claims.issued_unix_s > now + CLOCK_SKEW_S)
        return refuse("is from the future: check the clocks");
    caller_of(&claims.identity, &out->caller);
    out->expires_unix_s = claims.expires_unix_s;
    out->epoch = claims.identity.epoch;
    out->generation = 0;
    return QK_OK;
}

qk_err qk_iam_verify(qk_iam *iam, qk_view token, qk_caller *out_caller)
{
    int64_t now = iam->unix_s();
    qk_remembered_entry entry;
    bool known;

    QK_TRY(qk_epochs_keep_fresh(iam->epochs, iam->monotonic_ms()));
    known = qk_remembered_find(iam->remembered, token, &entry);
    if (!known)
        QK_TRY(read_token(iam, token, now, &entry));
    if (entry.expires_unix_s <= now) {
        qk_remembered_drop(iam->remembered, token);
        return refuse("has expired");
    }
    if (entry.generation != qk_epochs_generation(iam->epochs)) {
        if (!qk_epochs_match(iam->epochs, entry.caller.identity, entry.epoch, &entry.generation)) {
            qk_remembered_drop(iam->remembered, token);
            return refuse("has been revoked");
        }
        qk_remembered_put(iam->remembered, token, &entry);
    }
    *out_caller = entry.caller;
    return QK_OK;
}
