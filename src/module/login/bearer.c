/* SPDX-License-Identifier: Apache-2.0 */
#include "module/login/bearer.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/clock.h"
#include "module/login/iam_client.h"

enum { RENEW_EARLY_S = 60 };

/* What a user needs to get a bearer token, and the token. */
typedef struct credential {
    const qk_client_user *config;
    qk_iam_client *iam; /* NULL: this user has no iamauth */
    qk_secret api_key, token;
    int64_t renew_at_ms; /* monotonic */
} credential;

struct qk_bearers {
    pthread_mutex_t renewing; /* one exchange at a time; taken before `lock` */
    pthread_rwlock_t lock;    /* guards credentials' keys and tokens, and `current` */
    credential credentials[QK_CLIENT_USERS];
    credential *current;
};

static credential *credential_of(qk_bearers *b, qk_user user)
{
    static const int index[] = {
        [QK_NOBODY] = QK_CLIENT_ANONYMOUS, [QK_USER] = QK_CLIENT_NORMAL, [QK_SO] = QK_CLIENT_SO
    };
    return &b->credentials[index[user]];
}

/* --- tokens for calls --- */

/* A minute before its end, or after half of a short life. */
static int64_t renewal_time(int64_t life_s)
{
    int64_t use_s = life_s - RENEW_EARLY_S;

    return qk_clock_monotonic_ms() + (use_s > life_s / 2 ? use_s * 1000 : life_s * 500);
}

/* Copies a token that is good for a while yet; empty if there is none. */
static qk_err copy_good_token(qk_bearers *b, qk_arena *arena, const credential **out_credential, qk_view *out_token)
{
    qk_err err = QK_OK;

    *out_token = QK_VIEW_NONE;
    pthread_rwlock_rdlock(&b->lock);
    *out_credential = b->current;
    if (b->current->token.len && qk_clock_monotonic_ms() < b->current->renew_at_ms)
        err = qk_arena_copy(arena, qk_secret_reveal(&b->current->token), out_token);
    pthread_rwlock_unlock(&b->lock);
    return err;
}

/* Takes the new token, unless another user has logged in meanwhile. */
static qk_err take_token(qk_bearers *b, credential *c, qk_secret *token, int64_t life_s, qk_arena *arena,
                         qk_view *out_token)
{
    QK_TRY(qk_arena_copy(arena, qk_secret_reveal(token), out_token));
    pthread_rwlock_wrlock(&b->lock);
    if (b->current == c) {
        qk_secret_give(token, &c->token);
        c->renew_at_ms = renewal_time(life_s);
    }
    pthread_rwlock_unlock(&b->lock);
    return QK_OK;
}

static qk_err copy_current_key(qk_bearers *b, credential **out_credential, qk_secret *out_key)
{
    qk_err err;

    pthread_rwlock_rdlock(&b->lock);
    *out_credential = b->current;
    err = qk_secret_copy(qk_secret_reveal(&b->current->api_key), out_key);
    pthread_rwlock_unlock(&b->lock);
    QK_TRY(err);
    if (!out_key->len)
        return qk_fail(QK_E_NOT_AUTHENTICATED, "nobody is logged in, and users.2.iamauth has no apikey");
    return QK_OK;
}

static qk_err exchange_current(qk_bearers *b, qk_arena *arena, qk_view *out_token)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, token = QK_SECRET_NONE;
    credential *c;
    int64_t life_s;
    qk_err err;

    QK_TRY(copy_current_key(b, &c, &key));
    err = qk_iam_client_exchange(c->iam, qk_secret_reveal(&key), &token, &life_s);
    if (err == QK_E_PIN_INCORRECT) /* it was right at C_Login, or it stands in the file: no PIN is at stake here */
        return qk_fail_context(QK_E_NOT_AUTHENTICATED, "user %s: ", c->config->name ? c->config->name : "of the token");
    QK_TRY(err);
    return take_token(b, c, &token, life_s, arena, out_token);
}

qk_err qk_bearers_give(void *bearers, bool renew, qk_arena *arena, qk_view *out_token)
{
    qk_bearers *b = bearers;
    const credential *before, *now;
    qk_view refused;
    qk_err err;

    QK_TRY(copy_good_token(b, arena, &before, &refused));
    *out_token = refused;
    if (!before->iam || (refused.len && !renew))
        return QK_OK;
    pthread_mutex_lock(&b->renewing);
    err = copy_good_token(b, arena, &now, out_token); /* another thread may have been here */
    if (err == QK_OK && (out_token->len == 0 || (now == before && qk_view_equal(*out_token, refused))))
        err = now->iam ? exchange_current(b, arena, out_token) : QK_OK;
    pthread_mutex_unlock(&b->renewing);
    return err;
}

/* --- logging in and out --- */

qk_err qk_bearers_exchange(qk_bearers *bearers, qk_user user, qk_view api_key, qk_secret *out_token,
                           int64_t *out_life_s)
{
    const credential *c = credential_of(bearers, user);

    *out_life_s = 0;
    if (api_key.len < 1 || api_key.len > QK_API_KEY_MOST)
        return qk_fail(QK_E_PIN_LENGTH, "an API key has 1 to %d characters", QK_API_KEY_MOST);
    return c->iam ? qk_iam_client_exchange(c->iam, api_key, out_token, out_life_s) : QK_OK;
}

qk_err qk_bearers_log_in(qk_bearers *bearers, qk_user user, qk_view api_key)
{
    QK_OWNED(qk_secret_free) qk_secret key = QK_SECRET_NONE, token = QK_SECRET_NONE;
    credential *c = credential_of(bearers, user);
    int64_t life_s;

    QK_TRY(qk_bearers_exchange(bearers, user, api_key, &token, &life_s));
    QK_TRY(qk_secret_copy(api_key, &key));
    pthread_rwlock_wrlock(&bearers->lock);
    qk_secret_give(&key, &c->api_key);
    qk_secret_give(&token, &c->token);
    c->renew_at_ms = renewal_time(life_s);
    bearers->current = c;
    pthread_rwlock_unlock(&bearers->lock);
    return QK_OK;
}

void qk_bearers_log_out(qk_bearers *bearers)
{
    pthread_rwlock_wrlock(&bearers->lock);
    for (unsigned i = 0; i < QK_CLIENT_ANONYMOUS; i++) {
        qk_secret_free(&bearers->credentials[i].api_key);
        qk_secret_free(&bearers->credentials[i].token);
    }
    bearers->current = credential_of(bearers, QK_NOBODY);
    pthread_rwlock_unlock(&bearers->lock);
}

/* --- life --- */

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

static qk_err set_credentials(qk_bearers *b, const qk_client_token *config)
{
    credential *anonymous = credential_of(b, QK_NOBODY);

    for (unsigned i = 0; i < QK_CLIENT_USERS; i++)
        QK_TRY(set_credential(&b->credentials[i], &config->users[i], config));
    b->current = anonymous;
    if (!anonymous->iam || !anonymous->config->iam.apikey) /* without a key every call needs a login */
        return QK_OK;
    return qk_secret_copy(qk_view_text(anonymous->config->iam.apikey), &anonymous->api_key);
}

qk_err qk_bearers_new(const qk_client_token *config, qk_bearers **out_bearers)
{
    QK_OWNED(qk_bearers_free) qk_bearers *bearers = calloc(1, sizeof *bearers);

    if (!bearers)
        return qk_fail(QK_E_NO_MEMORY, "no memory for bearer tokens");
    pthread_mutex_init(&bearers->renewing, NULL);
    pthread_rwlock_init(&bearers->lock, NULL);
    QK_TRY(set_credentials(bearers, config));
    *out_bearers = bearers;
    bearers = NULL;
    return QK_OK;
}

void qk_bearers_free(qk_bearers **bearers)
{
    qk_bearers *gone = *bearers;

    *bearers = NULL;
    if (!gone)
        return;
    for (unsigned i = 0; i < QK_CLIENT_USERS; i++) {
        qk_secret_free(&gone->credentials[i].api_key);
        qk_secret_free(&gone->credentials[i].token);
        qk_iam_client_free(&gone->credentials[i].iam);
    }
    pthread_mutex_destroy(&gone->renewing);
    pthread_rwlock_destroy(&gone->lock);
    free(gone);
}

static void forget(qk_secret *secret)
{
    if (secret->len)
        explicit_bzero(qk_secret_fill(secret), secret->len);
}

void qk_bearers_abandon(qk_bearers *bearers)
{
    for (unsigned i = 0; bearers && i < QK_CLIENT_USERS; i++) {
        forget(&bearers->credentials[i].api_key);
        forget(&bearers->credentials[i].token);
    }
}
