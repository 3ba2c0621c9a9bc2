/* SPDX-License-Identifier: Apache-2.0 */
/* A named pipe, or a regular file. A pipe stays open from one seed to the next, so that its reader waits instead of
 * meeting the end again and again; it is never waited for long. A file is replaced whole by each seed, mode 0600. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "seeder/sink/sink_kind.h"

enum { READER_MS = 1000 };

typedef struct file_sink {
    char *path;
    int fd; /* the pipe; -1: not open */
} file_sink;

static void close_pipe(file_sink *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* ---- named pipes ---- */

static CK_RV open_pipe(file_sink *file)
{
    if (file->fd >= 0)
        return CKR_OK;
    file->fd = open(file->path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file->fd < 0 && errno == ENXIO)
        return QK_SEED_PIPE_NO_READER;
    return file->fd >= 0 ? CKR_OK : qk_sink_failed(file->path, errno);
}

/* Small seeds go whole or not at all. Of a large one its reader may get the first part alone. */
static CK_RV write_pipe(file_sink *file, qk_view seed)
{
    qk_deadline_ms deadline = qk_deadline_in(READER_MS);

    while (seed.len > 0) {
        ssize_t written = write(file->fd, seed.data, seed.len);
        struct pollfd room = { .fd = file->fd, .events = POLLOUT };
        if (written >= 0)
            seed = qk_view_slice(seed, (size_t)written, seed.len);
        else if (errno == EPIPE)
            return QK_SEED_PIPE_NO_READER;
        else if (errno != EAGAIN && errno != EINTR)
            return qk_sink_failed(file->path, errno);
        else if (poll(&room, 1, qk_deadline_left(deadline)) == 0)
            return QK_SEED_PIPE_FULL;
    }
    return CKR_OK;
}

static CK_RV serve_pipe(file_sink *file, const qk_seed_order *order)
{
    CK_RV rv;

    if (order->ask != QK_SEED_ASK_SEED)
        return access(file->path, W_OK) == 0 ? CKR_OK : qk_sink_failed(file->path, errno);
    rv = open_pipe(file);
    if (rv == CKR_OK)
        rv = write_pipe(file, order->seed);
    if (rv != CKR_OK)
        close_pipe(file);
    return rv;
}

/* ---- regular files ---- */

/* The folder is what is written to. */
static CK_RV look_at_folder(const char *path)
{
    char *copy = strdup(path);
    const char *folder = copy ? dirname(copy) : NULL;
    CK_RV rv = CKR_OK;

    if (!folder)
        return CKR_HOST_MEMORY;
    if (access(folder, W_OK | X_OK) != 0)
        rv = qk_sink_failed(folder, errno);
    free(copy);
    return rv;
}

static CK_RV serve_regular(const file_sink *file, const qk_seed_order *order)
{
    CK_RV rv = look_at_folder(file->path);
    qk_err err;

    if (rv != CKR_OK || order->ask != QK_SEED_ASK_SEED)
        return rv;
    err = qk_file_write(file->path, 0600, order->seed);
    if (err == QK_OK)
        return CKR_OK;
    qk_sink_say(file->path, qk_err_words(err));
    return err == QK_E_DEVICE_FULL ? QK_SEED_SINK_FULL : QK_SEED_SINK_FAILED;
}

/* ---- both ---- */

static CK_RV serve(file_sink *file, const qk_seed_order *order, qk_seed_report *report)
{
    struct stat about;
    bool exists = stat(file->path, &about) == 0;

    if (!exists && errno != ENOENT)
        return qk_sink_failed(file->path, errno);
    if (exists && !S_ISFIFO(about.st_mode) && !S_ISREG(about.st_mode)) {
        qk_sink_say(file->path, "neither a named pipe nor a regular file");
        return QK_SEED_SINK_WRONG_KIND;
    }
    report->step = order->ask == QK_SEED_ASK_SEED ? QK_SEED_STEP_SEED : QK_SEED_STEP_FIND;
    if (exists && S_ISFIFO(about.st_mode))
        return serve_pipe(file, order);
    close_pipe(file); /* it may have been a pipe */
    return serve_regular(file, order);
}

static CK_RV file_serve(void *it, const qk_seed_order *order, qk_seed_report *report)
{
    CK_RV rv = serve(it, order, report);

    if (rv == CKR_OK && order->ask == QK_SEED_ASK_SEED)
        report->taken = (uint32_t)order->seed.len;
    return rv;
}

static void *file_open(const char *place)
{
    file_sink *file = calloc(1, sizeof *file);

    if (!file)
        return NULL;
    file->fd = -1;
    file->path = strdup(place);
    if (file->path)
        return file;
    free(file);
    return NULL;
}

static void file_leave(void *it)
{
    file_sink *file = it;

    close_pipe(file);
    free(file->path);
    free(file);
}

const qk_sink_kind qk_sink_file = { "file", file_open, file_serve, file_leave };
