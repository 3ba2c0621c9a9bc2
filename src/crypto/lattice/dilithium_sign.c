/* SPDX-License-Identifier: Apache-2.0 */
/* Signing: attempts until one gives nothing away. Source: FIPS 204, algorithm 7; rounds 2 and 3, figure 4.
 *
 * What may show: that an attempt was dropped and by which check, and its challenge; both are independent of the key,
 * and the constant-time test takes its marks off just there. Everything else stays secret until an attempt succeeds.
 * The order of checks does not change the result; z comes first, polynomial by polynomial, because it drops most. */
#include "crypto/lattice/dilithium_inside.h"

#include "crypto/lattice/wipe.h"

enum { ATTEMPTS = 1100 };

typedef struct attempt {
    const qk_dilithium_signer *signer;
    uint8_t mu[QK_DILITHIUM_MU_MAX];
    qk_dilithium_masks masks;
    qk_dilithium_poly y[QK_DILITHIUM_L_MAX], z[QK_DILITHIUM_L_MAX]; /* z: first the transformed y */
    qk_dilithium_poly w1[QK_DILITHIUM_K_MAX], w0[QK_DILITHIUM_K_MAX];
    qk_dilithium_poly c, c_transformed;
    uint8_t challenge[64], w1_packed[QK_DILITHIUM_W1_MAX];
    uint8_t ones[QK_DILITHIUM_K_MAX][QK_DILITHIUM_N];
} attempt;

static void attempt_done(attempt *a)
{
    qk_lattice_wipe(a, sizeof *a);
}

static bool shown(uint32_t value)
{
    qk_ct_declassify(&value, sizeof value);
    return value != 0;
}

/* y, and w = A y in its two parts. */
static void commit(attempt *a)
{
    const qk_dilithium_set *set = a->signer->set;
    const qk_dilithium_ops *ops = a->signer->ops;

    for (unsigned j = 0; j < set->l; j++) {
        a->y[j] = *qk_dilithium_masks_next(&a->masks);
        a->z[j] = a->y[j];
        ops->ntt(&a->z[j]);
    }
    for (unsigned i = 0; i < set->k; i++) {
        ops->row(&a->w1[i], a->signer->matrix + (size_t)i * set->l, a->z, set->l);
        ops->inverse(&a->w1[i]);
        ops->positive(&a->w1[i]);
        ops->decompose(&a->w1[i], &a->w0[i], set->gamma2);
        ops->pack(a->w1_packed + (size_t)32 * set->w1_bits * i, &a->w1[i], set->w1_bits);
    }
}

/* z = y + c s1, if short enough. */
static bool answer(attempt *a)
{
    const qk_dilithium_set *set = a->signer->set;
    const qk_dilithium_ops *ops = a->signer->ops;
    const qk_dilithium_poly *s1 = qk_dilithium_polys_of(&a->signer->s1);

    for (unsigned j = 0; j < set->l; j++) {
        ops->multiply(&a->z[j], &s1[j], &a->c_transformed);
        ops->inverse(&a->z[j]);
        ops->add(&a->z[j], &a->y[j]);
        ops->reduce(&a->z[j]);
        if (shown(ops->exceeds(&a->z[j], set->gamma1 - set->beta)))
            return false;
    }
    return true;
}

/* The product of the challenge and a secret polynomial, as small numbers. */
static void challenged(const attempt *a, const qk_dilithium_poly *secret, qk_dilithium_poly *out)
{
    const qk_dilithium_ops *ops = a->signer->ops;

    ops->multiply(out, secret, &a->c_transformed);
    ops->inverse(out);
    ops->reduce(out);
}

/* The low parts of w - c s2, if small enough, and the hints for what c t0 adds. */
static bool hint(attempt *a)
{
    const qk_dilithium_set *set = a->signer->set;
    const qk_dilithium_ops *ops = a->signer->ops;
    const qk_dilithium_poly *s2 = qk_dilithium_polys_of(&a->signer->s2), *t0 = qk_dilithium_polys_of(&a->signer->t0);
    qk_dilithium_poly *product = &a->y[0]; /* no longer needed */
    uint32_t count = 0;

    for (unsigned i = 0; i < set->k; i++) {
        challenged(a, &s2[i], product);
        ops->subtract(&a->w0[i], product);
        ops->reduce(&a->w0[i]);
        if (shown(ops->exceeds(&a->w0[i], set->gamma2 - set->beta)))
            return false;
    }
    for (unsigned i = 0; i < set->k; i++) {
        challenged(a, &t0[i], product);
        if (shown(ops->exceeds(product, set->gamma2)))
            return false;
        ops->add(&a->w0[i], product);
        count += ops->make_hint(a->ones[i], &a->w0[i], &a->w1[i], set->gamma2);
    }
    return !shown(count > set->omega);
}

static bool succeeds(attempt *a)
{
    const qk_dilithium_set *set = a->signer->set;

    commit(a);
    qk_dilithium_challenge(set, a->mu, a->w1_packed, a->challenge, &a->c);
    a->c_transformed = a->c;
    a->signer->ops->ntt(&a->c_transformed);
    return answer(a) && hint(a);
}

static void write_signature(attempt *a, uint8_t *out)
{
    const qk_dilithium_set *set = a->signer->set;
    qk_dilithium_signature_places at = qk_dilithium_places(set);

    for (unsigned j = 0; j < set->l; j++) {
        a->signer->ops->flip(&a->z[j], qk_dilithium_z_top(set));
        a->signer->ops->pack(out + at.z + (size_t)32 * set->z_bits * j, &a->z[j], set->z_bits);
    }
    qk_ct_declassify(a->ones, sizeof a->ones); /* public from here on, all of it */
    qk_dilithium_pack_hints(set, a->ones, out + at.hints);
    if (set->generation == QK_DILITHIUM_ROUND2)
        qk_dilithium_pack_challenge(&a->c, out + at.challenge);
    else
        memcpy(out + at.challenge, a->challenge, set->challenge_len);
    qk_ct_declassify(out, set->signature_len);
}

/* rho'': from K and mu, in ML-DSA with 32 bytes between, random or zero. */
static void begin_masks(attempt *a, const uint8_t *random)
{
    static const uint8_t zeros[QK_DILITHIUM_RANDOM_LEN];
    QK_OWNED(qk_keccak_done) qk_keccak sponge;
    const qk_dilithium_set *set = a->signer->set;

    qk_keccak_begin(&sponge, QK_SHAKE256_RATE);
    qk_keccak_absorb(&sponge, qk_secret_reveal(&a->signer->key).data, 32);
    if (set->generation == QK_DILITHIUM_FIPS204)
        qk_keccak_absorb(&sponge, random ? random : zeros, QK_DILITHIUM_RANDOM_LEN);
    qk_keccak_absorb(&sponge, a->mu, set->mu_len);
    qk_keccak_finish(&sponge, QK_SHAKE_DOMAIN);
    qk_keccak_squeeze(&sponge, a->masks.seed, set->mask_seed_len);
    a->masks.set = set;
    a->masks.ops = a->signer->ops;
    a->masks.nonce = 0;
    a->masks.left = 0;
}

qk_err qk_dilithium_sign(const qk_dilithium_signer *signer, const qk_dilithium_message *message, const uint8_t *random,
                         uint8_t *out_signature)
{
    QK_OWNED(attempt_done) attempt a;
    const qk_dilithium_set *set = signer->set;

    if (random && set->generation != QK_DILITHIUM_FIPS204)
        return qk_fail(QK_E_MECHANISM_PARAM, "%s signs deterministically", set->name);
    a.signer = signer;
    QK_TRY(qk_dilithium_mu_of(set, qk_dilithium_signer_tr(signer), message, a.mu));
    begin_masks(&a, random);
    for (unsigned i = 0; i < ATTEMPTS; i++) {
        if (!succeeds(&a))
            continue;
        write_signature(&a, out_signature);
        return QK_OK;
    }
    return qk_fail(QK_E_FUNCTION_FAILED, "no signature of %s in %d attempts", set->name, ATTEMPTS);
}
