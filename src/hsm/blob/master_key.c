/* SPDX-License-Identifier: Apache-2.0 */
/* Master keys in files: 64 hexadecimal characters and a line end as we write them, or 32 raw bytes. */
#include "base/file.h"
#include "entropy/random.h"
#include "hsm/hsm.h"

enum { HEX_LEN = 2 * QK_MASTER_KEY_LEN, LONGEST = HEX_LEN + 2 /* a line end of either kind */ };

static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* qk_hex_read would leave the key in an ordinary buffer. */
static qk_err from_hex(const char *path, qk_view text, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;

    QK_TRY(qk_secret_new(QK_MASTER_KEY_LEN, &key));
    for (size_t i = 0; i < QK_MASTER_KEY_LEN; i++) {
        int high = digit(text.data[2 * i]), low = digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return qk_fail(QK_E_CONFIG, "%s: not a master key: a character is not hexadecimal", path);
        qk_secret_fill(&key)[i] = (uint8_t)(high << 4 | low);
    }
    qk_secret_give(&key, out);
    return QK_OK;
}

static size_t without_line_end(qk_view text)
{
    while (text.len > HEX_LEN && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
        text.len--;
    return text.len;
}

qk_err qk_master_key_load(const char *path, qk_secret *out_master_key)
{
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;

    QK_TRY(qk_file_read_secret(path, LONGEST, &content));
    if (content.len == QK_MASTER_KEY_LEN) {
        qk_secret_give(&content, out_master_key);
        return QK_OK;
    }
    if (without_line_end(qk_secret_reveal(&content)) != HEX_LEN)
        return qk_fail(QK_E_CONFIG, "%s: not a master key: expected 32 bytes or 64 hexadecimal characters", path);
    return from_hex(path, qk_secret_reveal(&content), out_master_key);
}

qk_err qk_master_key_create(const char *path, qk_secret *out_master_key)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, text = QK_SECRET_NONE;
    char *hex;

    QK_TRY(qk_random_secret(QK_MASTER_KEY_LEN, &key));
    QK_TRY(qk_secret_new(HEX_LEN + 1, &text));
    hex = (char *)qk_secret_fill(&text);
    qk_hex_write(qk_secret_reveal(&key), hex);
    hex[HEX_LEN] = '\n';
    QK_TRY(qk_file_create(path, 0600, qk_secret_reveal(&text)));
    qk_secret_give(&key, out_master_key);
    return QK_OK;
}
