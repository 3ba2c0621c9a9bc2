/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of post-quantum mechanisms. */
#include "p11/mechanism_param.h"

enum { CONTEXT_MOST = 255 }; /* bytes; FIPS 204, algorithm 2 */

/* ---- signatures ---- */

/* IBM's structure has the same shape; its variants of hedging are one above the standard's. */
static qk_err hedge_read(const qk_mech *mech, CK_ULONG given, CK_ULONG *out)
{
    if (mech->type != CKM_IBM_ML_DSA) {
        *out = given;
        return QK_OK;
    }
    *out = given - 1;
    return given > 0 ? QK_OK : qk_param_wrong(mech, "an unknown variant of hedging");
}

static qk_err sign_context_read(qk_view param, qk_mech_use *use)
{
    CK_SIGN_ADDITIONAL_CONTEXT given;

    if (param.len == 0)
        return QK_OK;
    QK_TRY(qk_param_structure(use->mech, param, &given, sizeof given));
    QK_TRY(hedge_read(use->mech, given.hedgeVariant, &use->sign_context.hedge));
    return qk_param_bytes(use->mech, given.pContext, given.ulContextLen, &use->sign_context.context);
}

static qk_err sign_context_check(const qk_mech_use *use)
{
    if (use->sign_context.hedge > CKH_DETERMINISTIC_REQUIRED)
        return qk_param_wrong(use->mech, "an unknown variant of hedging");
    if (use->sign_context.context.len > CONTEXT_MOST)
        return qk_param_wrong(use->mech, "a context of more than 255 bytes");
    if (use->sign_context.context.len > 0 && use->mech->type == CKM_ML_DSA_EXTERNAL_MU)
        return qk_param_wrong(use->mech, "the context is part of mu already");
    return QK_OK;
}

static qk_err hash_context_read(qk_view param, qk_mech_use *use)
{
    CK_HASH_SIGN_ADDITIONAL_CONTEXT given;

    QK_TRY(qk_param_structure(use->mech, param, &given, sizeof given));
    use->sign_context.hedge = given.hedgeVariant;
    use->sign_context.hash = given.hash;
    return qk_param_bytes(use->mech, given.pContext, given.ulContextLen, &use->sign_context.context);
}

/* The hash functions of SHAKE have no digest mechanism, so the mechanisms that use them name them. */
static qk_err hash_context_check(const qk_mech_use *use)
{
    static const CK_MECHANISM_TYPE shakes[] = { CKM_HASH_ML_DSA_SHAKE128, CKM_HASH_ML_DSA_SHAKE256,
                                                CKM_HASH_SLH_DSA_SHAKE128, CKM_HASH_SLH_DSA_SHAKE256 };

    QK_TRY(sign_context_check(use));
    for (size_t i = 0; i < sizeof shakes / sizeof shakes[0]; i++)
        if (shakes[i] == use->sign_context.hash)
            return QK_OK;
    return qk_param_hash(use->mech, use->sign_context.hash);
}

const qk_param_row qk_param_sign_context = {
    sign_context_read, sign_context_check, { QK_PARAM_AT(sign_context.context) }, 1
};
const qk_param_row qk_param_hash_sign_context = {
    hash_context_read, hash_context_check, { QK_PARAM_AT(sign_context.context) }, 1
};

/* ---- Kyber by derivation ---- */

enum { SHARED_MOST = 1024 };

_Static_assert(offsetof(XCP_KYBER_KEM_PARAMS, pBlob) == offsetof(CK_IBM_KYBER_PARAMS, hSecret),
               "IBM's two structures begin alike");

/* EP11's structure has a blob where openCryptoki's has a handle. Applications have handles: where no blob of a key can
 * be as short, the bytes are one. */
static qk_err second_read(qk_view param, const qk_mech *mech, qk_second_key *out)
{
    XCP_KYBER_KEM_PARAMS given;

    QK_TRY(qk_param_structure(mech, param, &given, sizeof given));
    QK_TRY(qk_param_bytes(mech, given.pBlob, given.ulBlobLen, &out->blob));
    if (out->blob.len != sizeof out->handle)
        return QK_OK;
    memcpy(&out->handle, out->blob.data, sizeof out->handle);
    out->blob = QK_VIEW_NONE;
    return QK_OK;
}

/* Making a pair takes none, and deriving without one is refused by its mode. Of encapsulation pCipher is the place of
 * an answer, and none of ours to read. */
static qk_err kyber_read(qk_view param, qk_mech_use *use)
{
    CK_IBM_KYBER_PARAMS given = { 0 };
    bool is_eps = param.len == sizeof(XCP_KYBER_KEM_PARAMS);

    if (param.len == 0)
        return QK_OK;
    if (is_eps)
        QK_TRY(second_read(param, use->mech, &use->second));
    QK_TRY(qk_param_structure(use->mech, is_eps ? qk_view_slice(param, 0, sizeof given) : param, &given, sizeof given));
    if (given.ulVersion > UINT32_MAX || given.mode > UINT32_MAX || given.mode == 0)
        return qk_param_wrong(use->mech, "the version or the mode is out of range");
    use->kem.version = (unsigned)given.ulVersion;
    use->kem.mode = (unsigned)given.mode;
    use->kem.kdf = given.kdf;
    use->kem.prepend = given.bPrepend != CK_FALSE;
    if (!is_eps)
        use->second.handle = given.hSecret;
    if (given.mode == CK_IBM_KEM_DECAPSULATE)
        QK_TRY(qk_param_bytes(use->mech, given.pCipher, given.ulCipherLen, &use->kem.cipher));
    return qk_param_bytes(use->mech, given.pSharedData, given.ulSharedDataLen, &use->kem.shared);
}

static qk_err kyber_check(const qk_mech_use *use)
{
    bool plain = use->kem.kdf == CKD_NULL || use->kem.kdf == CKD_IBM_HYBRID_NULL;

    if (use->kem.version != XCP_KYBER_KEM_VERSION)
        return qk_param_wrong(use->mech, "the version is not 0");
    if (use->kem.mode == 0) /* no parameter */
        return QK_OK;
    if (use->kem.mode != CK_IBM_KEM_ENCAPSULATE && use->kem.mode != CK_IBM_KEM_DECAPSULATE)
        return qk_param_wrong(use->mech, "neither encapsulates nor decapsulates");
    if (!plain && (use->kem.kdf < CKD_IBM_HYBRID_SHA1_KDF || use->kem.kdf > CKD_IBM_HYBRID_SHA512_KDF))
        return qk_param_wrong(use->mech, "an unknown derivation function");
    if (use->kem.mode == CK_IBM_KEM_DECAPSULATE && use->kem.cipher.len == 0)
        return qk_param_wrong(use->mech, "decapsulation needs a ciphertext");
    if (use->kem.shared.len > SHARED_MOST || (plain && use->kem.shared.len > 0))
        return qk_param_wrong(use->mech, "shared data of more than 1024 bytes, or without a derivation function");
    return QK_OK;
}

const qk_param_row qk_param_kyber_kem = {
    kyber_read, kyber_check, { QK_PARAM_AT(kem.cipher), QK_PARAM_AT(kem.shared), QK_PARAM_AT(second.blob) }, 3
};
