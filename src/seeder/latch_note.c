/* SPDX-License-Identifier: Apache-2.0 */
/* The note of a wrong PIN, a line each:
 *
 *     quantoki-seed wrong-pin 2
 *     target NAME                     for people, as library, with control characters as '?'
 *     library PATH
 *     code 0xa0 CKR_PIN_INCORRECT
 *     what SHA-256                    of library, token and login, as the configuration names them
 *     token SHA-256                   of the same, as the token names itself; zeros: not known
 *     source SHA-256                  of what the PIN's source looked like
 *     scrypt SALT HASH                of the PIN, N = 2^15; or "scrypt none"
 *     earlier SALT HASH               of one that was refused before; as many lines as there are
 *
 * The first version had two lines, in words: library, token and login; and what the source looked like. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "seeder/latch.h"
#include "seeder/text.h"
#include "seeder/worker/answers.h"

static const char head[] = "quantoki-seed wrong-pin 2\n";

enum { MOST_FILE_NAME = 240, NAME_PART = 150 }; /* with place for the suffix of a temporary file */

/* ---- where it lies ---- */

/* What would be too long for a file system ends with a hash. */
void qk_seed_note_name(const char *kind, const char *target, char out[256])
{
    size_t kind_len = strlen(kind), len = kind_len;
    uint8_t hash[32] = { 0 };

    snprintf(out, 256, "%s", kind);
    for (const char *at = target; *at && len < MOST_FILE_NAME; at++)
        len += (size_t)snprintf(out + len, 256 - len, isalnum((unsigned char)*at) || *at == '-' ? "%c" : "%%%02x",
                                (unsigned char)*at);
    if (len < MOST_FILE_NAME || qk_sha256(qk_view_text(target), hash) != QK_OK)
        return;
    out[NAME_PART] = '-';
    qk_hex_write(qk_view_of(hash, 16), out + NAME_PART + 1);
}

/* ---- what it says ---- */

static qk_err first_what_put(const qk_seed_target_config *config, qk_buf *out)
{
    qk_buf_printf(out, "library %s token %s login %ju\n", config->library, config->wanted,
                  (uintmax_t)config->login_type);
    return qk_buf_check(out);
}

qk_err qk_seed_what_digest(const qk_seed_target_config *config, uint8_t out[QK_SEED_DIGEST])
{
    QK_OWNED(qk_buf_done) qk_buf what = QK_BUF_NONE;

    QK_TRY(first_what_put(config, &what));
    if (config->choice == QK_SEED_BY_SLOT)
        qk_buf_printf(&what, "slot %ju\n", (uintmax_t)config->slot_number);
    QK_TRY(qk_buf_check(&what));
    return qk_sha256(qk_buf_view(&what), out);
}

qk_err qk_seed_token_digest(const qk_seed_target_config *config, const qk_seed_token *token,
                            uint8_t out[QK_SEED_DIGEST])
{
    QK_OWNED(qk_buf_done) qk_buf what = QK_BUF_NONE;

    /* One library may have several paths; a token without a serial number is told by nothing else. */
    qk_buf_put_counted(&what, qk_view_text(token->serial[0] ? "" : config->library));
    qk_buf_put_counted(&what, qk_view_text(token->serial));
    qk_buf_put_counted(&what, qk_view_text(token->label));
    qk_buf_put_u64(&what, config->login_type);
    QK_TRY(qk_buf_check(&what));
    return qk_sha256(qk_buf_view(&what), out);
}

static void put_words(qk_buf *out, const char *key, const char *words)
{
    qk_buf_printf(out, "%s ", key);
    for (const char *at = words; *at; at++)
        qk_buf_put_u8(out, iscntrl((unsigned char)*at) ? '?' : (uint8_t)*at);
    qk_buf_put_text(out, "\n");
}

static void put_hex(qk_buf *out, const char *before, const uint8_t *bytes, size_t len)
{
    char hex[2 * QK_SEED_DIGEST + 1];

    qk_hex_write(qk_view_of(bytes, len), hex);
    qk_buf_printf(out, "%s%s", before, hex);
}

void qk_seed_note_write(const qk_seed_latch *latch, const qk_seed_target_config *config, qk_buf *out)
{
    qk_buf_put_text(out, head);
    put_words(out, "target", config->name ? config->name : "");
    put_words(out, "library", config->library);
    qk_buf_printf(out, "code 0x%lx %s\n", latch->code, qk_seed_code_name(latch->code));
    put_hex(out, "what ", latch->what, sizeof latch->what);
    put_hex(out, "\ntoken ", latch->token, sizeof latch->token);
    put_hex(out, "\nsource ", latch->source, sizeof latch->source);
    if (latch->has_hash) {
        put_hex(out, "\nscrypt ", latch->salt, sizeof latch->salt);
        put_hex(out, " ", latch->hash, sizeof latch->hash);
    } else {
        qk_buf_put_text(out, "\nscrypt none");
    }
    for (size_t i = 0; i < latch->earlier_count; i++) {
        put_hex(out, "\nearlier ", latch->earlier[i].salt, QK_SEED_SALT);
        put_hex(out, " ", latch->earlier[i].hash, QK_SEED_DIGEST);
    }
    qk_buf_put_text(out, "\n");
}

/* ---- and what is read from it ---- */

/* What follows `key` on a line of its own; NULL if there is none. */
static const char *find_line(const char *text, const char *key)
{
    size_t len = strlen(key);

    for (const char *at = text; at && *at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, key, len) == 0)
            return at + len;
    return NULL;
}

/* `len` bytes in hexadecimal, then `end`. NULL if that is not there. */
static const char *read_hex(const char *at, uint8_t *out, size_t len, char end)
{
    QK_OWNED(qk_buf_done) qk_buf bytes = QK_BUF_NONE;
    char hex[2 * QK_SEED_DIGEST + 1];

    if (!at || strlen(at) <= 2 * len || at[2 * len] != end)
        return NULL;
    snprintf(hex, 2 * len + 1, "%s", at);
    if (qk_hex_read(hex, &bytes) != QK_OK || bytes.len != len)
        return NULL;
    memcpy(out, bytes.data, len);
    return at + 2 * len + 1;
}

static qk_err read_second(const char *text, qk_seed_latch *out)
{
    const char *code = find_line(text, "code 0x"), *scrypt = find_line(text, "scrypt ");
    qk_seed_latch latch = { 0 };

    latch.code = code ? strtoul(code, NULL, 16) : CKR_OK;
    latch.has_hash = scrypt && strncmp(scrypt, "none\n", 5) != 0;
    if (latch.code == CKR_OK || !scrypt || !read_hex(find_line(text, "what "), latch.what, QK_SEED_DIGEST, '\n') ||
        !read_hex(find_line(text, "token "), latch.token, QK_SEED_DIGEST, '\n') ||
        !read_hex(find_line(text, "source "), latch.source, QK_SEED_DIGEST, '\n'))
        return qk_fail(QK_E_DATA_INVALID, "a line is missing or broken");
    if (latch.has_hash)
        scrypt = read_hex(read_hex(scrypt, latch.salt, QK_SEED_SALT, ' '), latch.hash, QK_SEED_DIGEST, '\n');
    if (!scrypt)
        return qk_fail(QK_E_DATA_INVALID, "its hash is broken");
    for (const char *at = find_line(scrypt, "earlier "); at; at = find_line(at, "earlier ")) {
        if (latch.earlier_count == QK_SEED_EARLIER)
            return qk_fail(QK_E_DATA_INVALID, "it has too many lines");
        at = read_hex(at, latch.earlier[latch.earlier_count].salt, QK_SEED_SALT, ' ');
        at = read_hex(at, latch.earlier[latch.earlier_count++].hash, QK_SEED_DIGEST, '\n');
        if (!at)
            return qk_fail(QK_E_DATA_INVALID, "an earlier hash is broken");
    }
    *out = latch;
    return QK_OK;
}

/* Which code it was is not known of the first version. */
static qk_err read_first(const char *text, const qk_seed_target_config *config, qk_seed_latch *out)
{
    QK_OWNED(qk_buf_done) qk_buf what = QK_BUF_NONE;
    const char *end = strchr(text, '\n'), *source = end ? end + 1 : "";
    qk_seed_latch latch = { .code = QK_SEED_PIN_REFUSED };

    if (strncmp(text, "library ", 8) != 0 ||
        (strncmp(source, "file ", 5) != 0 && strncmp(source, "command ", 8) != 0) || source[strlen(source) - 1] != '\n')
        return qk_fail(QK_E_DATA_INVALID, "it is no note of a wrong PIN");
    QK_TRY(first_what_put(config, &what));
    if (qk_view_equal(qk_buf_view(&what), qk_view_of(text, (size_t)(source - text))))
        QK_TRY(qk_seed_what_digest(config, latch.what));
    QK_TRY(qk_sha256(qk_view_text(source), latch.source));
    *out = latch;
    return QK_OK;
}

qk_err qk_seed_note_read(qk_view text, const qk_seed_target_config *config, qk_seed_latch *out)
{
    QK_OWNED(qk_buf_done) qk_buf copy = QK_BUF_NONE;
    const char *words;

    qk_buf_put(&copy, text);
    words = qk_buf_text(&copy);
    if (!words)
        return qk_buf_check(&copy);
    if (strlen(words) != text.len)
        return qk_fail(QK_E_DATA_INVALID, "it has a zero byte");
    return strncmp(words, head, sizeof head - 1) == 0 ? read_second(words, out) : read_first(words, config, out);
}
