/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that follow from other keys. Sources: GREP11 protocol, sections 9 and 10; PKCS #11 3.2, C_DeriveKey. */
#include "hsm/handle/aggregate.h"
#include "hsm/handle/derivation.h"
#include "hsm/handle/handlers.h"
#include "p11/key_type.h"

/* The value itself, in NewKeyBytes: what CKM_HKDF_DATA and CKM_TLS_PRF make is no key, and the caller's. */
static qk_err give_data(const qk_call *call, const qk_derivation *derivation, const qk_attrs *template_,
                        Grep11__DeriveKeyResponse *answer)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    qk_key_wanted wanted;
    qk_view copy;

    QK_TRY(qk_derivation_want_data(derivation, template_, &wanted));
    QK_TRY(qk_crypto_derive(derivation->base->key, &derivation->use, &wanted, &key));
    QK_TRY(qk_key_reveal(key, CKA_VALUE, &value));
    QK_TRY(qk_arena_copy(call->arena, qk_secret_reveal(&value), &copy));
    answer->newkeybytes = qk_message_bytes(copy);
    return QK_OK;
}

/* Of a key in a tree its chain code, of a secret key the usual, and behind it the ciphertext that carries the key.
 * Source: GREP11 protocol, sections 7 and 11. */
static qk_err give_checksum(const qk_call *call, const qk_key *key, const qk_held_key *held, ProtobufCBinaryData *out)
{
    qk_view copy, cipher = qk_key_ciphertext(key);
    uint8_t *place;

    if (qk_key_chain_code(key).len == 0) {
        QK_TRY(qk_answer_checksum(call, held, out));
        if (cipher.len == 0)
            return QK_OK;
        QK_TRY(qk_arena_bytes(call->arena, out->len + cipher.len, &place));
        memcpy(place, out->data, out->len);
        memcpy(place + out->len, cipher.data, cipher.len);
        *out = qk_message_bytes(qk_view_of(place, out->len + cipher.len));
        return QK_OK;
    }
    QK_TRY(qk_arena_copy(call->arena, qk_key_chain_code(key), &copy));
    *out = qk_message_bytes(copy);
    return QK_OK;
}

qk_err qk_handle_derive_key(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(qk_derivation_done) qk_derivation derivation = { 0 };
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    const Grep11__DeriveKeyRequest *asked = request;
    Grep11__DeriveKeyResponse *answer = response;
    qk_key_wanted wanted;

    if (asked->data.len > 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "no mechanism takes data besides its parameter");
    if (qk_aggregate_is_asked(asked->mech))
        return qk_aggregate_derive(context, call, asked, answer);
    QK_TRY(qk_derivation_open(context, call, asked->mech, asked->basekey, asked->basekeyv1, &derivation));
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    if (qk_key_class_derived(&derivation.use) == CKO_DATA)
        return give_data(call, &derivation, &template_, answer);
    QK_TRY(qk_derivation_want(&derivation, qk_core_is_lax(context, call), &template_, &wanted, &attrs));
    QK_TRY(qk_crypto_derive(derivation.base->key, &derivation.use, &wanted, &key));
    QK_TRY(qk_derivation_check(&derivation, key));
    if (qk_key_chain_code(key).len) /* applications read it there. Source: spec of the module, section 3.4 */
        QK_TRY(qk_attrs_set(&attrs, CKA_CHECK_VALUE, qk_key_chain_code(key)));
    QK_TRY(qk_core_make(context, call, key, &template_, &attrs, &held));
    QK_TRY(give_checksum(call, key, held, &answer->checksum));
    return qk_answer_key(call, held, &answer->newkeybytes, &answer->newkey);
}
