/* SPDX-License-Identifier: Apache-2.0 */
/* Names of object classes and key types, for logs and the command line. */
#include "p11/attribute.h"

typedef struct named {
    CK_ULONG number;
    const char *name;
} named;

#define ROW(name)                                                                                                      \
    {                                                                                                                  \
        name, #name                                                                                                    \
    }

static const named classes[] = {
    ROW(CKO_DATA),       ROW(CKO_CERTIFICATE), ROW(CKO_PUBLIC_KEY),        ROW(CKO_PRIVATE_KEY),
    ROW(CKO_SECRET_KEY), ROW(CKO_HW_FEATURE),  ROW(CKO_DOMAIN_PARAMETERS), ROW(CKO_MECHANISM),
    ROW(CKO_OTP_KEY),    ROW(CKO_PROFILE),     ROW(CKO_VALIDATION),        ROW(CKO_TRUST),
};

static const named key_types[] = {
    ROW(CKK_RSA),
    ROW(CKK_DSA),
    ROW(CKK_DH),
    ROW(CKK_EC),
    ROW(CKK_X9_42_DH),
    ROW(CKK_KEA),
    ROW(CKK_GENERIC_SECRET),
    ROW(CKK_RC2),
    ROW(CKK_RC4),
    ROW(CKK_DES),
    ROW(CKK_DES2),
    ROW(CKK_DES3),
    ROW(CKK_CAST),
    ROW(CKK_CAST3),
    ROW(CKK_CAST128),
    ROW(CKK_RC5),
    ROW(CKK_IDEA),
    ROW(CKK_SKIPJACK),
    ROW(CKK_BATON),
    ROW(CKK_JUNIPER),
    ROW(CKK_CDMF),
    ROW(CKK_AES),
    ROW(CKK_BLOWFISH),
    ROW(CKK_TWOFISH),
    ROW(CKK_SECURID),
    ROW(CKK_HOTP),
    ROW(CKK_ACTI),
    ROW(CKK_CAMELLIA),
    ROW(CKK_ARIA),
    ROW(CKK_MD5_HMAC),
    ROW(CKK_SHA_1_HMAC),
    ROW(CKK_RIPEMD128_HMAC),
    ROW(CKK_RIPEMD160_HMAC),
    ROW(CKK_SHA256_HMAC),
    ROW(CKK_SHA384_HMAC),
    ROW(CKK_SHA512_HMAC),
    ROW(CKK_SHA224_HMAC),
    ROW(CKK_SEED),
    ROW(CKK_GOSTR3410),
    ROW(CKK_GOSTR3411),
    ROW(CKK_GOST28147),
    ROW(CKK_CHACHA20),
    ROW(CKK_POLY1305),
    ROW(CKK_AES_XTS),
    ROW(CKK_SHA3_224_HMAC),
    ROW(CKK_SHA3_256_HMAC),
    ROW(CKK_SHA3_384_HMAC),
    ROW(CKK_SHA3_512_HMAC),
    ROW(CKK_BLAKE2B_160_HMAC),
    ROW(CKK_BLAKE2B_256_HMAC),
    ROW(CKK_BLAKE2B_384_HMAC),
    ROW(CKK_BLAKE2B_512_HMAC),
    ROW(CKK_SALSA20),
    ROW(CKK_X2RATCHET),
    ROW(CKK_EC_EDWARDS),
    ROW(CKK_EC_MONTGOMERY),
    ROW(CKK_HKDF),
    ROW(CKK_SHA512_224_HMAC),
    ROW(CKK_SHA512_256_HMAC),
    ROW(CKK_SHA512_T_HMAC),
    ROW(CKK_HSS),
    ROW(CKK_XMSS),
    ROW(CKK_XMSSMT),
    ROW(CKK_ML_KEM),
    ROW(CKK_ML_DSA),
    ROW(CKK_SLH_DSA),
    ROW(CKK_IBM_PQC_DILITHIUM),
    ROW(CKK_IBM_PQC_KYBER),
    ROW(CKK_IBM_ML_DSA),
    ROW(CKK_IBM_ML_KEM),
};

#undef ROW

static const char *name_in(const named *table, size_t count, CK_ULONG number)
{
    for (size_t i = 0; i < count; i++)
        if (table[i].number == number)
            return table[i].name;
    return "unknown";
}

const char *qk_name_of_class(CK_OBJECT_CLASS class)
{
    return name_in(classes, sizeof(classes) / sizeof(classes[0]), class);
}

const char *qk_name_of_key_type(CK_KEY_TYPE type)
{
    return name_in(key_types, sizeof(key_types) / sizeof(key_types[0]), type);
}
