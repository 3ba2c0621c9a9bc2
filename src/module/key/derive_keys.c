/* SPDX-License-Identifier: Apache-2.0 */
#include "module/key/derive_keys.h"

#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "module/key/keys.h"
#include "module/slot/session.h"

enum { MAC_KEYS = 2, CONNECTION_KEYS = 4 };

/* Keys under way: those that come back from the HSM, in its order. */
typedef struct making {
    size_t count;
    qk_new_object keys[QK_DERIVE_KEYS_MOST];
    CK_OBJECT_HANDLE *places[QK_DERIVE_KEYS_MOST];
    CK_DERIVED_KEY *further; /* of the parameter; NULL for TLS */
} making;

static void making_done(making *it)
{
    for (size_t i = 0; i < it->count; i++)
        qk_new_object_done(&it->keys[i]);
}

/* ---- which ones ---- */

static bool makes_connection(const qk_mech_use *use)
{
    return use->mech->param == QK_PARAM_TLS_KEY_MATERIAL;
}

/* The further keys of an SP 800-108 parameter. */
static CK_ULONG further_of(const CK_MECHANISM *mechanism, const qk_mech_use *use, CK_DERIVED_KEY **out)
{
    CK_SP800_108_KDF_PARAMS plain;
    CK_SP800_108_FEEDBACK_KDF_PARAMS feedback;

    *out = NULL;
    if (use->mech->param == QK_PARAM_KDF108) {
        memcpy(&plain, mechanism->pParameter, sizeof(plain));
        *out = plain.pAdditionalDerivedKeys;
        return plain.ulAdditionalDerivedKeys;
    }
    if (use->mech->param != QK_PARAM_KDF108_FEEDBACK)
        return 0;
    memcpy(&feedback, mechanism->pParameter, sizeof(feedback));
    *out = feedback.pAdditionalDerivedKeys;
    return feedback.ulAdditionalDerivedKeys;
}

bool qk_derives_more(const CK_MECHANISM *mechanism, const qk_mech_use *use)
{
    CK_DERIVED_KEY *further;

    if (use->mech->param == QK_PARAM_TLS_MASTER || use->mech->param == QK_PARAM_TLS_EXTENDED_MASTER)
        return use->tls.version_wanted;
    return makes_connection(use) || further_of(mechanism, use, &further) > 0;
}

/* ---- templates ---- */

/* A MAC key lies where the template says that the others do. */
static qk_err read_mac_template(const qk_session *session, const qk_attrs *given, qk_new_object *out)
{
    static const CK_ATTRIBUTE_TYPE shared[] = { CKA_TOKEN, CKA_PRIVATE };
    QK_OWNED(qk_attrs_done) qk_attrs mine = QK_ATTRS_NONE;

    for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
        if (qk_attrs_find(given, shared[i]))
            QK_TRY(qk_attrs_set(&mine, shared[i], qk_attrs_view(given, shared[i])));
    return qk_new_object_from_attrs(session, &mine, CKO_SECRET_KEY, out);
}

static qk_err read_connection(const qk_session *session, qk_template template_, CK_SSL3_KEY_MAT_OUT *out, making *it)
{
    QK_OWNED(qk_attrs_done) qk_attrs given = QK_ATTRS_NONE;
    CK_OBJECT_HANDLE *places[] = { &out->hClientMacSecret, &out->hServerMacSecret, &out->hClientKey, &out->hServerKey };

    QK_TRY(qk_attrs_from_template(template_.items, template_.count, &given));
    it->count = CONNECTION_KEYS;
    for (size_t i = 0; i < it->count; i++) {
        it->places[i] = places[i];
        QK_TRY(i < MAC_KEYS ? read_mac_template(session, &given, &it->keys[i])
                            : qk_new_object_from_attrs(session, &given, CKO_SECRET_KEY, &it->keys[i]));
    }
    return QK_OK;
}

/* Which template was wrong is told by the handle of its key. */
static qk_err read_further(const qk_session *session, CK_ULONG count, making *it)
{
    if (count >= QK_DERIVE_KEYS_MOST || (count > 0 && !it->further))
        return qk_fail(QK_E_MECHANISM_PARAM, "at most %d keys at once", QK_DERIVE_KEYS_MOST);
    for (size_t i = 0; i < count; i++) {
        CK_DERIVED_KEY *wanted = &it->further[i];
        qk_template template_ = { wanted->pTemplate, wanted->ulAttributeCount };
        qk_err err;
        if (!wanted->phKey)
            return qk_fail(QK_E_MECHANISM_PARAM, "a further key has no place for its handle");
        it->places[it->count] = wanted->phKey;
        err = qk_new_object_read(session, template_, CKO_SECRET_KEY, &it->keys[it->count]);
        if (err != QK_OK)
            *wanted->phKey = CK_INVALID_HANDLE;
        QK_TRY(err);
        it->count++;
    }
    return QK_OK;
}

/* ---- asking ---- */

static qk_err write_template(qk_session *session, const qk_new_object *key, Quantoki__V1__NewKey **out)
{
    *out = qk_message_new(&quantoki__v1__new_key__descriptor, &session->arena);
    if (!*out)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a template");
    return qk_attrs_to_map(&key->template_.key, &quantoki__v1__new_key__template_entry__descriptor, &session->arena,
                           &(*out)->template_, &(*out)->n_template_);
}

static qk_err ask(qk_session *session, const qk_mech_use *use, const qk_object *base, const making *it,
                  Quantoki__V1__DeriveKeysResponse **out_answer)
{
    Quantoki__V1__DeriveKeysRequest request = QUANTOKI__V1__DERIVE_KEYS_REQUEST__INIT;
    Quantoki__V1__NewKey *templates[QK_DERIVE_KEYS_MOST];
    size_t first = makes_connection(use) ? MAC_KEYS : 0, count = makes_connection(use) ? 1 : it->count;
    qk_call call = qk_session_call(session, it->keys[first].place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    for (size_t i = 0; i < count; i++)
        QK_TRY(write_template(session, &it->keys[first + i], &templates[i]));
    request.templates = templates;
    request.n_templates = count;
    request.basekey = (Grep11__KeyBlob *)(uintptr_t)&base->message;
    QK_TRY(qk_session_hsm(session, &call, QK_DERIVE_KEYS, &request.base, &answer));
    *out_answer = answer;
    return (*out_answer)->n_keys == it->count
               ? QK_OK
               : qk_fail(QK_E_PROTOCOL, "the HSM's answer has %zu keys of %zu", (*out_answer)->n_keys, it->count);
}

/* All are stored in one call. A connection without MAC keys has no objects for them. */
static qk_err store(qk_session *session, const Quantoki__V1__DeriveKeysResponse *answer, making *it)
{
    qk_object *objects[QK_DERIVE_KEYS_MOST];
    size_t count = 0;

    for (size_t i = 0; i < it->count; i++) {
        if (answer->keys[i]->n_keyblobs == 0)
            continue;
        QK_TRY(qk_new_object_take(session, answer->keys[i], &it->keys[i]));
        objects[count++] = it->keys[i].object;
    }
    QK_TRY(qk_slot_objects_store(session, objects, count));
    for (size_t i = 0; i < it->count; i++)
        *it->places[i] = it->keys[i].object ? it->keys[i].object->handle : CK_INVALID_HANDLE;
    return QK_OK;
}

/* ---- the ways ---- */

static qk_err derive_connection(qk_session *session, const CK_MECHANISM *mechanism, const qk_mech_use *use,
                                const qk_object *base, qk_template template_)
{
    QK_OWNED(making_done) making it = { 0 };
    Quantoki__V1__DeriveKeysResponse *answer;
    CK_SSL3_KEY_MAT_PARAMS params; /* with which the structure of TLS 1.2 begins */
    CK_SSL3_KEY_MAT_OUT *out;
    size_t iv_len = use->tls.iv_bits / 8;

    memcpy(&params, mechanism->pParameter, sizeof(params));
    out = params.pReturnedKeyMaterial;
    if (iv_len > 0 && (!out->pIVClient || !out->pIVServer))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: there is no place for the initialisation vectors", use->mech->name);
    QK_TRY(read_connection(session, template_, out, &it));
    QK_TRY(ask(session, use, base, &it, &answer));
    if (answer->clientiv.len != iv_len || answer->serveriv.len != iv_len)
        return qk_fail(QK_E_PROTOCOL, "the HSM's answer lacks the initialisation vectors");
    QK_TRY(store(session, answer, &it));
    if (iv_len > 0) {
        memcpy(out->pIVClient, answer->clientiv.data, iv_len);
        memcpy(out->pIVServer, answer->serveriv.data, iv_len);
    }
    return QK_OK;
}

static qk_err tell_version(const CK_MECHANISM *mechanism, const qk_mech_use *use,
                           const Quantoki__V1__DeriveKeysResponse *answer)
{
    CK_SSL3_MASTER_KEY_DERIVE_PARAMS master; /* with which the structure of TLS 1.2 begins */
    CK_TLS12_EXTENDED_MASTER_KEY_DERIVE_PARAMS extended;
    CK_VERSION *place;

    if (use->mech->param == QK_PARAM_TLS_MASTER) {
        memcpy(&master, mechanism->pParameter, sizeof(master));
        place = master.pVersion;
    } else {
        memcpy(&extended, mechanism->pParameter, sizeof(extended));
        place = extended.pVersion;
    }
    if (answer->version.len == 2) /* with Diffie-Hellman there is none */
        *place = (CK_VERSION){ answer->version.data[0], answer->version.data[1] };
    return QK_OK;
}

qk_err qk_derive_more(qk_session *session, const CK_MECHANISM *mechanism, const qk_mech_use *use, const qk_object *base,
                      qk_template template_, CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(making_done) making it = { .count = 1, .places = { out_key } };
    Quantoki__V1__DeriveKeysResponse *answer;
    CK_ULONG further;

    if (makes_connection(use))
        return derive_connection(session, mechanism, use, base, template_);
    QK_TRY(qk_check_handle_place(out_key));
    further = further_of(mechanism, use, &it.further);
    QK_TRY(qk_new_object_read(session, template_, CKO_SECRET_KEY, &it.keys[0]));
    QK_TRY(read_further(session, further, &it));
    QK_TRY(ask(session, use, base, &it, &answer));
    QK_TRY(store(session, answer, &it));
    return use->mech->param == QK_PARAM_KDF108 || use->mech->param == QK_PARAM_KDF108_FEEDBACK
               ? QK_OK
               : tell_version(mechanism, use, answer);
}
