/* SPDX-License-Identifier: Apache-2.0 */
/* libquantoki-entropy.so: any PKCS #11 library, but C_GenerateRandom comes from an entropy service.
 *
 * 1. The base library is loaded once and stays: calls in flight may still stand in it after C_Finalize, and many do not
 *    survive dlclose. Its functions lie in one table (forward.c), so forwarding costs a few instructions.
 * 2. Whether we are initialised is base/life.h's to say: a forked child reads "no" and touches nothing.
 * 3. Locks: the pool's, held for copying; the supply's, held for a download, so that one download serves all who wait.
 *    Both are what the application asked for in C_Initialize (lock.h).
 * 4. Pool and sessions are touched between qk_visit_begin and qk_visit_end, so that C_Finalize can wait (visits.h).
 * 5. CK_RV appears here and in the entry files alone; the rest speaks qk_err (codes.c translates). */
#ifndef QK_WRAPPER_WRAPPER_H
#define QK_WRAPPER_WRAPPER_H

#include <quantoki/pkcs11-entropy.h>

#include "base/life.h"
#include "entropy/service/service_supply.h"
#include "wrapper/base_library.h"
#include "wrapper/pool.h"
#include "wrapper/refiller.h"
#include "wrapper/sessions.h"
#include "wrapper/settings.h"
#include "wrapper/visits.h"

typedef struct qk_wrapper_state {
    qk_base_library base;
    qk_wrapper_settings settings;
    qk_locking locking;
    qk_sessions *sessions;
    qk_supply *supply;
    qk_pool_of_random *pool;
    qk_refiller *refiller;     /* NULL: no thread of ours */
    bool may_make_threads;     /* the application does not forbid it */
    bool base_was_initialised; /* by the application itself: then we do not finalise it */
} qk_wrapper_state;

/* Valid while qk_life_live(); `base` from the first loading on. */
extern qk_wrapper_state qk_wrapper;

/* A session's call, made at `asked` (qk_sessions_now), failed with `rv`: forgets the session if the base has lost it
 * (session_calls.c). */
void qk_sessions_note(CK_SESSION_HANDLE session, CK_RV rv, uint64_t asked);

/* Loads the base that the settings name, if one can be had, and makes the list of interfaces, once: for those who ask
 * before C_Initialize, too (general.c). */
void qk_wrapper_find_base(void);
/* interface.c */
void qk_wrapper_fill_interfaces(const qk_base_library *base);
const CK_FUNCTION_LIST_3_2 *qk_wrapper_functions(void); /* our own, all of them */

/* Words of `err` to the log, its code to the application (codes.c). */
CK_RV qk_wrapper_leave(const char *function, qk_err err);
/* Is it for the service, or for what we know of it? Then the base's generator may stand in, if the settings say so. */
bool qk_wrapper_is_services(qk_err err);
/* What to look at after such an error, for the log. */
const char *qk_wrapper_look_at(qk_err err);

#endif
