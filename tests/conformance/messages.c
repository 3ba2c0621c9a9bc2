/* SPDX-License-Identifier: Apache-2.0 */
/* Message-based operations: PKCS #11 3.0, sections 5.9, 5.11, 5.14 and 5.16. */
#include "conformance.h"

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

static CK_BYTE text[64] = "thirty-two bytes of plain text..", cipher[128], plain[128], aad[] = "associated";
static CK_BYTE nonce[12], tag[16];
static CK_ULONG len;
static CK_GCM_MESSAGE_PARAMS gcm;
static CK_MECHANISM message_gcm = { CKM_AES_GCM, &gcm, sizeof gcm };
#define PARAM &gcm, sizeof gcm

static void new_param(CK_GENERATOR_FUNCTION generator, CK_ULONG fixed_bits)
{
    memset(nonce, 0x11, sizeof nonce);
    memset(tag, 0, sizeof tag);
    gcm = (CK_GCM_MESSAGE_PARAMS){ nonce, sizeof nonce, fixed_bits, generator, tag, 128 };
}

/* What C_Encrypt gives: the ciphertext, and the tag behind it. */
static void must_equal_one_call(CK_OBJECT_HANDLE key, const CK_BYTE *got, CK_ULONG text_len)
{
    CK_GCM_PARAMS params = { nonce, sizeof nonce, 96, aad, sizeof aad, 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &params, sizeof params };
    CK_BYTE whole[128];
    CK_ULONG whole_len = sizeof whole;

    OK(p11->C_EncryptInit(session, &mechanism, key));
    OK(p11->C_Encrypt(session, text, text_len, whole, &whole_len));
    CHECK(whole_len == text_len + 16);
    CHECK(memcmp(whole, got, text_len) == 0 && memcmp(whole + text_len, tag, 16) == 0);
}

static CK_OBJECT_HANDLE begin(CK_GENERATOR_FUNCTION generator, CK_ULONG fixed_bits)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "messages");

    new_param(generator, fixed_bits);
    OK(p32->C_MessageEncryptInit(session, &message_gcm, key));
    OK(p32->C_MessageDecryptInit(session, &message_gcm, key));
    return key;
}

static void messages_are_encrypted_and_decrypted(void)
{
    CK_OBJECT_HANDLE key = begin(CKG_NO_GENERATE, 0);

    for (CK_BYTE round = 0; round < 3; round++) {
        nonce[0] = round;
        len = sizeof cipher;
        OK(p32->C_EncryptMessage(session, PARAM, aad, sizeof aad, text, 32, cipher, &len));
        CHECK(len == 32);
        must_equal_one_call(key, cipher, 32);
        len = sizeof plain;
        OK(p32->C_DecryptMessage(session, PARAM, aad, sizeof aad, cipher, 32, plain, &len));
        CHECK(len == 32 && memcmp(plain, text, 32) == 0);
    }
    len = sizeof cipher;
    OK(p32->C_EncryptMessage(session, PARAM, NULL, 0, NULL, 0, cipher, &len)); /* nothing at all has a tag, too */
    CHECK(len == 0);
    OK(p32->C_DecryptMessage(session, PARAM, NULL, 0, NULL, 0, plain, &len));
    OK(p32->C_MessageEncryptFinal(session));
    OK(p32->C_MessageDecryptFinal(session));
    RV(p32->C_MessageEncryptFinal(session), NOT_ACTIVE);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 32, cipher, &len), NOT_ACTIVE);
}

static void no_plaintext_leaves_unchecked(void)
{
    CK_BYTE untouched[128];

    begin(CKG_NO_GENERATE, 0);
    len = sizeof cipher;
    OK(p32->C_EncryptMessage(session, PARAM, aad, sizeof aad, text, 32, cipher, &len));
    memset(plain, 0x77, sizeof plain);
    memset(untouched, 0x77, sizeof untouched);
    for (int i = 0; i < 4; i++) {
        CK_BYTE *places[] = { &cipher[5], &tag[15], &nonce[3], &aad[1] };
        *places[i] ^= 1;
        len = sizeof plain;
        RV(p32->C_DecryptMessage(session, PARAM, aad, sizeof aad, cipher, 32, plain, &len), CKR_AEAD_DECRYPT_FAILED);
        OK(p32->C_DecryptMessageBegin(session, PARAM, aad, sizeof aad));
        len = sizeof plain;
        OK(p32->C_DecryptMessageNext(session, PARAM, cipher, 16, plain, &len, 0));
        CHECK(len == 0);
        len = sizeof plain;
        RV(p32->C_DecryptMessageNext(session, PARAM, cipher + 16, 16, plain, &len, CKF_END_OF_MESSAGE),
           CKR_AEAD_DECRYPT_FAILED);
        CHECK(memcmp(plain, untouched, sizeof plain) == 0);
        *places[i] ^= 1;
    }
    len = sizeof plain;
    OK(p32->C_DecryptMessage(session, PARAM, aad, sizeof aad, cipher, 32, plain, &len)); /* the process goes on */
    CHECK(memcmp(plain, text, 32) == 0);
}

static void lengths_follow_the_convention(void)
{
    begin(CKG_GENERATE_COUNTER, 0);
    len = 0;
    OK(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 20, NULL, &len));
    CHECK(len == 20);
    len = 19;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 20, cipher, &len), CKR_BUFFER_TOO_SMALL);
    CHECK(len == 20);
    OK(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 20, cipher, &len));
    CHECK(nonce[11] == 0); /* neither question has used a nonce up */
    OK(p32->C_EncryptMessageBegin(session, PARAM, NULL, 0));
    CHECK(nonce[11] == 1);
    len = 0;
    OK(p32->C_EncryptMessageNext(session, PARAM, text, 20, NULL, &len, CKF_END_OF_MESSAGE));
    CHECK(len == 20);
    len = 19;
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 20, cipher, &len, CKF_END_OF_MESSAGE), CKR_BUFFER_TOO_SMALL);
    OK(p32->C_EncryptMessageNext(session, PARAM, text, 20, cipher, &len, CKF_END_OF_MESSAGE));
    CHECK(len == 20);
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 20, cipher, &len, CKF_END_OF_MESSAGE), NOT_ACTIVE);
}

static void messages_go_in_parts(void)
{
    CK_OBJECT_HANDLE key = begin(CKG_NO_GENERATE, 0);
    CK_ULONG done = 0;

    RV(p32->C_EncryptMessageNext(session, PARAM, text, 16, cipher, &len, 0), NOT_ACTIVE);
    OK(p32->C_EncryptMessageBegin(session, PARAM, aad, sizeof aad));
    RV(p32->C_EncryptMessageBegin(session, PARAM, aad, sizeof aad), CKR_OPERATION_ACTIVE);
    len = sizeof cipher;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_OPERATION_ACTIVE);
    RV(p32->C_MessageEncryptFinal(session), CKR_OPERATION_ACTIVE);
    for (int i = 0; i < 3; i++) {
        len = sizeof cipher - done;
        OK(p32->C_EncryptMessageNext(session, PARAM, text + 16 * i, 16, cipher + done, &len,
                                     i == 2 ? CKF_END_OF_MESSAGE : 0));
        done += len;
    }
    CHECK(done == 48);
    must_equal_one_call(key, cipher, 48);
    OK(p32->C_DecryptMessageBegin(session, PARAM, aad, sizeof aad));
    done = 0;
    for (int i = 0; i < 3; i++) {
        len = sizeof plain - done;
        OK(p32->C_DecryptMessageNext(session, PARAM, cipher + 16 * i, 16, plain + done, &len,
                                     i == 2 ? CKF_END_OF_MESSAGE : 0));
        done += len;
    }
    CHECK(done == 48 && memcmp(plain, text, 48) == 0);
    OK(p32->C_EncryptMessageBegin(session, PARAM, aad, sizeof aad));
    len = sizeof cipher;
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 16, cipher, &len, 0x10), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncryptMessageNext(session, PARAM, text, 16, cipher, &len, 0), NOT_ACTIVE); /* the message is over */
    OK(p32->C_MessageEncryptFinal(session));                                              /* the process was not */
}

static void encrypt_once(CK_BYTE out_nonce[12])
{
    len = sizeof cipher;
    OK(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len));
    memcpy(out_nonce, nonce, 12);
    OK(p32->C_DecryptMessage(session, PARAM, NULL, 0, cipher, 16, plain, &len));
    CHECK(memcmp(plain, text, 16) == 0);
}

static void nonces_are_made_as_asked(void)
{
    static const CK_BYTE fixed[4] = { 0x11, 0x11, 0x11, 0x11 };
    static const CK_GENERATOR_FUNCTION ways[] = { CKG_GENERATE, CKG_GENERATE_COUNTER, CKG_GENERATE_COUNTER_XOR };
    CK_BYTE one[12], two[12];

    for (size_t i = 0; i < COUNT(ways); i++) {
        begin(ways[i], 32);
        encrypt_once(one);
        encrypt_once(two);
        CHECK(memcmp(one, fixed, 4) == 0 && memcmp(two, fixed, 4) == 0 && memcmp(one, two, 12) != 0);
        if (ways[i] == CKG_GENERATE_COUNTER)
            CHECK(memcmp(one + 4, "\0\0\0\0\0\0\0\0", 8) == 0 && memcmp(two + 4, "\0\0\0\0\0\0\0\1", 8) == 0);
        if (ways[i] == CKG_GENERATE_COUNTER_XOR)
            CHECK(one[11] == 0x11 && two[11] == 0x10 && two[4] == 0x11);
        OK(p32->C_SessionCancel(session, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT));
    }
    begin(CKG_GENERATE_RANDOM, 0);
    encrypt_once(one);
    encrypt_once(two);
    CHECK(memcmp(one, two, 12) != 0);
    gcm.ulIvFixedBits = 32; /* 64 random bits are too few: SP 800-38D, 8.2.2 */
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    gcm.ulIvFixedBits = 97;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    gcm.ivGenerator = CKG_GENERATE_COUNTER;
    gcm.ulIvFixedBits = 95; /* two messages, and no more */
    encrypt_once(one);
    encrypt_once(two);
    CHECK(memcmp(one, two, 12) != 0);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_TOKEN_RESOURCE_EXCEEDED);
}

static void parameters_of_messages_are_judged(void)
{
    CK_OBJECT_HANDLE key = begin(CKG_NO_GENERATE, 0), mac = make_hmac(session);
    CK_MECHANISM bare = { CKM_AES_GCM, NULL, 0 }, odd = { CKM_AES_GCM, &gcm, sizeof gcm - 1 };

    len = sizeof cipher;
    RV(p32->C_EncryptMessage(session, NULL, 0, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    RV(p32->C_EncryptMessage(session, NULL, sizeof gcm, NULL, 0, text, 16, cipher, &len), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncryptMessage(session, &gcm, sizeof gcm - 1, NULL, 0, text, 16, cipher, &len),
       CKR_MECHANISM_PARAM_INVALID);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 5, text, 16, cipher, &len), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, NULL, 16, cipher, &len), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, NULL), CKR_ARGUMENTS_BAD);
    gcm.ulTagBits = 33;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    new_param(9, 0);
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    new_param(CKG_NO_GENERATE, 0);
    gcm.pIv = NULL;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    new_param(CKG_NO_GENERATE, 0);
    gcm.pTag = NULL;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), CKR_MECHANISM_PARAM_INVALID);
    OK(p32->C_EncryptMessageBegin(session, PARAM, NULL, 0)); /* the tag may come at the end */
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    new_param(CKG_NO_GENERATE, 0);
    OK(p32->C_MessageEncryptInit(session, &bare, key));
    RV(p32->C_MessageEncryptInit(session, &bare, key), CKR_OPERATION_ACTIVE);
    OK(p32->C_MessageEncryptInit(session, NULL, 0));
    RV(p32->C_MessageEncryptInit(session, &odd, key), CKR_MECHANISM_PARAM_INVALID);
    RV(p32->C_MessageEncryptInit(session, &aes_cbc, key), CKR_MECHANISM_INVALID);
    RV(p32->C_MessageEncryptInit(session, &hmac, key), CKR_MECHANISM_INVALID);
    RV(p32->C_MessageEncryptInit(session, &bare, mac), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_MessageEncryptInit(session, &bare, NO_HANDLE), CKR_KEY_HANDLE_INVALID);
    CHECK(offers(CKM_AES_GCM, CKF_MESSAGE_ENCRYPT | CKF_MESSAGE_DECRYPT));
}

/* ---- signatures ---- */

static void sign_messages(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE other_half)
{
    static CK_BYTE big[150000];
    CK_BYTE signature[512];
    CK_ULONG wanted = 0;

    OK(p32->C_MessageSignInit(session, mechanism, key));
    RV(p32->C_MessageSignInit(session, mechanism, key), CKR_OPERATION_ACTIVE);
    OK(p32->C_MessageVerifyInit(session, mechanism, other_half));
    for (CK_ULONG size = 0; size <= sizeof big; size += 75000) {
        OK(p32->C_SignMessage(session, NULL, 0, big, size, NULL, &wanted));
        len = wanted - 1;
        RV(p32->C_SignMessage(session, NULL, 0, big, size, signature, &len), CKR_BUFFER_TOO_SMALL);
        OK(p32->C_SignMessage(session, NULL, 0, big, size, signature, &len));
        CHECK(len == wanted);
        OK(p32->C_VerifyMessage(session, NULL, 0, big, size, signature, len));
        signature[len - 1] ^= 1;
        RV(p32->C_VerifyMessage(session, NULL, 0, big, size, signature, len), CKR_SIGNATURE_INVALID);
        signature[len - 1] ^= 1;
        RV(p32->C_VerifyMessage(session, NULL, 0, big, size, signature, len - 1), CKR_SIGNATURE_LEN_RANGE);
        OK(p32->C_VerifyMessageBegin(session, NULL, 0));
        OK(p32->C_VerifyMessageNext(session, NULL, 0, big, size / 2, NULL, 0));
        OK(p32->C_VerifyMessageNext(session, NULL, 0, big + size / 2, size - size / 2, signature, len));
        OK(p32->C_SignMessageBegin(session, NULL, 0));
        RV(p32->C_SignMessageBegin(session, NULL, 0), CKR_OPERATION_ACTIVE);
        RV(p32->C_SignMessage(session, NULL, 0, big, size, signature, &len), CKR_OPERATION_ACTIVE);
        RV(p32->C_MessageSignFinal(session), CKR_OPERATION_ACTIVE);
        OK(p32->C_SignMessageNext(session, NULL, 0, big, size / 2, NULL, NULL));
        OK(p32->C_SignMessageNext(session, NULL, 0, big + size / 2, size - size / 2, NULL, &len));
        len = wanted - 1;
        RV(p32->C_SignMessageNext(session, NULL, 0, big + size / 2, size - size / 2, signature, &len),
           CKR_BUFFER_TOO_SMALL);
        OK(p32->C_SignMessageNext(session, NULL, 0, big + size / 2, size - size / 2, signature, &len));
        OK(p32->C_VerifyMessage(session, NULL, 0, big, size, signature, len));
    }
    RV(p32->C_SignMessageNext(session, NULL, 0, big, 4, NULL, NULL), NOT_ACTIVE);
    RV(p32->C_SignMessage(session, signature, 4, big, 4, signature, &len), CKR_MECHANISM_PARAM_INVALID);
    OK(p32->C_MessageSignFinal(session));
    OK(p32->C_MessageVerifyFinal(session));
    RV(p32->C_SignMessage(session, NULL, 0, big, 4, signature, &len), NOT_ACTIVE);
    RV(p32->C_VerifyMessage(session, NULL, 0, big, 4, signature, len), NOT_ACTIVE);
}

static void messages_are_signed_and_verified(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session), ec_public = 0, ec = 0, rsa_public = 0, rsa = 0;

    make_ec(session, &ec_public, &ec);
    make_rsa(session, &rsa_public, &rsa);
    sign_messages(&hmac, mac, mac);
    sign_messages(&ecdsa_sha256, ec, ec_public);
    sign_messages(&rsa_sha256, rsa, rsa_public);
}

static void messages_end_with_the_login(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session);

    begin(CKG_NO_GENERATE, 0);
    OK(p32->C_MessageSignInit(session, &hmac, mac));
    OK(p11->C_Logout(session));
    OK(login(session, CKU_USER));
    len = sizeof cipher;
    RV(p32->C_EncryptMessage(session, PARAM, NULL, 0, text, 16, cipher, &len), NOT_ACTIVE);
    RV(p32->C_SignMessage(session, NULL, 0, text, 16, cipher, &len), NOT_ACTIVE);
    mac = make_hmac(session);
    OK(p32->C_MessageSignInit(session, &hmac, mac));
}

static void a_key_asks_before_each_message(void)
{
    static CK_BYTE curve[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
    CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE of_public = VALUE(CKA_EC_PARAMS, curve);
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_SIGN, true), BOOL(CKA_ALWAYS_AUTHENTICATE, true) };
    CK_OBJECT_HANDLE public_key = 0, key = 0;

    OK(p11->C_GenerateKeyPair(session, &pair, &of_public, 1, of_private, 2, &public_key, &key));
    OK(p32->C_MessageSignInit(session, &ecdsa_sha256, key));
    for (int i = 0; i < 2; i++) {
        len = sizeof cipher;
        RV(p32->C_SignMessage(session, NULL, 0, text, 16, cipher, &len), CKR_USER_NOT_LOGGED_IN);
        OK(login(session, CKU_CONTEXT_SPECIFIC));
        OK(p32->C_SignMessage(session, NULL, 0, text, 16, cipher, &len));
    }
    OK(p32->C_MessageSignFinal(session));
    OK(p11->C_SignInit(session, &ecdsa_sha256, key));
    OK(login(session, CKU_CONTEXT_SPECIFIC));
    len = sizeof cipher;
    RV(p11->C_GetOperationState(session, cipher, &len), CKR_STATE_UNSAVEABLE); /* one PIN would serve twice */
    OK(p11->C_Sign(session, text, 16, cipher, &len));
}

const test_case message_cases[] = {
    { "messages are encrypted and decrypted", messages_are_encrypted_and_decrypted, true, false },
    { "no plaintext of a message leaves unchecked", no_plaintext_leaves_unchecked, true, false },
    { "lengths of messages follow the convention", lengths_follow_the_convention, true, false },
    { "messages go in parts", messages_go_in_parts, true, false },
    { "nonces are made as asked", nonces_are_made_as_asked, true, false },
    { "parameters of messages are judged", parameters_of_messages_are_judged, true, false },
    { "messages are signed and verified", messages_are_signed_and_verified, true, false },
    { "a key asks for its PIN before each message", a_key_asks_before_each_message, true, false },
    { "messages end with the login", messages_end_with_the_login, true, false },
    { NULL, NULL, false, false },
};
