/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki-seed: keeps seeding PKCS #11 tokens with entropy from a service. */
#include <argp.h>
#include <stdio.h>

#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/worker/worker.h"

/* Seen by the C library, which prints it. */
__attribute__((visibility("default"))) const char *argp_program_version = "quantoki-seed " QK_VERSION;

enum { OPTION_ONCE = 256, OPTION_CHECK, OPTION_TEST_LOGIN, OPTION_RETRY, OPTION_EXAMPLE, OPTION_WORKER, WORKER_FD = 3 };

static const struct argp_option options[] = {
    { "config", 'c', "FILE", 0,
      "Configuration (default: $QSEED_CONFIG_FILE, /etc/quantoki/seed.yaml, /etc/qseed/qseed_config.yml)", 0 },
    { "once", OPTION_ONCE, NULL, 0, "One seed for each target; status 0 only if all took it", 0 },
    { "check", OPTION_CHECK, NULL, 0, "Read the configuration, load libraries, find tokens; no login", 0 },
    { "test-login", OPTION_TEST_LOGIN, NULL, 0, "As --check, and log in", 0 },
    { "retry-login", OPTION_RETRY, NULL, 0, "Try PINs again that were wrong", 0 },
    { "example", OPTION_EXAMPLE, NULL, 0, "Print an example of a configuration and stop", 0 },
    { "worker", OPTION_WORKER, "LIBRARY", OPTION_HIDDEN, NULL, 0 },
    { 0 },
};

/* The same as packaging/seed.yaml, as a test sees to. */
/* clang-format off */
static const char example[] =
    "# /etc/quantoki/seed.yaml, mode 0640, root:quantoki-seed. `quantoki-seed --check` tries it; docs/seeder.md explains it.\n"
    "service:\n"
    "  url: https://entropy.example.org:9443\n"
    "  token_file: /etc/quantoki/seed.token\n"
    "  #ca_file: /etc/quantoki/entropy-ca.pem\n"
    "\n"
    "metrics_file: /run/quantoki-seed/metrics.prom\n"
    "status_file: /run/quantoki-seed/status.json\n"
    "\n"
    "targets:\n"
    "  - name: signing-hsm\n"
    "    library: /usr/lib/softhsm/libsofthsm2.so\n"
    "    token_label: signing\n"
    "    login: user\n"
    "    pin_file: /etc/quantoki/signing.pin\n"
    "    size: 48\n"
    "    period: 60\n";
/* clang-format on */

struct command {
    const char *config, *worker;
    qk_seed_mode mode;
    bool retry, example;
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    struct command *command = state->input;

    switch (key) {
    case 'c':
        command->config = value;
        return 0;
    case OPTION_ONCE:
        command->mode = QK_SEED_ONCE;
        return 0;
    case OPTION_CHECK:
        command->mode = QK_SEED_CHECK;
        return 0;
    case OPTION_TEST_LOGIN:
        command->mode = QK_SEED_TEST_LOGIN;
        return 0;
    case OPTION_RETRY:
        command->retry = true;
        return 0;
    case OPTION_EXAMPLE:
        command->example = true;
        return 0;
    case OPTION_WORKER:
        command->worker = value;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .doc = "Keeps seeding PKCS #11 tokens (C_SeedRandom) with entropy from a service.\v"
           "SIGHUP reads the configuration again, SIGUSR1 seeds every target now, SIGTERM ends after the running call. "
           "Exit status: 0, 1 (configuration or start), 3 (with --once, --check or --test-login: a target failed), "
           "4 (exit_when_idle: no target is left), 5 (as 3, and what failed takes no seeds at all).",
};

int main(int argc, char **argv)
{
    struct command command = { .mode = QK_SEED_DAEMON };
    int status = 1;
    qk_err err;

    argp_parse(&parser, argc, argv, 0, NULL, &command);
    if (command.worker)
        return qk_seed_worker_run(command.worker, WORKER_FD);
    if (command.example) {
        fputs(example, stdout);
        return 0;
    }
    err = qk_seeder_run(command.config, command.mode, command.retry, &status);
    if (err != QK_OK)
        fprintf(stderr, "quantoki-seed: %s\n", qk_err_words(err));
    qk_log_close();
    return err == QK_OK ? status : 1;
}
