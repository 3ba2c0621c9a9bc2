/* SPDX-License-Identifier: Apache-2.0 */
/* What operators do: each a transaction, after which this process reads the table of rights anew. */
#include <stdlib.h>

#include "entropy/random.h"
#include "iam/core.h"
#include "iam/record/policy.h"
#include "iam/record/role.h"

enum { API_KEY_BYTES = 33 }; /* 44 characters of base64url without padding */

static qk_err commit(qk_iam *iam, qk_transaction **transaction)
{
    QK_TRY(qk_transaction_commit(transaction));
    return qk_rights_refresh(iam->rights, iam->monotonic_ms());
}

/* ---- roles ---- */

qk_err qk_iam_role_create(qk_iam *iam, const qk_iam_role *role)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_description_check(role->description));
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_role_add(transaction, &iam->secrets, role));
    return commit(iam, &transaction);
}

static qk_err check_unused(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_role *role)
{
    QK_OWNED(qk_record_free) qk_iam_policy *policies = NULL;
    char id[QK_UUID_TEXT];
    size_t count;

    QK_TRY(qk_policies_read(transaction, secrets, &policies, &count));
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < policies[i].role_count; j++)
            if (strcmp(policies[i].roles[j], role->id) == 0) {
                qk_uuid_write(&policies[i].id, id);
                return qk_fail(QK_E_OBJECT_CONFLICT, "%s has the role %s by policy %s: delete that first",
                               policies[i].identity, role->id, id);
            }
    return QK_OK;
}

qk_err qk_iam_role_delete(qk_iam *iam, const char *id)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_record_free) qk_iam_role *roles = NULL;
    const qk_iam_role *role;
    size_t count;
    int64_t number;
    bool found;

    if (qk_role_predefined(id))
        return qk_fail(QK_E_BAD_ARGUMENT, "the role %s is predefined and stays", id);
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_roles_read(transaction, &iam->secrets, &roles, &count));
    role = qk_role_among(roles, count, id);
    if (!role)
        return qk_fail(QK_E_OBJECT_MISSING, "there is no role '%.64s'; 'quantoki iam role list' shows all", id);
    QK_TRY(check_unused(transaction, &iam->secrets, role));
    QK_TRY(qk_record_delete(transaction, QK_RECORD_ROLE, role->id, &found));
    QK_TRY(qk_record_count_change(transaction, &number));
    return commit(iam, &transaction);
}

qk_err qk_iam_role_list(qk_iam *iam, qk_iam_role **out_roles, size_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    return qk_roles_read(transaction, &iam->secrets, out_roles, out_count);
}

/* ---- identities ---- */

qk_err qk_iam_identity_create(qk_iam *iam, const qk_iam_identity *identity)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_description_check(identity->description));
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_add(transaction, &iam->secrets, identity));
    return commit(iam, &transaction);
}

static qk_err drop_policies(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity)
{
    QK_OWNED(qk_record_free) qk_iam_policy *policies = NULL;
    size_t count;
    bool found;

    QK_TRY(qk_policies_read(transaction, secrets, &policies, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(policies[i].identity, identity) == 0)
            QK_TRY(qk_policy_drop(transaction, &policies[i].id, &found));
    return QK_OK;
}

qk_err qk_iam_identity_delete(qk_iam *iam, const char *name)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_iam_identity identity;
    size_t ended;
    bool found;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_get(transaction, &iam->secrets, name, &identity));
    QK_TRY(drop_policies(transaction, &iam->secrets, name));
    QK_TRY(qk_api_keys_end(transaction, &iam->secrets, name, NULL, true, &ended));
    QK_TRY(qk_record_delete(transaction, QK_RECORD_IDENTITY, name, &found));
    return commit(iam, &transaction);
}

qk_err qk_iam_identity_list(qk_iam *iam, qk_iam_identity **out_identities, size_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    return qk_identities_read(transaction, &iam->secrets, out_identities, out_count);
}

qk_err qk_iam_revoke(qk_iam *iam, const char *identity)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    size_t ended;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_renew(transaction, &iam->secrets, identity));
    QK_TRY(qk_api_keys_end(transaction, &iam->secrets, identity, NULL, false, &ended));
    return commit(iam, &transaction);
}

/* ---- API keys ---- */

static qk_err draw_api_key(qk_secret *out_key)
{
    QK_OWNED(qk_secret_free) qk_secret bytes = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    QK_TRY(qk_random_secret(API_KEY_BYTES, &bytes));
    qk_base64url_write(qk_secret_reveal(&bytes), &text);
    QK_TRY(qk_buf_check(&text));
    return qk_secret_copy(qk_buf_view(&text), out_key);
}

qk_err qk_iam_api_key_create(qk_iam *iam, const qk_iam_api_key *key, qk_secret *out_text)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    char hash[QK_HASH_TEXT];

    QK_TRY(qk_description_check(key->description));
    if (key->expires_unix_s && key->expires_unix_s <= iam->unix_s())
        return qk_fail(QK_E_BAD_ARGUMENT, "the API key would have expired already");
    QK_TRY(draw_api_key(&text));
    QK_TRY(qk_api_key_hash(&iam->secrets, qk_secret_reveal(&text), hash));
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_api_key_add(transaction, &iam->secrets, hash, key));
    QK_TRY(commit(iam, &transaction));
    qk_secret_give(&text, out_text);
    return QK_OK;
}

qk_err qk_iam_api_key_revoke(qk_iam *iam, const char *identity, const char *name)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_iam_identity owner;
    size_t ended;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_identity_get(transaction, &iam->secrets, identity, &owner));
    QK_TRY(qk_api_keys_end(transaction, &iam->secrets, identity, name, false, &ended));
    if (ended == 0)
        return qk_fail(QK_E_OBJECT_MISSING, "%s has no API key named '%.64s' that is in force", identity, name);
    return commit(iam, &transaction);
}

static int by_number(const void *a, const void *b)
{
    const qk_iam_api_key *first = a, *second = b;

    return (first->number > second->number) - (first->number < second->number);
}

qk_err qk_iam_api_key_list(qk_iam *iam, const char *identity, qk_iam_api_key **out_keys, size_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_iam_api_key *all = NULL;
    size_t count, kept = 0;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    QK_TRY(qk_api_keys_read(transaction, &iam->secrets, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (!identity || strcmp(all[i].identity, identity) == 0)
            all[kept++] = all[i];
    if (kept)
        qsort(all, kept, sizeof *all, by_number);
    *out_keys = all;
    *out_count = kept;
    return QK_OK;
}

/* ---- policies ---- */

qk_err qk_iam_policy_create(qk_iam *iam, const qk_iam_policy *policy, qk_uuid *out_id)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_uuid id;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_policy_add(transaction, &iam->secrets, policy, &id));
    QK_TRY(commit(iam, &transaction));
    *out_id = id;
    return QK_OK;
}

qk_err qk_iam_policy_delete(qk_iam *iam, const qk_uuid *id)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    char text[QK_UUID_TEXT];
    bool found;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(qk_policy_drop(transaction, id, &found));
    qk_uuid_write(id, text);
    if (!found)
        return qk_fail(QK_E_OBJECT_MISSING, "there is no policy %s; 'quantoki iam policy list' shows all", text);
    return commit(iam, &transaction);
}

static int by_identity(const void *a, const void *b)
{
    const qk_iam_policy *first = a, *second = b;
    int order = strcmp(first->identity, second->identity);

    return order ? order
                 : (first->created_unix_s > second->created_unix_s) - (first->created_unix_s < second->created_unix_s);
}

qk_err qk_iam_policy_list(qk_iam *iam, const char *identity, qk_iam_policy **out_policies, size_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    qk_iam_policy *all = NULL;
    size_t count, kept = 0;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    QK_TRY(qk_policies_read(transaction, &iam->secrets, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (!identity || strcmp(all[i].identity, identity) == 0)
            all[kept++] = all[i];
    if (kept)
        qsort(all, kept, sizeof *all, by_identity);
    *out_policies = all;
    *out_count = kept;
    return QK_OK;
}
