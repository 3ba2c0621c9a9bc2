/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are made by one side for the other: encapsulation with a public key, decapsulation with its private one.
 * Source: PKCS #11 3.2, C_EncapsulateKey and C_DecapsulateKey. */
#include "hsm/core.h"
#include "hsm/handle/handlers.h"

typedef struct shared_key {
    qk_attrs template_, attrs;
    qk_key_wanted wanted;
    qk_key *key;
    qk_held_key *base, *held;
} shared_key;

static void shared_key_done(shared_key *it)
{
    qk_attrs_done(&it->template_);
    qk_attrs_done(&it->attrs);
    qk_key_unref(&it->key);
    qk_held_key_unref(&it->base);
    qk_held_key_unref(&it->held);
}

/* Both sides know it from elsewhere, so it never was always sensitive. What an RSA key decapsulates may be a key that
 * was wrapped with it: hence the rules of unwrapping. */
static qk_err judge(qk_core *core, const qk_call *call, unsigned function, shared_key *it)
{
    bool unwraps = function == QK_DECAPSULATE && it->base->type == CKK_RSA;
    qk_new_key new_key = { .origin = unwraps ? QK_UNWRAPPED : QK_DERIVED,
                           .class = CKO_SECRET_KEY,
                           .mechanism = CK_UNAVAILABLE_INFORMATION,
                           .lax = qk_core_is_lax(core, call) && qk_policy_is_lax(it->base) };

    QK_TRY(qk_policy_template(
        it->base, function == QK_ENCAPSULATE ? CKA_ENCAPSULATE_TEMPLATE : CKA_DECAPSULATE_TEMPLATE, &it->template_));
    if (!qk_attrs_find(&it->template_, CKA_EXTRACTABLE))
        QK_TRY(qk_attrs_set_bool(&it->template_, CKA_EXTRACTABLE, true));
    new_key.type = qk_attrs_ulong(&it->template_, CKA_KEY_TYPE, CKK_GENERIC_SECRET);
    QK_TRY(qk_policy_new(&new_key, &it->template_, &it->attrs));
    QK_TRY(qk_attrs_set_bool(&it->attrs, CKA_ALWAYS_SENSITIVE, false));
    QK_TRY(qk_attrs_set_bool(&it->attrs, CKA_NEVER_EXTRACTABLE, false));
    it->wanted = (qk_key_wanted){ .class = CKO_SECRET_KEY,
                                  .type = new_key.type,
                                  .len = qk_attrs_ulong(&it->template_, CKA_VALUE_LEN, 0),
                                  .template_ = &it->template_ };
    return QK_OK;
}

qk_err qk_handle_encapsulate_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(shared_key_done) shared_key it = { .key = NULL };
    const Quantoki__V1__EncapsulateKeyRequest *asked = request;
    Quantoki__V1__EncapsulateKeyResponse *answer = response;
    ProtobufCBinaryData none = { 0, NULL };
    qk_mech_use use;
    qk_view cipher;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_ENCAPSULATE, &use));
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &it.template_));
    QK_TRY(qk_core_key_for(context, call, asked->pubkey, none, use.mech, QK_ENCAPSULATE, &it.base));
    QK_TRY(judge(context, call, QK_ENCAPSULATE, &it));
    QK_TRY(qk_crypto_encapsulate(it.base->key, &use, &it.wanted, call->arena, &cipher, &it.key));
    QK_TRY(qk_core_make(context, call, it.key, &it.template_, &it.attrs, &it.held));
    answer->ciphered = qk_message_bytes(cipher);
    return qk_answer_key(call, it.held, NULL, &answer->key);
}

qk_err qk_handle_decapsulate_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(shared_key_done) shared_key it = { .key = NULL };
    const Quantoki__V1__DecapsulateKeyRequest *asked = request;
    Quantoki__V1__DecapsulateKeyResponse *answer = response;
    ProtobufCBinaryData none = { 0, NULL };
    qk_mech_use use;

    QK_TRY(qk_core_use(context, call, asked->mech, QK_DECAPSULATE, &use));
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &it.template_));
    QK_TRY(qk_core_key_for(context, call, asked->privkey, none, use.mech, QK_DECAPSULATE, &it.base));
    QK_TRY(judge(context, call, QK_DECAPSULATE, &it));
    QK_TRY(qk_crypto_decapsulate(it.base->key, &use, qk_message_view(asked->ciphered), &it.wanted, &it.key));
    QK_TRY(qk_core_make(context, call, it.key, &it.template_, &it.attrs, &it.held));
    return qk_answer_key(call, it.held, NULL, &answer->key);
}
