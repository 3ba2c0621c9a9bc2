/* SPDX-License-Identifier: Apache-2.0 */
/* Storing, updating and deleting objects.
 *
 * What takes long (opening blobs) happens before the transaction, so that writers hold their turn for the few
 * microseconds that the rows and their MACs take.
 *
 * A client that lost an answer sends the same request again. The MAC covers id, keystore, version, TxID and content, so
 * "the same change as the one that is stored" is one comparison of MACs, and it counts as done. The same TxID with
 * other content is no repetition but a mistake, QK_E_OBJECT_REPLAY; another TxID means that somebody else was faster,
 * QK_E_OBJECT_CONFLICT. */
#include "keystore/login.h"
#include "keystore/row.h"

#include "p11/attribute_bytes.h"

enum { OBJECTS_MOST = 1000, IDS_MOST = 10000 };

/* An object on its way in. */
typedef struct incoming {
    qk_row row;
    qk_content content;
    bool trusts; /* a certificate is called trusted by a caller who may not say so unless it is already */
} incoming;

static void incoming_done(incoming *in)
{
    qk_content_done(&in->content);
}

static bool is_key(const qk_attrs *attrs)
{
    return qk_attribute_kind_of(qk_attrs_ulong(attrs, CKA_CLASS, CK_UNAVAILABLE_INFORMATION)) & QK_OF_KEYS;
}

/* A key's blob says whether it is trusted; a certificate has none. PKCS #11 3.2, CKA_TRUSTED: only the security officer
 * may set it, who is here whoever may initialise tokens on the instance. */
static bool lacks_right_to_trust(const qk_caller *caller, const qk_attrs *attrs)
{
    return !is_key(attrs) && qk_attrs_bool(attrs, CKA_TRUSTED, false) && caller &&
           !(caller->actions & QK_ACTION_BIT(QK_ACTION_CREATE_KEYSTORE));
}

/* `version` is the one the row will have. */
static qk_err incoming_read(qk_keystore_local *local, const qk_call *call, qk_action action,
                            const Quantoki__V1__Object *object, int64_t version, incoming *out)
{
    qk_row *row = &out->row;

    QK_TRY(qk_keystore_read_uuid(object->id, "an object's id", &row->id));
    QK_TRY(qk_keystore_read_uuid(object->keystore, "a keystore's id", &row->keystore));
    QK_TRY(qk_caller_may_in(call->caller, action, &row->keystore));
    if (object->txid.len != QK_TXID_LEN)
        return qk_fail(QK_E_BAD_ARGUMENT, "a TxID has %d bytes, not %zu", QK_TXID_LEN, object->txid.len);
    memcpy(row->txid, object->txid.data, QK_TXID_LEN);
    QK_TRY(qk_content_read(local->hsm, call, &row->id, object, &out->content));
    out->trusts = lacks_right_to_trust(call->caller, &out->content.attrs);
    row->version = version;
    row->under = out->content.is_public ? QK_UNDER_INSTANCE : call->seal_under;
    row->attributes = qk_buf_view(&out->content.packed);
    row->blob = qk_message_view(object->blob);
    return QK_OK;
}

static qk_err conflict(qk_err code, const qk_row *row, const char *why)
{
    char id[QK_UUID_TEXT];

    qk_uuid_write(&row->id, id);
    return qk_fail(code, "object %s %s", id, why);
}

static qk_err check_trust(const incoming *in, bool is_trusted)
{
    if (!in->trusts || is_trusted)
        return QK_OK;
    return conflict(QK_E_ATTRIBUTE_READ_ONLY, &in->row, "may be called trusted by the security officer only");
}

static bool same_change(const qk_row *a, const qk_row *b)
{
    return memcmp(a->mac, b->mac, QK_ROW_MAC_LEN) == 0;
}

static bool same_txid(const qk_row *a, const qk_row *b)
{
    return memcmp(a->txid, b->txid, QK_TXID_LEN) == 0;
}

/* ---- storing ---- */

/* The id exists: an earlier try of this call, or a clash. */
static qk_err check_repeated(qk_keystore_local *local, qk_transaction *transaction, qk_keystore_place *place,
                             const qk_row *row)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_row stored;
    bool found;

    QK_TRY(qk_row_get(transaction, place, &row->id, local->ring, &statement, &found, &stored));
    if (found && same_change(&stored, row))
        return QK_OK;
    if (found && same_txid(&stored, row))
        return conflict(QK_E_OBJECT_REPLAY, row, "was stored with this TxID and other content");
    return conflict(QK_E_OBJECT_CONFLICT, row, "exists already");
}

/* Into its keystore, and with the MAC that this one's rows have. */
static qk_err enter(qk_keystore_local *local, const qk_call *call, qk_transaction *transaction, incoming *in,
                    qk_keystore_place *out_place)
{
    QK_TRY(qk_keystore_enter(local, call, transaction, &in->row.keystore, out_place));
    QK_TRY(qk_keystore_check_blob(out_place, in->row.blob, is_key(&in->content.attrs)));
    return qk_row_seal(local->ring, out_place, &in->row);
}

static qk_err store(qk_keystore_local *local, const qk_call *call, qk_transaction *transaction, incoming *in)
{
    QK_OWNED(qk_keystore_place_done) qk_keystore_place place = QK_KEYSTORE_PLACE_NONE;
    bool added;

    QK_TRY(enter(local, call, transaction, in, &place));
    QK_TRY(qk_keystore_settle(local, transaction, &place));
    QK_TRY(qk_row_insert(transaction, &place, local->ring, &in->row, &in->content.attrs, &added));
    return added ? QK_OK : check_repeated(local, transaction, &place, &in->row);
}

static qk_err store_all(qk_keystore_local *local, const qk_call *call, incoming *objects, size_t count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    for (size_t i = 0; i < count; i++)
        QK_TRY(store(local, call, transaction, &objects[i]));
    return qk_transaction_commit(&transaction);
}

static qk_err read_all(qk_keystore_local *local, const qk_call *call, const Quantoki__V1__StoreObjectsRequest *in,
                       incoming *out)
{
    for (size_t i = 0; i < in->n_objects; i++) {
        if (in->objects[i]->version != 0)
            return qk_fail(QK_E_BAD_ARGUMENT, "a new object has version 0, not %lld",
                           (long long)in->objects[i]->version);
        QK_TRY(incoming_read(local, call, QK_ACTION_STORE_KEY, in->objects[i], 0, &out[i]));
        QK_TRY(check_trust(&out[i], false));
    }
    return QK_OK;
}

qk_err qk_objects_store(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__StoreObjectsRequest *in = request;
    incoming *objects;
    qk_err err;

    (void)response;
    if (in->n_objects == 0 || in->n_objects > OBJECTS_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "StoreObjects of %zu objects; 1 to %d go", in->n_objects, OBJECTS_MOST);
    objects = qk_arena_zalloc(call->arena, in->n_objects * sizeof *objects);
    if (!objects)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu objects", in->n_objects);
    err = read_all(local, call, in, objects);
    if (err == QK_OK)
        err = store_all(local, call, objects, in->n_objects);
    for (size_t i = 0; i < in->n_objects; i++)
        incoming_done(&objects[i]);
    return err;
}

/* ---- updating ---- */

/* What an object is never changes; who wants another kind of key makes another object. */
static qk_err check_fixed(const qk_row *stored, const incoming *in)
{
    static const CK_ATTRIBUTE_TYPE fixed[] = { CKA_CLASS, CKA_KEY_TYPE };
    QK_OWNED(qk_attrs_done) qk_attrs before = QK_ATTRS_NONE;

    QK_TRY(qk_attrs_read(stored->attributes, &before));
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (!qk_view_equal(qk_attrs_view(&before, fixed[i]), qk_attrs_view(&in->content.attrs, fixed[i])))
            return conflict(QK_E_ATTRIBUTE_READ_ONLY, stored, "cannot become an object of another class or key type");
    return check_trust(in, qk_attrs_bool(&before, CKA_TRUSTED, false));
}

static qk_err update(qk_keystore_local *local, const qk_call *call, qk_transaction *transaction, incoming *in)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    QK_OWNED(qk_keystore_place_done) qk_keystore_place place = QK_KEYSTORE_PLACE_NONE;
    qk_row stored;
    bool found;

    QK_TRY(enter(local, call, transaction, in, &place));
    QK_TRY(qk_row_get(transaction, &place, &in->row.id, local->ring, &statement, &found, &stored));
    if (!found)
        return conflict(QK_E_OBJECT_MISSING, &in->row, "is no longer in the keystore");
    if (same_change(&stored, &in->row)) /* an earlier try arrived */
        return QK_OK;
    if (same_txid(&stored, &in->row))
        return conflict(QK_E_OBJECT_REPLAY, &in->row, "was changed with this TxID and other content");
    if (stored.version != in->row.version - 1)
        return conflict(QK_E_OBJECT_CONFLICT, &in->row, "was changed by another client meanwhile");
    QK_TRY(check_fixed(&stored, in));
    qk_statement_end(&statement);
    return qk_row_replace(transaction, &place, local->ring, &in->row, &in->content.attrs);
}

qk_err qk_objects_update(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__UpdateObjectRequest *in = request;
    Quantoki__V1__UpdateObjectResponse *out = response;
    QK_OWNED(incoming_done) incoming object = { .content = QK_CONTENT_NONE };
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    if (!in->object)
        return qk_fail(QK_E_BAD_ARGUMENT, "UpdateObject without an object");
    if (in->object->version < 0 || in->object->version == INT64_MAX)
        return qk_fail(QK_E_BAD_ARGUMENT, "no object has version %lld", (long long)in->object->version);
    QK_TRY(incoming_read(local, call, QK_ACTION_UPDATE_KEY, in->object, in->object->version + 1, &object));
    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    QK_TRY(update(local, call, transaction, &object));
    QK_TRY(qk_transaction_commit(&transaction));
    out->version = object.row.version;
    return QK_OK;
}

/* ---- deleting ---- */

static const char delete_one[] = "DELETE FROM objects WHERE keystore = ?1 AND id = ?2";

static qk_err delete_all(qk_transaction *transaction, int64_t keystore, const Quantoki__V1__DeleteObjectsRequest *in,
                         int64_t *out_deleted)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    qk_uuid id;

    *out_deleted = 0;
    QK_TRY(qk_statement_prepare(transaction, delete_one, &statement));
    for (size_t i = 0; i < in->n_ids; i++) {
        QK_TRY(qk_keystore_read_uuid(in->ids[i], "an object's id", &id));
        qk_statement_bind_int(statement, 1, keystore);
        qk_statement_bind_bytes(statement, 2, qk_view_of(id.bytes, sizeof id.bytes));
        QK_TRY(qk_statement_run(statement));
        *out_deleted += qk_statement_changes(statement);
    }
    return QK_OK;
}

/* Objects that are gone already do not disturb the others; an error only if not a single one was there. */
qk_err qk_objects_delete(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__DeleteObjectsRequest *in = request;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_keystore_place_done) qk_keystore_place place = QK_KEYSTORE_PLACE_NONE;
    int64_t deleted;
    qk_uuid keystore;

    (void)response;
    if (in->n_ids == 0 || in->n_ids > IDS_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "DeleteObjects of %zu objects; 1 to %d go", in->n_ids, IDS_MOST);
    QK_TRY(qk_keystore_read_uuid(in->keystore, "a keystore's id", &keystore));
    QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_DELETE_KEY, &keystore));
    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    QK_TRY(qk_keystore_enter(local, call, transaction, &keystore, &place));
    QK_TRY(delete_all(transaction, place.number, in, &deleted));
    if (deleted == 0)
        return qk_fail(QK_E_OBJECT_MISSING, "none of the %zu objects is in the keystore", in->n_ids);
    return qk_transaction_commit(&transaction);
}
