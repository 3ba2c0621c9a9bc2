/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts: the Updates. */
#include "module/slot/session.h"
#include "module/object/slot_objects.h"
#include "module/work/work.h"

enum { GATHER_MOST = 64 * 1024, AEAD_MOST = 64 * 1024 * 1024 };

static qk_err begin_parts(qk_work *work)
{
    if (work->stage == QK_STAGE_ANSWERED)
        return qk_fail(QK_E_OPERATION_ACTIVE, "the result of this operation waits for a larger buffer");
    if (work->use.mech->flags & QK_MECH_SINGLE_PART)
        return qk_fail(QK_E_NOT_SUPPORTED, "%s works in one call only", work->use.mech->name);
    work->stage = QK_STAGE_PARTS;
    return QK_OK;
}

static qk_err gather(qk_work *work, qk_view in)
{
    qk_buf_put(&work->gathered, in);
    return qk_buf_check(&work->gathered);
}

/* For mechanisms that work in one piece only. */
static qk_err gather_whole(qk_work *work, qk_view in)
{
    if (in.len > AEAD_MOST - work->gathered.len)
        return qk_fail(QK_E_BAD_LENGTH, "%s takes messages of at most %d bytes", work->use.mech->name, AEAD_MOST);
    return gather(work, in);
}

/* --- digests, signatures, MACs --- */

static qk_err feed_local(qk_session *session, qk_work *work, qk_view in)
{
    qk_view nothing;

    return qk_operation_update(work->operation, in, &session->arena, &nothing);
}

static qk_err feed_hsm(qk_session *session, qk_work *work, qk_view in)
{
    qk_view nothing;

    return in.len ? qk_work_hsm_update(session, work, in, &nothing) : QK_OK;
}

static qk_err feed_either(qk_session *session, qk_work *work, qk_view in)
{
    return work->operation ? feed_local(session, work, in) : feed_hsm(session, work, in);
}

/* What begins here can be saved, where the digest allows it. */
static qk_err begin_local(qk_work *work)
{
    qk_key *key = NULL;
    qk_err err;

    if (work->key)
        QK_TRY(qk_object_public_key(work->key, &key));
    err = qk_operation_begin(work->function, key, &work->use, true, &work->operation);
    if (err == QK_E_MECHANISM_INVALID)
        return qk_operation_begin(work->function, key, &work->use, false, &work->operation);
    return err;
}

/* From now on the data goes on at once; what was gathered goes first. */
static qk_err begin_stream(qk_session *session, qk_work *work)
{
    QK_TRY(work->local ? begin_local(work) : qk_work_hsm_begin(session, work));
    if (work->gathered.len)
        QK_TRY(feed_either(session, work, qk_buf_view(&work->gathered)));
    qk_buf_done(&work->gathered);
    return QK_OK;
}

qk_err qk_work_run_feed(qk_session *session, qk_work *work, qk_view in)
{
    bool streams = work->operation || work->state.len;

    QK_TRY(qk_in_check(in));
    QK_TRY(begin_parts(work));
    if (work->use.mech->flags & QK_MECH_GATHERED)
        return gather_whole(work, in);
    if (!streams && in.len <= GATHER_MOST - work->gathered.len)
        return gather(work, in);
    if (!streams)
        QK_TRY(begin_stream(session, work));
    return feed_either(session, work, in);
}

static qk_err feed(qk_session *session, qk_work_kind kind, qk_view in)
{
    qk_work *work;
    qk_err err;

    QK_TRY(qk_work_get(session, kind, &work));
    err = qk_work_run_feed(session, work, in);
    if (err != QK_OK)
        qk_work_end(work);
    return err;
}

qk_err qk_work_feed(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view in)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;

    QK_TRY(qk_session_enter(handle, &session));
    return feed(session, kind, in);
}

/* --- keys as data --- */

static qk_err run_digest_key(qk_session *session, qk_work *work, CK_OBJECT_HANDLE handle)
{
    QK_OWNED(qk_object_unref) qk_object *key = NULL;

    QK_TRY(qk_slot_objects_use_key(session, handle, &key));
    if (!qk_object_is_key(key))
        return qk_fail(QK_E_KEY_HANDLE, "the object is no key");
    if (key->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_KEY_INDIGESTIBLE, "only secret keys can be digested");
    QK_TRY(begin_parts(work));
    work->is_private |= key->is_private;
    if (work->local && !work->operation)
        QK_TRY(begin_stream(session, work));
    return qk_work_hsm_digest_key(session, work, key);
}

qk_err qk_work_digest_key(CK_SESSION_HANDLE handle, CK_OBJECT_HANDLE key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *work;
    qk_err err;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, QK_WORK_DIGEST, &work));
    err = run_digest_key(session, work, key);
    if (err != QK_OK)
        qk_work_end(work);
    return err;
}

/* --- ciphers --- */

static qk_err stream(qk_session *session, qk_work *work, qk_view in, qk_view *out_result)
{
    size_t expected = qk_work_update_len(work, in.len);

    *out_result = QK_VIEW_NONE;
    if (!in.len)
        return QK_OK;
    if (!work->state.len)
        QK_TRY(qk_work_hsm_begin(session, work));
    QK_TRY(qk_work_hsm_update(session, work, in, out_result));
    if (out_result->len != expected)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave %zu bytes of a block cipher, not %zu", out_result->len, expected);
    work->inside += in.len - expected;
    return QK_OK;
}

static qk_err take_part(qk_session *session, qk_work *work, qk_view in, qk_view *out_result)
{
    if (!(work->use.mech->flags & QK_MECH_GATHERED))
        return stream(session, work, in, out_result);
    *out_result = QK_VIEW_NONE;
    return gather_whole(work, in);
}

static qk_err run_update(qk_session *session, qk_work *work, qk_view in, qk_out out, qk_view *out_result)
{
    size_t len;

    QK_TRY(qk_in_check(in));
    QK_TRY(qk_out_check(out));
    len = qk_work_update_len(work, in.len);
    if (!out.place) { /* asks for the length, also if that is 0: the part is not taken */
        *out.len = len;
        return QK_OK;
    }
    if (*out.len < len) {
        *out.len = len;
        return qk_fail(QK_E_BUFFER_SMALL, "the result has %zu bytes", len);
    }
    QK_TRY(begin_parts(work));
    QK_TRY(take_part(session, work, in, out_result));
    return qk_out_give(out, *out_result);
}

/* The result also comes back, for the functions that do two things. */
static qk_err update(qk_session *session, qk_work_kind kind, qk_view in, qk_out out, qk_view *out_result)
{
    qk_work *work;
    qk_err err;

    *out_result = QK_VIEW_NONE;
    QK_TRY(qk_work_get(session, kind, &work));
    err = run_update(session, work, in, out, out_result);
    if (err != QK_OK && err != QK_E_BUFFER_SMALL)
        qk_work_end(work);
    return err;
}

qk_err qk_work_update(CK_SESSION_HANDLE handle, qk_work_kind kind, qk_view in, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_view result;

    QK_TRY(qk_session_enter(handle, &session));
    return update(session, kind, in, out, &result);
}

/* --- two at once --- */

qk_err qk_work_encrypt_and(CK_SESSION_HANDLE handle, qk_work_kind other, qk_view in, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *second;
    qk_view result;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, other, &second));
    QK_TRY(update(session, QK_WORK_ENCRYPT, in, out, &result));
    return out.place ? feed(session, other, in) : QK_OK; /* without a place a length was asked for */
}

qk_err qk_work_decrypt_and(CK_SESSION_HANDLE handle, qk_work_kind other, qk_view in, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_work *second;
    qk_view result;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_work_get(session, other, &second));
    QK_TRY(update(session, QK_WORK_DECRYPT, in, out, &result));
    return result.len ? feed(session, other, result) : QK_OK;
}
