/* SPDX-License-Identifier: Apache-2.0 */
/* IBM's own ways to move keys: a key together with its attributes (CKM_IBM_ATTRIBUTEBOUND_WRAP), and a public key that
 * comes in clear (CKM_IBM_TRANSPORTKEY). Source: GREP11 protocol, "Attribute-bound wrap" and "Import and export". */
#include "hsm/blob/key_blob.h"
#include "hsm/blob/public_blob.h"
#include "hsm/policy/wrap_ways.h"

/* ---- bound keys ---- */

/* The key that makes the MAC: named by the parameter (PKCS #11) or beside the others (GREP11). It signs and verifies,
 * and is bound like the rest. */
static qk_err open_mac_key(qk_core *core, const qk_call *call, const Grep11__KeyBlob *key, ProtobufCBinaryData v1,
                           unsigned function, qk_mech_use *use, qk_held_key **out_mac)
{
    qk_view blob = use->second.blob.len ? use->second.blob : qk_request_blob(key, v1);

    if (blob.len == 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "the request has no key for the MAC");
    QK_TRY(qk_core_key(core, call, blob, out_mac));
    QK_TRY(qk_policy_use(*out_mac, qk_mech_find(CKM_SHA256_HMAC), function));
    use->second.key = (*out_mac)->key;
    return QK_OK;
}

static qk_err check_bound(const qk_held_key *key, const char *which)
{
    if (qk_attrs_bool(&key->attrs, CKA_IBM_ATTRBOUND, false))
        return QK_OK;
    return qk_fail(QK_E_KEY_NOT_WRAPPABLE, "CKA_IBM_ATTRBOUND of the %s is false", which);
}

qk_err qk_wrap_bound(qk_core *core, const qk_call *call, const Grep11__WrapKeyRequest *asked, qk_mech_use *use,
                     qk_view *out_wrapped)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *kek = NULL, *key = NULL, *mac = NULL;
    QK_OWNED(qk_secret_free) qk_secret content = QK_SECRET_NONE;

    QK_TRY(qk_core_key_for(core, call, asked->kek, asked->kekv1, use->mech, QK_WRAP, &kek));
    QK_TRY(qk_core_key(core, call, qk_request_blob(asked->key, asked->keyv1), &key));
    QK_TRY(open_mac_key(core, call, asked->mackey, asked->mackeyv1, QK_SIGN, use, &mac));
    QK_TRY(qk_policy_wrap(key, kek, use->mech, qk_core_leave_rules(core, call)));
    QK_TRY(check_bound(kek, "wrapping key"));
    QK_TRY(check_bound(mac, "MAC key"));
    QK_TRY(qk_key_content_write(key->key, &key->attrs, &content));
    return qk_crypto_encrypt(kek->key, use, qk_secret_reveal(&content), call->arena, out_wrapped);
}

static qk_err not_bound(void)
{
    return qk_fail(QK_E_WRAPPED_KEY, "the wrapped bytes are no bound key of these wrapping and MAC keys");
}

qk_err qk_unwrap_bound(qk_core *core, const qk_call *call, const Grep11__UnwrapKeyRequest *asked, qk_mech_use *use,
                       Grep11__UnwrapKeyResponse *answer)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *kek = NULL, *mac = NULL, *held = NULL;
    QK_OWNED(qk_attrs_done) qk_attrs inside = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_view plain;
    qk_err err;

    QK_TRY(qk_core_key_for(core, call, asked->kek, asked->kekv1, use->mech, QK_UNWRAP, &kek));
    QK_TRY(open_mac_key(core, call, asked->mackey, asked->mackeyv1, QK_VERIFY, use, &mac));
    QK_TRY(check_bound(kek, "unwrapping key"));
    QK_TRY(check_bound(mac, "MAC key"));
    err = qk_crypto_decrypt(kek->key, use, qk_message_view(asked->wrapped), call->arena, &plain);
    if (err == QK_E_CIPHERTEXT_LENGTH)
        return qk_fail(QK_E_WRAPPED_LENGTH, "%zu bytes are no bound key", asked->wrapped.len);
    if (err != QK_OK)
        return err == QK_E_CIPHERTEXT_INVALID ? not_bound() : err;
    err = qk_key_content_read(plain, &key, &inside);
    if (err != QK_OK)
        return err == QK_E_NO_MEMORY ? err : not_bound();
    QK_TRY(qk_policy_template(kek, CKA_UNWRAP_TEMPLATE, &inside));
    QK_TRY(qk_policy_bound(qk_key_class(key), qk_key_type(key), &inside, &attrs));
    QK_TRY(qk_core_make(core, call, key, &inside, &attrs, &held));
    QK_TRY(qk_answer_unwrapped_checksum(core, call, held, &answer->checksum));
    return qk_answer_key(call, held, &answer->unwrappedbytes, &answer->unwrapped);
}

/* ---- public keys ---- */

/* CKA_KEY_TYPE may tell the two kinds of Ed25519 keys apart; else the algorithm says it. */
static qk_err read_public(qk_view wrapped, const qk_attrs *template_, qk_key **out_key)
{
    qk_view spki, trailer, rest;
    CK_KEY_TYPE type;
    qk_err err;

    if (qk_public_blob_split(wrapped, &spki, &trailer, &rest) != QK_OK || trailer.len > 0 || rest.len > 0 ||
        qk_spki_key_type(spki, &type) != QK_OK)
        return qk_fail(QK_E_WRAPPED_KEY, "%zu bytes are not one plain SubjectPublicKeyInfo", wrapped.len);
    err = qk_key_read(CKO_PUBLIC_KEY, qk_attrs_ulong(template_, CKA_KEY_TYPE, type), spki, out_key);
    if (err == QK_OK || err == QK_E_NO_MEMORY)
        return err;
    return qk_fail(QK_E_WRAPPED_KEY, "the SubjectPublicKeyInfo holds no key of type %s that can be used",
                   qk_name_of_key_type(qk_attrs_ulong(template_, CKA_KEY_TYPE, type)));
}

/* The unwrapping key is part of every request and has nothing to do. */
qk_err qk_unwrap_transported(qk_core *core, const qk_call *call, const Grep11__UnwrapKeyRequest *asked,
                             qk_mech_use *use, Grep11__UnwrapKeyResponse *answer)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE, attrs = QK_ATTRS_NONE;
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;
    QK_OWNED(qk_key_unref) qk_key *key = NULL;
    qk_new_key new_key = { .origin = QK_UNWRAPPED, .class = CKO_PUBLIC_KEY, .mechanism = CK_UNAVAILABLE_INFORMATION };

    if (qk_request_blob(asked->kek, asked->kekv1).len == 0)
        return qk_fail(QK_E_BAD_ARGUMENT, "%s: the request has no unwrapping key", use->mech->name);
    QK_TRY(qk_attrs_from_map(asked->template_, asked->n_template_, &template_));
    QK_TRY(read_public(qk_message_view(asked->wrapped), &template_, &key));
    new_key.type = qk_key_type(key);
    new_key.lax = qk_core_is_lax(core, call);
    QK_TRY(qk_policy_new(&new_key, &template_, &attrs));
    QK_TRY(qk_core_make(core, call, key, &template_, &attrs, &held));
    return qk_answer_key(call, held, &answer->unwrappedbytes, &answer->unwrapped);
}
