/* SPDX-License-Identifier: Apache-2.0 */
/* The ciphertext is an ephemeral public key, in the form that CK_ECDH1_DERIVE_PARAMS takes: the uncompressed point of
 * SEC 1, 2.3.3, or the bytes of RFC 7748. */
#include "crypto/encapsulate.h"
#include "crypto/key/key.h"

static CK_MECHANISM_TYPE generator_for(CK_KEY_TYPE type)
{
    return type == CKK_EC_MONTGOMERY ? CKM_EC_MONTGOMERY_KEY_PAIR_GEN : CKM_EC_KEY_PAIR_GEN;
}

static qk_err make_pair(const qk_key *like, qk_key **out_public, qk_key **out_private)
{
    QK_OWNED(qk_attrs_done) qk_attrs template_ = QK_ATTRS_NONE;
    qk_mech_use use = { .mech = qk_mech_find(generator_for(like->type)) };

    QK_TRY(qk_attrs_set(&template_, CKA_EC_PARAMS, qk_view_of(like->curve->oid_der, like->curve->oid_len)));
    return qk_key_generate_pair(&use, &template_, out_public, out_private);
}

static qk_err agree(const qk_key *own, const qk_mech_use *use, qk_view other, const qk_key_wanted *wanted,
                    qk_key **out_key)
{
    qk_mech_use with_other = *use;

    with_other.ecdh.public_data = other;
    return qk_crypto_derive(own, &with_other, wanted, out_key);
}

static qk_err check_parameter(const qk_mech_use *use)
{
    if (use->ecdh.public_data.len)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: encapsulation takes no public data in the parameter",
                       use->mech->name);
    return QK_OK;
}

qk_err qk_ecdh_encapsulate(const qk_key *key, const qk_mech_use *use, const qk_key_wanted *wanted, qk_arena *arena,
                           qk_view *out_cipher, qk_key **out_key)
{
    QK_OWNED(qk_key_unref) qk_key *ephemeral_public = NULL, *ephemeral = NULL, *shared = NULL;

    QK_TRY(check_parameter(use));
    QK_TRY(make_pair(key, &ephemeral_public, &ephemeral));
    QK_TRY(agree(ephemeral, use, qk_view_of(key->point, key->point_len), wanted, &shared));
    QK_TRY(qk_arena_copy(arena, qk_view_of(ephemeral_public->point, ephemeral_public->point_len), out_cipher));
    *out_key = shared;
    shared = NULL;
    return QK_OK;
}

/* A point that is none of the curve is a bad ciphertext here, not a bad parameter. */
qk_err qk_ecdh_decapsulate(const qk_key *key, const qk_mech_use *use, qk_view cipher, const qk_key_wanted *wanted,
                           qk_key **out_key)
{
    qk_err err;

    QK_TRY(check_parameter(use));
    if (cipher.len != key->point_len)
        return qk_fail(QK_E_CIPHERTEXT_LENGTH, "a ciphertext of %zu bytes, where the key's curve gives %zu", cipher.len,
                       key->point_len);
    err = agree(key, use, cipher, wanted, out_key);
    if (err == QK_E_MECHANISM_PARAM || err == QK_E_PUBLIC_KEY_INVALID)
        return qk_fail(QK_E_CIPHERTEXT_INVALID, "the ciphertext is no point of the key's curve");
    return err;
}

size_t qk_encapsulated_len(const qk_key *key)
{
    return key->type == CKK_RSA ? (key->bits + 7) / 8 : key->point_len;
}
