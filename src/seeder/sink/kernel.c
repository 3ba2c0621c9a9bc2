/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's generator. What is written to its device is mixed in and credited with nothing; everybody may do that.
 * RNDADDENTROPY credits it, too, and is for who has CAP_SYS_ADMIN. Source: random(4). */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/registers.h"
#include "seeder/sink/sink_kind.h"

enum { MEMORY_MAJOR = 1, RANDOM_MINOR = 8, URANDOM_MINOR = 9 };

/* Nothing else gets seeds: another device would do who knows what with them. */
static CK_RV open_device(const char *path, int *out_fd)
{
    struct stat about;

    if (stat(path, &about) != 0)
        return qk_sink_failed(path, errno);
    if (!S_ISCHR(about.st_mode) || major(about.st_rdev) != MEMORY_MAJOR ||
        (minor(about.st_rdev) != RANDOM_MINOR && minor(about.st_rdev) != URANDOM_MINOR)) {
        qk_sink_say(path, "neither /dev/random nor /dev/urandom");
        return QK_SEED_SINK_WRONG_KIND;
    }
    *out_fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return *out_fd >= 0 ? CKR_OK : qk_sink_failed(path, errno);
}

static CK_RV write_seed(const char *path, int fd, qk_view seed)
{
    while (seed.len > 0) {
        ssize_t written = write(fd, seed.data, seed.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return qk_sink_failed(path, written < 0 ? errno : EIO);
        seed = qk_view_slice(seed, (size_t)written, seed.len);
    }
    return CKR_OK;
}

/* With an empty seed and no bits it changes nothing, and says whether it would be allowed. */
static CK_RV credit_seed(const char *path, int fd, qk_view seed, uint32_t bits)
{
    QK_OWNED(qk_secret_free) qk_secret copy = QK_SECRET_NONE;
    struct rand_pool_info *info;

    if (qk_secret_new(sizeof *info + seed.len, &copy) != QK_OK)
        return CKR_HOST_MEMORY;
    info = (struct rand_pool_info *)(void *)qk_secret_fill(&copy);
    info->entropy_count = (int)bits;
    info->buf_size = (int)seed.len;
    if (seed.len)
        memcpy(info->buf, seed.data, seed.len);
    qk_registers_wipe();
    if (ioctl(fd, RNDADDENTROPY, info) == 0)
        return CKR_OK;
    if (errno != EPERM && errno != EACCES)
        return qk_sink_failed(path, errno);
    qk_sink_say(path, "RNDADDENTROPY is not permitted");
    return QK_SEED_CREDIT_FORBIDDEN;
}

static CK_RV give(const char *path, int fd, const qk_seed_order *order, qk_seed_report *report)
{
    bool seeds = order->ask == QK_SEED_ASK_SEED;
    CK_RV rv = CKR_OK;

    if (order->credit_bits)
        rv = credit_seed(path, fd, seeds ? order->seed : QK_VIEW_NONE, seeds ? order->credit_bits : 0);
    else if (seeds)
        rv = write_seed(path, fd, order->seed);
    if (rv == CKR_OK && seeds)
        report->taken = (uint32_t)order->seed.len;
    return rv;
}

static CK_RV kernel_serve(void *it, const qk_seed_order *order, qk_seed_report *report)
{
    const char *path = it;
    int fd = -1;
    CK_RV rv = open_device(path, &fd);

    if (rv != CKR_OK)
        return rv;
    report->step = QK_SEED_STEP_SEED;
    rv = give(path, fd, order, report);
    close(fd);
    return rv;
}

const qk_sink_kind qk_sink_kernel = { "kernel", qk_sink_keep_place, kernel_serve, qk_sink_drop_place };
