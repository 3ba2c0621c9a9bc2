/* SPDX-License-Identifier: Apache-2.0 */
/* IBM's ways to move keys through C_WrapKey and C_UnwrapKey: with their attributes, and public keys in clear. */
#include "module/contract/testing.h"

#include <quantoki/pkcs11-ibm.h>
#include <string.h>

static CK_ULONG len_32 = 32;

/* A key of 32 bytes. */
static CK_OBJECT_HANDLE bound_key(CK_MECHANISM_TYPE mechanism, bool bound, bool wraps, bool leaves)
{
    CK_MECHANISM generate = { mechanism, NULL, 0 };
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_VALUE_LEN, len_32),    ATTR_BOOL(CKA_IBM_ATTRBOUND, bound), ATTR_BOOL(CKA_WRAP, wraps),
        ATTR_BOOL(CKA_UNWRAP, wraps),   ATTR_BOOL(CKA_SIGN, !wraps),         ATTR_BOOL(CKA_VERIFY, !wraps),
        ATTR_BOOL(CKA_DECRYPT, false),  ATTR_BOOL(CKA_ENCRYPT, false),       ATTR_BOOL(CKA_EXTRACTABLE, leaves),
        ATTR_BOOL(CKA_SENSITIVE, true),
    };
    CK_OBJECT_HANDLE key;

    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, COUNT(template_), &key));
    return key;
}

static bool is_true(CK_OBJECT_HANDLE key, CK_ATTRIBUTE_TYPE type)
{
    CK_BBOOL value = 2;
    CK_ATTRIBUTE attribute = { type, &value, sizeof value };

    assert_ok(p11->C_GetAttributeValue(test_session, key, &attribute, 1));
    return value == CK_TRUE;
}

static CK_RV unwrap(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE kek, CK_BYTE *wrapped, CK_ULONG len,
                    CK_OBJECT_HANDLE *out_key)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, aes) };

    return p11->C_UnwrapKey(test_session, mechanism, kek, wrapped, len, template_, COUNT(template_), out_key);
}

static void a_bound_key_leaves_and_returns_with_its_attributes(void **state)
{
    CK_OBJECT_HANDLE kek = bound_key(CKM_AES_KEY_GEN, true, true, false), key, back;
    CK_OBJECT_HANDLE mac = bound_key(CKM_GENERIC_SECRET_KEY_GEN, true, false, false);
    CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS param = { mac };
    CK_MECHANISM way = { CKM_IBM_ATTRIBUTEBOUND_WRAP, &param, sizeof param }, hmac = { CKM_SHA256_HMAC, NULL, 0 };
    CK_BYTE wrapped[2000], first[32], second[32];
    CK_ULONG len = sizeof wrapped, mac_len = sizeof first;

    (void)state;
    key = bound_key(CKM_AES_KEY_GEN, true, false, true);
    assert_ok(p11->C_WrapKey(test_session, &way, kek, key, wrapped, &len));
    assert_ok(unwrap(&way, kek, wrapped, len, &back));
    assert_true(is_true(back, CKA_IBM_ATTRBOUND) && is_true(back, CKA_SIGN) && is_true(back, CKA_EXTRACTABLE));
    assert_false(is_true(back, CKA_ENCRYPT) || is_true(back, CKA_LOCAL) || is_true(back, CKA_ALWAYS_SENSITIVE));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(p11->C_SignInit(test_session, &hmac, i ? back : key));
        assert_ok(p11->C_Sign(test_session, wrapped, 100, i ? second : first, &mac_len));
    }
    assert_memory_equal(first, second, sizeof first);
    for (CK_ULONG i = 0; i < len; i += 23) {
        wrapped[i] ^= 1;
        assert_rv(unwrap(&way, kek, wrapped, len, &back), CKR_WRAPPED_KEY_INVALID);
        wrapped[i] ^= 1;
    }
    assert_rv(unwrap(&way, kek, wrapped, 40, &back), CKR_WRAPPED_KEY_LEN_RANGE);
    param.hSignVerifyKey = bound_key(CKM_GENERIC_SECRET_KEY_GEN, true, false, false);
    assert_rv(unwrap(&way, kek, wrapped, len, &back), CKR_WRAPPED_KEY_INVALID);
}

static void bound_and_free_keys_are_kept_apart(void **state)
{
    CK_OBJECT_HANDLE kek = bound_key(CKM_AES_KEY_GEN, true, true, false);
    CK_OBJECT_HANDLE free_kek = bound_key(CKM_AES_KEY_GEN, false, true, false);
    CK_OBJECT_HANDLE mac = bound_key(CKM_GENERIC_SECRET_KEY_GEN, true, false, false);
    CK_OBJECT_HANDLE key = bound_key(CKM_AES_KEY_GEN, true, false, true);
    CK_OBJECT_HANDLE free_key = bound_key(CKM_AES_KEY_GEN, false, false, true);
    CK_IBM_ATTRIBUTEBOUND_WRAP_PARAMS param = { mac }, none = { CK_INVALID_HANDLE }, loose = { free_key };
    CK_MECHANISM way = { CKM_IBM_ATTRIBUTEBOUND_WRAP, &param, sizeof param };
    CK_MECHANISM kwp = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
    CK_BYTE wrapped[2000];
    CK_ULONG len = sizeof wrapped;

    (void)state;
    assert_rv(p11->C_WrapKey(test_session, &way, kek, free_key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    assert_rv(p11->C_WrapKey(test_session, &way, free_kek, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    assert_rv(p11->C_WrapKey(test_session, &kwp, kek, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    way.pParameter = &loose;
    assert_rv(p11->C_WrapKey(test_session, &way, kek, key, wrapped, &len), CKR_KEY_NOT_WRAPPABLE);
    way.pParameter = &none;
    assert_rv(p11->C_WrapKey(test_session, &way, kek, key, wrapped, &len), CKR_MECHANISM_PARAM_INVALID);
    way.pParameter = NULL;
    way.ulParameterLen = 0;
    assert_rv(p11->C_WrapKey(test_session, &way, kek, key, wrapped, &len), CKR_MECHANISM_PARAM_INVALID);
}

static void a_public_key_comes_in_as_its_spki(void **state)
{
    CK_OBJECT_HANDLE kek = bound_key(CKM_AES_KEY_GEN, false, true, false), public_key, private_key, back;
    CK_MECHANISM way = { CKM_IBM_TRANSPORTKEY, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 };
    CK_BYTE spki[200], digest[32] = { 7 }, signature[64];
    CK_ATTRIBUTE info = { CKA_PUBLIC_KEY_INFO, spki, sizeof spki };
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY, wrong = CKO_SECRET_KEY;
    CK_KEY_TYPE ec = CKK_EC;
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, class), ATTR(CKA_KEY_TYPE, ec), ATTR_BOOL(CKA_VERIFY, true) };
    CK_ULONG len = sizeof signature;

    (void)state;
    test_ec_pair(test_session, false, "", &public_key, &private_key);
    assert_ok(p11->C_GetAttributeValue(test_session, public_key, &info, 1));
    assert_ok(p11->C_UnwrapKey(test_session, &way, kek, spki, info.ulValueLen, template_, 3, &back));
    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_ok(p11->C_Sign(test_session, digest, sizeof digest, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &ecdsa, back));
    assert_ok(p11->C_Verify(test_session, digest, sizeof digest, signature, len));
    assert_rv(p11->C_UnwrapKey(test_session, &way, kek, spki, info.ulValueLen - 1, template_, 3, &back),
              CKR_WRAPPED_KEY_INVALID);
    spki[30] ^= 1; /* no point of the curve */
    assert_rv(p11->C_UnwrapKey(test_session, &way, kek, spki, info.ulValueLen, template_, 3, &back),
              CKR_WRAPPED_KEY_INVALID);
    template_[0].pValue = &wrong;
    assert_rv(p11->C_UnwrapKey(test_session, &way, kek, spki, info.ulValueLen, template_, 3, &back),
              CKR_TEMPLATE_INCONSISTENT);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(a_bound_key_leaves_and_returns_with_its_attributes),
        IN(bound_and_free_keys_are_kept_apart),
        IN(a_public_key_comes_in_as_its_spki),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
