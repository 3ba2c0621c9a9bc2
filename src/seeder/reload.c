/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in force, and its exchange for another while sessions stay open. */
#include <stdlib.h>

#include "base/log.h"
#include "seeder/supervisor.h"

static qk_err read_token(void *context, qk_secret *out)
{
    return qk_seed_token_read(&((qk_seeder *)context)->config, out);
}

static qk_supply_config supply_of(qk_seeder *seeder, const qk_seed_config *from)
{
    qk_supply_config config = from->services;

    config.ca_file = from->ca_file;
    config.api = (qk_supply_api)from->api;
    config.client_cert = from->client_cert;
    config.client_key = from->client_key;
    config.pinned_key = from->pinned_key;
    config.signer_key = from->signer_key;
    config.unverified = from->verify == QK_SEED_VERIFY_NONE;
    config.proxy = from->proxy;
    config.connect_timeout_ms = (int64_t)from->connect_timeout_ms;
    config.attempt_timeout_ms = (int64_t)from->attempt_timeout_ms;
    config.retries = 0; /* each service once; pauses are the schedule's */
    config.read_token = read_token;
    config.context = seeder;
    return config;
}

static qk_err make_supply(qk_seeder *seeder)
{
    const qk_supply_config config = supply_of(seeder, &seeder->config);

    if (config.unverified && !config.pinned_key)
        qk_log(QK_LOG_WARNING,
               "op=configure warning=\"service.verify is none: whoever is on the way to the service gets "
               "the token and may choose what is downloaded. Use ca_file, or pinned_key beside it\"");
    return qk_supply_new(&config, &seeder->supply);
}

qk_err qk_seeder_load(qk_seeder *seeder, qk_seed_config *out)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config fresh = { 0 };
    qk_supply_config services;

    QK_TRY(qk_seed_config_load(seeder->config_path, &fresh));
    services = supply_of(seeder, &fresh);
    QK_TRY(qk_supply_check(&services));
    *out = fresh;
    fresh = (qk_seed_config){ 0 };
    return QK_OK;
}

void qk_seed_targets_free(qk_seed_target **targets)
{
    while (*targets) {
        qk_seed_target *it = *targets;
        *targets = it->next;
        free(it);
    }
}

/* With the configuration in place. */
qk_err qk_seeder_take_configuration(qk_seeder *seeder)
{
    for (size_t i = 0; i < seeder->config.target_count; i++)
        if (!qk_seeder_add_target(seeder, &seeder->config.targets[i], seeder->config.targets[i].name))
            return qk_fail(QK_E_NO_MEMORY, "targets");
    return make_supply(seeder);
}

static bool is_same(const qk_seed_target_config *a, const qk_seed_target_config *b)
{
    return a->choice == b->choice && a->slot_number == b->slot_number && a->login_type == b->login_type &&
           strcmp(a->library, b->library) == 0 && strcmp(a->worker, b->worker) == 0 &&
           strcmp(a->wanted, b->wanted) == 0;
}

/* Number (so its worker's session), counters and token are kept, and the schedule if the period is the same. */
static void continue_as(qk_seeder *seeder, qk_seed_target *it, const qk_seed_target *was)
{
    const qk_seed_target fresh = *it;

    *it = *was;
    it->next = fresh.next;
    it->config = fresh.config;
    it->off = fresh.off;
    it->latched = fresh.latched;
    it->of_pattern = fresh.of_pattern;
    it->latch = fresh.latch;
    it->held_back = false; /* its flags are judged anew */
    if (fresh.latched)
        it->last_code = fresh.last_code;
    if (was->latched && !was->latch.note[0]) { /* it could not be written, but is known here */
        it->latch = was->latch;
        it->off = it->latched = qk_seed_latch_holds(seeder, it);
    }
    if (was->held_back || was->off) /* cycles of a target that was off are not missed ones */
        it->due_ms = qk_seed_second_of(qk_clock_monotonic_ms());
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
            config.slot_number = was->config.slot_number;
            memcpy(config.wanted, was->config.wanted, sizeof config.wanted);
            qk_seeder_add_found(seeder, pattern, &config, was->name);
            break;
        }
}

static qk_seed_target *successor_of(const qk_seeder *seeder, const qk_seed_target *was)
{
    for (qk_seed_target *it = seeder->targets; it; it = it->next)
        if (strcmp(it->name, was->name) == 0 && is_same(&it->config, &was->config))
            return it;
    return NULL;
}

/* What did not change goes on, with the orders that are under way. What is gone is forgotten, with its session, once
 * the order that its worker has is done. */
static void hand_over(qk_seeder *seeder, qk_seed_target *old, qk_seed_gone *gone)
{
    while (old) {
        qk_seed_target *was = old, *now = successor_of(seeder, was);
        old = was->next;
        was->next = NULL;
        if (now)
            continue_as(seeder, now, was);
        qk_seed_worker_hand_over(was->worker, was, now);
        if (!now)
            qk_seed_worker_forget(was->worker, was->number);
        if (!now && was->waiting) {
            was->is_gone = true;
            was->next = gone->targets;
            gone->targets = was;
        } else {
            qk_seed_targets_free(&was);
        }
    }
}

/* ---- what is gone ---- */

static void free_gone(qk_seed_gone *gone)
{
    qk_seed_targets_free(&gone->targets);
    qk_seed_config_done(&gone->config);
    free(gone);
}

void qk_seeder_drop_gone(qk_seeder *seeder)
{
    for (qk_seed_gone **at = &seeder->gone; *at;) {
        qk_seed_gone *it = *at;
        bool waits = false;
        for (const qk_seed_target *target = it->targets; target; target = target->next)
            waits = waits || target->waiting;
        if (waits) {
            at = &it->next;
            continue;
        }
        *at = it->next;
        free_gone(it);
        qk_seed_workers_release(seeder);
    }
}

void qk_seeder_free_gone(qk_seeder *seeder)
{
    while (seeder->gone) {
        qk_seed_gone *it = seeder->gone;
        seeder->gone = it->next;
        free_gone(it);
    }
}

/* ---- the exchange ---- */

static qk_err reload(qk_seeder *seeder)
{
    qk_seed_config fresh = { 0 };
    qk_seed_target *old = seeder->targets;
    qk_seed_gone *gone;

    QK_TRY(qk_seeder_load(seeder, &fresh));
    gone = calloc(1, sizeof *gone);
    if (!gone) {
        qk_seed_config_done(&fresh);
        return qk_fail(QK_E_NO_MEMORY, "configuration");
    }
    gone->config = seeder->config;
    gone->next = seeder->gone;
    seeder->gone = gone;
    seeder->config = fresh;
    if (qk_log_open(fresh.log_path, (qk_log_level)fresh.log_level) != QK_OK) /* another file, or the same anew */
        qk_log_failure(QK_LOG_ERROR, QK_E_CONFIG, "op=reload kept=\"the log\"");
    seeder->targets = NULL;
    seeder->retry_logins = false;
    qk_supply_free(&seeder->supply);
    qk_seeds_ask_again(seeder);
    if (qk_seeder_take_configuration(seeder) != QK_OK)
        qk_log_failure(QK_LOG_ERROR, qk_failure_last()->code, "op=reload");
    bring_back_found(seeder, old);
    hand_over(seeder, old, gone);
    qk_seeder_drop_gone(seeder);
    return QK_OK;
}

void qk_seeder_reload(qk_seeder *seeder)
{
    qk_err err = reload(seeder);

    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=reload kept=old");
    else
        qk_log(QK_LOG_INFO, "op=reload targets=%zu", seeder->config.target_count);
}
