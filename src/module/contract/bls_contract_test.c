/* SPDX-License-Identifier: Apache-2.0 */
/* BLS12-381 through C_ functions. Only in builds that have it. */
#include "module/contract/testing.h"

enum { PAIRS = 3, SIGNATURE_LEN = 192, BLOB_MOST = 1024 };

static CK_BYTE oid[] = { 0x06, 0x0c, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x87, 0x67, 0x03, 0x02 };
static CK_BYTE data[] = "what everybody signs";
static CK_ULONG ec = CKK_EC, private_class = CKO_PRIVATE_KEY;
static CK_IBM_ECDSA_OTHER_PARAMS variant = { ECSG_IBM_BLS };
static CK_MECHANISM bls = { CKM_IBM_ECDSA_OTHER, &variant, sizeof variant };

static void make_pair(CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { { CKA_EC_PARAMS, oid, sizeof oid },
                                 ATTR_BOOL(CKA_VERIFY, true),
                                 ATTR_BOOL(CKA_DERIVE, true) };
    CK_ATTRIBUTE of_private[] = { ATTR_BOOL(CKA_SIGN, true), ATTR_BOOL(CKA_SENSITIVE, false),
                                  ATTR_BOOL(CKA_EXTRACTABLE, true) };

    assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, of_public, 3, of_private, 3, out_public, out_private));
}

static void sign(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_BYTE out[SIGNATURE_LEN])
{
    CK_ULONG len = 0;

    assert_ok(p11->C_SignInit(test_session, mechanism, key));
    assert_ok(p11->C_Sign(test_session, data, sizeof data, NULL, &len));
    assert_int_equal(len, SIGNATURE_LEN);
    assert_ok(p11->C_Sign(test_session, data, sizeof data, out, &len));
    assert_int_equal(len, SIGNATURE_LEN);
}

static CK_RV verify(CK_OBJECT_HANDLE key, CK_BYTE *signature, CK_ULONG len)
{
    assert_ok(p11->C_VerifyInit(test_session, &bls, key));
    return p11->C_Verify(test_session, data, sizeof data, signature, len);
}

static void a_pair_signs_and_verifies(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE signature[SIGNATURE_LEN], value[32], point[99];
    CK_ATTRIBUTE read[] = { { CKA_VALUE, value, sizeof value } },
                 read_point[] = { { CKA_EC_POINT, point, sizeof point } };
    CK_ULONG len = 10;

    (void)state;
    make_pair(&public_key, &private_key);
    sign(&bls, private_key, signature);
    assert_ok(verify(public_key, signature, sizeof signature));
    signature[100] ^= 1;
    assert_rv(verify(public_key, signature, sizeof signature), CKR_SIGNATURE_INVALID);
    assert_rv(verify(public_key, signature, 191), CKR_SIGNATURE_LEN_RANGE);
    assert_ok(p11->C_SignInit(test_session, &bls, private_key));
    assert_rv(p11->C_Sign(test_session, data, sizeof data, signature, &len), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(len, SIGNATURE_LEN);
    assert_ok(p11->C_Sign(test_session, data, sizeof data, signature, &len));
    assert_ok(p11->C_GetAttributeValue(test_session, private_key, read, 1));
    assert_int_equal(read[0].ulValueLen, sizeof value);
    assert_ok(p11->C_GetAttributeValue(test_session, public_key, read_point, 1));
    assert_int_equal(read_point[0].ulValueLen, sizeof point);
}

/* Source: github.com/ethereum/bls12-381-tests, the second private key and its public key. */
static void a_published_private_key_comes_in(void **state)
{
    static CK_BYTE value[] = { 0x47, 0xb8, 0x19, 0x2d, 0x77, 0xbf, 0x87, 0x1b, 0x62, 0xe8, 0x78,
                               0x59, 0xd6, 0x53, 0x92, 0x27, 0x25, 0x72, 0x4a, 0x5c, 0x03, 0x1a,
                               0xfe, 0xab, 0xc6, 0x0b, 0xce, 0xf5, 0xff, 0x66, 0x51, 0x38 };
    static CK_BYTE compressed[] = { 0xb3, 0x01, 0x80, 0x3f, 0x8b, 0x5a, 0xc4, 0xa1, 0x13, 0x35, 0x81, 0xfc,
                                    0x67, 0x6d, 0xfe, 0xdc, 0x60, 0xd8, 0x91, 0xdd, 0x5f, 0xa9, 0x90, 0x28,
                                    0x80, 0x5e, 0x5e, 0xa5, 0xb0, 0x8d, 0x34, 0x91, 0xaf, 0x75, 0xd0, 0x70,
                                    0x7a, 0xda, 0xb3, 0xb7, 0x0c, 0x6a, 0x6a, 0x58, 0x02, 0x17, 0xbf, 0x81 };
    CK_ULONG public_class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE of_private[] = { ATTR(CKA_CLASS, private_class),
                                  ATTR(CKA_KEY_TYPE, ec),
                                  { CKA_EC_PARAMS, oid, sizeof oid },
                                  { CKA_VALUE, value, sizeof value },
                                  ATTR_BOOL(CKA_SIGN, true) };
    CK_ATTRIBUTE of_public[] = { ATTR(CKA_CLASS, public_class),
                                 ATTR(CKA_KEY_TYPE, ec),
                                 { CKA_EC_PARAMS, oid, sizeof oid },
                                 { CKA_EC_POINT, compressed, sizeof compressed },
                                 ATTR_BOOL(CKA_VERIFY, true) };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE signature[SIGNATURE_LEN];

    (void)state;
    assert_ok(p11->C_CreateObject(test_session, of_private, 5, &private_key));
    assert_ok(p11->C_CreateObject(test_session, of_public, 5, &public_key));
    sign(&bls, private_key, signature);
    assert_ok(verify(public_key, signature, sizeof signature));
    value[0] = 0xff; /* beyond the order */
    assert_rv(p11->C_CreateObject(test_session, of_private, 5, &private_key), CKR_ATTRIBUTE_VALUE_INVALID);
    compressed[0] = 0xc0; /* at infinity, or nothing */
    assert_rv(p11->C_CreateObject(test_session, of_public, 5, &public_key), CKR_ATTRIBUTE_VALUE_INVALID);
}

static void sums_are_made_without_a_key(void **state)
{
    CK_BYTE signatures[PAIRS][SIGNATURE_LEN], sum[SIGNATURE_LEN], less[SIGNATURE_LEN], blobs[PAIRS * BLOB_MOST];
    XCP_EC_AGGREGATE_PARAMS params = { 0, CK_IBM_EC_AGG_BLS12_381_SIGN, SIGNATURE_LEN, signatures[0],
                                       sizeof signatures };
    CK_MECHANISM add = { CKM_IBM_EC_AGGREGATE, &params, sizeof params };
    CK_ATTRIBUTE of_sum[] = { { CKA_EC_PARAMS, oid, sizeof oid }, ATTR_BOOL(CKA_VERIFY, true) };
    CK_ATTRIBUTE vouched = { CKA_IBM_MACED_PUBLIC_KEY_INFO, blobs, sizeof blobs };
    CK_OBJECT_HANDLE public_key, private_key, together;
    CK_ULONG each = 0;

    (void)state;
    for (size_t i = 0; i < PAIRS; i++) {
        make_pair(&public_key, &private_key);
        sign(&bls, private_key, signatures[i]);
        vouched = (CK_ATTRIBUTE){ CKA_IBM_MACED_PUBLIC_KEY_INFO, blobs + i * each, BLOB_MOST };
        assert_ok(p11->C_GetAttributeValue(test_session, public_key, &vouched, 1));
        each = vouched.ulValueLen;
    }
    sign(&add, CK_INVALID_HANDLE, sum);
    params.ulElementsLen -= SIGNATURE_LEN;
    sign(&add, CK_INVALID_HANDLE, less);
    assert_rv(p11->C_DeriveKey(test_session, &add, CK_INVALID_HANDLE, of_sum, 2, &together),
              CKR_MECHANISM_PARAM_INVALID);
    params = (XCP_EC_AGGREGATE_PARAMS){ 0, CK_IBM_EC_AGG_BLS12_381_PKEY, each, blobs, PAIRS * each };
    assert_ok(p11->C_DeriveKey(test_session, &add, CK_INVALID_HANDLE, of_sum, 2, &together));
    assert_ok(verify(together, sum, sizeof sum));
    assert_rv(verify(together, less, sizeof less), CKR_SIGNATURE_INVALID);
}

static void what_cannot_be_added_up_is_refused(void **state)
{
    CK_BYTE signature[2 * SIGNATURE_LEN] = { 0 }, out[SIGNATURE_LEN];
    XCP_EC_AGGREGATE_PARAMS params = { 0, CK_IBM_EC_AGG_BLS12_381_SIGN, SIGNATURE_LEN, signature, sizeof signature };
    CK_MECHANISM add = { CKM_IBM_EC_AGGREGATE, &params, sizeof params };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_ULONG len = sizeof out;

    (void)state;
    make_pair(&public_key, &private_key);
    sign(&bls, private_key, signature);
    assert_ok(p11->C_SignInit(test_session, &add, CK_INVALID_HANDLE));
    assert_rv(p11->C_Sign(test_session, data, sizeof data, out, &len), CKR_MECHANISM_PARAM_INVALID);
    assert_ok(p11->C_SignInit(test_session, &add, CK_INVALID_HANDLE));
    assert_rv(p11->C_SignUpdate(test_session, data, sizeof data), CKR_FUNCTION_NOT_SUPPORTED);
    assert_rv(p11->C_VerifyInit(test_session, &add, public_key), CKR_MECHANISM_INVALID);
    params.ulElementsLen--;
    assert_rv(p11->C_SignInit(test_session, &add, CK_INVALID_HANDLE), CKR_MECHANISM_PARAM_INVALID);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pair_signs_and_verifies, test_begin_logged_in, test_end),
        cmocka_unit_test_setup_teardown(a_published_private_key_comes_in, test_begin_logged_in, test_end),
        cmocka_unit_test_setup_teardown(sums_are_made_without_a_key, test_begin_logged_in, test_end),
        cmocka_unit_test_setup_teardown(what_cannot_be_added_up_is_refused, test_begin_logged_in, test_end),
    };
    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
