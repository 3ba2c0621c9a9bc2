/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes, which the supervisor never waits for: one that is inside a driver may not end even when it is
 * killed.
 *
 * Who is done with a child parts with it. It then stands in a list of this file until it has ended, is killed when its
 * time is over, and is collected whenever that may be. One thread. */
#ifndef QK_SEEDER_PROCESS_H
#define QK_SEEDER_PROCESS_H

#include <sys/types.h>

#include "base/clock.h"
#include "base/error.h"

typedef struct qk_seed_process {
    pid_t pid;          /* 0: not started yet */
    bool has_group;     /* of its own, which is killed with it */
    int64_t kill_at_ms; /* of one that was parted with */
    struct qk_seed_process *next;
    char what[]; /* for the log, and to count by */
} qk_seed_process;

/* A descriptor that can be read when a child has ended; -1: there is none, and ends are seen late. Blocks SIGCHLD. */
int qk_seed_processes_fd(void);
/* Takes the news from it. */
void qk_seed_processes_news(void);

/* In the child, before exec: signals as anybody expects them, `on_orphaned` when the supervisor dies, and nothing in
 * the environment that is the supervisor's alone. Credentials are for commands, which may have to open a PIN with them.
 */
void qk_seed_process_prepare(pid_t supervisor, int on_orphaned, bool keeps_credentials);

/* A record for a child; made before the fork, so that parting with it cannot fail. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_seed_process_new(const char *what, qk_seed_process **out_process);
/* True once it has ended. It is then collected, its number is another's, and the record is the caller's to free. */
bool qk_seed_process_has_ended(const qk_seed_process *process, int *out_status);
/* SIGKILL, also to its group if it has one. It is collected when it has ended. */
void qk_seed_process_kill(const qk_seed_process *process);
/* Takes the record. A child that has not ended by then is killed; a time that is over means now. */
void qk_seed_process_part(qk_seed_process **process, int64_t kill_at_ms);

/* Of those parted with: collects who has ended, kills whose time is over. */
void qk_seed_processes_collect(int64_t now_ms);
/* How many of them were killed, since their time is over, and have not ended. */
size_t qk_seed_processes_stuck(const char *what, int64_t now_ms);
/* At the end of the program: waits until the deadline, kills who is left, and gives them `more_ms`. Who has not ended
 * then is the system's. SIGCHLD is blocked. */
void qk_seed_processes_end(qk_deadline_ms deadline, int64_t more_ms);

#endif
