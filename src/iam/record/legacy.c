/* SPDX-License-Identifier: Apache-2.0 */
/* The old tables: an identity had roles as bits, on the instance and on a list of keystores; an API key a description.
 * Each row had a MAC of its own form, which is checked before anything is believed. */
#include "iam/record/legacy.h"

#include <stdio.h>

#include "iam/record/identity.h"
#include "iam/record/policy.h"

enum { OLD_KEYSTORES = 8 };

typedef struct old_identity {
    char name[QK_IAM_NAME];
    int64_t epoch;
    unsigned instance_roles, keystore_roles;
    qk_uuid keystores[OLD_KEYSTORES];
    size_t keystore_count;
} old_identity;

/* What the bits meant. */
static const struct {
    unsigned bit;
    const char *role;
} role_bits[] = { { 1, "CryptoOperator" }, { 2, "KeyOperator" }, { 4, "KeystoreOperator" } };

static const char first_identity[] = "SELECT name, epoch, instance_roles, keystore_roles, keystores, mac FROM "
                                     "iam_identities ORDER BY created, name LIMIT 1";
static const char first_key[] = "SELECT hash, description, created, revoked, mac FROM iam_api_keys WHERE identity = ?1"
                                " ORDER BY created, hash LIMIT 1";
static const char drop_identity[] = "DELETE FROM iam_identities WHERE name = ?1";
static const char drop_key[] = "DELETE FROM iam_api_keys WHERE hash = ?1";

/* ---- MACs of then ---- */

static qk_err check_mac(const qk_iam_secrets *secrets, const char *label, const qk_buf *data, qk_view mac,
                        const char *name)
{
    uint8_t expected[QK_IAM_MAC_LEN];

    QK_TRY(qk_buf_check(data));
    QK_TRY(qk_iam_mac(secrets, label, qk_buf_view(data), expected));
    return qk_ct_equal(qk_view_of(expected, sizeof expected), mac) ? QK_OK : qk_record_broken(name);
}

static qk_err check_identity(const qk_iam_secrets *secrets, const old_identity *it, qk_view mac)
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put_counted(&data, qk_view_text(it->name));
    qk_buf_put_u64(&data, (uint64_t)it->epoch);
    qk_buf_put_u32(&data, it->instance_roles);
    qk_buf_put_u32(&data, it->keystore_roles);
    qk_buf_put_counted(&data, qk_view_of(it->keystores, it->keystore_count * sizeof it->keystores[0]));
    return check_mac(secrets, "identity", &data, mac, it->name);
}

static qk_err check_key(const qk_iam_secrets *secrets, qk_view hash, const char *identity, bool revoked, qk_view mac)
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put(&data, hash);
    qk_buf_put_counted(&data, qk_view_text(identity));
    qk_buf_put_u8(&data, revoked);
    return check_mac(secrets, "api key of identity", &data, mac, identity);
}

/* ---- identities ---- */

/* *out_found false: there are no more. */
static qk_err next_identity(qk_transaction *transaction, const qk_iam_secrets *secrets, old_identity *out,
                            bool *out_found)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    const char *name;
    qk_view keystores;

    QK_TRY(qk_statement_prepare(transaction, first_identity, &statement));
    QK_TRY(qk_statement_step(statement, out_found));
    if (!*out_found)
        return QK_OK;
    name = qk_statement_text(statement, 0);
    keystores = qk_statement_bytes(statement, 4);
    *out = (old_identity){ .epoch = qk_statement_int(statement, 1),
                           .instance_roles = (unsigned)qk_statement_int(statement, 2),
                           .keystore_roles = (unsigned)qk_statement_int(statement, 3),
                           .keystore_count = keystores.len / sizeof out->keystores[0] };
    if (!name || strlen(name) >= sizeof out->name || keystores.len > sizeof out->keystores ||
        keystores.len % sizeof out->keystores[0] != 0)
        return qk_record_broken(name ? name : "without a name");
    strcpy(out->name, name);
    if (keystores.len)
        memcpy(out->keystores, keystores.data, keystores.len);
    return check_identity(secrets, out, qk_statement_bytes(statement, 5));
}

static qk_err add_policy(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity,
                         unsigned roles, const qk_uuid *keystore)
{
    qk_iam_policy policy = { .resource = keystore ? QK_RESOURCE_KEYSTORE : QK_RESOURCE_INSTANCE };
    qk_uuid id;

    snprintf(policy.identity, sizeof policy.identity, "%s", identity);
    if (keystore)
        policy.keystore = *keystore;
    for (size_t i = 0; i < sizeof role_bits / sizeof role_bits[0]; i++)
        if ((roles & role_bits[i].bit) && !(keystore && role_bits[i].bit == 1)) /* no crypto in a keystore */
            snprintf(policy.roles[policy.role_count++], sizeof policy.roles[0], "%s", role_bits[i].role);
    return policy.role_count ? qk_policy_add(transaction, secrets, &policy, &id) : QK_OK;
}

/* ---- API keys ---- */

static qk_err move_key(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity,
                       qk_statement *row)
{
    qk_view hash = qk_statement_bytes(row, 0);
    const char *description = qk_statement_text(row, 1);
    qk_iam_api_key key = { .created_unix_s = qk_statement_int(row, 2) };
    char text[QK_HASH_TEXT];

    if (hash.len != QK_IAM_MAC_LEN)
        return qk_record_broken(identity);
    QK_TRY(check_key(secrets, hash, identity, qk_statement_int(row, 3) != 0, qk_statement_bytes(row, 4)));
    if (qk_statement_int(row, 3) != 0)
        return QK_OK; /* a revoked one is forgotten: unknown is as good */
    qk_hex_write(hash, text);
    snprintf(key.identity, sizeof key.identity, "%s", identity);
    snprintf(key.name, sizeof key.name, "key-%.8s", text);
    snprintf(key.description, sizeof key.description, "%s", description ? description : "");
    return qk_api_key_add(transaction, secrets, text, &key);
}

static qk_err move_keys(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity)
{
    for (;;) {
        QK_OWNED(qk_statement_end) qk_statement *row = NULL;
        QK_OWNED(qk_statement_end) qk_statement *drop = NULL;
        QK_OWNED(qk_buf_done) qk_buf hash = QK_BUF_NONE;
        bool found;
        QK_TRY(qk_statement_prepare(transaction, first_key, &row));
        qk_statement_bind_text(row, 1, identity);
        QK_TRY(qk_statement_step(row, &found));
        if (!found)
            return QK_OK;
        QK_TRY(move_key(transaction, secrets, identity, row));
        qk_buf_put(&hash, qk_statement_bytes(row, 0));
        QK_TRY(qk_buf_check(&hash));
        qk_statement_end(&row);
        QK_TRY(qk_statement_prepare(transaction, drop_key, &drop));
        qk_statement_bind_bytes(drop, 1, qk_buf_view(&hash));
        QK_TRY(qk_statement_run(drop));
    }
}

/* ---- all of it ---- */

static qk_err move_identity(qk_transaction *transaction, const qk_iam_secrets *secrets, const old_identity *old)
{
    QK_OWNED(qk_statement_end) qk_statement *drop = NULL;
    qk_iam_identity fresh = { .kind = QK_SERVICE_ID };

    snprintf(fresh.name, sizeof fresh.name, "%s", old->name);
    QK_TRY(qk_identity_add(transaction, secrets, &fresh));
    QK_TRY(add_policy(transaction, secrets, old->name, old->instance_roles, NULL));
    for (size_t i = 0; i < old->keystore_count; i++)
        QK_TRY(add_policy(transaction, secrets, old->name, old->keystore_roles, &old->keystores[i]));
    QK_TRY(move_keys(transaction, secrets, old->name));
    QK_TRY(qk_statement_prepare(transaction, drop_identity, &drop));
    qk_statement_bind_text(drop, 1, old->name);
    return qk_statement_run(drop);
}

static qk_err has_old(qk_database *database, const qk_iam_secrets *secrets, bool *out_has)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    old_identity old;

    QK_TRY(qk_transaction_begin(database, false, &transaction));
    return next_identity(transaction, secrets, &old, out_has);
}

qk_err qk_iam_legacy_move(qk_database *database, const qk_iam_secrets *secrets)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    old_identity old;
    bool found;

    QK_TRY(has_old(database, secrets, &found));
    if (!found)
        return QK_OK;
    QK_TRY(qk_transaction_begin(database, true, &transaction));
    for (;;) {
        QK_TRY(next_identity(transaction, secrets, &old, &found));
        if (!found)
            return qk_transaction_commit(&transaction);
        QK_TRY(move_identity(transaction, secrets, &old));
    }
}
