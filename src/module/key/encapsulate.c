/* SPDX-License-Identifier: Apache-2.0 */
/* C_EncapsulateKey, C_DecapsulateKey. */
#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "module/key/keys.h"
#include "module/slot/session.h"

/* A key that comes of the key of one side. */
typedef struct job {
    qk_session *session;
    qk_mech_use use;
    qk_object *base;
    qk_new_object it;
} job;

static void job_done(job *work)
{
    qk_object_unref(&work->base);
    qk_new_object_done(&work->it);
    qk_session_leave(&work->session);
}

static qk_err begin(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE base, unsigned function,
                    job *out)
{
    QK_TRY(qk_session_enter(handle, &out->session));
    QK_TRY(qk_mech_use_read(mechanism, function, &out->use));
    QK_TRY(qk_slot_objects_use_key(out->session, base, &out->base));
    return qk_work_check_key(out->base, out->use.mech, function);
}

/* ---- encapsulation ---- */

static qk_err ask_encapsulate(job *work, qk_view *out_cipher, Grep11__KeyBlob **out_key)
{
    Quantoki__V1__EncapsulateKeyRequest request = QUANTOKI__V1__ENCAPSULATE_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(work->session, work->it.place.is_private);
    Quantoki__V1__EncapsulateKeyResponse *answer;
    void *response;

    QK_TRY(qk_mech_use_to_message(&work->use, &work->session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&work->it.template_.key, &quantoki__v1__encapsulate_key_request__template_entry__descriptor,
                           &work->session->arena, &request.template_, &request.n_template_));
    request.pubkey = &work->base->message;
    QK_TRY(qk_session_hsm(work->session, &call, QK_ENCAPSULATE_KEY, &request.base, &response));
    answer = response;
    *out_cipher = qk_message_view(answer->ciphered);
    *out_key = answer->key;
    return QK_OK;
}

static qk_err make(job *work, qk_template template_, qk_out cipher, CK_OBJECT_HANDLE *out_key)
{
    Grep11__KeyBlob *key;
    qk_view bytes;

    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(qk_new_object_read_from(work->session, template_, CKO_SECRET_KEY, work->base, CKA_ENCAPSULATE_TEMPLATE,
                                   &work->it));
    QK_TRY(ask_encapsulate(work, &bytes, &key));
    QK_TRY(qk_new_object_take(work->session, key, &work->it));
    QK_TRY(qk_out_give(cipher, bytes));
    return qk_new_object_store(work->session, &work->it, out_key);
}

/* The ciphertext's length follows from the public key, so that no key is made where it would not fit. */
qk_err qk_key_encapsulate(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE public_key,
                          qk_template template_, qk_out cipher, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(job_done) job work = { .it = QK_NEW_OBJECT_NONE };
    qk_key *parsed;
    size_t len;

    QK_TRY(begin(handle, mechanism, public_key, QK_ENCAPSULATE, &work));
    QK_TRY(qk_out_check(cipher));
    QK_TRY(qk_object_public_key(work.base, &parsed));
    len = qk_crypto_output_len(parsed, &work.use, QK_ENCAPSULATE, 0);
    if (cipher.place && *cipher.len >= len)
        return make(&work, template_, cipher, out_key);
    *cipher.len = len;
    return cipher.place ? qk_fail(QK_E_BUFFER_SMALL, "the ciphertext has %zu bytes", len) : QK_OK;
}

/* ---- decapsulation ---- */

static qk_err ask_decapsulate(job *work, qk_view cipher, Grep11__KeyBlob **out_key)
{
    Quantoki__V1__DecapsulateKeyRequest request = QUANTOKI__V1__DECAPSULATE_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(work->session, work->it.place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(&work->use, &work->session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&work->it.template_.key, &quantoki__v1__decapsulate_key_request__template_entry__descriptor,
                           &work->session->arena, &request.template_, &request.n_template_));
    request.privkey = &work->base->message;
    request.ciphered = qk_message_bytes(cipher);
    QK_TRY(qk_session_hsm(work->session, &call, QK_DECAPSULATE_KEY, &request.base, &answer));
    *out_key = ((Quantoki__V1__DecapsulateKeyResponse *)answer)->key;
    return QK_OK;
}

/* PKCS #11 gives C_DecapsulateKey the errors of unwrapping for a ciphertext that does not open. */
static qk_err rename_failure(qk_err err)
{
    if (err == QK_E_CIPHERTEXT_LENGTH)
        return qk_fail_context(QK_E_WRAPPED_LENGTH, "decapsulating: ");
    return err == QK_E_CIPHERTEXT_INVALID ? qk_fail_context(QK_E_WRAPPED_KEY, "decapsulating: ") : err;
}

qk_err qk_key_decapsulate(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, CK_OBJECT_HANDLE private_key,
                          qk_template template_, qk_view cipher, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(job_done) job work = { .it = QK_NEW_OBJECT_NONE };
    Grep11__KeyBlob *key;

    QK_TRY(begin(handle, mechanism, private_key, QK_DECAPSULATE, &work));
    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(qk_in_check(cipher));
    QK_TRY(qk_new_object_read_from(work.session, template_, CKO_SECRET_KEY, work.base, CKA_DECAPSULATE_TEMPLATE,
                                   &work.it));
    QK_TRY(rename_failure(ask_decapsulate(&work, cipher, &key)));
    QK_TRY(qk_new_object_take(work.session, key, &work.it));
    return qk_new_object_store(work.session, &work.it, out_key);
}
