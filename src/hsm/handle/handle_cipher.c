/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption and decryption differ in names only: each handler unpacks its message and calls the shared step. */
#include "hsm/handle/handlers.h"
#include "hsm/handle/steps.h"

typedef ProtobufCBinaryData bytes;

/* ---- shared steps ---- */

static qk_err run(unsigned function, const qk_key *key, const qk_mech_use *use, bytes in, const qk_call *call,
                  bytes *out)
{
    qk_view result;

    QK_TRY(function == QK_ENCRYPT ? qk_crypto_encrypt(key, use, qk_message_view(in), call->arena, &result)
                                  : qk_crypto_decrypt(key, use, qk_message_view(in), call->arena, &result));
    *out = qk_message_bytes(result);
    return QK_OK;
}

static qk_err single(qk_core *core, const qk_call *call, unsigned function, const Grep11__Mechanism *mechanism,
                     const Grep11__KeyBlob *key, bytes v1, bytes in, bytes *out)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    qk_mech_use use;

    QK_TRY(qk_core_use(core, call, mechanism, function, &use));
    QK_TRY(qk_core_key_for(core, call, key, v1, use.mech, function, &held));
    return run(function, held->key, &use, in, call, out);
}

static qk_err whole(qk_core *core, const qk_call *call, unsigned function, bytes state, bytes in, bytes *out)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };

    QK_TRY(qk_step_whole(core, call, function, state, &step));
    return run(function, step.held->key, &step.use, in, call, out);
}

static qk_err update(qk_core *core, const qk_call *call, unsigned function, bytes state, bytes in, bytes *out_state,
                     bytes *out)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    qk_view result;

    QK_TRY(qk_step_resume(core, call, function, state, &step));
    QK_TRY(qk_operation_update(step.operation, qk_message_view(in), call->arena, &result));
    QK_TRY(qk_step_save(core, call, &step, out_state));
    *out = qk_message_bytes(result);
    return QK_OK;
}

static qk_err final(qk_core *core, const qk_call *call, unsigned function, bytes state, bytes *out)
{
    QK_OWNED(qk_step_done) qk_step step = { 0 };
    qk_view result;

    QK_TRY(qk_step_resume(core, call, function, state, &step));
    QK_TRY(qk_operation_finish(step.operation, call->arena, &result));
    *out = qk_message_bytes(result);
    return QK_OK;
}

/* ---- encryption ---- */

qk_err qk_handle_encrypt_init(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__EncryptInitRequest *asked = request;
    Grep11__EncryptInitResponse *answer = response;

    return qk_step_init(context, call, QK_ENCRYPT, asked->mech, asked->key, asked->keyv1, &answer->state);
}

qk_err qk_handle_encrypt_update(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__EncryptUpdateRequest *asked = request;
    Grep11__EncryptUpdateResponse *answer = response;

    return update(context, call, QK_ENCRYPT, asked->state, asked->plain, &answer->state, &answer->ciphered);
}

qk_err qk_handle_encrypt_whole(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__EncryptRequest *asked = request;
    Grep11__EncryptResponse *answer = response;

    return whole(context, call, QK_ENCRYPT, asked->state, asked->plain, &answer->ciphered);
}

qk_err qk_handle_encrypt_final(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__EncryptFinalRequest *asked = request;
    Grep11__EncryptFinalResponse *answer = response;

    return final(context, call, QK_ENCRYPT, asked->state, &answer->ciphered);
}

qk_err qk_handle_encrypt_single(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__EncryptSingleRequest *asked = request;
    Grep11__EncryptSingleResponse *answer = response;

    return single(context, call, QK_ENCRYPT, asked->mech, asked->key, asked->keyv1, asked->plain, &answer->ciphered);
}

/* ---- decryption ---- */

qk_err qk_handle_decrypt_init(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DecryptInitRequest *asked = request;
    Grep11__DecryptInitResponse *answer = response;

    return qk_step_init(context, call, QK_DECRYPT, asked->mech, asked->key, asked->keyv1, &answer->state);
}

qk_err qk_handle_decrypt_update(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DecryptUpdateRequest *asked = request;
    Grep11__DecryptUpdateResponse *answer = response;

    return update(context, call, QK_DECRYPT, asked->state, asked->ciphered, &answer->state, &answer->plain);
}

qk_err qk_handle_decrypt_whole(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DecryptRequest *asked = request;
    Grep11__DecryptResponse *answer = response;

    return whole(context, call, QK_DECRYPT, asked->state, asked->ciphered, &answer->plain);
}

qk_err qk_handle_decrypt_final(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DecryptFinalRequest *asked = request;
    Grep11__DecryptFinalResponse *answer = response;

    return final(context, call, QK_DECRYPT, asked->state, &answer->plain);
}

qk_err qk_handle_decrypt_single(void *context, const qk_call *call, const void *request, void *response)
{
    const Grep11__DecryptSingleRequest *asked = request;
    Grep11__DecryptSingleResponse *answer = response;

    return single(context, call, QK_DECRYPT, asked->mech, asked->key, asked->keyv1, asked->ciphered, &answer->plain);
}

/* ---- both ---- */

/* The plaintext stays in the arena, which is wiped. Keys and mechanisms are checked before anything is decrypted. */
qk_err qk_handle_reencrypt_single(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *from = NULL, *to = NULL;
    const Grep11__ReencryptSingleRequest *asked = request;
    Grep11__ReencryptSingleResponse *answer = response;
    qk_mech_use decrypt, encrypt;
    bytes plain;

    QK_TRY(qk_caller_may(call->caller, QK_ACTION_EP11_USE));
    QK_TRY(qk_core_use(context, call, asked->decmech, QK_DECRYPT, &decrypt));
    QK_TRY(qk_core_use(context, call, asked->encmech, QK_ENCRYPT, &encrypt));
    QK_TRY(qk_core_key_for(context, call, asked->deckey, asked->deckeyv1, decrypt.mech, QK_DECRYPT, &from));
    QK_TRY(qk_core_key_for(context, call, asked->enckey, asked->enckeyv1, encrypt.mech, QK_ENCRYPT, &to));
    QK_TRY(run(QK_DECRYPT, from->key, &decrypt, asked->ciphered, call, &plain));
    return run(QK_ENCRYPT, to->key, &encrypt, plain, call, &answer->reciphered);
}
