/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in one call. */
#include "module/slot/session.h"
#include "module/work/work.h"

static qk_err compute_local(qk_session *session, qk_work *work, qk_view in, qk_view *out)
{
    qk_key *key;

    if (work->function == QK_DIGEST)
        return qk_crypto_digest(&work->use, in, &session->arena, out);
    if (work->function == QK_SIGN) /* a sum of signatures */
        return qk_crypto_sign(NULL, &work->use, in, &session->arena, out);
    QK_TRY(qk_object_public_key(work->key, &key));
    if (work->function == QK_VERIFY_RECOVER)
        return qk_crypto_verify_recover(key, &work->use, in, &session->arena, out);
    return qk_crypto_encrypt(key, &work->use, in, &session->arena, out);
}

static qk_err compute(qk_session *session, qk_work *work, qk_view in, qk_view *out)
{
    if (work->local)
        return compute_local(session, work, in, out);
    if (work->function == QK_SIGN_RECOVER)
        return qk_work_hsm_sign_recover(session, work, in, out);
    return qk_work_hsm_single(session, work, in, out);
}

/* Only the length of what is deciphered or recovered is unknown before; all else is refused before it is computed. */
static bool surely_too_small(const qk_work *work, qk_out out, size_t most)
{
    return !(work->function & (QK_DECRYPT | QK_VERIFY_RECOVER)) && *out.len < most;
}

/* Gives the result, or keeps it if it does not fit. */
static qk_err give_or_keep(qk_work *work, qk_view result, qk_out out)
{
    qk_err err = qk_out_give(out, result);

    if (err != QK_E_BUFFER_SMALL)
        return err;
    qk_buf_clear(&work->answer);
    qk_buf_put(&work->answer, result);
    QK_TRY(qk_buf_check(&work->answer));
    work->stage = QK_STAGE_ANSWERED;
    return err;
}

qk_err qk_work_run_whole(qk_session *session, qk_work *work, qk_view in, qk_out out)
{
    size_t most;
    qk_view result;

    QK_TRY(qk_in_check(in));
    QK_TRY(qk_out_check(out));
    if (work->stage == QK_STAGE_ANSWERED)
        return qk_out_give(out, qk_buf_view(&work->answer));
    if (work->stage != QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "the operation goes on in parts; end it with the Final function");
    most = qk_work_whole_len(work, in.len);
    if (!out.place || surely_too_small(work, out, most)) {
        bool asks = !out.place;
        *out.len = most;
        return asks ? QK_OK : qk_fail(QK_E_BUFFER_SMALL, "the result has %zu bytes", most);
    }
    QK_TRY(compute(session, work, in, &result));
    return give_or_keep(work, result, out);
}

void qk_work_end_unless_kept(qk_work *work, qk_err err, bool asked)
{
    if (err != QK_E_BUFFER_SMALL && !(err == QK_OK && asked))
        qk_work_over(work);
}

qk_err qk_work_whole(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view in, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, kind, &work));
    err = qk_work_run_whole(session, work, in, out);
    qk_work_end_unless_kept(work, err, !out.place);
    return err;
}

qk_err qk_work_run_verify(qk_session *session, qk_work *work, qk_view data, qk_view signature)
{
    qk_key *key;

    QK_TRY(qk_in_check(data));
    QK_TRY(qk_in_check(signature));
    if (work->stage != QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "the operation goes on in parts; end it with C_VerifyFinal");
    if (!work->local)
        return qk_work_hsm_verify(session, work, data, signature);
    QK_TRY(qk_object_public_key(work->key, &key));
    return qk_crypto_verify(key, &work->use, data, signature);
}

/* --- the end of an operation in parts --- */

static qk_err compute_end(qk_session *session, qk_work *work, qk_view *out)
{
    if (work->operation)
        return qk_operation_finish(work->operation, &session->arena, out);
    if (work->state.len)
        return qk_work_hsm_finish(session, work, out);
    return compute(session, work, qk_buf_view(&work->gathered), out); /* also if there was no Update at all */
}

qk_err qk_work_run_finish(qk_session *session, qk_work *work, qk_out out)
{
    size_t most;
    qk_view result;

    QK_TRY(qk_out_check(out));
    if (work->stage == QK_STAGE_ANSWERED)
        return qk_out_give(out, qk_buf_view(&work->answer));
    if (work->use.mech->flags & QK_MECH_SINGLE_PART)
        return qk_fail(QK_E_NOT_SUPPORTED, "%s works in one call only", work->use.mech->name);
    most = qk_work_finish_len(work);
    if (!out.place || surely_too_small(work, out, most)) {
        bool asks = !out.place;
        *out.len = most;
        return asks ? QK_OK : qk_fail(QK_E_BUFFER_SMALL, "the result has %zu bytes", most);
    }
    QK_TRY(compute_end(session, work, &result));
    return give_or_keep(work, result, out);
}

qk_err qk_work_finish(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, kind, &work));
    err = qk_work_run_finish(session, work, out);
    qk_work_end_unless_kept(work, err, !out.place);
    return err;
}

qk_err qk_work_run_finish_verify(qk_session *session, qk_work *work, qk_view signature)
{
    QK_TRY(qk_in_check(signature));
    if (work->use.mech->flags & QK_MECH_SINGLE_PART)
        return qk_fail(QK_E_NOT_SUPPORTED, "%s works in one call only", work->use.mech->name);
    if (work->operation)
        return qk_operation_finish_verify(work->operation, signature);
    if (work->state.len)
        return qk_work_hsm_finish_verify(session, work, signature);
    work->stage = QK_STAGE_READY;
    return qk_work_run_verify(session, work, qk_buf_view(&work->gathered), signature);
}

/* --- verdicts --- */

typedef qk_err (*judge)(qk_session *session, qk_work *work, qk_view data, qk_view signature);

static qk_err judge_end(qk_session *session, qk_work *work, qk_view data, qk_view signature)
{
    (void)data;
    return qk_work_run_finish_verify(session, work, signature);
}

/* Whatever it is, a verdict ends the operation. The signature may have come first. */
static qk_err conclude(CK_SESSION_HANDLE handle, qk_work_kind kind, judge judge_it, qk_view data, qk_view signature)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, kind, &work));
    if (kind == QK_WORK_VERIFY_SIGNATURE)
        signature = qk_buf_view(&work->signature);
    err = judge_it(session, work, data, signature);
    qk_work_end(work);
    return err;
}

qk_err qk_work_verify(CK_SESSION_HANDLE session, qk_view data, qk_view signature)
{
    return conclude(session, QK_WORK_VERIFY, qk_work_run_verify, data, signature);
}

qk_err qk_work_finish_verify(CK_SESSION_HANDLE session, qk_view signature)
{
    return conclude(session, QK_WORK_VERIFY, judge_end, QK_VIEW_NONE, signature);
}

qk_err qk_work_verify_given(CK_SESSION_HANDLE session, qk_view data)
{
    return conclude(session, QK_WORK_VERIFY_SIGNATURE, qk_work_run_verify, data, QK_VIEW_NONE);
}

qk_err qk_work_finish_given(CK_SESSION_HANDLE session)
{
    return conclude(session, QK_WORK_VERIFY_SIGNATURE, judge_end, QK_VIEW_NONE, QK_VIEW_NONE);
}
