/* SPDX-License-Identifier: Apache-2.0 */
/* Orders on their way to a worker. Those that need the PIN of a command stand aside until it has ended: others of the
 * same library go on meanwhile. */
#include <stdlib.h>

#include "base/log.h"
#include "seeder/text.h"
#include "seeder/worker/command.h"
#include "seeder/worker/workers_inside.h"

enum { MOST_COMMANDS = 8 }; /* at once */

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

void qk_seed_jobs_fail_first(qk_seeder *seeder, qk_seed_jobs *jobs, CK_RV rv)
{
    QK_OWNED(qk_seed_job_free) qk_seed_job *job = qk_seed_jobs_pop(jobs);
    qk_seed_report report = { .ask = (uint8_t)job->ask, .target = job->target->number, .rv = rv };

    report.token = job->target->token;
    qk_seeder_take_report(seeder, job->target, &report, job->seed_len, NULL);
}

/* ---- PINs of commands ---- */

/* True if the job has its PIN, or none is to be had: *out_err. */
static bool ask_for_pin(qk_seed_job *job, qk_err *out_err)
{
    *out_err = QK_OK;
    if (job->command)
        return qk_seed_command_is_over(job->command, out_err, &job->pin);
    if (qk_seed_commands_running() < MOST_COMMANDS)
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
