/* SPDX-License-Identifier: Apache-2.0 */
/* PINs for the latch: what their sources look like, and hashes by which a PIN is known again. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "crypto/crypto.h"
#include "entropy/random.h"
#include "seeder/latch.h"

/* 32 MiB and some 70 ms for each guess of somebody who has the note. */
enum { LOG2_N = 15, KEY = 32 };

/* ---- sources ---- */

static void describe_file(const char *path, qk_buf *out)
{
    struct stat about;

    if (stat(path, &about) == 0)
        qk_buf_printf(out, "file %s inode %ju size %jd changed %jd.%09ld\n", path, (uintmax_t)about.st_ino,
                      (intmax_t)about.st_size, (intmax_t)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    else
        qk_buf_printf(out, "file %s\n", path);
}

void qk_seed_source_put(const qk_seed_target_config *config, qk_buf *out)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    if (config->pin_file) {
        describe_file(config->pin_file, out);
    } else if (config->pin_credential) {
        snprintf(path, sizeof path, "%s/%s", folder ? folder : "", config->pin_credential);
        describe_file(path, out);
    } else if (config->pin_command) {
        qk_buf_printf(out, "command %s\n", config->pin_command);
    } else {
        describe_file(config->file ? config->file : "", out);
    }
}

bool qk_seed_source_is_hidden(const qk_seed_target_config *config)
{
    return !config->pin_file && !config->pin_credential;
}

qk_err qk_seed_source_digest(const qk_seed_target_config *config, uint8_t out[QK_SEED_DIGEST])
{
    QK_OWNED(qk_buf_done) qk_buf now = QK_BUF_NONE;

    qk_seed_source_put(config, &now);
    QK_TRY(qk_buf_check(&now));
    return qk_sha256(qk_buf_view(&now), out);
}

/* ---- tries ---- */

static qk_err make_mark(qk_seed_hashes *hashes, qk_seed_try *tried)
{
    if (hashes->key.len == 0) {
        QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE;
        QK_TRY(qk_random_secret(KEY, &key));
        qk_secret_give(&key, &hashes->key);
    }
    return qk_hmac_sha256(qk_secret_reveal(&hashes->key), qk_secret_reveal(&tried->pin), tried->mark);
}

qk_err qk_seed_try_take(qk_seed_hashes *hashes, const qk_seed_target_config *config, qk_secret *pin, qk_seed_try *out)
{
    QK_OWNED(qk_seed_try_done) qk_seed_try fresh = { 0 };

    QK_TRY(qk_seed_source_digest(config, fresh.source));
    qk_secret_give(pin, &fresh.pin);
    QK_TRY(make_mark(hashes, &fresh));
    qk_seed_try_done(out);
    *out = fresh;
    fresh = (qk_seed_try){ 0 };
    return QK_OK;
}

qk_err qk_seed_try_read(qk_seed_hashes *hashes, const qk_seed_target_config *config, qk_seed_try *out)
{
    QK_OWNED(qk_secret_free) qk_secret pin = QK_SECRET_NONE;
    uint8_t source[QK_SEED_DIGEST];

    QK_TRY(qk_seed_source_digest(config, source)); /* first: a change in between shows as one */
    QK_TRY(qk_seed_pin_read(config, &pin));
    QK_TRY(qk_seed_try_take(hashes, config, &pin, out));
    memcpy(out->source, source, sizeof source);
    return QK_OK;
}

void qk_seed_try_done(qk_seed_try *tried)
{
    qk_secret_free(&tried->pin);
    explicit_bzero(tried, sizeof *tried);
}

/* ---- hashes ---- */

qk_err qk_seed_salt_get(qk_seed_hashes *hashes, uint8_t out[QK_SEED_SALT])
{
    if (!hashes->has_salt)
        QK_TRY(qk_random_bytes(hashes->salt, sizeof hashes->salt));
    hashes->has_salt = true;
    memcpy(out, hashes->salt, QK_SEED_SALT);
    return QK_OK;
}

qk_err qk_seed_try_hash(qk_seed_hashes *hashes, const qk_seed_try *tried, const uint8_t salt[QK_SEED_SALT],
                        uint8_t out[QK_SEED_DIGEST])
{
    const size_t room = sizeof hashes->made / sizeof hashes->made[0];

    for (size_t i = 0; i < room; i++)
        if (memcmp(hashes->made[i].salt, salt, QK_SEED_SALT) == 0 &&
            qk_ct_equal(qk_view_of(hashes->made[i].mark, QK_SEED_DIGEST), qk_view_of(tried->mark, QK_SEED_DIGEST))) {
            memcpy(out, hashes->made[i].hash, QK_SEED_DIGEST);
            return QK_OK;
        }
    QK_TRY(qk_scrypt(qk_secret_reveal(&tried->pin), qk_view_of(salt, QK_SEED_SALT), LOG2_N, out, QK_SEED_DIGEST));
    memcpy(hashes->made[hashes->next].salt, salt, QK_SEED_SALT);
    memcpy(hashes->made[hashes->next].mark, tried->mark, QK_SEED_DIGEST);
    memcpy(hashes->made[hashes->next].hash, out, QK_SEED_DIGEST);
    hashes->next = (hashes->next + 1) % (unsigned)room;
    return QK_OK;
}
