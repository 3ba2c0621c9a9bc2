/* SPDX-License-Identifier: Apache-2.0 */
/* Sessions and logins: PKCS #11 2.40, sections 5.6 and, in the usage guide, 2.6. */
#include "conformance.h"

static CK_STATE state_of(CK_SESSION_HANDLE at)
{
    CK_SESSION_INFO info = { .state = 99 };

    OK(p11->C_GetSessionInfo(at, &info));
    CHECK(info.flags & CKF_SERIAL_SESSION);
    return info.state;
}

static void sessions_are_opened_by_the_rules(void)
{
    CK_SESSION_HANDLE handle = 0, other;
    CK_SESSION_INFO info;

    RV(p11->C_OpenSession(0, 0, NULL, NULL, &handle), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    RV(p11->C_OpenSession(0, CKF_RW_SESSION, NULL, NULL, &handle), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    handle = open_session(0);
    OK(p11->C_GetSessionInfo(handle, &info));
    CHECK(info.slotID == 0 && info.flags == CKF_SERIAL_SESSION && info.ulDeviceError == 0);
    OK(p11->C_CloseSession(handle));
    RV(p11->C_CloseSession(handle), CKR_SESSION_HANDLE_INVALID);
    other = open_session(0);
    CHECK(other != handle && other != 0);
    OK(p11->C_CloseAllSessions(0));
    RV(p11->C_GetSessionInfo(other, &info), CKR_SESSION_HANDLE_INVALID);
    RV(p11->C_GetSessionInfo(session, &info), CKR_SESSION_HANDLE_INVALID);
    OK(p11->C_CloseAllSessions(0));
}

static void states_follow_the_login(void)
{
    CK_SESSION_HANDLE ro, rw;

    OK(p11->C_Logout(session));
    ro = open_session(0);
    rw = open_session(CKF_RW_SESSION);
    CHECK(state_of(ro) == CKS_RO_PUBLIC_SESSION && state_of(rw) == CKS_RW_PUBLIC_SESSION);
    OK(login(ro, CKU_USER));
    CHECK(state_of(ro) == CKS_RO_USER_FUNCTIONS && state_of(rw) == CKS_RW_USER_FUNCTIONS);
    CHECK(state_of(session) == CKS_RW_USER_FUNCTIONS);
    OK(p11->C_Logout(rw));
    CHECK(state_of(ro) == CKS_RO_PUBLIC_SESSION && state_of(session) == CKS_RW_PUBLIC_SESSION);
    RV(p11->C_Logout(ro), CKR_USER_NOT_LOGGED_IN);
}

static void logins_are_refused_by_the_rules(void)
{
    CK_SESSION_HANDLE other = open_session(0);

    RV(login(other, CKU_USER), CKR_USER_ALREADY_LOGGED_IN);
    RV(login(session, CKU_USER), CKR_USER_ALREADY_LOGGED_IN);
    RV(login(session, CKU_SO), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    RV(p11->C_Login(session, 77, (CK_UTF8CHAR *)user_pin, 4), CKR_USER_TYPE_INVALID);
    RV(login(session, CKU_CONTEXT_SPECIFIC), CKR_OPERATION_NOT_INITIALIZED);
    RV(p11->C_InitPIN(session, (CK_UTF8CHAR *)user_pin, 8), CKR_USER_NOT_LOGGED_IN);
    OK(p11->C_Logout(session));
    RV(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)(uintptr_t) "wrong wrong", 11), CKR_PIN_INCORRECT);
    CHECK(state_of(session) == CKS_RW_PUBLIC_SESSION);
    RV(p11->C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
    RV(login(session, CKU_SO), CKR_SESSION_READ_ONLY_EXISTS);
    OK(p11->C_CloseSession(other));
    OK(login(session, CKU_SO));
    CHECK(state_of(session) == CKS_RW_SO_FUNCTIONS);
    RV(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &other), CKR_SESSION_READ_WRITE_SO_EXISTS);
    RV(login(session, CKU_SO), CKR_USER_ALREADY_LOGGED_IN);
    RV(login(session, CKU_USER), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
    OK(p11->C_OpenSession(0, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &other));
    CHECK(state_of(other) == CKS_RW_SO_FUNCTIONS);
}

static void the_last_session_takes_the_login_with_it(void)
{
    CK_SESSION_HANDLE other = open_session(0);

    OK(p11->C_CloseSession(session));
    CHECK(state_of(other) == CKS_RO_USER_FUNCTIONS);
    OK(p11->C_CloseSession(other));
    other = open_session(CKF_RW_SESSION);
    CHECK(state_of(other) == CKS_RW_PUBLIC_SESSION);
    OK(login(other, CKU_USER));
    OK(p11->C_CloseAllSessions(0));
    other = open_session(0);
    CHECK(state_of(other) == CKS_RO_PUBLIC_SESSION);
}

static void a_token_in_use_is_not_initialised(void)
{
    CK_UTF8CHAR label[33] = "not this time                   ";

    RV(p11->C_InitToken(0, (CK_UTF8CHAR *)so_pin, strlen(so_pin), label), CKR_SESSION_EXISTS);
    OK(p11->C_CloseAllSessions(0));
    RV(p11->C_InitToken(0, (CK_UTF8CHAR *)(uintptr_t) "wrong wrong", 11, label), CKR_PIN_INCORRECT);
}

static void a_read_only_session_writes_nothing_to_the_token(void)
{
    CK_SESSION_HANDLE ro = open_session(0);
    CK_OBJECT_HANDLE key = make_aes(session, true, true, "read-only"), copy;
    CK_ATTRIBUTE name = TEXT(CKA_LABEL, "other"), token = BOOL(CKA_TOKEN, true);
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16;
    CK_ATTRIBUTE items[] = { BOOL(CKA_TOKEN, true), VALUE(CKA_VALUE_LEN, len) };

    RV(p11->C_GenerateKey(ro, &generate, items, COUNT(items), &copy), CKR_SESSION_READ_ONLY);
    RV(p11->C_SetAttributeValue(ro, key, &name, 1), CKR_SESSION_READ_ONLY);
    RV(p11->C_DestroyObject(ro, key), CKR_SESSION_READ_ONLY);
    RV(p11->C_CopyObject(ro, key, &token, 1, &copy), CKR_SESSION_READ_ONLY);
    RV(p11->C_SetPIN(ro, (CK_UTF8CHAR *)user_pin, 8, (CK_UTF8CHAR *)user_pin, 8), CKR_SESSION_READ_ONLY);
    key = make_aes(ro, false, true, "session object");
    OK(p11->C_SetAttributeValue(ro, key, &name, 1));
    OK(p11->C_DestroyObject(ro, key));
    destroy_label(session, "read-only");
}

static void slots_know_nothing_of_each_other(void)
{
    CK_SESSION_HANDLE one = open_on(1, CKF_RW_SESSION);
    CK_OBJECT_HANDLE key = make_hmac(session);
    CK_SESSION_INFO info;
    CK_ULONG size;

    CHECK(state_of(one) == CKS_RW_PUBLIC_SESSION);
    RV(p11->C_Logout(one), CKR_USER_NOT_LOGGED_IN);
    OK(login(one, CKU_SO));
    CHECK(state_of(session) == CKS_RW_USER_FUNCTIONS);
    RV(p11->C_GetObjectSize(one, key, &size), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_SignInit(one, &hmac, key), CKR_KEY_HANDLE_INVALID);
    OK(p11->C_Logout(one));
    OK(p11->C_CloseAllSessions(1));
    RV(p11->C_GetSessionInfo(one, &info), CKR_SESSION_HANDLE_INVALID);
    CHECK(state_of(session) == CKS_RW_USER_FUNCTIONS);
    one = open_on(1, CKF_RW_SESSION);
    OK(login(one, CKU_USER));
    make_aes(one, true, true, "of slot 1");
    CHECK(count_label(one, "of slot 1") == 1 && count_label(session, "of slot 1") == 0);
    destroy_label(one, "of slot 1");
    OK(p11->C_CloseAllSessions(0));
    CHECK(state_of(one) == CKS_RW_USER_FUNCTIONS);
}

static void pins_are_set_by_their_owner(void)
{
    CK_UTF8CHAR *old = (CK_UTF8CHAR *)user_pin, other[] = "another one";
    CK_ULONG old_len = strlen(user_pin);

    RV(p11->C_SetPIN(session, other, 11, old, old_len), CKR_PIN_INCORRECT);
    RV(p11->C_SetPIN(session, old, old_len, other, 1), CKR_PIN_LEN_RANGE);
    OK(p11->C_SetPIN(session, old, old_len, other, 11));
    CHECK(state_of(session) == CKS_RW_USER_FUNCTIONS);
    OK(p11->C_Logout(session));
    RV(login(session, CKU_USER), CKR_PIN_INCORRECT);
    OK(p11->C_SetPIN(session, other, 11, old, old_len)); /* of the user, also when nobody is logged in */
    OK(login(session, CKU_USER));
}

const test_case session_cases[] = {
    { "sessions are opened and closed by the rules", sessions_are_opened_by_the_rules, true, false },
    { "states of all sessions follow the login", states_follow_the_login, true, false },
    { "logins are refused by the rules", logins_are_refused_by_the_rules, true, false },
    { "the last session takes the login with it", the_last_session_takes_the_login_with_it, true, false },
    { "a token in use is not initialised", a_token_in_use_is_not_initialised, true, false },
    { "a read-only session writes nothing to the token", a_read_only_session_writes_nothing_to_the_token, true, false },
    { "slots know nothing of each other", slots_know_nothing_of_each_other, true, true },
    { "PINs are set by their owner", pins_are_set_by_their_owner, true, true },
    { NULL, NULL, false, false },
};
