/* SPDX-License-Identifier: Apache-2.0 */
/* Databases: connections, transactions, prepared statements and migrations, for rooms that keep rows. SQLite now; the
 * shape (numbered parameters, no dialect outside a statement's text) leaves room for PostgreSQL beside it.
 *
 * 1. A qk_database is shared by threads; a transaction belongs to one thread at a time. SQLite: WAL, synchronous=FULL,
 *    BEGIN IMMEDIATE for writers, busy timeout, secure_delete, files (also -wal, -shm) 0600, no network file systems
 *    (refused with words).
 * 2. Writers are serialised inside the process by one lock; readers have connections of their own.
 * 3. Statements are prepared once per connection and kept.
 * Errors: QK_E_STORE_BUSY, QK_E_STORE_BROKEN (corrupt, I/O; words name file and what to do), QK_E_DEVICE_FULL. */
#ifndef QK_DATABASE_DATABASE_H
#define QK_DATABASE_DATABASE_H

#include "base/bytes.h"

typedef struct qk_database qk_database;
typedef struct qk_transaction qk_transaction; /* a read or a write transaction */
typedef struct qk_statement qk_statement; /* a prepared statement in use */

/* Opens or creates. `path` of an SQLite file. */
QK_MUST_CHECK qk_err qk_database_open(const char *path, qk_database **out_database);
void qk_database_close(qk_database **database);
/* In a forked child: closes nothing, forgets everything. */
void qk_database_abandon(qk_database **database);

/* A room's schema: its name and its migrations in order; each runs once, in one transaction with its number.
 * A database of a newer version than `count`: QK_E_CONFIG says to use the newer program. */
QK_MUST_CHECK qk_err qk_database_migrate(qk_database *database, const char *room, const char *const *migrations,
                                         size_t count);

QK_MUST_CHECK qk_err qk_transaction_begin(qk_database *database, bool write, qk_transaction **out_transaction);
/* Durable when it returns. On error the transaction is rolled back and gone too. */
QK_MUST_CHECK qk_err qk_transaction_commit(qk_transaction **transaction);
/* Rolls back unless committed; fits QK_OWNED. */
void qk_transaction_end(qk_transaction **transaction);

/* `sql` must be a string that lives forever (statements are kept by its address). Parameters are ?1, ?2, ... */
QK_MUST_CHECK qk_err qk_statement_prepare(qk_transaction *transaction, const char *sql, qk_statement **out_statement);
void qk_statement_bind_int(qk_statement *statement, int parameter, int64_t value);
void qk_statement_bind_bytes(qk_statement *statement, int parameter, qk_view value);
void qk_statement_bind_text(qk_statement *statement, int parameter, const char *value);
void qk_statement_bind_null(qk_statement *statement, int parameter);
/* Next row. *out_row false at the end. */
QK_MUST_CHECK qk_err qk_statement_step(qk_statement *statement, bool *out_row);
int64_t qk_statement_int(qk_statement *statement, int column);
qk_view qk_statement_bytes(qk_statement *statement, int column); /* valid until the next step */
const char *qk_statement_text(qk_statement *statement, int column);
int64_t qk_statement_changes(qk_statement *statement); /* rows changed by the last run */
void qk_statement_end(qk_statement **statement); /* back to the connection's store; fits QK_OWNED */

#endif
