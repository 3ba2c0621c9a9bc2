/* SPDX-License-Identifier: Apache-2.0 */
/* What the sample programs that come with IBM's module do, and what they take for granted: attributes asked for
 * together, suitable or not; curve names as text; raw Ed25519 keys; check values computed by the application; trees of
 * keys whose chain codes are read as check values. Each is a process of its own. */
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

    begin_sample(true);
    OK(p11->C_GenerateKey(session, &aes, aes_items, COUNT(aes_items), made));
    OK(p11->C_GenerateKeyPair(session, &rsa, rsa_public, COUNT(rsa_public), rsa_private, COUNT(rsa_private), &made[0],
                              &made[1]));
    OK(p11->C_GenerateKeyPair(session, &ec, ec_public, COUNT(ec_public), ec_private, COUNT(ec_private), &made[0],
                              &made[1]));
    end();
}

/* What the sample asks every key for, in one call whose return code it ignores. */
enum asked {
    CLASS,
    KEY_TYPE,
    LABEL,
    ID,
    TOKEN,
    PRIVATE,
    MODIFIABLE,
    LOCAL,
    SENSITIVE,
    EXTRACTABLE,
    ENCRYPT,
    DECRYPT,
    SIGN,
    VERIFY,
    VALUE_LEN,
    MODULUS,
    MODULUS_BITS,
    PUBLIC_EXPONENT,
    EC_PARAMS,
    EC_POINT,
    ASKED
};
static CK_BYTE values[ASKED][512];

static void ask(CK_OBJECT_HANDLE key, CK_ATTRIBUTE items[ASKED])
{
    static const CK_ATTRIBUTE_TYPE types[ASKED] = {
        CKA_CLASS,      CKA_KEY_TYPE, CKA_LABEL,     CKA_ID,          CKA_TOKEN,        CKA_PRIVATE,
        CKA_MODIFIABLE, CKA_LOCAL,    CKA_SENSITIVE, CKA_EXTRACTABLE, CKA_ENCRYPT,      CKA_DECRYPT,
        CKA_SIGN,       CKA_VERIFY,   CKA_VALUE_LEN, CKA_MODULUS,     CKA_MODULUS_BITS, CKA_PUBLIC_EXPONENT,
        CKA_EC_PARAMS,  CKA_EC_POINT
    };

    memset(values, 0xee, sizeof values);
    for (size_t i = 0; i < ASKED; i++)
        items[i] = (CK_ATTRIBUTE){ types[i], values[i], sizeof values[i] };
    p11->C_GetAttributeValue(session, key, items, ASKED);
}

static bool lacks(const CK_ATTRIBUTE *item)
{
    return item->ulValueLen == CK_UNAVAILABLE_INFORMATION;
}

static bool is_number(const CK_ATTRIBUTE *item, CK_ULONG wanted)
{
    CK_ULONG value;

    memcpy(&value, item->pValue, sizeof value);
    return item->ulValueLen == 8 && value == wanted;
}

static bool is_bytes(const CK_ATTRIBUTE *item, const char *wanted, CK_ULONG len)
{
    return item->ulValueLen == len && memcmp(item->pValue, wanted, len) == 0;
}

/* What every key has. */
static void check_common(const CK_ATTRIBUTE *items, CK_OBJECT_CLASS class, CK_KEY_TYPE type, const char *name)
{
    CHECK(is_number(&items[CLASS], class) && is_number(&items[KEY_TYPE], type));
    CHECK(is_bytes(&items[LABEL], name, strlen(name)));
    CHECK(items[ID].ulValueLen == 0);
    CHECK(is_bytes(&items[TOKEN], "\1", 1) && is_bytes(&items[PRIVATE], "\1", 1));
    CHECK(is_bytes(&items[MODIFIABLE], "\1", 1) && is_bytes(&items[LOCAL], "\1", 1));
    CHECK(lacks(&items[SENSITIVE]) == (class == CKO_PUBLIC_KEY) &&
          lacks(&items[EXTRACTABLE]) == lacks(&items[SENSITIVE]));
    CHECK(lacks(&items[VALUE_LEN]) == (class != CKO_SECRET_KEY));
    CHECK(lacks(&items[MODULUS]) == (type != CKK_RSA) && lacks(&items[PUBLIC_EXPONENT]) == (type != CKK_RSA));
    CHECK(lacks(&items[EC_PARAMS]) == (type != CKK_EC));
}

static void attributes_load(void)
{
    CK_ATTRIBUTE items[ASKED];

    begin_sample(false);
    ask(find(CKO_SECRET_KEY, CKK_AES, "sample-aes", 1), items);
    check_common(items, CKO_SECRET_KEY, CKK_AES, "sample-aes");
    CHECK(is_number(&items[VALUE_LEN], 16) && lacks(&items[EC_POINT]));
    ask(find(CKO_PUBLIC_KEY, CKK_RSA, "sample-rsa", 1), items);
    check_common(items, CKO_PUBLIC_KEY, CKK_RSA, "sample-rsa");
    CHECK(items[MODULUS].ulValueLen == 256 && is_number(&items[MODULUS_BITS], 2048));
    CHECK(is_bytes(&items[PUBLIC_EXPONENT], "\1\0\1", 3) && lacks(&items[EC_POINT])); /* big endian */
    ask(find(CKO_PRIVATE_KEY, CKK_RSA, "sample-rsa", 1), items);
    check_common(items, CKO_PRIVATE_KEY, CKK_RSA, "sample-rsa");
    ask(find(CKO_PUBLIC_KEY, CKK_EC, "sample-ec", 1), items);
    check_common(items, CKO_PUBLIC_KEY, CKK_EC, "sample-ec");
    CHECK(is_bytes(&items[EC_PARAMS], "P-256", 5)); /* as it was given */
    CHECK(items[EC_POINT].ulValueLen == 67 && values[EC_POINT][0] == 0x04 && values[EC_POINT][1] == 65);
    ask(find(CKO_PRIVATE_KEY, CKK_EC, "sample-ec", 1), items);
    check_common(items, CKO_PRIVATE_KEY, CKK_EC, "sample-ec");
    CHECK(is_bytes(&items[EC_PARAMS], "P-256", 5));
    end();
}

/* ---- checksum ---- */

static void check_value_of(CK_MECHANISM_TYPE generate, CK_ULONG len, CK_MECHANISM_TYPE ecb, CK_ULONG block)
{
    CK_MECHANISM making = { generate, NULL, 0 }, encrypting = { ecb, NULL, 0 };
    CK_ATTRIBUTE items[] = { YES(CKA_TOKEN), YES(CKA_ENCRYPT), YES(CKA_DECRYPT), VALUE(CKA_VALUE_LEN, len) };
    CK_BYTE zeros[16] = { 0 }, cipher[16], value[8];
    CK_ATTRIBUTE item = VALUE(CKA_CHECK_VALUE, value);
    CK_OBJECT_HANDLE key;

    OK(p11->C_GenerateKey(session, &making, items, len ? 4 : 3, &key));
    OK(p11->C_GetAttributeValue(session, key, &item, 1));
    CHECK(encrypt(&encrypting, key, zeros, block, cipher) == block);
    CHECK(item.ulValueLen == 3 && memcmp(cipher, value, 3) == 0);
}

static void checksums_are_computed(void)
{
    begin_sample(true);
    check_value_of(CKM_AES_KEY_GEN, 32, CKM_AES_ECB, 16);
    check_value_of(CKM_DES2_KEY_GEN, 0, CKM_DES3_ECB, 8);
    check_value_of(CKM_DES3_KEY_GEN, 0, CKM_DES3_ECB, 8);
    end();
}

/* ---- crypto ---- */

enum { PLAIN = 42, CIPHER = 48 };
static const CK_ULONG sizes[] = { 16, 16, 10 }; /* the sample's Updates */

typedef CK_RV update_fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG, CK_BYTE_PTR, CK_ULONG_PTR);
typedef CK_RV final_fn(CK_SESSION_HANDLE, CK_BYTE_PTR, CK_ULONG_PTR);

/* All of `in` by Updates of 16, 16 and what is left, then Final: how much came out. */
static CK_ULONG in_parts(update_fn *update, final_fn *final, CK_BYTE *in, CK_ULONG len, CK_BYTE *out, CK_ULONG room)
{
    CK_ULONG at = 0, done = 0, part;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        CK_ULONG size = i + 1 < COUNT(sizes) ? sizes[i] : len - at;
        part = room - done;
        OK(update(session, in + at, size, out + done, &part));
        at += size;
        done += part;
    }
    part = room - done;
    OK(final(session, out + done, &part));
    return done + part;
}

static void encrypt_both_ways(void)
{
    CK_BYTE iv[16], plain[PLAIN], cipher[64], whole[64], back[64];
    CK_MECHANISM generate = { CKM_AES_KEY_GEN, NULL, 0 }, cbc = { CKM_AES_CBC_PAD, iv, sizeof iv };
    CK_ULONG len = 16;
    CK_ATTRIBUTE items[] = { YES(CKA_TOKEN), VALUE(CKA_VALUE_LEN, len), YES(CKA_ENCRYPT), YES(CKA_DECRYPT) };
    CK_OBJECT_HANDLE key;

    OK(p11->C_GenerateKey(session, &generate, items, COUNT(items), &key));
    OK(p11->C_GenerateRandom(session, iv, sizeof iv));
    memset(plain, 7, sizeof plain);
    CHECK(encrypt(&cbc, key, plain, sizeof plain, whole) == CIPHER);
    CHECK(decrypt(&cbc, key, whole, CIPHER, back) == PLAIN && memcmp(back, plain, PLAIN) == 0);
    OK(p11->C_EncryptInit(session, &cbc, key));
    CHECK(in_parts(p11->C_EncryptUpdate, p11->C_EncryptFinal, plain, sizeof plain, cipher, sizeof cipher) == CIPHER);
    CHECK(memcmp(cipher, whole, CIPHER) == 0);
    memset(back, 0, sizeof back);
    OK(p11->C_DecryptInit(session, &cbc, key));
    CHECK(in_parts(p11->C_DecryptUpdate, p11->C_DecryptFinal, cipher, CIPHER, back, sizeof back) == PLAIN);
    CHECK(memcmp(back, plain, PLAIN) == 0);
}

static void sign_and_verify(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE public_key, CK_OBJECT_HANDLE private_key,
                            CK_ULONG wanted)
{
    static CK_BYTE signature[4096];
    CK_MECHANISM mechanism = { type, NULL, 0 };
    CK_ULONG len = wanted;

    OK(p11->C_SignInit(session, &mechanism, private_key));
    OK(p11->C_Sign(session, text, sizeof text, signature, &len));
    CHECK(len == wanted);
    OK(p11->C_VerifyInit(session, &mechanism, public_key));
    OK(p11->C_Verify(session, text, sizeof text, signature, len));
    signature[len / 2] ^= 1;
    OK(p11->C_VerifyInit(session, &mechanism, public_key));
    CHECK(p11->C_Verify(session, text, sizeof text, signature, len) == CKR_SIGNATURE_INVALID);
}

static bool is_private(CK_OBJECT_HANDLE key)
{
    CK_BBOOL value = 2;
    CK_ATTRIBUTE item = VALUE(CKA_PRIVATE, value);

    OK(p11->C_GetAttributeValue(session, key, &item, 1));
    return value == CK_TRUE;
}

static void crypto(void)
{
    CK_MECHANISM generate = { CKM_EC_KEY_PAIR_GEN, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { YES(CKA_TOKEN), TEXT(CKA_EC_PARAMS, "P-256"), YES(CKA_VERIFY) };
    CK_ATTRIBUTE private_items[] = { YES(CKA_TOKEN), YES(CKA_SIGN) };
    CK_OBJECT_HANDLE public_key, private_key;

    begin_sample(true);
    encrypt_both_ways();
    OK(p11->C_GenerateKeyPair(session, &generate, public_items, COUNT(public_items), private_items,
                              COUNT(private_items), &public_key, &private_key));
    CHECK(is_private(public_key) && is_private(private_key));
    sign_and_verify(CKM_ECDSA, public_key, private_key, 64);
    end();
}

/* ---- object ---- */

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
    CK_ATTRIBUTE public_items[] = { VALUE(CKA_CLASS, public_class), VALUE(CKA_KEY_TYPE, type),
                                    VALUE(CKA_EC_PARAMS, oid), VALUE(CKA_EC_POINT, public_value), YES(CKA_VERIFY) };
    CK_ATTRIBUTE private_items[] = { VALUE(CKA_CLASS, private_class), VALUE(CKA_KEY_TYPE, type),
                                     VALUE(CKA_EC_PARAMS, oid), VALUE(CKA_VALUE, private_value), YES(CKA_SIGN) };
    CK_OBJECT_HANDLE public_key, private_key;

    begin_sample(true);
    memcpy(public_value, private_value + 32, 32);
    OK(p11->C_CreateObject(session, public_items, COUNT(public_items), &public_key));
    OK(p11->C_CreateObject(session, private_items, COUNT(private_items), &private_key));
    sign_and_verify(CKM_IBM_ED25519_SHA512, public_key, private_key, 64);
    end();
}

/* ---- dilithium ---- */

static void dilithium_signs(void)
{
    static CK_BYTE oid[] = { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x01, 0x06, 0x05 };
    CK_MECHANISM generate = { CKM_IBM_DILITHIUM, NULL, 0 };
    CK_ATTRIBUTE public_items[] = { VALUE(CKA_IBM_PQC_PARAMS, oid), YES(CKA_VERIFY) };
    CK_ATTRIBUTE private_items[] = { YES(CKA_SIGN) };
    CK_OBJECT_HANDLE public_key, private_key;

    begin_sample(true);
    OK(p11->C_GenerateKeyPair(session, &generate, public_items, COUNT(public_items), private_items,
                              COUNT(private_items), &public_key, &private_key));
    sign_and_verify(CKM_IBM_DILITHIUM, public_key, private_key, 3366);
    end();
}

/* ---- btc ---- */

static CK_OBJECT_HANDLE derive(CK_ULONG type, CK_OBJECT_HANDLE parent, CK_BYTE *chain_code, CK_ULONG chain_code_len)
{
    static CK_BYTE secp256k1[] = { 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a };
    CK_IBM_BTC_DERIVE_PARAMS params = { .type = type,
                                        .childKeyIndex = 0,
                                        .pChainCode = chain_code,
                                        .ulChainCodeLen = chain_code_len,
                                        .version = XCP_BTC_VERSION };
    CK_MECHANISM mechanism = { CKM_IBM_BTC_DERIVE, &params, sizeof params };
    bool to_public = type == CK_IBM_BIP0032_PRV2PUB;
    CK_OBJECT_CLASS class = to_public ? CKO_PUBLIC_KEY : CKO_PRIVATE_KEY;
    CK_KEY_TYPE ec = CKK_EC;
    CK_ULONG no_len = 0;
    CK_ATTRIBUTE items[] = { VALUE(CKA_CLASS, class),
                             VALUE(CKA_KEY_TYPE, ec),
                             VALUE(CKA_EC_PARAMS, secp256k1),
                             VALUE(CKA_VALUE_LEN, no_len),
                             YES(CKA_DERIVE),
                             YES(CKA_IBM_USE_AS_DATA),
                             YES(to_public ? CKA_VERIFY : CKA_SIGN) };
    CK_OBJECT_HANDLE made;

    OK(p11->C_DeriveKey(session, &mechanism, parent, items, COUNT(items), &made));
    return made;
}

static void bitcoin_keys_are_derived(void)
{
    CK_OBJECT_CLASS secret = CKO_SECRET_KEY;
    CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
    CK_ULONG len = 32;
    CK_MECHANISM generate = { CKM_GENERIC_SECRET_KEY_GEN, NULL, 0 };
    CK_ATTRIBUTE seed_items[] = { VALUE(CKA_CLASS, secret), VALUE(CKA_KEY_TYPE, generic), VALUE(CKA_VALUE_LEN, len),
                                  YES(CKA_DERIVE), YES(CKA_IBM_USE_AS_DATA) };
    CK_BYTE chain_code[32] = { 0 };
    CK_ATTRIBUTE check_value = VALUE(CKA_CHECK_VALUE, chain_code);
    CK_OBJECT_HANDLE seed, master, private_key, public_key;

    begin_sample(true);
    OK(p11->C_GenerateKey(session, &generate, seed_items, COUNT(seed_items), &seed));
    master = derive(CK_IBM_BIP0032_MASTERK, seed, NULL, 0);
    private_key = derive(CK_IBM_BIP0032_PRV2PRV, master, chain_code, 32);
    public_key = derive(CK_IBM_BIP0032_PRV2PUB, master, chain_code, 32);
    sign_and_verify(CKM_ECDSA, public_key, private_key, 64);
    OK(p11->C_GetAttributeValue(session, private_key, &check_value, 1));
    CHECK(check_value.ulValueLen == 32);
    public_key = derive(CK_IBM_BIP0032_PRV2PUB, private_key, chain_code, 32);
    private_key = derive(CK_IBM_BIP0032_PRV2PRV, private_key, chain_code, 32);
    sign_and_verify(CKM_ECDSA, public_key, private_key, 64);
    end();
}

/* ---- no sample: keys for tests of listings ---- */

static void post_quantum_keys_are_kept(void)
{
    static CK_BYTE dilithium[] = { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x01, 0x08, 0x07 };
    static CK_BYTE kyber[] = { 0x06, 0x0b, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x02, 0x82, 0x0b, 0x05, 0x03, 0x03 };
    CK_ULONG ml_dsa = CKP_ML_DSA_65, ml_kem = CKP_ML_KEM_768, ibm = CKP_IBM_ML_DSA_44;
    const struct {
        CK_MECHANISM_TYPE generate;
        CK_ATTRIBUTE set;
    } pairs[] = {
        { CKM_ML_DSA_KEY_PAIR_GEN, VALUE(CKA_PARAMETER_SET, ml_dsa) },
        { CKM_ML_KEM_KEY_PAIR_GEN, VALUE(CKA_PARAMETER_SET, ml_kem) },
        { CKM_IBM_ML_DSA_KEY_PAIR_GEN, VALUE(CKA_IBM_PARAMETER_SET, ibm) },
        { CKM_IBM_DILITHIUM, VALUE(CKA_IBM_PQC_PARAMS, dilithium) },
        { CKM_IBM_KYBER, VALUE(CKA_IBM_PQC_PARAMS, kyber) },
    };

    begin_sample(false);
    for (size_t i = 0; i < COUNT(pairs); i++) {
        char name[] = "post-quantum 0";
        CK_BYTE id = (CK_BYTE)(0xc0 + i);
        CK_ATTRIBUTE public_items[] = { pairs[i].set, YES(CKA_TOKEN), TEXT(CKA_LABEL, name), VALUE(CKA_ID, id) };
        CK_ATTRIBUTE private_items[] = { YES(CKA_TOKEN), TEXT(CKA_LABEL, name), VALUE(CKA_ID, id) };
        CK_MECHANISM mechanism = { pairs[i].generate, NULL, 0 };
        CK_OBJECT_HANDLE made[2];

        name[sizeof name - 2] = (char)('0' + i);
        OK(p11->C_GenerateKeyPair(session, &mechanism, public_items, COUNT(public_items), private_items,
                                  COUNT(private_items), &made[0], &made[1]));
    }
    end();
}

const step sample_steps[] = {
    { "attributes are generated", attributes_generate, "generate" },
    { "attributes are loaded by another process", attributes_load, "load" },
    { "check values are computed", checksums_are_computed, "checksum" },
    { "AES encrypts and P-256 signs", crypto, "crypto" },
    { "raw Ed25519 objects sign", raw_ed25519_objects_sign, "object" },
    { "Dilithium signs", dilithium_signs, "dilithium" },
    { "Bitcoin keys are derived", bitcoin_keys_are_derived, "btc" },
    { "post-quantum keys are kept", post_quantum_keys_are_kept, "keep" },
    { NULL, NULL, NULL },
};
