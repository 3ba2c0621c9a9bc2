/* SPDX-License-Identifier: Apache-2.0 */
/* YAML configuration: any text either loads, and then every node can be walked and read by a table, or is refused with
 * a place and words. */
#include "fuzz.h"

#include "base/config.h"

typedef struct record {
    const char *text;
    bool flag;
    uint64_t number;
    int choice;
    const qk_config_node *map, *list;
} record;

static const char *const choices[] = { "one", "two", NULL };
static const qk_config_row rows[] = {
    { .key = "text", .type = QK_CONFIG_TEXT, .offset = offsetof(record, text), .fallback = "none" },
    { .key = "flag", .type = QK_CONFIG_BOOL, .offset = offsetof(record, flag), .fallback = "no" },
    { .key = "number",
      .type = QK_CONFIG_UINT,
      .offset = offsetof(record, number),
      .min = 1,
      .max = 1 << 20,
      .fallback = "7k" },
    { .key = "deep.choice", .type = QK_CONFIG_CHOICE, .offset = offsetof(record, choice), .choices = choices },
    { .key = "deep.map", .type = QK_CONFIG_MAP, .offset = offsetof(record, map) },
    { .key = "list", .type = QK_CONFIG_LIST, .offset = offsetof(record, list) },
};

/* Aliases make the tree a graph, so the walk has a budget. */
static void walk(const qk_config_node *node, size_t *budget)
{
    const qk_config_node *value;
    const char *key;

    fuzz_touch(qk_view_text(qk_config_text(node)));
    if (qk_config_text(node)) /* a scalar counts as a list of itself */
        return;
    for (size_t i = 0; *budget > 0 && qk_config_at(node, i, &key, &value); i++) {
        --*budget;
        promise(!key == qk_config_is_list(node));
        fuzz_touch(qk_view_text(key));
        promise(qk_config_line(value) > 0);
        walk(value, budget);
    }
}

static void read_rows(const qk_config *config, qk_config_unknown unknown)
{
    record it = { 0 };

    if (qk_config_read(config, qk_config_root(config), rows, sizeof rows / sizeof rows[0], unknown, &it) != QK_OK)
        return;
    promise(it.text && it.number >= 1 && it.number <= 1 << 20 && it.choice >= -1 && it.choice <= 1);
    fuzz_touch(qk_view_text(it.text));
}

void fuzz(qk_view input)
{
    QK_OWNED(qk_config_free) qk_config *config = NULL;
    size_t budget = 100000;

    if (qk_config_parse("input.yaml", input, &config) != QK_OK) {
        promise(strncmp(qk_failure_last()->words, "input.yaml", 10) == 0);
        return;
    }
    if (qk_config_root(config))
        walk(qk_config_root(config), &budget);
    read_rows(config, QK_CONFIG_REFUSE);
    read_rows(config, QK_CONFIG_WARN);
}
