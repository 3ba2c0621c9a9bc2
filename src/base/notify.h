/* SPDX-License-Identifier: Apache-2.0 */
/* What a service manager is told: systemd's notifications. Their protocol is one datagram, so no library is linked into
 * processes with keys and PINs for that. Source: sd_notify(3), sd_watchdog_enabled(3). */
#ifndef QK_BASE_NOTIFY_H
#define QK_BASE_NOTIFY_H

#include <stdint.h>

/* "READY=1", "STOPPING=1", "WATCHDOG=1"; nothing without $NOTIFY_SOCKET. */
void qk_notify(const char *state);
/* Milliseconds between signs of life that the service manager wants, half of what it waits for; 0: none. */
int64_t qk_notify_watchdog_ms(void);

#endif
