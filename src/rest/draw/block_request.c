/* SPDX-License-Identifier: Apache-2.0 */
/* Two ways to the same result. Nearly every request is an object of one to three known members with plain values: a
 * scan without memory of its own reads those (a tenth of a microsecond instead of a whole one). Whatever looks
 * different in any way, right or wrong, goes to the JSON library. Among members of one name the last counts. */
#include "rest/draw/block_request.h"

#include <jansson.h>

/* ---- any JSON ---- */

/* The library bounds its recursion, but not at eight. */
static bool is_too_deep(qk_view body)
{
    unsigned depth = 0;
    bool text = false;

    for (size_t i = 0; i < body.len; i++) {
        uint8_t c = body.data[i];
        if (text) {
            if (c == '\\')
                i++;
            else if (c == '"')
                text = false;
        } else if (c == '"') {
            text = true;
        } else if (c == '{' || c == '[') {
            if (++depth > QK_BLOCK_DEPTH)
                return true;
        } else if ((c == '}' || c == ']') && depth) {
            depth--;
        }
    }
    return false;
}

static qk_err read_integer(const json_t *value, const char *name, size_t most, size_t *out)
{
    if (!json_is_integer(value))
        return qk_fail(QK_E_BAD_ARGUMENT, "%s must be an integer", name);
    if (json_integer_value(value) < 1 || json_integer_value(value) > (json_int_t)most)
        return qk_fail(QK_E_BAD_ARGUMENT, "%s must be from 1 to %zu", name, most);
    *out = (size_t)json_integer_value(value);
    return QK_OK;
}

static bool read_wanted(qk_view name, qk_wanted *out)
{
    if (qk_view_equal(name, QK_VIEW_LITERAL("quantum")))
        *out = QK_WANTED_QUANTUM;
    else if (qk_view_equal(name, QK_VIEW_LITERAL("mixed")))
        *out = QK_WANTED_MIXED;
    else
        return false;
    return true;
}

static qk_err read_members(const json_t *root, qk_block_request *out)
{
    const json_t *type = json_object_get(root, "entropy_type");
    const json_t *count = json_object_get(root, "block_count");
    qk_block_request request = { .count = 1 };

    if (!json_is_object(root))
        return qk_fail(QK_E_BAD_ARGUMENT, "the body must be a JSON object");
    if (!json_object_get(root, "block_size"))
        return qk_fail(QK_E_BAD_ARGUMENT, "block_size is missing");
    QK_TRY(read_integer(json_object_get(root, "block_size"), "block_size", QK_BLOCK_MOST, &request.block_len));
    if (count)
        QK_TRY(read_integer(count, "block_count", QK_BLOCKS_MOST, &request.count));
    if (type && (!json_is_string(type) ||
                 !read_wanted(qk_view_of(json_string_value(type), json_string_length(type)), &request.wanted)))
        return qk_fail(QK_E_BAD_ARGUMENT, "entropy_type must be quantum or mixed");
    *out = request;
    return QK_OK;
}

qk_err qk_block_request_read_any(qk_view body, qk_block_request *out)
{
    json_error_t error;
    json_t *root;
    qk_err err;

    if (is_too_deep(body))
        return qk_fail(QK_E_BAD_ARGUMENT, "the body is nested deeper than %d", QK_BLOCK_DEPTH);
    root = json_loadb((const char *)body.data, body.len, JSON_ALLOW_NUL, &error);
    if (!root)
        return qk_fail(QK_E_BAD_ARGUMENT, "the body is not JSON (line %d, column %d)", error.line, error.column);
    err = read_members(root, out);
    json_decref(root);
    return err;
}

/* ---- what clients send ---- */

typedef struct scan {
    const uint8_t *at, *end;
} scan;

static void skip_space(scan *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\n' || *in->at == '\r' || *in->at == '\t'))
        in->at++;
}

static bool skip(scan *in, uint8_t character)
{
    skip_space(in);
    if (in->at == in->end || *in->at != character)
        return false;
    in->at++;
    return true;
}

/* Lower-case letters and '_' alone. */
static bool scan_word(scan *in, qk_view *out)
{
    const uint8_t *start;

    if (!skip(in, '"'))
        return false;
    start = in->at;
    while (in->at < in->end && ((*in->at >= 'a' && *in->at <= 'z') || *in->at == '_'))
        in->at++;
    *out = qk_view_of(start, (size_t)(in->at - start));
    return in->at < in->end && *in->at++ == '"';
}

/* One to four digits, the first not zero, in range. */
static bool scan_number(scan *in, size_t most, size_t *out)
{
    const uint8_t *start;
    size_t value = 0;

    skip_space(in);
    start = in->at;
    while (in->at < in->end && *in->at >= '0' && *in->at <= '9' && in->at - start < 4)
        value = value * 10 + (size_t)(*in->at++ - '0');
    if (in->at == start || *start == '0' || value > most)
        return false;
    *out = value;
    return true;
}

static bool scan_member(scan *in, qk_block_request *request)
{
    qk_view name, type;

    if (!scan_word(in, &name) || !skip(in, ':'))
        return false;
    if (qk_view_equal(name, QK_VIEW_LITERAL("block_size")))
        return scan_number(in, QK_BLOCK_MOST, &request->block_len);
    if (qk_view_equal(name, QK_VIEW_LITERAL("block_count")))
        return scan_number(in, QK_BLOCKS_MOST, &request->count);
    return qk_view_equal(name, QK_VIEW_LITERAL("entropy_type")) && scan_word(in, &type) &&
           read_wanted(type, &request->wanted);
}

static bool scan_request(qk_view body, qk_block_request *out)
{
    scan in = { body.data, body.data + body.len };
    qk_block_request request = { .count = 1 };

    if (!body.len || !skip(&in, '{'))
        return false;
    do
        if (!scan_member(&in, &request))
            return false;
    while (skip(&in, ','));
    if (!skip(&in, '}'))
        return false;
    skip_space(&in);
    if (in.at != in.end || !request.block_len)
        return false;
    *out = request;
    return true;
}

qk_err qk_block_request_read(qk_view body, qk_block_request *out)
{
    return scan_request(body, out) ? QK_OK : qk_block_request_read_any(body, out);
}
