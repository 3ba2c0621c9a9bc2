/* SPDX-License-Identifier: Apache-2.0 */
/* Making, checking and preparing keys. */
#include "crypto/lattice/dilithium_inside.h"

#include <stdlib.h>

#include "crypto/lattice/backend.h"
#include "crypto/lattice/wipe.h"

/* The short vectors and t0 of a private key, as plain numbers. */
typedef struct short_vectors {
    qk_dilithium_poly s1[QK_DILITHIUM_L_MAX], s2[QK_DILITHIUM_K_MAX];
} short_vectors;

static void short_vectors_done(short_vectors *vectors)
{
    qk_lattice_wipe(vectors, sizeof *vectors);
}

static void polys_free(qk_dilithium_poly **polys)
{
    free(*polys);
}

qk_dilithium_poly *qk_dilithium_polys_new(size_t count)
{
    return aligned_alloc(_Alignof(qk_dilithium_poly), count * sizeof(qk_dilithium_poly));
}

static qk_err expand(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t *rho,
                     qk_dilithium_poly **out_matrix)
{
    *out_matrix = qk_dilithium_polys_new((size_t)set->k * set->l);
    if (!*out_matrix)
        return qk_fail(QK_E_NO_MEMORY, "no memory for the matrix of %s", set->name);
    qk_dilithium_sample_matrix(set, ops, rho, *out_matrix);
    return QK_OK;
}

static const uint8_t *part_of(const qk_dilithium_set *set, qk_view key, qk_dilithium_part part)
{
    return key.data + qk_dilithium_place_of(set, part).offset;
}

/* t = A s1 + s2 in its two parts, packed. s1 is transformed in place. */
static void compute_t(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const qk_dilithium_poly *matrix,
                      short_vectors *vectors, uint8_t *out_t1, uint8_t *out_t0)
{
    qk_dilithium_poly t, low;

    for (unsigned j = 0; j < set->l; j++)
        ops->ntt(&vectors->s1[j]);
    for (unsigned i = 0; i < set->k; i++) {
        ops->row(&t, matrix + (size_t)i * set->l, vectors->s1, set->l);
        ops->inverse(&t);
        ops->add(&t, &vectors->s2[i]);
        ops->reduce(&t);
        ops->positive(&t);
        ops->round(&t, &low, set->d);
        ops->flip(&low, 1 << (set->d - 1));
        ops->pack(out_t1 + (size_t)32 * set->t1_bits * i, &t, set->t1_bits);
        ops->pack(out_t0 + (size_t)32 * set->d * i, &low, set->d);
    }
    explicit_bzero(&t, sizeof t);
    explicit_bzero(&low, sizeof low);
}

static void pack_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const qk_dilithium_poly *polys,
                       unsigned count, uint8_t *out)
{
    qk_dilithium_poly flipped;

    for (unsigned i = 0; i < count; i++) {
        flipped = polys[i];
        ops->flip(&flipped, set->eta);
        ops->pack(out + (size_t)32 * set->eta_bits * i, &flipped, set->eta_bits);
    }
    explicit_bzero(&flipped, sizeof flipped);
}

/* 96 or 128 bytes: rho, rho', K. */
typedef struct seeds {
    uint8_t bytes[128];
    const uint8_t *rho, *short_seed, *key;
} seeds;

static void seeds_done(seeds *three)
{
    explicit_bzero(three, sizeof *three);
}

static void expand_seed(const qk_dilithium_set *set, const uint8_t *seed, seeds *out)
{
    const uint8_t shape[2] = { (uint8_t)set->k, (uint8_t)set->l };

    if (set->generation == QK_DILITHIUM_ROUND2)
        memcpy(out->bytes, seed, set->seed_len);
    else
        qk_shake256(seed, set->seed_len, shape, set->generation == QK_DILITHIUM_FIPS204 ? 2 : 0, out->bytes, 128);
    out->rho = out->bytes;
    out->short_seed = out->rho + 32;
    out->key = out->short_seed + set->short_seed_len;
    qk_ct_declassify(out->rho, 32); /* public: it opens both keys */
}

qk_err qk_dilithium_generate(const qk_dilithium_set *set, qk_view seed, uint8_t *out_public, uint8_t *out_private)
{
    const qk_dilithium_ops *ops = qk_lattice_backend()->dilithium;
    QK_OWNED(polys_free) qk_dilithium_poly *matrix = NULL;
    QK_OWNED(short_vectors_done) short_vectors vectors;
    QK_OWNED(seeds_done) seeds three;

    if (seed.len != set->seed_len)
        return qk_fail(QK_E_BAD_LENGTH, "a seed of %zu bytes; %s takes %zu", seed.len, set->name, set->seed_len);
    expand_seed(set, seed.data, &three);
    QK_TRY(expand(set, ops, three.rho, &matrix));
    qk_dilithium_sample_short(set, ops, three.short_seed, vectors.s1, vectors.s2);
    memcpy(out_private, three.rho, 32);
    memcpy(out_private + 32, three.key, 32);
    pack_short(set, ops, vectors.s1, set->l, out_private + qk_dilithium_place_of(set, QK_DILITHIUM_S1).offset);
    pack_short(set, ops, vectors.s2, set->k, out_private + qk_dilithium_place_of(set, QK_DILITHIUM_S2).offset);
    memcpy(out_public, three.rho, 32);
    compute_t(set, ops, matrix, &vectors, out_public + 32,
              out_private + qk_dilithium_place_of(set, QK_DILITHIUM_T0).offset);
    qk_shake256(out_public, set->public_len, NULL, 0, out_private + 64, set->tr_len);
    return QK_OK;
}

qk_err qk_dilithium_check_public(const qk_dilithium_set *set, qk_view public_key)
{
    if (public_key.len != set->public_len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a public key of %zu bytes; %s has %zu", public_key.len, set->name,
                       set->public_len);
    return QK_OK;
}

/* `count` polynomials of numbers from -eta to eta. One bad code spoils the key, and only that shows. */
static uint32_t unpack_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t *bytes,
                             unsigned count, qk_dilithium_poly *out)
{
    uint8_t padded[32 * 4 + QK_DILITHIUM_SLACK];
    size_t len = (size_t)32 * set->eta_bits;
    uint32_t bad = 0;

    for (unsigned i = 0; i < count; i++) {
        memcpy(padded, bytes + len * i, len);
        ops->unpack(&out[i], padded, set->eta_bits);
        ops->flip(&out[i], set->eta);
        bad |= ops->exceeds(&out[i], set->eta + 1);
    }
    explicit_bzero(padded, sizeof padded);
    return bad;
}

static qk_err read_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_view private_key,
                         qk_dilithium_poly *s1, qk_dilithium_poly *s2)
{
    uint32_t bad;

    if (private_key.len != set->private_len)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %zu bytes; %s has %zu", private_key.len, set->name,
                       set->private_len);
    bad = unpack_short(set, ops, part_of(set, private_key, QK_DILITHIUM_S1), set->l, s1);
    bad |= unpack_short(set, ops, part_of(set, private_key, QK_DILITHIUM_S2), set->k, s2);
    qk_ct_declassify(&bad, sizeof bad);
    if (bad)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %s with a coefficient out of range", set->name);
    return QK_OK;
}

typedef struct derived {
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], t0[QK_DILITHIUM_K_MAX * 32 * 14], tr[64];
} derived;

static void derived_done(derived *parts)
{
    explicit_bzero(parts, sizeof *parts);
}

qk_err qk_dilithium_check_private(const qk_dilithium_set *set, qk_view private_key, uint8_t *out_public)
{
    const qk_dilithium_ops *ops = qk_lattice_backend()->dilithium;
    QK_OWNED(polys_free) qk_dilithium_poly *matrix = NULL;
    QK_OWNED(short_vectors_done) short_vectors vectors;
    QK_OWNED(derived_done) derived own;
    qk_dilithium_place t0 = qk_dilithium_place_of(set, QK_DILITHIUM_T0);
    bool same;

    QK_TRY(read_short(set, ops, private_key, vectors.s1, vectors.s2));
    memcpy(own.public_key, private_key.data, 32);
    qk_ct_declassify(own.public_key, 32);
    QK_TRY(expand(set, ops, own.public_key, &matrix));
    compute_t(set, ops, matrix, &vectors, own.public_key + 32, own.t0);
    qk_shake256(own.public_key, set->public_len, NULL, 0, own.tr, set->tr_len);
    same = qk_ct_equal(qk_view_of(own.tr, set->tr_len), qk_view_slice(private_key, 64, set->tr_len));
    qk_ct_declassify(&same, sizeof same); /* that a key is not one is no secret */
    if (same)
        same = qk_ct_equal(qk_view_of(own.t0, t0.len), qk_view_slice(private_key, t0.offset, t0.len));
    qk_ct_declassify(&same, sizeof same);
    if (!same)
        return qk_fail(QK_E_ATTRIBUTE_VALUE, "a private key of %s whose parts do not belong together", set->name);
    if (out_public)
        memcpy(out_public, own.public_key, set->public_len);
    return QK_OK;
}

static void transform(const qk_dilithium_ops *ops, qk_dilithium_poly *polys, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        ops->ntt(&polys[i]);
}

static qk_err prepare_secrets(qk_dilithium_signer *signer, qk_view private_key)
{
    const qk_dilithium_set *set = signer->set;
    const qk_dilithium_ops *ops = signer->ops;
    size_t len = (size_t)32 * set->d;
    uint8_t padded[32 * 14 + QK_DILITHIUM_SLACK];
    qk_dilithium_poly *s1, *s2, *t0;

    QK_TRY(qk_secret_new(set->l * sizeof(qk_dilithium_poly), &signer->s1));
    QK_TRY(qk_secret_new(set->k * sizeof(qk_dilithium_poly), &signer->s2));
    QK_TRY(qk_secret_new(set->k * sizeof(qk_dilithium_poly), &signer->t0));
    s1 = (qk_dilithium_poly *)(void *)qk_secret_fill(&signer->s1);
    s2 = (qk_dilithium_poly *)(void *)qk_secret_fill(&signer->s2);
    t0 = (qk_dilithium_poly *)(void *)qk_secret_fill(&signer->t0);
    QK_TRY(read_short(set, ops, private_key, s1, s2));
    for (unsigned i = 0; i < set->k; i++) {
        memcpy(padded, part_of(set, private_key, QK_DILITHIUM_T0) + len * i, len);
        ops->unpack(&t0[i], padded, set->d);
        ops->flip(&t0[i], 1 << (set->d - 1));
    }
    explicit_bzero(padded, sizeof padded);
    transform(ops, s1, set->l);
    transform(ops, s2, set->k);
    transform(ops, t0, set->k);
    return QK_OK;
}

qk_err qk_dilithium_signer_new(const qk_dilithium_set *set, qk_view private_key, qk_dilithium_signer **out_signer)
{
    QK_OWNED(qk_dilithium_signer_free) qk_dilithium_signer *signer = calloc(1, sizeof *signer);
    uint8_t rho[32];

    if (!signer)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a private key of %s", set->name);
    signer->set = set;
    signer->ops = qk_lattice_backend()->dilithium;
    QK_TRY(prepare_secrets(signer, private_key)); /* checks the length */
    QK_TRY(qk_secret_copy(qk_view_of(part_of(set, private_key, QK_DILITHIUM_KEY), 32), &signer->key));
    memcpy(signer->tr, part_of(set, private_key, QK_DILITHIUM_TR), set->tr_len);
    memcpy(rho, private_key.data, sizeof rho);
    qk_ct_declassify(signer->tr, sizeof signer->tr); /* public, both */
    qk_ct_declassify(rho, sizeof rho);
    QK_TRY(expand(set, signer->ops, rho, &signer->matrix));
    *out_signer = signer;
    signer = NULL;
    return QK_OK;
}

void qk_dilithium_signer_free(qk_dilithium_signer **signer)
{
    if (!*signer)
        return;
    free((*signer)->matrix);
    qk_secret_free(&(*signer)->key);
    qk_secret_free(&(*signer)->s1);
    qk_secret_free(&(*signer)->s2);
    qk_secret_free(&(*signer)->t0);
    free(*signer);
    *signer = NULL;
}

const qk_dilithium_set *qk_dilithium_signer_set(const qk_dilithium_signer *signer)
{
    return signer->set;
}

qk_view qk_dilithium_signer_tr(const qk_dilithium_signer *signer)
{
    return qk_view_of(signer->tr, signer->set->tr_len);
}

qk_err qk_dilithium_verifier_new(const qk_dilithium_set *set, qk_view public_key, qk_dilithium_verifier **out_verifier)
{
    QK_OWNED(qk_dilithium_verifier_free) qk_dilithium_verifier *verifier = NULL;
    size_t len = (size_t)32 * set->t1_bits;
    uint8_t padded[32 * 10 + QK_DILITHIUM_SLACK];

    QK_TRY(qk_dilithium_check_public(set, public_key));
    verifier = calloc(1, sizeof *verifier);
    if (verifier)
        verifier->t1 = qk_dilithium_polys_new(set->k);
    if (!verifier || !verifier->t1)
        return qk_fail(QK_E_NO_MEMORY, "no memory for a public key of %s", set->name);
    verifier->set = set;
    verifier->ops = qk_lattice_backend()->dilithium;
    qk_shake256(public_key.data, public_key.len, NULL, 0, verifier->tr, set->tr_len);
    for (unsigned i = 0; i < set->k; i++) {
        memcpy(padded, part_of(set, public_key, QK_DILITHIUM_T1) + len * i, len);
        verifier->ops->unpack(&verifier->t1[i], padded, set->t1_bits);
        verifier->ops->shift(&verifier->t1[i], set->d);
    }
    transform(verifier->ops, verifier->t1, set->k);
    QK_TRY(expand(set, verifier->ops, public_key.data, &verifier->matrix));
    *out_verifier = verifier;
    verifier = NULL;
    return QK_OK;
}

void qk_dilithium_verifier_free(qk_dilithium_verifier **verifier)
{
    if (!*verifier)
        return;
    free((*verifier)->matrix);
    free((*verifier)->t1);
    free(*verifier);
    *verifier = NULL;
}

const qk_dilithium_set *qk_dilithium_verifier_set(const qk_dilithium_verifier *verifier)
{
    return verifier->set;
}

qk_view qk_dilithium_verifier_tr(const qk_dilithium_verifier *verifier)
{
    return qk_view_of(verifier->tr, verifier->set->tr_len);
}
