/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared statements: a small hash table per connection, by the address of the text. */
#include "database/sqlite.h"

#include <stdlib.h>

static qk_sqlite_kept **bucket_of(qk_sqlite_connection *connection, const char *sql)
{
    uintptr_t address = (uintptr_t)sql;
    return &connection->kept[(address >> 4 ^ address >> 10) % QK_SQLITE_BUCKETS];
}

int qk_sqlite_keep(qk_sqlite_connection *connection, const char *sql, qk_sqlite_kept **out_kept)
{
    qk_sqlite_kept **bucket = bucket_of(connection, sql), *kept;
    int rc;

    for (kept = *bucket; kept; kept = kept->next)
        if (kept->sql == sql && !kept->in_use) {
            *out_kept = kept;
            return SQLITE_OK;
        }
    kept = calloc(1, sizeof *kept);
    if (!kept)
        return SQLITE_NOMEM;
    rc = sqlite3_prepare_v3(connection->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &kept->stmt, NULL);
    if (rc != SQLITE_OK) {
        free(kept);
        return rc;
    }
    kept->sql = sql;
    kept->next = *bucket;
    *bucket = kept;
    *out_kept = kept;
    return SQLITE_OK;
}

int qk_sqlite_run(qk_sqlite_connection *connection, const char *sql)
{
    qk_sqlite_kept *kept = NULL;
    int rc = qk_sqlite_keep(connection, sql, &kept);

    if (rc != SQLITE_OK)
        return rc;
    sqlite3_step(kept->stmt);
    return sqlite3_reset(kept->stmt); /* returns the step's error again */
}

qk_err qk_statement_prepare(qk_transaction *transaction, const char *sql, qk_statement **out_statement)
{
    qk_statement *statement = calloc(1, sizeof *statement);
    int rc;

    if (!statement)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a statement");
    rc = qk_sqlite_keep(transaction->connection, sql, &statement->kept);
    if (rc != SQLITE_OK) {
        free(statement);
        transaction->failure = qk_sqlite_fail(transaction->database, transaction->connection->db, rc, "prepare");
        return transaction->failure;
    }
    statement->kept->in_use = true;
    statement->transaction = transaction;
    statement->next = transaction->statements;
    transaction->statements = statement;
    *out_statement = statement;
    return QK_OK;
}

static void give_back(qk_statement *statement)
{
    sqlite3_reset(statement->kept->stmt);
    sqlite3_clear_bindings(statement->kept->stmt);
    statement->kept->in_use = false;
    statement->kept = NULL;
    statement->transaction = NULL;
}

void qk_sqlite_end_statements(qk_transaction *transaction)
{
    for (qk_statement *statement = transaction->statements, *next; statement; statement = next) {
        next = statement->next;
        give_back(statement);
    }
    transaction->statements = NULL;
}

void qk_statement_end(qk_statement **statement)
{
    qk_statement *it = *statement;

    *statement = NULL;
    if (!it)
        return;
    if (it->transaction) {
        qk_statement **place = &it->transaction->statements;
        while (*place != it)
            place = &(*place)->next;
        *place = it->next;
        give_back(it);
    }
    free(it);
}

/* ---- parameters ---- */

static sqlite3_stmt *ready(qk_statement *statement)
{
    if (statement->stepped)
        sqlite3_reset(statement->kept->stmt);
    statement->stepped = false;
    return statement->kept->stmt;
}

static void note(qk_statement *statement, int rc)
{
    if (rc != SQLITE_OK && statement->bind_error == SQLITE_OK)
        statement->bind_error = rc;
}

void qk_statement_bind_int(qk_statement *statement, int parameter, int64_t value)
{
    note(statement, sqlite3_bind_int64(ready(statement), parameter, value));
}

void qk_statement_bind_bytes(qk_statement *statement, int parameter, qk_view value)
{
    const void *data = value.len ? (const void *)value.data : "";
    note(statement, sqlite3_bind_blob64(ready(statement), parameter, data, value.len, SQLITE_STATIC));
}

void qk_statement_bind_text(qk_statement *statement, int parameter, const char *value)
{
    note(statement, sqlite3_bind_text(ready(statement), parameter, value, -1, SQLITE_STATIC));
}

void qk_statement_bind_null(qk_statement *statement, int parameter)
{
    note(statement, sqlite3_bind_null(ready(statement), parameter));
}

/* ---- rows ---- */

static qk_err step_failed(qk_statement *statement, int rc)
{
    qk_transaction *transaction = statement->transaction;

    transaction->failure = qk_sqlite_fail(transaction->database, transaction->connection->db, rc,
                                          transaction->write ? "writing" : "reading");
    return transaction->failure;
}

qk_err qk_statement_step(qk_statement *statement, bool *out_row)
{
    int rc = statement->bind_error;

    if (rc == SQLITE_OK) {
        statement->stepped = true;
        rc = sqlite3_step(statement->kept->stmt); /* starts over after its end */
    }
    statement->bind_error = SQLITE_OK;
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return step_failed(statement, rc);
    *out_row = rc == SQLITE_ROW;
    return QK_OK;
}

qk_err qk_statement_run(qk_statement *statement)
{
    bool row = false;

    QK_TRY(qk_statement_step(statement, &row));
    while (row)
        QK_TRY(qk_statement_step(statement, &row));
    return QK_OK;
}

int64_t qk_statement_int(qk_statement *statement, int column)
{
    return sqlite3_column_int64(statement->kept->stmt, column);
}

qk_view qk_statement_bytes(qk_statement *statement, int column)
{
    const void *data = sqlite3_column_blob(statement->kept->stmt, column);
    return qk_view_of(data, (size_t)sqlite3_column_bytes(statement->kept->stmt, column));
}

const char *qk_statement_text(qk_statement *statement, int column)
{
    return (const char *)sqlite3_column_text(statement->kept->stmt, column);
}

int64_t qk_statement_changes(qk_statement *statement)
{
    return sqlite3_changes(statement->transaction->connection->db);
}
