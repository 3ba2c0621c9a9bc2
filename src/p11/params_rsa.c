/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of RSA, and the mask generation functions. */
#include "p11/mechanism_param.h"

enum {
    LABEL_MOST = 1024, /* bytes; limit of EP11 */
    SALT_MOST = 2048,  /* bytes; no modulus of ours is longer */
};

/* clang-format off */
static const struct {
    CK_RSA_PKCS_MGF_TYPE mgf;
    CK_MECHANISM_TYPE hash;
} mgfs[] = {
    { CKG_MGF1_SHA1, CKM_SHA_1 },
    { CKG_MGF1_SHA224, CKM_SHA224 },
    { CKG_MGF1_SHA256, CKM_SHA256 },
    { CKG_MGF1_SHA384, CKM_SHA384 },
    { CKG_MGF1_SHA512, CKM_SHA512 },
    { CKG_MGF1_SHA3_224, CKM_SHA3_224 },
    { CKG_MGF1_SHA3_256, CKM_SHA3_256 },
    { CKG_MGF1_SHA3_384, CKM_SHA3_384 },
    { CKG_MGF1_SHA3_512, CKM_SHA3_512 },
    { CKG_IBM_MGF1_SHA3_224, CKM_IBM_SHA3_224 },
    { CKG_IBM_MGF1_SHA3_256, CKM_IBM_SHA3_256 },
    { CKG_IBM_MGF1_SHA3_384, CKM_IBM_SHA3_384 },
    { CKG_IBM_MGF1_SHA3_512, CKM_IBM_SHA3_512 },
};
/* clang-format on */

CK_MECHANISM_TYPE qk_mgf_hash(CK_RSA_PKCS_MGF_TYPE mgf)
{
    for (size_t i = 0; i < sizeof(mgfs) / sizeof(mgfs[0]); i++)
        if (mgfs[i].mgf == mgf)
            return mgfs[i].hash;
    return QK_NO_HASH;
}

CK_RSA_PKCS_MGF_TYPE qk_mgf_of_hash(CK_MECHANISM_TYPE hash)
{
    for (size_t i = 0; i < sizeof(mgfs) / sizeof(mgfs[0]); i++)
        if (mgfs[i].hash == hash)
            return mgfs[i].mgf;
    return 0;
}

/* Any digest of ours may hash a label or a message, also those that no mask is made with (SHA-512/t). */
static bool is_hash(CK_MECHANISM_TYPE type)
{
    const qk_mech *mech = qk_mech_find(type);

    return mech && mech->does == QK_DIGEST && mech->param == QK_PARAM_NONE;
}

/* ---- OAEP ---- */

static qk_err oaep_read(qk_view param, qk_mech_use *use)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep;

    QK_TRY(qk_param_structure(use->mech, param, &oaep, sizeof(oaep)));
    if (oaep.source != 0 && oaep.source != CKZ_DATA_SPECIFIED)
        return qk_param_wrong(use->mech, "unknown source of the label");
    QK_TRY(qk_param_bytes(use->mech, oaep.pSourceData, oaep.ulSourceDataLen, &use->oaep.label));
    if (oaep.source == 0 && use->oaep.label.len > 0)
        return qk_param_wrong(use->mech, "a label without a source");
    use->oaep.hash = oaep.hashAlg;
    use->oaep.mgf_hash = qk_mgf_hash(oaep.mgf);
    return QK_OK;
}

static qk_err oaep_check(const qk_mech_use *use)
{
    if (!is_hash(use->oaep.hash))
        return qk_param_wrong(use->mech, "unknown hash");
    if (!qk_mgf_of_hash(use->oaep.mgf_hash))
        return qk_param_wrong(use->mech, "unknown mask generation function");
    if (use->oaep.label.len > LABEL_MOST)
        return qk_param_wrong(use->mech, "a label of more than 1024 bytes");
    return QK_OK;
}

const qk_param_row qk_param_oaep = { oaep_read, oaep_check, { QK_PARAM_AT(oaep.label) }, 1 };

/* ---- PSS ---- */

static qk_err pss_read(qk_view param, qk_mech_use *use)
{
    CK_RSA_PKCS_PSS_PARAMS pss;

    QK_TRY(qk_param_structure(use->mech, param, &pss, sizeof(pss)));
    use->pss.hash = pss.hashAlg;
    use->pss.mgf_hash = qk_mgf_hash(pss.mgf);
    use->pss.salt_len = pss.sLen;
    return QK_OK;
}

static qk_err pss_check(const qk_mech_use *use)
{
    if (!is_hash(use->pss.hash))
        return qk_param_wrong(use->mech, "unknown hash");
    if (!qk_mgf_of_hash(use->pss.mgf_hash))
        return qk_param_wrong(use->mech, "unknown mask generation function");
    if (use->mech->hash != QK_NO_HASH && use->mech->hash != use->pss.hash)
        return qk_param_wrong(use->mech, "the parameter names another hash than the mechanism");
    if (use->pss.salt_len > SALT_MOST)
        return qk_param_wrong(use->mech, "the salt is too long");
    return QK_OK;
}

const qk_param_row qk_param_pss = { pss_read, pss_check, { 0 }, 0 };

/* ---- OAEP of a temporary AES key ---- */

static qk_err rsa_aes_read(qk_view param, qk_mech_use *use)
{
    CK_RSA_AES_KEY_WRAP_PARAMS wrap;
    qk_mech_use oaep = { .mech = use->mech };

    QK_TRY(qk_param_structure(use->mech, param, &wrap, sizeof(wrap)));
    if (!wrap.pOAEPParams)
        return qk_param_wrong(use->mech, "pOAEPParams is NULL");
    QK_TRY(oaep_read(qk_view_of(wrap.pOAEPParams, sizeof(CK_RSA_PKCS_OAEP_PARAMS)), &oaep));
    use->rsa_aes.oaep = oaep.oaep;
    use->rsa_aes.aes_bits = wrap.ulAESKeyBits > 256 ? 0 : (unsigned)wrap.ulAESKeyBits; /* 0 fails the check */
    return QK_OK;
}

static qk_err rsa_aes_check(const qk_mech_use *use)
{
    unsigned bits = use->rsa_aes.aes_bits;

    if (bits != 128 && bits != 192 && bits != 256)
        return qk_param_wrong(use->mech, "the temporary AES key has 128, 192 or 256 bits");
    return oaep_check(&(qk_mech_use){ .mech = use->mech, .oaep = use->rsa_aes.oaep });
}

const qk_param_row qk_param_rsa_aes = { rsa_aes_read, rsa_aes_check, { QK_PARAM_AT(rsa_aes.oaep.label) }, 1 };
