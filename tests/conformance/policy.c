/* SPDX-License-Identifier: Apache-2.0 */
/* Policies of an embedded token that have been switched: they hold from the first call on, also for what the module
 * computes by itself. */
#include "conformance.h"

static CK_MECHANISM x9_31 = { CKM_RSA_X9_31, NULL, 0 }, sha1_x9_31 = { CKM_SHA1_RSA_X9_31, NULL, 0 };
static CK_BYTE text[] = "verified here", state[4096], signature[128];
static CK_ULONG state_len;

static CK_OBJECT_HANDLE find_public(CK_SESSION_HANDLE at)
{
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE wanted[] = { VALUE(CKA_CLASS, class), TEXT(CKA_LABEL, "of old") };
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0;

    OK(p11->C_FindObjectsInit(at, wanted, COUNT(wanted)));
    OK(p11->C_FindObjects(at, &key, 1, &count));
    OK(p11->C_FindObjectsFinal(at));
    CHECK(count == 1);
    return key;
}

/* An old key pair that stays, and a verification that was saved half-way. */
static void make_old_things(void)
{
    CK_MECHANISM mechanism = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    CK_ULONG bits = 1024;
    CK_OBJECT_HANDLE public_key = 0, key = 0;
    CK_ATTRIBUTE of_public[] = { VALUE(CKA_MODULUS_BITS, bits), BOOL(CKA_VERIFY, true), BOOL(CKA_TOKEN, true),
                                 BOOL(CKA_PRIVATE, false), TEXT(CKA_LABEL, "of old") };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_PRIVATE, false), BOOL(CKA_SIGN, true) };

    OK(p11->C_GenerateKeyPair(at, &mechanism, of_public, COUNT(of_public), of_private, COUNT(of_private), &public_key,
                              &key));
    OK(p11->C_VerifyInit(at, &x9_31, public_key));
    OK(p11->C_VerifyInit(at, NULL, 0));
    OK(p11->C_VerifyInit(at, &sha1_x9_31, public_key));
    OK(p11->C_VerifyUpdate(at, text, sizeof text));
    state_len = sizeof state;
    OK(p11->C_GetOperationState(at, state, &state_len));
    OK(p11->C_VerifyInit(at, NULL, 0));
    OK(p11->C_SetOperationState(at, state, state_len, 0, public_key));
}

/* Nobody has asked for the list of mechanisms before. */
static void refuse_old_things(void)
{
    CK_SESSION_HANDLE at = open_session(CKF_RW_SESSION);
    CK_OBJECT_HANDLE key = find_public(at);

    RV(p32->C_VerifySignatureInit(at, &sha1_x9_31, key, signature, sizeof signature), CKR_MECHANISM_INVALID);
    RV(p11->C_VerifyInit(at, &x9_31, key), CKR_MECHANISM_INVALID);
    RV(p32->C_MessageVerifyInit(at, &sha1_x9_31, key), CKR_MECHANISM_INVALID);
    RV(p11->C_SetOperationState(at, state, state_len, 0, key), CKR_SAVED_STATE_INVALID);
    OK(p11->C_VerifyInit(at, &rsa_sha256, key));
    CHECK(!offers(CKM_RSA_X9_31, 0) && offers(CKM_SHA256_RSA_PKCS, 0));
    RV(p11->C_Verify(at, text, sizeof text, signature, sizeof signature), CKR_SIGNATURE_INVALID);
    OK(p11->C_DestroyObject(at, key));
}

static void legacy_mechanisms_are_off_from_the_first_call_on(void)
{
    char yaml[256], *usual;

    OK(p11->C_Initialize(NULL));
    make_old_things();
    OK(p11->C_Finalize(NULL));
    snprintf(yaml, sizeof yaml,
             "tokens: { 0: { embedded: { path: \"%s/token0\", policy: { legacy_mechanisms: false } } } }\n", folder);
    usual = use_config(yaml);
    OK(p11->C_Initialize(NULL));
    refuse_old_things();
    OK(p11->C_Finalize(NULL));
    use_usual_config(usual);
}

const test_case policy_cases[] = {
    { "legacy mechanisms are off from the first call on", legacy_mechanisms_are_off_from_the_first_call_on, false,
      true },
    { NULL, NULL, false, false },
};
