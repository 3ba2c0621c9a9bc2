/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/settings.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"

enum { MAX_TOKEN_FILE = 16 * 1024 };

static const char system_file[] = "/etc/quantoki/entropy-wrapper.yaml";

/* The reference knows one service alone, without a setting for it. It is asked if nothing but the reference's
 * environment is there: a token that was meant for another service never goes there. */
static const char reference_url[] = "https://api-eus.qrypt.com";

static const char *const api_choices[] = { "auto", "entropy", "quantum-entropy", NULL };
static const char *const verify_choices[] = { "tls", "signature", NULL }; /* qk_wrapper_verify */
static const char *const mix_choices[] = { "kernel", "base", "none", NULL };
static const char *const seed_choices[] = { "refuse", "forward", "mix", NULL };
static const char *const check_choices[] = { "track", "info", "probe", NULL };
static const char *const fallback_choices[] = { "none", "base", NULL };
static const char *const level_choices[] = { "panic", "fatal", "error", "warning", "info", "debug", "trace", NULL };

#define AT(member) offsetof(qk_wrapper_settings, member)

/* clang-format off */
const qk_config_row qk_wrapper_rows[] = {
    { .key = "base", .type = QK_CONFIG_TEXT, .offset = AT(base),
      .help = "The base library: absolute path of the PKCS #11 library that does everything but C_GenerateRandom." },
    { .key = "url", .type = QK_CONFIG_LIST, .offset = AT(urls),
      .help = "Entropy services (https://host[:port]); the next one is asked when one fails." },
    { .key = "api", .type = QK_CONFIG_CHOICE, .offset = AT(api), .fallback = "auto", .choices = api_choices,
      .help = "entropy (POST /api/v1/entropy), quantum-entropy (GET /api/v1/quantum-entropy), or auto: POST, and GET "
              "where there is no POST." },
    { .key = "token", .type = QK_CONFIG_TEXT, .offset = AT(token), .help = "The service's token. Better: token_file." },
    { .key = "token_file", .type = QK_CONFIG_TEXT, .offset = AT(token_file),
      .help = "File with the token on its first line; readable for its owner alone. Read again after a 401." },
    { .key = "ca_file", .type = QK_CONFIG_TEXT, .offset = AT(ca_file),
      .help = "PEM file of authorities for the service's certificate; the system's if empty." },
    { .key = "client_cert", .type = QK_CONFIG_TEXT, .offset = AT(client_cert),
      .help = "PEM file with our certificate, for services that ask for one." },
    { .key = "client_key", .type = QK_CONFIG_TEXT, .offset = AT(client_key), .help = "PEM file with its key." },
    { .key = "pinned_key", .type = QK_CONFIG_TEXT, .offset = AT(pinned_key),
      .help = "SHA-256 of the service's public key (SubjectPublicKeyInfo) in base64; asked for besides the chain." },
    { .key = "verify", .type = QK_CONFIG_CHOICE, .offset = AT(verify), .fallback = "tls", .choices = verify_choices,
      .help = "tls: the service's certificate is checked; signature: so is, besides it, the signature of each answer "
              "(signer_key)." },
    { .key = "signer_key", .type = QK_CONFIG_TEXT, .offset = AT(signer_key),
      .help = "PEM file with the Ed25519 public key that must have signed its answers, for verify: signature." },
    { .key = "proxy", .type = QK_CONFIG_TEXT, .offset = AT(proxy),
      .help = "HTTP proxy on the way (http://host:port), or none; if empty, as https_proxy and no_proxy say." },
    { .key = "connect_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(connect_timeout_ms), .fallback = "2000",
      .min = 1, .max = 600000, .help = "Time for a connection." },
    { .key = "attempt_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(attempt_timeout_ms), .fallback = "5000",
      .min = 1, .max = 600000, .help = "Time for one request." },
    { .key = "call_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(call_timeout_ms), .fallback = "10000",
      .min = 1, .max = 3600000, .help = "Time for a whole C_GenerateRandom." },
    { .key = "retries", .type = QK_CONFIG_UINT, .offset = AT(retries), .fallback = "3", .max = 100,
      .help = "Further rounds of asking each service, after 429, 5xx and network errors." },
    { .key = "pool_bytes", .type = QK_CONFIG_UINT, .offset = AT(pool_bytes), .fallback = "65536", .max = 16777216,
      .help = "Random kept in stock; 0: nothing beyond the rest of a download." },
    { .key = "low_water", .type = QK_CONFIG_UINT, .offset = AT(low_water), .fallback = "25", .max = 99,
      .help = "With `background`: percentage of the pool below which it is filled." },
    { .key = "background", .type = QK_CONFIG_BOOL, .offset = AT(background), .fallback = "false",
      .help = "Fill the pool in a thread of our own, before it is empty. Never if the application forbids threads "
              "(CKF_LIBRARY_CANT_CREATE_OS_THREADS)." },
    { .key = "max_age_s", .type = QK_CONFIG_UINT, .offset = AT(max_age_s), .fallback = "300", .max = 31536000,
      .help = "Older stock is wiped unserved; 0: never." },
    { .key = "mix", .type = QK_CONFIG_CHOICE, .offset = AT(mix), .fallback = "kernel", .choices = mix_choices,
      .help = "What the service's bytes are XORed with: local random (kernel), the base's C_GenerateRandom (base), or "
              "nothing (none)." },
    { .key = "fallback", .type = QK_CONFIG_CHOICE, .offset = AT(fallback), .fallback = "none",
      .choices = fallback_choices,
      .help = "base: the base's own generator serves when the service fails, with a warning each time." },
    { .key = "seed", .type = QK_CONFIG_CHOICE, .offset = AT(seed), .fallback = "refuse", .choices = seed_choices,
      .help = "C_SeedRandom: refuse, forward to the base, or mix into the local random and forward." },
    { .key = "session_check", .type = QK_CONFIG_CHOICE, .offset = AT(session_check), .fallback = "track",
      .choices = check_choices,
      .help = "How C_GenerateRandom finds out whether its session is open: track (by what was opened and closed), info "
              "(the base's C_GetSessionInfo) or probe (the base's C_GenerateRandom of no bytes)." },
    { .key = "log_level", .type = QK_CONFIG_CHOICE, .offset = AT(log_level), .fallback = "warning",
      .choices = level_choices, .help = "panic, fatal, error, warning, info, debug or trace." },
    { .key = "log_time", .type = QK_CONFIG_BOOL, .offset = AT(log_time), .fallback = "false",
      .help = "Lines on standard error begin with the time, too; lines in a file always do." },
    { .key = "log_to", .type = QK_CONFIG_TEXT, .offset = AT(log_to), .fallback = "stderr",
      .help = "stderr, syslog, or a file." },
};
/* clang-format on */

const size_t qk_wrapper_row_count = sizeof qk_wrapper_rows / sizeof qk_wrapper_rows[0];

/* ---- the environment ---- */

/* Names that are not made of a key, the one that wins last; those made of a key win over these. */
static const struct variable {
    const char *name;
    size_t offset;
} variables[] = {
    { "QRYPT_BASE_HSM_PATH", AT(base) },
    { "QRYPT_EAAS_TOKEN", AT(token) },
    { "QRYPT_CA_CERT_PATH", AT(ca_file) },
    { "QUANTOKI_BASE", AT(base) },
};

static const char *variable(const char *name)
{
    const char *value = secure_getenv(name);

    return value && *value ? value : NULL;
}

/* The variable of a key, or NULL. */
static const char *variable_of(const qk_config_row *row)
{
    char name[64] = "QUANTOKI_ENTROPY_";
    size_t len = strlen(name);

    for (const char *at = row->key; *at && len + 1 < sizeof name; at++)
        name[len++] = *at >= 'a' && *at <= 'z' ? (char)(*at - 'a' + 'A') : *at;
    name[len] = 0;
    return variable(name);
}

/* A YAML text in double quotes. */
static void put_quoted(const char *text, size_t len, qk_buf *out)
{
    qk_buf_printf(out, "\"");
    for (size_t i = 0; i < len; i++)
        qk_buf_printf(out, "\\x%02x", (unsigned char)text[i]);
    qk_buf_printf(out, "\"");
}

/* Items stand between blanks or commas. */
static void put_list(const char *text, qk_buf *out)
{
    qk_buf_printf(out, "[");
    for (size_t len; *(text += strspn(text, ", ")); text += len) {
        len = strcspn(text, ", ");
        put_quoted(text, len, out);
        qk_buf_printf(out, ",");
    }
    qk_buf_printf(out, "]");
}

/* What is no plain text is read by the rows, as if it stood in a file. */
static qk_err parse_environment(qk_config **out)
{
    QK_OWNED(qk_buf_done) qk_buf yaml = QK_BUF_NONE;

    for (size_t i = 0; i < qk_wrapper_row_count; i++) {
        const qk_config_row *row = &qk_wrapper_rows[i];
        const char *value = row->type == QK_CONFIG_TEXT ? NULL : variable_of(row);
        if (!value)
            continue;
        qk_buf_printf(&yaml, "%s: ", row->key);
        if (row->type == QK_CONFIG_LIST)
            put_list(value, &yaml);
        else
            put_quoted(value, strlen(value), &yaml);
        qk_buf_printf(&yaml, "\n");
    }
    if (yaml.len == 0)
        return QK_OK;
    return qk_config_parse("environment (QUANTOKI_ENTROPY_...)", qk_buf_view(&yaml), out);
}

static size_t size_of(const qk_config_row *row)
{
    return row->type == QK_CONFIG_UINT     ? sizeof(uint64_t)
           : row->type == QK_CONFIG_CHOICE ? sizeof(int)
           : row->type == QK_CONFIG_BOOL   ? sizeof(bool)
                                           : sizeof(void *);
}

/* syslog's numbers, as QRYPT_LOG_LEVEL has them: a leading number counts, whatever follows it; no number, no effect. */
static void read_log_level(qk_wrapper_settings *settings)
{
    static const qk_log_level levels[] = { QK_LOG_PANIC,   QK_LOG_PANIC,   QK_LOG_FATAL, QK_LOG_ERROR,
                                           QK_LOG_WARNING, QK_LOG_WARNING, QK_LOG_INFO,  QK_LOG_DEBUG };
    const char *text = variable("QRYPT_LOG_LEVEL");
    char *end = NULL;
    long number = text ? strtol(text, &end, 10) : 0;

    if (text && end != text)
        settings->log_level = (int)levels[number < 0 ? 0 : number > 7 ? 7 : number];
}

/* The token, which is a secret, in a place of its own. */
static qk_err keep_token(qk_wrapper_settings *settings, const char *value)
{
    QK_OWNED(qk_secret_free) qk_secret copy = QK_SECRET_NONE;

    QK_TRY(qk_secret_copy(qk_view_of(value, strlen(value) + 1), &copy));
    qk_secret_give(&copy, &settings->token_copy);
    settings->token = (const char *)qk_secret_reveal(&settings->token_copy).data;
    settings->token_file = NULL; /* an older layer's */
    return QK_OK;
}

static qk_err keep_text(qk_wrapper_settings *settings, size_t offset, const char *value)
{
    const char *copy;

    if (offset == AT(token))
        return keep_token(settings, value);
    if (offset == AT(token_file))
        settings->token = NULL;
    if (settings->copy_count == QK_WRAPPER_COPIES)
        return qk_fail(QK_E_NO_MEMORY, "the environment has too many settings");
    copy = settings->copies[settings->copy_count] = strdup(value);
    if (!copy)
        return qk_fail(QK_E_NO_MEMORY, "settings of the environment");
    settings->copy_count++;
    memcpy((uint8_t *)settings + offset, &copy, sizeof copy);
    return QK_OK;
}

static qk_err read_environment(qk_wrapper_settings *settings)
{
    qk_wrapper_settings typed = { 0 };

    QK_TRY(parse_environment(&settings->environment));
    if (settings->environment)
        QK_TRY(qk_config_read(settings->environment, qk_config_root(settings->environment), qk_wrapper_rows,
                              qk_wrapper_row_count, QK_CONFIG_REFUSE, &typed));
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (variable(variables[i].name))
            QK_TRY(keep_text(settings, variables[i].offset, variable(variables[i].name)));
    read_log_level(settings);
    for (size_t i = 0; i < qk_wrapper_row_count; i++) {
        const qk_config_row *row = &qk_wrapper_rows[i];
        const char *value = variable_of(row);
        if (value && row->type == QK_CONFIG_TEXT)
            QK_TRY(keep_text(settings, row->offset, value));
        else if (value)
            memcpy((uint8_t *)settings + row->offset, (const uint8_t *)&typed + row->offset, size_of(row));
    }
    return QK_OK;
}

/* Is there no word of a token, or the reference's alone? */
static bool is_reference_environment(const qk_wrapper_settings *settings)
{
    bool from_reference = settings->token_copy.len > 0 && !variable("QUANTOKI_ENTROPY_TOKEN");

    return !settings->token_file && (!settings->token || from_reference);
}

static qk_err check(const qk_wrapper_settings *settings)
{
    if (settings->seed == QK_WRAPPER_SEED_MIX && settings->mix != QK_WRAPPER_MIX_KERNEL)
        return qk_fail(QK_E_CONFIG, "`seed: mix` needs `mix: kernel`: without local random seeds have nowhere to go");
    if ((settings->verify == QK_WRAPPER_VERIFY_SIGNATURE) != (settings->signer_key != NULL))
        return qk_fail(QK_E_CONFIG, "verify: signature and signer_key need each other");
    return QK_OK;
}

qk_err qk_wrapper_settings_read(qk_wrapper_settings *out)
{
    QK_OWNED(qk_wrapper_settings_done) qk_wrapper_settings settings = { 0 };
    const char *named = variable("QUANTOKI_ENTROPY_CONFIG");
    qk_config *file = NULL;

    if (named || qk_file_exists(system_file))
        QK_TRY(qk_config_load(named ? named : system_file, &file));
    settings.file = file;
    QK_TRY(qk_config_read(file, file ? qk_config_root(file) : NULL, qk_wrapper_rows, qk_wrapper_row_count,
                          QK_CONFIG_REFUSE, &settings));
    QK_TRY(read_environment(&settings));
    QK_TRY(check(&settings));
    if (!settings.urls && is_reference_environment(&settings))
        settings.url = reference_url;
    *out = settings;
    settings = (qk_wrapper_settings){ 0 };
    return QK_OK;
}

/* ---- the token ---- */

/* A file that cannot be read is no token, too; its words say why. */
static qk_err read_token_file(const char *path, qk_secret *out)
{
    qk_err err = qk_file_read_secret(path, MAX_TOKEN_FILE, out);
    char words[sizeof qk_failure_last()->words];

    if (err == QK_OK || err == QK_E_NO_MEMORY)
        return err;
    snprintf(words, sizeof words, "%s", qk_err_words(err));
    return qk_fail(QK_E_TOKEN_EMPTY, "`token_file`: %s", words);
}

qk_err qk_wrapper_token_read(const qk_wrapper_settings *settings, qk_secret *out_token)
{
    QK_OWNED(qk_secret_free) qk_secret file = QK_SECRET_NONE;

    if (settings->token)
        return qk_secret_copy(qk_view_text(settings->token), out_token);
    if (!settings->token_file)
        return qk_fail(QK_E_TOKEN_EMPTY,
                       "there is no token for the entropy service: set QRYPT_EAAS_TOKEN, or `token_file`");
    QK_TRY(read_token_file(settings->token_file, &file));
    if (qk_view_first_line(qk_secret_reveal(&file)).len == 0)
        return qk_fail(QK_E_TOKEN_EMPTY, "`token_file`: %s: its first line is empty; it must be the service's token",
                       settings->token_file);
    return qk_secret_copy(qk_view_first_line(qk_secret_reveal(&file)), out_token);
}

void qk_wrapper_settings_done(qk_wrapper_settings *settings)
{
    qk_config_free(&settings->file);
    qk_config_free(&settings->environment);
    qk_secret_free(&settings->token_copy);
    for (size_t i = 0; i < settings->copy_count; i++)
        free(settings->copies[i]);
    *settings = (qk_wrapper_settings){ 0 };
}
