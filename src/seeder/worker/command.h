/* SPDX-License-Identifier: Apache-2.0 */
/* A pin_command under way: the supervisor looks at it now and then, and does other things meanwhile. */
#ifndef QK_SEEDER_COMMAND_H
#define QK_SEEDER_COMMAND_H

#include "base/secret.h"

enum { QK_SEED_COMMAND_MS = 10000, QK_SEED_MOST_COMMANDS = 8 /* at once */ };

typedef struct qk_seed_command qk_seed_command;

/* Starts it by /bin/sh. QK_E_SYSTEM, QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_seed_command_start(const char *text, qk_seed_command **out_command);
/* To be polled for reading; -1: it has closed its output, and only its end is missing (SIGCHLD). */
int qk_seed_command_fd(const qk_seed_command *command);
/* Never waits. True when it is over: *out_err is then QK_OK with the first line of its output, QK_E_TIMEOUT, or
 * QK_E_CONFIG for no line or another status than 0. */
bool qk_seed_command_is_over(qk_seed_command *command, qk_err *out_err, qk_secret *out_pin);
/* Ends it, with what it started, if it is not over. */
void qk_seed_command_free(qk_seed_command **command);
/* All of that, waiting for its end. */
QK_MUST_CHECK qk_err qk_seed_command_run(const char *text, qk_secret *out_pin);
/* How many there are. */
size_t qk_seed_commands_running(void);

#endif
