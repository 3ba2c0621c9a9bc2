/* SPDX-License-Identifier: Apache-2.0 */
/* Encryption and decryption. */
#include "hsm/contract/contract.h"

static const qk_view iv = { (const uint8_t *)"sixteen bytes iv", 16 };
static const qk_view text = { (const uint8_t *)"This is a very long message with 47 characters.", 47 };

/* Key and answers of SP 800-38A, F.1.5 and F.2.5. */
static client_key nist_key(contract *it)
{
    client_key made;

    works(import(
        it,
        ITEMS(NUMBER(CKA_CLASS, CKO_SECRET_KEY), NUMBER(CKA_KEY_TYPE, CKK_AES),
              BYTES(CKA_VALUE, hex(&it->arena, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4"))),
        &made));
    return made;
}

static void aes_gives_the_known_answers(contract *it)
{
    qk_view plain = hex(&it->arena, "6bc1bee22e409f96e93d7e117393172a"), out;
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC, hex(&it->arena, "000102030405060708090a0b0c0d0e0f"));
    client_key made = nist_key(it);

    works(encrypt(it, mech(it, CKM_AES_ECB), &made, plain, &out));
    assert_view_equal(out, hex(&it->arena, "f3eed1bdb5d2a03c064b5a7e3db181f8"));
    works(decrypt(it, mech(it, CKM_AES_ECB), &made, out, &out));
    assert_view_equal(out, plain);
    works(encrypt(it, cbc, &made, plain, &out));
    assert_view_equal(out, hex(&it->arena, "f58c4c04d6e5f1ba779eabfb5f7bfbd6"));
}

static qk_err encrypt_whole(contract *it, qk_view state, qk_view plain, qk_view *out)
{
    Grep11__EncryptRequest request = GREP11__ENCRYPT_REQUEST__INIT;
    Grep11__EncryptResponse *answer;

    request.state = qk_message_bytes(state);
    request.plain = qk_message_bytes(plain);
    QK_TRY(perform(it, QK_ENCRYPT_WHOLE, &request, &answer));
    *out = qk_message_view(answer->ciphered);
    return QK_OK;
}

static qk_err decrypt_whole(contract *it, qk_view state, qk_view cipher, qk_view *out)
{
    Grep11__DecryptRequest request = GREP11__DECRYPT_REQUEST__INIT;
    Grep11__DecryptResponse *answer;

    request.state = qk_message_bytes(state);
    request.ciphered = qk_message_bytes(cipher);
    QK_TRY(perform(it, QK_DECRYPT_WHOLE, &request, &answer));
    *out = qk_message_view(answer->plain);
    return QK_OK;
}

static void single_and_whole_calls_agree(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key made = aes_key(it);
    qk_view state, single, whole, back;

    works(encrypt(it, cbc, &made, text, &single));
    works(encrypt_init(it, cbc, &made, &state));
    works(encrypt_whole(it, state, text, &whole));
    assert_view_equal(single, whole);
    works(decrypt_init(it, cbc, &made, &state));
    works(decrypt_whole(it, state, whole, &back));
    assert_view_equal(back, text);
}

/* Pieces of `step` bytes each. */
static void in_parts(contract *it, Grep11__Mechanism *mechanism, const client_key *made, size_t encrypt_step,
                     size_t decrypt_step)
{
    QK_OWNED(qk_buf_done) qk_buf cipher = QK_BUF_NONE, plain = QK_BUF_NONE;
    qk_view state, single;

    works(encrypt_init(it, mechanism, made, &state));
    for (size_t at = 0; at < text.len; at += encrypt_step)
        works(encrypt_update(it, state, qk_view_slice(text, at, encrypt_step), &state, &cipher));
    works(encrypt_final(it, state, &cipher));
    works(encrypt(it, mechanism, made, text, &single));
    assert_view_equal(qk_buf_view(&cipher), single);
    works(decrypt_init(it, mechanism, made, &state));
    for (size_t at = 0; at < cipher.len; at += decrypt_step)
        works(decrypt_update(it, state, qk_view_slice(qk_buf_view(&cipher), at, decrypt_step), &state, &plain));
    works(decrypt_final(it, state, &plain));
    assert_view_equal(qk_buf_view(&plain), text);
}

static void parts_of_any_size_give_the_same(contract *it)
{
    static const size_t steps[] = { 1, 15, 16, 17, 20, 47 };
    Grep11__Mechanism *ways[] = { mech_iv(it, CKM_AES_CBC_PAD, iv), mech_iv(it, CKM_AES_OFB, iv),
                                  mech_iv(it, CKM_AES_CFB128, iv), mech_iv(it, CKM_AES_CFB8, iv) };
    client_key made = aes_key(it);

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        for (size_t way = 0; way < sizeof ways / sizeof ways[0]; way++)
            in_parts(it, ways[way], &made, steps[i], steps[(i + 2) % 6]);
}

static void gcm_goes_in_one_call(contract *it)
{
    Grep11__Mechanism *gcm = mech_gcm(it, qk_view_slice(iv, 0, 12), QK_VIEW_LITERAL("header"));
    client_key made = aes_key(it);
    qk_view cipher, back, state;

    works(encrypt(it, gcm, &made, text, &cipher));
    assert_int_equal(cipher.len, text.len + 16);
    works(decrypt(it, gcm, &made, cipher, &back));
    assert_view_equal(back, text);
    works(decrypt_init(it, gcm, &made, &state));
    works(decrypt_whole(it, state, cipher, &back));
    assert_view_equal(back, text);
}

/* No plaintext may leave before its tag was checked, so parts have no meaning here; a module gathers them. */
static void gcm_takes_no_parts(contract *it)
{
    QK_OWNED(qk_buf_done) qk_buf sink = QK_BUF_NONE;
    client_key made = aes_key(it);
    qk_view state;

    works(decrypt_init(it, mech_gcm(it, iv, QK_VIEW_NONE), &made, &state));
    refuses(decrypt_update(it, state, text, &state, &sink), QK_E_MECHANISM_INVALID);
    refuses(decrypt_final(it, state, &sink), QK_E_MECHANISM_INVALID);
    assert_int_equal(sink.len, 0);
}

static void a_changed_gcm_ciphertext_is_refused(contract *it)
{
    Grep11__Mechanism *gcm = mech_gcm(it, qk_view_slice(iv, 0, 12), QK_VIEW_NONE);
    client_key made = aes_key(it);
    uint8_t changed[64];
    qk_view cipher, back;

    works(encrypt(it, gcm, &made, text, &cipher));
    for (size_t i = 0; i < cipher.len; i += 7) {
        memcpy(changed, cipher.data, cipher.len);
        changed[i] ^= 0x40;
        assert_int_not_equal(decrypt(it, gcm, &made, qk_view_of(changed, cipher.len), &back), QK_OK);
    }
}

static void rsa_encrypts_and_decrypts(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    Grep11__Mechanism *ways[] = { mech(it, CKM_RSA_PKCS), mech_oaep(it, CKM_SHA_1), mech_oaep(it, CKM_SHA256) };
    qk_view state, cipher, back;

    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        works(encrypt(it, ways[i], &pair->public_key, text, &cipher));
        assert_int_equal(cipher.len, 256);
        works(decrypt(it, ways[i], &pair->private_key, cipher, &back));
        assert_view_equal(back, text);
        works(encrypt_init(it, ways[i], &pair->public_key, &state));
        works(encrypt_whole(it, state, text, &cipher));
        works(decrypt_init(it, ways[i], &pair->private_key, &state));
        works(decrypt_whole(it, state, cipher, &back));
        assert_view_equal(back, text);
    }
}

static void rsa_takes_no_parts(contract *it)
{
    QK_OWNED(qk_buf_done) qk_buf sink = QK_BUF_NONE;
    qk_view state;

    works(encrypt_init(it, mech(it, CKM_RSA_PKCS), &rsa_pair(it)->public_key, &state));
    refuses(encrypt_update(it, state, text, &state, &sink), QK_E_MECHANISM_INVALID);
    refuses(encrypt_final(it, state, &sink), QK_E_MECHANISM_INVALID);
}

static qk_err reencrypt(contract *it, const client_key *from, Grep11__Mechanism *from_mech, const client_key *to,
                        Grep11__Mechanism *to_mech, qk_view cipher, qk_view *out)
{
    Grep11__ReencryptSingleRequest request = GREP11__REENCRYPT_SINGLE_REQUEST__INIT;
    Grep11__ReencryptSingleResponse *answer;

    give(it, from, &request.deckey, &request.deckeyv1);
    give(it, to, &request.enckey, &request.enckeyv1);
    request.decmech = from_mech;
    request.encmech = to_mech;
    request.ciphered = qk_message_bytes(cipher);
    QK_TRY(perform(it, QK_REENCRYPT_SINGLE, &request, &answer));
    *out = qk_message_view(answer->reciphered);
    return QK_OK;
}

static void ciphertext_moves_from_key_to_key(contract *it)
{
    Grep11__Mechanism *a = mech_iv(it, CKM_AES_CBC_PAD, iv), *b = mech_gcm(it, iv, QK_VIEW_NONE);
    client_key from = aes_key(it), to = aes_key(it), cannot;
    qk_view cipher, moved, back;

    works(encrypt(it, a, &from, text, &cipher));
    works(reencrypt(it, &from, a, &to, b, cipher, &moved));
    works(decrypt(it, b, &to, moved, &back));
    assert_view_equal(back, text);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_ENCRYPT), YES(CKA_DECRYPT)), &cannot));
    refuses(reencrypt(it, &from, a, &cannot, b, cipher, &moved), QK_E_KEY_NOT_PERMITTED);
    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), YES(CKA_ENCRYPT), NO(CKA_DECRYPT)), &cannot));
    refuses(reencrypt(it, &cannot, a, &to, b, cipher, &moved), QK_E_KEY_NOT_PERMITTED);
}

static void a_key_does_only_what_its_attributes_allow(contract *it)
{
    Grep11__Mechanism *cbc = mech_iv(it, CKM_AES_CBC_PAD, iv);
    client_key made;
    qk_view cipher, out;

    works(generate(it, CKM_AES_KEY_GEN, ITEMS(NUMBER(CKA_VALUE_LEN, 16), NO(CKA_DECRYPT)), &made));
    works(encrypt(it, cbc, &made, text, &cipher));
    refuses(decrypt(it, cbc, &made, cipher, &out), QK_E_KEY_NOT_PERMITTED);
    refuses(decrypt_init(it, cbc, &made, &out), QK_E_KEY_NOT_PERMITTED);
}

static void keys_and_mechanisms_must_fit(contract *it)
{
    const key_pair *pair = rsa_pair(it);
    client_key made = aes_key(it);
    qk_view out;

    refuses(encrypt(it, mech(it, CKM_RSA_PKCS), &made, text, &out), QK_E_KEY_TYPE);
    refuses(encrypt(it, mech(it, CKM_AES_ECB), &pair->public_key, iv, &out), QK_E_KEY_TYPE);
    refuses(encrypt(it, mech(it, CKM_RSA_PKCS), &pair->private_key, text, &out), QK_E_KEY_TYPE);
    refuses(decrypt(it, mech(it, CKM_RSA_PKCS), &pair->public_key, text, &out), QK_E_KEY_TYPE);
    refuses(encrypt(it, mech(it, CKM_SHA256), &made, text, &out), QK_E_MECHANISM_INVALID);
    refuses(encrypt(it, mech_iv(it, CKM_AES_CBC, text), &made, iv, &out), QK_E_MECHANISM_PARAM);
    refuses(encrypt(it, NULL, &made, text, &out), QK_E_BAD_ARGUMENT);
}

static void lengths_and_padding_are_checked(contract *it)
{
    client_key made = aes_key(it);
    qk_view out;

    refuses(encrypt(it, mech(it, CKM_AES_ECB), &made, text, &out), QK_E_BAD_LENGTH);
    refuses(decrypt(it, mech(it, CKM_AES_ECB), &made, text, &out), QK_E_CIPHERTEXT_LENGTH);
    refuses(decrypt(it, mech_iv(it, CKM_AES_CBC_PAD, iv), &made, text, &out), QK_E_CIPHERTEXT_LENGTH);
}

static void a_request_without_a_key_is_refused(contract *it)
{
    Grep11__EncryptSingleRequest request = GREP11__ENCRYPT_SINGLE_REQUEST__INIT;
    void *answer;

    request.mech = mech(it, CKM_AES_ECB);
    refuses(perform(it, QK_ENCRYPT_SINGLE, &request, &answer), QK_E_BAD_ARGUMENT);
}

/* The KeyBlob counts if it holds a blob; else the raw field does. */
static void an_empty_keyblob_gives_way_to_raw_bytes(contract *it)
{
    Grep11__EncryptSingleRequest request = GREP11__ENCRYPT_SINGLE_REQUEST__INIT;
    Grep11__KeyBlob empty = GREP11__KEY_BLOB__INIT;
    client_key made = aes_key(it), other = aes_key(it);
    qk_view expected;
    Grep11__EncryptSingleResponse *answer;

    works(encrypt(it, mech(it, CKM_AES_ECB), &made, iv, &expected));
    request.mech = mech(it, CKM_AES_ECB);
    request.plain = qk_message_bytes(iv);
    request.key = &empty;
    request.keyv1 = qk_message_bytes(made.bytes);
    works(perform(it, QK_ENCRYPT_SINGLE, &request, &answer));
    assert_view_equal(qk_message_view(answer->ciphered), expected);
    request.key = made.message;
    request.keyv1 = qk_message_bytes(other.bytes);
    works(perform(it, QK_ENCRYPT_SINGLE, &request, &answer));
    assert_view_equal(qk_message_view(answer->ciphered), expected);
}

const contract_case contract_cipher[] = {
    CASE(aes_gives_the_known_answers),
    CASE(single_and_whole_calls_agree),
    CASE(parts_of_any_size_give_the_same),
    CASE(gcm_goes_in_one_call),
    CASE(gcm_takes_no_parts),
    CASE(a_changed_gcm_ciphertext_is_refused),
    CASE(rsa_encrypts_and_decrypts),
    CASE(rsa_takes_no_parts),
    CASE(ciphertext_moves_from_key_to_key),
    CASE(a_key_does_only_what_its_attributes_allow),
    CASE(keys_and_mechanisms_must_fit),
    CASE(lengths_and_padding_are_checked),
    CASE(a_request_without_a_key_is_refused),
    CASE(an_empty_keyblob_gives_way_to_raw_bytes),
    { NULL, NULL },
};
