/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are carried: wrapped with authentication, and encapsulated. PKCS #11 3.2, sections 5.18 and 6.13. */
#include "conformance.h"

static CK_BYTE out[512];
static CK_ULONG len;

static CK_OBJECT_HANDLE unwrap(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE with, CK_ULONG wrapped_len, CK_BYTE *aad,
                               CK_ULONG aad_len, CK_RV wanted)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), BOOL(CKA_ENCRYPT, true),
                             BOOL(CKA_DECRYPT, true) };
    CK_OBJECT_HANDLE key = 0;

    RV(p32->C_UnwrapKeyAuthenticated(session, mechanism, with, out, wrapped_len, items, COUNT(items), aad, aad_len,
                                     &key),
       wanted);
    return key;
}

static bool same_key(CK_OBJECT_HANDLE one, CK_OBJECT_HANDLE two)
{
    CK_BYTE a[3], b[3];
    CK_ATTRIBUTE of_one = VALUE(CKA_CHECK_VALUE, a), of_two = VALUE(CKA_CHECK_VALUE, b);

    OK(p11->C_GetAttributeValue(session, one, &of_one, 1));
    OK(p11->C_GetAttributeValue(session, two, &of_two, 1));
    return memcmp(a, b, 3) == 0;
}

/* Sensitive keys do not leave by counter modes. */
static CK_OBJECT_HANDLE make_open(void)
{
    CK_MECHANISM mechanism = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ULONG length = 16;
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_VALUE_LEN, length), BOOL(CKA_EXTRACTABLE, true), BOOL(CKA_SENSITIVE, false) };

    OK(p11->C_GenerateKey(session, &mechanism, items, COUNT(items), &key));
    return key;
}

static void keys_are_wrapped_with_authentication(void)
{
    CK_BYTE nonce[12] = { 0 }, tag[16] = { 0 }, none[16] = { 0 }, aad[] = "to whom it may concern";
    CK_GCM_MESSAGE_PARAMS gcm = { nonce, sizeof nonce, 0, CKG_GENERATE, tag, 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof gcm };
    CK_OBJECT_HANDLE wrapper = make_wrapper(session), key = make_open(), back;

    if (!offers(CKM_AES_GCM, CKF_WRAP | CKF_UNWRAP)) {
        RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_INVALID);
        return;
    }
    len = 0;
    OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, NULL, &len));
    CHECK(len == 16 && memcmp(tag, none, 16) == 0);
    len = 15;
    RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, out, &len),
       CKR_BUFFER_TOO_SMALL);
    OK(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, aad, sizeof aad, out, &len));
    CHECK(len == 16 && memcmp(tag, none, 16) != 0 && memcmp(nonce, none, 12) != 0);
    back = unwrap(&mechanism, wrapper, len, aad, sizeof aad, CKR_OK);
    CHECK(same_key(key, back));
    unwrap(&mechanism, wrapper, len, aad, sizeof aad - 1, CKR_WRAPPED_KEY_INVALID);
    tag[3] ^= 1;
    unwrap(&mechanism, wrapper, len, aad, sizeof aad, CKR_WRAPPED_KEY_INVALID);
    tag[3] ^= 1;
    unwrap(&mechanism, key, len, aad, sizeof aad, CKR_KEY_FUNCTION_NOT_PERMITTED);
    unwrap(&mechanism, NO_HANDLE, len, aad, sizeof aad, CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    gcm.pTag = NULL;
    RV(p32->C_WrapKeyAuthenticated(session, &mechanism, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_PARAM_INVALID);
    RV(p32->C_WrapKeyAuthenticated(session, &aes_cbc, wrapper, key, NULL, 0, out, &len), CKR_MECHANISM_INVALID);
    RV(p32->C_WrapKeyAuthenticated(session, NULL, wrapper, key, NULL, 0, out, &len), CKR_ARGUMENTS_BAD);
}

static void keys_are_wrapped_under_a_nonce_of_the_tokens(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type) };
    CK_BYTE nonce[12] = { 0 }, none[12] = { 0 }, aad[] = "aad";
    CK_GCM_WRAP_PARAMS gcm = { nonce, sizeof nonce, 0, CKG_GENERATE_RANDOM, aad, 3, 128 };
    CK_MECHANISM mechanism = { CKM_AES_GCM, &gcm, sizeof gcm };
    CK_OBJECT_HANDLE wrapper = make_wrapper(session), key = make_open(), back = 0;

    if (!offers(CKM_AES_GCM, CKF_WRAP | CKF_UNWRAP))
        return;
    len = 0;
    OK(p11->C_WrapKey(session, &mechanism, wrapper, key, NULL, &len));
    CHECK(len == 32 && memcmp(nonce, none, 12) == 0);
    OK(p11->C_WrapKey(session, &mechanism, wrapper, key, out, &len));
    CHECK(len == 32 && memcmp(nonce, none, 12) != 0);
    OK(p11->C_UnwrapKey(session, &mechanism, wrapper, out, len, items, COUNT(items), &back));
    CHECK(same_key(key, back));
    aad[0] ^= 1;
    RV(p11->C_UnwrapKey(session, &mechanism, wrapper, out, len, items, COUNT(items), &back), CKR_WRAPPED_KEY_INVALID);
}

static void make_kem_pair(CK_MECHANISM_TYPE type, CK_ATTRIBUTE *params, CK_OBJECT_HANDLE *out_public,
                          CK_OBJECT_HANDLE *out_private)
{
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_ATTRIBUTE of_public[] = { *params, BOOL(CKA_ENCAPSULATE, true) };
    CK_ATTRIBUTE of_private[] = { BOOL(CKA_DECAPSULATE, true) };

    OK(p11->C_GenerateKeyPair(session, &mechanism, of_public, 2, of_private, 1, out_public, out_private));
}

static void encapsulate(CK_MECHANISM *mechanism, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE key, CK_ULONG cipher_len)
{
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG value_len = 32;
    CK_ATTRIBUTE items[] = { VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE_LEN, value_len), BOOL(CKA_ENCRYPT, true) };
    CK_BBOOL local = 9, always = 9, never = 9;
    CK_ATTRIBUTE told[] = { VALUE(CKA_LOCAL, local), VALUE(CKA_ALWAYS_SENSITIVE, always),
                            VALUE(CKA_NEVER_EXTRACTABLE, never) };
    CK_OBJECT_HANDLE mine = 0, yours = 0;

    len = 0;
    OK(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, NULL, &len, &mine));
    CHECK(len == cipher_len && mine == 0);
    len--;
    RV(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, &len, &mine), CKR_BUFFER_TOO_SMALL);
    CHECK(len == cipher_len && mine == 0);
    OK(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, &len, &mine));
    OK(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len, &yours));
    CHECK(same_key(mine, yours));
    OK(p11->C_GetAttributeValue(session, mine, told, 3));
    CHECK(!local && !always && !never);
    RV(p32->C_DecapsulateKey(session, mechanism, public_key, items, 3, out, len, &yours), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_EncapsulateKey(session, mechanism, key, items, 3, out, &len, &mine), CKR_KEY_TYPE_INCONSISTENT);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len - 1, &yours), CKR_WRAPPED_KEY_LEN_RANGE);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, NULL, len, &yours), CKR_ARGUMENTS_BAD);
    RV(p32->C_DecapsulateKey(session, mechanism, key, items, 3, out, len, NULL), CKR_ARGUMENTS_BAD);
    RV(p32->C_EncapsulateKey(session, mechanism, public_key, items, 3, out, NULL, &mine), CKR_ARGUMENTS_BAD);
}

static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };

static void keys_are_encapsulated(void)
{
    CK_ULONG bits = 2048;
    CK_ATTRIBUTE size = VALUE(CKA_MODULUS_BITS, bits), curve = VALUE(CKA_EC_PARAMS, p256);
    CK_RSA_PKCS_OAEP_PARAMS oaep_params = { CKM_SHA256, CKG_MGF1_SHA256, CKZ_DATA_SPECIFIED, NULL, 0 };
    CK_ECDH1_DERIVE_PARAMS ecdh_params = { CKD_NULL, 0, NULL, 0, NULL };
    CK_MECHANISM oaep = { CKM_RSA_PKCS_OAEP, &oaep_params, sizeof oaep_params };
    CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &ecdh_params, sizeof ecdh_params };
    CK_OBJECT_HANDLE public_key = 0, key = 0;

    RV(p32->C_EncapsulateKey(session, &sha256, 1, NULL, 0, out, &len, &key), CKR_MECHANISM_INVALID);
    if (offers(CKM_RSA_PKCS_OAEP, CKF_ENCAPSULATE | CKF_DECAPSULATE)) {
        make_kem_pair(CKM_RSA_PKCS_KEY_PAIR_GEN, &size, &public_key, &key);
        encapsulate(&oaep, public_key, key, 256);
    }
    if (offers(CKM_RSA_PKCS, CKF_ENCAPSULATE | CKF_DECAPSULATE))
        encapsulate(&rsa_pkcs, public_key, key, 256);
    if (offers(CKM_ECDH1_DERIVE, CKF_ENCAPSULATE | CKF_DECAPSULATE)) {
        make_kem_pair(CKM_EC_KEY_PAIR_GEN, &curve, &public_key, &key);
        encapsulate(&ecdh, public_key, key, 65);
    }
}

const test_case carried_cases[] = {
    { "keys are wrapped with authentication", keys_are_wrapped_with_authentication, true, false },
    { "keys are wrapped under a nonce of the token's", keys_are_wrapped_under_a_nonce_of_the_tokens, true, false },
    { "keys are encapsulated", keys_are_encapsulated, true, false },
    { NULL, NULL, false, false },
};
