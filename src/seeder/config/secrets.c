/* SPDX-License-Identifier: Apache-2.0 */
/* PINs and the token, from wherever they are kept, read anew for each use: a PIN that was corrected counts at once. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "seeder/config/config.h"
#include "seeder/worker/command.h"

enum { MOST_SECRET = 8192 };

static qk_err take_first_line(qk_view text, const char *where, qk_secret *out)
{
    qk_view line = qk_view_first_line(text);

    if (line.len == 0)
        return qk_fail(QK_E_CONFIG, "%s: its first line is empty", where);
    return qk_secret_copy(line, out);
}

typedef qk_err reader(const char *path, size_t max_len, qk_secret *out);

static qk_err read_file(const char *path, reader *read_whole, qk_secret *out)
{
    QK_OWNED(qk_secret_free) qk_secret text = QK_SECRET_NONE;
    struct stat about;

    if (stat(path, &about) == 0 && S_ISFIFO(about.st_mode)) /* to open it would wait for whoever writes to it */
        return qk_fail(QK_E_CONFIG, "%s is a pipe, which is not waited for: use a file, or pin_command", path);
    QK_TRY(read_whole(path, MOST_SECRET, &text));
    return take_first_line(qk_secret_reveal(&text), path, out);
}

/* systemd puts credentials into a folder of the unit's own. */
static qk_err read_credential(const char *name, qk_secret *out)
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");
    char path[4096];

    if (!folder)
        return qk_fail(QK_E_CONFIG,
                       "credential %s: CREDENTIALS_DIRECTORY is not set; start the unit with LoadCredential=", name);
    if (strchr(name, '/') || snprintf(path, sizeof path, "%s/%s", folder, name) >= (int)sizeof path)
        return qk_fail(QK_E_CONFIG, "credential %s is no name of one", name);
    return read_file(path, qk_file_read_credential, out);
}

qk_err qk_seed_pin_read(const qk_seed_target_config *target, qk_secret *out_pin)
{
    if (target->login_type == QK_SEED_NO_LOGIN)
        return qk_secret_new(0, out_pin);
    if (target->pin_file)
        return read_file(target->pin_file, qk_file_read_secret, out_pin);
    if (target->pin_credential)
        return read_credential(target->pin_credential, out_pin);
    if (target->pin_command)
        return qk_seed_command_run(target->pin_command, out_pin);
    return qk_secret_copy(qk_secret_reveal(&target->pin_kept), out_pin);
}

qk_err qk_seed_token_read(const qk_seed_config *config, qk_secret *out_token)
{
    if (config->token_kept.len)
        return qk_secret_copy(qk_secret_reveal(&config->token_kept), out_token);
    if (config->token_credential)
        return read_credential(config->token_credential, out_token);
    if (config->token_file)
        return read_file(config->token_file, qk_file_read_secret, out_token);
    return qk_fail(QK_E_CONFIG, "service.token_file, service.token_credential or service.token is missing");
}
