/* SPDX-License-Identifier: Apache-2.0 */
#include "iam/record/identity.h"

#include "base/clock.h"

enum { VERSION = 1 };

/* ---- as content ---- */

static void write_identity(const qk_iam_identity *identity, qk_buf *out)
{
    qk_buf_put_u8(out, VERSION);
    qk_buf_put_u8(out, (uint8_t)identity->kind);
    qk_buf_put_counted(out, qk_view_text(identity->description));
    qk_buf_put_u64(out, (uint64_t)identity->created_unix_s);
    qk_buf_put_u64(out, (uint64_t)identity->epoch);
}

static qk_err read_identity(const char *name, qk_view content, void *out_item)
{
    qk_iam_identity *out = out_item;
    qk_reader reader = qk_reader_of(content);

    if (strlen(name) >= sizeof out->name || qk_read_u8(&reader) != VERSION)
        return qk_record_broken(name);
    strcpy(out->name, name);
    out->kind = qk_read_u8(&reader) == QK_USER ? QK_USER : QK_SERVICE_ID;
    if (!qk_record_read_text(&reader, out->description, sizeof out->description))
        return qk_record_broken(name);
    out->created_unix_s = (int64_t)qk_read_u64(&reader);
    out->epoch = (int64_t)qk_read_u64(&reader);
    return qk_reader_ended(&reader) ? QK_OK : qk_record_broken(name);
}

/* ---- rows ---- */

static bool has_controls(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    return false;
}

bool qk_name_is_printable(const char *name)
{
    size_t len = strlen(name);

    return !has_controls(name) && len > 0 && len < QK_IAM_NAME && name[0] != ' ' && name[len - 1] != ' ';
}

qk_err qk_description_check(const char *description)
{
    if (has_controls(description))
        return qk_fail(QK_E_BAD_ARGUMENT, "a description is one line without control characters");
    return QK_OK;
}

static bool name_is_good(const char *name)
{
    size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.@+:");

    return len > 0 && len < QK_IAM_NAME && name[len] == 0 && strchr("-_.@+:", name[0]) == NULL;
}

qk_err qk_identity_add(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_identity *identity)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_iam_identity fresh = *identity;

    if (!name_is_good(identity->name))
        return qk_fail(QK_E_BAD_ARGUMENT, "an identity's name has 1 to 63 letters, digits and '-_.@+:', and starts "
                                          "with a letter or digit");
    QK_TRY(qk_record_count_change(transaction, &fresh.epoch));
    fresh.created_unix_s = qk_clock_unix_s();
    write_identity(&fresh, &content);
    return qk_record_insert(transaction, secrets, QK_RECORD_IDENTITY, fresh.name, &content);
}

qk_err qk_identity_get(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name,
                       qk_iam_identity *out)
{
    bool found;

    QK_TRY(qk_record_find(transaction, secrets, QK_RECORD_IDENTITY, name, read_identity, out, &found));
    return found ? QK_OK : qk_fail(QK_E_OBJECT_MISSING, "there is no service ID or user %.64s", name);
}

qk_err qk_identity_renew(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *name)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_iam_identity identity;

    QK_TRY(qk_identity_get(transaction, secrets, name, &identity));
    QK_TRY(qk_record_count_change(transaction, &identity.epoch));
    write_identity(&identity, &content);
    return qk_record_replace(transaction, secrets, QK_RECORD_IDENTITY, name, &content);
}

qk_err qk_identities_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_identity **out,
                          size_t *out_count)
{
    void *items;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_IDENTITY, read_identity, sizeof **out, &items, out_count));
    *out = items;
    return QK_OK;
}
