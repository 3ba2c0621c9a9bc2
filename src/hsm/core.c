/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/core.h"

#include "hsm/blob/blob.h"

/* ---- mechanisms ---- */

bool qk_core_offers(const qk_core *core, const qk_mech *mech)
{
    return mech && qk_crypto_offers(mech) && !(core->legacy_off && (mech->flags & QK_MECH_LEGACY));
}

/* Mechanisms of all versions of TLS name the function of the old ones in their parameter. */
static bool offers_use(const qk_core *core, const qk_mech_use *use)
{
    bool of_tls = use->mech->param == QK_PARAM_TLS_KDF || use->mech->param == QK_PARAM_TLS_MAC;

    return qk_core_offers(core, use->mech) &&
           (!of_tls || use->tls.hash != CKM_TLS_PRF || qk_core_offers(core, qk_mech_find(CKM_TLS_PRF)));
}

qk_err qk_core_use(const qk_core *core, const qk_call *call, const Grep11__Mechanism *message, unsigned function,
                   qk_mech_use *out)
{
    QK_TRY(qk_mech_use_from_message(message, function, out));
    if (!offers_use(core, out))
        return qk_fail(QK_E_MECHANISM_INVALID, "%s is not offered here", out->mech->name);
    if (call->on_event_loop && (out->mech->flags & QK_MECH_SLOW))
        return qk_fail(QK_E_NEED_THREADS, "%s takes too long for an event loop", out->mech->name);
    return QK_OK;
}

/* Private operations take time with the cube of an RSA key's length: 50 ms with 8192 bits, half a second with 16384. */
qk_err qk_core_has_time(const qk_call *call, const qk_key *key)
{
    bool is_large = qk_key_type(key) == CKK_RSA && qk_key_class(key) == CKO_PRIVATE_KEY && qk_key_bits(key) > 4096;

    return call->on_event_loop && is_large ? qk_fail(QK_E_NEED_THREADS, "the key is too long for an event loop")
                                           : QK_OK;
}

/* ---- keys that come in ---- */

qk_view qk_request_blob(const Grep11__KeyBlob *key, ProtobufCBinaryData v1)
{
    if (key && key->n_keyblobs > 0 && key->keyblobs[0].len > 0)
        return qk_message_view(key->keyblobs[0]);
    return qk_message_view(v1);
}

/* What the cache holds was opened in somebody's session; it is for those who are logged in to it. */
static qk_err open_logins(const qk_core *core, const qk_call *call, qk_view blob, qk_logins *out_logins)
{
    const uint8_t *id = qk_blob_session(blob);
    const qk_login_session *session;

    if (!id)
        return QK_OK;
    QK_TRY(qk_logins_open(core->ring, call, out_logins));
    return qk_logins_find(out_logins, id, &session);
}

qk_err qk_core_key(qk_core *core, const qk_call *call, qk_view blob, qk_held_key **out_held)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_held_key *held;

    QK_TRY(open_logins(core, call, blob, &logins));
    held = qk_cache_find(core->cache, blob);
    if (!held) {
        QK_TRY(qk_held_key_open(core->ring, &logins, blob, &held));
        qk_cache_keep(core->cache, held);
    }
    *out_held = held;
    return QK_OK;
}

qk_err qk_core_key_for(qk_core *core, const qk_call *call, const Grep11__KeyBlob *key, ProtobufCBinaryData v1,
                       const qk_mech *mech, unsigned function, qk_held_key **out_held)
{
    QK_OWNED(qk_held_key_unref) qk_held_key *held = NULL;

    QK_TRY(qk_core_key(core, call, qk_request_blob(key, v1), &held));
    QK_TRY(qk_policy_use(held, mech, function));
    QK_TRY(qk_core_has_time(call, held->key));
    *out_held = held;
    held = NULL;
    return QK_OK;
}

/* ---- keys that go out ---- */

static qk_err check_value_agrees(const qk_key *key, const qk_attrs *template_)
{
    QK_OWNED(qk_attrs_done) qk_attrs facts = QK_ATTRS_NONE;
    qk_view given = qk_attrs_view(template_, CKA_CHECK_VALUE);

    if (given.len == 0) /* an empty one asks for no check */
        return QK_OK;
    QK_TRY(qk_key_describe(key, &facts));
    if (!qk_view_equal(given, qk_attrs_view(&facts, CKA_CHECK_VALUE)))
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "CKA_CHECK_VALUE does not belong to this key");
    return QK_OK;
}

static qk_err curve_agrees(const qk_key *key, const qk_attrs *template_)
{
    const qk_attr *given = qk_attrs_find(template_, CKA_EC_PARAMS);

    if (given && qk_key_curve(key) && qk_curve_find(given->value) != qk_key_curve(key))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "CKA_EC_PARAMS names another curve than the key's");
    return QK_OK;
}

qk_err qk_core_may_trust(const qk_call *call)
{
    if (!call->caller || (call->caller->actions & QK_ACTION_BIT(QK_ACTION_CREATE_KEYSTORE)))
        return QK_OK;
    return qk_fail(QK_E_ATTRIBUTE_READ_ONLY, "CKA_TRUSTED is for the security officer to set; %s lacks the action %s",
                   call->caller->identity, qk_action_name(QK_ACTION_CREATE_KEYSTORE));
}

qk_err qk_core_make(qk_core *core, const qk_call *call, qk_key *key, const qk_attrs *template_, const qk_attrs *attrs,
                    qk_held_key **out_held)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    qk_held_key *held;
    /* A pair can have a public half that everybody sees beside a private one that its user alone may open. */
    bool is_private = qk_attrs_bool(template_, CKA_PRIVATE, true);
    qk_seal_under under = is_private ? call->seal_under : QK_UNDER_INSTANCE;

    if (qk_attrs_bool(template_, CKA_TRUSTED, false) && qk_attrs_bool(attrs, CKA_TRUSTED, false))
        QK_TRY(qk_core_may_trust(call));
    QK_TRY(check_value_agrees(key, template_));
    QK_TRY(curve_agrees(key, template_));
    QK_TRY(qk_post_quantum_set_agrees(key, template_));
    QK_TRY(qk_logins_open(core->ring, call, &logins));
    QK_TRY(qk_held_key_make(core->ring, under, qk_logins_for(&logins, is_private), key, attrs, &held));
    qk_cache_keep(core->cache, held);
    *out_held = held;
    return QK_OK;
}

qk_err qk_core_remake(qk_core *core, const qk_call *call, const qk_held_key *held, const qk_attrs *attrs,
                      qk_held_key **out_changed)
{
    QK_OWNED(qk_logins_done) qk_logins logins = QK_LOGINS_NONE;
    const qk_login_session *session = NULL;

    if (qk_held_key_session(held)) {
        QK_TRY(qk_logins_open(core->ring, call, &logins));
        QK_TRY(qk_logins_find(&logins, qk_held_key_session(held), &session));
    }
    QK_TRY(qk_held_key_make(core->ring, held->under, session, held->key, attrs, out_changed));
    qk_cache_keep(core->cache, *out_changed);
    return QK_OK;
}

qk_err qk_core_describe(const qk_held_key *held, qk_attrs *out_attrs)
{
    QK_TRY(qk_held_key_describe(held, out_attrs));
    /* A blob's own attributes can be secret too (CKA_IBM_MACKEY). CKA_VALUE of a public key is open. */
    for (size_t i = out_attrs->count; i > 0; i--) {
        const qk_attribute *attribute = qk_attribute_find(out_attrs->items[i - 1].type);
        bool open = held->class == CKO_PUBLIC_KEY && attribute && attribute->home == QK_HOME_VALUE;
        if (!attribute || ((attribute->flags & QK_ATTRIBUTE_SECRET) && !open))
            qk_attrs_remove(out_attrs, out_attrs->items[i - 1].type);
    }
    return QK_OK;
}

qk_err qk_answer_blob(const qk_call *call, qk_view blob, const qk_attrs *attrs, ProtobufCBinaryData *out_bytes,
                      Grep11__KeyBlob **out_key)
{
    Grep11__KeyBlob *key = qk_message_new(&grep11__key_blob__descriptor, call->arena);
    ProtobufCBinaryData *blobs = qk_arena_zalloc(call->arena, sizeof *blobs);

    if (!key || !blobs)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a key in an answer");
    QK_TRY(qk_arena_copy(call->arena, blob, &blob));
    QK_TRY(qk_attrs_to_map(attrs, &grep11__key_blob__attributes_entry__descriptor, call->arena, &key->attributes,
                           &key->n_attributes));
    *blobs = qk_message_bytes(blob);
    key->keyblobs = blobs;
    key->n_keyblobs = 1;
    if (out_bytes)
        *out_bytes = *blobs;
    *out_key = key;
    return QK_OK;
}

qk_err qk_answer_key(const qk_call *call, const qk_held_key *held, ProtobufCBinaryData *out_bytes,
                     Grep11__KeyBlob **out_key)
{
    QK_OWNED(qk_attrs_done) qk_attrs attrs = QK_ATTRS_NONE;

    QK_TRY(qk_core_describe(held, &attrs));
    return qk_answer_blob(call, qk_held_key_blob(held), &attrs, out_bytes, out_key);
}

enum { CHECK_VALUE_LEN = 3, BIT_COUNT_LEN = 4 };

qk_err qk_answer_checksum(const qk_call *call, const qk_held_key *held, ProtobufCBinaryData *out)
{
    QK_OWNED(qk_attrs_done) qk_attrs facts = QK_ATTRS_NONE;
    unsigned bits = qk_key_bits(held->key);
    qk_view check_value;
    uint8_t *place;

    if (held->class != CKO_SECRET_KEY)
        return QK_OK;
    QK_TRY(qk_key_describe(held->key, &facts));
    check_value = qk_attrs_view(&facts, CKA_CHECK_VALUE);
    if (check_value.len < CHECK_VALUE_LEN)
        return qk_fail(QK_E_GENERAL, "a secret key has no check value");
    QK_TRY(qk_arena_bytes(call->arena, CHECK_VALUE_LEN + BIT_COUNT_LEN, &place));
    memcpy(place, check_value.data, CHECK_VALUE_LEN);
    for (size_t i = 0; i < BIT_COUNT_LEN; i++)
        place[CHECK_VALUE_LEN + i] = (uint8_t)(bits >> (8 * (BIT_COUNT_LEN - 1 - i)));
    *out = qk_message_bytes(qk_view_of(place, CHECK_VALUE_LEN + BIT_COUNT_LEN));
    return QK_OK;
}
