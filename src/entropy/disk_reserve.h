/* SPDX-License-Identifier: Apache-2.0 */
/* The reserve on disk: slots of conditioned blocks, sealed under a key that exists in memory only.
 *
 * 1. The file is made at start (0600). What is found in its place is erased unread if it is one of ours, and left alone
 *    if it is not: then there is no disk reserve.
 * 2. A slot is read once: its place moves on first, then it is overwritten and given back to the file system, then
 *    opened. After a crash the key is gone, and with it every slot.
 * 3. Trouble (full, broken or read-only disk) is told in `message`, and the pipeline goes on without.
 * One thread at a time, apart from the count and the message. */
#ifndef QK_ENTROPY_DISK_RESERVE_H
#define QK_ENTROPY_DISK_RESERVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "base/secret.h"
#include "entropy/conditioner.h"

enum {
    QK_SLOT_BLOCKS = 64,
    QK_SLOT_LEN = QK_SLOT_BLOCKS * QK_BLOCK_LEN,
    QK_SLOT_TAG = 16,
    QK_SLOT_SEALED = QK_SLOT_LEN + QK_SLOT_TAG,
    QK_DISK_HEADER = 4096,
};

typedef struct qk_disk_reserve {
    const char *path; /* borrowed; NULL: none wanted, or given up */
    int fd;
    qk_secret key;
    size_t slots, first;
    _Atomic(size_t) count;
    uint64_t next_serial, *serials; /* a slot's serial number makes its key; none comes twice */
    int64_t retry_ms;
    pthread_mutex_t message_lock;
    char message[200];
} qk_disk_reserve;

/* path NULL: none. Never fails: what is wrong is in the message. */
void qk_disk_reserve_init(qk_disk_reserve *disk, const char *path, uint64_t size);
/* Removes the file, wipes the key. Accepts a zeroed one. */
void qk_disk_reserve_done(qk_disk_reserve *disk);

/* In a forked child: closes the descriptor; file and lock are the parent's. */
void qk_disk_reserve_abandon(qk_disk_reserve *disk);

/* True if a slot would find room now. */
bool qk_disk_reserve_has_room(const qk_disk_reserve *disk);
bool qk_disk_reserve_has_key(const qk_disk_reserve *disk);
/* The first half of a conditioned block that is used for nothing else. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_disk_reserve_set_key(qk_disk_reserve *disk, const uint8_t block[QK_BLOCK_LEN]);
/* Seals and writes a slot; false if that failed: the bytes are still the caller's. */
bool qk_disk_reserve_put(qk_disk_reserve *disk, const uint8_t slot[QK_SLOT_LEN]);
/* The oldest slot; false if there is none or it was damaged (it is then gone). */
bool qk_disk_reserve_take(qk_disk_reserve *disk, uint8_t out[QK_SLOT_LEN]);
/* Throws all of it away, with the key. */
void qk_disk_reserve_empty(qk_disk_reserve *disk);

void qk_disk_reserve_message(qk_disk_reserve *disk, char *out, size_t size);

#endif
