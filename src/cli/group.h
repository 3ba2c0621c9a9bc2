/* SPDX-License-Identifier: Apache-2.0 */
/* Commands in tables: the table of a program or of a command that has commands of its own is also its help text. */
#ifndef QK_CLI_GROUP_H
#define QK_CLI_GROUP_H

#include <stddef.h>

#include "cli/cli.h"

typedef struct qk_command_group {
    const char *name; /* "quantoki", "quantoki token" */
    const char *more; /* lines below the table; may be NULL */
    const qk_command *commands;
    size_t count;
} qk_command_group;

/* Runs the command that argv[1] names. Without one, or with one that does not exist, it prints the table and ends the
 * program with status 2; --help prints it and ends with 0. Errors come back. */
qk_err qk_command_group_run(const qk_command_group *group, int argc, char **argv);

#endif
