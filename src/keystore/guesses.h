/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong passwords of keystores, counted by keystore and caller, so that guessing is slow.
 *
 * Five are free. From then on each makes the next try wait, a second at first, then twice as long as the one before, up
 * to ten minutes; a try that comes earlier is refused unseen. The right password sets the count back. Nobody else's
 * tries count: a caller with a wrong configuration does not lock the others out. In memory, bounded: who shares a place
 * with another shares its count. Any thread. */
#ifndef QK_KEYSTORE_GUESSES_H
#define QK_KEYSTORE_GUESSES_H

#include <pthread.h>

#include "rpc/method.h"

enum { QK_GUESS_PLACES = 256 };

typedef struct qk_guesses {
    pthread_mutex_t lock;
    struct {
        unsigned wrong;
        int64_t last_ms;
    } places[QK_GUESS_PLACES];
} qk_guesses;

void qk_guesses_init(qk_guesses *guesses);
void qk_guesses_done(qk_guesses *guesses);

/* QK_E_PIN_LOCKED says for how long. `now_ms` is monotonic. */
QK_MUST_CHECK qk_err qk_guesses_may_try(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller,
                                        int64_t now_ms);
void qk_guesses_count(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller, bool right,
                      int64_t now_ms);

#endif
