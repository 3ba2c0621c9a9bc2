/* SPDX-License-Identifier: Apache-2.0 */
/* API keys. A record's name is the key's hash: an HMAC under a key that only the server opens, so that who reads the
 * database cannot try texts. A revoked key stays as a record that says so. */
#include <stdlib.h>

#include "base/clock.h"
#include "iam/record/identity.h"

enum { VERSION = 1 };

typedef struct stored_key {
    qk_iam_api_key key;
    char hash[QK_HASH_TEXT];
} stored_key;

/* ---- as content ---- */

static void write_key(const qk_iam_api_key *key, qk_buf *out)
{
    qk_buf_put_u8(out, VERSION);
    qk_buf_put_counted(out, qk_view_text(key->identity));
    qk_buf_put_counted(out, qk_view_text(key->name));
    qk_buf_put_counted(out, qk_view_text(key->description));
    qk_buf_put_u64(out, (uint64_t)key->created_unix_s);
    qk_buf_put_u64(out, (uint64_t)key->expires_unix_s);
    qk_buf_put_u64(out, (uint64_t)key->number);
    qk_buf_put_u8(out, key->revoked);
}

static qk_err read_key(const char *name, qk_view content, void *out_item)
{
    qk_iam_api_key *out = out_item;
    qk_reader reader = qk_reader_of(content);

    if (qk_read_u8(&reader) != VERSION || !qk_record_read_text(&reader, out->identity, sizeof out->identity) ||
        !qk_record_read_text(&reader, out->name, sizeof out->name) ||
        !qk_record_read_text(&reader, out->description, sizeof out->description))
        return qk_record_broken(name);
    out->created_unix_s = (int64_t)qk_read_u64(&reader);
    out->expires_unix_s = (int64_t)qk_read_u64(&reader);
    out->number = (int64_t)qk_read_u64(&reader);
    out->revoked = qk_read_u8(&reader) != 0;
    return qk_reader_ended(&reader) ? QK_OK : qk_record_broken(name);
}

static qk_err read_stored(const char *name, qk_view content, void *out_item)
{
    stored_key *out = out_item;

    if (strlen(name) != sizeof out->hash - 1)
        return qk_record_broken(name);
    strcpy(out->hash, name);
    return read_key(name, content, &out->key);
}

/* ---- adding and finding ---- */

qk_err qk_api_key_hash(const qk_iam_secrets *secrets, qk_view text, char out[QK_HASH_TEXT])
{
    uint8_t hash[QK_IAM_MAC_LEN];

    QK_TRY(qk_iam_mac(secrets, "api key", text, hash));
    qk_hex_write(qk_view_of(hash, sizeof hash), out);
    return QK_OK;
}

static qk_err check_name_is_free(qk_transaction *transaction, const qk_iam_secrets *secrets, const qk_iam_api_key *key)
{
    QK_OWNED(qk_record_free) qk_iam_api_key *all = NULL;
    size_t count;

    QK_TRY(qk_api_keys_read(transaction, secrets, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (!all[i].revoked && strcmp(all[i].identity, key->identity) == 0 && strcmp(all[i].name, key->name) == 0)
            return qk_fail(QK_E_OBJECT_CONFLICT, "%s has an API key named %s already", key->identity, key->name);
    return QK_OK;
}

qk_err qk_api_key_add(qk_transaction *transaction, const qk_iam_secrets *secrets, const char hash[QK_HASH_TEXT],
                      const qk_iam_api_key *key)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    qk_iam_api_key fresh = *key;
    qk_iam_identity owner;

    if (!qk_name_is_printable(key->name))
        return qk_fail(QK_E_BAD_ARGUMENT, "an API key's name has 1 to 63 printable bytes");
    QK_TRY(qk_identity_get(transaction, secrets, key->identity, &owner));
    QK_TRY(check_name_is_free(transaction, secrets, key));
    QK_TRY(qk_record_count_change(transaction, &fresh.number));
    if (fresh.created_unix_s == 0)
        fresh.created_unix_s = qk_clock_unix_s();
    fresh.revoked = false;
    write_key(&fresh, &content);
    return qk_record_insert(transaction, secrets, QK_RECORD_API_KEY, hash, &content);
}

qk_err qk_api_key_find(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_view text, qk_iam_api_key *out,
                       bool *out_found)
{
    char hash[QK_HASH_TEXT];
    bool found;

    QK_TRY(qk_api_key_hash(secrets, text, hash));
    QK_TRY(qk_record_find(transaction, secrets, QK_RECORD_API_KEY, hash, read_key, out, &found));
    *out_found = found && !out->revoked;
    return QK_OK;
}

qk_err qk_api_keys_read(qk_transaction *transaction, const qk_iam_secrets *secrets, qk_iam_api_key **out,
                        size_t *out_count)
{
    void *items;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_API_KEY, read_key, sizeof **out, &items, out_count));
    *out = items;
    return QK_OK;
}

/* ---- ending ---- */

/* That a key is revoked stands under its MAC, so that nobody with the database alone makes it valid again. */
static qk_err end_one(qk_transaction *transaction, const qk_iam_secrets *secrets, stored_key *it, bool forget)
{
    QK_OWNED(qk_buf_done) qk_buf content = QK_BUF_NONE;
    bool found;

    if (forget)
        return qk_record_delete(transaction, QK_RECORD_API_KEY, it->hash, &found);
    it->key.revoked = true;
    write_key(&it->key, &content);
    return qk_record_replace(transaction, secrets, QK_RECORD_API_KEY, it->hash, &content);
}

qk_err qk_api_keys_end(qk_transaction *transaction, const qk_iam_secrets *secrets, const char *identity,
                       const char *name, bool forget, size_t *out_count)
{
    QK_OWNED(qk_record_free) void *items = NULL;
    size_t count, ended = 0;
    stored_key *all;
    int64_t number;

    QK_TRY(qk_records_read(transaction, secrets, QK_RECORD_API_KEY, read_stored, sizeof *all, &items, &count));
    all = items;
    for (size_t i = 0; i < count; i++) {
        const qk_iam_api_key *key = &all[i].key;
        if (strcmp(key->identity, identity) != 0 || (name && strcmp(key->name, name) != 0) || (key->revoked && !forget))
            continue;
        QK_TRY(end_one(transaction, secrets, &all[i], forget));
        ended++;
    }
    *out_count = ended;
    return qk_record_count_change(transaction, &number);
}
