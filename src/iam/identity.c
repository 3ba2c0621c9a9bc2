/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/identity.h"

#include <stdio.h>

#include "base/clock.h"

/* iam_changes has one row, counted up with each change of an identity: what replicas look at once a second. */
const char *const qk_iam_migrations[] = {
    "CREATE TABLE iam_secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);"
    "CREATE TABLE iam_identities (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, instance_roles INTEGER NOT NULL,"
    " keystore_roles INTEGER NOT NULL, keystores BLOB NOT NULL, created INTEGER NOT NULL, mac BLOB NOT NULL);"
    "CREATE TABLE iam_api_keys (hash BLOB PRIMARY KEY, identity TEXT NOT NULL REFERENCES iam_identities (name),"
    " description TEXT NOT NULL, created INTEGER NOT NULL, revoked INTEGER NOT NULL, mac BLOB NOT NULL);"
    "CREATE INDEX iam_api_keys_of_identity ON iam_api_keys (identity);"
    "CREATE TABLE iam_changes (number INTEGER NOT NULL); INSERT INTO iam_changes VALUES (0)",
};
const size_t qk_iam_migration_count = sizeof qk_iam_migrations / sizeof qk_iam_migrations[0];

static const char add_identity[] = "INSERT INTO iam_identities (name, epoch, instance_roles, keystore_roles, keystores,"
                                   " created, mac) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
                                   " ON CONFLICT (name) DO NOTHING";
#define IDENTITY "SELECT name, epoch, instance_roles, keystore_roles, keystores, mac FROM iam_identities"
static const char get_identity[] = IDENTITY " WHERE name = ?1";
static const char all_identities[] = IDENTITY " ORDER BY name";
static const char set_epoch[] = "UPDATE iam_identities SET epoch = ?2, mac = ?3 WHERE name = ?1";
static const char count_change[] = "UPDATE iam_changes SET number = number + 1";
static const char get_changes[] = "SELECT number FROM iam_changes";
static const char add_key[] = "INSERT INTO iam_api_keys (hash, identity, description, created, revoked, mac)"
                              " VALUES (?1, ?2, ?3, ?4, 0, ?5)";
static const char get_key[] = "SELECT identity, revoked, mac FROM iam_api_keys WHERE hash = ?1";
static const char list_keys[] = "SELECT hash FROM iam_api_keys WHERE identity = ?1 AND revoked = 0 LIMIT 1";
static const char revoke_key[] = "UPDATE iam_api_keys SET revoked = 1, mac = ?2 WHERE hash = ?1";

/* ---- checks ---- */

static bool name_is_good(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@+:");

    return len > 0 && len < QK_IDENTITY_NAME && name[len] == 0 && strchr("-_.@+:", name[0]) == NULL;
}

qk_err qk_identity_check(const qk_identity *identity)
{
    unsigned all = QK_ROLE_CRYPTO_OPERATOR | QK_ROLE_KEY_OPERATOR | QK_ROLE_KEYSTORE_OPERATOR;

    if (!name_is_good(identity->name))
        return qk_fail(QK_E_BAD_ARGUMENT,
                       "an identity's name has 1 to 63 letters, digits and '-_.@+:', and starts with "
                       "a letter or digit");
    if ((identity->instance_roles | identity->keystore_roles) & ~all)
        return qk_fail(QK_E_BAD_ARGUMENT, "identity %s: unknown roles", identity->name);
    if ((identity->keystore_roles != 0) != (identity->keystore_count > 0))
        return qk_fail(QK_E_BAD_ARGUMENT, "identity %s: roles on keystores and a list of keystores belong together",
                       identity->name);
    return QK_OK;
}

/* ---- MACs ---- */

static qk_err identity_mac(const qk_iam_secrets *secrets, const qk_identity *it, uint8_t out[QK_IAM_MAC_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put_counted(&data, qk_view_text(it->name));
    qk_buf_put_u64(&data, (uint64_t)it->epoch);
    qk_buf_put_u32(&data, it->instance_roles);
    qk_buf_put_u32(&data, it->keystore_roles);
    qk_buf_put_counted(&data, qk_view_of(it->keystores, it->keystore_count * sizeof it->keystores[0]));
    QK_TRY(qk_buf_check(&data));
    return qk_iam_mac(secrets, "identity", qk_buf_view(&data), out);
}

static qk_err key_mac(const qk_iam_secrets *secrets, const uint8_t hash[QK_IAM_MAC_LEN], const char *identity,
                      bool revoked, uint8_t out[QK_IAM_MAC_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put(&data, qk_view_of(hash, QK_IAM_MAC_LEN));
    qk_buf_put_counted(&data, qk_view_text(identity));
    qk_buf_put_u8(&data, revoked);
    QK_TRY(qk_buf_check(&data));
    return qk_iam_mac(secrets, "api key of identity", qk_buf_view(&data), out);
}

static qk_err changed_by_others(const char *name)
{
    return qk_fail(QK_E_STORE_BROKEN,
                   "identity %s was changed in the database by other hands: restore it from a backup", name);
}

/* ---- identities ---- */

static qk_err run(qk_transaction *transaction, const char *sql, const char *name)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    if (name)
        qk_statement_bind_text(statement, 1, name);
    return qk_statement_run(statement);
}

qk_err qk_identity_insert(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_identity *identity)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    uint8_t mac[QK_IAM_MAC_LEN];

    QK_TRY(identity_mac(secrets, identity, mac));
    QK_TRY(qk_statement_prepare(transaction, add_identity, &statement));
    qk_statement_bind_text(statement, 1, identity->name);
    qk_statement_bind_int(statement, 2, identity->epoch);
    qk_statement_bind_int(statement, 3, identity->instance_roles);
    qk_statement_bind_int(statement, 4, identity->keystore_roles);
    qk_statement_bind_bytes(statement, 5,
                            qk_view_of(identity->keystores, identity->keystore_count * sizeof identity->keystores[0]));
    qk_statement_bind_int(statement, 6, qk_clock_unix_s());
    qk_statement_bind_bytes(statement, 7, qk_view_of(mac, sizeof mac));
    QK_TRY(qk_statement_run(statement));
    if (qk_statement_changes(statement) == 0)
        return qk_fail(QK_E_OBJECT_CONFLICT, "identity %s exists already", identity->name);
    return run(transaction, count_change, NULL);
}

/* From the current row. */
static qk_err load(qk_statement *statement, const qk_iam_secrets *secrets, qk_identity *out)
{
    const char *name = qk_statement_text(statement, 0);
    qk_view keystores = qk_statement_bytes(statement, 4);
    qk_identity it = { .epoch = qk_statement_int(statement, 1),
                       .instance_roles = (unsigned)qk_statement_int(statement, 2),
                       .keystore_roles = (unsigned)qk_statement_int(statement, 3) };
    uint8_t mac[QK_IAM_MAC_LEN];

    if (!name || strlen(name) >= sizeof it.name || keystores.len > sizeof it.keystores ||
        keystores.len % sizeof it.keystores[0] != 0)
        return changed_by_others(name ? name : "without a name");
    strcpy(it.name, name);
    it.keystore_count = keystores.len / sizeof it.keystores[0];
    if (keystores.len)
        memcpy(it.keystores, keystores.data, keystores.len);
    QK_TRY(identity_mac(secrets, &it, mac));
    if (!qk_ct_equal(qk_view_of(mac, sizeof mac), qk_statement_bytes(statement, 5)))
        return changed_by_others(it.name);
    *out = it;
    return QK_OK;
}

qk_err qk_identity_get(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name, qk_identity *out)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, get_identity, &statement));
    qk_statement_bind_text(statement, 1, name);
    QK_TRY(qk_statement_step(statement, &row));
    return row ? load(statement, secrets, out) : qk_fail(QK_E_OBJECT_MISSING, "there is no identity %s", name);
}

static qk_err write_epoch(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_identity *identity)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    uint8_t mac[QK_IAM_MAC_LEN];

    QK_TRY(identity_mac(secrets, identity, mac));
    QK_TRY(qk_statement_prepare(transaction, set_epoch, &statement));
    qk_statement_bind_text(statement, 1, identity->name);
    qk_statement_bind_int(statement, 2, identity->epoch);
    qk_statement_bind_bytes(statement, 3, qk_view_of(mac, sizeof mac));
    return qk_statement_run(statement);
}

/* A key of the identity that is not revoked yet. */
static qk_err next_valid_key(qk_transaction *transaction, const char *name, uint8_t hash[QK_IAM_MAC_LEN],
                             bool *out_found)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_view found;

    QK_TRY(qk_statement_prepare(transaction, list_keys, &statement));
    qk_statement_bind_text(statement, 1, name);
    QK_TRY(qk_statement_step(statement, out_found));
    found = *out_found ? qk_statement_bytes(statement, 0) : QK_VIEW_NONE;
    if (*out_found && found.len != QK_IAM_MAC_LEN)
        return changed_by_others(name);
    if (*out_found)
        memcpy(hash, found.data, QK_IAM_MAC_LEN);
    return QK_OK;
}

/* That a key is revoked stands under its MAC, so that nobody with the database alone makes it valid again. */
static qk_err revoke_keys(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name)
{
    uint8_t hash[QK_IAM_MAC_LEN], mac[QK_IAM_MAC_LEN];
    bool found;

    for (;;) {
        QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
        QK_TRY(next_valid_key(transaction, name, hash, &found));
        if (!found)
            return QK_OK;
        QK_TRY(key_mac(secrets, hash, name, true, mac));
        QK_TRY(qk_statement_prepare(transaction, revoke_key, &statement));
        qk_statement_bind_bytes(statement, 1, qk_view_of(hash, sizeof hash));
        qk_statement_bind_bytes(statement, 2, qk_view_of(mac, sizeof mac));
        QK_TRY(qk_statement_run(statement));
    }
}

qk_err qk_identity_revoke(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name)
{
    qk_identity identity;

    QK_TRY(qk_identity_get(transaction, secrets, name, &identity));
    identity.epoch++;
    QK_TRY(write_epoch(transaction, secrets, &identity));
    QK_TRY(revoke_keys(transaction, secrets, name));
    return run(transaction, count_change, NULL);
}

/* ---- epochs ---- */

qk_err qk_identity_changes(qk_transaction *transaction, int64_t *out_changes)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, get_changes, &statement));
    QK_TRY(qk_statement_step(statement, &row));
    if (!row)
        return qk_fail(QK_E_STORE_BROKEN, "the database has lost its count of changed identities: restore it from a "
                                          "backup");
    *out_changes = qk_statement_int(statement, 0);
    return QK_OK;
}

qk_err qk_identity_epochs(qk_transaction *transaction, const qk_iam_secrets *secrets,
                          qk_err (*each)(void *context, const char *name, int64_t epoch), void *context)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_identity identity;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, all_identities, &statement));
    for (;;) {
        QK_TRY(qk_statement_step(statement, &row));
        if (!row)
            return QK_OK;
        QK_TRY(load(statement, secrets, &identity));
        QK_TRY(each(context, identity.name, identity.epoch));
    }
}

/* ---- API keys ---- */

static qk_err hash_of(const qk_iam_secrets *secrets, qk_view api_key, uint8_t out[QK_IAM_MAC_LEN])
{
    return qk_iam_mac(secrets, "api key", api_key, out);
}

qk_err qk_api_key_insert(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view api_key,
                         const char *identity, const char *description)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    uint8_t hash[QK_IAM_MAC_LEN], mac[QK_IAM_MAC_LEN];

    QK_TRY(hash_of(secrets, api_key, hash));
    QK_TRY(key_mac(secrets, hash, identity, false, mac));
    QK_TRY(qk_statement_prepare(transaction, add_key, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(hash, sizeof hash));
    qk_statement_bind_text(statement, 2, identity);
    qk_statement_bind_text(statement, 3, description);
    qk_statement_bind_int(statement, 4, qk_clock_unix_s());
    qk_statement_bind_bytes(statement, 5, qk_view_of(mac, sizeof mac));
    return qk_statement_run(statement);
}

/* Unknown keys go the same way as known ones, MAC included. */
qk_err qk_api_key_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view api_key, bool *out_found,
                       char out_identity[QK_IDENTITY_NAME])
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    uint8_t hash[QK_IAM_MAC_LEN], mac[QK_IAM_MAC_LEN];
    const char *identity;
    bool row, genuine, revoked;

    QK_TRY(hash_of(secrets, api_key, hash));
    QK_TRY(qk_statement_prepare(transaction, get_key, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(hash, sizeof hash));
    QK_TRY(qk_statement_step(statement, &row));
    identity = row ? qk_statement_text(statement, 0) : NULL;
    revoked = row && qk_statement_int(statement, 1) != 0;
    QK_TRY(key_mac(secrets, hash, identity ? identity : "nobody", revoked, mac));
    genuine = row && qk_ct_equal(qk_view_of(mac, sizeof mac), qk_statement_bytes(statement, 2));
    if (row && !genuine)
        return changed_by_others(identity ? identity : "without a name");
    *out_found = genuine && !revoked;
    snprintf(out_identity, QK_IDENTITY_NAME, "%s", identity ? identity : "nobody");
    return QK_OK;
}
