/* SPDX-License-Identifier: Apache-2.0 */
#include "rest/text/parameters.h"

#include <stdio.h>
#include <strings.h>

enum { MOST_DIGITS = 9 };

/* *out_value is empty (NULL) if the parameter is absent. */
static bool find(qk_rest_call *call, const char *name, qk_view *out_value)
{
    unsigned count = 0;

    *out_value = QK_VIEW_NONE;
    if (!call->exchange->has_query)
        return true;
    if (qk_http_query(call->exchange, name, out_value, &count) != QK_OK) {
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "%s: broken escape in the query", name);
        return false;
    }
    if (count > 1) {
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "%s is given %u times", name, count);
        return false;
    }
    if (!count)
        *out_value = QK_VIEW_NONE;
    else if (!out_value->data)
        *out_value = QK_VIEW_LITERAL("");
    return true;
}

static bool read_digits(qk_view text, uint64_t *out_value)
{
    uint64_t value = 0;

    if (text.len == 0 || text.len > MOST_DIGITS)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text.data[i] - '0');
    }
    *out_value = value;
    return true;
}

bool qk_parameter_uint(qk_rest_call *call, const char *name, uint64_t least, uint64_t most, uint64_t fallback,
                       uint64_t *out_value)
{
    uint64_t value = fallback;
    qk_view text;

    if (!find(call, name, &text))
        return false;
    if (text.data && (!read_digits(text, &value) || value < least || value > most)) {
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "%s must be an integer from %llu to %llu", name,
                       (unsigned long long)least, (unsigned long long)most);
        return false;
    }
    *out_value = value;
    return true;
}

bool qk_parameter_bool(qk_rest_call *call, const char *name, bool fallback, bool *out_value)
{
    qk_view text;

    if (!find(call, name, &text))
        return false;
    if (!text.data)
        *out_value = fallback;
    else if (qk_view_equal(text, QK_VIEW_LITERAL("true")))
        *out_value = true;
    else if (qk_view_equal(text, QK_VIEW_LITERAL("false")))
        *out_value = false;
    else
        qk_rest_refuse(call, QK_REFUSE_PARAMETER, "%s must be true or false", name);
    return !call->status;
}

bool qk_parameter_given(qk_rest_call *call, const char *name)
{
    unsigned count = 0;
    qk_view text;

    return call->exchange->has_query && qk_http_query(call->exchange, name, &text, &count) == QK_OK && count > 0;
}

/* ";q=0" and the like say that an item is not wanted. Source: RFC 9110, section 12.4.2. */
static bool is_refused(qk_view parameters)
{
    char text[32];
    const char *weight;

    snprintf(text, sizeof text, "%.*s", (int)parameters.len, (const char *)parameters.data);
    weight = strcasestr(text, "q=");
    return weight && weight[2] == '0' && strspn(weight + 2, "0.") == strcspn(weight + 2, " \t;");
}

static bool is_item(qk_view text, const char *item)
{
    size_t len = strlen(item);

    while (text.len && (text.data[0] == ' ' || text.data[0] == '\t'))
        text = qk_view_slice(text, 1, text.len);
    if (text.len < len || strncasecmp((const char *)text.data, item, len) != 0)
        return false;
    if (text.len == len)
        return true;
    if (text.data[len] != ';' && text.data[len] != ' ' && text.data[len] != '\t')
        return false;
    return !is_refused(qk_view_slice(text, len, text.len));
}

bool qk_header_lists(const qk_http_exchange *exchange, const char *name, const char *item)
{
    qk_view value;

    if (!qk_http_header(exchange, name, &value))
        return false;
    while (value.len) {
        const uint8_t *comma = memchr(value.data, ',', value.len);
        size_t len = comma ? (size_t)(comma - value.data) : value.len;
        if (is_item(qk_view_slice(value, 0, len), item))
            return true;
        value = qk_view_slice(value, comma ? len + 1 : len, value.len);
    }
    return false;
}

bool qk_accepts_bytes(const qk_http_exchange *exchange)
{
    return qk_header_lists(exchange, "Accept", "application/octet-stream") &&
           !qk_header_lists(exchange, "Accept", "application/json");
}
