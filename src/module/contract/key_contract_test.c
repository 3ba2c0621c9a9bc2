/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: made, brought in, wrapped, unwrapped; who may do what with them. */
#include "module/contract/testing.h"

static CK_ULONG secret_class = CKO_SECRET_KEY, public_class = CKO_PUBLIC_KEY, aes = CKK_AES, ec = CKK_EC;
static CK_BYTE iv[16] = { 7 };

/* --- making --- */

static void a_template_that_names_usages_names_all(void **state)
{
    CK_OBJECT_HANDLE key = test_aes_key(test_session, false, ""), plain;
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16;
    CK_ATTRIBUTE template_ = ATTR(CKA_VALUE_LEN, len);

    (void)state;
    assert_true(test_reads_true(key, CKA_ENCRYPT));
    assert_false(test_reads_true(key, CKA_SIGN));
    assert_false(test_reads_true(key, CKA_WRAP));
    assert_ok(p11->C_GenerateKey(test_session, &mechanism, &template_, 1, &plain));
    assert_true(test_reads_true(plain, CKA_ENCRYPT)); /* what such a key is made for */
    assert_true(test_reads_true(plain, CKA_DECRYPT));
    assert_false(test_reads_true(plain, CKA_WRAP));
    assert_true(test_reads_true(plain, CKA_SENSITIVE));
    assert_false(test_reads_true(plain, CKA_EXTRACTABLE));
    assert_true(test_reads_true(plain, CKA_LOCAL));
}

static void both_halves_of_a_pair_follow_their_templates(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;

    (void)state;
    test_ec_pair(test_session, true, "halves", &public_key, &private_key);
    assert_false(test_reads_true(public_key, CKA_PRIVATE));
    assert_true(test_reads_true(private_key, CKA_PRIVATE));
    assert_true(test_reads_true(public_key, CKA_TOKEN));
    assert_true(test_reads_true(public_key, CKA_VERIFY));
    assert_true(test_reads_true(private_key, CKA_SIGN));
    assert_int_equal(test_count_label(test_session, "halves"), 2);
}

static void keys_are_private_while_the_user_is_logged_in(void **state)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16;
    CK_ATTRIBUTE template_ = ATTR(CKA_VALUE_LEN, len);
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_ok(p11->C_GenerateKey(test_session, &mechanism, &template_, 1, &key));
    assert_true(test_reads_true(key, CKA_PRIVATE));
    assert_false(test_reads_true(key, CKA_TOKEN));
    assert_ok(p11->C_Logout(test_session));
    assert_ok(p11->C_GenerateKey(test_session, &mechanism, &template_, 1, &key));
    assert_false(test_reads_true(key, CKA_PRIVATE));
}

static void impossible_keys_are_refused(void **state)
{
    CK_MECHANISM aes_gen = { CKM_AES_KEY_GEN, NULL, 0 }, digest = { CKM_SHA256, NULL, 0 },
                 unknown = { 0x7ffffff0, NULL, 0 };
    CK_ULONG seventeen = 17;
    CK_ATTRIBUTE odd = ATTR(CKA_VALUE_LEN, seventeen), trusted = ATTR_BOOL(CKA_TRUSTED, true);
    CK_ATTRIBUTE local = ATTR_BOOL(CKA_LOCAL, true);
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_rv(p11->C_GenerateKey(test_session, &aes_gen, NULL, 0, &key), CKR_TEMPLATE_INCOMPLETE);
    assert_int_not_equal(p11->C_GenerateKey(test_session, &aes_gen, &odd, 1, &key), CKR_OK);
    assert_rv(p11->C_GenerateKey(test_session, &digest, NULL, 0, &key), CKR_MECHANISM_INVALID);
    assert_rv(p11->C_GenerateKey(test_session, &unknown, NULL, 0, &key), CKR_MECHANISM_INVALID);
    assert_rv(p11->C_GenerateKey(test_session, NULL, NULL, 0, &key), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_GenerateKey(test_session, &aes_gen, &odd, 1, NULL), CKR_ARGUMENTS_BAD);
    assert_rv(p11->C_GenerateKey(test_session, &aes_gen, &trusted, 1, &key), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_GenerateKey(test_session, &aes_gen, &local, 1, &key), CKR_ATTRIBUTE_READ_ONLY);
}

static void a_refused_pair_leaves_nothing_behind(void **state)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_BYTE curve[] = { 0x06, 0x03, 0x2a, 0x03, 0x04 };
    CK_ATTRIBUTE public_template[] = { ATTR_BOOL(CKA_TOKEN, true), ATTR(CKA_EC_PARAMS, curve),
                                       ATTR_TEXT(CKA_LABEL, "half") };
    CK_ATTRIBUTE private_template[] = { ATTR_BOOL(CKA_TOKEN, true), ATTR_TEXT(CKA_LABEL, "half") };
    CK_OBJECT_HANDLE public_key, private_key;

    (void)state;
    assert_int_not_equal(p11->C_GenerateKeyPair(test_session, &mechanism, public_template, 3, private_template, 2,
                                                &public_key, &private_key),
                         CKR_OK);
    assert_int_equal(test_count_label(test_session, "half"), 0);
}

static void curves_are_named_as_they_were_given(void **state)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE public_template[] = { ATTR_TEXT(CKA_EC_PARAMS, "P-256"), ATTR_BOOL(CKA_VERIFY, true) };
    CK_ATTRIBUTE private_template[] = { ATTR_BOOL(CKA_SIGN, true) };
    CK_OBJECT_HANDLE public_key, private_key;
    char curve[16];
    CK_ATTRIBUTE item = { CKA_EC_PARAMS, curve, sizeof curve };

    (void)state;
    assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, public_template, 2, private_template, 1, &public_key,
                                     &private_key));
    assert_ok(p11->C_GetAttributeValue(test_session, private_key, &item, 1));
    assert_int_equal(item.ulValueLen, 5);
    assert_memory_equal(curve, "P-256", 5);
}

/* --- use --- */

static void a_key_does_what_its_attributes_say_and_no_more(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key, key = test_aes_key(test_session, false, "");
    CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 }, ecb = { CKM_AES_ECB, NULL, 0 }, hmac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_MECHANISM cbc_without_iv = { CKM_AES_CBC, NULL, 0 };

    (void)state;
    test_ec_pair(test_session, false, "", &public_key, &private_key);
    assert_rv(p11->C_SignInit(test_session, &ecdsa, public_key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(p11->C_VerifyInit(test_session, &ecdsa, private_key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(p11->C_SignInit(test_session, &ecdsa, key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(p11->C_SignInit(test_session, &hmac, key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_rv(p11->C_EncryptInit(test_session, &ecb, private_key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(p11->C_EncryptInit(test_session, &ecdsa, key), CKR_MECHANISM_INVALID);
    assert_rv(p11->C_EncryptInit(test_session, &cbc_without_iv, key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(p11->C_SignInit(test_session, &ecdsa, 0), CKR_KEY_HANDLE_INVALID);
    assert_rv(p11->C_SignInit(test_session, &ecdsa, ~0UL), CKR_KEY_HANDLE_INVALID);
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key)); /* nothing of the above is left active */
}

static void allowed_mechanisms_are_the_only_ones(void **state)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, ecb = { CKM_AES_ECB, NULL, 0 }, cbc = { CKM_AES_CBC, iv, 16 };
    CK_MECHANISM_TYPE allowed[] = { CKM_AES_CBC };
    CK_ULONG len = 16;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), ATTR(CKA_ALLOWED_MECHANISMS, allowed) };
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, 2, &key));
    assert_rv(p11->C_EncryptInit(test_session, &ecb, key), CKR_MECHANISM_INVALID);
    assert_ok(p11->C_EncryptInit(test_session, &cbc, key));
}

static void a_key_can_ask_for_the_pin_each_time(void **state)
{
    CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 };
    CK_ATTRIBUTE public_template[] = { ATTR(CKA_EC_PARAMS, test_p256), ATTR_BOOL(CKA_VERIFY, true) };
    CK_ATTRIBUTE private_template[] = { ATTR_BOOL(CKA_SIGN, true), ATTR_BOOL(CKA_ALWAYS_AUTHENTICATE, true) };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE hash[32] = { 1 }, signature[64];
    CK_ULONG len = sizeof signature;
    CK_UTF8CHAR wrong[] = "wrong one";

    (void)state;
    assert_ok(p11->C_GenerateKeyPair(test_session, &generate, public_template, 2, private_template, 2, &public_key,
                                     &private_key));
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_rv(p11->C_Sign(test_session, hash, 32, signature, &len), CKR_USER_NOT_LOGGED_IN);
    assert_rv(p11->C_Login(test_session, CKU_CONTEXT_SPECIFIC, wrong, sizeof wrong - 1), CKR_PIN_INCORRECT);
    assert_ok(test_login(test_session, CKU_CONTEXT_SPECIFIC));
    assert_ok(p11->C_Sign(test_session, hash, 32, signature, &len));
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_rv(p11->C_Sign(test_session, hash, 32, signature, &len), CKR_USER_NOT_LOGGED_IN);
}

/* --- bringing in --- */

static void a_public_key_made_of_values_verifies(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key, imported;
    CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
    CK_BYTE point[80], hash[32] = { 1, 2, 3 }, signature[64];
    CK_ULONG len = sizeof signature;
    CK_ATTRIBUTE item = { CKA_EC_POINT, point, sizeof point };

    (void)state;
    test_ec_pair(test_session, false, "", &public_key, &private_key);
    assert_ok(p11->C_GetAttributeValue(test_session, public_key, &item, 1));
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, public_class),
                                 ATTR(CKA_KEY_TYPE, ec),
                                 ATTR(CKA_EC_PARAMS, test_p256),
                                 { CKA_EC_POINT, point, item.ulValueLen },
                                 ATTR_BOOL(CKA_VERIFY, true) };
    assert_ok(p11->C_CreateObject(test_session, template_, 5, &imported));
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_ok(p11->C_Sign(test_session, hash, sizeof hash, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &ecdsa, imported));
    assert_ok(p11->C_Verify(test_session, hash, sizeof hash, signature, len));
    template_[3].ulValueLen -= 1;
    assert_int_not_equal(p11->C_CreateObject(test_session, template_, 5, &imported), CKR_OK);
}

static void a_key_needs_its_type_and_value(void **state)
{
    CK_ATTRIBUTE untyped = ATTR(CKA_CLASS, secret_class);
    CK_ATTRIBUTE valueless[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes) };
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_rv(p11->C_CreateObject(test_session, &untyped, 1, &key), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_CreateObject(test_session, valueless, 2, &key), CKR_TEMPLATE_INCOMPLETE);
}

/* --- wrapping --- */

static CK_OBJECT_HANDLE make_aes(bool wraps, bool extractable)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_VALUE_LEN, len),       ATTR_BOOL(CKA_WRAP, wraps),     ATTR_BOOL(CKA_UNWRAP, wraps),
        ATTR_BOOL(CKA_ENCRYPT, !wraps), ATTR_BOOL(CKA_DECRYPT, !wraps), ATTR_BOOL(CKA_EXTRACTABLE, extractable),
    };
    CK_OBJECT_HANDLE key = 0;

    assert_ok(p11->C_GenerateKey(test_session, &mechanism, template_, COUNT(template_), &key));
    return key;
}

static void assert_same_key(CK_OBJECT_HANDLE a, CK_OBJECT_HANDLE b)
{
    CK_BYTE first[3], second[3];
    CK_ATTRIBUTE one = ATTR(CKA_CHECK_VALUE, first), two = ATTR(CKA_CHECK_VALUE, second);

    assert_ok(p11->C_GetAttributeValue(test_session, a, &one, 1));
    assert_ok(p11->C_GetAttributeValue(test_session, b, &two, 1));
    assert_memory_equal(first, second, 3);
}

static CK_OBJECT_HANDLE make_open_aes(void)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 16;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), ATTR_BOOL(CKA_SENSITIVE, false),
                                 ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_OBJECT_HANDLE key = 0;

    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, 3, &key));
    return key;
}

static void a_wrapped_key_comes_back(void **state)
{
    CK_OBJECT_HANDLE rsa_public, rsa_private, kek = make_aes(true, false), key = make_aes(false, true), back;
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 }, rsa = { CKM_RSA_PKCS, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR_BOOL(CKA_ENCRYPT, true) };
    CK_BYTE wrapped[256];
    CK_ULONG len = 0;

    (void)state;
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, kek, key, NULL, &len));
    assert_int_equal(len, 48);
    len = 47;
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len), CKR_BUFFER_TOO_SMALL);
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len));
    assert_ok(p11->C_UnwrapKey(test_session, &cbc_pad, kek, wrapped, len, template_, 3, &back));
    assert_same_key(key, back);
    assert_false(test_reads_true(back, CKA_LOCAL));
    test_rsa_pair(test_session, false, &rsa_public, &rsa_private);
    key = make_open_aes();
    len = sizeof wrapped;
    assert_ok(p11->C_WrapKey(test_session, &rsa, rsa_public, key, wrapped, &len));
    assert_ok(p11->C_UnwrapKey(test_session, &rsa, rsa_private, wrapped, len, template_, 3, &back));
    assert_same_key(key, back);
    assert_true(test_reads_true(back, CKA_SENSITIVE));
}

/* --- uses are kept apart --- */

static CK_RV make_with(CK_ATTRIBUTE_TYPE one, CK_ATTRIBUTE_TYPE two, CK_OBJECT_HANDLE *out)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), ATTR_BOOL(one, true), ATTR_BOOL(two, true) };

    return p11->C_GenerateKey(test_session, &generate, template_, 3, out);
}

static void no_key_comes_to_both_wrap_and_decrypt(void **state)
{
    CK_ATTRIBUTE rises[] = { ATTR_BOOL(CKA_DECRYPT, true) }, falls[] = { ATTR_BOOL(CKA_WRAP, false) };
    CK_OBJECT_HANDLE key, copy;

    (void)state;
    assert_ok(make_with(CKA_WRAP, CKA_UNWRAP, &key));
    assert_rv(p11->C_SetAttributeValue(test_session, key, rises, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_ok(p11->C_SetAttributeValue(test_session, key, falls, 1));
    assert_rv(p11->C_SetAttributeValue(test_session, key, rises, 1), CKR_ATTRIBUTE_READ_ONLY);
    assert_rv(p11->C_CopyObject(test_session, key, rises, 1, &copy), CKR_ATTRIBUTE_READ_ONLY);
}

static void a_sensitive_key_leaves_under_a_faithful_key_alone(void **state)
{
    CK_OBJECT_HANDLE rsa_public, rsa_private, key = make_aes(false, true), known;
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 }, rsa = { CKM_RSA_PKCS, NULL, 0 };
    CK_ATTRIBUTE import_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes),
                               ATTR_TEXT(CKA_VALUE, "thirty-two bytes that all know.."), ATTR_BOOL(CKA_WRAP, true) };
    CK_BYTE wrapped[256];
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, import_, COUNT(import_), &known));
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, known, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    test_rsa_pair(test_session, false, &rsa_public, &rsa_private); /* its private half decrypts */
    assert_rv(p11->C_WrapKey(test_session, &rsa, rsa_public, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, known, make_open_aes(), wrapped, &len));
}

static void an_unwrapped_key_stays_closed(void **state)
{
    CK_OBJECT_HANDLE kek = make_aes(true, false), key = make_aes(false, true), back;
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes),
                                 ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_BYTE wrapped[64];
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len));
    assert_rv(p11->C_UnwrapKey(test_session, &cbc_pad, kek, wrapped, len, template_, 4, &back),
              CKR_TEMPLATE_INCONSISTENT);
}

/* --- nested templates --- */

static CK_OBJECT_HANDLE make_kek(CK_ATTRIBUTE_TYPE nested, CK_ATTRIBUTE *inner, CK_ULONG count)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len),
                                 ATTR_BOOL(CKA_TOKEN, true),
                                 ATTR_BOOL(CKA_WRAP, true),
                                 ATTR_BOOL(CKA_UNWRAP, true),
                                 { nested, inner, count * sizeof *inner } };
    CK_OBJECT_HANDLE kek = 0;

    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, COUNT(template_), &kek));
    return kek;
}

static void nested_templates_are_read_in_steps(void **state)
{
    CK_ATTRIBUTE inner[] = { ATTR(CKA_KEY_TYPE, aes), ATTR_TEXT(CKA_LABEL, "labelled") }, got[2] = { 0 };
    CK_OBJECT_HANDLE kek = make_kek(CKA_UNWRAP_TEMPLATE, inner, 2);
    CK_ATTRIBUTE item = { CKA_UNWRAP_TEMPLATE, NULL, 0 }, none = { CKA_WRAP_TEMPLATE, NULL, 9 };
    CK_BYTE text[8];
    CK_ULONG type = 0;

    (void)state;
    assert_ok(p11->C_GetAttributeValue(test_session, kek, &item, 1));
    assert_int_equal(item.ulValueLen, sizeof got);
    item.pValue = got;
    item.ulValueLen -= 1;
    assert_rv(p11->C_GetAttributeValue(test_session, kek, &item, 1), CKR_BUFFER_TOO_SMALL);
    assert_true(item.ulValueLen == CK_UNAVAILABLE_INFORMATION);
    item.ulValueLen = sizeof got;
    assert_ok(p11->C_GetAttributeValue(test_session, kek, &item, 1));
    assert_int_equal(got[0].type, CKA_LABEL);
    assert_int_equal(got[0].ulValueLen, 8);
    got[0].pValue = text;
    got[1].pValue = &type;
    assert_ok(p11->C_GetAttributeValue(test_session, kek, &item, 1));
    assert_memory_equal(text, "labelled", 8);
    assert_int_equal(type, CKK_AES);
    assert_ok(p11->C_GetAttributeValue(test_session, kek, &none, 1));
    assert_int_equal(none.ulValueLen, 0);
    assert_int_equal(test_count(test_session, &(CK_ATTRIBUTE){ CKA_UNWRAP_TEMPLATE, inner, sizeof inner }, 1), 1);
}

static void a_wrap_template_chooses_keys(void **state)
{
    CK_ATTRIBUTE inner[] = { ATTR_TEXT(CKA_LABEL, "may leave"), ATTR(CKA_KEY_TYPE, aes) };
    CK_OBJECT_HANDLE kek = make_kek(CKA_WRAP_TEMPLATE, inner, 2), key = make_aes(false, true);
    CK_ATTRIBUTE label = ATTR_TEXT(CKA_LABEL, "may leave");
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 };
    CK_BYTE wrapped[64];
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len), CKR_KEY_HANDLE_INVALID);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &label, 1));
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len));
}

static void an_unwrap_template_completes_what_comes_in(void **state)
{
    CK_ATTRIBUTE inner[] = { ATTR(CKA_KEY_TYPE, aes), ATTR_TEXT(CKA_LABEL, "came in"),
                             ATTR_BOOL(CKA_EXTRACTABLE, false) };
    CK_ATTRIBUTE extractable = ATTR_BOOL(CKA_EXTRACTABLE, true), sign = ATTR_BOOL(CKA_SIGN, true);
    CK_OBJECT_HANDLE kek = make_kek(CKA_UNWRAP_TEMPLATE, inner, 3), key = make_aes(false, true), back;
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 };
    CK_BYTE wrapped[64];
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_ok(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len));
    assert_rv(p11->C_UnwrapKey(test_session, &cbc_pad, kek, wrapped, len, &extractable, 1, &back),
              CKR_TEMPLATE_INCONSISTENT);
    assert_ok(p11->C_UnwrapKey(test_session, &cbc_pad, kek, wrapped, len, &sign, 1, &back));
    assert_false(test_reads_true(back, CKA_EXTRACTABLE));
    assert_int_equal(test_count_label(test_session, "came in"), 1);
}

static void unsound_nested_templates_are_refused(void **state)
{
    CK_ATTRIBUTE sign = ATTR_BOOL(CKA_SIGN, true), value = ATTR_TEXT(CKA_VALUE, "secret");
    CK_ATTRIBUTE deep = { CKA_WRAP_TEMPLATE, &sign, sizeof sign };
    CK_ATTRIBUTE bad[] = { { CKA_WRAP_TEMPLATE, &sign, sizeof sign - 1 },
                           { CKA_WRAP_TEMPLATE, &value, sizeof value },
                           { CKA_UNWRAP_TEMPLATE, &deep, sizeof deep },
                           { CKA_DERIVE_TEMPLATE, NULL, sizeof sign } };
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_OBJECT_HANDLE key;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len), bad[i] };
        assert_rv(p11->C_GenerateKey(test_session, &generate, template_, 2, &key), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

static void keys_that_may_not_leave_stay(void **state)
{
    CK_OBJECT_HANDLE kek = make_aes(true, false), plain = make_aes(false, false), key = make_aes(false, true), back;
    CK_MECHANISM cbc_pad = { CKM_AES_CBC_PAD, iv, 16 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes) };
    CK_ATTRIBUTE only_trusted = ATTR_BOOL(CKA_WRAP_WITH_TRUSTED, true);
    CK_BYTE wrapped[64] = { 0 };
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, kek, plain, wrapped, &len), CKR_KEY_UNEXTRACTABLE);
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, plain, key, wrapped, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, 0, key, wrapped, &len), CKR_WRAPPING_KEY_HANDLE_INVALID);
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, kek, 0, wrapped, &len), CKR_KEY_HANDLE_INVALID);
    assert_ok(p11->C_SetAttributeValue(test_session, key, &only_trusted, 1));
    assert_rv(p11->C_WrapKey(test_session, &cbc_pad, kek, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    assert_rv(p11->C_UnwrapKey(test_session, &cbc_pad, kek, wrapped, 48, template_, 2, &back), CKR_WRAPPED_KEY_INVALID);
    assert_rv(p11->C_UnwrapKey(test_session, &cbc_pad, 0, wrapped, 48, template_, 2, &back),
              CKR_UNWRAPPING_KEY_HANDLE_INVALID);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_template_that_names_usages_names_all),
        IN(both_halves_of_a_pair_follow_their_templates),
        IN(keys_are_private_while_the_user_is_logged_in),
        IN(impossible_keys_are_refused),
        IN(a_refused_pair_leaves_nothing_behind),
        IN(curves_are_named_as_they_were_given),
        IN(a_key_does_what_its_attributes_say_and_no_more),
        IN(allowed_mechanisms_are_the_only_ones),
        IN(a_key_can_ask_for_the_pin_each_time),
        IN(a_public_key_made_of_values_verifies),
        IN(a_key_needs_its_type_and_value),
        IN(a_wrapped_key_comes_back),
        IN(keys_that_may_not_leave_stay),
        IN(no_key_comes_to_both_wrap_and_decrypt),
        IN(a_sensitive_key_leaves_under_a_faithful_key_alone),
        IN(an_unwrapped_key_stays_closed),
        IN(nested_templates_are_read_in_steps),
        IN(a_wrap_template_chooses_keys),
        IN(an_unwrap_template_completes_what_comes_in),
        IN(unsound_nested_templates_are_refused),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
