/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/entropy_token/entropy_token_rows.h"

/* Revoked tokens stay: whoever shows one is told so. Their names may be used again. `changed` is the count of changes
 * at which a row was made or revoked, so that a replica reads what is new to it and nothing else. */
static const char *const migrations[] = {
    "CREATE TABLE entropy_tokens (id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL,"
    " scopes INTEGER NOT NULL, created INTEGER NOT NULL, not_before INTEGER NOT NULL, expires INTEGER NOT NULL,"
    " revoked INTEGER NOT NULL, rate_requests INTEGER NOT NULL, rate_seconds INTEGER NOT NULL,"
    " allotment INTEGER NOT NULL, used INTEGER NOT NULL, total INTEGER NOT NULL, period_starts INTEGER NOT NULL,"
    " period_ends INTEGER NOT NULL, changed INTEGER NOT NULL);"
    "CREATE UNIQUE INDEX entropy_tokens_names ON entropy_tokens (name) WHERE revoked = 0;"
    "CREATE INDEX entropy_tokens_changed ON entropy_tokens (changed);"
    "CREATE TABLE entropy_token_changes (number INTEGER NOT NULL); INSERT INTO entropy_token_changes VALUES (0)",
};

static const char insert_row[] =
    "INSERT INTO entropy_tokens (hash, name, scopes, created, not_before, expires, revoked, rate_requests,"
    " rate_seconds, allotment, used, total, period_starts, period_ends, changed)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10, ?11, ?12, ?13, (SELECT number FROM entropy_token_changes))";
static const char revoke_row[] =
    "UPDATE entropy_tokens SET revoked = 1, changed = (SELECT number FROM entropy_token_changes)"
    " WHERE name = ?1 AND revoked = 0";
static const char count_row[] =
    "UPDATE entropy_tokens SET used = ?2, total = ?3, period_starts = ?4, period_ends = ?5 WHERE id = ?1";
#define TOKENS                                                                                                         \
    "SELECT id, hash, name, scopes, created, not_before, expires, revoked, rate_requests, rate_seconds, allotment,"    \
    " used, total, period_starts, period_ends FROM entropy_tokens"
static const char find_row[] = TOKENS " WHERE hash = ?1";
static const char newer_rows[] = TOKENS " WHERE changed > ?1 ORDER BY created, id";
static const char count_change[] = "UPDATE entropy_token_changes SET number = number + 1";
static const char get_changes[] = "SELECT number FROM entropy_token_changes";

qk_err qk_token_rows_migrate(qk_database *database)
{
    return qk_database_migrate(database, "entropy-tokens", migrations, sizeof migrations / sizeof migrations[0]);
}

qk_err qk_token_rows_changes(qk_transaction *transaction, int64_t *out_changes)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, get_changes, &statement));
    QK_TRY(qk_statement_step(statement, &row));
    if (!row)
        return qk_fail(QK_E_STORE_BROKEN,
                       "the database has lost its count of changed tokens: restore it from a backup");
    *out_changes = qk_statement_int(statement, 0);
    return QK_OK;
}

static qk_err note_change(qk_transaction *transaction)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, count_change, &statement));
    return qk_statement_run(statement);
}

static void bind_record(qk_statement *statement, const qk_token_record *record)
{
    qk_statement_bind_text(statement, 2, record->name);
    qk_statement_bind_int(statement, 3, (int64_t)record->scopes);
    qk_statement_bind_int(statement, 4, record->created_unix_s);
    qk_statement_bind_int(statement, 5, record->not_before_unix_s);
    qk_statement_bind_int(statement, 6, record->expires_unix_s);
    qk_statement_bind_int(statement, 7, (int64_t)record->rate_requests);
    qk_statement_bind_int(statement, 8, (int64_t)record->rate_seconds);
    qk_statement_bind_int(statement, 9, (int64_t)record->allotment_bytes);
    qk_statement_bind_int(statement, 10, (int64_t)record->used_bytes);
    qk_statement_bind_int(statement, 11, (int64_t)record->total_bytes);
    qk_statement_bind_int(statement, 12, record->period_starts_unix_s);
    qk_statement_bind_int(statement, 13, record->period_ends_unix_s);
}

qk_err qk_token_rows_insert(qk_transaction *transaction, const uint8_t hash[QK_TOKEN_HASH],
                            const qk_token_record *record)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_err err;

    QK_TRY(note_change(transaction));
    QK_TRY(qk_statement_prepare(transaction, insert_row, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(hash, QK_TOKEN_HASH));
    bind_record(statement, record);
    err = qk_statement_run(statement);
    if (err == QK_E_OBJECT_CONFLICT)
        return qk_fail(err, "there is a token named %s already: choose another name, or revoke that one first",
                       record->name);
    return err;
}

qk_err qk_token_rows_revoke(qk_transaction *transaction, const char *name)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(note_change(transaction));
    QK_TRY(qk_statement_prepare(transaction, revoke_row, &statement));
    qk_statement_bind_text(statement, 1, name);
    QK_TRY(qk_statement_run(statement));
    if (qk_statement_changes(statement) == 0)
        return qk_fail(QK_E_OBJECT_MISSING, "there is no token named %.64s that could be revoked", name);
    return QK_OK;
}

static qk_err load(qk_statement *statement, qk_token_row *out)
{
    qk_view hash = qk_statement_bytes(statement, 1);
    const char *name = qk_statement_text(statement, 2);
    qk_token_record *record = &out->record;

    if (hash.len != QK_TOKEN_HASH || !name || strlen(name) >= sizeof record->name)
        return qk_fail(QK_E_STORE_BROKEN, "a token's row in the database is damaged: restore it from a backup");
    *out = (qk_token_row){ .id = qk_statement_int(statement, 0) };
    memcpy(out->hash, hash.data, QK_TOKEN_HASH);
    strcpy(record->name, name);
    record->scopes = (unsigned)qk_statement_int(statement, 3);
    record->created_unix_s = qk_statement_int(statement, 4);
    record->not_before_unix_s = qk_statement_int(statement, 5);
    record->expires_unix_s = qk_statement_int(statement, 6);
    record->revoked = qk_statement_int(statement, 7) != 0;
    record->rate_requests = (uint64_t)qk_statement_int(statement, 8);
    record->rate_seconds = (uint64_t)qk_statement_int(statement, 9);
    record->allotment_bytes = (uint64_t)qk_statement_int(statement, 10);
    record->used_bytes = (uint64_t)qk_statement_int(statement, 11);
    record->total_bytes = (uint64_t)qk_statement_int(statement, 12);
    record->period_starts_unix_s = qk_statement_int(statement, 13);
    record->period_ends_unix_s = qk_statement_int(statement, 14);
    return QK_OK;
}

qk_err qk_token_rows_find(qk_transaction *transaction, const uint8_t hash[QK_TOKEN_HASH], qk_token_row *out_row,
                          bool *out_found)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool found;

    QK_TRY(qk_statement_prepare(transaction, find_row, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(hash, QK_TOKEN_HASH));
    QK_TRY(qk_statement_step(statement, &found));
    if (found)
        QK_TRY(load(statement, out_row));
    *out_found = found;
    return QK_OK;
}

qk_err qk_token_rows_each(qk_transaction *transaction, int64_t since, qk_token_row_visitor visit, void *context)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_token_row row;
    bool found;

    QK_TRY(qk_statement_prepare(transaction, newer_rows, &statement));
    qk_statement_bind_int(statement, 1, since);
    for (;;) {
        QK_TRY(qk_statement_step(statement, &found));
        if (!found)
            return QK_OK;
        QK_TRY(load(statement, &row));
        QK_TRY(visit(context, &row));
    }
}

qk_err qk_token_rows_count(qk_transaction *transaction, const qk_token_row *row)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, count_row, &statement));
    qk_statement_bind_int(statement, 1, row->id);
    qk_statement_bind_int(statement, 2, (int64_t)row->record.used_bytes);
    qk_statement_bind_int(statement, 3, (int64_t)row->record.total_bytes);
    qk_statement_bind_int(statement, 4, row->record.period_starts_unix_s);
    qk_statement_bind_int(statement, 5, row->record.period_ends_unix_s);
    return qk_statement_run(statement);
}
