/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/supervisor.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "net/socket.h"
#include "seeder/text.h"

enum {
    LOOK_FOR_TOKENS_MS = 60000,
    STOP_MS = 10000,
    STATUS_FAILED = 3,
    STATUS_IDLE = 4,
    STATUS_IMPOSSIBLE = 5,
};

static const int64_t NEVER = INT64_MAX;

/* ---- the schedule ---- */

static int64_t period_of(const qk_seed_target *target)
{
    return target->is_pattern ? LOOK_FOR_TOKENS_MS : (int64_t)target->config.period * 1000;
}

/* Start to start. */
static void plan_next(qk_seed_target *target, int64_t now_ms)
{
    target->due_ms = (target->due_ms > 0 ? target->due_ms : qk_seed_whole_second(now_ms)) + period_of(target);
}

/* A cycle that went by, whatever held the target up, is missed. So is one that comes while the one before is under way:
 * to make it up later would take a download of its own, and late targets would go on being late one by one. While its
 * first turn is under way, which takes a login, a target has no cycles to miss yet. */
static void skip_what_went_by(qk_seeder *seeder, int64_t now_ms)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next) {
        int64_t latest_ms = it->waiting ? now_ms : now_ms - period_of(it), cycles;
        if (it->off || it->due_ms <= 0 || it->due_ms > latest_ms)
            continue;
        cycles = (latest_ms - it->due_ms) / period_of(it) + 1;
        it->due_ms += cycles * period_of(it);
        if (it->is_pattern || (it->waiting && it->reports == 0))
            continue;
        it->missed += (uint64_t)cycles;
        seeder->changed = true;
    }
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When an order may be given to the target; NEVER: not before something else has happened. */
static int64_t turn_of(const qk_seeder *seeder, const qk_seed_target *target)
{
    int64_t turn = later(target->due_ms, target->worker->restart_ms);

    if (target->off || target->waiting)
        return NEVER;
    if (seeder->once && target->reports > 0)
        return NEVER; /* it had its one turn */
    if (target->is_pattern || target->held_back || seeder->ask != QK_SEED_ASK_SEED)
        return turn;
    return later(turn, seeder->service_pause_until_ms);
}

static bool is_due(const qk_seeder *seeder, const qk_seed_target *target, int64_t now_ms)
{
    return turn_of(seeder, target) <= now_ms;
}

static void order(qk_seed_target *target, qk_seed_ask ask)
{
    if (qk_seed_worker_order(target->worker, target, ask, NULL) != QK_OK)
        qk_log(QK_LOG_ERROR, "op=order target=%s words=\"no memory\"", qk_seed_shown(target->name));
}

static void serve_due(qk_seeder *seeder, int64_t now_ms)
{
    qk_seed_target **due;
    size_t count = 0, most = 0;

    if (!seeder->once)
        skip_what_went_by(seeder, now_ms);
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        most += is_due(seeder, it, now_ms);
    due = most ? calloc(most, sizeof *due) : NULL;
    if (!due)
        return;
    for (qk_seed_target *it = seeder->targets; it; it = it->next) {
        if (!is_due(seeder, it, now_ms))
            continue;
        plan_next(it, now_ms);
        if (it->is_pattern)
            order(it, QK_SEED_ASK_LIST);
        else if (it->held_back)
            order(it, QK_SEED_ASK_LOOK);
        else if (seeder->ask != QK_SEED_ASK_SEED)
            order(it, seeder->ask);
        else
            due[count++] = it;
    }
    if (count)
        qk_seeds_give_out(seeder, due, count);
    free(due);
}

static int64_t next_event(const qk_seeder *seeder, int64_t now_ms)
{
    int64_t next = now_ms + 1000;

    for (const qk_seed_target *it = seeder->targets; it; it = it->next) {
        int64_t turn = turn_of(seeder, it);
        if (turn < next)
            next = turn;
    }
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (it->waiting.first && !it->process && it->restart_ms < next)
            next = it->restart_ms;
    return next > now_ms ? next - now_ms : 0;
}

static void all_due_now(qk_seeder *seeder)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        it->due_ms = 0;
    qk_seeds_ask_again(seeder);
}

/* ---- the loop ---- */

static bool orders_are_open(const qk_seeder *seeder)
{
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (it->waiting.first || it->asking.first || it->sent.first)
            return true;
    return false;
}

/* Each target has had its one turn. */
static bool all_had_a_turn(const qk_seeder *seeder)
{
    if (orders_are_open(seeder))
        return false;
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (!it->off && it->due_ms == 0)
            return false;
    return true;
}

/* A pattern is no target once it has found some. */
static bool nothing_left(const qk_seeder *seeder)
{
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (!it->off && (!it->is_pattern || it->tokens_found == 0))
            return false;
    return true;
}

static void on_signal(qk_seeder *seeder, int fd, bool *wants_reload)
{
    struct signalfd_siginfo info;

    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
        qk_log(QK_LOG_INFO, "op=signal number=%u", info.ssi_signo);
        if (info.ssi_signo == SIGHUP)
            *wants_reload = true;
        else if (info.ssi_signo == SIGUSR1)
            all_due_now(seeder);
        else
            seeder->stopping = true;
    }
}

void qk_seeder_give_sign_of_life(void)
{
    static int64_t last_ms;
    int64_t every_ms = qk_notify_watchdog_ms(), now_ms = qk_clock_monotonic_ms();

    if (every_ms == 0 || now_ms - last_ms < every_ms)
        return;
    qk_notify("WATCHDOG=1");
    last_ms = now_ms;
}

/* Seeds may want more memory than the token did: it is looked at again and again. */
static void tell_of_unlocked_memory(void)
{
    static bool told;

    if (told || qk_secret_memory_locked())
        return;
    qk_log(QK_LOG_WARNING, "op=memory warning=\"memory cannot be locked: seeds and PINs may reach the swap; raise "
                           "RLIMIT_MEMLOCK (LimitMEMLOCK= of the unit, ulimit -l)\"");
    told = true;
}

/* Downloads take their time. Who has answered meanwhile is not one that hangs, and the time for an answer begins when
 * the order is sent. */
static int64_t catch_up(qk_seeder *seeder)
{
    qk_seed_workers_wait(seeder, -1, 0);
    return qk_clock_monotonic_ms();
}

static void loop(qk_seeder *seeder, int signals)
{
    bool wants_reload = false;

    while (!seeder->stopping) {
        int64_t now_ms = qk_clock_monotonic_ms();
        if (wants_reload)
            qk_seeder_reload(seeder);
        wants_reload = false;
        qk_seeder_drop_gone(seeder);
        qk_seed_latches_look(seeder, now_ms);
        serve_due(seeder, now_ms);
        now_ms = catch_up(seeder);
        qk_seed_workers_tend(seeder, now_ms);
        qk_seeder_write_status(seeder, now_ms);
        qk_seeder_give_sign_of_life();
        tell_of_unlocked_memory();
        if (seeder->once && all_had_a_turn(seeder))
            return;
        if (seeder->config.exit_when_idle && nothing_left(seeder))
            return;
        if (qk_seed_workers_wait(seeder, signals, next_event(seeder, qk_clock_monotonic_ms())))
            on_signal(seeder, signals, &wants_reload);
    }
}

/* ---- from start to end ---- */

static qk_err watch_signals(int *out_fd)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    *out_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    return *out_fd >= 0 ? QK_OK : qk_fail(QK_E_SYSTEM, "no signals");
}

/* What never had an answer did not do well. */
static bool did_well(const qk_seed_target *it, qk_seed_mode mode)
{
    if (it->reports == 0 || it->last_code != CKR_OK || it->latched)
        return false;
    return it->is_pattern ? it->tokens_found > 0 : mode != QK_SEED_ONCE || it->injections + it->unneeded > 0;
}

static int status_of(const qk_seeder *seeder, qk_seed_mode mode)
{
    bool failed = !seeder->targets, all_impossible = !failed;

    if (mode == QK_SEED_DAEMON)
        return seeder->config.exit_when_idle && !seeder->stopping ? STATUS_IDLE : 0;
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (!did_well(it, mode)) {
            failed = true;
            all_impossible = all_impossible && qk_seed_classify(it->last_code) == QK_SEED_IMPOSSIBLE;
        }
    return !failed ? 0 : all_impossible ? STATUS_IMPOSSIBLE : STATUS_FAILED;
}

static qk_err run(qk_seeder *seeder, qk_seed_mode mode, bool retry_logins)
{
    static const qk_seed_ask asks[] = { [QK_SEED_DAEMON] = QK_SEED_ASK_SEED,
                                        [QK_SEED_ONCE] = QK_SEED_ASK_SEED,
                                        [QK_SEED_CHECK] = QK_SEED_ASK_FIND,
                                        [QK_SEED_TEST_LOGIN] = QK_SEED_ASK_LOGIN };
    int signals = -1;

    QK_TRY(qk_log_open(NULL, QK_LOG_WARNING)); /* for what the configuration has to be told */
    QK_TRY(qk_seeder_load(seeder, &seeder->config));
    QK_TRY(qk_log_open(seeder->config.log_path, (qk_log_level)seeder->config.log_level));
    QK_TRY(watch_signals(&signals));
    qk_socket_interrupt_by(signals); /* a service that is silent keeps no signal waiting */
    seeder->ask = asks[mode];
    seeder->once = mode != QK_SEED_DAEMON;
    seeder->retry_logins = retry_logins;
    QK_TRY(qk_seeder_take_configuration(seeder));
    if (seeder->once)
        all_due_now(seeder);
    qk_notify("READY=1");
    qk_log(QK_LOG_INFO, "op=ready version=%s targets=%zu", QK_VERSION, seeder->config.target_count);
    loop(seeder, signals);
    qk_notify("STOPPING=1");
    seeder->stopping = seeder->stopping || seeder->once;
    qk_seed_workers_stop(seeder, STOP_MS);
    seeder->changed = true;
    qk_seeder_write_status(seeder, qk_clock_monotonic_ms());
    qk_socket_interrupt_by(-1);
    close(signals);
    return QK_OK;
}

static void free_seeder(qk_seeder **seeder)
{
    if (!*seeder)
        return;
    qk_seed_targets_free(&(*seeder)->targets);
    qk_seeder_free_gone(*seeder);
    qk_supply_free(&(*seeder)->supply);
    qk_secret_free(&(*seeder)->hashes.key);
    free((*seeder)->polled);
    qk_seed_config_done(&(*seeder)->config);
    free(*seeder);
    *seeder = NULL;
}

qk_err qk_seeder_run(const char *config_path, qk_seed_mode mode, bool retry_logins, int *out_status)
{
    QK_OWNED(free_seeder) qk_seeder *seeder = calloc(1, sizeof *seeder);

    if (!seeder)
        return qk_fail(QK_E_NO_MEMORY, "seeder");
    setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    prctl(PR_SET_DUMPABLE, 0);
    QK_TRY(qk_crypto_start());
    QK_TRY(qk_entropy_start(NULL));
    seeder->config_path = config_path;
    QK_TRY(run(seeder, mode, retry_logins));
    *out_status = status_of(seeder, mode);
    return QK_OK;
}
