/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions, slots, and what works before and after C_Initialize. */
#include <dlfcn.h>

#include "module/contract/testing.h"

static void nothing_works_before_initialisation(void **state)
{
    CK_SESSION_HANDLE session;
    CK_INFO info;

    (void)state;
    assert_rv(p11->C_GetInfo(&info), CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_rv(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_CRYPTOKI_NOT_INITIALIZED);
    assert_rv(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static void initialisation_happens_once(void **state)
{
    (void)state;
    assert_ok(p11->C_Initialize(NULL));
    assert_rv(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    assert_ok(p11->C_Finalize(NULL));
    assert_rv(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
}

static CK_RV some_mutex_function(CK_VOID_PTR mutex)
{
    (void)mutex;
    return CKR_OK;
}

static CK_RV some_create_function(CK_VOID_PTR_PTR mutex)
{
    *mutex = NULL;
    return CKR_OK;
}

static void arguments_of_initialisation_are_checked(void **state)
{
    CK_C_INITIALIZE_ARGS some = { .LockMutex = some_mutex_function };
    CK_C_INITIALIZE_ARGS own = {
        some_create_function, some_mutex_function, some_mutex_function, some_mutex_function, 0, NULL
    };
    CK_C_INITIALIZE_ARGS reserved = { .pReserved = &some };

    (void)state;
    assert_rv(p11->C_Initialize(&some), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_Initialize(&own), CKR_CANT_LOCK);
    assert_rv(p11->C_Initialize(&reserved), CKR_ARGUMENTS_BAD);
    own.flags = CKF_OS_LOCKING_OK;
    assert_ok(p11->C_Initialize(&own));
    assert_rv(p11->C_Finalize(&own), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_Finalize(NULL));
}

static void the_library_says_who_it_is(void **state)
{
    CK_INFO info;

    (void)state;
    assert_ok(p11->C_GetInfo(&info));
    assert_int_equal(info.cryptokiVersion.major, 3);
    assert_int_equal(info.cryptokiVersion.minor, 2);
    assert_memory_equal(info.manufacturerID, "Quantoki                        ", 32);
    assert_rv(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
}

static void slots_are_listed_by_the_two_step_convention(void **state)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 0, small = 0;

    (void)state;
    assert_ok(p11->C_GetSlotList(CK_TRUE, NULL, &count));
    assert_true(count >= 1 && count <= 8);
    assert_rv(p11->C_GetSlotList(CK_TRUE, slots, &small), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(small, count);
    assert_ok(p11->C_GetSlotList(CK_FALSE, slots, &count));
    assert_int_equal(slots[0], 0);
}

static void an_unknown_slot_is_refused_everywhere(void **state)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_INFO slot;
    CK_TOKEN_INFO token;
    CK_ULONG count = 0;

    (void)state;
    assert_rv(p11->C_GetSlotInfo(99, &slot), CKR_SLOT_ID_INVALID);
    assert_rv(p11->C_GetTokenInfo(99, &token), CKR_SLOT_ID_INVALID);
    assert_rv(p11->C_GetMechanismList(99, NULL, &count), CKR_SLOT_ID_INVALID);
    assert_rv(p11->C_OpenSession(99, CKF_SERIAL_SESSION, NULL, NULL, &session), CKR_SLOT_ID_INVALID);
    assert_rv(p11->C_CloseAllSessions(99), CKR_SLOT_ID_INVALID);
}

static void the_token_shows_its_state(void **state)
{
    CK_TOKEN_INFO info;

    (void)state;
    assert_ok(p11->C_GetTokenInfo(0, &info));
    assert_memory_equal(info.label, "contract                        ", 32);
    assert_true(info.flags & CKF_TOKEN_INITIALIZED);
    assert_true(info.flags & CKF_USER_PIN_INITIALIZED);
    assert_true(info.flags & CKF_LOGIN_REQUIRED);
    assert_true(info.flags & CKF_RNG);
    assert_true(info.ulMaxPinLen >= 255);
}

static void mechanisms_are_listed_with_true_sizes(void **state)
{
    CK_MECHANISM_TYPE types[256];
    CK_ULONG count = COUNT(types);
    CK_MECHANISM_INFO info;

    (void)state;
    assert_ok(p11->C_GetMechanismList(0, types, &count));
    for (CK_ULONG i = 0; i < count; i++)
        assert_ok(p11->C_GetMechanismInfo(0, types[i], &info));
    assert_ok(p11->C_GetMechanismInfo(0, CKM_AES_GCM, &info));
    assert_int_equal(info.ulMinKeySize, 16);
    assert_int_equal(info.ulMaxKeySize, 32);
    assert_true(info.flags & CKF_ENCRYPT);
    assert_rv(p11->C_GetMechanismInfo(0, CKM_RC4, &info), CKR_MECHANISM_INVALID);
}

/* --- sessions --- */

static void a_session_tells_its_state(void **state)
{
    CK_SESSION_HANDLE reads = test_open(0), writes = test_open(CKF_RW_SESSION);
    CK_SESSION_INFO info;

    (void)state;
    assert_ok(p11->C_GetSessionInfo(reads, &info));
    assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
    assert_int_equal(info.flags, CKF_SERIAL_SESSION);
    assert_ok(p11->C_GetSessionInfo(writes, &info));
    assert_int_equal(info.state, CKS_RW_PUBLIC_SESSION);
    assert_rv(p11->C_GetSessionInfo(writes, NULL), CKR_ARGUMENTS_BAD);
}

static void a_parallel_session_is_refused(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    assert_rv(p11->C_OpenSession(0, CKF_RW_SESSION, NULL, NULL, &session), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    assert_rv(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
}

static void a_closed_session_cannot_be_used(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);
    CK_SESSION_INFO info;
    CK_BYTE byte;

    (void)state;
    assert_ok(p11->C_CloseSession(session));
    assert_rv(p11->C_CloseSession(session), CKR_SESSION_HANDLE_INVALID);
    assert_rv(p11->C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
    assert_rv(p11->C_GenerateRandom(session, &byte, 1), CKR_SESSION_HANDLE_INVALID);
    assert_rv(p11->C_GetSessionInfo(CK_INVALID_HANDLE, &info), CKR_SESSION_HANDLE_INVALID);
    assert_rv(p11->C_GetSessionInfo(~0UL, &info), CKR_SESSION_HANDLE_INVALID);
}

static void session_handles_are_never_used_again(void **state)
{
    CK_SESSION_HANDLE seen[200];

    (void)state;
    for (size_t i = 0; i < COUNT(seen); i++) {
        seen[i] = test_open(0);
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
        assert_ok(p11->C_CloseSession(seen[i]));
    }
    assert_ok(p11->C_Finalize(NULL));
    assert_ok(p11->C_Initialize(NULL));
    assert_int_not_equal(test_open(0), seen[0]);
}

static void all_sessions_close_at_once(void **state)
{
    CK_SESSION_HANDLE sessions[40];
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;

    (void)state;
    for (size_t i = 0; i < COUNT(sessions); i++)
        sessions[i] = test_open(i % 2 ? CKF_RW_SESSION : 0);
    assert_ok(p11->C_GetTokenInfo(0, &token));
    assert_int_equal(token.ulSessionCount, 40);
    assert_int_equal(token.ulRwSessionCount, 20);
    assert_ok(p11->C_CloseAllSessions(0));
    for (size_t i = 0; i < COUNT(sessions); i++)
        assert_rv(p11->C_GetSessionInfo(sessions[i], &info), CKR_SESSION_HANDLE_INVALID);
    assert_ok(p11->C_GetTokenInfo(0, &token));
    assert_int_equal(token.ulSessionCount, 0);
}

static void legacy_functions_say_so(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);

    (void)state;
    assert_rv(p11->C_GetFunctionStatus(session), CKR_FUNCTION_NOT_PARALLEL);
    assert_rv(p11->C_CancelFunction(session), CKR_FUNCTION_NOT_PARALLEL);
}

static void every_function_of_the_list_is_there(void **state)
{
    const CK_C_Initialize *first = &p11->C_Initialize;

    (void)state;
    assert_int_equal(p11->version.major, 2);
    assert_int_equal(p11->version.minor, 40);
    for (size_t i = 0; i < 68; i++)
        assert_true(first[i] != NULL);
}

static void interfaces_are_found_by_name_and_version(void **state)
{
    void *library = dlopen(getenv("QUANTOKI_MODULE"), RTLD_NOW);
    CK_VERSION v2 = { 2, 40 }, v9 = { 9, 9 };
    CK_UTF8CHAR name[] = "PKCS 11", other[] = "Vendor other";
    CK_C_GetInterfaceList get_list;
    CK_C_GetInterface get;
    CK_INTERFACE list[4], *found = NULL;
    CK_ULONG count = 0, none = 0;

    (void)state;
    *(void **)&get_list = dlsym(library, "C_GetInterfaceList");
    *(void **)&get = dlsym(library, "C_GetInterface");
    assert_ok(get_list(NULL, &count));
    assert_true(count >= 1 && count <= 4);
    assert_rv(get_list(list, &none), CKR_BUFFER_TOO_SMALL);
    assert_ok(get_list(list, &count));
    assert_string_equal((const char *)list[0].pInterfaceName, "PKCS 11");
    assert_ok(get(name, &v2, &found, 0));
    assert_ptr_equal(found->pFunctionList, p11);
    assert_ok(get(NULL, NULL, &found, CKF_INTERFACE_FORK_SAFE));
    assert_rv(get(other, NULL, &found, 0), CKR_ARGUMENTS_BAD);
    assert_rv(get(name, &v9, &found, 0), CKR_ARGUMENTS_BAD);
    assert_rv(get(name, NULL, NULL, 0), CKR_ARGUMENTS_BAD);
    dlclose(library);
}

static void random_bytes_come_and_differ(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);
    CK_BYTE a[32], b[32], large[10000] = { 0 };
    CK_BYTE zeros[32] = { 0 };

    (void)state;
    assert_ok(p11->C_GenerateRandom(session, a, sizeof a));
    assert_ok(p11->C_GenerateRandom(session, b, sizeof b));
    assert_memory_not_equal(a, b, sizeof a);
    assert_ok(p11->C_GenerateRandom(session, large, sizeof large));
    assert_memory_not_equal(large + sizeof large - 32, zeros, 32);
    assert_ok(p11->C_GenerateRandom(session, NULL, 0));
    assert_rv(p11->C_GenerateRandom(session, NULL, 5), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_SeedRandom(session, a, sizeof a));
    assert_rv(p11->C_SeedRandom(session, NULL, 5), CKR_ARGUMENTS_BAD);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_works_before_initialisation),
        cmocka_unit_test(initialisation_happens_once),
        cmocka_unit_test(arguments_of_initialisation_are_checked),
        cmocka_unit_test(every_function_of_the_list_is_there),
        cmocka_unit_test(interfaces_are_found_by_name_and_version),
        IN(the_library_says_who_it_is),
        IN(slots_are_listed_by_the_two_step_convention),
        IN(an_unknown_slot_is_refused_everywhere),
        IN(the_token_shows_its_state),
        IN(mechanisms_are_listed_with_true_sizes),
        IN(a_session_tells_its_state),
        IN(a_parallel_session_is_refused),
        IN(a_closed_session_cannot_be_used),
        IN(session_handles_are_never_used_again),
        IN(all_sessions_close_at_once),
        IN(legacy_functions_say_so),
        IN(random_bytes_come_and_differ),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
