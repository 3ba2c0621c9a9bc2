/* SPDX-License-Identifier: Apache-2.0 */
/* What the supervisor's files on workers share. */
#ifndef QK_SEEDER_WORKERS_INSIDE_H
#define QK_SEEDER_WORKERS_INSIDE_H

#include "seeder/supervisor.h"

/* ---- jobs.c ---- */

/* At the end, or in front; `jobs` owns the job. */
void qk_seed_jobs_push(qk_seed_jobs *jobs, qk_seed_job *job);
void qk_seed_jobs_push_first(qk_seed_jobs *jobs, qk_seed_job *job);
/* The first, which is the caller's to free. There is one. */
qk_seed_job *qk_seed_jobs_pop(qk_seed_jobs *jobs);
/* Frees them all; nobody hears of it. */
void qk_seed_jobs_drop(qk_seed_jobs *jobs);
/* Wipes seed and PIN; ends its command. */
void qk_seed_job_free(qk_seed_job **job);
/* The job has an answer. */
void qk_seed_job_report(qk_seeder *seeder, qk_seed_job *job, const qk_seed_report *report);
/* The job, or the first, ends without an answer of the library. */
void qk_seed_job_fail(qk_seeder *seeder, qk_seed_job **job, CK_RV rv);
void qk_seed_jobs_fail_first(qk_seeder *seeder, qk_seed_jobs *jobs, CK_RV rv);
/* For the jobs that wait for the PIN of a command: starts commands, and lets those go on that have one. */
void qk_seed_jobs_ask_for_pins(qk_seeder *seeder, qk_seed_worker *worker);

/* ---- life.c ---- */

/* A process for the worker; if there is none to be had, its orders fail, and it is tried again later. */
void qk_seed_worker_start(qk_seeder *seeder, qk_seed_worker *worker);
/* It died, hangs or speaks nonsense: what was with it has failed. */
void qk_seed_worker_bury(qk_seeder *seeder, qk_seed_worker *worker, const char *why);
/* It is told to quit, and ends when it likes, at most a while later. Nothing may be with it. */
void qk_seed_worker_let_go(qk_seed_worker *worker);
/* It has closed its socket, as it was told to while the seeder ends. */
void qk_seed_worker_see_off(qk_seed_worker *worker);

/* ---- workers.c ---- */

/* Its socket has something to say, or is closed. */
void qk_seed_worker_converse(qk_seeder *seeder, qk_seed_worker *worker);

#endif
