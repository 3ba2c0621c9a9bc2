/* SPDX-License-Identifier: Apache-2.0 */
/* C_WrapKey, C_UnwrapKey. */
#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "module/key/keys.h"
#include "module/work/message_param.h"
#include "module/slot/session.h"
#include "module/key/wrap.h"
#include "p11/nested.h"

/* CK_GCM_WRAP_PARAMS or CK_CCM_WRAP_PARAMS, which are told from CK_GCM_PARAMS and CK_CCM_PARAMS by their length. */
static bool has_wrap_param(const CK_MECHANISM *mechanism, unsigned function, qk_message_param *out)
{
    const qk_mech *mech = mechanism ? qk_mech_find(mechanism->mechanism) : NULL;

    return mech && (mech->does & function) &&
           qk_wrap_param_read(mech, qk_view_of(mechanism->pParameter, mechanism->ulParameterLen), out);
}

typedef struct two_keys {
    qk_object *key, *kek, *mac; /* `mac` NULL: the parameter names none */
} two_keys;

static void two_keys_done(two_keys *keys)
{
    qk_object_unref(&keys->key);
    qk_object_unref(&keys->kek);
    qk_object_unref(&keys->mac);
}

/* The same failures, in the words that PKCS #11 has for the key that wraps or unwraps. */
static qk_err rename_failure(qk_err err, qk_err handle, qk_err type)
{
    if (err == QK_E_KEY_HANDLE)
        return qk_fail_context(handle, "wrapping: ");
    return err == QK_E_KEY_TYPE ? qk_fail_context(type, "wrapping: ") : err;
}

static qk_err find_kek(qk_session *session, CK_OBJECT_HANDLE handle, const qk_mech *mech, unsigned function,
                       qk_object **out_kek)
{
    qk_err handle_error = function == QK_WRAP ? QK_E_WRAPPING_HANDLE : QK_E_UNWRAPPING_HANDLE;
    qk_err type_error = function == QK_WRAP ? QK_E_WRAPPING_TYPE : QK_E_UNWRAPPING_TYPE;
    qk_err err = qk_slot_objects_use_key(session, handle, out_kek);

    if (err == QK_OK)
        err = qk_work_check_key(*out_kek, mech, function);
    return rename_failure(err, handle_error, type_error);
}

static qk_err check_takeable(const qk_object *key, const qk_object *kek)
{
    if (key->class == CKO_PUBLIC_KEY || !qk_object_is_key(key))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "a %s is not wrapped", qk_name_of_class(key->class));
    if (!qk_attrs_bool(&key->attrs, CKA_EXTRACTABLE, false))
        return qk_fail(QK_E_KEY_UNEXTRACTABLE, "the key's CKA_EXTRACTABLE is false");
    if (qk_attrs_bool(&key->attrs, CKA_WRAP_WITH_TRUSTED, false) && !qk_attrs_bool(&kek->attrs, CKA_TRUSTED, false))
        return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "the key may be wrapped with a trusted key only");
    return qk_check_wrap_template(key, kek);
}

static qk_err ask_wrap(qk_session *session, const qk_mech_use *use, const two_keys *keys, qk_view *out)
{
    Grep11__WrapKeyRequest request = GREP11__WRAP_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, keys->key->is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    request.key = &keys->key->message;
    request.kek = &keys->kek->message;
    QK_TRY(qk_session_hsm(session, &call, QK_WRAP_KEY, &request.base, &answer));
    *out = qk_message_view(((Grep11__WrapKeyResponse *)answer)->wrapped);
    return QK_OK;
}

/* The key that an attribute-bound wrap names by its handle. */
static qk_err find_mac_key(qk_session *session, const qk_mech_use *use, unsigned function, qk_object **out_mac,
                           qk_mech_use *out_use)
{
    *out_use = *use;
    if (use->mech->type != CKM_IBM_ATTRIBUTEBOUND_WRAP)
        return QK_OK;
    QK_TRY(qk_slot_objects_use_key(session, use->second.handle, out_mac));
    QK_TRY(qk_work_check_key(*out_mac, qk_mech_find(CKM_SHA256_HMAC), function));
    out_use->second.blob = qk_buf_view(&(*out_mac)->blob);
    return QK_OK;
}

qk_err qk_wrap_bytes(qk_session *session, const qk_mech_use *use, CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key,
                     qk_view *out_wrapped)
{
    QK_OWNED(two_keys_done) two_keys keys = { NULL, NULL, NULL };
    qk_mech_use whole;

    QK_TRY(find_kek(session, wrapping, use->mech, QK_WRAP, &keys.kek));
    QK_TRY(qk_slot_objects_use_key(session, key, &keys.key));
    QK_TRY(check_takeable(keys.key, keys.kek));
    QK_TRY(find_mac_key(session, use, QK_SIGN, &keys.mac, &whole));
    return ask_wrap(session, &whole, &keys, out_wrapped);
}

static bool has_start(qk_slot *slot)
{
    bool has;

    pthread_mutex_lock(&slot->wraps_lock);
    has = slot->wraps.based;
    pthread_mutex_unlock(&slot->wraps_lock);
    return has;
}

/* Drawn without the lock: a server may take its time. Who comes first decides. */
static qk_err start_counting(qk_session *session)
{
    qk_nonces *wraps = &session->slot->wraps;
    uint8_t chance[QK_NONCE_MOST];

    QK_TRY(qk_session_random(session, chance, sizeof chance));
    pthread_mutex_lock(&session->slot->wraps_lock);
    if (!wraps->based)
        memcpy(wraps->base, chance, sizeof chance);
    wraps->based = true;
    pthread_mutex_unlock(&session->slot->wraps_lock);
    return QK_OK;
}

/* Each call takes a number of its own, also one whose result does not fit then. */
qk_err qk_wrap_nonce(qk_session *session, const qk_mech *mech, const qk_message_param *param,
                     uint8_t out[QK_NONCE_MOST])
{
    qk_slot *slot = session->slot;
    qk_nonces numbered;

    if (param->generator != CKG_NO_GENERATE && !has_start(slot))
        QK_TRY(start_counting(session));
    pthread_mutex_lock(&slot->wraps_lock);
    numbered = slot->wraps;
    slot->wraps.count += param->generator != CKG_NO_GENERATE;
    pthread_mutex_unlock(&slot->wraps_lock);
    return qk_message_nonce(session, mech, param, &numbered, out);
}

/* A parameter that leaves the nonce to us: it is told once the wrapped key is. */
static qk_err wrap_with_own_nonce(qk_session *session, const qk_mech *mech, const qk_message_param *param,
                                  CK_OBJECT_HANDLE wrapping, CK_OBJECT_HANDLE key, qk_out out)
{
    uint8_t nonce[QK_NONCE_MOST];
    qk_mech_use use;
    qk_view wrapped;

    QK_TRY(qk_in_check(param->aad));
    QK_TRY(qk_wrap_nonce(session, mech, param, nonce));
    QK_TRY(qk_message_use(mech, param, qk_view_of(nonce, param->nonce_len), param->aad, 0, QK_WRAP, &use));
    QK_TRY(qk_wrap_bytes(session, &use, wrapping, key, &wrapped));
    QK_TRY(qk_out_give(out, wrapped));
    if (out.place)
        memcpy(param->nonce, nonce, param->nonce_len);
    return QK_OK;
}

/* The length of a wrapped key is known only when it is wrapped, so asking for it wraps. */
qk_err qk_key_wrap(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE wrapping,
                   CK_OBJECT_HANDLE key, qk_out out)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_message_param param;
    qk_mech_use use;
    qk_view wrapped;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_out_check(out));
    if (has_wrap_param(mechanism, QK_WRAP, &param))
        return wrap_with_own_nonce(session, qk_mech_find(mechanism->mechanism), &param, wrapping, key, out);
    QK_TRY(qk_mech_use_read(mechanism, QK_WRAP, &use));
    QK_TRY(qk_wrap_bytes(session, &use, wrapping, key, &wrapped));
    return qk_out_give(out, wrapped);
}

/* --- unwrapping --- */

static qk_err ask_unwrap(qk_session *session, const qk_mech_use *use, const qk_object *kek, qk_view wrapped,
                         const qk_new_object *it, Grep11__KeyBlob **out_key)
{
    Grep11__UnwrapKeyRequest request = GREP11__UNWRAP_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, it->place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&it->template_.key, &grep11__unwrap_key_request__template_entry__descriptor, &session->arena,
                           &request.template_, &request.n_template_));
    request.wrapped = qk_message_bytes(wrapped);
    request.kek = (Grep11__KeyBlob *)(uintptr_t)&kek->message;
    QK_TRY(qk_session_hsm(session, &call, QK_UNWRAP_KEY, &request.base, &answer));
    *out_key = ((Grep11__UnwrapKeyResponse *)answer)->unwrapped;
    return QK_OK;
}

/* Source: spec of the module, section 3.1, "default CKA_CLASS". */
static CK_OBJECT_CLASS class_of(const qk_attrs *given)
{
    CK_KEY_TYPE type = qk_attrs_ulong(given, CKA_KEY_TYPE, CK_UNAVAILABLE_INFORMATION);
    bool symmetric = type == CKK_AES || type == CKK_DES2 || type == CKK_DES3 || type == CKK_GENERIC_SECRET;

    return qk_attrs_ulong(given, CKA_CLASS, symmetric ? CKO_SECRET_KEY : CKO_PRIVATE_KEY);
}

static qk_err read_unwrap_template(const qk_session *session, const qk_mech *mech, qk_template from,
                                   const qk_object *kek, qk_new_object *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;
    CK_OBJECT_CLASS class;

    QK_TRY(qk_attrs_from_template(from.items, from.count, &given));
    QK_TRY(qk_nested_add(CKA_UNWRAP_TEMPLATE, qk_attrs_view(&kek->attrs, CKA_UNWRAP_TEMPLATE), &given));
    class = mech->does & QK_WRAP ? class_of(&given) : qk_attrs_ulong(&given, CKA_CLASS, CKO_PUBLIC_KEY);
    if ((mech->does & QK_WRAP) ? class != CKO_SECRET_KEY && class != CKO_PRIVATE_KEY : class != CKO_PUBLIC_KEY)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "a %s does not come out of a wrapped key", qk_name_of_class(class));
    QK_TRY(qk_attrs_set_ulong(&given, CKA_CLASS, class));
    return qk_new_object_from_attrs(session, &given, class, out);
}

qk_err qk_unwrap_object(qk_session *session, const qk_mech_use *use, CK_OBJECT_HANDLE unwrapping, qk_view wrapped,
                        qk_template template_, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(two_keys_done) two_keys keys = { NULL, NULL, NULL };
    QK_OWNED(qk_new_object_done) qk_new_object it = QK_NEW_OBJECT_NONE;
    Grep11__KeyBlob *key;
    qk_mech_use whole;

    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(find_kek(session, unwrapping, use->mech, QK_UNWRAP, &keys.kek));
    QK_TRY(find_mac_key(session, use, QK_VERIFY, &keys.mac, &whole));
    QK_TRY(read_unwrap_template(session, use->mech, template_, keys.kek, &it));
    QK_TRY(ask_unwrap(session, &whole, keys.kek, wrapped, &it, &key));
    QK_TRY(qk_new_object_take(session, key, &it));
    return qk_new_object_store(session, &it, out_key);
}

static qk_err read_unwrap_use(const CK_MECHANISM *mechanism, qk_mech_use *out)
{
    const qk_mech *mech;
    qk_message_param param;

    if (!has_wrap_param(mechanism, QK_UNWRAP, &param))
        return qk_mech_use_read(mechanism, QK_UNWRAP, out);
    mech = qk_mech_find(mechanism->mechanism);
    QK_TRY(qk_in_check(param.aad));
    QK_TRY(qk_in_check(qk_view_of(param.nonce, param.nonce_len)));
    return qk_message_use(mech, &param, qk_view_of(param.nonce, param.nonce_len), param.aad, 0, QK_UNWRAP, out);
}

qk_err qk_key_unwrap(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE unwrapping,
                     qk_view wrapped, qk_template template_, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    qk_mech_use use;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(qk_in_check(wrapped));
    QK_TRY(read_unwrap_use(mechanism, &use));
    return qk_unwrap_object(session, &use, unwrapping, wrapped, template_, out_key);
}
