/* SPDX-License-Identifier: Apache-2.0 */
/* Operations in parts, for the contract suite. */
#include "hsm/contract/contract.h"

qk_err sign_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state)
{
    Grep11__SignInitRequest request = GREP11__SIGN_INIT_REQUEST__INIT;
    Grep11__SignInitResponse *answer;

    request.mech = mechanism;
    give(it, key, &request.privkey, &request.privkeyv1);
    QK_TRY(perform(it, QK_SIGN_INIT, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err sign_update(contract *it, qk_view state, qk_view data, qk_view *out_state)
{
    Grep11__SignUpdateRequest request = GREP11__SIGN_UPDATE_REQUEST__INIT;
    Grep11__SignUpdateResponse *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_SIGN_UPDATE, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err sign_final(contract *it, qk_view state, qk_view *out_signature)
{
    Grep11__SignFinalRequest request = GREP11__SIGN_FINAL_REQUEST__INIT;
    Grep11__SignFinalResponse *answer;

    request.state = qk_message_bytes(state);
    QK_TRY(perform(it, QK_SIGN_FINAL, &request, &answer));
    *out_signature = qk_message_view(answer->signature);
    return QK_OK;
}

qk_err sign_whole(contract *it, qk_view state, qk_view data, qk_view *out_signature)
{
    Grep11__SignRequest request = GREP11__SIGN_REQUEST__INIT;
    Grep11__SignResponse *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_SIGN_WHOLE, &request, &answer));
    *out_signature = qk_message_view(answer->signature);
    return QK_OK;
}

qk_err verify_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state)
{
    Grep11__VerifyInitRequest request = GREP11__VERIFY_INIT_REQUEST__INIT;
    Grep11__VerifyInitResponse *answer;

    request.mech = mechanism;
    give(it, key, &request.pubkey, &request.pubkeyv1);
    QK_TRY(perform(it, QK_VERIFY_INIT, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err encrypt_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state)
{
    Grep11__EncryptInitRequest request = GREP11__ENCRYPT_INIT_REQUEST__INIT;
    Grep11__EncryptInitResponse *answer;

    request.mech = mechanism;
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_ENCRYPT_INIT, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err encrypt_update(contract *it, qk_view state, qk_view data, qk_view *out_state, qk_buf *out)
{
    Grep11__EncryptUpdateRequest request = GREP11__ENCRYPT_UPDATE_REQUEST__INIT;
    Grep11__EncryptUpdateResponse *answer;

    request.state = qk_message_bytes(state);
    request.plain = qk_message_bytes(data);
    QK_TRY(perform(it, QK_ENCRYPT_UPDATE, &request, &answer));
    qk_buf_put(out, qk_message_view(answer->ciphered));
    *out_state = qk_message_view(answer->state);
    return qk_buf_check(out);
}

qk_err encrypt_final(contract *it, qk_view state, qk_buf *out)
{
    Grep11__EncryptFinalRequest request = GREP11__ENCRYPT_FINAL_REQUEST__INIT;
    Grep11__EncryptFinalResponse *answer;

    request.state = qk_message_bytes(state);
    QK_TRY(perform(it, QK_ENCRYPT_FINAL, &request, &answer));
    qk_buf_put(out, qk_message_view(answer->ciphered));
    return qk_buf_check(out);
}

qk_err decrypt_init(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view *out_state)
{
    Grep11__DecryptInitRequest request = GREP11__DECRYPT_INIT_REQUEST__INIT;
    Grep11__DecryptInitResponse *answer;

    request.mech = mechanism;
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_DECRYPT_INIT, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err decrypt_update(contract *it, qk_view state, qk_view data, qk_view *out_state, qk_buf *out)
{
    Grep11__DecryptUpdateRequest request = GREP11__DECRYPT_UPDATE_REQUEST__INIT;
    Grep11__DecryptUpdateResponse *answer;

    request.state = qk_message_bytes(state);
    request.ciphered = qk_message_bytes(data);
    QK_TRY(perform(it, QK_DECRYPT_UPDATE, &request, &answer));
    qk_buf_put(out, qk_message_view(answer->plain));
    *out_state = qk_message_view(answer->state);
    return qk_buf_check(out);
}

qk_err decrypt_final(contract *it, qk_view state, qk_buf *out)
{
    Grep11__DecryptFinalRequest request = GREP11__DECRYPT_FINAL_REQUEST__INIT;
    Grep11__DecryptFinalResponse *answer;

    request.state = qk_message_bytes(state);
    QK_TRY(perform(it, QK_DECRYPT_FINAL, &request, &answer));
    qk_buf_put(out, qk_message_view(answer->plain));
    return qk_buf_check(out);
}

qk_err digest_init(contract *it, CK_MECHANISM_TYPE type, qk_view *out_state)
{
    Grep11__DigestInitRequest request = GREP11__DIGEST_INIT_REQUEST__INIT;
    Grep11__DigestInitResponse *answer;

    request.mech = mech(it, type);
    QK_TRY(perform(it, QK_DIGEST_INIT, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err digest_update(contract *it, qk_view state, qk_view data, qk_view *out_state)
{
    Grep11__DigestUpdateRequest request = GREP11__DIGEST_UPDATE_REQUEST__INIT;
    Grep11__DigestUpdateResponse *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_DIGEST_UPDATE, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

qk_err digest_final(contract *it, qk_view state, qk_view *out_digest)
{
    Grep11__DigestFinalRequest request = GREP11__DIGEST_FINAL_REQUEST__INIT;
    Grep11__DigestFinalResponse *answer;

    request.state = qk_message_bytes(state);
    QK_TRY(perform(it, QK_DIGEST_FINAL, &request, &answer));
    *out_digest = qk_message_view(answer->digest);
    return QK_OK;
}
