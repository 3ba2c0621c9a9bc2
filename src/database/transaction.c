/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions: any number of readers, and writers who take turns.
 *
 * What costs is the fsync of a COMMIT, so writers that queue share one. The first to get the turn opens a group with
 * BEGIN IMMEDIATE; each writes inside a savepoint of its own and can roll back alone. Who commits while others wait
 * joins the group's members, passes the turn on and waits; who finds nobody waiting (or the group full) runs the COMMIT
 * for all. Nobody's commit returns before that COMMIT is on the disk. If the COMMIT fails, or SQLite rolls the whole
 * group back by itself (disk full), every member fails.
 *
 * Rules: `writing` and the writer connection belong to who has the turn. A group is open as long as somebody has the
 * turn or a waiter is about to take it, so a member never waits for nobody. */
#include "database/sqlite.h"

#include <stdio.h>

enum { GROUP_LIMIT = 32, IDLE_LIMIT = 16 };

/* ---- readers ---- */

/* Last of all, when no SQLite call is under way any more: fork() waits for it. */
static void leave_reading(qk_database *database)
{
    pthread_mutex_lock(&database->lock);
    database->reading--;
    if (database->forking)
        pthread_cond_broadcast(&database->quiet);
    pthread_mutex_unlock(&database->lock);
}

static void end_read(qk_transaction *transaction)
{
    qk_database *database = transaction->database;
    qk_sqlite_connection *connection = transaction->connection;

    if (!sqlite3_get_autocommit(connection->db))
        (void)qk_sqlite_run(connection, "COMMIT");
    pthread_mutex_lock(&database->lock);
    if (database->idle_count < IDLE_LIMIT && sqlite3_get_autocommit(connection->db)) {
        connection->next = database->idle;
        database->idle = connection;
        database->idle_count++;
        connection = NULL;
    }
    pthread_mutex_unlock(&database->lock);
    qk_sqlite_disconnect(&connection);
    leave_reading(database);
}

static qk_err begin_read(qk_database *database, qk_transaction **out_transaction)
{
    qk_sqlite_connection *connection;
    qk_err err = QK_OK;
    int rc;

    pthread_mutex_lock(&database->lock);
    while (database->forking)
        pthread_cond_wait(&database->turn, &database->lock);
    database->reading++;
    connection = database->idle;
    if (connection) {
        database->idle = connection->next;
        database->idle_count--;
    }
    pthread_mutex_unlock(&database->lock);
    if (!connection)
        err = qk_sqlite_connect(database, false, &connection);
    if (err == QK_OK && (rc = qk_sqlite_run(connection, "BEGIN")) != SQLITE_OK) {
        err = qk_sqlite_fail(database, connection->db, rc, "begin");
        qk_sqlite_disconnect(&connection);
    }
    if (err != QK_OK) {
        leave_reading(database);
        return err;
    }
    *out_transaction = &connection->transaction;
    return QK_OK;
}

/* ---- writers ---- */

/* The lock is held. `words` belong to the error of this thread. */
static void settle(qk_database *database, qk_err err)
{
    for (qk_sqlite_member *member = database->members, *next; member; member = next) {
        next = member->next;
        member->err = err;
        snprintf(member->words, sizeof member->words, "%s", err == QK_OK ? "" : qk_err_words(err));
        member->done = true;
    }
    database->members = NULL;
    database->member_count = 0;
    database->group_open = false;
    pthread_cond_broadcast(&database->settled);
}

/* The lock is held. */
static void pass_turn(qk_database *database)
{
    database->writing = false;
    pthread_cond_signal(&database->turn);
    if (database->forking)
        pthread_cond_broadcast(&database->quiet);
}

static void settle_and_pass(qk_database *database, qk_err err)
{
    pthread_mutex_lock(&database->lock);
    settle(database, err);
    pass_turn(database);
    pthread_mutex_unlock(&database->lock);
}

static qk_err commit_group(qk_database *database)
{
    qk_sqlite_connection *writer = database->writer;
    int rc = qk_sqlite_run(writer, "COMMIT");
    qk_err err;

    if (rc == SQLITE_OK)
        return QK_OK;
    err = qk_sqlite_fail(database, writer->db, rc, "commit");
    if (!sqlite3_get_autocommit(writer->db))
        (void)qk_sqlite_run(writer, "ROLLBACK");
    return err;
}

/* Undoes this writer's part of the group, then ends the group if nobody else will. */
static void roll_back(qk_database *database, qk_err failure)
{
    qk_sqlite_connection *writer = database->writer;
    bool members, others;

    if (sqlite3_get_autocommit(writer->db)) { /* SQLite gave the whole group up */
        settle_and_pass(database, failure == QK_OK ? QK_E_STORE_BROKEN : failure);
        return;
    }
    (void)qk_sqlite_run(writer, "ROLLBACK TO part");
    (void)qk_sqlite_run(writer, "RELEASE part");
    pthread_mutex_lock(&database->lock);
    members = database->member_count > 0;
    others = database->waiting > 0 && !database->forking;
    if (members && others)
        pass_turn(database);
    pthread_mutex_unlock(&database->lock);
    if (members && others)
        return;
    if (members) {
        settle_and_pass(database, commit_group(database));
        return;
    }
    (void)qk_sqlite_run(writer, "ROLLBACK");
    settle_and_pass(database, QK_OK);
}

static qk_err commit_write(qk_database *database)
{
    qk_sqlite_member self = { 0 };
    int rc = qk_sqlite_run(database->writer, "RELEASE part");
    qk_err err;

    if (rc != SQLITE_OK) {
        err = qk_sqlite_fail(database, database->writer->db, rc, "commit");
        roll_back(database, err);
        return err;
    }
    pthread_mutex_lock(&database->lock);
    if (database->waiting > 0 && database->member_count < GROUP_LIMIT && !database->forking) {
        self.next = database->members;
        database->members = &self;
        database->member_count++;
        pass_turn(database);
        while (!self.done)
            pthread_cond_wait(&database->settled, &database->lock);
        pthread_mutex_unlock(&database->lock);
        return self.err == QK_OK ? QK_OK : qk_fail(self.err, "%s", self.words);
    }
    pthread_mutex_unlock(&database->lock);
    err = commit_group(database);
    settle_and_pass(database, err);
    return err;
}

/* Before a fork new groups wait, but an open group goes on, since its members wait for who comes next. */
static void take_turn(qk_database *database)
{
    pthread_mutex_lock(&database->lock);
    database->waiting++;
    while (database->writing || (database->forking && !database->group_open))
        pthread_cond_wait(&database->turn, &database->lock);
    database->waiting--;
    database->writing = true;
    pthread_mutex_unlock(&database->lock);
}

static qk_err begin_write(qk_database *database, qk_transaction **out_transaction)
{
    int rc;

    take_turn(database);
    if (!database->group_open) {
        rc = qk_sqlite_run(database->writer, "BEGIN IMMEDIATE");
        if (rc != SQLITE_OK) {
            qk_err err = qk_sqlite_fail(database, database->writer->db, rc, "begin");
            settle_and_pass(database, err);
            return err;
        }
        pthread_mutex_lock(&database->lock);
        database->group_open = true;
        pthread_mutex_unlock(&database->lock);
    }
    rc = qk_sqlite_run(database->writer, "SAVEPOINT part");
    if (rc != SQLITE_OK) {
        qk_err err = qk_sqlite_fail(database, database->writer->db, rc, "begin");
        roll_back(database, err);
        return err;
    }
    database->writer->transaction.failure = QK_OK;
    *out_transaction = &database->writer->transaction;
    return QK_OK;
}

/* ---- both ---- */

qk_err qk_transaction_begin(qk_database *database, bool write, qk_transaction **out_transaction)
{
    return write ? begin_write(database, out_transaction) : begin_read(database, out_transaction);
}

qk_err qk_transaction_commit(qk_transaction **transaction)
{
    qk_transaction *it = *transaction;

    *transaction = NULL;
    qk_sqlite_end_statements(it);
    if (it->write)
        return commit_write(it->database);
    end_read(it);
    return QK_OK;
}

void qk_transaction_end(qk_transaction **transaction)
{
    qk_transaction *it = *transaction;

    *transaction = NULL;
    if (!it)
        return;
    qk_sqlite_end_statements(it);
    if (it->write)
        roll_back(it->database, it->failure);
    else
        end_read(it);
}
