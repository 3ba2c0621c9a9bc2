/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/supervisor.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/log.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "entropy/random.h"

enum {
    FIRST_BACK_OFF_MS = 1000,
    MOST_BACK_OFF_MS = 300000,
    FAILURES_FOR_RESTART = 5,
    LOOK_FOR_TOKENS_MS = 60000,
    LOOK_AT_LATCHES_MS = 2000,
    STOP_MS = 10000,
    RELOAD_WAIT_MS = 50,
    MOST_WORKERS = 256,
    STATUS_FAILED = 3,
    STATUS_IDLE = 4,
};

/* ---- targets ---- */

/* The next whole second at or after `ms`. */
static int64_t whole_second(int64_t ms)
{
    return (ms + 999) / 1000 * 1000;
}

/* Targets of one period start a little apart, by whole seconds, or all of a fleet would ask at once. */
static int64_t first_due(const qk_seeder *seeder, const qk_seed_target_config *config)
{
    int64_t now = qk_clock_monotonic_ms(), most = (int64_t)(config->period * config->jitter_percent / 100);
    uint32_t random = 0;

    if (seeder->once || most == 0 || qk_random_bytes((uint8_t *)&random, sizeof random) != QK_OK)
        return now / 1000 * 1000;
    return whole_second(now) + (int64_t)(random % (uint64_t)(most + 1)) * 1000;
}

qk_seed_target *qk_seeder_add_target(qk_seeder *seeder, const qk_seed_target_config *config, const char *name)
{
    qk_seed_target *fresh = calloc(1, sizeof *fresh), **last = &seeder->targets;

    if (!fresh || qk_seed_worker_for(seeder, config->library, &fresh->worker) != QK_OK) {
        free(fresh);
        return NULL;
    }
    fresh->config = *config;
    fresh->number = ++seeder->last_number;
    fresh->is_pattern = config->choice == QK_SEED_ALL;
    fresh->due_ms = fresh->is_pattern ? 0 : first_due(seeder, config);
    snprintf(fresh->name, sizeof fresh->name, "%.129s", name);
    fresh->latched = fresh->off = !fresh->is_pattern && qk_seed_latch_is_set(seeder, fresh);
    if (fresh->latched) {
        fresh->reason = QK_SEED_CREDENTIAL;
        fresh->last_code = CKR_PIN_INCORRECT;
        qk_log(QK_LOG_ERROR,
               "op=seed target=%s state=latched words=\"its PIN was wrong: correct it where it is kept, or "
               "use --retry-login\"",
               fresh->name);
    }
    while (*last)
        last = &(*last)->next;
    *last = fresh;
    return fresh;
}

static void add_of_pattern(qk_seeder *seeder, const qk_seed_target *pattern, const qk_seed_target_config *config,
                           const char *name)
{
    qk_seed_target *fresh = qk_seeder_add_target(seeder, config, name);

    if (fresh)
        fresh->of_pattern = pattern->number;
    else
        qk_log(QK_LOG_ERROR, "op=seed target=%s words=\"no memory\"", name);
}

/* A pattern's answer: each token that is new becomes a target. */
static void take_tokens(qk_seeder *seeder, const qk_seed_target *pattern, const qk_seed_report *report)
{
    for (uint32_t i = 0; i < report->token_count; i++) {
        const qk_seed_token *token = &report->tokens[i];
        qk_seed_target_config config = pattern->config;
        char name[130];
        bool known = false;
        snprintf(name, sizeof name, "%.100s/%.16s", pattern->name, token->serial);
        for (const qk_seed_target *it = seeder->targets; it; it = it->next)
            known = known || strcmp(it->name, name) == 0;
        if (known)
            continue;
        config.choice = QK_SEED_BY_SERIAL;
        snprintf(config.wanted, sizeof config.wanted, "%s", token->serial);
        add_of_pattern(seeder, pattern, &config, name);
    }
}

/* ---- reports ---- */

static void put_off(qk_seed_target *target, qk_seed_class class)
{
    target->off = true;
    target->reason = class;
}

/* On a whole second again, or targets that have failed once would each have a download of their own for ever. */
static void back_off(qk_seed_target *target)
{
    uint8_t jitter = 128;

    target->back_off_ms = target->back_off_ms ? target->back_off_ms * 2 : FIRST_BACK_OFF_MS;
    if (target->back_off_ms > MOST_BACK_OFF_MS)
        target->back_off_ms = MOST_BACK_OFF_MS;
    if (qk_random_bytes(&jitter, 1) != QK_OK)
        jitter = 128;
    target->due_ms =
        whole_second(qk_clock_monotonic_ms() + target->back_off_ms * 3 / 4 + target->back_off_ms * jitter / 512);
    if (++target->failures_in_a_row % FAILURES_FOR_RESTART == 0)
        qk_seed_worker_restart(target->worker, "failures in a row");
}

static void take_failure(qk_seeder *seeder, qk_seed_target *target, qk_seed_class class)
{
    switch (class) {
    case QK_SEED_CREDENTIAL:
        target->latched = true;
        qk_seed_latch_set(seeder, target);
        put_off(target, class);
        return;
    case QK_SEED_CONFIGURATION:
    case QK_SEED_LOGIN_NEEDED:
        put_off(target, QK_SEED_CONFIGURATION);
        return;
    case QK_SEED_IMPOSSIBLE:
        if (target->config.on_unsupported == QK_SEED_DISABLE)
            put_off(target, class);
        else
            back_off(target);
        return;
    case QK_SEED_TRANSIENT:
        back_off(target);
        return;
    case QK_SEED_DONE:
    case QK_SEED_SESSION_LOST:
    case QK_SEED_BUSY:
    default:
        return; /* next cycle */
    }
}

static const char *op_of(const qk_seed_report *report)
{
    return report->ask == QK_SEED_ASK_SEED ? "seed" : "check";
}

static void log_success(const qk_seed_target *target, const qk_seed_report *report, size_t len)
{
    qk_log(QK_LOG_INFO, "op=%s target=%s token=\"%s\" serial=%s slot=%ju bytes=%zu us=%u", op_of(report), target->name,
           report->token.label, report->token.serial, (uintmax_t)report->token.slot, len, report->micros);
}

static void log_failure(const qk_seed_target *target, const qk_seed_report *report)
{
    const char *next = target->latched ? "latched" : target->off ? "off" : target->back_off_ms ? "back-off" : "period";

    qk_log(QK_LOG_ERROR,
           "op=%s target=%s token=\"%s\" serial=%s step=%s code=%s class=%s failures=%u next=%s back_off_ms=%jd "
           "words=\"%s\"",
           op_of(report), target->name, report->token.label, report->token.serial, qk_seed_step_name(report->step),
           qk_seed_code_name(report->rv), qk_seed_class_name(qk_seed_classify(report->rv)), target->failures_in_a_row,
           next, (intmax_t)target->back_off_ms, qk_seed_advice(report->rv));
}

static void count_failure(qk_seed_target *target, CK_RV rv)
{
    size_t at = 0;
    CK_RV code;

    while (at < QK_SEED_CODES && qk_seed_code_at(at, &code) && code != rv)
        at++;
    if (at == QK_SEED_CODES || !qk_seed_code_at(at, &code))
        at = QK_SEED_CODES;
    target->failures_by_code[at]++;
    target->failures++;
}

static void take_success(qk_seeder *seeder, qk_seed_target *target, const qk_seed_report *report, size_t seed_len)
{
    target->failures_in_a_row = 0;
    target->back_off_ms = 0;
    if (report->logged_in)
        qk_seed_latch_clear(seeder, target);
    if (report->ask != QK_SEED_ASK_SEED)
        return;
    target->injections++;
    target->bytes += seed_len;
    target->last_success_unix_s = qk_clock_unix_s();
}

void qk_seeder_take_report(qk_seeder *seeder, qk_seed_target *target, const qk_seed_report *report, size_t seed_len)
{
    target->waiting = false;
    seeder->changed = true;
    if (report->ask == QK_SEED_ASK_LIST && report->rv == CKR_OK) {
        take_tokens(seeder, target, report);
        return;
    }
    if (report->rv == QK_SEED_PIN_WANTED) { /* the session was lost with its login: at once again, with the PIN */
        target->login_start = 0;
        target->due_ms = qk_clock_monotonic_ms() / 1000 * 1000;
        return;
    }
    target->last_code = report->rv;
    target->last_micros = report->micros;
    target->pin_proven = target->pin_proven || report->logged_in;
    if (report->rv == CKR_OK) {
        target->token = report->token; /* of a failure it may be a stranger's */
        take_success(seeder, target, report, seed_len);
        log_success(target, report, seed_len);
        return;
    }
    count_failure(target, report->rv);
    take_failure(seeder, target, qk_seed_classify(report->rv));
    log_failure(target, report);
}

/* ---- the schedule ---- */

/* Start to start; what was missed is skipped. */
static void plan_next(qk_seed_target *target, int64_t now_ms)
{
    int64_t period = target->is_pattern ? LOOK_FOR_TOKENS_MS : (int64_t)target->config.period * 1000;
    int64_t cycles = (now_ms - target->due_ms) / period;

    target->missed += target->due_ms > 0 && !target->is_pattern ? (uint64_t)cycles : 0;
    target->due_ms = target->due_ms > 0 ? target->due_ms + (cycles + 1) * period : whole_second(now_ms) + period;
}

/* A cycle that comes while the one before is under way is missed: to make it up later would take a download of its own,
 * and late targets would go on being late one by one. */
static void skip_what_is_under_way(qk_seeder *seeder, int64_t now_ms)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        while (it->waiting && !it->off && it->due_ms > 0 && it->due_ms <= now_ms) {
            it->due_ms += it->is_pattern ? LOOK_FOR_TOKENS_MS : (int64_t)it->config.period * 1000;
            it->missed += !it->is_pattern;
        }
}

static bool is_due(const qk_seeder *seeder, const qk_seed_target *target, int64_t now_ms)
{
    if (target->off || target->waiting || target->due_ms > now_ms || target->worker->restart_ms > now_ms)
        return false;
    return target->is_pattern || seeder->ask != QK_SEED_ASK_SEED || now_ms >= seeder->service_pause_until_ms;
}

static void order(qk_seed_target *target, qk_seed_ask ask)
{
    if (qk_seed_worker_order(target->worker, target, ask, NULL) != QK_OK)
        qk_log(QK_LOG_ERROR, "op=order target=%s words=\"no memory\"", target->name);
}

static void serve_due(qk_seeder *seeder, int64_t now_ms)
{
    qk_seed_target **due;
    size_t count = 0, most = 0;

    skip_what_is_under_way(seeder, now_ms);
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
        else if (seeder->ask != QK_SEED_ASK_SEED)
            order(it, seeder->ask);
        else
            due[count++] = it;
    }
    if (count)
        qk_seeds_give_out(seeder, due, count, now_ms);
    free(due);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t next_event(const qk_seeder *seeder, int64_t now_ms)
{
    int64_t next = now_ms + 1000;

    for (const qk_seed_target *it = seeder->targets; it; it = it->next) {
        int64_t due = later(it->due_ms, it->worker->restart_ms);
        if (!it->is_pattern && seeder->ask == QK_SEED_ASK_SEED)
            due = later(due, seeder->service_pause_until_ms);
        if (!it->off && !it->waiting && due < next)
            next = due;
    }
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (it->waiting.first && it->sent_count == 0 && it->restart_ms < next)
            next = it->restart_ms;
    return next > now_ms ? next - now_ms : 0;
}

static void all_due_now(qk_seeder *seeder)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        it->due_ms = 0;
    seeder->service_pause_until_ms = 0;
}

/* A PIN that was wrong may have been corrected where it is kept. */
static void look_at_latches(qk_seeder *seeder, int64_t now_ms)
{
    static int64_t looked_ms;

    if (now_ms - looked_ms < LOOK_AT_LATCHES_MS)
        return;
    looked_ms = now_ms;
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        if (it->latched && qk_seed_latch_is_stale(it)) {
            qk_log(QK_LOG_INFO, "op=seed target=%s words=\"the PIN's source has changed: it is tried\"", it->name);
            it->off = it->latched = false;
            it->due_ms = now_ms / 1000 * 1000;
        }
}

/* ---- configuration ---- */

static qk_err read_token(void *context, qk_secret *out)
{
    return qk_seed_token_read(&((qk_seeder *)context)->config, out);
}

static qk_err make_supply(qk_seeder *seeder)
{
    qk_supply_config config = { .ca_file = seeder->config.ca_file,
                                .api = (qk_supply_api)seeder->config.api,
                                .client_cert = seeder->config.client_cert,
                                .client_key = seeder->config.client_key,
                                .pinned_key = seeder->config.pinned_key,
                                .connect_timeout_ms = (int64_t)seeder->config.connect_timeout_ms,
                                .attempt_timeout_ms = (int64_t)seeder->config.attempt_timeout_ms,
                                .read_token = read_token,
                                .context = seeder };
    const qk_config_node *item;

    if (seeder->config.url)
        config.urls[config.url_count++] = seeder->config.url;
    else
        while (config.url_count < QK_SUPPLY_SERVICES &&
               qk_config_at(seeder->config.urls, config.url_count, NULL, &item))
            config.urls[config.url_count++] = qk_config_text(item);
    config.retries = config.url_count - 1; /* each service once; pauses are the schedule's */
    return qk_supply_new(&config, &seeder->supply);
}

static void free_targets(qk_seed_target **targets)
{
    while (*targets) {
        qk_seed_target *it = *targets;
        *targets = it->next;
        free(it);
    }
}

/* With the configuration in place. */
static qk_err take_configuration(qk_seeder *seeder)
{
    for (size_t i = 0; i < seeder->config.target_count; i++)
        if (!qk_seeder_add_target(seeder, &seeder->config.targets[i], seeder->config.targets[i].name))
            return qk_fail(QK_E_NO_MEMORY, "targets");
    return make_supply(seeder);
}

static bool is_same(const qk_seed_target_config *a, const qk_seed_target_config *b)
{
    return a->choice == b->choice && a->slot_number == b->slot_number && a->login_type == b->login_type &&
           strcmp(a->library, b->library) == 0 && strcmp(a->wanted, b->wanted) == 0;
}

/* Number (so its worker's session), counters and token are kept, and the schedule if the period is the same. */
static void continue_as(qk_seed_target *it, const qk_seed_target *was)
{
    const qk_seed_target fresh = *it;

    *it = *was;
    it->next = fresh.next;
    it->config = fresh.config;
    it->off = fresh.off;
    it->latched = fresh.latched;
    it->of_pattern = fresh.of_pattern;
    memcpy(it->latched_at, fresh.latched_at, sizeof it->latched_at);
    if (fresh.config.period != was->config.period)
        it->due_ms = fresh.due_ms;
    if (was->last_code == CKR_TOKEN_NOT_RECOGNIZED) { /* the operator has looked: the new token is accepted */
        it->token = (qk_seed_token){ 0 };
        it->due_ms = fresh.due_ms;
    }
}

/* The tokens that were found for a pattern, if the pattern is still there. */
static void bring_back_found(qk_seeder *seeder, const qk_seed_target *old)
{
    for (const qk_seed_target *was = old; was; was = was->next)
        for (const qk_seed_target *pattern = seeder->targets; was->of_pattern && pattern; pattern = pattern->next) {
            size_t len = strlen(pattern->name);
            qk_seed_target_config config = pattern->config;
            if (!pattern->is_pattern || strncmp(was->name, pattern->name, len) != 0 || was->name[len] != '/')
                continue;
            config.choice = was->config.choice;
            memcpy(config.wanted, was->config.wanted, sizeof config.wanted);
            add_of_pattern(seeder, pattern, &config, was->name);
            break;
        }
}

/* What did not change goes on; sessions of what is gone are closed. */
static void keep_what_is_same(const qk_seed_target *old, qk_seeder *seeder)
{
    for (const qk_seed_target *was = old; was; was = was->next) {
        bool kept = false;
        for (qk_seed_target *it = seeder->targets; it && !kept; it = it->next)
            if (strcmp(it->name, was->name) == 0 && is_same(&it->config, &was->config)) {
                continue_as(it, was);
                kept = true;
            }
        if (!kept)
            qk_seed_worker_forget(was->worker, was->number);
    }
}

/* No order may be under way: they point to targets. */
static void reload(qk_seeder *seeder)
{
    qk_seed_config fresh = { 0 }, old_config = seeder->config;
    qk_seed_target *old = seeder->targets;
    qk_err err = qk_seed_config_load(seeder->config_path, &fresh);

    if (err != QK_OK) {
        qk_log_failure(QK_LOG_ERROR, err, "op=reload kept=old");
        return;
    }
    seeder->config = fresh;
    seeder->targets = NULL;
    qk_supply_free(&seeder->supply);
    seeder->service_pause_until_ms = 0;
    err = take_configuration(seeder);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=reload");
    bring_back_found(seeder, old);
    keep_what_is_same(old, seeder);
    free_targets(&old);
    qk_seed_config_done(&old_config);
    qk_log(QK_LOG_INFO, "op=reload targets=%zu", seeder->config.target_count);
}

/* ---- the loop ---- */

static bool orders_are_open(const qk_seeder *seeder)
{
    for (const qk_seed_worker *it = seeder->workers; it; it = it->next)
        if (it->waiting.first || it->sent.first)
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

static bool nothing_left(const qk_seeder *seeder)
{
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (!it->off)
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

static void wait_and_read(qk_seeder *seeder, int signals, int64_t wait_ms, bool *wants_reload)
{
    struct pollfd fds[MOST_WORKERS + 1] = { { .fd = signals, .events = POLLIN } };
    qk_seed_worker *of[MOST_WORKERS];
    nfds_t count = 1;

    for (qk_seed_worker *it = seeder->workers; it && count <= MOST_WORKERS; it = it->next)
        if (it->pid) {
            of[count - 1] = it;
            fds[count++] = (struct pollfd){ .fd = it->fd, .events = POLLIN };
        }
    if (poll(fds, count, (int)wait_ms) <= 0)
        return;
    if (fds[0].revents)
        on_signal(seeder, signals, wants_reload);
    for (nfds_t i = 1; i < count; i++)
        if (fds[i].revents && of[i - 1]->pid && of[i - 1]->fd == fds[i].fd)
            qk_seed_worker_read(seeder, of[i - 1]);
}

static void give_sign_of_life(int64_t now_ms)
{
    static int64_t last_ms;
    int64_t every_ms = qk_seeder_watchdog_ms();

    if (every_ms == 0 || now_ms - last_ms < every_ms)
        return;
    qk_seeder_notify("WATCHDOG=1");
    last_ms = now_ms;
}

static void loop(qk_seeder *seeder, int signals)
{
    bool wants_reload = false;

    while (!seeder->stopping) {
        int64_t now_ms = qk_clock_monotonic_ms();
        if (wants_reload && !orders_are_open(seeder)) {
            wants_reload = false;
            reload(seeder);
        }
        look_at_latches(seeder, now_ms);
        if (!wants_reload)
            serve_due(seeder, now_ms);
        qk_seed_workers_tend(seeder, now_ms);
        qk_seeder_write_status(seeder, now_ms);
        give_sign_of_life(now_ms);
        if (seeder->once && all_had_a_turn(seeder))
            return;
        if (seeder->config.exit_when_idle && nothing_left(seeder))
            return;
        wait_and_read(seeder, signals, wants_reload ? RELOAD_WAIT_MS : next_event(seeder, qk_clock_monotonic_ms()),
                      &wants_reload);
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

static int status_of(const qk_seeder *seeder, qk_seed_mode mode)
{
    if (mode == QK_SEED_DAEMON)
        return seeder->config.exit_when_idle && !seeder->stopping ? STATUS_IDLE : 0;
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (!it->is_pattern &&
            (it->last_code != CKR_OK || it->latched || (mode == QK_SEED_ONCE && it->injections == 0)))
            return STATUS_FAILED;
    return seeder->targets ? 0 : STATUS_FAILED;
}

static qk_err run(qk_seeder *seeder, qk_seed_mode mode, bool retry_logins)
{
    static const qk_seed_ask asks[] = { [QK_SEED_DAEMON] = QK_SEED_ASK_SEED,
                                        [QK_SEED_ONCE] = QK_SEED_ASK_SEED,
                                        [QK_SEED_CHECK] = QK_SEED_ASK_FIND,
                                        [QK_SEED_TEST_LOGIN] = QK_SEED_ASK_LOGIN };
    int signals = -1;

    QK_TRY(qk_seed_config_load(seeder->config_path, &seeder->config));
    QK_TRY(qk_log_open(seeder->config.log_path, (qk_log_level)seeder->config.log_level));
    QK_TRY(watch_signals(&signals));
    seeder->ask = asks[mode];
    seeder->once = mode != QK_SEED_DAEMON;
    QK_TRY(take_configuration(seeder));
    for (qk_seed_target *it = seeder->targets; it && (retry_logins || mode == QK_SEED_CHECK); it = it->next) {
        if (retry_logins)
            qk_seed_latch_clear(seeder, it);
        it->off = it->latched = false;
    }
    if (seeder->once)
        all_due_now(seeder);
    qk_seeder_notify("READY=1");
    qk_log(QK_LOG_INFO, "op=ready version=%s targets=%zu", QK_VERSION, seeder->config.target_count);
    loop(seeder, signals);
    qk_seeder_notify("STOPPING=1");
    seeder->stopping = seeder->stopping || seeder->once;
    qk_seed_workers_stop(seeder, STOP_MS);
    seeder->changed = true;
    qk_seeder_write_status(seeder, qk_clock_monotonic_ms());
    close(signals);
    return QK_OK;
}

static void free_seeder(qk_seeder **seeder)
{
    if (!*seeder)
        return;
    free_targets(&(*seeder)->targets);
    qk_supply_free(&(*seeder)->supply);
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
