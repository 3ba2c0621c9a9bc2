/* SPDX-License-Identifier: Apache-2.0 */
/* Records filled by tables of rows. Messages name file, line and key, and never a value: values may be API keys. */
#include "base/config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/config_node.h"
#include "base/log.h"

typedef struct reading {
    const char *path;
    const qk_config_node *map;
    const qk_config_row *rows;
    size_t row_count;
    qk_config_unknown unknown;
} reading;

/* "<where the map is written>.<key>" */
static void key_path(const qk_config_node *map, const char *key, char out[2 * QK_CONFIG_PATH_TEXT])
{
    char where[QK_CONFIG_PATH_TEXT] = "";

    if (map)
        qk_config_node_path(map, where);
    snprintf(out, 2 * QK_CONFIG_PATH_TEXT, "%s%s%.100s", where, where[0] ? "." : "", key);
}

static qk_err fail_expected(const reading *r, const qk_config_node *value, const qk_config_row *row, const char *what)
{
    char path[2 * QK_CONFIG_PATH_TEXT];

    if (value->key) { /* where the value is written, which for an alias is not where it is used */
        qk_config_node_path(value, path);
        return qk_fail(QK_E_CONFIG, "%s:%u: %s: expected %s", r->path, value->line, path, what);
    }
    key_path(r->map, row->key, path);
    return qk_fail(QK_E_CONFIG, "%s:%u: %s: expected %s", r->path, value->line, path, what);
}

/* --- texts into values; NULL out of a table means that the default itself is wrong --- */

static bool read_bool(const char *text, bool *out)
{
    static const char *const words[] = { "true", "yes", "on", "false", "no", "off" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcasecmp(text, words[i]) == 0) {
            *out = i < 3;
            return true;
        }
    return false;
}

static bool read_uint(const char *text, uint64_t *out)
{
    static const char suffixes[] = "kMG";
    unsigned shift = 0;
    uint64_t value;
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno != 0)
        return false;
    if (*end) {
        const char *suffix = strchr(suffixes, *end == 'K' ? 'k' : *end);
        if (!suffix || end[1])
            return false;
        shift = 10 * (unsigned)(suffix - suffixes + 1);
    }
    if (value > UINT64_MAX >> shift)
        return false;
    *out = value << shift;
    return true;
}

/* Digits, at most one point between them: no sign, no exponent, whatever the locale. */
static bool read_decimal(const char *text, double *out)
{
    uint64_t value = 0, scale = 1;
    bool point = false, digit = false;

    for (; *text; text++) {
        if (*text == '.' && digit && !point) {
            point = true;
            digit = false;
            continue;
        }
        if (*text < '0' || *text > '9' || value > UINT64_MAX / 1000 || scale > UINT64_MAX / 1000)
            return false;
        digit = true;
        value = value * 10 + (uint64_t)(*text - '0');
        scale *= point ? 10 : 1;
    }
    *out = (double)value / (double)scale;
    return digit;
}

static int find_choice(const char *const *choices, const char *text)
{
    for (int i = 0; choices[i]; i++)
        if (strcasecmp(choices[i], text) == 0)
            return i;
    return -1;
}

static void list_choices(const char *const *choices, char *out, size_t room)
{
    size_t len = (size_t)snprintf(out, room, "one of");

    for (size_t i = 0; choices[i] && len < room; i++)
        len += (size_t)snprintf(out + len, room - len, "%s %s", i ? "," : "", choices[i]);
}

/* Writes the value of a scalar row; on refusal `expected` says what would be right. */
static bool read_scalar(const qk_config_row *row, const char *text, void *place, char *expected, size_t room)
{
    bool yes;
    uint64_t number;
    double decimal;
    int choice;

    switch (row->type) {
    case QK_CONFIG_TEXT:
        memcpy(place, &text, sizeof text);
        return true;
    case QK_CONFIG_BOOL:
        snprintf(expected, room, "true or false");
        if (!read_bool(text, &yes))
            return false;
        memcpy(place, &yes, sizeof yes);
        return true;
    case QK_CONFIG_UINT:
        if (row->max)
            snprintf(expected, room, "a whole number from %ju to %ju", (uintmax_t)row->min, (uintmax_t)row->max);
        else
            snprintf(expected, room, "a whole number from %ju up", (uintmax_t)row->min);
        if (!read_uint(text, &number) || number < row->min || (row->max && number > row->max))
            return false;
        memcpy(place, &number, sizeof number);
        return true;
    case QK_CONFIG_DECIMAL:
        snprintf(expected, room, "a number from %g to %g", (double)row->min / 1000, (double)row->max / 1000);
        if (!read_decimal(text, &decimal) || decimal < (double)row->min / 1000 ||
            (row->max && decimal > (double)row->max / 1000))
            return false;
        memcpy(place, &decimal, sizeof decimal);
        return true;
    case QK_CONFIG_CHOICE:
        list_choices(row->choices, expected, room);
        choice = find_choice(row->choices, text);
        memcpy(place, &choice, sizeof choice);
        return choice >= 0;
    case QK_CONFIG_MAP:
    case QK_CONFIG_LIST:
    default:
        return false;
    }
}

/* --- one row --- */

static void write_default(const qk_config_row *row, void *place)
{
    static const size_t sizes[] = {
        [QK_CONFIG_TEXT] = sizeof(const char *),
        [QK_CONFIG_BOOL] = sizeof(bool),
        [QK_CONFIG_UINT] = sizeof(uint64_t),
        [QK_CONFIG_CHOICE] = sizeof(int),
        [QK_CONFIG_DECIMAL] = sizeof(double),
        [QK_CONFIG_MAP] = sizeof(const qk_config_node *),
        [QK_CONFIG_LIST] = sizeof(const qk_config_node *),
    };
    char expected[160];
    bool fits;

    if (row->fallback) {
        fits = read_scalar(row, row->fallback, place, expected, sizeof expected);
        assert(fits); /* else the table is wrong */
        (void)fits;
        return;
    }
    memset(place, row->type == QK_CONFIG_CHOICE ? 0xff : 0, sizes[row->type]);
}

static qk_err write_value(const reading *r, const qk_config_row *row, const qk_config_node *value, void *place)
{
    char expected[160] = "a text";
    bool scalar = value->kind == NODE_SCALAR;

    if (row->type == QK_CONFIG_MAP && value->kind != NODE_MAP)
        return fail_expected(r, value, row, "a map");
    if (row->type == QK_CONFIG_LIST && value->kind == NODE_MAP)
        return fail_expected(r, value, row, "a list");
    if (row->type == QK_CONFIG_MAP || row->type == QK_CONFIG_LIST) {
        memcpy(place, &value, sizeof value);
        return QK_OK;
    }
    if (!scalar)
        read_scalar(row, "", (uint64_t[2]){ 0 }, expected, sizeof expected);
    if (!scalar || !read_scalar(row, value->text, place, expected, sizeof expected))
        return fail_expected(r, value, row, expected);
    return QK_OK;
}

static qk_err read_row(const reading *r, const qk_config_row *row, uint8_t *record)
{
    const qk_config_node *value = qk_config_get(r->map, row->key);
    char path[2 * QK_CONFIG_PATH_TEXT];

    if (value)
        return write_value(r, row, value, record + row->offset);
    if (row->required) {
        key_path(r->map, row->key, path);
        return qk_fail(QK_E_CONFIG, "%s:%u: %s: is missing%s%s", r->path, r->map ? r->map->line : 1, path,
                       row->help ? "; " : "", row->help ? row->help : "");
    }
    write_default(row, record + row->offset);
    return QK_OK;
}

/* --- keys that no row knows --- */

typedef enum key_match {
    KEY_UNKNOWN,
    KEY_INNER, /* rows lie below it */
    KEY_ROW,
} key_match;

static key_match match_key(const reading *r, const char *dotted)
{
    size_t len = strlen(dotted);
    key_match match = KEY_UNKNOWN;

    for (size_t i = 0; i < r->row_count; i++) {
        if (strcmp(r->rows[i].key, dotted) == 0)
            return KEY_ROW;
        if (strncmp(r->rows[i].key, dotted, len) == 0 && r->rows[i].key[len] == '.')
            match = KEY_INNER;
    }
    return match;
}

static qk_err on_unknown(const reading *r, const char *dotted, unsigned line)
{
    char path[2 * QK_CONFIG_PATH_TEXT];

    key_path(r->map, dotted, path);
    if (r->unknown == QK_CONFIG_REFUSE)
        return qk_fail(QK_E_CONFIG, "%s:%u: %s: no such key", r->path, line, path);
    qk_log(QK_LOG_WARNING, "op=config file=%s line=%u key=%s unknown=ignored", r->path, line, path);
    return QK_OK;
}

/* Goes down only where rows lie below, so the depth is that of the longest row key, not of the file. */
static qk_err check_keys(const reading *r, const qk_config_node *map, const char *prefix)
{
    char dotted[QK_CONFIG_PATH_TEXT];

    for (size_t i = 0; i < map->count; i++) {
        const node_child *child = &map->children[i];
        int len = snprintf(dotted, sizeof dotted, "%s%s%s", prefix, prefix[0] ? "." : "", child->key);
        bool whole = len >= 0 && (size_t)len < sizeof dotted && !strchr(child->key, '.');

        switch (whole ? match_key(r, dotted) : KEY_UNKNOWN) {
        case KEY_ROW:
            break;
        case KEY_INNER:
            if (child->value->kind == NODE_MAP)
                QK_TRY(check_keys(r, child->value, dotted));
            else if (!child->value->null)
                return fail_expected(r, child->value, &(qk_config_row){ .key = dotted }, "a map");
            break;
        case KEY_UNKNOWN:
        default:
            QK_TRY(on_unknown(r, dotted, child->line));
            break;
        }
    }
    return QK_OK;
}

qk_err qk_config_read(const qk_config *config, const qk_config_node *map, const qk_config_row *rows, size_t row_count,
                      qk_config_unknown unknown, void *record)
{
    reading r = { .path = config ? qk_config_path(config) : "configuration",
                  .map = map,
                  .rows = rows,
                  .row_count = row_count,
                  .unknown = unknown };

    if (map && map->kind != NODE_MAP)
        return fail_expected(&r, map, &(qk_config_row){ .key = "" }, "a map");
    if (map)
        QK_TRY(check_keys(&r, map, ""));
    for (size_t i = 0; i < row_count; i++)
        QK_TRY(read_row(&r, &rows[i], record));
    return QK_OK;
}
