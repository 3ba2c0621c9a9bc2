/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

static const char *const level_names[] = { "panic", "fatal", "error", "warning", "info", "debug", "trace" };

enum { SILENT = -1, LINE = 1024 };
static atomic_int threshold = SILENT;
static atomic_int target = STDERR_FILENO;

/* How a line begins, and how it leaves. */
typedef enum form { WITH_TIME, JOURNAL, GUEST, GUEST_WITH_TIME, SYSLOG } form;
static atomic_int how = WITH_TIME;
static _Atomic(const char *) component = "";
static struct sockaddr_un syslog_address = { .sun_family = AF_UNIX };

bool qk_log_level_parse(const char *name, qk_log_level *out_level)
{
    if (strcasecmp(name, "warn") == 0)
        name = "warning";
    for (int level = QK_LOG_PANIC; level <= QK_LOG_TRACE; level++)
        if (strcasecmp(name, level_names[level]) == 0) {
            *out_level = (qk_log_level)level;
            return true;
        }
    return false;
}

const char *qk_log_level_name(qk_log_level level)
{
    return level_names[level];
}

/* Is standard error a stream of systemd's journal, which takes a severity before each line? Source: systemd.exec(5),
 * $JOURNAL_STREAM; sd-daemon(3). */
static bool goes_to_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat about;
    char own[48];

    if (!stream || fstat(STDERR_FILENO, &about) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)about.st_dev, (uintmax_t)about.st_ino);
    return strcmp(stream, own) == 0;
}

qk_err qk_log_open(const char *path, qk_log_level level)
{
    int fd = STDERR_FILENO;

    if (path) {
        fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0)
            return qk_fail(QK_E_CONFIG, "log file %s: %s", path, strerror(errno));
    }
    qk_log_close();
    atomic_store(&target, fd);
    atomic_store(&how, !path && goes_to_journal() ? JOURNAL : WITH_TIME);
    atomic_store(&threshold, (int)level);
    return QK_OK;
}

void qk_log_open_guest(const char *name, qk_log_level level)
{
    qk_log_close();
    atomic_store(&component, name);
    atomic_store(&how, GUEST);
    atomic_store(&threshold, (int)level);
}

void qk_log_tell_time(void)
{
    int guest = GUEST;

    atomic_compare_exchange_strong(&how, &guest, GUEST_WITH_TIME);
}

qk_err qk_log_open_syslog(const char *socket_path, const char *name, qk_log_level level)
{
    int fd;

    if (strlen(socket_path) >= sizeof syslog_address.sun_path)
        return qk_fail(QK_E_CONFIG, "the path of the system log's socket is too long");
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return qk_fail(QK_E_CONFIG, "system log: %s", strerror(errno));
    qk_log_close();
    snprintf(syslog_address.sun_path, sizeof syslog_address.sun_path, "%s", socket_path);
    atomic_store(&component, name);
    atomic_store(&target, fd);
    atomic_store(&how, SYSLOG);
    atomic_store(&threshold, (int)level);
    return QK_OK;
}

void qk_log_close(void)
{
    int fd = atomic_exchange(&target, STDERR_FILENO);

    atomic_store(&threshold, SILENT);
    atomic_store(&how, WITH_TIME);
    if (fd != STDERR_FILENO)
        close(fd);
}

bool qk_log_wants(qk_log_level level)
{
    return (int)level <= atomic_load_explicit(&threshold, memory_order_relaxed);
}

static void begin_line(char *line, size_t room, qk_log_level level)
{
    /* Source: RFC 3164, section 4.1.1: severities of the levels, and the facility "user". */
    static const int severities[] = { 0, 2, 3, 4, 6, 7, 7 }, facility = 1 << 3;
    const char *name = atomic_load(&component);
    char now[25];

    switch ((form)atomic_load(&how)) {
    case GUEST:
        snprintf(line, room, "%s: level=%s ", name, level_names[level]);
        break;
    case GUEST_WITH_TIME:
        qk_clock_iso8601(now);
        snprintf(line, room, "%s: %s pid=%ld level=%s ", name, now, (long)getpid(), level_names[level]);
        break;
    case SYSLOG:
        snprintf(line, room, "<%d>%s[%ld]: level=%s ", facility | severities[level], name, (long)getpid(),
                 level_names[level]);
        break;
    case JOURNAL: /* which has its own time and process */
        snprintf(line, room, "<%d>level=%s ", severities[level], level_names[level]);
        break;
    case WITH_TIME:
        qk_clock_iso8601(now);
        snprintf(line, room, "%s pid=%ld level=%s ", now, (long)getpid(), level_names[level]);
        break;
    }
}

/* What cannot be written is lost: there is nowhere to say so. */
static void send_line(const char *line, size_t len)
{
    ssize_t done;

    if (atomic_load(&how) == SYSLOG)
        done = sendto(atomic_load(&target), line, len, MSG_NOSIGNAL | MSG_DONTWAIT,
                      (const struct sockaddr *)&syslog_address, sizeof syslog_address);
    else
        done = write(atomic_load(&target), line, len);
    (void)done;
}

/* Control characters become '?': a name in a message must not be able to forge a second line. */
static void write_line(qk_log_level level, const char *message)
{
    char line[LINE];
    int saved_errno = errno;
    size_t len;

    begin_line(line, sizeof line - 1, level);
    len = strlen(line);
    snprintf(line + len, sizeof line - 1 - len, "%s", message);
    len = strlen(line);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
            line[i] = '?';
    line[len++] = '\n';
    send_line(line, len);
    errno = saved_errno;
}

void qk_log_write(qk_log_level level, const char *format, ...)
{
    char message[LINE - 80];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    write_line(level, message);
}

void qk_log_failure(qk_log_level level, qk_err code, const char *format, ...)
{
    char message[LINE - 80], what[400], words[sizeof qk_failure_last()->words];
    const qk_failure *last = qk_failure_last();
    const char *file = last->code == code && last->file ? strstr(last->file, "src/") : NULL;
    va_list args;

    if (!qk_log_wants(level))
        return;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(words, sizeof words, "%s", qk_err_words(code));
    for (char *quote = words; (quote = strchr(quote, '"')) != NULL;) /* a name in it must not end the words early */
        *quote = '\'';
    snprintf(message, sizeof message, "%s err=%s words=\"%s\" at=%s:%d", what, qk_err_name(code), words,
             file ? file : "-", file ? last->line : 0);
    write_line(level, message);
}
