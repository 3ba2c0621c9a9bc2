/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki init: a complete working instance in one command, for trying out and for production alike. Everything it
 * makes can be replaced by the operator's own. */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/certificate.h"
#include "cli/cli.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "entropy/random.h"
#include "server/instance.h"

enum { MAX_HOSTS = 32, OPTION_GRPC_PORT = 256, OPTION_HTTPS_PORT, OPTION_HOST, OPTION_LISTEN };

static char token_label[] = "quantoki"; /* messages take it without const, and do not write */

typedef struct plan {
    const char *dir;
    unsigned grpc_port, https_port;
    const char *listen;
    const char *hosts[MAX_HOSTS];
    size_t host_count;
    char root[PATH_MAX]; /* dir, absolute */
    char host_name[HOST_NAME_MAX + 1];
    qk_uuid private_keystore, public_keystore;
} plan;

/* ---- files of the instance ---- */

static qk_err path_of(const plan *plan_, const char *name, char out[PATH_MAX])
{
    if (snprintf(out, PATH_MAX, "%s/%s", plan_->root, name) >= PATH_MAX)
        return qk_fail(QK_E_BAD_ARGUMENT, "the path %s/%s is too long", plan_->root, name);
    return QK_OK;
}

static qk_err create(const plan *plan_, const char *name, unsigned mode, qk_view content)
{
    char path[PATH_MAX];

    QK_TRY(path_of(plan_, name, path));
    return qk_file_create(path, mode, content);
}

static qk_err make_folders(plan *plan_)
{
    static const char *const names[] = { "api-keys", "tls" };
    char path[PATH_MAX];

    QK_TRY(qk_folder_make(plan_->dir, 0700));
    if (!realpath(plan_->dir, plan_->root))
        return qk_fail(QK_E_SYSTEM, "%s cannot be reached", plan_->dir);
    QK_TRY(path_of(plan_, "quantokid.yaml", path));
    if (qk_file_exists(path))
        return qk_fail(QK_E_CONFIG, "%s exists: there is an instance in this folder already; choose another --dir",
                       path);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        QK_TRY(path_of(plan_, names[i], path));
        QK_TRY(qk_folder_make(path, 0700));
    }
    return QK_OK;
}

/* ---- identities, API keys, keystores ---- */

typedef struct user_row {
    const char *name, *description;
    const char *roles[3];     /* on the instance */
    const char *in_public[1]; /* in the public keystore */
} user_row;

/* Source: the roles of the three user types, IAM page, section 2.1. */
static const user_row users[] = {
    { "so", "Security officer", { "CryptoOperator", "KeyOperator", "KeystoreOperator" }, { NULL } },
    { "user", "Normal user", { "CryptoOperator", "KeyOperator" }, { NULL } },
    { "anonymous", "Anonymous user", { "CryptoOperator" }, { "KeyOperator" } },
};

static qk_err give_roles(qk_iam *iam, const char *name, const char *const *roles, size_t most, const qk_uuid *keystore)
{
    qk_iam_policy policy = { .resource = keystore ? QK_RESOURCE_KEYSTORE : QK_RESOURCE_INSTANCE };
    qk_uuid id;

    snprintf(policy.identity, sizeof policy.identity, "%s", name);
    if (keystore)
        policy.keystore = *keystore;
    for (size_t i = 0; i < most && roles[i]; i++)
        snprintf(policy.roles[policy.role_count++], sizeof policy.roles[0], "%s", roles[i]);
    return policy.role_count ? qk_iam_policy_create(iam, &policy, &id) : QK_OK;
}

static qk_err make_user(const plan *plan_, qk_iam *iam, const user_row *user, qk_buf *out_anonymous_key)
{
    QK_OWNED(qk_secret_free) qk_secret api_key = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf line = QK_BUF_NONE;
    qk_iam_identity identity = { .kind = QK_SERVICE_ID };
    qk_iam_api_key key = { .name = "first", .description = "made by quantoki init" };
    char name[64];

    snprintf(identity.name, sizeof identity.name, "%s", user->name);
    snprintf(identity.description, sizeof identity.description, "%s", user->description);
    snprintf(key.identity, sizeof key.identity, "%s", user->name);
    QK_TRY(qk_iam_identity_create(iam, &identity));
    QK_TRY(give_roles(iam, user->name, user->roles, 3, NULL));
    QK_TRY(give_roles(iam, user->name, user->in_public, 1, &plan_->public_keystore));
    QK_TRY(qk_iam_api_key_create(iam, &key, &api_key));
    qk_buf_put(&line, qk_secret_reveal(&api_key));
    if (user->in_public[0]) /* the anonymous key stands in the clients' configuration */
        qk_buf_put(out_anonymous_key, qk_buf_view(&line));
    qk_buf_put_text(&line, "\n");
    QK_TRY(qk_buf_check(&line));
    snprintf(name, sizeof name, "api-keys/%s", user->name);
    return create(plan_, name, 0600, qk_buf_view(&line));
}

/* A first token of the REST API, at the original service's rate. */
static qk_err make_entropy_token(const plan *plan_, qk_tokens *tokens)
{
    static const qk_token_record record = {
        .name = "first", .scopes = QK_SCOPE_ENTROPY | QK_SCOPE_METRICS, .rate_requests = 30, .rate_seconds = 10
    };
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    QK_OWNED(qk_buf_done) qk_buf line = QK_BUF_NONE;

    QK_TRY(qk_tokens_create(tokens, &record, &token));
    qk_buf_put(&line, qk_secret_reveal(&token));
    qk_buf_put_text(&line, "\n");
    QK_TRY(qk_buf_check(&line));
    return create(plan_, "api-keys/entropy", 0600, qk_buf_view(&line));
}

static qk_err initialize_token(plan *plan_, qk_keystore *keystore)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call call = { .arena = &arena, .deadline = QK_DEADLINE_NEVER };
    Quantoki__V1__ResetKeystoresRequest request;
    ProtobufCBinaryData ids[] = {
        qk_message_bytes(qk_view_of(plan_->private_keystore.bytes, 16)),
        qk_message_bytes(qk_view_of(plan_->public_keystore.bytes, 16)),
    };
    void *response;

    qk_arena_init(&arena, 0);
    quantoki__v1__reset_keystores_request__init(&request);
    request.n_ids = 2;
    request.ids = ids;
    request.label = token_label;
    return qk_keystore_call(keystore, &call, QK_RESET_KEYSTORES, &request.base, &response);
}

static qk_err fill_database(plan *plan_, qk_buf *out_anonymous_key)
{
    QK_OWNED(qk_instance_close) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;
    char database[PATH_MAX], master_key_path[PATH_MAX];

    QK_TRY(path_of(plan_, "quantoki.db", database));
    QK_TRY(path_of(plan_, "master-key", master_key_path));
    QK_TRY(qk_random_uuid(&plan_->private_keystore));
    QK_TRY(qk_random_uuid(&plan_->public_keystore));
    QK_TRY(qk_master_key_create(master_key_path, &master_key));
    QK_TRY(qk_instance_open(database, master_key_path, &(qk_hsm_options){ .cache_keys = 16 }, &instance));
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        QK_TRY(make_user(plan_, instance.iam, &users[i], out_anonymous_key));
    QK_TRY(make_entropy_token(plan_, instance.tokens));
    return initialize_token(plan_, instance.keystore);
}

/* ---- certificates and configuration ---- */

static qk_err write_certificates(plan *plan_)
{
    QK_OWNED(qk_certificates_done)
    qk_certificates certificates = { QK_BUF_NONE, QK_BUF_NONE, QK_BUF_NONE, QK_BUF_NONE };
    const char *names[MAX_HOSTS + 4];
    size_t count = 0;

    for (size_t i = 0; i < plan_->host_count; i++)
        names[count++] = plan_->hosts[i];
    names[count++] = "localhost";
    names[count++] = "127.0.0.1";
    names[count++] = "::1";
    if (gethostname(plan_->host_name, sizeof plan_->host_name - 1) == 0 && plan_->host_name[0] &&
        strcmp(plan_->host_name, "localhost") != 0)
        names[count++] = plan_->host_name;
    QK_TRY(qk_certificates_make(names, count, &certificates));
    QK_TRY(create(plan_, "ca.pem", 0644, qk_buf_view(&certificates.ca)));
    QK_TRY(create(plan_, "tls/ca.key", 0600, qk_buf_view(&certificates.ca_key)));
    QK_TRY(create(plan_, "tls/server.pem", 0644, qk_buf_view(&certificates.server)));
    return create(plan_, "tls/server.key", 0600, qk_buf_view(&certificates.server_key));
}

static void put_entropy_example(qk_buf *out)
{
    qk_buf_put_text(out, "entropy:\n"
                         "  sources: # in the order of their priority; docs/entropy.md says more\n"
                         "    # A quantum device with a node under /dev, or a FIFO that a helper program fills:\n"
                         "    # - name: quantis0\n"
                         "    #   driver: device\n"
                         "    #   kind: quantum\n"
                         "    #   path: /dev/qrandom0\n"
                         "    #   rate: 500000 # samples (bytes) per second, as its maker says\n"
                         "    # A USB generator on a serial line:\n"
                         "    # - name: usb0\n"
                         "    #   driver: device\n"
                         "    #   kind: physical\n"
                         "    #   path: /dev/ttyACM0\n"
                         "    #   rate: 50000\n"
                         "    # Another entropy service:\n"
                         "    # - name: upstream\n"
                         "    #   driver: upstream\n"
                         "    #   url: \"https://entropy.example\"\n"
                         "    #   token_file: \"/etc/quantoki/upstream-token\"\n");
}

/* The default sources, spelled out as this machine has them. */
static qk_err put_entropy(qk_buf *out)
{
    qk_entropy_config config;

    QK_TRY(qk_entropy_config_read(NULL, NULL, &config));
    put_entropy_example(out);
    for (size_t i = 0; i < config.source_count; i++)
        qk_buf_printf(out, "    - name: %s\n      driver: %s\n", config.sources[i].name, config.sources[i].name);
    qk_entropy_config_done(&config);
    return QK_OK;
}

static qk_err write_server_config(const plan *plan_)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;

    qk_buf_printf(&text,
                  "# Configuration of quantokid, made by 'quantoki init'. docs/configuration.md explains every key.\n"
                  "grpc:\n"
                  "  address: \"%s\"\n"
                  "  port: %u\n"
                  "  certificate: \"%s/tls/server.pem\"\n"
                  "  key: \"%s/tls/server.key\"\n"
                  "https:\n"
                  "  address: \"%s\"\n"
                  "  port: %u\n"
                  "database:\n"
                  "  sqlite: \"%s/quantoki.db\"\n"
                  "master_key:\n"
                  "  file: \"%s/master-key\"\n"
                  "logging:\n"
                  "  level: info\n",
                  plan_->listen, plan_->grpc_port, plan_->root, plan_->root, plan_->listen, plan_->https_port,
                  plan_->root, plan_->root);
    QK_TRY(put_entropy(&text));
    QK_TRY(qk_buf_check(&text));
    return create(plan_, "quantokid.yaml", 0600, qk_buf_view(&text));
}

static qk_err write_client_config(const plan *plan_, qk_view anonymous_key)
{
    QK_OWNED(qk_buf_done) qk_buf text = QK_BUF_NONE;
    const char *host = plan_->host_count ? plan_->hosts[0] : "127.0.0.1";
    const char *bracket[2] = { strchr(host, ':') ? "[" : "", strchr(host, ':') ? "]" : "" };
    char private_keystore[QK_UUID_TEXT], public_keystore[QK_UUID_TEXT];

    qk_uuid_write(&plan_->private_keystore, private_keystore);
    qk_uuid_write(&plan_->public_keystore, public_keystore);
    qk_buf_printf(&text,
                  "# Configuration of libquantoki.so for this instance, made by 'quantoki init'.\n"
                  "# Applications find it through EP11CLIENT_CFG=<this file>.\n"
                  "iamcredentialtemplate: &iam\n"
                  "  enabled: true\n"
                  "  endpoint: \"https://%s%s%s:%u\"\n"
                  "tokens:\n"
                  "  0:\n"
                  "    grep11connection:\n"
                  "      address: \"%s\"\n"
                  "      port: \"%u\"\n"
                  "      tls:\n"
                  "        enabled: true\n"
                  "        mutual: false\n"
                  "        cacert: \"%s/ca.pem\"\n"
                  "        certfile:\n"
                  "        keyfile:\n"
                  "    storage:\n"
                  "      remotestore:\n"
                  "        enabled: true\n"
                  "    users:\n"
                  "      0: # security officer\n"
                  "        name: \"SO User\"\n"
                  "        iamauth: *iam\n"
                  "      1: # normal user\n"
                  "        name: \"Normal User\"\n"
                  "        tokenspaceID: \"%s\"\n"
                  "        iamauth: *iam\n"
                  "      2: # anonymous user\n"
                  "        name: \"Anonymous\"\n"
                  "        tokenspaceID: \"%s\"\n"
                  "        iamauth:\n"
                  "          <<: *iam\n"
                  "          apikey: \"%.*s\"\n"
                  "logging:\n"
                  "  loglevel: warning\n"
                  "  logpath:\n",
                  bracket[0], host, bracket[1], plan_->https_port, host, plan_->grpc_port, plan_->root,
                  private_keystore, public_keystore, (int)anonymous_key.len, (const char *)anonymous_key.data);
    QK_TRY(qk_buf_check(&text));
    return create(plan_, "grep11client.yaml", 0600, qk_buf_view(&text));
}

static void tell(const plan *plan_)
{
    printf("A new instance is in %s:\n"
           "  quantokid.yaml     configuration of the server\n"
           "  grep11client.yaml  configuration of applications, with the anonymous user's API key\n"
           "  api-keys/          API keys (PINs): so, user, anonymous; entropy: a token of the REST API\n"
           "  ca.pem, tls/       certificates for %s and this host\n"
           "  master-key         protects every key; keep a copy in a safe place\n"
           "  quantoki.db        keystores and identities; the token is initialised, its label is '%s'\n\n"
           "Start it:  quantokid --config %s/quantokid.yaml\n"
           "Use it:    export EP11CLIENT_CFG=%s/grep11client.yaml\n"
           "           pkcs11-tool --module libquantoki.so --login --pin \"$(cat %s/api-keys/user)\" --list-objects\n"
           "           curl --cacert %s/ca.pem -H \"Authorization: Bearer $(cat %s/api-keys/entropy)\" \\\n"
           "               \"https://127.0.0.1:%u/api/v1/quantum-entropy?size=1\"\n"
           "See it:    https://127.0.0.1:%u/ is the status page of its entropy service\n",
           plan_->root, plan_->host_count ? plan_->hosts[0] : "localhost", token_label, plan_->root, plan_->root,
           plan_->root, plan_->root, plan_->root, plan_->https_port, plan_->https_port);
}

/* ---- the command ---- */

static const struct argp_option options[] = {
    { "dir", 'd', "FOLDER", 0, "Where the instance goes; made if it does not exist", 0 },
    { "grpc-port", OPTION_GRPC_PORT, "N", 0, "Port of the gRPC listener (default: 9876)", 0 },
    { "https-port", OPTION_HTTPS_PORT, "N", 0, "Port of the HTTPS listener (default: 9443)", 0 },
    { "host", OPTION_HOST, "NAME", 0,
      "Name or address that clients use for the server; may be given several times, the first goes into "
      "grep11client.yaml (default: 127.0.0.1)",
      0 },
    { "listen", OPTION_LISTEN, "ADDRESS", 0, "Address the listeners bind to (default: 127.0.0.1)", 0 },
    { 0 },
};

static unsigned read_port(const char *text, struct argp_state *state)
{
    char *end;
    unsigned long port = strtoul(text, &end, 10);

    if (*end || end == text || port == 0 || port > 65535)
        argp_error(state, "'%s' is not a port", text);
    return (unsigned)port;
}

static error_t parse_option(int key, char *value, struct argp_state *state)
{
    plan *plan_ = state->input;

    switch (key) {
    case 'd':
        plan_->dir = value;
        return 0;
    case OPTION_GRPC_PORT:
        plan_->grpc_port = read_port(value, state);
        return 0;
    case OPTION_HTTPS_PORT:
        plan_->https_port = read_port(value, state);
        return 0;
    case OPTION_LISTEN:
        plan_->listen = value;
        return 0;
    case OPTION_HOST:
        if (plan_->host_count == MAX_HOSTS)
            argp_error(state, "at most %d --host", MAX_HOSTS);
        plan_->hosts[plan_->host_count++] = value;
        return 0;
    case ARGP_KEY_END:
        if (!plan_->dir)
            argp_error(state, "--dir FOLDER is missing: where shall the instance go?");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp parser = {
    .options = options,
    .parser = parse_option,
    .doc = "Makes a complete instance: certificate authority and server certificate, master key, keystores with an "
           "initialised token, API keys for security officer, normal and anonymous user, and the configuration of "
           "server and applications.",
};

static qk_err make_instance(plan *plan_)
{
    QK_OWNED(qk_buf_done) qk_buf anonymous_key = QK_BUF_NONE;

    QK_TRY(make_folders(plan_));
    QK_TRY(fill_database(plan_, &anonymous_key));
    QK_TRY(write_certificates(plan_));
    QK_TRY(write_client_config(plan_, qk_buf_view(&anonymous_key)));
    return write_server_config(plan_);
}

qk_err qk_command_init(int argc, char **argv)
{
    plan plan_ = { .grpc_port = 9876, .https_port = 9443, .listen = "127.0.0.1" };
    qk_err err;

    argp_parse(&parser, argc, argv, 0, NULL, &plan_);
    QK_TRY(qk_crypto_start());
    QK_TRY(qk_entropy_start(NULL));
    err = make_instance(&plan_);
    qk_entropy_stop();
    qk_crypto_stop();
    if (err == QK_OK)
        tell(&plan_);
    return err;
}
