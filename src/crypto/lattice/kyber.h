/* SPDX-License-Identifier: Apache-2.0 */
/* Key encapsulation of the Kyber family: CRYSTALS-Kyber of round 2 (IBM's) and ML-KEM (FIPS 203). One module, six
 * parameter sets: what differs between them stands in qk_kyber_set.
 *
 * Keys are bytes in the standard's encoding. To use one, prepare it: a qk_kyber_sealer (public) or qk_kyber_opener
 * (private) holds it decoded and with its matrix expanded, which is half of the work, so keep it with the key. Both are
 * read-only once made: any number of threads may use them at once. An opener's secrets lie in qk_secret memory.
 *
 * Nothing here draws random bytes: the caller gives them. Nothing but lengths, the parameter set and public keys steers
 * time or memory access; not even whether a ciphertext is genuine. */
#ifndef QK_CRYPTO_LATTICE_KYBER_H
#define QK_CRYPTO_LATTICE_KYBER_H

#include "base/bytes.h"

typedef enum qk_kyber_id {
    QK_KYBER_R2_512,
    QK_KYBER_R2_768,
    QK_KYBER_R2_1024,
    QK_ML_KEM_512,
    QK_ML_KEM_768,
    QK_ML_KEM_1024,
    QK_KYBER_SETS,
} qk_kyber_id;

typedef enum qk_kyber_generation {
    QK_KYBER_ROUND2,
    QK_KYBER_FIPS203,
} qk_kyber_generation;

/* A parameter set. Source: FIPS 203, section 8, tables 2 and 3; for round 2 its submission. */
typedef struct qk_kyber_set {
    qk_kyber_id id;
    qk_kyber_generation generation;
    const char *name;                               /* "ML-KEM-768" */
    qk_view oid;                                    /* complete DER, as it stands in keys and CKA_IBM_KYBER_MODE */
    size_t public_len, private_len, ciphertext_len; /* in bytes */
    unsigned k, eta1, du, dv;                       /* the standard's names; eta2 is 2 */
} qk_kyber_set;

enum {
    QK_KYBER_PUBLIC_MAX = 1568,
    QK_KYBER_PRIVATE_MAX = 3168,
    QK_KYBER_CIPHERTEXT_MAX = 1568,
    QK_KYBER_SEED_LEN = 64,   /* d || z; CKA_SEED */
    QK_KYBER_COINS_LEN = 32,  /* m */
    QK_KYBER_SHARED_LEN = 32, /* the shared secret, of all sets */
};

/* NULL if there is no such set. */
const qk_kyber_set *qk_kyber_set_find(qk_kyber_id id);
/* `oid`: complete DER. */
const qk_kyber_set *qk_kyber_set_by_oid(qk_view oid);

/* Makes a key pair.
 *
 *   seed         64 random bytes, d || z; secret. The same seed, the same pair
 *   out_public   receives set->public_len bytes
 *   out_private  receives set->private_len bytes; secret
 *
 * QK_E_BAD_LENGTH for a seed of another length.
 * Source: FIPS 203, algorithm 16 (ML-KEM.KeyGen_internal). */
QK_MUST_CHECK qk_err qk_kyber_generate(const qk_kyber_set *set, qk_view seed, uint8_t *out_public,
                                       uint8_t *out_private);

/* QK_E_ATTRIBUTE_VALUE for another length, and in ML-KEM for a coefficient that is not reduced (round 2 takes them
 * modulo q). Source: FIPS 203, section 7.2. */
QK_MUST_CHECK qk_err qk_kyber_check_public(const qk_kyber_set *set, qk_view public_key);

/* QK_E_ATTRIBUTE_VALUE for another length, for a hash that is not that of the public key inside, and in ML-KEM for a
 * public key inside that qk_kyber_check_public refuses. Source: FIPS 203, section 7.3. */
QK_MUST_CHECK qk_err qk_kyber_check_private(const qk_kyber_set *set, qk_view private_key);
/* The public key is a part of the private one: a view into it. QK_E_ATTRIBUTE_VALUE for another length. */
QK_MUST_CHECK qk_err qk_kyber_public_of(const qk_kyber_set *set, qk_view private_key, qk_view *out_public);

typedef struct qk_kyber_sealer qk_kyber_sealer;
typedef struct qk_kyber_opener qk_kyber_opener;

/* Prepares a public key, after qk_kyber_check_public. QK_E_NO_MEMORY. Takes 4 to 11 KiB. */
QK_MUST_CHECK qk_err qk_kyber_sealer_new(const qk_kyber_set *set, qk_view public_key, qk_kyber_sealer **out_sealer);
void qk_kyber_sealer_free(qk_kyber_sealer **sealer);
const qk_kyber_set *qk_kyber_sealer_set(const qk_kyber_sealer *sealer);

/* Prepares a private key, after qk_kyber_check_private. QK_E_NO_MEMORY. */
QK_MUST_CHECK qk_err qk_kyber_opener_new(const qk_kyber_set *set, qk_view private_key, qk_kyber_opener **out_opener);
void qk_kyber_opener_free(qk_kyber_opener **opener); /* wipes */
const qk_kyber_set *qk_kyber_opener_set(const qk_kyber_opener *opener);

/* Makes a shared secret and the ciphertext that carries it.
 *
 *   coins           32 random bytes; secret
 *   out_ciphertext  receives set->ciphertext_len bytes
 *   out_shared      receives 32 secret bytes
 *
 * Source: FIPS 203, algorithm 17 (ML-KEM.Encaps_internal). */
void qk_kyber_seal(const qk_kyber_sealer *sealer, const uint8_t coins[QK_KYBER_COINS_LEN], uint8_t *out_ciphertext,
                   uint8_t out_shared[QK_KYBER_SHARED_LEN]);

/* Opens a ciphertext.
 *
 *   ciphertext  set->ciphertext_len bytes; else QK_E_CIPHERTEXT_LENGTH
 *   out_shared  receives 32 secret bytes
 *
 * QK_OK also for a forged ciphertext: the secret is then unrelated (implicit rejection), and nothing shows it.
 * Source: FIPS 203, algorithm 18 (ML-KEM.Decaps_internal). */
QK_MUST_CHECK qk_err qk_kyber_open(const qk_kyber_opener *opener, qk_view ciphertext,
                                   uint8_t out_shared[QK_KYBER_SHARED_LEN]);

#endif
