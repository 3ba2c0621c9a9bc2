/* SPDX-License-Identifier: Apache-2.0 */
/* What the rooms' own files need of the ring beyond hsm.h: derivation, look-up by pattern, epochs. */
#ifndef QK_HSM_RING_H
#define QK_HSM_RING_H

#include "hsm/hsm.h"

enum { QK_SALT_LEN = 32 };

/* A one-time key: HKDF-SHA-256(master key of the register, salt, "quantoki seal" | version | purpose), and the pattern
 * of the master key it was derived from, which may be replaced at any moment. QK_E_NO_MASTER_KEY if the register is
 * empty. The caller wipes out_key. */
QK_MUST_CHECK qk_err qk_ring_derive(qk_ring *ring, qk_seal_under which, qk_purpose purpose,
                                    const uint8_t salt[QK_SALT_LEN], uint8_t out_key[32],
                                    uint8_t out_wkid[QK_WKID_LEN]);
/* As qk_ring_mac, with the pattern of the master key. */
QK_MUST_CHECK qk_err qk_ring_mac_named(qk_ring *ring, qk_seal_under which, qk_purpose purpose, qk_view data,
                                       uint8_t out_mac[32], uint8_t out_wkid[QK_WKID_LEN]);
/* The register that holds the key of this pattern. QK_E_BLOB_MASTER_KEY if none does. */
QK_MUST_CHECK qk_err qk_ring_find(qk_ring *ring, const uint8_t wkid[QK_WKID_LEN], qk_seal_under *out_which);

/* Rises with every change of a register. What was opened in one epoch must not be used in another. */
uint64_t qk_ring_epoch(const qk_ring *ring);

/* Called after each change, on the changing thread; must not begin or end watches. The watch is the caller's memory
 * and must be ended before it goes. */
typedef struct qk_ring_watch {
    struct qk_ring_watch *next;
    void (*changed)(void *context);
    void *context;
} qk_ring_watch;
void qk_ring_watch_begin(qk_ring *ring, qk_ring_watch *watch);
void qk_ring_watch_end(qk_ring *ring, qk_ring_watch *watch);

#endif
