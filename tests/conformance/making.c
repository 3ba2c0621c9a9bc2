/* SPDX-License-Identifier: Apache-2.0 */
/* Keys that are made: generated, imported, wrapped and derived. Templates that contradict themselves or each other, and
 * the codes that name what is wrong. */
#include "conformance.h"

static CK_BYTE text[64] = "thirty-two bytes of plain text..", out[512];
static CK_BYTE p256[] = { 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
static CK_ULONG len;

/* ---- pairs ---- */

static CK_RV make_pair(CK_ATTRIBUTE of_public, CK_ATTRIBUTE of_private)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE publics[] = { VALUE(CKA_EC_PARAMS, p256), TEXT(CKA_LABEL, "a pair"), of_public };
    CK_ATTRIBUTE privates[] = { TEXT(CKA_LABEL, "a pair"), of_private };
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;
    CK_RV rv = p11->C_GenerateKeyPair(session, &mechanism, publics, 3, privates, 2, &public_key, &private_key);

    CHECK(rv == CKR_OK || (public_key == 0 && private_key == 0));
    return rv;
}

#define PAIR(of_public, of_private) make_pair((CK_ATTRIBUTE)of_public, (CK_ATTRIBUTE)of_private)
#define PUBLIC                      BOOL(CKA_VERIFY, true)
#define PRIVATE                     BOOL(CKA_SIGN, true)

static void contradictory_pairs_are_refused(void)
{
    CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE rsa = CKK_RSA, ec = CKK_EC;
    CK_ULONG size = 256;

    OK(PAIR(VALUE(CKA_CLASS, public_class), VALUE(CKA_CLASS, private_class)));
    OK(PAIR(VALUE(CKA_KEY_TYPE, ec), VALUE(CKA_KEY_TYPE, ec)));
    CHECK(count_label(session, "a pair") == 4);
    RV(PAIR(VALUE(CKA_CLASS, private_class), PRIVATE), CKR_TEMPLATE_INCONSISTENT);
    RV(PAIR(PUBLIC, VALUE(CKA_CLASS, public_class)), CKR_TEMPLATE_INCONSISTENT);
    RV(PAIR(VALUE(CKA_KEY_TYPE, rsa), PRIVATE), CKR_TEMPLATE_INCONSISTENT);
    RV(PAIR(PUBLIC, VALUE(CKA_KEY_TYPE, rsa)), CKR_TEMPLATE_INCONSISTENT);
    RV(PAIR(TEXT(CKA_LABEL, "another"), PRIVATE), CKR_TEMPLATE_INCONSISTENT); /* said twice */
    RV(PAIR(BOOL(CKA_SIGN, true), PRIVATE), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(PAIR(PUBLIC, BOOL(CKA_VERIFY, true)), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(PAIR(BOOL(CKA_SENSITIVE, true), PRIVATE), CKR_ATTRIBUTE_TYPE_INVALID);
    RV(PAIR(VALUE(CKA_MODULUS_BITS, size), PRIVATE), CKR_TEMPLATE_INCONSISTENT); /* that is RSA's */
    RV(PAIR(TEXT(CKA_EC_POINT, "a point"), PRIVATE), CKR_TEMPLATE_INCONSISTENT); /* comes of the generation */
    RV(PAIR(BOOL(CKA_LOCAL, true), PRIVATE), CKR_ATTRIBUTE_READ_ONLY);
    RV(PAIR(PUBLIC, BOOL(CKA_NEVER_EXTRACTABLE, true)), CKR_ATTRIBUTE_READ_ONLY);
    RV(PAIR(PUBLIC, TEXT(CKA_UNIQUE_ID, "mine")), CKR_ATTRIBUTE_READ_ONLY);
    RV(PAIR(TEXT(CKA_START_DATE, "2026"), PRIVATE), CKR_ATTRIBUTE_VALUE_INVALID);
    CHECK(PAIR(PUBLIC, TEXT(CKA_VALUE, "a value of thirty-two bytes, yes")) != CKR_OK);
    CHECK(count_label(session, "a pair") == 4);
}

static void half_a_pair_is_never_stored(void)
{
    CK_MECHANISM mechanism = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_SESSION_HANDLE reader = open_session(0);
    CK_ATTRIBUTE publics[] = { VALUE(CKA_EC_PARAMS, p256), TEXT(CKA_LABEL, "half a pair") };
    CK_ATTRIBUTE privates[] = { TEXT(CKA_LABEL, "half a pair"), BOOL(CKA_TOKEN, true) };
    CK_OBJECT_HANDLE public_key = 0, private_key = 0;

    RV(p11->C_GenerateKeyPair(reader, &mechanism, publics, 2, privates, 2, &public_key, &private_key),
       CKR_SESSION_READ_ONLY);
    RV(p11->C_GenerateKeyPair(session, &mechanism, publics, 2, privates, 2, &public_key, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKeyPair(session, &mechanism, publics, 2, privates, 2, NULL, &private_key), CKR_ARGUMENTS_BAD);
    RV(p11->C_GenerateKeyPair(session, &mechanism, publics + 1, 1, privates, 2, &public_key, &private_key),
       CKR_TEMPLATE_INCOMPLETE);
    CHECK(count_label(session, "half a pair") == 0);
    OK(p11->C_CloseSession(reader));
}

/* ---- what is imported ---- */

static void imported_keys_are_consistent(void)
{
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG short_len = 15, right_len = 16;
    CK_BYTE value[16] = { 7 }, kcv[3];
    CK_OBJECT_HANDLE key = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE, value),
                             VALUE(CKA_VALUE_LEN, right_len) };
    CK_ATTRIBUTE check = VALUE(CKA_CHECK_VALUE, kcv);

    OK(p11->C_CreateObject(session, items, 4, &key)); /* many say the length, too */
    items[3] = (CK_ATTRIBUTE)VALUE(CKA_VALUE_LEN, short_len);
    CHECK(p11->C_CreateObject(session, items, 4, &key) != CKR_OK);
    OK(p11->C_CreateObject(session, items, 3, &key));
    CHECK(!is_true(key, CKA_LOCAL) && !is_true(key, CKA_ALWAYS_SENSITIVE) && !is_true(key, CKA_NEVER_EXTRACTABLE));
    OK(p11->C_GetAttributeValue(session, key, &check, 1));
    items[3] = check;
    OK(p11->C_CreateObject(session, items, 4, &key));
    kcv[0] ^= 1;
    RV(p11->C_CreateObject(session, items, 4, &key), CKR_ATTRIBUTE_VALUE_INVALID);
    items[3] = (CK_ATTRIBUTE){ CKA_CHECK_VALUE, NULL, 0 }; /* asks for no check */
    OK(p11->C_CreateObject(session, items, 4, &key));
    items[3] = (CK_ATTRIBUTE)BOOL(CKA_LOCAL, false);
    RV(p11->C_CreateObject(session, items, 4, &key), CKR_ATTRIBUTE_READ_ONLY);
    RV(p11->C_CreateObject(session, items, 3, NULL), CKR_ARGUMENTS_BAD);
}

static void wrapping_names_the_key_that_is_wrong(void)
{
    CK_OBJECT_HANDLE wrapper = make_wrapper(session), key = make_takeable(session),
                     stays = make_aes(session, false, true, "x"), public_key, private_key;
    CK_MECHANISM wrap = { CKM_AES_KEY_WRAP, NULL, 0 };
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_BYTE value[16] = { 1 };
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE, value) };
    CK_OBJECT_HANDLE back = 0;

    make_ec(session, &public_key, &private_key);
    len = sizeof out;
    RV(p11->C_WrapKey(session, &wrap, NO_HANDLE, key, out, &len), CKR_WRAPPING_KEY_HANDLE_INVALID);
    RV(p11->C_WrapKey(session, &wrap, wrapper, NO_HANDLE, out, &len), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_WrapKey(session, &wrap, stays, key, out, &len), CKR_KEY_FUNCTION_NOT_PERMITTED);
    RV(p11->C_WrapKey(session, &wrap, public_key, key, out, &len), CKR_WRAPPING_KEY_TYPE_INCONSISTENT);
    RV(p11->C_WrapKey(session, &wrap, wrapper, stays, out, &len), CKR_KEY_UNEXTRACTABLE);
    RV(p11->C_WrapKey(session, &wrap, wrapper, public_key, out, &len), CKR_KEY_NOT_WRAPPABLE);
    RV(p11->C_WrapKey(session, &sha256, wrapper, key, out, &len), CKR_MECHANISM_INVALID);
    len = sizeof out;
    OK(p11->C_WrapKey(session, &wrap, wrapper, key, out, &len));
    RV(p11->C_UnwrapKey(session, &wrap, NO_HANDLE, out, len, items, 2, &back), CKR_UNWRAPPING_KEY_HANDLE_INVALID);
    RV(p11->C_UnwrapKey(session, &wrap, public_key, out, len, items, 2, &back), CKR_UNWRAPPING_KEY_TYPE_INCONSISTENT);
    RV(p11->C_UnwrapKey(session, &wrap, wrapper, out, len - 1, items, 2, &back), CKR_WRAPPED_KEY_LEN_RANGE);
    RV(p11->C_UnwrapKey(session, &wrap, wrapper, NULL, len, items, 2, &back), CKR_ARGUMENTS_BAD);
    RV(p11->C_UnwrapKey(session, &wrap, wrapper, out, len, items, 2, NULL), CKR_ARGUMENTS_BAD);
    CHECK(p11->C_UnwrapKey(session, &wrap, wrapper, out, len, items, 3, &back) != CKR_OK);
    out[0] ^= 1;
    RV(p11->C_UnwrapKey(session, &wrap, wrapper, out, len, items, 2, &back), CKR_WRAPPED_KEY_INVALID);
    out[0] ^= 1;
    OK(p11->C_UnwrapKey(session, &wrap, wrapper, out, len, items, 2, &back));
    CHECK(!is_true(back, CKA_LOCAL) && !is_true(back, CKA_ALWAYS_SENSITIVE) && !is_true(back, CKA_NEVER_EXTRACTABLE));
}

/* ---- what they come of ---- */

static void parameters_that_nobody_wants_are_refused(void)
{
    CK_OBJECT_HANDLE aes = make_aes(session, false, true, "aes"), mac = make_hmac(session), public_key, key;
    CK_MECHANISM_TYPE plain[] = { CKM_AES_ECB, CKM_SHA256_HMAC, CKM_ECDSA_SHA256, CKM_SHA256, CKM_AES_KEY_GEN };

    make_ec(session, &public_key, &key);
    for (size_t i = 0; i < COUNT(plain); i++) {
        CK_MECHANISM odd = { plain[i], text, 8 }, null = { plain[i], NULL, 8 };
        CK_ULONG size = 16;
        CK_ATTRIBUTE of_size = VALUE(CKA_VALUE_LEN, size);
        CK_OBJECT_HANDLE made = 0;
        for (int k = 0; k < 2; k++) {
            CK_MECHANISM *mechanism = k ? &null : &odd;
            CK_RV rv = i == 0   ? p11->C_EncryptInit(session, mechanism, aes)
                       : i == 1 ? p11->C_SignInit(session, mechanism, mac)
                       : i == 2 ? p11->C_SignInit(session, mechanism, key)
                       : i == 3 ? p11->C_DigestInit(session, mechanism)
                                : p11->C_GenerateKey(session, mechanism, &of_size, 1, &made);
            if (rv != CKR_MECHANISM_PARAM_INVALID && rv != CKR_ARGUMENTS_BAD)
                complain(__FILE__, __LINE__, "mechanism 0x%lx takes a parameter: 0x%lx", plain[i], rv);
        }
    }
}

static void derivation_names_what_is_wrong(void)
{
    CK_OBJECT_HANDLE public_key, key, other_public, other, derived = 0, aes = make_aes(session, false, true, "aes");
    CK_MECHANISM pair = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE of_public = VALUE(CKA_EC_PARAMS, p256), of_private = BOOL(CKA_DERIVE, true);
    CK_BYTE point[80];
    CK_ATTRIBUTE of_point = VALUE(CKA_EC_POINT, point);
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    CK_ULONG size = 16;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class), VALUE(CKA_KEY_TYPE, type), VALUE(CKA_VALUE_LEN, size) };
    CK_ECDH1_DERIVE_PARAMS params = { CKD_NULL, 0, NULL, 0, point };
    CK_MECHANISM ecdh = { CKM_ECDH1_DERIVE, &params, sizeof params };

    OK(p11->C_GenerateKeyPair(session, &pair, &of_public, 1, &of_private, 1, &public_key, &key));
    make_ec(session, &other_public, &other);
    OK(p11->C_GetAttributeValue(session, other_public, &of_point, 1));
    params.ulPublicDataLen = of_point.ulValueLen;
    OK(p11->C_DeriveKey(session, &ecdh, key, items, 3, &derived));
    CHECK(!is_true(derived, CKA_LOCAL));
    RV(p11->C_DeriveKey(session, &ecdh, NO_HANDLE, items, 3, &derived), CKR_KEY_HANDLE_INVALID);
    RV(p11->C_DeriveKey(session, &ecdh, other, items, 3, &derived), CKR_KEY_FUNCTION_NOT_PERMITTED);
    RV(p11->C_DeriveKey(session, &ecdh, aes, items, 3, &derived), CKR_KEY_TYPE_INCONSISTENT);
    RV(p11->C_DeriveKey(session, &ecdh, key, items, 3, NULL), CKR_ARGUMENTS_BAD);
    RV(p11->C_DeriveKey(session, &sha256, key, items, 3, &derived), CKR_MECHANISM_INVALID);
    RV(p11->C_DeriveKey(session, &ecdh, key, items, 2, &derived), CKR_TEMPLATE_INCOMPLETE);
    params.kdf = 0x7777;
    RV(p11->C_DeriveKey(session, &ecdh, key, items, 3, &derived), CKR_MECHANISM_PARAM_INVALID);
    params.kdf = CKD_NULL;
    params.ulPublicDataLen--;
    RV(p11->C_DeriveKey(session, &ecdh, key, items, 3, &derived), CKR_MECHANISM_PARAM_INVALID);
    ecdh.ulParameterLen--;
    RV(p11->C_DeriveKey(session, &ecdh, key, items, 3, &derived), CKR_MECHANISM_PARAM_INVALID);
}

const test_case making_cases[] = {
    { "contradictory pairs are refused", contradictory_pairs_are_refused, true, false },
    { "half a pair is never stored", half_a_pair_is_never_stored, true, false },
    { "imported keys are consistent", imported_keys_are_consistent, true, false },
    { "wrapping names the key that is wrong", wrapping_names_the_key_that_is_wrong, true, false },
    { "parameters that nobody wants are refused", parameters_that_nobody_wants_are_refused, true, false },
    { "derivation names what is wrong", derivation_names_what_is_wrong, true, false },
    { NULL, NULL, false, false },
};
