/* SPDX-License-Identifier: Apache-2.0 */
/* quantokid: the network HSM. */
#include <argp.h>
#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "server/server.h"

/* Seen by the C library, which prints it. */
__attribute__((visibility("default"))) const char *argp_program_version = "quantokid " QK_VERSION;

enum { OPTION_DESCRIBE = 256 };

static const char default_config[] = "/etc/quantoki/quantokid.yaml";

static const struct argp_option options[] = {
    { "config", 'c', "FILE", 0, "Configuration (default: /etc/quantoki/quantokid.yaml)", 0 },
    { "check", 't', NULL, 0, "Check the configuration and stop", 0 },
    { "describe-config", OPTION_DESCRIBE, NULL, 0, "Print every key of the configuration as a Markdown table and stop",
      0 },
    { 0 },
};

struct command {
    const char *config;
    bool check, describe;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct command *command = state->input;

    switch (key) {
    case 'c':
        command->config = value;
        return 0;
    case 't':
        command->check = true;
        return 0;
    case OPTION_DESCRIBE:
        command->describe = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .doc = "The Quantoki network HSM and entropy service: GREP11 over gRPC, keystores, IAM tokens, and a REST API for "
           "random "
           "bytes.\v"
           "A new instance, with its configuration, keys and certificates, is made by 'quantoki init --dir FOLDER'. "
           "SIGTERM stops gracefully, SIGHUP reads the certificates again.",
};

static qk_err describe(void)
{
    QK_OWNED(qk_buf_done) qk_buf table = QK_BUF_NONE;

    QK_TRY(qk_server_config_describe(&table));
    fwrite(table.data, 1, table.len, stdout);
    return QK_OK;
}

static qk_err run(const struct command *command)
{
    QK_OWNED(qk_config_free) qk_config *file = NULL;
    QK_OWNED(qk_server_config_done) qk_server_config config = { 0 };
    const char *path = command->config ? command->config : default_config;

    if (command->describe)
        return describe();
    if (!command->config && !qk_file_exists(default_config))
        return qk_fail(QK_E_CONFIG,
                       "no configuration at %s: name one with --config FILE, or make a new instance with "
                       "'quantoki init --dir FOLDER'",
                       default_config);
    QK_TRY(qk_server_config_load(path, &file, &config));
    if (command->check) {
        printf("%s: the configuration is good\n", path);
        return QK_OK;
    }
    QK_TRY(qk_log_open(config.log_path, (qk_log_level)config.log_level));
    return qk_server_run(&config);
}

int main(int argc, char **argv)
{
    struct command command = { .config = NULL };
    qk_err err;

    argp_parse(&parser, argc, argv, 0, NULL, &command);
    err = run(&command);
    if (err != QK_OK) {
        fprintf(stderr, "quantokid: %s\n", qk_err_words(err));
        qk_log_failure(QK_LOG_FATAL, err, "op=start");
    }
    qk_log_close();
    return err == QK_OK ? 0 : 1;
}
