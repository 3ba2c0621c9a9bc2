/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: templates, attributes, visibility, lives of handles. PKCS #11 2.40, sections 4 and 5.7. */
#include "conformance.h"

static CK_RV size_of(CK_SESSION_HANDLE at, CK_OBJECT_HANDLE object)
{
    CK_ULONG size;

    return p11->C_GetObjectSize(at, object, &size);
}

static CK_RV create(CK_ATTRIBUTE *items, CK_ULONG count)
{
    CK_OBJECT_HANDLE object = 0;

    return p11->C_CreateObject(session, items, count, &object);
}

static CK_RV generate_aes(CK_ATTRIBUTE *items, CK_ULONG count)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_OBJECT_HANDLE object = 0;

    return p11->C_GenerateKey(session, &mechanism, items, count, &object);
}

static void templates_that_are_wrong_are_refused(void)
{
    CK_OBJECT_CLASS data = CKO_DATA, secret = CKO_SECRET_KEY, public_class = CKO_PUBLIC_KEY, cert = CKO_CERTIFICATE;
    CK_KEY_TYPE aes = CKK_AES, rsa = CKK_RSA;
    CK_ULONG len = 16, odd = 17;
    CK_BYTE key[16] = { 1 };
    CK_ATTRIBUTE no_class[] = { TEXT(CKA_LABEL, "x") };
    CK_ATTRIBUTE no_type[] = { VALUE(CKA_CLASS, secret), VALUE(CKA_VALUE, key) };
    CK_ATTRIBUTE no_value[] = { VALUE(CKA_CLASS, secret), VALUE(CKA_KEY_TYPE, aes) };
    CK_ATTRIBUTE no_cert_type[] = { VALUE(CKA_CLASS, cert), VALUE(CKA_VALUE, key) };
    CK_ATTRIBUTE twice[] = { VALUE(CKA_CLASS, data), TEXT(CKA_LABEL, "a"), TEXT(CKA_LABEL, "b") };
    CK_ATTRIBUTE alien[] = { VALUE(CKA_CLASS, data), BOOL(CKA_SIGN, true) };
    CK_ATTRIBUTE unknown[] = { VALUE(CKA_CLASS, data), VALUE(0x7ffffff0UL, len) };
    CK_ATTRIBUTE short_bool[] = { VALUE(CKA_CLASS, data), { CKA_TOKEN, &yes, 0 } };
    CK_ATTRIBUTE short_class[] = { { CKA_CLASS, &data, 4 } };
    CK_ATTRIBUTE null_value[] = { VALUE(CKA_CLASS, data), { CKA_LABEL, NULL, 4 } };
    CK_ATTRIBUTE minus_one[] = { VALUE(CKA_CLASS, data), { CKA_LABEL, key, (CK_ULONG)-1 } };
    CK_ATTRIBUTE read_only[] = { VALUE(CKA_VALUE_LEN, len), BOOL(CKA_LOCAL, true) };
    CK_ATTRIBUTE no_len[] = { BOOL(CKA_ENCRYPT, true) };
    CK_ATTRIBUTE odd_len[] = { VALUE(CKA_VALUE_LEN, odd) };
    CK_ATTRIBUTE other_class[] = { VALUE(CKA_VALUE_LEN, len), VALUE(CKA_CLASS, public_class) };
    CK_ATTRIBUTE other_type[] = { VALUE(CKA_VALUE_LEN, len), VALUE(CKA_KEY_TYPE, rsa) };
    CK_ATTRIBUTE with_value[] = { VALUE(CKA_VALUE_LEN, len), VALUE(CKA_VALUE, key) };

    RV(create(no_class, COUNT(no_class)), CKR_TEMPLATE_INCOMPLETE);
    RV(create(NULL, 0), CKR_TEMPLATE_INCOMPLETE);
    RV(create(no_type, COUNT(no_type)), CKR_TEMPLATE_INCOMPLETE);
    RV(create(no_value, COUNT(no_value)), CKR_TEMPLATE_INCOMPLETE);
    RV(create(no_cert_type, COUNT(no_cert_type)), CKR_TEMPLATE_INCOMPLETE);
    RV(create(twice, COUNT(twice)), CKR_TEMPLATE_INCONSISTENT);
    RV(create(alien, COUNT(alien)), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(create(unknown, COUNT(unknown)), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(create(short_bool, COUNT(short_bool)), CKR_ATTRIBUTE_VALUE_INVALID);
    RV(create(short_class, COUNT(short_class)), CKR_ATTRIBUTE_VALUE_INVALID);
    RV(create(null_value, COUNT(null_value)), CKR_ATTRIBUTE_VALUE_INVALID);
    CHECK(create(minus_one, COUNT(minus_one)) != CKR_OK);
    RV(generate_aes(read_only, COUNT(read_only)), CKR_ATTRIBUTE_READ_ONLY);
    RV(generate_aes(no_len, COUNT(no_len)), CKR_TEMPLATE_INCOMPLETE);
    CHECK(generate_aes(odd_len, COUNT(odd_len)) != CKR_OK);
    RV(generate_aes(other_class, COUNT(other_class)), CKR_TEMPLATE_INCONSISTENT);
    RV(generate_aes(other_type, COUNT(other_type)), CKR_TEMPLATE_INCONSISTENT);
    CHECK(generate_aes(with_value, COUNT(with_value)) != CKR_OK);
}

static void attributes_are_read_by_the_five_rules(void)
{
    CK_BYTE value[64], tiny[2], label[16];
    CK_KEY_TYPE type = 0;
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "to be read");
    CK_ATTRIBUTE mixed[] = {
        { CKA_LABEL, label, sizeof label },
        { CKA_VALUE, value, sizeof value },
        { CKA_MODULUS, value, sizeof value },
        { CKA_LABEL, tiny, sizeof tiny },
        { CKA_LABEL, NULL, 0 },
        VALUE(CKA_KEY_TYPE, type),
        { 0x7ffffff0UL, value, sizeof value },
    };
    CK_RV rv = p11->C_GetAttributeValue(session, key, mixed, COUNT(mixed));

    CHECK(rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_BUFFER_TOO_SMALL);
    CHECK(mixed[0].ulValueLen == 10 && memcmp(label, "to be read", 10) == 0);
    CHECK(mixed[1].ulValueLen == CK_UNAVAILABLE_INFORMATION && mixed[2].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    CHECK(mixed[3].ulValueLen == CK_UNAVAILABLE_INFORMATION && mixed[4].ulValueLen == 10);
    CHECK(mixed[5].ulValueLen == sizeof type && type == CKK_AES);
    CHECK(mixed[6].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    mixed[1] = (CK_ATTRIBUTE){ CKA_VALUE, NULL, 0 };
    RV(p11->C_GetAttributeValue(session, key, &mixed[1], 1), CKR_ATTRIBUTE_SENSITIVE);
    CHECK(mixed[1].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    RV(p11->C_GetAttributeValue(session, NO_HANDLE, mixed, 1), CKR_OBJECT_HANDLE_INVALID);
    OK(p11->C_GetAttributeValue(session, key, NULL, 0));
}

static void read_only_attributes_stay(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "fixed");
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_KEY_TYPE type = CKK_RSA;
    CK_ULONG len = 16;
    CK_ATTRIBUTE fixed[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type),  VALUE(CKA_VALUE_LEN, len),
                             BOOL(CKA_LOCAL, false),  BOOL(CKA_SENSITIVE, false), BOOL(CKA_EXTRACTABLE, true),
                             BOOL(CKA_TRUSTED, true), BOOL(CKA_TOKEN, true),      BOOL(CKA_PRIVATE, false) };
    CK_ATTRIBUTE atomic[] = { TEXT(CKA_LABEL, "changed"), BOOL(CKA_LOCAL, false) };
    CK_ATTRIBUTE unmodifiable[] = { BOOL(CKA_MODIFIABLE, false) }, name = TEXT(CKA_LABEL, "other");

    for (size_t i = 0; i < COUNT(fixed); i++) {
        CK_RV rv = p11->C_SetAttributeValue(session, key, &fixed[i], 1);
        if (rv != CKR_ATTRIBUTE_READ_ONLY)
            complain(__FILE__, __LINE__, "attribute 0x%lx is set: 0x%lx", fixed[i].type, rv);
    }
    RV(p11->C_SetAttributeValue(session, key, atomic, 2), CKR_ATTRIBUTE_READ_ONLY);
    CHECK(count_label(session, "fixed") == 1 && count_label(session, "changed") == 0);
    RV(p11->C_SetAttributeValue(session, NO_HANDLE, &name, 1), CKR_OBJECT_HANDLE_INVALID);
    OK(p11->C_SetAttributeValue(session, key, unmodifiable, 1));
    RV(p11->C_SetAttributeValue(session, key, &name, 1), CKR_ACTION_PROHIBITED);
}

static void the_user_alone_sees_private_objects(void)
{
    CK_OBJECT_HANDLE mine = make_aes(session, true, true, "visible?"), object;
    CK_ATTRIBUTE items[] = { BOOL(CKA_PRIVATE, true) };

    make_data(session, true, false, "visible?");
    make_aes(session, false, true, "visible?");
    make_data(session, false, false, "visible?");
    CHECK(count_label(session, "visible?") == 4);
    OK(p11->C_Logout(session));
    CHECK(count_label(session, "visible?") == 2);
    RV(size_of(session, mine), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_EncryptInit(session, &aes_ecb, mine), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_DestroyObject(session, mine), CKR_OBJECT_HANDLE_INVALID);
    RV(generate_aes(items, 1), CKR_USER_NOT_LOGGED_IN);
    OK(login(session, CKU_SO));
    CHECK(count_label(session, "visible?") == 2);
    RV(generate_aes(items, 1), CKR_USER_NOT_LOGGED_IN);
    OK(p11->C_Logout(session));
    OK(login(session, CKU_USER));
    RV(size_of(session, mine), CKR_OBJECT_HANDLE_INVALID); /* for good, and the session object is gone */
    CHECK(count_label(session, "visible?") == 3);
    object = make_hmac(session);
    CHECK(object > mine);
    destroy_label(session, "visible?");
}

static void objects_die_with_their_session_or_not(void)
{
    CK_SESSION_HANDLE owner = open_session(CKF_RW_SESSION);
    CK_OBJECT_HANDLE of_session = make_aes(owner, false, true, "mortal"),
                     of_token = make_aes(owner, true, true, "lasting");

    OK(size_of(session, of_session));
    OK(p11->C_CloseSession(owner));
    RV(size_of(session, of_session), CKR_OBJECT_HANDLE_INVALID);
    OK(size_of(session, of_token));
    OK(p11->C_Finalize(NULL));
    OK(p11->C_Initialize(NULL));
    session = open_session(CKF_RW_SESSION);
    OK(login(session, CKU_USER));
    RV(size_of(session, of_token), CKR_OBJECT_HANDLE_INVALID);
    CHECK(count_label(session, "lasting") == 1 && count_label(session, "mortal") == 0);
    destroy_label(session, "lasting");
}

static void a_destroyed_object_is_gone(void)
{
    CK_SESSION_HANDLE other = open_session(CKF_RW_SESSION);
    CK_OBJECT_HANDLE key = make_aes(session, true, true, "gone"), again;

    OK(size_of(other, key));
    OK(p11->C_DestroyObject(session, key));
    RV(size_of(other, key), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_DestroyObject(other, key), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_EncryptInit(other, &aes_ecb, key), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_CopyObject(other, key, NULL, 0, &again), CKR_OBJECT_HANDLE_INVALID);
    RV(p11->C_DestroyObject(other, 0), CKR_OBJECT_HANDLE_INVALID);
    again = make_aes(session, false, true, "new");
    CHECK(again != key);
    CHECK(count_label(session, "gone") == 0);
}

static CK_RV copy(CK_OBJECT_HANDLE original, CK_ATTRIBUTE *items, CK_ULONG count)
{
    CK_OBJECT_HANDLE object = 0;

    return p11->C_CopyObject(session, original, items, count, &object);
}

static void copies_obey_the_rules_of_changes(void)
{
    CK_OBJECT_HANDLE key = make_aes(session, false, true, "original"), data = make_data(session, false, false, "data"),
                     twin;
    CK_ATTRIBUTE name = TEXT(CKA_LABEL, "twin"), extractable = BOOL(CKA_EXTRACTABLE, true),
                 plain = BOOL(CKA_SENSITIVE, false), local = BOOL(CKA_LOCAL, false), sign = BOOL(CKA_SIGN, true),
                 trusted = BOOL(CKA_TRUSTED, true), open = BOOL(CKA_PRIVATE, false);
    CK_ATTRIBUTE uncopyable[] = { BOOL(CKA_COPYABLE, false) };
    CK_ULONG len = 16;
    CK_ATTRIBUTE length = VALUE(CKA_VALUE_LEN, len);
    CK_BYTE clear[16] = { 0 }, one[16], two[16];
    CK_ULONG room = 16;

    OK(p11->C_CopyObject(session, key, &name, 1, &twin));
    CHECK(twin != key && count_label(session, "twin") == 1 && count_label(session, "original") == 1);
    OK(p11->C_EncryptInit(session, &aes_ecb, key));
    OK(p11->C_Encrypt(session, clear, 16, one, &room));
    OK(p11->C_DestroyObject(session, key));
    OK(p11->C_EncryptInit(session, &aes_ecb, twin));
    OK(p11->C_Encrypt(session, clear, 16, two, &room));
    CHECK(memcmp(one, two, 16) == 0);
    RV(copy(twin, &extractable, 1), CKR_ATTRIBUTE_READ_ONLY);
    RV(copy(twin, &plain, 1), CKR_ATTRIBUTE_READ_ONLY);
    RV(copy(twin, &local, 1), CKR_ATTRIBUTE_READ_ONLY);
    RV(copy(twin, &length, 1), CKR_ATTRIBUTE_READ_ONLY);
    RV(copy(twin, &trusted, 1), CKR_ATTRIBUTE_READ_ONLY); /* the security officer's */
    RV(copy(twin, &open, 1), CKR_TEMPLATE_INCONSISTENT);  /* a PIN would no longer guard it */
    RV(copy(data, &sign, 1), CKR_ATTRIBUTE_TYPE_INVALID);
    OK(p11->C_SetAttributeValue(session, twin, uncopyable, 1));
    RV(copy(twin, NULL, 0), CKR_ACTION_PROHIBITED);
}

static void what_cannot_be_undone_stays_done_in_copies(void)
{
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_OBJECT_HANDLE object = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), BOOL(CKA_MODIFIABLE, false), BOOL(CKA_PRIVATE, false) };
    CK_ATTRIBUTE modifiable = BOOL(CKA_MODIFIABLE, true);

    OK(p11->C_CreateObject(session, items, COUNT(items), &object));
    RV(copy(object, &modifiable, 1), CKR_ATTRIBUTE_READ_ONLY);
}

static void searches_follow_the_rules(void)
{
    CK_ATTRIBUTE name = TEXT(CKA_LABEL, "sought"), twice[] = { TEXT(CKA_LABEL, "a"), TEXT(CKA_LABEL, "b") };
    CK_OBJECT_HANDLE found[3];
    CK_ULONG count = 9;

    for (int i = 0; i < 5; i++)
        make_data(session, i % 2 == 0, i % 3 == 0, "sought");
    RV(p11->C_FindObjects(session, found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    RV(p11->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
    RV(p11->C_FindObjectsInit(session, twice, 2), CKR_TEMPLATE_INCONSISTENT);
    OK(p11->C_FindObjectsInit(session, &name, 1));
    RV(p11->C_FindObjectsInit(session, &name, 1), CKR_OPERATION_ACTIVE);
    OK(p11->C_FindObjects(session, found, 0, &count));
    CHECK(count == 0);
    OK(p11->C_FindObjects(session, found, 3, &count));
    CHECK(count == 3 && found[0] != found[1] && found[1] != found[2]);
    OK(p11->C_FindObjects(session, found, 3, &count));
    CHECK(count == 2);
    OK(p11->C_FindObjects(session, found, 3, &count));
    CHECK(count == 0);
    OK(p11->C_FindObjectsFinal(session));
    RV(p11->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
    destroy_label(session, "sought");
}

static void a_secret_cannot_be_guessed_by_searching(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BYTE value[16] = "known known know";
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE, value) };
    CK_OBJECT_HANDLE object = 0;
    CK_ULONG count = 9;

    OK(p11->C_CreateObject(session, items, COUNT(items), &object));
    OK(p11->C_FindObjectsInit(session, &items[2], 1));
    OK(p11->C_FindObjects(session, &object, 1, &count));
    OK(p11->C_FindObjectsFinal(session));
    CHECK(count == 0);
}

static void a_unique_id_finds_its_object(void)
{
    char id[64];
    CK_ATTRIBUTE unique = { CKA_UNIQUE_ID, id, sizeof id };
    CK_OBJECT_HANDLE found = 0;
    CK_ULONG count = 0;

    for (int token = 0; token < 2; token++) {
        CK_OBJECT_HANDLE object = make_data(session, token, true, "unique");
        unique.ulValueLen = sizeof id;
        OK(p11->C_GetAttributeValue(session, object, &unique, 1));
        OK(p11->C_FindObjectsInit(session, &unique, 1));
        OK(p11->C_FindObjects(session, &found, 1, &count));
        OK(p11->C_FindObjectsFinal(session));
        CHECK(count == 1 && found == object);
    }
    destroy_label(session, "unique");
}

static void random_numbers_come_in_any_amount(void)
{
    static CK_BYTE big[3 * 1024 * 1024 + 7];
    CK_BYTE zero[32] = { 0 }, seed[20] = "seed";

    OK(p11->C_GenerateRandom(session, NULL, 0));
    OK(p11->C_GenerateRandom(session, zero, 0));
    OK(p11->C_GenerateRandom(session, big, sizeof big));
    CHECK(memcmp(big, zero, 32) != 0 && memcmp(big + sizeof big - 32, zero, 32) != 0);
    for (CK_ULONG len = 1; len < 5000; len += 613)
        OK(p11->C_GenerateRandom(session, big, len));
    OK(p11->C_SeedRandom(session, seed, sizeof seed));
    OK(p11->C_SeedRandom(session, NULL, 0));
}

const test_case object_cases[] = {
    { "templates that are wrong are refused", templates_that_are_wrong_are_refused, true, false },
    { "attributes are read by the five rules of C_GetAttributeValue", attributes_are_read_by_the_five_rules, true,
      false },
    { "read-only attributes stay as they are", read_only_attributes_stay, true, false },
    { "the user alone sees private objects", the_user_alone_sees_private_objects, true, false },
    { "session objects die with their session, token objects do not", objects_die_with_their_session_or_not, true,
      false },
    { "a destroyed object is gone for every session", a_destroyed_object_is_gone, true, false },
    { "copies obey the rules of changes", copies_obey_the_rules_of_changes, true, false },
    { "what cannot be undone stays done in copies", what_cannot_be_undone_stays_done_in_copies, true, false },
    { "searches follow the rules", searches_follow_the_rules, true, false },
    { "a secret value cannot be guessed by searching", a_secret_cannot_be_guessed_by_searching, true, false },
    { "a unique id finds its object", a_unique_id_finds_its_object, true, false },
    { "random numbers come in any amount", random_numbers_come_in_any_amount, true, false },
    { NULL, NULL, false, false },
};
