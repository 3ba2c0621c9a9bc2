/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are signed and verified. */
#include "module/work/message.h"

#include "module/slot/session.h"

static qk_err enter(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_stage stage, qk_session **session,
                    qk_work **out_work)
{
    qk_work *work;

    QK_TRY(qk_session_enter(handle, session));
    QK_TRY(qk_work_get(*session, kind, &work));
    if (work->stage != stage && stage == QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "another message is under way in parts");
    if (work->stage != stage)
        return qk_fail(QK_E_OPERATION_NONE, "no message was begun");
    *out_work = work;
    return QK_OK;
}

static qk_err check_parameter(const qk_work *work, qk_view parameter)
{
    if (parameter.len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s has no parameter per message", work->use.mech->name);
    return QK_OK;
}

/* ---- whole ---- */

static qk_err run_sign(qk_session *session, qk_work *work, qk_view parameter, qk_view data, qk_out signature)
{
    QK_TRY(check_parameter(work, parameter));
    return qk_work_run_whole(session, work, data, signature);
}

qk_err qk_message_sign(CK_SESSION_HANDLE handle, qk_view parameter, qk_view data, qk_out signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(enter(handle, QK_WORK_MESSAGE_SIGN, QK_STAGE_READY, &session, &work));
    err = run_sign(session, work, parameter, data, signature);
    qk_work_end_unless_kept(work, err, !signature.place);
    return err;
}

static qk_err run_verify(qk_session *session, qk_work *work, qk_view parameter, qk_view data, qk_view signature)
{
    QK_TRY(check_parameter(work, parameter));
    return qk_work_run_verify(session, work, data, signature);
}

qk_err qk_message_verify(CK_SESSION_HANDLE handle, qk_view parameter, qk_view data, qk_view signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(enter(handle, QK_WORK_MESSAGE_VERIFY, QK_STAGE_READY, &session, &work));
    err = run_verify(session, work, parameter, data, signature);
    qk_work_over(work);
    return err;
}

/* ---- in parts ---- */

qk_err qk_message_begin_signature(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view parameter)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;

    QK_TRY(enter(handle, kind, QK_STAGE_READY, &session, &work));
    QK_TRY(check_parameter(work, parameter));
    if (work->use.mech->flags & QK_MECH_SINGLE_PART)
        return qk_fail(QK_E_NOT_SUPPORTED, "%s works in one call only", work->use.mech->name);
    work->stage = QK_STAGE_PARTS;
    return QK_OK;
}

/* The length is known without the last part, which is not taken before its result fits. */
static qk_err run_sign_last(qk_session *session, qk_work *work, qk_view part, qk_out signature)
{
    if (signature.place && *signature.len >= qk_work_finish_len(work))
        QK_TRY(qk_work_run_feed(session, work, part));
    return qk_work_run_finish(session, work, signature);
}

static qk_err run_sign_next(qk_session *session, qk_work *work, qk_view parameter, qk_view part, qk_out signature)
{
    QK_TRY(check_parameter(work, parameter));
    QK_TRY(qk_in_check(part));
    return signature.len ? run_sign_last(session, work, part, signature) : qk_work_run_feed(session, work, part);
}

qk_err qk_message_sign_next(CK_SESSION_HANDLE handle, qk_view parameter, qk_view part, qk_out signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(enter(handle, QK_WORK_MESSAGE_SIGN, QK_STAGE_PARTS, &session, &work));
    err = run_sign_next(session, work, parameter, part, signature);
    qk_work_end_unless_kept(work, err, !signature.len || !signature.place);
    return err;
}

static qk_err run_verify_next(qk_session *session, qk_work *work, qk_view parameter, qk_view part, qk_view signature)
{
    QK_TRY(check_parameter(work, parameter));
    QK_TRY(qk_in_check(signature));
    QK_TRY(qk_work_run_feed(session, work, part));
    return signature.data ? qk_work_run_finish_verify(session, work, signature) : QK_OK;
}

qk_err qk_message_verify_next(CK_SESSION_HANDLE handle, qk_view parameter, qk_view part, qk_view signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(enter(handle, QK_WORK_MESSAGE_VERIFY, QK_STAGE_PARTS, &session, &work));
    err = run_verify_next(session, work, parameter, part, signature);
    if (err != QK_OK || signature.data)
        qk_work_over(work);
    return err;
}
