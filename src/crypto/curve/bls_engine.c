/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_IBM_ECDSA_OTHER in its variant ECSG_IBM_BLS, and CKM_IBM_EC_AGGREGATE, which adds up what is public: signatures
 * to one (sign, without a key), public keys to one (derive, without a base).
 *
 * IBM names the draft and not its cipher suite. Public keys of 97 bytes in its cards' SubjectPublicKeyInfo and
 * signatures of 192 say which groups; of the three schemes the basic one is taken, since GREP11 has no method to prove
 * or to check possession of a key. Whoever adds up keys must know for each of them that somebody has its private half
 * (section 3.3 of the draft): the HSM adds up keys that it vouches for. */
#include "crypto/curve/bls.h"
#include "crypto/curve/bls_engine.h"
#include "crypto/curve/ec_key.h"
#include "crypto/engine.h"

/* ---- signatures ---- */

static qk_err check_key(const qk_key *key, const qk_mech_use *use)
{
    if (!key->curve || key->curve->kind != QK_CURVE_PAIRING)
        return qk_fail(QK_E_KEY_TYPE, "%s: BLS needs a key on the curve BLS12-381", use->mech->name);
    return QK_OK;
}

qk_err qk_bls_engine_sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena,
                          qk_view *out_signature)
{
    uint8_t *signature;

    QK_TRY(check_key(key, use));
    QK_TRY(qk_arena_bytes(arena, QK_BLS_SIGNATURE_LEN, &signature));
    QK_TRY(qk_bls_sign(key, qk_bls_suite, data, signature));
    *out_signature = qk_view_of(signature, QK_BLS_SIGNATURE_LEN);
    return QK_OK;
}

qk_err qk_bls_engine_verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    QK_TRY(check_key(key, use));
    return qk_bls_verify(key, qk_bls_suite, data, signature);
}

/* ---- sums ---- */

static qk_err check_mode(const qk_mech_use *use, unsigned mode, const char *what)
{
    if (use->aggregate.mode != mode)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the mode must be that of %s here", use->mech->name, what);
    return QK_OK;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t *sum;

    (void)key;
    (void)data;
    QK_TRY(check_mode(use, CK_IBM_EC_AGG_BLS12_381_SIGN, "signatures"));
    if (use->aggregate.element_len != QK_BLS_SIGNATURE_LEN)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: elements of %zu bytes; BLS signatures have %d", use->mech->name,
                       use->aggregate.element_len, QK_BLS_SIGNATURE_LEN);
    QK_TRY(qk_arena_bytes(arena, QK_BLS_SIGNATURE_LEN, &sum));
    QK_TRY(qk_bls_add_signatures(use->aggregate.elements, sum));
    *out_signature = qk_view_of(sum, QK_BLS_SIGNATURE_LEN);
    return QK_OK;
}

/* One element, a SubjectPublicKeyInfo: its point goes behind the others. */
static qk_err put_point(const qk_mech_use *use, qk_view spki, qk_buf *points)
{
    QK_OWNED(qk_key_unref) qk_key *key = NULL;

    QK_TRY(qk_key_read(CKO_PUBLIC_KEY, CKK_EC, spki, &key));
    QK_TRY(check_key(key, use));
    qk_buf_put(points, qk_view_of(key->point, key->point_len));
    return QK_OK;
}

static qk_err derive(const qk_key *base, const qk_mech_use *use, const qk_key_wanted *wanted, qk_key **out_key)
{
    QK_OWNED(qk_buf_done) qk_buf points = QK_BUF_NONE;
    uint8_t sum[QK_BLS_POINT_LEN];
    size_t len = use->aggregate.element_len;

    (void)base;
    QK_TRY(check_mode(use, CK_IBM_EC_AGG_BLS12_381_PKEY, "public keys"));
    if (wanted->class != CKO_PUBLIC_KEY || wanted->type != CKK_EC)
        return qk_fail(QK_E_TEMPLATE_INCONSISTENT, "%s makes public keys of type CKK_EC", use->mech->name);
    for (size_t at = 0; at < use->aggregate.elements.len; at += len)
        QK_TRY(put_point(use, qk_view_slice(use->aggregate.elements, at, len), &points));
    QK_TRY(qk_buf_check(&points));
    QK_TRY(qk_bls_add_points(qk_buf_view(&points), sum));
    return qk_ec_make_public(CKK_EC, qk_curve_find(QK_VIEW_LITERAL("BLS12-381")), qk_view_of(sum, sizeof sum), out_key);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)key;
    (void)use;
    (void)input_len;
    return function == QK_SIGN ? QK_BLS_SIGNATURE_LEN : 0;
}

static bool available(const qk_mech *mech)
{
    (void)mech;
    return qk_bls_is_here();
}

const qk_engine qk_engine_bls_aggregate = {
    .sign = sign,
    .derive = derive,
    .available = available,
    .output_len = output_len,
};
