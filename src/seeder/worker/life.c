/* SPDX-License-Identifier: Apache-2.0 */
/* Worker processes: started by exec of this program, so that nothing of ours is in them but the socket; ended when they
 * hang; started again with a growing pause when they die. Nothing here waits for one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "seeder/text.h"
#include "seeder/worker/login.h"
#include "seeder/worker/worker.h"
#include "seeder/worker/workers_inside.h"

enum { LEAVE_MS = 10000, KILLED_MS = 1000, WORKER_FD = 3 };
/* Of one library, killed and not gone: their calls do not return from a driver, and another's would not either. */
enum { MOST_STUCK = 4 };

static void exec_worker(const char *library, int fd, pid_t supervisor)
{
    qk_seed_process_prepare(supervisor, QK_SEED_ORPHANED, false);
    if (dup2(fd, WORKER_FD) < 0 || (fd == WORKER_FD && fcntl(fd, F_SETFD, 0) != 0))
        _exit(127);
    execl("/proc/self/exe", "quantoki-seed", "--worker", library, (char *)NULL);
    _exit(127);
}

static void free_process(qk_seed_process **process)
{
    free(*process);
    *process = NULL;
}

static qk_err start(qk_seed_worker *worker)
{
    QK_OWNED(free_process) qk_seed_process *process = NULL;
    pid_t supervisor = getpid();
    int pair[2];

    if (qk_seed_processes_stuck(worker->library, qk_clock_monotonic_ms()) >= MOST_STUCK)
        return qk_fail(QK_E_SYSTEM, "%d processes of %s were killed and do not end", MOST_STUCK, worker->library);
    QK_TRY(qk_seed_process_new(worker->library, &process));
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return qk_fail(QK_E_SYSTEM, "no socket for a worker: %s", strerror(errno));
    process->pid = fork();
    if (process->pid == 0)
        exec_worker(worker->library, pair[1], supervisor);
    close(pair[1]);
    if (process->pid < 0) {
        close(pair[0]);
        return qk_fail(QK_E_SYSTEM, "no process for a worker: %s", strerror(errno));
    }
    worker->fd = pair[0];
    worker->process = process;
    process = NULL;
    worker->starts++;
    qk_log(QK_LOG_INFO, "op=worker library=%s%s%s pid=%d start=%ju", qk_seed_shown(worker->library),
           *worker->group ? " worker=" : "", *worker->group ? qk_seed_shown(worker->group) : "",
           (int)worker->process->pid, (uintmax_t)worker->starts);
    return QK_OK;
}

/* Between us and the process all is over but its end. */
static void part(qk_seed_worker *worker, int64_t kill_at_ms)
{
    close(worker->fd);
    worker->fd = -1;
    qk_buf_done(&worker->incoming);
    qk_buf_done(&worker->outgoing);
    worker->window = 1;
    worker->wants_restart = false;
    qk_seed_process_part(&worker->process, kill_at_ms);
}

static void back_off(qk_seed_worker *worker)
{
    worker->back_off_ms = qk_seed_back_off(worker->back_off_ms);
    worker->restart_ms = qk_clock_monotonic_ms() + worker->back_off_ms;
}

static void fail_all(qk_seeder *seeder, qk_seed_worker *worker, CK_RV rv)
{
    qk_seed_jobs *const all[] = { &worker->waiting, &worker->asking };

    worker->sent_count = 0;
    for (bool in_hand = true; worker->sent.first; in_hand = false)
        qk_seed_jobs_fail_first(seeder, &worker->sent, qk_seed_login_lost(seeder, worker->sent.first, in_hand, rv));
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        while (all[i]->first)
            qk_seed_jobs_fail_first(seeder, all[i], rv);
}

void qk_seed_worker_bury(qk_seeder *seeder, qk_seed_worker *worker, const char *why)
{
    back_off(worker);
    qk_log(QK_LOG_ERROR, "op=worker library=%s%s%s pid=%d why=\"%s\" again_in_ms=%jd", qk_seed_shown(worker->library),
           *worker->group ? " worker=" : "", *worker->group ? qk_seed_shown(worker->group) : "",
           (int)worker->process->pid, why, (intmax_t)worker->back_off_ms);
    part(worker, 0);
    fail_all(seeder, worker, CKR_GENERAL_ERROR);
}

/* The system has no process, no memory or no descriptor for it: what would come of trying again at once? */
void qk_seed_worker_start(qk_seeder *seeder, qk_seed_worker *worker)
{
    qk_err err = start(worker);

    if (err == QK_OK)
        return;
    back_off(worker);
    qk_log_failure(QK_LOG_ERROR, err, "op=worker library=%s%s%s again_in_ms=%jd", qk_seed_shown(worker->library),
                   *worker->group ? " worker=" : "", *worker->group ? qk_seed_shown(worker->group) : "",
                   (intmax_t)worker->back_off_ms);
    fail_all(seeder, worker, CKR_HOST_MEMORY);
}

void qk_seed_worker_restart(qk_seed_worker *worker, const char *why)
{
    qk_log(QK_LOG_WARNING, "op=worker library=%s%s%s restart=\"%s\"", qk_seed_shown(worker->library),
           *worker->group ? " worker=" : "", *worker->group ? qk_seed_shown(worker->group) : "", why);
    worker->wants_restart = true;
}

/* Its end is seen on the socket if that does not take it. */
static void tell(qk_seed_worker *worker, const qk_seed_order *order)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;

    qk_seed_order_write(order, &message);
    if (qk_seed_queue(&message, &worker->outgoing) != QK_OK || qk_seed_flush(worker->fd, &worker->outgoing) != QK_OK)
        qk_seed_process_kill(worker->process);
}

static void tell_to_quit(qk_seed_worker *worker)
{
    tell(worker, &(qk_seed_order){ .ask = QK_SEED_ASK_QUIT });
}

/* It logs out and finalises beside its successor, for as long as that may take. */
void qk_seed_worker_let_go(qk_seed_worker *worker)
{
    worker->wants_restart = false;
    if (!worker->process)
        return;
    tell_to_quit(worker);
    part(worker, qk_clock_monotonic_ms() + LEAVE_MS);
}

void qk_seed_worker_forget(qk_seed_worker *worker, uint32_t target)
{
    if (worker->process)
        tell(worker, &(qk_seed_order){ .ask = QK_SEED_ASK_FORGET, .target = target });
}

/* ---- libraries that are gone ---- */

static bool one_uses(const qk_seed_target *targets, const qk_seed_worker *worker)
{
    for (const qk_seed_target *it = targets; it; it = it->next)
        if (it->worker == worker)
            return true;
    return false;
}

static bool is_used(const qk_seeder *seeder, const qk_seed_worker *worker)
{
    if (one_uses(seeder->targets, worker))
        return true;
    for (const qk_seed_gone *it = seeder->gone; it; it = it->next)
        if (one_uses(it->targets, worker))
            return true;
    return false;
}

void qk_seed_workers_release(qk_seeder *seeder)
{
    for (qk_seed_worker **at = &seeder->workers; *at;) {
        qk_seed_worker *it = *at;
        if (is_used(seeder, it)) {
            at = &it->next;
            continue;
        }
        qk_seed_worker_let_go(it);
        *at = it->next;
        free(it);
    }
}

/* ---- the end of all ---- */

static bool one_is_running(const qk_seeder *seeder)
{
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (it->process)
            return true;
    return false;
}

/* What it was killed in the middle of, or did not answer before it ended, and what it was not asked to finish. */
static void drop_sent(qk_seeder *seeder, qk_seed_worker *worker)
{
    for (bool in_hand = true; worker->sent.first; in_hand = false) {
        QK_OWNED(qk_seed_job_free) qk_seed_job *job = qk_seed_jobs_pop(&worker->sent);
        CK_RV rv = qk_seed_login_lost(seeder, job, in_hand, CKR_OK);
        if (rv != CKR_OK)
            qk_log(QK_LOG_ERROR, "op=latch target=%s code=%s words=\"%s\"", qk_seed_shown(job->target->name),
                   qk_seed_code_name(rv), qk_seed_advice(rv));
    }
}

static void free_workers(qk_seeder *seeder)
{
    while (seeder->workers) {
        qk_seed_worker *it = seeder->workers;
        seeder->workers = it->next;
        free(it);
    }
}

void qk_seed_workers_stop(qk_seeder *seeder, int64_t wait_ms)
{
    qk_deadline_ms deadline = qk_deadline_in(wait_ms);

    seeder->ending = true;
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        qk_seed_jobs_drop(&it->waiting);
        qk_seed_jobs_drop(&it->asking);
        if (!it->process)
            continue;
        kill(it->process->pid, SIGTERM); /* the order that is being done is the last one */
        tell_to_quit(it);
    }
    while (one_is_running(seeder) && qk_deadline_left(deadline) > 0) /* reports count until the end */
        qk_seed_workers_wait(seeder, -1, qk_deadline_left(deadline));
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        drop_sent(seeder, it);
        qk_seed_jobs_drop(&it->waiting); /* a look that was answered meanwhile, whose login is next */
        if (it->process)
            part(it, 0);
    }
    qk_seed_processes_end(deadline, KILLED_MS);
    free_workers(seeder);
}

/* The last one's end was seen while the seeder ends: that is as it should be. */
void qk_seed_worker_see_off(qk_seed_worker *worker)
{
    part(worker, qk_clock_monotonic_ms() + LEAVE_MS);
}
