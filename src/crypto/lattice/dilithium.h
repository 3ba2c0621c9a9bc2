/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of the Dilithium family: CRYSTALS-Dilithium of round 2 (with IBM's parameters) and of round 3 (version
 * 3.1), and ML-DSA (FIPS 204). One module, nine parameter sets: what differs between them stands in qk_dilithium_set.
 *
 * Keys are bytes in the standard's encoding. To use one, prepare it: a qk_dilithium_signer or qk_dilithium_verifier
 * holds it decoded, transformed and with its matrix expanded, which is a third of a signature's work and half of a
 * verification's, so keep it with the key. Both are read-only once made: any number of threads may use them at once.
 * A signer's secrets lie in qk_secret memory.
 *
 * Nothing here draws random bytes: the caller gives them. Nothing but lengths, the parameter set, public keys,
 * messages, finished signatures and the number of attempts that signing needed steers time or memory access.
 *
 *     qk_dilithium_signer *signer = NULL;
 *     QK_TRY(qk_dilithium_signer_new(qk_dilithium_set_find(QK_ML_DSA_65), private_key, &signer));
 *     QK_TRY(qk_dilithium_sign(signer, &(qk_dilithium_message){ .bytes = text }, random32, signature));
 */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_H
#define QK_CRYPTO_LATTICE_DILITHIUM_H

#include "base/bytes.h"
#include "crypto/lattice/keccak.h"

typedef enum qk_dilithium_id {
    QK_DILITHIUM_R2_54,
    QK_DILITHIUM_R2_65, /* "high security" */
    QK_DILITHIUM_R2_87,
    QK_DILITHIUM_R3_44,
    QK_DILITHIUM_R3_65,
    QK_DILITHIUM_R3_87,
    QK_ML_DSA_44,
    QK_ML_DSA_65,
    QK_ML_DSA_87,
    QK_DILITHIUM_SETS,
} qk_dilithium_id;

typedef enum qk_dilithium_generation {
    QK_DILITHIUM_ROUND2,
    QK_DILITHIUM_ROUND3,
    QK_DILITHIUM_FIPS204, /* the only one with context strings, pre-hashing and hedged signing */
} qk_dilithium_generation;

/* A parameter set. Source: FIPS 204, section 4, tables 1 and 2; for the older rounds their submissions. */
typedef struct qk_dilithium_set {
    qk_dilithium_id id;
    qk_dilithium_generation generation;
    const char *name; /* "ML-DSA-65" */
    qk_view oid;      /* complete DER, as it stands in keys and CKA_IBM_DILITHIUM_MODE */
    /* Lengths in bytes. */
    size_t public_len, private_len, signature_len;
    size_t seed_len; /* what key generation takes: 96 in round 2, else 32 */
    size_t challenge_len, tr_len, mu_len;
    size_t short_seed_len, mask_seed_len; /* rho' and rho'' */
    /* The arithmetic, in the standard's names; round 2's challenge travels as itself, in challenge_len = 40 bytes. */
    unsigned k, l, tau, omega, d;
    int32_t eta, beta, gamma1, gamma2;
    unsigned eta_bits, t1_bits, z_bits, w1_bits; /* of a packed coefficient */
} qk_dilithium_set;

/* Largest of all sets, for buffers. */
enum {
    QK_DILITHIUM_PUBLIC_MAX = 2592,
    QK_DILITHIUM_PRIVATE_MAX = 5136,
    QK_DILITHIUM_SIGNATURE_MAX = 4668,
    QK_DILITHIUM_SEED_MAX = 96,
    QK_DILITHIUM_MU_MAX = 64,
    QK_DILITHIUM_RANDOM_LEN = 32,
    QK_DILITHIUM_CONTEXT_MAX = 255,
};

/* NULL if there is no such set. */
const qk_dilithium_set *qk_dilithium_set_find(qk_dilithium_id id);
/* `oid`: complete DER. */
const qk_dilithium_set *qk_dilithium_set_by_oid(qk_view oid);

/* ------------------------------------------------------------------------------------------------------- keys -- */

/* Makes a key pair.
 *
 *   seed         set->seed_len random bytes; secret. For ML-DSA this is xi (CKA_SEED); the same seed, the same pair
 *   out_public   receives set->public_len bytes
 *   out_private  receives set->private_len bytes; secret
 *
 * QK_E_BAD_LENGTH for a seed of another length; QK_E_NO_MEMORY.
 * Source: FIPS 204, algorithm 6; round 3.1, figure 4; round 2 takes 96 bytes as they are. */
QK_MUST_CHECK qk_err qk_dilithium_generate(const qk_dilithium_set *set, qk_view seed, uint8_t *out_public,
                                           uint8_t *out_private);

/* Any bytes of the right length are a public key. QK_E_ATTRIBUTE_VALUE. */
QK_MUST_CHECK qk_err qk_dilithium_check_public(const qk_dilithium_set *set, qk_view public_key);

/* Judges an imported private key and makes the public one: length, range of s1 and s2, and that t0 and tr are what the
 * rest of the key gives. QK_E_ATTRIBUTE_VALUE says what is wrong; QK_E_NO_MEMORY.
 *
 *   private_key  set->private_len bytes; secret
 *   out_public   receives set->public_len bytes; may be NULL */
QK_MUST_CHECK qk_err qk_dilithium_check_private(const qk_dilithium_set *set, qk_view private_key, uint8_t *out_public);

/* Where a part of a key lies in it: the split forms of IBM's attributes (CKA_IBM_DILITHIUM_RHO and others). */
typedef enum qk_dilithium_part {
    QK_DILITHIUM_RHO, /* in both keys */
    QK_DILITHIUM_KEY, /* K; IBM's name for its attribute is SEED */
    QK_DILITHIUM_TR,
    QK_DILITHIUM_S1,
    QK_DILITHIUM_S2,
    QK_DILITHIUM_T0,
    QK_DILITHIUM_T1, /* in the public key */
} qk_dilithium_part;

typedef struct qk_dilithium_place {
    size_t offset, len;
} qk_dilithium_place;

qk_dilithium_place qk_dilithium_place_of(const qk_dilithium_set *set, qk_dilithium_part part);

typedef struct qk_dilithium_signer qk_dilithium_signer;
typedef struct qk_dilithium_verifier qk_dilithium_verifier;

/* Prepares a private key: length and range of s1 and s2 are checked (QK_E_ATTRIBUTE_VALUE), consistency is not
 * (qk_dilithium_check_private). QK_E_NO_MEMORY. Takes 40 to 80 KiB. */
QK_MUST_CHECK qk_err qk_dilithium_signer_new(const qk_dilithium_set *set, qk_view private_key,
                                             qk_dilithium_signer **out_signer);
void qk_dilithium_signer_free(qk_dilithium_signer **signer); /* wipes */
const qk_dilithium_set *qk_dilithium_signer_set(const qk_dilithium_signer *signer);

/* Prepares a public key. QK_E_ATTRIBUTE_VALUE for another length; QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_dilithium_verifier_new(const qk_dilithium_set *set, qk_view public_key,
                                               qk_dilithium_verifier **out_verifier);
void qk_dilithium_verifier_free(qk_dilithium_verifier **verifier);
const qk_dilithium_set *qk_dilithium_verifier_set(const qk_dilithium_verifier *verifier);

/* ---------------------------------------------------------------------------------------------------- messages -- */

typedef enum qk_dilithium_form {
    QK_DILITHIUM_PURE,      /* `bytes` is the message (empty is legal); in ML-DSA with `context` */
    QK_DILITHIUM_PREHASHED, /* ML-DSA: `bytes` is the digest, `hash_oid` the complete DER OID of its function */
    QK_DILITHIUM_MU,        /* `bytes` is mu, set->mu_len bytes; tr and context were hashed by the caller */
    QK_DILITHIUM_INTERNAL,  /* ML-DSA: `bytes` is M', prefix included */
} qk_dilithium_form;

/* What is signed. Zero but for `bytes`, it is a plain message with an empty context. */
typedef struct qk_dilithium_message {
    qk_dilithium_form form;
    qk_view bytes, context, hash_oid;
} qk_dilithium_message;

/* For messages in parts: begin with a key, add the parts, finish; then sign or verify with the form QK_DILITHIUM_MU.
 * `tr` is H(public key), set->tr_len bytes: qk_dilithium_signer_tr, qk_dilithium_verifier_tr. `message` says form and
 * context; its bytes come first. QK_E_MECHANISM_PARAM for a context over 255 bytes, or where the set has none.
 * Source: FIPS 204, algorithms 2 and 7 (steps 5 and 6). */
typedef struct qk_dilithium_mu {
    qk_keccak sponge;
    size_t len;
} qk_dilithium_mu;

QK_MUST_CHECK qk_err qk_dilithium_mu_begin(qk_dilithium_mu *mu, const qk_dilithium_set *set, qk_view tr,
                                           const qk_dilithium_message *message);
void qk_dilithium_mu_add(qk_dilithium_mu *mu, qk_view part);
/* Receives set->mu_len bytes. */
void qk_dilithium_mu_finish(qk_dilithium_mu *mu, uint8_t out[QK_DILITHIUM_MU_MAX]);

qk_view qk_dilithium_signer_tr(const qk_dilithium_signer *signer);
qk_view qk_dilithium_verifier_tr(const qk_dilithium_verifier *verifier);

/* -------------------------------------------------------------------------------------------------- signatures -- */

/* Signs.
 *
 *   random         ML-DSA: 32 random bytes (hedged, the standard's default), or NULL: deterministic. Secret until used.
 *                  Rounds 2 and 3 are deterministic: must be NULL
 *   out_signature  receives set->signature_len bytes, on success alone
 *
 * QK_E_MECHANISM_PARAM for a context or form that the set has not; QK_E_BAD_LENGTH for a mu or digest of the wrong
 * length; QK_E_FUNCTION_FAILED if no attempt of 1,100 succeeds, which never happens by chance (below 2^-256).
 * Time depends on the number of attempts, which says nothing about the key.
 * Source: FIPS 204, algorithms 2, 4 and 7; round 3.1, figure 4. */
QK_MUST_CHECK qk_err qk_dilithium_sign(const qk_dilithium_signer *signer, const qk_dilithium_message *message,
                                       const uint8_t *random, uint8_t *out_signature);

/* QK_E_SIGNATURE_LENGTH, QK_E_SIGNATURE_INVALID; for the message as qk_dilithium_sign.
 * Source: FIPS 204, algorithms 3, 5 and 8. */
QK_MUST_CHECK qk_err qk_dilithium_verify(const qk_dilithium_verifier *verifier, const qk_dilithium_message *message,
                                         qk_view signature);

#endif
