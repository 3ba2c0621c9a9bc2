/* SPDX-License-Identifier: Apache-2.0 */
/* The messages of operations. GREP11 names the same fields differently for each function, so each function has a row of
 * small builders, made from templates; what follows the table treats all alike. */
#include "hsm/codec/mechanism_codec.h"
#include "module/slot/session.h"

/* A call to the HSM, with the answer's bytes that matter. */
typedef qk_err (*ask_single)(qk_session *session, const qk_call *call, Grep11__Mechanism *mech, Grep11__KeyBlob *key,
                             qk_view in, qk_view *out);
typedef qk_err (*ask_begin)(qk_session *session, const qk_call *call, Grep11__Mechanism *mech, Grep11__KeyBlob *key,
                            qk_view *out_state);
typedef qk_err (*ask_update)(qk_session *session, const qk_call *call, qk_view state, qk_view in, qk_view *out_state,
                             qk_view *out);
typedef qk_err (*ask_finish)(qk_session *session, const qk_call *call, qk_view state, qk_view *out);

/* clang-format off */
#define SINGLE(function, Name, NAME, METHOD, key_field, in_field, out_field) \
    static qk_err function##_single(qk_session *session, const qk_call *call, Grep11__Mechanism *mech, \
                                    Grep11__KeyBlob *key, qk_view in, qk_view *out) \
    { \
        Grep11__##Name##SingleRequest request = GREP11__##NAME##_SINGLE_REQUEST__INIT; \
        void *answer; \
        request.mech = mech; \
        request.key_field = key; \
        request.in_field = qk_message_bytes(in); \
        QK_TRY(qk_session_hsm(session, call, QK_##METHOD##_SINGLE, &request.base, &answer)); \
        *out = qk_message_view(((Grep11__##Name##SingleResponse *)answer)->out_field); \
        return QK_OK; \
    }

#define BEGIN(function, Name, NAME, METHOD, key_field) \
    static qk_err function##_begin(qk_session *session, const qk_call *call, Grep11__Mechanism *mech, \
                                   Grep11__KeyBlob *key, qk_view *out_state) \
    { \
        Grep11__##Name##InitRequest request = GREP11__##NAME##_INIT_REQUEST__INIT; \
        void *answer; \
        request.mech = mech; \
        request.key_field = key; \
        QK_TRY(qk_session_hsm(session, call, QK_##METHOD##_INIT, &request.base, &answer)); \
        *out_state = qk_message_view(((Grep11__##Name##InitResponse *)answer)->state); \
        return QK_OK; \
    }

#define UPDATE(function, Name, NAME, METHOD, in_field, take) \
    static qk_err function##_update(qk_session *session, const qk_call *call, qk_view state, qk_view in, qk_view *out_state, \
                                    qk_view *out) \
    { \
        Grep11__##Name##UpdateRequest request = GREP11__##NAME##_UPDATE_REQUEST__INIT; \
        Grep11__##Name##UpdateResponse *answer; \
        void *response; \
        request.state = qk_message_bytes(state); \
        request.in_field = qk_message_bytes(in); \
        QK_TRY(qk_session_hsm(session, call, QK_##METHOD##_UPDATE, &request.base, &response)); \
        answer = response; \
        *out_state = qk_message_view(answer->state); \
        *out = take; \
        return QK_OK; \
    }

#define FINISH(function, Name, NAME, METHOD, out_field) \
    static qk_err function##_finish(qk_session *session, const qk_call *call, qk_view state, qk_view *out) \
    { \
        Grep11__##Name##FinalRequest request = GREP11__##NAME##_FINAL_REQUEST__INIT; \
        void *answer; \
        request.state = qk_message_bytes(state); \
        QK_TRY(qk_session_hsm(session, call, QK_##METHOD##_FINAL, &request.base, &answer)); \
        *out = qk_message_view(((Grep11__##Name##FinalResponse *)answer)->out_field); \
        return QK_OK; \
    }

SINGLE(encrypt, Encrypt, ENCRYPT, ENCRYPT, key, plain, ciphered)
SINGLE(decrypt, Decrypt, DECRYPT, DECRYPT, key, ciphered, plain)
SINGLE(sign, Sign, SIGN, SIGN, privkey, data, signature)

BEGIN(encrypt, Encrypt, ENCRYPT, ENCRYPT, key)
BEGIN(decrypt, Decrypt, DECRYPT, DECRYPT, key)
BEGIN(sign, Sign, SIGN, SIGN, privkey)
BEGIN(verify, Verify, VERIFY, VERIFY, pubkey)

UPDATE(encrypt, Encrypt, ENCRYPT, ENCRYPT, plain, qk_message_view(answer->ciphered))
UPDATE(decrypt, Decrypt, DECRYPT, DECRYPT, ciphered, qk_message_view(answer->plain))
UPDATE(sign, Sign, SIGN, SIGN, data, QK_VIEW_NONE)
UPDATE(verify, Verify, VERIFY, VERIFY, data, QK_VIEW_NONE)
UPDATE(digest, Digest, DIGEST, DIGEST, data, QK_VIEW_NONE)

FINISH(encrypt, Encrypt, ENCRYPT, ENCRYPT, ciphered)
FINISH(decrypt, Decrypt, DECRYPT, DECRYPT, plain)
FINISH(sign, Sign, SIGN, SIGN, signature)
FINISH(digest, Digest, DIGEST, DIGEST, digest)

static const struct builders {
    unsigned function;
    ask_single single;
    ask_begin begin;
    ask_update update;
    ask_finish finish;
} all_builders[] = {
    { QK_ENCRYPT, encrypt_single, encrypt_begin, encrypt_update, encrypt_finish },
    { QK_DECRYPT, decrypt_single, decrypt_begin, decrypt_update, decrypt_finish },
    { QK_SIGN,    sign_single,    sign_begin,    sign_update,    sign_finish },
    { QK_VERIFY,  NULL,           verify_begin,  verify_update,  NULL },
    { QK_DIGEST,  NULL,           NULL,          digest_update,  digest_finish },
};
/* clang-format on */

static const struct builders *builders_of(const qk_work *work)
{
    const struct builders *row = all_builders;

    while (row->function != work->function)
        row++;
    return row;
}

/* Requests borrow the key's message, which never changes; protobuf-c's types know no const. */
static Grep11__KeyBlob *message_of(const qk_work *work)
{
    return &work->key->message;
}

/* The state outlives the call's arena. */
static qk_err keep_state(qk_work *work, qk_view state)
{
    qk_buf_clear(&work->state);
    qk_buf_put(&work->state, state);
    if (!state.len)
        return qk_fail(QK_E_PROTOCOL, "the HSM's answer has no state");
    return qk_buf_check(&work->state);
}

qk_err qk_work_hsm_single(qk_session *session, const qk_work *work, qk_view in, qk_view *out_result)
{
    qk_call call = qk_session_call(session, work->is_private);
    Grep11__Mechanism *mech;

    QK_TRY(qk_mech_use_to_message(&work->use, &session->arena, &mech));
    return builders_of(work)->single(session, &call, mech, message_of(work), in, out_result);
}

qk_err qk_work_hsm_sign_recover(qk_session *session, const qk_work *work, qk_view data, qk_view *out)
{
    Quantoki__V1__SignRecoverRequest request = QUANTOKI__V1__SIGN_RECOVER_REQUEST__INIT;
    qk_call call = qk_session_call(session, work->is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(&work->use, &session->arena, &request.mech));
    request.privkey = message_of(work);
    request.data = qk_message_bytes(data);
    QK_TRY(qk_session_hsm(session, &call, QK_SIGN_RECOVER_SINGLE, &request.base, &answer));
    *out = qk_message_view(((Quantoki__V1__SignRecoverResponse *)answer)->signature);
    return QK_OK;
}

qk_err qk_work_hsm_verify(qk_session *session, const qk_work *work, qk_view data, qk_view signature)
{
    Grep11__VerifySingleRequest request = GREP11__VERIFY_SINGLE_REQUEST__INIT;
    qk_call call = qk_session_call(session, work->is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(&work->use, &session->arena, &request.mech));
    request.data = qk_message_bytes(data);
    request.signature = qk_message_bytes(signature);
    request.pubkey = message_of(work);
    return qk_session_hsm(session, &call, QK_VERIFY_SINGLE, &request.base, &answer);
}

/* The first time, what was digested in this process goes along as a clear state. */
static qk_err digest_state(qk_session *session, const qk_work *work, qk_view *out_state)
{
    QK_OWNED(qk_secret_free) qk_secret progress = QK_SECRET_NONE;

    *out_state = qk_buf_view(&work->state);
    if (!work->operation)
        return QK_OK;
    QK_TRY(qk_operation_save(work->operation, &progress));
    return qk_hsm_digest_state(&work->use, qk_secret_reveal(&progress), &session->arena, out_state);
}

qk_err qk_work_hsm_digest_key(qk_session *session, qk_work *work, qk_object *key)
{
    Grep11__DigestKeyRequest request = GREP11__DIGEST_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, work->is_private);
    qk_view state;
    void *answer;

    QK_TRY(digest_state(session, work, &state));
    request.state = qk_message_bytes(state);
    request.key = &key->message;
    QK_TRY(qk_session_hsm(session, &call, QK_DIGEST_KEY, &request.base, &answer));
    qk_operation_free(&work->operation);
    work->local = false;
    return keep_state(work, qk_message_view(((Grep11__DigestKeyResponse *)answer)->state));
}

qk_err qk_work_hsm_begin(qk_session *session, qk_work *work)
{
    qk_call call = qk_session_call(session, work->is_private);
    Grep11__Mechanism *mech;
    qk_view state;

    QK_TRY(qk_mech_use_to_message(&work->use, &session->arena, &mech));
    QK_TRY(builders_of(work)->begin(session, &call, mech, message_of(work), &state));
    return keep_state(work, state);
}

qk_err qk_work_hsm_update(qk_session *session, qk_work *work, qk_view in, qk_view *out_result)
{
    qk_call call = qk_session_call(session, work->is_private);
    qk_view state;

    QK_TRY(builders_of(work)->update(session, &call, qk_buf_view(&work->state), in, &state, out_result));
    return keep_state(work, state);
}

qk_err qk_work_hsm_finish(qk_session *session, qk_work *work, qk_view *out_result)
{
    qk_call call = qk_session_call(session, work->is_private);

    return builders_of(work)->finish(session, &call, qk_buf_view(&work->state), out_result);
}

qk_err qk_work_hsm_finish_verify(qk_session *session, qk_work *work, qk_view signature)
{
    Grep11__VerifyFinalRequest request = GREP11__VERIFY_FINAL_REQUEST__INIT;
    qk_call call = qk_session_call(session, work->is_private);
    void *answer;

    request.state = qk_message_bytes(qk_buf_view(&work->state));
    request.signature = qk_message_bytes(signature);
    return qk_session_hsm(session, &call, QK_VERIFY_FINAL, &request.base, &answer);
}
