/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of signatures: a pair of each set, from the seed 0, 1, 2... */
#ifndef QK_CRYPTO_LATTICE_DILITHIUM_FIXTURE_H
#define QK_CRYPTO_LATTICE_DILITHIUM_FIXTURE_H

#include "crypto/lattice/testing.h"

#include "crypto/lattice/dilithium_inside.h"

/* DER of SHA-512's object identifier. */
#define SHA512_OID QK_VIEW_LITERAL("\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03")

typedef struct pair {
    const qk_dilithium_set *set;
    uint8_t public_key[QK_DILITHIUM_PUBLIC_MAX], private_key[QK_DILITHIUM_PRIVATE_MAX];
    uint8_t signature[QK_DILITHIUM_SIGNATURE_MAX];
    qk_dilithium_signer *signer;
    qk_dilithium_verifier *verifier;
} pair;

static inline qk_view public_of(const pair *p)
{
    return qk_view_of(p->public_key, p->set->public_len);
}

static inline qk_view private_of(const pair *p)
{
    return qk_view_of(p->private_key, p->set->private_len);
}

/* The pair of the seed 0, 1, 2... */
static inline void pair_make(pair *p, qk_dilithium_id id)
{
    uint8_t seed[QK_DILITHIUM_SEED_MAX];

    *p = (pair){ .set = qk_dilithium_set_find(id) };
    count_up(seed, sizeof seed, 0);
    assert_qk_ok(qk_dilithium_generate(p->set, qk_view_of(seed, p->set->seed_len), p->public_key, p->private_key));
    assert_qk_ok(qk_dilithium_signer_new(p->set, private_of(p), &p->signer));
    assert_qk_ok(qk_dilithium_verifier_new(p->set, public_of(p), &p->verifier));
}

static inline void pair_done(pair *p)
{
    qk_dilithium_signer_free(&p->signer);
    qk_dilithium_verifier_free(&p->verifier);
}

static inline qk_err verify(const pair *p, const qk_dilithium_message *message)
{
    return qk_dilithium_verify(p->verifier, message, qk_view_of(p->signature, p->set->signature_len));
}

#define FOR_EACH_SET(p)                                                                                                \
    for (int id_ = 0; id_ < QK_DILITHIUM_SETS && (pair_make(p, (qk_dilithium_id)id_), true); pair_done(p), id_++)

static const qk_dilithium_message abc = { .bytes = { (const uint8_t *)"abc", 3 } };

#endif
