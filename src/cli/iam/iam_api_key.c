/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki iam api-key */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli/group.h"
#include "cli/iam/iam.h"
#include "cli/table.h"
#include "cli/token/token_text.h"
#include "iam/record/record.h"

static const char *state_of(const qk_iam_api_key *key, int64_t now)
{
    return key->revoked ? "revoked" : key->expires_unix_s != 0 && now >= key->expires_unix_s ? "expired" : "valid";
}

static json_t *keys_json(const qk_iam_api_key *all, size_t count, int64_t now)
{
    json_t *array = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(array, json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "service_id", all[i].identity, "name",
                                               all[i].name, "description", all[i].description, "state",
                                               state_of(&all[i], now), "created", (json_int_t)all[i].created_unix_s,
                                               "expires", qk_iam_time_json(all[i].expires_unix_s)));
    return array;
}

static qk_err print_keys(const qk_iam_api_key *all, size_t count, int64_t now)
{
    static const char *const head[] = { "SERVICE ID", "NAME", "STATE", "MADE", "EXPIRES", "DESCRIPTION" };
    QK_OWNED(qk_table_done) qk_table table = QK_TABLE_NONE(6);
    char made[QK_TOKEN_TEXT], expires[QK_TOKEN_TEXT];

    QK_TRY(qk_table_add(&table, head));
    for (size_t i = 0; i < count; i++) {
        qk_token_time_write(all[i].created_unix_s, made);
        qk_token_time_write(all[i].expires_unix_s, expires);
        QK_TRY(qk_table_add(&table, (const char *const[]){ all[i].identity, all[i].name, state_of(&all[i], now), made,
                                                           expires, all[i].description }));
    }
    qk_table_print(&table);
    return QK_OK;
}

static qk_err list(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, QK_IAM_JSON_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_record_free) qk_iam_api_key *all = NULL;
    qk_iam_order order = { .allowed = 1 };
    size_t count;

    qk_iam_order_parse(argc, argv, options, "[SERVICE-ID]",
                       "Lists API keys, revoked ones too. None can be shown again.", &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_api_key_list(instance.iam, order.names[0], &all, &count));
    return order.json ? qk_iam_print_json(keys_json(all, count, qk_clock_unix_s()))
                      : print_keys(all, count, qk_clock_unix_s());
}

/* The key is the last line, written past stdio, whose buffer nobody wipes. */
static qk_err tell_new(const qk_iam_api_key *key, const qk_secret *text)
{
    qk_view bytes = qk_secret_reveal(text);
    char expires[QK_TOKEN_TEXT];

    qk_token_time_write(key->expires_unix_s, expires);
    printf("service ID   %s\nname         %s\nexpires      %s\n\n"
           "The line below is the API key: the PIN of C_Login, and what /identity/token takes. It is shown this once,\n"
           "since the database keeps its hash alone.\n\n",
           key->identity, key->name, expires);
    if (fflush(stdout) != 0 || write(STDOUT_FILENO, bytes.data, bytes.len) != (ssize_t)bytes.len ||
        write(STDOUT_FILENO, "\n", 1) != 1)
        return qk_fail(QK_E_SYSTEM, "the API key could not be written out: revoke %s and make a new one", key->name);
    return QK_OK;
}

static qk_err create(int argc, char **argv)
{
    static const struct argp_option options[] = {
        QK_IAM_CONFIG_OPTION,
        { "expires", QK_IAM_EXPIRES, "TIME", 0, "365d, 12h, 2027-01-01, or never (default: never)", 0 },
        QK_IAM_DESCRIPTION_OPTION,
        { 0 },
    };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
    qk_iam_order order = {
        .what = { "the SERVICE-ID", "the key's NAME" }, .needed = 2, .allowed = 2, .expires = "never"
    };
    qk_iam_api_key key = { .expires_unix_s = 0 };

    qk_iam_order_parse(argc, argv, options, "SERVICE-ID NAME",
                       "Makes an API key for a service ID and prints it as the last line.", &order);
    QK_TRY(qk_iam_copy("service ID", order.names[0], key.identity, sizeof key.identity));
    QK_TRY(qk_iam_copy("name", order.names[1], key.name, sizeof key.name));
    QK_TRY(qk_iam_copy("description", order.description, key.description, sizeof key.description));
    QK_TRY(qk_token_time_read(order.expires, qk_clock_unix_s(), &key.expires_unix_s));
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_api_key_create(instance.iam, &key, &text));
    return tell_new(&key, &text);
}

static qk_err revoke_key(int argc, char **argv)
{
    static const struct argp_option options[] = { QK_IAM_CONFIG_OPTION, { 0 } };
    QK_OWNED(qk_iam_leave) qk_instance instance = QK_INSTANCE_NONE;
    qk_iam_order order = { .what = { "the SERVICE-ID", "the key's NAME" }, .needed = 2, .allowed = 2 };

    qk_iam_order_parse(argc, argv, options, "SERVICE-ID NAME", "Ends an API key and the tokens given for it, for good.",
                       &order);
    QK_TRY(qk_iam_enter(&order, &instance));
    QK_TRY(qk_iam_api_key_revoke(instance.iam, order.names[0], order.names[1]));
    printf("The API key %s of %s is revoked: a running server refuses it and its tokens within a second.\n",
           order.names[1], order.names[0]);
    return QK_OK;
}

qk_err qk_command_iam_api_key(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "list", "all of them, or those of a service ID", list },
        { "create", "make one; it is printed once", create },
        { "revoke", "end one and its tokens", revoke_key },
    };
    static const qk_command_group group = { "quantoki iam api-key", NULL, commands,
                                            sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&group, argc, argv);
}
