/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the Dilithium family share: samplers, the prepared keys, and the codings of vectors. */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_INSIDE_H
#define QK_CRYPTO_LATTICE_DILITHIUM_INSIDE_H

#include "base/secret.h"
#include "crypto/lattice/dilithium.h"
#include "crypto/lattice/dilithium_poly.h"

enum { QK_DILITHIUM_K_MAX = 8, QK_DILITHIUM_L_MAX = 7, QK_DILITHIUM_W1_MAX = QK_DILITHIUM_K_MAX * 128 };

struct qk_dilithium_signer {
    const qk_dilithium_set *set;
    const qk_dilithium_ops *ops;
    qk_dilithium_poly *matrix; /* k rows of l, transformed; public */
    uint8_t tr[64];
    qk_secret key;        /* K */
    qk_secret s1, s2, t0; /* polynomials, transformed */
};

struct qk_dilithium_verifier {
    const qk_dilithium_set *set;
    const qk_dilithium_ops *ops;
    qk_dilithium_poly *matrix;
    qk_dilithium_poly *t1; /* t1 * 2^d, transformed */
    uint8_t tr[64];
};

/* `count` polynomials, aligned; NULL if memory is out. For public ones; free() frees. */
qk_dilithium_poly *qk_dilithium_polys_new(size_t count);
static inline const qk_dilithium_poly *qk_dilithium_polys_of(const qk_secret *secret)
{
    return (const qk_dilithium_poly *)(const void *)qk_secret_reveal(secret).data;
}

/* The matrix A from rho, row by row. Source: FIPS 204, algorithm 32; the same in all rounds. */
void qk_dilithium_sample_matrix(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t rho[32],
                                qk_dilithium_poly *matrix);
/* s1 and s2 from rho'. Source: FIPS 204, algorithm 33. */
void qk_dilithium_sample_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t *seed,
                               qk_dilithium_poly *s1, qk_dilithium_poly *s2);
/* The challenge polynomial with tau coefficients of 1 or -1, from the sponge's output. Its walk is not constant-time,
 * and need not be: challenges of dropped attempts tell nothing. Source: FIPS 204, algorithm 29. */
void qk_dilithium_sample_ball(const qk_dilithium_set *set, qk_keccak *sponge, qk_dilithium_poly *c);

/* The masks y of all attempts, one polynomial after the other. They are made four at a time, across attempts. */
typedef struct qk_dilithium_masks {
    const qk_dilithium_set *set;
    const qk_dilithium_ops *ops;
    uint8_t seed[64]; /* rho'' */
    uint16_t nonce;   /* of the next one to be made */
    unsigned left;    /* of those made */
    qk_dilithium_poly made[4];
} qk_dilithium_masks;

const qk_dilithium_poly *qk_dilithium_masks_next(qk_dilithium_masks *masks);

/* mu of a message for a key. */
QK_MUST_CHECK qk_err qk_dilithium_mu_of(const qk_dilithium_set *set, qk_view tr, const qk_dilithium_message *message,
                                        uint8_t out[QK_DILITHIUM_MU_MAX]);

/* The challenge for mu and the packed w1: its polynomial, and the bytes that travel (round 2: none, `bytes` is left).
 */
void qk_dilithium_challenge(const qk_dilithium_set *set, const uint8_t *mu, const uint8_t *w1, uint8_t *bytes,
                            qk_dilithium_poly *c);

/* Hints: omega + k bytes. Unpacking refuses whatever packing would not have written. */
void qk_dilithium_pack_hints(const qk_dilithium_set *set, uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N],
                             uint8_t *out);
bool qk_dilithium_unpack_hints(const qk_dilithium_set *set, const uint8_t *bytes,
                               uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N]);
/* Round 2's challenge: 40 bytes. */
void qk_dilithium_pack_challenge(const qk_dilithium_poly *c, uint8_t out[40]);
bool qk_dilithium_unpack_challenge(const uint8_t bytes[40], qk_dilithium_poly *c);

/* Where z, hints and challenge lie in a signature. */
typedef struct qk_dilithium_signature_places {
    size_t challenge, z, hints;
} qk_dilithium_signature_places;

static inline qk_dilithium_signature_places qk_dilithium_places(const qk_dilithium_set *set)
{
    bool first = set->generation != QK_DILITHIUM_ROUND2;
    size_t z = first ? set->challenge_len : 0, hints = z + (size_t)32 * set->z_bits * set->l;

    return (qk_dilithium_signature_places){ first ? 0 : hints + set->omega + set->k, z, hints };
}

/* z is packed as this minus its coefficients. */
static inline int32_t qk_dilithium_z_top(const qk_dilithium_set *set)
{
    return set->generation == QK_DILITHIUM_ROUND2 ? set->gamma1 - 1 : set->gamma1;
}

#endif
