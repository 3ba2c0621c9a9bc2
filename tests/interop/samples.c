/* SPDX-License-Identifier: Apache-2.0 */
/* What the sample programs that come with IBM's module do, and what they take for granted: attributes asked for
 * together, suitable or not; curve names as text; raw Ed25519 keys; check values computed by the application. */
#include "sequences.h"

static CK_BYTE text[] = "25 bytes of sample text.";

/* ---- attributes: "generate", then "load" in a new process ---- */

static void attributes_generate(void)
{
    CK_ULONG len = 16, bits = 2048;
    CK_BYTE e[] = { 1, 0, 1 };
    CK_MECHANISM aes = { CKM_AES_KEY_GEN, NULL, 0 }, rsa = { CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0 },
                 ec = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE aes_items[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, "sample-aes"), VALUE(CKA_VALUE_LEN, len) };
    CK_ATTRIBUTE rsa_public[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, "sample-rsa"), VALUE(CKA_MODULUS_BITS, bits),
                                  VALUE(CKA_PUBLIC_EXPONENT, e) };
    CK_ATTRIBUTE rsa_private[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, "sample-rsa") };
    CK_ATTRIBUTE ec_public[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, "sample-ec"), TEXT(CKA_EC_PARAMS, "P-256") };
    CK_ATTRIBUTE ec_private[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, "sample-ec") };
    CK_OBJECT_HANDLE made[2];

    begin(0);
    OK(p11->C_GenerateKey(session, &aes, aes_items, COUNT(aes_items), made));
    OK(p11->C_GenerateKeyPair(session, &rsa, rsa_public, COUNT(rsa_public), rsa_private, COUNT(rsa_private), &made[0],
                              &made[1]));
    OK(p11->C_GenerateKeyPair(session, &ec, ec_public, COUNT(ec_public), ec_private, COUNT(ec_private), &made[0],
                              &made[1]));
}

/* One call for many attributes, unsuitable ones among them; its return code is ignored. */
static void attributes_load(void)
{
    CK_BYTE modulus[512], exponent[8], params[64], point[128], id[8], name[64];
    CK_ULONG bits = 0, type = 0;
    CK_BBOOL token = CK_FALSE;
    CK_ATTRIBUTE of_rsa[] = { VALUE(CKA_MODULUS, modulus),
                              VALUE(CKA_EC_POINT, point),
                              VALUE(CKA_MODULUS_BITS, bits),
                              VALUE(CKA_PUBLIC_EXPONENT, exponent),
                              VALUE(CKA_ID, id),
                              VALUE(CKA_TOKEN, token),
                              VALUE(CKA_KEY_TYPE, type),
                              VALUE(CKA_LABEL, name) };
    CK_ATTRIBUTE of_ec[] = { VALUE(CKA_MODULUS, modulus), VALUE(CKA_EC_PARAMS, params), VALUE(CKA_EC_POINT, point) };

    restart();
    find(CKO_SECRET_KEY, CKK_AES, "sample-aes", 1);
    p11->C_GetAttributeValue(session, find(CKO_PUBLIC_KEY, CKK_RSA, "sample-rsa", 1), of_rsa, COUNT(of_rsa));
    CHECK(of_rsa[0].ulValueLen == 256 && of_rsa[1].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    CHECK(of_rsa[2].ulValueLen == 8 && bits == 2048 && type == CKK_RSA && token == CK_TRUE);
    CHECK(of_rsa[3].ulValueLen == 3 && memcmp(exponent, "\1\0\1", 3) == 0);
    CHECK(of_rsa[4].ulValueLen == 0 && of_rsa[7].ulValueLen == 10 && memcmp(name, "sample-rsa", 10) == 0);
    p11->C_GetAttributeValue(session, find(CKO_PUBLIC_KEY, CKK_EC, "sample-ec", 1), of_ec, COUNT(of_ec));
    CHECK(of_ec[0].ulValueLen == CK_UNAVAILABLE_INFORMATION);
    CHECK(of_ec[1].ulValueLen == 5 && memcmp(params, "P-256", 5) == 0); /* as it was given */
    CHECK(of_ec[2].ulValueLen == 67 && point[0] == 0x04 && point[1] == 65);
    find(CKO_PRIVATE_KEY, CKK_EC, "sample-ec", 1);
    destroy_all("sample-aes");
    destroy_all("sample-rsa");
    destroy_all("sample-ec");
}

/* ---- crypto ---- */

static CK_OBJECT_HANDLE make_aes(CK_ULONG len)
{
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE items[] = { YES(CKA_TOKEN), VALUE(CKA_VALUE_LEN, len), YES(CKA_ENCRYPT), YES(CKA_DECRYPT) };
    CK_OBJECT_HANDLE made;

    OK(p11->C_GenerateKey(session, &generate, items, COUNT(items), &made));
    return made;
}

static void crypto_encrypts_in_parts(void)
{
    CK_BYTE iv[16], plain[48], cipher[64], back[64];
    CK_MECHANISM cbc = { CKM_AES_CBC_PAD, iv, sizeof iv };
    CK_OBJECT_HANDLE key = make_aes(16);
    CK_ULONG part, done = 0, sizes[] = { 16, 16, 10 }, at = 0, whole;

    OK(p11->C_GenerateRandom(session, iv, sizeof iv));
    memset(plain, 7, sizeof plain);
    OK(p11->C_EncryptInit(session, &cbc, key));
    for (size_t i = 0; i < COUNT(sizes); at += sizes[i++], done += part) {
        part = sizeof cipher - done;
        OK(p11->C_EncryptUpdate(session, plain + at, sizes[i], cipher + done, &part));
    }
    part = sizeof cipher - done;
    OK(p11->C_EncryptFinal(session, cipher + done, &part));
    CHECK(done + part == 48);
    whole = 48;
    OK(p11->C_DecryptInit(session, &cbc, key));
    done = sizeof back;
    OK(p11->C_DecryptUpdate(session, cipher, whole, back, &done));
    part = sizeof back - done;
    OK(p11->C_DecryptFinal(session, back + done, &part));
    CHECK(done + part == 42 && memcmp(back, plain, 42) == 0);
    OK(p11->C_DestroyObject(session, key));
}

static void crypto_signs(void)
{
    CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 }, ecdsa = { CKM_ECDSA, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { YES(CKA_TOKEN), TEXT(CKA_EC_PARAMS, "P-256"), YES(CKA_VERIFY) };
    CK_ATTRIBUTE private_items[] = { YES(CKA_TOKEN), YES(CKA_SIGN) };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE signature[64];
    CK_ULONG len = sizeof signature;

    OK(p11->C_GenerateKeyPair(session, &generate, public_items, COUNT(public_items), private_items,
                              COUNT(private_items), &public_key, &private_key));
    OK(p11->C_SignInit(session, &ecdsa, private_key));
    OK(p11->C_Sign(session, text, sizeof text, signature, &len));
    CHECK(len == 64);
    OK(p11->C_VerifyInit(session, &ecdsa, public_key));
    OK(p11->C_Verify(session, text, sizeof text, signature, len));
    OK(p11->C_DestroyObject(session, public_key));
    OK(p11->C_DestroyObject(session, private_key));
}

static void checksums_are_computed(void)
{
    CK_BYTE zeros[16] = { 0 }, cipher[16], value[8];
    CK_MECHANISM ecb = { CKM_AES_ECB, NULL, 0 };
    CK_OBJECT_HANDLE key = make_aes(32);
    CK_ATTRIBUTE item = VALUE(CKA_CHECK_VALUE, value);

    OK(p11->C_GetAttributeValue(session, key, &item, 1));
    CHECK(encrypt(&ecb, key, zeros, sizeof zeros, cipher) == 16);
    CHECK(item.ulValueLen == 3 && memcmp(cipher, value, 3) == 0);
    OK(p11->C_DestroyObject(session, key));
}

/* Source of the key: RFC 8032, section 7.1, test 1. */
static void raw_ed25519_objects_sign(void)
{
    static CK_BYTE private_value[64] = { 0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92,
                                         0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b,
                                         0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60, 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a,
                                         0xb7, 0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3,
                                         0xda, 0xa6, 0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
    static CK_BYTE public_value[32], oid[] = { 0x06, 0x03, 0x2b, 0x65, 0x70 };
    CK_OBJECT_CLASS public_class = CKO_PUBLIC_KEY, private_class = CKO_PRIVATE_KEY;
    CK_KEY_TYPE type = CKK_EC;
    CK_MECHANISM sign = { CKM_IBM_ED25519_SHA512, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { VALUE(CKA_CLASS, public_class), VALUE(CKA_KEY_TYPE, type),
                                    VALUE(CKA_EC_PARAMS, oid), VALUE(CKA_EC_POINT, public_value), YES(CKA_VERIFY) };
    CK_ATTRIBUTE private_items[] = { VALUE(CKA_CLASS, private_class), VALUE(CKA_KEY_TYPE, type),
                                     VALUE(CKA_EC_PARAMS, oid), VALUE(CKA_VALUE, private_value), YES(CKA_SIGN) };
    CK_OBJECT_HANDLE public_key, private_key;
    CK_BYTE signature[64];
    CK_ULONG len = sizeof signature;

    memcpy(public_value, private_value + 32, 32);
    OK(p11->C_CreateObject(session, public_items, COUNT(public_items), &public_key));
    OK(p11->C_CreateObject(session, private_items, COUNT(private_items), &private_key));
    OK(p11->C_SignInit(session, &sign, private_key));
    OK(p11->C_Sign(session, text, sizeof text, signature, &len));
    OK(p11->C_VerifyInit(session, &sign, public_key));
    OK(p11->C_Verify(session, text, sizeof text, signature, len));
    end();
}

const step sample_steps[] = {
    { "IBM's sample of attributes generates keys", attributes_generate },
    { "IBM's sample of attributes loads them", attributes_load },
    { "IBM's sample of cryptography encrypts in parts", crypto_encrypts_in_parts },
    { "IBM's sample of cryptography signs", crypto_signs },
    { "IBM's sample of check values computes them", checksums_are_computed },
    { "IBM's sample of objects signs with raw Ed25519 keys", raw_ed25519_objects_sign },
    { NULL, NULL },
};
