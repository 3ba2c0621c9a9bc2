/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/disk_reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "crypto/crypto.h"

enum { KEY_LEN = 32, RETRY_MS = 60 * 1000 };

/* The start of the file: who made it, for people and for the next start. */
static const char magic[] = "Quantoki reserve 1: sealed random, useless after its process has ended. May be deleted.\n";

static void tell(qk_disk_reserve *disk, const char *format, ...) QK_PRINTF(2, 3);
static void tell(qk_disk_reserve *disk, const char *format, ...)
{
    va_list args;

    pthread_mutex_lock(&disk->message_lock);
    va_start(args, format);
    vsnprintf(disk->message, sizeof disk->message, format, args);
    va_end(args);
    pthread_mutex_unlock(&disk->message_lock);
    qk_log(QK_LOG_WARNING, "op=entropy-reserve file=%s words=\"%s\"", disk->path, disk->message);
}

static void forget_message(qk_disk_reserve *disk)
{
    pthread_mutex_lock(&disk->message_lock);
    disk->message[0] = 0;
    pthread_mutex_unlock(&disk->message_lock);
}

void qk_disk_reserve_message(qk_disk_reserve *disk, char *out, size_t size)
{
    pthread_mutex_lock(&disk->message_lock);
    snprintf(out, size, "%s", disk->message);
    pthread_mutex_unlock(&disk->message_lock);
}

static void close_file(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* ---- the file ---- */

static bool write_all(int fd, const uint8_t *data, size_t len, off_t offset)
{
    while (len > 0) {
        ssize_t written = pwrite(fd, data, len, offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written == 0 ? ENOSPC : errno;
            return false;
        }
        data += written;
        len -= (size_t)written;
        offset += written;
    }
    return true;
}

static bool read_all(int fd, uint8_t *data, size_t len, off_t offset)
{
    while (len > 0) {
        ssize_t got = pread(fd, data, len, offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        data += got;
        len -= (size_t)got;
        offset += got;
    }
    return true;
}

/* Only the first line is read. */
static bool is_ours(int fd)
{
    uint8_t start[sizeof magic - 1];
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_uid == geteuid() && info.st_nlink == 1 &&
           read_all(fd, start, sizeof start, 0) &&
           qk_view_equal(qk_view_of(start, sizeof start), qk_view_of(magic, sizeof start));
}

/* True if nothing stands in the way any more. */
static bool erase_former(qk_disk_reserve *disk)
{
    QK_OWNED(close_file) int fd = open(disk->path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0) {
        tell(disk, "%s cannot be used: %s", disk->path, errno == ELOOP ? "it is a symbolic link" : strerror(errno));
        return false;
    }
    if (!is_ours(fd)) {
        tell(disk, "%s is not a reserve of ours and stays as it is; name another file", disk->path);
        return false;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        tell(disk, "%s belongs to another process that is running", disk->path);
        return false;
    }
    if (ftruncate(fd, 0) != 0 || unlink(disk->path) != 0) {
        tell(disk, "%s cannot be erased: %s", disk->path, strerror(errno));
        return false;
    }
    return true;
}

static bool make_file(qk_disk_reserve *disk)
{
    uint8_t header[QK_DISK_HEADER] = { 0 };

    disk->fd = open(disk->path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (disk->fd < 0) {
        tell(disk, "%s cannot be made: %s", disk->path, strerror(errno));
        return false;
    }
    memcpy(header, magic, sizeof magic - 1);
    if (fchmod(disk->fd, 0600) != 0 || flock(disk->fd, LOCK_EX | LOCK_NB) != 0 ||
        !write_all(disk->fd, header, sizeof header, 0)) {
        tell(disk, "%s cannot be written: %s", disk->path, strerror(errno));
        unlink(disk->path);
        close_file(&disk->fd);
        return false;
    }
    return true;
}

void qk_disk_reserve_init(qk_disk_reserve *disk, const char *path, uint64_t size)
{
    *disk = (qk_disk_reserve){ .path = path, .fd = -1, .message_lock = PTHREAD_MUTEX_INITIALIZER };
    if (!path)
        return;
    if (size < QK_DISK_HEADER + QK_SLOT_SEALED) {
        tell(disk, "%s: a size of %llu bytes holds nothing", path, (unsigned long long)size);
        return;
    }
    if (!erase_former(disk) || !make_file(disk))
        return;
    disk->slots = (size_t)((size - QK_DISK_HEADER) / QK_SLOT_SEALED);
    disk->serials = calloc(disk->slots, sizeof *disk->serials);
    if (!disk->serials) {
        tell(disk, "%s: no memory for a table of %zu slots", path, disk->slots);
        disk->slots = 0;
    }
}

/* Only the file that is ours is removed, should somebody have put another in its place. */
void qk_disk_reserve_done(qk_disk_reserve *disk)
{
    struct stat ours, there;

    qk_secret_free(&disk->key);
    if (disk->path && disk->fd >= 0) {
        if (fstat(disk->fd, &ours) == 0 && lstat(disk->path, &there) == 0 && ours.st_ino == there.st_ino &&
            ours.st_dev == there.st_dev)
            unlink(disk->path);
        (void)!ftruncate(disk->fd, 0);
        close_file(&disk->fd);
    }
    free(disk->serials);
    disk->serials = NULL;
    disk->path = NULL;
    disk->slots = 0;
    atomic_store(&disk->count, 0);
}

void qk_disk_reserve_abandon(qk_disk_reserve *disk)
{
    if (disk->path)
        close_file(&disk->fd);
}

/* ---- slots ---- */

bool qk_disk_reserve_has_room(const qk_disk_reserve *disk)
{
    return atomic_load(&disk->count) < disk->slots && disk->retry_ms <= qk_clock_monotonic_ms();
}

bool qk_disk_reserve_has_key(const qk_disk_reserve *disk)
{
    return disk->key.len > 0;
}

qk_err qk_disk_reserve_set_key(qk_disk_reserve *disk, const uint8_t block[QK_BLOCK_LEN])
{
    qk_secret_free(&disk->key);
    return qk_secret_copy(qk_view_of(block, KEY_LEN), &disk->key);
}

/* Each slot has a key of its own (and a zero nonce): no serial number ever comes twice under one reserve's key. */
static qk_err slot_key(const qk_disk_reserve *disk, uint64_t serial, qk_secret *out)
{
    uint8_t info[8];

    for (unsigned i = 0; i < sizeof info; i++)
        info[i] = (uint8_t)(serial >> (56 - 8 * i));
    QK_TRY(qk_secret_new(KEY_LEN, out));
    return qk_hkdf_sha256(qk_secret_reveal(&disk->key), QK_VIEW_LITERAL("quantoki reserve slot"),
                          qk_view_of(info, sizeof info), qk_secret_fill(out), KEY_LEN);
}

static off_t slot_offset(size_t index)
{
    return (off_t)(QK_DISK_HEADER + index * QK_SLOT_SEALED);
}

static bool seal(const qk_disk_reserve *disk, uint64_t serial, const uint8_t *slot, uint8_t sealed[QK_SLOT_SEALED])
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    return slot_key(disk, serial, &key) == QK_OK &&
           qk_aead_seal(qk_secret_reveal(&key).data, QK_VIEW_NONE, qk_view_of(slot, QK_SLOT_LEN), sealed,
                        sealed + QK_SLOT_LEN) == QK_OK;
}

/* A serial is used up even if writing fails half-way: part of it may be on the disk. */
bool qk_disk_reserve_put(qk_disk_reserve *disk, const uint8_t slot[QK_SLOT_LEN])
{
    uint8_t sealed[QK_SLOT_SEALED];
    size_t count = atomic_load(&disk->count), index;

    if (!qk_disk_reserve_has_room(disk) || !qk_disk_reserve_has_key(disk))
        return false;
    index = (disk->first + count) % disk->slots;
    if (!seal(disk, disk->next_serial, slot, sealed))
        return false;
    disk->serials[index] = disk->next_serial++;
    if (!write_all(disk->fd, sealed, sizeof sealed, slot_offset(index))) {
        tell(disk, "%s cannot be written: %s; going on without", disk->path, strerror(errno));
        disk->retry_ms = qk_clock_monotonic_ms() + RETRY_MS;
        return false;
    }
    forget_message(disk);
    atomic_store(&disk->count, count + 1);
    return true;
}

/* The hole gives the space back where the file system can; zeros are written where it cannot. */
static void erase_slot(const qk_disk_reserve *disk, off_t offset)
{
    static const uint8_t zeros[QK_SLOT_SEALED];

    if (fallocate(disk->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, QK_SLOT_SEALED) != 0)
        (void)write_all(disk->fd, zeros, sizeof zeros, offset);
}

static bool open_slot(const qk_disk_reserve *disk, uint64_t serial, const uint8_t sealed[QK_SLOT_SEALED], uint8_t *out)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    return slot_key(disk, serial, &key) == QK_OK &&
           qk_aead_open(qk_secret_reveal(&key).data, QK_VIEW_NONE, qk_view_of(sealed, QK_SLOT_LEN),
                        sealed + QK_SLOT_LEN, out) == QK_OK;
}

bool qk_disk_reserve_take(qk_disk_reserve *disk, uint8_t out[QK_SLOT_LEN])
{
    uint8_t sealed[QK_SLOT_SEALED];
    size_t index = disk->first;
    off_t offset = slot_offset(index);
    bool read;

    if (atomic_load(&disk->count) == 0)
        return false;
    disk->first = (disk->first + 1) % disk->slots;
    atomic_fetch_sub(&disk->count, 1);
    read = read_all(disk->fd, sealed, sizeof sealed, offset);
    erase_slot(disk, offset);
    if (read && open_slot(disk, disk->serials[index], sealed, out))
        return true;
    tell(disk, "%s: a part was damaged or could not be read, and is dropped", disk->path);
    return false;
}

/* Without the key nothing of it can be opened; the space goes back to the file system. */
void qk_disk_reserve_empty(qk_disk_reserve *disk)
{
    qk_secret_free(&disk->key);
    disk->first = 0;
    atomic_store(&disk->count, 0);
    if (disk->fd >= 0 && ftruncate(disk->fd, QK_DISK_HEADER) != 0)
        tell(disk, "%s cannot be shortened: %s", disk->path, strerror(errno));
}
