/* SPDX-License-Identifier: Apache-2.0 */
#include "database/database_fixture.h"

#include <pthread.h>

static const char *const migrations[] = {
    "CREATE TABLE things (id INTEGER PRIMARY KEY); INSERT INTO things VALUES (1)",
    "ALTER TABLE things ADD COLUMN value BLOB NOT NULL DEFAULT x'00'; INSERT INTO things (id) VALUES (2)",
};

static void each_migration_runs_once_and_in_order(void **state)
{
    fixture *f = *state;

    open_fixture(f);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 1), QK_OK);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 2), QK_OK);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 2), QK_OK);
    assert_int_equal(count_rows(f->database), 2);
}

static void rooms_count_their_versions_apart(void **state)
{
    fixture *f = *state;
    static const char *const others[] = { "CREATE TABLE others (id INTEGER)" };

    open_fixture(f);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 2), QK_OK);
    assert_int_equal(qk_database_migrate(f->database, "cellar", others, 1), QK_OK);
    assert_int_equal(qk_database_migrate(f->database, "cellar", others, 1), QK_OK);
}

static void a_newer_database_is_refused_with_advice(void **state)
{
    fixture *f = *state;

    open_fixture(f);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 2), QK_OK);
    assert_int_equal(qk_database_migrate(f->database, "shelf", migrations, 1), QK_E_CONFIG);
    assert_non_null(strstr(qk_failure_last()->words, "newer program"));
    assert_non_null(strstr(qk_failure_last()->words, f->path));
}

static void a_failing_migration_leaves_nothing_behind(void **state)
{
    fixture *f = *state;
    static const char *const broken[] = { "CREATE TABLE halves (id INTEGER); CREATE TABLE halves (id INTEGER)" };
    static const char *const mended[] = { "CREATE TABLE halves (id INTEGER)" };

    open_fixture(f);
    assert_int_equal(qk_database_migrate(f->database, "shelf", broken, 1), QK_E_STORE_BROKEN);
    assert_int_equal(qk_database_migrate(f->database, "shelf", mended, 1), QK_OK);
}

static void *migrate(void *context)
{
    return (void *)(uintptr_t)qk_database_migrate(context, "shelf", migrations, 2);
}

static void threads_that_migrate_at_once_do_it_once(void **state)
{
    fixture *f = *state;
    pthread_t threads[6];
    void *result;

    open_fixture(f);
    for (int i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, migrate, f->database);
    for (int i = 0; i < 6; i++) {
        pthread_join(threads[i], &result);
        assert_int_equal((uintptr_t)result, QK_OK);
    }
    assert_int_equal(count_rows(f->database), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        DATABASE_TEST(each_migration_runs_once_and_in_order),
        DATABASE_TEST(rooms_count_their_versions_apart),
        DATABASE_TEST(a_newer_database_is_refused_with_advice),
        DATABASE_TEST(a_failing_migration_leaves_nothing_behind),
        DATABASE_TEST(threads_that_migrate_at_once_do_it_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
