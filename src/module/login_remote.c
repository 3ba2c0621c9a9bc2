/* SPDX-License-Identifier: Apache-2.0 */
/* Logging in to a remote token: API keys exchanged for bearer tokens.
 *
 * Calls carry the token of whoever is logged in, else the anonymous user's. A token is renewed a minute before it
 * expires, or when the server says that it is not good any more; hence the API key stays (in a qk_secret) while its
 * user is logged in. A user without iamauth has no token: any PIN will do, and the server relies on client
 * certificates. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "module/iam_client.h"
#include "module/token.h"
#include "rpc/client.h"

enum { RENEW_EARLY_S = 60, MAX_API_KEY = 1024, MAX_ANSWER = 64 * 1024 * 1024 };

/* What a user needs to get a bearer token, and the token. */
typedef struct credential {
    const qk_client_user *config;
    qk_iam_client *iam; /* NULL: this user has no iamauth */
    qk_secret api_key, token;
    int64_t renew_at_ms; /* monotonic */
} credential;

typedef struct remote {
    qk_login base;
    qk_token *token;
    qk_rpc_client *client;
    pthread_mutex_t renewing; /* one exchange at a time; taken before `lock` */
    pthread_rwlock_t lock;    /* guards credentials' keys and tokens, and `current` */
    credential credentials[QK_CLIENT_USERS];
    credential *current;
} remote;

static remote *of(qk_login *login)
{
    return (remote *)login;
}

static credential *credential_of(remote *r, qk_user user)
{
    static const int index[] = {
        [QK_NOBODY] = QK_CLIENT_ANONYMOUS, [QK_USER] = QK_CLIENT_NORMAL, [QK_SO] = QK_CLIENT_SO
    };
    return &r->credentials[index[user]];
}

/* --- bearer tokens --- */

/* A minute before its end, or after half of a short life. */
static int64_t renewal_time(int64_t life_s)
{
    int64_t use_s = life_s - RENEW_EARLY_S;

    return qk_clock_monotonic_ms() + (use_s > life_s / 2 ? use_s * 1000 : life_s * 500);
}

/* Copies a token that is good for a while yet; empty if there is none. */
static qk_err copy_good_token(remote *r, qk_arena *arena, const credential **out_credential, qk_view *out_token)
{
    qk_err err = QK_OK;

    *out_token = QK_VIEW_NONE;
    pthread_rwlock_rdlock(&r->lock);
    *out_credential = r->current;
    if (r->current->token.len && qk_clock_monotonic_ms() < r->current->renew_at_ms)
        err = qk_arena_copy(arena, qk_secret_reveal(&r->current->token), out_token);
    pthread_rwlock_unlock(&r->lock);
    return err;
}

/* Takes the new token, unless another user has logged in meanwhile. */
static qk_err take_token(remote *r, credential *c, qk_secret *token, int64_t life_s, qk_arena *arena,
                         qk_view *out_token)
{
    QK_TRY(qk_arena_copy(arena, qk_secret_reveal(token), out_token));
    pthread_rwlock_wrlock(&r->lock);
    if (r->current == c) {
        qk_secret_give(token, &c->token);
        c->renew_at_ms = renewal_time(life_s);
    }
    pthread_rwlock_unlock(&r->lock);
    return QK_OK;
}

static qk_err exchange_current(remote *r, qk_arena *arena, qk_view *out_token)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, token = QK_SECRET_NONE;
    credential *c;
    int64_t life_s;
    qk_err err;

    pthread_rwlock_rdlock(&r->lock);
    c = r->current;
    err = qk_secret_copy(qk_secret_reveal(&c->api_key), &key);
    pthread_rwlock_unlock(&r->lock);
    QK_TRY(err);
    if (!key.len)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "nobody is logged in, and users.2.iamauth has no apikey");
    err = qk_iam_client_exchange(c->iam, qk_secret_reveal(&key), &token, &life_s);
    if (err == QK_E_PIN_INCORRECT) /* it was right at C_Login, or it stands in the file: no PIN is at stake here */
        return qk_fail_context(QK_E_NOT_AUTHENTICATED, "user %s: ", c->config->name ? c->config->name : "of the token");
    QK_TRY(err);
    return take_token(r, c, &token, life_s, arena, out_token);
}

/* The source of tokens for calls (rpc/client.h). */
static qk_err give_token(void *context, bool renew, qk_arena *arena, qk_view *out_token)
{
    remote *r = context;
    const credential *before, *now;
    qk_view refused;
    qk_err err;

    QK_TRY(copy_good_token(r, arena, &before, &refused));
    *out_token = refused;
    if (!before->iam || (refused.len && !renew))
        return QK_OK;
    pthread_mutex_lock(&r->renewing);
    err = copy_good_token(r, arena, &now, out_token); /* another thread may have been here */
    if (err == QK_OK && (out_token->len == 0 || (now == before && qk_view_equal(*out_token, refused))))
        err = now->iam ? exchange_current(r, arena, out_token) : QK_OK;
    pthread_mutex_unlock(&r->renewing);
    return err;
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
                             .max_pin_len = MAX_API_KEY };
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

static qk_err check_key(qk_view api_key)
{
    if (api_key.len < 1 || api_key.len > MAX_API_KEY)
        return qk_fail(QK_E_PIN_LENGTH, "an API key has 1 to %d characters", MAX_API_KEY);
    return QK_OK;
}

static qk_err exchange(const credential *c, qk_view api_key, qk_secret *out_token, int64_t *out_life_s)
{
    *out_life_s = 0;
    QK_TRY(check_key(api_key));
    return c->iam ? qk_iam_client_exchange(c->iam, api_key, out_token, out_life_s) : QK_OK;
}

static qk_err log_in(qk_login *login, qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, token = QK_SECRET_NONE;
    remote *r = of(login);
    credential *c = credential_of(r, user);
    int64_t life_s;

    QK_TRY(exchange(c, pin, &token, &life_s));
    QK_TRY(qk_secret_copy(pin, &key));
    pthread_rwlock_wrlock(&r->lock);
    qk_secret_give(&key, &c->api_key);
    qk_secret_give(&token, &c->token);
    c->renew_at_ms = renewal_time(life_s);
    r->current = c;
    pthread_rwlock_unlock(&r->lock);
    return QK_OK;
}

static qk_err check_pin(qk_login *login, qk_user user, qk_view pin)
{
    QK_OWNED(qk_secret_free) qk_secret token = QK_SECRET_NONE;
    int64_t life_s;

    return exchange(credential_of(of(login), user), pin, &token, &life_s);
}

static void log_out(qk_login *login)
{
    remote *r = of(login);

    pthread_rwlock_wrlock(&r->lock);
    for (unsigned i = 0; i < QK_CLIENT_ANONYMOUS; i++) {
        qk_secret_free(&r->credentials[i].api_key);
        qk_secret_free(&r->credentials[i].token);
    }
    r->current = credential_of(r, QK_NOBODY);
    pthread_rwlock_unlock(&r->lock);
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

static qk_err reset_stores(qk_token *token, const qk_secret *bearer, const char *label)
{
    Quantoki__V1__ResetKeystoresRequest request = QUANTOKI__V1__RESET_KEYSTORES_REQUEST__INIT;
    ProtobufCBinaryData ids[2];
    QK_OWNED(qk_arena_done) qk_arena arena;
    char text[QK_LABEL_LEN + 1];
    void *response;

    qk_arena_init(&arena, 0);
    snprintf(text, sizeof text, "%s", label);
    if (token->has_public_store)
        ids[request.n_ids++] = qk_message_bytes(qk_view_of(token->public_store.bytes, 16));
    if (token->has_private_store)
        ids[request.n_ids++] = qk_message_bytes(qk_view_of(token->private_store.bytes, 16));
    request.ids = ids;
    request.label = text;
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
    QK_TRY(exchange(credential_of(r, QK_SO), so_pin, &bearer, &life_s));
    return reset_stores(r->token, &bearer, label);
}

/* --- life --- */

static void free_login(qk_login *login)
{
    remote *r = of(login);

    for (unsigned i = 0; i < QK_CLIENT_USERS; i++) {
        qk_secret_free(&r->credentials[i].api_key);
        qk_secret_free(&r->credentials[i].token);
        qk_iam_client_free(&r->credentials[i].iam);
    }
    qk_rpc_client_free(&r->client);
    pthread_mutex_destroy(&r->renewing);
    pthread_rwlock_destroy(&r->lock);
    free(r);
}

static void forget(qk_secret *secret)
{
    if (secret->len)
        explicit_bzero(qk_secret_fill(secret), secret->len);
}

static void abandon(qk_login *login)
{
    remote *r = of(login);

    for (unsigned i = 0; i < QK_CLIENT_USERS; i++) {
        forget(&r->credentials[i].api_key);
        forget(&r->credentials[i].token);
    }
    qk_rpc_client_abandon(&r->client);
}

static qk_err set_credential(credential *c, const qk_client_user *user, const qk_client_token *config)
{
    const char *own_ca = user->iam.cacert && user->iam.cacert[0] ? user->iam.cacert : config->cacert;
    qk_iam_options options = { .endpoint = user->iam.endpoint,
                               .ca_file = own_ca,
                               .connect_timeout_ms = (int64_t)config->connect_timeout_ms,
                               .timeout_ms = (int64_t)config->call_timeout_ms };

    c->config = user;
    return user->iam.enabled ? qk_iam_client_new(&options, &c->iam) : QK_OK;
}

static qk_err set_credentials(remote *r, const qk_client_token *config)
{
    credential *anonymous = credential_of(r, QK_NOBODY);

    for (unsigned i = 0; i < QK_CLIENT_USERS; i++)
        QK_TRY(set_credential(&r->credentials[i], &config->users[i], config));
    r->current = anonymous;
    if (!anonymous->iam || !anonymous->config->iam.apikey) /* without a key every call needs a login */
        return QK_OK;
    return qk_secret_copy(qk_view_text(anonymous->config->iam.apikey), &anonymous->api_key);
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
    QK_TRY(qk_endpoint_remote_new(r->client, give_token, r, &r->token->hsm));
    if (config->remotestore)
        QK_TRY(qk_endpoint_remote_new(r->client, give_token, r, &r->token->keystore));
    r->token->public_store = config->users[QK_CLIENT_ANONYMOUS].keystore;
    r->token->has_public_store = config->remotestore && config->users[QK_CLIENT_ANONYMOUS].has_keystore;
    r->token->private_store = config->users[QK_CLIENT_NORMAL].keystore;
    r->token->has_private_store = config->remotestore && config->users[QK_CLIENT_NORMAL].has_keystore;
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
    pthread_mutex_init(&r->renewing, NULL);
    pthread_rwlock_init(&r->lock, NULL);
    *out_login = &r->base; /* from here on the token frees it */
    QK_TRY(set_credentials(r, config));
    return connect_parts(r, config);
}
