/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters after '?', in the encoding of forms: name=value&name=value, '+' for a space, %XX. */
#include "http/server.h"

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* The next character, or -1 for a broken escape. */
static int decode_one(qk_view *rest)
{
    uint8_t c = rest->data[0];
    size_t used = 1;
    int value = c == '+' ? ' ' : c;

    if (c == '%') {
        int high = rest->len >= 3 ? hex_digit(rest->data[1]) : -1, low = rest->len >= 3 ? hex_digit(rest->data[2]) : -1;
        if (high < 0 || low < 0)
            return -1;
        value = high << 4 | low;
        used = 3;
    }
    *rest = qk_view_of(rest->data + used, rest->len - used);
    return value;
}

static bool is_name(qk_view text, const char *name)
{
    while (text.len > 0 && *name)
        if (decode_one(&text) != (uint8_t)*name++)
            return false;
    return text.len == 0 && !*name;
}

static qk_err decode(qk_arena *arena, qk_view text, const char *name, qk_view *out)
{
    size_t len = 0;
    uint8_t *place;

    if (text.len == 0 || (!memchr(text.data, '%', text.len) && !memchr(text.data, '+', text.len))) {
        *out = text;
        return QK_OK;
    }
    QK_TRY(qk_arena_bytes(arena, text.len, &place));
    while (text.len > 0) {
        int c = decode_one(&text);
        if (c < 0)
            return qk_fail(QK_E_BAD_ARGUMENT, "parameter %s has a broken escape", name);
        place[len++] = (uint8_t)c;
    }
    *out = qk_view_of(place, len);
    return QK_OK;
}

qk_err qk_http_form(qk_arena *arena, qk_view form, const char *name, qk_view *out_value, unsigned *out_count)
{
    qk_view first = QK_VIEW_NONE;
    unsigned count = 0;

    for (size_t at = 0, len; at < form.len; at += len + 1) {
        const uint8_t *start = form.data + at, *stop = memchr(start, '&', form.len - at), *equals;
        len = stop ? (size_t)(stop - start) : form.len - at;
        equals = memchr(start, '=', len);
        if (len > 0 && is_name(qk_view_of(start, equals ? (size_t)(equals - start) : len), name) && count++ == 0 &&
            equals)
            first = qk_view_of(equals + 1, len - (size_t)(equals - start) - 1);
    }
    QK_TRY(decode(arena, first, name, out_value));
    *out_count = count;
    return QK_OK;
}

qk_err qk_http_query(qk_http_exchange *exchange, const char *name, qk_view *out_value, unsigned *out_count)
{
    return qk_http_form(&exchange->arena, exchange->query, name, out_value, out_count);
}
