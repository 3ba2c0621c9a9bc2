/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>

#include "crypto/pool.h"

#define EMPTY                                                                                                          \
    {                                                                                                                  \
        .places = { { NULL } }                                                                                         \
    }

static int freed;

static void count_freed(void *item)
{
    (void)item;
    freed++;
}

static void an_empty_pool_gives_nothing(void **state)
{
    qk_pool pool = EMPTY;

    (void)state;
    assert_null(qk_pool_take(&pool));
}

static void an_item_comes_back_once(void **state)
{
    qk_pool pool = EMPTY;
    int item;

    (void)state;
    assert_true(qk_pool_put(&pool, &item));
    assert_ptr_equal(qk_pool_take(&pool), &item);
    assert_null(qk_pool_take(&pool));
}

static void a_full_pool_refuses(void **state)
{
    qk_pool pool = EMPTY;
    int items[QK_POOL_PLACES + 1];

    (void)state;
    for (unsigned i = 0; i < QK_POOL_PLACES; i++)
        assert_true(qk_pool_put(&pool, &items[i]));
    assert_false(qk_pool_put(&pool, &items[QK_POOL_PLACES]));
}

static void draining_frees_each_item(void **state)
{
    qk_pool pool = EMPTY;
    int items[3];

    (void)state;
    freed = 0;
    for (unsigned i = 0; i < 3; i++)
        assert_true(qk_pool_put(&pool, &items[i]));
    qk_pool_drain(&pool, count_freed);
    assert_int_equal(freed, 3);
    assert_null(qk_pool_take(&pool));
}

static void forgetting_frees_nothing(void **state)
{
    qk_pool pool = EMPTY;
    int item;

    (void)state;
    freed = 0;
    assert_true(qk_pool_put(&pool, &item));
    qk_pool_forget(&pool);
    assert_null(qk_pool_take(&pool));
    assert_int_equal(freed, 0);
}

typedef struct shared {
    qk_pool pool;
    atomic_int owners[4];
    atomic_bool doubled;
} shared;

static void *take_and_put(void *arg)
{
    shared *s = arg;

    for (unsigned round = 0; round < 20000; round++) {
        atomic_int *owners = qk_pool_take(&s->pool);
        if (!owners)
            continue;
        if (atomic_fetch_add(owners, 1) != 0)
            atomic_store(&s->doubled, true);
        atomic_fetch_sub(owners, 1);
        if (!qk_pool_put(&s->pool, owners))
            atomic_store(&s->doubled, true);
    }
    return NULL;
}

static void no_two_threads_hold_one_item(void **state)
{
    shared s = { .pool = EMPTY };
    pthread_t threads[6];
    unsigned left = 0;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_true(qk_pool_put(&s.pool, &s.owners[i]));
    for (unsigned i = 0; i < 6; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_put, &s), 0);
    for (unsigned i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    assert_false(atomic_load(&s.doubled));
    while (qk_pool_take(&s.pool))
        left++;
    assert_int_equal(left, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_pool_gives_nothing), cmocka_unit_test(an_item_comes_back_once),
        cmocka_unit_test(a_full_pool_refuses),         cmocka_unit_test(draining_frees_each_item),
        cmocka_unit_test(forgetting_frees_nothing),    cmocka_unit_test(no_two_threads_hold_one_item),
    };
    return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
