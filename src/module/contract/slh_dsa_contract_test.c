/* SPDX-License-Identifier: Apache-2.0 */
/* SLH-DSA through C_ functions: pairs are made, created from their values, wrapped, unwrapped, and sign. The quick sets
 * stand for all. Skipped with an OpenSSL that lacks it; what is refused then is in parameter_set_contract_test.c. */
#include <stdio.h>

#include <openssl/evp.h>

#include "module/contract/testing.h"

static CK_ULONG slh_dsa = CKK_SLH_DSA, len_32 = 32;
static CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
static CK_BYTE text[20] = { 1, 2, 3 };
static CK_BYTE signature[49856];

/* The length of their signatures, and of their private keys. */
static const struct set {
    CK_ULONG number, signature_len, private_len;
} sets[] = {
    { CKP_SLH_DSA_SHA2_128F, 17088, 64 },
    { CKP_SLH_DSA_SHAKE_128F, 17088, 64 },
    { CKP_SLH_DSA_SHA2_256F, 49856, 128 },
};

static CK_RV make_pair(CK_ULONG set, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM generate = { CKM_SLH_DSA_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { ATTR(CKA_PARAMETER_SET, set), ATTR_BOOL(CKA_VERIFY, true) },
                 of_private[] = { ATTR_BOOL(CKA_SENSITIVE, false), ATTR_BOOL(CKA_EXTRACTABLE, true),
                                  ATTR_BOOL(CKA_SIGN, true) };

    return p11->C_GenerateKeyPair(test_session, &generate, of_public, 2, of_private, 3, out_public, out_private);
}

static CK_RV verify(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key, CK_ULONG len)
{
    assert_ok(p11->C_VerifyInit(test_session, mechanism, key));
    return p11->C_Verify(test_session, text, sizeof text, signature, len);
}

static void assert_pair_works(const struct set *set, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE private_key)
{
    CK_BYTE context[] = { 'c' };
    CK_SIGN_ADDITIONAL_CONTEXT more = { CKH_HEDGE_REQUIRED, context, 1 };
    CK_MECHANISM plain = { CKM_SLH_DSA, NULL, 0 }, with = { CKM_SLH_DSA, &more, sizeof more };
    CK_ULONG len = 0;

    assert_ok(p11->C_SignInit(test_session, &with, private_key));
    assert_ok(p11->C_Sign(test_session, text, sizeof text, NULL, &len));
    assert_int_equal(len, set->signature_len);
    assert_ok(p11->C_Sign(test_session, text, sizeof text, signature, &len));
    assert_ok(verify(&with, public_key, len));
    assert_rv(verify(&plain, public_key, len), CKR_SIGNATURE_INVALID);
    assert_rv(verify(&with, public_key, len - 1), CKR_SIGNATURE_LEN_RANGE);
}

static CK_ULONG read_into(CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, void *out, CK_ULONG len)
{
    CK_ATTRIBUTE item = { type, out, len };

    assert_ok(p11->C_GetAttributeValue(test_session, object, &item, 1));
    return item.ulValueLen;
}

static CK_RV create(CK_ULONG set, CK_OBJECT_CLASS *class, CK_BYTE *value, CK_ULONG len, CK_OBJECT_HANDLE *out)
{
    CK_ATTRIBUTE template_[] = {
        ATTR(CKA_CLASS, *class), ATTR(CKA_KEY_TYPE, slh_dsa), ATTR(CKA_PARAMETER_SET, set), { CKA_VALUE, value, len }
    };

    return p11->C_CreateObject(test_session, template_, 4, out);
}

static void pairs_sign_and_are_created_from_their_values(void **state)
{
    CK_BYTE of_public[64], of_private[128];
    CK_OBJECT_HANDLE made[2], created[2];

    (void)state;
    for (size_t i = 0; i < COUNT(sets); i++) {
        CK_ULONG set = sets[i].number, told = 0, len = sets[i].private_len;
        CK_ATTRIBUTE seed = { CKA_SEED, NULL, 0 };

        assert_ok(make_pair(set, &made[0], &made[1]));
        assert_pair_works(&sets[i], made[0], made[1]);
        assert_int_equal(read_into(made[1], CKA_PARAMETER_SET, &told, sizeof told), sizeof told);
        assert_int_equal(told, set);
        assert_int_equal(read_into(made[0], CKA_VALUE, of_public, sizeof of_public), len / 2);
        assert_int_equal(read_into(made[1], CKA_VALUE, of_private, sizeof of_private), len);
        assert_memory_equal(of_private + len / 2, of_public, len / 2);
        assert_rv(p11->C_GetAttributeValue(test_session, made[1], &seed, 1), CKR_ATTRIBUTE_TYPE_INVALID);
        assert_ok(create(set, &public_class, of_public, len / 2, &created[0]));
        assert_ok(create(set, &private_class, of_private, len, &created[1]));
        assert_pair_works(&sets[i], created[0], created[1]);
        assert_rv(create(set, &public_class, of_public, len / 2 - 1, &created[0]), CKR_ATTRIBUTE_VALUE_INVALID);
        assert_rv(create(set, &private_class, of_private, len / 4 * 3, &created[0]), CKR_ATTRIBUTE_VALUE_INVALID);
        of_private[len - 1] ^= 1; /* not the root of these seeds */
        assert_rv(create(set, &private_class, of_private, len, &created[0]), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

static void wrapped_keys_come_back(void **state)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, way = { CKM_AES_KEY_WRAP_KWP, NULL, 0 };
    CK_ATTRIBUTE template_[] = { ATTR(CKA_VALUE_LEN, len_32), ATTR_BOOL(CKA_WRAP, true), ATTR_BOOL(CKA_UNWRAP, true) };
    CK_ULONG set = CKP_SLH_DSA_SHA2_128F, other = CKP_SLH_DSA_SHA2_128S, none = 13, len = 256;
    CK_ATTRIBUTE wanted[] = { ATTR(CKA_CLASS, private_class), ATTR(CKA_KEY_TYPE, slh_dsa),
                              ATTR(CKA_PARAMETER_SET, set) };
    CK_OBJECT_HANDLE kek, made[2], back;
    CK_BYTE wrapped[256];

    (void)state;
    assert_ok(p11->C_GenerateKey(test_session, &generate, template_, 3, &kek));
    assert_ok(make_pair(set, &made[0], &made[1]));
    assert_ok(p11->C_WrapKey(test_session, &way, kek, made[1], wrapped, &len));
    assert_ok(p11->C_UnwrapKey(test_session, &way, kek, wrapped, len, wanted, 3, &back));
    assert_pair_works(&sets[0], made[0], back);
    assert_ok(p11->C_UnwrapKey(test_session, &way, kek, wrapped, len, wanted, 2, &back));
    wanted[2].pValue = &other;
    assert_rv(p11->C_UnwrapKey(test_session, &way, kek, wrapped, len, wanted, 3, &back), CKR_TEMPLATE_INCONSISTENT);
    wanted[2].pValue = &none;
    assert_rv(p11->C_UnwrapKey(test_session, &way, kek, wrapped, len, wanted, 3, &back),
              CKR_PARAMETER_SET_NOT_SUPPORTED);
}

static void a_hashed_message_is_signed_in_parts(void **state)
{
    CK_MECHANISM hashed = { CKM_HASH_SLH_DSA_SHA256, NULL, 0 };
    CK_OBJECT_HANDLE made[2];
    CK_ULONG len = sizeof signature;

    (void)state;
    assert_ok(make_pair(CKP_SLH_DSA_SHA2_128F, &made[0], &made[1]));
    assert_ok(p11->C_SignInit(test_session, &hashed, made[1]));
    assert_ok(p11->C_SignUpdate(test_session, text, 5));
    assert_ok(p11->C_SignUpdate(test_session, text + 5, sizeof text - 5));
    assert_ok(p11->C_SignFinal(test_session, signature, &len));
    assert_int_equal(len, 17088);
    assert_ok(verify(&hashed, made[0], len));
}

#define IN(test) cmocka_unit_test_setup_teardown(test, test_begin_logged_in, test_end)

static bool openssl_has_it(void)
{
    EVP_KEYMGMT *found = EVP_KEYMGMT_fetch(NULL, "SLH-DSA-SHA2-128f", NULL);

    EVP_KEYMGMT_free(found);
    return found != NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN(pairs_sign_and_are_created_from_their_values),
        IN(wrapped_keys_come_back),
        IN(a_hashed_message_is_signed_in_parts),
    };

    if (!openssl_has_it()) {
        puts("1..0 # SKIP this OpenSSL has no SLH-DSA");
        return 0;
    }
    return cmocka_run_group_tests(tests, test_token_make, test_token_remove);
}
