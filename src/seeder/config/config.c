/* SPDX-License-Identifier: Apache-2.0 */
#include "seeder/config/config_parts.h"

#include <stddef.h>
#include <stdlib.h>

#include "base/file.h"

static const char *const api_choices[] = { "auto", "entropy", "quantum-entropy", NULL };
static const char *const verify_choices[] = { "tls", "none", "signature", NULL }; /* qk_seed_verify */
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
    { .key = "service.verify", .type = QK_CONFIG_CHOICE, .offset = AT(verify), .fallback = "tls",
      .choices = verify_choices,
      .help = "tls: the service's certificate is checked; signature: so is, besides it, the signature of each answer "
              "(signer_key); none: nothing is, and whoever is on the way may be the service." },
    { .key = "service.signer_key", .type = QK_CONFIG_TEXT, .offset = AT(signer_key),
      .help = "PEM file with the Ed25519 public key that must have signed its answers, for verify: signature." },
    { .key = "service.proxy", .type = QK_CONFIG_TEXT, .offset = AT(proxy),
      .help = "HTTP proxy on the way (http://host:port), or none; if empty, as https_proxy and no_proxy say." },
    { .key = "service.api", .type = QK_CONFIG_CHOICE, .offset = AT(api), .fallback = "auto", .choices = api_choices,
      .help = "entropy (POST), quantum-entropy (GET), or auto: POST, and GET where there is no POST." },
    { .key = "service.timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(attempt_timeout_ms), .fallback = "5000",
      .min = 1, .max = 10000, .help = "Time for one request; all of a download has ten seconds." },
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
    { .key = "defaults", .type = QK_CONFIG_MAP, .offset = AT(defaults),
      .help = "Keys of targets, for each target that does not say them itself." },
    { .key = "targets", .type = QK_CONFIG_LIST, .offset = AT(target_list), .required = true,
      .help = "The tokens to seed; their keys follow." },
};

const qk_config_row qk_seed_target_rows[] = {
    { .key = "name", .type = QK_CONFIG_TEXT, .offset = IN(name), .required = true,
      .help = "For log, metrics and state." },
    { .key = "library", .type = QK_CONFIG_TEXT, .offset = IN(library),
      .help = "Absolute path of the PKCS #11 library." },
    { .key = "sink", .type = QK_CONFIG_CHOICE, .offset = IN(sink), .fallback = "token",
      .choices = qk_seed_sink_choices,
      .help = "What is seeded: token, kernel, tpm, file or esxi, each with keys of its own." },
    { .key = "device", .type = QK_CONFIG_TEXT, .offset = IN(device),
      .help = "kernel: /dev/urandom if empty; tpm: /dev/tpmrm0 if empty, or the path of a TPM's Unix socket." },
    { .key = "credit_bits", .type = QK_CONFIG_UINT, .offset = IN(credit_bits), .fallback = "0", .max = 524288,
      .help = "kernel: bits of entropy that a seed is credited with, which needs CAP_SYS_ADMIN; 0: none." },
    { .key = "path", .type = QK_CONFIG_TEXT, .offset = IN(path),
      .help = "file: absolute path of a named pipe, or of a file that each seed replaces." },
    { .key = "url", .type = QK_CONFIG_TEXT, .offset = IN(url), .help = "esxi: vCenter (https://host[:port])." },
    { .key = "host", .type = QK_CONFIG_TEXT, .offset = IN(host),
      .help = "esxi: the host, by its name in vCenter or by its identifier (host-21)." },
    { .key = "user", .type = QK_CONFIG_TEXT, .offset = IN(user), .help = "esxi: user of vCenter." },
    { .key = "password_file", .type = QK_CONFIG_TEXT, .offset = IN(password_file),
      .help = "esxi: file with the password on its first line, readable for its owner alone." },
    { .key = "password_credential", .type = QK_CONFIG_TEXT, .offset = IN(password_credential),
      .help = "esxi: name of a systemd credential (LoadCredential=) with the password." },
    { .key = "ca_file", .type = QK_CONFIG_TEXT, .offset = IN(ca_file),
      .help = "esxi: PEM file of authorities for vCenter's certificate; the system's if empty." },
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
    { .key = "worker", .type = QK_CONFIG_TEXT, .offset = IN(worker),
      .help = "Targets of one library with the same word here share a process of their own." },
};
/* clang-format on */

const size_t qk_seed_row_count = sizeof qk_seed_rows / sizeof qk_seed_rows[0];
const size_t qk_seed_target_row_count = sizeof qk_seed_target_rows / sizeof qk_seed_target_rows[0];

/* ---- our own format ---- */

static qk_err check_names(const qk_seed_config *config)
{
    for (size_t i = 0; i < config->target_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(config->targets[i].name, config->targets[j].name) == 0)
                return qk_seed_target_fail(&config->targets[i], "there are two of this name");
    return QK_OK;
}

static qk_err read_targets(qk_seed_config *config)
{
    const char *path = qk_config_path(config->file);
    const qk_config_node *node;
    size_t count = 0;

    QK_TRY(qk_seed_defaults_check(config));
    while (qk_config_at(config->target_list, count, NULL, &node))
        count++;
    config->targets = calloc(count ? count : 1, sizeof *config->targets);
    if (!config->targets)
        return qk_fail(QK_E_NO_MEMORY, "targets");
    for (size_t i = 0; i < count && qk_config_at(config->target_list, i, NULL, &node); i++) {
        qk_seed_target_config *target = &config->targets[i];
        QK_TRY(qk_seed_target_read(config, node, target));
        config->target_count++; /* before the check: it makes the address, which is ours to free */
        QK_TRY(qk_seed_target_check(target));
        if (target->pin)
            QK_TRY(qk_seed_mode_check(path, "a PIN"));
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
        QK_TRY(qk_seed_mode_check(qk_config_path(config->file), "a token"));
    return read_targets(config);
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

/* The first generation of the reference had no file: all of it stood in the environment, the PIN too. */
static qk_err fail_without_file(void)
{
    if (secure_getenv("CRYPTOKI_LIB") && secure_getenv("CRYPTOKI_SLOT_ID"))
        return qk_fail(QK_E_CONFIG,
                       "no configuration: library and slot are in the environment, but a PIN is not taken from there, "
                       "since others could read it. Put it into a file of mode 600, and name that with pin_file in "
                       "/etc/quantoki/seed.yaml (quantoki-seed --example prints one)");
    return qk_fail(QK_E_CONFIG, "no configuration: name one with --config FILE, or write /etc/quantoki/seed.yaml "
                                "(quantoki-seed --example prints one)");
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

/* Of the environment, a reference file or our own, in this order. */
static qk_err name_services(qk_seed_config *config)
{
    const char *named = secure_getenv("QUANTOKI_ENTROPY_URL");
    const qk_config_node *item;
    char *rest, *word;

    if (named && *named && !(config->url_words = strdup(named)))
        return qk_fail(QK_E_NO_MEMORY, "services");
    rest = config->url_words;
    while ((word = strsep(&rest, ", ")))
        if (*word)
            QK_TRY(qk_supply_add(&config->services, word));
    if (!config->url_words && config->url)
        QK_TRY(qk_supply_add(&config->services, config->url));
    for (size_t i = 0; !config->url_words && qk_config_at(config->urls, i, NULL, &item); i++)
        QK_TRY(qk_supply_add(&config->services, qk_config_text(item)));
    if (config->services.url_count == 0)
        return qk_fail(QK_E_CONFIG, "%s: service.url is missing", qk_config_path(config->file));
    if (config->verify == QK_SEED_VERIFY_NONE && config->ca_file)
        return qk_fail(QK_E_CONFIG, "%s: service.ca_file has no use with service.verify none",
                       qk_config_path(config->file));
    if ((config->verify == QK_SEED_VERIFY_SIGNATURE) != (config->signer_key != NULL))
        return qk_fail(QK_E_CONFIG, "%s: service.verify signature and service.signer_key need each other",
                       qk_config_path(config->file));
    return QK_OK;
}

/* Takes the document. */
static qk_err take_document(qk_config **file, qk_seed_config *out)
{
    QK_OWNED(qk_seed_config_done) qk_seed_config config = { 0 };

    config.file = *file;
    *file = NULL;
    QK_TRY(qk_config_get(qk_config_root(config.file), "cryptoki_lib") ? qk_seed_reference_read(&config)
                                                                      : read_own(&config));
    QK_TRY(name_services(&config));
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
        return fail_without_file();
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
    for (size_t i = 0; i < config->target_count; i++) {
        qk_secret_free(&config->targets[i].pin_kept);
        free(config->targets[i].address);
    }
    qk_secret_free(&config->token_kept);
    free(config->targets);
    free(config->url_words);
    qk_config_free(&config->file);
    *config = (qk_seed_config){ 0 };
}
