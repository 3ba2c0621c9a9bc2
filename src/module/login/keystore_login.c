/* SPDX-License-Identifier: Apache-2.0 */
#include "module/login/keystore_login.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { WRONG_MS = 10 * 1000 }; /* for so long a password that was wrong is not tried again */

/* An endpoint in front of another. */
typedef struct guarded {
    qk_endpoint base;
    qk_keystore_login *login;
    qk_endpoint *inner;
} guarded;

struct qk_keystore_login {
    guarded in_front_of_hsm, in_front_of_keystore;
    const char *password; /* NULL: none */
    const qk_token *token;
    qk_keystore *keystore;    /* the token's own, behind the guard */
    pthread_mutex_t renewing; /* one log-in at a time; taken before `lock` */
    pthread_rwlock_t lock;    /* for what follows */
    qk_user user;
    unsigned number; /* of the log-in that gave the blobs; rises with each change of user, too */
    qk_secret blobs; /* PIN blobs, one behind the other, the private keystore's first */
    int64_t wrong_until_ms;
};

/* --- logging in --- */

static qk_err ask(const qk_keystore_login *it, const qk_uuid *store, qk_arena *arena, qk_view *out_blob)
{
    Grep11__LoginRequest request = GREP11__LOGIN_REQUEST__INIT;
    char text[QK_UUID_TEXT];
    void *answer;

    qk_uuid_write(store, text);
    request.storeid = qk_message_bytes(qk_view_text(text));
    request.pin = qk_keystore_login_password(it);
    QK_TRY(qk_keystore_call(it->keystore, &(qk_call){ .arena = arena, .strict = true, .deadline = QK_DEADLINE_NEVER },
                            QK_LOGIN, &request.base, &answer));
    *out_blob = qk_message_view(((Grep11__LoginResponse *)answer)->pinblob);
    return QK_OK;
}

/* A keystore that does not exist (C_InitToken will make it), or in which this user has no rights, has nothing for him;
 * what he does there fails by itself. */
static qk_err add(const qk_keystore_login *it, const qk_uuid *store, qk_buf *blobs)
{
    QK_OWNED(qk_arena_done) qk_arena arena;
    qk_view blob;
    qk_err err;

    qk_arena_init(&arena, 0);
    err = ask(it, store, &arena, &blob);
    if (err == QK_E_KEYSTORE_MISSING || err == QK_E_NOT_AUTHORIZED)
        return QK_OK;
    if (err == QK_E_PIN_INCORRECT)
        return qk_fail_context(err, "sessionauth.tokenspaceIDPassword of users 1 and 2: ");
    QK_TRY(err);
    qk_buf_put(blobs, blob);
    return qk_buf_check(blobs);
}

static qk_err ask_all(const qk_keystore_login *it, qk_user user, qk_secret *out_blobs)
{
    QK_OWNED(qk_buf_done) qk_buf blobs = QK_BUF_NONE;

    if (user == QK_USER && it->token->has_private_store)
        QK_TRY(add(it, &it->token->private_store, &blobs));
    if (it->token->has_public_store)
        QK_TRY(add(it, &it->token->public_store, &blobs));
    return qk_secret_copy(qk_buf_view(&blobs), out_blobs);
}

/* Takes the blobs, unless another user has come meanwhile. */
static void take(qk_keystore_login *it, unsigned number, qk_err err, qk_secret *blobs)
{
    pthread_rwlock_wrlock(&it->lock);
    if (it->number == number) {
        it->number++;
        qk_secret_give(blobs, &it->blobs);
        it->wrong_until_ms = err == QK_E_PIN_INCORRECT ? qk_clock_monotonic_ms() + WRONG_MS : 0;
    }
    pthread_rwlock_unlock(&it->lock);
}

static qk_err log_in_anew(qk_keystore_login *it)
{
    QK_OWNED(qk_secret_free) qk_secret blobs = QK_SECRET_NONE;
    unsigned number;
    int64_t wrong_until_ms;
    qk_user user;
    qk_err err;

    pthread_rwlock_rdlock(&it->lock);
    user = it->user;
    number = it->number;
    wrong_until_ms = it->wrong_until_ms;
    pthread_rwlock_unlock(&it->lock);
    if (qk_clock_monotonic_ms() < wrong_until_ms)
        return qk_fail(QK_E_PIN_INCORRECT, "sessionauth.tokenspaceIDPassword of users 1 and 2 was wrong");
    err = ask_all(it, user, &blobs);
    take(it, number, err, &blobs);
    return err;
}

/* --- blobs for calls --- */

/* *out_number names the log-in they are of. `but` is the number of one whose blobs are no longer wanted. */
static qk_err copy(qk_keystore_login *it, const unsigned *but, qk_arena *arena, qk_view *out_blobs,
                   unsigned *out_number)
{
    qk_err err = QK_OK;

    *out_blobs = QK_VIEW_NONE;
    pthread_rwlock_rdlock(&it->lock);
    *out_number = it->number;
    if (it->blobs.len && !(but && *but == it->number))
        err = qk_arena_copy(arena, qk_secret_reveal(&it->blobs), out_blobs);
    pthread_rwlock_unlock(&it->lock);
    return err;
}

static qk_err give_in_turn(qk_keystore_login *it, const unsigned *but, qk_arena *arena, qk_view *out_blobs,
                           unsigned *out_number)
{
    QK_TRY(copy(it, but, arena, out_blobs, out_number)); /* another thread may have been here */
    if (out_blobs->len)
        return QK_OK;
    QK_TRY(log_in_anew(it));
    return copy(it, NULL, arena, out_blobs, out_number);
}

static qk_err give(qk_keystore_login *it, const unsigned *but, qk_arena *arena, qk_view *out_blobs,
                   unsigned *out_number)
{
    qk_err err = copy(it, but, arena, out_blobs, out_number);

    if (err != QK_OK || out_blobs->len)
        return err;
    pthread_mutex_lock(&it->renewing);
    err = give_in_turn(it, but, arena, out_blobs, out_number);
    pthread_mutex_unlock(&it->renewing);
    return err;
}

/* --- the endpoint in front --- */

static qk_err explain(const qk_keystore_login *it, qk_err err)
{
    char words[sizeof qk_failure_last()->words];

    if (err != QK_E_NO_SESSION)
        return err;
    snprintf(words, sizeof words, "%s", qk_err_words(err));
    return qk_fail(QK_E_NOT_LOGGED_IN, "%s%s", words,
                   it->password ? "" : " (sessionauth.enabled and tokenspaceIDPassword of users 1 and 2)");
}

static qk_err perform(qk_endpoint *endpoint, const qk_call *call, const qk_method *method,
                      const ProtobufCMessage *request, void **out_response)
{
    const guarded *g = (guarded *)(void *)endpoint;
    qk_call with = *call;
    unsigned number, again;
    qk_err err;

    if (!g->login->password || (method->flags & QK_METHOD_KEYLESS))
        return explain(g->login, qk_perform(g->inner, call, method, request, out_response));
    QK_TRY(give(g->login, NULL, call->arena, &with.login, &number));
    err = qk_perform(g->inner, &with, method, request, out_response);
    if (err != QK_E_NO_SESSION)
        return err;
    QK_TRY(give(g->login, &number, call->arena, &with.login, &again));
    return explain(g->login, qk_perform(g->inner, &with, method, request, out_response));
}

static void free_inner(qk_endpoint *endpoint)
{
    guarded *g = (guarded *)(void *)endpoint;

    qk_endpoint_free(&g->inner);
}

static void guard(qk_keystore_login *it, guarded *g, qk_endpoint **endpoint)
{
    *g = (guarded){ { perform, free_inner }, it, *endpoint };
    *endpoint = &g->base;
}

void qk_keystore_login_guard(qk_keystore_login *login, qk_token *token)
{
    login->keystore = token->keystore;
    if (token->keystore)
        guard(login, &login->in_front_of_keystore, &token->keystore);
    guard(login, &login->in_front_of_hsm, &token->hsm);
}

/* --- users --- */

static void change_user(qk_keystore_login *it, qk_user user)
{
    pthread_rwlock_wrlock(&it->lock);
    it->user = user;
    it->number++;
    it->wrong_until_ms = 0;
    qk_secret_free(&it->blobs);
    pthread_rwlock_unlock(&it->lock);
}

qk_err qk_keystore_login_begin(qk_keystore_login *login, qk_user user)
{
    qk_err err;

    change_user(login, user);
    if (!login->password)
        return QK_OK;
    pthread_mutex_lock(&login->renewing);
    err = log_in_anew(login);
    pthread_mutex_unlock(&login->renewing);
    if (err != QK_OK)
        change_user(login, QK_NOBODY);
    return err;
}

void qk_keystore_login_end(qk_keystore_login *login)
{
    change_user(login, QK_NOBODY);
}

ProtobufCBinaryData qk_keystore_login_password(const qk_keystore_login *login)
{
    return qk_message_bytes(login->password ? qk_view_text(login->password) : QK_VIEW_NONE);
}

/* --- life --- */

qk_err qk_keystore_login_new(const char *password, const qk_token *token, qk_keystore_login **out_login)
{
    qk_keystore_login *it = calloc(1, sizeof *it);

    if (!it)
        return qk_fail(QK_E_NO_MEMORY, "no memory for log-ins to keystores");
    it->password = password;
    it->token = token;
    pthread_mutex_init(&it->renewing, NULL);
    pthread_rwlock_init(&it->lock, NULL);
    *out_login = it;
    return QK_OK;
}

void qk_keystore_login_free(qk_keystore_login **login)
{
    qk_keystore_login *gone = *login;

    *login = NULL;
    if (!gone)
        return;
    qk_secret_free(&gone->blobs);
    pthread_mutex_destroy(&gone->renewing);
    pthread_rwlock_destroy(&gone->lock);
    free(gone);
}
