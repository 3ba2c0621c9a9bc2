/* SPDX-License-Identifier: Apache-2.0 */
/* Calls that are in our own memory (pool, sessions) at this moment: C_Finalize waits for them before it frees. Calls
 * that are in the base are not counted: the base stays loaded. */
#ifndef QK_WRAPPER_VISITS_H
#define QK_WRAPPER_VISITS_H

#include "base/error.h"

/* False if the library is not initialised: then there is nothing to visit, and nothing to end. */
bool qk_visit_begin(void);
void qk_visit_end(void);

/* Around C_Initialize, C_Finalize and all within a visit that may be a cancellation point (log, files, sockets, the
 * base): a thread that the application cancels there would never end its visit, nor give its locks. It is cancelled
 * later, outside. Gives what release needs. */
int qk_visit_hold(void);
void qk_visit_release(int before);

/* After qk_life_end: returns when the last one has left. */
void qk_visits_await_end(void);
/* In a forked child: those of the parent's threads are not coming back. */
void qk_visits_forget(void);

#endif
