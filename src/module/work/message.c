/* SPDX-License-Identifier: Apache-2.0 */
/* Messages that are encrypted and decrypted. */
#include "module/work/message.h"

#include <stdlib.h>

#include "module/slot/session.h"

enum { MESSAGE_MOST = 64 * 1024 * 1024 };

void qk_message_free(qk_message **message)
{
    qk_message *gone = *message;

    *message = NULL;
    if (!gone)
        return;
    qk_buf_done(&gone->nonce);
    qk_buf_done(&gone->aad);
    free(gone);
}

/* The parameter of Init has no say: each message brings its own. If it is there it must be one. */
qk_err qk_message_init(const CK_MECHANISM *mechanism, qk_work *work)
{
    const qk_mech *mech = qk_mech_find(mechanism->mechanism);
    qk_view parameter = qk_view_of(mechanism->pParameter, mechanism->ulParameterLen);
    qk_message_param param;

    if (!qk_message_can(mech, work->function))
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%lx does not take messages", mechanism->mechanism);
    if (parameter.len)
        QK_TRY(qk_message_param_read(mech, parameter, &param));
    work->use = (qk_mech_use){ .mech = mech };
    work->message = calloc(1, sizeof *work->message);
    return work->message ? QK_OK : qk_fail(QK_E_NO_MEMORY, "no memory for messages");
}

/* A message on its way: what came with the call, and the nonce. */
typedef struct job {
    qk_session *session;
    qk_work *work;
    qk_message_param param;
    qk_view nonce, aad;
} job;

static qk_err open_job(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_session **session, job *out)
{
    QK_TRY(qk_session_enter(handle, session));
    out->session = *session;
    return qk_work_get(*session, kind, &out->work);
}

static bool encrypts(const job *it)
{
    return it->work->function == QK_ENCRYPT;
}

static qk_err read_parameter(qk_view parameter, job *it)
{
    QK_TRY(qk_in_check(parameter));
    return qk_message_param_read(it->work->use.mech, parameter, &it->param);
}

/* Chooses the nonce; `room` holds it as long as the job lasts. */
static qk_err make_nonce(job *it, uint8_t room[QK_NONCE_MOST])
{
    if (encrypts(it))
        QK_TRY(qk_message_nonce(it->session, it->work->use.mech, &it->param, &it->work->message->nonces, room));
    else
        memcpy(room, it->param.nonce, it->param.nonce_len);
    it->nonce = qk_view_of(room, it->param.nonce_len);
    return QK_OK;
}

static void tell_nonce(const job *it)
{
    if (encrypts(it) && it->param.generator != CKG_NO_GENERATE)
        memcpy(it->param.nonce, it->nonce.data, it->nonce.len);
}

/* ---- computing ---- */

static qk_err encrypt(job *it, qk_view in, qk_view *out)
{
    size_t tag_len = it->param.tag_bits / 8;
    qk_view sealed;

    QK_TRY(qk_work_hsm_single(it->session, it->work, in, &sealed));
    if (sealed.len != in.len + tag_len)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave %zu bytes for a message of %zu", sealed.len, in.len);
    memcpy(it->param.tag, sealed.data + in.len, tag_len);
    *out = qk_view_slice(sealed, 0, in.len);
    return QK_OK;
}

static qk_err decrypt(job *it, qk_view in, qk_view *out)
{
    size_t tag_len = it->param.tag_bits / 8;
    uint8_t *sealed;
    qk_err err;

    QK_TRY(qk_arena_bytes(&it->session->arena, in.len + tag_len, &sealed));
    if (in.len)
        memcpy(sealed, in.data, in.len);
    memcpy(sealed + in.len, it->param.tag, tag_len);
    err = qk_work_hsm_single(it->session, it->work, qk_view_of(sealed, in.len + tag_len), out);
    if (err == QK_E_CIPHERTEXT_INVALID || err == QK_E_AEAD_FAILED)
        return qk_fail(QK_E_AEAD_FAILED, "the message, its tag, nonce or associated data were changed");
    QK_TRY(err);
    if (out->len != in.len)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave %zu bytes for a message of %zu", out->len, in.len);
    return QK_OK;
}

static qk_err check_told_length(const job *it, size_t len)
{
    if (it->param.data_len && it->param.data_len != len)
        return qk_fail(encrypts(it) ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH,
                       "the parameter tells of %zu bytes, and the message has %zu", it->param.data_len, len);
    return QK_OK;
}

static qk_err compute(job *it, qk_view in, qk_out out)
{
    qk_view result;

    if (!it->param.tag)
        return qk_fail(QK_E_MECHANISM_PARAM, "the place of the tag is NULL");
    QK_TRY(check_told_length(it, in.len));
    QK_TRY(
        qk_message_use(it->work->use.mech, &it->param, it->nonce, it->aad, in.len, it->work->function, &it->work->use));
    QK_TRY(encrypts(it) ? encrypt(it, in, &result) : decrypt(it, in, &result));
    tell_nonce(it);
    return qk_out_give(out, result);
}

/* The result is as long as the message. True: it is told, or does not fit. */
static bool only_tells(qk_out out, size_t len, qk_err *err)
{
    bool small = out.place && *out.len < len;

    *err = small ? qk_fail(QK_E_BUFFER_SMALL, "the result has %zu bytes", len) : QK_OK;
    if (!out.place || small)
        *out.len = len;
    return !out.place || small;
}

/* ---- whole messages ---- */

static qk_err check_message(qk_view in, qk_view aad, qk_out out)
{
    QK_TRY(qk_in_check(in));
    QK_TRY(qk_in_check(aad));
    if (in.len > MESSAGE_MOST || aad.len > MESSAGE_MOST)
        return qk_fail(QK_E_BAD_LENGTH, "a message has at most %d bytes", MESSAGE_MOST);
    return qk_out_check(out);
}

static qk_err run_whole(job *it, qk_view parameter, qk_view in, qk_out out, bool *kept)
{
    uint8_t room[QK_NONCE_MOST];
    qk_err err;

    QK_TRY(check_message(in, it->aad, out));
    QK_TRY(read_parameter(parameter, it));
    *kept = only_tells(out, in.len, &err);
    if (*kept)
        return err;
    QK_TRY(make_nonce(it, room));
    return compute(it, in, out);
}

qk_err qk_message_whole(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view parameter, qk_view aad, qk_view in,
                        qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    job it = { .aad = aad };
    bool kept = false;
    qk_err err;

    QK_TRY(open_job(handle, kind, &session, &it));
    if (it.work->stage != QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "another message is under way in parts");
    err = run_whole(&it, parameter, in, out, &kept);
    if (!kept)
        qk_work_over(it.work);
    return err;
}

/* ---- messages in parts ---- */

static qk_err keep(qk_buf *place, qk_view bytes)
{
    qk_buf_clear(place);
    qk_buf_put(place, bytes);
    return qk_buf_check(place);
}

/* Mistakes in the parameter are told at once: hence the mechanism is put together here already. */
static qk_err run_begin(job *it, qk_view parameter)
{
    qk_message *message = it->work->message;
    uint8_t room[QK_NONCE_MOST];
    qk_mech_use use;

    QK_TRY(qk_in_check(it->aad));
    if (it->aad.len > MESSAGE_MOST)
        return qk_fail(QK_E_MECHANISM_PARAM, "associated data has at most %d bytes", MESSAGE_MOST);
    QK_TRY(read_parameter(parameter, it));
    QK_TRY(make_nonce(it, room));
    QK_TRY(qk_message_use(it->work->use.mech, &it->param, it->nonce, it->aad, it->param.data_len, it->work->function,
                          &use));
    QK_TRY(keep(&message->nonce, it->nonce));
    QK_TRY(keep(&message->aad, it->aad));
    tell_nonce(it);
    it->work->stage = QK_STAGE_PARTS;
    return QK_OK;
}

qk_err qk_message_begin(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view parameter, qk_view aad)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    job it = { .aad = aad };

    QK_TRY(open_job(handle, kind, &session, &it));
    if (it.work->stage != QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "another message is under way in parts");
    return run_begin(&it, parameter);
}

static qk_err gather(qk_work *work, qk_view in)
{
    if (in.len > MESSAGE_MOST - work->gathered.len)
        return qk_fail(work->function == QK_ENCRYPT ? QK_E_BAD_LENGTH : QK_E_CIPHERTEXT_LENGTH,
                       "a message has at most %d bytes", MESSAGE_MOST);
    qk_buf_put(&work->gathered, in);
    return qk_buf_check(&work->gathered);
}

/* The nonce is the one of Begin; the tag's place may be told as late as now. */
static qk_err run_last(job *it, qk_view parameter, qk_view in, qk_out out)
{
    qk_message *message = it->work->message;

    QK_TRY(read_parameter(parameter, it));
    it->nonce = qk_buf_view(&message->nonce);
    it->aad = qk_buf_view(&message->aad);
    if (it->param.nonce_len != it->nonce.len)
        return qk_fail(QK_E_MECHANISM_PARAM, "the nonce's length differs from the one at the message's begin");
    QK_TRY(gather(it->work, in));
    return compute(it, qk_buf_view(&it->work->gathered), out);
}

static qk_err run_next(job *it, qk_view parameter, qk_view in, qk_out out, CK_FLAGS flags, bool *kept)
{
    bool last = (flags & CKF_END_OF_MESSAGE) != 0;
    qk_err err;

    QK_TRY(qk_in_check(parameter));
    QK_TRY(qk_in_check(in));
    QK_TRY(qk_out_check(out));
    if (flags & ~CKF_END_OF_MESSAGE)
        return qk_fail(QK_E_BAD_ARGUMENT, "flags 0x%lx are unknown", flags);
    if (in.len > MESSAGE_MOST)
        return gather(it->work, in); /* says what is wrong */
    *kept = only_tells(out, last ? it->work->gathered.len + in.len : 0, &err);
    if (*kept)
        return err;
    if (last)
        return run_last(it, parameter, in, out);
    QK_TRY(gather(it->work, in));
    *out.len = 0;
    *kept = true; /* the message goes on */
    return QK_OK;
}

qk_err qk_message_next(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view parameter, qk_view in, qk_out out,
                       CK_FLAGS flags)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    job it = { .session = NULL };
    bool kept = false;
    qk_err err;

    QK_TRY(open_job(handle, kind, &session, &it));
    if (it.work->stage != QK_STAGE_PARTS)
        return qk_fail(QK_E_OPERATION_NONE, "no message was begun");
    err = run_next(&it, parameter, in, out, flags, &kept);
    if (!kept)
        qk_work_over(it.work);
    return err;
}

/* A PIN that a key still waits for is no reason to keep the process. */
qk_err qk_message_final(CK_SESSION_HANDLE handle, qk_work_kind kind)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;

    QK_TRY(qk_session_enter(handle, &session));
    session->works[kind].needs_pin = 0;
    QK_TRY(qk_work_get(session, kind, &work));
    if (work->stage != QK_STAGE_READY)
        return qk_fail(QK_E_OPERATION_ACTIVE, "a message is under way in parts");
    qk_work_end(work);
    return QK_OK;
}
