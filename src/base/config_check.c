/* SPDX-License-Identifier: Apache-2.0 */
/* What is looked at before libfyaml reads a file: what it lets through, and what it stumbles over. */
#include <ctype.h>
#include <string.h>

#include "base/config_node.h"

/* Length of the UTF-8 sequence at the front, 0 if it is none. Source: RFC 3629, section 4. */
static size_t utf8_len(qk_view text)
{
    uint8_t first = text.data[0];
    size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    uint8_t second = len > 1 && text.len > 1 ? text.data[1] : 0;

    if (len > text.len)
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((text.data[i] & 0xc0) != 0x80)
            return 0;
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
        (first == 0xf4 && second > 0x8f))
        return 0; /* too long a form, a surrogate, or beyond U+10FFFF */
    return len;
}

/* U+0085, U+2028, U+2029: ends of lines in YAML 1.1, which libfyaml takes for that if a file says so. They would hide a
 * line from check_keys. */
static bool is_foreign_line_end(const uint8_t *c, size_t len)
{
    return (len == 2 && c[0] == 0xc2 && c[1] == 0x85) ||
           (len == 3 && c[0] == 0xe2 && c[1] == 0x80 && (c[2] == 0xa8 || c[2] == 0xa9));
}

/* libfyaml 0.7 lets broken UTF-8 through; nothing but printable text may reach it. */
static qk_err check_characters(const char *name, qk_view text)
{
    unsigned line = 1;

    for (size_t i = 0; i < text.len;) {
        uint8_t c = text.data[i];
        size_t len = utf8_len(qk_view_of(text.data + i, text.len - i));
        if (len == 0)
            return qk_config_fail(name, line, "not UTF-8");
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f)
            return qk_config_fail(name, line, "a control character (0x%02x)", c);
        if (is_foreign_line_end(text.data + i, len))
            return qk_config_fail(name, line, "a line that ends in neither LF nor CR");
        line += c == '\n';
        i += len;
    }
    return QK_OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

/* A question mark that may open an explicit key: something blank follows, and it does not end a word. */
static bool may_open_key(qk_view line)
{
    size_t at = 0;

    while (at < line.len && is_blank(line.data[at]))
        at++;
    if (at < line.len && line.data[at] == '#')
        return false;
    for (; at < line.len; at++)
        if (line.data[at] == '?' && (at + 1 == line.len || is_blank(line.data[at + 1])) &&
            (at == 0 || !isalnum(line.data[at - 1])))
            return true;
    return false;
}

/* libfyaml 0.7 frees twice when a tab stands in the wrong place behind an explicit key ("? key"; its issue 57). Either
 * alone does no harm, and nobody writes both. */
static qk_err check_keys(const char *name, qk_view text)
{
    bool has_tab = text.len && memchr(text.data, '\t', text.len);

    for (unsigned line = 1; has_tab && text.len;) {
        size_t len = 0;
        while (len < text.len && text.data[len] != '\n' && text.data[len] != '\r')
            len++;
        if (may_open_key(qk_view_slice(text, 0, len)))
            return qk_config_fail(name, line, "an explicit key ('? ...') in a file with tabs; replace these by spaces");
        line += len < text.len && text.data[len] == '\n';
        text = qk_view_slice(text, len + 1, text.len);
    }
    return QK_OK;
}

qk_err qk_config_check(const char *name, qk_view text)
{
    QK_TRY(check_characters(name, text));
    return check_keys(name, text);
}
