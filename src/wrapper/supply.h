/* SPDX-License-Identifier: Apache-2.0 */
/* Where the pool's random comes from: one or more entropy services, asked one after the other. One thread at a time. */
#ifndef QK_WRAPPER_SUPPLY_H
#define QK_WRAPPER_SUPPLY_H

#include "base/clock.h"
#include "base/secret.h"
#include "wrapper/settings.h"

typedef struct qk_supply qk_supply;

/* Settings are borrowed. Connects with the first fetch; the token is read then, too. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_supply_new(const qk_wrapper_settings *settings, qk_supply **out_supply);
void qk_supply_free(qk_supply **supply);
/* In a forked child: closes descriptors, frees nothing that another thread may have held. */
void qk_supply_abandon(qk_supply **supply);

/* Fills `out` with `len` bytes, in downloads of at most 524,288. Tries again after 429, 5xx and network errors, with
 * the next service or after a pause (Retry-After counts), while attempts and time last. QK_E_TOKEN_EMPTY,
 * QK_E_NOT_AUTHENTICATED (after the token file was read again), QK_E_NOT_AUTHORIZED, QK_E_SERVER_UNTRUSTED,
 * QK_E_PROTOCOL, QK_E_RATE, QK_E_NO_RANDOM, QK_E_SERVER_AWAY, QK_E_TIMEOUT, QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_supply_fetch(void *supply, uint8_t *out, size_t len, qk_deadline_ms deadline);

#endif
