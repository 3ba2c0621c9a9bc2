/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures and MACs. */
#include "hsm/contract/contract.h"

static const qk_view text = { (const uint8_t *)"what is to be signed, in one piece or several", 45 };
/* As long as a digest. */
static const qk_view hashed = { (const uint8_t *)"a text of thirty-two characters.", 32 };

static qk_err verify_whole(contract *it, qk_view state, qk_view data, qk_view signature)
{
    Grep11__VerifyRequest request = GREP11__VERIFY_REQUEST__INIT;
    void *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    request.signature = qk_message_bytes(signature);
    return perform(it, QK_VERIFY_WHOLE, &request, &answer);
}

static qk_err verify_update(contract *it, qk_view state, qk_view data, qk_view *out_state)
{
    Grep11__VerifyUpdateRequest request = GREP11__VERIFY_UPDATE_REQUEST__INIT;
    Grep11__VerifyUpdateResponse *answer;

    request.state = qk_message_bytes(state);
    request.data = qk_message_bytes(data);
    QK_TRY(perform(it, QK_VERIFY_UPDATE, &request, &answer));
    *out_state = qk_message_view(answer->state);
    return QK_OK;
}

static qk_err verify_final(contract *it, qk_view state, qk_view signature)
{
    Grep11__VerifyFinalRequest request = GREP11__VERIFY_FINAL_REQUEST__INIT;
    void *answer;

    request.state = qk_message_bytes(state);
    request.signature = qk_message_bytes(signature);
    return perform(it, QK_VERIFY_FINAL, &request, &answer);
}

/* Signs in every way and verifies each signature in every way. */
static void all_ways(contract *it, Grep11__Mechanism *mechanism, const client_key *signer, const client_key *verifier,
                     bool parts)
{
    qk_view signatures[3], state;
    size_t count = 0;

    works(sign(it, mechanism, signer, text, &signatures[count++]));
    works(sign_init(it, mechanism, signer, &state));
    works(sign_whole(it, state, text, &signatures[count++]));
    if (parts) {
        works(sign_update(it, state, qk_view_slice(text, 0, 8), &state));
        works(sign_update(it, state, qk_view_slice(text, 8, text.len), &state));
        works(sign_final(it, state, &signatures[count++]));
    }
    for (size_t i = 0; i < count; i++) {
        works(verify(it, mechanism, verifier, text, signatures[i]));
        works(verify_init(it, mechanism, verifier, &state));
        works(verify_whole(it, state, text, signatures[i]));
        refuses(verify(it, mechanism, verifier, hashed, signatures[i]), QK_E_SIGNATURE_INVALID);
        if (!parts)
            continue;
        works(verify_update(it, state, qk_view_slice(text, 0, 20), &state));
        works(verify_update(it, state, qk_view_slice(text, 20, text.len), &state));
        works(verify_final(it, state, signatures[i]));
    }
}

static void rsa_signs_in_every_way(contract *it)
{
    const key_pair *pair = rsa_pair(it);

    all_ways(it, mech(it, CKM_RSA_PKCS), &pair->private_key, &pair->public_key, false);
    all_ways(it, mech(it, CKM_SHA1_RSA_PKCS), &pair->private_key, &pair->public_key, true);
    all_ways(it, mech(it, CKM_SHA512_RSA_PKCS), &pair->private_key, &pair->public_key, true);
    all_ways(it, mech_pss(it, CKM_SHA512_RSA_PKCS_PSS, CKM_SHA512, 0), &pair->private_key, &pair->public_key, true);
    all_ways(it, mech_pss(it, CKM_SHA256_RSA_PKCS_PSS, CKM_SHA256, 32), &pair->private_key, &pair->public_key, true);
}

static void ecdsa_signs_on_every_curve(contract *it)
{
    static const struct {
        const char *curve;
        size_t signature_len;
    } curves[] = { { "P-256", 64 }, { "P-384", 96 }, { "P-521", 132 }, { "secp256k1", 64 } };

    for (size_t i = 0; i < sizeof curves / sizeof curves[0]; i++) {
        key_pair pair = ec_pair(it, curves[i].curve);
        qk_view signature;
        all_ways(it, mech(it, CKM_ECDSA), &pair.private_key, &pair.public_key, false);
        all_ways(it, mech(it, CKM_ECDSA_SHA512), &pair.private_key, &pair.public_key, true);
        works(sign(it, mech(it, CKM_ECDSA), &pair.private_key, hashed, &signature));
        assert_int_equal(signature.len, curves[i].signature_len);
    }
}

static void ed25519_signs_in_ibms_way(contract *it)
{
    key_pair pair;
    qk_view signature;

    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(TEXT(CKA_EC_PARAMS, "\x06\x03\x2b\x65\x70")), NO_ITEMS, &pair));
    all_ways(it, mech(it, CKM_IBM_ED25519_SHA512), &pair.private_key, &pair.public_key, false);
    works(sign(it, mech(it, CKM_IBM_ED25519_SHA512), &pair.private_key, text, &signature));
    assert_int_equal(signature.len, 64);
}

static void ed25519_signs_in_the_standards_way(contract *it)
{
    key_pair pair;

    works(generate_pair(it, CKM_EC_EDWARDS_KEY_PAIR_GEN,
                        ITEMS(TEXT(CKA_EC_PARAMS, "\x13\x0c"
                                                  "edwards25519")),
                        NO_ITEMS, &pair));
    all_ways(it, mech(it, CKM_EDDSA), &pair.private_key, &pair.public_key, false);
}

static void a_mac_is_the_known_one(contract *it)
{
    Grep11__Mechanism *hmac = mech(it, CKM_SHA256_HMAC);
    qk_view mac;
    client_key made;

    /* RFC 4231, test case 1 */
    works(import(it,
                 ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_GENERIC_SECRET),
                       BYTES(CKA_VALUE, hex(&it->arena, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"))),
                 &made));
    works(sign(it, hmac, &made, QK_VIEW_LITERAL("Hi There"), &mac));
    assert_view_equal(mac, hex(&it->arena, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"));
}

static void an_aes_key_makes_macs_in_every_way(contract *it)
{
    client_key made = aes_key(it);

    all_ways(it, mech(it, CKM_SHA256_HMAC), &made, &made, true);
    all_ways(it, mech(it, CKM_SHA_1_HMAC), &made, &made, true);
    all_ways(it, mech(it, CKM_SHA512_HMAC), &made, &made, true);
}

/* Clients test this return code by its value. */
static void a_changed_first_byte_is_an_invalid_signature(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    uint8_t changed[64];
    qk_view signature;

    works(sign(it, mech(it, CKM_ECDSA), &pair.private_key, qk_view_slice(text, 0, 28), &signature));
    memcpy(changed, signature.data, 64);
    changed[0] = changed[0] == 0xff ? 0xfe : 0xff;
    refuses(verify(it, mech(it, CKM_ECDSA), &pair.public_key, qk_view_slice(text, 0, 28), qk_view_of(changed, 64)),
            QK_E_SIGNATURE_INVALID);
    refuses(verify(it, mech(it, CKM_ECDSA), &pair.public_key, qk_view_slice(text, 0, 28), qk_view_of(changed, 63)),
            QK_E_SIGNATURE_LENGTH);
}

static void another_key_does_not_verify(contract *it)
{
    key_pair one = ec_pair(it, "P-256"), two = ec_pair(it, "P-256");
    qk_view signature;

    works(sign(it, mech(it, CKM_ECDSA), &one.private_key, hashed, &signature));
    refuses(verify(it, mech(it, CKM_ECDSA), &two.public_key, hashed, signature), QK_E_SIGNATURE_INVALID);
}

/* A certificate's key is enough to verify and for nothing else. */
static void a_plain_spki_verifies_and_does_no_more(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    Grep11__KeyBlob *message = qk_message_new(&grep11__key_blob__descriptor, &it->arena);
    ProtobufCBinaryData bytes;
    client_key plain;
    qk_view signature, out, state;
    size_t spki_len;

    spki_len = 4 + ((size_t)pair->public_key.bytes.data[2] << 8 | pair->public_key.bytes.data[3]);
    plain.bytes = qk_view_slice(pair->public_key.bytes, 0, spki_len);
    assert_int_equal(spki_len, 294);
    bytes = qk_message_bytes(plain.bytes);
    message->keyblobs = &bytes;
    message->n_keyblobs = 1;
    plain.message = message;
    works(sign(it, mech(it, CKM_SHA256_RSA_PKCS), &pair->private_key, text, &signature));
    works(verify(it, mech(it, CKM_SHA256_RSA_PKCS), &plain, text, signature));
    works(verify_init(it, mech(it, CKM_SHA256_RSA_PKCS), &plain, &state));
    works(verify_whole(it, state, text, signature));
    refuses(encrypt(it, mech(it, CKM_RSA_PKCS), &plain, hashed, &out), QK_E_KEY_NOT_PERMITTED);
    refuses(wrap(it, mech(it, CKM_RSA_PKCS), &plain, &pair->private_key, &out), QK_E_KEY_NOT_PERMITTED);
}

static void mechanisms_without_parts_refuse_them(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    qk_view state, out;

    works(sign_init(it, mech(it, CKM_ECDSA), &pair.private_key, &state));
    refuses(sign_update(it, state, text, &out), QK_E_MECHANISM_INVALID);
    refuses(sign_final(it, state, &out), QK_E_MECHANISM_INVALID);
    works(sign_whole(it, state, text, &out));
}

static void a_whole_call_after_parts_is_refused(contract *it)
{
    client_key made = aes_key(it);
    qk_view state, out;

    works(sign_init(it, mech(it, CKM_SHA256_HMAC), &made, &state));
    works(sign_update(it, state, text, &state));
    refuses(sign_whole(it, state, text, &out), QK_E_OPERATION_ACTIVE);
}

/* States are never changed: a client may go on from the same one twice. */
static void a_state_can_be_forked_and_repeated(contract *it)
{
    Grep11__Mechanism *hmac = mech(it, CKM_SHA256_HMAC);
    client_key made = aes_key(it);
    qk_view init, common, left, right, again, mac, expected;

    works(sign_init(it, hmac, &made, &init));
    works(sign_update(it, init, QK_VIEW_LITERAL("same start, "), &common));
    works(sign_update(it, common, QK_VIEW_LITERAL("left"), &left));
    works(sign_update(it, common, QK_VIEW_LITERAL("right"), &right));
    works(sign_final(it, left, &mac));
    works(sign(it, hmac, &made, QK_VIEW_LITERAL("same start, left"), &expected));
    assert_view_equal(mac, expected);
    works(sign_final(it, right, &mac));
    works(sign_final(it, right, &again));
    works(sign(it, hmac, &made, QK_VIEW_LITERAL("same start, right"), &expected));
    assert_view_equal(mac, expected);
    assert_view_equal(again, expected);
}

static void a_changed_state_is_refused(contract *it)
{
    client_key made = aes_key(it);
    qk_view state, out;
    uint8_t *changed;

    works(sign_init(it, mech(it, CKM_SHA256_HMAC), &made, &state));
    works(sign_update(it, state, text, &state));
    works(qk_arena_bytes(&it->arena, state.len, &changed));
    for (size_t i = 0; i < state.len; i += 5) {
        memcpy(changed, state.data, state.len);
        changed[i] ^= 0x10;
        assert_int_not_equal(sign_final(it, qk_view_of(changed, state.len), &out), QK_OK);
    }
    refuses(sign_final(it, qk_view_of(state.data, state.len - 1), &out), QK_E_BLOB_DAMAGED);
}

static void keys_must_fit_and_be_allowed(contract *it)
{
    key_pair pair = ec_pair(it, "P-256"), silent;
    client_key made = aes_key(it);
    qk_view out;

    refuses(sign(it, mech(it, CKM_ECDSA), &made, hashed, &out), QK_E_KEY_TYPE);
    refuses(sign(it, mech(it, CKM_ECDSA), &pair.public_key, hashed, &out), QK_E_KEY_TYPE);
    refuses(verify(it, mech(it, CKM_ECDSA), &pair.private_key, hashed, hashed), QK_E_KEY_TYPE);
    refuses(sign(it, mech(it, CKM_SHA256_HMAC), &pair.private_key, hashed, &out), QK_E_KEY_TYPE);
    refuses(sign(it, mech(it, CKM_AES_CBC), &made, hashed, &out), QK_E_MECHANISM_INVALID);
    works(generate_pair(it, CKM_EC_KEY_PAIR_GEN, ITEMS(TEXT(CKA_EC_PARAMS, "P-256"), NO(CKA_VERIFY)),
                        ITEMS(NO(CKA_SIGN)), &silent));
    refuses(sign(it, mech(it, CKM_ECDSA), &silent.private_key, hashed, &out), QK_E_KEY_NOT_PERMITTED);
    refuses(sign_init(it, mech(it, CKM_ECDSA), &silent.private_key, &out), QK_E_KEY_NOT_PERMITTED);
    refuses(verify(it, mech(it, CKM_ECDSA), &silent.public_key, hashed, text), QK_E_KEY_NOT_PERMITTED);
}

/* No bit of a key blob, wherever it is, can be changed. */
static void a_changed_key_is_refused(contract *it)
{
    key_pair pair = ec_pair(it, "P-256");
    const client_key *halves[] = { &pair.private_key, &pair.public_key };
    qk_view out, signature;

    works(sign(it, mech(it, CKM_ECDSA), &pair.private_key, hashed, &signature));
    for (size_t half = 0; half < 2; half++) {
        qk_view whole = halves[half]->bytes;
        uint8_t *changed;
        works(qk_arena_bytes(&it->arena, whole.len, &changed));
        for (size_t i = 0; i < whole.len; i++) {
            Grep11__KeyBlob message = GREP11__KEY_BLOB__INIT;
            ProtobufCBinaryData bytes = { whole.len, changed };
            client_key wrong = { qk_view_of(changed, whole.len), &message, QK_VIEW_NONE };
            message.keyblobs = &bytes;
            message.n_keyblobs = 1;
            memcpy(changed, whole.data, whole.len);
            changed[i] ^= 0x01;
            assert_int_not_equal(half == 0 ? sign(it, mech(it, CKM_ECDSA), &wrong, hashed, &out)
                                           : verify(it, mech(it, CKM_ECDSA), &wrong, hashed, signature),
                                 QK_OK);
        }
    }
}

const contract_case contract_sign[] = {
    CASE(rsa_signs_in_every_way),
    CASE(ecdsa_signs_on_every_curve),
    CASE(ed25519_signs_in_ibms_way),
    CASE(ed25519_signs_in_the_standards_way),
    CASE(a_mac_is_the_known_one),
    CASE(an_aes_key_makes_macs_in_every_way),
    CASE(a_changed_first_byte_is_an_invalid_signature),
    CASE(another_key_does_not_verify),
    CASE(a_plain_spki_verifies_and_does_no_more),
    CASE(mechanisms_without_parts_refuse_them),
    CASE(a_whole_call_after_parts_is_refused),
    CASE(a_state_can_be_forked_and_repeated),
    CASE(a_changed_state_is_refused),
    CASE(keys_must_fit_and_be_allowed),
    CASE(a_changed_key_is_refused),
    { NULL, NULL },
};
