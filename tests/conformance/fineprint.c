/* SPDX-License-Identifier: Apache-2.0 */
/* The small print of PKCS #11 3.2: rules that one meets when something changes half-way, or when functions come in the
 * wrong order. */
#include "conformance.h"

#define NOT_ACTIVE CKR_OPERATION_NOT_INITIALIZED

static CK_BYTE text[64] = "thirty-two bytes of plain text..", out[512];
static CK_ULONG len;

/* ---- searches ---- */

static CK_ULONG take_rest(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE *found, CK_ULONG room)
{
    CK_ULONG count = 0;

    OK(p11->C_FindObjects(at, found, room, &count));
    OK(p11->C_FindObjectsFinal(at));
    return count;
}

static void a_search_ends_with_its_session(void)
{
    CK_SESSION_HANDLE other = open_session(0);
    CK_OBJECT_HANDLE found;
    CK_ULONG count = 77;

    OK(p11->C_FindObjectsInit(other, NULL, 0));
    OK(p11->C_CloseSession(other));
    RV(p11->C_FindObjects(other, &found, 1, &count), CKR_SESSION_HANDLE_INVALID);
    RV(p11->C_FindObjectsFinal(other), CKR_SESSION_HANDLE_INVALID);
    other = open_session(0); /* perhaps in the same place */
    RV(p11->C_FindObjects(other, &found, 1, &count), NOT_ACTIVE);
    OK(p11->C_FindObjectsInit(other, NULL, 0));
    OK(p11->C_FindObjects(other, NULL, 0, &count));
    CHECK(count == 0);
    OK(p11->C_FindObjectsFinal(other));
    CHECK(count == 0);
    OK(p11->C_CloseSession(other));
}

/* What a search gives is there, and visible, when it gives it. */
static void a_search_gives_what_is_still_there(void)
{
    CK_ATTRIBUTE label = TEXT(CKA_LABEL, "half-way");
    CK_OBJECT_HANDLE objects[4], found[4];

    for (int i = 0; i < 4; i++)
        objects[i] = make_data(session, i >= 2, i % 2 == 0, "half-way");
    OK(p11->C_FindObjectsInit(session, &label, 1));
    OK(p11->C_DestroyObject(session, objects[1]));
    OK(p11->C_DestroyObject(session, objects[2]));
    CHECK(take_rest(session, found, 4) == 2);
    OK(p11->C_FindObjectsInit(session, &label, 1));
    OK(p11->C_Logout(session));
    CHECK(take_rest(session, found, 4) == 1);
    CHECK(found[0] == objects[3]);
    OK(login(session, CKU_USER));
    destroy_label(session, "half-way");
}

static void a_search_sees_as_much_as_its_user(void)
{
    CK_ATTRIBUTE wanted[] = { TEXT(CKA_LABEL, "hidden"), BOOL(CKA_PRIVATE, true) };
    CK_OBJECT_HANDLE found[4];

    make_data(session, false, true, "hidden");
    make_data(session, true, true, "hidden");
    OK(p11->C_FindObjectsInit(session, wanted, 2));
    CHECK(take_rest(session, found, 4) == 2);
    OK(p11->C_Logout(session));
    OK(p11->C_FindObjectsInit(session, wanted, 2));
    CHECK(take_rest(session, found, 4) == 0);
    OK(login(session, CKU_USER));
    destroy_label(session, "hidden");
}

/* ---- attributes ---- */

static CK_RV set(CK_OBJECT_HANDLE object, CK_ATTRIBUTE item)
{
    return p11->C_SetAttributeValue(session, object, &item, 1);
}

#define SET(object, ...) set(object, (CK_ATTRIBUTE)__VA_ARGS__)

static void attributes_go_one_way(void)
{
    CK_OBJECT_HANDLE key = make_takeable(session);

    CHECK(is_true(key, CKA_SENSITIVE) && is_true(key, CKA_ALWAYS_SENSITIVE) && is_true(key, CKA_EXTRACTABLE));
    CHECK(!is_true(key, CKA_NEVER_EXTRACTABLE) && is_true(key, CKA_LOCAL) && is_true(key, CKA_MODIFIABLE) &&
          is_true(key, CKA_COPYABLE));
    OK(SET(key, BOOL(CKA_WRAP_WITH_TRUSTED, true)));
    RV(SET(key, BOOL(CKA_WRAP_WITH_TRUSTED, false)), CKR_ATTRIBUTE_READ_ONLY);
    OK(SET(key, BOOL(CKA_WRAP_WITH_TRUSTED, true))); /* to what it is already */
    OK(SET(key, BOOL(CKA_EXTRACTABLE, false)));
    RV(SET(key, BOOL(CKA_EXTRACTABLE, true)), CKR_ATTRIBUTE_READ_ONLY);
    CHECK(!is_true(key, CKA_NEVER_EXTRACTABLE)); /* it was once */
    RV(SET(key, BOOL(CKA_NEVER_EXTRACTABLE, true)), CKR_ATTRIBUTE_READ_ONLY);
    RV(SET(key, BOOL(CKA_ALWAYS_SENSITIVE, false)), CKR_ATTRIBUTE_READ_ONLY);
    OK(SET(key, BOOL(CKA_COPYABLE, false)));
    RV(SET(key, BOOL(CKA_COPYABLE, true)), CKR_ATTRIBUTE_READ_ONLY);
    RV(SET(key, TEXT(CKA_UNIQUE_ID, "mine")), CKR_ATTRIBUTE_READ_ONLY);
    RV(SET(key, BOOL(CKA_TRUSTED, true)), CKR_ATTRIBUTE_READ_ONLY);
    RV(SET(key, TEXT(CKA_CHECK_VALUE, "abc")), CKR_ATTRIBUTE_READ_ONLY);
    RV(SET(key, TEXT(CKA_MODULUS, "abc")), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(SET(key, { CKA_SENSITIVE, &yes, 2 }), CKR_ATTRIBUTE_VALUE_INVALID);
    RV(SET(key, { CKA_LABEL, NULL, 3 }), CKR_ATTRIBUTE_VALUE_INVALID);
    OK(SET(key, { CKA_LABEL, NULL, 0 }));
}

static void changes_need_a_session_that_may(void)
{
    CK_SESSION_HANDLE reader = open_session(0);
    CK_OBJECT_HANDLE stays = make_aes(session, true, true, "written once"),
                     goes = make_aes(reader, false, true, "goes");
    CK_ATTRIBUTE label = TEXT(CKA_LABEL, "other"), token = BOOL(CKA_TOKEN, true), passing = BOOL(CKA_TOKEN, false);
    CK_OBJECT_HANDLE twin = 0;

    RV(p11->C_SetAttributeValue(reader, stays, &label, 1), CKR_SESSION_READ_ONLY);
    RV(p11->C_DestroyObject(reader, stays), CKR_SESSION_READ_ONLY);
    RV(p11->C_CopyObject(reader, stays, &label, 1, &twin), CKR_SESSION_READ_ONLY);
    RV(p11->C_CopyObject(reader, goes, &token, 1, &twin), CKR_SESSION_READ_ONLY);
    OK(p11->C_CopyObject(reader, stays, &passing, 1, &twin));
    OK(p11->C_SetAttributeValue(reader, twin, &label, 1));
    OK(p11->C_SetAttributeValue(reader, goes, &label, 1));
    OK(p11->C_SetAttributeValue(session, twin, &label, 1)); /* a session object is everybody's */
    OK(p11->C_DestroyObject(session, twin));
    OK(p11->C_CloseSession(reader));
    RV(p11->C_SetAttributeValue(session, goes, &label, 1), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_CopyObject(session, stays, &label, 1, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_DestroyObject(session, stays));
    CHECK(count_label(session, "written once") == 0);
}

/* All attributes are processed, whatever the first failure is; the order does not matter. */
static void every_attribute_is_answered(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "asked"), public_key, private_key;
    CK_BYTE value[64], tiny[1], label[8];
    CK_ATTRIBUTE parts[] = { { CKA_VALUE, value, sizeof value },
                             { CKA_MODULUS, value, sizeof value },
                             { CKA_LABEL, tiny, sizeof tiny } };

    for (size_t first = 0; first < 3; first++) {
        CK_ATTRIBUTE asked[4] = {
            parts[first], parts[(first + 1) % 3], parts[(first + 2) % 3], { CKA_LABEL, label, sizeof label }
        };
        CK_RV rv = p11->C_GetAttributeValue(session, key, asked, 4);
        CHECK(rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL);
        for (int i = 0; i < 3; i++)
            CHECK(asked[i].ulValueLen == CK_UNAVAILABLE_INFORMATION);
        CHECK(asked[3].ulValueLen == 5 && memcmp(label, "asked", 5) == 0);
    }
    RV(p11->C_GetAttributeValue(session, key, &parts[0], 1), CKR_ATTRIBUTE_SENSITIVE);
    RV(p11->C_GetAttributeValue(session, key, &parts[1], 1), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(p11->C_GetAttributeValue(session, key, &parts[2], 1), CKR_BUFFER_TOO_SMALL);
    RV(p11->C_GetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
    make_ec(session, &public_key, &private_key);
    parts[0] = (CK_ATTRIBUTE){ CKA_VALUE, value, sizeof value };
    RV(p11->C_GetAttributeValue(session, private_key, &parts[0], 1), CKR_ATTRIBUTE_SENSITIVE);
    parts[0] = (CK_ATTRIBUTE){ CKA_EC_POINT, value, sizeof value };
    RV(p11->C_GetAttributeValue(session, public_key, &parts[0], 1), CKR_BUFFER_TOO_SMALL);
    parts[0] = (CK_ATTRIBUTE){ CKA_EC_POINT, out, sizeof out };
    OK(p11->C_GetAttributeValue(session, public_key, &parts[0], 1));
    CHECK(parts[0].ulValueLen == 67);
}

/* ---- orders of calls ---- */

static void every_flag_cancels_its_operation(void)
{
    CK_GCM_MESSAGE_PARAMS gcm = { out, 12, 0, CKG_NO_GENERATE, out + 12, 128 };
    CK_MECHANISM messages = { CKM_AES_GCM, &gcm, sizeof gcm };
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), mac = make_hmac(session), found;

    OK(p32->C_MessageEncryptInit(session, &messages, aes));
    OK(p32->C_MessageDecryptInit(session, &messages, aes));
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, text, 32));
    OK(p11->C_FindObjectsInit(session, NULL, 0));
    OK(p32->C_SessionCancel(session, CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN | CKF_DIGEST)); /* none of them */
    OK(p32->C_SessionCancel(session, CKF_MESSAGE_ENCRYPT));
    RV(p32->C_MessageEncryptFinal(session), NOT_ACTIVE);
    OK(p32->C_MessageDecryptFinal(session));
    OK(p32->C_MessageDecryptInit(session, &messages, aes));
    OK(p32->C_DecryptMessageBegin(session, &gcm, sizeof gcm, NULL, 0));
    OK(p32->C_SessionCancel(session, CKF_MESSAGE_DECRYPT)); /* in the middle of a message */
    RV(p32->C_DecryptMessageNext(session, &gcm, sizeof gcm, text, 4, out, &len, 0), NOT_ACTIVE);
    OK(p32->C_VerifySignatureUpdate(session, text, 4));
    OK(p32->C_SessionCancel(session, CKF_VERIFY));
    RV(p32->C_VerifySignatureFinal(session), NOT_ACTIVE);
    OK(p11->C_FindObjects(session, &found, 1, &len));
    OK(p32->C_SessionCancel(session, CKF_FIND_OBJECTS));
    RV(p11->C_FindObjectsFinal(session), NOT_ACTIVE);
    OK(p32->C_SessionCancel(session, CKF_FIND_OBJECTS)); /* nothing to cancel is no mistake */
    RV(p32->C_SessionCancel(NO_HANDLE, CKF_SIGN), CKR_SESSION_HANDLE_INVALID);
}

static void a_signature_given_first_keeps_its_order(void)
{
    CK_OBJECT_HANDLE mac = make_hmac(session);
    CK_BYTE signature[32];

    len = sizeof signature;
    OK(p11->C_SignInit(session, &hmac, mac));
    OK(p11->C_Sign(session, text, 40, signature, &len));
    RV(p32->C_VerifySignature(session, text, 40), NOT_ACTIVE);
    RV(p32->C_VerifySignatureUpdate(session, text, 40), NOT_ACTIVE);
    RV(p32->C_VerifySignatureFinal(session), NOT_ACTIVE);
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, signature, 32));
    RV(p11->C_VerifyUpdate(session, text, 4), NOT_ACTIVE);
    RV(p11->C_VerifyFinal(session, signature, 32), NOT_ACTIVE);
    signature[0] ^= 1; /* it was copied */
    OK(p32->C_VerifySignatureUpdate(session, text, 20));
    RV(p32->C_VerifySignatureInit(session, &hmac, mac, signature, 32), CKR_OPERATION_ACTIVE);
    OK(p32->C_VerifySignatureUpdate(session, text + 20, 20));
    OK(p32->C_VerifySignatureFinal(session));
    RV(p32->C_VerifySignatureFinal(session), NOT_ACTIVE);
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, signature, 32));
    RV(p32->C_VerifySignatureUpdate(session, NULL, 20), CKR_ARGUMENTS_BAD);
    RV(p32->C_VerifySignatureUpdate(session, text, 20), NOT_ACTIVE); /* a failure ends it */
    OK(p32->C_VerifySignatureInit(session, &hmac, mac, signature, 32));
    RV(p32->C_VerifySignature(session, text, 40), CKR_SIGNATURE_INVALID);
    RV(p32->C_VerifySignatureInit(session, &hmac, mac, NULL, 0), CKR_ARGUMENTS_BAD);
    RV(p32->C_VerifySignatureInit(session, &aes_ecb, mac, signature, 32), CKR_MECHANISM_INVALID);
    RV(p32->C_VerifySignatureInit(session, &hmac, NO_HANDLE, signature, 32), CKR_KEY_HANDLE_INVALID);
}

/* ---- PINs ---- */

static CK_RV set_pin(CK_SESSION_HANDLE at, const char *old, CK_ULONG old_len, const char *new, CK_ULONG new_len)
{
    return p11->C_SetPIN(at, (CK_UTF8CHAR *)(uintptr_t)old, old_len, (CK_UTF8CHAR *)(uintptr_t) new, new_len);
}

static void pins_have_their_rules(void)
{
    CK_SESSION_HANDLE reader = open_session(0);
    CK_TOKEN_INFO info;
    static char long_pin[2000];
    CK_UTF8CHAR *pin = (CK_UTF8CHAR *)long_pin;

    OK(p11->C_GetTokenInfo(0, &info));
    memset(long_pin, 'p', sizeof long_pin);
    RV(p11->C_InitPIN(session, pin, info.ulMinPinLen), CKR_USER_NOT_LOGGED_IN); /* that is the user, not the officer */
    RV(p11->C_InitPIN(session, NULL, 8), CKR_ARGUMENTS_BAD);
    RV(set_pin(reader, user_pin, strlen(user_pin), user_pin, strlen(user_pin)), CKR_SESSION_READ_ONLY);
    RV(set_pin(session, NULL, 8, user_pin, 8), CKR_ARGUMENTS_BAD);
    RV(set_pin(session, user_pin, 8, NULL, 8), CKR_ARGUMENTS_BAD);
    RV(set_pin(session, user_pin, strlen(user_pin), long_pin, info.ulMaxPinLen + 1), CKR_PIN_LEN_RANGE);
    RV(set_pin(session, user_pin, strlen(user_pin), long_pin, info.ulMinPinLen - 1), CKR_PIN_LEN_RANGE);
    RV(set_pin(session, "not the PIN", 11, long_pin, info.ulMinPinLen), CKR_PIN_INCORRECT);
    OK(p11->C_CloseSession(reader));
    OK(p11->C_Logout(session));
    RV(p11->C_InitPIN(session, pin, info.ulMinPinLen), CKR_USER_NOT_LOGGED_IN);
    OK(set_pin(session, user_pin, strlen(user_pin), user_pin, strlen(user_pin))); /* the user's, with nobody there */
    OK(login(session, CKU_SO));
    RV(p11->C_InitPIN(session, pin, info.ulMinPinLen - 1), CKR_PIN_LEN_RANGE);
    RV(p11->C_InitPIN(session, pin, info.ulMaxPinLen + 1), CKR_PIN_LEN_RANGE);
    RV(p11->C_OpenSession(0, CKF_SERIAL_SESSION, NULL, NULL, &reader), CKR_SESSION_READ_WRITE_SO_EXISTS);
    OK(p11->C_Logout(session));
    OK(login(session, CKU_USER));
}

/* ---- where new objects may go ---- */

static CK_RV create_data(CK_SESSION_HANDLE at, bool token, bool is_private, CK_OBJECT_HANDLE *out_object)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), BOOL(CKA_TOKEN, token), BOOL(CKA_PRIVATE, is_private),
                             TEXT(CKA_LABEL, "placed"), BOOL(CKA_DESTROYABLE, token) };

    return p11->C_CreateObject(at, items, COUNT(items), out_object);
}

static void objects_go_where_their_session_may(void)
{
    CK_SESSION_HANDLE reader = open_session(0);
    CK_ATTRIBUTE hide = BOOL(CKA_PRIVATE, true);
    CK_OBJECT_HANDLE object = 0, hidden = 0;

    RV(create_data(reader, true, true, &object), CKR_SESSION_READ_ONLY);
    RV(create_data(reader, true, false, &object), CKR_SESSION_READ_ONLY);
    OK(create_data(reader, false, false, &object));
    RV(p11->C_DestroyObject(reader, object), CKR_ACTION_PROHIBITED);
    OK(p11->C_CopyObject(session, object, &hide, 1, &hidden));
    CHECK(is_true(hidden, CKA_PRIVATE) && !is_true(object, CKA_PRIVATE));
    OK(p11->C_Logout(session));
    RV(create_data(session, false, true, &hidden), CKR_USER_NOT_LOGGED_IN);
    RV(create_data(session, true, true, &hidden), CKR_USER_NOT_LOGGED_IN);
    RV(p11->C_CopyObject(session, object, &hide, 1, &hidden), CKR_USER_NOT_LOGGED_IN);
    CHECK(count_label(session, "placed") == 1);
    OK(p11->C_CloseSession(reader)); /* takes also along what nobody may destroy */
    CHECK(count_label(session, "placed") == 0);
    OK(login(session, CKU_USER));
    CHECK(count_label(session, "placed") == 0);
}

/* An array attribute is asked for in three steps, and each inner attribute answers like an outer one. */
static void nested_templates_are_answered_like_others(void)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG size = 32;
    CK_BBOOL may = CK_FALSE;
    CK_KEY_TYPE type = CKK_AES, read_type = 0;
    CK_ATTRIBUTE inner[] = { VALUE(CKA_KEY_TYPE, type), BOOL(CKA_EXTRACTABLE, true) };
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, size), BOOL(CKA_WRAP, true), VALUE(CKA_WRAP_TEMPLATE, inner) };
    CK_ATTRIBUTE got[2] = { { 0, NULL, 0 } }, asked = { CKA_WRAP_TEMPLATE, NULL, 0 };
    CK_OBJECT_HANDLE key = 0;

    OK(p11->C_GenerateKey(session, &mechanism, items, COUNT(items), &key));
    OK(p11->C_GetAttributeValue(session, key, &asked, 1));
    CHECK(asked.ulValueLen == sizeof got);
    asked.pValue = got;
    OK(p11->C_GetAttributeValue(session, key, &asked, 1));
    for (int i = 0; i < 2; i++) {
        CHECK(got[i].type == CKA_KEY_TYPE || got[i].type == CKA_EXTRACTABLE);
        CHECK(got[i].ulValueLen == (got[i].type == CKA_KEY_TYPE ? sizeof type : sizeof may));
        got[i].pValue = got[i].type == CKA_KEY_TYPE ? (void *)&read_type : &may;
    }
    OK(p11->C_GetAttributeValue(session, key, &asked, 1));
    CHECK(read_type == CKK_AES && may == CK_TRUE);
    got[0].ulValueLen = 0;
    RV(p11->C_GetAttributeValue(session, key, &asked, 1), CKR_BUFFER_TOO_SMALL);
    CHECK(got[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    asked.ulValueLen = sizeof got[0];
    RV(p11->C_GetAttributeValue(session, key, &asked, 1), CKR_BUFFER_TOO_SMALL);
    CHECK(asked.ulValueLen == CK_UNAVAILABLE_INFORMATION);
}

const test_case fineprint_cases[] = {
    { "a search ends with its session", a_search_ends_with_its_session, true, false },
    { "a search gives what is still there", a_search_gives_what_is_still_there, true, false },
    { "a search sees as much as its user", a_search_sees_as_much_as_its_user, true, false },
    { "attributes go one way", attributes_go_one_way, true, false },
    { "changes need a session that may", changes_need_a_session_that_may, true, false },
    { "every attribute is answered", every_attribute_is_answered, true, false },
    { "every flag cancels its operation", every_flag_cancels_its_operation, true, false },
    { "a signature given first keeps its order", a_signature_given_first_keeps_its_order, true, false },
    { "PINs have their rules", pins_have_their_rules, true, true },
    { "objects go where their session may", objects_go_where_their_session_may, true, false },
    { "nested templates are answered like others", nested_templates_are_answered_like_others, true, false },
    { NULL, NULL, false, false },
};
