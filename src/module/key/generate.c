/* SPDX-License-Identifier: Apache-2.0 */
/* C_GenerateKey, C_GenerateKeyPair: the HSM makes, then one call stores, both halves of a pair together. */
#include "hsm/codec/attribute_codec.h"
#include "hsm/codec/mechanism_codec.h"
#include "hsm/handle/parameters.h"
#include "module/key/keys.h"
#include "module/key/parameters.h"
#include "module/slot/session.h"

static qk_err ask_key(qk_session *session, const qk_mech_use *use, const qk_new_object *it, Grep11__KeyBlob **out_key)
{
    Grep11__GenerateKeyRequest request = GREP11__GENERATE_KEY_REQUEST__INIT;
    qk_call call = qk_session_call(session, it->place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&it->template_.key, &grep11__generate_key_request__template_entry__descriptor,
                           &session->arena, &request.template_, &request.n_template_));
    QK_TRY(qk_session_hsm(session, &call, QK_GENERATE_KEY, &request.base, &answer));
    *out_key = ((Grep11__GenerateKeyResponse *)answer)->key;
    return QK_OK;
}

qk_err qk_key_create(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, qk_template template_,
                     CK_OBJECT_HANDLE *out_key)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_new_object_done) qk_new_object it = QK_NEW_OBJECT_NONE;
    Grep11__KeyBlob *key;
    qk_mech_use use;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_key));
    QK_TRY(qk_mech_use_read(mechanism, QK_GENERATE, &use));
    if (qk_makes_parameters(use.mech))
        return qk_parameters_create(session, &use, template_, out_key);
    QK_TRY(qk_new_object_read(session, template_, CKO_SECRET_KEY, &it));
    QK_TRY(ask_key(session, &use, &it, &key));
    QK_TRY(qk_new_object_take(session, key, &it));
    return qk_new_object_store(session, &it, out_key);
}

/* --- pairs --- */

/* Values of a public half that say which pair to generate, and keys of which types take them. The others come of the
 * generation: nobody can give them beforehand. */
static const struct {
    CK_ATTRIBUTE_TYPE type;
    CK_KEY_TYPE of[3];
} pair_values[] = {
    { CKA_MODULUS, { QK_NO_KEY, QK_NO_KEY, QK_NO_KEY } },
    { CKA_EC_POINT, { QK_NO_KEY, QK_NO_KEY, QK_NO_KEY } },
    { CKA_MODULUS_BITS, { CKK_RSA, QK_NO_KEY, QK_NO_KEY } },
    { CKA_PUBLIC_EXPONENT, { CKK_RSA, QK_NO_KEY, QK_NO_KEY } },
    { CKA_EC_PARAMS, { CKK_EC, CKK_EC_EDWARDS, CKK_EC_MONTGOMERY } },
    { CKA_PRIME, { CKK_DSA, CKK_DH, CKK_X9_42_DH } },
    { CKA_SUBPRIME, { CKK_DSA, CKK_X9_42_DH, QK_NO_KEY } },
    { CKA_BASE, { CKK_DSA, CKK_DH, CKK_X9_42_DH } },
};

static qk_err check_pair_values(const qk_mech *mech, const qk_attrs *given)
{
    for (size_t i = 0; i < sizeof pair_values / sizeof pair_values[0]; i++) {
        const CK_KEY_TYPE *of = pair_values[i].of;
        if (!qk_attrs_find(given, pair_values[i].type) || of[0] == mech->key || of[1] == mech->key ||
            of[2] == mech->key)
            continue;
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s does not go with %s",
                       qk_attribute_find(pair_values[i].type)->name, mech->name);
    }
    return QK_OK;
}

static qk_err ask_pair(qk_session *session, const qk_mech_use *use, const qk_new_object *public_half,
                       const qk_new_object *private_half, Grep11__GenerateKeyPairResponse **out)
{
    Grep11__GenerateKeyPairRequest request = GREP11__GENERATE_KEY_PAIR_REQUEST__INIT;
    qk_call call = qk_session_call(session, private_half->place.is_private || public_half->place.is_private);
    void *answer;

    QK_TRY(qk_mech_use_to_message(use, &session->arena, &request.mech));
    QK_TRY(qk_attrs_to_map(&public_half->template_.key,
                           &grep11__generate_key_pair_request__pub_key_template_entry__descriptor, &session->arena,
                           &request.pubkeytemplate, &request.n_pubkeytemplate));
    QK_TRY(qk_attrs_to_map(&private_half->template_.key,
                           &grep11__generate_key_pair_request__priv_key_template_entry__descriptor, &session->arena,
                           &request.privkeytemplate, &request.n_privkeytemplate));
    QK_TRY(qk_session_hsm(session, &call, QK_GENERATE_KEY_PAIR, &request.base, &answer));
    *out = answer;
    return QK_OK;
}

static qk_err store_pair(qk_session *session, const qk_new_object *public_half, const qk_new_object *private_half)
{
    qk_object *both[] = { public_half->object, private_half->object };

    return qk_slot_objects_store(session, both, 2);
}

qk_err qk_key_create_pair(CK_SESSION_HANDLE handle, const CK_MECHANISM *mechanism, qk_template public_template,
                          qk_template private_template, CK_OBJECT_HANDLE *out_public, CK_OBJECT_HANDLE *out_private)
{
    QK_OWNED(qk_session_leave) qk_session *session = NULL;
    QK_OWNED(qk_new_object_done) qk_new_object public_half = QK_NEW_OBJECT_NONE, private_half = QK_NEW_OBJECT_NONE;
    Grep11__GenerateKeyPairResponse *pair;
    qk_mech_use use;

    QK_TRY(qk_session_enter(handle, &session));
    QK_TRY(qk_check_handle_place(out_public));
    QK_TRY(qk_check_handle_place(out_private));
    QK_TRY(qk_mech_use_read(mechanism, QK_GENERATE_PAIR, &use));
    QK_TRY(qk_new_object_read(session, public_template, CKO_PUBLIC_KEY, &public_half));
    QK_TRY(check_pair_values(use.mech, &public_half.template_.key));
    QK_TRY(qk_new_object_read(session, private_template, CKO_PRIVATE_KEY, &private_half));
    QK_TRY(ask_pair(session, &use, &public_half, &private_half, &pair));
    QK_TRY(qk_new_object_take(session, pair->pubkey, &public_half));
    QK_TRY(qk_new_object_take(session, pair->privkey, &private_half));
    QK_TRY(store_pair(session, &public_half, &private_half));
    *out_public = public_half.object->handle;
    *out_private = private_half.object->handle;
    return QK_OK;
}
