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
    { NULL, NULL, false, false },
};
