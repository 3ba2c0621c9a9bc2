/* SPDX-License-Identifier: Apache-2.0 */
/* PINs and the token, from wherever they are kept, read anew for each use: a PIN that was corrected counts at once. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "seeder/config/config.h"

enum { MOST_SECRET = 8192, COMMAND_MS = 10000 };

static qk_err take_first_line(qk_view text, const char *where, qk_secret *out)
{
    qk_view line = qk_view_first_line(text);

    if (line.len == 0)
        return qk_fail(QK_E_CONFIG, "%s: its first line is empty", where);
    return qk_secret_copy(line, out);
}

typedef qk_err reader(const char *path, size_t max_len, qk_secret *out);

static qk_err read_file(const char *path, reader *read_whole, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;

    QK_TRY(read_whole(path, MOST_SECRET, &text));
    return take_first_line(qk_secret_reveal(&text), path, out);
}

/* systemd puts credentials into a folder of the unit's own. */
static qk_err read_credential(const char *name, qk_secret *out)
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    if (!folder)
        return qk_fail(QK_E_CONFIG,
                       "credential %s: CREDENTIALS_DIRECTORY is not set; start the unit with LoadCredential=", name);
    if (strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return qk_fail(QK_E_CONFIG, "credential %s is no name of one", name);
    return read_file(path, qk_file_read_credential, out);
}

static void exec_command(const char *command, int out)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (dup2(out, STDOUT_FILENO) >= 0)
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

/* What the command writes until its end; QK_E_TIMEOUT. */
static qk_err read_pipe(int fd, qk_secret *text, size_t *out_len)
{
    qk_deadline_ms deadline = qk_deadline_in(COMMAND_MS);
    size_t len = 0;

    for (;;) {
        struct pollfd more = { .fd = fd, .events = POLLIN };
        int ready = poll(&more, 1, qk_deadline_left(deadline));
        ssize_t got = ready > 0 ? read(fd, qk_secret_fill(text) + len, text->len - len) : -1;
        if (ready == 0)
            return qk_fail(QK_E_TIMEOUT, "pin_command has not ended after %d s", COMMAND_MS / 1000);
        if (ready < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        len += (size_t)got;
    }
    *out_len = len;
    return QK_OK;
}

/* No stdio on the way: no copy of the PIN stays in a buffer. */
static qk_err read_command(const char *command, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
    int ends[2], status = -1;
    size_t len = 0;
    pid_t child;
    qk_err err;

    QK_TRY(qk_secret_new(MOST_SECRET, &text));
    if (pipe2(ends, O_CLOEXEC) != 0)
        return qk_fail(QK_E_SYSTEM, "pin_command: %s", strerror(errno));
    child = fork();
    if (child == 0)
        exec_command(command, ends[1]);
    close(ends[1]);
    err = child > 0 ? read_pipe(ends[0], &text, &len) : qk_fail(QK_E_SYSTEM, "pin_command: %s", strerror(errno));
    close(ends[0]);
    if (child > 0 && err != QK_OK)
        kill(-child, SIGKILL);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    QK_TRY(err);
    if (status != 0)
        return qk_fail(QK_E_CONFIG, "pin_command ends with status %d", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return take_first_line(qk_view_slice(qk_secret_reveal(&text), 0, len), "pin_command", out);
}

qk_err qk_seed_pin_read(const qk_seed_target_config *target, qk_secret *out_pin)
{
    if (target->login_type == QK_SEED_NO_LOGIN)
        return qk_secret_new(0, out_pin);
    if (target->pin_file)
        return read_file(target->pin_file, qk_file_read_secret, out_pin);
    if (target->pin_credential)
        return read_credential(target->pin_credential, out_pin);
    if (target->pin_command)
        return read_command(target->pin_command, out_pin);
    return qk_secret_copy(qk_secret_reveal(&target->pin_kept), out_pin);
}

qk_err qk_seed_token_read(const qk_seed_config *config, qk_secret *out_token)
{
    if (config->token_kept.len)
        return qk_secret_copy(qk_secret_reveal(&config->token_kept), out_token);
    if (config->token_credential)
        return read_credential(config->token_credential, out_token);
    if (config->token_file)
        return read_file(config->token_file, qk_file_read_secret, out_token);
    return qk_fail(QK_E_CONFIG, "service.token_file, service.token_credential or service.token is missing");
}
