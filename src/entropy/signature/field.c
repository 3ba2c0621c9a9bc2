/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/signature/field.h"

#include "base/encoding.h"

enum { MOST_DIGITS = 15 };

static bool is_one_of(uint8_t character, const char *set)
{
    return character && strchr(set, character);
}

/* The longest start of what is left that is made of these characters. */
static qk_view take_all(qk_field *field, const char *set)
{
    size_t len = 0;
    qk_view taken;

    while (len < field->rest.len && is_one_of(field->rest.data[len], set))
        len++;
    taken = qk_view_slice(field->rest, 0, len);
    field->rest = qk_view_slice(field->rest, len, field->rest.len - len);
    return taken;
}

qk_field qk_field_of(qk_view text)
{
    qk_field field = { text, false };

    qk_field_spaces(&field);
    while (field.rest.len > 0 && field.rest.data[field.rest.len - 1] == ' ')
        field.rest.len--;
    return field;
}

bool qk_field_take(qk_field *field, char character)
{
    if (field->failed || field->rest.len == 0 || field->rest.data[0] != (uint8_t)character)
        return false;
    field->rest = qk_view_slice(field->rest, 1, field->rest.len - 1);
    return true;
}

void qk_field_expect(qk_field *field, char character)
{
    if (!qk_field_take(field, character))
        field->failed = true;
}

bool qk_field_spaces(qk_field *field)
{
    return take_all(field, " ").len > 0;
}

qk_view qk_field_key(qk_field *field)
{
    qk_view key = take_all(field, "abcdefghijklmnopqrstuvwxyz0123456789_-.*");

    if (key.len == 0 || is_one_of(key.data[0], "0123456789_-."))
        field->failed = true;
    return key;
}

qk_view qk_field_string(qk_field *field)
{
    size_t len = 0;
    qk_view text;

    qk_field_expect(field, '"');
    for (; len < field->rest.len && field->rest.data[len] != '"'; len++) {
        if (field->rest.data[len] < 0x20 || field->rest.data[len] > 0x7e)
            field->failed = true;
        if (field->rest.data[len] == '\\' && (++len >= field->rest.len || !is_one_of(field->rest.data[len], "\"\\")))
            field->failed = true;
    }
    if (field->failed || len >= field->rest.len) {
        field->failed = true;
        return QK_VIEW_NONE;
    }
    text = qk_view_slice(field->rest, 0, len);
    field->rest = qk_view_slice(field->rest, len + 1, field->rest.len - len - 1);
    return text;
}

int64_t qk_field_integer(qk_field *field)
{
    qk_view digits = take_all(field, "0123456789");
    int64_t value = 0;

    if (digits.len == 0 || digits.len > MOST_DIGITS) {
        field->failed = true;
        return 0;
    }
    for (size_t i = 0; i < digits.len; i++)
        value = value * 10 + (digits.data[i] - '0');
    return value;
}

/* The padding may be missing, as section 4.2.7 advises. */
void qk_field_bytes(qk_field *field, qk_buf *out)
{
    qk_view text;

    qk_field_expect(field, ':');
    text = take_all(field, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");
    qk_field_expect(field, ':');
    if (!field->failed && qk_base64_read(text, out) != QK_OK)
        field->failed = true;
}

bool qk_field_more(qk_field *field)
{
    if (field->failed || field->rest.len == 0)
        return false;
    take_all(field, " \t");
    qk_field_expect(field, ',');
    take_all(field, " \t");
    return !field->failed;
}
