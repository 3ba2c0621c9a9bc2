/* SPDX-License-Identifier: Apache-2.0 */
/* C_DeriveKey. Most mechanisms make a key; CKM_HKDF_DATA makes a data object, CKM_TLS_PRF nothing but bytes. */
#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "module/key/derive_keys.h"
#include "module/key/keys.h"
#include "module/object/sealed.h"
#include "module/slot/session.h"
#include "p11/key_type.h"

typedef struct deriving {
    qk_mech_use use;
    qk_object *base, *second; /* NULL: the mechanism has none; the parameter names none */
    qk_new_object it;
} deriving;

static void deriving_done(deriving *d)
{
    qk_object_unref(&d->base);
    qk_object_unref(&d->second);
    qk_new_object_done(&d->it);
}

/* A key that the mechanism's parameter names by its handle. */
static qk_err find_second(qk_session *session, deriving *d)
{
    if (d->use.second.handle == CK_INVALID_HANDLE)
        return QK_OK;
    QK_TRY(qk_slot_objects_use_key(session, d->use.second.handle, &d->second));
    if (d->second->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s: the second key must be a secret key", d->use.mech->name);
    if (d->use.mech->param != QK_PARAM_KYBER_KEM && !(d->second->may & QK_DERIVE)) /* there the HSM judges */
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s: CKA_DERIVE of the second key is false", d->use.mech->name);
    d->use.second.blob = qk_buf_view(&d->second->blob);
    return QK_OK;
}

static qk_err ask(qk_session *session, const deriving *d, const qk_attrs *template_, bool is_private,
                  Grep11__DeriveKeyResponse **out_answer)
{
    Grep11__DeriveKeyRequest request = GREP11__DERIVE_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, is_private);
    void *answer;
    qk_err err;

    QK_TRY(qk_mech_use_to_message(&d->use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(template_, &grep11__derive_key_request__template_entry__descriptor, &session->arena,
                           &request.template_, &request.n_template_));
    if (d->base)
        request.basekey = &d->base->message;
    err = qk_session_hsm(session, &call, QK_DERIVE_KEY, &request.base, &answer);
    if (err == QK_E_BLOB_DAMAGED && !d->second && d->use.second.blob.len > 0) /* the application's own */
        return qk_fail_context(QK_E_MECHANISM_PARAM, "the key in the parameter: ");
    QK_TRY(err);
    *out_answer = answer;
    return QK_OK;
}

/* ---- a ciphertext besides: Kyber ---- */

enum { CIPHER_AT = 7 }; /* in the checksum of the answer */

static bool seals(const deriving *d)
{
    return d->use.mech->param == QK_PARAM_KYBER_KEM && d->use.kem.mode == CK_IBM_KEM_ENCAPSULATE;
}

/* It goes where the parameter says, which learns its length too. No key is made where it would not fit. */
static qk_err check_cipher_room(const deriving *d, const CK_MECHANISM *mechanism)
{
    CK_IBM_KYBER_PARAMS params;
    CK_ULONG room;
    qk_key *parsed;

    QK_TRY(qk_object_public_key(d->base, &parsed));
    memcpy(&params, mechanism->pParameter, sizeof params);
    room = params.pCipher ? params.ulCipherLen : 0;
    params.ulCipherLen = qk_crypto_output_len(parsed, &d->use, QK_ENCAPSULATE, 0);
    memcpy(mechanism->pParameter, &params, sizeof params);
    if (room < params.ulCipherLen)
        return qk_fail(QK_E_BUFFER_SMALL, "the ciphertext has %lu bytes", params.ulCipherLen);
    return QK_OK;
}

static qk_err give_cipher(const CK_MECHANISM *mechanism, qk_view checksum)
{
    CK_IBM_KYBER_PARAMS params;

    memcpy(&params, mechanism->pParameter, sizeof params);
    if (checksum.len != CIPHER_AT + params.ulCipherLen)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave no ciphertext");
    memcpy(params.pCipher, checksum.data + CIPHER_AT, params.ulCipherLen);
    return QK_OK;
}

static qk_err derive_key(qk_session *session, deriving *d, const CK_MECHANISM *mechanism, qk_template template_,
                         CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;
    CK_OBJECT_CLASS class = qk_key_class_derived(&d->use);
    Grep11__DeriveKeyResponse *answer;

    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    if (class != CKO_SECRET_KEY && !qk_attrs_ulong(&given, CKA_VALUE_LEN, 0)) /* IBM's samples give a length of 0 */
        qk_attrs_remove(&given, CKA_VALUE_LEN);
    QK_TRY(qk_new_object_from_attrs(session, &given, class, &d->it));
    if (seals(d))
        QK_TRY(check_cipher_room(d, mechanism));
    QK_TRY(ask(session, d, &d->it.template_.key, d->it.place.is_private, &answer));
    if (seals(d))
        QK_TRY(give_cipher(mechanism, qk_message_view(answer->checksum)));
    QK_TRY(qk_new_object_take(session, answer->newkey, &d->it));
    return qk_new_object_store(session, &d->it, out_key);
}

/* The length that is wanted stands in CKA_VALUE_LEN, which is no attribute of the object that will be. */
static qk_err derive_data(qk_session *session, deriving *d, qk_template template_, CK_OBJECT_HANDLE *out_object)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE, asked = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    Grep11__DeriveKeyResponse *answer;

    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    if (qk_attrs_ulong(&given, CKA_CLASS, CKO_DATA) != CKO_DATA || qk_attrs_find(&given, CKA_VALUE))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s makes the value of a data object", d->use.mech->name);
    QK_TRY(qk_attrs_set_ulong(&asked, CKA_VALUE_LEN, qk_attrs_ulong(&given, CKA_VALUE_LEN, 0)));
    qk_attrs_remove(&given, CKA_VALUE_LEN);
    qk_attrs_remove(&given, CKA_KEY_TYPE); /* Java gives one */
    QK_TRY(qk_attrs_set_ulong(&given, CKA_CLASS, CKO_DATA));
    QK_TRY(qk_slot_objects_place(session, &given, &d->it.place));
    QK_TRY(ask(session, d, &asked, d->it.place.is_private, &answer));
    QK_TRY(qk_attrs_set(&given, CKA_VALUE, qk_message_view(answer->newkeybytes)));
    QK_TRY(qk_other_template_read(&given, CKO_DATA, qk_slot_user(session->slot), &attrs));
    QK_TRY(qk_value_object(session, &d->it.place, &attrs, &d->it.object));
    return qk_new_object_store(session, &d->it, out_object);
}

/* To the place that the parameter names; what it says of its length is how much is wanted. */
static qk_err derive_output(qk_session *session, const deriving *d, const CK_MECHANISM *mechanism)
{
    QK_OWNED(qk_attrs_done) qk_attrs asked = QK_ATTRS_NONE;
    Grep11__DeriveKeyResponse *answer;
    CK_TLS_PRF_PARAMS params;

    memcpy(&params, mechanism->pParameter, sizeof params);
    QK_TRY(qk_attrs_set_ulong(&asked, CKA_VALUE_LEN, *params.pulOutputLen));
    QK_TRY(ask(session, d, &asked, d->base->is_private, &answer));
    if (answer->newkeybytes.len != *params.pulOutputLen)
        return qk_fail(QK_E_PROTOCOL, "the HSM gave %zu bytes", answer->newkeybytes.len);
    memcpy(params.pOutput, answer->newkeybytes.data, answer->newkeybytes.len);
    return QK_OK;
}

/* There the parameter names the places of what is made. */
static bool names_places(const qk_mech *mech)
{
    return mech->param == QK_PARAM_TLS_KEY_MATERIAL || mech->type == CKM_TLS_PRF;
}

qk_err qk_key_derive(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base,
                     qk_template template_, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(deriving_done) deriving d = { .it = QK_NEW_OBJECT_NONE };

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_mech_use_read(mechanism, QK_DERIVE, &d.use));
    if (!names_places(d.use.mech))
        QK_TRY(qk_check_handle_place(out_key));
    if (d.use.mech->key != QK_NO_KEY) {
        QK_TRY(qk_slot_objects_use_key(session, base, &d.base));
        QK_TRY(qk_work_check_key(d.base, d.use.mech, QK_DERIVE));
    }
    QK_TRY(find_second(session, &d));
    if (qk_derives_more(mechanism, &d.use))
        return qk_derive_more(session, mechanism, &d.use, d.base, template_, out_key);
    if (d.use.mech->type == CKM_TLS_PRF)
        return derive_output(session, &d, mechanism);
    return d.use.mech->type == CKM_HKDF_DATA ? derive_data(session, &d, template_, out_key)
                                             : derive_key(session, &d, mechanism, template_, out_key);
}
