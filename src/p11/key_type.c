/* SPDX-License-Identifier: Apache-2.0 */
#include "p11/key_type.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* clang-format off */
/* Types that work with the mechanisms of another type, for these functions. */
static const struct {
    CK_KEY_TYPE mech, key;
    unsigned functions;
} also[] = {
    { CKK_EC,         CKK_EC_MONTGOMERY, QK_DERIVE | QK_ENCAPSULATE | QK_DECAPSULATE }, /* CKM_ECDH1_DERIVE takes both */
    { QK_SEED_OR_EC,  CKK_GENERIC_SECRET, QK_DERIVE }, /* BIP-32 begins with a seed */
    { QK_SEED_OR_EC,  CKK_EC,            QK_DERIVE },
    { QK_NO_KEY,      CKK_EC,            QK_DERIVE }, /* what CKM_IBM_EC_AGGREGATE adds up */
    { QK_AES_OR_RSA,  CKK_AES,           QK_WRAP | QK_UNWRAP },
    { QK_AES_OR_RSA,  CKK_RSA,           QK_WRAP | QK_UNWRAP },
    { CKK_IBM_ML_DSA, CKK_ML_DSA,        QK_SIGN | QK_VERIFY }, /* one algorithm under two names */
    { CKK_ML_DSA,     CKK_IBM_ML_DSA,    QK_SIGN | QK_VERIFY },
    { CKK_IBM_ML_KEM, CKK_ML_KEM,        QK_DERIVE | QK_ENCAPSULATE | QK_DECAPSULATE },
    { CKK_ML_KEM,     CKK_IBM_ML_KEM,    QK_ENCAPSULATE | QK_DECAPSULATE },
    { CKK_DES3,       CKK_DES2,          ~0u }, /* the third key is the first one */
};

static const CK_KEY_TYPE pairs[] = {
    CKK_RSA, CKK_DSA, CKK_DH, CKK_EC, CKK_X9_42_DH, CKK_KEA, CKK_GOSTR3410, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY,
    CKK_HSS, CKK_XMSS, CKK_XMSSMT, CKK_ML_KEM, CKK_ML_DSA, CKK_SLH_DSA,
    CKK_IBM_PQC_DILITHIUM, CKK_IBM_PQC_KYBER, CKK_IBM_ML_DSA, CKK_IBM_ML_KEM,
};
/* clang-format on */

bool qk_key_type_is_asymmetric(CK_KEY_TYPE type)
{
    for (size_t i = 0; i < COUNT(pairs); i++)
        if (pairs[i] == type)
            return true;
    return false;
}

/* Public keys encrypt, verify and wrap; private ones do the reverse; secret keys do all. Both halves derive: BIP-32
 * makes public keys of public keys. */
static bool class_fits(CK_OBJECT_CLASS class, unsigned function)
{
    static const unsigned by_public = QK_ENCRYPT | QK_VERIFY | QK_WRAP | QK_VERIFY_RECOVER | QK_ENCAPSULATE | QK_DERIVE;
    static const unsigned by_private = QK_DECRYPT | QK_SIGN | QK_UNWRAP | QK_SIGN_RECOVER | QK_DECAPSULATE | QK_DERIVE;

    if (class == CKO_PUBLIC_KEY)
        return function & by_public;
    if (class == CKO_PRIVATE_KEY)
        return function & by_private;
    return class == CKO_SECRET_KEY && (function & (by_public | by_private));
}

bool qk_key_type_fits(const qk_mech *mech, unsigned function, CK_OBJECT_CLASS class, CK_KEY_TYPE type)
{
    if (!class_fits(class, function))
        return false;
    if (mech->key == QK_ANY_SECRET)
        return class == CKO_SECRET_KEY;
    if (mech->key == type)
        return true;
    for (size_t i = 0; i < COUNT(also); i++)
        if (also[i].mech == mech->key && also[i].key == type && (also[i].functions & function))
            return true;
    return false;
}

CK_OBJECT_CLASS qk_key_class_derived(const qk_mech_use *use)
{
    static const CK_OBJECT_CLASS of_step[] = {
        [CK_IBM_BIP0032_PRV2PRV] = CKO_PRIVATE_KEY,  [CK_IBM_BIP0032_PRV2PUB] = CKO_PUBLIC_KEY,
        [CK_IBM_BIP0032_PUB2PUB] = CKO_PUBLIC_KEY,   [CK_IBM_BIP0032_MASTERK] = CKO_PRIVATE_KEY,
        [CK_IBM_SLIP0010_PRV2PRV] = CKO_PRIVATE_KEY, [CK_IBM_SLIP0010_PRV2PUB] = CKO_PUBLIC_KEY,
        [CK_IBM_SLIP0010_PUB2PUB] = CKO_PUBLIC_KEY,  [CK_IBM_SLIP0010_MASTERK] = CKO_PRIVATE_KEY,
    };

    if (use->mech->type == CKM_HKDF_DATA || use->mech->type == CKM_TLS_PRF)
        return CKO_DATA;
    if (use->mech->type == CKM_IBM_EC_AGGREGATE)
        return CKO_PUBLIC_KEY;
    return use->mech->type == CKM_IBM_BTC_DERIVE ? of_step[use->btc.type] : CKO_SECRET_KEY;
}
