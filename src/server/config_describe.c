/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of quantokid.yaml, printed from the rows: the server's own, then those of each map that another room
 * reads. */
#include "server/config.h"

#include <stdio.h>

#include "entropy/entropy.h"

typedef struct group {
    const char *prefix; /* before each key */
    const qk_config_row *rows;
    const size_t *count;
} group;

static const group groups[] = {
    { "", qk_server_config_rows, &qk_server_config_row_count },
    { "entropy.", qk_entropy_config_rows, &qk_entropy_config_row_count },
    { "entropy.sources.N.", qk_source_config_rows, &qk_source_config_row_count },
    { "rest.", qk_rest_config_rows, &qk_rest_config_row_count },
};

/* Defaults that follow from something else. */
static const struct {
    const char *key, *from;
} follows[] = {
    { "entropy.sources.N.kind", "the driver's" },  { "entropy.sources.N.min_entropy", "the driver's" },
    { "entropy.sources.N.rate", "the driver's" },  { "entropy.sources.N.credited", "the driver's" },
    { "entropy.sources.N.priority", "its place" }, { "entropy.sources.N.statistics", "by min_entropy" },
    { "https.certificate", "that of grpc" },       { "https.key", "that of grpc" },
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

static void put_default(qk_buf *out, const char *key, const qk_config_row *row)
{
    for (size_t i = 0; i < sizeof follows / sizeof follows[0]; i++)
        if (strcmp(follows[i].key, key) == 0) {
            qk_buf_printf(out, " | %s", follows[i].from);
            return;
        }
    if (row->fallback)
        qk_buf_printf(out, " | `%s`", row->fallback);
    else
        qk_buf_put_text(out, row->required ? " | must be given" : " | none");
}

/* The maps themselves have no help: their keys follow in a group of their own. */
static void put_row(qk_buf *out, const char *prefix, const qk_config_row *row)
{
    char key[80];

    if (!row->help)
        return;
    snprintf(key, sizeof key, "%s%s", prefix, row->key);
    qk_buf_printf(out, "| `%s` | ", key);
    put_kind(out, row);
    put_default(out, key, row);
    qk_buf_printf(out, " | %s |\n", row->help);
}

qk_err qk_server_config_describe(qk_buf *out)
{
    qk_buf_put_text(out, "| key | value | default | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        for (size_t j = 0; j < *groups[i].count; j++)
            put_row(out, groups[i].prefix, &groups[i].rows[j]);
    return qk_buf_check(out);
}
