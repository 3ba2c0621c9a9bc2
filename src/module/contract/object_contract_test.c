/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: made, read, changed, copied, found, destroyed. */
#include "module/contract/testing.h"

static CK_ULONG data_class = CKO_DATA, certificate_class = CKO_CERTIFICATE, secret_class = CKO_SECRET_KEY,
                x509 = CKC_X_509, aes = CKK_AES;

static CK_OBJECT_HANDLE make_data(CK_SESSION_HANDLE session, bool token, bool is_private, const char *label)
{
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_CLASS, data_class),          ATTR_BOOL(CKA_TOKEN, token),
        ATTR_BOOL(CKA_PRIVATE, is_private),   { CKA_LABEL, (void *)(uintptr_t)label, strlen(label) },
        ATTR_TEXT(CKA_APPLICATION, "a test"), ATTR_TEXT(CKA_VALUE, "the value of the data object"),
    };
    CK_OBJECT_HANDLE object = 0;

    assert_ok(p11->C_CreateObject(session, template_, COUNT(template_), &object));
    return object;
}

static void assert_attribute(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, const void *value, size_t len)
{
    CK_BYTE place[600];
    CK_ATTRIBUTE item = { type, place, sizeof place };

    assert_ok(p11->C_GetAttributeValue(test_session, object, &item, 1));
    assert_int_equal(item.ulValueLen, len);
    if (len)
        assert_memory_equal(place, value, len);
}

static CK_RV read_one(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_BYTE place[600];
    CK_ATTRIBUTE item = { type, place, sizeof place };

    return p11->C_GetAttributeValue(test_session, object, &item, 1);
}

/* --- life --- */

static void data_objects_keep_their_value(void **state)
{
    static const bool both[] = { false, true };

    (void)state;
    for (size_t t = 0; t < 2; t++)
        for (size_t p = 0; p < 2; p++) {
            CK_OBJECT_HANDLE object = make_data(test_session, both[t], both[p], "value");
            assert_attribute(object, CKA_VALUE, "the value of the data object", 28);
            assert_attribute(object, CKA_APPLICATION, "a test", 6);
            assert_attribute(object, CKA_PRIVATE, &both[p], 1);
            assert_attribute(object, CKA_TOKEN, &both[t], 1);
            assert_ok(p11->C_DestroyObject(test_session, object));
        }
}

static void session_objects_die_with_their_session(void **state)
{
    CK_SESSION_HANDLE other = test_open(CKF_RW_SESSION);
    CK_OBJECT_HANDLE mine = make_data(test_session, false, true, "mine"), its = make_data(other, false, true, "its");
    CK_ULONG size;

    (void)state;
    assert_ok(p11->C_GetObjectSize(test_session, its, &size)); /* all sessions see them while they live */
    assert_ok(p11->C_CloseSession(other));
    assert_rv(p11->C_GetObjectSize(test_session, its, &size), CKR_OBJECT_HANDLE_INVALID);
    assert_ok(p11->C_GetObjectSize(test_session, mine, &size));
    assert_int_equal(test_count_label(test_session, "its"), 0);
    assert_int_equal(test_count_label(test_session, "mine"), 1);
}

static void token_objects_outlive_the_library(void **state)
{
    make_data(test_session, true, true, "lasting");
    test_aes_key(test_session, true, "lasting");
    test_end(state);
    assert_int_equal(test_begin_logged_in(state), 0);
    assert_int_equal(test_count_label(test_session, "lasting"), 2);
}

static void a_destroyed_object_is_gone(void **state)
{
    CK_OBJECT_HANDLE object = make_data(test_session, true, false, "gone");

    (void)state;
    assert_ok(p11->C_DestroyObject(test_session, object));
    assert_rv(p11->C_DestroyObject(test_session, object), CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(test_count_label(test_session, "gone"), 0);
    assert_rv(read_one(object, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    assert_rv(read_one(0, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
    assert_rv(read_one(~0UL, CKA_LABEL), CKR_OBJECT_HANDLE_INVALID);
}

static void a_read_only_session_leaves_the_token_alone(void **state)
{
    CK_SESSION_HANDLE reads = test_open(0);
    CK_OBJECT_HANDLE object = make_data(test_session, true, true, "read only"), made;
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "changed");
    CK_ATTRIBUTE token_object[] = { ATTR(CKA_CLASS, data_class), ATTR_BOOL(CKA_TOKEN, true) };

    (void)state;
    assert_rv(p11->C_CreateObject(reads, token_object, 2, &made), CKR_SESSION_READ_ONLY);
    assert_rv(p11->C_DestroyObject(reads, object), CKR_SESSION_READ_ONLY);
    assert_rv(p11->C_SetAttributeValue(reads, object, &label, 1), CKR_SESSION_READ_ONLY);
    assert_ok(p11->C_CreateObject(reads, token_object, 1, &made));
    assert_ok(p11->C_DestroyObject(reads, made));
}

static void templates_are_checked(void **state)
{
    CK_ATTRIBUTE no_class[] = { ATTR_BOOL(CKA_TOKEN, false) };
    CK_ATTRIBUTE twice[] = { ATTR(CKA_CLASS, data_class), ATTR(CKA_CLASS, data_class) };
    CK_ATTRIBUTE foreign[] = { ATTR(CKA_CLASS, data_class), ATTR_BOOL(CKA_SIGN, true) };
    CK_ATTRIBUTE untyped[] = { ATTR(CKA_CLASS, certificate_class), ATTR_TEXT(CKA_VALUE, "x") };
    CK_ATTRIBUTE valueless[] = { ATTR(CKA_CLASS, certificate_class), ATTR(CKA_CERTIFICATE_TYPE, x509) };
    CK_ATTRIBUTE ours[] = { ATTR(CKA_CLASS, data_class), ATTR_TEXT(CKA_UNIQUE_ID, "mine") };
    CK_ATTRIBUTE bad_bool[] = { ATTR(CKA_CLASS, data_class), { CKA_TOKEN, &data_class, 8 } };
    CK_OBJECT_HANDLE object;

    (void)state;
    assert_rv(p11->C_CreateObject(test_session, no_class, 1, &object), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_CreateObject(test_session, twice, 2, &object), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_CreateObject(test_session, foreign, 2, &object), CKR_ATTRIBUTE_TYPE_INVALID);
    assert_rv(p11->C_CreateObject(test_session, untyped, 2, &object), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_CreateObject(test_session, valueless, 2, &object), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_CreateObject(test_session, ours, 2, &object), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_CreateObject(test_session, bad_bool, 2, &object), CKR_ATTRIBUTE_VALUE_INVALID);
    assert_rv(p11->C_CreateObject(test_session, NULL, 2, &object), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_CreateObject(test_session, no_class, 1, NULL), CKR_ARGUMENTS_BAD);
}

static void certificates_are_kept(void **state)
{
    CK_BYTE der[] = { 0x30, 0x03, 0x02, 0x01, 0x05 };
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_CLASS, certificate_class),  ATTR(CKA_CERTIFICATE_TYPE, x509),  ATTR_BOOL(CKA_TOKEN, true),
        ATTR_BOOL(CKA_PRIVATE, false),       ATTR_TEXT(CKA_SUBJECT, "subject"), ATTR(CKA_VALUE, der),
        ATTR_TEXT(CKA_LABEL, "certificate"),
    };
    CK_ATTRIBUTE trusted[] = { ATTR(CKA_CLASS, certificate_class), ATTR(CKA_CERTIFICATE_TYPE, x509),
                               ATTR_TEXT(CKA_SUBJECT, "subject"), ATTR(CKA_VALUE, der), ATTR_BOOL(CKA_TRUSTED, true) };
    CK_OBJECT_HANDLE object;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, COUNT(template_), &object));
    assert_attribute(object, CKA_VALUE, der, sizeof der);
    assert_attribute(object, CKA_SUBJECT, "subject", 7);
    assert_attribute(object, CKA_ID, "", 0);
    assert_attribute(object, CKA_TRUSTED, &test_false, 1);
    assert_rv(p11->C_CreateObject(test_session, trusted, COUNT(trusted), &object), CKR_ATTRIBUTE_READ_ONLY);
    assert_int_equal(test_count_label(test_session, "certificate"), 1);
}

static void a_certificate_is_public_unless_it_is_said_otherwise(void **state)
{
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, certificate_class), ATTR(CKA_CERTIFICATE_TYPE, x509),
                                 ATTR_TEXT(CKA_SUBJECT, "s"), ATTR_TEXT(CKA_VALUE, "v"), ATTR_BOOL(CKA_PRIVATE, true) };
    CK_OBJECT_HANDLE plain = 0, hidden = 0;
    CK_BBOOL public = CK_FALSE, private = CK_TRUE;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, COUNT(template_) - 1, &plain));
    assert_ok(p11->C_CreateObject(test_session, template_, COUNT(template_), &hidden));
    assert_attribute(plain, CKA_PRIVATE, &public, sizeof public);
    assert_attribute(hidden, CKA_PRIVATE, &private, sizeof private);
}

static void certificates_of_each_type_have_their_attributes(void **state)
{
    static CK_CERTIFICATE_TYPE attr_cert = CKC_X_509_ATTR_CERT, wtls = CKC_WTLS, unknown = 77;
    static CK_ULONG category = 4;
    CK_ATTRIBUTE class = ATTR(CKA_CLASS, certificate_class), value = ATTR_TEXT(CKA_VALUE, "certificate"),
                 subject = ATTR_TEXT(CKA_SUBJECT, "subject"), owner = ATTR_TEXT(CKA_OWNER, "owner");
    CK_ATTRIBUTE of_x509 = ATTR(CKA_CERTIFICATE_TYPE, x509), of_attr = ATTR(CKA_CERTIFICATE_TYPE, attr_cert),
                 of_wtls = ATTR(CKA_CERTIFICATE_TYPE, wtls), of_none = ATTR(CKA_CERTIFICATE_TYPE, unknown);
    const struct {
        CK_ATTRIBUTE template_[6];
        CK_ULONG count;
        CK_RV wanted;
    } cases[] = {
        { { class, of_x509, value, subject }, 4, CKR_OK },
        { { class, of_wtls, value, subject }, 4, CKR_OK },
        { { class, of_attr, value, owner }, 4, CKR_OK },
        { { class, of_none, value, subject }, 4, CKR_ATTRIBUTE_VALUE_INVALID },
        { { class, of_x509, value }, 3, CKR_TEMPLATE_INCOMPLETE },
        { { class, of_attr, value }, 3, CKR_TEMPLATE_INCOMPLETE },
        { { class, of_attr, owner }, 3, CKR_TEMPLATE_INCOMPLETE },
        { { class, of_x509, value, subject, owner }, 5, CKR_ATTRIBUTE_TYPE_INVALID },
        { { class, of_attr, value, owner, ATTR_TEXT(CKA_URL, "http://x") }, 5, CKR_ATTRIBUTE_TYPE_INVALID },
        { { class, of_x509, subject, ATTR_TEXT(CKA_URL, "http://x") }, 4, CKR_TEMPLATE_INCOMPLETE },
        { { class, of_x509, subject, ATTR_TEXT(CKA_URL, "http://x"), ATTR_TEXT(CKA_HASH_OF_SUBJECT_PUBLIC_KEY, "h"),
            ATTR_TEXT(CKA_HASH_OF_ISSUER_PUBLIC_KEY, "h") },
          6,
          CKR_OK },
        { { class, of_x509, value, subject, ATTR(CKA_CERTIFICATE_CATEGORY, category) },
          5,
          CKR_ATTRIBUTE_VALUE_INVALID },
        { { class, of_x509, value, subject, ATTR_TEXT(CKA_CHECK_VALUE, "abc") }, 5, CKR_ATTRIBUTE_VALUE_INVALID },
    };
    CK_OBJECT_HANDLE object;

    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_rv(
            p11->C_CreateObject(test_session, (CK_ATTRIBUTE *)(uintptr_t)cases[i].template_, cases[i].count, &object),
            cases[i].wanted);
    assert_ok(p11->C_CreateObject(test_session, (CK_ATTRIBUTE *)(uintptr_t)cases[0].template_, 4, &object));
    assert_rv(read_one(object, CKA_AC_ISSUER), CKR_ATTRIBUTE_TYPE_INVALID);
    assert_attribute(object, CKA_ISSUER, "", 0);
    assert_attribute(object, CKA_URL, "", 0);
}

static void a_certificate_tells_its_public_key(void **state)
{
    /* version 3, serial 1, algorithm, issuer, validity, subject: empty; then what stands for the public key */
    CK_BYTE der[] = { 0x30, 0x18, 0x30, 0x16, 0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01, 0x30,
                      0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x00, 0x30, 0x02, 0x05, 0x00, 0x05, 0x00 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, certificate_class), ATTR(CKA_CERTIFICATE_TYPE, x509),
                                 ATTR_TEXT(CKA_SUBJECT, "subject"), ATTR(CKA_VALUE, der),
                                 ATTR_TEXT(CKA_PUBLIC_KEY_INFO, "another") };
    CK_OBJECT_HANDLE object;

    (void)state;
    der[1] = 22;
    der[3] = 20;
    assert_ok(p11->C_CreateObject(test_session, template_, 4, &object));
    assert_attribute(object, CKA_PUBLIC_KEY_INFO, der + 20, 4);
    assert_rv(p11->C_CreateObject(test_session, template_, 5, &object), CKR_ATTRIBUTE_VALUE_INVALID);
}

static void dates_are_days_in_order(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "dated"), made;
    CK_ATTRIBUTE good = ATTR_TEXT(CKA_START_DATE, "20280229"), none = { CKA_START_DATE, NULL, 0 };
    CK_ATTRIBUTE bad[] = { ATTR_TEXT(CKA_START_DATE, "20261301"), ATTR_TEXT(CKA_END_DATE, "20260100"),
                           ATTR_TEXT(CKA_END_DATE, "2026010x"), ATTR_TEXT(CKA_START_DATE, "20260229") };
    CK_ATTRIBUTE crossed[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes),
                               ATTR_TEXT(CKA_VALUE, "sixteen bytes   "), ATTR_TEXT(CKA_START_DATE, "20270101"),
                               ATTR_TEXT(CKA_END_DATE, "20261231") };

    (void)state;
    assert_ok(p11->C_SetAttributeValue(test_session, key, &good, 1));
    assert_attribute(key, CKA_START_DATE, "20280229", 8);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &none, 1));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_rv(p11->C_SetAttributeValue(test_session, key, &bad[i], 1), CKR_ATTRIBUTE_VALUE_INVALID);
    assert_rv(p11->C_CreateObject(test_session, crossed, 5, &made), CKR_TEMPLATE_INCONSISTENT);
}

static void domain_parameters_are_kept(void **state)
{
    static CK_ULONG domain_class = CKO_DOMAIN_PARAMETERS, dh = CKK_DH, dsa = CKK_DSA, bits = 16;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, domain_class),    ATTR(CKA_KEY_TYPE, dh),
                                 ATTR_TEXT(CKA_PRIME, "\x0f\xff"), ATTR_TEXT(CKA_BASE, "\x02"),
                                 ATTR_BOOL(CKA_TOKEN, true),       ATTR(CKA_PRIME_BITS, bits) };
    CK_ATTRIBUTE incomplete[] = { ATTR(CKA_CLASS, domain_class), ATTR(CKA_KEY_TYPE, dsa),
                                  ATTR_TEXT(CKA_PRIME, "\x0f\xff"), ATTR_TEXT(CKA_BASE, "\x02") };
    CK_ULONG twelve = 12;
    CK_OBJECT_HANDLE object;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, 5, &object));
    assert_attribute(object, CKA_PRIME, "\x0f\xff", 2);
    assert_attribute(object, CKA_PRIME_BITS, &twelve, sizeof twelve);
    assert_attribute(object, CKA_LOCAL, &test_false, 1);
    assert_int_equal(test_count(test_session, template_, 2), 1);
    assert_rv(p11->C_CreateObject(test_session, template_, 6, &object), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_CreateObject(test_session, incomplete, 4, &object), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_CreateObject(test_session, template_, 1, &object), CKR_TEMPLATE_INCOMPLETE);
}

static void profiles_are_shown_and_fixed(void **state)
{
    static CK_ULONG profile_class = CKO_PROFILE, baseline = CKP_BASELINE_PROVIDER;
    CK_ATTRIBUTE wanted[] = { ATTR(CKA_CLASS, profile_class), ATTR(CKA_PROFILE_ID, baseline) };
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "mine");
    CK_OBJECT_HANDLE found[4], again, copy;
    CK_ULONG count;

    (void)state;
    assert_int_equal(test_count(test_session, wanted, 1), 3);
    assert_ok(p11->C_FindObjectsInit(test_session, wanted, 2));
    assert_ok(p11->C_FindObjects(test_session, found, 4, &count));
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_int_equal(count, 1);
    assert_attribute(found[0], CKA_PROFILE_ID, &baseline, sizeof baseline);
    assert_attribute(found[0], CKA_TOKEN, &test_true, 1);
    assert_attribute(found[0], CKA_PRIVATE, &test_false, 1);
    assert_rv(p11->C_DestroyObject(test_session, found[0]), CKR_ACTION_PROHIBITED);
    assert_rv(p11->C_SetAttributeValue(test_session, found[0], &label, 1), CKR_ACTION_PROHIBITED);
    assert_rv(p11->C_CopyObject(test_session, found[0], NULL, 0, &copy), CKR_ACTION_PROHIBITED);
    assert_rv(p11->C_CreateObject(test_session, wanted, 1, &again), CKR_ATTRIBUTE_VALUE_INVALID);
    assert_ok(p11->C_FindObjectsInit(test_session, wanted, 2));
    assert_ok(p11->C_FindObjects(test_session, &again, 1, &count));
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_int_equal(again, found[0]);
}

/* --- reading --- */

static void a_mixed_request_is_filled_as_far_as_possible(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "mixed");
    CK_ULONG class = 0, len = 0;
    CK_BYTE value[64], modulus[64], label[2];
    CK_ATTRIBUTE items[] = {
        ATTR(CKA_CLASS, class),
        { CKA_VALUE, value, sizeof value },
        { CKA_MODULUS, modulus, sizeof modulus },
        ATTR(CKA_VALUE_LEN, len),
        { CKA_LABEL, label, sizeof label },
        { CKA_LABEL, NULL, 0 },
        { 0x7fffffff, value, sizeof value },
    };

    (void)state;
    assert_rv(p11->C_GetAttributeValue(test_session, key, items, COUNT(items)), CKR_ATTRIBUTE_SENSITIVE);
    assert_int_equal(class, CKO_SECRET_KEY);
    assert_int_equal(items[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(items[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(len, 32);
    assert_int_equal(items[4].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(items[5].ulValueLen, 5);
    assert_int_equal(items[6].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_rv(read_one(key, CKA_MODULUS), CKR_ATTRIBUTE_TYPE_INVALID);
    assert_rv(p11->C_GetAttributeValue(test_session, key, NULL, 1), CKR_ARGUMENTS_BAD);
}

static void integers_have_eight_bytes_and_empty_texts_none(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_ULONG bits = 2048;
    CK_BYTE exponent[] = { 1, 0, 1 };

    (void)state;
    test_rsa_pair(test_session, false, &public_key, &private_key);
    assert_attribute(public_key, CKA_MODULUS_BITS, &bits, 8);
    assert_attribute(public_key, CKA_LABEL, "", 0);
    assert_attribute(public_key, CKA_PUBLIC_EXPONENT, exponent, 3);
    assert_attribute(private_key, CKA_SENSITIVE, &test_true, 1);
    assert_attribute(private_key, CKA_EXTRACTABLE, &test_false, 1);
    assert_attribute(private_key, CKA_NEVER_EXTRACTABLE, &test_true, 1);
    assert_rv(read_one(private_key, CKA_PRIVATE_EXPONENT), CKR_ATTRIBUTE_SENSITIVE);
    assert_rv(read_one(private_key, CKA_VALUE), CKR_ATTRIBUTE_TYPE_INVALID);
}

static void a_key_that_is_not_sensitive_shows_its_value(void **state)
{
    CK_BYTE value[16] = "0123456789abcde";
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_CLASS, secret_class),   ATTR(CKA_KEY_TYPE, aes),          ATTR(CKA_VALUE, value),
        ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true),
    };
    CK_OBJECT_HANDLE open_key, closed_key;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, 5, &open_key));
    assert_attribute(open_key, CKA_VALUE, value, 16);
    assert_attribute(open_key, CKA_LOCAL, &test_false, 1);
    assert_ok(p11->C_CreateObject(test_session, template_, 3, &closed_key));
    assert_rv(read_one(closed_key, CKA_VALUE), CKR_ATTRIBUTE_SENSITIVE);
}

static void check_values_tell_keys_apart(void **state)
{
    CK_BYTE value[16] = { 0 }, checksum[3] = { 0x66, 0xe9, 0x4b }; /* AES-128 of zeros under a zero key */
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE, value) };
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, 3, &key));
    assert_attribute(key, CKA_CHECK_VALUE, checksum, 3);
}

/* --- changing --- */

static void labels_change_here_and_in_the_keystore(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, true, "before");
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "after");

    assert_ok(p11->C_SetAttributeValue(test_session, key, &label, 1));
    assert_attribute(key, CKA_LABEL, "after", 5);
    assert_int_equal(test_count_label(test_session, "before"), 0);
    test_end(state);
    assert_int_equal(test_begin_logged_in(state), 0);
    assert_int_equal(test_count_label(test_session, "after"), 1);
}

static void usages_change_and_are_obeyed(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, true, "usage");
    CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
    CK_ATTRIBUTE no_encrypt = ATTR_BOOL(CKA_ENCRYPT, false);

    (void)state;
    assert_ok(p11->C_EncryptInit(test_session, &ecb, key));
    assert_ok(p11->C_EncryptInit(test_session, NULL, 0)); /* cancels */
    assert_ok(p11->C_SetAttributeValue(test_session, key, &no_encrypt, 1));
    assert_rv(p11->C_EncryptInit(test_session, &ecb, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_attribute(key, CKA_ENCRYPT, &test_false, 1);
}

static void what_is_fixed_stays(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "fixed");
    CK_ATTRIBUTE not_sensitive = ATTR_BOOL(CKA_SENSITIVE, false), extractable = ATTR_BOOL(CKA_EXTRACTABLE, true);
    CK_ATTRIBUTE other_class = ATTR(CKA_CLASS, data_class), on_token = ATTR_BOOL(CKA_TOKEN, true);
    CK_ATTRIBUTE unmodifiable = ATTR_BOOL(CKA_MODIFIABLE, false), label = ATTR_TEXT(CKA_LABEL, "new");
    CK_ATTRIBUTE foreign = ATTR_TEXT(CKA_APPLICATION, "new"), same = ATTR_TEXT(CKA_LABEL, "fixed");

    (void)state;
    assert_rv(p11->C_SetAttributeValue(test_session, key, &not_sensitive, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_SetAttributeValue(test_session, key, &extractable, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_SetAttributeValue(test_session, key, &other_class, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_SetAttributeValue(test_session, key, &on_token, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_SetAttributeValue(test_session, key, &foreign, 1), CKR_ATTRIBUTE_TYPE_INVALID);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &unmodifiable, 1));
    assert_rv(p11->C_SetAttributeValue(test_session, key, &label, 1), CKR_ACTION_PROHIBITED);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &same, 1)); /* no change */
}

static void an_indestructible_object_stays(void **state)
{
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, data_class), ATTR_BOOL(CKA_DESTROYABLE, false) };
    CK_OBJECT_HANDLE object;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, template_, 2, &object));
    assert_rv(p11->C_DestroyObject(test_session, object), CKR_ACTION_PROHIBITED);
}

/* --- copying --- */

static void copies_differ_where_they_are_told_to(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, "original"), copy, data, data_copy;
    CK_ATTRIBUTE changes[] = { ATTR_TEXT(CKA_LABEL, "copy"), ATTR_BOOL(CKA_TOKEN, true) };
    CK_ATTRIBUTE uncopyable = ATTR_BOOL(CKA_COPYABLE, false), other_class = ATTR(CKA_CLASS, data_class);

    (void)state;
    assert_ok(p11->C_CopyObject(test_session, key, changes, 2, &copy));
    assert_attribute(copy, CKA_LABEL, "copy", 4);
    assert_attribute(copy, CKA_TOKEN, &test_true, 1);
    assert_attribute(key, CKA_LABEL, "original", 8);
    data = make_data(test_session, false, true, "data");
    assert_ok(p11->C_CopyObject(test_session, data, changes, 2, &data_copy));
    assert_attribute(data_copy, CKA_VALUE, "the value of the data object", 28);
    assert_rv(p11->C_CopyObject(test_session, key, &other_class, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &uncopyable, 1));
    assert_rv(p11->C_CopyObject(test_session, key, changes, 1, &copy), CKR_ACTION_PROHIBITED);
}

/* --- finding --- */

static void searches_match_all_that_is_asked(void **state)
{
    CK_ATTRIBUTE by_class[] = { ATTR(CKA_CLASS, secret_class), ATTR_TEXT(CKA_LABEL, "needle") };
    CK_ATTRIBUTE on_token[] = { ATTR_BOOL(CKA_TOKEN, true), ATTR_TEXT(CKA_LABEL, "needle") };
    CK_ATTRIBUTE in_memory[] = { ATTR_BOOL(CKA_TOKEN, false), ATTR_TEXT(CKA_LABEL, "needle") };
    CK_ATTRIBUTE only_public[] = { ATTR_BOOL(CKA_PRIVATE, false), ATTR_TEXT(CKA_LABEL, "needle") };
    CK_ATTRIBUTE only_private[] = { ATTR_BOOL(CKA_PRIVATE, true), ATTR_TEXT(CKA_LABEL, "needle") };

    (void)state;
    test_aes_key(test_session, true, "needle");
    test_aes_key(test_session, false, "needle");
    make_data(test_session, true, false, "needle");
    make_data(test_session, false, false, "needle");
    assert_int_equal(test_count_label(test_session, "needle"), 4);
    assert_int_equal(test_count(test_session, by_class, 2), 2);
    assert_int_equal(test_count(test_session, on_token, 2), 2);
    assert_int_equal(test_count(test_session, in_memory, 2), 2);
    assert_int_equal(test_count(test_session, only_public, 2), 2);
    assert_int_equal(test_count(test_session, only_private, 2), 2);
    assert_int_equal(test_count_label(test_session, "no needle"), 0);
}

static void the_same_object_has_the_same_handle(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, true, "one handle"), found[2];
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "one handle");
    CK_ULONG count;

    (void)state;
    assert_ok(p11->C_FindObjectsInit(test_session, &label, 1));
    assert_ok(p11->C_FindObjects(test_session, found, 2, &count));
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_int_equal(count, 1);
    assert_int_equal(found[0], key);
}

static void an_object_is_found_by_its_unique_id(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, true, "unique"), found;
    char id[64];
    CK_ATTRIBUTE item = { CKA_UNIQUE_ID, id, sizeof id };
    CK_ULONG count;

    (void)state;
    assert_ok(p11->C_GetAttributeValue(test_session, key, &item, 1));
    assert_int_equal(item.ulValueLen, 36);
    assert_ok(p11->C_FindObjectsInit(test_session, &item, 1));
    assert_ok(p11->C_FindObjects(test_session, &found, 1, &count));
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_int_equal(count, 1);
    assert_int_equal(found, key);
}

static void values_are_found_sealed_or_not(void **state)
{
    CK_BYTE key_value[16] = "a value of a key";
    CK_ATTRIBUTE wanted[] = { ATTR_TEXT(CKA_VALUE, "the value of the data object"), ATTR_TEXT(CKA_LABEL, "valued") };
    CK_ATTRIBUTE other[] = { ATTR_TEXT(CKA_VALUE, "another value"), ATTR_TEXT(CKA_LABEL, "valued") };
    CK_ATTRIBUTE key[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE, key_value),
                           ATTR_TEXT(CKA_LABEL, "valued") };
    CK_OBJECT_HANDLE object;

    (void)state;
    for (unsigned i = 0; i < 4; i++)
        make_data(test_session, i & 1, i & 2, "valued");
    assert_ok(p11->C_CreateObject(test_session, key, 4, &object));
    assert_int_equal(test_count(test_session, wanted, 2), 4);
    assert_int_equal(test_count(test_session, other, 2), 0);
    assert_int_equal(test_count(test_session, key + 2, 2), 0); /* a search is no way to guess a key */
}

static void many_objects_come_in_portions(void **state)
{
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "crowd");
    CK_OBJECT_HANDLE found[50], more[50];
    CK_ULONG count, rest;

    (void)state;
    for (size_t i = 0; i < 60; i++)
        make_data(test_session, i % 3 == 0, i % 2 == 0, "crowd");
    assert_int_equal(test_count_label(test_session, "crowd"), 60);
    assert_ok(p11->C_FindObjectsInit(test_session, &label, 1));
    assert_ok(p11->C_FindObjects(test_session, found, 50, &count));
    assert_ok(p11->C_FindObjects(test_session, more, 50, &rest));
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_int_equal(count, 50);
    assert_int_equal(rest, 10);
    for (size_t i = 0; i < rest; i++)
        for (size_t k = 0; k < count; k++)
            assert_int_not_equal(more[i], found[k]);
}

static void searches_follow_the_rules_of_operations(void **state)
{
    CK_OBJECT_HANDLE found;
    CK_ULONG count;
    CK_ATTRIBUTE unknown = ATTR_TEXT(0x6fffffff, "x");

    (void)state;
    assert_rv(p11->C_FindObjects(test_session, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_FindObjectsFinal(test_session), CKR_OPERATION_NOT_INITIALIZED);
    assert_rv(p11->C_FindObjectsInit(test_session, NULL, 1), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_FindObjectsInit(test_session, &unknown, 1)); /* nothing has it */
    assert_ok(p11->C_FindObjects(test_session, &found, 1, &count));
    assert_int_equal(count, 0);
    assert_ok(p11->C_FindObjectsFinal(test_session));
    assert_ok(p11->C_FindObjectsInit(test_session, NULL, 0));
    assert_rv(p11->C_FindObjectsInit(test_session, NULL, 0), CKR_OPERATION_ACTIVE);
    assert_rv(p11->C_FindObjects(test_session, NULL, 1, &count), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_FindObjectsFinal(test_session));
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(data_objects_keep_their_value),
        IN(session_objects_die_with_their_session),
        IN(token_objects_outlive_the_library),
        IN(a_destroyed_object_is_gone),
        IN(a_read_only_session_leaves_the_token_alone),
        IN(templates_are_checked),
        IN(certificates_are_kept),
        IN(a_certificate_is_public_unless_it_is_said_otherwise),
        IN(certificates_of_each_type_have_their_attributes),
        IN(a_certificate_tells_its_public_key),
        IN(dates_are_days_in_order),
        IN(domain_parameters_are_kept),
        IN(profiles_are_shown_and_fixed),
        IN(a_mixed_request_is_filled_as_far_as_possible),
        IN(integers_have_eight_bytes_and_empty_texts_none),
        IN(a_key_that_is_not_sensitive_shows_its_value),
        IN(check_values_tell_keys_apart),
        IN(labels_change_here_and_in_the_keystore),
        IN(usages_change_and_are_obeyed),
        IN(what_is_fixed_stays),
        IN(an_indestructible_object_stays),
        IN(copies_differ_where_they_are_told_to),
        IN(searches_match_all_that_is_asked),
        IN(the_same_object_has_the_same_handle),
        IN(an_object_is_found_by_its_unique_id),
        IN(values_are_found_sealed_or_not),
        IN(many_objects_come_in_portions),
        IN(searches_follow_the_rules_of_operations),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
