/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: YAML read into C records by tables.
 *
 * A record's keys are rows: name, type, place in the record, default, help. The same rows check a file (wrong type,
 * unknown key: file, line, key), fill the record, and print the reference in docs and --help. Anchors, aliases and
 * merge keys work. Texts lie in the document's memory and live as long as it. */
#ifndef QK_BASE_CONFIG_H
#define QK_BASE_CONFIG_H

#include <stddef.h>

#include "base/bytes.h"

typedef struct qk_config qk_config;           /* a loaded document */
typedef struct qk_config_node qk_config_node; /* a map, list or scalar in it; owned by the document */

/* QK_E_CONFIG with file, line and what is wrong. Files over 1 MiB are refused. */
QK_MUST_CHECK qk_err qk_config_load(const char *path, qk_config **out_config);
/* The same from memory; `name` stands for the path in errors. */
QK_MUST_CHECK qk_err qk_config_parse(const char *name, qk_view text, qk_config **out_config);
void qk_config_free(qk_config **config);
const char *qk_config_path(const qk_config *config);

const qk_config_node *qk_config_root(const qk_config *config);
/* Value of a key ("users.2.iamauth" walks maps); NULL if absent or null. Aliases and `<<` are resolved. */
const qk_config_node *qk_config_get(const qk_config_node *map, const char *dotted_key);
bool qk_config_is_map(const qk_config_node *node);
bool qk_config_is_list(const qk_config_node *node);
/* Pairs of a map in file order, or items of a list (out_key NULL then): false when `index` is past the end. */
bool qk_config_at(const qk_config_node *node, size_t index, const char **out_key, const qk_config_node **out_value);
/* Scalar text; "" for null; NULL if not a scalar. */
const char *qk_config_text(const qk_config_node *node);
unsigned qk_config_line(const qk_config_node *node);

typedef enum qk_config_type {
    QK_CONFIG_TEXT,    /* const char *; null and absent give the default (which may be NULL) */
    QK_CONFIG_BOOL,    /* bool: true/false/yes/no/on/off */
    QK_CONFIG_UINT,    /* uint64_t within min..max; also quoted ("9876"); suffixes k, M, G (1024) allowed */
    QK_CONFIG_CHOICE,  /* int: index of the text in `choices` (NULL-terminated), any case; -1: absent */
    QK_CONFIG_DECIMAL, /* double, as "7.8"; min and max in thousandths */
    QK_CONFIG_MAP,     /* const qk_config_node *: kept for the reader */
    QK_CONFIG_LIST,    /* const qk_config_node *: a list, or one scalar taken as a list of one */
} qk_config_type;

typedef struct qk_config_row {
    const char *key; /* dotted below the map that is read: "tls.cacert" */
    qk_config_type type;
    size_t offset;
    const char *fallback; /* as it would stand in the file; NULL: none */
    bool required;
    uint64_t min, max; /* QK_CONFIG_UINT and QK_CONFIG_DECIMAL (thousandths); max 0 means no limit */
    const char *const *choices;
    const char *help; /* a sentence for the reference */
} qk_config_row;

typedef enum qk_config_unknown {
    QK_CONFIG_REFUSE, /* our own files: an unknown key is an error */
    QK_CONFIG_WARN,   /* files that come from elsewhere: a warning in the log */
} qk_config_unknown;

/* Fills `record` from `map` (NULL: defaults alone). QK_E_CONFIG names file, line, key and what was expected. */
QK_MUST_CHECK qk_err qk_config_read(const qk_config *config, const qk_config_node *map, const qk_config_row *rows,
                                    size_t row_count, qk_config_unknown unknown, void *record);

#endif
