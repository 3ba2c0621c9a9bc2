/* SPDX-License-Identifier: Apache-2.0 */
/* Targets, and what a token's answer leads to for its target. */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "entropy/random.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

enum { FIRST_BACK_OFF_MS = 1000, MOST_BACK_OFF_MS = 300000, FAILURES_FOR_RESTART = 5, LOOK_MS = 60000 };

/* ---- times ---- */

int64_t qk_seed_whole_second(int64_t ms)
{
    return (ms + 999) / 1000 * 1000;
}

int64_t qk_seed_second_of(int64_t ms)
{
    return ms / 1000 * 1000;
}

int64_t qk_seed_back_off(int64_t before_ms)
{
    int64_t twice_ms = before_ms ? before_ms * 2 : FIRST_BACK_OFF_MS;

    return twice_ms < MOST_BACK_OFF_MS ? twice_ms : MOST_BACK_OFF_MS;
}

/* ---- targets ---- */

/* Targets of one period start a little apart, by whole seconds, or all of a fleet would ask at once. */
static int64_t first_due(const qk_seeder *seeder, const qk_seed_target_config *config)
{
    int64_t now = qk_clock_monotonic_ms(), most = (int64_t)(config->period * config->jitter_percent / 100);
    uint32_t random = 0;

    if (seeder->once || most == 0 || qk_random_bytes((uint8_t *)&random, sizeof random) != QK_OK)
        return qk_seed_second_of(now);
    return qk_seed_whole_second(now) + (int64_t)(random % (uint64_t)(most + 1)) * 1000;
}

static void look_at_latch(qk_seeder *seeder, qk_seed_target *fresh)
{
    if (seeder->retry_logins) {
        qk_seed_latch_clear(seeder, fresh);
        fresh->may_try_low = true;
        return;
    }
    fresh->latched = fresh->off = qk_seed_latch_is_set(seeder, fresh);
    if (!fresh->latched)
        return;
    fresh->last_code = fresh->latch.code;
    qk_log(QK_LOG_ERROR, "op=seed target=%s state=latched code=%s words=\"%s\"", qk_seed_shown(fresh->name),
           qk_seed_code_name(fresh->last_code), qk_seed_advice(fresh->last_code));
}

qk_seed_target *qk_seeder_add_target(qk_seeder *seeder, const qk_seed_target_config *config, const char *name)
{
    qk_seed_target *fresh = calloc(1, sizeof *fresh), **last = &seeder->targets;

    if (!fresh || qk_seed_worker_for(seeder, config, &fresh->worker) != QK_OK) {
        free(fresh);
        return NULL;
    }
    fresh->config = *config;
    fresh->number = ++seeder->last_number;
    fresh->is_pattern = config->choice == QK_SEED_ALL;
    fresh->due_ms = fresh->is_pattern ? 0 : first_due(seeder, config);
    snprintf(fresh->name, sizeof fresh->name, "%.129s", name);
    if (!fresh->is_pattern && seeder->ask != QK_SEED_ASK_FIND)
        look_at_latch(seeder, fresh);
    while (*last)
        last = &(*last)->next;
    *last = fresh;
    return fresh;
}

/* ---- reports ---- */

static bool another_is_well(const qk_seeder *seeder, const qk_seed_target *target)
{
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (it != target && it->worker == target->worker && it->injections > 0 && it->last_code == CKR_OK)
            return true;
    return false;
}

/* To load a library anew takes sessions and logins from all its targets. It is worth that only if the library itself
 * may be what is ill: nobody was seeded by it while this target failed again and again. */
static bool library_is_suspect(const qk_seeder *seeder, qk_seed_target *target, CK_RV rv)
{
    const qk_seed_worker *worker = target->worker;

    if (rv == QK_SEED_PIN_UNREADABLE || rv == CKR_TOKEN_NOT_RECOGNIZED)
        return false; /* it has done its part */
    if (target->failed_start != worker->starts || target->failed_successes != worker->successes) {
        target->failed_start = worker->starts;
        target->failed_successes = worker->successes;
        target->failures_alone = 0;
    }
    if (++target->failures_alone < FAILURES_FOR_RESTART ||
        (rv == CKR_TOKEN_NOT_PRESENT && another_is_well(seeder, target)))
        return false;
    target->failures_alone = 0;
    return true;
}

/* On a whole second again, or targets that have failed once would each have a download of their own for ever. */
static void back_off(const qk_seeder *seeder, qk_seed_target *target, CK_RV rv)
{
    uint8_t jitter = 128;

    target->back_off_ms = qk_seed_back_off(target->back_off_ms);
    if (qk_random_bytes(&jitter, 1) != QK_OK)
        jitter = 128;
    target->due_ms = qk_seed_whole_second(qk_clock_monotonic_ms() + target->back_off_ms * 3 / 4 +
                                          target->back_off_ms * jitter / 512);
    target->failures_in_a_row++;
    if (library_is_suspect(seeder, target, rv))
        qk_seed_worker_restart(target->worker, "failures in a row");
}

/* The token's flags forbid a login: not a wrong PIN of ours. It is looked at now and then, and goes on by itself. */
static void hold_back(qk_seed_target *target)
{
    int64_t period_ms = (int64_t)target->config.period * 1000;

    target->held_back = true;
    target->back_off_ms = period_ms > LOOK_MS ? period_ms : LOOK_MS;
    target->due_ms = qk_seed_whole_second(qk_clock_monotonic_ms() + target->back_off_ms);
}

static void take_failure(qk_seeder *seeder, qk_seed_target *target, CK_RV rv, const qk_seed_try *tried)
{
    qk_seed_class class = qk_seed_classify(rv);

    if (rv == QK_SEED_PIN_NOT_TRIED) {
        hold_back(target);
        return;
    }
    if (target->is_pattern && class != QK_SEED_BUSY)
        class = QK_SEED_TRANSIENT; /* whatever a library says: tokens may come */
    switch (class) {
    case QK_SEED_CREDENTIAL:
        target->latched = true;
        qk_seed_latch_set(seeder, target, rv, tried);
        target->off = true;
        return;
    case QK_SEED_CONFIGURATION:
    case QK_SEED_LOGIN_NEEDED:
        target->off = true;
        return;
    case QK_SEED_IMPOSSIBLE:
        if (target->config.on_unsupported == QK_SEED_DISABLE)
            target->off = true;
        else
            back_off(seeder, target, rv);
        return;
    case QK_SEED_TRANSIENT:
        back_off(seeder, target, rv);
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
    qk_log(QK_LOG_INFO, "op=%s target=%s token=%s serial=%s slot=%ju bytes=%zu us=%u", op_of(report),
           qk_seed_shown(target->name), qk_seed_quoted(report->token.label), qk_seed_shown(report->token.serial),
           (uintmax_t)report->token.slot, len, report->micros);
}

static void log_failure(const qk_seed_target *target, const qk_seed_report *report)
{
    const char *next = target->latched ? "latched" : target->off ? "off" : target->back_off_ms ? "back-off" : "period";

    qk_log(QK_LOG_ERROR,
           "op=%s target=%s token=%s serial=%s step=%s code=%s class=%s failures=%u next=%s back_off_ms=%jd "
           "words=\"%s\"",
           op_of(report), qk_seed_shown(target->name), qk_seed_quoted(report->token.label),
           qk_seed_shown(report->token.serial), qk_seed_step_name(report->step), qk_seed_code_name(report->rv),
           qk_seed_class_name(qk_seed_classify(report->rv)), target->failures_in_a_row, next,
           (intmax_t)target->back_off_ms, qk_seed_advice(report->rv));
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

static void take_success(qk_seed_target *target, const qk_seed_report *report, size_t taken)
{
    target->failures_in_a_row = 0;
    target->back_off_ms = 0;
    if (report->ask != QK_SEED_ASK_SEED)
        return;
    target->injections += taken > 0;
    target->unneeded += taken == 0;
    target->bytes += taken;
    target->last_success_unix_s = qk_clock_unix_s();
    target->last_success_ms = qk_clock_monotonic_ms();
}

/* True if that is all there is to say. */
static bool take_look(qk_seed_target *target, const qk_seed_report *report)
{
    if (report->ask != QK_SEED_ASK_LOOK || (report->rv != CKR_OK && report->rv != QK_SEED_PIN_NOT_TRIED))
        return false;
    if (report->rv == CKR_OK) {
        qk_log(QK_LOG_INFO, "op=look target=%s words=\"the token lets logins be tried again\"",
               qk_seed_shown(target->name));
        target->held_back = false;
        target->back_off_ms = 0;
        target->due_ms = qk_seed_second_of(qk_clock_monotonic_ms());
    } else {
        hold_back(target);
    }
    return true;
}

void qk_seeder_take_report(qk_seeder *seeder, qk_seed_target *target, const qk_seed_report *report, size_t taken,
                           const qk_seed_try *tried)
{
    target->waiting = false;
    seeder->changed = true;
    target->reports += report->rv != QK_SEED_PIN_WANTED;
    if (report->ask == QK_SEED_ASK_LIST && qk_seeder_take_tokens(seeder, target, report))
        return;
    if (take_look(target, report))
        return;
    if (report->rv == QK_SEED_PIN_WANTED) { /* the session was lost with its login: at once again, with the PIN */
        target->login_start = 0;
        target->due_ms = qk_seed_second_of(qk_clock_monotonic_ms());
        return;
    }
    target->last_code = report->rv;
    target->last_micros = report->micros;
    if (report->rv == CKR_OK) {
        target->token = report->token; /* of a failure it may be a stranger's */
        take_success(target, report, taken);
        log_success(target, report, taken);
        return;
    }
    count_failure(target, report->rv);
    take_failure(seeder, target, report->rv, tried);
    log_failure(target, report);
}
