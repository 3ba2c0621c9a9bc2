/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/worker/login.h"

#include "base/log.h"
#include "seeder/latch_files.h"
#include "seeder/text.h"

/* ---- which stage ---- */

static bool needs_pin(const qk_seed_worker *worker, const qk_seed_job *job)
{
    if (job->target->config.login_type == QK_SEED_NO_LOGIN)
        return false;
    return job->ask == QK_SEED_ASK_LOGIN ||
           (job->ask == QK_SEED_ASK_SEED && job->target->login_start != worker->starts);
}

/* Sinks have no sessions to speak of: the password goes with the order. */
static bool is_token(const qk_seed_target *target)
{
    return target->config.sink == QK_SEED_SINK_TOKEN;
}

bool qk_seed_login_has_pin(const qk_seed_worker *worker, const qk_seed_job *job)
{
    if (job->target->config.login_type == QK_SEED_NO_LOGIN)
        return false;
    return job->sent_ask == QK_SEED_ASK_ENTER || job->sent_ask == QK_SEED_ASK_LOGIN ||
           (!is_token(job->target) && job->sent_ask == job->ask && needs_pin(worker, job));
}

qk_seed_ask qk_seed_login_next(const qk_seed_worker *worker, const qk_seed_job *job)
{
    if (!needs_pin(worker, job) || !is_token(job->target))
        return job->ask;
    if (job->target->seen_start != worker->starts)
        return QK_SEED_ASK_LOOK;
    return job->ask == QK_SEED_ASK_LOGIN ? QK_SEED_ASK_LOGIN : QK_SEED_ASK_ENTER;
}

/* ---- before it ---- */

static bool has_worked(const qk_seed_target *target, const qk_seed_try *tried)
{
    return target->pin_proven && memcmp(target->proven_mark, tried->mark, QK_SEED_DIGEST) == 0;
}

/* The token refused it, or its library died with it: nobody sends it again as a PIN that has worked. */
static void forget_proof(qk_seeder *seeder, const qk_seed_job *job)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        if (memcmp(it->token_key, job->target->token_key, sizeof it->token_key) == 0 && has_worked(it, &job->tried))
            it->pin_proven = false;
    job->target->pin_proven = job->target->pin_proven && !has_worked(job->target, &job->tried);
}

static bool another_is_trying(const qk_seeder *seeder, const qk_seed_target *target)
{
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (it != target && it->trying && memcmp(it->token_key, target->token_key, sizeof it->token_key) == 0)
            return true;
    return false;
}

static void refuse(qk_seeder *seeder, qk_seed_target *target, CK_RV code)
{
    target->waiting = target->may_try_low = false;
    target->latched = target->off = true;
    target->last_code = code;
    target->reports++;
    seeder->changed = true;
    qk_log(QK_LOG_ERROR, "op=latch target=%s token=%s serial=%s state=latched code=%s note=%s words=\"%s\"",
           qk_seed_shown(target->name), qk_seed_quoted(target->seen.label), qk_seed_shown(target->seen.serial),
           qk_seed_code_name(code), qk_seed_shown(target->latch.note), qk_seed_advice(code));
}

static qk_err read_pin(qk_seeder *seeder, qk_seed_job *job)
{
    const qk_seed_target_config *config = &job->target->config;

    if (job->tried.pin.len)
        return QK_OK;
    return config->pin_command ? qk_seed_try_take(&seeder->hashes, config, &job->pin, &job->tried)
                               : qk_seed_try_read(&seeder->hashes, config, &job->tried);
}

/* One step for all processes: of two that start together, the other finds the note. */
static qk_err admit(qk_seeder *seeder, qk_seed_target *target, const qk_seed_try *tried, CK_RV *out_rv)
{
    QK_OWNED(qk_seed_notes_let_go) int held = qk_seed_notes_hold(seeder);

    (void)held;
    *out_rv = qk_seed_latch_admit(seeder, target, tried);
    return *out_rv == CKR_OK ? qk_seed_latch_begin(seeder, target, tried) : QK_OK;
}

qk_seed_admission qk_seed_login_prepare(qk_seeder *seeder, qk_seed_job *job, CK_RV *out_rv)
{
    qk_seed_target *target = job->target;
    qk_err err;

    *out_rv = QK_SEED_PIN_UNREADABLE;
    if (target->config.pin_command && job->pin.len == 0 && job->tried.pin.len == 0)
        return QK_SEED_ASKS;
    if (!is_token(target) && qk_seed_token_digest(&target->config, &(qk_seed_token){ 0 }, target->token_key) != QK_OK)
        return QK_SEED_FAILED;
    if (another_is_trying(seeder, target))
        return QK_SEED_WAITS;
    err = read_pin(seeder, job);
    if (err == QK_OK && !has_worked(target, &job->tried)) {
        err = admit(seeder, target, &job->tried, out_rv);
        if (*out_rv != CKR_OK && qk_seed_classify(*out_rv) == QK_SEED_CREDENTIAL) {
            refuse(seeder, target, *out_rv);
            return QK_SEED_REFUSED;
        }
        if (*out_rv != CKR_OK)
            return QK_SEED_FAILED;
        *out_rv = QK_SEED_STATE_UNWRITABLE;
    }
    if (err != QK_OK) {
        qk_log_failure(QK_LOG_ERROR, err, "op=order target=%s", qk_seed_shown(target->name));
        return QK_SEED_FAILED;
    }
    job->may_be_low = target->may_try_low || has_worked(target, &job->tried);
    job->took_try = target->may_try_low;
    target->may_try_low = false;
    target->trying = true;
    return QK_SEED_ADMITTED;
}

/* ---- after it ---- */

/* The PIN is good, whatever comes after the login. */
static void take_login(qk_seeder *seeder, const qk_seed_job *job, const qk_seed_report *report)
{
    qk_seed_target *target = job->target;

    qk_seed_latch_prove(seeder, target, &job->tried);
    target->pin_proven = true;
    memcpy(target->proven_mark, job->tried.mark, sizeof target->proven_mark);
    if (report->pin_low)
        qk_log(QK_LOG_WARNING,
               "op=login target=%s warning=\"the token says that wrong PINs were tried; this one is right\"",
               qk_seed_shown(target->name));
}

static bool take_look(const qk_seed_worker *worker, qk_seed_target *target, const qk_seed_report *report)
{
    uint8_t key[QK_SEED_DIGEST];

    if (qk_seed_token_digest(&target->config, &report->token, key) != QK_OK)
        return false;
    if (memcmp(key, target->token_key, sizeof key) != 0) /* what another token took says nothing */
        target->pin_proven = false;
    if (report->rv != CKR_OK &&
        (report->rv != QK_SEED_PIN_NOT_TRIED || !report->pin_low || !(target->may_try_low || target->pin_proven)))
        return false;
    memcpy(target->token_key, key, sizeof key);
    target->seen = report->token;
    target->seen_start = worker->starts;
    return true;
}

/* Codes of the vendor's own are as good a refusal as any, if C_Login answers them. */
void qk_seed_login_judge(const qk_seed_target *target, qk_seed_report *report)
{
    if (!report->login_tried || report->logged_in || report->step != QK_SEED_STEP_LOGIN ||
        qk_seed_code_is_known(report->rv))
        return;
    qk_log(QK_LOG_ERROR, "op=login target=%s code=%s words=\"nothing says that this is no refusal\"",
           qk_seed_shown(target->name), qk_seed_code_name(report->rv));
    report->rv = QK_SEED_PIN_REFUSED;
}

bool qk_seed_login_take(qk_seeder *seeder, qk_seed_worker *worker, qk_seed_job *job, const qk_seed_report *report)
{
    qk_seed_target *target = job->target;

    if (job->sent_ask == QK_SEED_ASK_LOOK)
        return job->ask != QK_SEED_ASK_LOOK && !target->is_gone && take_look(worker, target, report);
    if (!target->trying) /* what had the PIN was answered before */
        return false;
    target->trying = false;
    target->may_try_low = target->may_try_low || (job->took_try && !report->login_tried);
    if (report->logged_in)
        take_login(seeder, job, report);
    else if (report->rv == CKR_OK || qk_seed_classify(report->rv) != QK_SEED_CREDENTIAL || !report->login_tried)
        qk_seed_latch_end(seeder, target);
    else
        forget_proof(seeder, job);
    job->entered = job->sent_ask == QK_SEED_ASK_ENTER && report->rv == CKR_OK;
    return job->entered && !target->is_gone;
}

CK_RV qk_seed_login_lost(qk_seeder *seeder, qk_seed_job *job, bool in_hand, CK_RV rv)
{
    if (!job->target->trying)
        return rv;
    job->target->trying = false;
    if (in_hand && !has_worked(job->target, &job->tried))
        return QK_SEED_LOGIN_UNFINISHED;
    if (in_hand) /* once is the library's misfortune */
        forget_proof(seeder, job);
    qk_seed_latch_end(seeder, job->target);
    return rv;
}
