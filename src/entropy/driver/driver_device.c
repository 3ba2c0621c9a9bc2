/* SPDX-License-Identifier: Apache-2.0 */
/* Character devices, FIFOs and serial lines: quantum hardware with a node under /dev, /dev/hwrng, helpers that write a
 * pipe. Waiting is done in poll(2), so that a silent device stalls nobody. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "entropy/driver/driver.h"
#include "entropy/driver/driver_serial.h"

enum {
    SERIAL_SKIP = 64, /* what a device sent before it was in raw mode */
    AGAIN_WAIT_MS = 10,
};

typedef struct device {
    const qk_source_config *config;
    const char *path;
    int fd;
    bool serial;
    size_t skip; /* bytes still to throw away */
} device;

static void device_close(void *handle)
{
    device *d = (device *)handle;

    close(d->fd);
    free(d);
}

static void device_abandon(void *handle)
{
    close(((device *)handle)->fd);
}

static qk_err check_type(const char *path, mode_t mode)
{
    if (S_ISREG(mode))
        return qk_fail(QK_E_CONFIG,
                       "%s is a regular file: its bytes would be served as if they were fresh; for tests "
                       "there is the driver `file`",
                       path);
    if (!S_ISCHR(mode) && !S_ISFIFO(mode))
        return qk_fail(QK_E_CONFIG, "%s is neither a character device nor a FIFO", path);
    return QK_OK;
}

/* Opened without blocking, since a serial line would wait for a carrier and a FIFO for a writer. Then lines and FIFOs
 * stay so, which they support well; of other devices' drivers not all do. hwrng does. */
static qk_err set_up(device *d, bool nonblocking)
{
    struct stat facts;
    int flags = fcntl(d->fd, F_GETFL);

    if (fstat(d->fd, &facts) != 0 || flags < 0)
        return qk_fail(QK_E_SYSTEM, "%s: %s", d->path, strerror(errno));
    QK_TRY(check_type(d->path, facts.st_mode));
    d->serial = isatty(d->fd);
    if (d->serial) {
        QK_TRY(qk_serial_set_up(d->fd, d->path, d->config->baud));
        d->skip = SERIAL_SKIP;
    } else if (d->config->baud) {
        return qk_fail(QK_E_CONFIG, "%s is not a serial line: leave out `baud`", d->path);
    } else if (!S_ISFIFO(facts.st_mode) && !nonblocking && fcntl(d->fd, F_SETFL, flags & ~O_NONBLOCK) != 0) {
        return qk_fail(QK_E_SYSTEM, "%s: %s", d->path, strerror(errno));
    }
    return QK_OK;
}

static qk_err open_path(const qk_source_config *config, const char *path, bool nonblocking, void **out_handle)
{
    device *d = malloc(sizeof *d);
    qk_err err;

    if (!d)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory", path);
    *d = (device){ .config = config, .path = path };
    d->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (d->fd < 0) {
        err = qk_fail(QK_E_SYSTEM, "%s: %s%s", path, strerror(errno),
                      errno == EACCES ? ": the server's user needs the right to read it, for instance by a udev rule"
                                      : "");
        free(d);
        return err;
    }
    err = set_up(d, nonblocking);
    if (err != QK_OK)
        device_close(d);
    else
        *out_handle = d;
    return err;
}

static qk_err device_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline,
                          void **out_handle)
{
    (void)position;
    (void)deadline;
    return open_path(config, config->path, false, out_handle);
}

static qk_err hwrng_open(const qk_source_config *config, uint64_t *position, qk_deadline_ms deadline, void **out_handle)
{
    (void)position;
    (void)deadline;
    return open_path(config, config->path ? config->path : qk_driver_hwrng.no_path, true, out_handle);
}

/* Throws away the first bytes of a serial line. */
static void skip_first(device *d, qk_driver_read *read)
{
    size_t skip = d->skip < read->len ? d->skip : read->len;

    if (skip == 0)
        return;
    memmove(read->out, read->out + skip, read->len - skip);
    explicit_bzero(read->out + read->len - skip, skip);
    read->len -= skip;
    d->skip -= skip;
}

/* read(2), whose name the parameter below has. */
static ssize_t read_bytes(int fd, void *out, size_t room)
{
    return read(fd, out, room);
}

static qk_err device_read(void *handle, qk_driver_read *read)
{
    device *d = (device *)handle;

    while (read->len == 0 && qk_driver_wait(d->fd, read)) {
        ssize_t len = read_bytes(d->fd, read->out, read->room);

        if (len > 0) {
            read->len = (size_t)len;
            skip_first(d, read);
        } else if (len == 0) {
            return qk_fail(QK_E_SYSTEM, "%s: the end: %s", d->path,
                           d->serial ? "the line hung up" : "the device is gone, or nobody writes the FIFO any more");
        } else if (errno == EAGAIN) { /* a driver that always claims to be readable */
            qk_driver_read pause = *read;
            if (qk_deadline_left(read->deadline) == 0)
                break;
            pause.deadline = qk_deadline_in(AGAIN_WAIT_MS);
            qk_driver_wait(-1, &pause);
        } else if (errno != EINTR) {
            return qk_fail(QK_E_SYSTEM, "%s: %s", d->path, strerror(errno));
        }
    }
    return QK_OK;
}

/* What is there already must be something that can be read; what is not there yet may be plugged in later. */
static qk_err device_check(const qk_source_config *config)
{
    struct stat facts;
    qk_err err = config->path && stat(config->path, &facts) == 0 ? check_type(config->path, facts.st_mode) : QK_OK;

    if (err == QK_OK && config->baud)
        err = qk_serial_check(config->baud);
    return err == QK_OK ? err : qk_fail_context(err, "entropy source %s: ", config->name);
}

const qk_driver qk_driver_device = {
    .name = "device",
    .kind = QK_SOURCE_PHYSICAL,
    .min_entropy = 7.8,
    .rate = 1000000,
    .credited = true,
    .path = true,
    .check = device_check,
    .open = device_open,
    .read = device_read,
    .close = device_close,
    .abandon = device_abandon,
};

const qk_driver qk_driver_hwrng = {
    .name = "hwrng",
    .kind = QK_SOURCE_PHYSICAL,
    .min_entropy = 7.8,
    .rate = 1000000,
    .credited = true,
    .no_path = "/dev/hwrng",
    .check = device_check,
    .open = hwrng_open,
    .read = device_read,
    .close = device_close,
    .abandon = device_abandon,
};
