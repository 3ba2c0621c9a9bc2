/* SPDX-License-Identifier: Apache-2.0 */
/* Logins, from the supervisor's side: a job whose target is not logged in has stages. LOOK finds the token, which says
 * who it is; then the latch decides whether the PIN may be tried there; ENTER has the PIN, and logs in; the order
 * itself follows without it. So no PIN goes to a library that does not even load, and a library that dies is known to
 * have died with the PIN in hand, or not. */
#ifndef QK_SEEDER_LOGIN_H
#define QK_SEEDER_LOGIN_H

#include "seeder/supervisor.h"

/* What is asked next. */
qk_seed_ask qk_seed_login_next(const qk_seed_worker *worker, const qk_seed_job *job);

typedef enum qk_seed_admission {
    QK_SEED_ADMITTED,
    QK_SEED_ASKS,    /* the PIN comes of a command, which has to be asked first: job->pin */
    QK_SEED_WAITS,   /* another target tries a PIN at the same token */
    QK_SEED_REFUSED, /* the latch says no: the target is latched, and the job has ended */
    QK_SEED_FAILED,  /* *out_rv says why */
} qk_seed_admission;
/* Does what is sent (job->sent_ask) have the PIN? ENTER and LOGIN; of sinks that are no tokens, SEED. */
bool qk_seed_login_has_pin(const qk_seed_worker *worker, const qk_seed_job *job);
/* Before such an order: job->tried is read, and noted. */
qk_seed_admission qk_seed_login_prepare(qk_seeder *seeder, qk_seed_job *job, CK_RV *out_rv);
/* What C_Login answered and nobody knows counts as a refused PIN: QK_SEED_PIN_REFUSED. */
void qk_seed_login_judge(const qk_seed_target *target, qk_seed_report *report);
/* The answer to a stage, or to LOGIN. True if the job goes on. */
bool qk_seed_login_take(qk_seeder *seeder, qk_seed_worker *worker, qk_seed_job *job, const qk_seed_report *report);
/* The worker is gone without an answer; `in_hand`: it was doing this job. Returns what is to be reported. */
CK_RV qk_seed_login_lost(qk_seeder *seeder, qk_seed_job *job, bool in_hand, CK_RV rv);

#endif
