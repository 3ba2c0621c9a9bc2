/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum keys through C_ functions. */
#include "module/contract/testing.h"

#include <dlfcn.h>
#include <stdlib.h>

static CK_ULONG ml_dsa = CKK_ML_DSA, aes = CKK_AES, aes_len = 32;
static CK_ULONG private_class = CKO_PRIVATE_KEY, secret_class = CKO_SECRET_KEY;
static CK_BYTE data[20] = { 1, 2, 3 };

static CK_RV make_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE set, bool readable, CK_OBJECT_HANDLE *out_public,
                       CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_ATTRIBUTE of_private[] = { ATTR_BOOL(CKA_SENSITIVE, !readable), ATTR_BOOL(CKA_EXTRACTABLE, readable) };

    return p11->C_GenerateKeyPair(test_session, &mechanism, &set, 1, of_private, 2, out_public, out_private);
}

static CK_ULONG read_into(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, CK_ULONG len)
{
    CK_ATTRIBUTE item = { type, out, len };

    assert_ok(p11->C_GetAttributeValue(test_session, object, &item, 1));
    return item.ulValueLen;
}

static CK_FUNCTION_LIST_3_2 *newer(void)
{
    void *library = dlopen(getenv("QUANTOKI_MODULE"), RTLD_NOW);
    CK_VERSION version = { 3, 2 };
    CK_INTERFACE *found = NULL;
    CK_UTF8CHAR name[] = "PKCS 11";
    CK_C_GetInterface get;

    *(void **)&get = dlsym(library, "C_GetInterface");
    assert_ok(get(name, &version, &found, 0));
    dlclose(library); /* the tests hold it too */
    return found->pFunctionList;
}

static void ml_dsa_signs_with_and_without_a_context(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_ULONG set = CKP_ML_DSA_65, read = 0, len = 0;
    CK_BYTE context[] = { 'c' }, signature[3309], value[1952];
    CK_SIGN_ADDITIONAL_CONTEXT more = { CKH_HEDGE_REQUIRED, context, 1 };
    CK_MECHANISM plain = { CKM_ML_DSA, NULL, 0 }, with = { CKM_ML_DSA, &more, sizeof more };

    (void)state;
    assert_ok(make_pair(CKM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_int_equal(read_into(private_key, CKA_PARAMETER_SET, &read, sizeof read), sizeof read);
    assert_int_equal(read, set);
    assert_int_equal(read_into(public_key, CKA_VALUE, value, sizeof value), sizeof value);
    assert_ok(p11->C_SignInit(test_session, &with, private_key));
    assert_ok(p11->C_Sign(test_session, data, sizeof data, NULL, &len));
    assert_int_equal(len, sizeof signature);
    assert_ok(p11->C_Sign(test_session, data, sizeof data, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &with, public_key));
    assert_ok(p11->C_Verify(test_session, data, sizeof data, signature, len));
    assert_ok(p11->C_VerifyInit(test_session, &plain, public_key));
    assert_rv(p11->C_Verify(test_session, data, sizeof data, signature, len), CKR_SIGNATURE_INVALID);
    more.hedgeVariant = 3;
    assert_rv(p11->C_SignInit(test_session, &with, private_key), CKR_MECHANISM_PARAM_INVALID);
}

static void a_hashed_message_is_signed_in_parts(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key;
    CK_ULONG set = CKP_ML_DSA_44, len = 2420;
    CK_MECHANISM hashed = { CKM_HASH_ML_DSA_SHA256, NULL, 0 };
    CK_BYTE signature[2420];

    (void)state;
    assert_ok(make_pair(CKM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_ok(p11->C_SignInit(test_session, &hashed, private_key));
    assert_ok(p11->C_SignUpdate(test_session, data, 5));
    assert_ok(p11->C_SignUpdate(test_session, data + 5, sizeof data - 5));
    assert_ok(p11->C_SignFinal(test_session, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &hashed, public_key));
    assert_ok(p11->C_Verify(test_session, data, sizeof data, signature, len));
}

/* CKA_SEED comes out of a key that may leave, and makes the same key again. */
static void a_seed_makes_the_same_key_again(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key, again;
    CK_BYTE seed[32], value[2560], value_again[2560];
    CK_ULONG set = CKP_ML_DSA_44;
    CK_ATTRIBUTE none = { CKA_SEED, seed, sizeof seed };

    (void)state;
    assert_ok(make_pair(CKM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), true, &public_key,
                        &private_key));
    assert_int_equal(read_into(private_key, CKA_SEED, seed, sizeof seed), sizeof seed);
    assert_int_equal(read_into(private_key, CKA_VALUE, value, sizeof value), sizeof value);
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, private_class),  ATTR(CKA_KEY_TYPE, ml_dsa),
                                 ATTR(CKA_PARAMETER_SET, set),    ATTR(CKA_SEED, seed),
                                 ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    assert_ok(p11->C_CreateObject(test_session, template_, 6, &again));
    assert_int_equal(read_into(again, CKA_VALUE, value_again, sizeof value_again), sizeof value_again);
    assert_memory_equal(value, value_again, sizeof value);
    assert_rv(p11->C_CreateObject(test_session, template_, 3, &again), CKR_TEMPLATE_INCOMPLETE);
    assert_ok(make_pair(CKM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_rv(p11->C_GetAttributeValue(test_session, private_key, &none, 1), CKR_ATTRIBUTE_SENSITIVE);
}

static void ml_kem_makes_a_key_for_two(void **state)
{
    CK_OBJECT_HANDLE public_key, private_key, mine, yours;
    CK_ULONG set = CKP_ML_KEM_768, len = 0;
    CK_MECHANISM mechanism = { CKM_ML_KEM, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, aes_len),
                                 ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_BYTE cipher[1088], first[32], second[32];
    CK_FUNCTION_LIST_3_2 *list = newer();

    (void)state;
    assert_ok(make_pair(CKM_ML_KEM_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_ok(list->C_EncapsulateKey(test_session, &mechanism, public_key, template_, 5, NULL, &len, &mine));
    assert_int_equal(len, sizeof cipher);
    assert_ok(list->C_EncapsulateKey(test_session, &mechanism, public_key, template_, 5, cipher, &len, &mine));
    assert_ok(list->C_DecapsulateKey(test_session, &mechanism, private_key, template_, 5, cipher, len, &yours));
    assert_int_equal(read_into(mine, CKA_VALUE, first, 32), 32);
    assert_int_equal(read_into(yours, CKA_VALUE, second, 32), 32);
    assert_memory_equal(first, second, 32);
    assert_rv(list->C_DecapsulateKey(test_session, &mechanism, private_key, template_, 5, cipher, len - 1, &yours),
              CKR_WRAPPED_KEY_LEN_RANGE);
}

static void kyber_gives_its_ciphertext_in_the_parameter(void **state)
{
    CK_BYTE oid[] = { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x05, 0x03, 0x03 };
    CK_BYTE cipher[1088], first[32], second[32];
    CK_IBM_KYBER_PARAMS params = { .mode = CK_IBM_KEM_ENCAPSULATE, .kdf = CKD_NULL };
    CK_MECHANISM generate = { CKM_IBM_KYBER, NULL, 0 }, mechanism = { CKM_IBM_KYBER, &params, sizeof params };
    CK_ATTRIBUTE of_public[] = { ATTR(CKA_IBM_PQC_PARAMS, oid), ATTR_BOOL(CKA_DERIVE, true) },
                 of_private[] = { ATTR_BOOL(CKA_DERIVE, true) },
                 template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, aes_len),
                                 ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_OBJECT_HANDLE public_key, private_key, mine, yours;

    (void)state;
    assert_ok(p11->C_GenerateKeyPair(test_session, &generate, of_public, 2, of_private, 1, &public_key, &private_key));
    assert_rv(p11->C_DeriveKey(test_session, &mechanism, public_key, template_, 5, &mine), CKR_BUFFER_TOO_SMALL);
    assert_int_equal(params.ulCipherLen, sizeof cipher);
    params.pCipher = cipher;
    assert_ok(p11->C_DeriveKey(test_session, &mechanism, public_key, template_, 5, &mine));
    params.mode = CK_IBM_KEM_DECAPSULATE;
    assert_ok(p11->C_DeriveKey(test_session, &mechanism, private_key, template_, 5, &yours));
    assert_int_equal(read_into(mine, CKA_VALUE, first, 32), 32);
    assert_int_equal(read_into(yours, CKA_VALUE, second, 32), 32);
    assert_memory_equal(first, second, 32);
}

/* ---- two secrets in one key ---- */

static CK_OBJECT_HANDLE second_key(bool usable)
{
    CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, aes_len), ATTR_BOOL(CKA_IBM_USE_AS_DATA, usable),
                                 ATTR_BOOL(CKA_SENSITIVE, true) };
    CK_OBJECT_HANDLE key;

    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, 3, &key));
    return key;
}

/* A structure as long as `len`, of which openCryptoki's is the shorter; both sides derive with it. */
static CK_RV derive_both(CK_MECHANISM_TYPE type, XCP_KYBER_KEM_PARAMS *params, CK_ULONG len, CK_OBJECT_HANDLE keys[2],
                         CK_OBJECT_HANDLE out[2])
{
    CK_ATTRIBUTE template_[] = { ATTR(CKA_CLASS, secret_class), ATTR(CKA_KEY_TYPE, aes), ATTR(CKA_VALUE_LEN, aes_len),
                                 ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true) };
    CK_MECHANISM mechanism = { type, params, len };
    CK_RV rv;

    params->mode = CK_IBM_KEM_ENCAPSULATE;
    rv = p11->C_DeriveKey(test_session, &mechanism, keys[0], template_, 5, &out[0]);
    params->mode = CK_IBM_KEM_DECAPSULATE;
    return rv != CKR_OK ? rv : p11->C_DeriveKey(test_session, &mechanism, keys[1], template_, 5, &out[1]);
}

static void assert_same_value(CK_OBJECT_HANDLE made[2])
{
    CK_BYTE first[32], second[32];

    assert_int_equal(read_into(made[0], CKA_VALUE, first, 32), 32);
    assert_int_equal(read_into(made[1], CKA_VALUE, second, 32), 32);
    assert_memory_equal(first, second, 32);
}

static void derive_with_each_function(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE keys[2])
{
    CK_OBJECT_HANDLE second = second_key(true), closed = second_key(false), made[2];
    CK_BYTE cipher[1568], shared[1024] = { 1, 2, 3 }, garbage[200] = { 7 };
    XCP_KYBER_KEM_PARAMS params = { .pCipher = cipher, .pSharedData = shared };
    CK_IBM_KYBER_PARAMS short_form;

    for (CK_ULONG kdf = CKD_IBM_HYBRID_SHA1_KDF; kdf <= CKD_IBM_HYBRID_SHA512_KDF; kdf++) {
        params.kdf = kdf;
        params.prepend = kdf & 1;
        params.ulSharedDataLen = (kdf & 3) * 341;
        params.ulCipherLen = sizeof cipher;
        memcpy(&short_form, &params, sizeof short_form);
        short_form.hSecret = second;
        params.pBlob = (CK_BYTE_PTR)&second; /* EP11's structure, the handle where it has a blob */
        params.ulBlobLen = sizeof second;
        assert_ok(derive_both(type, &params, sizeof params, keys, made));
        assert_same_value(made);
        memcpy(&params, &short_form, sizeof short_form); /* openCryptoki's */
        assert_ok(derive_both(type, &params, sizeof short_form, keys, made));
        assert_same_value(made);
    }
    params.ulBlobLen = sizeof second;
    params.pBlob = (CK_BYTE_PTR)&closed;
    params.ulCipherLen = sizeof cipher;
    assert_rv(derive_both(type, &params, sizeof params, keys, made), CKR_KEY_FUNCTION_NOT_PERMITTED);
    params.pBlob = (CK_BYTE_PTR)&second; /* sensitive: without a hash it would stand there in clear */
    params.kdf = CKD_IBM_HYBRID_NULL;
    params.ulSharedDataLen = 0;
    assert_rv(derive_both(type, &params, sizeof params, keys, made), CKR_KEY_FUNCTION_NOT_PERMITTED);
    params.pBlob = (CK_BYTE_PTR)&keys[0];
    assert_rv(derive_both(type, &params, sizeof params, keys, made), CKR_KEY_TYPE_INCONSISTENT);
    params.pBlob = garbage;
    params.ulBlobLen = sizeof garbage;
    assert_rv(derive_both(type, &params, sizeof params, keys, made), CKR_MECHANISM_PARAM_INVALID);
    params.ulBlobLen = 0;
    assert_ok(derive_both(type, &params, sizeof params, keys, made));
    assert_same_value(made);
    assert_rv(derive_both(type, &params, sizeof params - 1, keys, made), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(derive_both(type, &params, sizeof params + 8, keys, made), CKR_MECHANISM_PARAM_INVALID);
    assert_rv(derive_both(type, &params, 0, keys, made), CKR_MECHANISM_PARAM_INVALID);
    params.ulCipherLen--;
    assert_rv(derive_both(type, &params, sizeof params, keys, made), CKR_BUFFER_TOO_SMALL);
}

static void kyber_and_ml_kem_join_a_second_key(void **state)
{
    CK_BYTE oid[] = { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x05, 0x04, 0x04 };
    CK_ULONG set = CKP_IBM_ML_KEM_1024;
    CK_MECHANISM_TYPE generate[] = { CKM_IBM_KYBER, CKM_IBM_ML_KEM_KEY_PAIR_GEN };
    CK_ATTRIBUTE names[] = { ATTR(CKA_IBM_PQC_PARAMS, oid), ATTR(CKA_IBM_PARAMETER_SET, set) };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        CK_MECHANISM mechanism = { generate[i], NULL, 0 };
        CK_ATTRIBUTE of_public[] = { names[i], ATTR_BOOL(CKA_DERIVE, true) },
                     of_private[] = { ATTR_BOOL(CKA_DERIVE, true) };
        CK_OBJECT_HANDLE keys[2];

        assert_ok(p11->C_GenerateKeyPair(test_session, &mechanism, of_public, 2, of_private, 1, &keys[0], &keys[1]));
        derive_with_each_function(i == 0 ? CKM_IBM_KYBER : CKM_IBM_ML_KEM, keys);
    }
}

/* ---- ML-DSA's other ways ---- */

static void ml_dsa_signs_what_was_hashed_outside(void **state)
{
    CK_SIGN_ADDITIONAL_CONTEXT hedge = { CKH_DETERMINISTIC_REQUIRED, NULL, 0 };
    CK_MECHANISM given = { CKM_ML_DSA_EXTERNAL_MU, &hedge, sizeof hedge }, plain = { CKM_ML_DSA, NULL, 0 };
    CK_BYTE mu[64] = { 9, 9 }, signature[2420], again[2420], context = 'c';
    CK_ULONG set = CKP_ML_DSA_44, len = sizeof signature, again_len = sizeof again;
    CK_OBJECT_HANDLE public_key, private_key;

    (void)state;
    assert_ok(make_pair(CKM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_ok(p11->C_SignInit(test_session, &given, private_key));
    assert_ok(p11->C_Sign(test_session, mu, sizeof mu, signature, &len));
    assert_ok(p11->C_SignInit(test_session, &given, private_key));
    assert_ok(p11->C_Sign(test_session, mu, sizeof mu, again, &again_len));
    assert_memory_equal(signature, again, sizeof again);
    assert_ok(p11->C_VerifyInit(test_session, &given, public_key));
    assert_ok(p11->C_Verify(test_session, mu, sizeof mu, signature, len));
    assert_ok(p11->C_VerifyInit(test_session, &plain, public_key));
    assert_rv(p11->C_Verify(test_session, mu, sizeof mu, signature, len), CKR_SIGNATURE_INVALID);
    assert_ok(p11->C_SignInit(test_session, &given, private_key));
    assert_rv(p11->C_Sign(test_session, mu, sizeof mu - 1, signature, &len), CKR_DATA_LEN_RANGE);
    assert_ok(p11->C_VerifyInit(test_session, &given, public_key));
    assert_rv(p11->C_Verify(test_session, mu, sizeof mu - 1, signature, len), CKR_DATA_LEN_RANGE);
    hedge.pContext = &context;
    hedge.ulContextLen = 1;
    assert_rv(p11->C_SignInit(test_session, &given, private_key), CKR_MECHANISM_PARAM_INVALID);
}

static void ibms_ml_dsa_takes_ibms_parameter(void **state)
{
    CK_BYTE context[] = { 'c' }, signature[4627];
    CK_IBM_SIGN_ADDITIONAL_CONTEXT ibm = { 3, context, 1 };
    CK_SIGN_ADDITIONAL_CONTEXT standard = { CKH_HEDGE_PREFERRED, context, 1 };
    CK_MECHANISM sign = { CKM_IBM_ML_DSA, &ibm, sizeof ibm }, verify = { CKM_ML_DSA, &standard, sizeof standard };
    CK_ULONG set = CKP_IBM_ML_DSA_87, read = 0, len = 0;
    CK_OBJECT_HANDLE public_key, private_key;

    (void)state;
    assert_ok(make_pair(CKM_IBM_ML_DSA_KEY_PAIR_GEN, (CK_ATTRIBUTE)ATTR(CKA_IBM_PARAMETER_SET, set), false, &public_key,
                        &private_key));
    assert_int_equal(read_into(private_key, CKA_KEY_TYPE, &read, sizeof read), sizeof read);
    assert_int_equal(read, CKK_IBM_ML_DSA);
    assert_ok(p11->C_SignInit(test_session, &sign, private_key));
    assert_ok(p11->C_Sign(test_session, data, sizeof data, NULL, &len));
    assert_int_equal(len, sizeof signature);
    assert_ok(p11->C_Sign(test_session, data, sizeof data, signature, &len));
    assert_ok(p11->C_VerifyInit(test_session, &verify, public_key));
    assert_ok(p11->C_Verify(test_session, data, sizeof data, signature, len));
    ibm.hedgeVariant = 0;
    assert_rv(p11->C_SignInit(test_session, &sign, private_key), CKR_MECHANISM_PARAM_INVALID);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(ml_dsa_signs_with_and_without_a_context),
        IN(a_hashed_message_is_signed_in_parts),
        IN(a_seed_makes_the_same_key_again),
        IN(ml_kem_makes_a_key_for_two),
        IN(kyber_gives_its_ciphertext_in_the_parameter),
        IN(kyber_and_ml_kem_join_a_second_key),
        IN(ml_dsa_signs_what_was_hashed_outside),
        IN(ibms_ml_dsa_takes_ibms_parameter),
    };

    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
