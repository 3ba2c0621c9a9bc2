/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a loaded configuration, shared by the files that build it (config_build.c), walk it (config_tree.c)
 * and read its values (config_read.c). An alias is the same node reached twice, so the tree is really a graph without
 * cycles: `parent` and `key` say where a node is written in the file, which is what errors should name. */
#ifndef QK_BASE_CONFIG_NODE_H
#define QK_BASE_CONFIG_NODE_H

#include "base/arena.h"
#include "base/config.h"

struct qk_config {
    qk_arena arena;
    const char *path;
    const qk_config_node *root;
};

typedef enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP,
} node_kind;

typedef struct node_child {
    const char *key; /* NULL in a list */
    const qk_config_node *value;
    unsigned line; /* of the key */
} node_child;

struct qk_config_node {
    node_kind kind;
    bool null, plain, closed; /* plain: not quoted; closed: its end was read */
    unsigned line;
    const char *text; /* of a scalar */
    const qk_config_node *parent;
    const char *key; /* in the parent: map key, or "0", "1"... of a list */
    node_child *children;
    size_t count, room;
};

/* Enough for a message; a longer path loses its middle. */
enum { QK_CONFIG_PATH_TEXT = 128 };

/* "tokens.0.grep11connection": where the node is written; "" for the root. */
void qk_config_node_path(const qk_config_node *node, char out[QK_CONFIG_PATH_TEXT]);
/* The child of exactly this key, also if its value is null; NULL if there is none. */
const node_child *qk_config_node_child(const qk_config_node *map, const char *key, size_t key_len);

/* Refuses what libfyaml must not see: broken UTF-8, control characters, foreign ends of lines, explicit keys beside
 * tabs. `name` is the file's, for the error. */
QK_MUST_CHECK qk_err qk_config_check(const char *name, qk_view text);
/* Reads checked text that ends with a newline; sets config->root. */
QK_MUST_CHECK qk_err qk_config_build(qk_config *config, qk_view text);
/* QK_E_CONFIG with "file:line: words". */
qk_err qk_config_fail(const char *path, unsigned line, const char *format, ...) QK_PRINTF(3, 4);

#endif
