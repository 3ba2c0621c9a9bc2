/* SPDX-License-Identifier: Apache-2.0 */
/* Authenticated keystores: Login, Logout, and the gate in front of every method that touches objects.
 *
 * A keystore is authenticated from the moment it is made or reset with a password. One that has none takes the first
 * password of a Login while it is empty, so that keystores which the operator made need no C_InitToken; provisionally,
 * until something is stored in it: with the password, and it is settled; without, and it is forgotten. Until then
 * another password takes its place, too; that loses nothing, because the first always gives the same session again. One
 * that holds objects made without a password never becomes authenticated: no object changes its protection. */
#include "keystore/login.h"

#include "base/clock.h"
#include "hsm/blob/blob.h"

enum { TRIES = 3 };

/* ---- the row ---- */

static const char get_row[] = "SELECT number, login FROM keystores WHERE id = ?1";
static const char get_any[] = "SELECT 1 FROM objects WHERE keystore = ?1 LIMIT 1";
static const char set_login[] = "UPDATE keystores SET login = ?2 WHERE id = ?1 AND (login IS NULL OR login = ?3)"
                                " AND NOT EXISTS (SELECT 1 FROM objects WHERE objects.keystore = keystores.number)";
static const char replace_login[] = "UPDATE keystores SET login = ?2 WHERE number = ?1";

/* `out_record` is empty if the keystore is not authenticated; it lies in the arena. */
static qk_err read_row(qk_transaction *transaction, const qk_uuid *keystore, qk_arena *arena, int64_t *out_number,
                       qk_view *out_record)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool found;

    QK_TRY(qk_statement_prepare(transaction, get_row, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(keystore->bytes, sizeof keystore->bytes));
    QK_TRY(qk_statement_step(statement, &found));
    if (!found)
        return qk_keystore_missing(keystore);
    *out_number = qk_statement_int(statement, 0);
    return qk_arena_copy(arena, qk_statement_bytes(statement, 1), out_record);
}

static qk_err is_empty(qk_transaction *transaction, int64_t number, bool *out_empty)
{
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;
    bool any;

    QK_TRY(qk_statement_prepare(transaction, get_any, &statement));
    qk_statement_bind_int(statement, 1, number);
    QK_TRY(qk_statement_step(statement, &any));
    *out_empty = !any;
    return QK_OK;
}

/* ---- the gate ---- */

void qk_keystore_place_done(qk_keystore_place *place)
{
    qk_logins_done(&place->logins);
    qk_secret_free(&place->attributes);
    qk_secret_free(&place->blob);
    place->session = NULL;
}

static qk_err find_session(const qk_keystore_local *local, const qk_call *call, const uint8_t *id,
                           qk_keystore_place *place)
{
    char text[QK_UUID_TEXT];

    QK_TRY(qk_logins_open(local->ring, call, &place->logins));
    if (qk_logins_find(&place->logins, id, &place->session) == QK_OK)
        return QK_OK;
    qk_uuid_write(&place->keystore, text);
    return qk_fail(QK_E_NO_SESSION, "keystore %s is authenticated; log in to it with its password", text);
}

/* Whoever has logged in to it, or brings a PIN blob of which nothing is known, takes the keystore for authenticated. */
static qk_err had_no_password(const qk_keystore_local *local, const qk_call *call, const qk_uuid *keystore)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    char text[QK_UUID_TEXT];

    QK_TRY(qk_logins_open(local->ring, call, &logins));
    if (!qk_logins_name(&logins, keystore))
        return QK_OK;
    qk_uuid_write(keystore, text);
    return qk_fail(QK_E_NO_SESSION, "keystore %s has lost its password since the login; log in again", text);
}

qk_err qk_keystore_enter(const qk_keystore_local *local, const qk_call *call, qk_transaction *transaction,
                         const qk_uuid *keystore, qk_keystore_place *out_place)
{
    bool empty = false;
    int64_t number;
    qk_view record;
    qk_err err;

    QK_TRY(read_row(transaction, keystore, call->arena, &number, &record));
    qk_keystore_place_done(out_place);
    *out_place = (qk_keystore_place){ .keystore = *keystore, .number = number };
    if (record.len == 0)
        return had_no_password(local, call, keystore);
    QK_TRY(qk_password_read(local->ring, keystore, record, &out_place->password));
    err = find_session(local, call, out_place->password.session, out_place);
    /* A client that brings a PIN blob, whatever became of that, means to be logged in: let it log in anew. */
    if (err == QK_E_NO_SESSION && out_place->password.provisional && call->login.len == 0)
        QK_TRY(is_empty(transaction, number, &empty));
    if (!empty)
        return err;
    qk_keystore_place_done(out_place);
    return QK_OK;
}

qk_err qk_keystore_settle(const qk_keystore_local *local, qk_transaction *transaction, const qk_keystore_place *place)
{
    QK_OWNED(qk_buf_done) qk_buf record = QK_BUF_NONE;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    if (!place->password.provisional)
        return QK_OK;
    QK_TRY(qk_statement_prepare(transaction, replace_login, &statement));
    qk_statement_bind_int(statement, 1, place->number);
    qk_statement_bind_null(statement, 2);
    if (place->session) {
        QK_TRY(qk_password_settle(local->ring, &place->keystore, &place->password, &record));
        qk_statement_bind_bytes(statement, 2, qk_buf_view(&record));
    }
    return qk_statement_run(statement);
}

/* Public keys are in no session; what has no blob is no secret. What the HSM makes in sessions are keys and data. The
 * row's own purpose would be taken for the row's own seal around a public key, and break the keystore's searches. */
qk_err qk_keystore_check_blob(const qk_keystore_place *place, qk_view blob, bool is_key)
{
    const uint8_t *session = qk_blob_session(blob);
    bool is_secret = blob.len > 0 && blob.data[0] != 0x30;

    if (session && blob.data[QK_BLOB_PURPOSE_AT] != (is_key ? QK_PURPOSE_KEY : QK_PURPOSE_DATA))
        return qk_fail(QK_E_BLOB_PURPOSE, "the object's blob is of purpose %d", blob.data[QK_BLOB_PURPOSE_AT]);
    if (!place->session && session)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT,
                       "what is sealed in a login session does not go into a keystore without a password");
    if (place->session && is_secret && (!session || memcmp(session, place->session->id, QK_SESSION_ID_LEN) != 0))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT,
                       "the keystore is authenticated, and this was not made in its login session");
    return QK_OK;
}

/* ---- Login ---- */

/* The text of a tokenspaceID, or its 16 bytes. */
static qk_err read_store_id(ProtobufCBinaryData bytes, qk_uuid *out)
{
    char text[QK_UUID_TEXT] = { 0 };

    if (bytes.len == sizeof out->bytes)
        return qk_keystore_read_uuid(bytes, "Storeid", out);
    if (bytes.len == QK_UUID_TEXT - 1)
        memcpy(text, bytes.data, bytes.len);
    if (qk_uuid_read(text, out) != QK_OK)
        return qk_fail(QK_E_BAD_ARGUMENT, "Storeid is the UUID of a keystore, as text or as 16 bytes");
    return QK_OK;
}

/* An empty keystore takes the password in the place of `before`. *out_taken false: somebody else was faster. */
static qk_err take_password(qk_keystore_local *local, const qk_uuid *keystore, qk_view password, qk_view before,
                            bool *out_taken, qk_login_session *out_session)
{
    QK_OWNED(qk_buf_done) qk_buf record = QK_BUF_NONE;
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    QK_OWNED(qk_statement_end) qk_statement *statement = NULL;

    QK_TRY(qk_password_make(local->ring, keystore, password, true, &record, out_session));
    QK_TRY(qk_transaction_begin(local->database, true, &transaction));
    QK_TRY(qk_statement_prepare(transaction, set_login, &statement));
    qk_statement_bind_bytes(statement, 1, qk_view_of(keystore->bytes, sizeof keystore->bytes));
    qk_statement_bind_bytes(statement, 2, qk_buf_view(&record));
    qk_statement_bind_bytes(statement, 3, before);
    QK_TRY(qk_statement_run(statement));
    *out_taken = qk_statement_changes(statement) > 0;
    qk_statement_end(&statement);
    return qk_transaction_commit(&transaction);
}

static qk_err holds_objects(const qk_uuid *keystore)
{
    char text[QK_UUID_TEXT];

    qk_uuid_write(keystore, text);
    return qk_fail(QK_E_PIN_NOT_SET,
                   "keystore %s holds objects that were made without a password: switch sessionauth off to use them, "
                   "or initialize the token anew, which deletes them",
                   text);
}

/* *out_empty: whether it holds no objects. */
static qk_err look_up(const qk_keystore_local *local, const qk_call *call, const qk_uuid *keystore, qk_view *out_record,
                      bool *out_empty)
{
    QK_OWNED(qk_transaction_end) qk_transaction *transaction = NULL;
    int64_t number;

    QK_TRY(qk_transaction_begin(local->database, false, &transaction));
    QK_TRY(read_row(transaction, keystore, call->arena, &number, out_record));
    return is_empty(transaction, number, out_empty);
}

static qk_err log_in(qk_keystore_local *local, const qk_call *call, const qk_uuid *keystore, qk_view password,
                     qk_login_session *out_session)
{
    qk_password known;
    qk_view record;
    bool empty, taken;
    qk_err err;

    for (int i = 0; i < TRIES; i++) {
        QK_TRY(look_up(local, call, keystore, &record, &empty));
        if (record.len > 0) {
            QK_TRY(qk_password_read(local->ring, keystore, record, &known));
            err = qk_password_try(&known, keystore, password, out_session);
            if (err != QK_E_PIN_INCORRECT || !known.provisional || !empty)
                return err;
        } else if (!empty) {
            return holds_objects(keystore);
        }
        QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_STORE_KEY, keystore));
        QK_TRY(take_password(local, keystore, password, record, &taken, out_session));
        if (taken)
            return QK_OK;
    }
    return qk_fail(QK_E_OBJECT_CONFLICT, "the keystore is being changed; try again");
}

static qk_err log_in_counted(qk_keystore_local *local, const qk_call *call, const qk_uuid *keystore, qk_view password,
                             qk_login_session *out_session)
{
    qk_err err;

    QK_TRY(qk_password_check_length(password));
    QK_TRY(qk_guesses_may_try(&local->guesses, keystore, call->caller, qk_clock_monotonic_ms()));
    err = log_in(local, call, keystore, password, out_session);
    qk_guesses_count(&local->guesses, keystore, call->caller, err, qk_clock_monotonic_ms());
    return err;
}

qk_err qk_keystore_login(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_login_session_done) qk_login_session session = { .secret = QK_SECRET_NONE };
    QK_OWNED(qk_buf_done) qk_buf blob = QK_BUF_NONE;
    const Grep11__LoginRequest *in = request;
    Grep11__LoginResponse *out = response;
    qk_keystore_local *local = context;
    qk_uuid keystore;
    qk_view copy;

    QK_TRY(read_store_id(in->storeid, &keystore));
    QK_TRY(qk_caller_may_in(call->caller, QK_ACTION_GET_KEYS, &keystore));
    QK_TRY(log_in_counted(local, call, &keystore, qk_message_view(in->pin), &session));
    QK_TRY(
        qk_pin_blob_make(local->ring, &session, &keystore, call->caller, qk_clock_unix_s() + QK_SESSION_LIFE_S, &blob));
    QK_TRY(qk_arena_copy(call->arena, qk_buf_view(&blob), &copy));
    out->pinblob = qk_message_bytes(copy);
    return QK_OK;
}

/* Nothing is remembered of a login that could be forgotten: its PIN blob ends by its time, or when the client wipes it.
 * Whoever brings one learns whether it was good until now. */
qk_err qk_keystore_logout(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    const qk_keystore_local *local = context;

    (void)request;
    (void)response;
    return qk_logins_open(local->ring, call, &logins);
}
