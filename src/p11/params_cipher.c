/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of ciphers and MACs. */
#include "p11/mechanism_param.h"

enum {
    GCM_IV_MOST = 128,   /* bytes; OpenSSL's limit, far above the 12 that everybody uses */
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
