/* SPDX-License-Identifier: Apache-2.0 */
/* Polynomials from seeds. Streams are hashed four at a time (keccak.h), and taken in blocks that nearly always suffice;
 * what lacks coefficients then gets more blocks, one at a time. Which candidates were rejected may show: it is
 * independent of those that were kept. Everything else about secret polynomials may not. */
#include "crypto/lattice/dilithium_inside.h"
#include "crypto/lattice/streams.h"

enum { MATRIX_BLOCKS = QK_STREAM_BLOCKS, MASK_BLOCKS = 5 };

/* Streams four at a time until all four polynomials are full: `fill` takes what one stream gave. */
typedef size_t fill_fn(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_dilithium_poly *f, size_t have,
                       const uint8_t *bytes, size_t len);

static void fill_four(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_streams *from, size_t blocks,
                      fill_fn *fill, qk_dilithium_poly *const polys[QK_LANES])
{
    size_t have[QK_LANES] = { 0 };

    for (bool full = false; !full; blocks = 1) {
        qk_streams_squeeze(from, blocks);
        full = true;
        for (unsigned j = 0; j < QK_LANES; j++) {
            have[j] = fill(set, ops, polys[j], have[j], from->bytes[j], blocks * from->sponges.rate);
            full = full && have[j] == QK_DILITHIUM_N;
        }
    }
}

static size_t fill_uniform(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_dilithium_poly *f, size_t have,
                           const uint8_t *bytes, size_t len)
{
    (void)set;
    return ops->uniform(f, have, bytes, len);
}

void qk_dilithium_sample_matrix(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t rho[32],
                                qk_dilithium_poly *matrix)
{
    size_t count = (size_t)set->k * set->l;
    qk_dilithium_poly spare;
    qk_streams from;

    for (size_t i = 0; i < count; i += QK_LANES) {
        qk_dilithium_poly *polys[QK_LANES];
        uint16_t nonces[QK_LANES];

        for (size_t j = 0; j < QK_LANES; j++) {
            bool real = i + j < count;

            polys[j] = real ? &matrix[i + j] : &spare;
            nonces[j] = (uint16_t)(256 * ((i + j) / set->l) + (i + j) % set->l);
        }
        qk_keccak4_begin(&from.sponges, QK_SHAKE128_RATE, rho, 32, nonces, 2);
        fill_four(set, ops, &from, MATRIX_BLOCKS, fill_uniform, polys);
        for (size_t j = 0; j < QK_LANES && i + j < count; j++)
            ops->order(polys[j]);
    }
}

static size_t fill_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_dilithium_poly *f, size_t have,
                         const uint8_t *bytes, size_t len)
{
    int8_t candidates[4 * QK_SHAKE128_RATE];
    uint8_t kept[4 * QK_SHAKE128_RATE];
    qk_dilithium_rule rule = set->generation != QK_DILITHIUM_ROUND2 && set->eta == 2   ? QK_DILITHIUM_MODULO
                             : set->generation == QK_DILITHIUM_ROUND2 && set->eta <= 3 ? QK_DILITHIUM_THREE_BITS
                                                                                       : QK_DILITHIUM_NIBBLES;

    ops->candidates(candidates, kept, bytes, len, rule, set->eta);
    qk_ct_declassify(kept, 2 * len);
    have = ops->keep(f, have, candidates, kept, 2 * len);
    explicit_bzero(candidates, sizeof candidates);
    return have;
}

void qk_dilithium_sample_short(const qk_dilithium_set *set, const qk_dilithium_ops *ops, const uint8_t *seed,
                               qk_dilithium_poly *s1, qk_dilithium_poly *s2)
{
    QK_OWNED(qk_streams_done) qk_streams from;
    uint8_t rate = set->generation == QK_DILITHIUM_ROUND2 ? QK_SHAKE128_RATE : QK_SHAKE256_RATE;
    /* Of 256 candidates a block of round 2 gives 294 (eta 3) or 210 (eta 2); nibbles: 255 (eta 2), 153 (eta 4). */
    size_t blocks = set->generation == QK_DILITHIUM_ROUND2 && set->eta == 3 ? 1 : 2;
    qk_dilithium_poly spare;

    for (unsigned i = 0; i < set->k + set->l; i += QK_LANES) {
        qk_dilithium_poly *polys[QK_LANES];
        uint16_t nonces[QK_LANES];

        for (unsigned j = 0; j < QK_LANES; j++) {
            unsigned n = i + j;

            nonces[j] = (uint16_t)n;
            polys[j] = n < set->l ? &s1[n] : n < set->k + set->l ? &s2[n - set->l] : &spare;
        }
        qk_keccak4_begin(&from.sponges, rate, seed, set->short_seed_len, nonces, 2);
        fill_four(set, ops, &from, blocks, fill_short, polys);
    }
    explicit_bzero(&spare, sizeof spare);
}

/* Round 2 rejects the few candidates of 20 bits that are above 2 * gamma1 - 2; nearly always none is. */
static size_t fill_mask_round2(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_dilithium_poly *f,
                               size_t have, const uint8_t *bytes, size_t len)
{
    int32_t limit = 2 * set->gamma1 - 1;
    uint32_t rejects;

    if (have == 0) {
        ops->unpack(f, bytes, 20);
        rejects = ops->exceeds(f, limit);
        qk_ct_declassify(&rejects, sizeof rejects);
        if (!rejects)
            return QK_DILITHIUM_N;
    }
    for (; len >= 5 && have < QK_DILITHIUM_N; bytes += 5, len -= 5) {
        int32_t pair[2] = { bytes[0] | bytes[1] << 8 | (bytes[2] & 15) << 16,
                            bytes[2] >> 4 | bytes[3] << 4 | bytes[4] << 12 };

        for (unsigned i = 0; i < 2 && have < QK_DILITHIUM_N; i++) {
            uint32_t kept = (uint32_t)(pair[i] - limit) >> 31;

            qk_ct_declassify(&kept, sizeof kept);
            f->c[have] = pair[i];
            have += kept;
        }
    }
    return have;
}

static size_t fill_mask(const qk_dilithium_set *set, const qk_dilithium_ops *ops, qk_dilithium_poly *f, size_t have,
                        const uint8_t *bytes, size_t len)
{
    (void)have;
    (void)len;
    ops->unpack(f, bytes, set->z_bits);
    return QK_DILITHIUM_N;
}

/* Source: FIPS 204, algorithm 34; rounds 2 and 3: ExpandMask. */
static void make_masks(qk_dilithium_masks *masks)
{
    QK_OWNED(qk_streams_done) qk_streams from;
    const qk_dilithium_set *set = masks->set;
    qk_dilithium_poly *polys[QK_LANES];
    uint16_t nonces[QK_LANES];

    for (unsigned j = 0; j < QK_LANES; j++) {
        nonces[j] = masks->nonce++;
        polys[j] = &masks->made[j];
    }
    qk_keccak4_begin(&from.sponges, QK_SHAKE256_RATE, masks->seed, set->mask_seed_len, nonces, 2);
    /* Round 2 may need another block of 136 bytes, which holds no whole number of 5: its rest is never used, because
     * five blocks hold 272 candidates and the sixth 27 more, and more than 16 + 27 rejections never happen. */
    fill_four(set, masks->ops, &from, MASK_BLOCKS,
              set->generation == QK_DILITHIUM_ROUND2 ? fill_mask_round2 : fill_mask, polys);
    for (unsigned j = 0; j < QK_LANES; j++)
        masks->ops->flip(polys[j], qk_dilithium_z_top(set));
    masks->left = QK_LANES;
}

const qk_dilithium_poly *qk_dilithium_masks_next(qk_dilithium_masks *masks)
{
    if (masks->left == 0)
        make_masks(masks);
    return &masks->made[QK_LANES - masks->left--];
}

void qk_dilithium_sample_ball(const qk_dilithium_set *set, qk_keccak *sponge, qk_dilithium_poly *c)
{
    uint8_t bytes[QK_SHAKE256_RATE];
    uint64_t signs = 0;
    size_t place = 8;

    memset(c, 0, sizeof *c);
    qk_keccak_squeeze(sponge, bytes, sizeof bytes);
    qk_ct_declassify(bytes, sizeof bytes);
    for (unsigned i = 0; i < 8; i++)
        signs |= (uint64_t)bytes[i] << (8 * i);
    for (unsigned i = QK_DILITHIUM_N - set->tau; i < QK_DILITHIUM_N; i++) {
        unsigned j;

        do {
            if (place == sizeof bytes) {
                qk_keccak_squeeze(sponge, bytes, sizeof bytes);
                qk_ct_declassify(bytes, sizeof bytes);
                place = 0;
            }
            j = bytes[place++];
        } while (j > i);
        c->c[i] = c->c[j];
        c->c[j] = 1 - 2 * (int32_t)(signs & 1);
        signs >>= 1;
    }
}
