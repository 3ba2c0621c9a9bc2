/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of quantokid.yaml, printed from the rows: the server's own, then those of each map that another room
 * reads. */
#include "server/config.h"

typedef struct group {
    const char *prefix; /* before each key */
    const qk_config_row *rows;
    const size_t *count;
} group;

static const group groups[] = {
    { "", qk_server_config_rows, &qk_server_config_row_count },
    { "rest.", qk_rest_config_rows, &qk_rest_config_row_count },
};

/* A number as one would write it in the file. */
static void put_number(qk_buf *out, uint64_t number)
{
    if (number > 0 && number % (1 << 20) == 0)
        qk_buf_printf(out, "%juM", (uintmax_t)(number >> 20));
    else
        qk_buf_printf(out, "%ju", (uintmax_t)number);
}

static void put_range(qk_buf *out, const qk_config_row *row)
{
    if (row->type == QK_CONFIG_DECIMAL) {
        qk_buf_printf(out, ", %g to %g", (double)row->min / 1000, (double)row->max / 1000);
        return;
    }
    qk_buf_put_text(out, ", ");
    put_number(out, row->min);
    qk_buf_put_text(out, row->max ? " to " : " or more");
    if (row->max)
        put_number(out, row->max);
}

static void put_choices(qk_buf *out, const qk_config_row *row)
{
    for (size_t i = 0; row->choices[i]; i++)
        qk_buf_printf(out, "%s%s", i ? ", " : "", row->choices[i]);
}

static void put_kind(qk_buf *out, const qk_config_row *row)
{
    static const char *const kinds[] = {
        [QK_CONFIG_TEXT] = "text",
        [QK_CONFIG_BOOL] = "true or false",
        [QK_CONFIG_UINT] = "number",
        [QK_CONFIG_CHOICE] = "",
        [QK_CONFIG_MAP] = "map",
        [QK_CONFIG_LIST] = "list",
        [QK_CONFIG_DECIMAL] = "decimal number",
    };

    qk_buf_put_text(out, kinds[row->type]);
    if (row->type == QK_CONFIG_CHOICE)
        put_choices(out, row);
    if (row->type == QK_CONFIG_UINT || row->type == QK_CONFIG_DECIMAL)
        put_range(out, row);
}

/* The maps themselves have no help: their keys follow in a group of their own. */
static void put_row(qk_buf *out, const char *prefix, const qk_config_row *row)
{
    const char *quote = row->fallback ? "`" : "", *value = row->required ? "must be given" : "none";

    if (row->type == QK_CONFIG_MAP && !row->help)
        return;
    if (row->fallback)
        value = row->fallback;
    qk_buf_printf(out, "| `%s%s` | ", prefix, row->key);
    put_kind(out, row);
    qk_buf_printf(out, " | %s%s%s | %s |\n", quote, value, quote, row->help);
}

qk_err qk_server_config_describe(qk_buf *out)
{
    qk_buf_put_text(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (size_t j = 0; j < *groups[i].count; j++)
            put_row(out, groups[i].prefix, &groups[i].rows[j]);
    return qk_buf_check(out);
}
