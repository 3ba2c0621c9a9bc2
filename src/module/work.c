/* SPDX-License-Identifier: Apache-2.0 */
/* The life of operations: Init, and how they end. */
#include "module/work.h"

#include "module/slot_objects.h"
#include "module/session.h"

/* Memory kept from one operation to the next; larger buffers are given back. */
enum { KEEP_MOST = 4096 };

static void empty(qk_buf *buf)
{
    if (buf->cap > KEEP_MOST)
        qk_buf_done(buf);
    else
        qk_buf_clear(buf);
}

void qk_work_end(qk_work *work)
{
    work->stage = QK_STAGE_IDLE;
    work->needs_pin = false;
    work->inside = 0;
    qk_object_unref(&work->key);
    qk_operation_free(&work->operation);
    empty(&work->parameter);
    empty(&work->gathered);
    empty(&work->state);
    empty(&work->answer);
}

void qk_work_done(qk_work *work)
{
    qk_work_end(work);
    qk_buf_done(&work->parameter);
    qk_buf_done(&work->gathered);
    qk_buf_done(&work->state);
    qk_buf_done(&work->answer);
}

static qk_work *work_of(qk_session *session, unsigned function)
{
    static const struct {
        unsigned function;
        int work;
    } rows[QK_WORK_COUNT] = { { QK_ENCRYPT, QK_WORK_ENCRYPT },
                              { QK_DECRYPT, QK_WORK_DECRYPT },
                              { QK_DIGEST, QK_WORK_DIGEST },
                              { QK_SIGN, QK_WORK_SIGN },
                              { QK_VERIFY, QK_WORK_VERIFY } };
    size_t i = 0;

    while (rows[i].function != function)
        i++;
    return &session->works[rows[i].work];
}

qk_err qk_work_get(qk_session *session, unsigned function, qk_work **out_work)
{
    qk_work *work = work_of(session, function);

    if (work->stage == QK_STAGE_IDLE)
        return qk_fail(QK_E_OPERATION_NONE, "no operation of this kind is active");
    if (work->key && work->key->is_private && qk_slot_user(session->slot) != QK_USER) {
        qk_work_end(work);
        return qk_fail(QK_E_NOT_LOGGED_IN, "the user has logged out, and the operation's key is private");
    }
    if (work->key && work->key->is_private && qk_slot_user(session->slot) != QK_USER) {
        qk_work_end(work); /* the HSM need not know that its user has logged out */
        return qk_fail(QK_E_NOT_LOGGED_IN, "the key is private and the user has logged out");
    }
    if (work->needs_pin)
        return qk_fail(QK_E_NOT_LOGGED_IN, "the key asks for C_Login(CKU_CONTEXT_SPECIFIC) before each use");
    *out_work = work;
    return QK_OK;
}

bool qk_work_wants_pin(const qk_session *session)
{
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        if (session->works[i].needs_pin)
            return true;
    return false;
}

qk_err qk_work_admit(qk_session *session)
{
    if (!qk_work_wants_pin(session))
        return qk_fail(QK_E_OPERATION_NONE, "no operation waits for a PIN");
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        session->works[i].needs_pin = false;
    return QK_OK;
}

/* --- C_...Init --- */

static bool is_local(unsigned function, const qk_object *key)
{
    return function == QK_DIGEST || key->class == CKO_PUBLIC_KEY;
}

static qk_err set_key(qk_session *session, qk_work *work, CK_OBJECT_HANDLE handle)
{
    qk_key *parsed;

    if (work->function == QK_DIGEST) {
        work->local = true;
        return QK_OK;
    }
    QK_TRY(qk_slot_objects_use_key(session, handle, &work->key));
    QK_TRY(qk_work_check_key(work->key, work->use.mech, work->function));
    work->local = is_local(work->function, work->key);
    work->needs_pin = work->key->ask_each_time;
    return work->local ? qk_object_public_key(work->key, &parsed) : QK_OK;
}

static qk_err start(qk_session *session, qk_work *work, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    QK_TRY(qk_mech_use_read(mechanism, work->function, &work->use));
    QK_TRY(qk_mech_use_keep(&work->use, &work->parameter));
    QK_TRY(set_key(session, work, key));
    work->stage = QK_STAGE_READY;
    return QK_OK;
}

/* Cryptoki 3.0 made a NULL mechanism the way to cancel; it costs nothing to know it. */
static qk_err cancel(qk_work *work)
{
    if (work->stage == QK_STAGE_IDLE)
        return qk_fail(QK_E_BAD_ARGUMENT, "the mechanism is NULL");
    qk_work_end(work);
    return QK_OK;
}

qk_err qk_work_init(CK_SESSION_HANDLE handle, unsigned function, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    work = work_of(session, function);
    if (!mechanism)
        return cancel(work);
    if (work->stage != QK_STAGE_IDLE)
        return qk_fail(QK_E_OPERATION_ACTIVE, "%s is under way in this session", work->use.mech->name);
    work->function = function;
    err = start(session, work, mechanism, key);
    if (err != QK_OK)
        qk_work_end(work);
    return err;
}
