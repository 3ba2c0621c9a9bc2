/* SPDX-License-Identifier: Apache-2.0 */
/* C_DeriveKey. What comes out is the engines' matter and tested there; here it is how applications ask. */
#include "module/testing.h"

#include <string.h>

static CK_OBJECT_CLASS secret_class = CKO_SECRET_KEY;
static CK_KEY_TYPE aes = CKK_AES, generic = CKK_GENERIC_SECRET;
static CK_ULONG len_16 = 16, len_32 = 32;

/* A readable key of 32 bytes: what a derivation gave can be looked at. */
static CK_ATTRIBUTE readable[] = {
    ATTR(CKA_CLASS, secret_class),   ATTR(CKA_KEY_TYPE, generic),      ATTR(CKA_VALUE_LEN, len_32),
    ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true),
};

static void assert_value(CK_OBJECT_HANDLE key, const void *expected, CK_ULONG len)
{
    CK_BYTE value[256];
    CK_ATTRIBUTE attribute = { CKA_VALUE, value, sizeof value };

    assert_ok(p11->C_GetAttributeValue(test_session, key, &attribute, 1));
    assert_int_equal(attribute.ulValueLen, len);
    assert_memory_equal(value, expected, len);
}

static bool reads_true(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 2;
    CK_ATTRIBUTE attribute = { type, &value, sizeof value };

    assert_ok(p11->C_GetAttributeValue(test_session, key, &attribute, 1));
    return value == CK_TRUE;
}

/* ---- agreement ---- */

static CK_OBJECT_HANDLE agreeing_pair(CK_BYTE *point, CK_ULONG *point_len)
{
    CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { { CKA_EC_PARAMS, test_p256, sizeof test_p256 } };
    CK_ATTRIBUTE private_items[] = { ATTR_BOOL(CKA_DERIVE, true) };
    CK_ATTRIBUTE read = { CKA_EC_POINT, point, *point_len };
    CK_OBJECT_HANDLE public_key, private_key;

    assert_ok(
        p11->C_GenerateKeyPair(test_session, &generate, public_items, 1, private_items, 1, &public_key, &private_key));
    assert_ok(p11->C_GetAttributeValue(test_session, public_key, &read, 1));
    *point_len = read.ulValueLen;
    return private_key;
}

static CK_RV agree(CK_OBJECT_HANDLE base, CK_EC_KDF_TYPE kdf, CK_BYTE *point, CK_ULONG point_len,
                   CK_OBJECT_HANDLE *out_key)
{
    CK_BYTE shared[] = "both";
    CK_ECDH1_DERIVE_PARAMS params = { kdf, kdf == CKD_NULL ? 0 : sizeof shared, shared, point_len, point };
    CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params };

    return p11->C_DeriveKey(test_session, &ecdh, base, readable, COUNT(readable), out_key);
}

static void two_sides_agree(void **state)
{
    CK_EC_KDF_TYPE kdfs[] = { CKD_NULL, CKD_SHA256_KDF, CKD_SHA384_KDF_SP800 };
    CK_BYTE point_a[80], point_b[80], value[32];
    CK_ULONG len_a = sizeof point_a, len_b = sizeof point_b;
    CK_OBJECT_HANDLE a = agreeing_pair(point_a, &len_a), b = agreeing_pair(point_b, &len_b), by_a, by_b;
    CK_ATTRIBUTE attribute = { CKA_VALUE, value, sizeof value };

    (void)state;
    for (size_t i = 0; i < COUNT(kdfs); i++) {
        assert_ok(agree(a, kdfs[i], point_b, len_b, &by_a)); /* as read: in an OCTET STRING */
        assert_ok(agree(b, kdfs[i], point_a + 2, len_a - 2, &by_b));
        assert_ok(p11->C_GetAttributeValue(test_session, by_a, &attribute, 1));
        assert_value(by_b, value, sizeof value);
        assert_false(reads_true(by_a, CKA_LOCAL));
        assert_false(reads_true(by_a, CKA_ALWAYS_SENSITIVE));
    }
}

static void an_agreement_with_nobody_is_refused(void **state)
{
    CK_BYTE point[80], nothing[65] = { 4 };
    CK_ULONG len = sizeof point;
    CK_OBJECT_HANDLE base = agreeing_pair(point, &len), public_key, mute, key;

    (void)state;
    test_ec_pair(test_session, false, "", &public_key, &mute);
    assert_rv(agree(base, CKD_NULL, nothing, sizeof nothing, &key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(agree(base, CKD_NULL, point, len - 1, &key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(agree(base, 0x99, point, len, &key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(agree(base, CKD_NULL, NULL, len, &key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(agree(mute, CKD_NULL, point, len, &key), CKR_KEY_FUNCTION_NOT_PERMITTED);
    assert_rv(agree(test_aes_key(test_session, false, ""), CKD_NULL, point, len, &key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(agree(0, CKD_NULL, point, len, &key), CKR_KEY_HANDLE_INVALID);
}

static void templates_that_fit_no_derived_key_are_refused(void **state)
{
    CK_OBJECT_CLASS private_class = CKO_PRIVATE_KEY;
    CK_BYTE point[80];
    CK_ULONG len = sizeof point, too_long = 33;
    CK_OBJECT_HANDLE base = agreeing_pair(point, &len), key;
    CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, len, point };
    CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params }, sha256 = { CKM_SHA256, NULL, 0 };
    CK_ATTRIBUTE class[] = { ATTR(CKA_CLASS, private_class) }, type[] = { ATTR(CKA_KEY_TYPE, aes) };
    CK_ATTRIBUTE length[] = { ATTR(CKA_VALUE_LEN, too_long) }, value[] = { ATTR_TEXT(CKA_VALUE, "my own") };
    CK_ATTRIBUTE good[] = { ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, len_16) };

    (void)state;
    assert_rv(p11->C_DeriveKey(test_session, &ecdh, base, class, 1, &key), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_DeriveKey(test_session, &ecdh, base, type, 1, &key), CKR_TEMPLATE_INCOMPLETE);
    assert_rv(p11->C_DeriveKey(test_session, &ecdh, base, length, 1, &key), CKR_KEY_SIZE_RANGE);
    assert_rv(p11->C_DeriveKey(test_session, &ecdh, base, value, 1, &key), CKR_TEMPLATE_INCONSISTENT);
    assert_rv(p11->C_DeriveKey(test_session, &sha256, base, good, 2, &key), CKR_MECHANISM_INVALID);
    assert_rv(p11->C_DeriveKey(test_session, &ecdh, base, good, 2, NULL), CKR_ARGUMENTS_BAD);
    assert_ok(p11->C_DeriveKey(test_session, &ecdh, base, good, 2, &key));
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(two_sides_agree),
        IN(an_agreement_with_nobody_is_refused),
        IN(templates_that_fit_no_derived_key_are_refused),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
