/* SPDX-License-Identifier: Apache-2.0 */
/* Methods of ours beside GREP11's: signatures that carry their data, and keys that one side makes for the other. Keys
 * travel as KeyBlob messages only. */
#include "hsm/contract/contract.h"

static const uint8_t p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

/* ---- requests in few words ---- */

static qk_err sign_recover(contract *it, CK_MECHANISM_TYPE type, const client_key *key, qk_view data, qk_view *out)
{
    Quantoki__V1__SignRecoverRequest request = QUANTOKI__V1__SIGN_RECOVER_REQUEST__INIT;
    Quantoki__V1__SignRecoverResponse *response;

    request.mech = mech(it, type);
    request.privkey = key->message;
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_SIGN_RECOVER_SINGLE, &request, &response));
    *out = qk_message_view(response->signature);
    return QK_OK;
}

static Grep11__Mechanism *ecdh(contract *it)
{
    qk_mech_use use = { .mech = qk_mech_find(CKM_ECDH1_DERIVE) };
    Grep11__Mechanism *message;

    use.ecdh.kdf = CKD_NULL;
    works(qk_mech_use_to_message(&use, &it->arena, &message));
    return message;
}

static qk_err encapsulate(contract *it, Grep11__Mechanism *mechanism, const client_key *key, const item *items,
                          size_t count, qk_view *out_cipher, client_key *out_key)
{
    Quantoki__V1__EncapsulateKeyRequest request = QUANTOKI__V1__ENCAPSULATE_KEY_REQUEST__INIT;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    Quantoki__V1__EncapsulateKeyResponse *response;

    attrs_fill(&attrs, items, count);
    request.mech = mechanism;
    request.pubkey = key->message;
    works(qk_attrs_to_map(&attrs, &quantoki__v1__encapsulate_key_request__template_entry__descriptor, &it->arena,
                          &request.template_, &request.n_template_));
    QK_TRY(perform(it, QK_ENCAPSULATE_KEY, &request, &response));
    *out_cipher = qk_message_view(response->ciphered);
    *out_key = (client_key){ .message = response->key };
    return QK_OK;
}

static qk_err decapsulate(contract *it, Grep11__Mechanism *mechanism, const client_key *key, qk_view cipher,
                          const item *items, size_t count, client_key *out_key)
{
    Quantoki__V1__DecapsulateKeyRequest request = QUANTOKI__V1__DECAPSULATE_KEY_REQUEST__INIT;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    Quantoki__V1__DecapsulateKeyResponse *response;

    attrs_fill(&attrs, items, count);
    request.mech = mechanism;
    request.privkey = key->message;
    request.ciphered = qk_message_bytes(cipher);
    works(qk_attrs_to_map(&attrs, &quantoki__v1__decapsulate_key_request__template_entry__descriptor, &it->arena,
                          &request.template_, &request.n_template_));
    QK_TRY(perform(it, QK_DECAPSULATE_KEY, &request, &response));
    *out_key = (client_key){ .message = response->key };
    return QK_OK;
}

/* ---- signatures ---- */

static void a_signature_carries_its_data(contract *it)
{
    QK_OWNED(qk_key_unref) qk_key *public_key = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;
    qk_mech_use use = { .mech = qk_mech_find(CKM_RSA_PKCS) };
    qk_view signature, data;
    client_key signing;
    key_pair pair;

    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_VERIFY_RECOVER)),
                        ITEMS(YES(CKA_SIGN_RECOVER), NO(CKA_SIGN)), &pair));
    works(sign_recover(it, CKM_RSA_PKCS, &pair.private_key, qk_view_text("in the signature"), &signature));
    assert_int_equal(signature.len, 256);
    attrs = attrs_of(&pair.public_key);
    works(qk_key_read(CKO_PUBLIC_KEY, CKK_RSA, qk_attrs_view(&attrs, CKA_PUBLIC_KEY_INFO), &public_key));
    works(qk_crypto_verify_recover(public_key, &use, signature, &it->arena, &data));
    assert_true(qk_view_equal(data, qk_view_text("in the signature")));
    refuses(sign_recover(it, CKM_RSA_PKCS, &pair.public_key, qk_view_text("x"), &signature), QK_E_KEY_TYPE);
    refuses(sign_recover(it, CKM_SHA256_RSA_PKCS, &pair.private_key, qk_view_text("x"), &signature),
            QK_E_MECHANISM_INVALID);
    refuses(sign(it, mech(it, CKM_RSA_PKCS), &pair.private_key, qk_view_text("x"), &signature), QK_E_KEY_NOT_PERMITTED);
    signing = rsa_pair(it)->private_key;
    refuses(sign_recover(it, CKM_RSA_PKCS, &signing, qk_view_text("x"), &signature), QK_E_KEY_NOT_PERMITTED);
}

/* ---- keys ---- */

static void both_sides_have_one_key(contract *it, Grep11__Mechanism *mechanism, const key_pair *pair, size_t cipher_len)
{
    const item wanted[] = { NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 32), YES(CKA_ENCRYPT) };
    client_key mine, yours;
    qk_attrs of_mine, of_yours;
    qk_view cipher;

    works(encapsulate(it, mechanism, &pair->public_key, wanted, 3, &cipher, &mine));
    assert_int_equal(cipher.len, cipher_len);
    works(decapsulate(it, mechanism, &pair->private_key, cipher, wanted, 3, &yours));
    of_mine = attrs_of(&mine);
    of_yours = attrs_of(&yours);
    assert_true(qk_view_equal(qk_attrs_view(&of_mine, CKA_CHECK_VALUE), qk_attrs_view(&of_yours, CKA_CHECK_VALUE)));
    assert_false(qk_attrs_bool(&of_mine, CKA_ALWAYS_SENSITIVE, true));
    assert_false(qk_attrs_bool(&of_yours, CKA_NEVER_EXTRACTABLE, true));
    assert_true(qk_attrs_bool(&of_mine, CKA_EXTRACTABLE, false));
    qk_attrs_done(&of_mine);
    qk_attrs_done(&of_yours);
    refuses(decapsulate(it, mechanism, &pair->private_key, qk_view_slice(cipher, 1, cipher.len), wanted, 3, &yours),
            QK_E_CIPHERTEXT_LENGTH);
    refuses(decapsulate(it, mechanism, &pair->public_key, cipher, wanted, 3, &yours), QK_E_KEY_TYPE);
    refuses(encapsulate(it, mechanism, &pair->private_key, wanted, 3, &cipher, &mine), QK_E_KEY_TYPE);
}

static void ecdh_makes_a_key_for_two(contract *it)
{
    key_pair pair, other;
    client_key mine;
    qk_view cipher;

    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN,
                        ITEMS(BYTES(CKA_EC_PARAMS, qk_view_of(p256, sizeof p256)), YES(CKA_ENCAPSULATE)),
                        ITEMS(YES(CKA_DECAPSULATE)), &pair));
    both_sides_have_one_key(it, ecdh(it), &pair, 65);
    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(BYTES(CKA_EC_PARAMS, qk_view_of(p256, sizeof p256))),
                        ITEMS(YES(CKA_SIGN)), &other));
    refuses(encapsulate(it, ecdh(it), &other.public_key, ITEMS(NUMBER(CKA_VALUE_LEN, 32)), &cipher, &mine),
            QK_E_KEY_NOT_PERMITTED);
}

static void rsa_carries_a_key(contract *it)
{
    key_pair pair;
    client_key mine;
    qk_view cipher;

    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_ENCAPSULATE)),
                        ITEMS(YES(CKA_DECAPSULATE)), &pair));
    both_sides_have_one_key(it, mech_oaep(it, CKM_SHA256), &pair, 256);
    both_sides_have_one_key(it, mech(it, CKM_RSA_PKCS), &pair, 256);
    refuses(
        encapsulate(it, mech(it, CKM_RSA_PKCS), &pair.public_key, ITEMS(NUMBER(CKA_KEY_TYPE, CKK_AES)), &cipher, &mine),
        QK_E_TEMPLATE_INCOMPLETE);
    refuses(encapsulate(it, mech_oaep(it, CKM_SHA256), &pair.public_key, ITEMS(NUMBER(CKA_VALUE_LEN, 1000)), &cipher,
                        &mine),
            QK_E_KEY_SIZE);
}

static void ml_kem_makes_a_key_for_two(contract *it)
{
    static const size_t lens[] = { 768, 1088, 1568 };
    client_key mine;
    key_pair pair;
    qk_view cipher;

    for (CK_ULONG set = CKP_ML_KEM_512; set <= CKP_ML_KEM_1024; set++) {
        works(generate_pair(it, CKM_ML_KEM_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_PARAMETER_SET, set)), NULL, 0, &pair));
        both_sides_have_one_key(it, mech(it, CKM_ML_KEM), &pair, lens[set - 1]);
    }
    refuses(encapsulate(it, mech(it, CKM_ML_KEM), &pair.public_key, ITEMS(NUMBER(CKA_VALUE_LEN, 33)), &cipher, &mine),
            QK_E_KEY_SIZE);
    refuses(generate_pair(it, CKM_ML_KEM_KEY_PAIR_GEN, NULL, 0, NULL, 0, &pair), QK_E_TEMPLATE_INCOMPLETE);
}

/* A ciphertext may be a wrapped key: so what an RSA key decapsulates stays sensitive. */
static void decapsulation_reveals_no_wrapped_key(contract *it)
{
    const item open[] = { NUMBER(CKA_KEY_TYPE, CKK_AES), NUMBER(CKA_VALUE_LEN, 32), NO(CKA_SENSITIVE) };
    client_key back;
    key_pair pair;
    qk_view cipher;

    it->call.strict = true; /* GREP11 clients may be let off the rule */
    works(generate_pair(it, CKM_RSA_PKCS_KEY_PAIR_GEN, ITEMS(NUMBER(CKA_MODULUS_BITS, 2048), YES(CKA_ENCAPSULATE)),
                        ITEMS(YES(CKA_DECAPSULATE)), &pair));
    works(encapsulate(it, mech(it, CKM_RSA_PKCS), &pair.public_key, open, 2, &cipher, &back));
    refuses(decapsulate(it, mech(it, CKM_RSA_PKCS), &pair.private_key, cipher, open, 3, &back),
            QK_E_TEMPLATE_INCONSISTENT);
    works(decapsulate(it, mech(it, CKM_RSA_PKCS), &pair.private_key, cipher, open, 2, &back));
}

const contract_case contract_encapsulate[] = {
    CASE(a_signature_carries_its_data),
    CASE(ecdh_makes_a_key_for_two),
    CASE(rsa_carries_a_key),
    CASE(ml_kem_makes_a_key_for_two),
    CASE(decapsulation_reveals_no_wrapped_key),
    { NULL, NULL },
};
