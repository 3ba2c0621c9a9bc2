/* SPDX-License-Identifier: Apache-2.0 */
/* Two memories of one size: `stock` is served from, a download goes to the end of `spare`; then what is left of the
 * stock is put in front of it and they change places. Only requests beyond the pool's size allocate. */
#include "wrapper/pool.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/own_thread.h"
#include "base/registers.h"
#include "wrapper/breaker.h"
#include "wrapper/mix.h"

enum { UNIT = 1024 /* services give whole KiB */ };
enum { COARSE_MS = 20 /* more than the coarse clock is late */ };

struct qk_pool_of_random {
    qk_pool_config config;
    qk_lock content, filling;
    size_t room;     /* of both memories, usually */
    qk_secret stock; /* it and the rest of this paragraph are guarded by content */
    size_t left;     /* at the end of `stock` */
    size_t fresh;    /* of them, at most: those of the last filling, which came at fresh_ms; the others at older_ms */
    int64_t fresh_ms, older_ms;
    bool told_low; /* since the last filling */

    qk_secret spare; /* guarded by filling, as is the next; all zeros between fillings */
    bool told_unlocked;
    atomic_uint_fast64_t fillings;
    qk_breaker breaker;
};

qk_err qk_pool_of_random_new(const qk_pool_config *config, qk_pool_of_random **out_pool)
{
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = calloc(1, sizeof *pool);

    if (!pool)
        return qk_fail(QK_E_NO_MEMORY, "random pool");
    pool->config = *config;
    pool->breaker.rest_ms = config->rest_ms;
    pool->room = (config->bytes + UNIT - 1) / UNIT * UNIT + UNIT;
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
    qk_secret_free(&(*pool)->stock);
    qk_secret_free(&(*pool)->spare);
    qk_lock_done(&(*pool)->filling);
    qk_lock_done(&(*pool)->content);
    free(*pool);
    *pool = NULL;
}

/* ---- serving ---- */

static void drop(qk_pool_of_random *pool, size_t len)
{
    explicit_bzero(qk_secret_fill(&pool->stock) + pool->stock.len - pool->left, len);
    pool->left -= len;
}

static int64_t most_ms(const qk_pool_of_random *pool)
{
    return pool->config.max_age_s * 1000;
}

static void drop_what_is_old(qk_pool_of_random *pool)
{
    int64_t now_ms;

    if (pool->left == 0 || most_ms(pool) == 0)
        return;
    now_ms = qk_clock_coarse_ms();
    if (pool->left > pool->fresh && now_ms - pool->older_ms > most_ms(pool))
        drop(pool, pool->left - pool->fresh);
    if (now_ms - pool->fresh_ms > most_ms(pool))
        drop(pool, pool->left);
}

static qk_deadline_ms next_expiry(const qk_pool_of_random *pool)
{
    if (pool->left == 0 || most_ms(pool) == 0)
        return QK_DEADLINE_NEVER;
    return (pool->left > pool->fresh ? pool->older_ms : pool->fresh_ms) + most_ms(pool) + COARSE_MS;
}

static void tell_if_low(qk_pool_of_random *pool)
{
    if (pool->told_low || pool->left >= pool->config.low_water || !pool->config.on_low_water)
        return;
    pool->told_low = true;
    pool->config.on_low_water(pool->config.low_water_context);
}

/* A word at a time, and not with memcpy: that leaves the bytes in vector registers, which the next call that the
 * dynamic linker resolves would save on the stack. */
static void move_out(volatile uint8_t *from, uint8_t *out, size_t len)
{
    typedef volatile uint64_t __attribute__((may_alias, aligned(1))) word;

    for (; len >= sizeof(word); len -= sizeof(word), from += sizeof(word), out += sizeof(word)) {
        uint64_t moved = *(word *)from;
        *(word *)out = moved;
        *(word *)from = 0;
    }
    for (; len > 0; len--, from++, out++) {
        *out = *from;
        *from = 0;
    }
}

/* Serves from what is there, the oldest bytes first; false if that is not enough. */
static qk_err serve(qk_pool_of_random *pool, uint8_t *out, size_t len, bool *out_served)
{
    QK_TRY(qk_lock_take(&pool->content));
    drop_what_is_old(pool);
    *out_served = len <= pool->left;
    if (*out_served) {
        move_out(qk_secret_fill(&pool->stock) + pool->stock.len - pool->left, out, len);
        pool->left -= len;
    }
    tell_if_low(pool);
    qk_lock_give(&pool->content);
    return QK_OK;
}

qk_err qk_pool_of_random_expire(qk_pool_of_random *pool, qk_deadline_ms *out_next)
{
    QK_TRY(qk_lock_take(&pool->content));
    drop_what_is_old(pool);
    tell_if_low(pool);
    *out_next = next_expiry(pool);
    qk_lock_give(&pool->content);
    return QK_OK;
}

/* ---- filling ---- */

static qk_err download(qk_pool_of_random *pool, uint8_t *place, size_t len, qk_deadline_ms deadline)
{
    qk_err err = pool->config.fetch(pool->config.fetch_context, place, len, deadline);

    qk_breaker_note(&pool->breaker, err);
    QK_TRY(err);
    atomic_fetch_add(&pool->fillings, 1);
    return pool->config.mix ? qk_mix_local(place, len) : QK_OK;
}

static qk_err count_left(qk_pool_of_random *pool, size_t *out_left)
{
    QK_TRY(qk_lock_take(&pool->content));
    drop_what_is_old(pool);
    *out_left = pool->left;
    qk_lock_give(&pool->content);
    return QK_OK;
}

/* Whole KiB, so that with what is `left` a request of `len` can be served and a filling is in stock. */
static qk_err length_of_download(const qk_pool_of_random *pool, size_t len, size_t left, size_t *out_len)
{
    size_t want = len > pool->config.bytes ? len : pool->config.bytes;

    if (want > SIZE_MAX / 2)
        return qk_fail(QK_E_NO_MEMORY, "%zu random bytes at once", len);
    *out_len = (want - (left < want ? left : want - 1) + UNIT - 1) / UNIT * UNIT;
    return QK_OK;
}

/* Whether a mapping can be locked is known when it is made, and that is with the first filling. */
static void warn_of_swap(qk_pool_of_random *pool)
{
    if (pool->told_unlocked || qk_secret_memory_locked())
        return;
    pool->told_unlocked = true;
    qk_log(QK_LOG_WARNING,
           "op=fill see=\"RLIMIT_MEMLOCK\" words=\"memory cannot be locked: random in stock may reach swap\"");
}

/* A spare of the usual size, unless more is needed. */
static qk_err make_spare(qk_pool_of_random *pool, size_t needed)
{
    size_t len = needed > pool->room ? needed : pool->room;

    if (pool->spare.len == len)
        return QK_OK;
    qk_secret_free(&pool->spare);
    QK_TRY(qk_secret_new(len, &pool->spare));
    warn_of_swap(pool);
    return QK_OK;
}

/* The `more` bytes at the spare's end come into stock, behind what is left there. */
static void change_places(qk_pool_of_random *pool, size_t more)
{
    qk_secret old = pool->stock;
    uint8_t *rest = old.len ? qk_secret_fill(&old) + old.len - pool->left : NULL;

    if (pool->left) {
        memcpy(qk_secret_fill(&pool->spare) + pool->spare.len - more - pool->left, rest, pool->left);
        explicit_bzero(rest, pool->left);
    }
    if (pool->left <= pool->fresh)
        pool->older_ms = pool->fresh_ms;
    pool->fresh_ms = qk_clock_coarse_ms();
    pool->fresh = more;
    pool->stock = pool->spare;
    pool->spare = old;
    pool->left += more;
    pool->told_low = false; /* others may have taken so much meanwhile that it is low still */
}

/* Others may take of what is left in the meantime. */
static qk_err fill_spare(qk_pool_of_random *pool, size_t len, qk_deadline_ms deadline)
{
    size_t left = 0, more = 0;
    uint8_t *place;
    qk_err err;

    QK_TRY(count_left(pool, &left));
    QK_TRY(length_of_download(pool, len, left, &more));
    QK_TRY(make_spare(pool, left + more));
    place = qk_secret_fill(&pool->spare) + pool->spare.len - more;
    err = download(pool, place, more, deadline);
    if (err == QK_OK)
        err = qk_lock_take(&pool->content);
    if (err == QK_OK) {
        change_places(pool, more);
        qk_lock_give(&pool->content);
    } else {
        explicit_bzero(place, more);
    }
    if (pool->spare.len > pool->room) /* of a large request */
        qk_secret_free(&pool->spare);
    return err;
}

/* Under the lock `filling`. Decoding, mixing and copying leave random, and its text, in the registers. */
static qk_err fill(qk_pool_of_random *pool, size_t len, qk_deadline_ms deadline)
{
    qk_err err = fill_spare(pool, len, deadline);

    qk_registers_wipe();
    return err;
}

/* Under the lock `filling`, with `failures` from before waiting for it. Looks into the stock first: the one before may
 * have filled it for all, or found that the service is away. */
static qk_err serve_or_fill(qk_pool_of_random *pool, uint8_t *out, size_t len, qk_deadline_ms deadline,
                            uint64_t failures)
{
    bool served = false;

    for (;;) {
        QK_TRY(serve(pool, out, len, &served));
        if (served)
            return QK_OK;
        if (qk_breaker_failures(&pool->breaker) != failures)
            return qk_breaker_fail(&pool->breaker);
        if (qk_deadline_left(deadline) == 0)
            return qk_fail(QK_E_TIMEOUT, "no random in time: others were served first");
        QK_TRY(fill(pool, len, deadline));
    }
}

/* Who is too late waited for another one, who learns of the service. */
static qk_err fill_and_serve(qk_pool_of_random *pool, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    uint64_t failures = qk_breaker_failures(&pool->breaker);
    int64_t probe;
    qk_err err;

    if (qk_process_ends()) /* the background may stand still with the lock, and OpenSSL be gone */
        return qk_fail(QK_E_SERVER_AWAY, "the process ends: nothing is fetched any more");
    if (!qk_breaker_may_ask(&pool->breaker, deadline, &probe))
        return qk_breaker_fail(&pool->breaker);
    err = qk_lock_take_until(&pool->filling, deadline);
    if (err == QK_OK) {
        err = serve_or_fill(pool, out, len, deadline, failures);
        qk_lock_give(&pool->filling);
    }
    if (err != QK_E_TIMEOUT)
        qk_breaker_forgo(&pool->breaker, probe, failures);
    return err;
}

bool qk_pool_of_random_take_stock(qk_pool_of_random *pool, uint8_t *out, size_t len)
{
    bool served = false;

    return serve(pool, out, len, &served) == QK_OK && served;
}

/* The clock is asked only by those who may have to wait. */
qk_err qk_pool_of_random_take(qk_pool_of_random *pool, uint8_t *out, size_t len, int64_t timeout_ms)
{
    if (qk_pool_of_random_take_stock(pool, out, len))
        return QK_OK;
    return fill_and_serve(pool, out, len, qk_deadline_in(timeout_ms));
}

qk_err qk_pool_of_random_refill(qk_pool_of_random *pool, int64_t timeout_ms)
{
    qk_deadline_ms deadline = qk_deadline_in(timeout_ms);
    size_t left = 0;
    qk_err err;

    QK_TRY(qk_lock_take_until(&pool->filling, deadline));
    err = count_left(pool, &left);
    if (err == QK_OK && left < pool->config.low_water)
        err = fill(pool, 0, deadline);
    qk_lock_give(&pool->filling);
    return err;
}

uint64_t qk_pool_of_random_fillings(const qk_pool_of_random *pool)
{
    return atomic_load(&pool->fillings);
}
