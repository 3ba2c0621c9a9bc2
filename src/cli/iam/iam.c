/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki iam: who may do what. Works on the database that quantokid.yaml names, beside a running server, which sees
 * changes within a second, and without one. Whoever may read the instance's master key is its administrator. */
#include "cli/iam/iam.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/group.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "server/config.h"

static const char default_config[] = "/etc/quantoki/quantokid.yaml";

/* ---- options ---- */

static error_t take_name(qk_iam_order *order, char *value, struct argp_state *state)
{
    for (unsigned i = 0; i < order->allowed; i++) {
        if (order->names[i])
            continue;
        order->names[i] = value;
        return 0;
    }
    argp_error(state, "'%s' is one argument too many", value);
    return 0;
}

static error_t check_names(const qk_iam_order *order, const struct argp_state *state)
{
    for (unsigned i = 0; i < order->needed; i++)
        if (!order->names[i])
            argp_error(state, "%s is missing", order->what[i]);
    return 0;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    qk_iam_order *it = state->input;
    const struct {
        int key;
        const char **place;
    } texts[] = { { 'c', &it->config },
                  { 'd', &it->description },
                  { 'r', &it->roles },
                  { QK_IAM_DISPLAY, &it->display },
                  { 'a', &it->actions },
                  { QK_IAM_TYPE, &it->resource_type },
                  { QK_IAM_ID, &it->resource_id },
                  { QK_IAM_EXPIRES, &it->expires } };
    const struct {
        int key;
        bool *place;
    } flags[] = { { QK_IAM_JSON, &it->json }, { QK_IAM_USER, &it->user }, { QK_IAM_ACTIONS, &it->show_actions } };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (texts[i].key == key) {
            *texts[i].place = value;
            return 0;
        }
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags[i].key == key) {
            *flags[i].place = true;
            return 0;
        }
    if (key == ARGP_KEY_ARG)
        return take_name(it, value, state);
    return key == ARGP_KEY_END ? check_names(it, state) : ARGP_ERR_UNKNOWN;
}

void qk_iam_order_parse(int argc, char **argv, const struct argp_option *options, const char *arguments,
                        const char *doc, qk_iam_order *order)
{
    const struct argp parser = { options, parse_option, arguments, doc, NULL, NULL, NULL };

    argp_parse(&parser, argc, argv, 0, NULL, order);
}

/* ---- the instance ---- */

static qk_err open_instance(const char *path, const qk_server_config *config, qk_instance *out)
{
    if (!qk_file_exists(config->database))
        return qk_fail(QK_E_CONFIG, "%s names the database %s, which does not exist: 'quantoki init' makes an instance",
                       path, config->database);
    QK_TRY(qk_entropy_start(NULL)); /* the default sources of this machine */
    return qk_instance_open(config->database, config->master_key, &(qk_hsm_options){ .cache_keys = 1 }, out);
}

qk_err qk_iam_enter(const qk_iam_order *order, qk_instance *out_instance)
{
    const char *path = order->config ? order->config : default_config;
    QK_OWNED(qk_config_free) qk_config *file = NULL;
    qk_server_config config;
    qk_err err;

    QK_TRY(qk_crypto_start());
    if (!order->config && !qk_file_exists(path))
        return qk_fail(QK_E_CONFIG, "no configuration at %s: name the server's with --config FILE", path);
    QK_TRY(qk_server_config_load(path, &file, &config));
    err = open_instance(path, &config, out_instance);
    qk_server_config_done(&config);
    return err;
}

void qk_iam_leave(qk_instance *instance)
{
    qk_instance_close(instance);
    qk_entropy_stop();
    qk_crypto_stop();
}

/* ---- small things ---- */

qk_err qk_iam_copy(const char *what, const char *text, char *out, size_t room)
{
    if (!text)
        return QK_OK;
    if (strlen(text) >= room)
        return qk_fail(QK_E_BAD_ARGUMENT, "the %s '%.60s...' is longer than %zu bytes", what, text, room - 1);
    strcpy(out, text);
    return QK_OK;
}

qk_err qk_iam_print_json(json_t *json)
{
    char *text = json ? json_dumps(json, JSON_INDENT(2)) : NULL;

    json_decref(json);
    if (!text)
        return qk_fail(QK_E_NO_MEMORY, "no memory for JSON");
    puts(text);
    free(text);
    return QK_OK;
}

json_t *qk_iam_time_json(int64_t unix_s)
{
    return unix_s ? json_integer(unix_s) : json_null();
}

qk_err qk_command_iam(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "service-id", "applications and people that log in", qk_command_iam_service_id },
        { "api-key", "what they log in with: PINs of PKCS #11", qk_command_iam_api_key },
        { "role", "named sets of actions", qk_command_iam_role },
        { "policy", "who has which role, and where", qk_command_iam_policy },
    };
    static const qk_command_group iam = { "quantoki iam", NULL, commands, sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&iam, argc, argv);
}
