/* SPDX-License-Identifier: Apache-2.0 */
/* Elliptic curve Diffie-Hellman, on Weierstrass and Montgomery curves. All curves here have cofactor 1 or have it built
 * into the scalar (RFC 7748), so that the plain and the cofactor form are one.
 *
 * The other side's point is on the curve, or refused; a result that is all zeros (a point of small order) is refused.
 * Sources: SP 800-56A, 5.7.1.2; RFC 7748, 6; PKCS #11 3.2, elliptic curve Diffie-Hellman key derivation. */
#include "crypto/der.h"
#include "crypto/derive/derive.h"
#include "crypto/curve/ec_key.h"
#include "crypto/encapsulate.h"

static const qk_pkey_purpose to_agree = { "ECDH", EVP_PKEY_derive_init };

/* clang-format off */
static const struct kdf {
    CK_EC_KDF_TYPE type;
    qk_stretch how;
    CK_MECHANISM_TYPE hash;
} kdfs[] = {
    { CKD_SHA1_KDF,           QK_STRETCH_X963,     CKM_SHA_1 },
    { CKD_SHA224_KDF,         QK_STRETCH_X963,     CKM_SHA224 },
    { CKD_SHA256_KDF,         QK_STRETCH_X963,     CKM_SHA256 },
    { CKD_SHA384_KDF,         QK_STRETCH_X963,     CKM_SHA384 },
    { CKD_SHA512_KDF,         QK_STRETCH_X963,     CKM_SHA512 },
    { CKD_SHA3_224_KDF,       QK_STRETCH_X963,     CKM_SHA3_224 },
    { CKD_SHA3_256_KDF,       QK_STRETCH_X963,     CKM_SHA3_256 },
    { CKD_SHA3_384_KDF,       QK_STRETCH_X963,     CKM_SHA3_384 },
    { CKD_SHA3_512_KDF,       QK_STRETCH_X963,     CKM_SHA3_512 },
    { CKD_SHA1_KDF_SP800,     QK_STRETCH_SP800_56, CKM_SHA_1 },
    { CKD_SHA224_KDF_SP800,   QK_STRETCH_SP800_56, CKM_SHA224 },
    { CKD_SHA256_KDF_SP800,   QK_STRETCH_SP800_56, CKM_SHA256 },
    { CKD_SHA384_KDF_SP800,   QK_STRETCH_SP800_56, CKM_SHA384 },
    { CKD_SHA512_KDF_SP800,   QK_STRETCH_SP800_56, CKM_SHA512 },
    { CKD_SHA3_224_KDF_SP800, QK_STRETCH_SP800_56, CKM_SHA3_224 },
    { CKD_SHA3_256_KDF_SP800, QK_STRETCH_SP800_56, CKM_SHA3_256 },
    { CKD_SHA3_384_KDF_SP800, QK_STRETCH_SP800_56, CKM_SHA3_384 },
    { CKD_SHA3_512_KDF_SP800, QK_STRETCH_SP800_56, CKM_SHA3_512 },
};
/* clang-format on */

static const struct kdf *find_kdf(CK_EC_KDF_TYPE type)
{
    for (size_t i = 0; i < sizeof(kdfs) / sizeof(kdfs[0]); i++)
        if (kdfs[i].type == type)
            return &kdfs[i];
    return NULL;
}

/* IBM's mechanisms are for one curve each. */
static qk_err check_curve(const qk_key *base, const qk_mech *mech)
{
    unsigned bits = mech->type == CKM_IBM_EC_X25519 ? 255 : mech->type == CKM_IBM_EC_X448 ? 448 : 0;

    if (!base->curve || base->curve->kind == QK_CURVE_EDWARDS || base->curve->kind == QK_CURVE_PAIRING ||
        (bits != 0 && (base->curve->kind != QK_CURVE_MONTGOMERY || base->curve->bits != bits)))
        return qk_fail(QK_E_KEY_TYPE, "%s does not work with a key on the curve %s", mech->name,
                       base->curve ? base->curve->name : "of another kind");
    if (base->class != CKO_PRIVATE_KEY)
        return qk_fail(QK_E_KEY_TYPE, "%s needs a private key", mech->name);
    return QK_OK;
}

static bool point_fits(const qk_curve *curve, qk_view point)
{
    if (curve->kind == QK_CURVE_MONTGOMERY)
        return point.len == curve->field_len;
    return point.len == 2 * curve->field_len + 1 || point.len == curve->field_len + 1;
}

/* Many pass CKA_EC_POINT as they read it, a DER OCTET STRING, and PKCS #11 lets them. Lengths tell the forms apart. */
static qk_view bare_point(const qk_curve *curve, qk_view given)
{
    qk_view rest = given, content;

    if (!point_fits(curve, given) && qk_der_take(&rest, QK_DER_OCTET_STRING, &content) && rest.len == 0)
        return content;
    return given;
}

static qk_err read_peer(const qk_key *base, const qk_mech_use *use, qk_key **out_peer)
{
    qk_view point = bare_point(base->curve, use->ecdh.public_data);
    qk_err err;

    if (!point_fits(base->curve, point))
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: a public value of %zu bytes is none of %s", use->mech->name,
                       use->ecdh.public_data.len, base->curve->name);
    err = qk_ec_make_public(base->type, base->curve, point, out_peer);
    return err == QK_OK || err == QK_E_NO_MEMORY ? err : qk_key_recode(QK_E_MECHANISM_PARAM);
}

static qk_err agree(const qk_key *base, const qk_mech_use *use, qk_secret *out_shared)
{
    QK_OWNED(qk_key_unref) qk_key *peer = NULL;

    QK_TRY(read_peer(base, use, &peer));
    return qk_derive_agree(base, peer, &to_agree, base->curve->field_len, out_shared);
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_secret_free) qk_secret shared = QK_SECRET_NONE, value = QK_SECRET_NONE;
    const struct kdf *kdf = find_kdf(use->ecdh.kdf);
    size_t natural, len;

    QK_TRY(check_curve(base, use->mech));
    natural = kdf ? 0 : base->curve->field_len;
    QK_TRY(qk_derive_len(use, wanted, natural, kdf ? SIZE_MAX : natural, &len));
    QK_TRY(agree(base, use, &shared));
    if (kdf)
        QK_TRY(qk_stretch_bytes(kdf->how, kdf->hash, qk_secret_reveal(&shared), use->ecdh.shared, &value, len));
    else
        QK_TRY(qk_derive_last_bytes(&shared, len, &value));
    return qk_derive_key(wanted, &value, out_key);
}

const qk_engine qk_engine_ecdh = {
    .derive = derive,
    .encapsulate = qk_ecdh_encapsulate,
    .decapsulate = qk_ecdh_decapsulate,
};
