/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the database room: what its files share. Nobody else includes this.
 *
 * A database has one writing connection and any number of reading ones. A transaction is the use of one connection by
 * one thread; it lies inside the connection. A statement handle is the use of one kept sqlite3_stmt; it lies on the
 * heap, because callers end it after the transaction, when the connection may serve another thread already. */
#ifndef QK_DATABASE_SQLITE_H
#define QK_DATABASE_SQLITE_H

#include <pthread.h>
#include <sqlite3.h>

#include "database/database.h"

typedef struct qk_sqlite_kept qk_sqlite_kept;
typedef struct qk_sqlite_connection qk_sqlite_connection;
typedef struct qk_sqlite_member qk_sqlite_member;

/* A prepared statement that a connection keeps, found by the address of its text. */
struct qk_sqlite_kept {
    qk_sqlite_kept *next;
    const char *sql;
    sqlite3_stmt *stmt;
    bool in_use;
};

struct qk_statement {
    qk_statement *next;
    qk_transaction *transaction; /* NULL once the transaction is over */
    qk_sqlite_kept *kept;
    bool stepped;   /* must be reset before it is bound again */
    int bind_error; /* first failed bind, reported by the next step */
};

struct qk_transaction {
    qk_database *database;
    qk_sqlite_connection *connection;
    bool write;
    qk_statement *statements; /* in use */
    qk_err failure;           /* of its last failed statement */
};

enum { QK_SQLITE_BUCKETS = 64 };

struct qk_sqlite_connection {
    qk_sqlite_connection *next; /* in the list of idle readers */
    sqlite3 *db;
    qk_sqlite_kept *kept[QK_SQLITE_BUCKETS];
    qk_transaction transaction;
};

/* A thread whose writes are done and who waits for the COMMIT of its group. */
struct qk_sqlite_member {
    qk_sqlite_member *next;
    bool done;
    qk_err err;
    char words[320];
};

struct qk_database {
    qk_database *next;            /* in the list that fork() walks */
    char *path;                   /* absolute */
    qk_sqlite_connection *writer; /* touched only by whoever has the turn */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t turn, settled, quiet;
    bool writing;              /* somebody has the turn */
    bool group_open;           /* BEGIN has run on the writer */
    bool forking;              /* a thread wants to fork and waits for quiet */
    unsigned waiting;          /* threads that wait for the turn */
    qk_sqlite_member *members; /* of the open group */
    unsigned member_count;
    unsigned reading;           /* open read transactions */
    qk_sqlite_connection *idle; /* readers */
    unsigned idle_count;
};

/* Describes what SQLite refused; `what` says at which step. */
qk_err qk_sqlite_fail(const qk_database *database, sqlite3 *db, int rc, const char *what);

QK_MUST_CHECK qk_err qk_sqlite_connect(qk_database *database, bool write, qk_sqlite_connection **out_connection);
void qk_sqlite_disconnect(qk_sqlite_connection **connection);

/* Finds or prepares the statement. */
int qk_sqlite_keep(qk_sqlite_connection *connection, const char *sql, qk_sqlite_kept **out_kept);
/* Runs a kept statement that has no parameters and no rows worth reading. Returns SQLite's code. */
int qk_sqlite_run(qk_sqlite_connection *connection, const char *sql);
/* Gives every statement of the transaction back. */
void qk_sqlite_end_statements(qk_transaction *transaction);

/* Makes the file, empty and 0600, unless it exists; tightens the mode of files that exist. */
QK_MUST_CHECK qk_err qk_sqlite_file_prepare(const char *path);
/* QK_E_CONFIG if the file lies on a network file system. */
QK_MUST_CHECK qk_err qk_sqlite_file_check_local(const char *path);
/* Name of a network file system by its number in statfs(2); NULL for all others. */
const char *qk_sqlite_network_name(unsigned long magic);

/* The list that fork() walks. */
void qk_sqlite_fork_add(qk_database *database);
void qk_sqlite_fork_remove(qk_database *database);

#endif
