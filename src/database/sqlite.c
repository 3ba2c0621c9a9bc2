/* SPDX-License-Identifier: Apache-2.0 */
/* Opening and closing SQLite databases, and what SQLite's refusals mean.
 *
 * We are a guest in somebody else's process, who may use SQLite too: no sqlite3_config, no sqlite3_shutdown, no default
 * VFS, no shared cache, no URI names (paths are absolute). Every connection is SQLITE_OPEN_NOMUTEX: our own rules say
 * that one thread at a time has it. */
#include "database/sqlite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_TIMEOUT_MS = 10 * 1000 };

/* The error number of the last failure on the database's file or on its log. sqlite3_system_errno alone is not enough:
 * the rollback after a failed write overwrites it. */
static int reason_of(sqlite3 *db)
{
    static const int files[] = { SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER };
    int reason = sqlite3_system_errno(db);

    for (size_t i = 0; i < sizeof files / sizeof files[0] && reason == 0; i++) {
        sqlite3_file *file = NULL;
        if (sqlite3_file_control(db, "main", files[i], &file) == SQLITE_OK && file && file->pMethods)
            file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &reason);
    }
    return reason;
}

/* A quota and a limit on file sizes count as a full disk; ENOSPC itself is SQLITE_FULL already. */
static bool no_space(int reason)
{
    return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

static qk_err code_of(sqlite3 *db, int rc)
{
    switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return QK_E_STORE_BUSY;
    case SQLITE_FULL:
        return QK_E_DEVICE_FULL;
    case SQLITE_IOERR:
        if (rc == SQLITE_IOERR_NOMEM)
            return QK_E_NO_MEMORY;
        return db && no_space(reason_of(db)) ? QK_E_DEVICE_FULL : QK_E_STORE_BROKEN;
    case SQLITE_READONLY:
        return QK_E_TOKEN_READ_ONLY;
    case SQLITE_NOMEM:
        return QK_E_NO_MEMORY;
    case SQLITE_CONSTRAINT:
        return QK_E_OBJECT_CONFLICT;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return QK_E_SYSTEM;
    default:
        return QK_E_STORE_BROKEN;
    }
}

qk_err qk_sqlite_fail(const qk_database *database, sqlite3 *db, int rc, const char *what)
{
    qk_err code = code_of(db, rc);
    const char *words = db ? sqlite3_errmsg(db) : sqlite3_errstr(rc);

    if ((rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB)
        return qk_fail(code,
                       "database %s is damaged (%s: %s): stop the programs that use it and restore it from a "
                       "backup, or save what is left with sqlite3's .recover",
                       database->path, what, words);
    if (code == QK_E_DEVICE_FULL)
        return qk_fail(code, "database %s: no space left (%s); nothing was changed", database->path, what);
    if (code == QK_E_TOKEN_READ_ONLY)
        return qk_fail(code, "database %s: file or file system is read-only (%s)", database->path, what);
    if (db && (code == QK_E_SYSTEM || (rc & 0xff) == SQLITE_IOERR))
        return qk_fail(code, "database %s: %s: %s: %s", database->path, what, words, strerror(reason_of(db)));
    return qk_fail(code, "database %s: %s: %s", database->path, what, words);
}

/* synchronous=FULL: a commit is on the disk when it returns. secure_delete: deleted keys are overwritten. mmap_size=0:
 * an I/O error stays an error and is no SIGBUS in the host. temp_store: no temporary files with rows in them. */
static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=ON;"
                               "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA mmap_size=0;"
                               "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-4000; PRAGMA wal_autocheckpoint=4000;";

/* The first access also finds files that are no databases. */
static qk_err use_wal(qk_database *database, sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    bool wal = false;
    int rc = sqlite3_prepare_v2(db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);
        wal = mode && strcmp(mode, "wal") == 0;
    }
    if (rc != SQLITE_ROW) {
        qk_err err = qk_sqlite_fail(database, db, rc, "opening");
        sqlite3_finalize(stmt);
        return err;
    }
    sqlite3_finalize(stmt);
    if (!wal)
        return qk_fail(QK_E_CONFIG, "database %s: its file system cannot share memory, which the write-ahead log needs",
                       database->path);
    return QK_OK;
}

static qk_err set_up(qk_database *database, sqlite3 *db, bool write)
{
    int rc;

    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, BUSY_TIMEOUT_MS);
    sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    rc = sqlite3_exec(db, settings, NULL, NULL, NULL);
    if (rc == SQLITE_OK && !write) {
        /* Checkpoints are the writer's; in a forked child nobody's (qk_database_abandon). */
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        rc = sqlite3_exec(db, "PRAGMA query_only=ON", NULL, NULL, NULL);
    }
    if (rc != SQLITE_OK)
        return qk_sqlite_fail(database, db, rc, "opening");
    return write ? use_wal(database, db) : QK_OK;
}

qk_err qk_sqlite_connect(qk_database *database, bool write, qk_sqlite_connection **out_connection)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
    QK_OWNED(qk_sqlite_disconnect) qk_sqlite_connection *connection = calloc(1, sizeof *connection);
    int rc;

    if (!connection)
        return qk_fail(QK_E_NO_MEMORY, "database %s: no memory for a connection", database->path);
    rc = sqlite3_open_v2(database->path, &connection->db, flags, "unix");
    if (rc != SQLITE_OK)
        return qk_sqlite_fail(database, connection->db, rc, "opening");
    QK_TRY(set_up(database, connection->db, write));
    connection->transaction.database = database;
    connection->transaction.connection = connection;
    connection->transaction.write = write;
    *out_connection = connection;
    connection = NULL;
    return QK_OK;
}

void qk_sqlite_disconnect(qk_sqlite_connection **connection)
{
    qk_sqlite_connection *it = *connection;

    *connection = NULL;
    if (!it)
        return;
    for (size_t i = 0; i < QK_SQLITE_BUCKETS; i++)
        for (qk_sqlite_kept *kept = it->kept[i], *next; kept; kept = next) {
            next = kept->next;
            sqlite3_finalize(kept->stmt);
            free(kept);
        }
    sqlite3_close(it->db);
    free(it);
}

/* The folder's real path and the file's name, so that readers that connect later find the same file after chdir(). */
static qk_err absolute_path(const char *path, char **out_path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    char *real = folder ? realpath(folder, NULL) : NULL;
    int reason = errno, written = -1;

    if (real && *name)
        written = asprintf(out_path, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name);
    free(folder);
    free(real);
    if (real && !*name)
        return qk_fail(QK_E_CONFIG, "database %s: a folder, not a file", path);
    if (!real)
        return qk_fail(QK_E_SYSTEM, "database %s: its folder cannot be reached: %s", path, strerror(reason));
    return written < 0 ? qk_fail(QK_E_NO_MEMORY, "database %s: no memory for its path", path) : QK_OK;
}

/* Frees what has no connection to the file. */
static void forget(qk_database *database)
{
    pthread_mutex_destroy(&database->lock);
    pthread_cond_destroy(&database->turn);
    pthread_cond_destroy(&database->settled);
    pthread_cond_destroy(&database->quiet);
    free(database->path);
    free(database);
}

static void disconnect_all(qk_database *database)
{
    while (database->idle) {
        qk_sqlite_connection *reader = database->idle;
        database->idle = reader->next;
        qk_sqlite_disconnect(&reader);
    }
    qk_sqlite_disconnect(&database->writer); /* last: it writes the log back and removes it */
}

static void drop(qk_database **database)
{
    if (*database) {
        disconnect_all(*database);
        forget(*database);
    }
    *database = NULL;
}

qk_err qk_database_open(const char *path, qk_database **out_database)
{
    QK_OWNED(drop) qk_database *database = calloc(1, sizeof *database);

    if (!database)
        return qk_fail(QK_E_NO_MEMORY, "database %s: no memory", path);
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->turn, NULL);
    pthread_cond_init(&database->settled, NULL);
    pthread_cond_init(&database->quiet, NULL);
    QK_TRY(absolute_path(path, &database->path));
    QK_TRY(qk_sqlite_file_prepare(database->path));
    QK_TRY(qk_sqlite_file_check_local(database->path));
    QK_TRY(qk_sqlite_connect(database, true, &database->writer));
    qk_sqlite_fork_add(database);
    *out_database = database;
    database = NULL;
    return QK_OK;
}

void qk_database_close(qk_database **database)
{
    if (*database)
        qk_sqlite_fork_remove(*database);
    drop(database);
}

void qk_database_abandon(qk_database **database)
{
    if (*database && (*database)->writer)
        sqlite3_db_config((*database)->writer->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    qk_database_close(database);
}
