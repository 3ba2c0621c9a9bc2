/* SPDX-License-Identifier: Apache-2.0 */
/* Every function × every bad argument: the standard's code, and never a crash.
 *
 * A row of the table holds a function's arguments, one letter each, and what must be under way when it is called. The
 * walk calls the function with good arguments but one, for each argument and each bad value of its kind. Functions are
 * called through one type, all arguments as wide as a register: that is what the ABIs of our platforms do anyway. */
#include "conformance.h"

#include <stddef.h>

enum { MOST = 10, HUGE_COUNT = 1000 };
#define NONE_OF_IT ((CK_ULONG)-1)

/* What a letter of `kinds` means:
 *   s session     l slot       v, 1 values that cannot be wrong here (0, 1)   r reserved, NULL
 *   b bytes       n their length                                       B, N the same, and nothing at all is wrong
 *   o room        p its length, in and out                             P the same, may be NULL
 *   m mechanism   k key or object                                      h place for a handle, or for any answer
 *   t template    c its count  d the count of a template that is read or searched for */
typedef struct row {
    const char *name;
    size_t index; /* in the function list */
    const char *kinds;
    void (*prepare)(void);
} row;

static CK_OBJECT_HANDLE aes, mac, wrapper, takeable, ec_public, ec;
static CK_BYTE in[256], out[4096], nonce[12], tag[16];
static CK_ULONG out_len;
static CK_OBJECT_HANDLE made;
static CK_MECHANISM *mechanism = &aes_ecb;
static CK_OBJECT_HANDLE *key = &aes;
static CK_GCM_MESSAGE_PARAMS gcm_message = { nonce, sizeof nonce, 0, CKG_NO_GENERATE, tag, 128 };
static CK_ATTRIBUTE items[HUGE_COUNT];
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
static const row rows[] = {
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

static uintptr_t good(const row *r, size_t at)
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

static CK_RV call(const row *r, const uintptr_t a[MOST])
{
    typedef CK_RV (*any)(uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t, uintptr_t,
                         uintptr_t, uintptr_t);
    any function;

    memcpy(&function, (const char *)&p32->C_Initialize + r->index * sizeof(void *), sizeof function);
    return function(a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9]);
}

/* ---- bad ones ---- */

/* Codes that say nothing, or that PKCS #11 has not. */
static bool is_no_answer(CK_RV rv)
{
    return rv == CKR_GENERAL_ERROR || rv == CKR_FUNCTION_FAILED || rv == CKR_DEVICE_ERROR || rv >= CKR_VENDOR_DEFINED;
}

static bool is_handle_error(CK_RV rv)
{
    return rv == CKR_KEY_HANDLE_INVALID || rv == CKR_OBJECT_HANDLE_INVALID || rv == CKR_WRAPPING_KEY_HANDLE_INVALID ||
           rv == CKR_UNWRAPPING_KEY_HANDLE_INVALID;
}

static bool is_any_error(CK_RV rv)
{
    return rv != CKR_OK && !is_no_answer(rv);
}

static bool is_any_answer(CK_RV rv)
{
    return !is_no_answer(rv);
}

static bool is_arguments(CK_RV rv)
{
    return rv == CKR_ARGUMENTS_BAD;
}

static bool is_session(CK_RV rv)
{
    return rv == CKR_SESSION_HANDLE_INVALID;
}

static bool is_slot(CK_RV rv)
{
    return rv == CKR_SLOT_ID_INVALID;
}

static bool is_mechanism(CK_RV rv)
{
    return rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_ARGUMENTS_BAD;
}

static CK_MECHANISM unknown = { 0x7ffffff0UL, NULL, 0 }, no_bytes = { CKM_AES_CBC_PAD, NULL, 16 };

static const struct bad {
    const char *kinds;
    uintptr_t value;
    const void *pointer; /* if not NULL, the value */
    bool (*wanted)(CK_RV rv);
} bads[] = {
    { "sS", 0, NULL, is_session },
    { "sS", NO_HANDLE, NULL, is_session },
    { "sS", NONE_OF_IT, NULL, is_session },
    { "lL", 99, NULL, is_slot },
    { "lL", NONE_OF_IT, NULL, is_slot },
    { "r", 1, in, is_arguments },
    { "b", 0, NULL, is_arguments },
    { "B", 0, NULL, is_arguments },
    { "n", 0, NULL, is_any_answer },
    { "nN", NONE_OF_IT, NULL, is_any_error },
    { "o", 0, NULL, is_any_answer },
    { "p", 0, NULL, is_arguments },
    { "h", 0, NULL, is_any_error },
    { "m", 0, NULL, is_arguments },
    { "m", 0, &unknown, is_mechanism },
    { "m", 0, &no_bytes, is_mechanism },
    { "kK", 0, NULL, is_handle_error },
    { "kK", NO_HANDLE, NULL, is_handle_error },
    { "kK", NONE_OF_IT, NULL, is_handle_error },
    { "t", 0, NULL, is_any_error },
    { "c", 0, NULL, is_any_answer },
    { "cd", NONE_OF_IT, NULL, is_any_error },
};

/* The mechanism of these takes none of our keys: what they refuse first is the mechanism. */
static bool refuses_mechanism(const row *r, CK_RV rv)
{
    return (r->prepare == recovers || strcmp(r->name, "C_DeriveKey") == 0) &&
           (rv == CKR_MECHANISM_INVALID || rv == CKR_KEY_TYPE_INCONSISTENT || rv == CKR_KEY_FUNCTION_NOT_PERMITTED ||
            rv == CKR_MECHANISM_PARAM_INVALID);
}

static void try(const row *r, size_t at, uintptr_t value, bool (*wanted)(CK_RV rv), const char *what)
{
    uintptr_t arguments[MOST] = { 0 };
    CK_RV rv;

    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    r->prepare();
    for (size_t i = 0; r->kinds[i]; i++)
        arguments[i] = good(r, i);
    arguments[at] = value;
    rv = call(r, arguments);
    if (!wanted(rv) && !refuses_mechanism(r, rv))
        complain(__FILE__, __LINE__, "%s with argument %zu %s 0x%lx: 0x%lx", r->name, at, what, (unsigned long)value,
                 rv);
}

static void make_keys(void)
{
    aes = make_aes(session, false, true, "arguments");
    mac = make_hmac(session);
    wrapper = make_wrapper(session);
    takeable = make_takeable(session);
    make_ec(session, &ec_public, &ec);
}

static void bad_arguments_have_their_codes(void)
{
    CHECK(COUNT(rows) == 104);
    make_keys();
    for (size_t i = 0; i < COUNT(rows); i++) {
        CHECK(rows[i].index == i);
        for (size_t at = 0; rows[i].kinds[at]; at++)
            for (size_t b = 0; b < COUNT(bads); b++)
                if (strchr(bads[b].kinds, rows[i].kinds[at]))
                    try(&rows[i], at, bads[b].pointer ? (uintptr_t)bads[b].pointer : bads[b].value, bads[b].wanted,
                        "being");
    }
}

/* ---- templates ---- */

static CK_ATTRIBUTE nested_items[2];
static CK_OBJECT_CLASS class = CKO_SECRET_KEY;
static CK_KEY_TYPE type = CKK_AES;

static void fill(CK_ATTRIBUTE_TYPE wanted_type, CK_BYTE *value, CK_ULONG len)
{
    for (size_t i = 0; i < HUGE_COUNT; i++)
        items[i] = (CK_ATTRIBUTE){ wanted_type, value, len };
}

/* Strange templates of `count` attributes; 0 past the last. C_GetAttributeValue writes into them, so they are made anew
 * each time. */
static CK_ULONG strange(size_t which)
{
    static CK_BYTE byte, zeros[16];
    static CK_BBOOL truth, lie;

    byte = 7;
    truth = CK_TRUE;
    lie = CK_FALSE;
    class = CKO_SECRET_KEY;
    type = CKK_AES;
    value_len = 32;
    memset(zeros, 0, sizeof zeros);
    items[0] = (CK_ATTRIBUTE)VALUE(CKA_CLASS, class);
    items[1] = (CK_ATTRIBUTE)VALUE(CKA_KEY_TYPE, type);
    items[2] = (CK_ATTRIBUTE)VALUE(CKA_VALUE_LEN, value_len);
    switch (which) {
    case 0:
        fill(CKA_LABEL, zeros, 16);
        return HUGE_COUNT;
    case 1:
        fill(0x7ffffff3UL, zeros, 16);
        return HUGE_COUNT;
    case 2: /* twice, and not the same */
        items[3] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, truth);
        items[4] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, lie);
        return 5;
    case 3: /* sensitive and never to be so */
        items[3] = (CK_ATTRIBUTE)VALUE(CKA_ALWAYS_SENSITIVE, truth);
        items[4] = (CK_ATTRIBUTE)VALUE(CKA_SENSITIVE, lie);
        return 5;
    case 4:
        items[3] = (CK_ATTRIBUTE){ CKA_TOKEN, &byte, 0 };
        return 4;
    case 5:
        items[3] = (CK_ATTRIBUTE){ CKA_TOKEN, zeros, 8 };
        return 4;
    case 6:
        items[2] = (CK_ATTRIBUTE){ CKA_VALUE_LEN, zeros, 3 };
        return 3;
    case 7:
        items[3] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 5 };
        return 4;
    case 8:
        items[3] = (CK_ATTRIBUTE){ CKA_LABEL, zeros, NONE_OF_IT };
        return 4;
    case 9:
        nested_items[0] = (CK_ATTRIBUTE)VALUE(CKA_ENCRYPT, truth);
        nested_items[1] = (CK_ATTRIBUTE){ CKA_LABEL, NULL, 9 };
        items[3] = (CK_ATTRIBUTE){ CKA_UNWRAP_TEMPLATE, nested_items, sizeof nested_items };
        return 4;
    case 10: /* a template within itself */
        nested_items[0] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] };
        items[3] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] };
        return 4;
    case 11:
        items[3] = (CK_ATTRIBUTE){ CKA_WRAP_TEMPLATE, nested_items, sizeof nested_items[0] - 1 };
        return 4;
    case 12: /* another class */
        items[0] = (CK_ATTRIBUTE){ CKA_CLASS, zeros, sizeof class };
        return 3;
    default:
        return 0;
    }
}

static void strange_templates_break_nothing(void)
{
    CK_ULONG count, state_len = sizeof out;

    make_keys();
    for (size_t which = 0; (count = strange(which)) != 0; which++)
        for (size_t i = 0; i < COUNT(rows); i++) {
            const char *place = strchr(rows[i].kinds, 't');
            uintptr_t arguments[MOST] = { 0 };
            CK_RV rv;
            if (!place)
                continue;
            OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
            rows[i].prepare();
            for (size_t at = 0; rows[i].kinds[at]; at++)
                arguments[at] = good(&rows[i], at);
            arguments[place - rows[i].kinds + 1] = strange(which);
            rv = call(&rows[i], arguments);
            if (is_no_answer(rv) || (rv == CKR_OK && which > 1 && strncmp(rows[i].name, "C_Get", 5) != 0 &&
                                     strncmp(rows[i].name, "C_Find", 6) != 0))
                complain(__FILE__, __LINE__, "%s with strange template %zu: 0x%lx", rows[i].name, which, rv);
        }
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
    RV(p11->C_GetOperationState(session, out, &state_len), CKR_OPERATION_NOT_INITIALIZED);
}

/* ---- mechanism parameters ---- */

static void try_parameter(const row *r, CK_MECHANISM_TYPE mechanism_type, CK_ULONG len)
{
    static CK_BYTE zeros[512];
    CK_MECHANISM strange_one = { mechanism_type, len ? zeros : NULL, len };
    uintptr_t arguments[MOST] = { 0 };
    CK_RV rv;

    for (size_t at = 0; r->kinds[at]; at++)
        arguments[at] = good(r, at);
    arguments[1] = (uintptr_t)&strange_one;
    rv = call(r, arguments);
    if (is_no_answer(rv))
        complain(__FILE__, __LINE__, "%s with mechanism 0x%lx and a parameter of %lu zeros: 0x%lx", r->name,
                 mechanism_type, len, rv);
    OK(p32->C_SessionCancel(session, (CK_FLAGS)-1));
}

static bool takes_long(CK_MECHANISM_TYPE mechanism_type)
{
    CK_MECHANISM_INFO info;

    return p11->C_GetMechanismInfo(0, mechanism_type, &info) == CKR_OK &&
           (info.flags & (CKF_GENERATE | CKF_GENERATE_KEY_PAIR));
}

static void parameters_of_any_length_break_nothing(void)
{
    static const CK_ULONG lens[] = { 0, 1, 7, 8, 12, 16, 17, 24, 32, 40, 48, 49, 56, 64, 72, 80, 96, 128, 256, 512 };
    CK_MECHANISM_TYPE types[512];
    CK_ULONG count = COUNT(types);

    make_keys();
    OK(p11->C_GetMechanismList(0, types, &count));
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (rows[i].kinds[1] != 'm')
            continue;
        rows[i].prepare();
        for (CK_ULONG t = 0; t < count; t++)
            for (size_t l = 0; l < COUNT(lens) && !takes_long(types[t]); l++)
                try_parameter(&rows[i], types[t], lens[l]);
    }
}

const test_case argument_cases[] = {
    { "every function meets every bad argument with the standard's code", bad_arguments_have_their_codes, true, false },
    { "strange templates break nothing", strange_templates_break_nothing, true, false },
    { "mechanism parameters of any length break nothing", parameters_of_any_length_break_nothing, true, false },
    { NULL, NULL, false, false },
};
