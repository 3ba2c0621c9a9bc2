/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

static int set_up_with_table(void **state)
{
    int result = set_up_fixture(state);
    if (result == 0) {
        open_fixture(*state);
        make_table(((fixture *)*state)->database);
    }
    return result;
}

#define TABLE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_with_table, tear_down_fixture)

/* ---- one thread ---- */

static void what_is_not_committed_is_rolled_back(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(insert_in(transaction, 1), QK_OK);
    qk_transaction_end(&transaction);
    assert_null(transaction);
    assert_int_equal(count_rows(f->database), 0);
    assert_int_equal(insert(f->database, 2), QK_OK);
    assert_int_equal(count_rows(f->database), 1);
}

static void a_reader_sees_nothing_before_the_commit(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(insert_in(transaction, 1), QK_OK);
    assert_int_equal(count_rows(f->database), 0);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
    assert_null(transaction);
    assert_int_equal(count_rows(f->database), 1);
}

static void a_read_transaction_sees_one_moment(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;
    bool row;

    assert_int_equal(qk_transaction_begin(f->database, false, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, "SELECT count(*) FROM things", &statement), QK_OK);
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_int_equal(qk_statement_int(statement, 0), 0);
    assert_int_equal(insert(f->database, 1), QK_OK);
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_false(row);
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_int_equal(qk_statement_int(statement, 0), 0);
    qk_statement_end(&statement);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
    assert_int_equal(count_rows(f->database), 1);
}

static void a_read_transaction_cannot_write(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;

    assert_int_equal(qk_transaction_begin(f->database, false, &transaction), QK_OK);
    assert_int_equal(insert_in(transaction, 1), QK_E_TOKEN_READ_ONLY);
    qk_transaction_end(&transaction);
    assert_int_equal(count_rows(f->database), 0);
}

static void a_repeated_key_is_a_conflict_and_the_transaction_goes_on(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(insert_in(transaction, 1), QK_OK);
    assert_int_equal(insert_in(transaction, 1), QK_E_OBJECT_CONFLICT);
    assert_int_equal(insert_in(transaction, 2), QK_OK);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
    assert_int_equal(count_rows(f->database), 2);
}

static void a_statement_with_an_unknown_table_is_an_error(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, "SELECT 1 FROM nothing", &statement), QK_E_STORE_BROKEN);
    assert_null(statement);
    qk_transaction_end(&transaction);
    assert_int_equal(insert(f->database, 1), QK_OK);
}

/* ---- statements ---- */

static const char put[] = "INSERT INTO things (id, value) VALUES (?1, ?2)";
static const char get[] = "SELECT id, value, typeof(value) FROM things ORDER BY id";

static void a_statement_runs_again_with_new_values(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, put, &statement), QK_OK);
    qk_statement_bind_bytes(statement, 2, QK_VIEW_LITERAL("same"));
    for (int i = 0; i < 3; i++) {
        qk_statement_bind_int(statement, 1, i);
        assert_int_equal(qk_statement_run(statement), QK_OK);
        assert_int_equal(qk_statement_changes(statement), 1);
    }
    qk_statement_end(&statement);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
    assert_int_equal(count_rows(f->database), 3);
}

static void values_come_back_as_they_went_in(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;
    bool row;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, put, &statement), QK_OK);
    qk_statement_bind_int(statement, 1, INT64_MIN);
    qk_statement_bind_bytes(statement, 2, QK_VIEW_NONE);
    assert_int_equal(qk_statement_run(statement), QK_OK);
    qk_statement_bind_int(statement, 1, INT64_MAX);
    qk_statement_bind_text(statement, 2, "tëxt");
    assert_int_equal(qk_statement_run(statement), QK_OK);
    qk_statement_end(&statement);
    assert_int_equal(qk_statement_prepare(transaction, get, &statement), QK_OK);
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_true(row);
    assert_true(qk_statement_int(statement, 0) == INT64_MIN);
    assert_int_equal(qk_statement_bytes(statement, 1).len, 0);
    assert_string_equal(qk_statement_text(statement, 2), "blob"); /* empty, not NULL */
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_true(qk_statement_int(statement, 0) == INT64_MAX);
    assert_string_equal(qk_statement_text(statement, 1), "tëxt");
    assert_int_equal(qk_statement_step(statement, &row), QK_OK);
    assert_false(row);
    qk_statement_end(&statement);
    qk_transaction_end(&transaction);
}

static void a_parameter_that_does_not_exist_is_reported_by_the_step(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;
    bool row;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, put, &statement), QK_OK);
    qk_statement_bind_int(statement, 1, 1);
    qk_statement_bind_int(statement, 7, 1);
    assert_int_not_equal(qk_statement_step(statement, &row), QK_OK);
    qk_statement_end(&statement);
    qk_transaction_end(&transaction);
}

static void one_statement_may_be_in_use_twice(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL;
    qk_statement *outer = NULL, *inner = NULL;
    bool row;

    assert_int_equal(insert(f->database, 1), QK_OK);
    assert_int_equal(insert(f->database, 2), QK_OK);
    assert_int_equal(qk_transaction_begin(f->database, false, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, get, &outer), QK_OK);
    assert_int_equal(qk_statement_step(outer, &row), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, get, &inner), QK_OK);
    assert_int_equal(qk_statement_step(inner, &row), QK_OK);
    assert_int_equal(qk_statement_int(inner, 0), 1);
    assert_int_equal(qk_statement_step(outer, &row), QK_OK);
    assert_int_equal(qk_statement_int(outer, 0), 2);
    qk_statement_end(&inner);
    qk_statement_end(&outer);
    qk_transaction_end(&transaction);
}

static void a_statement_may_be_ended_after_its_transaction(void **state)
{
    fixture *f = *state;
    qk_transaction *transaction = NULL, *next = NULL;
    qk_statement *late = NULL, *statement = NULL;

    assert_int_equal(qk_transaction_begin(f->database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, put, &late), QK_OK);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
    assert_int_equal(qk_transaction_begin(f->database, true, &next), QK_OK);
    assert_int_equal(qk_statement_prepare(next, put, &statement), QK_OK);
    qk_statement_bind_int(statement, 1, 5);
    qk_statement_end(&late); /* must not disturb the statement of the next transaction */
    qk_statement_bind_bytes(statement, 2, QK_VIEW_LITERAL("v"));
    assert_int_equal(qk_statement_run(statement), QK_OK);
    qk_statement_end(&statement);
    assert_int_equal(qk_transaction_commit(&next), QK_OK);
    assert_int_equal(count_rows(f->database), 1);
}

/* ---- many threads, many processes ---- */

enum { THREADS = 8, ROUNDS = 150 };

typedef struct worker {
    fixture *f;
    int64_t number;
    atomic_int *failures;
} worker;

/* Commits two rows a round, rolls back every third round, and reads in between. */
static void *write_and_read(void *context)
{
    worker *w = context;

    for (int64_t i = 0; i < ROUNDS; i++) {
        qk_transaction *transaction = NULL;
        int64_t id = (w->number * ROUNDS + i) * 2;
        if (qk_transaction_begin(w->f->database, true, &transaction) != QK_OK || insert_in(transaction, id) != QK_OK ||
            insert_in(transaction, id + 1) != QK_OK)
            atomic_fetch_add(w->failures, 1);
        if (i % 3 == 2)
            qk_transaction_end(&transaction);
        else if (qk_transaction_commit(&transaction) != QK_OK)
            atomic_fetch_add(w->failures, 1);
        int64_t count = i % 5 ? 0 : count_rows(w->f->database);
        if (count < 0 || count % 2 != 0)
            atomic_fetch_add(w->failures, 1);
    }
    return NULL;
}

static int run_threads(fixture *f, int64_t first_number)
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    atomic_int failures = 0;

    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){ f, first_number + i, &failures };
        pthread_create(&threads[i], NULL, write_and_read, &workers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&failures);
}

static void threads_share_commits_and_stay_atomic_each(void **state)
{
    fixture *f = *state;

    assert_int_equal(run_threads(f, 0), 0);
    assert_int_equal(count_rows(f->database), THREADS * ROUNDS * 2 * 2 / 3);
}

static void processes_and_threads_write_together(void **state)
{
    fixture *f = *state;
    pid_t children[2];

    for (int i = 0; i < 2; i++) {
        children[i] = fork_child();
        if (children[i] == 0) {
            qk_database_abandon(&f->database);
            open_fixture(f);
            int failures = run_threads(f, (i + 1) * THREADS);
            qk_database_close(&f->database);
            _exit(failures ? 1 : 0);
        }
    }
    assert_int_equal(run_threads(f, 0), 0);
    assert_int_equal(exit_of(children[0]), 0);
    assert_int_equal(exit_of(children[1]), 0);
    assert_int_equal(count_rows(f->database), 3 * THREADS * ROUNDS * 2 * 2 / 3);
}

typedef struct group {
    fixture *f;
    atomic_int full, stored, other;
} group;

static void *store_until_full(void *context)
{
    group *g = context;
    static atomic_llong ids;

    for (;;) {
        qk_err err = insert(g->f->database, atomic_fetch_add(&ids, 1));
        if (err == QK_OK) {
            atomic_fetch_add(&g->stored, 1);
            continue;
        }
        atomic_fetch_add(err == QK_E_DEVICE_FULL ? &g->full : &g->other, 1);
        return NULL;
    }
}

/* In a child: every thread ends with DEVICE_FULL, and exactly the rows whose commit succeeded are there. */
static int fill_up_together(fixture *f)
{
    struct rlimit limit = { 400 * 1024, RLIM_INFINITY };
    pthread_t threads[THREADS];
    group g = { .f = f };

    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &limit);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, store_until_full, &g);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    if (atomic_load(&g.full) != THREADS || atomic_load(&g.other) != 0)
        return 1;
    return count_rows(f->database) == atomic_load(&g.stored) ? 0 : 2;
}

static void a_disk_that_fills_up_fails_whole_groups_and_loses_no_commit(void **state)
{
    fixture *f = *state;
    pid_t child;

    qk_database_close(&f->database);
    child = fork_child();
    if (child == 0) {
        open_fixture(f);
        int code = fill_up_together(f);
        qk_database_close(&f->database);
        _exit(code);
    }
    assert_int_equal(exit_of(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TABLE_TEST(what_is_not_committed_is_rolled_back),
        TABLE_TEST(a_reader_sees_nothing_before_the_commit),
        TABLE_TEST(a_read_transaction_sees_one_moment),
        TABLE_TEST(a_read_transaction_cannot_write),
        TABLE_TEST(a_repeated_key_is_a_conflict_and_the_transaction_goes_on),
        TABLE_TEST(a_statement_with_an_unknown_table_is_an_error),
        TABLE_TEST(a_statement_runs_again_with_new_values),
        TABLE_TEST(values_come_back_as_they_went_in),
        TABLE_TEST(a_parameter_that_does_not_exist_is_reported_by_the_step),
        TABLE_TEST(one_statement_may_be_in_use_twice),
        TABLE_TEST(a_statement_may_be_ended_after_its_transaction),
        TABLE_TEST(threads_share_commits_and_stay_atomic_each),
        TABLE_TEST(processes_and_threads_write_together),
        TABLE_TEST(a_disk_that_fills_up_fails_whole_groups_and_loses_no_commit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
