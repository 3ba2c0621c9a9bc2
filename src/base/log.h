/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one event, one line, `key=value`, written at the edge that decided.
 *
 *     qk_log(QK_LOG_WARNING, "op=sign mech=%s slot=%lu err=%s", ...);
 *
 * Ids and sizes, never contents. Until qk_log_open nothing is written: the module is a guest in someone else's process.
 * Lines go to one file descriptor in one write(2) each, so several processes may share a file. The seven levels and
 * their names are those of grep11client.yaml. */
#ifndef QK_BASE_LOG_H
#define QK_BASE_LOG_H

#include "base/error.h"

typedef enum qk_log_level {
    QK_LOG_PANIC,
    QK_LOG_FATAL,
    QK_LOG_ERROR,
    QK_LOG_WARNING,
    QK_LOG_INFO,
    QK_LOG_DEBUG,
    QK_LOG_TRACE,
} qk_log_level;

/* "warn" is accepted for "warning", any case. False if the name is unknown. */
bool qk_log_level_parse(const char *name, qk_log_level *out_level);
const char *qk_log_level_name(qk_log_level level);

/* Writes lines up to `level` to the file (created 0600, appended to), or to stderr if path is NULL. If that is
 * systemd's journal, lines begin with their severity, and neither time nor process, which the journal has. Replaces the
 * former target. QK_E_CONFIG if the file cannot be opened. */
QK_MUST_CHECK qk_err qk_log_open(const char *path, qk_log_level level);
/* For guests in somebody else's process: lines to stderr, opened by `component` (a literal) instead of the time. */
void qk_log_open_guest(const char *component, qk_log_level level);
/* From now on, until the next opening, a guest's lines tell time and process, too. */
void qk_log_tell_time(void);
/* To the system's log, as datagrams to its socket (QK_LOG_SYSLOG_SOCKET), so that the host's openlog() is left alone.
 * Lines are lost while nobody listens there. QK_E_CONFIG if there can be no socket. Source: RFC 3164, section 4.1.1. */
#define QK_LOG_SYSLOG_SOCKET "/dev/log"
QK_MUST_CHECK qk_err qk_log_open_syslog(const char *socket_path, const char *component, qk_log_level level);
void qk_log_close(void);
bool qk_log_wants(qk_log_level level);

#define qk_log(level, ...)                                                                                             \
    do {                                                                                                               \
        if (qk_log_wants(level))                                                                                       \
            qk_log_write((level), __VA_ARGS__);                                                                        \
    } while (0)
void qk_log_write(qk_log_level level, const char *format, ...) QK_PRINTF(2, 3);
/* One line for an error that leaves here: its name, its words, and where it was born. */
void qk_log_failure(qk_log_level level, qk_err code, const char *format, ...) QK_PRINTF(3, 4);

#endif
