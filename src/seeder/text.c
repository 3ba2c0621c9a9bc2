/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/text.h"

#include <stdio.h>

enum { SHOWN = 320, REPLACEMENT = 0xfffd };

/* The character at `at`, which is not at the end, and its length; a byte that begins none is a replacement. A text ends
 * with a zero byte, so a sequence that is cut short is seen in time. Source: RFC 3629, sections 3 and 4. */
static size_t next_char(const unsigned char *at, uint32_t *out)
{
    static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    size_t len = *at < 0x80 ? 1 : *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : *at >= 0xc2 ? 2 : 0;
    uint32_t value = len <= 1 ? *at : *at & (0x7fU >> len);

    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80)
            len = 0;
        else
            value = value << 6 | (at[i] & 0x3f);
    }
    if (len == 0 || value < least[len] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) {
        *out = REPLACEMENT;
        return 1;
    }
    *out = value;
    return len;
}

/* Also what ends a line for some readers: U+0085, U+2028 and U+2029. */
static bool is_control(uint32_t value)
{
    return value < 0x20 || (value >= 0x7f && value < 0xa0) || value == 0x2028 || value == 0x2029;
}

/* ---- the log ---- */

static char *next_buffer(void)
{
    static _Thread_local char buffers[8][SHOWN];
    static _Thread_local unsigned turn;

    return buffers[turn++ % 8];
}

const char *qk_seed_quoted(const char *text)
{
    char *out = next_buffer();
    const unsigned char *at = (const unsigned char *)text;
    size_t len = 0;

    out[len++] = '"';
    while (*at && len < SHOWN - 8) {
        uint32_t value;
        size_t taken = next_char(at, &value);
        if (value == '"' || value == '\\')
            out[len++] = '\\';
        if (is_control(value) || value == REPLACEMENT) {
            out[len++] = '?';
        } else {
            memcpy(out + len, at, taken);
            len += taken;
        }
        at += taken;
    }
    memcpy(out + len, *at ? "...\"" : "\"", *at ? 5 : 2);
    return out;
}

bool qk_seed_is_word(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return *text != 0;
}

const char *qk_seed_shown(const char *text)
{
    char *out;

    if (!qk_seed_is_word(text) || strpbrk(text, "\"\\=") || strlen(text) >= SHOWN)
        return qk_seed_quoted(text);
    out = next_buffer();
    snprintf(out, SHOWN, "%s", text);
    return out;
}

/* ---- files for programs ---- */

static void put_char(qk_buf *out, const unsigned char *at, size_t len, uint32_t value)
{
    if (value == REPLACEMENT)
        qk_buf_put_text(out, "\xef\xbf\xbd");
    else
        qk_buf_put(out, qk_view_of(at, len));
}

void qk_seed_put_json(qk_buf *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        uint32_t value;
        size_t len = next_char(at, &value);
        if (is_control(value)) {
            qk_buf_printf(out, "\\u%04x", value);
        } else {
            if (value == '"' || value == '\\')
                qk_buf_put_text(out, "\\");
            put_char(out, at, len, value);
        }
        at += len;
    }
}

/* The format escapes three characters and allows any other; those that end lines elsewhere are replaced all the same.
 */
void qk_seed_put_label(qk_buf *out, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        uint32_t value;
        size_t len = next_char(at, &value);
        if (value == '\n') {
            qk_buf_put_text(out, "\\n");
        } else {
            if (value == '"' || value == '\\')
                qk_buf_put_text(out, "\\");
            put_char(out, at, len, is_control(value) ? REPLACEMENT : value);
        }
        at += len;
    }
}
