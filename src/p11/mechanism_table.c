/* SPDX-License-Identifier: Apache-2.0 */
/* The mechanism table: what this HSM offers. First the mechanisms of GREP11's list in its order, with the sizes and
 * flags that IBM's server reports beside the true ones; then those IBM has not. A new row needs an engine in the crypto
 * room (a test there joins the two) and a fresh printed copy (mechanism_table.txt).
 *
 * True sizes: RSA keys are made up to 8192 bits, since larger ones take minutes, but may be brought up to 16384. */
#include "p11/mechanism.h"

/* clang-format off */
#define ENC   (QK_ENCRYPT | QK_DECRYPT)
#define SIG   (QK_SIGN | QK_VERIFY)
#define WRAP  (QK_WRAP | QK_UNWRAP)

#define LISTED QK_MECH_GREP11
#define SINGLE QK_MECH_SINGLE_PART
#define CURVE  QK_MECH_EC

#define RSA_SIZE   1024, 16384
#define RSA_IBM    512, 4096
#define AES_SIZE   16, 32
#define MAC_SIZE   1, 1024
#define EC_SIZE    224, 521
#define EC_IBM     192, 521
#define ED_SIZE    255, 255
#define ED_IBM     256, 256
#define NO_SIZE    0, 0

/* IBM reports derivation for a key generation, and leaves CKF_EC_NAMEDCURVE out for Edwards curves. */
#define GENERIC_IBM_FLAGS (CKF_GENERATE | CKF_DERIVE)
#define ED_IBM_FLAGS      (CKF_SIGN | CKF_VERIFY | CKF_EC_F_P | CKF_EC_UNCOMPRESS)

/* sizes and sizes_ibm are pairs, hence the second step. */
#define ROW(...) ROW_(__VA_ARGS__)
#define ROW_(name_, key_, does_, param_, flags_, hash_, min_, max_, min_ibm_, max_ibm_, flags_ibm_, iv_len_, source_) \
    { .type = CKM_##name_, .name = "CKM_" #name_, .key = key_, .does = does_, .param = QK_PARAM_##param_, \
      .flags = LISTED | (flags_), .hash = hash_, .min_key = min_, .max_key = max_, .grep11_min_key = min_ibm_, \
      .grep11_max_key = max_ibm_, .grep11_flags = flags_ibm_, .iv_len = iv_len_, .source = source_ },

#define RSA_V15(name, hash) \
    ROW(name, CKK_RSA, SIG, NONE, 0, hash, RSA_SIZE, RSA_IBM, 0, 0, "RFC 8017, 8.2")
#define RSA_PSS(name, hash) \
    ROW(name, CKK_RSA, SIG, PSS, 0, hash, RSA_SIZE, RSA_IBM, 0, 0, "RFC 8017, 8.1")
#define AES(name, does, param, iv, source) \
    ROW(name, CKK_AES, does, param, 0, QK_NO_HASH, AES_SIZE, AES_SIZE, 0, iv, source)
#define HASH(name, hash, source) \
    ROW(name, QK_NO_KEY, QK_DIGEST, NONE, 0, hash, NO_SIZE, NO_SIZE, 0, 0, source)
#define HMAC(name, hash, min_ibm) \
    ROW(name, QK_ANY_SECRET, SIG, NONE, 0, hash, MAC_SIZE, min_ibm, 32, 0, 0, "FIPS 198-1, 4")
#define ECDSA(name, flags, hash) \
    ROW(name, CKK_EC, SIG, NONE, CURVE | (flags), hash, EC_SIZE, EC_IBM, 0, 0, "FIPS 186-5, 6.4")

const qk_mech qk_mechs[] = {
    ROW(RSA_PKCS, CKK_RSA, ENC | SIG | WRAP, NONE, SINGLE, QK_NO_HASH, RSA_SIZE, RSA_IBM, 0, 0, "RFC 8017, 7.2 and 8.2")
    ROW(RSA_PKCS_OAEP, CKK_RSA, ENC | WRAP, OAEP, SINGLE, QK_NO_HASH, RSA_SIZE, RSA_IBM, 0, 0, "RFC 8017, 7.1")
    ROW(RSA_PKCS_KEY_PAIR_GEN, CKK_RSA, QK_GENERATE_PAIR, NONE, 0, QK_NO_HASH, 1024, 8192, RSA_IBM, 0, 0,
        "FIPS 186-5, A.1")
    ROW(RSA_PKCS_PSS, CKK_RSA, SIG, PSS, SINGLE, QK_NO_HASH, RSA_SIZE, RSA_IBM, 0, 0, "RFC 8017, 8.1")
    RSA_V15(SHA1_RSA_PKCS, CKM_SHA_1)
    RSA_PSS(SHA1_RSA_PKCS_PSS, CKM_SHA_1)
    RSA_V15(SHA256_RSA_PKCS, CKM_SHA256)
    RSA_PSS(SHA256_RSA_PKCS_PSS, CKM_SHA256)
    RSA_V15(SHA224_RSA_PKCS, CKM_SHA224)
    RSA_PSS(SHA224_RSA_PKCS_PSS, CKM_SHA224)
    RSA_V15(SHA384_RSA_PKCS, CKM_SHA384)
    RSA_PSS(SHA384_RSA_PKCS_PSS, CKM_SHA384)
    RSA_V15(SHA512_RSA_PKCS, CKM_SHA512)
    RSA_PSS(SHA512_RSA_PKCS_PSS, CKM_SHA512)

    AES(AES_KEY_GEN, QK_GENERATE, NONE, 0, "FIPS 197, 5")
    /* IBM's list lacks wrapping here; its documentation and its clients have it. */
    AES(AES_ECB, ENC | WRAP, NONE, 0, "SP 800-38A, 6.1")
    AES(AES_CBC, ENC | WRAP, IV, 16, "SP 800-38A, 6.2")
    AES(AES_CBC_PAD, ENC | WRAP, IV, 16, "SP 800-38A, 6.2; RFC 5652, 6.3")
    ROW(GENERIC_SECRET_KEY_GEN, CKK_GENERIC_SECRET, QK_GENERATE, NONE, 0, QK_NO_HASH, MAC_SIZE, 8, 256,
        GENERIC_IBM_FLAGS, 0, "PKCS #11 3.2, generic secret key generation")

    HASH(SHA256, CKM_SHA256, "FIPS 180-4, 6.2")
    HMAC(SHA256_HMAC, CKM_SHA256, 16)
    HASH(SHA224, CKM_SHA224, "FIPS 180-4, 6.3")
    HMAC(SHA224_HMAC, CKM_SHA224, 14)
    HASH(SHA_1, CKM_SHA_1, "FIPS 180-4, 6.1")
    HMAC(SHA_1_HMAC, CKM_SHA_1, 10)
    HASH(SHA384, CKM_SHA384, "FIPS 180-4, 6.5")
    HMAC(SHA384_HMAC, CKM_SHA384, 24)
    HASH(SHA512, CKM_SHA512, "FIPS 180-4, 6.4")
    HMAC(SHA512_HMAC, CKM_SHA512, 32)
    HASH(SHA512_256, CKM_SHA512_256, "FIPS 180-4, 6.7")
    HASH(IBM_SHA512_256, CKM_SHA512_256, "FIPS 180-4, 6.7")
    HMAC(SHA512_256_HMAC, CKM_SHA512_256, 16)
    HMAC(IBM_SHA512_256_HMAC, CKM_SHA512_256, 16)
    HASH(SHA512_224, CKM_SHA512_224, "FIPS 180-4, 6.6")
    HASH(IBM_SHA512_224, CKM_SHA512_224, "FIPS 180-4, 6.6")
    HMAC(SHA512_224_HMAC, CKM_SHA512_224, 14)
    HMAC(IBM_SHA512_224_HMAC, CKM_SHA512_224, 14)

    ROW(EC_KEY_PAIR_GEN, CKK_EC, QK_GENERATE_PAIR, NONE, CURVE, QK_NO_HASH, EC_SIZE, EC_IBM, 0, 0, "FIPS 186-5, A.2")
    ECDSA(ECDSA, SINGLE, QK_NO_HASH)
    ECDSA(ECDSA_SHA1, 0, CKM_SHA_1)
    ECDSA(ECDSA_SHA224, 0, CKM_SHA224)
    ECDSA(IBM_ECDSA_SHA224, 0, CKM_SHA224)
    ECDSA(ECDSA_SHA256, 0, CKM_SHA256)
    ECDSA(IBM_ECDSA_SHA256, 0, CKM_SHA256)
    ECDSA(ECDSA_SHA384, 0, CKM_SHA384)
    ECDSA(IBM_ECDSA_SHA384, 0, CKM_SHA384)
    ECDSA(ECDSA_SHA512, 0, CKM_SHA512)
    ECDSA(IBM_ECDSA_SHA512, 0, CKM_SHA512)
    ROW(IBM_ED25519_SHA512, CKK_EC, SIG, NONE, CURVE | SINGLE, QK_NO_HASH, ED_SIZE, ED_IBM, ED_IBM_FLAGS, 0,
        "RFC 8032, 5.1")

    /* Not in IBM's list. */
    ROW(AES_GCM, CKK_AES, ENC, GCM, QK_MECH_GATHERED, QK_NO_HASH, AES_SIZE, AES_SIZE, 0, 0, "SP 800-38D, 7")
    ROW(EC_EDWARDS_KEY_PAIR_GEN, CKK_EC_EDWARDS, QK_GENERATE_PAIR, NONE, CURVE, QK_NO_HASH, ED_SIZE, ED_SIZE, 0, 0,
        "RFC 8032, 5.1.5")
    ROW(EDDSA, CKK_EC_EDWARDS, SIG, EDDSA, CURVE | SINGLE, QK_NO_HASH, ED_SIZE, ED_SIZE, 0, 0, "RFC 8032, 5.1")
};
/* clang-format on */

enum { MECH_COUNT = sizeof(qk_mechs) / sizeof(qk_mechs[0]) };
const size_t qk_mech_count = MECH_COUNT;

/* The rows by number: a hash table, since every operation looks up here. The table above is in the order of a list that
 * clients see. */
enum { PLACE_BITS = 8, PLACES = 1 << PLACE_BITS };
_Static_assert(2 * MECH_COUNT <= PLACES, "free places end every search soon");
static const qk_mech *by_type[PLACES];

static size_t first_place(CK_MECHANISM_TYPE type)
{
    return (uint32_t)type * UINT32_C(0x9e3779b1) >> (32 - PLACE_BITS);
}

/* In a constructor, so that no search asks first whether the table is there. */
__attribute__((constructor)) static void by_type_make(void)
{
    for (size_t i = 0; i < MECH_COUNT; i++) {
        size_t place = first_place(qk_mechs[i].type);
        while (by_type[place])
            place = (place + 1) % PLACES;
        by_type[place] = &qk_mechs[i];
    }
}

const qk_mech *qk_mech_find(CK_MECHANISM_TYPE type)
{
    size_t place = first_place(type);

    while (by_type[place] && by_type[place]->type != type)
        place = (place + 1) % PLACES;
    return by_type[place];
}

const char *qk_mech_name(CK_MECHANISM_TYPE type)
{
    const qk_mech *mech = qk_mech_find(type);

    return mech ? mech->name : "unknown";
}

CK_FLAGS qk_mech_info_flags(const qk_mech *mech)
{
    static const struct {
        unsigned does;
        CK_FLAGS flag;
    } bits[] = {
        { QK_ENCRYPT, CKF_ENCRYPT }, { QK_DECRYPT, CKF_DECRYPT },
        { QK_DIGEST, CKF_DIGEST },   { QK_SIGN, CKF_SIGN },
        { QK_VERIFY, CKF_VERIFY },   { QK_GENERATE, CKF_GENERATE },
        { QK_WRAP, CKF_WRAP },       { QK_GENERATE_PAIR, CKF_GENERATE_KEY_PAIR },
        { QK_UNWRAP, CKF_UNWRAP },   { QK_DERIVE, CKF_DERIVE },
    };
    CK_FLAGS flags = 0;

    for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
        if (mech->does & bits[i].does)
            flags |= bits[i].flag;
    if (mech->flags & QK_MECH_EC)
        flags |= CKF_EC_F_P | CKF_EC_OID | CKF_EC_UNCOMPRESS;
    if (mech->key == CKK_EC_EDWARDS) /* these curves are also named by a PrintableString */
        flags |= CKF_EC_CURVENAME;
    return flags;
}
