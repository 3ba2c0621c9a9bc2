/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of this room: a database in a folder of its own, with a table `things`. */
#ifndef QK_DATABASE_DATABASE_FIXTURE_H
#define QK_DATABASE_DATABASE_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "database/database.h"

typedef struct fixture {
    char folder[64];
    char path[128];
    qk_database *database;
    int pipe[2];
} fixture;

#define DATABASE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fixture, tear_down_fixture)

static inline int set_up_fixture(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    snprintf(f->folder, sizeof f->folder, "/tmp/qk-database-XXXXXX");
    if (!f || !mkdtemp(f->folder) || pipe(f->pipe) != 0)
        return -1;
    snprintf(f->path, sizeof f->path, "%s/store.db", f->folder);
    *state = f;
    return 0;
}

static inline int tear_down_fixture(void **state)
{
    static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
    fixture *f = *state;
    char path[300];

    qk_database_close(&f->database);
    for (size_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        unlink(path);
    }
    close(f->pipe[0]);
    close(f->pipe[1]);
    int result = rmdir(f->folder); /* fails if a test left a file behind */
    free(f);
    return result;
}

static inline void open_fixture(fixture *f)
{
    qk_err err = qk_database_open(f->path, &f->database);
    if (err != QK_OK)
        fail_msg("open: %s", qk_err_words(err));
}

static inline void run_sql(qk_database *database, const char *sql)
{
    qk_transaction *transaction = NULL;
    qk_statement *statement = NULL;

    assert_int_equal(qk_transaction_begin(database, true, &transaction), QK_OK);
    assert_int_equal(qk_statement_prepare(transaction, sql, &statement), QK_OK);
    assert_int_equal(qk_statement_run(statement), QK_OK);
    qk_statement_end(&statement);
    assert_int_equal(qk_transaction_commit(&transaction), QK_OK);
}

static inline void make_table(qk_database *database)
{
    run_sql(database, "CREATE TABLE IF NOT EXISTS things (id INTEGER PRIMARY KEY, value BLOB NOT NULL)");
}

/* A row with 100 bytes, in the transaction. */
static inline qk_err insert_in(qk_transaction *transaction, int64_t id)
{
    static const uint8_t value[100] = { 7 };
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, "INSERT INTO things (id, value) VALUES (?1, ?2)", &statement));
    qk_statement_bind_int(statement, 1, id);
    qk_statement_bind_bytes(statement, 2, qk_view_of(value, sizeof value));
    return qk_statement_run(statement);
}

static inline qk_err insert(qk_database *database, int64_t id)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, true, &transaction));
    QK_TRY(insert_in(transaction, id));
    return qk_transaction_commit(&transaction);
}

static inline qk_err try_count_rows(qk_database *database, int64_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_transaction_begin(database, false, &transaction));
    QK_TRY(qk_statement_prepare(transaction, "SELECT count(*), sum(length(value)) FROM things", &statement));
    QK_TRY(qk_statement_step(statement, &row));
    if (out_count)
        *out_count = qk_statement_int(statement, 0);
    return QK_OK;
}

/* -1 on error, so that it can be used in children too. */
static inline int64_t count_rows(qk_database *database)
{
    int64_t count = -1;
    return try_count_rows(database, &count) == QK_OK ? count : -1;
}

static inline pid_t fork_child(void)
{
    pid_t child;

    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    return child;
}

/* Exit code of a child; 128 and more if it was killed. */
static inline int exit_of(pid_t child)
{
    int status = 0;

    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline void write_file(const char *path, const void *content, size_t len)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, len), len);
    close(fd);
}

static inline size_t size_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return (size_t)status.st_size;
}

#endif
