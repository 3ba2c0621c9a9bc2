/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration in force, and its exchange for another while sessions stay open. */
#include <stdlib.h>

#include "base/log.h"
#include "seeder/supervisor.h"

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
static void continue_as(qk_seed_target *it, const qk_seed_target *was)
{
    const qk_seed_target fresh = *it;

    *it = *was;
    it->next = fresh.next;
    it->config = fresh.config;
    it->off = fresh.off;
    it->latched = fresh.latched;
    it->of_pattern = fresh.of_pattern;
    if (was->latched && !qk_seed_latch_is_stale(was)) /* also if it could not be written to the disk */
        it->off = it->latched = true;
    else
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
                continue_as(it, was);
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
    qk_err err = qk_seed_config_load(seeder->config_path, &fresh);

    if (err != QK_OK) {
        qk_log_failure(QK_LOG_ERROR, err, "op=reload kept=old");
        return;
    }
    seeder->config = fresh;
    seeder->targets = NULL;
    qk_supply_free(&seeder->supply);
    seeder->service_pause_until_ms = 0;
    err = qk_seeder_take_configuration(seeder);
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err, "op=reload");
    bring_back_found(seeder, old);
    keep_what_is_same(old, seeder);
    qk_seed_targets_free(&old);
    qk_seed_config_done(&old_config);
    qk_log(QK_LOG_INFO, "op=reload targets=%zu", seeder->config.target_count);
}
