/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and MACs. SignSingle is the hot path of the whole product: a cached key, no allocation outside the arena's
 * first block, no hashing of the blob. */
#include "hsm/handle/aggregate.h"
#include "hsm/handle/handlers.h"
#include "hsm/handle/steps.h"

/* ---- signing ---- */

qk_err qk_handle_sign_single(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Grep11__SignSingleRequest *asked = request;
    Grep11__SignSingleResponse *answer = response;
    qk_mech_use use;
    qk_view signature;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_SIGN, &use));
    if (use.mech->key != QK_NO_KEY) /* CKM_IBM_EC_AGGREGATE adds up signatures */
        QK_TRY(qk_core_key_for(context, call, asked->privkey, asked->privkeyv1, use.mech, QK_SIGN, &held));
    QK_TRY(qk_crypto_sign(held ? held->key : NULL, &use, qk_message_view(asked->data), call->arena, &signature));
    answer->signature = qk_message_bytes(signature);
    return QK_OK;
}

qk_err qk_handle_sign_init(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__SignInitRequest *asked = request;
    Grep11__SignInitResponse *answer = response;

    return qk_step_init(context, call, QK_SIGN, asked->mech, asked->privkey, asked->privkeyv1, &answer->state);
}

qk_err qk_handle_sign_whole(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__SignRequest *asked = request;
    Grep11__SignResponse *answer = response;
    qk_view signature;

    QK_TRY(qk_step_whole(context, call, QK_SIGN, asked->state, &step));
    QK_TRY(qk_crypto_sign(step.held->key, &step.use, qk_message_view(asked->data), call->arena, &signature));
    answer->signature = qk_message_bytes(signature);
    return QK_OK;
}

/* Update of signing and of verifying: the data goes in, a new state comes out. */
static qk_err update(qk_core *core, const qk_call *call, unsigned function, ProtobufCBinaryData state,
                     ProtobufCBinaryData data, ProtobufCBinaryData *out_state)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    qk_view nothing;

    QK_TRY(qk_step_resume(core, call, function, state, &step));
    QK_TRY(qk_operation_update(step.operation, qk_message_view(data), call->arena, &nothing));
    return qk_step_save(core, call, &step, out_state);
}

qk_err qk_handle_sign_update(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__SignUpdateRequest *asked = request;
    Grep11__SignUpdateResponse *answer = response;

    return update(context, call, QK_SIGN, asked->state, asked->data, &answer->state);
}

qk_err qk_handle_sign_final(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__SignFinalRequest *asked = request;
    Grep11__SignFinalResponse *answer = response;
    qk_view signature;

    QK_TRY(qk_step_resume(context, call, QK_SIGN, asked->state, &step));
    QK_TRY(qk_operation_finish(step.operation, call->arena, &signature));
    answer->signature = qk_message_bytes(signature);
    return QK_OK;
}

/* A signature that carries its data. Whoever has the public key recovers that without an HSM. */
qk_err qk_handle_sign_recover(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Quantoki__V1__SignRecoverRequest *asked = request;
    Quantoki__V1__SignRecoverResponse *answer = response;
    ProtobufCBinaryData none = { 0, NULL };
    qk_mech_use use;
    qk_view signature;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_SIGN_RECOVER, &use));
    QK_TRY(qk_core_key_for(context, call, asked->privkey, none, use.mech, QK_SIGN_RECOVER, &held));
    QK_TRY(qk_crypto_sign_recover(held->key, &use, qk_message_view(asked->data), call->arena, &signature));
    answer->signature = qk_message_bytes(signature);
    return QK_OK;
}

/* ---- verifying ---- */

qk_err qk_handle_verify_single(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Grep11__VerifySingleRequest *asked = request;
    qk_mech_use use;

    (void)response;
    QK_TRY(qk_core_use(context, call, asked->mech, QK_VERIFY, &use));
    if (qk_aggregate_is_several(&use, qk_request_blob(asked->pubkey, asked->pubkeyv1)))
        return qk_aggregate_verify(context, call, &use, qk_request_blob(asked->pubkey, asked->pubkeyv1),
                                   qk_message_view(asked->data), qk_message_view(asked->signature));
    QK_TRY(qk_core_key_for(context, call, asked->pubkey, asked->pubkeyv1, use.mech, QK_VERIFY, &held));
    return qk_crypto_verify(held->key, &use, qk_message_view(asked->data), qk_message_view(asked->signature));
}

qk_err qk_handle_verify_init(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__VerifyInitRequest *asked = request;
    Grep11__VerifyInitResponse *answer = response;

    return qk_step_init(context, call, QK_VERIFY, asked->mech, asked->pubkey, asked->pubkeyv1, &answer->state);
}

qk_err qk_handle_verify_whole(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__VerifyRequest *asked = request;

    (void)response;
    QK_TRY(qk_step_whole(context, call, QK_VERIFY, asked->state, &step));
    return qk_crypto_verify(step.held->key, &step.use, qk_message_view(asked->data), qk_message_view(asked->signature));
}

qk_err qk_handle_verify_update(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__VerifyUpdateRequest *asked = request;
    Grep11__VerifyUpdateResponse *answer = response;

    return update(context, call, QK_VERIFY, asked->state, asked->data, &answer->state);
}

qk_err qk_handle_verify_final(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    const Grep11__VerifyFinalRequest *asked = request;

    (void)response;
    QK_TRY(qk_step_resume(context, call, QK_VERIFY, asked->state, &step));
    return qk_operation_finish_verify(step.operation, qk_message_view(asked->signature));
}
