/* SPDX-License-Identifier: Apache-2.0 */
/* JSON as in RFC 8259, read once from front to end. Strings stay as they are in the body; who needs one undoes its
 * escapes on the way. */
#include "entropy/service/service_answer.h"

#include <stdio.h>

enum { MAX_DEPTH = 16, NOTHING = -1 };

static qk_err fail(const char *what)
{
    return qk_fail(QK_E_PROTOCOL, "the entropy service's answer cannot be used: %s", what);
}

/* ---- tokens ---- */

typedef struct cursor {
    const uint8_t *at, *end;
} cursor;

static int peek(cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
        c->at++;
    return c->at < c->end ? *c->at : NOTHING;
}

static bool take(cursor *c, char wanted)
{
    if (peek(c) != wanted)
        return false;
    c->at++;
    return true;
}

static qk_err expect(cursor *c, char wanted)
{
    return take(c, wanted) ? QK_OK : fail("it is not the JSON that was expected");
}

/* What stands between the quotes, with its escapes. */
static qk_err read_string(cursor *c, qk_view *out)
{
    const uint8_t *start;

    QK_TRY(expect(c, '"'));
    for (start = c->at; c->at < c->end; c->at++) {
        if (*c->at == '"') {
            *out = qk_view_of(start, (size_t)(c->at - start));
            c->at++;
            return QK_OK;
        }
        if (*c->at < 0x20)
            break;
        if (*c->at == '\\' && ++c->at == c->end)
            break;
    }
    return fail("a text in it does not end");
}

/* A number, true, false, null: letters, digits and signs. */
static qk_err read_word(cursor *c, qk_view *out)
{
    const uint8_t *start;

    (void)peek(c);
    for (start = c->at; c->at < c->end && *c->at && strchr("+-.0123456789Eaeflnrstu", *c->at); c->at++)
        ;
    *out = qk_view_of(start, (size_t)(c->at - start));
    return out->len ? QK_OK : fail("it is not JSON");
}

static qk_err skip_value(cursor *c, unsigned depth);

static qk_err skip_members(cursor *c, unsigned depth, bool object)
{
    const char end = object ? '}' : ']';
    qk_view name;

    c->at++; /* the bracket */
    if (take(c, end))
        return QK_OK;
    do {
        if (object) {
            QK_TRY(read_string(c, &name));
            QK_TRY(expect(c, ':'));
        }
        QK_TRY(skip_value(c, depth + 1));
    } while (take(c, ','));
    return expect(c, end);
}

static qk_err skip_value(cursor *c, unsigned depth)
{
    qk_view skipped;
    int next = peek(c);

    if (depth > MAX_DEPTH)
        return fail("it is nested too deeply");
    if (next == '{' || next == '[')
        return skip_members(c, depth, next == '{');
    return next == '"' ? read_string(c, &skipped) : read_word(c, &skipped);
}

/* ---- base64 ---- */

/* The character at the front, its escape undone: encoders may write '/' as \/ and '+' as \u002B. */
static int next_character(qk_view *text)
{
    unsigned code = 0;

    if (text->data[0] != '\\') {
        int plain = text->data[0];
        *text = qk_view_slice(*text, 1, text->len);
        return plain;
    }
    if (text->len >= 2 && text->data[1] == '/') {
        *text = qk_view_slice(*text, 2, text->len);
        return '/';
    }
    if (text->len < 6 || text->data[1] != 'u')
        return NOTHING;
    for (size_t i = 2; i < 6; i++) {
        unsigned digit = text->data[i] | 0x20u; /* lower case; digits have the bit already */
        digit = digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : digit >= '0' && digit <= '9' ? digit - '0' : 0x1000;
        code = code << 4 | digit;
    }
    *text = qk_view_slice(*text, 6, text->len);
    return code < 0x80 ? (int)code : NOTHING;
}

/* All ones if low <= c <= high, without a branch. */
static unsigned within(unsigned c, unsigned low, unsigned high)
{
    return 0u - (((low - 1 - c) & (c - high - 1)) >> 31);
}

/* 1 to 64; 0 if it is not of the alphabet. Entropy steers no index and no branch. Source: RFC 4648, section 4. */
static unsigned value_of(unsigned c)
{
    return (within(c, 'A', 'Z') & (c - 'A' + 1)) | (within(c, 'a', 'z') & (c - 'a' + 27)) |
           (within(c, '0', '9') & (c - '0' + 53)) | (within(c, '+', '+') & 63) | (within(c, '/', '/') & 64);
}

/* Whole groups of four with padding, as the standard alphabet has it; `out` has room for `len` bytes and gets exactly
 * so many. Unused bits must be zero, so a block has one text only. */
static qk_err read_base64(qk_view text, uint8_t *out, size_t len)
{
    size_t done = 0, groups = (len + 2) / 3;
    unsigned bad = 0;

    for (size_t group = 0; group < groups; group++) {
        size_t bytes = len - done < 3 ? len - done : 3;
        unsigned bits = 0;
        for (size_t i = 0; i < 4; i++) {
            int c = text.len ? next_character(&text) : NOTHING;
            bool padding = i > bytes;
            if (c == NOTHING || padding != (c == '='))
                return fail("a block of it has the wrong length");
            unsigned value = padding ? 1 : value_of((unsigned)c);
            bad |= value - 1;
            bits = bits << 6 | ((value - 1) & 63);
        }
        bad |= (bits & ((1u << (8 * (3 - bytes))) - 1)) << 8;
        for (size_t i = 0; i < bytes; i++)
            out[done++] = (uint8_t)(bits >> (16 - 8 * i));
        explicit_bzero(&bits, sizeof bits);
    }
    if (text.len)
        return fail("a block of it has the wrong length");
    return bad >> 6 ? fail("a block of it is not base64") : QK_OK;
}

/* ---- blocks ---- */

typedef struct place {
    uint8_t *at;
    size_t left;
} place;

/* The string under the cursor goes to the place, or as much of it as there is room for. */
static qk_err read_block(cursor *c, size_t block_len, place *to)
{
    uint8_t block[QK_SERVICE_MAX_BLOCK];
    size_t len = to->left < block_len ? to->left : block_len;
    qk_view text;
    qk_err err;

    QK_TRY(read_string(c, &text));
    err = read_base64(text, block, block_len);
    if (err == QK_OK && len)
        memcpy(to->at, block, len);
    explicit_bzero(block, block_len);
    to->at += len;
    to->left -= len;
    return err;
}

static qk_err read_blocks(cursor *c, const qk_service_blocks *wanted, uint8_t *out, size_t len)
{
    place to = { out, len };

    QK_TRY(expect(c, '['));
    for (size_t i = 0; i < wanted->count; i++) {
        if (i > 0 && !take(c, ','))
            return fail("it has fewer blocks than were asked for");
        QK_TRY(read_block(c, wanted->block_len, &to));
    }
    if (take(c, ']'))
        return QK_OK;
    return fail("it has more blocks than were asked for");
}

static qk_err read_count(cursor *c, size_t count)
{
    char expected[24];
    qk_view word;

    QK_TRY(read_word(c, &word));
    snprintf(expected, sizeof expected, "%zu", count);
    return qk_view_equal(word, qk_view_text(expected)) ? QK_OK : fail("it says another number of blocks");
}

static qk_err read_members(cursor *c, const qk_service_blocks *wanted, uint8_t *out, size_t len, bool *out_found)
{
    qk_view name;

    QK_TRY(expect(c, '{'));
    if (take(c, '}'))
        return QK_OK;
    do {
        QK_TRY(read_string(c, &name));
        QK_TRY(expect(c, ':'));
        if (qk_view_equal(name, qk_view_text(wanted->member))) {
            if (*out_found)
                return fail("it holds its blocks twice");
            *out_found = true;
            QK_TRY(read_blocks(c, wanted, out, len));
        } else if (wanted->number && qk_view_equal(name, qk_view_text(wanted->number)))
            QK_TRY(read_count(c, wanted->count));
        else
            QK_TRY(skip_value(c, 1));
    } while (take(c, ','));
    return expect(c, '}');
}

static qk_err read_answer(qk_view json, const qk_service_blocks *wanted, uint8_t *out, size_t len)
{
    cursor c = { json.data, json.data + json.len };
    bool found = false;

    if (wanted->block_len == 0 || wanted->block_len > QK_SERVICE_MAX_BLOCK || len > wanted->count * wanted->block_len)
        return qk_fail(QK_E_BAD_LENGTH, "%zu bytes of %zu blocks of %zu", len, wanted->count, wanted->block_len);
    QK_TRY(read_members(&c, wanted, out, len, &found));
    if (peek(&c) != NOTHING)
        return fail("something follows it");
    return found ? QK_OK : fail("it holds no blocks");
}

qk_err qk_service_answer_read(qk_view json, const qk_service_blocks *wanted, uint8_t *out, size_t len)
{
    qk_err err = json.len ? read_answer(json, wanted, out, len) : fail("it is empty");

    if (err != QK_OK && len)
        explicit_bzero(out, len);
    return err;
}

/* ---- errors of the service ---- */

/* Moves to the value of a member of the object under the cursor. */
static bool enter(cursor *c, const char *member)
{
    qk_view name;

    if (!take(c, '{') || take(c, '}'))
        return false;
    do {
        if (read_string(c, &name) != QK_OK || !take(c, ':'))
            return false;
        if (qk_view_equal(name, qk_view_text(member)))
            return true;
    } while (skip_value(c, 1) == QK_OK && take(c, ','));
    return false;
}

void qk_service_answer_message(qk_view json, char *out, size_t room)
{
    cursor c = { json.data, json.data + json.len };
    qk_view text = QK_VIEW_NONE;
    size_t len = 0;

    if (json.len && enter(&c, "error") && enter(&c, "message") && read_string(&c, &text) != QK_OK)
        text = QK_VIEW_NONE;
    for (size_t i = 0; i < text.len && len + 1 < room; i++)
        if (text.data[i] >= ' ' && text.data[i] < 0x7f && text.data[i] != '\\')
            out[len++] = (char)text.data[i];
    out[len] = 0;
}
