/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/client_ca.h"

#include "base/clock.h"
#include "iam/core.h"
#include "iam/record/identity.h"

enum { VERSION = 1 };

/* Says how many there are. It lies beside them, under a name that none can have. */
static const char count_name[] = "/count";

/* ---- as content ---- */

static qk_err read_ca(const char *name, qk_view content, void *out_item)
{
    qk_client_ca *out = out_item;
    qk_reader reader = qk_reader_of(content);

    if (strlen(name) >= sizeof out->name || qk_read_u8(&reader) != VERSION)
        return qk_record_broken(name);
    strcpy(out->name, name);
    out->created_unix_s = (int64_t)qk_read_u64(&reader);
    if (!qk_record_read_text(&reader, out->pem, sizeof out->pem) || !qk_reader_ended(&reader))
        return qk_record_broken(name);
    return QK_OK;
}

/* ---- rows ---- */

/* With the record of their number, which is the first, if there ever was one. */
static qk_err read_all(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_client_ca **out,
                       size_t *out_count)
{
    QK_OWNED(qk_record_free) void *items = NULL;
    qk_client_ca *all;
    size_t count;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_CLIENT_CA, read_ca, sizeof *all, &items, &count));
    all = items;
    if (count > 0 && strcmp(all[0].name, count_name) != 0)
        return qk_record_broken("of client authorities");
    if (count > 0 && all[0].created_unix_s != (int64_t)--count)
        return qk_record_broken("of client authorities");
    if (count > 0)
        memmove(all, all + 1, count * sizeof *all);
    *out = all;
    *out_count = count;
    items = NULL;
    return QK_OK;
}

static void write_ca(int64_t number, const char *pem, qk_buf *out)
{
    qk_buf_put_u8(out, VERSION);
    qk_buf_put_u64(out, (uint64_t)number);
    qk_buf_put_counted(out, qk_view_text(pem));
}

static qk_err write_count(qk_transaction *transaction, const qk_iam_secrets *secrets, size_t count)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    int64_t number;
    bool found;

    write_ca((int64_t)count, "", &content);
    QK_TRY(qk_record_count_change(transaction, &number));
    QK_TRY(qk_record_delete(transaction, QK_RECORD_CLIENT_CA, count_name, &found));
    return qk_record_insert(transaction, secrets, QK_RECORD_CLIENT_CA, count_name, &content);
}

qk_err qk_client_ca_add(qk_iam *iam, const char *name, const char *pem)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    QK_OWNED(qk_record_free) qk_client_ca *all = NULL;
    size_t count;

    if (!qk_name_is_printable(name) || strchr(name, '/'))
        return qk_fail(QK_E_BAD_ARGUMENT, "the name of an authority has 1 to 63 printable bytes without a slash");
    if (strlen(pem) >= QK_CLIENT_CA_PEM)
        return qk_fail(QK_E_BAD_ARGUMENT, "certificates of more than %d bytes", QK_CLIENT_CA_PEM - 1);
    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(read_all(transaction, &iam->secrets, &all, &count));
    if (count == QK_CLIENT_CA_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "there are %d authorities already, which are the most", QK_CLIENT_CA_MOST);
    write_ca(qk_clock_unix_s(), pem, &content);
    QK_TRY(qk_record_insert(transaction, &iam->secrets, QK_RECORD_CLIENT_CA, name, &content));
    QK_TRY(write_count(transaction, &iam->secrets, count + 1));
    return qk_transaction_commit(&transaction);
}

qk_err qk_client_ca_remove(qk_iam *iam, const char *name)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_record_free) qk_client_ca *all = NULL;
    bool found = false;
    size_t count;

    QK_TRY(qk_transaction_begin(iam->database, true, &transaction));
    QK_TRY(read_all(transaction, &iam->secrets, &all, &count));
    if (strcmp(name, count_name) != 0)
        QK_TRY(qk_record_delete(transaction, QK_RECORD_CLIENT_CA, name, &found));
    if (!found)
        return qk_fail(QK_E_OBJECT_MISSING, "there is no authority '%.64s'; 'quantoki mtls list' shows all", name);
    QK_TRY(write_count(transaction, &iam->secrets, count - 1));
    return qk_transaction_commit(&transaction);
}

qk_err qk_client_ca_list(qk_iam *iam, qk_client_ca **out_all, size_t *out_count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    return read_all(transaction, &iam->secrets, out_all, out_count);
}

qk_err qk_iam_changes(qk_iam *iam, int64_t *out_changes)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(iam->database, false, &transaction));
    return qk_record_changes(transaction, out_changes);
}
