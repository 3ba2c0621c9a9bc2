/* SPDX-License-Identifier: Apache-2.0 */
/* Who is logged in, and what that allows. */
#include "module/contract/testing.h"

static CK_STATE state_of(CK_SESSION_HANDLE session)
{
    CK_SESSION_INFO info;

    assert_ok(p11->C_GetSessionInfo(session, &info));
    return info.state;
}

static CK_RV login_with(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    return p11->C_Login(session, user, (CK_UTF8CHAR *)(uintptr_t)pin, strlen(pin));
}

static void a_login_holds_for_all_sessions(void **state)
{
    CK_SESSION_HANDLE first = test_open(0), second = test_open(CKF_RW_SESSION);

    (void)state;
    assert_ok(test_login(first, CKU_USER));
    assert_int_equal(state_of(first), CKS_RO_USER_FUNCTIONS);
    assert_int_equal(state_of(second), CKS_RW_USER_FUNCTIONS);
    assert_int_equal(state_of(test_open(0)), CKS_RO_USER_FUNCTIONS);
    assert_ok(p11->C_Logout(second));
    assert_int_equal(state_of(first), CKS_RO_PUBLIC_SESSION);
    assert_rv(p11->C_Logout(first), CKR_USER_NOT_LOGGED_IN);
}

static void nobody_logs_in_twice(void **state)
{
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    assert_rv(test_login(session, CKU_USER), CKR_USER_ALREADY_LOGGED_IN);
    assert_rv(test_login(session, CKU_SO), CKR_USER_ANOTHER_ALREADY_LOGGED_IN);
}

static void a_wrong_pin_is_refused_and_a_right_one_works_after_it(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);

    (void)state;
    assert_rv(login_with(session, CKU_USER, "wrong wrong wrong"), CKR_PIN_INCORRECT);
    assert_int_equal(state_of(session), CKS_RO_PUBLIC_SESSION);
    assert_ok(test_login(session, CKU_USER));
}

static void bad_arguments_of_a_login_are_refused(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);

    (void)state;
    assert_rv(p11->C_Login(session, CKU_USER, NULL, 0), CKR_ARGUMENTS_BAD);
    assert_rv(login_with(session, 77, "some pin"), CKR_USER_TYPE_INVALID);
    assert_rv(login_with(session, CKU_CONTEXT_SPECIFIC, "some pin"), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(login_with(0, CKU_USER, "some pin"), CKR_SESSION_HANDLE_INVALID);
}

static void the_security_officer_and_read_only_sessions_exclude_each_other(void **state)
{
    CK_SESSION_HANDLE reads = test_open(0), writes = test_open(CKF_RW_SESSION), third;

    (void)state;
    assert_rv(test_login(writes, CKU_SO), CKR_SESSION_READ_ONLY_EXISTS);
    assert_ok(p11->C_CloseSession(reads));
    assert_ok(test_login(writes, CKU_SO));
    assert_int_equal(state_of(writes), CKS_RW_SO_FUNCTIONS);
    assert_rv(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &third), CKR_SESSION_READ_WRITE_SO_EXISTS);
}

static void the_last_session_takes_the_login_with_it(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    assert_ok(p11->C_CloseSession(session));
    assert_int_equal(state_of(test_open(0)), CKS_RO_PUBLIC_SESSION);
}

static void logging_out_ends_private_handles_for_good(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key, session_key;
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);
    CK_ULONG size;

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    test_ec_pair(session, true, "logout", &public_key, &private_key);
    session_key = test_aes_key(session, false, "logout session");
    assert_ok(p11->C_Logout(session));
    assert_ok(p11->C_GetObjectSize(session, public_key, &size));
    assert_rv(p11->C_GetObjectSize(session, private_key, &size), CKR_OBJECT_HANDLE_INVALID);
    assert_ok(test_login(session, CKU_USER));
    assert_rv(p11->C_GetObjectSize(session, private_key, &size), CKR_OBJECT_HANDLE_INVALID);
    assert_rv(p11->C_GetObjectSize(session, session_key, &size), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(test_count_label(session, "logout"), 2);
    assert_int_equal(test_count_label(session, "logout session"), 0);
}

static void operations_with_private_keys_end_with_the_login(void **state)
{
    CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION), other = test_open(0);
    CK_BYTE block[16] = { 0 };
    CK_ULONG len = sizeof block;

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    assert_ok(p11->C_EncryptInit(session, &ecb, test_aes_key(session, false, "")));
    assert_ok(p11->C_Logout(other));
    assert_rv(p11->C_Encrypt(session, block, 16, block, &len), CKR_USER_NOT_LOGGED_IN);
    assert_rv(p11->C_Encrypt(session, block, 16, block, &len), CKR_OPERATION_NOT_INITIALIZED);
}

static void private_objects_need_a_login(void **state)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);
    CK_OBJECT_HANDLE key;
    CK_ULONG len = 16;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), ATTR_BOOL(CKA_PRIVATE, true) };

    (void)state;
    assert_rv(p11->C_GenerateKey(session, &mechanism, template_, 2, &key), CKR_USER_NOT_LOGGED_IN);
    assert_ok(p11->C_GenerateKey(session, &mechanism, template_, 1, &key));
}

static void the_security_officer_sees_public_objects_only(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    test_ec_pair(session, true, "two halves", &public_key, &private_key);
    assert_int_equal(test_count_label(session, "two halves"), 2);
    assert_ok(p11->C_Logout(session));
    assert_int_equal(test_count_label(session, "two halves"), 1);
    assert_ok(test_login(session, CKU_SO));
    assert_int_equal(test_count_label(session, "two halves"), 1);
}

/* Who makes an object, with which CKA_PRIVATE (-1: none), and what comes of it: every row for session and for token
 * objects. */
static const struct {
    CK_USER_TYPE user; /* CK_UNAVAILABLE_INFORMATION: nobody is logged in */
    int is_private;
    CK_RV rv;
    bool becomes_private;
} places[] = {
    { CKU_SO, -1, CKR_OK, false },
    { CKU_SO, 0, CKR_OK, false },
    { CKU_SO, 1, CKR_USER_NOT_LOGGED_IN, false },
    { CK_UNAVAILABLE_INFORMATION, -1, CKR_OK, false },
    { CK_UNAVAILABLE_INFORMATION, 0, CKR_OK, false },
    { CK_UNAVAILABLE_INFORMATION, 1, CKR_USER_NOT_LOGGED_IN, false },
    { CKU_USER, -1, CKR_OK, true },
    { CKU_USER, 0, CKR_OK, false },
    { CKU_USER, 1, CKR_OK, true },
};

static void make_in_place(CK_SESSION_HANDLE session, size_t row, bool token)
{
    static CK_OBJECT_CLASS data = CKO_DATA;
    CK_BBOOL wanted = places[row].is_private == 1, got_private = 2, got_token = 2;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, data), ATTR_BOOL(CKA_TOKEN, token), ATTR(CKA_PRIVATE, wanted) };
    CK_ATTRIBUTE asked[] = { ATTR(CKA_PRIVATE, got_private), ATTR(CKA_TOKEN, got_token) };
    CK_OBJECT_HANDLE object;

    assert_rv(p11->C_CreateObject(session, template_, places[row].is_private < 0 ? 2 : 3, &object), places[row].rv);
    if (places[row].rv != CKR_OK)
        return;
    assert_ok(p11->C_GetAttributeValue(session, object, asked, 2));
    assert_int_equal(got_private, places[row].becomes_private);
    assert_int_equal(got_token, token);
    assert_ok(p11->C_DestroyObject(session, object));
}

static void objects_go_where_their_maker_may_put_them(void **state)
{
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    for (size_t row = 0; row < COUNT(places); row++) {
        bool logs_in = places[row].user != CK_UNAVAILABLE_INFORMATION;
        if (logs_in)
            assert_ok(test_login(session, places[row].user));
        make_in_place(session, row, false);
        make_in_place(session, row, true);
        if (logs_in)
            assert_ok(p11->C_Logout(session));
    }
}

static void pins_are_set_by_those_who_may(void **state)
{
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    assert_rv(p11->C_InitPIN(session, test_pin(), test_len(test_pin())), CKR_USER_NOT_LOGGED_IN);
    assert_ok(test_login(session, CKU_USER));
    assert_rv(p11->C_InitPIN(session, test_pin(), test_len(test_pin())), CKR_USER_NOT_LOGGED_IN);
}

/* --- a token with PINs of its own --- */

static void the_user_changes_the_pin(void **state)
{
    CK_UTF8CHAR other[] = "another";
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    if (!test_is_embedded()) {
        assert_rv(p11->C_SetPIN(session, test_pin(), test_len(test_pin()), other, 7), CKR_FUNCTION_NOT_SUPPORTED);
        return;
    }
    assert_rv(p11->C_SetPIN(session, other, 7, other, 7), CKR_PIN_INCORRECT);
    assert_rv(p11->C_SetPIN(session, test_pin(), test_len(test_pin()), other, 3), CKR_PIN_LEN_RANGE);
    assert_ok(p11->C_SetPIN(session, test_pin(), test_len(test_pin()), other, 7));
    assert_rv(test_login(session, CKU_USER), CKR_PIN_INCORRECT);
    assert_ok(login_with(session, CKU_USER, "another"));
    assert_rv(p11->C_SetPIN(test_open(0), other, 7, test_pin(), test_len(test_pin())), CKR_SESSION_READ_ONLY);
    assert_ok(p11->C_SetPIN(session, other, 7, test_pin(), test_len(test_pin())));
}

static void wrong_pins_are_counted_for_all_to_see(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);
    CK_TOKEN_INFO info;

    (void)state;
    if (!test_is_embedded())
        return;
    assert_rv(login_with(session, CKU_USER, "wrong 1"), CKR_PIN_INCORRECT);
    assert_ok(p11->C_GetTokenInfo(0, &info));
    assert_true(info.flags & CKF_USER_PIN_COUNT_LOW);
    assert_false(info.flags & CKF_USER_PIN_FINAL_TRY);
    assert_rv(login_with(session, CKU_USER, "wrong 2"), CKR_PIN_INCORRECT);
    assert_rv(login_with(session, CKU_USER, "wrong 3"), CKR_PIN_INCORRECT);
    assert_ok(p11->C_Finalize(NULL)); /* the count is the token's, not the process's */
    assert_ok(p11->C_Initialize(NULL));
    assert_ok(p11->C_GetTokenInfo(0, &info));
    assert_true(info.flags & CKF_USER_PIN_FINAL_TRY);
    session = test_open(0);
    assert_ok(test_login(session, CKU_USER));
    assert_ok(p11->C_GetTokenInfo(0, &info));
    assert_false(info.flags & (CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED));
}

/* --- initialisation --- */

static CK_UTF8CHAR label[] = "contract                        ";

static void a_token_with_open_sessions_is_not_initialised(void **state)
{
    CK_SESSION_HANDLE session = test_open(0);

    (void)state;
    assert_rv(p11->C_InitToken(0, test_so_pin(), test_len(test_so_pin()), label), CKR_SESSION_EXISTS);
    assert_ok(p11->C_CloseSession(session));
}

static void a_wrong_so_pin_leaves_the_token_as_it_is(void **state)
{
    CK_UTF8CHAR wrong[] = "not the officer's";
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    test_aes_key(session, true, "survivor");
    assert_ok(p11->C_CloseSession(session));
    assert_rv(p11->C_InitToken(0, wrong, sizeof wrong - 1, label), CKR_PIN_INCORRECT);
    assert_rv(p11->C_InitToken(0, NULL, 0, label), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_InitToken(0, test_so_pin(), test_len(test_so_pin()), NULL), CKR_ARGUMENTS_BAD);
    session = test_open(0);
    assert_ok(test_login(session, CKU_USER));
    assert_int_equal(test_count_label(session, "survivor"), 1);
}

static void initialisation_empties_the_token(void **state)
{
    CK_SESSION_HANDLE session = test_open(CKF_RW_SESSION);
    CK_OBJECT_HANDLE public_key, private_key;
    CK_TOKEN_INFO info;
    CK_RV rv;

    (void)state;
    assert_ok(test_login(session, CKU_USER));
    test_ec_pair(session, true, "victim", &public_key, &private_key);
    assert_ok(p11->C_CloseSession(session));
    assert_ok(p11->C_InitToken(0, test_so_pin(), test_len(test_so_pin()), label));
    assert_ok(p11->C_GetTokenInfo(0, &info));
    session = test_open(CKF_RW_SESSION);
    assert_int_equal(test_count(session, NULL, 0), 0);
    if (test_is_embedded()) {
        assert_false(info.flags & CKF_USER_PIN_INITIALIZED);
        assert_rv(test_login(session, CKU_USER), CKR_USER_PIN_NOT_INITIALIZED);
    }
    assert_ok(test_login(session, CKU_SO));
    rv = p11->C_InitPIN(session, test_pin(), test_len(test_pin()));
    assert_true(rv == (test_is_embedded() ? CKR_OK : CKR_FUNCTION_NOT_SUPPORTED));
    assert_ok(p11->C_Logout(session));
    assert_ok(test_login(session, CKU_USER));
    assert_int_equal(test_count(session, NULL, 0), 0);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_login_holds_for_all_sessions),
        IN(nobody_logs_in_twice),
        IN(a_wrong_pin_is_refused_and_a_right_one_works_after_it),
        IN(bad_arguments_of_a_login_are_refused),
        IN(the_security_officer_and_read_only_sessions_exclude_each_other),
        IN(the_last_session_takes_the_login_with_it),
        IN(logging_out_ends_private_handles_for_good),
        IN(operations_with_private_keys_end_with_the_login),
        IN(private_objects_need_a_login),
        IN(the_security_officer_sees_public_objects_only),
        IN(objects_go_where_their_maker_may_put_them),
        IN(pins_are_set_by_those_who_may),
        IN(the_user_changes_the_pin),
        IN(wrong_pins_are_counted_for_all_to_see),
        IN(a_token_with_open_sessions_is_not_initialised),
        IN(a_wrong_so_pin_leaves_the_token_as_it_is),
        IN(initialisation_empties_the_token),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
