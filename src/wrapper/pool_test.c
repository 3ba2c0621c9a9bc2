/* SPDX-License-Identifier: Apache-2.0 */
/* What the pool serves, and what it downloads for that. */
#include "wrapper/pool.h"

#include "crypto/crypto.h"
#include "entropy/entropy.h"
#include "wrapper/pool_testing.h"

enum { HOUR_MS = 3600 * 1000 };

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

static void low_water_is_told_once_and_refilled(void **state)
{
    int told = 0;
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = new_pool_that_tells(&told, 0);
    uint8_t out[3072];

    (void)state;
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

/* Takes of what is left while it fills. */
static qk_err fetch_and_take(void *context, uint8_t *out, size_t len, qk_deadline_ms deadline)
{
    qk_pool_of_random **pool = context;
    uint8_t taken[1024];

    (void)qk_pool_of_random_take_stock(*pool, taken, sizeof taken);
    return fetch_ones(NULL, out, len, deadline);
}

static void a_pool_that_is_low_after_a_filling_tells_it_again(void **state)
{
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    int told = 0;
    const qk_pool_config config = { .bytes = 4096,
                                    .low_water = 3584,
                                    .on_low_water = note,
                                    .low_water_context = &told,
                                    .locking = &locking,
                                    .fetch = fetch_and_take,
                                    .fetch_context = &pool };
    uint8_t out[1024];

    (void)state;
    assert_qk_ok(qk_pool_of_random_new(&config, &pool));
    assert_qk_ok(qk_pool_of_random_refill(pool, -1));
    told = 0;
    take(pool, out, sizeof out);
    assert_int_equal(told, 1);
    assert_qk_ok(qk_pool_of_random_refill(pool, -1)); /* 3072 are left */
    take(pool, out, 1);
    assert_int_equal(told, 2);
}

static void a_caller_who_learned_nothing_of_the_service_does_not_keep_others_from_it(void **state)
{
    service it = { .answer = QK_E_SERVER_AWAY };
    const qk_pool_config config = { .rest_ms = 1, .locking = &locking, .fetch = fetch, .fetch_context = &it };
    QK_OWNED(qk_pool_of_random_free) qk_pool_of_random *pool = NULL;
    uint8_t out[8];
    int64_t begin;

    (void)state;
    assert_qk_ok(qk_pool_of_random_new(&config, &pool));
    assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, HOUR_MS), QK_E_SERVER_AWAY);
    for (begin = qk_clock_monotonic_ms(); qk_clock_monotonic_ms() < begin + 2;)
        continue;
    it.answer = QK_E_NO_MEMORY;
    assert_qk_err(qk_pool_of_random_take(pool, out, sizeof out, HOUR_MS), QK_E_NO_MEMORY);
    it.answer = QK_OK;
    assert_qk_ok(qk_pool_of_random_take(pool, out, sizeof out, HOUR_MS));
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
        cmocka_unit_test(a_pool_that_is_low_after_a_filling_tells_it_again),
        cmocka_unit_test(a_caller_who_learned_nothing_of_the_service_does_not_keep_others_from_it),
        cmocka_unit_test(an_absurd_length_is_an_error),
        cmocka_unit_test(local_random_is_mixed_in),
        cmocka_unit_test(one_download_serves_all_who_wait),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
