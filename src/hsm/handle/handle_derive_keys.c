/* SPDX-License-Identifier: Apache-2.0 */
/* Several keys from one derivation: those of a TLS connection, and what SP 800-108 gives besides the first. Also what
 * PKCS #11 wants to know of a pre-master secret. Source: PKCS #11 3.2, TLS 1.2 mechanisms, SP800-108 key derivation. */
#include "hsm/handle/derivation.h"
#include "hsm/handle/handlers.h"

enum { CONNECTION_KEYS = 4, MAC_KEYS = 2, VERSION_LEN = 2 };

/* A derivation of `count` keys. */
typedef struct deriving {
    qk_derivation from;
    size_t count;
    qk_attrs templates[QK_DERIVE_KEYS_MOST], attrs[QK_DERIVE_KEYS_MOST];
    qk_key_wanted wanted[QK_DERIVE_KEYS_MOST];
    qk_key *keys[QK_DERIVE_KEYS_MOST];
    qk_held_key *held[QK_DERIVE_KEYS_MOST];
} deriving;

static void deriving_done(deriving *it)
{
    for (size_t i = 0; i < it->count; i++) {
        qk_attrs_done(&it->templates[i]);
        qk_attrs_done(&it->attrs[i]);
        qk_key_unref(&it->keys[i]);
        qk_held_key_unref(&it->held[i]);
    }
    qk_derivation_done(&it->from);
}

/* ---- templates ---- */

static bool makes_connection(const deriving *it)
{
    return it->from.use.mech->param == QK_PARAM_TLS_KEY_MATERIAL;
}

static qk_err set_if_absent(qk_attrs *attrs, CK_ATTRIBUTE_TYPE type, bool value)
{
    return qk_attrs_find(attrs, type) ? QK_OK : qk_attrs_set_bool(attrs, type, value);
}

/* Where the keys go is one for all four; a MAC key is a generic secret that signs, the others are as the template
 * says. */
static qk_err mac_template(const qk_attrs *keys, qk_attrs *out)
{
    if (qk_attrs_find(keys, CKA_PRIVATE))
        QK_TRY(qk_attrs_set_bool(out, CKA_PRIVATE, qk_attrs_bool(keys, CKA_PRIVATE, true)));
    QK_TRY(qk_attrs_set_bool(out, CKA_SIGN, true));
    return qk_attrs_set_bool(out, CKA_VERIFY, true);
}

static qk_err connection_templates(deriving *it)
{
    const qk_mech_use *use = &it->from.use;
    qk_attrs *keys = &it->templates[MAC_KEYS];

    for (size_t i = 0; i < MAC_KEYS; i++)
        QK_TRY(mac_template(keys, &it->templates[i]));
    QK_TRY(set_if_absent(keys, CKA_ENCRYPT, true));
    QK_TRY(set_if_absent(keys, CKA_DECRYPT, true));
    QK_TRY(qk_attrs_merge(&it->templates[MAC_KEYS + 1], keys));
    for (size_t i = 0; i < CONNECTION_KEYS; i++)
        QK_TRY(qk_attrs_set_ulong(&it->templates[i], CKA_VALUE_LEN,
                                  (i < MAC_KEYS ? use->tls.mac_bits : use->tls.key_bits) / 8));
    return QK_OK;
}

static qk_err read_templates(const Quantoki__V1__DeriveKeysRequest *asked, deriving *it)
{
    size_t first = makes_connection(it) ? MAC_KEYS : 0, count = asked->n_templates;

    if (count == 0 || count > QK_DERIVE_KEYS_MOST || (makes_connection(it) && count != 1))
        return qk_fail(QK_E_BAD_ARGUMENT, "%zu templates do not fit %s", count, it->from.use.mech->name);
    it->count = makes_connection(it) ? CONNECTION_KEYS : count;
    for (size_t i = 0; i < count; i++)
        QK_TRY(qk_attrs_from_map(asked->templates[i]->template_, asked->templates[i]->n_template_,
                                 &it->templates[first + i]));
    return makes_connection(it) ? connection_templates(it) : QK_OK;
}

/* ---- answers ---- */

static qk_err answer_keys(const qk_call *call, const deriving *it, Quantoki__V1__DeriveKeysResponse *answer)
{
    answer->keys = qk_arena_zalloc(call->arena, it->count * sizeof(*answer->keys));
    if (!answer->keys)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the keys of an answer");
    for (size_t i = 0; i < it->count; i++) {
        if (it->held[i])
            QK_TRY(qk_answer_key(call, it->held[i], NULL, &answer->keys[i]));
        else
            answer->keys[i] = qk_message_new(&grep11__key_blob__descriptor, call->arena);
        if (!answer->keys[i])
            return qk_fail(QK_E_NO_MEMORY, "no memory for the keys of an answer");
    }
    answer->n_keys = it->count;
    return QK_OK;
}

/* A pre-master secret that was made here begins with the version that the client offered. What else may be taken for
 * one is not told apart from any key of 48 bytes. */
static bool tells_version(const qk_held_key *base)
{
    CK_MECHANISM_TYPE made_by = qk_attrs_ulong(&base->attrs, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);

    return made_by == CKM_TLS_PRE_MASTER_KEY_GEN || made_by == CKM_SSL3_PRE_MASTER_KEY_GEN || qk_policy_readable(base);
}

static qk_err answer_version(const qk_call *call, const deriving *it, Quantoki__V1__DeriveKeysResponse *answer)
{
    QK_OWNED(qk_secret_free) qk_secret value = QK_SECRET_NONE;
    CK_MECHANISM_TYPE type = it->from.use.mech->type;
    qk_view version;

    if (type != CKM_TLS12_MASTER_KEY_DERIVE && type != CKM_TLS12_EXTENDED_MASTER_KEY_DERIVE &&
        type != CKM_TLS_MASTER_KEY_DERIVE)
        return QK_OK;
    if (!tells_version(it->from.base))
        return QK_OK;
    QK_TRY(qk_key_reveal(it->from.base->key, CKA_VALUE, &value));
    QK_TRY(qk_arena_copy(call->arena, qk_view_slice(qk_secret_reveal(&value), 0, VERSION_LEN), &version));
    answer->version = qk_message_bytes(version);
    return QK_OK;
}

static qk_err derive(deriving *it, qk_arena *arena, qk_view *out_ivs)
{
    if (it->from.use.mech->param == QK_PARAM_TLS_MASTER || it->from.use.mech->param == QK_PARAM_TLS_EXTENDED_MASTER) {
        if (it->count != 1)
            return qk_fail(QK_E_BAD_ARGUMENT, "%s makes one key", it->from.use.mech->name);
        *out_ivs = QK_VIEW_NONE;
        return qk_crypto_derive(it->from.base->key, &it->from.use, &it->wanted[0], &it->keys[0]);
    }
    return qk_crypto_derive_keys(it->from.base->key, &it->from.use, it->wanted, it->count, arena, it->keys, out_ivs);
}

qk_err qk_handle_derive_keys(void *context, const qk_call *call, const void *request, void *response)
{
    QK_OWNED(deriving_done) deriving it = { 0 };
    const Quantoki__V1__DeriveKeysRequest *asked = request;
    Quantoki__V1__DeriveKeysResponse *answer = response;
    bool lax = qk_core_is_lax(context, call);
    qk_view ivs;

    QK_TRY(qk_derivation_open(context, call, asked->mech, asked->basekey, (ProtobufCBinaryData){ 0, NULL }, &it.from));
    QK_TRY(read_templates(asked, &it));
    for (size_t i = 0; i < it.count; i++)
        QK_TRY(qk_derivation_want(&it.from, lax, &it.templates[i], &it.wanted[i], &it.attrs[i]));
    QK_TRY(derive(&it, call->arena, &ivs));
    for (size_t i = 0; i < it.count; i++)
        if (it.keys[i])
            QK_TRY(qk_core_make(context, call, it.keys[i], &it.templates[i], &it.attrs[i], &it.held[i]));
    QK_TRY(answer_keys(call, &it, answer));
    answer->clientiv = qk_message_bytes(qk_view_slice(ivs, 0, ivs.len / 2));
    answer->serveriv = qk_message_bytes(qk_view_slice(ivs, ivs.len / 2, ivs.len / 2));
    return answer_version(call, &it, answer);
}
