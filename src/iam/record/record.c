/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/record.h"

#include <stdlib.h>

/* The first three tables are of a version that had no policies (legacy.c empties them). iam_changes has one row. */
const char *const qk_iam_migrations[] = {
    "CREATE TABLE iam_secrets (name TEXT PRIMARY KEY, sealed BLOB NOT NULL);"
    "CREATE TABLE iam_identities (name TEXT PRIMARY KEY, epoch INTEGER NOT NULL, instance_roles INTEGER NOT NULL,"
    " keystore_roles INTEGER NOT NULL, keystores BLOB NOT NULL, created INTEGER NOT NULL, mac BLOB NOT NULL);"
    "CREATE TABLE iam_api_keys (hash BLOB PRIMARY KEY, identity TEXT NOT NULL REFERENCES iam_identities (name),"
    " description TEXT NOT NULL, created INTEGER NOT NULL, revoked INTEGER NOT NULL, mac BLOB NOT NULL);"
    "CREATE INDEX iam_api_keys_of_identity ON iam_api_keys (identity);"
    "CREATE TABLE iam_changes (number INTEGER NOT NULL); INSERT INTO iam_changes VALUES (0)",
    "CREATE TABLE iam_records (kind INTEGER NOT NULL, name TEXT NOT NULL, content BLOB NOT NULL, mac BLOB NOT NULL,"
    " PRIMARY KEY (kind, name))",
};
const size_t qk_iam_migration_count = sizeof qk_iam_migrations / sizeof qk_iam_migrations[0];

static const char add[] = "INSERT INTO iam_records (kind, name, content, mac) VALUES (?1, ?2, ?3, ?4)"
                          " ON CONFLICT (kind, name) DO NOTHING";
static const char set[] = "UPDATE iam_records SET content = ?3, mac = ?4 WHERE kind = ?1 AND name = ?2";
static const char drop[] = "DELETE FROM iam_records WHERE kind = ?1 AND name = ?2";
static const char get[] = "SELECT name, content, mac FROM iam_records WHERE kind = ?1 AND name = ?2";
static const char get_all[] = "SELECT name, content, mac FROM iam_records WHERE kind = ?1 ORDER BY name";
static const char get_changes[] = "SELECT number FROM iam_changes";
static const char count_change[] = "UPDATE iam_changes SET number = number + 1";

qk_err qk_record_broken(const char *name)
{
    return qk_fail(QK_E_STORE_BROKEN,
                   "the access record %.100s was changed in the database by other hands: restore it from a backup",
                   name);
}

bool qk_record_read_text(qk_reader *reader, char *out, size_t room)
{
    qk_view text = qk_read_counted(reader);

    if (text.len >= room || (text.len && memchr(text.data, 0, text.len)))
        return false;
    if (text.len)
        memcpy(out, text.data, text.len);
    out[text.len] = 0;
    return true;
}

void qk_record_free(void *items)
{
    void **it = items;

    free(*it);
    *it = NULL;
}

static qk_err mac_of(const qk_iam_secrets *secrets, qk_record_kind kind, const char *name, qk_view content,
                     uint8_t out[QK_IAM_MAC_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put_u32(&data, kind);
    qk_buf_put_counted(&data, qk_view_text(name));
    qk_buf_put_counted(&data, content);
    QK_TRY(qk_buf_check(&data));
    return qk_iam_mac(secrets, "record", qk_buf_view(&data), out);
}

/* ---- writing ---- */

static qk_err write_with(const char *sql, qk_transaction *transaction, const qk_iam_secrets *secrets,
                         qk_record_kind kind, const char *name, const qk_buf *content, bool *out_changed)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    uint8_t mac[QK_IAM_MAC_LEN];

    QK_TRY(qk_buf_check(content));
    QK_TRY(mac_of(secrets, kind, name, qk_buf_view(content), mac));
    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_int(statement, 1, kind);
    qk_statement_bind_text(statement, 2, name);
    qk_statement_bind_bytes(statement, 3, qk_buf_view(content));
    qk_statement_bind_bytes(statement, 4, qk_view_of(mac, sizeof mac));
    QK_TRY(qk_statement_run(statement));
    *out_changed = qk_statement_changes(statement) > 0;
    return QK_OK;
}

qk_err qk_record_insert(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                        const char *name, const qk_buf *content)
{
    bool added;

    QK_TRY(write_with(add, transaction, secrets, kind, name, content, &added));
    return added ? QK_OK : qk_fail(QK_E_OBJECT_CONFLICT, "%.100s exists already", name);
}

qk_err qk_record_replace(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                         const char *name, const qk_buf *content)
{
    bool changed;

    QK_TRY(write_with(set, transaction, secrets, kind, name, content, &changed));
    return changed ? QK_OK : qk_record_broken(name);
}

qk_err qk_record_delete(qk_transaction *transaction, qk_record_kind kind, const char *name, bool *out_found)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, drop, &statement));
    qk_statement_bind_int(statement, 1, kind);
    qk_statement_bind_text(statement, 2, name);
    QK_TRY(qk_statement_run(statement));
    *out_found = qk_statement_changes(statement) > 0;
    return QK_OK;
}

/* ---- reading ---- */

/* From the current row. */
static qk_err load(qk_statement *statement, const qk_iam_secrets *secrets, qk_record_kind kind, qk_record_reader read,
                   void *out_item)
{
    const char *name = qk_statement_text(statement, 0);
    qk_view content = qk_statement_bytes(statement, 1);
    uint8_t mac[QK_IAM_MAC_LEN];

    if (!name)
        return qk_record_broken("without a name");
    QK_TRY(mac_of(secrets, kind, name, content, mac));
    if (!qk_ct_equal(qk_view_of(mac, sizeof mac), qk_statement_bytes(statement, 2)))
        return qk_record_broken(name);
    return read(name, content, out_item);
}

qk_err qk_record_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind, const char *name,
                      qk_record_reader read, void *out_item, bool *out_found)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, get, &statement));
    qk_statement_bind_int(statement, 1, kind);
    qk_statement_bind_text(statement, 2, name);
    QK_TRY(qk_statement_step(statement, out_found));
    return *out_found ? load(statement, secrets, kind, read, out_item) : QK_OK;
}

/* Room for one more, zeroed; NULL without memory. */
static void *one_more(void **items, size_t count, size_t size)
{
    void *grown = *items;

    if ((count & (count - 1)) == 0) /* full at each power of two */
        grown = reallocarray(*items, count ? 2 * count : 1, size);
    if (!grown)
        return NULL;
    *items = grown;
    return memset((char *)grown + count * size, 0, size);
}

qk_err qk_records_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_record_kind kind,
                       qk_record_reader read, size_t item_size, void **out_items, size_t *out_count)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_record_free) void *items = NULL;
    size_t count = 0;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, get_all, &statement));
    qk_statement_bind_int(statement, 1, kind);
    for (;; count++) {
        void *place;
        QK_TRY(qk_statement_step(statement, &row));
        if (!row)
            break;
        place = one_more(&items, count, item_size);
        if (!place)
            return qk_fail(QK_E_NO_MEMORY, "no memory for %zu access records", count);
        QK_TRY(load(statement, secrets, kind, read, place));
    }
    *out_items = items;
    *out_count = count;
    items = NULL;
    return QK_OK;
}

/* ---- changes ---- */

qk_err qk_record_changes(qk_transaction *transaction, int64_t *out_changes)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, get_changes, &statement));
    QK_TRY(qk_statement_step(statement, &row));
    if (!row)
        return qk_fail(QK_E_STORE_BROKEN, "the database has lost its count of changed identities: restore it from a "
                                          "backup");
    *out_changes = qk_statement_int(statement, 0);
    return QK_OK;
}

qk_err qk_record_count_change(qk_transaction *transaction, int64_t *out_number)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, count_change, &statement));
    QK_TRY(qk_statement_run(statement));
    return qk_record_changes(transaction, out_number);
}
