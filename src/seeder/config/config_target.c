/* SPDX-License-Identifier: Apache-2.0 */
/* One target of a configuration: does it make sense, and which token does it mean? */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "seeder/config/config_parts.h"

enum { MOST_NAME = 100 };

static const struct login_row {
    const char *name;
    uint64_t type;
} login_rows[] = {
    { "user", CKU_USER },         { "so", CKU_SO }, { "context", CKU_CONTEXT_SPECIFIC },
    { "limited", 0x80000001 }, /* CKU_LIMITED_USER of Luna */
    { "none", QK_SEED_NO_LOGIN },
};

qk_err qk_seed_target_fail(const qk_seed_target_config *target, const char *words)
{
    return qk_fail(QK_E_CONFIG, "%s: target %s: %s", target->file, target->name, words);
}

bool qk_seed_number_read(const char *text, uint64_t *out)
{
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    errno = 0;
    *out = strtoull(text, &end, 0);
    return *end == 0 && errno == 0;
}

static qk_err read_login(qk_seed_target_config *target)
{
    for (size_t i = 0; i < sizeof login_rows / sizeof login_rows[0]; i++)
        if (strcmp(target->login, login_rows[i].name) == 0) {
            target->login_type = login_rows[i].type;
            return QK_OK;
        }
    if (qk_seed_number_read(target->login, &target->login_type))
        return QK_OK;
    return qk_seed_target_fail(target, "login must be user, so, context, limited, none or a number");
}

/* The value of an attribute of a PKCS #11 URI, percent-decoded. RFC 7512, section 2.3. */
static bool read_uri(const char *uri, const char *name, char *out, size_t room)
{
    size_t name_len = strlen(name), len = 0;
    const char *at = strncmp(uri, "pkcs11:", 7) == 0 ? uri + 7 : NULL;

    while (at && *at && (strncmp(at, name, name_len) != 0 || at[name_len] != '=')) {
        at = strpbrk(at, ";?");
        at = at && *at == ';' ? at + 1 : NULL;
    }
    if (!at || !*at)
        return false;
    for (at += name_len + 1; *at && *at != ';' && *at != '?'; at++) {
        char digits[3] = "";
        if (*at == '%' && isxdigit((unsigned char)at[1]) && isxdigit((unsigned char)at[2])) {
            memcpy(digits, at + 1, 2);
            out[len++] = (char)strtol(digits, NULL, 16);
            at += 2;
        } else {
            out[len++] = *at;
        }
        if (len == room || *at == '%' || out[len - 1] == 0)
            return false;
    }
    out[len] = 0;
    return true;
}

static qk_err choose(qk_seed_target_config *target, qk_seed_choice choice, const char *wanted)
{
    target->choice = choice;
    if (wanted && strlen(wanted) >= sizeof target->wanted)
        return qk_seed_target_fail(target, "the token's name is too long");
    if (wanted && wanted != target->wanted)
        snprintf(target->wanted, sizeof target->wanted, "%s", wanted);
    return QK_OK;
}

static qk_err choose_by_uri(qk_seed_target_config *target)
{
    char number[24];

    if (read_uri(target->uri, "serial", target->wanted, sizeof target->wanted))
        return choose(target, QK_SEED_BY_SERIAL, NULL);
    if (read_uri(target->uri, "token", target->wanted, sizeof target->wanted))
        return choose(target, QK_SEED_BY_LABEL, NULL);
    if (read_uri(target->uri, "slot-id", number, sizeof number) && qk_seed_number_read(number, &target->slot_number))
        return choose(target, QK_SEED_BY_SLOT, NULL);
    return qk_seed_target_fail(target, "uri must begin with pkcs11: and have serial, token or slot-id");
}

/* It is part of names of files and of names of tokens that are found. */
static qk_err check_name(const qk_seed_target_config *target)
{
    if (strlen(target->name) > MOST_NAME)
        return qk_seed_target_fail(target, "its name is longer than 100 bytes");
    for (const char *at = target->name; *at; at++)
        if ((unsigned char)*at < 0x20 || *at == 0x7f)
            return qk_seed_target_fail(target, "its name has a control character");
    return QK_OK;
}

qk_err qk_seed_target_check(qk_seed_target_config *target)
{
    int named = !!target->slot + !!target->token_label + !!target->token_serial + !!target->uri + target->all_tokens;
    int pins = !!target->pin_file + !!target->pin_credential + !!target->pin_command + !!target->pin;

    QK_TRY(check_name(target));
    target->worker = target->worker ? target->worker : "";
    if (strlen(target->worker) >= QK_SEED_WORKER)
        return qk_seed_target_fail(target, "worker is longer than 32 bytes");
    if (target->sink != QK_SEED_SINK_TOKEN)
        return qk_seed_sink_check(target);
    if (*target->library != '/')
        return qk_seed_target_fail(target, "library must be an absolute path");
    if (named != 1)
        return qk_seed_target_fail(
            target, "exactly one of slot, token_label, token_serial, uri and all_tokens says which token");
    QK_TRY(read_login(target));
    if ((target->login_type == QK_SEED_NO_LOGIN) != (pins == 0) || pins > 1)
        return qk_seed_target_fail(
            target, "exactly one of pin_file, pin_credential, pin_command and pin is needed (none without login)");
    if (target->pin && !*target->pin)
        return qk_seed_target_fail(target, "the PIN is empty");
    if (target->slot && !qk_seed_number_read(target->slot, &target->slot_number))
        return qk_seed_target_fail(target, "slot must be a number");
    if (target->uri)
        return choose_by_uri(target);
    return choose(target,
                  target->all_tokens     ? QK_SEED_ALL
                  : target->token_label  ? QK_SEED_BY_LABEL
                  : target->token_serial ? QK_SEED_BY_SERIAL
                                         : QK_SEED_BY_SLOT,
                  target->token_label ? target->token_label : target->token_serial);
}

/* A file with a secret in it must be its owner's alone. */
qk_err qk_seed_mode_check(const char *path, const char *key)
{
    struct stat about;

    if (stat(path, &about) != 0 || (about.st_mode & 077) == 0)
        return QK_OK;
    return qk_fail(QK_E_CONFIG, "%s: holds %s and may be read by others: chmod 600 %s, or use a file of its own", path,
                   key, path);
}
