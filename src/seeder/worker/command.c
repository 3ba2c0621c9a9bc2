/* SPDX-License-Identifier: Apache-2.0 */
/* No stdio on the way: no copy of the PIN stays in a buffer. */
#include "seeder/worker/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seeder/worker/process.h"

enum { MOST_OUTPUT = 8192 };

struct qk_seed_command {
    qk_seed_process *process; /* NULL: it has ended */
    int fd, status;
    int64_t end_by_ms;
    qk_secret output;
    size_t len;
};

static size_t running;

static void exec_command(const char *text, int out, pid_t supervisor)
{
    qk_seed_process_prepare(supervisor, SIGKILL, true);
    setpgid(0, 0);
    if (dup2(out, STDOUT_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", text, (char *)NULL);
    _exit(127);
}

static qk_err start(qk_seed_command *it, const char *text)
{
    pid_t supervisor = getpid();
    int ends[2];

    QK_TRY(qk_secret_new(MOST_OUTPUT, &it->output));
    QK_TRY(qk_seed_process_new("pin_command", &it->process));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return qk_fail(QK_E_SYSTEM, "pin_command: %s", strerror(errno));
    it->fd = ends[0];
    fcntl(it->fd, F_SETFL, O_NONBLOCK); /* our end alone: each has a description of its own */
    it->process->pid = fork();
    if (it->process->pid == 0)
        exec_command(text, ends[1], supervisor);
    close(ends[1]);
    if (it->process->pid < 0) {
        it->process->pid = 0;
        return qk_fail(QK_E_SYSTEM, "pin_command: %s", strerror(errno));
    }
    setpgid(it->process->pid, it->process->pid); /* whoever comes first */
    it->process->has_group = true;
    it->end_by_ms = qk_clock_monotonic_ms() + QK_SEED_COMMAND_MS;
    return QK_OK;
}

qk_err qk_seed_command_start(const char *text, qk_seed_command **out_command)
{
    QK_OWNED(qk_seed_command_free) qk_seed_command *fresh = calloc(1, sizeof *fresh);

    if (!fresh)
        return qk_fail(QK_E_NO_MEMORY, "pin_command");
    running++;
    fresh->fd = -1;
    QK_TRY(start(fresh, text));
    *out_command = fresh;
    fresh = NULL;
    return QK_OK;
}

int qk_seed_command_fd(const qk_seed_command *command)
{
    return command->fd;
}

static void close_output(qk_seed_command *it)
{
    if (it->fd >= 0)
        close(it->fd);
    it->fd = -1;
}

/* What does not fit is left: the command then waits for a reader, until its time is over. */
static void read_output(qk_seed_command *it)
{
    while (it->fd >= 0 && it->len < it->output.len) {
        ssize_t got = read(it->fd, qk_secret_fill(&it->output) + it->len, it->output.len - it->len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0)
            close_output(it);
        else
            it->len += (size_t)got;
    }
    if (it->len == it->output.len)
        close_output(it); /* it is told so: its next write fails */
}

static qk_err result_of(const qk_seed_command *it, qk_secret *out_pin)
{
    qk_view line = qk_view_first_line(qk_view_slice(qk_secret_reveal(&it->output), 0, it->len));

    if (it->status != 0)
        return qk_fail(QK_E_CONFIG, "pin_command ends with status %d",
                       WIFEXITED(it->status) ? WEXITSTATUS(it->status) : -1);
    if (line.len == 0)
        return qk_fail(QK_E_CONFIG, "pin_command: its first line is empty");
    return qk_secret_copy(line, out_pin);
}

bool qk_seed_command_is_over(qk_seed_command *command, qk_err *out_err, qk_secret *out_pin)
{
    bool has_ended = qk_seed_process_has_ended(command->process, &command->status);

    read_output(command); /* after that question, so that nothing of one that has ended is missed */
    if (has_ended) {
        free(command->process);
        command->process = NULL;
        *out_err = result_of(command, out_pin);
        return true;
    }
    if (qk_clock_monotonic_ms() < command->end_by_ms)
        return false;
    *out_err = qk_fail(QK_E_TIMEOUT, "pin_command has not ended after %d s", QK_SEED_COMMAND_MS / 1000);
    return true;
}

void qk_seed_command_free(qk_seed_command **command)
{
    qk_seed_command *it = *command;

    if (!it)
        return;
    close_output(it);
    if (it->process && it->process->pid)
        qk_seed_process_part(&it->process, 0);
    free(it->process);
    qk_secret_free(&it->output);
    free(it);
    running--;
    *command = NULL;
}

qk_err qk_seed_command_run(const char *text, qk_secret *out_pin)
{
    enum { LOOK_MS = 20 }; /* at what has closed its output and goes on */
    QK_OWNED(qk_seed_command_free) qk_seed_command *command = NULL;
    qk_err err;

    QK_TRY(qk_seed_command_start(text, &command));
    while (!qk_seed_command_is_over(command, &err, out_pin)) {
        struct pollfd more = { .fd = command->fd, .events = POLLIN };
        poll(&more, 1, LOOK_MS);
    }
    return err;
}

size_t qk_seed_commands_running(void)
{
    return running;
}
