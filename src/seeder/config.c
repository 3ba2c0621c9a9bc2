/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/config.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/encoding.h"
#include "base/file.h"
#include "base/log.h"

static const char *const api_choices[] = { "auto", "entropy", "quantum-entropy", NULL };
static const char *const mix_choices[] = { "kernel", "none", NULL };
static const char *const unsupported_choices[] = { "disable", "retry", NULL };
static const char *const level_choices[] = { "panic", "fatal", "error", "warning", "info", "debug", "trace", NULL };

#define AT(member) offsetof(qk_seed_config, member)
#define IN(member) offsetof(qk_seed_target_config, member)

/* clang-format off */
const qk_config_row qk_seed_rows[] = {
    { .key = "service.url", .type = QK_CONFIG_LIST, .offset = AT(urls),
      .help = "Entropy services (https://host[:port]); the next one is asked when one fails." },
    { .key = "service.token_file", .type = QK_CONFIG_TEXT, .offset = AT(token_file),
      .help = "File with the service's token on its first line, readable for its owner alone." },
    { .key = "service.token_credential", .type = QK_CONFIG_TEXT, .offset = AT(token_credential),
      .help = "Name of a systemd credential (LoadCredential=) with the token." },
    { .key = "service.token", .type = QK_CONFIG_TEXT, .offset = AT(token),
      .help = "The token itself; only in a file that nobody else may read." },
    { .key = "service.ca_file", .type = QK_CONFIG_TEXT, .offset = AT(ca_file),
      .help = "PEM file of authorities for the service's certificate; the system's if empty." },
    { .key = "service.client_cert", .type = QK_CONFIG_TEXT, .offset = AT(client_cert),
      .help = "PEM file with a certificate of ours for services that ask for one." },
    { .key = "service.client_key", .type = QK_CONFIG_TEXT, .offset = AT(client_key),
      .help = "PEM file with its private key, readable for its owner alone." },
    { .key = "service.pinned_key", .type = QK_CONFIG_TEXT, .offset = AT(pinned_key),
      .help = "SHA-256 of the service's public key (SubjectPublicKeyInfo) in base64, asked for besides its chain." },
    { .key = "service.api", .type = QK_CONFIG_CHOICE, .offset = AT(api), .fallback = "auto", .choices = api_choices,
      .help = "entropy (POST), quantum-entropy (GET), or auto: POST, and GET where there is no POST." },
    { .key = "service.timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(attempt_timeout_ms), .fallback = "5000",
      .min = 1, .max = 60000, .help = "Time for one request." },
    { .key = "service.connect_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(connect_timeout_ms), .fallback = "2000",
      .min = 1, .max = 60000, .help = "Time for a connection with its TLS handshake, within that." },
    { .key = "service.mix", .type = QK_CONFIG_CHOICE, .offset = AT(mix), .fallback = "kernel", .choices = mix_choices,
      .help = "kernel: seeds are XORed with local random, so that a hostile service cannot choose them; none." },
    { .key = "state_folder", .type = QK_CONFIG_TEXT, .offset = AT(state_folder), .fallback = "/var/lib/quantoki-seed",
      .help = "Folder for what must survive a restart: which PINs were wrong." },
    { .key = "metrics_file", .type = QK_CONFIG_TEXT, .offset = AT(metrics_file),
      .help = "Prometheus metrics are written here (for node_exporter's textfile collector); none if empty." },
    { .key = "status_file", .type = QK_CONFIG_TEXT, .offset = AT(status_file),
      .help = "The state of every target as JSON is written here; none if empty." },
    { .key = "call_timeout_s", .type = QK_CONFIG_UINT, .offset = AT(call_timeout_s), .fallback = "60", .min = 1,
      .max = 3600, .help = "Seconds after which a library that does not answer is ended and started again." },
    { .key = "exit_when_idle", .type = QK_CONFIG_BOOL, .offset = AT(exit_when_idle), .fallback = "false",
      .help = "End (status 4) when no target is left that could be seeded." },
    { .key = "logging.level", .type = QK_CONFIG_CHOICE, .offset = AT(log_level), .fallback = "info",
      .choices = level_choices, .help = "panic, fatal, error, warning, info, debug or trace." },
    { .key = "logging.path", .type = QK_CONFIG_TEXT, .offset = AT(log_path),
      .help = "Log file; standard error if empty." },
    { .key = "targets", .type = QK_CONFIG_LIST, .offset = AT(target_list), .required = true,
      .help = "The tokens to seed; their keys follow." },
};

const qk_config_row qk_seed_target_rows[] = {
    { .key = "name", .type = QK_CONFIG_TEXT, .offset = IN(name), .required = true,
      .help = "For log, metrics and state." },
    { .key = "library", .type = QK_CONFIG_TEXT, .offset = IN(library), .required = true,
      .help = "Absolute path of the PKCS #11 library." },
    { .key = "slot", .type = QK_CONFIG_TEXT, .offset = IN(slot),
      .help = "Slot number. Better: token_label or token_serial, since numbers change." },
    { .key = "token_label", .type = QK_CONFIG_TEXT, .offset = IN(token_label), .help = "Label of the token." },
    { .key = "token_serial", .type = QK_CONFIG_TEXT, .offset = IN(token_serial), .help = "Its serial number." },
    { .key = "uri", .type = QK_CONFIG_TEXT, .offset = IN(uri),
      .help = "PKCS #11 URI (RFC 7512) with `serial`, `token` or `slot-id`." },
    { .key = "all_tokens", .type = QK_CONFIG_BOOL, .offset = IN(all_tokens), .fallback = "false",
      .help = "Every initialised token of the library." },
    { .key = "login", .type = QK_CONFIG_TEXT, .offset = IN(login), .fallback = "user",
      .help = "user, so, context, limited (Luna's Crypto User), a number, or none." },
    { .key = "pin_file", .type = QK_CONFIG_TEXT, .offset = IN(pin_file),
      .help = "File with the PIN on its first line, readable for its owner alone." },
    { .key = "pin_credential", .type = QK_CONFIG_TEXT, .offset = IN(pin_credential),
      .help = "Name of a systemd credential (LoadCredential=) with the PIN." },
    { .key = "pin_command", .type = QK_CONFIG_TEXT, .offset = IN(pin_command),
      .help = "Command whose first line of output is the PIN (run by /bin/sh)." },
    { .key = "pin", .type = QK_CONFIG_TEXT, .offset = IN(pin),
      .help = "The PIN itself; refused unless nobody else may read the file." },
    { .key = "size", .type = QK_CONFIG_UINT, .offset = IN(size), .fallback = "48", .min = 1, .max = 65536,
      .help = "Bytes of a seed." },
    { .key = "period", .type = QK_CONFIG_UINT, .offset = IN(period), .fallback = "10", .min = 1, .max = 31536000,
      .help = "Seconds from one seed to the next." },
    { .key = "jitter", .type = QK_CONFIG_UINT, .offset = IN(jitter_percent), .fallback = "10", .max = 50,
      .help = "Percent of the period by which the first seed is put off at random." },
    { .key = "split", .type = QK_CONFIG_UINT, .offset = IN(split), .fallback = "0", .max = 65536,
      .help = "Most bytes of one C_SeedRandom; 0: the whole seed." },
    { .key = "keep_session", .type = QK_CONFIG_BOOL, .offset = IN(keep_session), .fallback = "true",
      .help = "Keep one session open; false: one for each seed." },
    { .key = "on_unsupported", .type = QK_CONFIG_CHOICE, .offset = IN(on_unsupported), .fallback = "disable",
      .choices = unsupported_choices, .help = "What to do with a token that takes no seeds: disable or retry." },
};

/* A file of the reference; also the names of its environment variables, two generations of them. */
typedef struct reference {
    const char *token, *library, *slot, *pin;
    uint64_t size, period;
} reference;

#define OF(member) offsetof(reference, member)
static const qk_config_row reference_rows[] = {
    { .key = "qrypt_token", .type = QK_CONFIG_TEXT, .offset = OF(token), .required = true, .help = "the service's token" },
    { .key = "size", .type = QK_CONFIG_UINT, .offset = OF(size), .fallback = "48", .min = 1, .max = 65536 },
    { .key = "period", .type = QK_CONFIG_UINT, .offset = OF(period), .fallback = "10", .min = 1, .max = 31536000 },
    { .key = "cryptoki_lib", .type = QK_CONFIG_TEXT, .offset = OF(library), .required = true, .help = "path of the library" },
    { .key = "cryptoki_slot_id", .type = QK_CONFIG_TEXT, .offset = OF(slot), .required = true, .help = "number of the slot" },
    { .key = "cryptoki_user_pin", .type = QK_CONFIG_TEXT, .offset = OF(pin), .required = true, .help = "PIN of the user" },
};
/* clang-format on */

const size_t qk_seed_row_count = sizeof qk_seed_rows / sizeof qk_seed_rows[0];
const size_t qk_seed_target_row_count = sizeof qk_seed_target_rows / sizeof qk_seed_target_rows[0];
enum { REFERENCE_ROWS = sizeof reference_rows / sizeof reference_rows[0] };

static const char reference_url[] = "https://api-eus.qrypt.com";

/* ---- one target ---- */

static const struct login_row {
    const char *name;
    uint64_t type;
} login_rows[] = {
    { "user", CKU_USER },         { "so", CKU_SO }, { "context", CKU_CONTEXT_SPECIFIC },
    { "limited", 0x80000001 }, /* CKU_LIMITED_USER of Luna */
    { "none", QK_SEED_NO_LOGIN },
};

static qk_err fail(const qk_seed_target_config *target, const char *words)
{
    return qk_fail(QK_E_CONFIG, "%s: target %s: %s", target->file, target->name, words);
}

static bool read_number(const char *text, uint64_t *out)
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
    if (read_number(target->login, &target->login_type))
        return QK_OK;
    return fail(target, "login must be user, so, context, limited, none or a number");
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
        return fail(target, "the token's name is too long");
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
    if (read_uri(target->uri, "slot-id", number, sizeof number) && read_number(number, &target->slot_number))
        return choose(target, QK_SEED_BY_SLOT, NULL);
    return fail(target, "uri must begin with pkcs11: and have serial, token or slot-id");
}

static qk_err check_target(qk_seed_target_config *target)
{
    int named = !!target->slot + !!target->token_label + !!target->token_serial + !!target->uri + target->all_tokens;
    int pins = !!target->pin_file + !!target->pin_credential + !!target->pin_command + !!target->pin;

    if (*target->library != '/')
        return fail(target, "library must be an absolute path");
    if (named != 1)
        return fail(target, "exactly one of slot, token_label, token_serial, uri and all_tokens says which token");
    QK_TRY(read_login(target));
    if ((target->login_type == QK_SEED_NO_LOGIN) != (pins == 0) || pins > 1)
        return fail(target,
                    "exactly one of pin_file, pin_credential, pin_command and pin is needed (none without login)");
    if (target->slot && !read_number(target->slot, &target->slot_number))
        return fail(target, "slot must be a number");
    if (target->uri)
        return choose_by_uri(target);
    return choose(target,
                  target->all_tokens     ? QK_SEED_ALL
                  : target->token_label  ? QK_SEED_BY_LABEL
                  : target->token_serial ? QK_SEED_BY_SERIAL
                                         : QK_SEED_BY_SLOT,
                  target->token_label ? target->token_label : target->token_serial);
}

static qk_err check_names(const qk_seed_config *config)
{
    for (size_t i = 0; i < config->target_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(config->targets[i].name, config->targets[j].name) == 0)
                return fail(&config->targets[i], "there are two of this name");
    return QK_OK;
}

/* A file with a secret in it must be its owner's alone. */
static qk_err check_mode(const char *path, const char *key)
{
    struct stat about;

    if (stat(path, &about) != 0 || (about.st_mode & 077) == 0)
        return QK_OK;
    return qk_fail(QK_E_CONFIG, "%s: holds %s and may be read by others: chmod 600 %s, or use a file of its own", path,
                   key, path);
}

/* ---- our own format ---- */

static qk_err read_targets(qk_seed_config *config)
{
    const char *path = qk_config_path(config->file);
    const qk_config_node *node;
    size_t count = 0;

    while (qk_config_at(config->target_list, count, NULL, &node))
        count++;
    config->targets = calloc(count ? count : 1, sizeof *config->targets);
    if (!config->targets)
        return qk_fail(QK_E_NO_MEMORY, "targets");
    for (size_t i = 0; i < count && qk_config_at(config->target_list, i, NULL, &node); i++) {
        qk_seed_target_config *target = &config->targets[i];
        QK_TRY(qk_config_read(config->file, node, qk_seed_target_rows, qk_seed_target_row_count, QK_CONFIG_REFUSE,
                              target));
        target->file = path;
        QK_TRY(check_target(target));
        if (target->pin)
            QK_TRY(check_mode(path, "a PIN"));
        config->target_count++;
    }
    if (count == 0)
        return qk_fail(QK_E_CONFIG, "%s: there are no targets", path);
    return check_names(config);
}

static qk_err read_own(qk_seed_config *config)
{
    QK_TRY(qk_config_read(config->file, qk_config_root(config->file), qk_seed_rows, qk_seed_row_count, QK_CONFIG_REFUSE,
                          config));
    if (config->token)
        QK_TRY(check_mode(qk_config_path(config->file), "a token"));
    return read_targets(config);
}

/* ---- the reference's ---- */

static const struct override {
    const char *variable;
    size_t offset;
    uint64_t most; /* 0: a text */
} overrides[] = {
    { "QRYPT_TOKEN", OF(token), 0 },          { "QSEED_SIZE", OF(size), QK_SEED_MOST },
    { "QSEED_PERIOD", OF(period), 31536000 }, { "CRYPTOKI_LIB", OF(library), 0 },
    { "CRYPTOKI_SLOT_ID", OF(slot), 0 },
};

static qk_err override_from_environment(reference *it)
{
    for (size_t i = 0; i < sizeof overrides / sizeof overrides[0]; i++) {
        const char *value = secure_getenv(overrides[i].variable);
        uint64_t number;
        if (!value || !*value)
            continue;
        if (overrides[i].most == 0)
            memcpy((uint8_t *)it + overrides[i].offset, &value, sizeof value);
        else if (read_number(value, &number) && number >= 1 && number <= overrides[i].most)
            memcpy((uint8_t *)it + overrides[i].offset, &number, sizeof number);
        else
            return qk_fail(QK_E_CONFIG, "environment variable %s must be a number from 1 to %ju", overrides[i].variable,
                           (uintmax_t)overrides[i].most);
    }
    if (secure_getenv("CRYPTOKI_USER_PIN"))
        qk_log(QK_LOG_WARNING, "op=configure warning=\"CRYPTOKI_USER_PIN is not used: every process of the user could "
                               "read it. Put the PIN into the file, or use pin_file\"");
    return QK_OK;
}

static qk_err take_reference(qk_seed_config *config, const reference *it, const char *path)
{
    qk_seed_target_config *target = calloc(1, sizeof *target);

    if (!target)
        return qk_fail(QK_E_NO_MEMORY, "target");
    config->targets = target;
    config->target_count = 1;
    QK_TRY(qk_config_read(NULL, NULL, qk_seed_rows, qk_seed_row_count - 1, QK_CONFIG_REFUSE, config));
    QK_TRY(qk_config_read(NULL, NULL, qk_seed_target_rows + 2, qk_seed_target_row_count - 2, QK_CONFIG_REFUSE, target));
    config->url = reference_url;
    config->token = it->token;
    target->name = "qseed";
    target->library = it->library;
    target->slot = it->slot;
    target->pin = it->pin;
    target->size = it->size;
    target->period = it->period;
    target->file = path;
    return check_target(target);
}

static qk_err read_reference(qk_seed_config *config)
{
    reference it = { 0 };

    QK_TRY(qk_config_read(config->file, qk_config_root(config->file), reference_rows, REFERENCE_ROWS, QK_CONFIG_WARN,
                          &it));
    QK_TRY(override_from_environment(&it));
    if (check_mode(qk_config_path(config->file), "a PIN") != QK_OK)
        qk_log(QK_LOG_WARNING, "op=configure warning=\"%s\"", qk_failure_last()->words);
    return take_reference(config, &it, qk_config_path(config->file));
}

/* ---- loading ---- */

static bool is_of_environment(const char *text)
{
    return text == secure_getenv("QRYPT_TOKEN");
}

static void wipe(const char *text)
{
    explicit_bzero((char *)(uintptr_t)text, strlen(text));
}

static const char *find_file(const char *given)
{
    static const char *const places[] = { "/etc/quantoki/seed.yaml", "/etc/qseed/qseed_config.yml" };
    const char *named = given ? given : secure_getenv("QSEED_CONFIG_FILE");

    if (named && *named)
        return named;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (qk_file_exists(places[i]))
            return places[i];
    return NULL;
}

/* PINs and token go into locked memory, and their texts in the document are wiped. They are the document's own memory;
 * an alias may stand for several, hence the two rounds. */
static qk_err keep_secrets(qk_seed_config *config)
{
    if (config->token)
        QK_TRY(qk_secret_copy(qk_view_text(config->token), &config->token_kept));
    for (size_t i = 0; i < config->target_count; i++)
        if (config->targets[i].pin)
            QK_TRY(qk_secret_copy(qk_view_text(config->targets[i].pin), &config->targets[i].pin_kept));
    if (config->token && !is_of_environment(config->token))
        wipe(config->token);
    for (size_t i = 0; i < config->target_count; i++)
        if (config->targets[i].pin)
            wipe(config->targets[i].pin);
    return QK_OK;
}

/* Takes the document. */
static qk_err take_document(qk_config **file, qk_seed_config *out)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };
    const char *url = secure_getenv("QUANTOKI_ENTROPY_URL");

    config.file = *file;
    *file = NULL;
    QK_TRY(qk_config_get(qk_config_root(config.file), "cryptoki_lib") ? read_reference(&config) : read_own(&config));
    if (url && *url)
        config.url = url;
    if (!config.url && !qk_config_at(config.urls, 0, NULL, &(const qk_config_node *){ NULL }))
        return qk_fail(QK_E_CONFIG, "%s: service.url is missing", qk_config_path(config.file));
    QK_TRY(keep_secrets(&config));
    *out = config;
    config = (qk_seed_config){ 0 };
    return QK_OK;
}

qk_err qk_seed_config_load(const char *given, qk_seed_config *out)
{
    QK_OWNED(qk_config_free) qk_config *file = NULL;
    const char *path = find_file(given);

    if (!path)
        return qk_fail(QK_E_CONFIG, "no configuration: name one with --config FILE, or write /etc/quantoki/seed.yaml "
                                    "(quantoki-seed --example prints one)");
    QK_TRY(qk_config_load(path, &file));
    return take_document(&file, out);
}

qk_err qk_seed_config_parse(const char *name, qk_view text, qk_seed_config *out)
{
    QK_OWNED(qk_config_free) qk_config *file = NULL;

    QK_TRY(qk_config_parse(name, text, &file));
    return take_document(&file, out);
}

void qk_seed_config_done(qk_seed_config *config)
{
    for (size_t i = 0; i < config->target_count; i++)
        qk_secret_free(&config->targets[i].pin_kept);
    qk_secret_free(&config->token_kept);
    free(config->targets);
    qk_config_free(&config->file);
    *config = (qk_seed_config){ 0 };
}
