/* SPDX-License-Identifier: Apache-2.0 */
/* Targets that are no tokens: which keys each kind of sink has, whether they make sense, and the sink's address, by
 * which its worker finds it (sink.h). */
#include <stdio.h>
#include <stdlib.h>

#include "net/http.h"
#include "seeder/config/config_parts.h"

const char *const qk_seed_sink_choices[] = { "token", "kernel", "tpm", "file", "esxi", NULL };

/* ---- keys ---- */

#define OF(sink) (1u << QK_SEED_SINK_##sink)
/* clang-format off */
static const struct key_row {
    const char *key;
    unsigned has, needs; /* kinds of sink; keys that are not here are for all */
} key_rows[] = {
    { "library",             OF(TOKEN),             OF(TOKEN) },
    { "slot",                OF(TOKEN),             0 },
    { "token_label",         OF(TOKEN),             0 },
    { "token_serial",        OF(TOKEN),             0 },
    { "uri",                 OF(TOKEN),             0 },
    { "all_tokens",          OF(TOKEN),             0 },
    { "login",               OF(TOKEN),             0 },
    { "pin_file",            OF(TOKEN),             0 },
    { "pin_credential",      OF(TOKEN),             0 },
    { "pin_command",         OF(TOKEN),             0 },
    { "pin",                 OF(TOKEN),             0 },
    { "split",               OF(TOKEN),             0 },
    { "keep_session",        OF(TOKEN),             0 },
    { "device",              OF(KERNEL) | OF(TPM),  0 },
    { "credit_bits",         OF(KERNEL),            0 },
    { "path",                OF(FILE),              OF(FILE) },
    { "url",                 OF(ESXI),              OF(ESXI) },
    { "host",                OF(ESXI),              OF(ESXI) },
    { "user",                OF(ESXI),              OF(ESXI) },
    { "password_file",       OF(ESXI),              0 },
    { "password_credential", OF(ESXI),              0 },
    { "ca_file",             OF(ESXI),              0 },
};
/* clang-format on */

bool qk_seed_sink_has_key(int sink, const char *key)
{
    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++)
        if (strcmp(key_rows[i].key, key) == 0)
            return (key_rows[i].has & 1u << sink) != 0;
    return true;
}

qk_err qk_seed_sink_check_keys(const qk_seed_target_config *target, const qk_config_node *node,
                               const qk_config_node *defaults)
{
    const char *sink = qk_seed_sink_choices[target->sink];

    for (size_t i = 0; i < sizeof key_rows / sizeof key_rows[0]; i++) {
        const struct key_row *row = &key_rows[i];
        const qk_config_node *value = qk_config_get(node, row->key);
        if (value && !(row->has & 1u << target->sink))
            return qk_fail(QK_E_CONFIG, "%s:%u: target %s: %s is no key of a target with sink: %s", target->file,
                           qk_config_line(value), target->name, row->key, sink);
        if (!value && (row->needs & 1u << target->sink) && !(defaults && qk_config_get(defaults, row->key)))
            return qk_fail(QK_E_CONFIG, "%s:%u: target %s: %s is missing, which sink: %s needs", target->file,
                           qk_config_line(node), target->name, row->key, sink);
    }
    return QK_OK;
}

/* ---- addresses ---- */

/* KIND:PLACE */
static qk_err set_address(qk_seed_target_config *target, const char *place)
{
    if (asprintf(&target->address, "%s:%s", qk_seed_sink_choices[target->sink], place) < 0) {
        target->address = NULL;
        return qk_fail(QK_E_NO_MEMORY, "address of a sink");
    }
    target->library = target->address;
    return QK_OK;
}

static qk_err set_path(qk_seed_target_config *target, const char *path, const char *words)
{
    return *path == '/' ? set_address(target, path) : qk_seed_target_fail(target, words);
}

static qk_err check_kernel(qk_seed_target_config *target)
{
    if (target->credit_bits > 8 * target->size)
        return qk_seed_target_fail(target, "credit_bits are more than size has bits");
    return set_path(target, target->device ? target->device : "/dev/urandom", "device must be an absolute path");
}

static qk_err check_tpm(qk_seed_target_config *target)
{
    return set_path(target, target->device ? target->device : "/dev/tpmrm0", "device must be an absolute path");
}

static qk_err check_file(qk_seed_target_config *target)
{
    return set_path(target, target->path, "path must be an absolute path");
}

/* ---- ESXi ---- */

/* What goes into a request's path, or before the password in a login (RFC 7617: without a colon). */
static bool is_made_of(const char *text, const char *others)
{
    size_t len = 0;

    for (; text[len]; len++)
        if ((text[len] < 'a' || text[len] > 'z') && (text[len] < 'A' || text[len] > 'Z') &&
            (text[len] < '0' || text[len] > '9') && !strchr(others, text[len]))
            return false;
    return len > 0;
}

static qk_err read_vcenter(const qk_seed_target_config *target, qk_url *out)
{
    qk_err err = qk_url_read(target->url, out);

    if (err != QK_OK)
        return qk_fail_context(err, "%s: target %s: url: ", target->file, target->name);
    if (!out->tls && !qk_url_is_loopback(out))
        return qk_seed_target_fail(target, "url must be https, or the password could be read on the way");
    if (strcmp(out->path, "/") != 0 || strchr(target->url, '#'))
        return qk_seed_target_fail(target, "url must be https://host[:port] and nothing more");
    return QK_OK;
}

/* The password takes the place of a PIN: it is read, sent and latched as one. */
static qk_err check_esxi(qk_seed_target_config *target)
{
    QK_OWNED(qk_buf_done) qk_buf place = QK_BUF_NONE;
    qk_url url;

    QK_TRY(read_vcenter(target, &url));
    if (!!target->password_file + !!target->password_credential != 1)
        return qk_seed_target_fail(target, "exactly one of password_file and password_credential is needed");
    if (!is_made_of(target->user, "@.-_\\+ ") || !is_made_of(target->host, ".-_:"))
        return qk_seed_target_fail(target, "user or host has a character that none may have");
    if (snprintf(target->wanted, sizeof target->wanted, "%s", target->host) >= (int)sizeof target->wanted)
        return qk_seed_target_fail(target, "the host's name is too long");
    if (target->ca_file && *target->ca_file != '/')
        return qk_seed_target_fail(target, "ca_file must be an absolute path");
    target->choice = QK_SEED_BY_LABEL;
    target->login_type = CKU_USER;
    target->pin_file = target->password_file;
    target->pin_credential = target->password_credential;
    qk_buf_printf(&place, "%s@%s#%s", target->user, target->url, target->ca_file ? target->ca_file : "");
    return qk_buf_text(&place) ? set_address(target, qk_buf_text(&place)) : qk_fail(QK_E_NO_MEMORY, "address");
}

qk_err qk_seed_sink_check(qk_seed_target_config *target)
{
    static qk_err (*const checks[QK_SEED_SINK_CHOICES])(qk_seed_target_config *) = {
        [QK_SEED_SINK_KERNEL] = check_kernel,
        [QK_SEED_SINK_TPM] = check_tpm,
        [QK_SEED_SINK_FILE] = check_file,
        [QK_SEED_SINK_ESXI] = check_esxi,
    };

    target->login_type = QK_SEED_NO_LOGIN;
    return checks[target->sink](target);
}
