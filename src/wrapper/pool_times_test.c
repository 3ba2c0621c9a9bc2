/* SPDX-License-Identifier: Apache-2.0 */
/* The pool and time: what gets too old, who waits for others, a service that failed. */
#include <semaphore.h>

#include "wrapper/pool_testing.h"

/* The pool's clock, which a test may set ahead. */
static int64_t ahead_ms;
int64_t __real_qk_clock_coarse_ms(void);
int64_t __wrap_qk_clock_coarse_ms(void);

int64_t __wrap_qk_clock_coarse_ms(void)
{
    return __real_qk_clock_coarse_ms() + ahead_ms;
}

/* ---- ages ---- */

enum { AGE_S = 60 };

static void low_water_by_age_is_told_too(void **state)
{
    int told = 0;
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool_that_tells(&told, AGE_S);
    uint8_t out[8];

    (void)state;
    take(pool, out, 8);
    assert_int_equal(told, 0);
    ahead_ms = (AGE_S + 1) * 1000;
    assert_false(qk_pool_of_random_take_stock(pool, out, 8));
    assert_int_equal(told, 1);
    ahead_ms = 0;
}

static void what_is_too_old_is_wiped_though_nobody_calls(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 1024, AGE_S);
    int64_t now_ms = qk_clock_coarse_ms();
    qk_deadline_ms next = 0;
    uint8_t out[8];

    (void)state;
    assert_int_equal(qk_pool_of_random_expire(pool, &next), QK_OK);
    assert_int_equal(next, QK_DEADLINE_NEVER); /* nothing is there */
    take(pool, out, 8);
    assert_int_equal(qk_pool_of_random_expire(pool, &next), QK_OK);
    assert_in_range(next, now_ms + AGE_S * 1000, now_ms + AGE_S * 1000 + 10000);
    assert_true(qk_pool_of_random_take_stock(pool, out, 8));
    ahead_ms = (AGE_S + 1) * 1000;
    assert_int_equal(qk_pool_of_random_expire(pool, &next), QK_OK);
    assert_int_equal(next, QK_DEADLINE_NEVER);
    ahead_ms = 0; /* were it there still, it would be young again */
    assert_false(qk_pool_of_random_take_stock(pool, out, 8));
}

static void the_oldest_decides_when_to_wipe(void **state)
{
    service it = { 0 };
    const qk_pool_config config = {
        .bytes = 4096, .low_water = 2048, .max_age_s = AGE_S, .locking = &locking, .fetch = fetch, .fetch_context = &it
    };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    qk_deadline_ms first = 0, next = 0;
    uint8_t out[3072];

    (void)state;
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    take(pool, out, 3072);
    assert_int_equal(qk_pool_of_random_expire(pool, &first), QK_OK);
    ahead_ms = AGE_S * 1000 / 2;
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    assert_int_equal(qk_pool_of_random_expire(pool, &next), QK_OK);
    assert_int_equal(next, first);
    take(pool, out, 1024); /* the old ones */
    assert_int_equal(qk_pool_of_random_expire(pool, &next), QK_OK);
    assert_in_range(next, first + AGE_S * 1000 / 2, first + AGE_S * 1000 / 2 + 10000);
    ahead_ms = 0;
}

/* ---- waiting for others ---- */

typedef struct slow_service {
    sem_t asked, answer;
    atomic_int count;
} slow_service;

static qk_err fetch_slowly(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    slow_service *it = context;

    (void)deadline;
    atomic_fetch_add(&it->count, 1);
    sem_post(&it->asked);
    sem_wait(&it->answer);
    memset(out, 1, len);
    return QK_OK;
}

static void *take_for_ever(void *pool)
{
    uint8_t out[32];

    return qk_pool_of_random_take(pool, out, sizeof out, -1) == QK_OK ? pool : NULL;
}

static void who_waits_for_the_fetch_of_another_waits_no_longer_than_he_may(void **state)
{
    slow_service it = { 0 };
    const qk_pool_config config = { .locking = &locking, .fetch = fetch_slowly, .fetch_context = &it };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[32] = { 0 };
    pthread_t thread;
    void *result;

    (void)state;
    sem_init(&it.asked, 0, 0);
    sem_init(&it.answer, 0, 0);
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_int_equal(pthread_create(&thread, NULL, take_for_ever, pool), 0);
    sem_wait(&it.asked);
    assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, 20), QK_E_TIMEOUT);
    assert_true(qk_view_is_zero(qk_view_of(out, sizeof out)));
    assert_qk_err(qk_pool_of_random_refill(pool, 20), QK_E_TIMEOUT);
    sem_post(&it.answer);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, pool);
    assert_int_equal(atomic_load(&it.count), 1);
}

static CK_RV make_nothing(CK_VOID_PTR_PTR place)
{
    *place = NULL;
    return CKR_OK;
}

static CK_RV do_nothing(CK_VOID_PTR mutex)
{
    (void)mutex;
    return CKR_OK;
}

/* As after a callback that took too long. */
static void who_comes_too_late_asks_nobody(void **state)
{
    const CK_C_INITIALIZE_ARGS arguments = {
        .CreateMutex = make_nothing, .DestroyMutex = do_nothing, .LockMutex = do_nothing, .UnlockMutex = do_nothing
    };
    service it = { 0 };
    qk_locking theirs;
    const qk_pool_config config = { .locking = &theirs, .fetch = fetch, .fetch_context = &it };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[8];

    (void)state;
    assert_int_equal(qk_locking_read(&arguments, &theirs), QK_OK);
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, 0), QK_E_TIMEOUT);
    assert_int_equal(it.count, 0);
}

/* ---- a service that failed ---- */

static void a_service_that_failed_rests_where_others_serve(void **state)
{
    service it = { .answer = QK_E_SERVER_AWAY };
    const qk_pool_config config = { .bytes = 1024,
                                    .low_water = 512,
                                    .rest_ms = 3600 * 1000,
                                    .locking = &locking,
                                    .fetch = fetch,
                                    .fetch_context = &it };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[8];

    (void)state;
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    for (int i = 0; i < 3; i++)
        assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, -1), QK_E_SERVER_AWAY);
    assert_int_equal(it.count, 1);
    it.answer = QK_OK;
    assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, -1), QK_E_SERVER_AWAY);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK); /* the background is not held, and ends it */
    take(pool, out, 8);
    take(pool, (uint8_t[2048]){ 0 }, 2048);
    assert_int_equal(it.count, 3);
}

static void without_a_rest_each_request_asks(void **state)
{
    service it = { .answer = QK_E_SERVER_AWAY };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 1024, 0);
    uint8_t out[8];

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, -1), QK_E_SERVER_AWAY);
    assert_int_equal(it.count, 3);
}

static int start(void **state)
{
    (void)state;
    return qk_locking_read(NULL, &locking) == QK_OK ? 0 : 1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(low_water_by_age_is_told_too),
        cmocka_unit_test(what_is_too_old_is_wiped_though_nobody_calls),
        cmocka_unit_test(the_oldest_decides_when_to_wipe),
        cmocka_unit_test(who_waits_for_the_fetch_of_another_waits_no_longer_than_he_may),
        cmocka_unit_test(who_comes_too_late_asks_nobody),
        cmocka_unit_test(a_service_that_failed_rests_where_others_serve),
        cmocka_unit_test(without_a_rest_each_request_asks),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
