/* SPDX-License-Identifier: Apache-2.0 */
/* Keystores as such: make, remove, list, reset. */
#include "keystore/local.h"
#include "keystore/password.h"

enum { LABEL_MOST = 255, IDS_MOST = 1000, WITH_PASSWORD_MOST = 8 };

qk_err qk_keystore_read_uuid(ProtobufCBinaryData bytes, const char *what, qk_uuid *out)
{
    if (bytes.len != sizeof out->bytes)
        return qk_fail(QK_E_BAD_ARGUMENT, "%s is a UUID of 16 bytes, not %zu", what, bytes.len);
    memcpy(out->bytes, bytes.data, sizeof out->bytes);
    return QK_OK;
}

static qk_err check_label(const char *label)
{
    if (strlen(label) > LABEL_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "a keystore's label has at most %d bytes", LABEL_MOST);
    return QK_OK;
}

static qk_view view_of(const qk_uuid *id)
{
    return qk_view_of(id->bytes, sizeof id->bytes);
}

/* ---- finding one ---- */

static const char get_number[] = "SELECT number FROM keystores WHERE id = ?1";

static qk_err look_up(qk_transaction *transaction, const qk_uuid *keystore, bool *out_found, int64_t *out_number)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, get_number, &statement));
    qk_statement_bind_bytes(statement, 1, view_of(keystore));
    QK_TRY(qk_statement_step(statement, out_found));
    if (*out_found)
        *out_number = qk_statement_int(statement, 0);
    return QK_OK;
}

qk_err qk_keystore_missing(const qk_uuid *keystore)
{
    char text[QK_UUID_TEXT];

    qk_uuid_write(keystore, text);
    return qk_fail(QK_E_KEYSTORE_MISSING, "keystore %s does not exist: initialize the token", text);
}

static qk_err number_of(qk_transaction *transaction, const qk_uuid *keystore, int64_t *out_number)
{
    bool found;

    QK_TRY(look_up(transaction, keystore, &found, out_number));
    return found ? QK_OK : qk_keystore_missing(keystore);
}

/* ---- making and removing ---- */

static const char add[] = "INSERT INTO keystores (id, label, login) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO NOTHING";
static const char set_anew[] = "UPDATE keystores SET label = ?2, login = ?3 WHERE id = ?1";
static const char remove_objects[] = "DELETE FROM objects WHERE keystore = ?1";
static const char remove_keystore[] = "DELETE FROM keystores WHERE number = ?1";

/* What a keystore that is made or reset gets. */
typedef struct fresh {
    qk_uuid id;
    const char *label;
    qk_buf login; /* empty: it is not authenticated */
} fresh;

static void fresh_done(fresh *it)
{
    qk_buf_done(&it->login);
}

static qk_err fresh_read(qk_keystore_local *local, ProtobufCBinaryData id, const char *label,
                         ProtobufCBinaryData password, fresh *out)
{
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };

    QK_TRY(check_label(label));
    QK_TRY(qk_keystore_read_uuid(id, "a keystore's id", &out->id));
    out->label = label;
    if (password.len == 0)
        return QK_OK;
    return qk_password_make(local->ring, &out->id, qk_message_view(password), false, &out->login, &session);
}

static qk_err run_with_fresh(qk_transaction *transaction, const char *sql, const fresh *it, bool *out_changed)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_bytes(statement, 1, view_of(&it->id));
    qk_statement_bind_text(statement, 2, it->label);
    if (it->login.len)
        qk_statement_bind_bytes(statement, 3, qk_buf_view(&it->login));
    else
        qk_statement_bind_null(statement, 3);
    QK_TRY(qk_statement_run(statement));
    *out_changed = qk_statement_changes(statement) > 0;
    return QK_OK;
}

static qk_err run_with_number(qk_transaction *transaction, const char *sql, int64_t number)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, sql, &statement));
    qk_statement_bind_int(statement, 1, number);
    return qk_statement_run(statement);
}

qk_err qk_keystores_create(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__CreateKeystoreRequest *in = request;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(fresh_done) fresh it = { .login = QK_BUF_NONE };
    char text[QK_UUID_TEXT];
    qk_uuid id;
    bool added;

    (void)response;
    if (!in->keystore)
        return qk_fail(QK_E_BAD_ARGUMENT, "CreateKeystore without a keystore");
    QK_TRY(qk_keystore_read_uuid(in->keystore->id, "a keystore's id", &id));
    QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_CREATE_KEYSTORE, &id));
    QK_TRY(fresh_read(local, in->keystore->id, in->keystore->label, in->password, &it));
    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    QK_TRY(run_with_fresh(transaction, add, &it, &added));
    if (!added) {
        qk_uuid_write(&id, text);
        return qk_fail(QK_E_OBJECT_CONFLICT, "keystore %s exists already", text);
    }
    return qk_transaction_commit(&transaction);
}

qk_err qk_keystores_delete(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__DeleteKeystoreRequest *in = request;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    int64_t number = 0;
    qk_uuid id;

    (void)response;
    QK_TRY(qk_keystore_read_uuid(in->id, "a keystore's id", &id));
    QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_DELETE_KEYSTORE, &id));
    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    QK_TRY(number_of(transaction, &id, &number));
    QK_TRY(run_with_number(transaction, remove_objects, number));
    QK_TRY(run_with_number(transaction, remove_keystore, number));
    return qk_transaction_commit(&transaction);
}

/* ---- resetting ---- */

static qk_err reset(qk_transaction *transaction, const fresh *it)
{
    int64_t number;
    bool changed;

    QK_TRY(run_with_fresh(transaction, add, it, &changed));
    if (changed)
        return QK_OK;
    QK_TRY(number_of(transaction, &it->id, &number));
    QK_TRY(run_with_number(transaction, remove_objects, number));
    return run_with_fresh(transaction, set_anew, it, &changed);
}

static qk_err may_reset(const qk_caller *caller, const qk_uuid *id)
{
    QK_TRY(qk_caller_may_in(caller, QK_ACTION_CREATE_KEYSTORE, id));
    QK_TRY(qk_caller_may_in(caller, QK_ACTION_DELETE_KEYSTORE, id));
    return qk_caller_may_in(caller, QK_ACTION_DELETE_KEY, id);
}

static qk_err reset_all(qk_keystore_local *local, const fresh *stores, size_t count)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;

    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    for (size_t i = 0; i < count; i++)
        QK_TRY(reset(transaction, &stores[i]));
    return qk_transaction_commit(&transaction);
}

/* Rights first: passwords cost time. */
static qk_err read_resets(qk_keystore_local *local, const qk_call *call, const Quantoki__V1__ResetKeystoresRequest *in,
                          fresh *out)
{
    qk_uuid id;

    for (size_t i = 0; i < in->n_ids; i++) {
        QK_TRY(qk_keystore_read_uuid(in->ids[i], "a keystore's id", &id));
        QK_TRY(may_reset(call->caller, &id));
    }
    for (size_t i = 0; i < in->n_ids; i++)
        QK_TRY(fresh_read(local, in->ids[i], in->label, in->password, &out[i]));
    return QK_OK;
}

qk_err qk_keystores_reset(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__ResetKeystoresRequest *in = request;
    size_t most = in->password.len ? WITH_PASSWORD_MOST : IDS_MOST;
    fresh *stores;
    qk_err err;

    (void)response;
    if (in->n_ids == 0 || in->n_ids > most)
        return qk_fail(QK_E_BAD_ARGUMENT, "ResetKeystores of %zu keystores; 1 to %zu go", in->n_ids, most);
    stores = qk_arena_zalloc(call->arena, in->n_ids * sizeof *stores);
    if (!stores)
        return qk_fail(QK_E_NO_MEMORY, "no memory for %zu keystores", in->n_ids);
    err = read_resets(local, call, in, stores);
    if (err == QK_OK)
        err = reset_all(local, stores, in->n_ids);
    for (size_t i = 0; i < in->n_ids; i++)
        fresh_done(&stores[i]);
    return err;
}

/* ---- listing ---- */

#define INFO                                                                                                           \
    "SELECT id, label, (SELECT count(*) FROM objects WHERE objects.keystore = keystores.number), login IS NOT NULL"    \
    " FROM keystores"
static const char list_all[] = INFO " ORDER BY number";
static const char list_one[] = INFO " WHERE id = ?1";

static qk_err add_info(qk_statement *statement, qk_arena *arena, Quantoki__V1__ListKeystoresResponse *out, size_t room)
{
    Quantoki__V1__KeystoreInfo *info = qk_message_new(&quantoki__v1__keystore_info__descriptor, arena);
    const char *label = qk_statement_text(statement, 1);
    qk_view id;

    if (out->n_keystores == room)
        return qk_fail(QK_E_BAD_ARGUMENT, "more than %zu keystores: ask for them by their ids", room);
    QK_TRY(qk_arena_copy(arena, qk_statement_bytes(statement, 0), &id));
    if (info)
        info->label = qk_arena_text(arena, qk_view_text(label));
    if (!info || !info->label)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a list of keystores");
    info->id = qk_message_bytes(id);
    info->objects = (uint64_t)qk_statement_int(statement, 2);
    info->authenticated = qk_statement_int(statement, 3) != 0;
    out->keystores[out->n_keystores++] = info;
    return QK_OK;
}

static bool may_see(const qk_caller *caller, qk_view id)
{
    qk_uuid keystore;

    if (id.len != sizeof keystore.bytes)
        return !caller;
    memcpy(keystore.bytes, id.data, sizeof keystore.bytes);
    return qk_caller_can_in(caller, QK_ACTION_LIST_KEYSTORES, &keystore);
}

static qk_err list_visible(qk_transaction *transaction, const qk_call *call, size_t room,
                           Quantoki__V1__ListKeystoresResponse *out)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool row;

    QK_TRY(qk_statement_prepare(transaction, list_all, &statement));
    for (;;) {
        QK_TRY(qk_statement_step(statement, &row));
        if (!row)
            return QK_OK;
        if (may_see(call->caller, qk_statement_bytes(statement, 0)))
            QK_TRY(add_info(statement, call->arena, out, room));
    }
}

/* Ids that do not exist are left out of the answer. */
static qk_err list_named(qk_transaction *transaction, const qk_call *call, const Quantoki__V1__ListKeystoresRequest *in,
                         Quantoki__V1__ListKeystoresResponse *out)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_statement_prepare(transaction, list_one, &statement));
    for (size_t i = 0; i < in->n_ids; i++) {
        qk_uuid id;
        bool row;
        QK_TRY(qk_keystore_read_uuid(in->ids[i], "a keystore's id", &id));
        QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_LIST_KEYSTORES, &id));
        qk_statement_bind_bytes(statement, 1, view_of(&id));
        QK_TRY(qk_statement_step(statement, &row));
        if (row)
            QK_TRY(add_info(statement, call->arena, out, in->n_ids));
    }
    return QK_OK;
}

qk_err qk_keystores_list(void *context, const qk_call *call, const void *request, void *response)
{
    qk_keystore_local *local = context;
    const Quantoki__V1__ListKeystoresRequest *in = request;
    Quantoki__V1__ListKeystoresResponse *out = response;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    size_t room = in->n_ids ? in->n_ids : IDS_MOST;

    if (in->n_ids > IDS_MOST)
        return qk_fail(QK_E_BAD_ARGUMENT, "%zu keystores; %d are the most", in->n_ids, IDS_MOST);
    out->keystores = qk_arena_alloc(call->arena, room * sizeof(Quantoki__V1__KeystoreInfo *));
    if (!out->keystores)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a list of keystores");
    QK_TRY(qk_transaction_begin(local->database, false, &transaction));
    return in->n_ids ? list_named(transaction, call, in, out) : list_visible(transaction, call, room, out);
}
