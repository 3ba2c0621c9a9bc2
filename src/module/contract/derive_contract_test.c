/* SPDX-License-Identifier: Apache-2.0 */
/* C_DeriveKey. What comes out is the engines' matter and tested there; here it is how applications ask. */
#include "module/contract/testing.h"

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
        assert_false(test_reads_true(by_a, CKA_LOCAL));
        assert_false(test_reads_true(by_a, CKA_ALWAYS_SENSITIVE));
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

/* ---- HKDF and passwords ---- */

/* RFC 5869, A.1. */
static CK_BYTE hkdf_input[22], hkdf_salt[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };
static CK_BYTE hkdf_info[] = { 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9 };
static const CK_BYTE hkdf_output[] = { 0x3c, 0xb2, 0x5f, 0x25, 0xfa, 0xac, 0xd5, 0x7a, 0x90, 0x43, 0x4f,
                                       0x64, 0xd0, 0x36, 0x2f, 0x2a, 0x2d, 0x2d, 0x0a, 0x90, 0xcf, 0x1a,
                                       0x5a, 0x4c, 0x5d, 0xb0, 0x2d, 0x56, 0xec, 0xc4, 0xc5, 0xbf };

static CK_OBJECT_HANDLE make_secret(void *value, CK_ULONG len, bool open)
{
    CK_ATTRIBUTE items[] = { ATTR(CKA_CLASS, secret_class),   ATTR(CKA_KEY_TYPE, generic),
                             { CKA_VALUE, value, len },       ATTR_BOOL(CKA_DERIVE, true),
                             ATTR_BOOL(CKA_SENSITIVE, !open), ATTR_BOOL(CKA_EXTRACTABLE, open) };
    CK_OBJECT_HANDLE key;

    assert_ok(p11->C_CreateObject(test_session, items, COUNT(items), &key));
    return key;
}

static CK_OBJECT_HANDLE hkdf_base(void)
{
    memset(hkdf_input, 0x0b, sizeof hkdf_input);
    return make_secret(hkdf_input, sizeof hkdf_input, false);
}

static CK_HKDF_PARAMS hkdf_params(void)
{
    CK_HKDF_PARAMS params = { CK_TRUE,          CK_TRUE, CKM_SHA256, CKF_HKDF_SALT_DATA, hkdf_salt,
                              sizeof hkdf_salt, 0,       hkdf_info,  sizeof hkdf_info };

    return params;
}

static void hkdf_gives_keys_and_data(void **state)
{
    CK_OBJECT_HANDLE base = hkdf_base(), salt = make_secret(hkdf_salt, sizeof hkdf_salt, false), made;
    CK_HKDF_PARAMS params = hkdf_params();
    CK_MECHANISM derive = { CKM_HKDF_DERIVE, &params, sizeof params }, data = { CKM_HKDF_DATA, &params, sizeof params };
    CK_OBJECT_CLASS data_class = CKO_DATA;
    CK_ATTRIBUTE items[] = { ATTR(CKA_CLASS, data_class), ATTR(CKA_VALUE_LEN, len_32), ATTR_TEXT(CKA_LABEL, "iv") };

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &derive, base, readable, COUNT(readable), &made));
    assert_value(made, hkdf_output, sizeof hkdf_output);
    assert_ok(p11->C_DeriveKey(test_session, &data, base, items, COUNT(items), &made));
    assert_value(made, hkdf_output, sizeof hkdf_output);
    assert_int_equal(test_count_label(test_session, "iv"), 1);
    params.ulSaltType = CKF_HKDF_SALT_KEY;
    params.hSaltKey = salt;
    assert_ok(p11->C_DeriveKey(test_session, &derive, base, readable, COUNT(readable), &made));
    assert_value(made, hkdf_output, sizeof hkdf_output);
    assert_rv(p11->C_DeriveKey(test_session, &data, base, readable, COUNT(readable), &made), CKR_TEMPLATE_INCONSISTENT);
}

/* Java names the HMAC, and the type of a key though it wants data. */
static void hkdf_as_java_asks(void **state)
{
    CK_OBJECT_HANDLE base = hkdf_base(), made;
    CK_HKDF_PARAMS params = hkdf_params();
    CK_MECHANISM data = { CKM_HKDF_DATA, &params, sizeof params };
    CK_OBJECT_CLASS data_class = CKO_DATA;
    CK_ATTRIBUTE items[] = { ATTR(CKA_CLASS, data_class), ATTR(CKA_KEY_TYPE, generic), ATTR(CKA_VALUE_LEN, len_32) };

    (void)state;
    params.prfHashMechanism = CKM_SHA256_HMAC;
    assert_ok(p11->C_DeriveKey(test_session, &data, base, items, COUNT(items), &made));
    assert_value(made, hkdf_output, sizeof hkdf_output);
    params.prfHashMechanism = CKM_SHA256_HMAC_GENERAL;
    assert_rv(p11->C_DeriveKey(test_session, &data, base, items, COUNT(items), &made), CKR_MECHANISM_PARAM_INVALID);
}

static void hkdf_with_a_wrong_parameter_is_refused(void **state)
{
    CK_OBJECT_HANDLE base = hkdf_base(), made;
    CK_HKDF_PARAMS params = hkdf_params();
    CK_MECHANISM derive = { CKM_HKDF_DERIVE, &params, sizeof params };

    (void)state;
    params.bExtract = params.bExpand = CK_FALSE;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
    params = hkdf_params();
    params.prfHashMechanism = CKM_AES_CBC;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
    params = hkdf_params();
    params.ulSaltType = 3;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
    params = hkdf_params();
    params.pInfo = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
    params = hkdf_params();
    params.ulSaltType = CKF_HKDF_SALT_KEY;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
    params.hSaltKey = test_aes_key(test_session, false, ""); /* does not derive */
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_KEY_FUNCTION_NOT_PERMITTED);
    params.hSaltKey = 0x7fffffff;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_KEY_HANDLE_INVALID);
    derive.ulParameterLen--;
    assert_rv(p11->C_DeriveKey(test_session, &derive, base, readable, 5, &made), CKR_MECHANISM_PARAM_INVALID);
}

/* RFC 7914, section 11, in both forms of the parameter. */
static void a_password_becomes_a_key(void **state)
{
    static const CK_BYTE expected[] = { 0x55, 0xac, 0x04, 0x6e, 0x56, 0xe3, 0x08, 0x9f };
    CK_BYTE salt[] = "salt";
    CK_UTF8CHAR password[] = "passwd";
    CK_ULONG password_len = 6, len_8 = 8;
    CK_PKCS5_PBKD2_PARAMS2 params = {
        CKZ_SALT_SPECIFIED, salt, 4, 1, CKP_PKCS5_PBKD2_HMAC_SHA256, NULL, 0, password, 6
    };
    CK_PKCS5_PBKD2_PARAMS old = { CKZ_SALT_SPECIFIED, salt,         4, 1, CKP_PKCS5_PBKD2_HMAC_SHA256, NULL, 0,
                                  password,           &password_len };
    CK_MECHANISM pbkdf2 = { CKM_PKCS5_PBKD2, &params, sizeof params }, older = { CKM_PKCS5_PBKD2, &old, sizeof old };
    CK_ATTRIBUTE items[] = { ATTR(CKA_KEY_TYPE, generic), ATTR(CKA_VALUE_LEN, len_8), ATTR_BOOL(CKA_SENSITIVE, false),
                             ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_ATTRIBUTE cipher[] = { ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, len_32) };
    CK_OBJECT_HANDLE key;

    (void)state;
    assert_ok(p11->C_GenerateKey(test_session, &pbkdf2, items, COUNT(items), &key));
    assert_value(key, expected, sizeof expected);
    assert_ok(p11->C_GenerateKey(test_session, &older, items, COUNT(items), &key));
    assert_value(key, expected, sizeof expected);
    assert_ok(p11->C_GenerateKey(test_session, &pbkdf2, cipher, 2, &key));
    assert_rv(p11->C_GenerateKey(test_session, &pbkdf2, cipher, 1, &key), CKR_TEMPLATE_INCOMPLETE);
    params.iterations = 0;
    assert_rv(p11->C_GenerateKey(test_session, &pbkdf2, items, COUNT(items), &key), CKR_MECHANISM_PARAM_INVALID);
    params.iterations = 1;
    params.saltSource = 2;
    assert_rv(p11->C_GenerateKey(test_session, &pbkdf2, items, COUNT(items), &key), CKR_MECHANISM_PARAM_INVALID);
    params.saltSource = CKZ_SALT_SPECIFIED;
    params.prf = CKP_PKCS5_PBKD2_HMAC_GOSTR3411;
    assert_rv(p11->C_GenerateKey(test_session, &pbkdf2, items, COUNT(items), &key), CKR_MECHANISM_PARAM_INVALID);
}

/* ---- bytes of other keys ---- */

static void keys_are_joined_and_cut(void **state)
{
    CK_BYTE first[] = { 0x01, 0x23, 0x45, 0x67 }, second[] = { 0x89, 0xab, 0xcd, 0xef };
    CK_BYTE long_value[] = { 0x32, 0x9f, 0x84, 0xa9 };
    CK_OBJECT_HANDLE base = make_secret(first, 4, true), other = make_secret(second, 4, true),
                     long_key = make_secret(long_value, 4, true), made;
    CK_KEY_DERIVATION_STRING_DATA string = { second, sizeof second };
    CK_EXTRACT_PARAMS first_bit = 21;
    CK_ULONG len_2 = 2;
    CK_MECHANISM with_key = { CKM_CONCATENATE_BASE_AND_KEY, &other, sizeof other };
    CK_MECHANISM with_data = { CKM_CONCATENATE_DATA_AND_BASE, &string, sizeof string };
    CK_MECHANISM extract = { CKM_EXTRACT_KEY_FROM_KEY, &first_bit, sizeof first_bit };
    CK_ATTRIBUTE items[] = { ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true),
                             ATTR(CKA_VALUE_LEN, len_2) };

    (void)state;
    assert_ok(p11->C_DeriveKey(test_session, &with_key, base, items, 2, &made));
    assert_value(made, "\x01\x23\x45\x67\x89\xab\xcd\xef", 8);
    assert_ok(p11->C_DeriveKey(test_session, &with_data, base, items, 2, &made));
    assert_value(made, "\x89\xab\xcd\xef\x01\x23\x45\x67", 8);
    assert_ok(p11->C_DeriveKey(test_session, &extract, long_key, items, 3, &made));
    assert_value(made, "\x95\x26", 2);
    other = 0;
    assert_rv(p11->C_DeriveKey(test_session, &with_key, base, items, 2, &made), CKR_MECHANISM_PARAM_INVALID);
}

/* ---- SP 800-108 ---- */

static CK_ATTRIBUTE readable_48[] = {
    ATTR(CKA_KEY_TYPE, generic),
    { CKA_VALUE_LEN, NULL, sizeof(CK_ULONG) }, /* filled in */
    ATTR_BOOL(CKA_SENSITIVE, false),
    ATTR_BOOL(CKA_EXTRACTABLE, true),
};

static void sp800_108_makes_further_keys(void **state)
{
    CK_BYTE secret[32] = { 1 }, label[] = "label", all[96], value[48];
    CK_ULONG len_48 = 48, len_96 = 96;
    CK_OBJECT_HANDLE base = make_secret(secret, sizeof secret, false), first, second = 7, whole;
    CK_SP800_108_COUNTER_FORMAT counter = { CK_FALSE, 32 };
    CK_PRF_DATA_PARAM data[] = { { CK_SP800_108_ITERATION_VARIABLE, &counter, sizeof counter },
                                 { CK_SP800_108_BYTE_ARRAY, label, 5 } };
    CK_ATTRIBUTE further_items[] = { ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, len_16),
                                     ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_DERIVED_KEY further = { further_items, COUNT(further_items), &second };
    CK_SP800_108_KDF_PARAMS params = { CKM_SHA256_HMAC, COUNT(data), data, 0, NULL };
    CK_MECHANISM kdf = { CKM_SP800_108_COUNTER_KDF, &params, sizeof params };
    CK_ATTRIBUTE read = { CKA_VALUE, all, sizeof all };

    (void)state;
    readable_48[1].pValue = &len_96;
    assert_ok(p11->C_DeriveKey(test_session, &kdf, base, readable_48, 4, &whole));
    assert_ok(p11->C_GetAttributeValue(test_session, whole, &read, 1));
    readable_48[1].pValue = &len_48;
    params.ulAdditionalDerivedKeys = 1;
    params.pAdditionalDerivedKeys = &further;
    assert_ok(p11->C_DeriveKey(test_session, &kdf, base, readable_48, 4, &first));
    memcpy(value, all, sizeof value);
    assert_value(first, value, sizeof value);
    assert_value(second, all + 64, 16); /* a block of its own */
    /* What the template leaves out follows the base key. */
    params.ulAdditionalDerivedKeys = 0;
    assert_ok(p11->C_DeriveKey(test_session, &kdf, base, readable_48, 2, &first));
    assert_true(test_reads_true(first, CKA_SENSITIVE));
    assert_false(test_reads_true(first, CKA_EXTRACTABLE));
}

static void sp800_108_makes_all_keys_or_none(void **state)
{
    CK_BYTE secret[32] = { 1 };
    CK_ULONG len_17 = 17;
    CK_OBJECT_HANDLE base = make_secret(secret, sizeof secret, false), first, second = 7;
    CK_SP800_108_COUNTER_FORMAT counter = { CK_FALSE, 32 };
    CK_PRF_DATA_PARAM data[] = { { CK_SP800_108_ITERATION_VARIABLE, &counter, sizeof counter } };
    CK_ATTRIBUTE bad_items[] = { ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, len_17) };
    CK_DERIVED_KEY further = { bad_items, COUNT(bad_items), &second };
    CK_SP800_108_KDF_PARAMS params = { CKM_SHA256_HMAC, COUNT(data), data, 1, &further };
    CK_MECHANISM kdf = { CKM_SP800_108_COUNTER_KDF, &params, sizeof params };
    CK_ATTRIBUTE all = ATTR(CKA_CLASS, secret_class);
    CK_ULONG before = test_count(test_session, &all, 1);

    (void)state;
    assert_rv(p11->C_DeriveKey(test_session, &kdf, base, readable, COUNT(readable), &first), CKR_KEY_SIZE_RANGE);
    further.phKey = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &kdf, base, readable, COUNT(readable), &first),
              CKR_MECHANISM_PARAM_INVALID);
    params.ulAdditionalDerivedKeys = 1000000;
    assert_rv(p11->C_DeriveKey(test_session, &kdf, base, readable, COUNT(readable), &first),
              CKR_MECHANISM_PARAM_INVALID);
    params.ulAdditionalDerivedKeys = 0;
    data[0].pValue = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &kdf, base, readable, COUNT(readable), &first),
              CKR_MECHANISM_PARAM_INVALID);
    params.pDataParams = NULL;
    assert_rv(p11->C_DeriveKey(test_session, &kdf, base, readable, COUNT(readable), &first),
              CKR_MECHANISM_PARAM_INVALID);
    assert_int_equal(test_count(test_session, &all, 1), before);
}

/* ---- trees of keys, as IBM's sample for Bitcoin grows them ---- */

static CK_BYTE secp256k1[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a };

static CK_OBJECT_HANDLE btc_seed(void)
{
    CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE items[] = { ATTR(CKA_VALUE_LEN, len_32), ATTR_BOOL(CKA_DERIVE, true),
                             ATTR_BOOL(CKA_IBM_USE_AS_DATA, true) };
    CK_OBJECT_HANDLE seed = 0;

    assert_ok(p11->C_GenerateKey(test_session, &generate, items, COUNT(items), &seed));
    return seed;
}

static CK_RV btc(CK_OBJECT_HANDLE base, CK_ULONG type, CK_BYTE *chain_code, CK_ULONG chain_code_len,
                 CK_OBJECT_HANDLE *out_key)
{
    CK_IBM_BTC_DERIVE_PARAMS params = { type, 0, chain_code, chain_code_len, XCP_BTC_VERSION };
    CK_MECHANISM mechanism = { CKM_IBM_BTC_DERIVE, &params, sizeof params };
    bool public = type == CK_IBM_BIP0032_PRV2PUB || type == CK_IBM_BIP0032_PUB2PUB;
    CK_OBJECT_CLASS class = public ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
    CK_KEY_TYPE ec = CKK_EC;
    CK_ULONG no_len = 0;
    CK_ATTRIBUTE items[] = {
        ATTR(CKA_CLASS, class),
        ATTR(CKA_KEY_TYPE, ec),
        { CKA_EC_PARAMS, secp256k1, sizeof secp256k1 },
        ATTR(CKA_VALUE_LEN, no_len),
        ATTR_BOOL(CKA_DERIVE, true),
        ATTR_BOOL(CKA_IBM_USE_AS_DATA, true),
        ATTR_BOOL(public ? CKA_VERIFY : CKA_SIGN, true),
    };

    return p11->C_DeriveKey(test_session, &mechanism, base, items, COUNT(items), out_key);
}

static void read_chain_code(CK_OBJECT_HANDLE key, CK_BYTE out[32])
{
    CK_ATTRIBUTE attribute = { CKA_CHECK_VALUE, out, 32 };

    assert_ok(p11->C_GetAttributeValue(test_session, key, &attribute, 1));
    assert_int_equal(attribute.ulValueLen, 32);
}

static void assert_pair(CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key)
{
    CK_BYTE digest[32] = "digest", signature[64];
    CK_MECHANISM ecdsa = { CKM_ECDSA, NULL, 0 };
    CK_ULONG len = sizeof signature;

    assert_ok(p11->C_SignInit(test_session, &ecdsa, private_key));
    assert_ok(p11->C_Sign(test_session, digest, sizeof digest, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &ecdsa, public_key));
    assert_ok(p11->C_Verify(test_session, digest, sizeof digest, signature, len));
}

static void a_tree_of_keys_grows(void **state)
{
    CK_OBJECT_HANDLE seed = btc_seed(), master, child, child_public, grandchild, grandchild_public, from_public;
    CK_BYTE zeros[32] = { 0 }, chain_code[32];

    (void)state;
    assert_ok(btc(seed, CK_IBM_BIP0032_MASTERK, NULL, 0, &master));
    assert_ok(btc(master, CK_IBM_BIP0032_PRV2PRV, zeros, 32, &child));
    assert_ok(btc(master, CK_IBM_BIP0032_PRV2PUB, zeros, 32, &child_public));
    assert_pair(child, child_public);
    read_chain_code(child, chain_code);
    assert_ok(btc(child, CK_IBM_BIP0032_PRV2PRV, chain_code, 32, &grandchild));
    assert_ok(btc(child, CK_IBM_BIP0032_PRV2PUB, chain_code, 32, &grandchild_public));
    assert_ok(btc(child_public, CK_IBM_BIP0032_PUB2PUB, chain_code, 32, &from_public));
    assert_pair(grandchild, grandchild_public);
    assert_pair(grandchild, from_public);
}

static void a_tree_needs_its_kind_of_parent(void **state)
{
    CK_OBJECT_HANDLE seed = btc_seed(), key;
    CK_BYTE zeros[32] = { 0 };

    (void)state;
    assert_rv(btc(seed, CK_IBM_BIP0032_PRV2PRV, zeros, 32, &key), CKR_KEY_TYPE_INCONSISTENT);
    assert_rv(btc(seed, CK_IBM_BIP0032_PRV2PRV, zeros, 31, &key), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(btc(seed, 9, NULL, 0, &key), CKR_MECHANISM_PARAM_INVALID);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(two_sides_agree),
        IN(an_agreement_with_nobody_is_refused),
        IN(templates_that_fit_no_derived_key_are_refused),
        IN(hkdf_gives_keys_and_data),
        IN(hkdf_as_java_asks),
        IN(hkdf_with_a_wrong_parameter_is_refused),
        IN(a_password_becomes_a_key),
        IN(keys_are_joined_and_cut),
        IN(sp800_108_makes_further_keys),
        IN(sp800_108_makes_all_keys_or_none),
        IN(a_tree_of_keys_grows),
        IN(a_tree_needs_its_kind_of_parent),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
