/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki token: tokens of the REST API. Works on the database that quantokid.yaml names, beside a running server (it
 * sees changes within a second) and without one. */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/group.h"
#include "cli/token/token_list.h"
#include "cli/token/token_text.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "server/config.h"

static const char default_config[] = "/etc/quantoki/quantokid.yaml";

enum { OPTION_JSON = 256, OPTION_EXPIRES, OPTION_NOT_BEFORE, OPTION_RATE, OPTION_ALLOTMENT };

/* What all of them are told. */
typedef struct order {
    const char *config, *name, *scopes, *rate, *allotment, *expires, *not_before;
    bool json, needs_name;
} order;

/* ---- options ---- */

#define CONFIG_OPTION                                                                                                  \
    {                                                                                                                  \
        "config", 'c', "FILE", 0, "Configuration of the server (default: /etc/quantoki/quantokid.yaml)", 0             \
    }
#define NAME_OPTION                                                                                                    \
    {                                                                                                                  \
        "name", 'n', "NAME", 0, "Name of the token; may be given without --name too", 0                                \
    }
#define JSON_OPTION                                                                                                    \
    {                                                                                                                  \
        "json", OPTION_JSON, NULL, 0, "Print JSON", 0                                                                  \
    }

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    order *it = state->input;

    switch (key) {
    case 'c':
        it->config = value;
        return 0;
    case 's':
        it->scopes = value;
        return 0;
    case OPTION_RATE:
        it->rate = value;
        return 0;
    case OPTION_ALLOTMENT:
        it->allotment = value;
        return 0;
    case OPTION_EXPIRES:
        it->expires = value;
        return 0;
    case OPTION_NOT_BEFORE:
        it->not_before = value;
        return 0;
    case OPTION_JSON:
        it->json = true;
        return 0;
    case 'n':
    case ARGP_KEY_ARG:
        if (!it->needs_name || it->name)
            argp_error(state, "'%s' is one argument too many", value);
        it->name = value;
        return 0;
    case ARGP_KEY_END:
        if (it->needs_name && !it->name)
            argp_error(state, "--name NAME is missing: which token?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* ---- the database ---- */

typedef struct place {
    qk_config *file;
    qk_database *database;
    qk_tokens *tokens;
} place;

static void leave(place *it)
{
    qk_tokens_close(&it->tokens);
    qk_database_close(&it->database);
    qk_config_free(&it->file);
    qk_entropy_stop();
    qk_crypto_stop();
}

static qk_err open_database(const char *path, const char *database, place *out)
{
    if (!qk_file_exists(database))
        return qk_fail(QK_E_CONFIG, "%s names the database %s, which does not exist: 'quantoki init' makes an instance",
                       path, database);
    QK_TRY(qk_database_open(database, &out->database));
    return qk_tokens_open(out->database, &out->tokens);
}

static qk_err enter(const order *order_, place *out)
{
    const char *path = order_->config ? order_->config : default_config;
    qk_server_config config;
    qk_err err;

    QK_TRY(qk_crypto_start());
    if (!order_->config && !qk_file_exists(path))
        return qk_fail(QK_E_CONFIG, "no configuration at %s: name the server's with --config FILE", path);
    QK_TRY(qk_server_config_load(path, &out->file, &config));
    err = open_database(path, config.database, out);
    qk_server_config_done(&config);
    return err;
}

/* The one that is in force, else the newest of that name. */
static qk_err find(const order *order_, qk_tokens *tokens, qk_token_record *out)
{
    qk_token_record *records = NULL;
    bool found = false;
    size_t count;

    QK_TRY(qk_tokens_list(tokens, &records, &count));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(records[i].name, order_->name) != 0 || (found && records[i].revoked && !out->revoked))
            continue;
        *out = records[i];
        found = true;
    }
    free(records);
    return found ? QK_OK
                 : qk_fail(QK_E_OBJECT_MISSING, "there is no token named %.64s; 'quantoki token list' shows all",
                           order_->name);
}

/* ---- create ---- */

static qk_err read_record(const order *order_, int64_t now, qk_token_record *out)
{
    if (strlen(order_->name) >= sizeof out->name)
        return qk_fail(QK_E_BAD_ARGUMENT, "a token's name has at most %zu characters", sizeof out->name - 1);
    strcpy(out->name, order_->name);
    QK_TRY(qk_scopes_parse(order_->scopes, &out->scopes));
    QK_TRY(qk_token_rate_read(order_->rate, &out->rate_requests, &out->rate_seconds));
    QK_TRY(qk_token_bytes_read(order_->allotment, &out->allotment_bytes));
    QK_TRY(qk_token_time_read(order_->expires, now, &out->expires_unix_s));
    if (order_->not_before)
        QK_TRY(qk_token_time_read(order_->not_before, now, &out->not_before_unix_s));
    if (out->expires_unix_s != 0 && out->expires_unix_s <= now)
        return qk_fail(QK_E_BAD_ARGUMENT, "--expires %s lies in the past", order_->expires);
    return QK_OK;
}

/* The token is the last line, written past stdio, whose buffer nobody wipes. */
static qk_err tell_new(const qk_token_record *record, const qk_secret *token)
{
    qk_view text = qk_secret_reveal(token);

    qk_token_print(record, qk_clock_unix_s());
    printf(
        "\nThe line below is the token. It is shown this once, since the database keeps its hash alone. Clients send "
        "it as\nthe header 'Authorization: Bearer TOKEN'.\n\n");
    if (fflush(stdout) != 0 || write(STDOUT_FILENO, text.data, text.len) != (ssize_t)text.len ||
        write(STDOUT_FILENO, "\n", 1) != 1)
        return qk_fail(QK_E_SYSTEM, "the token could not be written out: revoke %s and make a new one", record->name);
    return QK_OK;
}

static qk_err create(const order *order_)
{
    QK_OWNED(leave) place it = { NULL, NULL, NULL };
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    qk_token_record record = { .scopes = 0 };

    QK_TRY(read_record(order_, qk_clock_unix_s(), &record));
    QK_TRY(enter(order_, &it));
    QK_TRY(qk_entropy_start(NULL)); /* the default sources of this machine */
    QK_TRY(qk_tokens_create(it.tokens, &record, &token));
    QK_TRY(find(order_, it.tokens, &record));
    return tell_new(&record, &token);
}

static qk_err command_create(int argc, char **argv)
{
    static const struct argp_option options[] = {
        CONFIG_OPTION,
        NAME_OPTION,
        { "scope", 's', "SCOPES", 0,
          "What it opens, joined by commas: entropy, metrics, admin, keygen (default: entropy)", 0 },
        { "rate", OPTION_RATE, "RATE", 0, "Requests per time, such as 30/10s, or unlimited (default: 30/10s)", 0 },
        { "allotment", OPTION_ALLOTMENT, "BYTES", 0,
          "Entropy in a month, such as 500k, 100M, 5G, or unlimited (default: unlimited)", 0 },
        { "expires", OPTION_EXPIRES, "TIME", 0, "365d, 12h, 2027-01-01, or never (default: 365d)", 0 },
        { "not-before", OPTION_NOT_BEFORE, "TIME", 0, "Valid only from then on", 0 },
        { 0 },
    };
    static const struct argp parser = { options, parse_option, "NAME", "Makes a token and prints it as the last line.",
                                        NULL,    NULL,         NULL };
    order order_ = {
        .scopes = "entropy", .rate = "30/10s", .allotment = "unlimited", .expires = "365d", .needs_name = true
    };

    argp_parse(&parser, argc, argv, 0, NULL, &order_);
    return create(&order_);
}

/* ---- list, show, revoke ---- */

static qk_err list(const order *order_)
{
    QK_OWNED(leave) place it = { NULL, NULL, NULL };
    qk_token_record *records = NULL;
    size_t count;
    qk_err err = QK_OK;

    QK_TRY(enter(order_, &it));
    QK_TRY(qk_tokens_list(it.tokens, &records, &count));
    if (order_->json)
        err = qk_token_print_json(records, count, true, qk_clock_unix_s());
    else if (count == 0)
        printf("There are no tokens yet; 'quantoki token create --name NAME' makes one.\n");
    else
        qk_token_print_table(records, count, qk_clock_unix_s());
    free(records);
    return err;
}

static qk_err show(const order *order_)
{
    QK_OWNED(leave) place it = { NULL, NULL, NULL };
    qk_token_record record;

    QK_TRY(enter(order_, &it));
    QK_TRY(find(order_, it.tokens, &record));
    if (order_->json)
        return qk_token_print_json(&record, 1, false, qk_clock_unix_s());
    qk_token_print(&record, qk_clock_unix_s());
    return QK_OK;
}

static qk_err end_token(const order *order_)
{
    QK_OWNED(leave) place it = { NULL, NULL, NULL };

    QK_TRY(enter(order_, &it));
    QK_TRY(qk_tokens_revoke(it.tokens, order_->name));
    printf("The token %s is revoked: a running server refuses it within a second, with status 401. This cannot be "
           "undone;\nits name may be used again for a new one.\n",
           order_->name);
    return QK_OK;
}

static const struct argp_option list_options[] = { CONFIG_OPTION, JSON_OPTION, { 0 } };
static const struct argp_option show_options[] = { CONFIG_OPTION, NAME_OPTION, JSON_OPTION, { 0 } };
static const struct argp_option revoke_options[] = { CONFIG_OPTION, NAME_OPTION, { 0 } };

static qk_err command_list(int argc, char **argv)
{
    static const struct argp parser = { list_options, parse_option, NULL, "Lists all tokens, oldest first.",
                                        NULL,         NULL,         NULL };
    order order_ = { .needs_name = false };

    argp_parse(&parser, argc, argv, 0, NULL, &order_);
    return list(&order_);
}

static qk_err command_show(int argc, char **argv)
{
    static const struct argp parser = {
        show_options, parse_option, "NAME", "Shows one token. The token itself cannot be shown again.", NULL, NULL, NULL
    };
    order order_ = { .needs_name = true };

    argp_parse(&parser, argc, argv, 0, NULL, &order_);
    return show(&order_);
}

static qk_err command_revoke(int argc, char **argv)
{
    static const struct argp parser = { revoke_options, parse_option, "NAME", "Revokes a token for good.",
                                        NULL,           NULL,         NULL };
    order order_ = { .needs_name = true };

    argp_parse(&parser, argc, argv, 0, NULL, &order_);
    return end_token(&order_);
}

qk_err qk_command_token(int argc, char **argv)
{
    static const qk_command commands[] = {
        { "create", "make a token; it is printed once", command_create },
        { "list", "all tokens with their limits and their use", command_list },
        { "show", "one token", command_show },
        { "revoke", "end a token at once", command_revoke },
    };
    static const qk_command_group token = { "quantoki token", NULL, commands, sizeof commands / sizeof commands[0] };

    return qk_command_group_run(&token, argc, argv);
}
