/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/latch_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { MOST_NOTE = 65536 };

const char *qk_seed_state_folder(const qk_seeder *seeder)
{
    const char *given = secure_getenv("STATE_DIRECTORY");

    if (given && *given == '/' && !strchr(given, ':') &&
        strcmp(seeder->config.state_folder, "/var/lib/quantoki-seed") == 0)
        return given;
    return seeder->config.state_folder;
}

static qk_err path_of(const qk_seeder *seeder, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", qk_seed_state_folder(seeder), name) >= PATH_MAX)
        return qk_fail(QK_E_CONFIG, "state_folder: the path is too long");
    return QK_OK;
}

static qk_err make_text(const qk_seed_target *target, const qk_seed_latch *latch, qk_buf *out)
{
    qk_seed_target_config config = target->config;

    config.name = target->name; /* also of a token that was found */
    qk_seed_note_write(latch, &config, out);
    return qk_buf_check(out);
}

/* What root notes by hand (--once) is the daemon's to read. */
static void give_to_daemon(const qk_seeder *seeder, int fd)
{
    struct stat folder, note;

    if (geteuid() != 0 || stat(qk_seed_state_folder(seeder), &folder) != 0 || folder.st_uid == 0 ||
        fstat(fd, &note) != 0 || !S_ISREG(note.st_mode) || note.st_nlink != 1 || note.st_uid != 0)
        return;
    if (fchown(fd, folder.st_uid, folder.st_gid) != 0)
        qk_log(QK_LOG_WARNING, "op=latch folder=%s warning=\"a note stays root's, so the daemon cannot read it\"",
               qk_seed_shown(qk_seed_state_folder(seeder)));
}

static void give_file_to_daemon(const qk_seeder *seeder, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0)
        return;
    give_to_daemon(seeder, fd);
    close(fd);
}

qk_err qk_seed_notes_write(const qk_seeder *seeder, const qk_seed_target *target, const qk_seed_latch *latch,
                           const char *name)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    char path[PATH_MAX];

    QK_TRY(path_of(seeder, name, path));
    QK_TRY(make_text(target, latch, &text));
    QK_TRY(qk_folder_make(qk_seed_state_folder(seeder), 0700));
    QK_TRY(qk_file_write(path, 0600, qk_buf_view(&text)));
    give_file_to_daemon(seeder, path);
    return QK_OK;
}

qk_err qk_seed_notes_write_quickly(const qk_seeder *seeder, const qk_seed_target *target, const qk_seed_latch *latch,
                                   const char *name)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    char path[PATH_MAX];
    ssize_t written;
    int fd;

    QK_TRY(path_of(seeder, name, path));
    QK_TRY(make_text(target, latch, &text));
    QK_TRY(qk_folder_make(qk_seed_state_folder(seeder), 0700));
    unlink(path);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", path, strerror(errno));
    give_to_daemon(seeder, fd);
    written = write(fd, text.data, text.len);
    if (close(fd) != 0 || written != (ssize_t)text.len)
        return qk_fail(QK_E_SYSTEM, "%s: %s", path, strerror(errno));
    return QK_OK;
}

qk_err qk_seed_notes_read(const qk_seeder *seeder, const qk_seed_target *target, const char *name, qk_seed_latch *out)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    char path[PATH_MAX];

    QK_TRY(path_of(seeder, name, path));
    QK_TRY(qk_file_read(path, MOST_NOTE, &text));
    if (text.len == 0 && strncmp(name, QK_SEED_NOTE_TRYING, sizeof QK_SEED_NOTE_TRYING - 1) == 0)
        return qk_fail(QK_E_OBJECT_MISSING, "%s is empty", path);
    return qk_seed_note_read(qk_buf_view(&text), &target->config, out);
}

int qk_seed_notes_hold(const qk_seeder *seeder)
{
    int fd;

    if (qk_folder_make(qk_seed_state_folder(seeder), 0700) != QK_OK)
        return -1;
    fd = open(qk_seed_state_folder(seeder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        continue;
    return fd;
}

void qk_seed_notes_let_go(const int *held)
{
    if (*held >= 0)
        close(*held);
}

void qk_seed_notes_remove(const qk_seeder *seeder, const char *name)
{
    char path[PATH_MAX];

    if (path_of(seeder, name, path) == QK_OK)
        unlink(path);
}

bool qk_seed_notes_was_removed(const qk_seeder *seeder, const char *name)
{
    char path[PATH_MAX];
    struct stat about;

    return path_of(seeder, name, path) == QK_OK && stat(path, &about) != 0 && errno == ENOENT &&
           stat(qk_seed_state_folder(seeder), &about) == 0;
}

/* Names of notes have no dot; what is being written has. */
static bool is_note(const char *name)
{
    return (strncmp(name, QK_SEED_NOTE_WRONG, sizeof QK_SEED_NOTE_WRONG - 1) == 0 ||
            strncmp(name, QK_SEED_NOTE_TRYING, sizeof QK_SEED_NOTE_TRYING - 1) == 0) &&
           !strchr(name, '.');
}

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

qk_err qk_seed_notes_each(const qk_seeder *seeder, void (*take)(void *context, const char *name), void *context)
{
    QK_OWNED(close_folder) DIR *folder = opendir(qk_seed_state_folder(seeder));
    const struct dirent *entry;

    if (!folder && errno != ENOENT)
        return qk_fail(QK_E_SYSTEM, "%s: %s", qk_seed_state_folder(seeder), strerror(errno));
    errno = 0;
    for (; folder && (entry = readdir(folder)); errno = 0)
        if (is_note(entry->d_name))
            take(context, entry->d_name);
    return folder && errno ? qk_fail(QK_E_SYSTEM, "%s: %s", qk_seed_state_folder(seeder), strerror(errno)) : QK_OK;
}
