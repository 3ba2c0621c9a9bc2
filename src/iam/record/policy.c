/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/policy.h"

#include <stdlib.h>

#include "base/clock.h"
#include "entropy/random.h"
#include "iam/record/identity.h"
#include "iam/record/role.h"

enum { VERSION = 1 };

/* ---- as content ---- */

static void write_policy(const qk_iam_policy *policy, qk_buf *out)
{
    qk_buf_put_u8(out, VERSION);
    qk_buf_put_counted(out, qk_view_text(policy->identity));
    qk_buf_put_u8(out, (uint8_t)policy->resource);
    qk_buf_put(out, qk_view_of(policy->keystore.bytes, sizeof policy->keystore.bytes));
    qk_buf_put_u64(out, (uint64_t)policy->created_unix_s);
    qk_buf_put_u8(out, (uint8_t)policy->role_count);
    for (size_t i = 0; i < policy->role_count; i++)
        qk_buf_put_counted(out, qk_view_text(policy->roles[i]));
}

static qk_err read_policy(const char *name, qk_view content, void *out_item)
{
    qk_iam_policy *out = out_item;
    qk_reader reader = qk_reader_of(content);
    qk_view keystore;

    if (qk_uuid_read(name, &out->id) != QK_OK || qk_read_u8(&reader) != VERSION ||
        !qk_record_read_text(&reader, out->identity, sizeof out->identity))
        return qk_record_broken(name);
    out->resource = (qk_resource_type)qk_read_u8(&reader);
    keystore = qk_read(&reader, sizeof out->keystore.bytes);
    if (keystore.len != sizeof out->keystore.bytes || out->resource > QK_RESOURCE_KEYSTORE)
        return qk_record_broken(name);
    memcpy(out->keystore.bytes, keystore.data, keystore.len);
    out->created_unix_s = (int64_t)qk_read_u64(&reader);
    out->role_count = qk_read_u8(&reader);
    if (out->role_count > QK_POLICY_ROLES)
        return qk_record_broken(name);
    for (size_t i = 0; i < out->role_count; i++)
        if (!qk_record_read_text(&reader, out->roles[i], sizeof out->roles[i]))
            return qk_record_broken(name);
    return qk_reader_ended(&reader) ? QK_OK : qk_record_broken(name);
}

/* ---- what it grants ---- */

static bool apply_in(qk_caller *caller, const qk_uuid *keystore, uint64_t actions)
{
    size_t at = 0;

    while (at < caller->keystore_count && !qk_uuid_equal(&caller->keystores[at].keystore, keystore))
        at++;
    if (at == QK_CALLER_KEYSTORES)
        return false;
    if (at == caller->keystore_count)
        caller->keystores[caller->keystore_count++] = (qk_keystore_grant){ *keystore, 0 };
    caller->keystores[at].actions |= actions;
    caller->keystore_actions |= actions;
    return true;
}

bool qk_policy_apply(const qk_iam_policy *policy, const qk_iam_role *roles, size_t role_count, qk_caller *caller)
{
    uint64_t actions = 0;

    for (size_t i = 0; i < policy->role_count; i++) {
        const qk_iam_role *role = qk_role_among(roles, role_count, policy->roles[i]);
        actions |= role ? role->actions : 0;
    }
    if (policy->resource != QK_RESOURCE_INSTANCE)
        actions &= qk_actions_of_keystores();
    if (policy->resource == QK_RESOURCE_KEYSTORE)
        return apply_in(caller, &policy->keystore, actions);
    caller->actions |= actions;
    return true;
}

/* ---- rows ---- */

static qk_err resolve_roles(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_policy *policy)
{
    QK_OWNED(qk_record_free) qk_iam_role *roles = NULL;
    size_t count;

    if (policy->role_count == 0 || policy->role_count > QK_POLICY_ROLES)
        return qk_fail(QK_E_BAD_ARGUMENT, "a policy has 1 to %d roles", QK_POLICY_ROLES);
    QK_TRY(qk_roles_read(transaction, secrets, &roles, &count));
    for (size_t i = 0; i < policy->role_count; i++) {
        const qk_iam_role *role = qk_role_among(roles, count, policy->roles[i]);
        if (!role)
            return qk_fail(QK_E_OBJECT_MISSING, "there is no role '%.64s'; 'quantoki iam role list' shows all",
                           policy->roles[i]);
        if (policy->resource != QK_RESOURCE_INSTANCE && !(role->actions & qk_actions_of_keystores()))
            return qk_fail(QK_E_BAD_ARGUMENT,
                           "the role %s has no action on keystores or keys: grant it on the instance", role->id);
        memcpy(policy->roles[i], role->id, sizeof policy->roles[i]);
    }
    return QK_OK;
}

/* So that rights always fit a qk_caller. */
static qk_err check_keystores(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_policy *policy)
{
    QK_OWNED(qk_record_free) qk_iam_policy *all = NULL;
    qk_caller caller = { .keystore_count = 0 };
    size_t count;

    QK_TRY(qk_policies_read(transaction, secrets, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].identity, policy->identity) == 0)
            (void)qk_policy_apply(&all[i], NULL, 0, &caller);
    if (qk_policy_apply(policy, NULL, 0, &caller))
        return QK_OK;
    return qk_fail(QK_E_BAD_ARGUMENT,
                   "%s has policies for %d keystores, which are the most: grant the role on all keystores, or use "
                   "another identity",
                   policy->identity, QK_CALLER_KEYSTORES);
}

qk_err qk_policy_add(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_policy *policy,
                     qk_uuid *out_id)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_iam_policy fresh = *policy;
    char name[QK_UUID_TEXT];
    qk_iam_identity owner;
    int64_t number;

    QK_TRY(qk_identity_get(transaction, secrets, policy->identity, &owner));
    QK_TRY(resolve_roles(transaction, secrets, &fresh));
    QK_TRY(check_keystores(transaction, secrets, &fresh));
    QK_TRY(qk_random_uuid(&fresh.id));
    fresh.created_unix_s = qk_clock_unix_s();
    write_policy(&fresh, &content);
    qk_uuid_write(&fresh.id, name);
    QK_TRY(qk_record_count_change(transaction, &number));
    QK_TRY(qk_record_insert(transaction, secrets, QK_RECORD_POLICY, name, &content));
    *out_id = fresh.id;
    return QK_OK;
}

qk_err qk_policies_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_policy **out,
                        size_t *out_count)
{
    void *items;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_POLICY, read_policy, sizeof **out, &items, out_count));
    *out = items;
    return QK_OK;
}

qk_err qk_policy_drop(qk_transaction *transaction, const qk_uuid *id, bool *out_found)
{
    char name[QK_UUID_TEXT];
    int64_t number;

    qk_uuid_write(id, name);
    QK_TRY(qk_record_count_change(transaction, &number));
    return qk_record_delete(transaction, QK_RECORD_POLICY, name, out_found);
}
