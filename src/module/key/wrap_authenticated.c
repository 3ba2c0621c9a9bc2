/* SPDX-License-Identifier: Apache-2.0 */
/* C_WrapKeyAuthenticated, C_UnwrapKeyAuthenticated: the tag goes where CK_GCM_MESSAGE_PARAMS and its like say, and the
 * associated data comes as an argument; to the HSM it is an AEAD wrapping as any. */
#include "module/work/message_param.h"
#include "module/slot/session.h"
#include "module/key/wrap.h"

static qk_err read_param(const CK_MECHANISM *mechanism, unsigned function, const qk_mech **out_mech,
                         qk_message_param *out)
{
    const qk_mech *mech = mechanism ? qk_mech_find(mechanism->mechanism) : NULL;

    if (!mechanism)
        return qk_fail(QK_E_BAD_ARGUMENT, "the mechanism is NULL");
    if (!qk_message_can(mech, function))
        return qk_fail(QK_E_MECHANISM_INVALID, "mechanism 0x%lx does not wrap with authentication",
                       mechanism->mechanism);
    *out_mech = mech;
    QK_TRY(qk_message_param_read(mech, qk_view_of(mechanism->pParameter, mechanism->ulParameterLen), out));
    return out->tag ? QK_OK : qk_fail(QK_E_MECHANISM_PARAM, "the place of the tag is NULL");
}

/* Asking for the length uses no nonce up. */
static qk_err wrap(qk_session *session, const qk_mech *mech, qk_message_param *param, CK_OBJECT_HANDLE wrapping,
                   CK_OBJECT_HANDLE key, qk_view aad, qk_out out)
{
    uint8_t nonce[QK_NONCE_MOST];
    size_t tag_len = param->tag_bits / 8;
    qk_view sealed, wrapped;
    qk_mech_use use;

    if (!out.place)
        param->generator = CKG_NO_GENERATE;
    QK_TRY(qk_wrap_nonce(session, mech, param, nonce));
    QK_TRY(qk_message_use(mech, param, qk_view_of(nonce, param->nonce_len), aad, 0, QK_WRAP, &use));
    QK_TRY(qk_wrap_bytes(session, &use, wrapping, key, &sealed));
    if (sealed.len < tag_len)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave a wrapped key that is shorter than its tag");
    wrapped = qk_view_slice(sealed, 0, sealed.len - tag_len);
    QK_TRY(qk_out_give(out, wrapped));
    if (!out.place)
        return QK_OK;
    memcpy(param->tag, sealed.data + wrapped.len, tag_len);
    memcpy(param->nonce, nonce, param->nonce_len);
    return QK_OK;
}

qk_err qk_key_wrap_authenticated(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
                                 CK_OBJECT_HANDLE key, qk_view aad, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_message_param param;
    const qk_mech *mech;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_out_check(out));
    QK_TRY(qk_in_check(aad));
    QK_TRY(read_param(mechanism, QK_WRAP, &mech, &param));
    return wrap(session, mech, &param, wrapping, key, aad, out);
}

static qk_err put_together(qk_session *session, qk_view wrapped, qk_view tag, qk_view *out)
{
    uint8_t *place;

    if (wrapped.len > SIZE_MAX - tag.len)
        return qk_fail(QK_E_WRAPPED_LENGTH, "a wrapped key of %zu bytes", wrapped.len);
    QK_TRY(qk_arena_bytes(&session->arena, wrapped.len + tag.len, &place));
    if (wrapped.len)
        memcpy(place, wrapped.data, wrapped.len);
    memcpy(place + wrapped.len, tag.data, tag.len);
    *out = qk_view_of(place, wrapped.len + tag.len);
    return QK_OK;
}

qk_err qk_key_unwrap_authenticated(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping,
                                   qk_view wrapped, qk_template template_, qk_view aad, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_message_param param;
    const qk_mech *mech;
    qk_mech_use use;
    qk_view sealed;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_in_check(wrapped));
    QK_TRY(qk_in_check(aad));
    QK_TRY(read_param(mechanism, QK_UNWRAP, &mech, &param));
    QK_TRY(qk_message_use(mech, &param, qk_view_of(param.nonce, param.nonce_len), aad, wrapped.len, QK_UNWRAP, &use));
    QK_TRY(put_together(session, wrapped, qk_view_of(param.tag, param.tag_bits / 8), &sealed));
    return qk_unwrap_object(session, &use, unwrapping, sealed, template_, out_key);
}
