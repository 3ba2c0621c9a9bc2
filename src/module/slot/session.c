/* SPDX-License-Identifier: Apache-2.0 */
#include "module/slot/session.h"

#include "module/library/ending.h"
#include "module/library/module.h"

void qk_session_clear(qk_session *session)
{
    for (size_t i = 0; i < QK_WORK_COUNT; i++)
        qk_work_done(&session->works[i]);
    qk_find_done(&session->find);
    qk_arena_done(&session->arena);
    session->slot = NULL;
    session->rw = session->owns_objects = false;
}

qk_err qk_session_enter(CK_SESSION_HANDLE handle, qk_session **out_session)
{
    qk_module *module;

    QK_TRY(qk_module_get(&module));
    QK_TRY(qk_session_table_lock(module->sessions, handle, out_session));
    (*out_session)->log_outs = atomic_load(&(*out_session)->slot->log_outs);
    if (!qk_ending_refuses()) /* again, now that whoever ends the process would wait for this lock */
        return QK_OK;
    qk_session_leave(out_session);
    return qk_fail(QK_E_NOT_INITIALIZED, "the process is ending");
}

void qk_session_leave(qk_session **session)
{
    if (!*session)
        return;
    qk_arena_reset(&(*session)->arena);
    pthread_mutex_unlock(&(*session)->lock);
    *session = NULL;
}

qk_call qk_session_call(qk_session *session, bool is_private)
{
    return (qk_call){ .arena = &session->arena,
                      .seal_under = is_private && !session->slot->token->remote ? QK_UNDER_USER : QK_UNDER_INSTANCE,
                      .strict = true,
                      .deadline = QK_DEADLINE_NEVER };
}

/* Without the user's master key nothing private opens; it left with the user. */
static qk_err blame_logout(const qk_session *session, qk_err err)
{
    if ((err == QK_E_NO_MASTER_KEY || err == QK_E_BLOB_MASTER_KEY) &&
        atomic_load(&session->slot->log_outs) != session->log_outs)
        return qk_fail_context(QK_E_NOT_LOGGED_IN, "the user has logged out while the call was under way: ");
    return err;
}

qk_err qk_session_hsm(qk_session *session, const qk_call *call, qk_hsm_method method, const ProtobufCMessage *request,
                      void **out_response)
{
    return blame_logout(session, qk_hsm_call(session->slot->token->hsm, call, method, request, out_response));
}

qk_err qk_session_keystore(qk_session *session, const qk_call *call, qk_keystore_method method,
                           const ProtobufCMessage *request, void **out_response)
{
    return blame_logout(session, qk_keystore_call(session->slot->token->keystore, call, method, request, out_response));
}

/* --- opening --- */

/* With the login lock held, so that nobody logs in as security officer or initialises the token meanwhile. */
static qk_err count_in(qk_slot *slot, bool rw)
{
    if (!rw && (qk_slot_user(slot) == QK_SO || slot->arriving == QK_SO))
        return qk_fail(QK_E_SESSION_SO_EXISTS, "the security officer is logged in; only R/W sessions can be opened");
    QK_TRY(slot->token->login->ready(slot->token->login));
    atomic_fetch_add(&slot->session_count, 1);
    if (rw)
        atomic_fetch_add(&slot->rw_session_count, 1);
    return QK_OK;
}

/* The last session takes the login with it. */
static void count_out(qk_slot *slot, bool rw)
{
    pthread_mutex_lock(&slot->login_lock);
    if (rw)
        atomic_fetch_sub(&slot->rw_session_count, 1);
    if (atomic_fetch_sub(&slot->session_count, 1) == 1 && qk_slot_user(slot) != QK_NOBODY)
        qk_slot_log_out_locked(slot);
    pthread_mutex_unlock(&slot->login_lock);
}

static qk_err open_counted(qk_module *module, qk_slot *slot, bool rw, CK_SESSION_HANDLE *out_handle)
{
    qk_session *session;

    QK_TRY(qk_session_table_take(module->sessions, &session));
    session->slot = slot;
    session->rw = rw;
    *out_handle = atomic_load(&session->handle);
    pthread_mutex_unlock(&session->lock);
    return QK_OK;
}

qk_err qk_session_open(CK_SLOT_ID slot_id, CK_FLAGS flags, CK_SESSION_HANDLE *out_handle)
{
    bool rw = (flags & CKF_RW_SESSION) != 0;
    qk_module *module;
    qk_slot *slot;
    qk_err err;

    QK_TRY(qk_module_get(&module));
    QK_TRY(qk_module_slot(slot_id, &slot));
    if (!(flags & CKF_SERIAL_SESSION))
        return qk_fail(QK_E_SESSION_PARALLEL, "CKF_SERIAL_SESSION is not set");
    if (flags & CKF_ASYNC_SESSION)
        return qk_fail(QK_E_SESSION_ASYNC, "the token has no asynchronous operations");
    if (!out_handle)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the session's handle is NULL");
    pthread_mutex_lock(&slot->login_lock);
    err = count_in(slot, rw);
    pthread_mutex_unlock(&slot->login_lock);
    QK_TRY(err);
    err = open_counted(module, slot, rw, out_handle);
    if (err != QK_OK)
        count_out(slot, rw);
    return err;
}

/* --- closing --- */

qk_err qk_session_close(CK_SESSION_HANDLE handle)
{
    qk_session *session;
    qk_module *module;
    qk_slot *slot;
    bool rw;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_module_get(&module));
    slot = session->slot;
    rw = session->rw;
    if (session->owns_objects)
        qk_object_table_remove_owned(slot->objects, handle);
    qk_session_clear(session);
    qk_session_table_give_back(module->sessions, session);
    count_out(slot, rw);
    return QK_OK;
}

qk_err qk_session_close_all(CK_SLOT_ID slot_id)
{
    CK_SESSION_HANDLE handle;
    qk_module *module;
    qk_slot *slot;
    qk_err err;

    QK_TRY(qk_module_get(&module));
    QK_TRY(qk_module_slot(slot_id, &slot));
    for (size_t place = 0; qk_session_table_at(module->sessions, place, slot, &handle); place++) {
        err = handle ? qk_session_close(handle) : QK_OK;
        if (err != QK_OK && err != QK_E_NO_SESSION) /* another thread may have closed it */
            return err;
    }
    return QK_OK;
}

/* --- state --- */

CK_STATE qk_session_state(const qk_session *session)
{
    switch (qk_slot_user(session->slot)) {
    case QK_SO:
        return CKS_RW_SO_FUNCTIONS;
    case QK_USER:
        return session->rw ? CKS_RW_USER_FUNCTIONS : CKS_RO_USER_FUNCTIONS;
    case QK_NOBODY:
    default:
        return session->rw ? CKS_RW_PUBLIC_SESSION : CKS_RO_PUBLIC_SESSION;
    }
}

qk_err qk_session_info(CK_SESSION_HANDLE handle, CK_SESSION_INFO *out_info)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    if (!out_info)
        return qk_fail(QK_E_BAD_ARGUMENT, "the place for the session's info is NULL");
    *out_info = (CK_SESSION_INFO){ .slotID = session->slot->id,
                                   .state = qk_session_state(session),
                                   .flags = CKF_SERIAL_SESSION | (session->rw ? CKF_RW_SESSION : 0) };
    return QK_OK;
}

/* The token claims no validation, so none of its operations is marked as validated. */
qk_err qk_session_validation(CK_SESSION_HANDLE handle, CK_SESSION_VALIDATION_FLAGS_TYPE type, CK_FLAGS *out_flags)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    if (!out_flags || type != CKS_LAST_VALIDATION_OK)
        return qk_fail(QK_E_BAD_ARGUMENT, "the flags' type 0x%lx is unknown, or their place is NULL", type);
    *out_flags = 0;
    return QK_OK;
}
