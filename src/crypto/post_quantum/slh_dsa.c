/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of SLH-DSA. Pure with a context, which OpenSSL does, or pre-hashed: OpenSSL has no such mode, so what is
 * signed is built here and given to it as it is. Hedged unless the parameter forbids it.
 * Sources: FIPS 205, algorithms 21 to 25; PKCS #11 3.2, SLH-DSA. */
#include "crypto/post_quantum/slh_dsa.h"

#include "crypto/engine.h"
#include "crypto/post_quantum/lattice_key.h"
#include "crypto/post_quantum/prehash.h"
#include "crypto/post_quantum/provided.h"

/* ---- what is signed ---- */

/* A message and the memory that what is built for it lies in. */
typedef struct framed {
    qk_provided_message message;
    uint8_t digest[QK_PREHASH_DIGEST_MAX], inner[QK_PREHASH_MESSAGE_MAX];
} framed;

static void frame(const qk_mech_use *use, const qk_prehash *prehash, framed *out)
{
    out->message.bytes = qk_prehash_message(prehash, use->sign_context.context, out->inner);
    out->message.is_inner = true;
    out->message.deterministic = use->sign_context.hedge == CKH_DETERMINISTIC_REQUIRED;
}

static qk_err frame_digest(const qk_mech_use *use, qk_view digest, framed *out)
{
    qk_prehash prehash;

    QK_TRY(qk_prehash_of_digest(use, use->mech->hash, digest, &prehash));
    frame(use, &prehash, out);
    return QK_OK;
}

static qk_err frame_data(const qk_mech_use *use, qk_view data, framed *out)
{
    qk_prehash prehash;
    bool hashed;

    QK_TRY(qk_prehash_of_data(use, data, out->digest, &hashed, &prehash));
    if (hashed) {
        frame(use, &prehash, out);
        return QK_OK;
    }
    out->message = (qk_provided_message){ .bytes = data,
                                          .context = use->sign_context.context,
                                          .deterministic = use->sign_context.hedge == CKH_DETERMINISTIC_REQUIRED };
    return QK_OK;
}

/* ---- signing ---- */

static qk_err sign_it(const qk_key *key, const framed *it, qk_arena *arena, qk_view *out_signature)
{
    size_t len = key->slh_dsa->signature_len;
    uint8_t *signature;

    QK_TRY(qk_arena_bytes(arena, len, &signature));
    QK_TRY(qk_provided_sign(key->pkey, &it->message, signature, len));
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err verify_it(const qk_key *key, const framed *it, qk_view signature)
{
    if (signature.len != key->slh_dsa->signature_len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a signature of %zu bytes; those of %s have %zu", signature.len,
                       key->slh_dsa->name, key->slh_dsa->signature_len);
    return qk_provided_verify(key->pkey, &it->message, signature);
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    framed it = { 0 };

    if (use->mech->hash != QK_NO_HASH)
        return qk_sign_message(key, use, data, arena, out_signature);
    QK_TRY(frame_data(use, data, &it));
    return sign_it(key, &it, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    framed it = { 0 };

    if (use->mech->hash != QK_NO_HASH)
        return qk_verify_message(key, use, data, signature);
    QK_TRY(frame_data(use, data, &it));
    return verify_it(key, &it, signature);
}

static qk_err sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                          qk_view *out_signature)
{
    framed it = { 0 };

    QK_TRY(frame_digest(use, digest, &it));
    return sign_it(key, &it, arena, out_signature);
}

static qk_err verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    framed it = { 0 };

    QK_TRY(frame_digest(use, digest, &it));
    return verify_it(key, &it, signature);
}

/* ---- the rest ---- */

static qk_err generate_pair(const qk_mech_use *use, const qk_attrs *public_template, qk_key **out_public,
                            qk_key **out_private)
{
    QK_OWNED(qk_secret_free) qk_secret seed = QK_SECRET_NONE;
    QK_OWNED(qk_key_unref) qk_key *private_key = NULL;
    const qk_slh_dsa_set *set;

    (void)use;
    QK_TRY(qk_slh_dsa_template_set(public_template, &set));
    QK_TRY(qk_secret_new(3 * set->n, &seed));
    QK_TRY(qk_lattice_random(qk_secret_fill(&seed), seed.len));
    QK_TRY(qk_slh_dsa_private(set, qk_secret_reveal(&seed), &private_key));
    QK_TRY(qk_slh_dsa_public(set, qk_buf_view(&private_key->open), out_public));
    *out_private = private_key;
    private_key = NULL;
    return QK_OK;
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_SIGN ? key->slh_dsa->signature_len : 0;
}

/* All sets came with one release. */
static bool available(const qk_mech *mech)
{
    (void)mech;
    return qk_provided("SLH-DSA-SHA2-128s");
}

const qk_engine qk_engine_slh_dsa = {
    .generate_pair = generate_pair,
    .sign = sign,
    .verify = verify,
    .sign_digest = sign_digest,
    .verify_digest = verify_digest,
    .available = available,
    .output_len = output_len,
};
