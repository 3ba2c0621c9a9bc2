/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of the Dilithium family. ML-DSA signs with fresh random bytes unless the parameter forbids them; the older
 * rounds are deterministic by definition. Pre-hashing signs the digest and the name of its function.
 * Sources: FIPS 204, 5.2 to 5.4; PKCS #11 3.2, ML-DSA. */
#include "crypto/engine.h"
#include "crypto/post_quantum/lattice_key.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* Hash functions of pre-hashing: their digests, and DER of their names, which differ in the last byte. */
#define HASH_OID(last) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last
enum { HASH_OID_LEN = 11, DIGEST_MOST = 64 };

/* clang-format off */
static const struct prehash {
    CK_MECHANISM_TYPE by;   /* the mechanism that hashes, or the digest that CKM_HASH_ML_DSA names */
    size_t len;
    const char *oid;
    uint8_t shake_rate;     /* of those that are no digest mechanism */
} prehashes[] = {
    { CKM_SHA256,   32, HASH_OID("\x01"), 0 },
    { CKM_SHA384,   48, HASH_OID("\x02"), 0 },
    { CKM_SHA512,   64, HASH_OID("\x03"), 0 },
    { CKM_SHA224,   28, HASH_OID("\x04"), 0 },
    { CKM_SHA512_224, 28, HASH_OID("\x05"), 0 },
    { CKM_SHA512_256, 32, HASH_OID("\x06"), 0 },
    { CKM_SHA3_224, 28, HASH_OID("\x07"), 0 },
    { CKM_SHA3_256, 32, HASH_OID("\x08"), 0 },
    { CKM_SHA3_384, 48, HASH_OID("\x09"), 0 },
    { CKM_SHA3_512, 64, HASH_OID("\x0a"), 0 },
    { CKM_HASH_ML_DSA_SHAKE128, 32, HASH_OID("\x0b"), QK_SHAKE128_RATE },
    { CKM_HASH_ML_DSA_SHAKE256, 64, HASH_OID("\x0c"), QK_SHAKE256_RATE },
};
/* clang-format on */

static const struct prehash *find_prehash(CK_MECHANISM_TYPE by)
{
    for (size_t i = 0; i < COUNT(prehashes); i++)
        if (prehashes[i].by == by)
            return &prehashes[i];
    return NULL;
}

/* ---- what is signed ---- */

static qk_err message_of_digest(const qk_mech_use *use, CK_MECHANISM_TYPE by, qk_view digest, qk_dilithium_message *out)
{
    const struct prehash *row = find_prehash(by);

    if (!row)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s: the hash function is none of pre-hashing", use->mech->name);
    if (digest.len != row->len)
        return qk_fail(QK_E_BAD_LENGTH, "%s: a digest of %zu bytes instead of %zu", use->mech->name, digest.len,
                       row->len);
    *out = (qk_dilithium_message){ .form = QK_DILITHIUM_PREHASHED,
                                   .bytes = digest,
                                   .context = use->sign_context.context,
                                   .hash_oid = qk_view_of(row->oid, HASH_OID_LEN) };
    return QK_OK;
}

static qk_view shake(const struct prehash *row, qk_view data, uint8_t digest[DIGEST_MOST])
{
    qk_keccak sponge;

    qk_keccak_begin(&sponge, row->shake_rate);
    qk_keccak_absorb(&sponge, data.data, data.len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&sponge, digest, row->len);
    qk_keccak_done(&sponge);
    return qk_view_of(digest, row->len);
}

/* Of mechanisms that do not hash by a digest mechanism. `digest` holds what is made of the data. */
static qk_err message_of(const qk_mech_use *use, qk_view data, uint8_t digest[DIGEST_MOST], qk_dilithium_message *out)
{
    const struct prehash *row = find_prehash(use->mech->type);

    if (use->mech->param == QK_PARAM_HASH_SIGN_CONTEXT)
        return message_of_digest(use, use->sign_context.hash, data, out);
    if (row)
        return message_of_digest(use, use->mech->type, shake(row, data, digest), out);
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

static qk_err sign_it(const qk_key *key, const qk_mech_use *use, const qk_dilithium_message *message, qk_arena *arena,
                      qk_view *out_signature)
{
    QK_OWNED(qk_secret_free) qk_secret random = QK_SECRET_NONE;
    size_t len = qk_lattice_dilithium(key->lattice)->signature_len;
    const qk_lattice_ready *ready;
    uint8_t *signature;

    QK_TRY(qk_lattice_prepared(key, &ready));
    QK_TRY(qk_arena_bytes(arena, len, &signature));
    if (is_hedged(key, use)) {
        QK_TRY(qk_secret_new(QK_DILITHIUM_RANDOM_LEN, &random));
        QK_TRY(qk_lattice_random(qk_secret_fill(&random), random.len));
    }
    QK_TRY(qk_dilithium_sign(ready->signer, message, qk_secret_reveal(&random).data, signature));
    *out_signature = qk_view_of(signature, len);
    return QK_OK;
}

static qk_err verify_it(const qk_key *key, const qk_dilithium_message *message, qk_view signature)
{
    const qk_lattice_ready *ready;

    QK_TRY(qk_lattice_prepared(key, &ready));
    return qk_dilithium_verify(ready->verifier, message, signature);
}

static qk_err sign(const qk_key *key, const qk_mech_use *use, qk_view data, qk_arena *arena, qk_view *out_signature)
{
    uint8_t digest[DIGEST_MOST];
    qk_dilithium_message message;

    if (use->mech->hash != QK_NO_HASH)
        return qk_sign_message(key, use, data, arena, out_signature);
    QK_TRY(message_of(use, data, digest, &message));
    return sign_it(key, use, &message, arena, out_signature);
}

static qk_err verify(const qk_key *key, const qk_mech_use *use, qk_view data, qk_view signature)
{
    uint8_t digest[DIGEST_MOST];
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

    QK_TRY(message_of_digest(use, use->mech->hash, digest, &message));
    return sign_it(key, use, &message, arena, out_signature);
}

static qk_err verify_digest(const qk_key *key, const qk_mech_use *use, qk_view digest, qk_view signature)
{
    qk_dilithium_message message;

    QK_TRY(message_of_digest(use, use->mech->hash, digest, &message));
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
