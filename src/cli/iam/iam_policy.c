/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki iam policy */
#include <stdio.h>
#include <string.h>

#include "cli/group.h"
#include "cli/iam/iam.h"
#include "cli/table.h"
#include "iam/record/record.h"

static const char *const resource_names[] = {
    [QK_RESOURCE_INSTANCE] = "instance",
    [QK_RESOURCE_KEYSTORES] = "all keystores",
    [QK_RESOURCE_KEYSTORE] = "keystore",
};

/* ---- listing ---- */

static json_t *policies_json(const qk_iam_policy *all, size_t count)
{
    json_t *array = json_array();
    char id[QK_UUID_TEXT], keystore[QK_UUID_TEXT];

    for (size_t i = 0; i < count; i++) {
        bool on_instance = all[i].resource == QK_RESOURCE_INSTANCE, on_one = all[i].resource == QK_RESOURCE_KEYSTORE;
        json_t *roles = json_array();
        qk_uuid_write(&all[i].id, id);
        qk_uuid_write(&all[i].keystore, keystore);
        for (size_t j = 0; j < all[i].role_count; j++)
            json_array_append_new(roles, json_string(all[i].roles[j]));
        json_array_append_new(array, json_pack("{s:s, s:s, s:o, s:o, s:o, s:I}", "id", id, "service_id",
                                               all[i].identity, "roles", roles, "resource_type",
                                               on_instance ? json_null() : json_string("keystore"), "resource_id",
                                               on_one ? json_string(keystore) : json_null(), "created",
                                               (json_int_t)all[i].created_unix_s));
    }
    return array;
}

static qk_err add_row(const qk_iam_policy *policy, qk_table *table)
{
    char id[QK_UUID_TEXT], keystore[QK_UUID_TEXT], resource[64], roles[QK_POLICY_ROLES * (QK_IAM_NAME + 1)] = "";

    qk_uuid_write(&policy->id, id);
    qk_uuid_write(&policy->keystore, keystore);
    snprintf(resource, sizeof resource, "%s%s%s", resource_names[policy->resource],
             policy->resource == QK_RESOURCE_KEYSTORE ? " " : "",
             policy->resource == QK_RESOURCE_KEYSTORE ? keystore : "");
    for (size_t i = 0, len = 0; i < policy->role_count; i++)
        len += (size_t)snprintf(roles + len, sizeof roles - len, "%s%s", i ? "," : "", policy->roles[i]);
    return qk_table_add(table, (const char *const[]){ id, policy->identity, roles, resource });
}

static qk_err print_policies(const qk_iam_policy *all, size_t count)
{
    static const char *const head[] = { "ID", "SERVICE ID", "ROLES", "RESOURCE" };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(4);

    QK_TRY(qk_table_add(&table, head));
    for (size_t i = 0; i < count; i++)
        QK_TRY(add_row(&all[i], &table));
    qk_table_print(&table);
    return QK_OK;
}

static qk_err list(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, QK_IAM_JSON_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_iam_policy *all = NULL;
    qk_iam_order order = { .allowed = 1 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, "[SERVICE-ID]", "Lists policies.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_policy_list(instance.iam, order.names[0], &all, &count));
    return order.json ? qk_iam_print_json(policies_json(all, count)) : print_policies(all, count);
}

/* ---- making ---- */

static qk_err read_roles(const char *text, qk_iam_policy *out)
{
    if (!text)
        return qk_fail(QK_E_BAD_ARGUMENT, "--role ROLE is missing: 'quantoki iam role list' shows all");
    for (;;) {
        size_t len = strcspn(text, ",");
        if (out->role_count == QK_POLICY_ROLES)
            return qk_fail(QK_E_BAD_ARGUMENT, "a policy has at most %d roles: make another", QK_POLICY_ROLES);
        if (len == 0 || len >= sizeof out->roles[0])
            return qk_fail(QK_E_BAD_ARGUMENT, "'%.60s' is no list of roles joined by commas", text);
        memcpy(out->roles[out->role_count++], text, len);
        if (text[len] == 0)
            return QK_OK;
        text += len + 1;
    }
}

static qk_err read_resource(const qk_iam_order *order, qk_iam_policy *out)
{
    const char *type = order->resource_type;

    if (!type && order->resource_id)
        type = "keystore";
    if (!type)
        return QK_OK;
    if (strcmp(type, "key") == 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "keys are reached through their keystore: a policy on keys alone would open "
                                          "nothing; use --resource-type keystore, with --resource-id UUID for one");
    if (strcmp(type, "keystore") != 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "'%.40s' is no type of resource: there is keystore", type);
    out->resource = order->resource_id ? QK_RESOURCE_KEYSTORE : QK_RESOURCE_KEYSTORES;
    if (order->resource_id && qk_uuid_read(order->resource_id, &out->keystore) != QK_OK)
        return qk_fail(QK_E_BAD_ARGUMENT, "'%.60s' is no UUID of a keystore (tokenspaceID in grep11client.yaml)",
                       order->resource_id);
    return QK_OK;
}

static qk_err create(int argc, char **argv)
{
    static const struct argp_option options[] = {
        QK_IAM_CONFIG_OPTION,
        { "role", 'r', "ROLES", 0, "Ids or display names of roles, joined by commas", 0 },
        { "resource-type", QK_IAM_TYPE, "TYPE", 0, "keystore: not on the whole instance but on keystores", 0 },
        { "resource-id", QK_IAM_ID, "UUID", 0, "The one keystore (tokenspaceID) it is for", 0 },
        { 0 },
    };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "the SERVICE-ID" }, .needed = 1, .allowed = 1 };
    qk_iam_policy policy = { .resource = QK_RESOURCE_INSTANCE };
    char text[QK_UUID_TEXT];
    qk_uuid id;

    qk_iam_order_parse(argc, argv, options, "SERVICE-ID",
                       "Gives a service ID roles, on the instance or on keystores only.", &order);
    QK_TRY(qk_iam_copy("service ID", order.names[0], policy.identity, sizeof policy.identity));
    QK_TRY(read_roles(order.roles, &policy));
    QK_TRY(read_resource(&order, &policy));
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_policy_create(instance.iam, &policy, &id));
    qk_uuid_write(&id, text);
    printf("%s\n", text);
    return QK_OK;
}

static qk_err delete_policy(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "the policy's ID" }, .needed = 1, .allowed = 1 };
    qk_uuid id;

    qk_iam_order_parse(argc, argv, options, "ID", "Deletes a policy.", &order);
    if (qk_uuid_read(order.names[0], &id) != QK_OK)
        return qk_fail(QK_E_BAD_ARGUMENT, "'%.60s' is no id of a policy; 'quantoki iam policy list' shows all",
                       order.names[0]);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_policy_delete(instance.iam, &id));
    printf("The policy is deleted: a running server goes by that within a second.\n");
    return QK_OK;
}

qk_err qk_command_iam_policy(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "list", "all of them, or those of a service ID", list },
        { "create", "give roles; prints the policy's id", create },
        { "delete", "take roles away", delete_policy },
    };
    static const qk_command_group group = { "quantoki iam policy", NULL, commands,
                                            sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&group, argc, argv);
}
