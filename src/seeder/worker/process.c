/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "seeder/text.h"

static qk_seed_process *left;

/* ---- children that have ended ---- */

static int news = -1;

int qk_seed_processes_fd(void)
{
    sigset_t child;

    if (news >= 0)
        return news;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    signal(SIGCHLD, SIG_DFL); /* who started us may have ignored it: children would then leave no status */
    sigprocmask(SIG_BLOCK, &child, NULL);
    news = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    return news;
}

void qk_seed_processes_news(void)
{
    struct signalfd_siginfo info;

    while (news >= 0 && read(news, &info, sizeof info) == (ssize_t)sizeof info)
        continue;
}

/* ---- in the child ---- */

void qk_seed_process_prepare(pid_t supervisor, int on_orphaned, bool keeps_credentials)
{
    static const char *const ours[] = {
        "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "QRYPT_TOKEN", "CRYPTOKI_USER_PIN",
    };
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    prctl(PR_SET_PDEATHSIG, on_orphaned);
    if (getppid() != supervisor)
        _exit(127); /* too late for that signal */
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        unsetenv(ours[i]);
    if (!keeps_credentials)
        unsetenv("CREDENTIALS_DIRECTORY");
}

/* ---- records ---- */

qk_err qk_seed_process_new(const char *what, qk_seed_process **out_process)
{
    size_t len = strlen(what) + 1;
    qk_seed_process *fresh = calloc(1, sizeof *fresh + len);

    if (!fresh)
        return qk_fail(QK_E_NO_MEMORY, "process");
    memcpy(fresh->what, what, len);
    *out_process = fresh;
    return QK_OK;
}

bool qk_seed_process_has_ended(const qk_seed_process *process, int *out_status)
{
    pid_t ended = waitpid(process->pid, out_status, WNOHANG);

    return ended > 0 || (ended < 0 && errno != EINTR);
}

void qk_seed_process_kill(const qk_seed_process *process)
{
    kill(process->has_group ? -process->pid : process->pid, SIGKILL);
}

void qk_seed_process_part(qk_seed_process **process, int64_t kill_at_ms)
{
    (*process)->kill_at_ms = kill_at_ms;
    (*process)->next = left;
    left = *process;
    *process = NULL;
    qk_seed_processes_collect(qk_clock_monotonic_ms());
}

void qk_seed_processes_collect(int64_t now_ms)
{
    for (qk_seed_process **at = &left; *at;) {
        qk_seed_process *it = *at;
        int status = 0;
        if (qk_seed_process_has_ended(it, &status)) {
            if (status != 0)
                qk_log(QK_LOG_INFO, "op=process what=%s pid=%d status=0x%x", qk_seed_shown(it->what), (int)it->pid,
                       (unsigned)status);
            *at = it->next;
            free(it);
            continue;
        }
        if (now_ms >= it->kill_at_ms)
            qk_seed_process_kill(it);
        at = &it->next;
    }
}

size_t qk_seed_processes_stuck(const char *what, int64_t now_ms)
{
    size_t count = 0;

    for (const qk_seed_process *it = left; it; it = it->next)
        count += now_ms >= it->kill_at_ms && strcmp(it->what, what) == 0;
    return count;
}

static void wait_for_them(qk_deadline_ms deadline)
{
    sigset_t child;

    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    for (;;) {
        int64_t left_ms = qk_deadline_left(deadline);
        const struct timespec most = { .tv_sec = left_ms / 1000, .tv_nsec = left_ms % 1000 * 1000000 };
        qk_seed_processes_collect(qk_clock_monotonic_ms());
        if (!left || left_ms == 0)
            return;
        sigtimedwait(&child, NULL, &most);
    }
}

void qk_seed_processes_end(qk_deadline_ms deadline, int64_t more_ms)
{
    wait_for_them(deadline);
    for (qk_seed_process *it = left; it; it = it->next)
        it->kill_at_ms = 0;
    wait_for_them(qk_deadline_in(more_ms));
    while (left) {
        qk_seed_process *it = left;
        left = it->next;
        free(it);
    }
}
