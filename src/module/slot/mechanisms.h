/* SPDX-License-Identifier: Apache-2.0 */
/* Which mechanisms the token of a slot offers, as far as it was asked. */
#ifndef QK_MODULE_MECHANISMS_H
#define QK_MODULE_MECHANISMS_H

#include <pthread.h>
#include <stdatomic.h>

#include "p11/mechanism.h"

typedef struct qk_slot_mechs {
    pthread_mutex_t lock;    /* for setting it */
    _Atomic(bool *) offered; /* beside qk_mechs; NULL until the token has answered, then fixed */
} qk_slot_mechs;

void qk_slot_mechs_init(qk_slot_mechs *mechs);
void qk_slot_mechs_done(qk_slot_mechs *mechs);

#endif
