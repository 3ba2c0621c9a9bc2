/* SPDX-License-Identifier: Apache-2.0 */
/* The library itself, its lists, and what every function refuses. */
#include "conformance.h"

#include <dlfcn.h>
#include <stddef.h>

/* A call of each function with arguments that are good, save the session `s`. */
static CK_BYTE bytes[512];
static CK_ULONG len;
static CK_OBJECT_HANDLE object;
static CK_INFO info;
static CK_SLOT_INFO slot_info;
static CK_TOKEN_INFO token_info;
static CK_MECHANISM_INFO mechanism_info;
static CK_SESSION_INFO session_info;
static CK_ASYNC_DATA async;
static CK_UTF8CHAR label[33] = "never made                      ";

/* clang-format off */
#define CALLS(ROW) \
    ROW(C_GetInfo, false, (&info)) \
    ROW(C_GetSlotList, false, (CK_TRUE, NULL, &len)) \
    ROW(C_GetSlotInfo, false, (0, &slot_info)) \
    ROW(C_GetTokenInfo, false, (0, &token_info)) \
    ROW(C_GetMechanismList, false, (0, NULL, &len)) \
    ROW(C_GetMechanismInfo, false, (0, CKM_SHA256, &mechanism_info)) \
    ROW(C_InitToken, false, (99, bytes, 8, label)) \
    ROW(C_CloseAllSessions, false, (99)) \
    ROW(C_WaitForSlotEvent, false, (CKF_DONT_BLOCK, &len, NULL)) \
    ROW(C_InitPIN, true, (s, bytes, 8)) \
    ROW(C_SetPIN, true, (s, bytes, 8, bytes, 8)) \
    ROW(C_CloseSession, true, (s)) \
    ROW(C_GetSessionInfo, true, (s, &session_info)) \
    ROW(C_GetOperationState, true, (s, bytes, &len)) \
    ROW(C_SetOperationState, true, (s, bytes, 8, 0, 0)) \
    ROW(C_Login, true, (s, CKU_USER, bytes, 8)) \
    ROW(C_Logout, true, (s)) \
    ROW(C_CreateObject, true, (s, NULL, 0, &object)) \
    ROW(C_CopyObject, true, (s, 1, NULL, 0, &object)) \
    ROW(C_DestroyObject, true, (s, 1)) \
    ROW(C_GetObjectSize, true, (s, 1, &len)) \
    ROW(C_GetAttributeValue, true, (s, 1, NULL, 0)) \
    ROW(C_SetAttributeValue, true, (s, 1, NULL, 0)) \
    ROW(C_FindObjectsInit, true, (s, NULL, 0)) \
    ROW(C_FindObjects, true, (s, &object, 1, &len)) \
    ROW(C_FindObjectsFinal, true, (s)) \
    ROW(C_EncryptInit, true, (s, &aes_ecb, 1)) \
    ROW(C_Encrypt, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_EncryptUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_EncryptFinal, true, (s, bytes, &len)) \
    ROW(C_DecryptInit, true, (s, &aes_ecb, 1)) \
    ROW(C_Decrypt, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DecryptUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DecryptFinal, true, (s, bytes, &len)) \
    ROW(C_DigestInit, true, (s, &sha256)) \
    ROW(C_Digest, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DigestUpdate, true, (s, bytes, 16)) \
    ROW(C_DigestKey, true, (s, 1)) \
    ROW(C_DigestFinal, true, (s, bytes, &len)) \
    ROW(C_SignInit, true, (s, &hmac, 1)) \
    ROW(C_Sign, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_SignUpdate, true, (s, bytes, 16)) \
    ROW(C_SignFinal, true, (s, bytes, &len)) \
    ROW(C_SignRecoverInit, true, (s, &rsa_pkcs, 1)) \
    ROW(C_SignRecover, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_VerifyInit, true, (s, &hmac, 1)) \
    ROW(C_Verify, true, (s, bytes, 16, bytes, 32)) \
    ROW(C_VerifyUpdate, true, (s, bytes, 16)) \
    ROW(C_VerifyFinal, true, (s, bytes, 32)) \
    ROW(C_VerifyRecoverInit, true, (s, &rsa_pkcs, 1)) \
    ROW(C_VerifyRecover, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DigestEncryptUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DecryptDigestUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_SignEncryptUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_DecryptVerifyUpdate, true, (s, bytes, 16, bytes, &len)) \
    ROW(C_GenerateKey, true, (s, &hmac, NULL, 0, &object)) \
    ROW(C_GenerateKeyPair, true, (s, &hmac, NULL, 0, NULL, 0, &object, &object)) \
    ROW(C_WrapKey, true, (s, &aes_ecb, 1, 1, bytes, &len)) \
    ROW(C_UnwrapKey, true, (s, &aes_ecb, 1, bytes, 16, NULL, 0, &object)) \
    ROW(C_DeriveKey, true, (s, &aes_ecb, 1, NULL, 0, &object)) \
    ROW(C_SeedRandom, true, (s, bytes, 16)) \
    ROW(C_GenerateRandom, true, (s, bytes, 16)) \
    ROW(C_GetFunctionStatus, true, (s)) \
    ROW(C_CancelFunction, true, (s)) \
    ROW(C_LoginUser, true, (s, CKU_USER, bytes, 8, NULL, 0)) \
    ROW(C_SessionCancel, true, (s, CKF_ENCRYPT)) \
    ROW(C_MessageEncryptInit, true, (s, &aes_gcm, 1)) \
    ROW(C_EncryptMessage, true, (s, bytes, 48, NULL, 0, bytes, 16, bytes, &len)) \
    ROW(C_EncryptMessageBegin, true, (s, bytes, 48, NULL, 0)) \
    ROW(C_EncryptMessageNext, true, (s, bytes, 48, bytes, 16, bytes, &len, 0)) \
    ROW(C_MessageEncryptFinal, true, (s)) \
    ROW(C_MessageDecryptInit, true, (s, &aes_gcm, 1)) \
    ROW(C_DecryptMessage, true, (s, bytes, 48, NULL, 0, bytes, 16, bytes, &len)) \
    ROW(C_DecryptMessageBegin, true, (s, bytes, 48, NULL, 0)) \
    ROW(C_DecryptMessageNext, true, (s, bytes, 48, bytes, 16, bytes, &len, 0)) \
    ROW(C_MessageDecryptFinal, true, (s)) \
    ROW(C_MessageSignInit, true, (s, &hmac, 1)) \
    ROW(C_SignMessage, true, (s, NULL, 0, bytes, 16, bytes, &len)) \
    ROW(C_SignMessageBegin, true, (s, NULL, 0)) \
    ROW(C_SignMessageNext, true, (s, NULL, 0, bytes, 16, bytes, &len)) \
    ROW(C_MessageSignFinal, true, (s)) \
    ROW(C_MessageVerifyInit, true, (s, &hmac, 1)) \
    ROW(C_VerifyMessage, true, (s, NULL, 0, bytes, 16, bytes, 32)) \
    ROW(C_VerifyMessageBegin, true, (s, NULL, 0)) \
    ROW(C_VerifyMessageNext, true, (s, NULL, 0, bytes, 16, bytes, 32)) \
    ROW(C_MessageVerifyFinal, true, (s)) \
    ROW(C_EncapsulateKey, true, (s, &rsa_pkcs, 1, NULL, 0, bytes, &len, &object)) \
    ROW(C_DecapsulateKey, true, (s, &rsa_pkcs, 1, NULL, 0, bytes, 256, &object)) \
    ROW(C_VerifySignatureInit, true, (s, &hmac, 1, bytes, 32)) \
    ROW(C_VerifySignature, true, (s, bytes, 16)) \
    ROW(C_VerifySignatureUpdate, true, (s, bytes, 16)) \
    ROW(C_VerifySignatureFinal, true, (s)) \
    ROW(C_GetSessionValidationFlags, true, (s, CKS_LAST_VALIDATION_OK, &len)) \
    ROW(C_AsyncComplete, true, (s, label, &async)) \
    ROW(C_AsyncGetID, true, (s, label, &len)) \
    ROW(C_AsyncJoin, true, (s, label, 1, bytes, 16)) \
    ROW(C_WrapKeyAuthenticated, true, (s, &aes_gcm, 1, 1, NULL, 0, bytes, &len)) \
    ROW(C_UnwrapKeyAuthenticated, true, (s, &aes_gcm, 1, bytes, 16, NULL, 0, NULL, 0, &object))

#define DEFINE(name, in_session, arguments) \
    static CK_RV call_##name(CK_SESSION_HANDLE s) { (void)s; return p32->name arguments; }
#define ROW(name, in_session, arguments) { #name, in_session, call_##name },
CALLS(DEFINE)
static const struct { const char *name; bool in_session; CK_RV (*call)(CK_SESSION_HANDLE s); } calls[] = { CALLS(ROW) };
/* clang-format on */

static void nothing_works_before_initialisation(void)
{
    CK_SESSION_HANDLE handle;

    for (size_t i = 0; i < COUNT(calls); i++) {
        CK_RV rv = calls[i].call(1);
        if (rv != CKR_CRYPTOKI_NOT_INITIALIZED)
            complain(__FILE__, __LINE__, "%s before C_Initialize: 0x%lx", calls[i].name, rv);
    }
    RV(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &handle), CKR_CRYPTOKI_NOT_INITIALIZED);
    RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void refuse_session(CK_SESSION_HANDLE handle)
{
    for (size_t i = 0; i < COUNT(calls); i++) {
        CK_RV rv = calls[i].in_session ? calls[i].call(handle) : CKR_SESSION_HANDLE_INVALID;
        if (rv != CKR_SESSION_HANDLE_INVALID)
            complain(__FILE__, __LINE__, "%s in no session (%lx): 0x%lx", calls[i].name, handle, rv);
    }
}

static void handles_of_no_session_are_refused(void)
{
    CK_SESSION_HANDLE closed = open_session(0);

    OK(p11->C_CloseSession(closed));
    refuse_session(0);
    refuse_session(closed);
    refuse_session(NO_HANDLE);
    refuse_session((CK_ULONG)-1);
}

static void a_number_of_a_slot_is_checked(void)
{
    CK_SESSION_HANDLE handle;

    RV(p11->C_GetSlotInfo(99, &slot_info), CKR_SLOT_ID_INVALID);
    RV(p11->C_GetTokenInfo(99, &token_info), CKR_SLOT_ID_INVALID);
    RV(p11->C_GetMechanismList(99, NULL, &len), CKR_SLOT_ID_INVALID);
    RV(p11->C_GetMechanismInfo(99, CKM_SHA256, &mechanism_info), CKR_SLOT_ID_INVALID);
    RV(p11->C_GetMechanismInfo(0, 0x7fffffff, &mechanism_info), CKR_MECHANISM_INVALID);
    RV(p11->C_OpenSession(99, CKF_SERIAL_SESSION, NULL, NULL, &handle), CKR_SLOT_ID_INVALID);
    RV(p11->C_CloseAllSessions(99), CKR_SLOT_ID_INVALID);
    RV(p11->C_InitToken(99, bytes, 8, label), CKR_SLOT_ID_INVALID);
}

static void null_is_refused_where_something_must_stand(void)
{
    CK_OBJECT_HANDLE key = make_hmac(session);
    CK_UTF8CHAR *pin = (CK_UTF8CHAR *)so_pin;

    RV(p11->C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetSlotList(CK_FALSE, NULL, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetSlotInfo(0, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetTokenInfo(0, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetMechanismList(0, NULL, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetMechanismInfo(0, CKM_SHA256, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_InitToken(0, pin, 8, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetSessionInfo(session, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_SetPIN(session, NULL, 4, pin, 8), CKR_ARGUMENTS_BAD);
    RV(p11->C_SetPIN(session, pin, 8, NULL, 4), CKR_ARGUMENTS_BAD);
    RV(p11->C_CreateObject(session, NULL, 1, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_CopyObject(session, key, NULL, 1, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_CopyObject(session, key, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetObjectSize(session, key, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    RV(p11->C_SetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    RV(p11->C_FindObjectsInit(session, NULL, 1), CKR_ARGUMENTS_BAD);
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    RV(p11->C_FindObjects(session, NULL, 1, &len), CKR_ARGUMENTS_BAD);
    RV(p11->C_FindObjects(session, &object, 1, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_FindObjectsFinal(session));
    RV(p11->C_GenerateRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
    RV(p11->C_SeedRandom(session, NULL, 1), CKR_ARGUMENTS_BAD);
}

static void null_mechanisms_and_places_are_refused(void)
{
    CK_MECHANISM aes_gen = { CKM_AES_KEY_GEN, NULL, 0 }, ec_gen = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_OBJECT_HANDLE key = make_hmac(session);

    RV(p11->C_EncryptInit(session, NULL, key), CKR_ARGUMENTS_BAD);
    RV(p11->C_DecryptInit(session, NULL, key), CKR_ARGUMENTS_BAD);
    RV(p11->C_DigestInit(session, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_SignInit(session, NULL, key), CKR_ARGUMENTS_BAD);
    RV(p11->C_VerifyInit(session, NULL, key), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKey(session, NULL, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKey(session, &aes_gen, NULL, 1, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKey(session, &aes_gen, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKeyPair(session, NULL, NULL, 0, NULL, 0, &object, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKeyPair(session, &ec_gen, NULL, 0, NULL, 0, NULL, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKeyPair(session, &ec_gen, NULL, 0, NULL, 0, &object, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_WrapKey(session, NULL, key, key, bytes, &len), CKR_ARGUMENTS_BAD);
    RV(p11->C_WrapKey(session, &aes_cbc_pad, key, key, bytes, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_UnwrapKey(session, NULL, key, bytes, 16, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_UnwrapKey(session, &aes_cbc_pad, key, NULL, 16, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    RV(p11->C_UnwrapKey(session, &aes_cbc_pad, key, bytes, 16, NULL, 0, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_DeriveKey(session, NULL, key, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    OK(p11->C_SignInit(session, &hmac, key));
    RV(p11->C_Sign(session, NULL, 4, bytes, &len), CKR_ARGUMENTS_BAD);
    OK(p11->C_SignInit(session, &hmac, key));
    RV(p11->C_Sign(session, bytes, 4, bytes, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_DigestInit(session, &sha256));
    RV(p11->C_DigestUpdate(session, NULL, 4), CKR_ARGUMENTS_BAD);
    OK(p11->C_VerifyInit(session, &hmac, key));
    RV(p11->C_Verify(session, bytes, 4, NULL, 32), CKR_ARGUMENTS_BAD);
}

static CK_RV one_mutex(CK_VOID_PTR mutex)
{
    (void)mutex;
    return CKR_OK;
}

static CK_RV create_mutex(CK_VOID_PTR_PTR mutex)
{
    *mutex = NULL;
    return CKR_OK;
}

static void arguments_of_initialisation_are_checked(void)
{
    CK_C_INITIALIZE_ARGS own = { create_mutex, one_mutex, one_mutex, one_mutex, 0, NULL }, partial = own;
    CK_C_INITIALIZE_ARGS os = { .flags = CKF_OS_LOCKING_OK },
                         no_threads = { .flags = CKF_LIBRARY_CANT_CREATE_OS_THREADS };

    for (int missing = 0; missing < 4; missing++) {
        partial = own;
        memset((char *)&partial + (size_t)missing * sizeof(void *), 0, sizeof(void *));
        partial.flags = CKF_OS_LOCKING_OK;
        RV(p11->C_Initialize(&partial), CKR_ARGUMENTS_BAD);
    }
    os.pReserved = &own;
    RV(p11->C_Initialize(&os), CKR_ARGUMENTS_BAD);
    os.pReserved = NULL;
    RV(p11->C_Initialize(&own), CKR_CANT_LOCK);
    OK(p11->C_Initialize(&os));
    RV(p11->C_Initialize(&os), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    RV(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    RV(p11->C_Finalize(&os), CKR_ARGUMENTS_BAD);
    OK(p11->C_GetInfo(&info));
    OK(p11->C_Finalize(NULL));
    OK(p11->C_Initialize(&no_threads));
    OK(p11->C_Finalize(NULL));
    RV(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void interfaces_are_found_before_initialisation(void)
{
    CK_C_GetInterfaceList get_list;
    CK_C_GetInterface get;
    CK_INTERFACE list[8], *found = NULL;
    CK_ULONG count = 0, small = 0;
    CK_VERSION v240 = { 2, 40 }, v999 = { 9, 99 };

    *(void **)&get_list = dlsym(library, "C_GetInterfaceList");
    *(void **)&get = dlsym(library, "C_GetInterface");
    if (!get_list || !get) {
        complain(__FILE__, __LINE__, "C_GetInterface is not exported");
        return;
    }
    RV(get_list(NULL, NULL), CKR_ARGUMENTS_BAD);
    OK(get_list(NULL, &count));
    CHECK(count >= 1 && count <= COUNT(list));
    RV(get_list(list, &small), CKR_BUFFER_TOO_SMALL);
    CHECK(small == count);
    OK(get_list(list, &count));
    CHECK(strcmp((char *)list[0].pInterfaceName, "PKCS 11") == 0);
    RV(get(NULL, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
    OK(get(NULL, NULL, &found, 0));
    CHECK(found && found->pFunctionList);
    OK(get((CK_UTF8CHAR *)(uintptr_t) "PKCS 11", &v240, &found, 0));
    CHECK(found && found->pFunctionList == (void *)p11);
    RV(get((CK_UTF8CHAR *)(uintptr_t) "Vendor of nothing", NULL, &found, 0), CKR_ARGUMENTS_BAD);
    RV(get((CK_UTF8CHAR *)(uintptr_t) "PKCS 11", &v999, &found, 0), CKR_ARGUMENTS_BAD);
    RV(get(NULL, NULL, &found, 0x80000000UL), CKR_ARGUMENTS_BAD);
}

static void check_list(const void *list, size_t list_len, size_t wanted, CK_VERSION version)
{
    const CK_VERSION *own = list;
    size_t at = offsetof(CK_FUNCTION_LIST, C_Initialize), count = (list_len - at) / sizeof(void *);
    const void *const *functions = (const void *const *)((const char *)list + at);

    CHECK(own->major == version.major && own->minor == version.minor);
    CHECK(count == wanted);
    for (size_t i = 0; i < count; i++)
        CHECK(functions[i] != NULL);
    CHECK(memcmp(functions, &p11->C_Initialize, 68 * sizeof(void *)) == 0); /* each list begins with the one before */
}

static void the_function_lists_are_complete(void)
{
    CK_VERSION v30 = { 3, 0 };
    CK_C_GetInterface get;
    CK_FUNCTION_LIST *again = NULL;
    CK_INTERFACE *found = NULL;

    check_list(p11, sizeof *p11, 68, (CK_VERSION){ 2, 40 });
    check_list(p32, sizeof *p32, 104, (CK_VERSION){ 3, 2 });
    *(void **)&get = dlsym(library, "C_GetInterface");
    OK(get(NULL, &v30, &found, CKF_INTERFACE_FORK_SAFE));
    check_list(found->pFunctionList, sizeof(CK_FUNCTION_LIST_3_0), 92, v30);
    OK(p11->C_GetFunctionList(&again));
    CHECK(again == p11);
    CHECK(memcmp(&p11->C_Initialize, &(void *){ dlsym(library, "C_Initialize") }, sizeof(void *)) == 0);
}

static bool is_padded(const CK_UTF8CHAR *text, size_t field)
{
    return !memchr(text, 0, field);
}

static void lists_follow_the_two_step_convention(void)
{
    CK_SLOT_ID slots[8];
    CK_MECHANISM_TYPE types[512];
    CK_ULONG count = 0, small = 0, big = COUNT(slots);

    OK(p11->C_GetSlotList(CK_TRUE, NULL, &count));
    CHECK(count == (embedded ? 2 : count) && count >= 1);
    RV(p11->C_GetSlotList(CK_TRUE, slots, &small), CKR_BUFFER_TOO_SMALL);
    CHECK(small == count);
    OK(p11->C_GetSlotList(CK_FALSE, slots, &big));
    CHECK(big == count);
    OK(p11->C_GetMechanismList(0, NULL, &count));
    small = count - 1;
    RV(p11->C_GetMechanismList(0, types, &small), CKR_BUFFER_TOO_SMALL);
    CHECK(small == count && count <= COUNT(types));
    OK(p11->C_GetMechanismList(0, types, &count));
    for (CK_ULONG i = 0; i < count; i++)
        OK(p11->C_GetMechanismInfo(0, types[i], &mechanism_info));
}

static void texts_are_padded_with_blanks(void)
{
    OK(p11->C_GetInfo(&info));
    CHECK(is_padded(info.manufacturerID, 32) && is_padded(info.libraryDescription, 32) && info.flags == 0);
    OK(p11->C_GetSlotInfo(0, &slot_info));
    CHECK(is_padded(slot_info.slotDescription, 64) && is_padded(slot_info.manufacturerID, 32));
    CHECK(slot_info.flags & CKF_TOKEN_PRESENT);
    OK(p11->C_GetTokenInfo(0, &token_info));
    CHECK(is_padded(token_info.label, 32) && is_padded(token_info.manufacturerID, 32));
    CHECK(is_padded(token_info.model, 16) && is_padded(token_info.serialNumber, 16) &&
          is_padded(token_info.utcTime, 16));
    CHECK((token_info.flags & (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_RNG)) ==
          (CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED | CKF_LOGIN_REQUIRED | CKF_RNG));
    CHECK(token_info.ulSessionCount == 1 && token_info.ulRwSessionCount == 1);
}

const test_case general_cases[] = {
    { "the function lists are complete", the_function_lists_are_complete, false, false },
    { "interfaces are found before C_Initialize", interfaces_are_found_before_initialisation, false, false },
    { "nothing else works before C_Initialize", nothing_works_before_initialisation, false, false },
    { "arguments of C_Initialize are checked", arguments_of_initialisation_are_checked, false, false },
    { "handles of no session are refused by every function", handles_of_no_session_are_refused, true, false },
    { "slots and mechanisms that are not there are refused", a_number_of_a_slot_is_checked, true, false },
    { "NULL is refused where something must stand", null_is_refused_where_something_must_stand, true, false },
    { "NULL mechanisms and places are refused", null_mechanisms_and_places_are_refused, true, false },
    { "lists follow the two-step convention", lists_follow_the_two_step_convention, true, false },
    { "texts are padded with blanks", texts_are_padded_with_blanks, true, false },
    { NULL, NULL, false, false },
};
