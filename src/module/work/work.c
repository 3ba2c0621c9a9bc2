/* SPDX-License-Identifier: Apache-2.0 */
/* The life of operations: Init, and how they end. */
#include "module/work/work.h"

#include "module/work/message.h"
#include "module/slot/session.h"
#include "module/object/slot_objects.h"

/* Memory kept from one operation to the next; larger buffers are given back. */
enum { KEEP_MOST = 4096 };

/* What each kind does with its key, the flag by which C_SessionCancel names it, and the kind that it shares its
 * functions' place with: the two kinds of verification are one operation to PKCS #11. */
static const struct {
    unsigned function;
    CK_FLAGS flag;
    qk_work_kind rival;
} kinds[QK_WORK_COUNT] = {
    [QK_WORK_ENCRYPT] = { QK_ENCRYPT, CKF_ENCRYPT, QK_WORK_ENCRYPT },
    [QK_WORK_DECRYPT] = { QK_DECRYPT, CKF_DECRYPT, QK_WORK_DECRYPT },
    [QK_WORK_DIGEST] = { QK_DIGEST, CKF_DIGEST, QK_WORK_DIGEST },
    [QK_WORK_SIGN] = { QK_SIGN, CKF_SIGN, QK_WORK_SIGN },
    [QK_WORK_VERIFY] = { QK_VERIFY, CKF_VERIFY, QK_WORK_VERIFY_SIGNATURE },
    [QK_WORK_SIGN_RECOVER] = { QK_SIGN_RECOVER, CKF_SIGN_RECOVER, QK_WORK_SIGN_RECOVER },
    [QK_WORK_VERIFY_RECOVER] = { QK_VERIFY_RECOVER, CKF_VERIFY_RECOVER, QK_WORK_VERIFY_RECOVER },
    [QK_WORK_VERIFY_SIGNATURE] = { QK_VERIFY, CKF_VERIFY, QK_WORK_VERIFY },
    [QK_WORK_MESSAGE_ENCRYPT] = { QK_ENCRYPT, CKF_MESSAGE_ENCRYPT, QK_WORK_MESSAGE_ENCRYPT },
    [QK_WORK_MESSAGE_DECRYPT] = { QK_DECRYPT, CKF_MESSAGE_DECRYPT, QK_WORK_MESSAGE_DECRYPT },
    [QK_WORK_MESSAGE_SIGN] = { QK_SIGN, CKF_MESSAGE_SIGN, QK_WORK_MESSAGE_SIGN },
    [QK_WORK_MESSAGE_VERIFY] = { QK_VERIFY, CKF_MESSAGE_VERIFY, QK_WORK_MESSAGE_VERIFY },
};

static void empty(qk_buf *buf)
{
    if (buf->cap > KEEP_MOST)
        qk_buf_done(buf);
    else
        qk_buf_clear(buf);
}

/* What one message leaves behind. */
static void empty_message(qk_work *work)
{
    work->inside = 0;
    qk_operation_free(&work->operation);
    empty(&work->gathered);
    empty(&work->state);
    empty(&work->answer);
}

void qk_work_end(qk_work *work)
{
    work->stage = QK_STAGE_IDLE;
    work->needs_pin = 0;
    work->is_private = false;
    empty_message(work);
    qk_object_unref(&work->key);
    qk_message_free(&work->message);
    empty(&work->parameter);
    empty(&work->signature);
}

void qk_work_done(qk_work *work)
{
    qk_work_end(work);
    qk_buf_done(&work->parameter);
    qk_buf_done(&work->gathered);
    qk_buf_done(&work->state);
    qk_buf_done(&work->answer);
    qk_buf_done(&work->signature);
}

/* A key that asks for a PIN each time, and when it did: one PIN is for the operation that has asked last. */
static void ask_for_pin(qk_work *work)
{
    static _Atomic(uint64_t) asked;

    work->needs_pin = work->key && work->key->ask_each_time ? atomic_fetch_add(&asked, 1) + 1 : 0;
}

/* Such a key asks before the next message, too. */
void qk_work_over(qk_work *work)
{
    if (work->kind < QK_WORK_MESSAGE_ENCRYPT) {
        qk_work_end(work);
        return;
    }
    empty_message(work);
    work->stage = QK_STAGE_READY;
    ask_for_pin(work);
}

/* The handles of private keys have died with the login. */
static bool outlived_login(const qk_session *session, const qk_work *work)
{
    return work->stage != QK_STAGE_IDLE && work->is_private &&
           (qk_slot_user(session->slot) != QK_USER || work->login != atomic_load(&session->slot->log_outs));
}

qk_err qk_work_get(qk_session *session, qk_work_kind kind, qk_work **out_work)
{
    qk_work *work = &session->works[kind];

    if (outlived_login(session, work)) { /* the HSM need not know that its user has logged out */
        qk_work_end(work);
        if (qk_slot_user(session->slot) != QK_USER)
            return qk_fail(QK_E_NOT_LOGGED_IN, "the key is private and the user has logged out");
    }
    if (work->stage == QK_STAGE_IDLE)
        return qk_fail(QK_E_OPERATION_NONE, "no operation of this kind is active");
    if (work->needs_pin)
        return qk_fail(QK_E_NOT_LOGGED_IN, "the key asks for C_Login(CKU_CONTEXT_SPECIFIC) before each use");
    *out_work = work;
    return QK_OK;
}

static qk_work *waiting_for_pin(qk_session *session)
{
    qk_work *last = NULL;

    for (qk_work *work = session->works; work < session->works + QK_WORK_COUNT; work++)
        if (work->needs_pin && !outlived_login(session, work) && (!last || work->needs_pin > last->needs_pin))
            last = work;
    return last;
}

bool qk_work_wants_pin(qk_session *session)
{
    return waiting_for_pin(session) != NULL;
}

qk_err qk_work_admit(qk_session *session)
{
    qk_work *work = waiting_for_pin(session);

    if (!work)
        return qk_fail(QK_E_OPERATION_NONE, "no operation waits for a PIN");
    work->needs_pin = 0;
    return QK_OK;
}

/* --- C_...Init --- */

qk_err qk_work_set_key(qk_session *session, qk_work *work, CK_OBJECT_HANDLE handle)
{
    qk_key *parsed;

    work->login = atomic_load(&session->slot->log_outs);
    work->local = work->function == QK_DIGEST || work->use.mech->key == QK_NO_KEY;
    if (work->local)
        return QK_OK;
    QK_TRY(qk_slot_objects_use_key(session, handle, &work->key));
    QK_TRY(qk_work_check_key(work->key, work->use.mech, work->function));
    work->is_private = work->key->is_private;
    work->local = work->key->class == CKO_PUBLIC_KEY;
    ask_for_pin(work);
    return work->local ? qk_object_public_key(work->key, &parsed) : QK_OK;
}

static qk_err start(qk_session *session, qk_work *work, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    if (work->kind == QK_WORK_MESSAGE_ENCRYPT || work->kind == QK_WORK_MESSAGE_DECRYPT) {
        QK_TRY(qk_message_init(mechanism, work));
    } else {
        QK_TRY(qk_mech_use_read(mechanism, work->function, &work->use));
        QK_TRY(qk_slot_check_offer(session->slot, work->use.mech));
        QK_TRY(qk_mech_use_keep(&work->use, &work->parameter));
    }
    QK_TRY(qk_work_set_key(session, work, key));
    work->stage = QK_STAGE_READY;
    return QK_OK;
}

static bool is_active(qk_session *session, qk_work_kind kind)
{
    if (outlived_login(session, &session->works[kind]))
        qk_work_end(&session->works[kind]);
    return session->works[kind].stage != QK_STAGE_IDLE;
}

qk_err qk_work_claim(qk_session *session, qk_work_kind kind, qk_work **out_work)
{
    qk_work *work = &session->works[kind];

    if (is_active(session, kind) || is_active(session, kinds[kind].rival))
        return qk_fail(QK_E_OPERATION_ACTIVE, "an operation of this kind is under way in this session");
    work->kind = kind;
    work->function = kinds[kind].function;
    *out_work = work;
    return QK_OK;
}

/* Cryptoki 3.0 made a NULL mechanism the way to cancel. */
static qk_err cancel(qk_session *session, qk_work_kind kind)
{
    if (!is_active(session, kind) && !is_active(session, kinds[kind].rival))
        return qk_fail(QK_E_BAD_ARGUMENT, "the mechanism is NULL");
    qk_work_end(&session->works[kind]);
    qk_work_end(&session->works[kinds[kind].rival]);
    return QK_OK;
}

static qk_err init(qk_session *session, qk_work_kind kind, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    qk_work *work;
    qk_err err;

    if (!mechanism)
        return cancel(session, kind);
    QK_TRY(qk_work_claim(session, kind, &work));
    err = start(session, work, mechanism, key);
    if (err != QK_OK)
        qk_work_end(work);
    return err;
}

qk_err qk_work_init(CK_SESSION_HANDLE handle, qk_work_kind kind, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    return init(session, kind, mechanism, key);
}

qk_err qk_work_init_signature(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key,
                              qk_view signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_buf *given;

    QK_TRY(qk_session_enter(handle, &session));
    if (mechanism && !signature.data)
        return qk_fail(QK_E_BAD_ARGUMENT, "the signature is NULL");
    QK_TRY(qk_in_check(signature));
    QK_TRY(init(session, QK_WORK_VERIFY_SIGNATURE, mechanism, key));
    if (!mechanism)
        return QK_OK;
    given = &session->works[QK_WORK_VERIFY_SIGNATURE].signature;
    qk_buf_clear(given);
    qk_buf_put(given, signature);
    if (given->failed)
        qk_work_end(&session->works[QK_WORK_VERIFY_SIGNATURE]);
    return qk_buf_check(given);
}

qk_err qk_work_cancel(CK_SESSION_HANDLE handle, CK_FLAGS flags)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        if (flags & kinds[i].flag)
            qk_work_end(&session->works[i]);
    if (flags & CKF_FIND_OBJECTS)
        qk_find_done(&session->find);
    return QK_OK;
}
