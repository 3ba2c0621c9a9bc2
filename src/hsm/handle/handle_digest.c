/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/handle/handlers.h"
#include "hsm/handle/steps.h"

/* EP11 refuses empty data here and PKCS #11 does not. */
static qk_err check_data(const qk_call *call, ProtobufCBinaryData data)
{
    if (data.len == 0 && !call->strict)
        return qk_fail(QK_E_BAD_ARGUMENT, "there is no data to digest");
    return QK_OK;
}

qk_err qk_handle_digest_init(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DigestInitRequest *asked = request;
    Grep11__DigestInitResponse *answer = response;

    return qk_step_init(context, call, QK_DIGEST, asked->mech, NULL, (ProtobufCBinaryData){ 0, NULL }, &answer->state);
}

qk_err qk_handle_digest_whole(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__DigestRequest *asked = request;
    Grep11__DigestResponse *answer = response;
    qk_view digest;

    QK_TRY(check_data(call, asked->data));
    QK_TRY(qk_step_whole(context, call, QK_DIGEST, asked->state, &step));
    QK_TRY(qk_crypto_digest(&step.use, qk_message_view(asked->data), call->arena, &digest));
    answer->digest = qk_message_bytes(digest);
    return QK_OK;
}

qk_err qk_handle_digest_update(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__DigestUpdateRequest *asked = request;
    Grep11__DigestUpdateResponse *answer = response;
    qk_view nothing;

    QK_TRY(check_data(call, asked->data));
    QK_TRY(qk_step_resume(context, call, QK_DIGEST, asked->state, &step));
    QK_TRY(qk_operation_update(step.operation, qk_message_view(asked->data), call->arena, &nothing));
    return qk_step_save(context, call, &step, &answer->state);
}

/* The value of a secret key as data. Only secret keys have one: PKCS #11 3.2, C_DigestKey. */
qk_err qk_handle_digest_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    const Grep11__DigestKeyRequest *asked = request;
    Grep11__DigestKeyResponse *answer = response;
    qk_view nothing;

    QK_TRY(qk_step_resume(context, call, QK_DIGEST, asked->state, &step));
    QK_TRY(qk_core_key(context, call, qk_request_blob(asked->key, asked->keyv1), &held));
    QK_TRY(qk_policy_digest(held, step.use.mech));
    QK_TRY(qk_key_write(held->key, &value));
    QK_TRY(qk_operation_update(step.operation, qk_secret_reveal(&value), call->arena, &nothing));
    return qk_step_save(context, call, &step, &answer->state);
}

qk_err qk_handle_digest_final(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__DigestFinalRequest *asked = request;
    Grep11__DigestFinalResponse *answer = response;
    qk_view digest;

    QK_TRY(qk_step_resume(context, call, QK_DIGEST, asked->state, &step));
    QK_TRY(qk_operation_finish(step.operation, call->arena, &digest));
    answer->digest = qk_message_bytes(digest);
    return QK_OK;
}

/* The protocol asks for data in Digest and DigestUpdate alone: the digest of nothing can be had here. */
qk_err qk_handle_digest_single(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DigestSingleRequest *asked = request;
    Grep11__DigestSingleResponse *answer = response;
    qk_mech_use use;
    qk_view digest;

    (void)context;
    QK_TRY(qk_core_use(context, call, asked->mech, QK_DIGEST, &use));
    QK_TRY(qk_crypto_digest(&use, qk_message_view(asked->data), call->arena, &digest));
    answer->digest = qk_message_bytes(digest);
    return QK_OK;
}
