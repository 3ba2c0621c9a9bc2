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

    if (config.unverified)
        qk_log(QK_LOG_WARNING,
               "op=configure warning=\"service.verify is none: whoever is on the way to the service gets "
               "the token and may choose what is downloaded. Use ca_file or pinned_key\"");
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
           strcmp(a->library, b->library) == 0 && strcmp(a->wanted, b->wanted) == 0;
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
    if (was->latched && !was->latch.on_disk) { /* it could not be written, but is known here */
        it->latch = was->latch;
        it->off = it->latched = qk_seed_latch_holds(seeder, it);
    }
    if (was->held_back)
        it->due_ms = fresh.due_ms;
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

/* What did not change goes on; sessions of what is gone are closed. */
static void keep_what_is_same(const qk_seed_target *old, qk_seeder *seeder)
{
    for (const qk_seed_target *was = old; was; was = was->next) {
        bool kept = false;
        for (qk_seed_target *it = seeder->targets; it && !kept; it = it->next)
            if (strcmp(it->name, was->name) == 0 && is_same(&it->config, &was->config)) {
                continue_as(seeder, it, was);
                kept = true;
            }
        if (!kept)
            qk_seed_worker_forget(was->worker, was->number);
    }
}

/* No order may be under way: they point to targets. */
void qk_seeder_reload(qk_seeder *seeder)
{
    qk_seed_config fresh = { 0 }, old_config = seeder->config;
    qk_seed_target *old = seeder->targets;
    qk_err err = qk_seeder_load(seeder, &fresh);

    if (err != QK_OK) {
        qk_log_failure(QK_LOG_ERROR, err, "op=reload kept=old");
        return;
    }
    seeder->config = fresh;
    seeder->targets = NULL;
    seeder->retry_logins = false;
    qk_supply_free(&seeder->supply);
    qk_seeds_ask_again(seeder);
    err = qk_seeder_take_configuration(seeder);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=reload");
    bring_back_found(seeder, old);
    keep_what_is_same(old, seeder);
    qk_seed_targets_free(&old);
    qk_seed_config_done(&old_config);
    qk_log(QK_LOG_INFO, "op=reload targets=%zu", seeder->config.target_count);
}
