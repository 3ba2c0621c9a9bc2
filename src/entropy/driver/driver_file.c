/* SPDX-License-Identifier: Apache-2.0 */
/* A regular file, for tests. Its bytes come once: the place is kept when the source closes and opens again, and the end
 * is the end, unless the configuration says `loop`. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "entropy/driver/driver.h"

typedef struct file {
    const qk_source_config *config;
    uint64_t *position;
    int fd;
} file;

static void file_close(void *handle)
{
    file *f = (file *)handle;

    close(f->fd);
    free(f);
}

static void file_abandon(void *handle)
{
    close(((file *)handle)->fd);
}

static qk_err file_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline, void **out_handle)
{
    file *f = malloc(sizeof *f);
    struct stat facts;

    (void)deadline;
    if (!f)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory", config->path);
    *f = (file){ .config = config, .position = position };
    f->fd = open(config->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (f->fd < 0) {
        free(f);
        return qk_fail(QK_E_SYSTEM, "%s: %s", config->path, strerror(errno));
    }
    if (fstat(f->fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        file_close(f);
        return qk_fail(QK_E_CONFIG, "%s is not a regular file: use the driver `device`", config->path);
    }
    *out_handle = f;
    return QK_OK;
}

static qk_err file_read(void *handle, qk_driver_read *read)
{
    file *f = (file *)handle;
    ssize_t len = pread(f->fd, read->out, read->room, (off_t)*f->position);

    if (len == 0 && f->config->loop && *f->position > 0) {
        *f->position = 0;
        len = pread(f->fd, read->out, read->room, 0);
    }
    if (len < 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", f->config->path, strerror(errno));
    if (len == 0) {
        read->for_good = true;
        return qk_fail(QK_E_SYSTEM, "%s: no more bytes in the file", f->config->path);
    }
    *f->position += (uint64_t)len;
    read->len = (size_t)len;
    return QK_OK;
}

static qk_err file_check(const qk_source_config *config)
{
    struct stat facts;

    if (stat(config->path, &facts) != 0)
        return qk_fail(QK_E_CONFIG, "entropy source %s: %s: %s", config->name, config->path, strerror(errno));
    if (!S_ISREG(facts.st_mode))
        return qk_fail(QK_E_CONFIG, "entropy source %s: %s is not a regular file: use the driver `device`",
                       config->name, config->path);
    return QK_OK;
}

const qk_driver qk_driver_file = {
    .name = "file",
    .kind = QK_SOURCE_OTHER,
    .min_entropy = 7.8,
    .rate = 1000000,
    .credited = false,
    .path = true,
    .check = file_check,
    .open = file_open,
    .read = file_read,
    .close = file_close,
    .abandon = file_abandon,
};
