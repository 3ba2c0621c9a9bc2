/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/text/json.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Bytes from 0x80 stand as they are: all our texts are UTF-8. Source: RFC 8259, section 7. */
static void put_text(qk_buf *out, const char *text)
{
    qk_buf_put_u8(out, '"');
    for (const char *from = text; *from;) {
        size_t plain = 0;
        while (from[plain] && (uint8_t)from[plain] >= 0x20 && from[plain] != '"' && from[plain] != '\\')
            plain++;
        qk_buf_put(out, qk_view_of(from, plain));
        from += plain;
        if (!*from)
            break;
        if (*from == '"' || *from == '\\')
            qk_buf_printf(out, "\\%c", *from);
        else
            qk_buf_printf(out, "\\u%04x", (unsigned)(uint8_t)*from);
        from++;
    }
    qk_buf_put_u8(out, '"');
}

static void put_key(qk_json *json, const char *key)
{
    if (json->comma)
        qk_buf_put_u8(json->out, ',');
    json->comma = true;
    if (!key)
        return;
    put_text(json->out, key);
    qk_buf_put_u8(json->out, ':');
}

void qk_json_open(qk_json *json, const char *key, char bracket)
{
    put_key(json, key);
    qk_buf_put_u8(json->out, (uint8_t)bracket);
    json->comma = false;
}

void qk_json_close(qk_json *json, char bracket)
{
    qk_buf_put_u8(json->out, (uint8_t)bracket);
    json->comma = true;
}

void qk_json_text(qk_json *json, const char *key, const char *value)
{
    put_key(json, key);
    put_text(json->out, value);
}

void qk_json_raw(qk_json *json, const char *key, qk_view value)
{
    put_key(json, key);
    qk_buf_put(json->out, value);
}

void qk_json_bool(qk_json *json, const char *key, bool value)
{
    qk_json_raw(json, key, qk_view_text(value ? "true" : "false"));
}

void qk_json_uint(qk_json *json, const char *key, uint64_t value)
{
    put_key(json, key);
    qk_buf_printf(json->out, "%" PRIu64, value);
}

void qk_json_int(qk_json *json, const char *key, int64_t value)
{
    put_key(json, key);
    qk_buf_printf(json->out, "%" PRId64, value);
}

void qk_json_real(qk_json *json, const char *key, double value)
{
    char text[40];

    if (!isfinite(value)) {
        qk_json_null(json, key);
        return;
    }
    snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value)
        snprintf(text, sizeof text, "%.17g", value);
    put_key(json, key);
    qk_buf_put_text(json->out, text);
    if (!strpbrk(text, ".e"))
        qk_buf_put_text(json->out, ".0");
}

void qk_json_null(qk_json *json, const char *key)
{
    qk_json_raw(json, key, QK_VIEW_LITERAL("null"));
}

void qk_json_time(qk_json *json, const char *key, int64_t unix_s)
{
    char text[40] = "";
    time_t at = (time_t)unix_s;
    struct tm parts;

    if (gmtime_r(&at, &parts))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    qk_json_text(json, key, text);
}
