/* SPDX-License-Identifier: Apache-2.0 */
#include "wrapper/pool.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "entropy/random.h"

enum { UNIT = 1024 }; /* services give whole KiB */

struct qk_pool_of_random {
    qk_pool_config config;
    qk_lock content, filling;
    qk_secret bytes;
    size_t left; /* at the end of `bytes`; guarded by content, as born_ms */
    int64_t born_ms;
    atomic_uint_fast64_t fillings;
};

qk_err qk_pool_of_random_new(const qk_pool_config *config, qk_pool_of_random **out_pool)
{
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = calloc(1, sizeof *pool);

    if (!pool)
        return qk_fail(QK_E_NO_MEMORY, "random pool");
    pool->config = *config;
    QK_TRY(qk_lock_init(&pool->content, config->locking));
    QK_TRY(qk_lock_init(&pool->filling, config->locking));
    *out_pool = pool;
    pool = NULL;
    return QK_OK;
}

void qk_pool_of_random_free(qk_pool_of_random **pool)
{
    if (!*pool)
        return;
    qk_secret_free(&(*pool)->bytes);
    qk_lock_done(&(*pool)->filling);
    qk_lock_done(&(*pool)->content);
    free(*pool);
    *pool = NULL;
}

static void xor_into(uint8_t *place, const uint8_t *other, size_t len)
{
    for (size_t i = 0; i < len; i++)
        place[i] ^= other[i];
}

/* Downloads into `place`, and mixes local random in: a service that lies can then not choose what is served. */
static qk_err download(qk_pool_of_random *pool, uint8_t *place, size_t len, qk_deadline_ms deadline)
{
    QK_OWNED(qk_secret_free) qk_secret local = QK_SECRET_NONE;

    QK_TRY(pool->config.fetch(pool->config.context, place, len, deadline));
    atomic_fetch_add(&pool->fillings, 1);
    if (!pool->config.mix)
        return QK_OK;
    QK_TRY(qk_secret_new(len, &local));
    QK_TRY(qk_random_bytes(qk_secret_fill(&local), len));
    xor_into(place, qk_secret_reveal(&local).data, len);
    return QK_OK;
}

static void drop_what_is_old(qk_pool_of_random *pool)
{
    int64_t most_ms = pool->config.max_age_s * 1000;

    if (pool->left == 0 || most_ms == 0 || qk_clock_monotonic_ms() - pool->born_ms <= most_ms)
        return;
    explicit_bzero(qk_secret_fill(&pool->bytes), pool->bytes.len);
    pool->left = 0;
}

/* Serves from what is there; false if that is not enough. */
static qk_err serve(qk_pool_of_random *pool, uint8_t *out, size_t len, bool *out_served)
{
    QK_TRY(qk_lock_take(&pool->content));
    drop_what_is_old(pool);
    *out_served = len <= pool->left;
    if (*out_served) {
        uint8_t *from = qk_secret_fill(&pool->bytes) + pool->bytes.len - pool->left;
        memcpy(out, from, len);
        explicit_bzero(from, len);
        pool->left -= len;
    }
    qk_lock_give(&pool->content);
    return QK_OK;
}

/* Whole KiB, so that with what is there `len` can be served and a filling is in stock. */
static qk_err length_of_download(qk_pool_of_random *pool, size_t len, size_t *out_len)
{
    size_t want = len > pool->config.bytes ? len : pool->config.bytes, left;

    QK_TRY(qk_lock_take(&pool->content));
    left = pool->left;
    qk_lock_give(&pool->content);
    if (want > SIZE_MAX / 2)
        return qk_fail(QK_E_NO_MEMORY, "%zu random bytes at once", len);
    *out_len = (want - (left < want ? left : want - 1) + UNIT - 1) / UNIT * UNIT;
    return QK_OK;
}

/* Downloads behind what is left now; others may take of that in the meantime. */
static qk_err fill(qk_pool_of_random *pool, size_t len, qk_deadline_ms deadline)
{
    QK_OWNED(qk_secret_free) qk_secret downloaded = QK_SECRET_NONE, all = QK_SECRET_NONE;
    size_t more = 0;
    qk_err err;

    QK_TRY(length_of_download(pool, len, &more));
    QK_TRY(qk_secret_new(more, &downloaded));
    QK_TRY(download(pool, qk_secret_fill(&downloaded), more, deadline));
    QK_TRY(qk_lock_take(&pool->content));
    err = qk_secret_new(pool->left + more, &all);
    if (err == QK_OK) {
        uint8_t *place = qk_secret_fill(&all);
        memcpy(place, qk_secret_fill(&pool->bytes) + pool->bytes.len - pool->left, pool->left);
        memcpy(place + pool->left, qk_secret_reveal(&downloaded).data, more);
        pool->left += more;
        pool->born_ms = pool->left == more ? qk_clock_monotonic_ms() : pool->born_ms;
        qk_secret_give(&all, &pool->bytes);
    }
    qk_lock_give(&pool->content);
    return err;
}

/* Whoever waited here looks again first: the one before may have filled the pool for all. */
static qk_err fill_and_serve(qk_pool_of_random *pool, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    bool served = false;
    qk_err err;

    QK_TRY(qk_lock_take(&pool->filling));
    err = serve(pool, out, len, &served);
    while (err == QK_OK && !served) {
        err = fill(pool, len, deadline);
        if (err == QK_OK)
            err = serve(pool, out, len, &served);
    }
    qk_lock_give(&pool->filling);
    return err;
}

qk_err qk_pool_of_random_take(qk_pool_of_random *pool, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    bool served;

    QK_TRY(serve(pool, out, len, &served));
    return served ? QK_OK : fill_and_serve(pool, out, len, deadline);
}

uint64_t qk_pool_of_random_fillings(const qk_pool_of_random *pool)
{
    return atomic_load(&pool->fillings);
}
