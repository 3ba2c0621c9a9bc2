/* SPDX-License-Identifier: Apache-2.0 */
/* A wrong PIN is never tried twice, also by a daemon that was restarted: each try brings the token closer to locking.
 * A file in the state folder says which state of the PIN's source was wrong (path, inode, size, time of change): never
 * anything of the PIN. When the source has changed, the PIN counts as new. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "seeder/supervisor.h"

enum { MOST_LATCH = 8192 };

static void latch_path(const qk_seeder *seeder, const qk_seed_target *target, char *out, size_t room)
{
    int len = snprintf(out, room, "%s/wrong-pin-", seeder->config.state_folder);

    for (const char *at = target->name; *at; at++)
        len += snprintf(out + len, room - (size_t)len, isalnum((unsigned char)*at) || *at == '-' ? "%c" : "%%%02x",
                        (unsigned char)*at);
}

static void describe_file(const char *path, qk_buf *out)
{
    struct stat about;

    if (stat(path, &about) == 0)
        qk_buf_printf(out, "file %s inode %ju size %jd changed %jd.%09ld\n", path, (uintmax_t)about.st_ino,
                      (intmax_t)about.st_size, (intmax_t)about.st_mtim.tv_sec, about.st_mtim.tv_nsec);
    else
        qk_buf_printf(out, "file %s\n", path);
}

/* Of a command nothing can be seen: it stays latched until the operator says otherwise. */
static void describe_source(const qk_seed_target *target, qk_buf *out)
{
    const qk_seed_target_config *config = &target->config;
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    qk_buf_printf(out, "library %s token %s login %ju\n", config->library, config->wanted,
                  (uintmax_t)config->login_type);
    if (config->pin_file) {
        describe_file(config->pin_file, out);
    } else if (config->pin_credential) {
        snprintf(path, sizeof path, "%s/%s", folder ? folder : "", config->pin_credential);
        describe_file(path, out);
    } else if (config->pin_command) {
        qk_buf_printf(out, "command %s\n", config->pin_command);
    } else {
        describe_file(config->file, out);
    }
}

/* QK_OK, and what the source looks like now. */
static qk_err hash_source(const qk_seed_target *target, uint8_t out[32])
{
    QK_OWNED(qk_buf_done) qk_buf now = QK_BUF_NONE;

    describe_source(target, &now);
    QK_TRY(qk_buf_check(&now));
    return qk_sha256(qk_buf_view(&now), out);
}

bool qk_seed_latch_is_stale(const qk_seed_target *target)
{
    uint8_t now[32];

    return hash_source(target, now) == QK_OK && memcmp(now, target->latched_at, sizeof now) != 0;
}

bool qk_seed_latch_is_set(const qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf kept = QK_BUF_NONE, now = QK_BUF_NONE;
    char path[4352];

    latch_path(seeder, target, path, sizeof path);
    if (qk_file_read(path, MOST_LATCH, &kept) != QK_OK)
        return false;
    describe_source(target, &now);
    if (hash_source(target, target->latched_at) != QK_OK)
        return true;
    return qk_view_equal(qk_buf_view(&kept), qk_buf_view(&now));
}

void qk_seed_latch_set(const qk_seeder *seeder, qk_seed_target *target)
{
    QK_OWNED(qk_buf_done) qk_buf now = QK_BUF_NONE;
    char path[4352];
    qk_err err;

    latch_path(seeder, target, path, sizeof path);
    describe_source(target, &now);
    err = hash_source(target, target->latched_at);
    if (err == QK_OK)
        err = qk_folder_make(seeder->config.state_folder, 0700);
    if (err == QK_OK)
        err = qk_file_write(path, 0600, qk_buf_view(&now));
    if (err != QK_OK)
        qk_log_failure(QK_LOG_ERROR, err,
                       "op=latch target=%s warning=\"a restart would try the wrong PIN again: make state_folder "
                       "writable\"",
                       target->name);
}

void qk_seed_latch_clear(const qk_seeder *seeder, const qk_seed_target *target)
{
    char path[4352];

    latch_path(seeder, target, path, sizeof path);
    unlink(path);
}
