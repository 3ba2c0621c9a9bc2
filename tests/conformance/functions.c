/* SPDX-License-Identifier: Apache-2.0 */
#include "functions.h"

#include <stddef.h>

static CK_OBJECT_HANDLE aes, mac, wrapper, takeable, ec_public, ec;
CK_BYTE in[256];
static CK_BYTE out[4096], nonce[12], tag[16];
static CK_ULONG out_len;
static CK_OBJECT_HANDLE made;
static CK_MECHANISM *mechanism = &aes_ecb;
static CK_OBJECT_HANDLE *key = &aes;
static CK_GCM_MESSAGE_PARAMS gcm_message = { nonce, sizeof nonce, 0, CKG_NO_GENERATE, tag, 128 };
CK_ATTRIBUTE items[HUGE_COUNT];
static CK_ULONG value_len = 32;

static void use(CK_MECHANISM *with, CK_OBJECT_HANDLE *of)
{
    mechanism = with;
    key = of;
}

static void idle(void)
{
}
static void encrypts(void)
{
    use(&aes_cbc_pad, &aes);
    OK(p11->C_EncryptInit(session, mechanism, aes));
}
static void decrypts(void)
{
    use(&aes_cbc_pad, &aes);
    OK(p11->C_DecryptInit(session, mechanism, aes));
}
static void digests(void)
{
    use(&sha256, &mac);
    OK(p11->C_DigestInit(session, &sha256));
}
static void signs(void)
{
    use(&hmac, &mac);
    OK(p11->C_SignInit(session, &hmac, mac));
}
static void verifies(void)
{
    use(&hmac, &mac);
    OK(p11->C_VerifyInit(session, &hmac, mac));
}
static void verifies_given(void)
{
    use(&hmac, &mac);
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, in, 32));
}
static void digests_and_encrypts(void)
{
    digests();
    encrypts();
}
static void decrypts_and_digests(void)
{
    digests();
    decrypts();
}
static void signs_and_encrypts(void)
{
    signs();
    encrypts();
}
static void decrypts_and_verifies(void)
{
    verifies();
    decrypts();
}
static void finds(void)
{
    OK(p11->C_FindObjectsInit(session, NULL, 0));
}
static void encrypts_messages(void)
{
    CK_MECHANISM bare = { CKM_AES_GCM, NULL, 0 };
    OK(p32->C_MessageEncryptInit(session, &bare, aes));
}
static void decrypts_messages(void)
{
    CK_MECHANISM bare = { CKM_AES_GCM, NULL, 0 };
    OK(p32->C_MessageDecryptInit(session, &bare, aes));
}
static void in_a_cipher_message(void)
{
    encrypts_messages();
    decrypts_messages();
    OK(p32->C_EncryptMessageBegin(session, &gcm_message, sizeof gcm_message, NULL, 0));
    OK(p32->C_DecryptMessageBegin(session, &gcm_message, sizeof gcm_message, NULL, 0));
}
static void signs_messages(void)
{
    OK(p32->C_MessageSignInit(session, &hmac, mac));
    OK(p32->C_MessageVerifyInit(session, &hmac, mac));
}
static void in_a_signed_message(void)
{
    signs_messages();
    OK(p32->C_SignMessageBegin(session, NULL, 0));
    OK(p32->C_VerifyMessageBegin(session, NULL, 0));
}
static void begins_digest(void)
{
    use(&sha256, &mac);
}
static void begins_mac(void)
{
    use(&hmac, &mac);
}
static void begins_cipher(void)
{
    use(&aes_cbc_pad, &aes);
}
static void begins_message(void)
{
    static CK_MECHANISM message = { CKM_AES_GCM, &gcm_message, sizeof gcm_message };
    use(&message, &aes);
}
static void wraps(void)
{
    use(&aes_cbc_pad, &wrapper);
}
static void wraps_authenticated(void)
{
    begins_message();
    key = &wrapper;
}
static void recovers(void)
{
    use(&rsa_pkcs, &ec);
}
static void generates(void)
{
    static CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    use(&generate, &aes);
}
static void generates_pair(void)
{
    static CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    use(&generate, &aes);
}

#define AT(name)                                                                                                       \
#name, (offsetof(CK_FUNCTION_LIST_3_2, name) - offsetof(CK_FUNCTION_LIST_3_2, C_Initialize)) / sizeof(void *)

/* clang-format off */
const row rows[FUNCTIONS] = {
    { AT(C_Initialize), "v", idle },                  { AT(C_Finalize), "r", idle },
    { AT(C_GetInfo), "h", idle },                     { AT(C_GetFunctionList), "h", idle },
    { AT(C_GetSlotList), "vvh", idle },               { AT(C_GetSlotInfo), "lh", idle },
    { AT(C_GetTokenInfo), "lh", idle },               { AT(C_GetMechanismList), "lvh", idle },
    { AT(C_GetMechanismInfo), "lvh", idle },          { AT(C_InitToken), "lBNv", idle },
    { AT(C_InitPIN), "sBN", idle },                   { AT(C_SetPIN), "sBNBN", idle },
    { AT(C_OpenSession), "lvvvh", idle },             { AT(C_CloseSession), "S", idle },
    { AT(C_CloseAllSessions), "L", idle },            { AT(C_GetSessionInfo), "sh", idle },
    { AT(C_GetOperationState), "sop", digests },      { AT(C_SetOperationState), "sBNvv", idle },
    { AT(C_Login), "svBN", idle },                    { AT(C_Logout), "S", idle },
    { AT(C_CreateObject), "stch", idle },             { AT(C_CopyObject), "sktch", idle },
    { AT(C_DestroyObject), "sK", idle },              { AT(C_GetObjectSize), "skh", idle },
    { AT(C_GetAttributeValue), "sktd", idle },        { AT(C_SetAttributeValue), "sktc", idle },
    { AT(C_FindObjectsInit), "std", idle },           { AT(C_FindObjects), "sh1h", finds },
    { AT(C_FindObjectsFinal), "s", finds },
    { AT(C_EncryptInit), "smk", begins_cipher },      { AT(C_Encrypt), "sbnop", encrypts },
    { AT(C_EncryptUpdate), "sbnop", encrypts },       { AT(C_EncryptFinal), "sop", encrypts },
    { AT(C_DecryptInit), "smk", begins_cipher },      { AT(C_Decrypt), "sbnop", decrypts },
    { AT(C_DecryptUpdate), "sbnop", decrypts },       { AT(C_DecryptFinal), "sop", decrypts },
    { AT(C_DigestInit), "sm", begins_digest },        { AT(C_Digest), "sbnop", digests },
    { AT(C_DigestUpdate), "sbn", digests },           { AT(C_DigestKey), "sk", digests },
    { AT(C_DigestFinal), "sop", digests },
    { AT(C_SignInit), "smk", begins_mac },            { AT(C_Sign), "sbnop", signs },
    { AT(C_SignUpdate), "sbn", signs },               { AT(C_SignFinal), "sop", signs },
    { AT(C_SignRecoverInit), "smk", recovers },       { AT(C_SignRecover), "s", idle },
    { AT(C_VerifyInit), "smk", begins_mac },          { AT(C_Verify), "sbnbn", verifies },
    { AT(C_VerifyUpdate), "sbn", verifies },          { AT(C_VerifyFinal), "sbn", verifies },
    { AT(C_VerifyRecoverInit), "smk", recovers },     { AT(C_VerifyRecover), "s", idle },
    { AT(C_DigestEncryptUpdate), "sbnop", digests_and_encrypts },
    { AT(C_DecryptDigestUpdate), "sbnop", decrypts_and_digests },
    { AT(C_SignEncryptUpdate), "sbnop", signs_and_encrypts },
    { AT(C_DecryptVerifyUpdate), "sbnop", decrypts_and_verifies },
    { AT(C_GenerateKey), "smtch", generates },        { AT(C_GenerateKeyPair), "smtctchh", generates_pair },
    { AT(C_WrapKey), "smkkop", wraps },               { AT(C_UnwrapKey), "smkbntch", wraps },
    { AT(C_DeriveKey), "smktch", begins_cipher },     { AT(C_SeedRandom), "sbn", idle },
    { AT(C_GenerateRandom), "sbn", idle },            { AT(C_GetFunctionStatus), "s", idle },
    { AT(C_CancelFunction), "s", idle },              { AT(C_WaitForSlotEvent), "vhr", idle },
    { AT(C_GetInterfaceList), "vh", idle },           { AT(C_GetInterface), "vvhv", idle },
    { AT(C_LoginUser), "svBNvv", idle },              { AT(C_SessionCancel), "sv", idle },
    { AT(C_MessageEncryptInit), "smk", begins_message },
    { AT(C_EncryptMessage), "sbnbnbnop", encrypts_messages },
    { AT(C_EncryptMessageBegin), "sbnbn", encrypts_messages },
    { AT(C_EncryptMessageNext), "sbnbnopv", in_a_cipher_message },
    { AT(C_MessageEncryptFinal), "s", encrypts_messages },
    { AT(C_MessageDecryptInit), "smk", begins_message },
    { AT(C_DecryptMessage), "sbnbnbnop", decrypts_messages },
    { AT(C_DecryptMessageBegin), "sbnbn", decrypts_messages },
    { AT(C_DecryptMessageNext), "sbnbnopv", in_a_cipher_message },
    { AT(C_MessageDecryptFinal), "s", decrypts_messages },
    { AT(C_MessageSignInit), "smk", begins_mac },     { AT(C_SignMessage), "svvbnop", signs_messages },
    { AT(C_SignMessageBegin), "svv", signs_messages },
    { AT(C_SignMessageNext), "svvbnoP", in_a_signed_message },
    { AT(C_MessageSignFinal), "s", signs_messages },
    { AT(C_MessageVerifyInit), "smk", begins_mac },   { AT(C_VerifyMessage), "svvbnbn", signs_messages },
    { AT(C_VerifyMessageBegin), "svv", signs_messages },
    { AT(C_VerifyMessageNext), "svvbnbn", in_a_signed_message },
    { AT(C_MessageVerifyFinal), "s", signs_messages },
    { AT(C_EncapsulateKey), "smktcoph", recovers },   { AT(C_DecapsulateKey), "smktcbnh", recovers },
    { AT(C_VerifySignatureInit), "smkBN", begins_mac }, { AT(C_VerifySignature), "sbn", verifies_given },
    { AT(C_VerifySignatureUpdate), "sbn", verifies_given }, { AT(C_VerifySignatureFinal), "s", verifies_given },
    { AT(C_GetSessionValidationFlags), "svh", idle },
    { AT(C_AsyncComplete), "svv", idle },             { AT(C_AsyncGetID), "svv", idle },
    { AT(C_AsyncJoin), "svvvv", idle },
    { AT(C_WrapKeyAuthenticated), "smkkbnop", wraps_authenticated },
    { AT(C_UnwrapKeyAuthenticated), "smkbntcbnh", wraps_authenticated },
};
/* clang-format on */

/* ---- good arguments ---- */

uintptr_t good(const row *r, size_t at)
{
    switch (r->kinds[at]) {
    case 's':
        return session;
    case 'S':
        return NO_HANDLE; /* is never closed, nor logged out */
    case 'L':
        return 99;
    case 'm':
        return (uintptr_t)mechanism;
    case 'k':
        return at > 2 ? takeable : *key;
    case 'K':
        return NO_HANDLE;
    case 'b':
    case 'B':
        return (uintptr_t)(r->kinds[at + 1] && strstr(r->name, "Message") && at == 1 ? (void *)&gcm_message : in);
    case 'n':
    case 'N':
        return strstr(r->name, "Message") && at == 2 ? sizeof gcm_message : 32;
    case 'o':
        return (uintptr_t)out;
    case 'p':
    case 'P':
        out_len = sizeof out;
        return (uintptr_t)&out_len;
    case 'h':
        made = 0;
        return (uintptr_t)out;
    case 't':
        items[0] = (CK_ATTRIBUTE)VALUE(CKA_VALUE_LEN, value_len);
        return (uintptr_t)items;
    case 'c':
    case 'd':
    case '1':
        return 1;
    default:
        return 0;
    }
}

CK_RV call(const row *r, const uintptr_t a[MOST])
{
    typedef CK_RV (*any)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                         uintptr_t, uintptr_t);
    any function;

    memcpy(&function, (const char *)&p32->C_Initialize + r->index * sizeof(void *), sizeof function);
    return function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
}

void make_keys(void)
{
    aes = make_aes(session, false, true, "arguments");
    mac = make_hmac(session);
    wrapper = make_wrapper(session);
    takeable = make_takeable(session);
    make_ec(session, &ec_public, &ec);
}

bool refuses_mechanism(const row *r, CK_RV rv)
{
    return (r->prepare == recovers || strcmp(r->name, "C_DeriveKey") == 0) &&
           (rv == CKR_MECHANISM_INVALID || rv == CKR_KEY_TYPE_INCONSISTENT || rv == CKR_KEY_FUNCTION_NOT_PERMITTED ||
            rv == CKR_MECHANISM_PARAM_INVALID);
}

bool is_no_answer(CK_RV rv)
{
    return rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED || rv == CKR_DEVICE_ERROR || rv >= CKR_VENDOR_DEFINED;
}
