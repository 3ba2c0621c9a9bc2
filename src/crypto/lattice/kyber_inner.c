/* SPDX-License-Identifier: Apache-2.0 */
/* The encryption scheme inside: without protection against chosen ciphertexts, which kyber.c adds. */
#include "crypto/lattice/kyber_inside.h"

#include "crypto/lattice/backend.h"
#include "crypto/lattice/wipe.h"

/* All that is secret in one operation, wiped at its end. */
typedef struct work {
    qk_kyber_poly y[QK_KYBER_K_MAX], e[QK_KYBER_K_MAX + 1], v, m;
    qk_kyber_factor factors[QK_KYBER_K_MAX];
    uint8_t seeds[64];
} work;

static void work_done(work *w)
{
    qk_lattice_wipe(w, sizeof *w);
}

/* Transforms a vector and makes factors of it. */
static void factors_of(const qk_kyber_ops *ops, qk_kyber_poly *polys, unsigned count, qk_kyber_factor *out)
{
    for (unsigned i = 0; i < count; i++) {
        ops->ntt(&polys[i]);
        ops->factor(&out[i], &polys[i]);
    }
}

static void pack_vector(const qk_kyber_ops *ops, const qk_kyber_poly *transformed, unsigned count, uint8_t *out)
{
    qk_kyber_poly f;

    for (unsigned i = 0; i < count; i++) {
        f = transformed[i];
        ops->unorder(&f);
        ops->canonical(&f);
        ops->pack(out + (size_t)QK_KYBER_VECTOR_BYTES * i, &f, 12);
    }
    explicit_bzero(&f, sizeof f);
}

/* A polynomial from bytes that may end where a page ends. */
static void unpack(const qk_kyber_ops *ops, const uint8_t *bytes, unsigned width, qk_kyber_poly *out)
{
    uint8_t padded[QK_KYBER_VECTOR_BYTES + QK_KYBER_SLACK];

    memcpy(padded, bytes, (size_t)32 * width);
    ops->unpack(out, padded, width);
    explicit_bzero(padded, (size_t)32 * width);
}

void qk_kyber_unpack_vector(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t *bytes, qk_kyber_poly *out)
{
    for (unsigned i = 0; i < set->k; i++) {
        unpack(ops, bytes + (size_t)QK_KYBER_VECTOR_BYTES * i, 12, &out[i]);
        ops->canonical(&out[i]);
        ops->order(&out[i]);
    }
}

void qk_kyber_inner_generate(const qk_kyber_set *set, const uint8_t d[32], uint8_t *out_public, uint8_t *out_private)
{
    const qk_kyber_ops *ops = qk_lattice_backend()->kyber;
    QK_OWNED(work_done) work w;
    const uint8_t shape = (uint8_t)set->k, *rho = w.seeds, *sigma = w.seeds + 32;
    qk_kyber_poly *noise[2 * QK_KYBER_K_MAX];
    qk_kyber_poly *s = w.y;
    qk_kyber_matrix matrix;

    qk_sha3_512(d, 32, &shape, set->generation == QK_KYBER_FIPS203, w.seeds);
    qk_ct_declassify(rho, 32); /* public: a part of the public key */
    qk_kyber_sample_matrix(set, ops, rho, false, &matrix);
    for (unsigned i = 0; i < set->k; i++) {
        noise[i] = &s[i];
        noise[set->k + i] = &w.e[i];
    }
    qk_kyber_sample_noise(set, ops, sigma, noise, 2 * set->k, 2 * set->k);
    factors_of(ops, s, set->k, w.factors);
    pack_vector(ops, s, set->k, out_private);
    for (unsigned i = 0; i < set->k; i++) { /* t = A s + e takes the place of s */
        ops->ntt(&w.e[i]);
        ops->row(&s[i], matrix.rows[i], w.factors, set->k);
        ops->unproduct(&s[i]);
        ops->add(&s[i], &w.e[i]);
    }
    pack_vector(ops, s, set->k, out_public);
    memcpy(out_public + (size_t)QK_KYBER_VECTOR_BYTES * set->k, rho, 32);
}

static void compress_to(const qk_kyber_ops *ops, qk_kyber_poly *f, unsigned d, uint8_t *out)
{
    ops->canonical(f);
    ops->compress(f, d);
    ops->pack(out, f, d);
}

void qk_kyber_inner_seal(const qk_kyber_sealer *sealer, const uint8_t message[32], const uint8_t coins[32],
                         uint8_t *out_ciphertext)
{
    const qk_kyber_set *set = sealer->set;
    const qk_kyber_ops *ops = sealer->ops;
    QK_OWNED(work_done) work w;
    qk_kyber_poly *noise[2 * QK_KYBER_K_MAX + 1];

    for (unsigned i = 0; i < set->k; i++) {
        noise[i] = &w.y[i];
        noise[set->k + i] = &w.e[i];
    }
    noise[2 * set->k] = &w.e[set->k]; /* e2 */
    qk_kyber_sample_noise(set, ops, coins, noise, 2 * set->k + 1, set->k);
    factors_of(ops, w.y, set->k, w.factors);
    for (unsigned i = 0; i < set->k; i++) {
        ops->row(&w.v, sealer->transposed.rows[i], w.factors, set->k);
        ops->inverse(&w.v);
        ops->add(&w.v, &w.e[i]);
        compress_to(ops, &w.v, set->du, out_ciphertext + (size_t)32 * set->du * i);
    }
    ops->row(&w.v, sealer->t, w.factors, set->k);
    ops->inverse(&w.v);
    ops->message(&w.m, message);
    ops->add(&w.v, &w.e[set->k]);
    ops->add(&w.v, &w.m);
    compress_to(ops, &w.v, set->dv, out_ciphertext + (size_t)32 * set->du * set->k);
}

void qk_kyber_inner_open(const qk_kyber_opener *opener, const uint8_t *ciphertext, uint8_t out_message[32])
{
    const qk_kyber_set *set = opener->sealer->set;
    const qk_kyber_ops *ops = opener->sealer->ops;
    const qk_kyber_private *secrets = (const qk_kyber_private *)(const void *)qk_secret_reveal(&opener->secrets).data;
    QK_OWNED(work_done) work w;

    for (unsigned i = 0; i < set->k; i++) {
        unpack(ops, ciphertext + (size_t)32 * set->du * i, set->du, &w.y[i]);
        ops->decompress(&w.y[i], set->du);
    }
    factors_of(ops, w.y, set->k, w.factors);
    unpack(ops, ciphertext + (size_t)32 * set->du * set->k, set->dv, &w.v);
    ops->decompress(&w.v, set->dv);
    ops->row(&w.m, secrets->s, w.factors, set->k);
    ops->inverse(&w.m);
    ops->subtract(&w.v, &w.m);
    compress_to(ops, &w.v, 1, out_message);
}
