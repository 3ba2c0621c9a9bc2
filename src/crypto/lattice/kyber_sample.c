/* SPDX-License-Identifier: Apache-2.0 */
/* Polynomials from seeds, four streams at a time. */
#include "crypto/lattice/kyber_inside.h"
#include "crypto/lattice/streams.h"

/* The first blocks hold enough for nearly all polynomials; then one more for the four, as often as needed. */
enum { MATRIX_BLOCKS = 3, MATRIX_BLOCKS_ROUND2 = 4 };

static void fill_four(const qk_kyber_set *set, const qk_kyber_ops *ops, qk_streams *from,
                      qk_kyber_poly *const polys[QK_LANES])
{
    bool round2 = set->generation == QK_KYBER_ROUND2, full = false;
    size_t have[QK_LANES] = { 0 }, blocks = round2 ? MATRIX_BLOCKS_ROUND2 : MATRIX_BLOCKS;

    for (; !full; blocks = 1) {
        qk_streams_squeeze(from, blocks);
        full = true;
        for (unsigned j = 0; j < QK_LANES; j++) {
            size_t len = blocks * QK_SHAKE128_RATE;

            have[j] = round2 ? ops->uniform_round2(polys[j], have[j], from->bytes[j], len)
                             : ops->uniform(polys[j], have[j], from->bytes[j], len);
            full = full && have[j] == QK_KYBER_N;
        }
    }
}

void qk_kyber_sample_matrix(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t rho[32], bool transposed,
                            qk_kyber_matrix *out)
{
    unsigned count = set->k * set->k;
    qk_kyber_poly spare;
    qk_streams from;

    for (unsigned i = 0; i < count; i += QK_LANES) {
        qk_kyber_poly *polys[QK_LANES];
        uint16_t nonces[QK_LANES];

        for (unsigned j = 0; j < QK_LANES; j++) {
            unsigned row = (i + j) / set->k, column = (i + j) % set->k;

            polys[j] = i + j < count ? &out->rows[row][column] : &spare;
            nonces[j] = (uint16_t)(transposed ? row | column << 8 : column | row << 8);
        }
        qk_keccak4_begin(&from.sponges, QK_SHAKE128_RATE, rho, 32, nonces, 2);
        fill_four(set, ops, &from, polys);
        for (unsigned j = 0; j < QK_LANES && i + j < count; j++)
            ops->order(polys[j]);
    }
}

void qk_kyber_sample_noise(const qk_kyber_set *set, const qk_kyber_ops *ops, const uint8_t seed[32],
                           qk_kyber_poly *const polys[], unsigned count, unsigned eta1_count)
{
    QK_OWNED(qk_streams_done) qk_streams from;

    for (unsigned i = 0; i < count; i += QK_LANES) {
        uint16_t nonces[QK_LANES];

        for (unsigned j = 0; j < QK_LANES; j++)
            nonces[j] = (uint16_t)(i + j);
        qk_keccak4_begin(&from.sponges, QK_SHAKE256_RATE, seed, 32, nonces, 1);
        qk_streams_squeeze(&from, i < eta1_count && set->eta1 == 3 ? 2 : 1);
        for (unsigned j = 0; j < QK_LANES && i + j < count; j++)
            ops->noise(polys[i + j], from.bytes[j], i + j < eta1_count ? set->eta1 : 2);
    }
}
