/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of ciphers and MACs. */
#include "p11/mechanism_param.h"

enum {
    GCM_IV_MOST = 128, /* bytes; OpenSSL's limit, far above the 12 that everybody uses */
    AES_BLOCK = 16,
    CCM_NONCE_LEAST = 7, /* SP 800-38C, appendix A.1 */
    CCM_NONCE_MOST = 13,
    AAD_MOST = 64 << 20, /* bytes; the most that one message may carry */
};

/* ---- an initialisation vector ---- */

static qk_err iv_read(qk_view param, qk_mech_use *use)
{
    use->iv = param;
    return QK_OK;
}

static qk_err iv_check(const qk_mech_use *use)
{
    if (use->iv.len != use->mech->iv_len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s needs an initialisation vector of %zu bytes, not %zu", use->mech->name,
                       use->mech->iv_len, use->iv.len);
    return QK_OK;
}

const qk_param_row qk_param_iv = { iv_read, iv_check, { QK_PARAM_AT(iv) }, 1 };

static qk_err optional_iv_check(const qk_mech_use *use)
{
    return use->iv.len == 0 ? QK_OK : iv_check(use);
}

const qk_param_row qk_param_optional_iv = { iv_read, optional_iv_check, { QK_PARAM_AT(iv) }, 1 };

/* ---- CTR ---- */

static qk_err ctr_read(qk_view param, qk_mech_use *use)
{
    CK_AES_CTR_PARAMS ctr;

    QK_TRY(qk_param_structure(use->mech, param, &ctr, sizeof(ctr)));
    memcpy(use->ctr.block, ctr.cb, AES_BLOCK);
    use->ctr.bits = ctr.ulCounterBits > 8 * AES_BLOCK ? 0 : (unsigned)ctr.ulCounterBits; /* 0 fails the check */
    return QK_OK;
}

static qk_err ctr_check(const qk_mech_use *use)
{
    if (use->ctr.bits < 1 || use->ctr.bits > 8 * AES_BLOCK)
        return qk_param_wrong(use->mech, "the counter must have 1 to 128 bits");
    return QK_OK;
}

const qk_param_row qk_param_ctr = { ctr_read, ctr_check, { 0 }, 0 };

/* ---- the length of a MAC ---- */

static qk_err mac_len_read(qk_view param, qk_mech_use *use)
{
    CK_MAC_GENERAL_PARAMS len;

    QK_TRY(qk_param_structure(use->mech, param, &len, sizeof(len)));
    use->mac_len = len;
    return QK_OK;
}

/* A MAC without bytes would fit everything. The row's iv_len is the longest. */
static qk_err mac_len_check(const qk_mech_use *use)
{
    if (use->mac_len < 1 || use->mac_len > use->mech->iv_len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s gives 1 to %zu bytes, not %zu", use->mech->name, use->mech->iv_len,
                       use->mac_len);
    return QK_OK;
}

const qk_param_row qk_param_mac_len = { mac_len_read, mac_len_check, { 0 }, 0 };

/* ---- GCM ---- */

/* CK_GCM_PARAMS before PKCS #11 2.40 had no ulIvBits; NSS and others still pass it that way. */
struct gcm_params_without_bits {
    CK_BYTE_PTR pIv;
    CK_ULONG ulIvLen;
    CK_BYTE_PTR pAAD;
    CK_ULONG ulAADLen;
    CK_ULONG ulTagBits;
};

/* ulIvBits is not looked at: the standard asks to take the length from ulIvLen alone. */
static qk_err gcm_read(qk_view param, qk_mech_use *use)
{
    CK_GCM_PARAMS gcm = { 0 };

    if (param.len == sizeof(struct gcm_params_without_bits)) {
        struct gcm_params_without_bits old;
        memcpy(&old, param.data, sizeof(old));
        gcm = (CK_GCM_PARAMS){ .pIv = old.pIv,
                               .ulIvLen = old.ulIvLen,
                               .pAAD = old.pAAD,
                               .ulAADLen = old.ulAADLen,
                               .ulTagBits = old.ulTagBits };
    } else {
        QK_TRY(qk_param_structure(use->mech, param, &gcm, sizeof(gcm)));
    }
    QK_TRY(qk_param_bytes(use->mech, gcm.pIv, gcm.ulIvLen, &use->gcm.iv));
    QK_TRY(qk_param_bytes(use->mech, gcm.pAAD, gcm.ulAADLen, &use->gcm.aad));
    use->gcm.tag_bits = gcm.ulTagBits > 128 ? 0 : (unsigned)gcm.ulTagBits; /* 0 fails the check */
    return QK_OK;
}

/* Tag lengths: SP 800-38D, 5.2.1.2. */
static qk_err gcm_check(const qk_mech_use *use)
{
    unsigned bits = use->gcm.tag_bits;

    if (use->gcm.iv.len < 1 || use->gcm.iv.len > GCM_IV_MOST)
        return qk_param_wrong(use->mech, "the initialisation vector must have 1 to 128 bytes");
    if (use->gcm.aad.len > AAD_MOST)
        return qk_param_wrong(use->mech, "additional data of more than 64 MiB");
    if (bits != 32 && bits != 64 && (bits < 96 || bits > 128 || bits % 8 != 0))
        return qk_param_wrong(use->mech, "the tag must have 32, 64, 96, 104, 112, 120 or 128 bits");
    return QK_OK;
}

const qk_param_row qk_param_gcm = { gcm_read, gcm_check, { QK_PARAM_AT(gcm.iv), QK_PARAM_AT(gcm.aad) }, 2 };

/* ---- CCM ---- */

static qk_err ccm_read(qk_view param, qk_mech_use *use)
{
    CK_CCM_PARAMS ccm;

    QK_TRY(qk_param_structure(use->mech, param, &ccm, sizeof(ccm)));
    QK_TRY(qk_param_bytes(use->mech, ccm.pNonce, ccm.ulNonceLen, &use->ccm.nonce));
    QK_TRY(qk_param_bytes(use->mech, ccm.pAAD, ccm.ulAADLen, &use->ccm.aad));
    use->ccm.data_len = ccm.ulDataLen;
    use->ccm.mac_len = ccm.ulMACLen;
    return QK_OK;
}

/* SP 800-38C, appendix A.1: n + q = 15, and the message's length fits into q bytes. */
static qk_err ccm_check(const qk_mech_use *use)
{
    size_t nonce = use->ccm.nonce.len, mac = use->ccm.mac_len;

    if (nonce < CCM_NONCE_LEAST || nonce > CCM_NONCE_MOST)
        return qk_param_wrong(use->mech, "the nonce must have 7 to 13 bytes");
    if (mac < 4 || mac > 16 || mac % 2 != 0)
        return qk_param_wrong(use->mech, "the MAC must have 4, 6, 8, 10, 12, 14 or 16 bytes");
    if (use->ccm.aad.len > AAD_MOST)
        return qk_param_wrong(use->mech, "additional data of more than 64 MiB");
    if (nonce > 15 - sizeof(size_t) && use->ccm.data_len >> (8 * (15 - nonce)) != 0)
        return qk_param_wrong(use->mech, "a message of that length needs a shorter nonce");
    return QK_OK;
}

const qk_param_row qk_param_ccm = { ccm_read, ccm_check, { QK_PARAM_AT(ccm.nonce), QK_PARAM_AT(ccm.aad) }, 2 };

/* ---- ChaCha20 ---- */

/* The block counter is little endian, as it stands in the cipher's state (RFC 8439, 2.3). */
static qk_err chacha20_read(qk_view param, qk_mech_use *use)
{
    CK_CHACHA20_PARAMS chacha;

    QK_TRY(qk_param_structure(use->mech, param, &chacha, sizeof(chacha)));
    if ((chacha.blockCounterBits != 32 && chacha.blockCounterBits != 64) || !chacha.pBlockCounter)
        return qk_param_wrong(use->mech, "the block counter must have 32 or 64 bits");
    if (chacha.ulNonceBits % 8 != 0)
        return qk_param_wrong(use->mech, "the nonce must have 64 or 96 bits");
    QK_TRY(qk_param_bytes(use->mech, chacha.pNonce, chacha.ulNonceBits / 8, &use->chacha.nonce));
    use->chacha.counter_bits = (unsigned)chacha.blockCounterBits;
    for (unsigned i = 0; i < chacha.blockCounterBits / 8; i++)
        use->chacha.counter |= (uint64_t)chacha.pBlockCounter[i] << (8 * i);
    return QK_OK;
}

/* Counter and nonce fill 128 bits together. */
static qk_err chacha20_check(const qk_mech_use *use)
{
    unsigned bits = use->chacha.counter_bits;

    if ((bits != 32 && bits != 64) || use->chacha.nonce.len != 16 - bits / 8)
        return qk_param_wrong(use->mech, "a counter of 32 bits with a nonce of 96, or 64 with 64");
    if (bits == 32 && use->chacha.counter > UINT32_MAX)
        return qk_param_wrong(use->mech, "the block counter has more than 32 bits");
    return QK_OK;
}

const qk_param_row qk_param_chacha20 = { chacha20_read, chacha20_check, { QK_PARAM_AT(chacha.nonce) }, 1 };

static qk_err chacha20_poly1305_read(qk_view param, qk_mech_use *use)
{
    CK_SALSA20_CHACHA20_POLY1305_PARAMS aead;

    QK_TRY(qk_param_structure(use->mech, param, &aead, sizeof(aead)));
    QK_TRY(qk_param_bytes(use->mech, aead.pNonce, aead.ulNonceLen, &use->chacha.nonce));
    return qk_param_bytes(use->mech, aead.pAAD, aead.ulAADLen, &use->chacha.aad);
}

static qk_err chacha20_poly1305_check(const qk_mech_use *use)
{
    if (use->chacha.nonce.len != 12)
        return qk_param_wrong(use->mech, "the nonce must have 12 bytes");
    if (use->chacha.aad.len > AAD_MOST)
        return qk_param_wrong(use->mech, "additional data of more than 64 MiB");
    return QK_OK;
}

const qk_param_row qk_param_chacha20_poly1305 = {
    chacha20_poly1305_read, chacha20_poly1305_check, { QK_PARAM_AT(chacha.nonce), QK_PARAM_AT(chacha.aad) }, 2
};
