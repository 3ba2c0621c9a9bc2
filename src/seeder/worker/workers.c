/* SPDX-License-Identifier: Apache-2.0 */
/* Workers: orders out, reports in. Nothing here waits, neither for a socket nor for a process nor for a command. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "seeder/worker/login.h"
#include "seeder/worker/workers_inside.h"

enum { MOST_SENT = 32, LARGE_SEED = 1024, SLOW_MICROS = 5000 };

qk_err qk_seed_worker_for(qk_seeder *seeder, const qk_seed_target_config *config, qk_seed_worker **out_worker)
{
    qk_seed_worker *fresh;

    for (qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (strcmp(it->library, config->library) == 0 && strcmp(it->group, config->worker) == 0) {
            *out_worker = it;
            return QK_OK;
        }
    fresh = calloc(1, sizeof *fresh);
    if (!fresh ||
        snprintf(fresh->library, sizeof fresh->library, "%s", config->library) >= (int)sizeof fresh->library) {
        free(fresh);
        return qk_fail(QK_E_NO_MEMORY, "worker for %.200s", config->library);
    }
    snprintf(fresh->group, sizeof fresh->group, "%s", config->worker);
    fresh->fd = -1;
    fresh->waiting.last = &fresh->waiting.first;
    fresh->asking.last = &fresh->asking.first;
    fresh->sent.last = &fresh->sent.first;
    fresh->window = 1;
    fresh->next = seeder->workers;
    seeder->workers = fresh;
    *out_worker = fresh;
    return QK_OK;
}

/* ---- orders out ---- */

static qk_err send_job(qk_seed_worker *worker, const qk_seed_job *job)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE; /* wiped: PIN and seed */
    const qk_seed_target_config *config = &job->target->config;
    bool has_pin = qk_seed_login_has_pin(worker, job);
    qk_seed_order order = { .ask = (uint8_t)job->sent_ask,
                            .target = job->target->number,
                            .choice = (uint8_t)config->choice,
                            .slot = config->slot_number,
                            .login = config->login_type,
                            .keep_session = config->keep_session,
                            .split = (uint32_t)config->split,
                            .credit_bits = (uint32_t)config->credit_bits,
                            .pin_proven = job->may_be_low,
                            .entered = job->entered,
                            .pin = has_pin ? qk_secret_reveal(&job->tried.pin) : QK_VIEW_NONE,
                            .seed = job->sent_ask == job->ask ? qk_secret_reveal(&job->seed) : QK_VIEW_NONE };

    snprintf(order.name, sizeof order.name, "%s", config->wanted);
    snprintf(order.serial, sizeof order.serial, "%s",
             job->target->injections                     ? job->target->token.serial
             : job->target->seen_start == worker->starts ? job->target->seen.serial
                                                         : "");
    qk_seed_order_write(&order, &message);
    return qk_seed_queue(&message, &worker->outgoing);
}

static int64_t answer_by(const qk_seeder *seeder, int64_t now_ms)
{
    return now_ms + (int64_t)seeder->config.call_timeout_s * 1000;
}

/* Takes the first order from `waiting`, to wherever it belongs. */
static void send_next(qk_seeder *seeder, qk_seed_worker *worker, int64_t now_ms)
{
    qk_seed_job *job = worker->waiting.first;
    qk_seed_admission admission = QK_SEED_ADMITTED;
    CK_RV rv = CKR_HOST_MEMORY;

    job->sent_ask = qk_seed_login_next(worker, job);
    if (qk_seed_login_has_pin(worker, job))
        admission = qk_seed_login_prepare(seeder, job, &rv);
    job = qk_seed_jobs_pop(&worker->waiting);
    if (admission == QK_SEED_ASKS || admission == QK_SEED_WAITS) {
        qk_seed_jobs_push(&worker->asking, job);
    } else if (admission == QK_SEED_REFUSED) {
        qk_seed_job_free(&job);
    } else if (admission == QK_SEED_FAILED) {
        qk_seed_job_fail(seeder, &job, rv);
    } else if (send_job(worker, job) != QK_OK) {
        qk_seed_job_fail(seeder, &job, qk_seed_login_lost(seeder, job, false, CKR_HOST_MEMORY));
    } else {
        if (job->sent_ask == job->ask)
            qk_secret_free(&job->seed);
        qk_seed_jobs_push(&worker->sent, job);
        if (worker->sent_count++ == 0)
            worker->answer_by_ms = answer_by(seeder, now_ms);
    }
}

/* Large seeds go alone, so that few bytes lie where others may read them. So do PINs: of a worker that dies it is then
 * known whether it had one in hand. */
static bool may_send(qk_seed_worker *worker)
{
    qk_seed_job *next = worker->waiting.first;

    if (!worker->process || !next || worker->wants_restart)
        return false;
    if (worker->sent_count == 0)
        return true;
    next->sent_ask = qk_seed_login_next(worker, next);
    return worker->sent_count < worker->window && next->seed_len <= LARGE_SEED &&
           !qk_seed_login_has_pin(worker, next) && !qk_seed_login_has_pin(worker, worker->sent.first);
}

void qk_seed_workers_tend(qk_seeder *seeder, int64_t now_ms)
{
    qk_seed_processes_collect(now_ms);
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        qk_seed_jobs_ask_for_pins(seeder, it);
        if (it->sent_count > 0 && now_ms >= it->answer_by_ms)
            qk_seed_worker_bury(seeder, it, "it does not answer");
        if (it->wants_restart && it->sent_count == 0)
            qk_seed_worker_let_go(it);
        if (it->waiting.first && !it->process && now_ms >= it->restart_ms)
            qk_seed_worker_start(seeder, it);
        while (may_send(it))
            send_next(seeder, it, now_ms);
        if (it->process && qk_seed_flush(it->fd, &it->outgoing) != QK_OK)
            qk_seed_process_kill(it->process); /* its end is seen on the socket */
    }
}

/* ---- reports in ---- */

/* With a quick library a round trip for each order would cost more than the order. With a slow one, several orders
 * would keep the end waiting. */
static void take_pace(qk_seed_worker *worker, uint32_t micros)
{
    worker->window = micros > SLOW_MICROS ? 1 : worker->window * 2 > MOST_SENT ? MOST_SENT : worker->window * 2;
}

/* False if it is no answer to the first order that was sent. */
static bool take_report(qk_seeder *seeder, qk_seed_worker *worker, qk_view message)
{
    static qk_seed_listed tokens[QK_SEED_MOST_TOKENS];
    qk_seed_report report = { .tokens = tokens };
    QK_OWNED(qk_seed_job_free) qk_seed_job *job = NULL;

    if (qk_seed_report_read(message, &report) != QK_OK || !worker->sent.first ||
        report.target != worker->sent.first->target->number)
        return false;
    worker->back_off_ms = 0;
    worker->sent_count--;
    worker->answer_by_ms = answer_by(seeder, qk_clock_monotonic_ms());
    worker->successes += report.rv == CKR_OK && (report.ask == QK_SEED_ASK_SEED || report.ask == QK_SEED_ASK_LOGIN);
    take_pace(worker, report.micros);
    job = qk_seed_jobs_pop(&worker->sent);
    if (job->sent_ask != QK_SEED_ASK_LOOK)
        job->target->login_start = report.login_held ? worker->starts : 0;
    qk_seed_login_judge(job->target, &report);
    if (qk_seed_login_take(seeder, worker, job, &report)) {
        qk_seed_jobs_push_first(&worker->waiting, job);
        job = NULL;
        return true;
    }
    report.ask = (uint8_t)job->ask;
    if (report.rv != CKR_OK)
        job->target->seen_start = 0; /* it may be another token next time */
    qk_seed_job_report(seeder, job, &report);
    return true;
}

static void end_of_talk(qk_seeder *seeder, qk_seed_worker *worker)
{
    if (seeder->ending)
        qk_seed_worker_see_off(worker);
    else
        qk_seed_worker_bury(seeder, worker, "it died, or speaks nonsense");
}

void qk_seed_worker_converse(qk_seeder *seeder, qk_seed_worker *worker)
{
    for (int i = 0; i < MOST_SENT && worker->process; i++) {
        qk_view message;
        qk_err err = qk_seed_gather(worker->fd, &worker->incoming, &message);
        if (err == QK_OK && !message.data)
            return; /* the rest of it comes, or the worker's time is over */
        if (err != QK_OK || !take_report(seeder, worker, message)) {
            end_of_talk(seeder, worker);
            return;
        }
        qk_buf_clear(&worker->incoming);
    }
}
