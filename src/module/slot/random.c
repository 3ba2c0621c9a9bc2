/* SPDX-License-Identifier: Apache-2.0 */
#include "module/slot/random.h"

#include "entropy/random.h"
#include "module/slot/session.h"

enum { POOL = 4096, LARGE = POOL / 2, MESSAGE = 512 * 1024 }; /* servers give at most a million bytes at once */

void qk_random_pool_init(qk_random_pool *pool)
{
    pthread_mutex_init(&pool->lock, NULL);
    pool->bytes = QK_SECRET_NONE;
    pool->used = 0;
}

void qk_random_pool_done(qk_random_pool *pool)
{
    qk_secret_free(&pool->bytes);
    pthread_mutex_destroy(&pool->lock);
}

/* --- from the server --- */

static qk_err ask(qk_session *session, size_t len, qk_view *out)
{
    Grep11__GenerateRandomRequest request = GREP11__GENERATE_RANDOM_REQUEST__INIT;
    qk_call call = qk_session_call(session, false);
    void *answer;

    request.len = len;
    QK_TRY(qk_session_hsm(session, &call, QK_GENERATE_RANDOM, &request.base, &answer));
    *out = qk_message_view(((Grep11__GenerateRandomResponse *)answer)->rnd);
    if (out->len != len)
        return qk_fail(QK_E_PROTOCOL, "the server gave %zu random bytes, not %zu", out->len, len);
    return QK_OK;
}

static qk_err fetch(qk_session *session, uint8_t *place, size_t len)
{
    while (len) {
        size_t part = len < MESSAGE ? len : MESSAGE;
        qk_view bytes;
        QK_TRY(ask(session, part, &bytes));
        memcpy(place, bytes.data, part);
        qk_arena_reset(&session->arena); /* wipes what was served */
        place += part;
        len -= part;
    }
    return QK_OK;
}

/* Each byte is served once. */
static size_t serve(qk_random_pool *pool, uint8_t *place, size_t len)
{
    size_t rest = pool->bytes.len - pool->used, part = len < rest ? len : rest;
    uint8_t *from = qk_secret_fill(&pool->bytes) + pool->used;

    if (!part)
        return 0;
    memcpy(place, from, part);
    explicit_bzero(from, part);
    pool->used += part;
    return part;
}

static qk_err fill_locked(qk_session *session, qk_random_pool *pool)
{
    if (!pool->bytes.len) {
        QK_TRY(qk_secret_new(POOL, &pool->bytes));
        pool->used = POOL; /* nothing in it yet */
    }
    QK_TRY(fetch(session, qk_secret_fill(&pool->bytes), POOL));
    pool->used = 0;
    return QK_OK;
}

static qk_err take_locked(qk_session *session, qk_random_pool *pool, uint8_t *place, size_t len)
{
    size_t done = serve(pool, place, len);

    if (done == len)
        return QK_OK;
    QK_TRY(fill_locked(session, pool));
    serve(pool, place + done, len - done);
    return QK_OK;
}

static qk_err from_pool(qk_session *session, uint8_t *place, size_t len)
{
    qk_random_pool *pool = &session->slot->random;
    qk_err err;

    pthread_mutex_lock(&pool->lock);
    err = take_locked(session, pool, place, len);
    pthread_mutex_unlock(&pool->lock);
    return err;
}

/* --- what C_ functions call --- */

qk_err qk_session_random(qk_session *session, uint8_t *place, size_t len)
{
    if (!session->slot->token->remote)
        return qk_random_bytes(place, len);
    return len > LARGE ? fetch(session, place, len) : from_pool(session, place, len);
}

qk_err qk_generate_random(CK_SESSION_HANDLE handle, uint8_t *place, CK_ULONG len)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_in_check(qk_in(place, len)));
    return len ? qk_session_random(session, place, len) : QK_OK;
}

qk_err qk_seed_random(CK_SESSION_HANDLE handle, qk_view seed)
{
    Quantoki__V1__SeedRandomRequest request = QUANTOKI__V1__SEED_RANDOM_REQUEST__INIT;
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_call call;
    void *answer;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_in_check(seed));
    call = qk_session_call(session, false);
    request.seed = qk_message_bytes(seed);
    return qk_session_hsm(session, &call, QK_SEED_RANDOM, &request.base, &answer);
}
