/* SPDX-License-Identifier: Apache-2.0 */
/* Wrong passwords of keystores, counted by keystore and caller, so that guessing is slow.
 *
 * Five are free. From then on each makes the next try wait, a second at first, then twice as long as the one before, up
 * to ten minutes; a try that comes earlier is refused unseen. The right password sets the count back. Nobody else's
 * tries count: a caller with a wrong configuration does not lock the others out. In memory, bounded: who shares a place
 * with another shares its count.
 *
 * Tries at the same time are no more than could all be wrong and free; others wait until one of them has ended. Any
 * thread. */
#ifndef QK_KEYSTORE_GUESSES_H
#define QK_KEYSTORE_GUESSES_H

#include <pthread.h>

#include "rpc/method.h"

enum { QK_GUESS_PLACES = 256 };

typedef struct qk_guess_place {
    unsigned wrong;
    unsigned trying;
    int64_t last_ms;
} qk_guess_place;

typedef struct qk_guesses {
    pthread_mutex_t lock;
    pthread_cond_t ended; /* one of the tries */
    qk_guess_place places[QK_GUESS_PLACES];
} qk_guesses;

void qk_guesses_init(qk_guesses *guesses);
void qk_guesses_done(qk_guesses *guesses);

/* Begins a try. QK_E_PIN_LOCKED says for how long there is none; if it is QK_OK, qk_guesses_count must follow. Times
 * are monotonic. */
QK_MUST_CHECK qk_err qk_guesses_may_try(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller,
                                        int64_t now_ms);
/* Ends it: QK_OK, the password is right; QK_E_PIN_INCORRECT; all else says nothing of the password. */
void qk_guesses_count(qk_guesses *guesses, const qk_uuid *keystore, const qk_caller *caller, qk_err outcome,
                      int64_t now_ms);

#endif
