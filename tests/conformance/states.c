/* SPDX-License-Identifier: Apache-2.0 */
/* C_GetOperationState and C_SetOperationState: PKCS #11 3.2, section 5.6. */
#include "conformance.h"

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

static CK_BYTE big[200000], state[300000], one[64], two[64];
static CK_ULONG state_len, one_len, two_len;

static void save(CK_SESSION_HANDLE at)
{
    CK_ULONG small;

    state_len = 0;
    OK(p11->C_GetOperationState(at, NULL, &state_len));
    CHECK(state_len > 0 && state_len <= sizeof state);
    small = state_len - 1;
    RV(p11->C_GetOperationState(at, state, &small), CKR_BUFFER_TOO_SMALL);
    CHECK(small == state_len);
    OK(p11->C_GetOperationState(at, state, &state_len));
}

static void digests_are_saved(void)
{
    CK_SESSION_HANDLE other = open_session(CKF_RW_SESSION), read_only = open_session(0);

    for (CK_ULONG before = 0; before <= 150000; before += 75000) {
        OK(p11->C_DigestInit(session, &sha256));
        if (before)
            OK(p11->C_DigestUpdate(session, big, before));
        save(session);
        OK(p11->C_DigestUpdate(session, big, 5));
        one_len = two_len = sizeof one;
        OK(p11->C_DigestFinal(session, one, &one_len));
        OK(p11->C_DigestInit(other, &sha256)); /* is cancelled */
        OK(p11->C_SetOperationState(other, state, state_len, 0, 0));
        OK(p11->C_DigestUpdate(other, big, 5));
        OK(p11->C_DigestFinal(other, two, &two_len));
        CHECK(one_len == two_len && memcmp(one, two, one_len) == 0);
        RV(p11->C_SetOperationState(read_only, state, state_len, 0, 0), CKR_SAVED_STATE_INVALID);
        RV(p11->C_SetOperationState(other, state, state_len, make_hmac(other), 0), CKR_KEY_NOT_NEEDED);
    }
}

static void digests_of_keys_are_saved(void)
{
    CK_OBJECT_HANDLE key = make_hmac(session);

    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestKey(session, key));
    save(session);
    one_len = two_len = sizeof one;
    OK(p11->C_DigestFinal(session, one, &one_len));
    OK(p11->C_SetOperationState(session, state, state_len, 0, 0));
    OK(p11->C_DigestFinal(session, two, &two_len));
    CHECK(memcmp(one, two, 32) == 0);
}

static void sign_on(CK_SESSION_HANDLE at, CK_BYTE *out, CK_ULONG *out_len)
{
    *out_len = sizeof one;
    OK(p11->C_SignUpdate(at, big, 1000));
    OK(p11->C_SignFinal(at, out, out_len));
}

static void keyed_operations_are_saved_without_their_keys(void)
{
    CK_OBJECT_HANDLE key = make_hmac(session), other = make_hmac(session), aes = make_aes(session, false, true, "aes");

    for (CK_ULONG before = 0; before <= 200000; before += 100000) {
        OK(p11->C_SignInit(session, &hmac, key));
        for (CK_ULONG done = 0; done < before; done += 50000)
            OK(p11->C_SignUpdate(session, big, 50000));
        save(session);
        sign_on(session, one, &one_len);
        RV(p11->C_SetOperationState(session, state, state_len, 0, 0), CKR_KEY_NEEDED);
        RV(p11->C_SetOperationState(session, state, state_len, key, 0), CKR_KEY_NOT_NEEDED);
        RV(p11->C_SetOperationState(session, state, state_len, aes, key), CKR_KEY_NOT_NEEDED);
        OK(p11->C_DigestInit(session, &sha256));
        RV(p11->C_SetOperationState(session, state, state_len, 0, other), CKR_KEY_CHANGED);
        RV(p11->C_SetOperationState(session, state, state_len, 0, aes), CKR_KEY_CHANGED);
        RV(p11->C_SetOperationState(session, state, state_len, 0, NO_HANDLE), CKR_KEY_HANDLE_INVALID);
        RV(p11->C_SignUpdate(session, big, 5), NOT_ACTIVE);
        OK(p11->C_DigestUpdate(session, big, 5)); /* what was refused has cancelled nothing */
        OK(p11->C_SetOperationState(session, state, state_len, 0, key));
        RV(p11->C_DigestUpdate(session, big, 5), NOT_ACTIVE);
        sign_on(session, two, &two_len);
        CHECK(one_len == two_len && memcmp(one, two, one_len) == 0);
    }
}

static void verification_is_saved(void)
{
    CK_OBJECT_HANDLE ec_public = 0, ec = 0;
    CK_BYTE signature[64];
    CK_ULONG signature_len = sizeof signature;

    make_ec(session, &ec_public, &ec);
    OK(p11->C_SignInit(session, &ecdsa_sha256, ec));
    OK(p11->C_Sign(session, big, sizeof big, signature, &signature_len));
    for (CK_ULONG before = 1000; before <= 100000; before += 99000) {
        OK(p11->C_VerifyInit(session, &ecdsa_sha256, ec_public));
        OK(p11->C_VerifyUpdate(session, big, before));
        save(session);
        OK(p11->C_VerifyInit(session, NULL, 0));
        OK(p11->C_SetOperationState(session, state, state_len, 0, ec_public));
        OK(p11->C_VerifyUpdate(session, big + before, sizeof big - before));
        OK(p11->C_VerifyFinal(session, signature, signature_len));
    }
}

static void encrypt_on(CK_BYTE *out, CK_ULONG *out_len)
{
    CK_ULONG room = 64;

    OK(p11->C_EncryptUpdate(session, big, 20, out, &room));
    *out_len = room;
    room = 64 - room;
    OK(p11->C_EncryptFinal(session, out + *out_len, &room));
    *out_len += room;
}

static void two_operations_are_saved_together(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes");
    CK_MECHANISM *mechanisms[] = { &aes_cbc_pad, &aes_gcm };

    for (size_t i = 0; i < COUNT(mechanisms); i++) {
        CK_BYTE digest_one[32], digest_two[32], first[64];
        CK_ULONG room = sizeof first, digest_len = 32;
        OK(p11->C_EncryptInit(session, mechanisms[i], aes));
        OK(p11->C_DigestInit(session, &sha256));
        OK(p11->C_DigestEncryptUpdate(session, big, 23, first, &room));
        save(session);
        encrypt_on(one, &one_len);
        OK(p11->C_DigestFinal(session, digest_one, &digest_len));
        OK(p11->C_SetOperationState(session, state, state_len, aes, 0));
        encrypt_on(two, &two_len);
        OK(p11->C_DigestFinal(session, digest_two, &digest_len));
        CHECK(one_len == two_len && memcmp(one, two, one_len) == 0 && memcmp(digest_one, digest_two, 32) == 0);
    }
}

static void what_cannot_be_saved_is_refused(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), mac = make_hmac(session);

    RV(p11->C_GetOperationState(session, state, &state_len), NOT_ACTIVE);
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    RV(p11->C_GetOperationState(session, state, &state_len), NOT_ACTIVE);
    OK(p11->C_EncryptInit(session, &aes_cbc, aes));
    OK(p11->C_DecryptInit(session, &aes_cbc, aes));
    state_len = sizeof state;
    RV(p11->C_GetOperationState(session, state, &state_len), CKR_STATE_UNSAVEABLE);
    RV(p11->C_GetOperationState(session, state, NULL), CKR_ARGUMENTS_BAD);
    OK(p32->C_SessionCancel(session, CKF_DECRYPT));
    save(session);
    OK(p11->C_SignInit(session, &hmac, mac));
    save(session);
}

static void a_damaged_state_is_refused(void)
{
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, big, 100));
    save(session);
    RV(p11->C_SetOperationState(session, NULL, state_len, 0, 0), CKR_ARGUMENTS_BAD);
    for (CK_ULONG cut = 0; cut < state_len; cut++)
        RV(p11->C_SetOperationState(session, state, cut, 0, 0), CKR_SAVED_STATE_INVALID);
    for (CK_ULONG at = 0; at < state_len; at++) {
        state[at] ^= 0x40;
        RV(p11->C_SetOperationState(session, state, state_len, 0, 0), CKR_SAVED_STATE_INVALID);
        state[at] ^= 0x40;
    }
    RV(p11->C_SetOperationState(session, state, state_len + 1, 0, 0), CKR_SAVED_STATE_INVALID);
    OK(p11->C_DigestUpdate(session, big, 5)); /* what was no state has cancelled nothing */
    OK(p11->C_SetOperationState(session, state, state_len, 0, 0));
}

const test_case state_cases[] = {
    { "digests are saved", digests_are_saved, true, false },
    { "digests of keys are saved", digests_of_keys_are_saved, true, false },
    { "keyed operations are saved without their keys", keyed_operations_are_saved_without_their_keys, true, false },
    { "verification is saved", verification_is_saved, true, false },
    { "two operations are saved together", two_operations_are_saved_together, true, false },
    { "what cannot be saved is refused", what_cannot_be_saved_is_refused, true, false },
    { "a damaged state is refused", a_damaged_state_is_refused, true, false },
    { NULL, NULL, false, false },
};
