/* SPDX-License-Identifier: Apache-2.0 */
/* Events of libfyaml into a tree of our own. Anchors, aliases, merge keys and the search for keys given twice are done
 * here, because each needs a line number in its error and a limit. An alias shares the node it names, so a file cannot
 * unfold to more than it says, and every pair that is read or merged counts against one budget. */
#include <libfyaml.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config_node.h"

enum {
    MAX_DEPTH = 32,
    MAX_PAIRS = 65536, /* of all maps and lists together, merged ones included */
    MAX_KEYS = 1024,   /* of one map: they are searched one by one */
    MAX_ANCHORS = 1024,
};

typedef struct anchor {
    const char *name;
    qk_config_node *node;
} anchor;

/* A map or list whose end was not read yet, and the key that waits for its value. */
typedef struct level {
    qk_config_node *node;
    const char *key;
    unsigned key_line;
} level;

typedef struct builder {
    qk_config *config;
    struct fy_diag *diag;
    struct fy_parser *parser;
    level levels[MAX_DEPTH];
    size_t depth;
    anchor *anchors;
    size_t anchor_count, pairs;
    unsigned line; /* of the event in hand */
    bool finished; /* the first document has ended */
} builder;

#define FAIL(b, at_line, ...) qk_config_fail((b)->config->path, (at_line), __VA_ARGS__)

static void *take(builder *b, size_t len)
{
    return qk_arena_zalloc(&b->config->arena, len);
}

static qk_err fail_memory(const builder *b)
{
    return qk_fail(QK_E_NO_MEMORY, "%s: the configuration takes too much memory", b->config->path);
}

/* --- nodes --- */

static qk_err add_child(builder *b, qk_config_node *node, const char *key, unsigned line, const qk_config_node *value)
{
    if (++b->pairs > MAX_PAIRS)
        return FAIL(b, line, "more than %d entries", MAX_PAIRS);
    if (node->kind == NODE_MAP && node->count == MAX_KEYS)
        return FAIL(b, line, "more than %d keys in one map", MAX_KEYS);
    if (node->count == node->room) {
        size_t room = node->room ? 2 * node->room : 8;
        node_child *children = take(b, room * sizeof *children);
        if (!children)
            return fail_memory(b);
        if (node->count)
            memcpy(children, node->children, node->count * sizeof *children);
        node->children = children;
        node->room = room;
    }
    node->children[node->count++] = (node_child){ .key = key, .value = value, .line = line };
    return QK_OK;
}

/* --- merge keys --- */

static qk_err merge_map(builder *b, qk_config_node *into, const qk_config_node *from, unsigned line)
{
    if (from->kind != NODE_MAP)
        return FAIL(b, line, "'<<' takes a map or a list of maps");
    for (size_t i = 0; i < from->count; i++) {
        const node_child *pair = &from->children[i];
        if (qk_config_node_child(into, pair->key, strlen(pair->key))) {
            if (++b->pairs > MAX_PAIRS) /* looked at, if not taken: work counts too */
                return FAIL(b, line, "more than %d entries", MAX_PAIRS);
            continue;
        }
        QK_TRY(add_child(b, into, pair->key, pair->line, pair->value));
    }
    return QK_OK;
}

/* The map's own keys win, then the first merged map that has a key. Source: YAML 1.1, "Merge Key Language-Independent
 * Type". The source maps have ended, so their own merges are done. */
static qk_err resolve_merge(builder *b, qk_config_node *map)
{
    const node_child *found = qk_config_node_child(map, "<<", 2);
    node_child merge;
    size_t place;

    if (!found)
        return QK_OK;
    merge = *found;
    place = (size_t)(found - map->children);
    memmove(&map->children[place], &map->children[place + 1], (map->count - place - 1) * sizeof *map->children);
    map->count--;
    if (merge.value->kind != NODE_LIST)
        return merge_map(b, map, merge.value, merge.line);
    for (size_t i = 0; i < merge.value->count; i++)
        QK_TRY(merge_map(b, map, merge.value->children[i].value, merge.line));
    return QK_OK;
}

/* --- anchors --- */

static qk_err copy_token(builder *b, struct fy_token *token, const char **out)
{
    size_t len = 0;
    const char *text = token ? fy_token_get_text(token, &len) : "";
    char *copy;

    if (!text)
        return fail_memory(b);
    if (memchr(text, 0, len))
        return FAIL(b, b->line, "a zero character in a text");
    copy = qk_arena_text(&b->config->arena, qk_view_of(text, len));
    if (!copy)
        return fail_memory(b);
    *out = copy;
    return QK_OK;
}

static qk_err set_anchor(builder *b, struct fy_token *token, qk_config_node *node)
{
    const char *name;

    if (!token)
        return QK_OK;
    if (!b->anchors)
        b->anchors = take(b, MAX_ANCHORS * sizeof *b->anchors);
    if (!b->anchors)
        return fail_memory(b);
    if (b->anchor_count == MAX_ANCHORS)
        return FAIL(b, b->line, "more than %d anchors", MAX_ANCHORS);
    QK_TRY(copy_token(b, token, &name));
    b->anchors[b->anchor_count++] = (anchor){ .name = name, .node = node };
    return QK_OK;
}

static qk_err find_anchor(builder *b, struct fy_token *token, qk_config_node **out)
{
    const char *name;

    QK_TRY(copy_token(b, token, &name));
    for (size_t i = b->anchor_count; i-- > 0;) { /* a name may be given anew: the latest counts */
        if (strcmp(b->anchors[i].name, name) != 0)
            continue;
        if (!b->anchors[i].node->closed)
            return FAIL(b, b->line, "*%.60s stands inside the entry that it names", name);
        *out = b->anchors[i].node;
        return QK_OK;
    }
    return FAIL(b, b->line, "*%.60s: no anchor &%.60s stands before it", name, name);
}

/* --- events --- */

/* Puts a value into the innermost map or list, or takes it as the key that the next value belongs to. */
static qk_err place(builder *b, qk_config_node *node)
{
    level *top = b->depth ? &b->levels[b->depth - 1] : NULL;
    const node_child *before;
    const char *key;
    char index[24];

    if (!top) {
        b->config->root = node;
        return QK_OK;
    }
    if (top->node->kind == NODE_MAP && !top->key) {
        if (node->kind != NODE_SCALAR)
            return FAIL(b, b->line, "a key must be a plain text");
        before = qk_config_node_child(top->node, node->text, strlen(node->text));
        if (before)
            return FAIL(b, b->line, "key '%.60s' is given twice, first on line %u", node->text, before->line);
        top->key = node->text;
        top->key_line = b->line;
        return QK_OK;
    }
    snprintf(index, sizeof index, "%zu", top->node->count);
    key = top->key ? top->key : qk_arena_text(&b->config->arena, qk_view_text(index));
    if (!key)
        return fail_memory(b);
    if (!node->parent) { /* not yet placed: an alias keeps the place where it is written */
        node->parent = top->node;
        node->key = key;
    }
    QK_TRY(add_child(b, top->node, top->key, top->key ? top->key_line : b->line, node));
    top->key = NULL;
    return QK_OK;
}

static qk_err new_node(builder *b, node_kind kind, struct fy_token *anchor_token, qk_config_node **out)
{
    qk_config_node *node = take(b, sizeof *node);

    if (!node)
        return fail_memory(b);
    node->kind = kind;
    node->line = b->line;
    QK_TRY(set_anchor(b, anchor_token, node));
    *out = node;
    return QK_OK;
}

static qk_err on_start(builder *b, node_kind kind, struct fy_token *anchor_token)
{
    qk_config_node *node;

    if (b->depth == MAX_DEPTH)
        return FAIL(b, b->line, "more than %d levels", MAX_DEPTH);
    QK_TRY(new_node(b, kind, anchor_token, &node));
    QK_TRY(place(b, node));
    b->levels[b->depth++] = (level){ .node = node };
    return QK_OK;
}

static qk_err on_end(builder *b)
{
    qk_config_node *node = b->levels[--b->depth].node;

    node->closed = true;
    return resolve_merge(b, node);
}

static bool means_null(const char *text)
{
    static const char *const words[] = { "", "~", "null", "Null", "NULL" };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static qk_err on_scalar(builder *b, struct fy_token *value, struct fy_token *anchor_token)
{
    qk_config_node *node;

    QK_TRY(new_node(b, NODE_SCALAR, anchor_token, &node));
    QK_TRY(copy_token(b, value, &node->text));
    node->plain = !value || fy_token_scalar_style(value) == FYSS_PLAIN;
    node->null = node->plain && means_null(node->text);
    node->closed = true;
    return place(b, node);
}

static qk_err on_alias(builder *b, struct fy_token *name)
{
    qk_config_node *node = NULL;

    QK_TRY(find_anchor(b, name, &node));
    return place(b, node);
}

static qk_err on_event(builder *b, struct fy_event *event)
{
    const struct fy_mark *mark = fy_event_start_mark(event);

    if (mark && mark->line >= 0) /* an empty value has none: it is where the event before it was */
        b->line = (unsigned)mark->line + 1;
    switch (event->type) {
    case FYET_DOCUMENT_START:
        return b->finished ? FAIL(b, b->line, "a second document; one is expected") : QK_OK;
    case FYET_DOCUMENT_END:
        b->finished = true;
        return QK_OK;
    case FYET_MAPPING_START:
        return on_start(b, NODE_MAP, event->mapping_start.anchor);
    case FYET_SEQUENCE_START:
        return on_start(b, NODE_LIST, event->sequence_start.anchor);
    case FYET_MAPPING_END:
    case FYET_SEQUENCE_END:
        return on_end(b);
    case FYET_SCALAR:
        return on_scalar(b, event->scalar.value, event->scalar.anchor);
    case FYET_ALIAS:
        return on_alias(b, event->alias.anchor);
    case FYET_NONE:
    case FYET_STREAM_START:
    case FYET_STREAM_END:
    default:
        return QK_OK;
    }
}

/* --- the parser --- */

/* What libfyaml found wrong, in our words for place and in its own for the matter. */
static qk_err fail_syntax(builder *b)
{
    void *walk = NULL;
    const struct fy_diag_error *error = fy_diag_errors_iterate(b->diag, &walk);

    if (!error || !error->msg)
        return FAIL(b, b->line ? b->line : 1, "not YAML");
    return FAIL(b, error->line > 0 ? (unsigned)error->line : 1, "not YAML: %.160s", error->msg);
}

static qk_err run(builder *b)
{
    struct fy_event *event;
    qk_err err = QK_OK;

    while (err == QK_OK && (event = fy_parser_parse(b->parser)) != NULL) {
        err = on_event(b, event);
        fy_parser_event_free(b->parser, event);
    }
    if (err == QK_OK && fy_diag_got_error(b->diag))
        return fail_syntax(b);
    return err;
}

/* Silent: libfyaml would otherwise write to the host's standard error. */
static struct fy_diag *new_diag(void)
{
    struct fy_diag_cfg how;
    struct fy_diag *diag;

    fy_diag_cfg_default(&how);
    how.fp = NULL;
    how.colorize = false;
    how.show_source = false;
    diag = fy_diag_create(&how);
    if (diag)
        fy_diag_set_collect_errors(diag, true);
    return diag;
}

static void builder_done(builder *b)
{
    if (b->parser)
        fy_parser_destroy(b->parser);
    if (b->diag)
        fy_diag_destroy(b->diag);
}

qk_err qk_config_build(qk_config *config, qk_view text)
{
    QK_OWNED(builder_done) builder b = { .config = config };
    struct fy_parse_cfg how = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG | FYPCF_SLOPPY_FLOW_INDENTATION };

    b.diag = new_diag();
    how.diag = b.diag;
    b.parser = b.diag ? fy_parser_create(&how) : NULL;
    if (!b.parser || fy_parser_set_string(b.parser, (const char *)text.data, text.len) != 0)
        return fail_memory(&b);
    QK_TRY(run(&b));
    if (!config->root || config->root->null) { /* nothing but comments: a map without keys */
        qk_config_node *empty = NULL;
        QK_TRY(new_node(&b, NODE_MAP, NULL, &empty));
        config->root = empty;
    }
    if (config->root->kind != NODE_MAP)
        return FAIL(&b, config->root->line, "expected 'key: value' lines");
    return QK_OK;
}
