/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki iam service-id */
#include <stdio.h>
#include <string.h>

#include "cli/group.h"
#include "cli/iam/iam.h"
#include "cli/table.h"
#include "cli/token/token_text.h"
#include "iam/record/record.h"

static const char *kind_name(qk_identity_kind kind)
{
    return kind == QK_USER ? "user" : "service ID";
}

static json_t *identities_json(const qk_iam_identity *all, size_t count)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:I}", "name", all[i].name, "kind",
                                               kind_name(all[i].kind), "description", all[i].description, "created",
                                               (json_int_t)all[i].created_unix_s));
    return array;
}

static qk_err print_identities(const qk_iam_identity *all, size_t count)
{
    static const char *const head[] = { "NAME", "KIND", "MADE", "DESCRIPTION" };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(4);
    char made[QK_TOKEN_TEXT];

    QK_TRY(qk_table_add(&table, head));
    for (size_t i = 0; i < count; i++) {
        qk_token_time_write(all[i].created_unix_s, made);
        QK_TRY(qk_table_add(&table,
                            (const char *const[]){ all[i].name, kind_name(all[i].kind), made, all[i].description }));
    }
    qk_table_print(&table);
    return QK_OK;
}

static qk_err list(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, QK_IAM_JSON_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_iam_identity *all = NULL;
    qk_iam_order order = { .needed = 0 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, NULL, "Lists service IDs and users by name.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_identity_list(instance.iam, &all, &count));
    return order.json ? qk_iam_print_json(identities_json(all, count)) : print_identities(all, count);
}

static qk_err create(int argc, char **argv)
{
    static const struct argp_option options[] = {
        QK_IAM_CONFIG_OPTION,
        QK_IAM_DESCRIPTION_OPTION,
        { "user", QK_IAM_USER, NULL, 0, "It is a person, not an application", 0 },
        { 0 },
    };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "NAME" }, .needed = 1, .allowed = 1 };
    qk_iam_identity identity = { .kind = QK_SERVICE_ID };

    qk_iam_order_parse(argc, argv, options, "NAME",
                       "Makes a service ID. It may do nothing until 'quantoki iam policy create' gives it roles.",
                       &order);
    identity.kind = order.user ? QK_USER : QK_SERVICE_ID;
    QK_TRY(qk_iam_copy("name", order.names[0], identity.name, sizeof identity.name));
    QK_TRY(qk_iam_copy("description", order.description, identity.description, sizeof identity.description));
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_identity_create(instance.iam, &identity));
    printf("The %s %s is there. Next: 'quantoki iam policy create %s --role ROLE', 'quantoki iam api-key create %s "
           "NAME'.\n",
           kind_name(identity.kind), identity.name, identity.name, identity.name);
    return QK_OK;
}

static qk_err delete_identity(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "NAME" }, .needed = 1, .allowed = 1 };

    qk_iam_order_parse(argc, argv, options, "NAME", "Deletes a service ID with its API keys and policies.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_identity_delete(instance.iam, order.names[0]));
    printf("%s is deleted, with its API keys and policies: a running server refuses its tokens within a second.\n",
           order.names[0]);
    return QK_OK;
}

static qk_err revoke_all(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "NAME" }, .needed = 1, .allowed = 1 };

    qk_iam_order_parse(argc, argv, options, "NAME", "Ends all API keys and tokens of a service ID; its policies stay.",
                       &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_revoke(instance.iam, order.names[0]));
    printf("All API keys and tokens of %s have ended: a running server refuses them within a second.\n",
           order.names[0]);
    return QK_OK;
}

qk_err qk_command_iam_service_id(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "list", "all of them", list },
        { "create", "make one", create },
        { "delete", "delete one with its API keys and policies", delete_identity },
        { "revoke", "end all its API keys and tokens", revoke_all },
    };
    static const qk_command_group group = { "quantoki iam service-id", NULL, commands,
                                            sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&group, argc, argv);
}
