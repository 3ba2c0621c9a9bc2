/* SPDX-License-Identifier: Apache-2.0 */
/* Databases: connections, transactions, prepared statements and migrations, for rooms that keep rows. SQLite now; the
 * shape (numbered parameters, no dialect outside a statement's text) leaves room for PostgreSQL beside it.
 *
 * 1. A qk_database is shared by threads; a transaction belongs to one thread, and a thread has one at a time. SQLite:
 *    WAL, synchronous=FULL, BEGIN IMMEDIATE for writers, busy timeout, secure_delete, files (also -wal, -shm) 0600, no
 *    network file systems (refused with words).
 * 2. Writers are serialised inside the process by one lock; readers have connections of their own. Writers that queue
 *    share one COMMIT, each still atomic for itself.
 * 3. Statements are prepared once per connection and kept.
 * 4. fork() waits until no transaction is open. The child calls qk_database_abandon before it opens anything, then
 * opens anew; the parent goes on. Errors: QK_E_STORE_BUSY (another process holds the lock), QK_E_STORE_BROKEN (damaged
 * or I/O error; words name the file and what to do), QK_E_DEVICE_FULL, QK_E_TOKEN_READ_ONLY (file or file system),
 * QK_E_OBJECT_CONFLICT (a row breaks a UNIQUE or other constraint), QK_E_NO_MEMORY. */
#ifndef QK_DATABASE_DATABASE_H
#define QK_DATABASE_DATABASE_H

#include "base/bytes.h"

typedef struct qk_database qk_database;
typedef struct qk_transaction qk_transaction; /* a read or a write transaction */
typedef struct qk_statement qk_statement;     /* a prepared statement in use */

/* Opens or creates. `path` of an SQLite file; its folder must exist. QK_E_SYSTEM if the folder is missing or closed to
 * us, QK_E_CONFIG on a network file system. */
QK_MUST_CHECK qk_err qk_database_open(const char *path, qk_database **out_database);
/* No transaction may be open. Accepts a pointer to NULL. */
void qk_database_close(qk_database **database);
/* In a forked child, instead of qk_database_close: gives up the inherited connections without writing to the file.
 * SQLite must not be left with them: it counts locks per process, and would believe that the child holds the locks of
 * its parent. */
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
/* Bytes and text are borrowed until the statement has run to its end, is bound anew or ends. Binding after a run starts
 * over: the other parameters keep their values. A bind that fails is reported by the next step. */
void qk_statement_bind_int(qk_statement *statement, int parameter, int64_t value);
void qk_statement_bind_bytes(qk_statement *statement, int parameter, qk_view value);    /* empty is empty, not NULL */
void qk_statement_bind_text(qk_statement *statement, int parameter, const char *value); /* NULL binds NULL */
void qk_statement_bind_null(qk_statement *statement, int parameter);
/* Next row. *out_row false at the end. */
QK_MUST_CHECK qk_err qk_statement_step(qk_statement *statement, bool *out_row);
/* Runs a statement that returns no rows. */
QK_MUST_CHECK qk_err qk_statement_run(qk_statement *statement);
/* Columns count from 0. */
int64_t qk_statement_int(qk_statement *statement, int column);
qk_view qk_statement_bytes(qk_statement *statement, int column);    /* valid until the next step */
const char *qk_statement_text(qk_statement *statement, int column); /* NULL for a NULL column */
int64_t qk_statement_changes(qk_statement *statement);              /* rows changed by the last run */
/* Back to the connection's store, also after its transaction has ended; fits QK_OWNED. */
void qk_statement_end(qk_statement **statement);

#endif
