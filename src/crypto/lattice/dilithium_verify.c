/* SPDX-License-Identifier: Apache-2.0 */
/* Verification: public data alone, so it may stop at the first thing that is wrong.
 * Source: FIPS 204, algorithm 8; rounds 2 and 3, figure 4. */
#include "crypto/lattice/dilithium_inside.h"

typedef struct examination {
    qk_dilithium_poly z[QK_DILITHIUM_L_MAX];
    qk_dilithium_poly c, own_c; /* the signature's challenge; then transformed. The one that follows from the rest */
    uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N];
    uint8_t w1_packed[QK_DILITHIUM_W1_MAX], challenge[64];
} examination;

static bool read_z(const qk_dilithium_verifier *verifier, const uint8_t *bytes, qk_dilithium_poly *z)
{
    const qk_dilithium_set *set = verifier->set;
    const qk_dilithium_ops *ops = verifier->ops;
    uint8_t padded[32 * 20 + QK_DILITHIUM_SLACK];
    size_t len = (size_t)32 * set->z_bits;

    for (unsigned j = 0; j < set->l; j++) {
        memcpy(padded, bytes + len * j, len);
        ops->unpack(&z[j], padded, set->z_bits);
        ops->flip(&z[j], qk_dilithium_z_top(set));
        if (ops->exceeds(&z[j], set->gamma1 - set->beta))
            return false;
        ops->ntt(&z[j]);
    }
    return true;
}

static bool read_challenge(const qk_dilithium_set *set, const uint8_t *bytes, qk_dilithium_poly *c)
{
    qk_keccak sponge;

    if (set->generation == QK_DILITHIUM_ROUND2)
        return qk_dilithium_unpack_challenge(bytes, c);
    qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
    qk_keccak_absorb(&sponge, bytes, set->challenge_len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_dilithium_sample_ball(set, &sponge, c);
    return true;
}

/* w1' = the high parts of A z - c t1 2^d, corrected by the hints. */
static void recommit(const qk_dilithium_verifier *verifier, examination *e, const qk_dilithium_poly *c)
{
    const qk_dilithium_set *set = verifier->set;
    const qk_dilithium_ops *ops = verifier->ops;
    qk_dilithium_poly w, product;

    for (unsigned i = 0; i < set->k; i++) {
        ops->row(&w, verifier->matrix + (size_t)i * set->l, e->z, set->l);
        ops->multiply(&product, &verifier->t1[i], c);
        ops->subtract(&w, &product);
        ops->reduce(&w);
        ops->inverse(&w);
        ops->positive(&w);
        ops->use_hint(&w, e->ones[i], set->gamma2);
        ops->pack(e->w1_packed + (size_t)32 * set->w1_bits * i, &w, set->w1_bits);
    }
}

static bool genuine(const qk_dilithium_verifier *verifier, const uint8_t *mu, const uint8_t *signature)
{
    const qk_dilithium_set *set = verifier->set;
    qk_dilithium_signature_places at = qk_dilithium_places(set);
    const uint8_t *challenge = signature + at.challenge;
    qk_dilithium_poly c;
    examination e;

    if (!qk_dilithium_unpack_hints(set, signature + at.hints, e.ones) || !read_challenge(set, challenge, &e.c) ||
        !read_z(verifier, signature + at.z, e.z))
        return false;
    c = e.c;
    verifier->ops->ntt(&c);
    recommit(verifier, &e, &c);
    qk_dilithium_challenge(set, mu, e.w1_packed, e.challenge, &e.own_c);
    if (set->generation == QK_DILITHIUM_ROUND2)
        return memcmp(&e.own_c, &e.c, sizeof e.c) == 0;             /* public */
    return memcmp(e.challenge, challenge, set->challenge_len) == 0; /* public */
}

qk_err qk_dilithium_verify(const qk_dilithium_verifier *verifier, const qk_dilithium_message *message,
                           qk_view signature)
{
    const qk_dilithium_set *set = verifier->set;
    uint8_t mu[QK_DILITHIUM_MU_MAX];

    if (signature.len != set->signature_len)
        return qk_fail(QK_E_SIGNATURE_LENGTH, "a signature of %zu bytes; %s has %zu", signature.len, set->name,
                       set->signature_len);
    QK_TRY(qk_dilithium_mu_of(set, qk_dilithium_verifier_tr(verifier), message, mu));
    if (!genuine(verifier, mu, signature.data))
        return qk_fail(QK_E_SIGNATURE_INVALID, "%s: the signature is not of this message and key", set->name);
    return QK_OK;
}
