/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of the Dilithium family. ML-DSA signs with fresh random bytes unless the parameter forbids them; the older
 * rounds are deterministic by definition. Pre-hashing signs the digest and the name of its function.
 * Sources: FIPS 204, 5.2 to 5.4; PKCS #11 3.2, ML-DSA. */
#include "crypto/engine.h"
#include "crypto/post_quantum/lattice_openssl.h"
#include "crypto/post_quantum/prehash.h"

/* ---- what is signed ---- */

static qk_dilithium_message prehashed(const qk_mech_use *use, const qk_prehash *prehash)
{
    return (qk_dilithium_message){ .form = QK_DILITHIUM_PREHASHED,
                                   .bytes = prehash->digest,
                                   .context = use->sign_context.context,
                                   .hash_oid = prehash->oid };
}

static qk_err message_of_digest(const qk_mech_use *use, qk_view digest, qk_dilithium_message *out)
{
    qk_prehash prehash;

    QK_TRY(qk_prehash_of_digest(use, use->mech->hash, digest, &prehash));
    *out = prehashed(use, &prehash);
    return QK_OK;
}

/* Of mechanisms that do not hash by a digest mechanism. `digest` holds what is made of the data. */
static qk_err message_of(const qk_mech_use *use, qk_view data, uint8_t digest[QK_PREHASH_DIGEST_MAX],
                         qk_dilithium_message *out)
{
    qk_prehash prehash;
    bool hashed;

    QK_TRY(qk_prehash_of_data(use, data, digest, &hashed, &prehash));
    if (hashed) {
        *out = prehashed(use, &prehash);
        return QK_OK;
    }
    *out = (qk_dilithium_message){ .bytes = data };
    if (use->mech->type == CKM_ML_DSA_EXTERNAL_MU)
        out->form = QK_DILITHIUM_MU;
    else if (use->mech->param == QK_PARAM_SIGN_CONTEXT)
        out->context = use->sign_context.context;
    return QK_OK;
}

/* ---- signing ---- */

static bool is_hedged(const qk_key *key, const qk_mech_use *use)
{
    return qk_lattice_is_standard(key->type) && use->sign_context.hedge != CKH_DETERMINISTIC_REQUIRED;
}

static qk_err sign_ready(const qk_lattice_ready *ready, const qk_dilithium_message *message,
                         const qk_dilithium_set *set, bool hedged, uint8_t *out_signature)
{
    QK_OWNED(qk_secret_free) qk_secret random = QK_SECRET_NONE;

    if (ready->openssls)
        return qk_lattice_openssl_sign(ready->openssls, set, message, hedged, out_signature);
    if (hedged) {
        QK_TRY(qk_secret_new(QK_DILITHIUM_RANDOM_LEN, &random));
        QK_TRY(qk_lattice_random(qk_secret_fill(&random), random.len));
    }
    return qk_dilithium_sign(ready->signer, message, qk_secret_reveal(&random).data, out_signature);
}

static qk_err sign_it(const qk_key *key, const qk_mech_use *use, const qk_dilithium_message *message, qk_arena *arena,
                      qk_view *out_signature)
{
    size_t len = qk_lattice_dilithium(key->lattice)->signature_len;
    const qk_lattice_ready *ready;
    uint8_t *signature;

    QK_TRY(qk_lattice_prepared(key, &ready));
    QK_TRY(qk_arena_bytes(arena, len, &signature));
    QK_TRY(sign_ready(ready, message, qk_lattice_dilithium(key->lattice), is_hedged(key, use), signature));
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err verify_it(const qk_key *key, const qk_dilithium_message *message, qk_view signature)
{
    const qk_lattice_ready *ready;

    QK_TRY(qk_lattice_prepared(key, &ready));
    if (ready->openssls)
        return qk_lattice_openssl_verify(ready->openssls, qk_lattice_dilithium(key->lattice), message, signature);
    return qk_dilithium_verify(ready->verifier, message, signature);
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t digest[QK_PREHASH_DIGEST_MAX];
    qk_dilithium_message message;

    if (use->mech->hash != QK_NO_HASH)
        return qk_sign_message(key, use, data, arena, out_signature);
    QK_TRY(message_of(use, data, digest, &message));
    return sign_it(key, use, &message, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t digest[QK_PREHASH_DIGEST_MAX];
    qk_dilithium_message message;

    if (use->mech->hash != QK_NO_HASH)
        return qk_verify_message(key, use, data, signature);
    QK_TRY(message_of(use, data, digest, &message));
    return verify_it(key, &message, signature);
}

static qk_err sign_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_arena *arena,
                          qk_view *out_signature)
{
    qk_dilithium_message message;

    QK_TRY(message_of_digest(use, digest, &message));
    return sign_it(key, use, &message, arena, out_signature);
}

static qk_err verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    qk_dilithium_message message;

    QK_TRY(message_of_digest(use, digest, &message));
    return verify_it(key, &message, signature);
}

static size_t output_len(const qk_key *key, const qk_mech_use *use, unsigned function, size_t input_len)
{
    (void)use;
    (void)input_len;
    return function == QK_SIGN ? qk_lattice_dilithium(key->lattice)->signature_len : 0;
}

const qk_engine qk_engine_lattice_sign = {
    .generate_pair = qk_lattice_generate_pair,
    .sign = sign,
    .verify = verify,
    .sign_digest = sign_digest,
    .verify_digest = verify_digest,
    .output_len = output_len,
};
