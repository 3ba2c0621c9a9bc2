/* SPDX-License-Identifier: Apache-2.0 */
/* all_tokens: a target that is a pattern asks its library every minute which tokens there are, and each becomes a
 * target of its own. It is never seeded itself, but it may fail: a library that is missing or has no token is told as
 * for any other target. */
#include <stdio.h>

#include "base/log.h"
#include "seeder/supervisor.h"
#include "seeder/text.h"

void qk_seeder_add_found(qk_seeder *seeder, const qk_seed_target *pattern, const qk_seed_target_config *config,
                         const char *name)
{
    qk_seed_target *fresh = qk_seeder_add_target(seeder, config, name);

    if (fresh)
        fresh->of_pattern = pattern->number;
    else
        qk_log(QK_LOG_ERROR, "op=seed target=%s words=\"no memory\"", qk_seed_shown(name));
}

static bool is_good(const qk_seed_listed *listed)
{
    return listed->rv == CKR_OK && listed->initialised;
}

static bool has_serial_alone(const qk_seed_report *report, const qk_seed_token *token)
{
    size_t count = 0;

    for (uint32_t i = 0; i < report->token_count; i++)
        count += is_good(&report->tokens[i]) && strcmp(report->tokens[i].token.serial, token->serial) == 0;
    return count == 1 && qk_seed_is_word(token->serial);
}

/* A token is known by its serial number, unless that is empty, of strange bytes, or another's as well: then by its
 * slot, for as long as its label is there. */
static void identify(const qk_seed_target *pattern, const qk_seed_token *token, bool by_serial,
                     qk_seed_target_config *config, char *name, size_t room)
{
    config->choice = by_serial ? QK_SEED_BY_SERIAL : QK_SEED_BY_SLOT;
    config->slot_number = token->slot;
    snprintf(config->wanted, sizeof config->wanted, "%s", by_serial ? token->serial : token->label);
    if (by_serial)
        snprintf(name, room, "%.100s/%.16s", pattern->name, token->serial);
    else
        snprintf(name, room, "%.100s/slot-%ju", pattern->name, (uintmax_t)token->slot);
}

static void log_left_out(const qk_seed_target *pattern, const qk_seed_listed *listed)
{
    qk_log(QK_LOG_DEBUG, "op=list target=%s slot=%ju token=%s serial=%s left_out=\"%s\" code=%s",
           qk_seed_shown(pattern->name), (uintmax_t)listed->token.slot, qk_seed_quoted(listed->token.label),
           qk_seed_shown(listed->token.serial),
           listed->rv != CKR_OK ? "it cannot be looked at" : "it is not initialised (no CKF_TOKEN_INITIALIZED)",
           qk_seed_code_name(listed->rv));
}

static void take_token(qk_seeder *seeder, const qk_seed_target *pattern, const qk_seed_report *report,
                       const qk_seed_token *token)
{
    qk_seed_target_config config = pattern->config;
    bool by_serial = has_serial_alone(report, token);
    char name[130];

    identify(pattern, token, by_serial, &config, name, sizeof name);
    for (const qk_seed_target *it = seeder->targets; it; it = it->next)
        if (strcmp(it->name, name) == 0)
            return;
    if (!by_serial)
        qk_log(QK_LOG_WARNING,
               "op=list target=%s token=%s serial=%s warning=\"no serial number of its own: told by its slot\"",
               qk_seed_shown(name), qk_seed_quoted(token->label), qk_seed_shown(token->serial));
    qk_seeder_add_found(seeder, pattern, &config, name);
}

bool qk_seeder_take_tokens(qk_seeder *seeder, qk_seed_target *pattern, const qk_seed_report *report)
{
    pattern->tokens_found = pattern->tokens_left_out = 0;
    for (uint32_t i = 0; i < report->token_count; i++) {
        const qk_seed_listed *listed = &report->tokens[i];
        if (is_good(listed)) {
            pattern->tokens_found++;
            take_token(seeder, pattern, report, &listed->token);
        } else {
            pattern->tokens_left_out++;
            log_left_out(pattern, listed);
        }
    }
    if (report->rv != CKR_OK)
        return false;
    pattern->last_code = CKR_OK;
    pattern->back_off_ms = 0;
    pattern->failures_in_a_row = 0;
    return true;
}
