/* SPDX-License-Identifier: Apache-2.0 */
#include "hsm/handle/derivation.h"

#include "p11/key_type.h"

void qk_derivation_done(qk_derivation *it)
{
    qk_held_key_unref(&it->base);
    qk_held_key_unref(&it->second);
}

/* HMAC of a secret gives nothing of it away, whoever knows the HMAC's key. CMAC is a cipher, and goes backwards. And
 * what stands beside the secret of a KEM, which its sender knows, is open unless both are hashed. */
static bool gives_second_away(const qk_mech_use *use)
{
    bool is_kdf108 = use->mech->param == QK_PARAM_KDF108 || use->mech->param == QK_PARAM_KDF108_FEEDBACK;

    if (use->mech->param == QK_PARAM_KYBER_KEM)
        return use->kem.kdf == CKD_NULL || use->kem.kdf == CKD_IBM_HYBRID_NULL;
    return is_kdf108 && (use->kdf108.prf == CKM_AES_CMAC || use->kdf108.prf == CKM_DES3_CMAC);
}

/* The key that the parameter names: it becomes part of the new one, so it must be allowed to. */
static qk_err open_second(qk_core *core, const qk_call *call, qk_derivation *it)
{
    if (it->use.second.blob.len == 0)
        return QK_OK;
    QK_TRY(qk_core_key(core, call, it->use.second.blob, &it->second));
    if (it->second->class != CKO_SECRET_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s: the second key must be a secret key", it->use.mech->name);
    if (it->use.mech->param == QK_PARAM_KYBER_KEM && !qk_attrs_bool(&it->second->attrs, CKA_IBM_USE_AS_DATA, false))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s: CKA_IBM_USE_AS_DATA of the second key is false",
                       it->use.mech->name);
    if (it->use.mech->param != QK_PARAM_KYBER_KEM && !(it->second->may & QK_DERIVE))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s: CKA_DERIVE of the second key is false", it->use.mech->name);
    if (it->second->limited && !qk_policy_lists(&it->second->attrs, it->use.mech))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "%s is not among the second key's CKA_ALLOWED_MECHANISMS",
                       it->use.mech->name);
    if (gives_second_away(&it->use) && !qk_policy_readable(it->second))
        return qk_fail(QK_E_KEY_NOT_PERMITTED,
                       "%s: the new key would give the sensitive one in the parameter away; it needs a hash or HMAC",
                       it->use.mech->name);
    it->use.second.key = it->second->key;
    return QK_OK;
}

qk_err qk_derivation_open(qk_core *core, const qk_call *call, const Grep11__Mechanism *mechanism,
                          const Grep11__KeyBlob *base, ProtobufCBinaryData v1, qk_derivation *out)
{
    QK_TRY(qk_core_use(core, call, mechanism, QK_DERIVE, &out->use));
    QK_TRY(qk_core_key_for(core, call, base, v1, out->use.mech, QK_DERIVE, &out->base));
    return open_second(core, call, out);
}

/* ---- pieces of keys ---- */

/* `bytes` of the key go into the new one. Whoever has two keys of which one is the other and a byte more guesses that
 * byte, and puts what was guessed in its place for the next one, however long both are. */
static qk_err check_piece(const qk_held_key *key, size_t bytes)
{
    size_t whole = qk_key_bits(key->key) / 8;

    if (!qk_policy_readable(key) && bytes < whole)
        return qk_fail(QK_E_KEY_SIZE, "%zu of the %zu bytes of a sensitive key could be guessed; all must go along",
                       bytes, whole);
    return QK_OK;
}

static size_t min(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t beyond(size_t len, size_t first)
{
    return len > first ? len - first : 0;
}

/* How much of each key the new one of `len` bytes holds; of several keys the first comes first. */
static qk_err check_pieces(const qk_derivation *it, size_t len)
{
    size_t base = qk_key_bits(it->base->key) / 8, data = it->use.data.data.len, rest = beyond(len, base);

    if (it->use.mech->type == CKM_CONCATENATE_DATA_AND_BASE)
        return check_piece(it->base, min(base, beyond(len, data)));
    if (it->use.mech->type == CKM_XOR_BASE_AND_DATA)
        return check_piece(it->base, min(min(base, len), data));
    QK_TRY(check_piece(it->base, min(base, len)));
    return it->second && rest > 0 ? check_piece(it->second, min(qk_key_bits(it->second->key) / 8, rest)) : QK_OK;
}

/* ---- what is wanted ---- */

static bool joins(const qk_mech *mech)
{
    return mech->type == CKM_CONCATENATE_BASE_AND_KEY || mech->type == CKM_CONCATENATE_BASE_AND_DATA ||
           mech->type == CKM_CONCATENATE_DATA_AND_BASE;
}

/* A child that is not hardened is its parent and a number that everybody computes: BIP-32, security. */
static bool is_open_child(const qk_mech_use *use)
{
    return use->mech->type == CKM_IBM_BTC_DERIVE &&
           (use->btc.type == CK_IBM_BIP0032_PRV2PRV || use->btc.type == CK_IBM_SLIP0010_PRV2PRV) &&
           !(use->btc.child >> 31);
}

static bool shows_base(const qk_mech_use *use)
{
    return qk_policy_moves_bytes(use->mech) || is_open_child(use);
}

qk_err qk_derivation_check(const qk_derivation *it, const qk_key *made)
{
    return qk_policy_moves_bytes(it->use.mech) ? check_pieces(it, qk_key_bits(made) / 8) : QK_OK;
}

/* Types of several keys, each of which could be tried by itself. */
static bool falls_apart(CK_KEY_TYPE type)
{
    return type == CKK_AES_XTS || type == CKK_DES2 || type == CKK_DES3;
}

/* What a sensitive key was joined with may be known. Used as one key it gives nothing away; but taken apart, by its
 * type or by the blocks it would be wrapped in, one part could be all known but for a byte. */
static qk_err check_joined(const qk_derivation *it, CK_KEY_TYPE type, const qk_attrs *attrs)
{
    bool is_open = qk_policy_readable(it->base) && (!it->second || qk_policy_readable(it->second));

    if (!joins(it->use.mech) || is_open)
        return QK_OK;
    if (falls_apart(type) || qk_attrs_bool(attrs, CKA_EXTRACTABLE, false))
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT,
                       "%s: what a sensitive key is joined to stays (CKA_EXTRACTABLE false) and is one key",
                       it->use.mech->name);
    return QK_OK;
}

static qk_err read_wanted(const qk_mech_use *use, const qk_attrs *template_, qk_key_wanted *out)
{
    CK_OBJECT_CLASS made = qk_key_class_derived(use), class = qk_attrs_ulong(template_, CKA_CLASS, made);
    CK_KEY_TYPE usual = use->mech->type == CKM_IBM_BTC_DERIVE ? CKK_EC : CKK_GENERIC_SECRET;

    if (class != made)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s does not make a %s here", use->mech->name,
                       qk_name_of_class(class));
    *out = (qk_key_wanted){ .class = class,
                            .type = qk_attrs_ulong(template_, CKA_KEY_TYPE, usual),
                            .len = qk_attrs_ulong(template_, CKA_VALUE_LEN, 0),
                            .template_ = template_ };
    return QK_OK;
}

static bool gives_keys_only(const qk_held_key *key)
{
    return qk_attrs_view(&key->attrs, CKA_DERIVE_TEMPLATE).len > 0;
}

/* What the base demands of keys that come of it, data could not keep. */
qk_err qk_derivation_want_data(const qk_derivation *it, const qk_attrs *template_, qk_key_wanted *out_wanted)
{
    if (gives_keys_only(it->base) || (it->second && gives_keys_only(it->second)))
        return qk_fail(QK_E_KEY_NOT_PERMITTED, "a key with CKA_DERIVE_TEMPLATE gives keys only");
    QK_TRY(read_wanted(&it->use, template_, out_wanted));
    out_wanted->type = CKK_GENERIC_SECRET;
    return QK_OK;
}

/* ---- what follows from the base ---- */

/* SP 800-108: what the template does not say of its protection is as with the base. TLS: the keys of a connection are
 * protected as the master secret, and a template may not say otherwise. */
static qk_err follow(const qk_derivation *it, CK_ATTRIBUTE_TYPE type, bool fallback, qk_attrs *template_)
{
    bool of_base = qk_attrs_bool(&it->base->attrs, type, fallback);

    if (it->use.mech->param == QK_PARAM_TLS_KEY_MATERIAL && qk_attrs_bool(template_, type, of_base) != of_base)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s: %s of the new keys is that of the base key", it->use.mech->name,
                       qk_attribute_find(type)->name);
    return qk_attrs_find(template_, type) ? QK_OK : qk_attrs_set_bool(template_, type, of_base);
}

/* What a master secret is for: it derives, and makes the MAC of Finished, and nothing else. */
static qk_err complete_master(const qk_mech *mech, qk_attrs *template_)
{
    static const CK_MECHANISM_TYPE of_new[] = { CKM_TLS12_KEY_AND_MAC_DERIVE,
                                                CKM_TLS12_KEY_SAFE_DERIVE,
                                                CKM_TLS_KDF,
                                                CKM_TLS_MAC,
                                                CKM_TLS12_KDF,
                                                CKM_TLS12_MAC },
                                   of_old[] = { CKM_TLS_KEY_AND_MAC_DERIVE, CKM_TLS_PRF, CKM_TLS_KDF, CKM_TLS_MAC };
    qk_view allowed =
        mech->flags & QK_MECH_LEGACY ? qk_view_of(of_old, sizeof(of_old)) : qk_view_of(of_new, sizeof(of_new));
    static const CK_ATTRIBUTE_TYPE usages[] = { CKA_DERIVE, CKA_SIGN, CKA_VERIFY };

    for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]); i++)
        if (!qk_attrs_find(template_, usages[i]))
            QK_TRY(qk_attrs_set_bool(template_, usages[i], true));
    if (qk_attrs_find(template_, CKA_ALLOWED_MECHANISMS))
        return QK_OK;
    return qk_attrs_set(template_, CKA_ALLOWED_MECHANISMS, allowed);
}

static qk_err complete(const qk_derivation *it, qk_attrs *template_)
{
    switch ((int)it->use.mech->param) {
    case QK_PARAM_KDF108:
    case QK_PARAM_KDF108_FEEDBACK:
    case QK_PARAM_TLS_KEY_MATERIAL:
        QK_TRY(follow(it, CKA_SENSITIVE, true, template_));
        return follow(it, CKA_EXTRACTABLE, false, template_);
    case QK_PARAM_TLS_MASTER:
    case QK_PARAM_TLS_EXTENDED_MASTER:
        return complete_master(it->use.mech, template_);
    default:
        return QK_OK;
    }
}

/* XOR with zeros, or what is joined to nothing much, is the same key: its limits would be gone. */
static qk_err keep_limits(const qk_derivation *it, const qk_attrs *template_, qk_attrs *attrs)
{
    if (!qk_policy_moves_bytes(it->use.mech))
        return QK_OK;
    QK_TRY(qk_policy_keep_limits(it->base, template_, attrs));
    return it->second ? qk_policy_keep_limits(it->second, template_, attrs) : QK_OK;
}

qk_err qk_derivation_want(const qk_derivation *it, bool lax, qk_attrs *template_, qk_key_wanted *out_wanted,
                          qk_attrs *out_attrs)
{
    qk_new_key key = { .origin = QK_DERIVED, .mechanism = CK_UNAVAILABLE_INFORMATION };

    key.lax = lax;
    QK_TRY(qk_policy_template(it->base, CKA_DERIVE_TEMPLATE, template_));
    if (it->second)
        QK_TRY(qk_policy_template(it->second, CKA_DERIVE_TEMPLATE, template_));
    QK_TRY(complete(it, template_));
    QK_TRY(read_wanted(&it->use, template_, out_wanted));
    key.class = out_wanted->class;
    key.type = out_wanted->type;
    QK_TRY(qk_policy_derived(&key, it->base, shows_base(&it->use), template_, out_attrs));
    if (it->second && joins(it->use.mech))
        QK_TRY(qk_policy_inherit(it->second, template_, out_attrs));
    QK_TRY(keep_limits(it, template_, out_attrs));
    return check_joined(it, key.type, out_attrs);
}
