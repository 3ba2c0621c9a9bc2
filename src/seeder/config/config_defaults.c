/* SPDX-License-Identifier: Apache-2.0 */
/* What targets have in common: keys of the map `defaults` stand for those that a target does not have itself.
 *
 * Some keys say one thing in several ways (which token, where its PIN is): a target that says it in one of them takes
 * none of the others. Keys that are not of a target's kind of sink are not for it. */
#include <stdlib.h>
#include <strings.h>

#include "seeder/config/config_parts.h"

typedef enum matter { ALONE, TOKEN, PIN, PASSWORD } matter;

static const struct member {
    const char *key;
    matter of;
} members[] = {
    { "slot", TOKEN },       { "token_label", TOKEN },      { "token_serial", TOKEN },           { "uri", TOKEN },
    { "all_tokens", TOKEN }, { "pin_file", PIN },           { "pin_credential", PIN },           { "pin_command", PIN },
    { "pin", PIN },          { "password_file", PASSWORD }, { "password_credential", PASSWORD },
};

static matter matter_of(const char *key)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (strcmp(members[i].key, key) == 0)
            return members[i].of;
    return ALONE;
}

static bool has_one_of(const qk_config_node *target, matter asked)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        if (members[i].of == asked && qk_config_get(target, members[i].key))
            return true;
    return false;
}

/* Who does not log in has no PIN. */
static bool logs_in(const qk_config_node *target)
{
    const qk_config_node *login = qk_config_get(target, "login");
    const char *text = login ? qk_config_text(login) : NULL;

    return !text || strcmp(text, "none") != 0;
}

static const qk_config_node *default_for(const qk_config_node *defaults, const qk_config_node *target, int sink,
                                         const char *key)
{
    const qk_config_node *value = defaults ? qk_config_get(defaults, key) : NULL;
    matter asked = matter_of(key);

    if (!value || !qk_seed_sink_has_key(sink, key) || (asked != ALONE && has_one_of(target, asked)))
        return NULL;
    return asked != PIN || logs_in(target) ? value : NULL;
}

/* A default stands where a target's row has its fallback. */
static void fill_in(qk_config_row *rows, const qk_config_node *defaults, const qk_config_node *target, int sink)
{
    for (size_t i = 0; i < qk_seed_target_row_count; i++) {
        const qk_config_node *value = default_for(defaults, target, sink, rows[i].key);
        if (value)
            rows[i].fallback = qk_config_text(value);
    }
}

static qk_err copy_rows(qk_config_row **out)
{
    qk_config_row *rows = calloc(qk_seed_target_row_count, sizeof *rows);

    if (!rows)
        return qk_fail(QK_E_NO_MEMORY, "targets");
    memcpy(rows, qk_seed_target_rows, qk_seed_target_row_count * sizeof *rows);
    *out = rows;
    return QK_OK;
}

static void free_rows(qk_config_row **rows)
{
    free(*rows);
    *rows = NULL;
}

/* A target's kind of sink decides which defaults are for it. A kind that does not exist is told by the reading. */
static int sink_of(const qk_seed_config *config, const qk_config_node *target)
{
    const qk_config_node *own = qk_config_get(target, "sink");
    const qk_config_node *node = own || !config->defaults ? own : qk_config_get(config->defaults, "sink");
    const char *text = node ? qk_config_text(node) : NULL;

    for (int i = 0; text && qk_seed_sink_choices[i]; i++)
        if (strcasecmp(text, qk_seed_sink_choices[i]) == 0)
            return i;
    return QK_SEED_SINK_TOKEN;
}

qk_err qk_seed_defaults_check(const qk_seed_config *config)
{
    qk_seed_target_config read = { 0 };

    if (!config->defaults)
        return QK_OK;
    if (!qk_config_is_map(config->defaults))
        return qk_fail(QK_E_CONFIG, "%s:%u: defaults must be a map", qk_config_path(config->file),
                       qk_config_line(config->defaults));
    return qk_config_read(config->file, config->defaults, qk_seed_target_rows + 1, qk_seed_target_row_count - 1,
                          QK_CONFIG_REFUSE, &read);
}

qk_err qk_seed_target_read(const qk_seed_config *config, const qk_config_node *node, qk_seed_target_config *target)
{
    QK_OWNED(free_rows) qk_config_row *rows = NULL;

    QK_TRY(copy_rows(&rows));
    fill_in(rows, config->defaults, node, sink_of(config, node));
    QK_TRY(qk_config_read(config->file, node, rows, qk_seed_target_row_count, QK_CONFIG_REFUSE, target));
    target->file = qk_config_path(config->file);
    return qk_seed_sink_check_keys(target, node, config->defaults);
}
