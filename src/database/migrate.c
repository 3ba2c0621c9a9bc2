/* SPDX-License-Identifier: Apache-2.0 */
/* Migrations: table `schema_versions` says how far each room's tables are. */
#include "database/sqlite.h"

static const char make_table[] = "CREATE TABLE IF NOT EXISTS schema_versions"
                                 " (room TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID";
static const char has_table[] = "SELECT 1 FROM sqlite_schema WHERE name = 'schema_versions'";
static const char get_version[] = "SELECT version FROM schema_versions WHERE room = ?1";
static const char set_version[] = "INSERT INTO schema_versions (room, version) VALUES (?1, ?2)"
                                  " ON CONFLICT (room) DO UPDATE SET version = excluded.version";

/* 0 for a room that was never here. */
static qk_err version_of(qk_transaction *transaction, const char *room, int64_t *out_version)
{
    QK_OWNED(qk_statement_end) qk_statement *table = NULL;
    QK_OWNED(qk_statement_end) qk_statement *version = NULL;
    bool row;

    *out_version = 0;
    QK_TRY(qk_statement_prepare(transaction, has_table, &table));
    QK_TRY(qk_statement_step(table, &row));
    if (!row)
        return QK_OK;
    QK_TRY(qk_statement_prepare(transaction, get_version, &version));
    qk_statement_bind_text(version, 1, room);
    QK_TRY(qk_statement_step(version, &row));
    if (row)
        *out_version = qk_statement_int(version, 0);
    return QK_OK;
}

static qk_err check_not_newer(const qk_database *database, const char *room, int64_t version, size_t count)
{
    if (version < 0 || (uint64_t)version > count)
        return qk_fail(QK_E_CONFIG,
                       "database %s: its tables of the %s have version %lld, this program knows %zu: use the "
                       "newer program",
                       database->path, room, (long long)version, count);
    return QK_OK;
}

static qk_err execute(qk_transaction *transaction, const char *sql)
{
    int rc = sqlite3_exec(transaction->connection->db, sql, NULL, NULL, NULL);

    if (rc == SQLITE_OK)
        return QK_OK;
    transaction->failure = qk_sqlite_fail(transaction->database, transaction->connection->db, rc, "migrating");
    return transaction->failure;
}

static qk_err write_version(qk_transaction *transaction, const char *room, size_t version)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(execute(transaction, make_table));
    QK_TRY(qk_statement_prepare(transaction, set_version, &statement));
    qk_statement_bind_text(statement, 1, room);
    qk_statement_bind_int(statement, 2, (int64_t)version);
    return qk_statement_run(statement);
}

/* Reads first, so that a database that needs nothing is not written to. Processes that start together meet in the write
 * transaction, where the version is read again. */
static qk_err read_version(qk_database *database, const char *room, int64_t *out_version)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(database, false, &transaction));
    return version_of(transaction, room, out_version);
}

qk_err qk_database_migrate(qk_database *database, const char *room, const char *const *migrations, size_t count)
{
    int64_t version;

    QK_TRY(read_version(database, room, &version));
    QK_TRY(check_not_newer(database, room, version, count));
    while ((size_t)version < count) {
        QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
        QK_TRY(qk_transaction_begin(database, true, &transaction));
        QK_TRY(version_of(transaction, room, &version));
        QK_TRY(check_not_newer(database, room, version, count));
        if ((size_t)version == count)
            break;
        QK_TRY(execute(transaction, migrations[version]));
        QK_TRY(write_version(transaction, room, (size_t)version + 1));
        QK_TRY(qk_transaction_commit(&transaction));
        version++;
    }
    return QK_OK;
}
