/* SPDX-License-Identifier: Apache-2.0 */
/* Pairs of keys of every family: domain parameters, made and used; DSA, DH, Montgomery; raw RSA. */
#include "module/contract/testing.h"

static CK_ULONG private_class = CKO_PRIVATE_KEY, public_class = CKO_PUBLIC_KEY, domain_class = CKO_DOMAIN_PARAMETERS;
static CK_ULONG dsa = CKK_DSA, dh = CKK_DH, montgomery = CKK_EC_MONTGOMERY, rsa_bits = 1024;
static CK_BYTE data[20] = { 1, 2, 3 };

/* An attribute's value in `out`; its length. */
static CK_ULONG read_into(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, CK_ULONG len)
{
    CK_ATTRIBUTE item = { type, out, len };

    CK_RV rv = p11->C_GetAttributeValue(test_session, object, &item, 1);
    if (rv != CKR_OK)
        fail_msg("attribute 0x%lx: 0x%lx", type, rv);
    return item.ulValueLen;
}

static CK_ULONG number(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type)
{
    CK_ULONG value = 0;

    assert_int_equal(read_into(object, type, &value, sizeof value), sizeof value);
    return value;
}

static CK_OBJECT_HANDLE make_parameters(CK_MECHANISM_TYPE type, CK_ULONG bits)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_PRIME_BITS, bits), ATTR_BOOL(CKA_TOKEN, true),
                                 ATTR_TEXT(CKA_LABEL, "parameters") };
    CK_OBJECT_HANDLE parameters = CK_INVALID_HANDLE;

    assert_ok(p11->C_GenerateKey(test_session, &mechanism, template_, 3, &parameters));
    return parameters;
}

typedef struct numbers {
    CK_BYTE prime[1024], subprime[64], base[1024];
    CK_ATTRIBUTE template_[3];
    CK_ULONG count;
} numbers;

static void read_numbers(CK_OBJECT_HANDLE parameters, bool has_subprime, numbers *out)
{
    CK_ATTRIBUTE items[] = { { CKA_PRIME, out->prime, sizeof out->prime },
                             { CKA_BASE, out->base, sizeof out->base },
                             { CKA_SUBPRIME, out->subprime, sizeof out->subprime } };

    out->count = has_subprime ? 3 : 2;
    assert_ok(p11->C_GetAttributeValue(test_session, parameters, items, out->count));
    memcpy(out->template_, items, sizeof items);
}

static void make_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *template_, CK_ULONG count, CK_OBJECT_HANDLE *out_public,
                      CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };

    assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, template_, count, NULL, 0, out_public, out_private));
}

static void dsa_goes_from_parameters_to_signatures(void **state)
{
    CK_OBJECT_HANDLE parameters = make_parameters(CKM_DSA_PARAMETER_GEN, 1024), public_key, private_key;
    CK_MECHANISM sign = { CKM_DSA, NULL, 0 };
    CK_BYTE signature[40], value[128];
    CK_ULONG len = 0;
    numbers parts;

    (void)state;
    assert_int_equal(number(parameters, CKA_CLASS), CKO_DOMAIN_PARAMETERS);
    assert_int_equal(number(parameters, CKA_KEY_TYPE), CKK_DSA);
    assert_int_equal(number(parameters, CKA_PRIME_BITS), 1024);
    assert_int_equal(number(parameters, CKA_SUBPRIME_BITS), 160);
    read_numbers(parameters, true, &parts);
    make_pair(CKM_DSA_KEY_PAIR_GEN, parts.template_, parts.count, &public_key, &private_key);
    assert_true(read_into(public_key, CKA_VALUE, value, sizeof value) > 120);
    assert_int_equal(read_into(private_key, CKA_PRIME, value, sizeof value), 128);
    assert_ok(p11->C_SignInit(test_session, &sign, private_key));
    assert_ok(p11->C_Sign(test_session, data, sizeof data, NULL, &len));
    assert_int_equal(len, sizeof signature);
    assert_ok(p11->C_Sign(test_session, data, sizeof data, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &sign, public_key));
    assert_ok(p11->C_Verify(test_session, data, sizeof data, signature, len));
    signature[0] ^= 1;
    assert_ok(p11->C_VerifyInit(test_session, &sign, public_key));
    assert_rv(p11->C_Verify(test_session, data, sizeof data, signature, len), CKR_SIGNATURE_INVALID);
}

static void parameters_are_objects_like_others(void **state)
{
    CK_OBJECT_HANDLE parameters = make_parameters(CKM_DH_PKCS_PARAMETER_GEN, 2048), found;
    CK_ATTRIBUTE wanted[] = { ATTR(CKA_CLASS, domain_class), ATTR(CKA_KEY_TYPE, dh) };
    CK_BBOOL local = CK_FALSE;

    (void)state;
    read_into(parameters, CKA_LOCAL, &local, sizeof local);
    assert_int_equal(local, CK_TRUE);
    assert_int_equal(test_count(test_session, wanted, 2), 1);
    assert_ok(p11->C_CopyObject(test_session, parameters, NULL, 0, &found));
    assert_int_equal(test_count(test_session, wanted, 2), 2);
    assert_ok(p11->C_DestroyObject(test_session, found));
    assert_ok(p11->C_DestroyObject(test_session, parameters));
    assert_int_equal(test_count(test_session, wanted, 2), 0);
}

/* With authenticated keystores that is another login session than a private key's, as it is for halves of pairs. */
static void a_copy_of_a_public_secret_key_lies_where_the_original_does(void **state)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG len = 32;
    CK_ATTRIBUTE template_[] = { ATTR_BOOL(CKA_TOKEN, true), ATTR_BOOL(CKA_PRIVATE, false), ATTR(CKA_VALUE_LEN, len),
                                 ATTR_BOOL(CKA_ENCRYPT, true) };
    CK_ATTRIBUTE private_copy = ATTR_BOOL(CKA_PRIVATE, true), label = ATTR_TEXT(CKA_LABEL, "copy");
    CK_BBOOL is_private = 2, on_token = 2;
    CK_OBJECT_HANDLE key, copy;

    (void)state;
    assert_ok(p11->C_GenerateKey(test_session, &mechanism, template_, COUNT(template_), &key));
    assert_ok(p11->C_CopyObject(test_session, key, &label, 1, &copy));
    read_into(copy, CKA_PRIVATE, &is_private, 1);
    read_into(copy, CKA_TOKEN, &on_token, 1);
    assert_int_equal(is_private, CK_FALSE);
    assert_int_equal(on_token, CK_TRUE);
    assert_ok(p11->C_CopyObject(test_session, key, &private_copy, 1, &copy));
    read_into(copy, CKA_PRIVATE, &is_private, 1);
    assert_int_equal(is_private, CK_TRUE);
}

static void wrong_parameter_templates_are_refused(void **state)
{
    CK_MECHANISM mechanism = { CKM_DH_PKCS_PARAMETER_GEN, NULL, 0 };
    CK_ULONG bits = 2048, odd = 2047, wrong_class = CKO_SECRET_KEY;
    CK_ATTRIBUTE none[] = { ATTR(CKA_KEY_TYPE, dh) },
                 other_type[] = { ATTR(CKA_PRIME_BITS, bits), ATTR(CKA_KEY_TYPE, dsa) };
    CK_ATTRIBUTE other_class[] = { ATTR(CKA_PRIME_BITS, bits), ATTR(CKA_CLASS, wrong_class) };
    CK_ATTRIBUTE given[] = { ATTR(CKA_PRIME_BITS, bits), ATTR(CKA_PRIME, data) },
                 size[] = { ATTR(CKA_PRIME_BITS, odd) };
    CK_OBJECT_HANDLE made;

    (void)state;
    assert_rv(p11->C_GenerateKey(test_session, &mechanism, none, 1, &made), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_GenerateKey(test_session, &mechanism, other_type, 2, &made), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_GenerateKey(test_session, &mechanism, other_class, 2, &made), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_GenerateKey(test_session, &mechanism, given, 2, &made), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_GenerateKey(test_session, &mechanism, size, 1, &made), CKR_KEY_SIZE_RANGE);
}

static void a_dh_pair_has_the_length_its_private_template_says(void **state)
{
    CK_OBJECT_HANDLE parameters = make_parameters(CKM_DH_PKCS_PARAMETER_GEN, 2048), public_key, private_key;
    CK_MECHANISM mechanism = { CKM_DH_PKCS_KEY_PAIR_GEN, NULL, 0 };
    CK_ULONG bits = 300;
    CK_ATTRIBUTE private_template[] = { ATTR(CKA_VALUE_BITS, bits), ATTR_BOOL(CKA_DERIVE, true) };
    CK_BYTE value[256];
    numbers parts;

    (void)state;
    read_numbers(parameters, false, &parts);
    assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, parts.template_, parts.count, private_template, 2,
                                     &public_key, &private_key));
    assert_int_equal(number(private_key, CKA_VALUE_BITS), 300);
    assert_true(read_into(public_key, CKA_VALUE, value, sizeof value) > 250);
    assert_rv(p11->C_GetAttributeValue(test_session, private_key, &(CK_ATTRIBUTE){ CKA_VALUE, value, 256 }, 1),
              CKR_ATTRIBUTE_SENSITIVE);
    assert_ok(p11->C_DestroyObject(test_session, parameters));
}

static void montgomery_pairs_are_made_and_found(void **state)
{
    static CK_BYTE x25519[] = { 0x13, 0x0a, 'c', 'u', 'r', 'v', 'e', '2', '5', '5', '1', '9' };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_EC_PARAMS, x25519), ATTR_BOOL(CKA_TOKEN, false) };
    CK_ATTRIBUTE wanted[] = { ATTR(CKA_CLASS, private_class), ATTR(CKA_KEY_TYPE, montgomery) };
    CK_MECHANISM sign = { CKM_EDDSA, NULL, 0 };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE point[64];

    (void)state;
    make_pair(CKM_EC_MONTGOMERY_KEY_PAIR_GEN, template_, 2, &public_key, &private_key);
    assert_int_equal(test_count(test_session, wanted, 2), 1);
    assert_true(read_into(public_key, CKA_EC_POINT, point, sizeof point) >= 32);
    assert_rv(p11->C_SignInit(test_session, &sign, private_key), CKR_KEY_TYPE_INCONSISTENT);
}

static void raw_rsa_signs_encrypts_and_recovers(void **state)
{
    CK_ATTRIBUTE public_template[] = { ATTR(CKA_MODULUS_BITS, rsa_bits), ATTR_BOOL(CKA_ENCRYPT, true),
                                       ATTR_BOOL(CKA_VERIFY_RECOVER, true) };
    CK_ATTRIBUTE private_template[] = { ATTR_BOOL(CKA_DECRYPT, true), ATTR_BOOL(CKA_SIGN_RECOVER, true) };
    CK_MECHANISM make = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 }, raw = { CKM_RSA_X_509, NULL, 0 };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE out[128], back[128];
    CK_ULONG len = sizeof out, back_len = sizeof back;

    (void)state;
    assert_ok(p11->C_GenerateKeyPair(test_session, &make, public_template, 3, private_template, 2, &public_key,
                                     &private_key));
    assert_ok(p11->C_EncryptInit(test_session, &raw, public_key));
    assert_ok(p11->C_Encrypt(test_session, data, sizeof data, out, &len));
    assert_ok(p11->C_DecryptInit(test_session, &raw, private_key));
    assert_ok(p11->C_Decrypt(test_session, out, len, back, &back_len));
    assert_int_equal(back_len, sizeof back);
    assert_memory_equal(back + sizeof back - sizeof data, data, sizeof data);
}

/* An imported key must be whole: the numbers are checked where the key is made. */
static void an_imported_dsa_key_is_checked(void **state)
{
    CK_OBJECT_HANDLE parameters = make_parameters(CKM_DSA_PARAMETER_GEN, 1024), key;
    CK_BYTE one[1] = { 1 };
    numbers parts;

    (void)state;
    read_numbers(parameters, true, &parts);
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, private_class),
                                 ATTR(CKA_KEY_TYPE, dsa),
                                 ATTR(CKA_VALUE, one),
                                 parts.template_[0],
                                 parts.template_[1],
                                 parts.template_[2] };
    assert_ok(p11->C_CreateObject(test_session, template_, 6, &key));
    template_[0] = (CK_ATTRIBUTE)ATTR(CKA_CLASS, public_class); /* 1 is no public value */
    assert_rv(p11->C_CreateObject(test_session, template_, 6, &key), CKR_ATTRIBUTE_VALUE_INVALID);
    assert_rv(p11->C_CreateObject(test_session, template_, 5, &key), CKR_TEMPLATE_INCOMPLETE);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(dsa_goes_from_parameters_to_signatures),
        IN(parameters_are_objects_like_others),
        IN(a_copy_of_a_public_secret_key_lies_where_the_original_does),
        IN(wrong_parameter_templates_are_refused),
        IN(a_dh_pair_has_the_length_its_private_template_says),
        IN(montgomery_pairs_are_made_and_found),
        IN(raw_rsa_signs_encrypts_and_recovers),
        IN(an_imported_dsa_key_is_checked),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
