/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration from its file to the tree: read, checked (config_check.c), built (config_build.c). Everything lies in
 * one arena, which is wiped at the end: configuration files carry API keys. */
#include "base/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/config_node.h"
#include "base/file.h"

enum {
    MAX_FILE = 1024 * 1024,
    MAX_MEMORY = 64 * 1024 * 1024,
};

qk_err qk_config_fail(const char *path, unsigned line, const char *format, ...)
{
    char words[224];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return qk_fail(QK_E_CONFIG, "%s:%u: %s", path, line, words);
}

/* libfyaml 0.7 reads uninitialised memory when a block scalar's last line has spaces alone and no newline. */
static qk_err with_last_newline(qk_config *config, qk_view *text)
{
    uint8_t *copy;

    if (text->len && text->data[text->len - 1] == '\n')
        return QK_OK;
    QK_TRY(qk_arena_bytes(&config->arena, text->len + 1, &copy));
    if (text->len)
        memcpy(copy, text->data, text->len);
    copy[text->len] = '\n';
    *text = qk_view_of(copy, text->len + 1);
    return QK_OK;
}

qk_err qk_config_parse(const char *name, qk_view text, qk_config **out_config)
{
    QK_OWNED(qk_config_free) qk_config *config = malloc(sizeof *config);

    if (!config)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory for the configuration", name);
    qk_arena_init(&config->arena, MAX_MEMORY);
    config->root = NULL;
    config->path = qk_arena_text(&config->arena, qk_view_text(name));
    if (!config->path)
        return qk_fail(QK_E_NO_MEMORY, "%s: no memory for the configuration", name);
    if (text.len > MAX_FILE)
        return qk_fail(QK_E_CONFIG, "%s: larger than the %d bytes that a configuration may have", name, MAX_FILE);
    QK_TRY(qk_config_check(name, text));
    QK_TRY(with_last_newline(config, &text));
    QK_TRY(qk_config_build(config, text));
    *out_config = config;
    config = NULL;
    return QK_OK;
}

qk_err qk_config_load(const char *path, qk_config **out_config)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    qk_err err = qk_file_read(path, MAX_FILE, &text);

    if (err == QK_E_NO_MEMORY)
        return err;
    if (err != QK_OK)
        return qk_fail(QK_E_CONFIG, "%s", qk_err_words(err));
    return qk_config_parse(path, qk_buf_view(&text), out_config);
}

void qk_config_free(qk_config **config)
{
    if (!*config)
        return;
    qk_arena_done(&(*config)->arena);
    free(*config);
    *config = NULL;
}
