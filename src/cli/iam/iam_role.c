/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki iam role */
#include <stdio.h>
#include <string.h>

#include "cli/group.h"
#include "cli/iam/iam.h"
#include "cli/table.h"
#include "iam/record/record.h"

static json_t *actions_json(uint64_t actions)
{
    json_t *names = json_array();

    for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++)
        if (actions & QK_ACTION_BIT(action))
            json_array_append_new(names, json_string(qk_action_name(action)));
    return names;
}

static json_t *roles_json(const qk_iam_role *roles, size_t count)
{
    json_t *all = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(all, json_pack("{s:s, s:s, s:s, s:b, s:o, s:o}", "id", roles[i].id, "name", roles[i].name,
                                             "description", roles[i].description, "predefined", roles[i].predefined,
                                             "actions", actions_json(roles[i].actions), "created",
                                             qk_iam_time_json(roles[i].created_unix_s)));
    return all;
}

static qk_err print_roles(const qk_iam_role *roles, size_t count, bool with_actions)
{
    static const char *const head[] = { "ID", "NAME", "ACTIONS", "KIND", "DESCRIPTION" };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(5);
    char number[16];

    QK_TRY(qk_table_add(&table, head));
    for (size_t i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%d", __builtin_popcountll(roles[i].actions));
        QK_TRY(qk_table_add(&table, (const char *const[]){ roles[i].id, roles[i].name, number,
                                                           roles[i].predefined ? "predefined" : "custom",
                                                           roles[i].description }));
    }
    qk_table_print(&table);
    for (size_t i = 0; with_actions && i < count; i++) {
        printf("\n%s:\n", roles[i].id);
        for (qk_action action = QK_ACTION_NONE + 1; action < QK_ACTION_COUNT; action++)
            if (roles[i].actions & QK_ACTION_BIT(action))
                printf("  %s\n", qk_action_name(action));
    }
    return QK_OK;
}

static qk_err list(int argc, char **argv)
{
    static const struct argp_option options[] = {
        QK_IAM_CONFIG_OPTION,
        QK_IAM_JSON_OPTION,
        { "actions", QK_IAM_ACTIONS, NULL, 0, "Also each role's actions, one on a line", 0 },
        { 0 },
    };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_iam_role *roles = NULL;
    qk_iam_order order = { .needed = 0 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, NULL, "Lists all roles, the predefined ones first.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_role_list(instance.iam, &roles, &count));
    return order.json ? qk_iam_print_json(roles_json(roles, count)) : print_roles(roles, count, order.show_actions);
}

static qk_err create(int argc, char **argv)
{
    static const struct argp_option options[] = {
        QK_IAM_CONFIG_OPTION,
        { "actions", 'a', "LIST", 0,
          "Its actions, joined by commas: hs-crypto.crypto.sign, with or without 'hs-crypto.'; keystore.* stands for "
          "all "
          "that begin so",
          0 },
        { "display", QK_IAM_DISPLAY, "NAME", 0, "Name for people (default: the id)", 0 },
        QK_IAM_DESCRIPTION_OPTION,
        { 0 },
    };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "the role's ID" }, .needed = 1, .allowed = 1 };
    qk_iam_role role = { .actions = 0 };

    qk_iam_order_parse(argc, argv, options, "ID", "Makes a custom role. ID: a capital letter, then letters and digits.",
                       &order);
    QK_TRY(qk_iam_copy("id", order.names[0], role.id, sizeof role.id));
    QK_TRY(qk_iam_copy("display name", order.display, role.name, sizeof role.name));
    QK_TRY(qk_iam_copy("description", order.description, role.description, sizeof role.description));
    if (!order.actions)
        return qk_fail(QK_E_BAD_ARGUMENT, "--actions LIST is missing: 'quantoki iam role list --actions' shows all");
    QK_TRY(qk_iam_actions_parse(order.actions, &role.actions));
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_role_create(instance.iam, &role));
    printf("The role %s has %d actions; 'quantoki iam policy create' gives it to somebody.\n", role.id,
           __builtin_popcountll(role.actions));
    return QK_OK;
}

static qk_err delete_role(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "the role's ID" }, .needed = 1, .allowed = 1 };

    qk_iam_order_parse(argc, argv, options, "ID", "Deletes a custom role that no policy uses.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_role_delete(instance.iam, order.names[0]));
    printf("The role %s is deleted.\n", order.names[0]);
    return QK_OK;
}

qk_err qk_command_iam_role(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "list", "all roles", list },
        { "create", "make a custom role", create },
        { "delete", "delete a custom role", delete_role },
    };
    static const qk_command_group role = { "quantoki iam role", NULL, commands, sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&role, argc, argv);
}
