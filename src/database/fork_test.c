/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static void a_child_opens_anew_and_both_go_on(void **state)
{
    fixture *f = *state;
    pid_t child;

    open_fixture(f);
    make_table(f->database);
    assert_int_equal(insert(f->database, 1), QK_OK);
    assert_int_equal(count_rows(f->database), 1); /* so that an idle reader is inherited too */
    child = fork_child();
    if (child == 0) {
        qk_database_abandon(&f->database);
        open_fixture(f);
        qk_err err = insert(f->database, 2);
        int64_t count = count_rows(f->database);
        qk_database_close(&f->database);
        _exit(err == QK_OK && count == 2 ? 0 : 1);
    }
    assert_int_equal(exit_of(child), 0);
    assert_int_equal(insert(f->database, 3), QK_OK);
    assert_int_equal(count_rows(f->database), 3);
}

/* The trap that fork.c tells of: were the child to believe in its parent's locks, the parent's close would remove the
 * log under it, and what the child writes then would be lost. */
static void what_a_child_writes_after_its_parent_closed_is_kept(void **state)
{
    fixture *f = *state;
    int back[2];
    char ready;
    pid_t child;

    assert_int_equal(pipe(back), 0);
    open_fixture(f);
    make_table(f->database);
    child = fork_child();
    if (child == 0) {
        char go;
        qk_database_abandon(&f->database);
        open_fixture(f);
        if (insert(f->database, 1) != QK_OK || write(back[1], "r", 1) != 1 || read(f->pipe[0], &go, 1) != 1)
            _exit(1);
        qk_err err = insert(f->database, 2);
        qk_database_abandon(&f->database); /* writes nothing back */
        _exit(err == QK_OK ? 0 : 3);
    }
    assert_int_equal(read(back[0], &ready, 1), 1);
    qk_database_close(&f->database);
    assert_int_equal(write(f->pipe[1], "g", 1), 1);
    assert_int_equal(exit_of(child), 0);
    close(back[0]);
    close(back[1]);
    open_fixture(f);
    assert_int_equal(count_rows(f->database), 2);
}

typedef struct busy {
    fixture *f;
    int64_t first;
    atomic_bool stop, failed;
} busy;

static void *keep_writing(void *context)
{
    busy *b = context;

    for (int64_t id = b->first; !atomic_load(&b->stop); id++)
        if (insert(b->f->database, id) != QK_OK || count_rows(b->f->database) < 0)
            atomic_store(&b->failed, true);
    return NULL;
}

static void forks_amid_writing_threads_give_usable_children(void **state)
{
    enum { WRITERS = 3, FORKS = 20 };
    fixture *f = *state;
    busy writers[WRITERS];
    pthread_t threads[WRITERS];

    open_fixture(f);
    make_table(f->database);
    for (int i = 0; i < WRITERS; i++) {
        writers[i].f = f;
        writers[i].first = (int64_t)(i + 1) * 1000000;
        atomic_init(&writers[i].stop, false);
        atomic_init(&writers[i].failed, false);
        pthread_create(&threads[i], NULL, keep_writing, &writers[i]);
    }
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork_child();
        if (child == 0) {
            alarm(60);
            qk_database_abandon(&f->database);
            open_fixture(f);
            qk_err err = insert(f->database, i);
            qk_database_close(&f->database);
            _exit(err == QK_OK ? 0 : 1);
        }
        assert_int_equal(exit_of(child), 0);
    }
    for (int i = 0; i < WRITERS; i++) {
        atomic_store(&writers[i].stop, true);
        pthread_join(threads[i], NULL);
        assert_false(atomic_load(&writers[i].failed));
    }
    assert_true(count_rows(f->database) >= FORKS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DATABASE_TEST(a_child_opens_anew_and_both_go_on),
        DATABASE_TEST(what_a_child_writes_after_its_parent_closed_is_kept),
        DATABASE_TEST(forks_amid_writing_threads_give_usable_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
