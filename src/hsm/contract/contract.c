/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/contract/contract.h"

/* ---- mechanisms ---- */

Grep11__Mechanism *mech(contract *it, CK_MECHANISM_TYPE type)
{
    Grep11__Mechanism *made = qk_message_new(&grep11__mechanism__descriptor, &it->arena);

    made->mechanism = type;
    return made;
}

Grep11__Mechanism *mech_of(contract *it, const qk_mech_use *use)
{
    Grep11__Mechanism *made;

    works(qk_mech_use_to_message(use, &it->arena, &made));
    return made;
}

Grep11__Mechanism *mech_iv(contract *it, CK_MECHANISM_TYPE type, qk_view iv)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(type), .iv = iv });
}

Grep11__Mechanism *mech_gcm(contract *it, qk_view iv, qk_view aad)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(CKM_AES_GCM), .gcm = { iv, aad, 128 } });
}

Grep11__Mechanism *mech_oaep(contract *it, CK_MECHANISM_TYPE hash)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(CKM_RSA_PKCS_OAEP), .oaep = { hash, hash, QK_VIEW_NONE } });
}

Grep11__Mechanism *mech_rsa_aes(contract *it)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_AES_KEY_WRAP) };

    use.rsa_aes.oaep = (qk_oaep){ CKM_SHA256, CKM_SHA256, QK_VIEW_NONE };
    use.rsa_aes.aes_bits = 256;
    return mech_of(it, &use);
}

Grep11__Mechanism *mech_pss(contract *it, CK_MECHANISM_TYPE type, CK_MECHANISM_TYPE hash, size_t salt_len)
{
    return mech_of(it, &(qk_mech_use){ .mech = qk_mech_find(type), .pss = { hash, hash, salt_len } });
}

Grep11__Mechanism *mech_pbkdf2(contract *it, qk_view password, qk_view salt)
{
    return mech_of(
        it,
        &(qk_mech_use){
            .mech = qk_mech_find(CKM_PKCS5_PBKD2),
            .pbkdf2 = { .prf = CKP_PKCS5_PBKD2_HMAC_SHA256, .iterations = 1000, .salt = salt, .password = password } });
}

/* ---- keys ---- */

void give(const contract *it, const client_key *key, Grep11__KeyBlob **out_message, ProtobufCBinaryData *out_v1)
{
    if (it->v1)
        *out_v1 = qk_message_bytes(key->bytes);
    else
        *out_message = key->message;
}

/* Both forms of an answer must say the same. */
static client_key key_of(ProtobufCBinaryData bytes, Grep11__KeyBlob *message, ProtobufCBinaryData checksum)
{
    assert_non_null(message);
    assert_int_equal(message->n_keyblobs, 1);
    assert_view_equal(qk_message_view(bytes), qk_message_view(message->keyblobs[0]));
    return (client_key){ qk_message_view(bytes), message, qk_message_view(checksum) };
}

static void map_of(contract *it, const item *items, size_t count, void *out_entries, size_t *out_count)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    /* All map entries have one layout; any descriptor of them serves. */
    attrs_fill(&attrs, items, count);
    works(qk_attrs_to_map(&attrs, &grep11__key_blob__attributes_entry__descriptor, &it->arena, out_entries, out_count));
}

qk_err generate_by(contract *it, Grep11__Mechanism *mechanism, const item *items, size_t count, client_key *out)
{
    Grep11__GenerateKeyRequest request = GREP11__GENERATE_KEY_REQUEST__INIT;
    Grep11__GenerateKeyResponse *answer;

    request.mech = mechanism;
    map_of(it, items, count, &request.template_, &request.n_template_);
    QK_TRY(perform(it, QK_GENERATE_KEY, &request, &answer));
    *out = key_of(answer->keybytes, answer->key, answer->checksum);
    return QK_OK;
}

qk_err generate(contract *it, CK_MECHANISM_TYPE type, const item *items, size_t count, client_key *out)
{
    return generate_by(it, mech(it, type), items, count, out);
}

qk_err generate_pair(contract *it, CK_MECHANISM_TYPE type, const item *public_items, size_t public_count,
                     const item *private_items, size_t private_count, key_pair *out)
{
    static const ProtobufCBinaryData none;
    Grep11__GenerateKeyPairRequest request = GREP11__GENERATE_KEY_PAIR_REQUEST__INIT;
    Grep11__GenerateKeyPairResponse *answer;

    request.mech = mech(it, type);
    map_of(it, public_items, public_count, &request.pubkeytemplate, &request.n_pubkeytemplate);
    map_of(it, private_items, private_count, &request.privkeytemplate, &request.n_privkeytemplate);
    QK_TRY(perform(it, QK_GENERATE_KEY_PAIR, &request, &answer));
    out->public_key = key_of(answer->pubkeybytes, answer->pubkey, none);
    out->private_key = key_of(answer->privkeybytes, answer->privkey, none);
    return QK_OK;
}

/* Our own methods answer with KeyBlob alone. */
static client_key key_of_message(Grep11__KeyBlob *message)
{
    assert_non_null(message);
    assert_int_equal(message->n_keyblobs, 1);
    return key_of(message->keyblobs[0], message, (ProtobufCBinaryData){ 0, NULL });
}

qk_err import(contract *it, const item *items, size_t count, client_key *out)
{
    Quantoki__V1__ImportKeyRequest request = QUANTOKI__V1__IMPORT_KEY_REQUEST__INIT;
    Quantoki__V1__ImportKeyResponse *answer;

    map_of(it, items, count, &request.template_, &request.n_template_);
    QK_TRY(perform(it, QK_IMPORT_KEY, &request, &answer));
    *out = key_of_message(answer->key);
    return QK_OK;
}

qk_err copy(contract *it, const client_key *of, const item *items, size_t count, client_key *out)
{
    Quantoki__V1__CopyKeyRequest request = QUANTOKI__V1__COPY_KEY_REQUEST__INIT;
    Quantoki__V1__CopyKeyResponse *answer;

    request.key = of->message;
    map_of(it, items, count, &request.template_, &request.n_template_);
    QK_TRY(perform(it, QK_COPY_KEY, &request, &answer));
    *out = key_of_message(answer->key);
    return QK_OK;
}

client_key aes_key(contract *it)
{
    client_key made;

    works(generate(it, CKM_AES_KEY_GEN,
                   ITEMS(NUMBER(CKA_VALUE_LEN, 32), YES(CKA_WRAP), YES(CKA_UNWRAP), YES(CKA_EXTRACTABLE)), &made));
    return made;
}

key_pair ec_pair(contract *it, const char *curve)
{
    key_pair made;

    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(BYTES(CKA_EC_PARAMS, qk_view_text(curve))),
                        ITEMS(YES(CKA_EXTRACTABLE)), &made));
    return made;
}

const key_pair *rsa_pair(contract *it)
{
    static key_pair made;
    qk_arena *mine = it->call.arena;

    if (made.public_key.message && it->shared.used)
        return &made;
    it->call.arena = &it->shared;
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_WRAP)),
                        ITEMS(YES(CKA_UNWRAP), YES(CKA_EXTRACTABLE), NO(CKA_SENSITIVE)), &made));
    it->call.arena = mine;
    return &made;
}

qk_attrs attrs_of(const client_key *key)
{
    qk_attrs attrs = QK_ATTRS_NONE;

    works(qk_attrs_from_map(key->message->attributes, key->message->n_attributes, &attrs));
    return attrs;
}

/* ---- operations in one call ---- */

qk_err encrypt(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view plain, qk_view *out)
{
    Grep11__EncryptSingleRequest request = GREP11__ENCRYPT_SINGLE_REQUEST__INIT;
    Grep11__EncryptSingleResponse *answer;

    request.mech = mechanism;
    request.plain = qk_message_bytes(plain);
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_ENCRYPT_SINGLE, &request, &answer));
    *out = qk_message_view(answer->ciphered);
    return QK_OK;
}

qk_err decrypt(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view cipher, qk_view *out)
{
    Grep11__DecryptSingleRequest request = GREP11__DECRYPT_SINGLE_REQUEST__INIT;
    Grep11__DecryptSingleResponse *answer;

    request.mech = mechanism;
    request.ciphered = qk_message_bytes(cipher);
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_DECRYPT_SINGLE, &request, &answer));
    *out = qk_message_view(answer->plain);
    return QK_OK;
}

qk_err sign(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view data, qk_view *out)
{
    Grep11__SignSingleRequest request = GREP11__SIGN_SINGLE_REQUEST__INIT;
    Grep11__SignSingleResponse *answer;

    request.mech = mechanism;
    request.data = qk_message_bytes(data);
    give(it, key, &request.privkey, &request.privkeyv1);
    QK_TRY(perform(it, QK_SIGN_SINGLE, &request, &answer));
    *out = qk_message_view(answer->signature);
    return QK_OK;
}

qk_err verify(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view data, qk_view signature)
{
    Grep11__VerifySingleRequest request = GREP11__VERIFY_SINGLE_REQUEST__INIT;
    Grep11__VerifySingleResponse *answer;

    request.mech = mechanism;
    request.data = qk_message_bytes(data);
    request.signature = qk_message_bytes(signature);
    give(it, key, &request.pubkey, &request.pubkeyv1);
    return perform(it, QK_VERIFY_SINGLE, &request, &answer);
}

qk_err digest(contract *it, CK_MECHANISM_TYPE type, qk_view data, qk_view *out)
{
    Grep11__DigestSingleRequest request = GREP11__DIGEST_SINGLE_REQUEST__INIT;
    Grep11__DigestSingleResponse *answer;

    request.mech = mech(it, type);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_DIGEST_SINGLE, &request, &answer));
    *out = qk_message_view(answer->digest);
    return QK_OK;
}

qk_err wrap(contract *it, Grep11__Mechanism *mechanism, const client_key *kek, const client_key *key, qk_view *out)
{
    Grep11__WrapKeyRequest request = GREP11__WRAP_KEY_REQUEST__INIT;
    Grep11__WrapKeyResponse *answer;

    request.mech = mechanism;
    give(it, kek, &request.kek, &request.kekv1);
    give(it, key, &request.key, &request.keyv1);
    QK_TRY(perform(it, QK_WRAP_KEY, &request, &answer));
    *out = qk_message_view(answer->wrapped);
    return QK_OK;
}

qk_err unwrap(contract *it, Grep11__Mechanism *mechanism, const client_key *kek, qk_view wrapped, const item *items,
              size_t count, client_key *out)
{
    Grep11__UnwrapKeyRequest request = GREP11__UNWRAP_KEY_REQUEST__INIT;
    Grep11__UnwrapKeyResponse *answer;

    request.mech = mechanism;
    request.wrapped = qk_message_bytes(wrapped);
    give(it, kek, &request.kek, &request.kekv1);
    map_of(it, items, count, &request.template_, &request.n_template_);
    QK_TRY(perform(it, QK_UNWRAP_KEY, &request, &answer));
    *out = key_of(answer->unwrappedbytes, answer->unwrapped, answer->checksum);
    return QK_OK;
}

qk_err derive(contract *it, Grep11__Mechanism *mechanism, const client_key *base, const item *items, size_t count,
              client_key *out)
{
    Grep11__DeriveKeyRequest request = GREP11__DERIVE_KEY_REQUEST__INIT;
    Grep11__DeriveKeyResponse *answer;

    request.mech = mechanism;
    give(it, base, &request.basekey, &request.basekeyv1);
    map_of(it, items, count, &request.template_, &request.n_template_);
    QK_TRY(perform(it, QK_DERIVE_KEY, &request, &answer));
    *out = key_of(answer->newkeybytes, answer->newkey, answer->checksum);
    return QK_OK;
}

qk_err get_attribute(contract *it, const client_key *key, CK_ATTRIBUTE_TYPE type, qk_attrs *out)
{
    Grep11__GetAttributeValueRequest request = GREP11__GET_ATTRIBUTE_VALUE_REQUEST__INIT;
    Grep11__GetAttributeValueRequest__AttributesEntry entry =
        GREP11__GET_ATTRIBUTE_VALUE_REQUEST__ATTRIBUTES_ENTRY__INIT;
    Grep11__GetAttributeValueRequest__AttributesEntry *entries[] = { &entry };
    Grep11__GetAttributeValueResponse *answer;

    entry.key = type;
    request.object = qk_message_bytes(key->bytes);
    request.attributes = entries;
    request.n_attributes = 1;
    QK_TRY(perform(it, QK_GET_ATTRIBUTE_VALUE, &request, &answer));
    return qk_attrs_from_map(answer->attributes, answer->n_attributes, out);
}

qk_err set_attribute(contract *it, client_key *key, CK_ATTRIBUTE_TYPE type, bool value)
{
    Grep11__SetAttributeValueRequest request = GREP11__SET_ATTRIBUTE_VALUE_REQUEST__INIT;
    Grep11__SetAttributeValueResponse *answer;
    Grep11__KeyBlob *message = qk_message_new(&grep11__key_blob__descriptor, &it->arena);
    item change = { type, QK_FORM_BOOL, value, { NULL, 0 } };

    request.object = qk_message_bytes(key->bytes);
    map_of(it, &change, 1, &request.attributes, &request.n_attributes);
    QK_TRY(perform(it, QK_SET_ATTRIBUTE_VALUE, &request, &answer));
    message->keyblobs = &answer->object;
    message->n_keyblobs = 1;
    key->message = message;
    key->bytes = qk_message_view(answer->object);
    return QK_OK;
}
