/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/group.h"

static const qk_command commands[] = {
    { "init", "make a new instance: keys, certificates, keystores, configuration", qk_command_init },
    { "token", "make, list and revoke tokens for the REST API", qk_command_token },
    { "iam", "service IDs, API keys, roles and policies of the HSM", qk_command_iam },
    { "mtls", "client certificates as a second layer", qk_command_mtls },
    { "keys", "what is on a PKCS #11 token", qk_command_keys },
    { "entropy", "random bytes, and how the noise sources are doing", qk_command_entropy },
};

static const qk_command_group quantoki = {
    .name = "quantoki",
    .more = "; 'quantoki --version' tells the version.",
    .commands = commands,
    .count = sizeof commands / sizeof commands[0],
};

/* Scripts tell these apart; everything else that fails is 1. */
/* clang-format off */
static const struct status_row {
    qk_err err;
    int status;
} statuses[] = {
    { QK_OK,                  0 },
    { QK_E_NOT_AUTHENTICATED, 3 }, /* 401: the token */
    { QK_E_NOT_AUTHORIZED,    4 }, /* 403: its scope or its allotment */
    { QK_E_RATE,              5 }, /* 429: too many requests */
    { QK_E_NO_RANDOM,         6 }, /* 503: no entropy now */
    { QK_E_SERVER_AWAY,       7 },
    { QK_E_SERVER_UNTRUSTED,  7 },
    { QK_E_TIMEOUT,           7 },
    { QK_E_PROTOCOL,          8 }, /* an answer that makes no sense */
    { QK_E_METHOD_UNKNOWN,    8 }, /* nothing at this path */
};
/* clang-format on */

static int status_of(qk_err err)
{
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        if (statuses[i].err == err)
            return statuses[i].status;
    return 1;
}

int main(int argc, char **argv)
{
    char name[64] = "quantoki";
    qk_err err;

    if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
        printf("quantoki %s\n", QK_VERSION);
        return 0;
    }
    if (argc >= 2)
        snprintf(name, sizeof name, "quantoki %s", argv[1]);
    err = qk_command_group_run(&quantoki, argc, argv);
    if (err != QK_OK)
        fprintf(stderr, "%s: %s\n", name, qk_err_words(err));
    return status_of(err);
}
