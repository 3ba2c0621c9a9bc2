/* SPDX-License-Identifier: Apache-2.0 */
/* Orders on their way to a worker. Those that need the PIN of a command stand aside until it has ended: others of the
 * same library go on meanwhile. */
#include <stdlib.h>

#include "base/log.h"
#include "seeder/text.h"
#include "seeder/worker/command.h"
#include "seeder/worker/workers_inside.h"

void qk_seed_job_free(qk_seed_job **job)
{
    if (!*job)
        return;
    qk_seed_command_free(&(*job)->command);
    qk_secret_free(&(*job)->pin);
    qk_secret_free(&(*job)->seed);
    qk_seed_try_done(&(*job)->tried);
    free(*job);
    *job = NULL;
}

void qk_seed_jobs_push(qk_seed_jobs *jobs, qk_seed_job *job)
{
    job->next = NULL;
    *jobs->last = job;
    jobs->last = &job->next;
}

void qk_seed_jobs_push_first(qk_seed_jobs *jobs, qk_seed_job *job)
{
    job->next = jobs->first;
    if (!jobs->first)
        jobs->last = &job->next;
    jobs->first = job;
}

qk_seed_job *qk_seed_jobs_pop(qk_seed_jobs *jobs)
{
    qk_seed_job *job = jobs->first;

    jobs->first = job->next;
    if (!jobs->first)
        jobs->last = &jobs->first;
    return job;
}

void qk_seed_jobs_drop(qk_seed_jobs *jobs)
{
    while (jobs->first) {
        qk_seed_job *job = qk_seed_jobs_pop(jobs);
        qk_seed_job_free(&job);
    }
}

qk_err qk_seed_worker_order(qk_seed_worker *worker, qk_seed_target *target, qk_seed_ask ask, qk_secret *seed)
{
    qk_seed_job *job = calloc(1, sizeof *job);

    if (!job)
        return qk_fail(QK_E_NO_MEMORY, "order");
    job->target = target;
    job->ask = ask;
    if (seed)
        qk_secret_give(seed, &job->seed);
    job->seed_len = job->seed.len;
    target->waiting = true;
    qk_seed_jobs_push(&worker->waiting, job);
    return QK_OK;
}

void qk_seed_job_report(qk_seeder *seeder, qk_seed_job *job, const qk_seed_report *report)
{
    size_t taken = report->taken < job->seed_len ? report->taken : job->seed_len;

    bool is_stage = job->sent_ask != job->ask && report->rv == CKR_OK;

    if (job->target->is_gone && (is_stage || report->ask == QK_SEED_ASK_LIST))
        job->target->waiting = false; /* nobody wants these tokens, or that seed, any more */
    else
        qk_seeder_take_report(seeder, job->target, report, taken, &job->tried);
}

void qk_seed_job_fail(qk_seeder *seeder, qk_seed_job **job, CK_RV rv)
{
    qk_seed_report report = { .ask = (uint8_t)(*job)->ask, .target = (*job)->target->number, .rv = rv };

    report.token = (*job)->target->token;
    report.step = rv == QK_SEED_LOGIN_UNFINISHED ? QK_SEED_STEP_LOGIN : QK_SEED_STEP_LIBRARY;
    qk_seed_job_report(seeder, *job, &report);
    qk_seed_job_free(job);
}

void qk_seed_jobs_fail_first(qk_seeder *seeder, qk_seed_jobs *jobs, CK_RV rv)
{
    qk_seed_job *job = qk_seed_jobs_pop(jobs);

    qk_seed_job_fail(seeder, &job, rv);
}

/* ---- another configuration ---- */

static void drop_jobs_of(qk_seed_jobs *jobs, qk_seed_target *target)
{
    qk_seed_jobs all = { NULL, &all.first };

    while (jobs->first)
        qk_seed_jobs_push(&all, qk_seed_jobs_pop(jobs));
    while (all.first) {
        qk_seed_job *job = qk_seed_jobs_pop(&all);
        if (job->target != target) {
            qk_seed_jobs_push(jobs, job);
            continue;
        }
        qk_seed_job_free(&job);
        target->waiting = false;
    }
}

void qk_seed_worker_hand_over(qk_seed_worker *worker, qk_seed_target *was, qk_seed_target *now)
{
    const qk_seed_jobs *const all[] = { &worker->waiting, &worker->asking, &worker->sent };

    if (!was->waiting)
        return;
    if (!now) {
        drop_jobs_of(&worker->waiting, was);
        drop_jobs_of(&worker->asking, was);
        return;
    }
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        for (qk_seed_job *it = all[i]->first; it; it = it->next)
            if (it->target == was)
                it->target = now;
}

/* ---- PINs of commands ---- */

/* True if the job has its PIN, or none is to be had: *out_err. Who waits for the login of another target of the token
 * has it, or reads it later, and sees anew whether it is its turn. */
static bool ask_for_pin(qk_seed_job *job, qk_err *out_err)
{
    *out_err = QK_OK;
    if (!job->target->config.pin_command || job->pin.len || job->tried.pin.len)
        return true;
    if (job->command)
        return qk_seed_command_is_over(job->command, out_err, &job->pin);
    if (qk_seed_commands_running() < QK_SEED_MOST_COMMANDS)
        *out_err = qk_seed_command_start(job->target->config.pin_command, &job->command);
    return *out_err != QK_OK;
}

void qk_seed_jobs_ask_for_pins(qk_seeder *seeder, qk_seed_worker *worker)
{
    qk_seed_jobs asking = { NULL, &asking.first };

    while (worker->asking.first)
        qk_seed_jobs_push(&asking, qk_seed_jobs_pop(&worker->asking));
    while (asking.first) {
        qk_seed_job *job = asking.first;
        qk_err err;
        if (!ask_for_pin(job, &err)) {
            qk_seed_jobs_push(&worker->asking, qk_seed_jobs_pop(&asking));
            continue;
        }
        qk_seed_command_free(&job->command);
        if (err == QK_OK) {
            qk_seed_jobs_push(&worker->waiting, qk_seed_jobs_pop(&asking));
            continue;
        }
        qk_log_failure(QK_LOG_ERROR, err, "op=order target=%s", qk_seed_shown(job->target->name));
        qk_seed_jobs_fail_first(seeder, &asking, QK_SEED_PIN_UNREADABLE);
    }
}
