/* SPDX-License-Identifier: Apache-2.0 */
/* CKM_IBM_ECDSA_OTHER: Schnorr signatures on curves of 256 bits, r || s, the message hashed inside with SHA-256; and,
 * in bls_engine.c, BLS signatures.
 *
 *   ECSDSA_S256         r = H(x(kG) || y(kG) || message), s = k + r d.
 *                       Source: BSI TR-03111 2.10, 4.2.3 (EC-SDSA); ISO/IEC 14888-3.
 *   ECSDSA_COMPR_MULTI  r = H(compressed kG || compressed public key || message) mod n, s = k - r d.
 *                       Source: Zilliqa's EC-Schnorr (Zilliqa whitepaper, and its public reference implementations).
 *
 * The variants differ in what is hashed and in the sign of r d; a row for each. */
#include <openssl/crypto.h>

#include "crypto/curve/bls.h"
#include "crypto/curve/bls_engine.h"
#include "crypto/curve/ec_arithmetic.h"
#include "crypto/engine.h"
#include "crypto/hash/digest.h"

enum { SIGNATURE_LEN = 2 * QK_SCALAR_LEN };

typedef struct variant {
    unsigned id;
    bool compressed; /* points are hashed in compressed form, the public key among them; r is reduced */
    bool minus;      /* s = k - r d */
} variant;

static const variant variants[] = {
    { ECSG_IBM_ECSDSA_S256, false, false },
    { ECSG_IBM_ECSDSA_COMPR_MULTI, true, true },
};

typedef struct scheme {
    const variant *variant;
    const qk_curve *curve;
    const uint8_t *public_point;
    qk_scalar n;
} scheme;

static qk_err scheme_of(const qk_key *key, const qk_mech_use *use, scheme *out)
{
    const variant *found = NULL;

    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        if (variants[i].id == use->ecsg)
            found = &variants[i];
    if (!found)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: variant %u is not known", use->mech->name, use->ecsg);
    if (!qk_curve_is_256(key->curve))
        return qk_fail(QK_E_KEY_TYPE, "%s needs a key on a Weierstrass curve of 256 bits", use->mech->name);
    *out = (scheme){ .variant = found, .curve = key->curve, .public_point = key->point };
    return qk_curve_order(key->curve, &out->n);
}

/* The hash as it stands in the signature. */
static qk_err challenge(const scheme *it, const uint8_t point[QK_POINT256_LEN], qk_view message,
                        uint8_t out[QK_SCALAR_LEN])
{
    uint8_t head[2 * QK_COMPRESSED256_LEN];
    qk_hash hash;
    size_t len;
    qk_view first = qk_view_of(point + 1, QK_POINT256_LEN - 1);
    qk_err err;

    if (it->variant->compressed) {
        qk_point_compress(point, head);
        qk_point_compress(it->public_point, head + QK_COMPRESSED256_LEN);
        first = qk_view_of(head, sizeof head);
    }
    QK_TRY(qk_hash_begin(&hash, CKM_SHA256, false, false));
    err = qk_hash_update(&hash, first);
    if (err == QK_OK)
        err = qk_hash_update(&hash, message);
    if (err == QK_OK)
        err = qk_hash_end(&hash, out, &len);
    qk_hash_done(&hash);
    return err;
}

/* r as a number below n; in the variant that reduces, also in the signature. */
static void number_of(const scheme *it, uint8_t challenge_bytes[QK_SCALAR_LEN], qk_scalar *out)
{
    qk_scalar_read(out, challenge_bytes);
    qk_scalar_reduce(out, &it->n);
    if (it->variant->compressed)
        qk_scalar_write(out, challenge_bytes);
}

/* One try: false if r or s came out as zero, which nobody has seen. */
static qk_err try_to_sign(const scheme *it, const qk_scalar *d, qk_view message, uint8_t out[SIGNATURE_LEN], bool *done)
{
    uint8_t point[QK_POINT256_LEN];
    qk_scalar k, r, product, s;
    qk_err err = qk_scalar_draw(&it->n, &k);

    if (err == QK_OK)
        err = qk_curve_base_times(it->curve, &k, point);
    if (err == QK_OK)
        err = challenge(it, point, message, out);
    if (err == QK_OK) {
        number_of(it, out, &r);
        qk_scalar_mul(&product, &r, d, &it->n);
        (it->variant->minus ? qk_scalar_sub : qk_scalar_add)(&s, &k, &product, &it->n);
        qk_scalar_write(&s, out + QK_SCALAR_LEN);
        *done = !(qk_scalar_is_zero(&r) | qk_scalar_is_zero(&s));
    }
    OPENSSL_cleanse(&k, sizeof k);
    OPENSSL_cleanse(&product, sizeof product);
    return err;
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t *signature;
    bool done = false;
    qk_err err = QK_OK;
    qk_scalar d;
    scheme it;

    if (use->ecsg == ECSG_IBM_BLS)
        return qk_bls_engine_sign(key, use, data, arena, out_signature);
    QK_TRY(scheme_of(key, use, &it));
    QK_TRY(qk_arena_bytes(arena, SIGNATURE_LEN, &signature));
    QK_TRY(qk_scalar_of_key(key, &d));
    while (err == QK_OK && !done)
        err = try_to_sign(&it, &d, data, signature, &done);
    OPENSSL_cleanse(&d, sizeof d);
    QK_TRY(err);
    *out_signature = qk_view_of(signature, SIGNATURE_LEN);
    return QK_OK;
}

static qk_err forged(void)
{
    return qk_fail(QK_E_SIGNATURE_INVALID, "the signature does not belong to this message and key");
}

/* kG = sG - rP, or sG + rP where s was k - r d. */
static qk_err recover_point(const scheme *it, const qk_scalar *r, const qk_scalar *s, uint8_t out[QK_POINT256_LEN])
{
    static const qk_scalar zero;
    qk_scalar factor = *r;

    if (!it->variant->minus)
        qk_scalar_sub(&factor, &zero, r, &it->n);
    return qk_curve_combine(it->curve, s, &factor, it->public_point, out);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t point[QK_POINT256_LEN], expected[QK_SCALAR_LEN], given[QK_SCALAR_LEN];
    qk_scalar r, s;
    scheme it;

    if (use->ecsg == ECSG_IBM_BLS)
        return qk_bls_engine_verify(key, use, data, signature);
    QK_TRY(scheme_of(key, use, &it));
    if (signature.len != SIGNATURE_LEN)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a signature of %zu bytes; they have %d", signature.len, SIGNATURE_LEN);
    memcpy(given, signature.data, sizeof given);
    number_of(&it, given, &r);
    qk_scalar_read(&s, signature.data + QK_SCALAR_LEN);
    if (qk_scalar_is_zero(&r) || qk_scalar_is_zero(&s) || !qk_scalar_below(&s, &it.n) ||
        !qk_view_equal(qk_view_of(given, sizeof given), qk_view_slice(signature, 0, sizeof given)))
        return forged();
    QK_TRY(recover_point(&it, &r, &s, point));
    QK_TRY(challenge(&it, point, data, expected));
    number_of(&it, expected, &r);
    return qk_view_equal(qk_view_of(expected, sizeof expected), qk_view_of(given, sizeof given)) ? QK_OK : forged();
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    size_t len = use->ecsg == ECSG_IBM_BLS ? QK_BLS_SIGNATURE_LEN : SIGNATURE_LEN;

    (void)key;
    (void)input_len;
    return function == QK_SIGN ? len : 0;
}

const qk_engine qk_engine_ecsdsa = { .sign = sign, .verify = verify, .output_len = output_len };
