/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of `quantoki entropy`, rows of the table in entropy.c, a file each. */
#ifndef QK_CLI_ENTROPY_COMMANDS_H
#define QK_CLI_ENTROPY_COMMANDS_H

#include "base/error.h"

qk_err qk_command_entropy_get(int argc, char **argv);
qk_err qk_command_entropy_status(int argc, char **argv);
qk_err qk_command_entropy_sources(int argc, char **argv);
/* Ends the program with status 3 if the bytes have defects. */
qk_err qk_command_entropy_test(int argc, char **argv);

#endif
