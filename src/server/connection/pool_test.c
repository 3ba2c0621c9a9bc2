/* SPDX-License-Identifier: Apache-2.0 */
/* The order in which a pool works, and its bound. One thread, which a first task holds until the test has posted. */
#include "server/connection/pool.h"

#include <semaphore.h>

#include "base/testing.h"

typedef struct fixture {
    qk_pool *pool;
    sem_t held, go;
    qk_task holder;
    char order[8];
    size_t done;
} fixture;

typedef struct letter {
    qk_task task;
    fixture *f;
    char letter;
} letter;

static void hold(qk_task *task)
{
    fixture *f = (fixture *)(void *)((char *)task - offsetof(fixture, holder));

    sem_post(&f->held);
    sem_wait(&f->go);
}

static void write_letter(qk_task *task)
{
    letter *it = (letter *)(void *)task;

    it->f->order[it->f->done++] = it->letter;
}

static void begin(fixture *f)
{
    *f = (fixture){ .holder.run = hold };
    sem_init(&f->held, 0, 0);
    sem_init(&f->go, 0, 0);
    assert_qk_ok(qk_pool_start("test", 1, 0, &f->pool));
    qk_pool_post(f->pool, &f->holder);
    sem_wait(&f->held);
}

/* What was posted is run. */
static void end(fixture *f)
{
    sem_post(&f->go);
    qk_pool_stop(&f->pool);
    sem_destroy(&f->held);
    sem_destroy(&f->go);
}

#define LETTER(name)                                                                                                   \
    {                                                                                                                  \
        { .run = write_letter }, &f, name                                                                              \
    }

static void tasks_run_in_their_order(void **state)
{
    fixture f;
    letter a = LETTER('a'), b = LETTER('b'), c = LETTER('c');

    (void)state;
    begin(&f);
    qk_pool_post(f.pool, &a.task);
    qk_pool_post(f.pool, &b.task);
    qk_pool_post(f.pool, &c.task);
    end(&f);
    assert_string_equal(f.order, "abc");
}

static void what_is_posted_first_overtakes_all_that_waits(void **state)
{
    fixture f;
    letter a = LETTER('a'), b = LETTER('b'), c = LETTER('c'), d = LETTER('d');

    (void)state;
    begin(&f);
    qk_pool_post_first(f.pool, &a.task); /* with nothing there */
    qk_pool_post(f.pool, &b.task);
    qk_pool_post(f.pool, &c.task);
    qk_pool_post_first(f.pool, &d.task);
    end(&f);
    assert_string_equal(f.order, "dabc");
}

static void a_full_pool_refuses_and_takes_again_what_must_run(void **state)
{
    fixture f;
    letter a = LETTER('a'), b = LETTER('b'), c = LETTER('c'), d = LETTER('d');

    (void)state;
    begin(&f);
    assert_true(qk_pool_try_post(f.pool, &a.task, 2)); /* what runs does not wait */
    assert_true(qk_pool_try_post(f.pool, &b.task, 2));
    assert_false(qk_pool_try_post(f.pool, &c.task, 2));
    qk_pool_post_first(f.pool, &d.task);
    assert_false(qk_pool_try_post(f.pool, &c.task, 3));
    assert_true(qk_pool_try_post(f.pool, &c.task, 4));
    end(&f);
    assert_string_equal(f.order, "dabc");
}

static void after_its_tasks_have_run_there_is_room_again(void **state)
{
    fixture f;
    letter a = LETTER('a'), b = LETTER('b');

    (void)state;
    begin(&f);
    assert_true(qk_pool_try_post(f.pool, &a.task, 1));
    assert_false(qk_pool_try_post(f.pool, &b.task, 1));
    sem_post(&f.go);
    qk_pool_post_first(f.pool, &f.holder); /* runs before or after a, but the pool is empty once it and a have run */
    sem_wait(&f.held);
    sem_post(&f.go);
    while (!qk_pool_try_post(f.pool, &b.task, 1))
        ;
    end(&f);
    assert_string_equal(f.order, "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tasks_run_in_their_order),
        cmocka_unit_test(what_is_posted_first_overtakes_all_that_waits),
        cmocka_unit_test(a_full_pool_refuses_and_takes_again_what_must_run),
        cmocka_unit_test(after_its_tasks_have_run_there_is_room_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
