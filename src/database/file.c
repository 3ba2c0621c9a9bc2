/* SPDX-License-Identifier: Apache-2.0 */
/* The database's files before SQLite sees them.
 *
 * SQLite gives -wal and -shm the mode of the main file, whatever the umask, so making the main file 0600 settles all
 * three. An existing file is never opened here: closing any descriptor of a file drops all locks that this process has
 * on it (POSIX locks), and SQLite may hold some for another qk_database. */
#include "database/sqlite.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static qk_err refuse(const char *path, const char *what)
{
    int reason = errno;
    qk_err code = reason == ENOSPC || reason == EDQUOT ? QK_E_DEVICE_FULL
                  : reason == EROFS                    ? QK_E_TOKEN_READ_ONLY
                                                       : QK_E_SYSTEM;
    return qk_fail(code, "database %s: %s: %s", path, what, strerror(reason));
}

static void sync_folder_of(const char *path)
{
    char *folder = strdup(path), *slash = folder ? strrchr(folder, '/') : NULL;
    int fd;

    if (slash) {
        slash[slash == folder] = 0;
        fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd >= 0) {
            fsync(fd);
            close(fd);
        }
    }
    free(folder);
}

/* Made under another name and linked to the real one, so that nobody in this process can have it open when our
 * descriptor closes. */
static qk_err create(const char *path)
{
    char *temporary = NULL;
    qk_err err = QK_OK;
    int fd;

    if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
        return qk_fail(QK_E_NO_MEMORY, "database %s: no memory for its path", path);
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        err = refuse(path, "cannot create");
    } else {
        close(fd);
        if (chmod(temporary, 0600) != 0 || (link(temporary, path) != 0 && errno != EEXIST))
            err = refuse(path, "cannot create");
        unlink(temporary);
        sync_folder_of(path);
    }
    free(temporary);
    return err;
}

static qk_err tighten(const char *path, const char *suffix)
{
    struct stat status;
    char *name = NULL;
    qk_err err = QK_OK;

    if (asprintf(&name, "%s%s", path, suffix) < 0)
        return qk_fail(QK_E_NO_MEMORY, "database %s: no memory for its path", path);
    if (stat(name, &status) == 0 && (status.st_mode & 077) != 0 && chmod(name, status.st_mode & 0700) != 0)
        err = refuse(name, "others may read it and its mode cannot be changed");
    free(name);
    return err;
}

qk_err qk_sqlite_file_prepare(const char *path)
{
    static const char *const suffixes[] = { "", "-wal", "-shm" };
    struct stat status;

    if (stat(path, &status) != 0) {
        if (errno != ENOENT)
            return refuse(path, "cannot open");
        return create(path);
    }
    if (!S_ISREG(status.st_mode))
        return qk_fail(QK_E_CONFIG, "database %s: not a file", path);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++)
        QK_TRY(tighten(path, suffixes[i]));
    return QK_OK;
}

/* Numbers from the kernel's uapi/linux/magic.h and the file systems' sources. On these WAL's shared memory does not
 * work, or locks are not to be trusted. */
static const struct {
    unsigned long magic;
    const char *name;
} networks[] = {
    { 0x6969, "NFS" },      { 0xff534d42, "CIFS" }, { 0xfe534d42, "SMB" },   { 0x517b, "SMB" },
    { 0x564c, "NCP" },      { 0x73757245, "Coda" }, { 0x5346414f, "AFS" },   { 0x6b414653, "AFS" },
    { 0x00c36400, "Ceph" }, { 0x01161970, "GFS2" }, { 0x7461636f, "OCFS2" }, { 0x0bd00bd0, "Lustre" },
    { 0x01021997, "9p" },   { 0x47504653, "GPFS" },
};

const char *qk_sqlite_network_name(unsigned long magic)
{
    for (size_t i = 0; i < sizeof networks / sizeof networks[0]; i++)
        if (networks[i].magic == magic)
            return networks[i].name;
    return NULL;
}

qk_err qk_sqlite_file_check_local(const char *path)
{
    struct statfs status;
    const char *network;

    if (statfs(path, &status) != 0)
        return refuse(path, "statfs");
    network = qk_sqlite_network_name((unsigned long)status.f_type & 0xffffffffUL);
    if (network)
        return qk_fail(QK_E_CONFIG,
                       "database %s lies on a network file system (%s), where SQLite loses data: move it to "
                       "a local disk",
                       path, network);
    return QK_OK;
}
