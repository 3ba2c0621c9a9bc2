/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki: the operator's command line. A subcommand is a row of the table in main.c and a file of its own; one that
 * has subcommands itself has a table in its file (group.h). */
#ifndef QK_CLI_CLI_H
#define QK_CLI_CLI_H

#include "base/error.h"

typedef struct qk_command {
    const char *name;
    const char *summary; /* one line for `quantoki --help` */
    /* argv[0] is "quantoki NAME". Errors are printed by main, with their words. */
    qk_err (*run)(int argc, char **argv);
} qk_command;

qk_err qk_command_init(int argc, char **argv);
qk_err qk_command_token(int argc, char **argv);
qk_err qk_command_iam(int argc, char **argv);
qk_err qk_command_mtls(int argc, char **argv);
qk_err qk_command_entropy(int argc, char **argv);
qk_err qk_command_keys(int argc, char **argv);

#endif
