/* SPDX-License-Identifier: Apache-2.0 */
/* quantoki init: a complete working instance in one command, for trying out and for production alike. Everything it
 * makes can be replaced by the operator's own. */
#include <argp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/init/init_plan.h"
#include "cli/cli.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "entropy/random.h"
#include "server/instance.h"

enum { OPTION_GRPC_PORT = 256, OPTION_HTTPS_PORT, OPTION_HOST, OPTION_LISTEN };

static char token_label[] = QK_INIT_TOKEN_LABEL; /* messages take it without const, and do not write */

/* ---- files of the instance ---- */

static qk_err make_folders(qk_init_plan *plan)
{
    static const char *const names[] = { "api-keys", "tls" };
    char path[PATH_MAX];

    QK_TRY(qk_folder_make(plan->dir, 0700));
    if (!realpath(plan->dir, plan->root))
        return qk_fail(QK_E_SYSTEM, "%s cannot be reached", plan->dir);
    QK_TRY(qk_init_path(plan, "quantokid.yaml", path));
    if (qk_file_exists(path))
        return qk_fail(QK_E_CONFIG, "%s exists: there is an instance in this folder already; choose another --dir",
                       path);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        QK_TRY(qk_init_path(plan, names[i], path));
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

static qk_err make_user(const qk_init_plan *plan, qk_iam *iam, const user_row *user, qk_buf *out_anonymous_key)
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
    QK_TRY(give_roles(iam, user->name, user->in_public, 1, &plan->public_keystore));
    QK_TRY(qk_iam_api_key_create(iam, &key, &api_key));
    qk_buf_put(&line, qk_secret_reveal(&api_key));
    if (user->in_public[0]) /* the anonymous key stands in the clients' configuration */
        qk_buf_put(out_anonymous_key, qk_buf_view(&line));
    qk_buf_put_text(&line, "\n");
    QK_TRY(qk_buf_check(&line));
    snprintf(name, sizeof name, "api-keys/%s", user->name);
    return qk_init_create(plan, name, 0600, qk_buf_view(&line));
}

/* A first token of the REST API, at the original service's rate. */
static qk_err make_entropy_token(const qk_init_plan *plan, qk_tokens *tokens)
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
    return qk_init_create(plan, "api-keys/entropy", 0600, qk_buf_view(&line));
}

static qk_err initialize_token(qk_init_plan *plan, qk_keystore *keystore)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_call call = { .arena = &arena, .deadline = QK_DEADLINE_NEVER };
    Quantoki__V1__ResetKeystoresRequest request;
    ProtobufCBinaryData ids[] = {
        qk_message_bytes(qk_view_of(plan->private_keystore.bytes, 16)),
        qk_message_bytes(qk_view_of(plan->public_keystore.bytes, 16)),
    };
    void *response;

    qk_arena_init(&arena, 0);
    quantoki__v1__reset_keystores_request__init(&request);
    request.n_ids = 2;
    request.ids = ids;
    request.label = token_label;
    return qk_keystore_call(keystore, &call, QK_RESET_KEYSTORES, &request.base, &response);
}

static qk_err fill_database(qk_init_plan *plan, qk_buf *out_anonymous_key)
{
    QK_OWNED(qk_instance_close) qk_instance instance = QK_INSTANCE_NONE;
    QK_OWNED(qk_secret_free) qk_secret master_key = QK_SECRET_NONE;
    char database[PATH_MAX], master_key_path[PATH_MAX];

    QK_TRY(qk_init_path(plan, "quantoki.db", database));
    QK_TRY(qk_init_path(plan, "master-key", master_key_path));
    QK_TRY(qk_random_uuid(&plan->private_keystore));
    QK_TRY(qk_random_uuid(&plan->public_keystore));
    QK_TRY(qk_master_key_create(master_key_path, &master_key));
    QK_TRY(qk_instance_open(database, master_key_path, &(qk_hsm_options){ .cache_keys = 16 }, &instance));
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++)
        QK_TRY(make_user(plan, instance.iam, &users[i], out_anonymous_key));
    QK_TRY(make_entropy_token(plan, instance.tokens));
    return initialize_token(plan, instance.keystore);
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
    qk_init_plan *plan = state->input;

    switch (key) {
    case 'd':
        plan->dir = value;
        return 0;
    case OPTION_GRPC_PORT:
        plan->grpc_port = read_port(value, state);
        return 0;
    case OPTION_HTTPS_PORT:
        plan->https_port = read_port(value, state);
        return 0;
    case OPTION_LISTEN:
        plan->listen = value;
        return 0;
    case OPTION_HOST:
        if (plan->host_count == QK_INIT_HOSTS)
            argp_error(state, "at most %d --host", QK_INIT_HOSTS);
        plan->hosts[plan->host_count++] = value;
        return 0;
    case ARGP_KEY_END:
        if (!plan->dir)
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

static qk_err make_instance(qk_init_plan *plan)
{
    QK_OWNED(qk_buf_done) qk_buf anonymous_key = QK_BUF_NONE;

    QK_TRY(make_folders(plan));
    QK_TRY(fill_database(plan, &anonymous_key));
    QK_TRY(qk_init_write_certificates(plan));
    QK_TRY(qk_init_write_client_config(plan, qk_buf_view(&anonymous_key)));
    return qk_init_write_server_config(plan);
}

qk_err qk_command_init(int argc, char **argv)
{
    qk_init_plan plan = { .grpc_port = 9876, .https_port = 9443, .listen = "127.0.0.1" };
    qk_err err;

    argp_parse(&parser, argc, argv, 0, NULL, &plan);
    QK_TRY(qk_crypto_start());
    QK_TRY(qk_entropy_start(NULL));
    err = make_instance(&plan);
    qk_entropy_stop();
    qk_crypto_stop();
    if (err == QK_OK)
        qk_init_tell(&plan);
    return err;
}
