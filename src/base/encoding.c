/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encoding.h"

#include <stdio.h>

static const char hex_digits[] = "0123456789abcdef";

void qk_hex_write(qk_view bytes, char *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        *out++ = hex_digits[bytes.data[i] >> 4];
        *out++ = hex_digits[bytes.data[i] & 15];
    }
    *out = 0;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Takes back what a reader had written when it met the mistake. */
static void take_back(qk_buf *out, size_t len)
{
    if (out->len > len)
        explicit_bzero(out->data + len, out->len - len);
    out->len = len;
}

qk_err qk_hex_read(const char *text, qk_buf *out)
{
    size_t len = strlen(text), before = out->len;

    if (len % 2)
        return qk_fail(QK_E_DATA_INVALID, "hexadecimal text of odd length %zu", len);
    for (size_t i = 0; i < len; i += 2) {
        int high = hex_value(text[i]), low = hex_value(text[i + 1]);
        if (high < 0 || low < 0) {
            take_back(out, before);
            return qk_fail(QK_E_DATA_INVALID, "not hexadecimal at character %zu", i + 1);
        }
        qk_buf_put_u8(out, (uint8_t)(high << 4 | low));
    }
    return qk_buf_check(out);
}

static void write_base64(qk_view bytes, const char *alphabet, bool pad, qk_buf *out)
{
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        char text[5] = "====";

        if (n > 1)
            group |= (uint32_t)bytes.data[i + 1] << 8;
        if (n > 2)
            group |= bytes.data[i + 2];
        for (size_t j = 0; j <= n; j++)
            text[j] = alphabet[group >> (18 - 6 * j) & 63];
        qk_buf_put(out, qk_view_of(text, pad ? 4 : n + 1));
    }
}

void qk_base64_write(qk_view bytes, qk_buf *out)
{
    write_base64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true, out);
}

void qk_base64url_write(qk_view bytes, qk_buf *out)
{
    write_base64(bytes, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false, out);
}

static int base64_value(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == '+' || c == '-')
        return 62;
    if (c == '/' || c == '_')
        return 63;
    return -1;
}

qk_err qk_base64_read(qk_view text, qk_buf *out)
{
    uint32_t group = 0;
    unsigned bits = 0;
    size_t len = text.len, before = out->len;

    while (len > 0 && text.data[len - 1] == '=' && text.len - len < 2)
        len--;
    if (len % 4 == 1)
        return qk_fail(QK_E_DATA_INVALID, "base64 text of %zu characters", len);
    for (size_t i = 0; i < len; i++) {
        int value = base64_value(text.data[i]);
        if (value < 0) {
            take_back(out, before);
            return qk_fail(QK_E_DATA_INVALID, "not base64 at character %zu", i + 1);
        }
        group = group << 6 | (uint32_t)value;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            qk_buf_put_u8(out, (uint8_t)(group >> bits));
        }
    }
    return qk_buf_check(out);
}

void qk_uuid_write(const qk_uuid *uuid, char out[QK_UUID_TEXT])
{
    char hex[33];

    qk_hex_write(qk_view_of(uuid->bytes, sizeof uuid->bytes), hex);
    snprintf(out, QK_UUID_TEXT, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16, hex + 20);
}

qk_err qk_uuid_read(const char *text, qk_uuid *out)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    char hex[33];
    size_t digits = 0;

    if (strlen(text) != QK_UUID_TEXT - 1)
        return qk_fail(QK_E_DATA_INVALID, "a UUID has 36 characters, not %zu", strlen(text));
    for (size_t i = 0; i < QK_UUID_TEXT - 1; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash != (text[i] == '-'))
            return qk_fail(QK_E_DATA_INVALID, "not a UUID at character %zu", i + 1);
        if (!dash)
            hex[digits++] = text[i];
    }
    hex[digits] = 0;
    QK_TRY(qk_hex_read(hex, &bytes));
    memcpy(out->bytes, bytes.data, sizeof out->bytes);
    return QK_OK;
}

bool qk_uuid_equal(const qk_uuid *a, const qk_uuid *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

qk_uuid qk_uuid_from_random(const uint8_t random[16])
{
    qk_uuid uuid;

    memcpy(uuid.bytes, random, sizeof uuid.bytes);
    uuid.bytes[6] = (uint8_t)((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = (uint8_t)((uuid.bytes[8] & 0x3f) | 0x80);
    return uuid;
}
