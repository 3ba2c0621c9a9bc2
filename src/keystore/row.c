/* SPDX-License-Identifier: Apache-2.0 */
#include "keystore/row.h"

#include "crypto/crypto.h"
#include "hsm/blob/blob.h"
#include "hsm/codec/attribute_codec.h"

enum { MAC_VERSION = 1 };

/* ---- the MAC ---- */

static qk_err compute_mac(qk_ring *ring, const qk_keystore_place *place, const qk_row *row, uint8_t out[QK_ROW_MAC_LEN])
{
    QK_OWNED(qk_buf_done) qk_buf data = QK_BUF_NONE;

    qk_buf_put_u8(&data, MAC_VERSION);
    qk_buf_put(&data, qk_view_of(row->id.bytes, sizeof row->id.bytes));
    qk_buf_put(&data, qk_view_of(row->keystore.bytes, sizeof row->keystore.bytes));
    qk_buf_put_u64(&data, (uint64_t)row->version);
    qk_buf_put(&data, qk_view_of(row->txid, sizeof row->txid));
    qk_buf_put_counted(&data, row->attributes);
    qk_buf_put_counted(&data, row->blob);
    QK_TRY(qk_buf_check(&data));
    QK_TRY(qk_ring_mac(ring, row->under, QK_PURPOSE_ROW, qk_buf_view(&data), out));
    if (!place->session)
        return QK_OK;
    return qk_hmac_sha256(qk_secret_reveal(&place->session->secret), qk_view_of(out, QK_ROW_MAC_LEN), out);
}

static qk_err find_register(qk_ring *ring, qk_seal_under under, uint8_t out_wkid[QK_WKID_LEN])
{
    if (qk_ring_wkid(ring, under, out_wkid))
        return QK_OK;
    if (under == QK_UNDER_USER)
        return qk_fail(QK_E_NOT_LOGGED_IN, "private objects need the user to be logged in");
    return qk_fail(QK_E_NO_MASTER_KEY, "the keystore needs the instance's master key");
}

qk_err qk_row_seal(qk_ring *ring, const qk_keystore_place *place, qk_row *row)
{
    QK_TRY(find_register(ring, row->under, row->wkid));
    return compute_mac(ring, place, row, row->mac);
}

static qk_err broken(const qk_row *row)
{
    char id[QK_UUID_TEXT];

    qk_uuid_write(&row->id, id);
    return qk_fail(QK_E_STORE_BROKEN,
                   "object %s was changed in the database by other hands: restore it from a backup or delete it", id);
}

static qk_err check_master_key(qk_ring *ring, const qk_row *row)
{
    uint8_t wkid[QK_WKID_LEN];
    char id[QK_UUID_TEXT];

    QK_TRY(find_register(ring, row->under, wkid));
    if (memcmp(wkid, row->wkid, sizeof wkid) == 0) /* public */
        return QK_OK;
    qk_uuid_write(&row->id, id);
    return qk_fail(QK_E_BLOB_MASTER_KEY, "object %s was stored under another master key", id);
}

static qk_err check(qk_ring *ring, const qk_keystore_place *place, const qk_row *row)
{
    uint8_t mac[QK_ROW_MAC_LEN];

    QK_TRY(compute_mac(ring, place, row, mac));
    return qk_ct_equal(qk_view_of(mac, sizeof mac), qk_view_of(row->mac, sizeof row->mac)) ? QK_OK : broken(row);
}

/* ---- in a login session ---- */

static qk_view id_of(const qk_row *row)
{
    return qk_view_of(row->id.bytes, sizeof row->id.bytes);
}

static qk_err open_column(qk_ring *ring, const qk_keystore_place *place, const qk_row *row, qk_view *column,
                          qk_secret *out_plain)
{
    QK_OWNED(qk_secret_free) qk_secret plain = QK_SECRET_NONE;
    qk_seal_under which;

    if (!qk_blob_session(*column) ||
        qk_blob_open(ring, &place->logins, QK_PURPOSE_ROW, id_of(row), *column, &plain, &which) != QK_OK)
        return broken(row);
    qk_secret_give(&plain, out_plain);
    *column = qk_secret_reveal(out_plain);
    return QK_OK;
}

/* What the HSM has sealed is in the session already; public keys are not. */
static bool needs_seal(qk_view blob)
{
    return blob.len > 0 && !qk_blob_session(blob);
}

static bool has_seal(qk_view blob)
{
    return qk_blob_session(blob) && blob.data[QK_BLOB_PURPOSE_AT] == QK_PURPOSE_ROW;
}

static qk_err open_columns(qk_ring *ring, qk_keystore_place *place, qk_row *row)
{
    if (!place->session)
        return QK_OK;
    QK_TRY(open_column(ring, place, row, &row->attributes, &place->attributes));
    return has_seal(row->blob) ? open_column(ring, place, row, &row->blob, &place->blob) : QK_OK;
}

static qk_err seal_column(qk_ring *ring, const qk_keystore_place *place, const qk_row *row, qk_buf *sealed,
                          qk_view *column)
{
    QK_TRY(qk_blob_seal(ring, row->under, place->session, QK_PURPOSE_ROW, id_of(row), *column, sealed));
    *column = qk_buf_view(sealed);
    return QK_OK;
}

/* ---- from the database ---- */

static bool take(qk_statement *statement, int column, uint8_t *out, size_t len)
{
    qk_view bytes = qk_statement_bytes(statement, column);

    if (bytes.len != len)
        return false;
    memcpy(out, bytes.data, len);
    return true;
}

qk_err qk_row_load(qk_statement *statement, qk_keystore_place *place, qk_ring *ring, qk_row *out_row)
{
    int64_t which = qk_statement_int(statement, 4);
    qk_row row = { .number = qk_statement_int(statement, 0),
                   .keystore = place->keystore,
                   .version = qk_statement_int(statement, 2),
                   .under = which == QK_UNDER_USER ? QK_UNDER_USER : QK_UNDER_INSTANCE,
                   .attributes = qk_statement_bytes(statement, 7),
                   .blob = qk_statement_bytes(statement, 8) };

    if (!take(statement, 1, row.id.bytes, sizeof row.id.bytes) || !take(statement, 3, row.txid, sizeof row.txid) ||
        !take(statement, 5, row.wkid, sizeof row.wkid) || !take(statement, 6, row.mac, sizeof row.mac))
        return qk_fail(QK_E_STORE_BROKEN,
                       "object number %lld of the database has lost its form: restore it from a backup",
                       (long long)row.number);
    QK_TRY(check_master_key(ring, &row));
    QK_TRY(open_columns(ring, place, &row));
    QK_TRY(check(ring, place, &row));
    *out_row = row;
    return QK_OK;
}

static const char get[] = "SELECT " QK_ROW_COLUMNS " FROM objects WHERE keystore = ?1 AND id = ?2";

qk_err qk_row_get(qk_transaction *transaction, qk_keystore_place *place, const qk_uuid *id, qk_ring *ring,
                  qk_statement **out_statement, bool *out_found, qk_row *out_row)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, get, &statement));
    qk_statement_bind_int(statement, 1, place->number);
    qk_statement_bind_bytes(statement, 2, qk_view_of(id->bytes, sizeof id->bytes));
    QK_TRY(qk_statement_step(statement, out_found));
    if (*out_found)
        QK_TRY(qk_row_load(statement, place, ring, out_row));
    *out_statement = statement;
    statement = NULL;
    return QK_OK;
}

/* ---- into the database ---- */

static const char insert[] = "INSERT INTO objects (keystore, id, version, txid, register, wkid, mac, attributes, blob,"
                             " class, key_type, label, cka_id)"
                             " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"
                             " ON CONFLICT (keystore, id) DO NOTHING";
static const char replace[] = "UPDATE objects SET version = ?3, txid = ?4, register = ?5, wkid = ?6, mac = ?7,"
                              " attributes = ?8, blob = ?9, class = ?10, key_type = ?11, label = ?12, cka_id = ?13"
                              " WHERE keystore = ?1 AND id = ?2";

/* Absent attributes are NULL, which equals nothing a search asks for. */
static void bind_copy(qk_statement *statement, int parameter, const qk_attrs *attrs, CK_ATTRIBUTE_TYPE type)
{
    const qk_attr *attr = qk_attrs_find(attrs, type);

    if (!attr)
        qk_statement_bind_null(statement, parameter);
    else if (type == CKA_CLASS || type == CKA_KEY_TYPE)
        qk_statement_bind_int(statement, parameter, (int64_t)qk_attrs_ulong(attrs, type, CK_UNAVAILABLE_INFORMATION));
    else
        qk_statement_bind_bytes(statement, parameter, attr->value);
}

static void bind_copies(qk_statement *statement, const qk_attrs *attrs)
{
    bind_copy(statement, 10, attrs, CKA_CLASS);
    bind_copy(statement, 11, attrs, CKA_KEY_TYPE);
    bind_copy(statement, 12, attrs, CKA_LABEL);
    bind_copy(statement, 13, attrs, CKA_ID);
}

static qk_err write_row(qk_transaction *transaction, const char *sql, const qk_keystore_place *place, qk_ring *ring,
                        const qk_row *row, const qk_attrs *attrs, int64_t *out_changes)
{
    QK_OWNED(qk_buf_done) qk_buf sealed_attributes = QK_BUF_NONE, sealed_blob = QK_BUF_NONE;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_view attributes = row->attributes, blob = row->blob;
    const qk_attrs none = QK_ATTRS_NONE;

    if (place->session)
        QK_TRY(seal_column(ring, place, row, &sealed_attributes, &attributes));
    if (place->session && needs_seal(blob))
        QK_TRY(seal_column(ring, place, row, &sealed_blob, &blob));
    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_int(statement, 1, place->number);
    qk_statement_bind_bytes(statement, 2, id_of(row));
    qk_statement_bind_int(statement, 3, row->version);
    qk_statement_bind_bytes(statement, 4, qk_view_of(row->txid, sizeof row->txid));
    qk_statement_bind_int(statement, 5, row->under);
    qk_statement_bind_bytes(statement, 6, qk_view_of(row->wkid, sizeof row->wkid));
    qk_statement_bind_bytes(statement, 7, qk_view_of(row->mac, sizeof row->mac));
    qk_statement_bind_bytes(statement, 8, attributes);
    qk_statement_bind_bytes(statement, 9, blob);
    bind_copies(statement, place->session ? &none : attrs);
    QK_TRY(qk_statement_run(statement));
    *out_changes = qk_statement_changes(statement);
    return QK_OK;
}

qk_err qk_row_insert(qk_transaction *transaction, const qk_keystore_place *place, qk_ring *ring, const qk_row *row,
                     const qk_attrs *attrs, bool *out_added)
{
    int64_t changes;

    QK_TRY(write_row(transaction, insert, place, ring, row, attrs, &changes));
    *out_added = changes > 0;
    return QK_OK;
}

qk_err qk_row_replace(qk_transaction *transaction, const qk_keystore_place *place, qk_ring *ring, const qk_row *row,
                      const qk_attrs *attrs)
{
    int64_t changes;
    return write_row(transaction, replace, place, ring, row, attrs, &changes);
}

/* ---- as a message ---- */

static qk_err copy_into(qk_arena *arena, qk_view from, ProtobufCBinaryData *out)
{
    qk_view copy;

    QK_TRY(qk_arena_copy(arena, from, &copy));
    *out = qk_message_bytes(copy);
    return QK_OK;
}

qk_err qk_row_to_message(const qk_row *row, const qk_attrs *attrs, qk_arena *arena, Quantoki__V1__Object **out_object)
{
    Quantoki__V1__Object *object = qk_message_new(&quantoki__v1__object__descriptor, arena);

    if (!object)
        return qk_fail(QK_E_NO_MEMORY, "no memory for an object of an answer");
    QK_TRY(copy_into(arena, qk_view_of(row->id.bytes, sizeof row->id.bytes), &object->id));
    QK_TRY(copy_into(arena, qk_view_of(row->keystore.bytes, sizeof row->keystore.bytes), &object->keystore));
    QK_TRY(copy_into(arena, qk_view_of(row->txid, sizeof row->txid), &object->txid));
    QK_TRY(copy_into(arena, row->blob, &object->blob));
    object->version = row->version;
    QK_TRY(qk_attrs_to_map(attrs, &quantoki__v1__object__attributes_entry__descriptor, arena, &object->attributes,
                           &object->n_attributes));
    *out_object = object;
    return QK_OK;
}
