/* SPDX-License-Identifier: Apache-2.0 */
/* What IBM's server reports of its mechanisms: their order, sizes and flags, with which its clients were written. It
 * says what is reported and not what is done: a mechanism without a row in the mechanism table is not reported at all.
 * CKM_AES_ECB and CKM_DES3_ECB wrap, as IBM's documentation and clients have it, though that server's list does not say
 * so. Source: mechanism list of a GREP11 server (Crypto Express 7), spec of IBM's constants, section 3. */
#include "p11/mechanism.h"

/* clang-format off */
#define E  CKF_ENCRYPT
#define D  CKF_DECRYPT
#define H  CKF_DIGEST
#define S  CKF_SIGN
#define V  CKF_VERIFY
#define G  CKF_GENERATE
#define P  CKF_GENERATE_KEY_PAIR
#define W  CKF_WRAP
#define U  CKF_UNWRAP
#define X  CKF_DERIVE
#define Fp CKF_EC_F_P
#define Nc CKF_EC_OID
#define Un CKF_EC_UNCOMPRESS
#define ROW(name, min, max, flags) { CKM_##name, min, max, flags },

const qk_grep11_mech qk_grep11_mechs[] = {
    ROW(RSA_PKCS,                    512, 4096, E | D | S | V | W | U)
    ROW(RSA_PKCS_OAEP,               512, 4096, E | D | W | U)
    ROW(RSA_PKCS_KEY_PAIR_GEN,       512, 4096, P)
    ROW(RSA_X9_31_KEY_PAIR_GEN,      512, 4096, P)
    ROW(RSA_PKCS_PSS,                512, 4096, S | V)
    ROW(SHA1_RSA_X9_31,              512, 4096, S | V)
    ROW(SHA1_RSA_PKCS,               512, 4096, S | V)
    ROW(SHA1_RSA_PKCS_PSS,           512, 4096, S | V)
    ROW(SHA256_RSA_PKCS,             512, 4096, S | V)
    ROW(SHA256_RSA_PKCS_PSS,         512, 4096, S | V)
    ROW(SHA224_RSA_PKCS,             512, 4096, S | V)
    ROW(SHA224_RSA_PKCS_PSS,         512, 4096, S | V)
    ROW(SHA384_RSA_PKCS,             512, 4096, S | V)
    ROW(SHA384_RSA_PKCS_PSS,         512, 4096, S | V)
    ROW(SHA512_RSA_PKCS,             512, 4096, S | V)
    ROW(SHA512_RSA_PKCS_PSS,         512, 4096, S | V)
    ROW(AES_KEY_GEN,                  16,   32, G)
    ROW(AES_ECB,                      16,   32, E | D | W | U)
    ROW(AES_CBC,                      16,   32, E | D | W | U)
    ROW(AES_CBC_PAD,                  16,   32, E | D | W | U)
    ROW(DES2_KEY_GEN,                 16,   16, G)
    ROW(DES3_KEY_GEN,                 24,   24, G)
    ROW(DES3_ECB,                     16,   24, E | D | W | U)
    ROW(DES3_CBC,                     16,   24, E | D | W | U)
    ROW(DES3_CBC_PAD,                 16,   24, E | D | W | U)
    ROW(GENERIC_SECRET_KEY_GEN,        8,  256, G | X)
    ROW(SHA256,                        0,    0, H)
    ROW(SHA256_KEY_DERIVATION,         0,    0, X)
    ROW(SHA256_HMAC,                  16,   32, S | V)
    ROW(SHA224,                        0,    0, H)
    ROW(SHA224_KEY_DERIVATION,         0,    0, X)
    ROW(SHA224_HMAC,                  14,   32, S | V)
    ROW(SHA_1,                         0,    0, H)
    ROW(SHA1_KEY_DERIVATION,           0,    0, X)
    ROW(SHA_1_HMAC,                   10,   32, S | V)
    ROW(SHA384,                        0,    0, H)
    ROW(SHA384_KEY_DERIVATION,         0,    0, X)
    ROW(SHA384_HMAC,                  24,   32, S | V)
    ROW(SHA512,                        0,    0, H)
    ROW(SHA512_KEY_DERIVATION,         0,    0, X)
    ROW(SHA512_HMAC,                  32,   32, S | V)
    ROW(SHA512_256,                    0,    0, H)
    ROW(IBM_SHA512_256,                0,    0, H)
    ROW(SHA512_256_HMAC,              16,   32, S | V)
    ROW(IBM_SHA512_256_HMAC,          16,   32, S | V)
    ROW(SHA512_224,                    0,    0, H)
    ROW(IBM_SHA512_224,                0,    0, H)
    ROW(SHA512_224_HMAC,              14,   32, S | V)
    ROW(IBM_SHA512_224_HMAC,          14,   32, S | V)
    ROW(EC_KEY_PAIR_GEN,             192,  521, P | Fp | Nc | Un)
    ROW(ECDSA,                       192,  521, S | V | Fp | Nc | Un)
    ROW(ECDSA_SHA1,                  192,  521, S | V | Fp | Nc | Un)
    ROW(ECDH1_DERIVE,                192,  521, X | Fp | Un)
    ROW(IBM_ECDH1_DERIVE_RAW,        192,  521, X | Fp | Un)
    ROW(IBM_EC_MULTIPLY,             192,  521, E)
    ROW(DSA_PARAMETER_GEN,          1024, 3072, G)
    ROW(DSA_KEY_PAIR_GEN,           1024, 3072, P)
    ROW(DSA,                        1024, 3072, S | V)
    ROW(DSA_SHA1,                   1024, 3072, S | V)
    ROW(DH_PKCS_PARAMETER_GEN,      1024, 3072, G)
    ROW(DH_PKCS_KEY_PAIR_GEN,       1024, 3072, P)
    ROW(DH_PKCS_DERIVE,             1024, 3072, X)
    ROW(IBM_DH_PKCS_DERIVE_RAW,     1024, 3072, X)
    ROW(IBM_DILITHIUM,               256,  256, S | V | P)
    ROW(RSA_X9_31,                   512, 4096, S | V)
    ROW(PBE_SHA1_DES3_EDE_CBC,        24,   24, G)
    ROW(IBM_SHA3_224,                  0,    0, H)
    ROW(IBM_SHA3_256,                  0,    0, H)
    ROW(IBM_SHA3_384,                  0,    0, H)
    ROW(IBM_SHA3_512,                  0,    0, H)
    ROW(IBM_SHA3_224_HMAC,            14,   32, S | V)
    ROW(IBM_SHA3_256_HMAC,            16,   32, S | V)
    ROW(IBM_SHA3_384_HMAC,            24,   32, S | V)
    ROW(IBM_SHA3_512_HMAC,            32,   32, S | V)
    ROW(IBM_ATTRIBUTEBOUND_WRAP,       0, 4096, W | U)
    ROW(ECDSA_SHA224,                192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_ECDSA_SHA224,            192,  521, S | V | Fp | Nc | Un)
    ROW(ECDSA_SHA256,                192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_ECDSA_SHA256,            192,  521, S | V | Fp | Nc | Un)
    ROW(ECDSA_SHA384,                192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_ECDSA_SHA384,            192,  521, S | V | Fp | Nc | Un)
    ROW(ECDSA_SHA512,                192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_ECDSA_SHA512,            192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_ECDSA_OTHER,             192,  521, S | V | Fp | Nc | Un)
    ROW(IBM_EC_X25519,               256,  256, X | Fp | Un)
    ROW(IBM_EC_X448,                 448,  448, X | Fp | Un)
    ROW(IBM_ED25519_SHA512,          256,  256, S | V | Fp | Un)
    ROW(IBM_ED448_SHA3,              448,  448, S | V | Fp | Un)
    ROW(IBM_EAC,                       0,    0, X)
    ROW(IBM_RETAINKEY,                 0,  256, W)
    ROW(IBM_CMAC,                     16,   32, S | V)
    ROW(AES_CMAC,                     16,   32, S | V)
    ROW(DES3_CMAC,                    16,   24, S | V)
    ROW(IBM_BTC_DERIVE,               16,   64, X)
    /* Not in that list, but used by its clients. */
    ROW(IBM_KYBER,                   256,  256, E | D | P | W | U | X)
    ROW(IBM_EC_AGGREGATE,            381,  381, S | X | Fp | Un)
    ROW(IBM_TRANSPORTKEY,              0, 4096, U)
    ROW(DES3_ECB_ENCRYPT_DATA,        16,   24, X)
};
/* clang-format on */

const size_t qk_grep11_mech_count = sizeof(qk_grep11_mechs) / sizeof(qk_grep11_mechs[0]);

const qk_grep11_mech *qk_grep11_mech_find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < qk_grep11_mech_count; i++)
        if (qk_grep11_mechs[i].type == type)
            return &qk_grep11_mechs[i];
    return NULL;
}
