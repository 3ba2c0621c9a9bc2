/* SPDX-License-Identifier: Apache-2.0 */
/* One use of a mechanism: reading its parameter, by a row for each kind, and keeping it. */
#include "p11/mechanism_param.h"

qk_err qk_param_wrong(const qk_mech *mech, const char *what)
{
    return qk_fail(QK_E_MECHANISM_PARAM, "%s: %s", mech->name, what);
}

qk_err qk_param_structure(const qk_mech *mech, qk_view param, void *out, size_t len)
{
    if (param.len != len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s needs a parameter of %zu bytes, not %zu", mech->name, len, param.len);
    memcpy(out, param.data, len);
    return QK_OK;
}

qk_err qk_param_bytes(const qk_mech *mech, const void *data, CK_ULONG len, qk_view *out)
{
    if (len > 0 && !data)
        return qk_param_wrong(mech, "a length in the parameter has no data");
    *out = len > 0 ? qk_view_of(data, len) : QK_VIEW_NONE;
    return QK_OK;
}

static qk_err none_read(qk_view param, qk_mech_use *use)
{
    return param.len == 0 ? QK_OK : qk_param_wrong(use->mech, "takes no parameter");
}

static const qk_param_row param_none = { none_read, NULL, { 0 }, 0 };

static const qk_param_row *const kinds[QK_PARAM_KINDS] = {
    [QK_PARAM_NONE] = &param_none,
    [QK_PARAM_IV] = &qk_param_iv,
    [QK_PARAM_OPTIONAL_IV] = &qk_param_optional_iv,
    [QK_PARAM_CTR] = &qk_param_ctr,
    [QK_PARAM_GCM] = &qk_param_gcm,
    [QK_PARAM_CCM] = &qk_param_ccm,
    [QK_PARAM_CHACHA20] = &qk_param_chacha20,
    [QK_PARAM_CHACHA20_POLY1305] = &qk_param_chacha20_poly1305,
    [QK_PARAM_MAC_LEN] = &qk_param_mac_len,
    [QK_PARAM_RSA_AES] = &qk_param_rsa_aes,
    [QK_PARAM_OAEP] = &qk_param_oaep,
    [QK_PARAM_PSS] = &qk_param_pss,
    [QK_PARAM_EDDSA] = &qk_param_eddsa,
    [QK_PARAM_ECDH] = &qk_param_ecdh,
    [QK_PARAM_DATA] = &qk_param_data,
    [QK_PARAM_STRING] = &qk_param_string,
    [QK_PARAM_ENCRYPT_DATA] = &qk_param_encrypt_data,
    [QK_PARAM_EXTRACT] = &qk_param_extract,
    [QK_PARAM_SECOND_KEY] = &qk_param_second_key,
    [QK_PARAM_HKDF] = &qk_param_hkdf,
    [QK_PARAM_PBKDF2] = &qk_param_pbkdf2,
    [QK_PARAM_BTC] = &qk_param_btc,
    [QK_PARAM_ECSG] = &qk_param_ecsg,
    [QK_PARAM_EC_AGGREGATE] = &qk_param_aggregate,
    [QK_PARAM_SIGN_CONTEXT] = &qk_param_sign_context,
    [QK_PARAM_KYBER_KEM] = &qk_param_kyber_kem,
    [QK_PARAM_HASH_SIGN_CONTEXT] = &qk_param_hash_sign_context,
    [QK_PARAM_KDF108] = &qk_param_kdf108,
    [QK_PARAM_KDF108_FEEDBACK] = &qk_param_kdf108_feedback,
    [QK_PARAM_TLS_MASTER] = &qk_param_tls_master,
    [QK_PARAM_TLS_EXTENDED_MASTER] = &qk_param_tls_extended,
    [QK_PARAM_TLS_KEY_MATERIAL] = &qk_param_tls_keys,
    [QK_PARAM_TLS_KDF] = &qk_param_tls_kdf,
    [QK_PARAM_TLS_MAC] = &qk_param_tls_mac,
};

qk_err qk_mech_use_check(const qk_mech_use *use, unsigned function)
{
    if (!use->mech)
        return qk_fail(QK_E_MECHANISM_INVALID, "no mechanism");
    if (!(use->mech->does & function))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s cannot do this function", use->mech->name);
    return kinds[use->mech->param]->check ? kinds[use->mech->param]->check(use) : QK_OK;
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
    QK_TRY(qk_param_bytes(use.mech, mechanism->pParameter, mechanism->ulParameterLen, &param));
    QK_TRY(kinds[use.mech->param]->read(param, &use));
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
    const qk_param_row *kind = kinds[use->mech->param];

    for (size_t i = 0; i < kind->view_count; i++)
        if ((uintptr_t)view_at(use, kind->views[i])->data - (uintptr_t)storage->data < storage->len)
            return true;
    return false;
}

qk_err qk_mech_use_keep(qk_mech_use *use, qk_buf *storage)
{
    QK_OWNED(qk_buf_done) qk_buf old = QK_BUF_NONE;
    const qk_param_row *kind = kinds[use->mech->param];
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

static bool take_equal(qk_view *a, qk_view *b)
{
    bool equal = qk_view_equal(*a, *b);

    *a = *b = QK_VIEW_NONE;
    return equal;
}

/* Both are copies; what is left after the views are taken out is plain values, zero where nothing was set. */
bool qk_mech_use_equal(const qk_mech_use *first, const qk_mech_use *second)
{
    qk_mech_use a, b;

    memcpy(&a, first, sizeof a);
    memcpy(&b, second, sizeof b);
    if (a.mech != b.mech)
        return false;
    for (size_t i = 0; i < kinds[a.mech->param]->view_count; i++)
        if (!take_equal(view_at(&a, kinds[a.mech->param]->views[i]), view_at(&b, kinds[a.mech->param]->views[i])))
            return false;
    return memcmp(&a, &b, sizeof a) == 0;
}
