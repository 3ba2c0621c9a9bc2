/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes for applications.
 *
 * A remote token would pay a round trip for each call, so the slot keeps 4 KiB that it fetched at once. Each byte is
 * served once and wiped. The pool dies with the module, hence at a fork too. Requests that are larger than half the
 * pool go straight to the server. An embedded token draws from the generator of the process. */
#ifndef QK_MODULE_RANDOM_H
#define QK_MODULE_RANDOM_H

#include <pthread.h>

#include "base/secret.h"
#include "p11/attribute.h"

typedef struct qk_session qk_session;

typedef struct qk_random_pool {
    pthread_mutex_t lock;
    qk_secret bytes;
    size_t used; /* served so far */
} qk_random_pool;

void qk_random_pool_init(qk_random_pool *pool);
void qk_random_pool_done(qk_random_pool *pool);

/* For the module's own needs (nonces). May empty the session's arena. */
QK_MUST_CHECK qk_err qk_session_random(qk_session *session, uint8_t *place, size_t len);
QK_MUST_CHECK qk_err qk_generate_random(CK_SESSION_HANDLE session, uint8_t *place, CK_ULONG len);
QK_MUST_CHECK qk_err qk_seed_random(CK_SESSION_HANDLE session, qk_view seed);

#endif
