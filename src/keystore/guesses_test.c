/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/guesses.h"

#include <sched.h>
#include <stdatomic.h>

#include "base/testing.h"

static const qk_uuid store = { { 1 } }, other_store = { { 2 } };
static const qk_caller alice = { .identity = "alice" }, bob = { .identity = "bob" };

static int begin(void **state)
{
    static qk_guesses guesses;

    qk_guesses_init(&guesses);
    *state = &guesses;
    return 0;
}

static int end(void **state)
{
    qk_guesses_done(*state);
    return 0;
}

static void fail_times(qk_guesses *guesses, int times, int64_t now_ms)
{
    for (int i = 0; i < times; i++)
        qk_guesses_count(guesses, &store, &alice, QK_E_PIN_INCORRECT, now_ms);
}

static void five_are_free(void **state)
{
    fail_times(*state, 4, 1000);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 1000), QK_OK);
    fail_times(*state, 1, 1000);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 1999), QK_E_PIN_LOCKED);
    assert_non_null(strstr(qk_err_words(QK_E_PIN_LOCKED), "try again in 1 second"));
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 2000), QK_OK);
}

static void each_more_doubles_the_wait_up_to_ten_minutes(void **state)
{
    fail_times(*state, 7, 0);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 3999), QK_E_PIN_LOCKED);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 4000), QK_OK);
    fail_times(*state, 100, 0);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 599999), QK_E_PIN_LOCKED);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 600000), QK_OK);
}

static void the_right_password_sets_the_count_back(void **state)
{
    fail_times(*state, 5, 0);
    qk_guesses_count(*state, &store, &alice, QK_OK, 2000);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 2000), QK_OK);
    fail_times(*state, 4, 2000);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 2000), QK_OK);
}

static void others_and_other_keystores_do_not_wait(void **state)
{
    fail_times(*state, 20, 0);
    assert_int_equal(qk_guesses_may_try(*state, &store, &bob, 1), QK_OK);
    assert_int_equal(qk_guesses_may_try(*state, &store, NULL, 1), QK_OK);
    assert_int_equal(qk_guesses_may_try(*state, &other_store, &alice, 1), QK_OK);
}

static void what_says_nothing_of_the_password_does_not_count(void **state)
{
    for (int i = 0; i < 20; i++) {
        assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 1), QK_OK);
        qk_guesses_count(*state, &store, &alice, QK_E_KEYSTORE_MISSING, 1);
    }
    fail_times(*state, 5, 1);
    qk_guesses_count(*state, &store, &alice, QK_E_KEYSTORE_MISSING, 2);
    assert_int_equal(qk_guesses_may_try(*state, &store, &alice, 1000), QK_E_PIN_LOCKED);
}

typedef struct crowd {
    qk_guesses *guesses;
    qk_err outcome;
    pthread_barrier_t start;
    atomic_int tried;
} crowd;

static void *try_once(void *context)
{
    crowd *it = context;

    pthread_barrier_wait(&it->start);
    if (qk_guesses_may_try(it->guesses, &store, &alice, 1000) != QK_OK)
        return NULL;
    atomic_fetch_add(&it->tried, 1);
    for (int i = 0; i < 100; i++) /* the others are at it, too */
        sched_yield();
    qk_guesses_count(it->guesses, &store, &alice, it->outcome, 1000);
    return NULL;
}

enum { CROWD = 32 };

static int try_all_at_once(qk_guesses *guesses, qk_err outcome)
{
    crowd it = { .guesses = guesses, .outcome = outcome };
    pthread_t threads[CROWD];

    assert_int_equal(pthread_barrier_init(&it.start, NULL, CROWD), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, try_once, &it), 0);
    for (size_t i = 0; i < CROWD; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&it.start);
    return it.tried;
}

static void wrong_tries_at_the_same_time_are_no_more_than_one_after_the_other(void **state)
{
    assert_int_equal(try_all_at_once(*state, QK_E_PIN_INCORRECT), 5);
}

/* A service of many processes starts. */
static void right_ones_at_the_same_time_are_all_let_in(void **state)
{
    fail_times(*state, 4, 0);
    assert_int_equal(try_all_at_once(*state, QK_OK), CROWD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(five_are_free, begin, end),
        cmocka_unit_test_setup_teardown(each_more_doubles_the_wait_up_to_ten_minutes, begin, end),
        cmocka_unit_test_setup_teardown(the_right_password_sets_the_count_back, begin, end),
        cmocka_unit_test_setup_teardown(others_and_other_keystores_do_not_wait, begin, end),
        cmocka_unit_test_setup_teardown(what_says_nothing_of_the_password_does_not_count, begin, end),
        cmocka_unit_test_setup_teardown(wrong_tries_at_the_same_time_are_no_more_than_one_after_the_other, begin, end),
        cmocka_unit_test_setup_teardown(right_ones_at_the_same_time_are_all_let_in, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
