/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of lattice keys: keys of the seed 0, 1, 2..., of which the known answers in crypto/lattice are. */
#ifndef QK_CRYPTO_LATTICE_TESTING_H_KEYS
#define QK_CRYPTO_LATTICE_TESTING_H_KEYS

#include <stdlib.h>

#include "crypto/lattice/testing.h"
#include "crypto/post_quantum/lattice_codec.h"
#include "crypto/key/pair_testing.h"

typedef struct lattice_pair {
    qk_key *public_key, *private_key;
} lattice_pair;

static inline void lattice_pair_done(lattice_pair *pair)
{
    qk_key_unref(&pair->public_key);
    qk_key_unref(&pair->private_key);
}

static inline lattice_pair counted_pair(const qk_lattice_set *set)
{
    lattice_pair pair = { NULL, NULL };
    uint8_t seed[QK_DILITHIUM_SEED_MAX];

    count_up(seed, sizeof seed, 0);
    assert_qk_ok(qk_lattice_private(set, qk_view_of(seed, qk_lattice_seed_len(set)), QK_VIEW_NONE, &pair.private_key));
    assert_qk_ok(qk_lattice_public(set, qk_buf_view(&pair.private_key->open), &pair.public_key));
    return pair;
}

/* Every set once. */
enum { LATTICE_SETS = 21 };

static inline const qk_lattice_set *set_at(size_t index)
{
    static const CK_KEY_TYPE types[] = {
        CKK_ML_DSA, CKK_ML_KEM, CKK_IBM_ML_DSA, CKK_IBM_ML_KEM, CKK_IBM_PQC_DILITHIUM, CKK_IBM_PQC_KYBER
    };
    const qk_lattice_set *found;

    for (size_t i = 0; i < COUNT(types); i++) {
        size_t ids = qk_lattice_is_kem(types[i]) ? (size_t)QK_KYBER_SETS : (size_t)QK_DILITHIUM_SETS;
        for (size_t id = 0; id < ids; id++) {
            found = qk_lattice_by_oid(types[i], qk_lattice_is_kem(types[i])
                                                    ? qk_kyber_set_find((qk_kyber_id)id)->oid
                                                    : qk_dilithium_set_find((qk_dilithium_id)id)->oid);
            if (found && index-- == 0)
                return found;
        }
    }
    abort(); /* there are fewer sets */
}

static inline const qk_lattice_set *dilithium_set(qk_dilithium_id id)
{
    const qk_lattice_set *set = qk_lattice_by_oid(CKK_ML_DSA, qk_dilithium_set_find(id)->oid);

    return set ? set : qk_lattice_by_oid(CKK_IBM_PQC_DILITHIUM, qk_dilithium_set_find(id)->oid);
}

#endif
