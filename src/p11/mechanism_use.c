/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the parameter of a mechanism: one small reader per kind, found by a table. Whatever an application or a peer
 * may get wrong is caught here, once, so that the engines meet sound values only. */
#include "p11/mechanism.h"

enum {
    GCM_IV_MOST = 128,        /* bytes; OpenSSL's limit, far above the 12 that everybody uses */
    AAD_MOST = 64 << 20,      /* bytes; the most that one message may carry */
    LABEL_MOST = 1024,        /* bytes; limit of EP11 */
    SALT_MOST = 2048,         /* bytes; no modulus of ours is longer */
    EDDSA_CONTEXT_MOST = 255, /* bytes; RFC 8032, 5.1 */
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

static qk_err param_wrong(const qk_mech *mech, const char *what)
{
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: %s", mech->name, what);
}

/* ---- checks of decoded parameters ---- */

static qk_err none_check(const qk_mech_use *use)
{
    (void)use;
    return QK_OK;
}

static qk_err iv_check(const qk_mech_use *use)
{
    if (use->iv.len != use->mech->iv_len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s needs an initialisation vector of %zu bytes, not %zu", use->mech->name,
                       use->mech->iv_len, use->iv.len);
    return QK_OK;
}

/* Tag lengths: SP 800-38D, 5.2.1.2. */
static qk_err gcm_check(const qk_mech_use *use)
{
    unsigned bits = use->gcm.tag_bits;

    if (use->gcm.iv.len < 1 || use->gcm.iv.len > GCM_IV_MOST)
        return param_wrong(use->mech, "the initialisation vector must have 1 to 128 bytes");
    if (use->gcm.aad.len > AAD_MOST)
        return param_wrong(use->mech, "additional data of more than 64 MiB");
    if (bits != 32 && bits != 64 && (bits < 96 || bits > 128 || bits % 8 != 0))
        return param_wrong(use->mech, "the tag must have 32, 64, 96, 104, 112, 120 or 128 bits");
    return QK_OK;
}

static qk_err oaep_check(const qk_mech_use *use)
{
    if (!qk_mgf_of_hash(use->oaep.hash))
        return param_wrong(use->mech, "unknown hash");
    if (!qk_mgf_of_hash(use->oaep.mgf_hash))
        return param_wrong(use->mech, "unknown mask generation function");
    if (use->oaep.label.len > LABEL_MOST)
        return param_wrong(use->mech, "a label of more than 1024 bytes");
    return QK_OK;
}

static qk_err pss_check(const qk_mech_use *use)
{
    if (!qk_mgf_of_hash(use->pss.hash))
        return param_wrong(use->mech, "unknown hash");
    if (!qk_mgf_of_hash(use->pss.mgf_hash))
        return param_wrong(use->mech, "unknown mask generation function");
    if (use->mech->hash != QK_NO_HASH && use->mech->hash != use->pss.hash)
        return param_wrong(use->mech, "the parameter names another hash than the mechanism");
    if (use->pss.salt_len > SALT_MOST)
        return param_wrong(use->mech, "the salt is too long");
    return QK_OK;
}

static qk_err eddsa_check(const qk_mech_use *use)
{
    if (use->eddsa.context.len > EDDSA_CONTEXT_MOST)
        return param_wrong(use->mech, "a context of more than 255 bytes");
    if (!use->eddsa.given && (use->eddsa.prehash || use->eddsa.context.len > 0))
        return param_wrong(use->mech, "a context without a parameter");
    return QK_OK;
}

/* ---- readers of C structures ---- */

/* A structure is copied out, since nobody promises that it is aligned. */
static qk_err structure_copy(const qk_mech *mech, qk_view param, void *out, size_t len)
{
    if (param.len != len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s needs a parameter of %zu bytes, not %zu", mech->name, len, param.len);
    memcpy(out, param.data, len);
    return QK_OK;
}

static qk_err bytes_read(const qk_mech *mech, const void *data, CK_ULONG len, qk_view *out)
{
    if (len > 0 && !data)
        return param_wrong(mech, "a length in the parameter has no data");
    *out = len > 0 ? qk_view_of(data, len) : QK_VIEW_NONE;
    return QK_OK;
}

static qk_err none_read(qk_view param, qk_mech_use *use)
{
    return param.len == 0 ? QK_OK : param_wrong(use->mech, "takes no parameter");
}

static qk_err iv_read(qk_view param, qk_mech_use *use)
{
    use->iv = param;
    return QK_OK;
}

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
        QK_TRY(structure_copy(use->mech, param, &gcm, sizeof(gcm)));
    }
    QK_TRY(bytes_read(use->mech, gcm.pIv, gcm.ulIvLen, &use->gcm.iv));
    QK_TRY(bytes_read(use->mech, gcm.pAAD, gcm.ulAADLen, &use->gcm.aad));
    use->gcm.tag_bits = gcm.ulTagBits > 128 ? 0 : (unsigned)gcm.ulTagBits; /* 0 fails the check */
    return QK_OK;
}

static qk_err oaep_read(qk_view param, qk_mech_use *use)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep;

    QK_TRY(structure_copy(use->mech, param, &oaep, sizeof(oaep)));
    if (oaep.source != 0 && oaep.source != CKZ_DATA_SPECIFIED)
        return param_wrong(use->mech, "unknown source of the label");
    QK_TRY(bytes_read(use->mech, oaep.pSourceData, oaep.ulSourceDataLen, &use->oaep.label));
    if (oaep.source == 0 && use->oaep.label.len > 0)
        return param_wrong(use->mech, "a label without a source");
    use->oaep.hash = oaep.hashAlg;
    use->oaep.mgf_hash = qk_mgf_hash(oaep.mgf);
    return QK_OK;
}

static qk_err pss_read(qk_view param, qk_mech_use *use)
{
    CK_RSA_PKCS_PSS_PARAMS pss;

    QK_TRY(structure_copy(use->mech, param, &pss, sizeof(pss)));
    use->pss.hash = pss.hashAlg;
    use->pss.mgf_hash = qk_mgf_hash(pss.mgf);
    use->pss.salt_len = pss.sLen;
    return QK_OK;
}

static qk_err eddsa_read(qk_view param, qk_mech_use *use)
{
    CK_EDDSA_PARAMS eddsa;

    if (param.len == 0)
        return QK_OK;
    QK_TRY(structure_copy(use->mech, param, &eddsa, sizeof(eddsa)));
    QK_TRY(bytes_read(use->mech, eddsa.pContextData, eddsa.ulContextDataLen, &use->eddsa.context));
    use->eddsa.given = true;
    use->eddsa.prehash = eddsa.phFlag != CK_FALSE;
    return QK_OK;
}

/* ---- the kinds ---- */

/* How a kind of parameter is read and checked, and where its use holds borrowed bytes. */
typedef struct param_kind {
    qk_err (*read)(qk_view param, qk_mech_use *use);
    qk_err (*check)(const qk_mech_use *use);
    uint16_t views[2]; /* offsets in qk_mech_use */
    uint16_t view_count;
} param_kind;

#define AT(member) offsetof(qk_mech_use, member)

static const param_kind kinds[] = {
    [QK_PARAM_NONE] = { none_read, none_check, { 0 }, 0 },
    [QK_PARAM_IV] = { iv_read, iv_check, { AT(iv) }, 1 },
    [QK_PARAM_GCM] = { gcm_read, gcm_check, { AT(gcm.iv), AT(gcm.aad) }, 2 },
    [QK_PARAM_OAEP] = { oaep_read, oaep_check, { AT(oaep.label) }, 1 },
    [QK_PARAM_PSS] = { pss_read, pss_check, { 0 }, 0 },
    [QK_PARAM_EDDSA] = { eddsa_read, eddsa_check, { AT(eddsa.context) }, 1 },
};

qk_err qk_mech_use_check(const qk_mech_use *use, unsigned function)
{
    if (!use->mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "no mechanism");
    if (!(use->mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", use->mech->name);
    return kinds[use->mech->param].check(use);
}

qk_err qk_mech_use_read(const CK_MECHANISM *mechanism, unsigned function, qk_mech_use *out)
{
    qk_mech_use use = { 0 };
    qk_view param;

    if (!mechanism)
        return qk_fail(QK_E_BAD_ARGUMENT, "the mechanism is NULL");
    use.mech = qk_mech_find(mechanism->mechanism);
    if (!use.mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%lx is unknown", mechanism->mechanism);
    if (!(use.mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", use.mech->name);
    QK_TRY(bytes_read(use.mech, mechanism->pParameter, mechanism->ulParameterLen, &param));
    QK_TRY(kinds[use.mech->param].read(param, &use));
    QK_TRY(qk_mech_use_check(&use, function));
    *out = use;
    return QK_OK;
}

static qk_view *view_at(qk_mech_use *use, size_t offset)
{
    return (qk_view *)(void *)((uint8_t *)use + offset);
}

static bool is_kept_in(qk_mech_use *use, const qk_buf *storage)
{
    const param_kind *kind = &kinds[use->mech->param];

    for (size_t i = 0; i < kind->view_count; i++)
        if ((uintptr_t)view_at(use, kind->views[i])->data - (uintptr_t)storage->data < storage->len)
            return true;
    return false;
}

qk_err qk_mech_use_keep(qk_mech_use *use, qk_buf *storage)
{
    QK_OWNED(qk_buf_done) qk_buf old = QK_BUF_NONE;
    const param_kind *kind = &kinds[use->mech->param];
    size_t offset = 0;

    if (is_kept_in(use, storage)) /* then its bytes are needed until they are copied */
        qk_buf_give(storage, &old);
    qk_buf_clear(storage);
    for (size_t i = 0; i < kind->view_count; i++)
        qk_buf_put(storage, *view_at(use, kind->views[i]));
    QK_TRY(qk_buf_check(storage));
    for (size_t i = 0; i < kind->view_count; i++) {
        qk_view *view = view_at(use, kind->views[i]);
        *view = view->len > 0 ? qk_view_of(storage->data + offset, view->len) : QK_VIEW_NONE;
        offset += view->len;
    }
    return QK_OK;
}
