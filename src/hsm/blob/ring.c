/* SPDX-License-Identifier: Apache-2.0 */
/* The ring: registers with master keys.
 *
 * A master key itself is used for derivation only: one-time keys for sealing, and one MAC key per purpose, which is
 * derived when the register is set and kept beside it. */
#include "hsm/blob/ring.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/crypto.h"

enum { REGISTERS = QK_UNDER_USER + 1, PURPOSES = QK_PURPOSE_LOGIN + 1, DERIVATION_VERSION = 1, MAC_KEY_LEN = 32 };

typedef struct master {
    qk_secret master_key; /* QK_SECRET_NONE: empty */
    qk_secret mac_keys;   /* MAC_KEY_LEN bytes for each purpose */
    uint8_t wkid[QK_WKID_LEN];
} master;

struct qk_ring {
    pthread_rwlock_t lock; /* guards masters */
    master masters[REGISTERS];
    atomic_uint_fast64_t epoch;
    pthread_mutex_t watch_lock;
    qk_ring_watch *watches;
};

qk_err qk_ring_new(qk_ring **out_ring)
{
    qk_ring *ring = calloc(1, sizeof *ring);

    if (!ring)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a ring of master keys");
    pthread_rwlock_init(&ring->lock, NULL);
    pthread_mutex_init(&ring->watch_lock, NULL);
    atomic_init(&ring->epoch, 1);
    *out_ring = ring;
    return QK_OK;
}

/* The kernel gives secrets to a forked child as zeros: a register that the child inherited is empty there, and must not
 * seal anything under zeros. */
static bool holds_key(const master *held)
{
    return held->master_key.len > 0 && !qk_view_is_zero(qk_secret_reveal(&held->master_key));
}

static void master_done(master *held)
{
    qk_secret_free(&held->master_key);
    qk_secret_free(&held->mac_keys);
    memset(held->wkid, 0, sizeof held->wkid);
}

void qk_ring_free(qk_ring **ring)
{
    if (!*ring)
        return;
    for (size_t i = 0; i < REGISTERS; i++)
        master_done(&(*ring)->masters[i]);
    pthread_rwlock_destroy(&(*ring)->lock);
    pthread_mutex_destroy(&(*ring)->watch_lock);
    free(*ring);
    *ring = NULL;
}

/* "quantoki <use>", the version of this scheme, the purpose: what keeps derived keys apart. */
static qk_err derive(qk_view master_key, const char *use, qk_purpose purpose, qk_view salt, uint8_t out[32])
{
    uint8_t info[32];
    size_t len = strlen(use);

    memcpy(info, use, len);
    info[len] = DERIVATION_VERSION;
    info[len + 1] = (uint8_t)purpose;
    return qk_hkdf_sha256(master_key, salt, qk_view_of(info, len + 2), out, 32);
}

static qk_err master_make(const qk_secret *master_key, master *out)
{
    uint8_t pattern[32];

    QK_TRY(qk_secret_copy(qk_secret_reveal(master_key), &out->master_key));
    QK_TRY(qk_secret_new((size_t)PURPOSES * MAC_KEY_LEN, &out->mac_keys));
    QK_TRY(qk_sha256(qk_secret_reveal(master_key), pattern));
    memcpy(out->wkid, pattern, QK_WKID_LEN);
    for (size_t purpose = QK_PURPOSE_KEY; purpose < PURPOSES; purpose++)
        QK_TRY(derive(qk_secret_reveal(master_key), "quantoki mac", (qk_purpose)purpose, QK_VIEW_NONE,
                      qk_secret_fill(&out->mac_keys) + purpose * MAC_KEY_LEN));
    return QK_OK;
}

/* Puts `fresh` in place, starts an epoch, and tells those who keep opened keys. */
static void master_replace(qk_ring *ring, qk_seal_under which, master *fresh)
{
    master old;

    pthread_rwlock_wrlock(&ring->lock);
    old = ring->masters[which];
    ring->masters[which] = *fresh;
    atomic_fetch_add(&ring->epoch, 1);
    pthread_rwlock_unlock(&ring->lock);
    master_done(&old);

    pthread_mutex_lock(&ring->watch_lock);
    for (qk_ring_watch *watch = ring->watches; watch; watch = watch->next)
        watch->changed(watch->context);
    pthread_mutex_unlock(&ring->watch_lock);
}

qk_err qk_ring_set(qk_ring *ring, qk_seal_under which, const qk_secret *master_key)
{
    QK_OWNED(master_done) master fresh = { .master_key = QK_SECRET_NONE };

    if (master_key->len != QK_MASTER_KEY_LEN)
        return qk_fail(QK_E_KEY_SIZE, "a master key has %d bytes, not %zu", QK_MASTER_KEY_LEN, master_key->len);
    if (qk_view_is_zero(qk_secret_reveal(master_key)))
        return qk_fail(QK_E_KEY_SIZE, "a master key of zeros protects nothing");
    QK_TRY(master_make(master_key, &fresh));
    master_replace(ring, which, &fresh);
    fresh = (master){ .master_key = QK_SECRET_NONE };
    return QK_OK;
}

void qk_ring_clear(qk_ring *ring, qk_seal_under which)
{
    master empty = { .master_key = QK_SECRET_NONE };
    master_replace(ring, which, &empty);
}

/* The lock belongs to readers too, but a const ring is still a const ring to its callers. */
static qk_ring *unconst(const qk_ring *ring)
{
    return (qk_ring *)(uintptr_t)ring;
}

bool qk_ring_wkid(const qk_ring *ring, qk_seal_under which, uint8_t out[QK_WKID_LEN])
{
    bool has;

    pthread_rwlock_rdlock(&unconst(ring)->lock);
    has = holds_key(&ring->masters[which]);
    if (has)
        memcpy(out, ring->masters[which].wkid, QK_WKID_LEN);
    pthread_rwlock_unlock(&unconst(ring)->lock);
    return has;
}

bool qk_ring_has(const qk_ring *ring, qk_seal_under which)
{
    uint8_t wkid[QK_WKID_LEN];
    return qk_ring_wkid(ring, which, wkid);
}

uint64_t qk_ring_epoch(const qk_ring *ring)
{
    return atomic_load(&ring->epoch);
}

qk_err qk_ring_find(qk_ring *ring, const uint8_t wkid[QK_WKID_LEN], qk_seal_under *out_which)
{
    char named[2 * QK_WKID_LEN + 1];

    for (size_t i = 0; i < REGISTERS; i++) {
        uint8_t mine[QK_WKID_LEN];
        if (qk_ring_wkid(ring, (qk_seal_under)i, mine) && memcmp(mine, wkid, QK_WKID_LEN) == 0) { /* public */
            *out_which = (qk_seal_under)i;
            return QK_OK;
        }
    }
    qk_hex_write(qk_view_of(wkid, QK_WKID_LEN), named);
    return qk_fail(QK_E_BLOB_MASTER_KEY, "blob is under master key %s, which is not loaded", named);
}

static qk_err no_master_key(qk_seal_under which)
{
    return qk_fail(QK_E_NO_MASTER_KEY, "%s",
                   which == QK_UNDER_USER ? "the user's master key is not loaded: log in first"
                                          : "the instance's master key is not loaded");
}

qk_err qk_ring_derive(qk_ring *ring, qk_seal_under which, qk_purpose purpose, const uint8_t salt[QK_SALT_LEN],
                      uint8_t out_key[32], uint8_t out_wkid[QK_WKID_LEN])
{
    const master *held = &ring->masters[which];
    qk_err err;

    pthread_rwlock_rdlock(&ring->lock);
    err = holds_key(held) ? derive(qk_secret_reveal(&held->master_key), "quantoki seal", purpose,
                                   qk_view_of(salt, QK_SALT_LEN), out_key)
                          : no_master_key(which);
    memcpy(out_wkid, held->wkid, QK_WKID_LEN);
    pthread_rwlock_unlock(&ring->lock);
    return err;
}

qk_err qk_ring_mac_named(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view data, uint8_t out_mac[32],
                         uint8_t out_wkid[QK_WKID_LEN])
{
    const master *held = &ring->masters[which];
    qk_err err;

    pthread_rwlock_rdlock(&ring->lock);
    err = holds_key(held) ? qk_hmac_sha256(qk_view_slice(qk_secret_reveal(&held->mac_keys),
                                                         (size_t)purpose * MAC_KEY_LEN, MAC_KEY_LEN),
                                           data, out_mac)
                          : no_master_key(which);
    memcpy(out_wkid, held->wkid, QK_WKID_LEN);
    pthread_rwlock_unlock(&ring->lock);
    return err;
}

qk_err qk_ring_mac(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view data, uint8_t out[32])
{
    uint8_t wkid[QK_WKID_LEN];
    return qk_ring_mac_named(ring, which, purpose, data, out, wkid);
}

void qk_ring_watch_begin(qk_ring *ring, qk_ring_watch *watch)
{
    pthread_mutex_lock(&ring->watch_lock);
    watch->next = ring->watches;
    ring->watches = watch;
    pthread_mutex_unlock(&ring->watch_lock);
}

void qk_ring_watch_end(qk_ring *ring, qk_ring_watch *watch)
{
    pthread_mutex_lock(&ring->watch_lock);
    for (qk_ring_watch **place = &ring->watches; *place; place = &(*place)->next) {
        if (*place == watch) {
            *place = watch->next;
            break;
        }
    }
    pthread_mutex_unlock(&ring->watch_lock);
}
