/* SPDX-License-Identifier: Apache-2.0 */
/* Does this server take calls? What gRPC's health checking answers to load balancers (Check), and tells those that
 * stay (Watch): it does if it is not about to stop, its database and its master key answered within the last seconds,
 * and there is randomness. All its services go together: there is none that another's failure leaves whole. */
#ifndef QK_SERVER_HEALTH_H
#define QK_SERVER_HEALTH_H

#include <stdatomic.h>
#include <stdint.h>

struct qk_server;

typedef struct qk_health {
    atomic_bool good;           /* at the last look */
    _Atomic(int64_t) looked_ms; /* when that was */
    atomic_int told;            /* to those that watch: the main thread writes it; 0: nothing yet */
    atomic_size_t watches;      /* on all connections */
} qk_health;

/* Asks database and master key. By one thread at a time that may wait for them. */
void qk_health_look(struct qk_server *server);
/* Tells those that watch if something has changed. The main thread's. */
void qk_health_tell(struct qk_server *server);

#endif
