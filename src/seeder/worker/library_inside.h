/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of library.h share: token.c finds a target's token, session.c logs in and seeds it. */
#ifndef QK_SEEDER_LIBRARY_INSIDE_H
#define QK_SEEDER_LIBRARY_INSIDE_H

#include "seeder/worker/library.h"

typedef struct library_target {
    uint32_t number;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session; /* CK_INVALID_HANDLE: none */
    bool logged_in;
    struct library_target *next;
} library_target;

struct qk_seed_library {
    CK_FUNCTION_LIST *p11;
    bool initialised_by_us;
    CK_RV broken; /* why the library cannot be used; CKR_OK if it can */
    library_target *targets;
};

/* One order being done. */
typedef struct library_work {
    qk_seed_library *library;
    const qk_seed_order *order;
    qk_seed_report *report;
    library_target *target;
    CK_TOKEN_INFO info; /* of the token that was found */
} library_work;

/* ---- token.c ---- */

/* The target's token, in whichever slot it is now; its session is closed if it is gone. */
CK_RV qk_library_find_token(library_work *w);
/* Every token there is, also those of no use. QK_SEED_NO_TOKENS, QK_SEED_MORE_TOKENS: with what fits. */
CK_RV qk_library_list_tokens(qk_seed_library *it, qk_seed_report *report);

/* ---- session.c ---- */

/* Closes the target's session, if there is one; its login goes with it. */
void qk_library_drop_session(library_work *w);
/* May a login be tried? QK_SEED_PIN_NOT_TRIED. */
CK_RV qk_library_judge_flags(library_work *w);
/* QK_SEED_NO_GENERATOR. */
CK_RV qk_library_judge_generator(const library_work *w);
/* A session that is logged in. */
CK_RV qk_library_enter(library_work *w);
/* The same to see whether it would do: the session is closed again. QK_SEED_NO_GENERATOR. */
CK_RV qk_library_try_login(library_work *w);
/* With the session of before, if it is still good. */
CK_RV qk_library_seed(library_work *w);

#endif
