/* SPDX-License-Identifier: Apache-2.0 */
/* C_GetOperationState and C_SetOperationState.
 *
 * A saved state is ours: "QKOS", version, state of the session, the token's serial number, a count, then the
 * operations; a SHA-256 over all before it ends it. An operation: kind, stage, mechanism (as a grep11.Mechanism), id of
 * its key, bytes that a block cipher keeps back, form of its progress, progress. Progress is what was gathered, a
 * digest's own state, or a state that the HSM has sealed; so nothing in it is secret that the application does not
 * know. Keys are not in it: they are given again by handle, and judged again as in C_...Init. Whoever changes a state
 * deceives himself alone; the checksum is there against accidents. */
#include "hsm/codec/mechanism_codec.h"
#include "module/slot/session.h"
#include "module/object/slot_objects.h"
#include "module/work/work.h"

enum { VERSION = 1, CHECK_LEN = 32, PROGRESS_GATHERED = 0, PROGRESS_DIGEST = 1, PROGRESS_SEALED = 2 };

static const uint8_t magic[4] = { 'Q', 'K', 'O', 'S' };

/* What can be saved: at most one with each of the two keys, or C_SetOperationState could not tell whose is whose. */
enum key_role { KEY_NONE, KEY_ENCRYPTION, KEY_AUTHENTICATION };
static const struct {
    qk_work_kind kind;
    enum key_role role;
} savable[] = {
    { QK_WORK_DIGEST, KEY_NONE },         { QK_WORK_ENCRYPT, KEY_ENCRYPTION },    { QK_WORK_DECRYPT, KEY_ENCRYPTION },
    { QK_WORK_SIGN, KEY_AUTHENTICATION }, { QK_WORK_VERIFY, KEY_AUTHENTICATION },
};
enum { SAVABLE = sizeof savable / sizeof savable[0] };

static qk_err serial_of(const qk_session *session, qk_token_state *out)
{
    qk_login *login = session->slot->token->login;

    return login->describe(login, out);
}

/* ---- saving ---- */

/* A key that asks for a PIN each time would otherwise serve twice after one PIN. */
static qk_err check_one(const qk_work *work)
{
    if (work->stage == QK_STAGE_ANSWERED)
        return qk_fail(QK_E_STATE_UNSAVEABLE, "the result of an operation waits for a larger buffer");
    if (work->key && work->key->ask_each_time)
        return qk_fail(QK_E_STATE_UNSAVEABLE, "the key asks for a PIN before each use");
    return QK_OK;
}

static qk_err check_savable(qk_session *session)
{
    unsigned with_key[3] = { 0 }, active = 0;
    qk_work *work;

    for (size_t i = 0; i < SAVABLE; i++) {
        if (session->works[savable[i].kind].stage == QK_STAGE_IDLE)
            continue;
        QK_TRY(qk_work_get(session, savable[i].kind, &work));
        QK_TRY(check_one(work));
        active++;
        with_key[savable[i].role]++;
    }
    if (!active)
        return qk_fail(QK_E_OPERATION_NONE, "no operation is active that could be saved");
    if (with_key[KEY_ENCRYPTION] > 1 || with_key[KEY_AUTHENTICATION] > 1)
        return qk_fail(QK_E_STATE_UNSAVEABLE, "two operations are active that have the same kind of key");
    return QK_OK;
}

static qk_err put_progress(const qk_work *work, qk_buf *out)
{
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;

    if (work->operation) {
        QK_TRY(qk_operation_save(work->operation, &progress));
        qk_buf_put_u8(out, PROGRESS_DIGEST);
        qk_buf_put_counted(out, qk_secret_reveal(&progress));
        return QK_OK;
    }
    qk_buf_put_u8(out, work->state.len ? PROGRESS_SEALED : PROGRESS_GATHERED);
    qk_buf_put_counted(out, qk_buf_view(work->state.len ? &work->state : &work->gathered));
    return QK_OK;
}

static qk_err put_work(qk_session *session, const qk_work *work, qk_buf *out)
{
    static const qk_uuid no_key;
    Grep11__Mechanism *mechanism;
    qk_view bytes;

    QK_TRY(qk_mech_use_to_message(&work->use, &session->arena, &mechanism));
    QK_TRY(qk_message_write(&mechanism->base, 0, &session->arena, &bytes));
    qk_buf_put_u8(out, (uint8_t)work->kind);
    qk_buf_put_u8(out, (uint8_t)work->stage);
    qk_buf_put_u8(out, work->is_private);
    qk_buf_put_counted(out, bytes);
    qk_buf_put(out, qk_view_of(work->key ? work->key->id.bytes : no_key.bytes, sizeof no_key.bytes));
    qk_buf_put_u64(out, work->inside);
    return put_progress(work, out);
}

static qk_err put_all(qk_session *session, qk_buf *out)
{
    uint8_t check[CHECK_LEN];
    qk_token_state token;
    uint8_t count = 0;

    for (size_t i = 0; i < SAVABLE; i++)
        count = (uint8_t)(count + (session->works[savable[i].kind].stage != QK_STAGE_IDLE));
    QK_TRY(serial_of(session, &token));
    qk_buf_put(out, qk_view_of(magic, sizeof magic));
    qk_buf_put_u8(out, VERSION);
    qk_buf_put_u8(out, (uint8_t)qk_session_state(session));
    qk_buf_put_counted(out, qk_view_text(token.serial));
    qk_buf_put_u8(out, count);
    for (size_t i = 0; i < SAVABLE; i++)
        if (session->works[savable[i].kind].stage != QK_STAGE_IDLE)
            QK_TRY(put_work(session, &session->works[savable[i].kind], out));
    QK_TRY(qk_buf_check(out));
    QK_TRY(qk_sha256(qk_buf_view(out), check));
    qk_buf_put(out, qk_view_of(check, sizeof check));
    return qk_buf_check(out);
}

qk_err qk_work_save(CK_SESSION_HANDLE handle, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_buf_done) qk_buf state = QK_BUF_NONE;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_out_check(out));
    QK_TRY(check_savable(session));
    QK_TRY(put_all(session, &state));
    return qk_out_give(out, qk_buf_view(&state));
}

/* ---- restoring ---- */

static qk_err invalid(const char *what)
{
    return qk_fail(QK_E_STATE_INVALID, "saved state: %s", what);
}

/* One operation, as it was read; the views point into the application's bytes. */
typedef struct saved_work {
    size_t row; /* of savable */
    qk_stage stage;
    bool is_private;
    qk_view mechanism, key, progress;
    uint64_t inside;
    uint8_t form;
} saved_work;

typedef struct saved_state {
    uint8_t count;
    saved_work works[SAVABLE];
} saved_state;

static qk_err check_envelope(const qk_session *session, qk_view bytes, qk_reader *out_content)
{
    uint8_t check[CHECK_LEN];
    qk_token_state token;
    qk_view serial;

    if (bytes.len < CHECK_LEN)
        return invalid("too short");
    QK_TRY(qk_sha256(qk_view_slice(bytes, 0, bytes.len - CHECK_LEN), check));
    if (!qk_view_equal(qk_view_slice(bytes, bytes.len - CHECK_LEN, CHECK_LEN), qk_view_of(check, CHECK_LEN)))
        return invalid("its checksum is wrong");
    *out_content = qk_reader_of(qk_view_slice(bytes, 0, bytes.len - CHECK_LEN));
    if (!qk_view_equal(qk_read(out_content, sizeof magic), qk_view_of(magic, sizeof magic)) ||
        qk_read_u8(out_content) != VERSION)
        return invalid("not one of this version");
    if (qk_read_u8(out_content) != qk_session_state(session))
        return invalid("it comes from a session with another state");
    serial = qk_read_counted(out_content);
    QK_TRY(serial_of(session, &token));
    return qk_view_equal(serial, qk_view_text(token.serial)) ? QK_OK : invalid("it comes from another token");
}

static bool find_row(uint8_t kind, size_t *out_row)
{
    for (*out_row = 0; *out_row < SAVABLE; ++*out_row)
        if (savable[*out_row].kind == (qk_work_kind)kind)
            return true;
    return false;
}

static qk_err read_work(qk_reader *reader, saved_work *out)
{
    bool known = find_row(qk_read_u8(reader), &out->row);
    uint8_t stage = qk_read_u8(reader);

    out->is_private = qk_read_u8(reader) != 0;
    out->stage = (qk_stage)stage;
    out->mechanism = qk_read_counted(reader);
    out->key = qk_read(reader, sizeof((qk_uuid *)NULL)->bytes);
    out->inside = qk_read_u64(reader);
    out->form = qk_read_u8(reader);
    out->progress = qk_read_counted(reader);
    if (reader->failed || !known || (stage != QK_STAGE_READY && stage != QK_STAGE_PARTS) || out->inside > 16 ||
        out->form > PROGRESS_SEALED)
        return invalid("an operation in it cannot be read");
    if (out->form != PROGRESS_SEALED && out->inside)
        return invalid("bytes are inside a cipher that has not begun");
    if (stage == QK_STAGE_READY && (out->progress.len || out->form != PROGRESS_GATHERED))
        return invalid("an operation has progress before its first part");
    return QK_OK;
}

static qk_err read_all(const qk_session *session, qk_view bytes, saved_state *out)
{
    unsigned seen[3] = { 0 };
    qk_reader content;

    QK_TRY(check_envelope(session, bytes, &content));
    out->count = qk_read_u8(&content);
    if (out->count == 0 || out->count > SAVABLE)
        return invalid("it holds no number of operations that can be");
    for (size_t i = 0; i < out->count; i++) {
        QK_TRY(read_work(&content, &out->works[i]));
        if (seen[savable[out->works[i].row].role]++)
            return invalid("it holds two operations of one kind");
    }
    return qk_reader_ended(&content) ? QK_OK : invalid("something follows its end");
}

static bool has_role(const saved_state *state, enum key_role role)
{
    for (size_t i = 0; i < state->count; i++)
        if (savable[state->works[i].row].role == role)
            return true;
    return false;
}

static qk_err check_handle(const saved_state *state, enum key_role role, CK_OBJECT_HANDLE handle)
{
    bool wanted = has_role(state, role);

    if (wanted && handle == CK_INVALID_HANDLE)
        return qk_fail(QK_E_KEY_NEEDED, "an operation of the saved state needs its key");
    if (!wanted && handle != CK_INVALID_HANDLE)
        return qk_fail(QK_E_KEY_NOT_NEEDED, "no operation of the saved state has such a key");
    return QK_OK;
}

/* Failures that only an altered state brings about. Those of keys and memory stay what they are. */
static qk_err blame_state(qk_err err)
{
    if (err == QK_OK || err == QK_E_NO_MEMORY || err == QK_E_STATE_INVALID)
        return err;
    return qk_fail_context(QK_E_STATE_INVALID, "saved state: ");
}

static qk_err read_mechanism(qk_session *session, const saved_work *from, qk_work *work)
{
    void *message;
    qk_err err;

    QK_TRY(blame_state(qk_message_read(&grep11__mechanism__descriptor, from->mechanism, &session->arena, &message)));
    QK_TRY(blame_state(qk_mech_use_from_message(message, work->function, &work->use)));
    err = qk_slot_check_offer(session->slot, work->use.mech);
    QK_TRY(err == QK_E_MECHANISM_INVALID ? blame_state(err) : err);
    return qk_mech_use_keep(&work->use, &work->parameter);
}

static qk_err check_same_key(qk_session *session, const saved_work *from, CK_OBJECT_HANDLE handle)
{
    QK_OWNED(qk_object_unref) qk_object *key = NULL;

    if (handle == CK_INVALID_HANDLE)
        return QK_OK;
    QK_TRY(qk_slot_objects_use_key(session, handle, &key));
    if (!qk_view_equal(from->key, qk_view_of(key->id.bytes, sizeof key->id.bytes)))
        return qk_fail(QK_E_KEY_CHANGED, "this is not the key that was in use when the state was saved");
    return QK_OK;
}

static qk_err set_key(qk_session *session, const saved_work *from, qk_work *work, CK_OBJECT_HANDLE handle)
{
    qk_err err;

    QK_TRY(check_same_key(session, from, handle));
    err = qk_work_set_key(session, work, handle);
    return err == QK_E_KEY_TYPE || err == QK_E_KEY_SIZE ? blame_state(err) : err;
}

static qk_err load_digest(const saved_work *from, qk_work *work)
{
    qk_key *key = NULL;

    if (!work->local)
        return invalid("its progress does not fit the operation");
    if (work->key)
        QK_TRY(qk_object_public_key(work->key, &key));
    return blame_state(qk_operation_load(work->function, key, &work->use, from->progress, &work->operation));
}

static qk_err read_progress(const saved_work *from, qk_work *work)
{
    if (from->form == PROGRESS_DIGEST)
        return load_digest(from, work);
    if (from->form == PROGRESS_SEALED) {
        if ((work->local && work->key) || !from->progress.len)
            return invalid("its progress does not fit the operation");
        work->local = false;
        qk_buf_put(&work->state, from->progress);
        return qk_buf_check(&work->state);
    }
    qk_buf_put(&work->gathered, from->progress);
    return qk_buf_check(&work->gathered);
}

static qk_err restore_work(qk_session *session, const saved_work *from, CK_OBJECT_HANDLE key)
{
    qk_work *work;

    QK_TRY(qk_work_claim(session, savable[from->row].kind, &work));
    QK_TRY(read_mechanism(session, from, work));
    QK_TRY(set_key(session, from, work, key));
    work->is_private |= from->is_private;
    work->inside = from->inside;
    QK_TRY(read_progress(from, work));
    work->stage = from->stage;
    return QK_OK;
}

/* What goes on in the session, until the saved state has proved good. */
typedef struct aside {
    qk_work works[QK_WORK_COUNT];
    qk_find find;
} aside;

static void put_aside(qk_session *session, aside *out)
{
    memcpy(out->works, session->works, sizeof out->works);
    out->find = session->find;
    memset(session->works, 0, sizeof session->works);
    memset(&session->find, 0, sizeof session->find);
}

static void bring_back(qk_session *session, const aside *from)
{
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        qk_work_done(&session->works[i]);
    memcpy(session->works, from->works, sizeof from->works);
    session->find = from->find;
}

static void aside_done(aside *gone)
{
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        qk_work_done(&gone->works[i]);
    qk_find_done(&gone->find);
}

static qk_err restore_all(qk_session *session, const saved_state *state, const CK_OBJECT_HANDLE keys[3])
{
    for (size_t i = 0; i < state->count; i++)
        QK_TRY(restore_work(session, &state->works[i], keys[savable[state->works[i].row].role]));
    return QK_OK;
}

/* What goes on in the session is cancelled, as PKCS #11 says, but only for a state that is good to the end. */
qk_err qk_work_restore(CK_SESSION_HANDLE handle, qk_view bytes, CK_OBJECT_HANDLE encryption_key,
                       CK_OBJECT_HANDLE authentication_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    const CK_OBJECT_HANDLE keys[3] = { CK_INVALID_HANDLE, encryption_key, authentication_key };
    saved_state state;
    aside before;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    if (!bytes.data)
        return qk_fail(QK_E_BAD_ARGUMENT, "the saved state is NULL");
    QK_TRY(qk_in_check(bytes));
    QK_TRY(read_all(session, bytes, &state));
    QK_TRY(check_handle(&state, KEY_ENCRYPTION, encryption_key));
    QK_TRY(check_handle(&state, KEY_AUTHENTICATION, authentication_key));
    put_aside(session, &before);
    err = restore_all(session, &state, keys);
    if (err != QK_OK)
        bring_back(session, &before);
    else
        aside_done(&before);
    return err;
}
