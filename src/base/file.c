/* SPDX-License-Identifier: Apache-2.0 */
/* A file that is written here is either the old one or the new one, also after a power cut: the content goes to a
 * temporary neighbour, reaches the disk, and only then takes the name. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static qk_err fail_errno(const char *what, const char *path)
{
    int reason = errno;

    if (reason == ENOSPC || reason == EDQUOT)
        return qk_fail(QK_E_DEVICE_FULL, "%s %s: %s; make room on this file system", what, path, strerror(reason));
    return qk_fail(QK_E_SYSTEM, "%s %s: %s", what, path, strerror(reason));
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static qk_err open_to_read(const char *path, int *out_fd, struct stat *out_stat)
{
    QK_OWNED(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 && errno == ENOENT)
        return qk_fail(QK_E_OBJECT_MISSING, "read %s: no such file", path);
    if (fd < 0 || fstat(fd, out_stat) != 0)
        return fail_errno("read", path);
    if (S_ISDIR(out_stat->st_mode))
        return qk_fail(QK_E_SYSTEM, "read %s: it is a folder", path);
    *out_fd = fd;
    fd = -1;
    return QK_OK;
}

static qk_err fail_too_large(const char *path, size_t max_len)
{
    return qk_fail(QK_E_SYSTEM, "read %s: larger than the %zu bytes that are allowed", path, max_len);
}

/* Fills `place` as far as the file goes. */
static qk_err read_some(const char *path, int fd, uint8_t *place, size_t room, size_t *out_len)
{
    size_t len = 0;

    while (len < room) {
        ssize_t got = read(fd, place + len, room - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno("read", path);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    *out_len = len;
    return QK_OK;
}

qk_err qk_file_read(const char *path, size_t max_len, qk_buf *out)
{
    enum { STEP = 16 * 1024 };
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    QK_OWNED(close_fd) int fd = -1;
    struct stat about;
    size_t got = 0;

    QK_TRY(open_to_read(path, &fd, &about));
    do { /* to the end, whatever the size said before: pipes have none, and files grow */
        uint8_t *place = qk_buf_grow(&content, STEP);
        QK_TRY(qk_buf_check(&content));
        QK_TRY(read_some(path, fd, place, STEP, &got));
        content.len -= STEP - got;
        if (content.len > max_len)
            return fail_too_large(path, max_len);
    } while (got == STEP);
    qk_buf_give(&content, out);
    return QK_OK;
}

/* `closed`: permissions that a file must not give. */
static qk_err read_closed(const char *path, unsigned closed, size_t max_len, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;
    QK_OWNED(close_fd) int fd = -1;
    struct stat about;
    size_t room, got = 0;

    QK_TRY(open_to_read(path, &fd, &about));
    if (S_ISREG(about.st_mode) && (about.st_mode & closed) != 0)
        return qk_fail(QK_E_CONFIG, "%s holds a secret but its mode is %04o; run: chmod 600 %s", path,
                       (unsigned)about.st_mode & 07777, path);
    room = S_ISREG(about.st_mode) && (uint64_t)about.st_size < max_len ? (size_t)about.st_size : max_len;
    QK_TRY(qk_secret_new(room + 1, &content)); /* one more shows that the file goes on */
    QK_TRY(read_some(path, fd, qk_secret_fill(&content), room + 1, &got));
    if (got > room)
        return fail_too_large(path, room);
    qk_secret_shorten(&content, got);
    qk_secret_give(&content, out);
    return QK_OK;
}

qk_err qk_file_read_secret(const char *path, size_t max_len, qk_secret *out)
{
    return read_closed(path, 077, max_len, out);
}

qk_err qk_file_read_credential(const char *path, size_t max_len, qk_secret *out)
{
    return read_closed(path, 037, max_len, out);
}

/* The folder that `path` lies in: "a/b" gives "a", "b" gives ".", "/b" gives "/". */
static qk_err folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    if (len >= PATH_MAX)
        return qk_fail(QK_E_SYSTEM, "path of %zu characters is too long", len);
    if (!slash)
        snprintf(out, PATH_MAX, ".");
    else
        snprintf(out, PATH_MAX, "%.*s", len ? (int)len : 1, path);
    return QK_OK;
}

/* A name is on the disk only once its folder is. */
static qk_err sync_folder_of(const char *path)
{
    QK_OWNED(close_fd) int fd = -1;
    char folder[PATH_MAX];

    QK_TRY(folder_of(path, folder));
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && errno == EACCES) /* we may write into it but not read it: nothing to sync by */
        return QK_OK;
    if (fd < 0 || (fsync(fd) != 0 && errno != EINVAL)) /* EINVAL: this file system has nothing to sync */
        return fail_errno("sync folder", folder);
    return QK_OK;
}

static qk_err write_content(const char *path, int fd, unsigned mode, qk_view content)
{
    if (fchmod(fd, (mode_t)mode) != 0) /* exactly `mode`, whatever the umask is */
        return fail_errno("write", path);
    for (size_t done = 0; done < content.len;) {
        ssize_t put = write(fd, content.data + done, content.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return fail_errno("write", path);
        done += (size_t)put;
    }
    if (fsync(fd) != 0)
        return fail_errno("write", path);
    return QK_OK;
}

/* A name that is taken is refused in the same step that takes it; link() stands in where rename cannot do that. */
static bool take_name(const char *temporary, const char *path, bool may_replace)
{
    if (may_replace)
        return rename(temporary, path) == 0;
    if (renameat2(AT_FDCWD, temporary, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    if (link(temporary, path) != 0)
        return false;
    unlink(temporary);
    return true;
}

static qk_err write_file(const char *path, unsigned mode, qk_view content, bool may_replace)
{
    QK_OWNED(close_fd) int fd = -1;
    char temporary[PATH_MAX];
    qk_err err;

    if ((size_t)snprintf(temporary, sizeof temporary, "%s.XXXXXX", path) >= sizeof temporary)
        return qk_fail(QK_E_SYSTEM, "path of %zu characters is too long", strlen(path));
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return fail_errno("write", path);
    err = write_content(path, fd, mode, content);
    if (err == QK_OK && !take_name(temporary, path, may_replace))
        err = errno == EEXIST ? qk_fail(QK_E_SYSTEM, "%s exists already and is not overwritten", path)
                              : fail_errno("write", path);
    if (err != QK_OK) {
        unlink(temporary);
        return err;
    }
    return sync_folder_of(path);
}

qk_err qk_file_write(const char *path, unsigned mode, qk_view content)
{
    return write_file(path, mode, content, true);
}

qk_err qk_file_create(const char *path, unsigned mode, qk_view content)
{
    if (qk_file_exists(path)) /* before any content touches the disk; take_name decides */
        return qk_fail(QK_E_SYSTEM, "%s exists already and is not overwritten", path);
    return write_file(path, mode, content, false);
}

bool qk_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

static qk_err make_one_folder(const char *path, unsigned mode)
{
    struct stat about;
    int reason;

    if (mkdir(path, (mode_t)mode) == 0)
        return sync_folder_of(path);
    reason = errno; /* EEXIST, but also EACCES or EROFS for a parent that is there and that we cannot write to */
    if (stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return QK_OK;
    errno = reason == EEXIST ? ENOTDIR : reason;
    return fail_errno("make folder", path);
}

qk_err qk_folder_make(const char *path, unsigned mode)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof part)
        return qk_fail(QK_E_SYSTEM, "make folder: a path of %zu characters", len);
    memcpy(part, path, len + 1);
    while (len > 1 && part[len - 1] == '/') /* "a/b//" is "a/b": the folder to sync is a's */
        part[--len] = 0;
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        part[i] = 0;
        QK_TRY(make_one_folder(part, mode));
        if (i < len)
            part[i] = '/';
    }
    return QK_OK;
}
