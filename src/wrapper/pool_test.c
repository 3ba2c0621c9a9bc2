/* SPDX-License-Identifier: Apache-2.0 */
/* The pool with a service of the test's own. Its bytes count upwards, so that what was served can be recognised. */
#include "wrapper/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/testing.h"
#include "crypto/crypto.h"
#include "entropy/entropy.h"

/* The pool's clock, which a test may set ahead. */
static int64_t ahead_ms;
int64_t __real_qk_clock_coarse_ms(void);
int64_t __wrap_qk_clock_coarse_ms(void);

int64_t __wrap_qk_clock_coarse_ms(void)
{
    return __real_qk_clock_coarse_ms() + ahead_ms;
}

typedef struct service {
    size_t asked[64], count;
    uint64_t next; /* 64-bit words, none twice */
    qk_err answer;
    atomic_int inside, most_inside;
} service;

static qk_err fetch(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    service *it = context;
    int inside = atomic_fetch_add(&it->inside, 1) + 1;

    (void)deadline;
    if (inside > atomic_load(&it->most_inside))
        atomic_store(&it->most_inside, inside);
    if (it->count < 64)
        it->asked[it->count] = len;
    it->count++;
    for (size_t at = 0; it->answer == QK_OK && at + 8 <= len; at += 8) {
        it->next++;
        memcpy(out + at, &it->next, 8);
    }
    atomic_fetch_sub(&it->inside, 1);
    return it->answer == QK_OK ? QK_OK : qk_fail(it->answer, "the test says so");
}

static qk_locking locking;

static qk_pool_of_random *new_pool(service *it, size_t bytes, int64_t max_age_s)
{
    const qk_pool_config config = {
        .bytes = bytes, .max_age_s = max_age_s, .locking = &locking, .fetch = fetch, .fetch_context = it
    };
    qk_pool_of_random *pool = NULL;

    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    return pool;
}

static void take(qk_pool_of_random *pool, uint8_t *out, size_t len)
{
    assert_int_equal(qk_pool_of_random_take(pool, out, len, -1), QK_OK);
}

static void a_few_bytes_cost_one_kib_without_stock(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 0, 0);
    uint8_t out[20];

    (void)state;
    take(pool, out, sizeof out);
    assert_int_equal(it.count, 1);
    assert_int_equal(it.asked[0], 1024);
    assert_int_equal(out[0], 1);
    assert_int_equal(out[8], 2);
}

static void the_rest_of_a_download_is_served_before_the_next(void **state)
{
    static const size_t requests[] = { 4000, 2000, 1000, 3000 }, downloads[] = { 4096, 2048, 1024, 3072 };
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 0, 0);
    uint8_t out[4000];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        take(pool, out, requests[i]);
        assert_int_equal(it.count, i + 1);
        assert_int_equal(it.asked[i], downloads[i]);
    }
}

static void four_hundred_small_requests_need_two_kib(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 0, 0);
    uint8_t out[5];

    (void)state;
    for (int i = 0; i < 400; i++)
        take(pool, out, sizeof out);
    assert_int_equal(it.count, 2);
}

static void no_byte_is_served_twice_or_lost(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 4096, 0);
    uint64_t out[255], expected = 0;

    (void)state;
    srand(7);
    for (int i = 0; i < 1000; i++) {
        size_t words = (size_t)rand() % 255 + 1;
        take(pool, (uint8_t *)out, words * 8);
        for (size_t at = 0; at < words; at++)
            assert_int_equal(out[at], ++expected);
    }
    assert_true(it.next - expected < 4096 / 8 + 1024 / 8);
}

static void a_failing_service_leaves_output_and_stock_alone(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 0, 0);
    uint8_t out[1500] = { 0 };

    (void)state;
    take(pool, out, 24); /* 1000 are left */
    it.answer = QK_E_NOT_AUTHENTICATED;
    memset(out, 0, sizeof out);
    assert_int_equal(qk_pool_of_random_take(pool, out, sizeof out, -1), QK_E_NOT_AUTHENTICATED);
    assert_true(qk_view_is_zero(qk_view_of(out, sizeof out)));
    take(pool, out, 1000);
    assert_int_equal(out[0], 4);
}

static void a_large_request_keeps_the_order(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 4096, 0);
    uint64_t *out = calloc(10000, 8), expected = 0;
    static const size_t words[] = { 5, 10000, 1, 9999, 512, 512, 3 };

    (void)state;
    assert_non_null(out);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        take(pool, (uint8_t *)out, words[i] * 8);
        for (size_t at = 0; at < words[i]; at++)
            assert_int_equal(out[at], ++expected);
    }
    free(out);
}

static void note(void *context)
{
    ++*(int *)context;
}

static qk_err fetch_ones(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    (void)context;
    (void)deadline;
    memset(out, 1, len);
    return QK_OK;
}

static void low_water_is_told_once_and_refilled(void **state)
{
    int told = 0;
    const qk_pool_config config = { .bytes = 4096,
                                    .low_water = 1024,
                                    .on_low_water = note,
                                    .locking = &locking,
                                    .fetch = fetch_ones,
                                    .low_water_context = &told };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[3072];

    (void)state;
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    take(pool, out, 3072);
    assert_int_equal(told, 0);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    assert_int_equal(qk_pool_of_random_fillings(pool), 1);
    take(pool, out, 1);
    take(pool, out, 1);
    assert_int_equal(told, 1);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
    assert_int_equal(qk_pool_of_random_fillings(pool), 2);
    take(pool, out, 3072);
    assert_int_equal(told, 1);
    assert_int_equal(qk_pool_of_random_fillings(pool), 2);
}

/* ---- ages ---- */

enum { AGE_S = 60 };

static void low_water_by_age_is_told_too(void **state)
{
    int told = 0;
    const qk_pool_config config = { .bytes = 4096,
                                    .max_age_s = AGE_S,
                                    .low_water = 1024,
                                    .on_low_water = note,
                                    .locking = &locking,
                                    .fetch = fetch_ones,
                                    .low_water_context = &told };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[8];

    (void)state;
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    assert_int_equal(qk_pool_of_random_refill(pool, -1), QK_OK);
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

static void an_absurd_length_is_an_error(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 65536, 0);
    uint8_t out[8] = { 0 };

    (void)state;
    assert_int_equal(qk_pool_of_random_take(pool, out, SIZE_MAX, -1), QK_E_NO_MEMORY);
    assert_int_equal(qk_pool_of_random_take(pool, out, SIZE_MAX / 2, -1), QK_E_NO_MEMORY);
    assert_int_equal(it.count, 0);
}

static void local_random_is_mixed_in(void **state)
{
    service it = { 0 };
    const qk_pool_config config = { .mix = true, .locking = &locking, .fetch = fetch, .fetch_context = &it };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[32], plain[32] = { 1 };

    (void)state;
    for (uint8_t i = 1; i < 4; i++)
        plain[8 * i] = (uint8_t)(i + 1);
    assert_int_equal(qk_pool_of_random_new(&config, &pool), QK_OK);
    take(pool, out, sizeof out);
    assert_memory_not_equal(out, plain, sizeof out);
}

enum { THREADS = 16, CALLS = 500 };

static void *draw(void *arg)
{
    uint64_t *out = calloc(CALLS, 32);

    for (size_t i = 0; out && i < CALLS; i++)
        if (qk_pool_of_random_take(arg, (uint8_t *)(out + 4 * i), 32, -1) != QK_OK)
            out[4 * i] = 0;
    return out;
}

static void one_download_serves_all_who_wait(void **state)
{
    service it = { 0 };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool(&it, 65536, 0);
    bool *seen = calloc(THREADS * CALLS * 4 + 65536, sizeof *seen);
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, pool), 0);
    for (size_t i = 0; i < THREADS; i++) {
        uint64_t *out;
        assert_int_equal(pthread_join(threads[i], (void **)&out), 0);
        assert_non_null(out);
        for (size_t at = 0; at < CALLS * 4; at++) {
            assert_true(out[at] > 0 && out[at] < THREADS * CALLS * 4 + 65536);
            assert_false(seen[out[at]]);
            seen[out[at]] = true;
        }
        free(out);
    }
    free(seen);
    assert_int_equal(atomic_load(&it.most_inside), 1);
    assert_int_equal(it.count, qk_pool_of_random_fillings(pool));
    assert_int_equal(it.count, (THREADS * CALLS * 32 + 65535) / 65536);
}

static int start(void **state)
{
    (void)state;
    return qk_locking_read(NULL, &locking) == QK_OK && qk_crypto_start() == QK_OK && qk_entropy_start(NULL) == QK_OK
               ? 0
               : 1;
}

static int stop(void **state)
{
    (void)state;
    qk_entropy_stop();
    qk_crypto_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_bytes_cost_one_kib_without_stock),
        cmocka_unit_test(the_rest_of_a_download_is_served_before_the_next),
        cmocka_unit_test(four_hundred_small_requests_need_two_kib),
        cmocka_unit_test(no_byte_is_served_twice_or_lost),
        cmocka_unit_test(a_failing_service_leaves_output_and_stock_alone),
        cmocka_unit_test(a_large_request_keeps_the_order),
        cmocka_unit_test(low_water_is_told_once_and_refilled),
        cmocka_unit_test(low_water_by_age_is_told_too),
        cmocka_unit_test(what_is_too_old_is_wiped_though_nobody_calls),
        cmocka_unit_test(the_oldest_decides_when_to_wipe),
        cmocka_unit_test(who_waits_for_the_fetch_of_another_waits_no_longer_than_he_may),
        cmocka_unit_test(who_comes_too_late_asks_nobody),
        cmocka_unit_test(a_service_that_failed_rests_where_others_serve),
        cmocka_unit_test(without_a_rest_each_request_asks),
        cmocka_unit_test(an_absurd_length_is_an_error),
        cmocka_unit_test(local_random_is_mixed_in),
        cmocka_unit_test(one_download_serves_all_who_wait),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
