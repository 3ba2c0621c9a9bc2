/* SPDX-License-Identifier: Apache-2.0 */
#include "module/library/client_config.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "module/library/client_password.h"

static const char *const level_choices[] = { "panic", "fatal", "error", "warning", "info",
                                             "debug", "trace", "warn",  NULL };

static const char *const lattice_choices[] = { "own", "openssl", NULL };

typedef struct root_record {
    const qk_config_node *tokens, *iam_template, *session_template;
    int log_level;
    const char *log_path;
    uint64_t cache_max_age_ms;
} root_record;

/* clang-format off */
#define AT(member) offsetof(root_record, member)
static const qk_config_row root_rows[] = {
    { .key = "tokens", .type = QK_CONFIG_MAP, .offset = AT(tokens), .required = true,
      .help = "give at least one token, e.g. '0: { embedded: { path: ... } }'" },
    { .key = "iamcredentialtemplate", .type = QK_CONFIG_MAP, .offset = AT(iam_template),
      .help = "Holds values that users' iamauth refer to by anchors." },
    { .key = "sessionauthtemplate", .type = QK_CONFIG_MAP, .offset = AT(session_template),
      .help = "Holds values that users' sessionauth refer to by anchors." },
    { .key = "logging.loglevel", .type = QK_CONFIG_CHOICE, .offset = AT(log_level), .fallback = "warning",
      .choices = level_choices, .help = "How much is logged, if logpath says where." },
    { .key = "logging.logpath", .type = QK_CONFIG_TEXT, .offset = AT(log_path),
      .help = "Log file; nothing is logged without it." },
    /* ours */
    { .key = "cache_max_age_ms", .type = QK_CONFIG_UINT, .offset = AT(cache_max_age_ms), .fallback = "1000",
      .max = 3600000, .help = "How long an object that was read is believed before its version is checked." },
};
#undef AT

#define AT(member) offsetof(qk_client_token, member)
#define USER(n) \
    { .key = "users." #n ".name", .type = QK_CONFIG_TEXT, .offset = AT(users[n].name), .help = "Free text." }, \
    { .key = "users." #n ".tokenspaceID", .type = QK_CONFIG_TEXT, .offset = AT(users[n].tokenspace), \
      .help = "UUID of the keystore: users.1 the private one, users.2 the public one." }, \
    { .key = "users." #n ".iamauth.enabled", .type = QK_CONFIG_BOOL, .offset = AT(users[n].iam.enabled), \
      .fallback = "false", .help = "Exchange an API key for a bearer token." }, \
    { .key = "users." #n ".iamauth.endpoint", .type = QK_CONFIG_TEXT, .offset = AT(users[n].iam.endpoint), \
      .help = "URL of the IAM service." }, \
    { .key = "users." #n ".iamauth.apikey", .type = QK_CONFIG_TEXT, .offset = AT(users[n].iam.apikey), \
      .help = "API key; for the anonymous user only, all others log in." }, \
    { .key = "users." #n ".iamauth.instance", .type = QK_CONFIG_TEXT, .offset = AT(users[n].iam.instance), \
      .help = "Instance id of the service; older files have it." }, \
    { .key = "users." #n ".iamauth.cacert", .type = QK_CONFIG_TEXT, .offset = AT(users[n].iam.cacert), \
      .help = "CA of the IAM service, instead of the connection's." }, \
    { .key = "users." #n ".sessionauth.enabled", .type = QK_CONFIG_BOOL, .offset = AT(users[n].session_auth), \
      .fallback = "false", .help = "Authenticated keystores." }, \
    { .key = "users." #n ".sessionauth.tokenspaceIDPassword", .type = QK_CONFIG_TEXT, \
      .offset = AT(users[n].password), .help = "Password of the keystore." }, \
    { .key = "users." #n ".keystorePassword", .type = QK_CONFIG_TEXT, .offset = AT(users[n].old_password), \
      .help = "Older spelling of it." },

static const qk_config_row token_rows[] = {
    { .key = "grep11connection.address", .type = QK_CONFIG_TEXT, .offset = AT(address), .help = "Name of the server." },
    { .key = "grep11connection.port", .type = QK_CONFIG_UINT, .offset = AT(port), .fallback = "9876", .min = 1,
      .max = 65535, .help = "Its TCP port." },
    { .key = "grep11connection.tls.enabled", .type = QK_CONFIG_BOOL, .offset = AT(tls), .fallback = "true",
      .help = "TLS; without it only to a loopback address." },
    { .key = "grep11connection.tls.mutual", .type = QK_CONFIG_BOOL, .offset = AT(mutual), .fallback = "false",
      .help = "Show a client certificate." },
    { .key = "grep11connection.tls.cacert", .type = QK_CONFIG_TEXT, .offset = AT(cacert),
      .help = "CA certificate file; the system's store if empty." },
    { .key = "grep11connection.tls.certfile", .type = QK_CONFIG_TEXT, .offset = AT(certfile),
      .help = "Client certificate." },
    { .key = "grep11connection.tls.keyfile", .type = QK_CONFIG_TEXT, .offset = AT(keyfile), .help = "Its key." },
    { .key = "storage.remotestore.enabled", .type = QK_CONFIG_BOOL, .offset = AT(remotestore), .fallback = "true",
      .help = "Token objects lie in the server's keystores." },
    { .key = "storage.filestore.enabled", .type = QK_CONFIG_BOOL, .offset = AT(filestore), .fallback = "false",
      .help = "Token objects lie in local files." },
    { .key = "storage.filestore.storagepath", .type = QK_CONFIG_TEXT, .offset = AT(storagepath),
      .help = "Folder of these files." },
    { .key = "storage.localpostgres.enabled", .type = QK_CONFIG_BOOL, .offset = AT(localpostgres), .fallback = "false",
      .help = "Token objects lie in a PostgreSQL database." },
    { .key = "storage.localpostgres.connectionstring", .type = QK_CONFIG_TEXT, .offset = AT(connectionstring),
      .help = "How to reach it." },
    USER(0)
    USER(1)
    USER(2)
    /* ours */
    { .key = "grep11connection.connect_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(connect_timeout_ms),
      .fallback = "5000", .min = 1, .max = 3600000, .help = "Longest time for making a connection." },
    { .key = "grep11connection.call_timeout_ms", .type = QK_CONFIG_UINT, .offset = AT(call_timeout_ms),
      .fallback = "60000", .min = 1, .max = 3600000, .help = "Longest time for a call." },
    { .key = "grep11connection.max_idle", .type = QK_CONFIG_UINT, .offset = AT(max_idle), .fallback = "32",
      .max = 10000, .help = "Idle connections that are kept." },
    { .key = "embedded.path", .type = QK_CONFIG_TEXT, .offset = AT(embedded_path),
      .help = "Folder of an embedded token; the user's data folder if empty." },
    { .key = "embedded.policy.weak_wrapping", .type = QK_CONFIG_BOOL, .offset = AT(weak_wrapping), .fallback = "false",
      .help = "A sensitive key may be wrapped under a weaker one (SP 800-57), such as AES-256 under RSA-2048." },
    { .key = "embedded.policy.legacy_mechanisms", .type = QK_CONFIG_BOOL, .offset = AT(legacy), .fallback = "true",
      .help = "Mechanisms for old keys are there: DES, DSA, RSA of X9.31, ... (marked in the table of mechanisms)." },
    { .key = "embedded.policy.hide_values", .type = QK_CONFIG_BOOL, .offset = AT(values_hidden), .fallback = "false",
      .help = "No key's value can be read, not even of keys that are extractable and not sensitive." },
    { .key = "embedded.crypto.lattice", .type = QK_CONFIG_CHOICE, .offset = AT(lattice), .fallback = "own",
      .choices = lattice_choices, .help = "Whose ML-DSA and ML-KEM: Quantoki's own, which are several times faster, or OpenSSL's, from 3.5 on. Keys and "
              "blobs are the same. OpenSSL's for the whole process if any token says so." },
    { .key = "embedded.entropy", .type = QK_CONFIG_MAP, .offset = AT(entropy),
      .help = "Sources of randomness, with the keys of quantokid.yaml's 'entropy'; the first token that has any decides." },
    { .key = "cache_max_age_ms", .type = QK_CONFIG_UINT, .offset = AT(cache_max_age_ms), .fallback = "0",
      .max = 3600000, .help = "As the key of this name outside of tokens, which is the default." },
};
#undef USER
#undef AT
/* clang-format on */

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* Where a complaint about a token begins: "file:line: tokens.N". */
typedef struct where {
    const char *path;
    unsigned line;
    uint64_t slot;
} where;

static qk_err refuse(const where *at, const char *format, ...) QK_PRINTF(2, 3);
static qk_err refuse(const where *at, const char *format, ...)
{
    char words[224];
    va_list args;

    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    return qk_fail(QK_E_CONFIG, "%s:%u: tokens.%ju%s", at->path, at->line, (uintmax_t)at->slot, words);
}

static bool is_given(const char *text)
{
    return text && text[0];
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0 || strcmp(address, "localhost") == 0;
}

static qk_err check_user(const where *at, unsigned index, qk_client_user *user)
{
    if (user->iam.enabled && !is_given(user->iam.endpoint))
        return refuse(at, ".users.%u.iamauth.endpoint is missing; give the URL of the IAM service", index);
    if (is_given(user->tokenspace)) {
        if (qk_uuid_read(user->tokenspace, &user->keystore) != QK_OK)
            return refuse(at, ".users.%u.tokenspaceID: expected a UUID", index);
        user->has_keystore = true;
    }
    return QK_OK;
}

static qk_err check_connection(const where *at, const qk_client_token *token)
{
    if (!is_given(token->address))
        return refuse(at, ": give grep11connection.address of a server, or 'embedded:' for a token without one");
    if (!token->tls && !is_loopback(token->address))
        return refuse(at, ".grep11connection.tls.enabled may be false on a loopback address only, not for %s",
                      token->address);
    if (token->mutual && (!is_given(token->certfile) || !is_given(token->keyfile)))
        return refuse(at, ".grep11connection.tls.mutual needs certfile and keyfile");
    if (token->filestore)
        return refuse(at, ".storage.filestore is not supported yet; use remotestore, or an embedded token");
    if (token->localpostgres)
        return refuse(at, ".storage.localpostgres is not supported yet; use remotestore");
    return QK_OK;
}

static qk_err check_token(const where *at, const qk_config_node *node, qk_client_token *token)
{
    const qk_client_user *normal = &token->users[QK_CLIENT_NORMAL], *anonymous = &token->users[QK_CLIENT_ANONYMOUS];

    for (unsigned i = 0; i < QK_CLIENT_USERS; i++)
        QK_TRY(check_user(at, i, &token->users[i]));
    if (normal->has_keystore && anonymous->has_keystore && qk_uuid_equal(&normal->keystore, &anonymous->keystore))
        return refuse(at,
                      ": users.1 and users.2 have the same tokenspaceID; the private and the public keystore differ");
    if (qk_client_password_read(node, token) != QK_OK)
        return qk_fail_context(QK_E_CONFIG, "%s:%u: tokens.%ju", at->path, at->line, (uintmax_t)at->slot);
    if (token->embedded)
        return is_given(token->address) ? refuse(at, " has both 'embedded' and 'grep11connection'; choose one") : QK_OK;
    return check_connection(at, token);
}

static qk_err read_slot(where *at, const char *key)
{
    char *end;

    if (key[0] < '0' || key[0] > '9' || strlen(key) > 9)
        return qk_fail(QK_E_CONFIG, "%s:%u: tokens.%.40s: expected a slot number", at->path, at->line, key);
    at->slot = strtoull(key, &end, 10);
    if (*end)
        return qk_fail(QK_E_CONFIG, "%s:%u: tokens.%.40s: expected a slot number", at->path, at->line, key);
    return QK_OK;
}

static qk_err read_token(const qk_config *document, const char *key, const qk_config_node *node,
                         const root_record *root, qk_client_token *out)
{
    where at = { .path = qk_config_path(document), .line = qk_config_line(node) };
    qk_client_token token = { 0 };

    QK_TRY(read_slot(&at, key));
    QK_TRY(qk_config_read(document, node, token_rows, COUNT(token_rows), QK_CONFIG_WARN, &token));
    token.slot = at.slot;
    token.embedded = qk_config_get(node, "embedded") != NULL;
    if (!qk_config_get(node, "cache_max_age_ms"))
        token.cache_max_age_ms = root->cache_max_age_ms;
    QK_TRY(check_token(&at, node, &token));
    *out = token;
    return QK_OK;
}

static int by_slot(const void *a, const void *b)
{
    const qk_client_token *left = a, *right = b;
    return (left->slot > right->slot) - (left->slot < right->slot);
}

static size_t count_of(const qk_config_node *map)
{
    size_t count = 0;
    while (qk_config_at(map, count, NULL, NULL))
        count++;
    return count;
}

static qk_err read_tokens(const root_record *root, qk_client_config *config)
{
    size_t count = count_of(root->tokens);
    const qk_config_node *node;
    const char *key;

    if (!count)
        return qk_fail(QK_E_CONFIG, "%s:%u: tokens: expected at least one token", qk_config_path(config->document),
                       qk_config_line(root->tokens));
    config->tokens = calloc(count, sizeof *config->tokens);
    if (!config->tokens)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu tokens", count);
    while (qk_config_at(root->tokens, config->token_count, &key, &node)) {
        QK_TRY(read_token(config->document, key, node, root, &config->tokens[config->token_count]));
        config->token_count++;
    }
    qsort(config->tokens, count, sizeof *config->tokens, by_slot);
    for (size_t i = 1; i < count; i++)
        if (config->tokens[i].slot == config->tokens[i - 1].slot)
            return qk_fail(QK_E_CONFIG, "%s: tokens.%ju stands there twice", qk_config_path(config->document),
                           (uintmax_t)config->tokens[i].slot);
    return QK_OK;
}

/* Takes the document, also on failure. */
static qk_err read_document(qk_config *document, qk_client_config *out)
{
    QK_OWNED(qk_client_config_done) qk_client_config config = QK_CLIENT_CONFIG_NONE;
    root_record root = { 0 };

    config.document = document;
    QK_TRY(qk_config_read(document, qk_config_root(document), root_rows, COUNT(root_rows), QK_CONFIG_WARN, &root));
    config.log_level = root.log_level > QK_LOG_TRACE ? QK_LOG_WARNING : root.log_level; /* "warn" stands last */
    config.log_path = is_given(root.log_path) ? root.log_path : NULL;
    QK_TRY(read_tokens(&root, &config));
    *out = config;
    config = QK_CLIENT_CONFIG_NONE;
    return QK_OK;
}

qk_err qk_client_config_load(const char *path, qk_client_config *out)
{
    qk_config *document = NULL;

    QK_TRY(qk_config_load(path, &document));
    return read_document(document, out);
}

qk_err qk_client_config_parse(const char *name, qk_view text, qk_client_config *out)
{
    qk_config *document = NULL;

    QK_TRY(qk_config_parse(name, text, &document));
    return read_document(document, out);
}

qk_err qk_client_config_default(qk_client_config *out)
{
    qk_client_config config = QK_CLIENT_CONFIG_NONE;

    config.tokens = calloc(1, sizeof *config.tokens);
    if (!config.tokens)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a token");
    config.token_count = 1;
    config.tokens[0].embedded = true;
    config.tokens[0].legacy = true;
    config.tokens[0].cache_max_age_ms = 1000;
    *out = config;
    return QK_OK;
}

void qk_client_config_done(qk_client_config *config)
{
    free(config->tokens);
    qk_config_free(&config->document);
    *config = QK_CLIENT_CONFIG_NONE;
}
