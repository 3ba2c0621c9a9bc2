/* SPDX-License-Identifier: Apache-2.0 */
/* The tree of a configuration: where things are, whatever their type. */
#include <stdio.h>
#include <string.h>

#include "base/config_node.h"

const node_child *qk_config_node_child(const qk_config_node *map, const char *key, size_t key_len)
{
    for (size_t i = 0; map->kind == NODE_MAP && i < map->count; i++)
        if (strncmp(map->children[i].key, key, key_len) == 0 && map->children[i].key[key_len] == 0)
            return &map->children[i];
    return NULL;
}

void qk_config_node_path(const qk_config_node *node, char out[QK_CONFIG_PATH_TEXT])
{
    char path[QK_CONFIG_PATH_TEXT];

    out[0] = 0;
    for (; node && node->key; node = node->parent) {
        int len = snprintf(path, sizeof path, "%.60s%s%s", node->key, out[0] ? "." : "", out);
        if (len < 0 || (size_t)len >= sizeof path)
            return;
        memcpy(out, path, (size_t)len + 1);
    }
}

const char *qk_config_path(const qk_config *config)
{
    return config->path;
}

const qk_config_node *qk_config_root(const qk_config *config)
{
    return config->root;
}

static const qk_config_node *step(const qk_config_node *node, const char *key, size_t key_len)
{
    const node_child *child = qk_config_node_child(node, key, key_len);
    return child && !child->value->null ? child->value : NULL;
}

const qk_config_node *qk_config_get(const qk_config_node *map, const char *dotted_key)
{
    while (map) {
        size_t len = strcspn(dotted_key, ".");
        map = step(map, dotted_key, len);
        if (!dotted_key[len])
            return map;
        dotted_key += len + 1;
    }
    return NULL;
}

bool qk_config_is_map(const qk_config_node *node)
{
    return node && node->kind == NODE_MAP;
}

bool qk_config_is_list(const qk_config_node *node)
{
    return node && node->kind == NODE_LIST;
}

bool qk_config_at(const qk_config_node *node, size_t index, const char **out_key, const qk_config_node **out_value)
{
    if (!node || (node->kind == NODE_SCALAR ? index > 0 || node->null : index >= node->count))
        return false;
    if (out_key)
        *out_key = node->kind == NODE_MAP ? node->children[index].key : NULL;
    if (out_value)
        *out_value = node->kind == NODE_SCALAR ? node : node->children[index].value;
    return true;
}

const char *qk_config_text(const qk_config_node *node)
{
    if (!node || node->kind != NODE_SCALAR)
        return NULL;
    return node->null ? "" : node->text;
}

unsigned qk_config_line(const qk_config_node *node)
{
    return node ? node->line : 0;
}
