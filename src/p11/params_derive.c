/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of key derivation. SP 800-108 and TLS have files of their own. */
#include "p11/mechanism_param.h"

enum {
    PUBLIC_MOST = 1024, /* bytes; GREP11 protocol, section 13 */
    SHARED_MOST = 1024, /* bytes; the same */
    PRIME_MOST = 16384 / 8,
    DATA_MOST = 65536, /* bytes of data that becomes part of a key */
    SALT_MOST = 65536,
    PASSWORD_MOST = 65535,
    ITERATIONS_MOST = 10000000, /* ten seconds or so; a server has other users */
};

qk_err qk_param_hash(const qk_mech *mech, CK_MECHANISM_TYPE hash)
{
    const qk_mech *digest = qk_mech_find(hash);

    if (!digest || !(digest->does & QK_DIGEST))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: hash 0x%lx is unknown", mech->name, hash);
    return QK_OK;
}

/* ---- agreement with another side ---- */

static qk_err ecdh_read(qk_view param, qk_mech_use *use)
{
    CK_ECDH1_DERIVE_PARAMS ecdh;

    QK_TRY(qk_param_structure(use->mech, param, &ecdh, sizeof(ecdh)));
    QK_TRY(qk_param_bytes(use->mech, ecdh.pSharedData, ecdh.ulSharedDataLen, &use->ecdh.shared));
    QK_TRY(qk_param_bytes(use->mech, ecdh.pPublicData, ecdh.ulPublicDataLen, &use->ecdh.public_data));
    use->ecdh.kdf = ecdh.kdf;
    return QK_OK;
}

/* X9.63's and SP 800-56's, without the old ASN.1 forms and those of other countries. */
static bool is_ecdh_kdf(CK_EC_KDF_TYPE kdf)
{
    return kdf == CKD_NULL || kdf == CKD_SHA1_KDF || (kdf >= CKD_SHA224_KDF && kdf <= CKD_SHA512_KDF) ||
           (kdf >= CKD_SHA3_224_KDF && kdf <= CKD_SHA3_512_KDF_SP800);
}

static qk_err ecdh_check(const qk_mech_use *use)
{
    if (!is_ecdh_kdf(use->ecdh.kdf))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: key derivation function 0x%lx is unknown", use->mech->name,
                       use->ecdh.kdf);
    if (use->ecdh.public_data.len > PUBLIC_MOST) /* encapsulation gives none */
        return qk_param_wrong(use->mech, "the other side's public value must have 1 to 1024 bytes");
    if (use->ecdh.shared.len > SHARED_MOST)
        return qk_param_wrong(use->mech, "shared data of more than 1024 bytes");
    if (use->ecdh.kdf == CKD_NULL && use->ecdh.shared.len > 0)
        return qk_param_wrong(use->mech, "shared data without a key derivation function");
    return QK_OK;
}

const qk_param_row qk_param_ecdh = {
    ecdh_read, ecdh_check, { QK_PARAM_AT(ecdh.shared), QK_PARAM_AT(ecdh.public_data) }, 2
};

static qk_err data_read(qk_view param, qk_mech_use *use)
{
    use->data.data = param;
    return QK_OK;
}

static qk_err data_check(const qk_mech_use *use)
{
    if (use->data.data.len == 0 || use->data.data.len > PRIME_MOST)
        return qk_param_wrong(use->mech, "the other side's public value must have 1 to 2048 bytes");
    return QK_OK;
}

const qk_param_row qk_param_data = { data_read, data_check, { QK_PARAM_AT(data.data) }, 1 };

/* ---- data that a key is made of ---- */

static qk_err string_read(qk_view param, qk_mech_use *use)
{
    CK_KEY_DERIVATION_STRING_DATA string;

    QK_TRY(qk_param_structure(use->mech, param, &string, sizeof(string)));
    return qk_param_bytes(use->mech, string.pData, string.ulLen, &use->data.data);
}

static qk_err string_check(const qk_mech_use *use)
{
    if (use->data.data.len > DATA_MOST)
        return qk_param_wrong(use->mech, "more than 64 KiB of data");
    return QK_OK;
}

const qk_param_row qk_param_string = { string_read, string_check, { QK_PARAM_AT(data.data) }, 1 };

/* The two structures differ in the length of the IV alone. */
static qk_err encrypt_data_read(qk_view param, qk_mech_use *use)
{
    if (use->mech->iv_len == sizeof((CK_AES_CBC_ENCRYPT_DATA_PARAMS *)NULL)->iv) {
        CK_AES_CBC_ENCRYPT_DATA_PARAMS aes;
        QK_TRY(qk_param_structure(use->mech, param, &aes, sizeof(aes)));
        QK_TRY(qk_param_bytes(use->mech, aes.pData, aes.length, &use->data.data));
    } else {
        CK_DES_CBC_ENCRYPT_DATA_PARAMS des;
        QK_TRY(qk_param_structure(use->mech, param, &des, sizeof(des)));
        QK_TRY(qk_param_bytes(use->mech, des.pData, des.length, &use->data.data));
    }
    use->data.iv = qk_view_of(param.data, use->mech->iv_len); /* the first member of both */
    return QK_OK;
}

static qk_err encrypt_data_check(const qk_mech_use *use)
{
    if (use->data.iv.len != use->mech->iv_len)
        return qk_param_wrong(use->mech, "the initialisation vector is as long as a block");
    return string_check(use);
}

const qk_param_row qk_param_encrypt_data = {
    encrypt_data_read, encrypt_data_check, { QK_PARAM_AT(data.iv), QK_PARAM_AT(data.data) }, 2
};

static qk_err extract_read(qk_view param, qk_mech_use *use)
{
    CK_EXTRACT_PARAMS first_bit;

    QK_TRY(qk_param_structure(use->mech, param, &first_bit, sizeof(first_bit)));
    use->first_bit = first_bit;
    return QK_OK;
}

const qk_param_row qk_param_extract = { extract_read, NULL, { 0 }, 0 };

static qk_err second_key_read(qk_view param, qk_mech_use *use)
{
    QK_TRY(qk_param_structure(use->mech, param, &use->second.handle, sizeof(use->second.handle)));
    return use->second.handle != CK_INVALID_HANDLE ? QK_OK : qk_param_wrong(use->mech, "names no key");
}

const qk_param_row qk_param_second_key = { second_key_read, NULL, { QK_PARAM_AT(second.blob) }, 1 };

/* ---- HKDF ---- */

/* PKCS #11 wants the hash of the HMAC; Java names the HMAC. */
static CK_MECHANISM_TYPE hash_of_prf(CK_MECHANISM_TYPE prf)
{
    const qk_mech *mech = qk_mech_find(prf);
    bool is_hmac = mech && mech->key == QK_ANY_SECRET && (mech->does & QK_SIGN) && mech->param == QK_PARAM_NONE;

    return is_hmac ? mech->hash : prf;
}

static qk_err hkdf_read(qk_view param, qk_mech_use *use)
{
    CK_HKDF_PARAMS hkdf;

    QK_TRY(qk_param_structure(use->mech, param, &hkdf, sizeof(hkdf)));
    use->hkdf.extract = hkdf.bExtract != CK_FALSE;
    use->hkdf.expand = hkdf.bExpand != CK_FALSE;
    use->hkdf.hash = hash_of_prf(hkdf.prfHashMechanism);
    use->hkdf.salt_type = hkdf.ulSaltType;
    if (use->hkdf.extract && hkdf.ulSaltType == CKF_HKDF_SALT_DATA)
        QK_TRY(qk_param_bytes(use->mech, hkdf.pSalt, hkdf.ulSaltLen, &use->hkdf.salt));
    if (use->hkdf.extract && hkdf.ulSaltType == CKF_HKDF_SALT_KEY) {
        use->second.handle = hkdf.hSaltKey;
        if (hkdf.hSaltKey == CK_INVALID_HANDLE)
            return qk_param_wrong(use->mech, "names no salt key");
    }
    if (use->hkdf.expand)
        QK_TRY(qk_param_bytes(use->mech, hkdf.pInfo, hkdf.ulInfoLen, &use->hkdf.info));
    return QK_OK;
}

static qk_err hkdf_check(const qk_mech_use *use)
{
    CK_ULONG salt = use->hkdf.salt_type;

    if (!use->hkdf.extract && !use->hkdf.expand)
        return qk_param_wrong(use->mech, "neither extracts nor expands");
    if (use->hkdf.extract && salt != CKF_HKDF_SALT_NULL && salt != CKF_HKDF_SALT_DATA && salt != CKF_HKDF_SALT_KEY)
        return qk_param_wrong(use->mech, "the salt is none, data or a key");
    if (use->hkdf.extract && salt == CKF_HKDF_SALT_DATA && use->hkdf.salt.len == 0)
        return qk_param_wrong(use->mech, "an empty salt is CKF_HKDF_SALT_NULL");
    if (use->hkdf.salt.len > SALT_MOST || use->hkdf.info.len > DATA_MOST)
        return qk_param_wrong(use->mech, "salt or information of more than 64 KiB");
    return qk_param_hash(use->mech, use->hkdf.hash);
}

const qk_param_row qk_param_hkdf = {
    hkdf_read, hkdf_check, { QK_PARAM_AT(second.blob), QK_PARAM_AT(hkdf.salt), QK_PARAM_AT(hkdf.info) }, 3
};

/* ---- PBKDF2 ---- */

/* In CK_PKCS5_PBKD2_PARAMS the password's length is a pointer to the length, in CK_PKCS5_PBKD2_PARAMS2 the length, and
 * nothing in the two says which one it is. No password is as long as the smallest address that a process can have
 * (64 KiB on Linux), so the value tells. */
static CK_ULONG password_len(CK_ULONG value)
{
    CK_ULONG len;

    if (value <= PASSWORD_MOST || value % _Alignof(CK_ULONG) != 0 || value > INTPTR_MAX)
        return value; /* if it is neither, it is a length that the check refuses */
    memcpy(&len, (const void *)value, sizeof(len));
    return len;
}

static qk_err pbkdf2_read(qk_view param, qk_mech_use *use)
{
    CK_PKCS5_PBKD2_PARAMS2 pbkdf2;

    _Static_assert(sizeof(CK_PKCS5_PBKD2_PARAMS) == sizeof(CK_PKCS5_PBKD2_PARAMS2), "both are read as one");
    QK_TRY(qk_param_structure(use->mech, param, &pbkdf2, sizeof(pbkdf2)));
    if (pbkdf2.saltSource != CKZ_SALT_SPECIFIED)
        return qk_param_wrong(use->mech, "the salt must be given");
    if (pbkdf2.ulPrfDataLen > 0)
        return qk_param_wrong(use->mech, "the functions here take no data of their own");
    QK_TRY(qk_param_bytes(use->mech, pbkdf2.pSaltSourceData, pbkdf2.ulSaltSourceDataLen, &use->pbkdf2.salt));
    QK_TRY(qk_param_bytes(use->mech, pbkdf2.pPassword, password_len(pbkdf2.ulPasswordLen), &use->pbkdf2.password));
    use->pbkdf2.prf = pbkdf2.prf;
    use->pbkdf2.iterations = pbkdf2.iterations;
    return QK_OK;
}

static qk_err pbkdf2_check(const qk_mech_use *use)
{
    CK_ULONG prf = use->pbkdf2.prf;

    if (prf != CKP_PKCS5_PBKD2_HMAC_SHA1 &&
        (prf < CKP_PKCS5_PBKD2_HMAC_SHA224 || prf > CKP_PKCS5_PBKD2_HMAC_SHA512_256))
        return qk_param_wrong(use->mech, "the function must be HMAC with SHA-1 or SHA-2");
    if (use->pbkdf2.iterations == 0 || use->pbkdf2.iterations > ITERATIONS_MOST)
        return qk_param_wrong(use->mech, "the number of iterations must be 1 to 10,000,000");
    if (use->pbkdf2.password.len > PASSWORD_MOST || use->pbkdf2.salt.len > SALT_MOST)
        return qk_param_wrong(use->mech, "password or salt of more than 64 KiB");
    return QK_OK;
}

const qk_param_row qk_param_pbkdf2 = {
    pbkdf2_read, pbkdf2_check, { QK_PARAM_AT(pbkdf2.salt), QK_PARAM_AT(pbkdf2.password) }, 2
};
