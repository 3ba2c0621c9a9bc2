/* SPDX-License-Identifier: Apache-2.0 */
/* What versions 3.0 and 3.2 brought, messages apart; and what this module once refused. */
#include "conformance.h"

#include <pthread.h>

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

static CK_BYTE in[64] = "thirty-two bytes of plain text..", out[512];
static CK_ULONG len;

/* ---- slots ---- */

static void no_event_happens(void)
{
    CK_SLOT_ID slot = 77;

    OK(p11->C_Initialize(NULL));
    RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL), CKR_NO_EVENT);
    RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot), CKR_ARGUMENTS_BAD);
    CHECK(slot == 77);
    OK(p11->C_Finalize(NULL));
    RV(p11->C_WaitForSlotEvent(0, &slot, NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void *wait_for_event(void *started)
{
    CK_SLOT_ID slot;

    __atomic_store_n((int *)started, 1, __ATOMIC_RELEASE);
    return (void *)(uintptr_t)p11->C_WaitForSlotEvent(0, &slot, NULL);
}

/* Twice, and with two that wait: an end wakes all, and is not mistaken for the next one. */
static void who_waits_for_an_event_wakes_at_the_end(void)
{
    for (int round = 0; round < 2; round++) {
        pthread_t threads[2];
        int started[2] = { 0, 0 };
        void *rv;

        OK(p11->C_Initialize(NULL));
        for (int i = 0; i < 2; i++)
            CHECK(pthread_create(&threads[i], NULL, wait_for_event, &started[i]) == 0);
        for (int i = 0; i < 2; i++)
            while (!__atomic_load_n(&started[i], __ATOMIC_ACQUIRE))
                ;
        OK(p11->C_Finalize(NULL));
        for (int i = 0; i < 2; i++) {
            CHECK(pthread_join(threads[i], &rv) == 0);
            CHECK((CK_RV)(uintptr_t)rv == CKR_CRYPTOKI_NOT_INITIALIZED);
        }
    }
}

/* ---- sessions and logins ---- */

static void asynchronous_sessions_are_refused(void)
{
    CK_UTF8CHAR name[] = "C_Sign";
    CK_ASYNC_DATA data = { 0 };
    CK_SESSION_HANDLE at = 5;
    CK_TOKEN_INFO info;

    RV(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_ASYNC_SESSION, NULL, NULL, &at), CKR_SESSION_ASYNC_NOT_SUPPORTED);
    OK(p11->C_GetTokenInfo(0, &info));
    CHECK(!(info.flags & CKF_ASYNC_SESSION_SUPPORTED));
    RV(p32->C_AsyncComplete(session, name, &data), CKR_FUNCTION_NOT_SUPPORTED);
    RV(p32->C_AsyncGetID(session, name, &len), CKR_FUNCTION_NOT_SUPPORTED);
    RV(p32->C_AsyncJoin(session, name, 1, out, sizeof out), CKR_FUNCTION_NOT_SUPPORTED);
}

static void a_user_without_a_name_logs_in(void)
{
    CK_UTF8CHAR name[] = "alice";
    CK_UTF8CHAR *pin = (CK_UTF8CHAR *)user_pin;
    CK_ULONG pin_len = strlen(user_pin);

    OK(p11->C_Logout(session));
    RV(p32->C_LoginUser(session, 7, pin, pin_len, NULL, 0), CKR_USER_TYPE_INVALID);
    RV(p32->C_LoginUser(session, CKU_USER, NULL, pin_len, NULL, 0), CKR_ARGUMENTS_BAD);
    RV(p32->C_LoginUser(session, CKU_USER, pin, pin_len, name, 5), CKR_ARGUMENTS_BAD);
    RV(p32->C_LoginUser(session, CKU_CONTEXT_SPECIFIC, pin, pin_len, NULL, 0), NOT_ACTIVE);
    OK(p32->C_LoginUser(session, CKU_USER, pin, pin_len, NULL, 0));
    RV(p32->C_LoginUser(session, CKU_USER, pin, pin_len, name, 0), CKR_USER_ALREADY_LOGGED_IN);
}

static void the_token_claims_no_validation(void)
{
    CK_FLAGS flags = 77;

    OK(p32->C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, &flags));
    CHECK(flags == 0);
    RV(p32->C_GetSessionValidationFlags(session, CKS_LAST_VALIDATION_OK, NULL), CKR_ARGUMENTS_BAD);
    RV(p32->C_GetSessionValidationFlags(session, 99, &flags), CKR_ARGUMENTS_BAD);
}

/* ---- cancelling ---- */

static void start_everything(CK_OBJECT_HANDLE aes, CK_OBJECT_HANDLE mac)
{
    OK(p11->C_EncryptInit(session, &aes_cbc_pad, aes));
    OK(p11->C_DecryptInit(session, &aes_cbc_pad, aes));
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_VerifyInit(session, &hmac, mac));
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    OK(p32->C_MessageSignInit(session, &hmac, mac));
    OK(p32->C_MessageVerifyInit(session, &hmac, mac));
}

static void operations_are_cancelled_by_flags(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), mac = make_hmac(session), found;

    start_everything(aes, mac);
    OK(p32->C_SessionCancel(session, 0));
    RV(p11->C_EncryptInit(session, &aes_cbc_pad, aes), CKR_OPERATION_ACTIVE);
    OK(p32->C_SessionCancel(session, CKF_ENCRYPT | CKF_WRAP));
    len = sizeof out;
    RV(p11->C_Encrypt(session, in, 16, out, &len), NOT_ACTIVE);
    OK(p11->C_DigestUpdate(session, in, 16)); /* the others go on */
    OK(p32->C_SessionCancel(session, CKF_DECRYPT | CKF_DIGEST | CKF_SIGN | CKF_VERIFY | CKF_FIND_OBJECTS |
                                         CKF_MESSAGE_SIGN | CKF_MESSAGE_VERIFY));
    RV(p11->C_DigestUpdate(session, in, 16), NOT_ACTIVE);
    RV(p11->C_SignUpdate(session, in, 16), NOT_ACTIVE);
    RV(p11->C_FindObjects(session, &found, 1, &len), NOT_ACTIVE);
    RV(p32->C_MessageSignFinal(session), NOT_ACTIVE);
    start_everything(aes, mac);
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    start_everything(aes, mac);
}

static void a_null_mechanism_cancels(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session);

    RV(p11->C_SignInit(session, NULL, mac), CKR_ARGUMENTS_BAD);
    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_SignInit(session, NULL, 0));
    RV(p11->C_SignUpdate(session, in, 4), NOT_ACTIVE);
    OK(p32->C_MessageSignInit(session, &hmac, mac));
    OK(p32->C_SignMessageBegin(session, NULL, 0));
    OK(p32->C_MessageSignInit(session, NULL, 0));
    RV(p32->C_SignMessageNext(session, NULL, 0, in, 4, NULL, NULL), NOT_ACTIVE);
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, in, 32));
    OK(p11->C_VerifyInit(session, NULL, 0)); /* both are the session's verification */
    RV(p32->C_VerifySignature(session, in, 4), NOT_ACTIVE);
}

/* ---- keys as data ---- */

static void keys_are_digested(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_GENERIC_SECRET;
    CK_OBJECT_HANDLE key = 0, ec_public = 0, ec = 0;
    CK_BYTE value[32], wanted[32], all[70000 + 32 + 7];
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE, value) };

    memset(value, 0x5a, sizeof value);
    memset(all, 'x', sizeof all);
    memcpy(all + 70000, value, 32);
    OK(p11->C_CreateObject(session, items, COUNT(items), &key));
    for (CK_ULONG before = 0; before <= 70000; before += 70000) {
        len = sizeof wanted;
        OK(p11->C_DigestInit(session, &sha256));
        OK(p11->C_Digest(session, all + 70000 - before, before + 32 + 7, wanted, &len));
        OK(p11->C_DigestInit(session, &sha256));
        if (before)
            OK(p11->C_DigestUpdate(session, all, before));
        OK(p11->C_DigestKey(session, key));
        len = sizeof out;
        RV(p11->C_Digest(session, in, 4, out, &len), CKR_OPERATION_ACTIVE);
        OK(p11->C_DigestInit(session, &sha256));
        if (before)
            OK(p11->C_DigestUpdate(session, all, before));
        OK(p11->C_DigestKey(session, key));
        OK(p11->C_DigestUpdate(session, all, 7));
        len = 0;
        OK(p11->C_DigestFinal(session, NULL, &len));
        CHECK(len == 32);
        OK(p11->C_DigestFinal(session, out, &len));
        CHECK(memcmp(out, wanted, 32) == 0);
    }
    make_ec(session, &ec_public, &ec);
    RV(p11->C_DigestKey(session, key), NOT_ACTIVE);
    OK(p11->C_DigestInit(session, &sha256));
    RV(p11->C_DigestKey(session, ec), CKR_KEY_INDIGESTIBLE);
    OK(p11->C_DigestInit(session, &sha256));
    RV(p11->C_DigestKey(session, NO_HANDLE), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_DigestKey(session, key), NOT_ACTIVE);
}

/* ---- signatures ---- */

static CK_ULONG sign(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE *data, CK_ULONG data_len,
                     CK_BYTE *signature)
{
    CK_ULONG signature_len = 512;

    OK(p11->C_SignInit(session, mechanism, key));
    OK(p11->C_Sign(session, data, data_len, signature, &signature_len));
    return signature_len;
}

static void signatures_come_first(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_OBJECT_HANDLE other_half)
{
    static CK_BYTE big[200000];
    CK_BYTE signature[512];
    CK_ULONG signature_len = sign(mechanism, key, big, sizeof big, signature);

    OK(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len));
    RV(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len), CKR_OPERATION_ACTIVE);
    RV(p11->C_VerifyInit(session, mechanism, other_half), CKR_OPERATION_ACTIVE);
    RV(p11->C_Verify(session, big, sizeof big, signature, signature_len), NOT_ACTIVE);
    OK(p32->C_VerifySignature(session, big, sizeof big));
    RV(p32->C_VerifySignature(session, big, sizeof big), NOT_ACTIVE);
    OK(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len));
    RV(p32->C_VerifySignature(session, big, sizeof big - 1), CKR_SIGNATURE_INVALID);
    OK(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len));
    for (CK_ULONG at = 0; at < sizeof big; at += 50000)
        OK(p32->C_VerifySignatureUpdate(session, big + at, 50000));
    RV(p32->C_VerifySignature(session, big, 0), CKR_OPERATION_ACTIVE); /* and that ends it */
    OK(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len));
    OK(p32->C_VerifySignatureUpdate(session, big, 150000));
    OK(p32->C_VerifySignatureUpdate(session, big, 50000));
    OK(p32->C_VerifySignatureFinal(session));
    RV(p32->C_VerifySignatureFinal(session), NOT_ACTIVE);
    OK(p32->C_VerifySignatureInit(session, mechanism, other_half, signature, signature_len - 1));
    RV(p32->C_VerifySignature(session, big, sizeof big), CKR_SIGNATURE_LEN_RANGE);
    RV(p32->C_VerifySignatureInit(session, mechanism, other_half, NULL, signature_len), CKR_ARGUMENTS_BAD);
    RV(p32->C_VerifySignatureUpdate(session, big, 4), NOT_ACTIVE);
}

static void a_signature_may_be_given_first(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session), ec_public = 0, ec = 0;

    make_ec(session, &ec_public, &ec);
    signatures_come_first(&hmac, mac, mac);
    signatures_come_first(&ecdsa_sha256, ec, ec_public);
}

static void make_recovering(CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_MODULUS_BITS, bits), BOOL(CKA_VERIFY_RECOVER, true) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_SIGN_RECOVER, true) };

    OK(p11->C_GenerateKeyPair(session, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private),
                              out_public, out_private));
}

static void signatures_carry_their_data(void)
{
    CK_OBJECT_HANDLE public_key = 0, key = 0;
    CK_BYTE back[256];

    if (!offers(CKM_RSA_PKCS, CKF_SIGN_RECOVER | CKF_VERIFY_RECOVER)) {
        RV(p11->C_SignRecoverInit(session, &rsa_pkcs, 1), CKR_MECHANISM_INVALID);
        return;
    }
    make_recovering(&public_key, &key);
    RV(p11->C_SignInit(session, &rsa_pkcs, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    RV(p11->C_VerifyRecoverInit(session, &rsa_pkcs, key), CKR_KEY_TYPE_INCONSISTENT);
    OK(p11->C_SignRecoverInit(session, &rsa_pkcs, key));
    RV(p11->C_SignRecoverInit(session, &rsa_pkcs, key), CKR_OPERATION_ACTIVE);
    len = 0;
    OK(p11->C_SignRecover(session, in, 32, NULL, &len));
    CHECK(len == 256);
    len = 255;
    RV(p11->C_SignRecover(session, in, 32, out, &len), CKR_BUFFER_TOO_SMALL);
    OK(p11->C_SignRecover(session, in, 32, out, &len));
    CHECK(len == 256);
    RV(p11->C_SignRecover(session, in, 32, out, &len), NOT_ACTIVE);
    OK(p11->C_VerifyRecoverInit(session, &rsa_pkcs, public_key));
    len = 31;
    RV(p11->C_VerifyRecover(session, out, 256, back, &len), CKR_BUFFER_TOO_SMALL);
    CHECK(len == 32);
    OK(p11->C_VerifyRecover(session, out, 256, back, &len));
    CHECK(len == 32 && memcmp(back, in, 32) == 0);
    RV(p11->C_VerifyRecover(session, out, 256, back, &len), NOT_ACTIVE);
    out[7] ^= 1;
    len = sizeof back;
    OK(p11->C_VerifyRecoverInit(session, &rsa_pkcs, public_key));
    RV(p11->C_VerifyRecover(session, out, 256, back, &len), CKR_SIGNATURE_INVALID);
    OK(p11->C_VerifyRecoverInit(session, &rsa_pkcs, public_key));
    RV(p11->C_VerifyRecover(session, out, 255, back, &len), CKR_SIGNATURE_LEN_RANGE);
}

/* ---- keys that are carried ---- */

static CK_OBJECT_HANDLE unwrap(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_ULONG wrapped_len, CK_BYTE *aad,
                               CK_ULONG aad_len, CK_RV wanted)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), BOOL(CKA_ENCRYPT, true),
                             BOOL(CKA_DECRYPT, true) };
    CK_OBJECT_HANDLE key = 0;

    RV(p32->C_UnwrapKeyAuthenticated(session, mechanism, with, out, wrapped_len, items, COUNT(items), aad, aad_len,
                                     &key),
       wanted);
    return key;
}

static bool same_key(CK_OBJECT_HANDLE one, CK_OBJECT_HANDLE two)
{
    CK_BYTE a[3], b[3];
    CK_ATTRIBUTE of_one = VALUE(CKA_CHECK_VALUE, a), of_two = VALUE(CKA_CHECK_VALUE, b);

    OK(p11->C_GetAttributeValue(session, one, &of_one, 1));
    OK(p11->C_GetAttributeValue(session, two, &of_two, 1));
    return memcmp(a, b, 3) == 0;
}

static void keys_are_wrapped_with_authentication(void)
{
    CK_BYTE nonce[12] = { 0 }, tag[16] = { 0 }, none[16] = { 0 }, aad[] = "to whom it may concern";
    CK_GCM_MESSAGE_PARAMS gcm = { nonce, sizeof nonce, 0, CKG_GENERATE, tag, 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof gcm };
    CK_OBJECT_HANDLE wrapper = make_wrapper(session), key = make_takeable(session), back;

    if (!offers(CKM_AES_GCM, CKF_WRAP | CKF_UNWRAP)) {
        RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_INVALID);
        return;
    }
    len = 0;
    OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, NULL, &len));
    CHECK(len == 16 && memcmp(tag, none, 16) == 0);
    len = 15;
    RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, out, &len),
       CKR_BUFFER_TOO_SMALL);
    OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, out, &len));
    CHECK(len == 16 && memcmp(tag, none, 16) != 0 && memcmp(nonce, none, 12) != 0);
    back = unwrap(&mechanism, wrapper, len, aad, sizeof aad, CKR_OK);
    CHECK(same_key(key, back));
    unwrap(&mechanism, wrapper, len, aad, sizeof aad - 1, CKR_WRAPPED_KEY_INVALID);
    tag[3] ^= 1;
    unwrap(&mechanism, wrapper, len, aad, sizeof aad, CKR_WRAPPED_KEY_INVALID);
    tag[3] ^= 1;
    unwrap(&mechanism, key, len, aad, sizeof aad, CKR_KEY_FUNCTION_NOT_PERMITTED);
    unwrap(&mechanism, NO_HANDLE, len, aad, sizeof aad, CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    gcm.pTag = NULL;
    RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_PARAM_INVALID);
    RV(p32->C_WrapKeyAuthenticated(session, &aes_cbc, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_INVALID);
    RV(p32->C_WrapKeyAuthenticated(session, NULL, wrapper, key, NULL, 0, out, &len), CKR_ARGUMENTS_BAD);
}

static void keys_are_wrapped_under_a_nonce_of_the_tokens(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type) };
    CK_BYTE nonce[12] = { 0 }, none[12] = { 0 }, aad[] = "aad";
    CK_GCM_WRAP_PARAMS gcm = { nonce, sizeof nonce, 0, CKG_GENERATE_RANDOM, aad, 3, 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof gcm };
    CK_OBJECT_HANDLE wrapper = make_wrapper(session), key = make_takeable(session), back = 0;

    if (!offers(CKM_AES_GCM, CKF_WRAP | CKF_UNWRAP))
        return;
    len = 0;
    OK(p11->C_WrapKey(session, &mechanism, wrapper, key, NULL, &len));
    CHECK(len == 32 && memcmp(nonce, none, 12) == 0);
    OK(p11->C_WrapKey(session, &mechanism, wrapper, key, out, &len));
    CHECK(len == 32 && memcmp(nonce, none, 12) != 0);
    OK(p11->C_UnwrapKey(session, &mechanism, wrapper, out, len, items, COUNT(items), &back));
    CHECK(same_key(key, back));
    aad[0] ^= 1;
    RV(p11->C_UnwrapKey(session, &mechanism, wrapper, out, len, items, COUNT(items), &back), CKR_WRAPPED_KEY_INVALID);
}

static void make_kem_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *params, CK_OBJECT_HANDLE *out_public,
                          CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { *params, BOOL(CKA_ENCAPSULATE, true) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_DECAPSULATE, true) };

    OK(p11->C_GenerateKeyPair(session, &mechanism, of_public, 2, of_private, 1, out_public, out_private));
}

static void encapsulate(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE key, CK_ULONG cipher_len)
{
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG value_len = 32;
    CK_ATTRIBUTE items[] = { VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE_LEN, value_len), BOOL(CKA_ENCRYPT, true) };
    CK_BBOOL local = 9, always = 9, never = 9;
    CK_ATTRIBUTE told[] = { VALUE(CKA_LOCAL, local), VALUE(CKA_ALWAYS_SENSITIVE, always),
                            VALUE(CKA_NEVER_EXTRACTABLE, never) };
    CK_OBJECT_HANDLE mine = 0, yours = 0;

    len = 0;
    OK(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, NULL, &len, &mine));
    CHECK(len == cipher_len && mine == 0);
    len--;
    RV(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, &len, &mine), CKR_BUFFER_TOO_SMALL);
    CHECK(len == cipher_len && mine == 0);
    OK(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, &len, &mine));
    OK(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len, &yours));
    CHECK(same_key(mine, yours));
    OK(p11->C_GetAttributeValue(session, mine, told, 3));
    CHECK(!local && !always && !never);
    RV(p32->C_DecapsulateKey(session, mechanism, public_key, items, 3, out, len, &yours), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_EncapsulateKey(session, mechanism, key, items, 3, out, &len, &mine), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len - 1, &yours), CKR_WRAPPED_KEY_LEN_RANGE);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, NULL, len, &yours), CKR_ARGUMENTS_BAD);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len, NULL), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, NULL, &mine), CKR_ARGUMENTS_BAD);
}

static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

static void keys_are_encapsulated(void)
{
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE size = VALUE(CKA_MODULUS_BITS, bits), curve = VALUE(CKA_EC_PARAMS, p256);
    CK_RSA_PKCS_OAEP_PARAMS oaep_params = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_ECDH1_DERIVE_PARAMS ecdh_params = { CKD_NULL, 0, NULL, 0, NULL };
    CK_MECHANISM oaep = { CKM_RSA_PKCS_OAEP, &oaep_params, sizeof oaep_params };
    CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &ecdh_params, sizeof ecdh_params };
    CK_OBJECT_HANDLE public_key = 0, key = 0;

    RV(p32->C_EncapsulateKey(session, &sha256, 1, NULL, 0, out, &len, &key), CKR_MECHANISM_INVALID);
    if (offers(CKM_RSA_PKCS_OAEP, CKF_ENCAPSULATE | CKF_DECAPSULATE)) {
        make_kem_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &size, &public_key, &key);
        encapsulate(&oaep, public_key, key, 256);
    }
    if (offers(CKM_RSA_PKCS, CKF_ENCAPSULATE | CKF_DECAPSULATE))
        encapsulate(&rsa_pkcs, public_key, key, 256);
    if (offers(CKM_ECDH1_DERIVE, CKF_ENCAPSULATE | CKF_DECAPSULATE)) {
        make_kem_pair(CKM_EC_KEY_PAIR_GEN, &curve, &public_key, &key);
        encapsulate(&ecdh, public_key, key, 65);
    }
}

const test_case newer_cases[] = {
    { "no event happens to a slot", no_event_happens, false, false },
    { "who waits for an event wakes at the end", who_waits_for_an_event_wakes_at_the_end, false, false },
    { "asynchronous sessions are refused", asynchronous_sessions_are_refused, true, false },
    { "a user without a name logs in by C_LoginUser", a_user_without_a_name_logs_in, true, false },
    { "the token claims no validation", the_token_claims_no_validation, true, false },
    { "operations are cancelled by flags", operations_are_cancelled_by_flags, true, false },
    { "a NULL mechanism cancels", a_null_mechanism_cancels, true, false },
    { "keys are digested", keys_are_digested, true, false },
    { "a signature may be given first", a_signature_may_be_given_first, true, false },
    { "signatures carry their data", signatures_carry_their_data, true, false },
    { "keys are wrapped with authentication", keys_are_wrapped_with_authentication, true, false },
    { "keys are wrapped under a nonce of the token's", keys_are_wrapped_under_a_nonce_of_the_tokens, true, false },
    { "keys are encapsulated", keys_are_encapsulated, true, false },
    { NULL, NULL, false, false },
};
