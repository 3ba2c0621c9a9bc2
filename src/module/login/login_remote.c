/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in to a remote token: the server does all the work, and bearer tokens (bearer.h) say for whom. */
#include <stdio.h>
#include <stdlib.h>

#include "module/login/bearer.h"
#include "module/login/keystore_login.h"
#include "rpc/client.h"

enum { MAX_ANSWER = 64 * 1024 * 1024 };

typedef struct remote {
    qk_login base;
    qk_token *token;
    qk_rpc_client *client;
    qk_bearers *bearers;
    qk_keystore_login *stores;
} remote;

static remote *of(qk_login *login)
{
    return (remote *)login;
}

/* --- state --- */

static qk_err ready(qk_login *login)
{
    (void)login; /* a server that is down is found out by calls */
    return QK_OK;
}

static const qk_uuid *visible_store(const qk_token *token)
{
    if (token->has_public_store)
        return &token->public_store;
    return token->has_private_store ? &token->private_store : NULL;
}

/* *out_found: whether the keystore that everybody may see exists. */
static qk_err ask_label(remote *r, const qk_uuid *store, bool *out_found, char out_label[QK_LABEL_LEN + 1])
{
    Quantoki__V1__ListKeystoresRequest request = QUANTOKI__V1__LIST_KEYSTORES_REQUEST__INIT;
    Quantoki__V1__ListKeystoresResponse *response;
    ProtobufCBinaryData id = qk_message_bytes(qk_view_of(store->bytes, sizeof store->bytes));
    QK_OWNED(qk_arena_done) qk_arena arena;
    void *answer;

    qk_arena_init(&arena, 0);
    request.ids = &id;
    request.n_ids = 1;
    QK_TRY(qk_keystore_call(r->token->keystore,
                            &(qk_call){ .arena = &arena, .strict = true, .deadline = QK_DEADLINE_NEVER },
                            QK_LIST_KEYSTORES, &request.base, &answer));
    response = answer;
    *out_found = response->n_keystores > 0;
    snprintf(out_label, QK_LABEL_LEN + 1, "%s", *out_found ? response->keystores[0]->label : "");
    return QK_OK;
}

/* The serial number tells tokens apart; the keystore's id does so everywhere. */
static void write_serial(const qk_token *token, char out[17])
{
    const qk_uuid *store = visible_store(token);

    if (store)
        qk_hex_write(qk_view_of(store->bytes, 8), out);
    else
        snprintf(out, 17, "%s", "0000000000000000");
}

static qk_err describe(qk_login *login, qk_token_state *out_state)
{
    remote *r = of(login);
    qk_token_state state = { .initialized = true,
                             .model = "Quantoki",
                             .pin_flags = CKF_USER_PIN_INITIALIZED,
                             .min_pin_len = 1,
                             .max_pin_len = QK_API_KEY_MOST };
    const qk_uuid *store = visible_store(r->token);
    qk_err err = QK_OK;

    write_serial(r->token, state.serial);
    if (store && r->token->keystore)
        err = ask_label(r, store, &state.initialized, state.label);
    if (err != QK_OK && err != QK_E_NOT_AUTHORIZED) /* an anonymous user need not have the right to look */
        return err;
    *out_state = state;
    return QK_OK;
}

/* --- logging in and out --- */

static qk_err log_in(qk_login *login, qk_user user, qk_view pin)
{
    remote *r = of(login);
    qk_err err;

    QK_TRY(qk_bearers_log_in(r->bearers, user, pin));
    err = qk_keystore_login_begin(r->stores, user);
    if (err != QK_OK)
        qk_bearers_log_out(r->bearers);
    return err;
}

static qk_err check_pin(qk_login *login, qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    int64_t life_s;

    return qk_bearers_exchange(of(login)->bearers, user, pin, &token, &life_s);
}

static void log_out(qk_login *login)
{
    qk_keystore_login_end(of(login)->stores);
    qk_bearers_log_out(of(login)->bearers);
}

static qk_err init_pin(qk_login *login, qk_view pin)
{
    (void)login;
    (void)pin;
    return qk_fail(QK_E_NOT_SUPPORTED, "PINs of a remote token are API keys; the IAM service issues them");
}

static qk_err set_pin(qk_login *login, qk_user user, qk_view old_pin, qk_view new_pin)
{
    (void)user;
    (void)old_pin;
    return init_pin(login, new_pin);
}

/* --- initialisation --- */

static qk_err reset_stores(remote *r, const qk_secret *bearer, const char *label)
{
    const qk_token *token = r->token;
    Quantoki__V1__ResetKeystoresRequest request;
    ProtobufCBinaryData ids[2];
    QK_OWNED(qk_arena_done) qk_arena arena;
    char text[QK_LABEL_LEN + 1];
    void *response;

    qk_arena_init(&arena, 0);
    quantoki__v1__reset_keystores_request__init(&request);
    snprintf(text, sizeof text, "%s", label);
    if (token->has_public_store)
        ids[request.n_ids++] = qk_message_bytes(qk_view_of(token->public_store.bytes, 16));
    if (token->has_private_store)
        ids[request.n_ids++] = qk_message_bytes(qk_view_of(token->private_store.bytes, 16));
    request.ids = ids;
    request.label = text;
    request.password = qk_keystore_login_password(r->stores);
    return qk_keystore_call(
        token->keystore,
        &(qk_call){ .arena = &arena, .strict = true, .deadline = QK_DEADLINE_NEVER, .token = qk_secret_reveal(bearer) },
        QK_RESET_KEYSTORES, &request.base, &response);
}

static qk_err init_token(qk_login *login, qk_view so_pin, const char *label)
{
    QK_OWNED(qk_secret_free) qk_secret bearer = QK_SECRET_NONE;
    remote *r = of(login);
    int64_t life_s;

    if (!r->token->keystore || !visible_store(r->token))
        return qk_fail(QK_E_TOKEN_READ_ONLY,
                       "the configuration names no keystore (users.N.tokenspaceID) to initialise");
    QK_TRY(qk_bearers_exchange(r->bearers, QK_SO, so_pin, &bearer, &life_s));
    QK_TRY(reset_stores(r, &bearer, label));
    qk_keystore_login_end(r->stores); /* what it had was of the keystores as they were */
    return QK_OK;
}

/* --- life --- */

static void free_login(qk_login *login)
{
    remote *r = of(login);

    qk_rpc_client_free(&r->client);
    qk_bearers_free(&r->bearers);
    qk_keystore_login_free(&r->stores);
    free(r);
}

static void abandon(qk_login *login)
{
    remote *r = of(login);

    qk_bearers_abandon(r->bearers);
    qk_rpc_client_abandon(&r->client);
}

static qk_err connect_parts(remote *r, const qk_client_token *config)
{
    qk_rpc_options options = { .peer = { .host = config->address,
                                         .port = (uint16_t)config->port,
                                         .tls = config->tls,
                                         .ca_file = config->cacert,
                                         .cert_file = config->mutual ? config->certfile : NULL,
                                         .key_file = config->mutual ? config->keyfile : NULL,
                                         .connect_timeout_ms = (int64_t)config->connect_timeout_ms },
                               .call_timeout_ms = (int64_t)config->call_timeout_ms,
                               .max_idle = config->max_idle,
                               .max_answer = MAX_ANSWER };

    QK_TRY(qk_rpc_client_new(&options, &r->client));
    QK_TRY(qk_endpoint_remote_new(r->client, qk_bearers_give, r->bearers, &r->token->hsm));
    if (config->remotestore)
        QK_TRY(qk_endpoint_remote_new(r->client, qk_bearers_give, r->bearers, &r->token->keystore));
    r->token->public_store = config->users[QK_CLIENT_ANONYMOUS].keystore;
    r->token->has_public_store = config->remotestore && config->users[QK_CLIENT_ANONYMOUS].has_keystore;
    r->token->private_store = config->users[QK_CLIENT_NORMAL].keystore;
    r->token->has_private_store = config->remotestore && config->users[QK_CLIENT_NORMAL].has_keystore;
    qk_keystore_login_guard(r->stores, r->token);
    return QK_OK;
}

qk_err qk_login_remote_new(const qk_client_token *config, qk_token *token, qk_login **out_login)
{
    static const qk_login functions = { .ready = ready,
                                        .describe = describe,
                                        .log_in = log_in,
                                        .check_pin = check_pin,
                                        .log_out = log_out,
                                        .init_token = init_token,
                                        .init_pin = init_pin,
                                        .set_pin = set_pin,
                                        .free = free_login,
                                        .abandon = abandon };
    remote *r = calloc(1, sizeof *r);

    if (!r)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a remote token");
    r->base = functions;
    r->token = token;
    *out_login = &r->base; /* from here on the token frees it */
    QK_TRY(qk_bearers_new(config, &r->bearers));
    QK_TRY(qk_keystore_login_new(config->keystore_password, token, &r->stores));
    return connect_parts(r, config);
}
