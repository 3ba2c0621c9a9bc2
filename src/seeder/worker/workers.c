/* SPDX-License-Identifier: Apache-2.0 */
/* Worker processes: started by exec of this program, so that nothing of ours is in them but the socket; ended when they
 * hang; started again with a growing pause when they die. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { MOST_SENT = 32, LARGE_SEED = 1024, SLOW_MICROS = 5000 };
enum { LEAVE_MS = 10000, FIRST_BACK_OFF_MS = 1000, MOST_BACK_OFF_MS = 300000, WORKER_FD = 3 };

static void free_job(qk_seed_job **job)
{
    if (!*job)
        return;
    qk_secret_free(&(*job)->seed);
    qk_seed_try_done(&(*job)->tried);
    free(*job);
    *job = NULL;
}

qk_err qk_seed_worker_for(qk_seeder *seeder, const char *library, qk_seed_worker **out_worker)
{
    qk_seed_worker *fresh;

    for (qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (strcmp(it->library, library) == 0) {
            *out_worker = it;
            return QK_OK;
        }
    fresh = calloc(1, sizeof *fresh);
    if (!fresh || snprintf(fresh->library, sizeof fresh->library, "%s", library) >= (int)sizeof fresh->library) {
        free(fresh);
        return qk_fail(QK_E_NO_MEMORY, "worker for %.200s", library);
    }
    fresh->fd = -1;
    fresh->waiting.last = &fresh->waiting.first;
    fresh->sent.last = &fresh->sent.first;
    fresh->window = 1;
    fresh->next = seeder->workers;
    seeder->workers = fresh;
    *out_worker = fresh;
    return QK_OK;
}

static void push(qk_seed_jobs *jobs, qk_seed_job *job)
{
    job->next = NULL;
    *jobs->last = job;
    jobs->last = &job->next;
}

static qk_seed_job *pop(qk_seed_jobs *jobs)
{
    qk_seed_job *job = jobs->first;

    jobs->first = job->next;
    if (!jobs->first)
        jobs->last = &jobs->first;
    return job;
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
    push(&worker->waiting, job);
    return QK_OK;
}

/* The first order ends without an answer of the library. */
static void fail_first(qk_seeder *seeder, qk_seed_jobs *jobs, CK_RV rv)
{
    QK_OWNED(free_job) qk_seed_job *job = pop(jobs);
    qk_seed_report report = { .ask = (uint8_t)job->ask, .target = job->target->number, .rv = rv };

    report.token = job->target->token;
    qk_seeder_take_report(seeder, job->target, &report, job->seed_len, NULL);
}

/* ---- life and death ---- */

static void exec_worker(const char *library, int fd)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(fd, WORKER_FD) < 0 || (fd == WORKER_FD && fcntl(fd, F_SETFD, 0) != 0))
        _exit(127);
    unsetenv("NOTIFY_SOCKET"); /* readiness is ours to tell */
    unsetenv("QRYPT_TOKEN");
    execl("/proc/self/exe", "quantoki-seed", "--worker", library, (char *)NULL);
    _exit(127);
}

static qk_err start(qk_seed_worker *worker)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return qk_fail(QK_E_SYSTEM, "no socket for a worker: %s", strerror(errno));
    worker->pid = fork();
    if (worker->pid == 0)
        exec_worker(worker->library, pair[1]);
    close(pair[1]);
    if (worker->pid < 0) {
        worker->pid = 0;
        close(pair[0]);
        return qk_fail(QK_E_SYSTEM, "no process for a worker: %s", strerror(errno));
    }
    worker->fd = pair[0];
    worker->starts++;
    qk_log(QK_LOG_INFO, "op=worker library=%s pid=%d start=%ju", qk_seed_shown(worker->library), (int)worker->pid,
           (uintmax_t)worker->starts);
    return QK_OK;
}

static int reap(qk_seed_worker *worker)
{
    int status = 0;

    close(worker->fd);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    worker->fd = -1;
    worker->pid = 0;
    return status;
}

static void back_off(qk_seed_worker *worker)
{
    worker->back_off_ms = worker->back_off_ms ? worker->back_off_ms * 2 : FIRST_BACK_OFF_MS;
    if (worker->back_off_ms > MOST_BACK_OFF_MS)
        worker->back_off_ms = MOST_BACK_OFF_MS;
    worker->restart_ms = qk_clock_monotonic_ms() + worker->back_off_ms;
}

static void fail_all(qk_seeder *seeder, qk_seed_worker *worker, CK_RV rv)
{
    worker->sent_count = 0;
    worker->window = 1;
    worker->wants_restart = false;
    while (worker->sent.first)
        fail_first(seeder, &worker->sent, rv);
    while (worker->waiting.first)
        fail_first(seeder, &worker->waiting, rv);
}

static void bury(qk_seeder *seeder, qk_seed_worker *worker, const char *why)
{
    int status;

    kill(worker->pid, SIGKILL);
    status = reap(worker);
    back_off(worker);
    qk_log(QK_LOG_ERROR, "op=worker library=%s why=\"%s\" status=0x%x again_in_ms=%jd", qk_seed_shown(worker->library),
           why, (unsigned)status, (intmax_t)worker->back_off_ms);
    fail_all(seeder, worker, CKR_GENERAL_ERROR);
}

/* The system has no process, no memory or no descriptor for it: what would come of trying again at once? */
static void start_or_back_off(qk_seeder *seeder, qk_seed_worker *worker)
{
    qk_err err = start(worker);

    if (err == QK_OK)
        return;
    back_off(worker);
    qk_log_failure(QK_LOG_ERROR, err, "op=worker library=%s again_in_ms=%jd", qk_seed_shown(worker->library),
                   (intmax_t)worker->back_off_ms);
    fail_all(seeder, worker, CKR_HOST_MEMORY);
}

/* A worker that was told to quit logs out and finalises beside its successor, for as long as that may take. */
static void end_leaving(qk_seed_worker *worker)
{
    if (!worker->leaving)
        return;
    kill(worker->leaving, SIGKILL);
    while (waitpid(worker->leaving, NULL, 0) < 0 && errno == EINTR)
        continue;
    worker->leaving = 0;
}

static void tend_leaving(qk_seed_worker *worker, int64_t now_ms)
{
    if (!worker->leaving)
        return;
    if (waitpid(worker->leaving, NULL, WNOHANG) != 0)
        worker->leaving = 0;
    else if (now_ms >= worker->leaving_by_ms)
        end_leaving(worker);
}

void qk_seed_worker_restart(qk_seed_worker *worker, const char *why)
{
    qk_log(QK_LOG_WARNING, "op=worker library=%s restart=\"%s\"", qk_seed_shown(worker->library), why);
    worker->wants_restart = true;
}

static void let_go(qk_seed_worker *worker)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    const qk_seed_order quit = { .ask = QK_SEED_ASK_QUIT };

    worker->wants_restart = false;
    worker->window = 1;
    if (!worker->pid)
        return;
    qk_seed_order_write(&quit, &message);
    end_leaving(worker);
    worker->leaving = worker->pid;
    worker->leaving_by_ms = qk_clock_monotonic_ms() + LEAVE_MS;
    if (qk_seed_send(worker->fd, &message) != QK_OK)
        kill(worker->leaving, SIGKILL);
    close(worker->fd);
    worker->fd = -1;
    worker->pid = 0;
}

void qk_seed_worker_forget(qk_seed_worker *worker, uint32_t target)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    const qk_seed_order forget = { .ask = QK_SEED_ASK_FORGET, .target = target };

    qk_seed_order_write(&forget, &message);
    if (worker->pid && qk_seed_send(worker->fd, &message) != QK_OK)
        kill(worker->pid, SIGKILL); /* its end is seen on the socket */
}

/* ---- orders out, reports in ---- */

static bool needs_pin(const qk_seed_worker *worker, const qk_seed_job *job)
{
    return job->ask == QK_SEED_ASK_LOGIN ||
           (job->ask == QK_SEED_ASK_SEED && job->target->login_start != worker->starts);
}

/* Under CKF_USER_PIN_COUNT_LOW: the PIN that worked before, or the operator's one try. */
static bool pin_is_proven(const qk_seed_job *job)
{
    const qk_seed_target *target = job->target;

    return target->may_try_low ||
           (target->pin_proven && memcmp(target->proven_mark, job->tried.mark, QK_SEED_DIGEST) == 0);
}

static qk_err send_job(qk_seeder *seeder, qk_seed_worker *worker, qk_seed_job *job)
{
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE; /* wiped: PIN and seed */
    const qk_seed_target_config *config = &job->target->config;
    qk_seed_order order = { .ask = (uint8_t)job->ask,
                            .target = job->target->number,
                            .choice = (uint8_t)config->choice,
                            .slot = config->slot_number,
                            .login = config->login_type,
                            .keep_session = config->keep_session,
                            .split = (uint32_t)config->split,
                            .seed = qk_secret_reveal(&job->seed) };

    snprintf(order.name, sizeof order.name, "%s", config->wanted);
    snprintf(order.serial, sizeof order.serial, "%s", job->target->injections ? job->target->token.serial : "");
    if (needs_pin(worker, job)) {
        QK_TRY(qk_seed_try_read(&seeder->hashes, config, &job->tried));
        order.pin_proven = pin_is_proven(job);
    }
    order.pin = qk_secret_reveal(&job->tried.pin);
    qk_seed_order_write(&order, &message);
    QK_TRY(qk_seed_send(worker->fd, &message));
    job->took_try = order.pin.len > 0 && job->target->may_try_low;
    job->target->may_try_low = job->target->may_try_low && !job->took_try;
    return QK_OK;
}

static int64_t answer_by(const qk_seeder *seeder, int64_t now_ms)
{
    return now_ms + (int64_t)seeder->config.call_timeout_s * 1000;
}

/* False if nothing can be sent for now. */
static bool send_next(qk_seeder *seeder, qk_seed_worker *worker, int64_t now_ms)
{
    qk_seed_job *job = worker->waiting.first;
    qk_err err = send_job(seeder, worker, job);

    if (err == QK_OK) {
        qk_secret_free(&job->seed);
        push(&worker->sent, pop(&worker->waiting));
        if (worker->sent_count++ == 0)
            worker->answer_by_ms = answer_by(seeder, now_ms);
        return true;
    }
    if (err == QK_E_SERVER_AWAY)
        return false; /* its end is seen on the socket */
    qk_log_failure(QK_LOG_ERROR, err, "op=order target=%s", qk_seed_shown(job->target->name));
    fail_first(seeder, &worker->waiting, QK_SEED_PIN_UNREADABLE);
    return true;
}

/* Large seeds go alone, so that what is sent always finds place in the socket. */
static bool may_send(const qk_seed_worker *worker)
{
    const qk_seed_job *next = worker->waiting.first;

    if (!worker->pid || !next || worker->wants_restart)
        return false;
    return worker->sent_count == 0 || (worker->sent_count < worker->window && next->seed_len <= LARGE_SEED);
}

void qk_seed_workers_tend(qk_seeder *seeder, int64_t now_ms)
{
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        tend_leaving(it, now_ms);
        if (it->sent_count > 0 && now_ms >= it->answer_by_ms)
            bury(seeder, it, "it does not answer");
        if (it->wants_restart && it->sent_count == 0)
            let_go(it);
        if (it->waiting.first && !it->pid && now_ms >= it->restart_ms)
            start_or_back_off(seeder, it);
        while (may_send(it) && send_next(seeder, it, now_ms))
            continue;
    }
}

/* With a quick library a round trip for each order would cost more than the order. With a slow one, several orders
 * would keep the end waiting. */
static void take_pace(qk_seed_worker *worker, uint32_t micros)
{
    worker->window = micros > SLOW_MICROS ? 1 : worker->window * 2 > MOST_SENT ? MOST_SENT : worker->window * 2;
}

static void read_report(qk_seeder *seeder, qk_seed_worker *worker)
{
    static qk_seed_listed tokens[QK_SEED_MOST_TOKENS];
    qk_seed_report report = { .tokens = tokens };
    QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
    QK_OWNED(free_job) qk_seed_job *job = NULL;

    if (qk_seed_receive(worker->fd, &message) != QK_OK ||
        qk_seed_report_read(qk_buf_view(&message), &report) != QK_OK || !worker->sent.first ||
        report.target != worker->sent.first->target->number) {
        bury(seeder, worker, "it died, or speaks nonsense");
        return;
    }
    worker->back_off_ms = 0;
    worker->sent_count--;
    worker->answer_by_ms = answer_by(seeder, qk_clock_monotonic_ms());
    take_pace(worker, report.micros);
    job = pop(&worker->sent);
    job->target->login_start = report.login_held ? worker->starts : 0;
    job->target->may_try_low = job->target->may_try_low || (job->took_try && !report.login_tried);
    qk_seeder_take_report(seeder, job->target, &report, job->seed_len, &job->tried);
}

void qk_seed_worker_read(qk_seeder *seeder, qk_seed_worker *worker)
{
    struct pollfd more = { .fd = worker->fd, .events = POLLIN };

    for (int i = 0; i < MOST_SENT && worker->pid && poll(&more, 1, 0) > 0; i++)
        read_report(seeder, worker);
}

static void drop_jobs(qk_seed_jobs *jobs)
{
    while (jobs->first) {
        qk_seed_job *job = pop(jobs);
        free_job(&job);
    }
}

void qk_seed_workers_stop(qk_seeder *seeder, int64_t wait_ms)
{
    qk_deadline_ms deadline = qk_deadline_in(wait_ms);

    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        QK_OWNED(qk_buf_done) qk_buf message = QK_BUF_NONE;
        const qk_seed_order quit = { .ask = QK_SEED_ASK_QUIT };
        qk_seed_order_write(&quit, &message);
        if (it->pid)
            kill(it->pid, SIGTERM); /* the order that is being done is the last one */
        if (it->pid && qk_seed_send(it->fd, &message) != QK_OK)
            kill(it->pid, SIGKILL);
    }
    for (qk_seed_worker *it = seeder->workers; it; it = it->next) {
        struct pollfd end = { .fd = it->fd, .events = POLLRDHUP };
        uint8_t drop[4096];
        while (it->pid && poll(&end, 1, qk_deadline_left(deadline)) > 0 && !(end.revents & (POLLHUP | POLLERR)))
            if (recv(it->fd, drop, sizeof drop, MSG_DONTWAIT) == 0)
                break;
        if (it->pid && qk_deadline_left(deadline) == 0)
            kill(it->pid, SIGKILL);
        if (it->pid)
            reap(it);
        end_leaving(it);
    }
    while (seeder->workers) {
        qk_seed_worker *it = seeder->workers;
        drop_jobs(&it->sent);
        drop_jobs(&it->waiting);
        seeder->workers = it->next;
        free(it);
    }
}
